"""Recalls of both classes and their mean, the balanced accuracy, weighing people, not rows.

A person with several rows (visits, crossover arms) counts once: every row has the weight
1 / (number of the person's rows). Labels are 1 for the positive class and 0 for the other.

All functions are vectorised over labellings (permutations, repeats). Sums run along the rows of
one labelling, so a labelling's value is the same to the last bit whatever it is batched with.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


class Confusion(NamedTuple):
    """Weighted counts of people; each field has the shape of the labellings.

    Attributes
    ----------
    true_positive, false_positive : ndarray, shape (m,)
        People who are predicted to be positive, rightly and wrongly.
    true_negative, false_negative : ndarray, shape (m,)
        People who are predicted to be negative, rightly and wrongly.
    """

    true_positive: FloatArray
    false_positive: FloatArray
    true_negative: FloatArray
    false_negative: FloatArray


def confusion(
    labels: ArrayLike, predicted: ArrayLike, weights: ArrayLike | None = None, axis: int = 0
) -> Confusion:
    """Confusion matrix in weighted people.

    Parameters
    ----------
    labels, predicted : array_like of 0/1, shapes (n,) or (n, m)
        Rows along `axis`; an array of shape (n,) serves every labelling of the other.
    weights : array_like, optional
        Weight of each row, broadcast like `labels`. Default 1.
    axis : int
        The axis of the rows.

    Returns
    -------
    Confusion
        Four arrays of shape (m,), or scalars for one labelling.
    """
    positive, said_yes, weight = rows_last(axis, labels, predicted, weights)
    positive, said_yes = positive.astype(bool), said_yes.astype(bool)
    return Confusion(
        total(weight * (positive & said_yes)),
        total(weight * (~positive & said_yes)),
        total(weight * (~positive & ~said_yes)),
        total(weight * (positive & ~said_yes)),
    )


def sensitivity(
    labels: ArrayLike, predicted: ArrayLike, weights: ArrayLike | None = None, axis: int = 0
) -> FloatArray:
    """Recall of the positive class.

    Parameters
    ----------
    labels, predicted : array_like of 0/1, shapes (n,) or (n, m)
        Rows along `axis`; an array of shape (n,) serves every labelling of the other.
    weights : array_like, optional
        Weight of each row, broadcast like `labels`. Default 1.
    axis : int
        The axis of the rows.

    Returns
    -------
    ndarray, shape (m,)
        NaN where the class is absent.
    """
    table = confusion(labels, predicted, weights, axis)
    return ratio(table.true_positive, table.true_positive + table.false_negative)


def specificity(
    labels: ArrayLike, predicted: ArrayLike, weights: ArrayLike | None = None, axis: int = 0
) -> FloatArray:
    """Recall of the negative class.

    Parameters
    ----------
    labels, predicted : array_like of 0/1, shapes (n,) or (n, m)
        Rows along `axis`; an array of shape (n,) serves every labelling of the other.
    weights : array_like, optional
        Weight of each row, broadcast like `labels`. Default 1.
    axis : int
        The axis of the rows.

    Returns
    -------
    ndarray, shape (m,)
        NaN where the class is absent.
    """
    table = confusion(labels, predicted, weights, axis)
    return ratio(table.true_negative, table.true_negative + table.false_positive)


def balanced_accuracy(
    labels: ArrayLike, predicted: ArrayLike, weights: ArrayLike | None = None, axis: int = 0
) -> FloatArray:
    """Mean of sensitivity and specificity.

    Parameters
    ----------
    labels, predicted : array_like of 0/1, shapes (n,) or (n, m)
        Rows along `axis`; an array of shape (n,) serves every labelling of the other.
    weights : array_like, optional
        Weight of each row, broadcast like `labels`. Default 1.
    axis : int
        The axis of the rows.

    Returns
    -------
    ndarray, shape (m,)
        Where only one class is present, the recall of that class (the rule of scikit-learn's
        `balanced_accuracy_score`).

    References
    ----------
    Brodersen KH, Ong CS, Stephan KE, Buhmann JM (2010). The balanced accuracy and its posterior
    distribution. ICPR, 3121-3124.
    """
    return mean_recall(confusion(labels, predicted, weights, axis))


def mean_recall(table: Confusion) -> FloatArray:
    """Balanced accuracy of counts, which may be those of several test folds added up.

    Parameters
    ----------
    table : Confusion
        Weighted counts, each of shape (m,).

    Returns
    -------
    ndarray, shape (m,)
        Where only one class is present, the recall of that class.
    """
    positive = ratio(table.true_positive, table.true_positive + table.false_negative)
    negative = ratio(table.true_negative, table.true_negative + table.false_positive)
    both = (positive + negative) / 2
    return np.where(np.isnan(positive), negative, np.where(np.isnan(negative), positive, both))[()]


def rows_last(
    axis: int, first: ArrayLike, second: ArrayLike, weights: ArrayLike | None
) -> list[NDArray]:
    """Bring the axis of the rows of three arrays to the end.

    Parameters
    ----------
    axis : int
        The axis of the rows in arrays of several dimensions.
    first, second : array_like, shapes (n,) or (n, m)
        Arrays that have a value per row.
    weights : array_like or None
        Weight of each row; None stands for 1.

    Returns
    -------
    list of ndarray
        `first`, `second` and the weights, shapes (n,) or (m, n).
    """
    arrays = [np.asarray(first), np.asarray(second)]
    arrays.append(np.ones(arrays[1].shape[axis]) if weights is None else np.asarray(weights))
    return [np.moveaxis(a, axis if a.ndim > 1 else -1, -1) for a in arrays]


def total(values: NDArray) -> FloatArray:
    """Sum along the last axis, in an order that does not depend on the number of labellings.

    Parameters
    ----------
    values : ndarray, shape (..., n)
        A value per row.

    Returns
    -------
    ndarray, shape (...)
    """
    # NumPy adds the last axis of a C-ordered array in one fixed order.
    return np.ascontiguousarray(values, dtype=float).sum(axis=-1)


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient of two arrays, NaN where the denominator is not above 0.

    Parameters
    ----------
    numerator, denominator : ndarray
        Arrays that broadcast against one another.

    Returns
    -------
    ndarray
        A scalar for scalars.
    """
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result[()]
