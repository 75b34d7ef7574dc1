"""Nested cross-validation of what predicts numbers and is fitted to one outcome at a time.

In every training set the outcome is regressed on the predictors without penalty (intercept,
baseline and confounds), and so is every feature. What is fitted to the residuals is added to the
prediction of that regression.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.choice import smallest_error
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.splits import REFIT, Fold, mean_where_tested


class Place(NamedTuple):
    """One training set of a job.

    Attributes
    ----------
    position : int
        Outer fold, by its position in the job.
    index : int
        0 for the outer training set, from 1 for the inner ones.
    fold : Fold
        The outer fold.
    """

    position: int
    index: int
    fold: Fold

    @property
    def train(self) -> np.ndarray:
        """Training rows."""
        return self.fold.sets.train[self.index]

    @property
    def test(self) -> np.ndarray:
        """Rows to predict."""
        return self.fold.sets.test[self.index]


class Regression(ABC):
    """What is fitted to residuals of the outcome.

    Attributes
    ----------
    n_candidates : int
        Size of the grid.
    linear : bool
        Whether what is added is a weighted sum of the features.
    n_fits, n_unconverged : int
        Fits so far, and how many of them warned that they did not converge.
    """

    n_candidates: int
    linear: bool
    n_fits: int
    n_unconverged: int

    @abstractmethod
    def rows(self, place: Place) -> Any:
        """Training rows and rows to predict of one training set, with attributes train and test.

        Parameters
        ----------
        place : Place
            The training set.
        """

    @abstractmethod
    def fit(
        self, rows: Any, residual: np.ndarray, candidate: int, place: Place, permutation: int
    ) -> Any:
        """Fit one candidate to residuals of one outcome; its `predict` takes rows as they are.

        Parameters
        ----------
        rows : object
            As from `rows`.
        residual : numpy.ndarray, shape (n_train,)
            Of the training rows.
        candidate : int
            Position in the grid.
        place : Place
            The training set.
        permutation : int
            Number of the outcome.
        """

    @abstractmethod
    def kept(self, model: Any, rows: Any, place: Place) -> dict[str, np.ndarray]:
        """Intercept, and weights or dual variables, of a fitted model, as `JobResult` has them.

        Parameters
        ----------
        model : object
            As from `fit`.
        rows : object
            As from `rows`.
        place : Place
            The training set.
        """


def cross_validate_numbers(
    sample: Sample,
    folds: FixedFolds,
    design: Design,
    blocks: Sequence[range],
    regression: Regression,
) -> JobResult:
    """Run some outer folds for the outcomes of some blocks.

    Parameters
    ----------
    sample : Sample
        People. Confounds are the predictors without penalty: baseline and confounds.
    folds : FixedFolds
        Outer folds or the refit.
    design : Design
        Whose residuals are exchanged, and the seed.
    blocks : sequence of range
        Permutation indices; 0 is the observed outcome.
    regression : Regression
        What is fitted.

    Returns
    -------
    JobResult

    Notes
    -----
    The candidate has the smallest squared error of the predictions of all inner folds together, of
    tied ones the first.
    """
    permutations = [index for block in blocks for index in block]
    n = len(sample.weights)
    drawn, outcomes = design.labellings(permutations, n)
    shape = len(permutations), len(folds.folds)
    decision, reduced = np.full((2, *shape, n), np.nan)
    candidate = np.empty(shape, dtype=np.int16)
    is_refit = bool(folds.folds) and folds.folds[0].repeat == REFIT
    first_block = range(1, 1 + len(blocks[1])) if permutations[0] == 0 and len(blocks) > 1 else ()
    observed, null_fitted, null_beta = [], [], []
    for position, fold in enumerate(folds.folds):
        one = _Fold(sample, Place(position, 0, fold), outcomes, permutations, regression)
        candidate[:, position] = one.choose()
        train, test = one.place.train, one.place.test
        betas = []
        for row, permutation in enumerate(permutations):
            model, without = one.refit(row)
            reduced[row, position, test] = without[test]
            if test.any():
                decision[row, position, test] = without[test] + model.predict(one.rows.test)
            if permutation == 0:
                kept = _kept(regression, model, one)
                observed.append(kept | {"train": train, "inner_decision": one.inner()})
            elif regression.linear and (is_refit or row in first_block):
                kept = _kept(regression, model, one)
                null_fitted.append(kept["fitted"])
                betas.append(kept.get("beta"))
        null_beta.append(betas)
    kept = _stacked(observed, n) if permutations[0] == 0 else {}
    if is_refit and regression.linear:
        kept["null_fitted"] = np.reshape(null_fitted, (-1, n))
    elif "beta" in kept:
        dual = np.array(null_beta, dtype=np.float32)
        kept["null_beta"] = dual.reshape(len(folds.folds), -1, n)
    return JobResult(
        permutation=np.array(permutations),
        repeat=np.array([fold.repeat for fold in folds.folds], dtype=int),
        outer_fold=np.array([fold.outer_fold for fold in folds.folds], dtype=int),
        labels=drawn.T,
        decision=decision,
        reduced=reduced,
        candidate=candidate,
        fits=np.array(regression.n_fits),
        fallback=np.array(0),
        unconverged=np.array(regression.n_unconverged),
        **kept,
    )


class _Fold:
    """An outer fold: search on its inner folds and fits to its training rows.

    Attributes
    ----------
    place : Place
        The outer training set.
    rows : object
        Its rows, as from `Regression.rows`.
    """

    def __init__(
        self,
        sample: Sample,
        place: Place,
        outcomes: np.ndarray,
        permutations: Sequence[int],
        regression: Regression,
    ) -> None:
        self.place, self.rows = place, regression.rows(place)
        self._weights, self._outcomes = sample.weights, outcomes
        self._permutations, self._regression = permutations, regression
        self._sets = training_sets(sample.confounds, place.fold.sets.train)
        self._inner = [place._replace(index=i) for i in range(1, len(place.fold.sets.train))]
        self._chosen = np.zeros(len(permutations), dtype=int)

    def choose(self) -> np.ndarray:
        """Candidate that each outcome chooses on the inner folds, shape (m,)."""
        n_candidates = self._regression.n_candidates
        if n_candidates == 1:
            return self._chosen
        error = np.zeros((n_candidates, len(self._permutations)))
        for place in self._inner:
            rows, test = self._regression.rows(place), place.test
            for index in range(n_candidates):
                for row in range(len(self._permutations)):
                    model, without = self._fitted(rows, place, row, index)
                    left = self._outcomes[test, row] - without[test] - model.predict(rows.test)
                    error[index, row] += self._weights[test] @ left**2
        self._chosen = smallest_error(error)
        return self._chosen

    def refit(self, row: int) -> tuple[Any, np.ndarray]:
        """The chosen candidate on the outer training rows, and predictions without features."""
        return self._fitted(self.rows, self.place, row, self._chosen[row])

    def inner(self) -> np.ndarray:
        """Predictions of the first outcome in the inner folds at the chosen candidate, (N,)."""
        predicted = np.zeros((len(self._inner), len(self._weights)))
        for values, place in zip(predicted, self._inner, strict=True):
            rows = self._regression.rows(place)
            model, without = self._fitted(rows, place, 0, self._chosen[0])
            values[place.test] = without[place.test] + model.predict(rows.test)
        return mean_where_tested(predicted, self.place.fold.sets.test[1:])

    def _fitted(self, rows: Any, place: Place, row: int, candidate: int) -> tuple[Any, np.ndarray]:
        train, outcome = place.train, self._outcomes[:, row]
        solve = self._sets.coefficients[place.index][:, train]
        without = self._sets.design[place.index] @ (solve @ outcome[train])
        residual = outcome[train] - without[train]
        permutation = self._permutations[row]
        return self._regression.fit(rows, residual, candidate, place, permutation), without


def _kept(regression: Regression, model: Any, one: _Fold) -> dict[str, np.ndarray]:
    """What is kept of a model that was fitted to the training rows of an outer fold."""
    kept = regression.kept(model, one.rows, one.place)
    fitted = np.zeros(len(one.place.train))
    fitted[one.place.train] = model.predict(one.rows.train) - kept["intercept"]
    return kept | {"fitted": fitted}


def _stacked(observed: Sequence[dict[str, np.ndarray]], n: int) -> dict[str, np.ndarray]:
    """What is kept of all outer folds of a job, of which there may be none."""
    if observed:
        return {name: np.array([kept[name] for kept in observed]) for name in observed[0]}
    empty = {name: np.empty((0, n)) for name in ("fitted", "inner_decision")}
    return empty | {"train": np.empty((0, n), dtype=bool), "intercept": np.empty(0)}
