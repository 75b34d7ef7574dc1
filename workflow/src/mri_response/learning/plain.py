"""Nested cross-validation of any classifier of scikit-learn, one fit at a time."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mri_response.core.seeds import Stream, generator
from mri_response.learning.estimators import EstimatorOptions, decision_values
from mri_response.learning.gram import CHUNK, filled, fit_confounds, principal_components
from mri_response.learning.jobs import JobResult
from mri_response.learning.nested import chosen_candidate, recall_mean
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.procedure import StackedRows
from mri_response.learning.splits import REFIT, Fold, Scheme, draw_members, mean_where_tested

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

LOGGER = logging.getLogger("mri_response")

Features = np.ndarray | StackedRows


class Prepared(NamedTuple):
    """Features of one training set and of rows to predict, as the classifier sees them.

    Attributes
    ----------
    train, test : numpy.ndarray, shapes (n_train, k) and (n_test, k)
    components : numpy.ndarray, shape (k, p), or None
        Principal axes of the prepared features, in rows; None without them.
    scale : numpy.ndarray, shape (p,)
        Training standard deviation of each residual feature, 1 where constant or not standardised.
    """

    train: np.ndarray
    test: np.ndarray
    components: np.ndarray | None
    scale: np.ndarray

    def weights(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the features per standard deviation and per unit, each of shape (p,)."""
        if self.components is not None:
            coefficients = coefficients @ self.components
        return coefficients, coefficients / self.scale


def prepared(
    features: Features,
    confounds: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    options: EstimatorOptions,
) -> Prepared:
    """Regress out confounds, standardise and reduce features, all learned on the training rows.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
    confounds : numpy.ndarray, shape (n, q)
        NaN, here and in the features, is filled with the mean of the training rows.
    train, test : numpy.ndarray of bool, shape (n,)
    options : EstimatorOptions
        Its `standardize` (division by the training standard deviation, ``ddof=0``) and `pca`.

    Returns
    -------
    Prepared
        What it holds of the training rows is the same to the last bit whatever the other rows are.

    Notes
    -----
    A feature whose residual does not vary over the training rows becomes 0.
    """
    centred, _, _ = fit_confounds(confounds, train)
    inverse = np.linalg.pinv(centred[train], rcond=1e-8)
    p = features.shape[1]
    ready, unseen = np.empty((train.sum(), p)), np.empty((test.sum(), p))
    scales = np.ones(p)
    for start in range(0, p, CHUNK):
        columns = slice(start, start + CHUNK)
        raw = filled(np.asarray(features[:, columns], dtype=np.float64), train)
        mean = raw[train].mean(axis=0)
        slope = inverse @ (raw[train] - mean)
        residual = raw[train] - mean - centred[train] @ slope
        sd = np.sqrt(np.mean(residual**2, axis=0))
        # What is left of a constant feature is rounding, which no classifier must see.
        varies = sd > 1e-12 * np.sqrt(np.mean(raw[train] ** 2, axis=0))
        scale = np.where(varies & options.standardize, sd, 1.0)
        ready[:, columns] = np.where(varies, residual / scale, 0.0)
        outside = raw[test] - mean - centred[test] @ slope
        unseen[:, columns] = np.where(varies, outside / scale, 0.0)
        scales[columns] = scale
    if options.pca is None:
        return Prepared(ready, unseen, None, scales)
    everyone = np.ones(len(ready), dtype=bool)
    values, vectors = principal_components(ready @ ready.T, everyone, options.pca)
    components = (vectors / np.sqrt(values)).T @ ready
    # The sign of an axis is arbitrary: its largest loading is made positive, as in scikit-learn.
    largest = components[np.arange(len(components)), np.abs(components).argmax(axis=1)]
    components *= np.sign(largest)[:, None]
    return Prepared(ready @ components.T, unseen @ components.T, components, scales)


class Fitted(NamedTuple):
    """A classifier, or the class itself where the training rows have no other.

    Attributes
    ----------
    estimator : sklearn.base.BaseEstimator or None
    constant : float
        1 or -1, the decision value where there is no estimator.
    converged : bool
    """

    estimator: BaseEstimator | None
    constant: float = 0.0
    converged: bool = True

    def decision(self, features: np.ndarray) -> np.ndarray:
        """Decision values, shape (n,)."""
        if self.estimator is None:
            return np.full(len(features), self.constant)
        return decision_values(self.estimator, features)


