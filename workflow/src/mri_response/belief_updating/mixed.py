"""Linear mixed models with crossed random effects, by the mixed-model equations.

y = X b + sum of Z_i u_i + e, u_i ~ N(0, s_i I), e ~ N(0, s_e I). People and events cross, so that
the covariance of the data has no blocks; everything that is needed is in the cross-products of
[Z, X, y], whose size is that of the random effects and not that of the data. Variances are found by
restricted maximum likelihood (average information, step halving, variances at least 0), degrees of
freedom by Satterthwaite's method.

References
----------
Henderson CR (1984). Applications of Linear Models in Animal Breeding. University of Guelph.
Gilmour AR, Thompson R, Cullis BR (1995). Average information REML. Biometrics 51, 1440-1450.
Giesbrecht FG, Burns JC (1985). Two-stage analysis based on a mixed model: large-sample asymptotic
theory and small-sample simulation results. Biometrics 41, 477-486 (degrees of freedom).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cholesky, solve_triangular
from scipy.stats import t as student

from mri_response.core.errors import InputError

MAX_STEPS, TOLERANCE = 200, 1e-9
#: A variance below this part of the residual one is 0.
ZERO = 1e-8
LEVEL = 0.95
DF_METHOD = "satterthwaite_observed_information"


@dataclass(frozen=True, eq=False)
class RandomTerm:
    """Random intercepts or slopes of one kind.

    Attributes
    ----------
    name : str
    level : ndarray of int, shape (n,)
        Number of each row's person or event, from 0 without gaps.
    slope : ndarray, shape (n,)
        What the random effect is multiplied by: 1 for intercepts.
    """

    name: str
    level: NDArray[np.intp]
    slope: NDArray

    def matrix(self) -> sparse.csr_array:
        """Design of the term, rows by levels."""
        rows = np.arange(len(self.level))
        shape = (len(rows), int(self.level.max()) + 1)
        return sparse.csr_array((np.asarray(self.slope, float), (rows, self.level)), shape=shape)


@dataclass(frozen=True, eq=False)
class _Products:
    """Cross-products of [Z, X, y], and where things stand in them."""

    all: NDArray
    parts: tuple[slice, ...]  # columns of each random term
    random: int  # columns of Z
    n: int

    @property
    def fixed(self) -> slice:
        return slice(self.random, len(self.all) - 1)

    @property
    def freedom(self) -> int:
        return self.n - (len(self.all) - 1 - self.random)


@dataclass(frozen=True, eq=False)
class _State:
    """Likelihood and its derivatives at one set of variances (the residual one is last)."""

    log_likelihood: float
    score: NDArray
    expected: NDArray
    average: NDArray
    coefficients: NDArray
    covariance: NDArray
    derivatives: NDArray  # of the covariance, one matrix per variance


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted model.

    Attributes
    ----------
    names : tuple of str
        Of the columns of X.
    coefficients : ndarray, shape (columns,)
    covariance : ndarray, shape (columns, columns)
        Of the coefficients, the variances taken as known.
    variances : dict of str to float
        Of each random term, and ``residual``.
    log_likelihood : float
        Restricted, with the constant of (n - columns) log 2 pi.
    converged : bool
    derivatives : ndarray, shape (variances, columns, columns)
        Of `covariance` by the variances.
    information : ndarray, shape (variances, variances)
        Observed information of the variances; where it is not positive definite, the expected one.
    free : ndarray of bool, shape (variances,)
        Whether a variance is above 0.
    """

    names: tuple[str, ...]
    coefficients: NDArray
    covariance: NDArray
    variances: dict[str, float]
    log_likelihood: float
    converged: bool
    derivatives: NDArray
    information: NDArray
    free: NDArray

    def contrast(self, weights: NDArray) -> dict[str, float]:
        """Estimate and test of a combination of the coefficients.

        Parameters
        ----------
        weights : ndarray, shape (columns,)
            Weight of each coefficient.

        Returns
        -------
        dict
            ``estimate``, ``se``, ``df`` (Satterthwaite), ``statistic`` (t), ``p_value``
            (two-sided), ``ci_low``, ``ci_high``.

        Notes
        -----
        df = 2 v^2 / (g' I^-1 g), v the variance of the combination, g its derivatives by the
        variances and I their information. Variances at 0 count as known. With the observed
        information these are the degrees of freedom of SAS and lmerTest.
        """
        estimate = float(weights @ self.coefficients)
        variance = float(weights @ self.covariance @ weights)
        slope = np.einsum("i,kij,j->k", weights, self.derivatives, weights)[self.free]
        information = self.information[np.ix_(self.free, self.free)]
        df = 2 * variance**2 / float(slope @ np.linalg.solve(information, slope))
        se = np.sqrt(variance)
        half = student.ppf((1 + LEVEL) / 2, df) * se
        statistic = estimate / se
        return {
            "estimate": estimate,
            "se": se,
            "df": df,
            "statistic": statistic,
            "p_value": float(2 * student.sf(abs(statistic), df)),
            "ci_low": estimate - half,
            "ci_high": estimate + half,
        }


