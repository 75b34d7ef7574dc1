"""Restricted likelihood of repeated scores with its derivatives, from sums over people.

The scores of a person are normal with mean ``X beta`` and a covariance matrix over the visits
(`mri_response.clinical_outcomes.covariance`); people are independent. The likelihood needs them
only through sums over those with the same visits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri_response.clinical_outcomes.covariance import Structure

Array = NDArray[np.float64]


class Person(NamedTuple):
    """One person's rows: index of the visit (k,), score (k,), design (k, p)."""

    visits: NDArray[np.intp]
    y: Array
    x: Array


@dataclass
class Pattern:
    """Sums over the people who have the same visits."""

    visits: NDArray[np.intp]
    n: int
    yy: Array  # (k, k): sums of products of scores at two visits
    xy: Array  # (k, k, p): of designs at the first and scores at the second
    xx: Array  # (k, k, p, p): of designs at both


@dataclass(frozen=True)
class RepeatedScores:
    """What a model is fitted to.

    Attributes
    ----------
    people : tuple of Person
    n_visits : int
    """

    people: tuple[Person, ...]
    n_visits: int

    @property
    def n_rows(self) -> int:
        """Scores of all people."""
        return sum(len(person.y) for person in self.people)

    def without(self, index: int) -> RepeatedScores:
        """The scores of everybody else.

        Parameters
        ----------
        index : int
            Person left out.

        Returns
        -------
        RepeatedScores
        """
        people = self.people[:index] + self.people[index + 1 :]
        return RepeatedScores(people, self.n_visits)


def repeated_scores(
    y: ArrayLike, x: ArrayLike, person: ArrayLike, visit: ArrayLike
) -> RepeatedScores:
    """Group rows by person.

    Parameters
    ----------
    y : array_like, shape (n,)
        Scores without missing ones.
    x : array_like, shape (n, p)
        Design of the fixed effects, one row per score.
    person : array_like, shape (n,)
        Who; people keep the order of their first rows.
    visit : array_like of int, shape (n,)
        Index of the visit from 0; a person has at most one row per visit.

    Returns
    -------
    RepeatedScores
    """
    y, x, visit = np.asarray(y, float), np.asarray(x, float), np.asarray(visit, int)
    _, first, number = np.unique(np.asarray(person), return_index=True, return_inverse=True)
    people = []
    for who in np.argsort(first, kind="stable"):
        rows = np.flatnonzero(number == who)
        rows = rows[np.argsort(visit[rows], kind="stable")]
        people.append(Person(visit[rows], y[rows], x[rows]))
    return RepeatedScores(tuple(people), int(visit.max()) + 1)


def patterns_of(scores: RepeatedScores) -> list[Pattern]:
    """Sums over the people who have the same visits.

    Parameters
    ----------
    scores : RepeatedScores
        Scores of all people.

    Returns
    -------
    list of Pattern
    """
    groups: dict[tuple[int, ...], list[Person]] = {}
    for person in scores.people:
        groups.setdefault(tuple(person.visits), []).append(person)
    patterns = []
    for visits, people in groups.items():
        y, x = np.stack([one.y for one in people]), np.stack([one.x for one in people])
        yy = np.einsum("ij,il->jl", y, y)
        xy = np.einsum("ijp,il->jlp", x, y)
        xx = np.einsum("ijp,ilq->jlpq", x, x, optimize=True)
        patterns.append(Pattern(np.array(visits), len(people), yy, xy, xx))
    return patterns