class Fitting:
    """Fits of one job, which are counted; the log has the first warning of each kind.

    Parameters
    ----------
    options : EstimatorOptions
    seed : int

    Attributes
    ----------
    n_fits, n_unconverged : int
    """

    def __init__(self, options: EstimatorOptions, seed: int) -> None:
        self.candidates = options.candidates
        self.n_fits = self.n_unconverged = 0
        self._options = options
        self._seed = seed
        self._warned: set[type[Warning]] = set()

    def __call__(
        self, features: np.ndarray, labels: np.ndarray, candidate: int, fold: Fold, permutation: int
    ) -> Fitted:
        """Fit one candidate to the training rows of an outer fold or of one of its inner folds.

        All of these share one random state, as in a grid search over one classifier.
        """
        from sklearn.exceptions import ConvergenceWarning  # scikit-learn takes a second to import

        if len(set(labels)) == 1:
            return Fitted(None, 2.0 * labels[0] - 1.0)
        key = (permutation, fold.repeat, fold.outer_fold)
        state = int(generator(self._seed, Stream.ESTIMATOR, *key).integers(2**31))
        estimator = self._options.build(self.candidates[candidate], state)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            estimator.fit(features, labels)
        converged = not any(issubclass(one.category, ConvergenceWarning) for one in caught)
        for one in caught:
            if one.category not in self._warned:
                self._warned.add(one.category)
                LOGGER.warning("%s: %s", one.category.__name__, " ".join(str(one.message).split()))
        self.n_fits += 1
        self.n_unconverged += not converged
        return Fitted(estimator, converged=converged)


def cross_validate_estimator(
    features: Features,
    confounds: np.ndarray,
    folds: Sequence[Fold],
    exchangeability: Exchangeability,
    permutations: Sequence[int],
    weights: np.ndarray,
    options: EstimatorOptions,
    seed: int,
) -> JobResult:
    """Run some outer folds for some labellings, folds the same for all of them.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (N, p)
        Beyond the first n rows, those of the labelled people, there may be others that no set
        trains on.
    confounds : numpy.ndarray, shape (N, q)
    folds : sequence of Fold
        Masks over all N rows.
    exchangeability : Exchangeability
        Of the n labelled rows.
    permutations : sequence of int
        0 is the observed labelling.
    weights : numpy.ndarray, shape (N,)
        Row weights of the inner score.
    options : EstimatorOptions
    seed : int

    Returns
    -------
    JobResult

    Notes
    -----
    The candidate has the highest mean balanced accuracy over the inner folds; of tied ones the
    first. A training set with one class predicts that class.
    """
    fit = Fitting(options, seed)
    n = len(weights)
    drawn = exchangeability.labellings(seed, permutations)
    labels = np.pad(drawn, ((0, n - len(drawn)), (0, 0)))
    decision = np.full((len(permutations), len(folds), n), np.nan)
    candidate = np.empty((len(permutations), len(folds)), dtype=np.int16)
    observed, null_fitted = [], []
    for position, fold in enumerate(folds):
        chosen = _search(fit, features, confounds, fold, labels, permutations, weights, options)
        candidate[:, position] = chosen
        train, test = fold.sets.train[0], fold.sets.test[0]
        data = prepared(features, confounds, train, test, options)
        for row, (permutation, choice) in enumerate(zip(permutations, chosen, strict=True)):
            model = fit(data.train, labels[train, row], choice, fold, permutation)
            if test.any():
                decision[row, position, test] = model.decision(data.test)
            if permutation == 0:
                inner = _inner(fit, features, confounds, fold, labels[:, row], choice, options)
                kept = _kept(model, data, train, options.linear)
                observed.append(kept | {"inner_decision": inner})
            elif options.linear and fold.repeat == REFIT:
                null_fitted.append(_kept(model, data, train, options.linear)["fitted"])
    kept = {}
    if 0 in permutations:
        kept = _stacked(observed, n, features.shape[1], options.linear)
    if options.linear and folds and folds[0].repeat == REFIT:
        kept["null_fitted"] = np.reshape(null_fitted, (-1, n))
    return JobResult(
        permutation=np.array(permutations),
        repeat=np.array([fold.repeat for fold in folds], dtype=int),
        outer_fold=np.array([fold.outer_fold for fold in folds], dtype=int),
        labels=drawn.T.astype(np.int8),
        decision=decision,
        candidate=candidate,
        fits=np.array(fit.n_fits),
        fallback=np.array(0),
        unconverged=np.array(fit.n_unconverged),
        **kept,
    )


