"""Tests of many quantities at once on the same people: means, spreads and associations.

The largest statistic of all members in every permutation gives p-values for the whole family
(max-T), whatever the members have in common.

References
----------
Westfall PH, Young SS (1993). Resampling-Based Multiple Testing. Wiley.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mri_response.core.permutation import permutation_p_value


def family_p(observed: NDArray, null: NDArray) -> NDArray:
    """P-value of each member against the largest of all members.

    Parameters
    ----------
    observed : ndarray, shape (members,)
        Statistics of the same scale, large values against the null hypothesis.
    null : ndarray, shape (n, members)
        Statistics under permutations.

    Returns
    -------
    ndarray, shape (members,)
    """
    return permutation_p_value(observed, null.max(axis=1, keepdims=True))


def t_of_means(values: NDArray) -> NDArray:
    """One-sample t of means over people.

    Parameters
    ----------
    values : ndarray, shape (..., people, members)
        Value of each member of the family in each person.

    Returns
    -------
    ndarray, shape (..., members)
        0 where a member does not vary.
    """
    n = values.shape[-2]
    error = values.std(axis=-2, ddof=1) / np.sqrt(n)
    return values.mean(axis=-2) / np.where(error > 0, error, np.inf)


def means_under_signs(values: NDArray, n: int, rng: np.random.Generator) -> NDArray:
    """One-sample t where the sign of each person's row is drawn at random.

    Parameters
    ----------
    values : ndarray, shape (people, members)
        Values, of which 0 is no change.
    n : int
        Number of draws.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    ndarray, shape (n, members)
    """
    size = len(values)
    means = rng.choice([-1.0, 1.0], size=(n, size)) @ values / size
    # Signs leave the squares as they are.
    variance = ((values**2).sum(axis=0) - size * means**2) / (size - 1)
    return means / np.sqrt(np.maximum(variance, 1e-300) / size)


def log_variance_ratio(treated: NDArray, control: NDArray) -> NDArray:
    """Log ratio of standard deviations, corrected for the number of people.

    Parameters
    ----------
    treated, control : ndarray, shape (people, members)
        Value of each member of the family in each person of the arm.

    Returns
    -------
    ndarray, shape (members,)

    References
    ----------
    Nakagawa S et al. (2015). Meta-analysis of variation. Methods in Ecology and Evolution 6,
    143-152.
    """
    sds = [arm.std(axis=0, ddof=1) for arm in (treated, control)]
    return np.log(sds[0] / sds[1]) + _correction(len(treated), len(control))


def _correction(treated: int, control: int) -> float:
    return 1 / (2 * (treated - 1)) - 1 / (2 * (control - 1))


def error_of_log_sd(values: NDArray) -> NDArray:
    """Standard error of the logarithm of a standard deviation, whatever the distribution.

    Parameters
    ----------
    values : ndarray, shape (people, members)
        Value of each member of the family in each person.

    Returns
    -------
    ndarray, shape (members,)
        For normal values one over the root of twice the number of people.
    """
    squares = (values - values.mean(axis=0)) ** 2
    kurtosis = (squares**2).mean(axis=0) / squares.mean(axis=0) ** 2
    return np.sqrt((kurtosis - 1) / (4 * (len(values) - 1)))


def sd_of_response(treated: NDArray, control: NDArray) -> NDArray:
    """Standard deviation of the response: root of the difference of variances, with its sign.

    Parameters
    ----------
    treated, control : ndarray, shape (people, members)
        Value of each member of the family in each person of the arm.

    Returns
    -------
    ndarray, shape (members,)
        Negative where the control arm varies more.
    """
    difference = treated.var(axis=0, ddof=1) - control.var(axis=0, ddof=1)
    return np.sign(difference) * np.sqrt(np.abs(difference))


def ratios_under_exchange(treated: NDArray, control: NDArray, orders: NDArray) -> NDArray:
    """Log variance ratios where people are exchanged between arms, each arm's mean taken out.

    Parameters
    ----------
    treated, control : ndarray, shape (people, members)
        Value of each member of the family in each person of the arm.
    orders : ndarray of int, shape (n, people)
        Permutations of the people of both arms, the treated first.

    Returns
    -------
    ndarray, shape (n, members)
    """
    arms = [arm - arm.mean(axis=0) for arm in (treated, control)]
    # Residuals about a mean of n people vary less by (n - 1) / n.
    both = np.concatenate([arm * np.sqrt(len(arm) / (len(arm) - 1)) for arm in arms])
    sizes, sds = (len(treated), len(control)), []
    chosen = np.zeros(orders.shape)
    np.put_along_axis(chosen, orders[:, : sizes[0]], 1, axis=1)
    for members, size in zip((chosen, 1 - chosen), sizes, strict=True):
        mean = members @ both / size
        squares = members @ both**2 - size * mean**2
        sds.append(np.sqrt(np.maximum(squares, 1e-300) / (size - 1)))
    return np.log(sds[0] / sds[1]) + _correction(*sizes)


def orders_within(blocks: Sequence[str], n: int, rng: np.random.Generator) -> NDArray:
    """Permutations of people within blocks.

    Parameters
    ----------
    blocks : sequence of str
        Block of each person.
    n : int
        Number of permutations.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    ndarray of int, shape (n, people)
    """
    labels = np.asarray(blocks)
    orders = np.tile(np.arange(len(labels)), (n, 1))
    for block in np.unique(labels):
        places = np.flatnonzero(labels == block)
        orders[:, places] = rng.permuted(np.tile(places, (n, 1)), axis=1)
    return orders


def t_of_correlation(r: NDArray, df: float) -> NDArray:
    """Absolute t of correlations.

    Parameters
    ----------
    r : ndarray
        Correlations.
    df : float
        Degrees of freedom.

    Returns
    -------
    ndarray, shape of r
    """
    return np.abs(r) * np.sqrt(df / np.maximum(1 - r**2, 1e-12))
