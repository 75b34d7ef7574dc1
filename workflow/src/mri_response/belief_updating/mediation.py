"""Is the change of a score compatible with going through the change of beliefs?

Two regressions, both with the mediator and the score before treatment and with the covariates:

    change of mediator = a x exposure + ...
    change of score    = c' x exposure + b x change of mediator + ...

The indirect effect is a b, the total one c = c' + a b. With two arms the exposure is the arm. With
one arm it is the time: a is then the mean change of the mediator and c that of the score, whatever
caused them, be it treatment, practice or expectation. The mediator is not randomised, and it may be
measured together with the score: an interval without 0 is compatible with mediation and no proof.

References
----------
Efron B, Tibshirani RJ (1993). An Introduction to the Bootstrap. Chapman and Hall, chapter 14 (BCa).
Imai K, Keele L, Yamamoto T (2010). Identification, inference and sensitivity analysis for causal
mediation effects. Statistical Science 25, 51-71.
Judd CM, Kenny DA, McClelland GH (2001). Estimating and testing mediation and moderation in
within-subject designs. Psychological Methods 6, 115-134.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import t as student

from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream, generator

LEVEL = 0.95
PATHS = ("a", "b", "c_prime", "c", "ab")
COLUMNS = ("mediator_before", "mediator_after", "score_before", "score_after")
TIME = "time"


@dataclass(frozen=True, eq=False)
class _Data:
    """People with everything, as columns; the first of `given` is 1, the second the arm if any."""

    given: NDArray
    mediator: NDArray
    score: NDArray
    arm: NDArray | None

    @property
    def people(self) -> int:
        return len(self.score)


def _data(people: pd.DataFrame, exposure: str | None, covariates: Sequence[str]) -> _Data:
    names = [*COLUMNS, *([exposure] if exposure else []), *covariates]
    for name in names:
        if name not in people:
            raise InputError(
                f"belief.mediation: found no column {name!r} in the table of people, expected it; "
                "add it or leave it out"
            )
    known = people.dropna(subset=names)
    columns = [np.ones(len(known))]
    arm = None
    if exposure:
        values = known[exposure]
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
            raise InputError(
                f"belief.mediation: found text in the exposure {exposure!r}, expected numbers such "
                "as 1 (treated) and 0; code it so that the sign is plain"
            )
        arm = values.to_numpy(float)
        columns.append(arm)
    columns += [known[name].to_numpy(float) for name in ("mediator_before", "score_before")]
    columns += [known[name].to_numpy(float) for name in covariates]
    given = np.column_stack(columns)
    if len(known) < given.shape[1] + 5 or np.linalg.matrix_rank(given) < given.shape[1]:
        raise InputError(
            f"belief.mediation: found {len(known)} people with everything, expected more than "
            f"{given.shape[1] + 4} for {given.shape[1]} columns that all differ; leave covariates "
            "out"
        )
    mediator = (known["mediator_after"] - known["mediator_before"]).to_numpy(float)
    score = (known["score_after"] - known["score_before"]).to_numpy(float)
    return _Data(given, mediator, score, arm)


def _paths(data: _Data, counts: NDArray) -> NDArray:
    """The paths of :data:`PATHS` in samples that hold each person some times.

    Parameters
    ----------
    data : _Data
        People and columns.
    counts : ndarray, shape (samples, people)

    Returns
    -------
    ndarray, shape (samples, 5)
        NaN where a sample cannot tell the columns apart.
    """
    columns = np.column_stack([data.given, data.mediator, data.score])
    products = (columns[:, :, None] * columns[:, None, :]).reshape(data.people, -1)
    total = (counts @ products).reshape(-1, columns.shape[1], columns.shape[1])
    k = data.given.shape[1]
    whole = np.linalg.cond(total[:, : k + 1, : k + 1]) < 1e13
    out = np.full((len(counts), len(PATHS)), np.nan)
    of = total[whole]
    outcome = np.linalg.solve(of[:, : k + 1, : k + 1], of[:, : k + 1, k + 1, None])[..., 0]
    b = outcome[:, k]
    if data.arm is None:
        # At the sample's own means of what is given, the intercepts are means of changes.
        a, c = of[:, 0, k] / of[:, 0, 0], of[:, 0, k + 1] / of[:, 0, 0]
    else:
        both = np.linalg.solve(of[:, :k, :k], of[:, :k, k:])
        a, c = both[:, 1, 0], both[:, 1, 1]
    out[whole] = np.column_stack([a, b, c - a * b, c, a * b])
    return out


def mediation_table(
    people: pd.DataFrame,
    exposure: str | None = None,
    covariates: Sequence[str] = (),
    n_bootstrap: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Paths of a mediation with bootstrap intervals over people.

    Parameters
    ----------
    people : pandas.DataFrame
        ``participant_id`` and the columns :data:`COLUMNS`, the exposure and the covariates. People
        who lack one are left out.
    exposure : str, optional
        Column of numbers, such as 1 for the treated arm and 0 for the other; without it the
        exposure is the time.
    covariates : sequence of str
        Columns of numbers.
    n_bootstrap : int
        Samples of people, drawn within arms where there are two.
    seed : int
        Seed of the run.

    Returns
    -------
    pandas.DataFrame
        A row per ``path`` (``a``, ``b``, ``c_prime``, ``c``, ``ab``): ``exposure``, ``n``,
        ``estimate``, ``se`` (of the regression; for ab the SD over the samples), ``ci_low``,
        ``ci_high`` (percentile), ``bca_low``, ``bca_high`` (bias-corrected and accelerated),
        ``df``, ``p_value`` (t of the regression; none for ab, whose estimate over its standard
        error is no t), ``n_bootstrap``, ``note``.

    Raises
    ------
    InputError
        If a column is missing or text, or there are too few people.

    Notes
    -----
    Both intervals of ab at nominal 95 % exclude 0 in fewer than 5 % of studies where a = b = 0;
    the BCa interval excludes it in more than 5 % where one of the two is 0 and the sample is small.
    """
    data = _data(people, exposure, covariates)
    estimate = _paths(data, np.ones((1, data.people)))[0]
    rng = generator(seed, Stream.BELIEF_MEDIATION)
    draws = _paths(data, _resampled(data, n_bootstrap, rng))
    draws = draws[np.isfinite(draws).all(axis=1)]
    jackknife = _paths(data, 1 - np.eye(data.people))
    se, df = _regression_errors(data, estimate)
    tails = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    rows = []
    for at, path in enumerate(PATHS):
        low, high = np.quantile(draws[:, at], tails)
        bca = np.quantile(draws[:, at], _bca(draws[:, at], estimate[at], jackknife[:, at], tails))
        test = path != "ab"
        rows.append(
            {
                "path": path,
                "exposure": exposure or TIME,
                "n": data.people,
                "estimate": estimate[at],
                "se": se[at] if test else draws[:, at].std(ddof=1),
                "ci_low": low,
                "ci_high": high,
                "bca_low": bca[0],
                "bca_high": bca[1],
                "df": df[at] if test else np.nan,
                "p_value": 2 * student.sf(abs(estimate[at] / se[at]), df[at]) if test else np.nan,
                "n_bootstrap": len(draws),
                "note": "" if test else _note(low, high, exposure),
            }
        )
    return pd.DataFrame(rows)


