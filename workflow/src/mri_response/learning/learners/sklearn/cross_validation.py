"""Nested cross-validation of any classifier of scikit-learn, one fit at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mri_response.learning.design import Design, FixedFolds, Folds, RedrawnFolds, Sample
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.choice import InnerScore
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.fitting import Fitted, Fitting
from mri_response.learning.learners.sklearn.preparation import Prepared, prepared
from mri_response.learning.splits import REFIT, Fold, mean_where_tested

BY_LABELLING = ("permutation", "labels", "decision", "candidate")  # fields with a labelling per row


def cross_validate_estimator(
    sample: Sample,
    folds: Folds,
    design: Design,
    permutations: Sequence[int],
    options: EstimatorOptions,
) -> JobResult:
    """Run some outer folds for some labellings.

    Parameters
    ----------
    sample : Sample
        People with their features and confounds.
    folds : FixedFolds or RedrawnFolds
        Outer folds or the refit; with redrawn folds every labelling has its own.
    design : Design
        Who may exchange labels, and the seed.
    permutations : sequence of int
        Permutation indices; 0 is the observed labelling and, with redrawn folds, comes first.
    options : EstimatorOptions
        The classifier, its grid and the preparation of its features.

    Returns
    -------
    JobResult

    Notes
    -----
    The candidate has the highest balanced accuracy of the decisions of all inner folds together; of
    tied ones the first. A training set with one class predicts that class.
    """
    if isinstance(folds, RedrawnFolds):
        return _redrawn(sample, folds, design, permutations, options)
    search = _Search(sample, Fitting(options, design.seed), options)
    n = len(sample.weights)
    drawn, labels = design.labellings(permutations, n)
    shape = len(permutations), len(folds.folds)
    decision = np.full((*shape, n), np.nan)
    candidate = np.empty(shape, dtype=np.int16)
    observed, null_fitted = [], []
    for position, fold in enumerate(folds.folds):
        chosen = search.chosen(fold, labels, permutations)
        candidate[:, position] = chosen
        train, test = fold.sets.train[0], fold.sets.test[0]
        data = prepared(sample.features, sample.confounds, train, test, options)
        for row, (permutation, choice) in enumerate(zip(permutations, chosen, strict=True)):
            model = search.fit(data.train, labels[train, row], choice, fold, permutation)
            if test.any():
                decision[row, position, test] = model.decision(data.test)
            if permutation == 0:
                inner = search.inner_decisions(fold, labels[:, row], choice)
                kept = _kept(model, data, train, options.linear)
                observed.append(kept | {"inner_decision": inner})
            elif options.linear and fold.repeat == REFIT:
                null_fitted.append(_kept(model, data, train, options.linear)["fitted"])
    kept = {}
    if 0 in permutations:
        kept = _stacked(observed, n, sample.features.shape[1], options.linear)
    if options.linear and folds.folds and folds.folds[0].repeat == REFIT:
        kept["null_fitted"] = np.reshape(null_fitted, (-1, n))
    return JobResult(
        permutation=np.array(permutations),
        repeat=np.array([fold.repeat for fold in folds.folds], dtype=int),
        outer_fold=np.array([fold.outer_fold for fold in folds.folds], dtype=int),
        labels=drawn.T.astype(np.int8),
        decision=decision,
        candidate=candidate,
        fits=np.array(search.fit.n_fits),
        fallback=np.array(0),
        unconverged=np.array(search.fit.n_unconverged),
        **kept,
    )


def _redrawn(
    sample: Sample,
    folds: RedrawnFolds,
    design: Design,
    permutations: Sequence[int],
    options: EstimatorOptions,
) -> JobResult:
    """Every labelling with folds of its own, put together."""
    parts = []
    for permutation in permutations:
        labels = design.exchangeability.permuted(design.seed, permutation)
        own = FixedFolds(folds.drawn_for(labels, permutation, design.seed))
        parts.append(cross_validate_estimator(sample, own, design, [permutation], options))
    return replace(
        parts[0],
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in BY_LABELLING},
        fits=np.array(sum(part.fits for part in parts)),
        unconverged=np.array(sum(part.unconverged for part in parts)),
    )


class _Search:
    """Search on the inner folds of one job, with its people and its fits."""

    def __init__(self, sample: Sample, fit: Fitting, options: EstimatorOptions) -> None:
        self.sample, self.fit, self.options = sample, fit, options

    def chosen(self, fold: Fold, labels: np.ndarray, permutations: Sequence[int]) -> np.ndarray:
        """Candidate that each labelling, a column of `labels`, chooses on the inner folds, (m,).

        Parameters
        ----------
        fold : Fold
            An outer fold with its inner folds.
        labels : numpy.ndarray of 0/1, shape (N, m)
            One labelling per column.
        permutations : sequence of int, length m
            Number of each labelling.

        Returns
        -------
        numpy.ndarray of int, shape (m,)
        """
        n_candidates = len(self.fit.candidates)
        if n_candidates == 1:
            return np.zeros(len(permutations), dtype=int)
        score = InnerScore(n_candidates, len(permutations))
        weights = self.sample.weights
        for train, test in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True):
            data = self._prepared(train, test)
            for index in range(n_candidates):
                decision = np.empty((test.sum(), len(permutations)))
                for row, permutation in enumerate(permutations):
                    model = self.fit(data.train, labels[train, row], index, fold, permutation)
                    decision[:, row] = model.decision(data.test)
                score.add(index, labels[test], decision, weights[test])
        return score.chosen()

    def inner_decisions(self, fold: Fold, labels: np.ndarray, choice: int) -> np.ndarray:
        """Decision values of the observed labels in the inner folds at the chosen candidate.

        Parameters
        ----------
        fold : Fold
            An outer fold with its inner folds.
        labels : numpy.ndarray of 0/1, shape (N,)
            The observed labels.
        choice : int
            Position of the chosen candidate.

        Returns
        -------
        numpy.ndarray, shape (N,)
        """
        decision = np.zeros(fold.sets.test[1:].shape)
        sets = zip(decision, fold.sets.train[1:], fold.sets.test[1:], strict=True)
        for values, train, test in sets:
            data = self._prepared(train, test)
            values[test] = self.fit(data.train, labels[train], choice, fold, 0).decision(data.test)
        return mean_where_tested(decision, fold.sets.test[1:])

    def _prepared(self, train: np.ndarray, test: np.ndarray) -> Prepared:
        return prepared(self.sample.features, self.sample.confounds, train, test, self.options)


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