def fit_mixed(
    y: NDArray, design: NDArray, names: Sequence[str], terms: Sequence[RandomTerm]
) -> MixedFit:
    """Fit by restricted maximum likelihood.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Outcome of each row.
    design : ndarray, shape (n, columns)
        X, the intercept among its columns.
    names : sequence of str
        Of the columns.
    terms : sequence of RandomTerm
        Random intercepts and slopes, independent of each other.

    Returns
    -------
    MixedFit

    Raises
    ------
    InputError
        If columns of the design are linearly dependent, such as a group that a covariate tells.
    """
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InputError(
            f"mixed model: found linearly dependent columns among {', '.join(names)}, expected "
            "each to add something; leave a covariate out"
        )
    products = _products(y, design, terms)
    theta = np.full(len(terms) + 1, y.var() / (len(terms) + 1))
    state, converged = _state(products, theta), False
    for _ in range(MAX_STEPS):
        active = (theta > ZERO * theta[-1]) | (state.score > 0)
        step = np.zeros(len(theta))
        inside = np.ix_(active, active)
        step[active] = np.linalg.solve(state.average[inside], state.score[active])
        if step[active] @ state.score[active] < TOLERANCE:
            converged = True
            break
        theta, state, moved = _stepped(products, theta, state, step)
        if not moved:
            break
    free = theta > ZERO * theta[-1]
    observed = 2 * state.average - state.expected
    inside = observed[np.ix_(free, free)]
    positive = np.linalg.eigvalsh(inside / np.sqrt(np.outer(*[np.abs(np.diag(inside))] * 2))).min()
    return MixedFit(
        tuple(names),
        state.coefficients,
        state.covariance,
        dict(zip([*(term.name for term in terms), "residual"], theta.tolist(), strict=True)),
        state.log_likelihood,
        converged,
        state.derivatives,
        observed if positive > 0 else state.expected,
        free,
    )


def _products(y: NDArray, design: NDArray, terms: Sequence[RandomTerm]) -> _Products:
    matrices = [term.matrix() for term in terms]
    ends = np.cumsum([0, *(matrix.shape[1] for matrix in matrices)])
    parts = tuple(slice(a, b) for a, b in pairwise(ends))
    whole = sparse.hstack([*matrices, sparse.csr_array(np.column_stack([design, y]))]).tocsr()
    return _Products((whole.T @ whole).toarray(), parts, int(ends[-1]), len(y))


def _stepped(
    products: _Products, theta: NDArray, state: _State, step: NDArray
) -> tuple[NDArray, _State, bool]:
    """The step, or the first of its halves that does not lower the likelihood."""
    for halving in range(30):
        tried = theta + step / 2**halving
        tried[:-1] = np.where(tried[:-1] > ZERO * theta[-1], tried[:-1], 0.0)
        if tried[-1] > 0:
            found = _state(products, tried)
            if found.log_likelihood >= state.log_likelihood - 1e-10:
                return tried, found, True
    return theta, state, False


