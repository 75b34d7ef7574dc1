"""Fit of linear models of repeated scores by restricted maximum likelihood.

Missing scores are taken as missing at random. Structures of the covariance are tried in an order
fixed beforehand; what failed, and why, is part of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mri_response.clinical_outcomes.covariance import STRUCTURES, Structure
from mri_response.clinical_outcomes.likelihood import (
    Pattern,
    RepeatedScores,
    RestrictedLikelihood,
    patterns_of,
)

Array = NDArray[np.float64]
MAX_ITERATIONS = 100
MAX_HALVINGS = 40
#: Newton's step would lower the deviance by less than this: converged.
DECREMENT = 1e-14
#: Limit where rounding lets the deviance fall no further, as near a singular covariance.
ROUNDED_DECREMENT = 1e-9


class NotFitted(ValueError):
    """Why a model has no estimate, in words for a table."""


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    structure : Structure
    theta : ndarray, shape (q,)
        Covariance parameters.
    sigma : ndarray, shape (visits, visits)
        Covariance of a person's scores.
    beta : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Of `beta`, the inverse of ``X' V^-1 X``.
    deviance : float
        -2 times the restricted log likelihood.
    iterations : int
        Steps taken.
    decrement : float
        What Newton's step would still gain in -2 log likelihood: the measure of convergence.
    observed, expected : ndarray, shape (q, q)
        Information of the covariance parameters.
    p, q, r : ndarray
        As `mri_response.clinical_outcomes.likelihood.RestrictedLikelihood.sums` returns them.
    n_people, n_rows : int
    attempts : tuple of (str, str)
        Structures that were tried before, and why they failed.
    """

    structure: Structure
    theta: Array
    sigma: Array
    beta: Array
    covariance: Array
    deviance: float
    iterations: int
    decrement: float
    observed: Array
    expected: Array
    p: Array
    q: Array
    r: Array | None
    n_people: int
    n_rows: int
    attempts: tuple[tuple[str, str], ...] = field(default=())


def fit_with_fallback(scores: RepeatedScores, structures: Sequence[str] = tuple(STRUCTURES)) -> Fit:
    """Fit the first structure, in an order fixed beforehand, that can be fitted.

    Parameters
    ----------
    scores : RepeatedScores
        Scores of all people.
    structures : sequence of str
        Names of `mri_response.clinical_outcomes.covariance.STRUCTURES`.

    Returns
    -------
    Fit
        Its `attempts` name the structures before it and why they could not be fitted.

    Raises
    ------
    NotFitted
        If none can be fitted.
    """
    attempts: list[tuple[str, str]] = []
    for name in structures:
        try:
            found = fit(scores, STRUCTURES[name](scores.n_visits))
        except NotFitted as error:
            attempts.append((name, str(error)))
            continue
        return replace(found, attempts=tuple(attempts))
    raise NotFitted("; ".join(f"{name}: {reason}" for name, reason in attempts))


def fit(scores: RepeatedScores, structure: Structure, start: Array | None = None) -> Fit:
    """Restricted maximum likelihood by Newton's method with step halving.

    A step uses the observed information of the covariance parameters where it is positive definite
    and the expected one elsewhere.

    Parameters
    ----------
    scores : RepeatedScores
        Scores of all people.
    structure : Structure
        Covariance over the visits.
    start : ndarray, shape (q,), optional
        First parameters; without it those nearest to the covariance of the residuals of least
        squares.

    Returns
    -------
    Fit

    Raises
    ------
    NotFitted
        If the design has not full rank, two visits have no people in common whose covariance is
        wanted, or the steps do not converge.

    References
    ----------
    Patterson HD, Thompson R (1971). Recovery of inter-block information when block sizes are
    unequal. Biometrika 58, 545-554.
    """
    residuals = _residuals(scores)
    _check_pairs(scores, structure)
    patterns = patterns_of(scores)
    theta = structure.start(_starting_covariance(scores, residuals)) if start is None else start
    at = RestrictedLikelihood(structure, patterns, theta)
    iteration, before = 0, np.inf
    while True:
        gradient, observed, expected = at.derivatives()
        step = _newton_step(gradient, observed, expected)
        decrement = float(gradient @ step)
        if decrement < DECREMENT or before <= decrement < ROUNDED_DECREMENT:
            break
        iteration, before = iteration + 1, decrement
        if iteration > MAX_ITERATIONS:
            raise NotFitted(f"not converged after {MAX_ITERATIONS} steps")
        at = _moved(at, structure, patterns, step)
    if not _positive_definite(observed):
        raise NotFitted("converged where the information is not positive definite")
    p, q, r = at.sums()
    return Fit(
        structure=structure,
        theta=at.theta,
        sigma=at.sigma,
        beta=at.beta,
        covariance=at.phi,
        deviance=at.deviance,
        iterations=iteration,
        decrement=decrement,
        observed=observed,
        expected=expected,
        p=p,
        q=q,
        r=r,
        n_people=len(scores.people),
        n_rows=scores.n_rows,
    )


