"""The frozen form of a classifier without weights: how to fit it again, and a proof of it.

Such a classifier (a forest, say) is a program and not a formula. Its usual file is a pickle, which
can run anything when opened and may hold the training people. A recipe holds neither: the model is
fitted again from the discovery cohort, and its decision values there must be those of the original.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn

from mri_response.core.atomic import atomic_path
from mri_response.core.provenance import file_sha256
from mri_response.learning.estimators import EstimatorOptions
from mri_response.learning.plain import Fitted, Fitting, prepared
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.procedure import StackedRows
from mri_response.learning.splits import REFIT, Fold
from mri_response.models.frozen import FittedModels

DECIMALS = 6  # of decision values, when they are compared


@dataclass(frozen=True)
class Recipe:
    """How to fit a frozen model again.

    Attributes
    ----------
    description : dict
        What a reader must know: model, outcome, feature set, options (estimator, parameters, grid,
        confounds), `kind` (refit or ensemble) and the chosen candidate of each model.
    coding : ConfoundCoding
    seed : int
        Of the run; random states of the fits come from it.
    inputs : dict of str to str
        SHA-256 of the discovery cohort's table, features and splits.
    decision_sha256 : str
        Of the decision values of each model in its training rows, see `decision_hash`.
    scikit_learn : str
        Version that fitted the model.
    """

    description: dict
    coding: ConfoundCoding
    seed: int
    inputs: dict[str, str]
    decision_sha256: str
    scikit_learn: str

    @property
    def sha256(self) -> str:
        """Hash over everything above."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def save(self, path: Path) -> None:
        """Write the recipe with its hash."""
        with atomic_path(path) as temporary:
            text = {"sha256": self.sha256, **asdict(self)}
            Path(temporary).write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe and verify its hash.

        Raises
        ------
        ValueError
            If it is not what was written.
        """
        text = json.loads(Path(path).read_text(encoding="utf-8"))
        given = text.pop("sha256")
        coding = ConfoundCoding.from_json(text["coding"])
        recipe = cls(**(text | {"coding": coding}))
        if recipe.sha256 != given:
            raise ValueError(f"{path}: the recipe is not the one that its hash was written for")
        return recipe

    def refit(
        self, features: np.ndarray, people: pd.DataFrame, folds: Sequence[Fold]
    ) -> RefittedModel:
        """Fit the model again and verify that it is the same.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, p)
            Of the discovery people.
        people : pandas.DataFrame
            Their table, with labels and confounds.
        folds : sequence of Fold
            All splits of the run, the search of the refit last.

        Returns
        -------
        RefittedModel

        Raises
        ------
        ValueError
            If its decision values in the discovery cohort are others.
        """
        options = EstimatorOptions.from_config(self.description["options"])
        wanted = self.description["kind"] == "refit"
        folds = [fold for fold in folds if (fold.repeat == REFIT) == wanted]
        confounds, labels = self.coding.matrix(people), people["label"].to_numpy(dtype=int)
        fit = Fitting(options, self.seed)
        models, fitted = [], np.zeros((len(folds), len(people)))
        for row, fold, choice in zip(fitted, folds, self.description["candidate"], strict=True):
            train = fold.sets.train[0]
            data = prepared(features, confounds, train, np.zeros_like(train), options)
            models.append(fit(data.train, labels[train], choice, fold, 0))
            row[train] = models[-1].decision(data.train)
        if decision_hash(fitted) != self.decision_sha256:
            raise ValueError(
                f"model {self.description['model']}: fitted again with scikit-learn "
                f"{sklearn.__version__}, its decision values in the discovery cohort are not those "
                f"of the frozen model, which was fitted with {self.scikit_learn}"
            )
        train = np.array([fold.sets.train[0] for fold in folds])
        return RefittedModel(models, train, features, confounds, self.coding, options)

    def verify_inputs(self, paths: Mapping[str, str | os.PathLike[str]]) -> None:
        """Raise ValueError unless files are those from which the model was fitted."""
        for name, path in paths.items():
            if file_sha256(path) != self.inputs[name]:
                raise ValueError(f"{path}: not the file that {self.description['model']} is of")


@dataclass(frozen=True)
class RefittedModel:
    """Classifiers fitted from a recipe, ready to score people; in memory alone."""

    models: Sequence[Fitted]
    train: np.ndarray
    features: np.ndarray
    confounds: np.ndarray
    coding: ConfoundCoding
    options: EstimatorOptions

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Mean decision value of the classifiers, as `FrozenModel.decision`."""
        confounds = np.vstack([self.confounds, self.coding.matrix(people, unseen=unseen)])
        stacked = StackedRows(self.features, features)
        test = np.arange(stacked.shape[0]) >= len(self.features)
        total = np.zeros(len(features))
        for model, train in zip(self.models, self.train, strict=True):
            rows = np.append(train, np.zeros(len(features), dtype=bool))
            total += model.decision(prepared(stacked, confounds, rows, test, self.options).test)
        return total / len(self.models)


def decision_hash(fitted: np.ndarray) -> str:
    """SHA-256 of decision values in the training rows, rounded to 6 decimals.

    Parameters
    ----------
    fitted : numpy.ndarray, shape (S, n)
        Zero outside the training rows.

    Returns
    -------
    str
    """
    rounded = np.round(fitted, DECIMALS) + 0.0  # no negative zero
    return hashlib.sha256(np.ascontiguousarray(rounded, dtype="<f8").tobytes()).hexdigest()


def recipe(
    fitted: FittedModels,
    paths: Mapping[str, str | os.PathLike[str]],
    coding: ConfoundCoding,
    description: dict,
    seed: int,
) -> Recipe:
    """Write down the recipe of fitted models.

    Parameters
    ----------
    fitted : FittedModels
        The models to be frozen.
    paths : mapping of str to path
        Files of the discovery cohort: people, features and splits.
    coding : ConfoundCoding
    description : dict
    seed : int

    Returns
    -------
    Recipe
    """
    decision = np.where(fitted.train, fitted.fitted + fitted.intercept[:, None], 0.0)
    inputs = {name: file_sha256(path) for name, path in paths.items()}
    digest = decision_hash(decision)
    return Recipe(description, coding, seed, inputs, digest, sklearn.__version__)
