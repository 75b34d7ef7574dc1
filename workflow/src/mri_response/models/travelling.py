"""A model that travels: formulas, what they need, and made-up people by whom they are tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream, generator
from mri_response.learning.decision_rules import DecisionRules
from mri_response.learning.rounding import rounded
from mri_response.models.folder import read_numbers, read_text
from mri_response.models.frozen import Frozen
from mri_response.models.harmonised import FrozenHarmonised
from mri_response.models.hashed import PathLike
from mri_response.models.linear import FrozenLinear
from mri_response.models.ranges import significant
from mri_response.models.stacking import SecondLevel

N_MADE_UP = 5
#: So much of their size may scores of made-up people differ: the order of a sum is the machine's.
TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class Travelling:
    """A model as its folder holds it.

    Attributes
    ----------
    text : mapping
        What `mri_response.models.packing.pack` wrote.
    parts : mapping of str to Frozen
        Its formula, or those of the models below a stack, by name.
    arrays : mapping of str to numpy.ndarray
        Further numbers: ranges, mask, features of made-up people.
    """

    text: Mapping[str, Any]
    parts: Mapping[str, Frozen]
    arrays: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, text: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Travelling:
        """Put a model together.

        Parameters
        ----------
        text : mapping
            Of its folder.
        arrays : mapping of str to numpy.ndarray
            Of its folder; those of a formula are named as in ``formula/<model>/weights``.

        Returns
        -------
        Travelling
        """
        parts = {}
        for name, part in text["parts"].items():
            start = f"formula/{name}/"
            own = {key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)}
            kind = FrozenHarmonised if "harmonise" in part["formula"] else FrozenLinear
            parts[name] = kind.of(own, part["formula"])
        rest = {key: a for key, a in arrays.items() if not key.startswith("formula/")}
        return cls(text, parts, rest)

    @classmethod
    def read(cls, folder: PathLike) -> Travelling:
        """Verify a folder and read the model that it holds.

        Parameters
        ----------
        folder : path-like
            A model's folder.

        Returns
        -------
        Travelling

        Raises
        ------
        InputError
            If the folder is not what was written, or the model in it does not travel.
        """
        text = read_text(folder)
        require_travelling(text, folder)
        return cls.of(text, read_numbers(folder))

    @property
    def rules(self) -> DecisionRules | None:
        """How decision values become probabilities; None for numbers and stacks."""
        text = self.text["decision_rules"]
        return None if text is None else DecisionRules.from_description(text)

    def ranges(self, features: str) -> dict[str, np.ndarray] | None:
        """Mean and SD of a feature set in the training people.

        Parameters
        ----------
        features : str
            Name of the feature set.

        Returns
        -------
        dict of str to numpy.ndarray, shape (p,), or None
            ``mean`` and ``sd``; None for a set that is only a part of the features of a model.
        """
        if f"ranges/{features}/mean" not in self.arrays:
            return None
        return {key: self.arrays[f"ranges/{features}/{key}"] for key in ("mean", "sd")}

    def decision(
        self, features: Mapping[str, np.ndarray], people: pd.DataFrame, unseen: str
    ) -> np.ndarray:
        """Decision values of the people of a cohort, or the predicted numbers.

        Parameters
        ----------
        features : mapping of str to numpy.ndarray, shape (n, p)
            By the name of the feature set; NaN where missing.
        people : pandas.DataFrame, n rows
            The columns of ``text["people"]``.
        unseen : {"error", "mean", "own"}
            What becomes of a site or category that the training people did not have.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Rounded as in the run that made the model.
        """
        scores = [
            rounded(frozen.decision(features[part["features"]], people, unseen=unseen))
            for frozen, part in zip(self.parts.values(), self.text["parts"].values(), strict=True)
        ]
        if self.text["second_level"] is None:
            return scores[0]
        second = {
            k: tuple(v) if isinstance(v, list) else v for k, v in self.text["second_level"].items()
        }
        return rounded(SecondLevel(**second).decision(np.stack(scores, axis=1)))

    def self_test(self, folder: PathLike) -> None:
        """Score the made-up people of the folder and compare.

        Parameters
        ----------
        folder : path-like
            For the message.

        Raises
        ------
        InputError
            If their scores are not those that were written.
        """
        people = made_up_table(self.text["made_up"]["people"])
        found = self.decision(made_up_features(self.arrays), people, "error")
        expected = np.array(self.text["made_up"]["decision"])
        worst = np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected)))
        if not worst <= TOLERANCE:
            raise InputError(
                f"{folder}: found scores of its made-up people that differ by {worst:.2g} from "
                f"those that stand in it, expected at most {TOLERANCE:g}; the folder was changed, "
                "or this installation does not compute as the author's did: get the folder again, "
                "or use the versions that its README.md names"
            )


def require_travelling(text: Mapping[str, Any], folder: PathLike) -> None:
    """Refuse a model that cannot be applied from its folder alone.

    Parameters
    ----------
    text : mapping
        Of the folder.
    folder : path-like
        For the message.

    Raises
    ------
    InputError
        With the reason.
    """
    if text["why_not"] is not None:
        raise InputError(
            f"{folder}: found a model that does not travel ({text['why_not']}), expected one that "
            "is a formula; apply it in a run with its training people, as cohorts of the role "
            "external"
        )


# ---------------------------------------------------------------- made-up people
def made_up(
    ranges: Mapping[str, Mapping[str, np.ndarray]],
    people: Mapping[str, Mapping[str, Any]],
    seed: int,
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Make people up from means and spreads alone, each value by itself.

    Parameters
    ----------
    ranges : mapping of str to mapping
        Ranges of each feature set, as `mri_response.models.ranges.ranges_of_features` has them.
    people : mapping of str to mapping
        Those of columns of people, as `ranges_of_people` has them.
    seed : int
        Of the run.

    Returns
    -------
    people : list of dict
        Five rows; the last person lacks the first column that is a number.
    features : dict of str to numpy.ndarray, shape (5, p)
        float32, by feature set.
    """
    rng = generator(seed, Stream.MADE_UP_PEOPLE)
    rows = [{"participant_id": f"made-up-{i + 1}"} for i in range(N_MADE_UP)]
    for column, own in people.items():
        if "levels" in own:
            values = [own["levels"][i % len(own["levels"])] for i in range(N_MADE_UP)]
        else:
            drawn = (own["mean"] or 0.0) + (own["sd"] or 0.0) * rng.standard_normal(N_MADE_UP)
            values = [float(value) for value in significant(drawn)]
        for row, value in zip(rows, values, strict=True):
            row[column] = value
    numbers = [column for column, own in people.items() if "levels" not in own]
    if numbers:
        rows[-1][numbers[0]] = None
    features = {}
    for name, own in ranges.items():
        mean, sd = np.nan_to_num(own["mean"]), np.nan_to_num(own["sd"])
        drawn = mean + sd * rng.standard_normal((N_MADE_UP, len(mean)))
        features[name] = significant(drawn).astype(np.float32)
    return rows, features


def made_up_table(rows: list[Mapping[str, Any]]) -> pd.DataFrame:
    """Made-up people as a table of people is read.

    Parameters
    ----------
    rows : list of mapping
        As `made_up` gives them.

    Returns
    -------
    pandas.DataFrame
        Numbers as float, missing ones NaN.
    """
    table = pd.DataFrame(rows)
    texts = {c for c in table if table[c].map(lambda value: isinstance(value, str)).any()}
    return table.astype({column: float for column in table if column not in texts})


def made_up_features(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Features of the made-up people among the numbers of a folder.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        Numbers by name, as in ``made_up/<feature set>``.

    Returns
    -------
    dict of str to numpy.ndarray
        By feature set.
    """
    start = "made_up/"
    return {
        name.removeprefix(start): array.astype(float)
        for name, array in arrays.items()
        if name.startswith(start)
    }
