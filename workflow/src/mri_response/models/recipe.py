"""The frozen form of a classifier without weights: how to fit it again, and a proof of it.

Such a classifier (a forest, say) is a program and not a formula. Its usual file is a pickle, which
can run anything when opened and may hold the training people. A recipe holds neither: the model is
fitted again from the discovery cohort, and its decision values there must be those of the original.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd
import sklearn

from mri_response.config.learner_kinds import learner_kind
from mri_response.core.provenance import file_sha256
from mri_response.core.tables import read_people, read_tsv
from mri_response.features.matrices import read_features
from mri_response.learning.design import StackedRows
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.fitting import Fitted, Fitting
from mri_response.learning.learners.sklearn.preparation import prepared
from mri_response.learning.preparation.confounds import ConfoundCoding, Confounds
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.split_tables import folds_from_table
from mri_response.learning.splits import REFIT, Fold
from mri_response.models.fitted import FittedModels
from mri_response.models.frozen import Frozen
from mri_response.models.hashed import PathLike, read_hashed, text_hash, write_hashed

DECIMALS = 6  # of decision values, when they are compared


@dataclass(frozen=True)
class Recipe(Frozen):
    """How to fit a frozen model again.

    Attributes
    ----------
    description : dict
        What a reader must know: model, outcome, feature set, options (estimator, parameters, grid,
        confounds), `kind` (refit or ensemble) and the chosen candidate of each model.
    coding : ConfoundCoding
        How columns of a table of people become confounds.
    seed : int
        Of the run; random states of the fits come from it.
    inputs : dict of str to str
        SHA-256 of the discovery cohort's table, features and splits.
    decision_sha256 : str
        Of the decision values of each model in its training rows, see `decision_hash`.
    scikit_learn : str
        Version that fitted the model.
    fitted_again : FittedAgain, optional
        The classifiers, once `ready` has fitted them; never written.
    """

    description: dict
    coding: ConfoundCoding
    seed: int
    inputs: dict[str, str]
    decision_sha256: str
    scikit_learn: str
    fitted_again: FittedAgain | None = field(default=None, compare=False, repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 over everything that is written."""
        return text_hash(self._text())

    def save(self, path: PathLike) -> None:
        """Write the recipe with its hash."""
        write_hashed(self._text(), self.sha256, path)

    @classmethod
    def load(cls, path: PathLike) -> Recipe:
        """Read a recipe and verify its hash.

        Raises
        ------
        ValueError
            If it is not what was written.
        """
        text, sha256 = read_hashed(path)
        recipe = cls(**(text | {"coding": ConfoundCoding.from_json(text["coding"])}))
        if recipe.sha256 != sha256:
            raise ValueError(f"{path}: the recipe is not the one that its hash was written for")
        return recipe

    def _text(self) -> dict:
        text = asdict(replace(self, fitted_again=None))
        del text["fitted_again"]
        return text | {"coding": self.coding.to_json()}

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Decision values of people by the classifiers that `ready` has fitted again.

        Raises
        ------
        ValueError
            If the recipe has not been made `ready`.
        """
        if self.fitted_again is None:
            raise ValueError(f"model {self.description['model']} is a recipe: fit it again first")
        return self.fitted_again.decision(features, people, unseen=unseen)

    def ready(self, discovery: Mapping[str, PathLike]) -> Recipe:
        """Verify the files of the discovery cohort, and fit the classifiers again from them.

        Raises
        ------
        ValueError
            If a file is not the one from which the model was fitted, or if what is fitted again
            has other decision values.
        """
        self.verify_inputs(discovery)
        people = read_people(discovery["people"])
        folds = folds_from_table(read_tsv(discovery["splits"]), people)
        features = read_features(discovery["features"], people)
        return replace(self, fitted_again=self.refit(features, people, folds))

    def refit(
        self, features: np.ndarray, people: pd.DataFrame, folds: Sequence[Fold]
    ) -> FittedAgain:
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
        FittedAgain

        Raises
        ------
        ValueError
            If its decision values in the discovery cohort are others.
        """
        options = EstimatorOptions.from_config(self.description["options"])
        wanted = self.description["kind"] == "refit"
        folds = [fold for fold in folds if (fold.repeat == REFIT) == wanted]
        confounds, numbers = self.coding.stacked(people), self._predicts_number
        labels = people["label"].to_numpy(dtype=float if numbers else int)
        fit = Fitting(options, self.seed)
        models, fitted = [], np.zeros((len(folds), len(people)))
        for row, fold, choice in zip(fitted, folds, self.description["candidate"], strict=True):
            train = fold.sets.train[0]
            data = prepared(features, confounds, train, np.zeros_like(train), options)
            if numbers:
                residual = (labels - without_features(confounds, labels, train))[train]
                models.append(fit.fitted(data.train, residual, choice, fold, 0))
            else:
                models.append(fit(data.train, labels[train], choice, fold, 0))
            row[train] = models[-1].decision(data.train)
        if decision_hash(fitted) != self.decision_sha256:
            raise ValueError(
                f"model {self.description['model']}: fitted again with scikit-learn "
                f"{sklearn.__version__}, its decision values in the discovery cohort are not those "
                f"of the frozen model, which was fitted with {self.scikit_learn}"
            )
        train = np.array([fold.sets.train[0] for fold in folds])
        coding = self.coding
        return FittedAgain(models, train, features, people, coding, options, numbers=numbers)

    @property
    def _predicts_number(self) -> bool:
        return learner_kind(self.description["options"]).predicts_number

    def verify_inputs(self, paths: Mapping[str, PathLike]) -> None:
        """Compare files with those from which the model was fitted.

        Parameters
        ----------
        paths : mapping of str to path-like
            Files of the discovery cohort: people, features and splits.

        Raises
        ------
        ValueError
            If a file is another one.
        """
        for name, expected in self.inputs.items():
            if file_sha256(paths[name]) != expected:
                raise ValueError(
                    f"{paths[name]}: not the file that {self.description['model']} is of"
                )