class RestrictedLikelihood:
    """Restricted likelihood at given covariance parameters.

    Parameters
    ----------
    structure : Structure
        Covariance over the visits.
    patterns : sequence of Pattern
        As `patterns_of` returns them.
    theta : ndarray, shape (q,)
        Covariance parameters.

    Attributes
    ----------
    sigma : ndarray, shape (visits, visits)
        Covariance over the visits.
    beta : ndarray, shape (p,)
        Most likely effects.
    phi : ndarray, shape (p, p)
        Their covariance, the inverse of ``X' V^-1 X``.
    deviance : float
        -2 times the restricted log likelihood.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the covariance is not positive definite.
    """

    def __init__(self, structure: Structure, patterns: Sequence[Pattern], theta: Array) -> None:
        self.structure, self.patterns, self.theta = structure, patterns, theta
        self.sigma = structure.matrix(theta)
        if not np.isfinite(self.sigma).all():
            raise np.linalg.LinAlgError("not positive definite")
        np.linalg.cholesky(self.sigma)  # raises where it is not positive definite
        self._inverses = []
        log_determinants, information, right = 0.0, 0.0, 0.0
        n_rows = 0
        for pattern in patterns:
            block = self.sigma[np.ix_(pattern.visits, pattern.visits)]
            inverse = np.linalg.inv(block)
            self._inverses.append(inverse)
            log_determinants += pattern.n * np.linalg.slogdet(block)[1]
            information = information + np.tensordot(inverse, pattern.xx, 2)
            right = right + np.tensordot(inverse, pattern.xy, 2)
            n_rows += pattern.n * len(pattern.visits)
        self.phi = np.linalg.inv(information)
        self.phi = (self.phi + self.phi.T) / 2
        self.beta = self.phi @ right
        self._squares = [_residual_sums(pattern, self.beta) for pattern in patterns]
        quadratic = sum(
            (i * s).sum() for i, (s, _) in zip(self._inverses, self._squares, strict=True)
        )
        constant = (n_rows - len(self.beta)) * np.log(2 * np.pi)
        log_information = np.linalg.slogdet(information)[1]
        self.deviance = float(log_determinants + log_information + quadratic + constant)

    def derivatives(self) -> tuple[Array, Array, Array]:
        """Slope and curvature of the log likelihood in the covariance parameters.

        Returns
        -------
        gradient : ndarray, shape (q,)
        observed, expected : ndarray, shape (q, q)
            Observed and expected information of the covariance parameters.
        """
        first, second = self.structure.first(self.theta), self.structure.second(self.theta)
        m, k = len(first), len(self.beta)
        trace, squares = np.zeros(m), np.zeros(m)
        p, cross = np.zeros((m, k, k)), np.zeros((m, k))
        expected, bend, spread = np.zeros((m, m)), np.zeros((m, m)), np.zeros((m, m))
        for pattern, a, (s, u) in zip(self.patterns, self._inverses, self._squares, strict=True):
            cells = np.ix_(range(m), pattern.visits, pattern.visits)
            da = first[cells] @ a
            ada = a @ da
            trace += pattern.n * np.trace(da, axis1=1, axis2=2)
            squares += np.tensordot(ada, s, 2)
            p -= np.tensordot(ada, pattern.xx, 2)
            cross += np.tensordot(ada, u, 2)
            leverage = np.tensordot(pattern.xx, self.phi, 2)
            twice = ada[:, None] @ da
            expected += pattern.n * np.einsum("aij,bji->ab", da, da)
            expected -= 2 * np.tensordot(twice, leverage, 2)
            spread += np.tensordot(twice, s, 2)
            if second is not None:
                curved = a @ second[np.ix_(range(m), range(m), pattern.visits, pattern.visits)] @ a
                block = np.linalg.inv(a)
                # The trace of V^-1 V_ab, less that of the fixed effects, less the squares.
                bend += np.tensordot(curved, pattern.n * block - leverage - s, 2)
        phi_p = self.phi @ p
        expected += np.einsum("aij,bji->ab", phi_p, phi_p)
        gradient = (squares - trace - np.trace(phi_p, axis1=1, axis2=2)) / 2
        spread = spread - cross @ self.phi @ cross.T
        observed = (bend - expected + 2 * spread) / 2
        return gradient, (observed + observed.T) / 2, expected / 2

    def sums(self) -> tuple[Array, Array, Array | None]:
        """The sums that Kenward and Roger (1997) name P, Q and R.

        Returns
        -------
        p : ndarray, shape (q, p, p)
            ``-X' A D_a A X``, with A the inverse covariance and D its derivatives.
        q : ndarray, shape (q, q, p, p)
            ``X' A D_a A D_b A X``.
        r : ndarray, shape (q, q, p, p), or None
            ``X' A D_ab A X``; None where the covariance is linear in its parameters.
        """
        first, second = self.structure.first(self.theta), self.structure.second(self.theta)
        m, k = len(first), len(self.beta)
        p, q, r = np.zeros((m, k, k)), np.zeros((m, m, k, k)), np.zeros((m, m, k, k))
        for pattern, a in zip(self.patterns, self._inverses, strict=True):
            da = first[np.ix_(range(m), pattern.visits, pattern.visits)] @ a
            ada = a @ da
            p -= np.tensordot(ada, pattern.xx, 2)
            q += np.tensordot(ada[:, None] @ da, pattern.xx, 2)
            if second is not None:
                curved = a @ second[np.ix_(range(m), range(m), pattern.visits, pattern.visits)] @ a
                r += np.tensordot(curved, pattern.xx, 2)
        return p, q, None if second is None else r


def _residual_sums(pattern: Pattern, beta: Array) -> tuple[Array, Array]:
    """Sums of products of residuals (k, k), and of designs and residuals (k, k, p)."""
    fitted = pattern.xx @ beta  # designs at the first visit by fitted values at the second
    cross = pattern.xy - fitted
    explained = pattern.xy @ beta
    return pattern.yy - explained - explained.T + fitted @ beta, cross