def cross_validate_estimator_redrawn(
    features: Features,
    confounds: np.ndarray,
    members: range,
    units: Sequence[str],
    scheme: Scheme,
    exchangeability: Exchangeability,
    permutations: Sequence[int],
    weights: np.ndarray,
    options: EstimatorOptions,
    seed: int,
) -> JobResult:
    """Run some outer folds with folds redrawn, stratified on the labels, for every permutation.

    Parameters
    ----------
    members : range
        Which outer folds, counted through all repeats from 0.
    units : sequence of str, length n
        Person or family of each row.
    scheme : Scheme
    features, confounds, exchangeability, permutations, weights, options, seed
        As in `cross_validate_estimator`; the observed labelling, if there, is the first.

    Returns
    -------
    JobResult
    """
    parts = []
    for permutation in permutations:
        labels = exchangeability.permuted(seed, permutation)
        drawn = draw_members(units, labels, scheme, seed, members, permutation=permutation)
        parts.append(
            cross_validate_estimator(
                features,
                confounds,
                drawn,
                exchangeability,
                [permutation],
                weights,
                options,
                seed,
            )
        )
    by_labelling = ("permutation", "labels", "decision", "candidate")
    return replace(
        parts[0],
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in by_labelling},
        fits=np.array(sum(part.fits for part in parts)),
        unconverged=np.array(sum(part.unconverged for part in parts)),
    )


def _search(
    fit: Fitting,
    features: Features,
    confounds: np.ndarray,
    fold: Fold,
    labels: np.ndarray,
    permutations: Sequence[int],
    weights: np.ndarray,
    options: EstimatorOptions,
) -> np.ndarray:
    """Candidate that each labelling chooses on the inner folds, shape (m,)."""
    score = np.zeros((len(fit.candidates), len(permutations)))
    if len(score) == 1:
        return np.zeros(len(permutations), dtype=int)
    for train, test in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True):
        data = prepared(features, confounds, train, test, options)
        for row, permutation in enumerate(permutations):
            predicted = np.empty((test.sum(), len(score)), dtype=bool)
            for index in range(len(score)):
                model = fit(data.train, labels[train, row], index, fold, permutation)
                predicted[:, index] = model.decision(data.test) > 0
            score[:, row] += recall_mean(labels[test][:, [row]], predicted, weights[test])
    return chosen_candidate(score / (len(fold.sets.train) - 1))


def _stacked(
    observed: Sequence[dict[str, np.ndarray]], n: int, p: int, linear: bool
) -> dict[str, np.ndarray]:
    """What is kept of all outer folds of a job, of which there may be none."""
    shapes = {"train": (n,), "fitted": (n,), "intercept": (), "inner_decision": (n,)}
    if linear:
        shapes |= {"per_sd": (p,), "per_unit": (p,)}
    return {
        name: np.array(
            [kept[name] for kept in observed], dtype=bool if name == "train" else float
        ).reshape(len(observed), *shape)
        for name, shape in shapes.items()
    }


def _inner(
    fit: Fitting,
    features: Features,
    confounds: np.ndarray,
    fold: Fold,
    labels: np.ndarray,
    choice: int,
    options: EstimatorOptions,
) -> np.ndarray:
    """Decision values of the observed labels in the inner folds at the chosen candidate, (n,)."""
    decision = np.zeros(fold.sets.test[1:].shape)
    for values, train, test in zip(decision, fold.sets.train[1:], fold.sets.test[1:], strict=True):
        data = prepared(features, confounds, train, test, options)
        values[test] = fit(data.train, labels[train], choice, fold, 0).decision(data.test)
    return mean_where_tested(decision, fold.sets.test[1:])


def _kept(model: Fitted, data: Prepared, train: np.ndarray, linear: bool) -> dict[str, np.ndarray]:
    """What is kept of a model that was fitted to the training rows of an outer fold."""
    intercept, coefficients = model.constant, np.zeros(data.train.shape[1])
    if linear and model.estimator is not None:
        intercept = np.ravel(model.estimator.intercept_)[0]
        coefficients = np.ravel(model.estimator.coef_).astype(float)
    fitted = np.zeros(len(train))
    fitted[train] = model.decision(data.train) - intercept
    kept = {"train": train, "fitted": fitted, "intercept": np.array(intercept, dtype=float)}
    if linear:
        kept["per_sd"], kept["per_unit"] = data.weights(coefficients)
    return kept
