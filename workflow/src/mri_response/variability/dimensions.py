"""How many dimensions people's maps have, without bias by the number of people; how alike they are.

The participation ratio of a sample is biased: at 12 people it is far below that of the population,
and it grows with n. Its parts have unbiased estimates over distinct people (U-statistics), whose
ratio does not depend on n.

References
----------
Chen SX, Qin YL (2010). A two-sample test for high-dimensional data with applications to gene-set
testing. Annals of Statistics 38, 808-835.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from mri_response.core.permutation import permutation_p_value

#: People that the unbiased estimate needs.
MIN_PEOPLE = 4


@dataclass(frozen=True)
class Estimate:
    """An estimate with its interval over people.

    Attributes
    ----------
    value, low, high : float
        Estimate and 95 % limits; NaN where there are none.
    """

    value: float
    low: float = np.nan
    high: float = np.nan


def participation_ratio(maps: NDArray) -> float:
    """Participation ratio of a sample: squared sum of its eigenvalues over the sum of squares.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps; the mean over people is taken out.

    Returns
    -------
    float
    """
    gram = _gram(maps)
    return float(np.trace(gram) ** 2 / (gram**2).sum())


def unbiased_ratio(maps: NDArray) -> float:
    """Participation ratio from unbiased estimates of its numerator and denominator.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of at least `MIN_PEOPLE` people.

    Returns
    -------
    float
        NaN where the estimated denominator is not above 0.
    """
    return _ratio(_gram(maps))


def _gram(maps: NDArray) -> NDArray:
    centred = maps - maps.mean(axis=0)
    return centred @ centred.T


def _distinct(table: NDArray) -> float:
    """Sum of t_ij t_kl over four distinct people; the diagonal of `table` is 0."""
    rows = table.sum(axis=1)
    return float(rows.sum() ** 2 - 4 * (rows**2).sum() + 2 * (table**2).sum())


def _ratio(gram: NDArray) -> float:
    n = len(gram)
    four = n * (n - 1) * (n - 2) * (n - 3)
    own = np.diag(gram)
    halves = (own[:, None] + own - 2 * gram) / 2
    numerator = _distinct(halves) / four
    off = gram - np.diag(own)
    squares, rows = (off**2).sum(), off.sum(axis=1)
    denominator = (
        squares / (n * (n - 1))
        - 2 * ((rows**2).sum() - squares) / (n * (n - 1) * (n - 2))
        + _distinct(off) / four
    )
    return float(numerator / denominator) if denominator > 0 else np.nan


def ratio_with_interval(maps: NDArray) -> Estimate:
    """Unbiased participation ratio with a jackknife interval of its logarithm.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of more than `MIN_PEOPLE` people.

    Returns
    -------
    Estimate
    """
    gram = _gram(maps)
    value, n = _ratio(gram), len(gram)
    without = [_ratio(np.delete(np.delete(gram, i, 0), i, 1)) for i in range(n)]
    logs = np.log(without)
    error = np.sqrt((n - 1) / n * ((logs - logs.mean()) ** 2).sum())
    reach = norm.ppf(0.975) * error
    return Estimate(value, float(value * np.exp(-reach)), float(value * np.exp(reach)))


def ratio_difference_p(one: NDArray, other: NDArray, orders: NDArray) -> float:
    """Whether two groups of people have different unbiased participation ratios.

    People are exchanged between the groups, the mean of each taken out and its total variance
    made equal first: the hypothesis is that both differ by no more than that.

    Parameters
    ----------
    one, other : ndarray, shape (people, regions)
        Maps of the groups.
    orders : ndarray of int, shape (n, people)
        Permutations of the people of both groups, the first group first.

    Returns
    -------
    float
        Two-sided p.
    """
    parts = [maps - maps.mean(axis=0) for maps in (one, other)]
    both = np.concatenate([part / np.sqrt((part**2).sum() / (len(part) - 1)) for part in parts])
    gram, first = both @ both.T, len(one)

    def statistic(order: NDArray) -> float:
        groups = order[:first], order[first:]
        ratios = [_ratio(_centred(gram[np.ix_(rows, rows)])) for rows in groups]
        return abs(float(np.log(ratios[0] / ratios[1])))

    observed = statistic(np.arange(len(both)))
    null = np.array([statistic(order) for order in orders])
    # A group without an estimate counts as one that differs as much.
    return permutation_p_value(observed, null)


def _centred(gram: NDArray) -> NDArray:
    means = gram.mean(axis=0)
    return gram - means - means[:, None] + means.mean()


def similarity(maps: NDArray) -> NDArray:
    """Correlations of people's maps over the regions.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.

    Returns
    -------
    ndarray, shape (people, people)
    """
    return np.corrcoef(maps)


def mean_similarity(maps: NDArray) -> Estimate:
    """Mean correlation of the maps of two people, with a jackknife interval over people.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.

    Returns
    -------
    Estimate
        It does not depend on the number of people.
    """
    table = similarity(maps)
    n = len(table)
    rows = table.sum(axis=1) - 1
    total = rows.sum()
    value = total / (n * (n - 1))
    without = (total - 2 * rows) / ((n - 1) * (n - 2))
    reach = norm.ppf(0.975) * np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    return Estimate(float(value), float(value - reach), float(value + reach))


def similarity_p(maps: NDArray, n: int, rng: np.random.Generator) -> float:
    """Whether people's maps are alike at all: signs of whole maps at random.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps, of which 0 is no change.
    n : int
        Number of draws of signs.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    float
        One-sided: more alike than with signs at random.
    """
    table = similarity(maps) - np.eye(len(maps))
    signs = np.concatenate([np.ones((1, len(maps))), rng.choice([-1.0, 1.0], (n, len(maps)))])
    sums = ((signs @ table) * signs).sum(axis=1)
    return permutation_p_value(sums[0], sums[1:])


def similarity_to_others(maps: NDArray) -> NDArray:
    """Correlation of each person's map with the mean of the others' maps.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.

    Returns
    -------
    ndarray, shape (people,)
    """
    others = (maps.sum(axis=0) - maps) / (len(maps) - 1)
    left, right = (x - x.mean(axis=1, keepdims=True) for x in (maps, others))
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return (left * right).sum(axis=1) / norms


def shares_of_variance(maps: NDArray) -> NDArray:
    """Share of the variance over people that each person brings.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps; the mean over people is taken out.

    Returns
    -------
    ndarray, shape (people,)
    """
    squares = ((maps - maps.mean(axis=0)) ** 2).sum(axis=1)
    return squares / squares.sum()


def ratio_at_equal_n(maps: NDArray, size: int, n: int, rng: np.random.Generator) -> float:
    """Mean participation ratio of samples of some of the people.

    The samples share people: their spread says nothing about the population and is not given.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Maps of people, one value per region.
    size : int
        People of a sample.
    n : int
        Number of samples.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    float
    """
    if size >= len(maps):
        return participation_ratio(maps)
    drawn = [
        participation_ratio(maps[rng.choice(len(maps), size, replace=False)]) for _ in range(n)
    ]
    return float(np.mean(drawn))
