"""How well numbers are predicted, with the influence of each person on every metric.

The gain is what a model adds to a regression on baseline and confounds alone. Whatever is predicted
from a baseline score alone, as change is by regression to the mean, has a gain of 0. Total
correlation and total R2 contain it, and are never to be read without the gain beside them.

A metric is a smooth function of means over people. Its influence function gives the standard error
over people without resampling.

References
----------
Efron and Tibshirani (1993). An Introduction to the Bootstrap, chapter 22 (influence functions).
Poldrack, Huckins and Varoquaux (2020). Establishment of best practices for evidence for prediction.
JAMA Psychiatry 77, 534-540 (R2 by sums of squares, not by squaring a correlation).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Metrics of the gain over baseline and confounds, which are tested, and of the total.
GAINS = ("r2_gain", "mae_gain")
TOTALS = ("r2", "r", "mae", "rmse", "calibration_slope")
#: Metrics whose error over people is widened where models of several folds predicted.
WIDENED = (*GAINS, "r2", "r")
#: Metrics of the baseline and confounds alone.
ALONE = ("r2_reduced", "mae_reduced")
METRICS = (*GAINS, *TOTALS, *ALONE)
#: Metrics of which less is better.
ERRORS = ("mae", "rmse", "mae_reduced")


class Predicted(NamedTuple):
    """Predictions of n rows in R repeats, for m outcomes.

    Attributes
    ----------
    outcome : ndarray, shape (m, n)
        Observed or permuted outcomes.
    predicted, reduced : ndarray, shape (m, R, n)
        Predictions with the features, and from baseline and confounds alone.
    mean : ndarray, shape (m, R, n)
        Mean outcome of the people who trained the model of each row.
    weights : ndarray, shape (n,)
        1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of the person of each row, from 0.
    """

    outcome: NDArray
    predicted: NDArray
    reduced: NDArray
    mean: NDArray
    weights: NDArray
    person: NDArray[np.intp]

    def of(self, outcomes: slice) -> Predicted:
        """Some of the m outcomes.

        Parameters
        ----------
        outcomes : slice
            Positions of the outcomes that are kept.

        Returns
        -------
        Predicted
        """
        arrays = (array[outcomes] for array in self[:4])
        return Predicted(*arrays, self.weights, self.person)


class Estimates(NamedTuple):
    """A metric of m outcomes.

    Attributes
    ----------
    value : ndarray, shape (m,)
        Mean over repeats.
    error : ndarray, shape (m,)
        Standard error over people, as if the models were fixed.
    """

    value: NDArray
    error: NDArray


def estimates(metric: str, given: Predicted) -> Estimates:
    """A metric for each outcome, with its standard error over people.

    Parameters
    ----------
    metric : str
        One of `METRICS`. R2 is ``1 - sum of squared errors / sum of squared distances from the
        training mean``; a gain is that of the model minus that of baseline and confounds alone (of
        MAE the other way round, so that above 0 is better).
    given : Predicted
        Predictions with the outcomes that they are compared with.

    Returns
    -------
    Estimates
    """
    value, by_person = with_influence(metric, given)
    n_people = by_person.shape[1]
    error = np.sqrt(n_people / (n_people - 1) * np.sum(by_person**2, axis=1))
    return Estimates(value.mean(axis=1), error)


def with_influence(metric: str, given: Predicted) -> tuple[NDArray, NDArray]:
    """A metric for each outcome and repeat, and how much each person moves its mean over repeats.

    Parameters
    ----------
    metric : str
        One of `METRICS`.
    given : Predicted
        Predictions with the outcomes that they are compared with.

    Returns
    -------
    value : ndarray, shape (m, R)
    influence : ndarray, shape (m, people)
        Sums of squares are variances.
    """
    share = given.weights / given.weights.sum()
    value, influence = _METRICS[metric](given, share)
    return value, _by_person(influence.mean(axis=1) * share, given.person)


def differences(metric: str, first: Predicted, second: Predicted) -> tuple[NDArray, NDArray]:
    """How much better the first of two models is for the first outcome, in every repeat.

    Parameters
    ----------
    metric : str
        One of `METRICS`; errors are taken the other way round.
    first, second : Predicted
        Predictions of the same people.

    Returns
    -------
    value : ndarray, shape (R,)
    influence : ndarray, shape (R, people)
        How much each person moves the difference; sums of squares are variances.
    """
    share = first.weights / first.weights.sum()
    (one, of_one), (other, of_other) = (
        _METRICS[metric](given.of(slice(1)), share) for given in (first, second)
    )
    sign = -1.0 if metric in ERRORS else 1.0
    influence = sign * (of_one - of_other)[0] * share
    return sign * (one - other)[0], _by_person(influence, first.person)


def _by_person(by_row: NDArray, person: NDArray[np.intp]) -> NDArray:
    """Sums over the rows of each person, shape (m, people)."""
    by_person = np.zeros((len(by_row), int(person.max()) + 1))
    np.add.at(by_person.T, person, by_row.T)
    return by_person


def _error(given: Predicted, predicted: NDArray) -> NDArray:
    return given.outcome[:, None] - predicted


def _r2(given: Predicted, share: NDArray, predicted: NDArray) -> tuple[NDArray, NDArray]:
    """One minus a ratio of means, (m, R), and its influence, (m, R, n)."""
    squared, total = _error(given, predicted) ** 2, _error(given, given.mean) ** 2
    left, whole = squared @ share, total @ share
    ratio = left / whole
    return 1 - ratio, -(squared - ratio[..., None] * total) / whole[..., None]


def _mae(given: Predicted, share: NDArray, predicted: NDArray) -> tuple[NDArray, NDArray]:
    size = np.abs(_error(given, predicted))
    value = size @ share
    return value, size - value[..., None]


def _rmse(given: Predicted, share: NDArray) -> tuple[NDArray, NDArray]:
    squared = _error(given, given.predicted) ** 2
    value = np.sqrt(squared @ share)
    return value, (squared - (value**2)[..., None]) / (2 * value[..., None])


def _standard(values: NDArray, share: NDArray) -> tuple[NDArray, NDArray]:
    centred = values - (values @ share)[..., None]
    sd = np.sqrt(centred**2 @ share)
    return centred, sd


def _r(given: Predicted, share: NDArray) -> tuple[NDArray, NDArray]:
    predicted, sd = _standard(given.predicted, share)
    outcome, sd_outcome = _standard(given.outcome[:, None] + 0 * given.predicted, share)
    with np.errstate(invalid="ignore", divide="ignore"):
        one, other = predicted / sd[..., None], outcome / sd_outcome[..., None]
    value = (one * other) @ share
    return value, one * other - value[..., None] * (one**2 + other**2) / 2


def _slope(given: Predicted, share: NDArray) -> tuple[NDArray, NDArray]:
    predicted, sd = _standard(given.predicted, share)
    outcome, _ = _standard(given.outcome[:, None] + 0 * given.predicted, share)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (predicted * outcome) @ share / sd**2
        left = outcome - value[..., None] * predicted
        return value, predicted * left / (sd**2)[..., None]


def _difference(first: tuple, second: tuple) -> tuple[NDArray, NDArray]:
    return first[0] - second[0], first[1] - second[1]


_METRICS = {
    "r2": lambda given, share: _r2(given, share, given.predicted),
    "r2_reduced": lambda given, share: _r2(given, share, given.reduced),
    "r2_gain": lambda given, share: _difference(
        _r2(given, share, given.predicted), _r2(given, share, given.reduced)
    ),
    "mae": lambda given, share: _mae(given, share, given.predicted),
    "mae_reduced": lambda given, share: _mae(given, share, given.reduced),
    "mae_gain": lambda given, share: _difference(
        _mae(given, share, given.reduced), _mae(given, share, given.predicted)
    ),
    "rmse": _rmse,
    "r": _r,
    "calibration_slope": _slope,
}