def _moved(
    at: RestrictedLikelihood, structure: Structure, patterns: Sequence[Pattern], step: Array
) -> RestrictedLikelihood:
    """The likelihood after a step, halved until it is not worse."""
    for halving in range(MAX_HALVINGS):
        try:
            new = RestrictedLikelihood(structure, patterns, at.theta + step / 2**halving)
        except np.linalg.LinAlgError:
            continue
        if new.deviance <= at.deviance + 1e-12 * abs(at.deviance):
            return new
    raise NotFitted("not converged: no step raises the likelihood")


def _newton_step(gradient: Array, observed: Array, expected: Array) -> Array:
    for information in (observed, expected):
        if _positive_definite(information):
            return np.linalg.solve(information, gradient)
    raise NotFitted("the information of the covariance is not positive definite")


def _positive_definite(matrix: Array) -> bool:
    """Whether a symmetric matrix is positive definite beyond rounding, whatever its units."""
    scale = np.sqrt(np.abs(np.diag(matrix)))
    if not (np.isfinite(matrix).all() and (scale > 0).all()):
        return False
    return bool(np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0] > 1e-10)


def _residuals(scores: RepeatedScores) -> Array:
    """Residuals of least squares, all people's rows in order."""
    x = np.concatenate([person.x for person in scores.people])
    y = np.concatenate([person.y for person in scores.people])
    size = np.sqrt((x**2).sum(axis=0))
    if not (size > 0).all() or np.linalg.matrix_rank(x / size) < x.shape[1]:
        raise NotFitted("too few scores: the effects cannot be told apart")
    if len(y) <= x.shape[1]:
        raise NotFitted("too few scores: as many effects as scores")
    return y - x @ np.linalg.lstsq(x, y, rcond=None)[0]


def _starting_covariance(scores: RepeatedScores, residuals: Array) -> Array:
    """Mean products of residuals at each pair of visits, made positive definite."""
    n = scores.n_visits
    sums, counts, row = np.zeros((n, n)), np.zeros((n, n)), 0
    for person in scores.people:
        own = residuals[row : row + len(person.y)]
        row += len(person.y)
        cells = np.ix_(person.visits, person.visits)
        sums[cells] += np.outer(own, own)
        counts[cells] += 1
    covariance = sums / np.maximum(counts, 1)
    variances = np.maximum(np.diag(covariance), 1e-6 * max(np.var(residuals), 1e-12))
    root = np.sqrt(variances)
    correlation = covariance / np.outer(root, root)
    np.fill_diagonal(correlation, 1)
    values, vectors = np.linalg.eigh(correlation)
    correlation = (vectors * np.maximum(values, 0.05)) @ vectors.T
    scale = np.sqrt(np.diag(correlation))
    return correlation / np.outer(scale, scale) * np.outer(root, root)


def _check_pairs(scores: RepeatedScores, structure: Structure) -> None:
    n = scores.n_visits
    if n < 2 and structure.name != "unstructured":
        raise NotFitted("needs two visits or more")
    if structure.name == "unstructured":
        together = np.zeros((n, n), int)
        for person in scores.people:
            together[np.ix_(person.visits, person.visits)] += 1
        if together.min() < 2:
            raise NotFitted("two visits have fewer than two people in common")