@dataclass(frozen=True)
class FittedAgain:
    """Classifiers fitted from a recipe, ready to score people; in memory alone.

    Attributes
    ----------
    models : sequence of Fitted
        S fitted classifiers.
    train : numpy.ndarray of bool, shape (S, n)
        Training rows of each.
    features : numpy.ndarray, shape (n, p)
        Of the discovery people.
    people : pandas.DataFrame
        Table of the discovery people.
    coding : ConfoundCoding
        How columns of a table of people become confounds.
    options : EstimatorOptions
        What is done to features before the classifiers see them.
    numbers : bool
        Whether they are regressors, which predict the residuals given baseline and confounds.
    """

    models: Sequence[Fitted]
    train: np.ndarray
    features: np.ndarray
    people: pd.DataFrame
    coding: ConfoundCoding
    options: EstimatorOptions
    numbers: bool = False

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Mean decision value of the classifiers.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, p)
            NaN where missing.
        people : pandas.DataFrame, n rows
            Their confounds.
        unseen : {"error", "mean", "own"}
            What becomes of people whose category the discovery cohort does not have, as in
            `Frozen.decision`.

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        confounds = self.coding.stacked(self.people, people, unseen=unseen)
        stacked = StackedRows(self.features, features)
        test = np.arange(stacked.shape[0]) >= len(self.features)
        total = np.zeros(len(features))
        for model, train in zip(self.models, self.train, strict=True):
            rows = np.append(train, np.zeros(len(features), dtype=bool))
            total += model.decision(prepared(stacked, confounds, rows, test, self.options).test)
            if self.numbers:
                outcome = np.pad(self.people["label"].to_numpy(float), (0, len(features)))
                total += without_features(confounds, outcome, rows)[test]
        return total / len(self.models)


def without_features(
    confounds: np.ndarray | Confounds, outcome: np.ndarray, train: np.ndarray
) -> np.ndarray:
    """Predictions of numbers from baseline and confounds alone, learned on the training rows.

    Parameters
    ----------
    confounds : numpy.ndarray or Confounds, shape (n, q)
        Baseline and confounds of all rows.
    outcome : numpy.ndarray, shape (n,)
        Only that of training rows counts.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.

    Returns
    -------
    numpy.ndarray, shape (n,)
    """
    sets = training_sets(confounds, train[None])
    return sets.design[0] @ (sets.coefficients[0][:, train] @ outcome[train])


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
    paths: Mapping[str, PathLike],
    coding: ConfoundCoding,
    description: dict,
    seed: int,
) -> Recipe:
    """Write down the recipe of fitted models.

    Parameters
    ----------
    fitted : FittedModels
        The models to be frozen.
    paths : mapping of str to path-like
        Files of the discovery cohort: people, features and splits.
    coding : ConfoundCoding
        How the confounds were coded.
    description : dict
        What a reader must know, see `mri_response.models.description.describe`.
    seed : int
        Seed of the run.

    Returns
    -------
    Recipe
    """
    decision = np.where(fitted.train, fitted.fitted + fitted.intercept[:, None], 0.0)
    inputs = {name: file_sha256(path) for name, path in paths.items()}
    digest = decision_hash(decision)
    return Recipe(description, coding, seed, inputs, digest, sklearn.__version__)
