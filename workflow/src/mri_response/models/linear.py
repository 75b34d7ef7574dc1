"""The frozen linear model: one formula, whose weights, confounds and scaling never change again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mri_response.learning.feature_weights import weight_chunks
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.preparation.gaps import filled
from mri_response.learning.preparation.residuals import CHUNK
from mri_response.learning.preparation.training_sets import fit_confounds, training_sets
from mri_response.models.fitted import FittedModels
from mri_response.models.frozen import Frozen
from mri_response.models.hashed import (
    PathLike,
    parameters_hash,
    read_parameters,
    write_parameters,
)


@dataclass(frozen=True)
class FrozenLinear(Frozen):
    """A linear classifier with its confound regression and scaling folded into one formula.

    ``decision = features @ weights + confounds @ confound_weights + intercept``, where a missing
    confound or feature contributes its training mean.

    Attributes
    ----------
    weights : numpy.ndarray, shape (p,)
        Change of the decision value per unit of each feature.
    fill : numpy.ndarray, shape (p,)
        Contribution of each feature where it is missing.
    confound_weights, confound_fill : numpy.ndarray, shape (q,)
        Weight of each confound, and its contribution where it is missing.
    intercept : float
        Decision value where everything else contributes nothing.
    coding : ConfoundCoding
        How columns of a table of people become confounds.
    description : dict
        What a reader must know, see `mri_response.models.description.describe`.
    """

    weights: np.ndarray
    fill: np.ndarray
    confound_weights: np.ndarray
    confound_fill: np.ndarray
    intercept: float
    coding: ConfoundCoding
    description: dict

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Decision values of people, positive for the positive class.

        Raises
        ------
        InputError
            If a category is refused.
        """
        confounds = self.coding.matrix(people, unseen=unseen)
        part = np.where(np.isnan(confounds), self.confound_fill, confounds * self.confound_weights)
        score = np.array([self._score(np.asarray(row, dtype=np.float64)) for row in features])
        return score + part.sum(axis=1) + self.intercept

    def _score(self, row: np.ndarray) -> float:
        """Weighted sum of one person's features."""
        missing = np.isnan(row)
        if not missing.any():
            return row @ self.weights
        return np.where(missing, 0.0, row) @ self.weights + self.fill[missing].sum()

    @property
    def sha256(self) -> str:
        """SHA-256 over the parameters: numbers, confound coding and description."""
        return parameters_hash(self.arrays(), self.text())

    def save(self, path: PathLike) -> None:
        """Write the text of the model with its hash, and its numbers beside it."""
        write_parameters(self.arrays(), self.text(), path)

    @classmethod
    def load(cls, path: PathLike) -> FrozenLinear:
        """Read a model and verify its hash.

        Raises
        ------
        ValueError
            If the parameters are not those whose hash was written down.
        """
        return cls.of(*read_parameters(path))

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], text: Mapping[str, Any]) -> FrozenLinear:
        """Put a model together from what `arrays` and `text` have given.

        Parameters
        ----------
        arrays : mapping of str to numpy.ndarray
            Numbers of the model, by name.
        text : mapping
            Its text; further keys are passed over.

        Returns
        -------
        FrozenLinear
        """
        numbers = {**arrays, "intercept": float(arrays["intercept"])}
        coding = ConfoundCoding.from_json(text["coding"])
        return cls(**numbers, coding=coding, description=text["description"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Numbers of the model, by name."""
        return {
            "weights": self.weights,
            "fill": self.fill,
            "confound_weights": self.confound_weights,
            "confound_fill": self.confound_fill,
            "intercept": np.array(self.intercept),
        }

    def text(self) -> dict:
        """Text of the model: codings and description."""
        return {"coding": self.coding.to_json(), "description": self.description}


def with_unpenalised(
    frozen: FrozenLinear, confounds: np.ndarray, train: np.ndarray, outcome: np.ndarray
) -> FrozenLinear:
    """Add the regression of a number on baseline and confounds to what the features add.

    Parameters
    ----------
    frozen : FrozenLinear
        Of what the features add, with an intercept of 0.
    confounds : numpy.ndarray, shape (n, q)
        Coded baseline and confounds of the discovery people, NaN where missing.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.
    outcome : numpy.ndarray, shape (n,)
        Of the discovery people.

    Returns
    -------
    FrozenLinear
        Its decision value is the predicted number.
    """
    slope, mean = _regressed(outcome, confounds, train)
    return replace(
        frozen,
        confound_weights=frozen.confound_weights + slope,
        confound_fill=frozen.confound_fill + slope * mean,
        intercept=frozen.intercept + float(outcome[train].mean() - slope @ mean),
    )


class WeightedSums(NamedTuple):
    """What S models make of the raw features of the discovery people.

    Attributes
    ----------
    weights : numpy.ndarray, shape (p,)
        Mean weight of each feature.
    fill : numpy.ndarray, shape (p,)
        Mean contribution of each feature where it is missing.
    score : numpy.ndarray, shape (S, n)
        Weighted sum of the features of each person.
    """

    weights: np.ndarray
    fill: np.ndarray
    score: np.ndarray


def freeze_linear(
    features: np.ndarray,
    confounds: np.ndarray,
    fitted: FittedModels,
    coding: ConfoundCoding,
    description: dict,
    *,
    standardize: bool = True,
) -> FrozenLinear:
    """Fold fitted models, their confound regression and scaling into one linear formula.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Of the discovery people, NaN where missing.
    confounds : numpy.ndarray, shape (n, q)
        Coded confounds of the discovery people, NaN where missing.
    fitted : FittedModels
        The refitted model, or the many of an ensemble, by dual variables or by weights.
    coding : ConfoundCoding
        How the confounds were coded.
    description : dict
        What a reader must know, see `mri_response.models.description.describe`.
    standardize : bool
        Whether models with dual variables were fitted to features of unit variance. Weights are
        per unit of the feature already.

    Returns
    -------
    FrozenLinear
        With the mean decision value of the S models.
    """
    if fitted.beta is not None:
        sums = _sums_of_dual(features, confounds, fitted, standardize)
    else:
        sums = _sums_of_weights(features, fitted)
    return _folded(sums, confounds, fitted, coding, description)


def _sums_of_dual(
    features: np.ndarray, confounds: np.ndarray, fitted: FittedModels, standardize: bool
) -> WeightedSums:
    """Weights from the dual variables of models fitted on Gram matrices."""
    weights, fill = np.empty((2, features.shape[1]))
    score = np.zeros((len(fitted.beta), len(features)))
    sets = training_sets(confounds, fitted.train)
    for chunk in weight_chunks(features, sets, fitted.beta, standardize=standardize):
        raw = np.asarray(features[:, chunk.columns], dtype=np.float64)
        weights[chunk.columns] = chunk.per_unit.mean(axis=0)
        fill[chunk.columns], part = _contributions(raw, sets.train, chunk.per_unit)
        score += part
    return WeightedSums(weights, fill, score)


def _sums_of_weights(features: np.ndarray, fitted: FittedModels) -> WeightedSums:
    """Weights as models fitted on the features themselves have them."""
    fill, score = np.empty(features.shape[1]), np.zeros((len(fitted.per_unit), len(features)))
    for start in range(0, len(fill), CHUNK):
        columns = slice(start, start + CHUNK)
        raw = np.asarray(features[:, columns], dtype=np.float64)
        fill[columns], part = _contributions(raw, fitted.train, fitted.per_unit[:, columns])
        score += part
    return WeightedSums(fitted.per_unit.mean(axis=0), fill, score)


def _contributions(
    raw: np.ndarray, train: np.ndarray, per_unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean contribution of c features where they are missing, (c,), and S weighted sums, (S, n)."""
    if not np.isnan(raw).any():
        means = np.array([raw[rows].mean(axis=0) for rows in train])
        return (per_unit * means).mean(axis=0), per_unit @ raw.T
    complete = [filled(raw, rows) for rows in train]
    means = np.array([own[rows].mean(axis=0) for own, rows in zip(complete, train, strict=True)])
    score = np.array([own @ weight for own, weight in zip(complete, per_unit, strict=True)])
    return (per_unit * means).mean(axis=0), score


def _folded(
    sums: WeightedSums,
    confounds: np.ndarray,
    fitted: FittedModels,
    coding: ConfoundCoding,
    description: dict,
) -> FrozenLinear:
    """Mean of S models as one formula.

    Regressing confounds out of every feature is regressing them out of the weighted sum.
    """
    n_models, q = len(sums.score), confounds.shape[1]
    confound_weights, confound_fill, constant = np.zeros(q), np.zeros(q), 0.0
    for rows, score, intercept in zip(fitted.train, sums.score, fitted.intercept, strict=True):
        slope, mean = _regressed(score, confounds, rows)
        confound_weights -= slope / n_models
        confound_fill -= slope * mean / n_models
        constant += (intercept - score[rows].mean() + slope @ mean) / n_models
    numbers = sums.weights, sums.fill, confound_weights, confound_fill, float(constant)
    return FrozenLinear(*numbers, coding, description)


def _regressed(
    values: np.ndarray, confounds: np.ndarray, train: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of values on confounds in the training rows, and the confounds' means there, (q,)."""
    centred, mean, scale = fit_confounds(confounds, train)
    return np.linalg.pinv(centred[train], rcond=1e-8) @ values[train] / scale, mean