def _state(products: _Products, theta: NDArray) -> _State:
    residual = theta[-1]
    q, fixed = products.random, products.fixed
    scale = np.zeros(q)
    for part, variance in zip(products.parts, theta, strict=False):
        scale[part] = np.sqrt(variance)
    z = products.all[:q]
    inner = np.eye(q) + scale[:, None] * z[:, :q] * scale / residual
    factor = cholesky(inner, lower=True)
    half = solve_triangular(factor, scale[:, None] * z, lower=True)
    # [Z, X, y]' V^-1 [Z, X, y]
    weighted = (products.all - half.T @ half / residual) / residual
    of_x = weighted[fixed, fixed]
    covariance = np.linalg.inv(of_x)
    of_zx = weighted[:q, fixed]
    coefficients = covariance @ weighted[fixed, -1]
    # Z'PZ, Z'Py and y'Py, P taking the fixed effects out as well.
    zpz = weighted[:q, :q] - of_zx @ covariance @ of_zx.T
    zpy = weighted[:q, -1] - of_zx @ coefficients
    ypy = weighted[-1, -1] - weighted[fixed, -1] @ coefficients
    log_v = products.n * np.log(residual) + 2 * np.log(np.diag(factor)).sum()
    constant = products.freedom * np.log(2 * np.pi)
    log_likelihood = -(log_v + np.linalg.slogdet(of_x)[1] + ypy + constant) / 2
    score, expected, average = _information(products, theta, zpz, zpy, ypy)
    inner_x = [of_zx[part].T @ of_zx[part] for part in products.parts]
    spent = sum((s * x for s, x in zip(theta, inner_x, strict=False)), np.zeros_like(of_x))
    inner_x.append((of_x - spent) / residual)
    derivatives = np.array([covariance @ x @ covariance for x in inner_x])
    return _State(
        float(log_likelihood), score, expected, average, coefficients, covariance, derivatives
    )


def _information(
    products: _Products, theta: NDArray, zpz: NDArray, zpy: NDArray, ypy: float
) -> tuple[NDArray, NDArray, NDArray]:
    """Score, expected and average information of the variances.

    With V_i = Z_i Z_i' and V_e = I: tr(P V_i) = tr(Z_i'PZ_i), tr(P V_i P V_j) = |Z_i'PZ_j|^2, and
    whatever holds P P follows from P V P = P.
    """
    residual, parts, variances = theta[-1], products.parts, theta[:-1]
    traces = np.array([np.trace(zpz[part, part]) for part in parts])
    squares = np.array([(zpy[part] ** 2).sum() for part in parts])
    trace_p = (products.freedom - variances @ traces) / residual
    yppy = (ypy - variances @ squares) / residual
    score = -np.append(traces - squares, trace_p - yppy) / 2

    k = len(parts)
    expected, average = np.empty((k + 1, k + 1)), np.empty((k + 1, k + 1))
    norms = np.array([[(zpz[a, b] ** 2).sum() for b in parts] for a in parts]).reshape(k, k)
    with_residual = (traces - norms @ variances) / residual
    expected[:k, :k], expected[k, k] = norms, (trace_p - variances @ with_residual) / residual
    expected[:k, k] = expected[k, :k] = with_residual
    scale = np.repeat(variances, [part.stop - part.start for part in parts])
    zppy = (zpy - zpz @ (scale * zpy)) / residual
    for a, own in enumerate(parts):
        average[a, :k] = [zpy[own] @ zpz[own, other] @ zpy[other] for other in parts]
        average[a, k] = average[k, a] = zpy[own] @ zppy[own]
    average[k, k] = (yppy - (scale * zpy) @ zppy) / residual
    return score, expected / 2, average / 2