def _note(low: float, high: float, exposure: str | None) -> str:
    found = "compatible with mediation" if low > 0 or high < 0 else "no mediation shown"
    arm = "" if exposure else "; one arm: a is the change with time, whatever caused it"
    return f"{found}; the mediator was not randomised{arm}"


def _resampled(data: _Data, n: int, rng: np.random.Generator) -> NDArray:
    """How often each person is drawn, within arms where there are two."""
    values = np.unique(data.arm) if data.arm is not None else np.zeros(1)
    if data.arm is None or len(values) > 2:
        return rng.multinomial(data.people, np.full(data.people, 1 / data.people), size=n)
    counts = np.zeros((n, data.people))
    for value in values:
        inside = np.flatnonzero(data.arm == value)
        counts[:, inside] = rng.multinomial(len(inside), np.full(len(inside), 1 / len(inside)), n)
    return counts


def _bca(draws: NDArray, estimate: float, jackknife: NDArray, tails: NDArray) -> NDArray:
    """Quantiles of the draws that are the limits of the BCa interval."""
    below = (np.sum(draws < estimate) + np.sum(draws <= estimate)) / 2
    bias = ndtri(np.clip(below / len(draws), 1 / len(draws), 1 - 1 / len(draws)))
    away = np.nanmean(jackknife) - jackknife[np.isfinite(jackknife)]
    spread = (away**2).sum() ** 1.5
    acceleration = (away**3).sum() / (6 * spread) if spread else 0.0
    z = bias + ndtri(tails)
    return ndtr(bias + z / (1 - acceleration * z))


