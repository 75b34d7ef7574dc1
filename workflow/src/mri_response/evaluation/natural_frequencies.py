"""Of 100 people like these, how many are told rightly and wrongly: ``natural_frequencies.tsv``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

PEOPLE = 100
COLUMNS = [
    *("model", "cohort", "role", "operating_point", "prevalence", "prevalence_from"),
    *("n", "n_positive", "sensitivity", "specificity"),
    *("true_positive", "false_negative", "true_negative", "false_positive"),
    *("true_positive_low", "true_positive_high", "true_negative_low", "true_negative_high"),
]
_KEYS = ["cohort", "role", "operating_point", "prevalence", "prevalence_from", "n", "n_positive"]


class Told(NamedTuple):
    """Counts of people by what happened and by what the model said.

    Attributes
    ----------
    true_positive, false_negative : int
        People of the positive class, rightly and wrongly told.
    true_negative, false_positive : int
        People of the negative class, rightly and wrongly told.
    """

    true_positive: int
    false_negative: int
    true_negative: int
    false_positive: int


def told_of(sensitivity: float, specificity: float, prevalence: float) -> Told:
    """People out of `PEOPLE` who are rightly and wrongly told.

    Parameters
    ----------
    sensitivity, specificity : float
        As proportions.
    prevalence : float
        Share of the positive class among the people.

    Returns
    -------
    Told
        Whole people: the classes are rounded first, halves upwards, then those rightly told in
        each, so that the four counts are `PEOPLE` together.

    References
    ----------
    Gigerenzer G, Gaissmaier W, Kurz-Milcke E, Schwartz LM, Woloshin S (2007). Helping doctors and
    patients make sense of health statistics. Psychological Science in the Public Interest 8, 53-96.
    """
    positive = _rounded(PEOPLE * prevalence)
    negative = PEOPLE - positive
    found, spared = _rounded(sensitivity * positive), _rounded(specificity * negative)
    return Told(found, positive - found, spared, negative - spared)


def natural_frequencies(points: pd.DataFrame, model: str) -> pd.DataFrame:
    """The content of ``natural_frequencies.tsv``.

    Parameters
    ----------
    points : DataFrame
        ``operating_points.tsv``, numbers as numbers.
    model : str
        The primary model.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per cohort and operating point that has both recalls. The limits of
        people who are rightly told are those of sensitivity and specificity (95 %), as people of
        their class among the 100; missing where these have none.
    """
    rows = []
    own = points[(points["model"] == model) & points["estimate"].notna()]
    for key, group in own.groupby(_KEYS, sort=False):
        found = group.drop_duplicates("metric").set_index("metric")
        recalls = found["estimate"]
        about = dict(zip(_KEYS, key, strict=True)) | {"model": model}
        about |= {name: float(recalls[name]) for name in ("sensitivity", "specificity")}
        told = told_of(about["sensitivity"], about["specificity"], about["prevalence"])
        rows.append(about | told._asdict() | _limits(found, told))
    return pd.DataFrame(rows, columns=COLUMNS)


def _limits(found: pd.DataFrame, told: Told) -> dict[str, float]:
    """Between how many of a class are rightly told, by the interval of its recall."""
    classes = {
        "true_positive": ("sensitivity", told.true_positive + told.false_negative),
        "true_negative": ("specificity", told.true_negative + told.false_positive),
    }
    return {
        f"{name}_{end}": np.nan if np.isnan(limit) else _rounded(limit * people)
        for name, (metric, people) in classes.items()
        for end in ("low", "high")
        for limit in [float(found.loc[metric, f"ci_{end}"])]
    }


def _rounded(value: float) -> int:
    return int(np.floor(value + 0.5 + 1e-9))
