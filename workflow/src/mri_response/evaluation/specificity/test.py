"""Permutation test of the difference in AUC between an active and a control arm."""

from __future__ import annotations

from math import comb, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mri_response.core.permutation import permutation_p_value
from mri_response.core.seeds import Stream, generator
from mri_response.evaluation.metrics import FloatArray, placements
from mri_response.evaluation.specificity.arms import Arms
from mri_response.people.rows import rows_of_people

ARRANGEMENTS_IN_MEMORY = 256  # arrangements of the arms held in memory at once


def auc_difference(
    active: NDArray[np.bool_],
    labels: NDArray,
    decision: NDArray,
    weights: NDArray,
    person: NDArray[np.intp],
    cohort: NDArray[np.intp] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """AUC of the active minus AUC of the control arm, and its DeLong standard error.

    Parameters
    ----------
    active : ndarray of bool, shape (m, n)
        m ways to deal the people to the arms; all rows of a person are in one arm.
    labels, decision, weights : ndarray, shape (n,)
        Labels 0/1, decision values, 1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of each row's person.
    cohort : ndarray of int, shape (n,), optional
        Only people of one cohort are compared: the AUC of an arm is then the mean of its cohorts'
        AUCs, weighted by their pairs.

    Returns
    -------
    difference, se : ndarray, shape (m,)
        The arms have different people, so their variances (`delong_variance`) add up.
    """
    positive = np.asarray(labels).astype(bool)
    cohort = np.zeros(len(positive), dtype=int) if cohort is None else cohort
    order = np.argsort(person, kind="stable")
    starts = np.flatnonzero(np.diff(person[order], prepend=-1))

    def by_person(values: NDArray) -> NDArray:
        """Sums over the rows of each person, along the last axis."""
        return np.add.reduceat(np.ascontiguousarray(values[..., order]), starts, axis=-1)

    area, variance = [], []
    for arm in (active, ~active):
        inside = weights * arm
        won = placements(positive, decision, inside, cohort)
        right, pairs, groups = 0.0, 0.0, 0
        expected, counted = np.zeros(inside.shape), np.zeros(inside.shape, dtype=bool)
        for which in np.unique(cohort):
            rows = cohort == which
            size = [(inside * (rows & (positive == w))).sum(-1, keepdims=True) for w in (1, 0)]
            right_here = (inside * (rows & positive) * won).sum(axis=-1, keepdims=True)
            pairs_here = size[0] * size[1]
            mean = right_here / np.where(pairs_here > 0, pairs_here, 1)
            expected += rows * mean * np.where(positive, size[1], size[0])
            counted |= rows & arm & (pairs_here > 0)
            right, pairs, groups = right + right_here, pairs + pairs_here, groups + (pairs_here > 0)
        pairs = np.where(pairs > 0, pairs, np.nan)
        deviation = inside * (won - expected) * counted / pairs
        parts = [by_person(deviation * (positive == which)) for which in (True, False)]
        there = [by_person((counted & (positive == w)) * 1.0) > 0 for w in (True, False)]
        n_1, n_0, n = (who.sum(axis=-1) for who in (*there, there[0] | there[1]))
        groups = groups[..., 0]
        area.append((right / pairs)[..., 0])
        variance.append(
            (parts[0] ** 2).sum(axis=-1) * n_1 / np.maximum(n_1 - groups, 1)
            + (parts[1] ** 2).sum(axis=-1) * n_0 / np.maximum(n_0 - groups, 1)
            + 2 * (parts[0] * parts[1]).sum(axis=-1) * n / np.maximum(n - groups, 1)
        )
    return area[0] - area[1], np.sqrt(np.maximum(variance[0] + variance[1], 0.0))


def studentised(difference: FloatArray, se: FloatArray) -> FloatArray:
    """Difference over its standard error.

    Parameters
    ----------
    difference, se : ndarray, shape (m,)
        Differences in AUC and their standard errors.

    Returns
    -------
    ndarray, shape (m,)

    Notes
    -----
    0 where there is no difference, whatever the error. Infinite where there was nothing to
    compare: a permutation that cannot speak for the observed difference counts against it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.abs(difference) < 1e-12, 0.0, difference / se)
    return np.where(np.isnan(ratio), np.inf, ratio)


def exchangeable_people(arms: Arms) -> list[NDArray[np.intp]]:
    """Groups of people among whom the arms may be permuted.

    They have the same outcomes (of all their rows) and, where the arms share sites, the same site.

    Parameters
    ----------
    arms : Arms
        The observed arms.

    Returns
    -------
    list of ndarray of int
        Numbers of people, for each group that has several.
    """
    groups: dict[tuple, list[int]] = {}
    for who, of_person in enumerate(rows_of_people(arms.person)):
        site = "" if arms.site is None else arms.site[of_person[0]]
        groups.setdefault((*sorted(arms.labels[of_person].tolist()), site), []).append(who)
    return [np.array(groups[key]) for key in sorted(groups, key=str) if len(groups[key]) > 1]


def permuted_arms(arms: Arms, seed: int, n_permutations: int) -> NDArray[np.bool_]:
    """The observed arms and permutations of them within `exchangeable_people`.

    Parameters
    ----------
    arms : Arms
        The observed arms.
    seed : int
        Seed of the run; permutation m depends on seed and m alone.
    n_permutations : int
        Number of permutations, beside the observed arms.

    Returns
    -------
    ndarray of bool, shape (1 + n_permutations, n)
    """
    _, first = np.unique(arms.person, return_index=True)
    observed = arms.active[first]
    groups = exchangeable_people(arms)
    result = np.tile(observed, (1 + n_permutations, 1))
    for permutation in range(1, 1 + n_permutations):
        rng = generator(seed, Stream.ARMS, permutation)
        for people in groups:
            result[permutation, people] = observed[rng.permutation(people)]
    return result[:, arms.person]


class Tested(NamedTuple):
    """What `specificity_test` found.

    Attributes
    ----------
    difference : float
        AUC of the active minus AUC of the control arm.
    se : float
        DeLong standard error of the difference.
    statistic : float
        The difference divided by its standard error.
    p_value : float
        One-sided p-value of the permutations; NaN without any.
    """

    difference: float
    se: float
    statistic: float
    p_value: float


def specificity_test(
    arms: Arms, seed: int, n_permutations: int, *, within_cohorts: bool = False
) -> Tested:
    """Permutation test of the studentised AUC difference, one-sided: active above control.

    With arms permuted within outcome class, unequal response rates do not matter; divided by its
    standard error, the difference is compared fairly where a cohort's scores are shifted or
    stretched, so that the null hypothesis is that of equal AUC.

    Parameters
    ----------
    arms : Arms
        The observed arms with the decision values of the frozen model.
    seed : int
        Seed of the run; permutation m depends on seed and m alone.
    n_permutations : int
        Number of permutations, beside the observed arms.
    within_cohorts : bool
        Compare only people of the same cohort. Pooled cohorts whose scores and response rates
        both differ have a pooled AUC that tells the cohorts apart and not the outcomes.

    Returns
    -------
    Tested
        The difference, its DeLong standard error, their ratio and p (NaN without permutations).

    References
    ----------
    Janssen A (1997). Studentized permutation tests for non-i.i.d. hypotheses and the generalized
    Behrens-Fisher problem. Statistics and Probability Letters 36, 9-21.
    Pauly M, Asendorf T, Konietschke F (2016). Permutation-based inference for the AUC: a unified
    approach for continuous and discontinuous data. Biometrical Journal 58, 1319-1337.
    """
    dealt = permuted_arms(arms, seed, n_permutations)
    given = (arms.labels, arms.decision, arms.weights, arms.person)
    given += (arms.cohort,) if within_cohorts else ()
    parts = [
        auc_difference(dealt[start : start + ARRANGEMENTS_IN_MEMORY], *given)
        for start in range(0, len(dealt), ARRANGEMENTS_IN_MEMORY)
    ]
    difference, se = (np.concatenate(part) for part in zip(*parts, strict=True))
    statistic = studentised(difference, se)
    p_value = permutation_p_value(float(statistic[0]), statistic[1:])
    return Tested(float(difference[0]), float(se[0]), float(statistic[0]), p_value)


def distinct_arrangements(arms: Arms) -> int:
    """In how many ways the arms can be dealt to the people who may exchange them.

    Parameters
    ----------
    arms : Arms
        The observed arms.

    Returns
    -------
    int
    """
    _, first = np.unique(arms.person, return_index=True)
    observed = arms.active[first]
    return prod(comb(len(who), int(observed[who].sum())) for who in exchangeable_people(arms))