def _regression_errors(data: _Data, estimate: NDArray) -> tuple[NDArray, NDArray]:
    """Standard errors and degrees of freedom of a, b, c' and c by least squares.

    With one arm, what is given is centred, so that the intercepts are the estimates.
    """
    given = data.given.copy()
    if data.arm is None:
        given[:, 1:] -= given[:, 1:].mean(axis=0)
    at = 0 if data.arm is None else 1

    def errors(columns: NDArray, outcome: NDArray) -> tuple[NDArray, int]:
        residual = outcome - columns @ np.linalg.lstsq(columns, outcome, rcond=None)[0]
        df = len(outcome) - columns.shape[1]
        inverse = np.linalg.inv(columns.T @ columns)
        return np.sqrt(np.diag(inverse) * (residual @ residual) / df), df

    of_a, df_a = errors(given, data.mediator)
    of_c, df_c = errors(given, data.score)
    of_b, df_b = errors(np.column_stack([given, data.mediator]), data.score)
    return (
        np.array([of_a[at], of_b[-1], of_b[at], of_c[at], np.nan]),
        np.array([df_a, df_b, df_b, df_c, np.nan]),
    )


def sensitivity_table(
    people: pd.DataFrame,
    exposure: str | None = None,
    covariates: Sequence[str] = (),
    rhos: Sequence[float] = tuple(np.round(np.arange(-0.9, 0.91, 0.1), 1)),
) -> pd.DataFrame:
    """The indirect effect if something unmeasured moves mediator and score.

    Parameters
    ----------
    people : pandas.DataFrame
        As for :func:`mediation_table`.
    exposure : str, optional
        As for :func:`mediation_table`.
    covariates : sequence of str
        As for :func:`mediation_table`.
    rhos : sequence of float
        Correlations of the errors of the two regressions, between -1 and 1.

    Returns
    -------
    pandas.DataFrame
        A row per correlation, and one in which the effect is 0: ``rho``, ``ab``, ``is_zero``,
        ``variance_explained`` (rho squared: product of the shares of the variance left over, of
        mediator and of score, that the unmeasured variable would explain).

    Notes
    -----
    With residuals of mediator and score given exposure and covariates, of SD s_M and s_Y and
    correlation r, the indirect effect at rho is a (s_Y / s_M) (r - rho root((1 - r^2) /
    (1 - rho^2))) (Imai, Keele and Yamamoto 2010); it is 0 at rho = r.
    """
    data = _data(people, exposure, covariates)
    a = _paths(data, np.ones((1, data.people)))[0, 0]
    basis, _ = np.linalg.qr(data.given)
    left = [values - basis @ (basis.T @ values) for values in (data.mediator, data.score)]
    r = float(np.corrcoef(left)[0, 1])
    ratio = np.linalg.norm(left[1]) / np.linalg.norm(left[0])
    all_rhos = np.array(sorted([*rhos, r]))
    ab = a * ratio * (r - all_rhos * np.sqrt((1 - r**2) / (1 - all_rhos**2)))
    return pd.DataFrame(
        {
            "rho": all_rhos,
            "ab": ab,
            "is_zero": all_rhos == r,
            "variance_explained": all_rhos**2,
        }
    )
