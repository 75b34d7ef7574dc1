"""Is it the treatment? The slope of the outcome on what the scans add, with and without it.

The outcome is regressed on baseline and confounds, on what the frozen model adds to them, and on
the product of that and the arm (treated or not): the coefficient of the product is the difference
of slopes. Every cohort, and every block of it in which alone residuals may be exchanged, has an
intercept of its own; with one for each arm, cohorts that differ in both outcome and prediction
would make a slope that none of them has. The t-statistic has a standard error that allows for
unequal variances. Residuals of the regression without the product are permuted within cohorts and
blocks.

References
----------
Freedman and Lane (1983). A nonstochastic interpretation of reported significance levels.
J. Bus. Econ. Stat. 1, 292-298.
MacKinnon and White (1985). Some heteroskedasticity-consistent covariance matrix estimators with
improved finite sample properties. J. Econometrics 29, 305-325 (HC3).
DiCiccio and Romano (2017). Robust permutation tests for correlation and regression coefficients.
J. Am. Stat. Assoc. 112, 1211-1220 (permuted t with a robust standard error).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from mri_response.core.permutation import permutation_p_value
from mri_response.core.proportions import LEVEL
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import Role
from mri_response.learning.permutation import exchangeable_rows
from mri_response.people.rows import person_weights

COLUMNS = [
    *("model", "n_external", "n_control"),
    *("slope_external", "slope_external_low", "slope_external_high"),
    *("slope_control", "slope_control_low", "slope_control_high"),
    *("difference", "ci_low", "ci_high", "p_value", "alternative", "null", "n_permutations"),
]


class ArmRows(NamedTuple):
    """A cohort as the comparison of treated and untreated people sees it.

    Attributes
    ----------
    role : str
        Role of the cohort.
    people : pandas.DataFrame, n rows
        Its analysed rows.
    given : ndarray, shape (n, q)
        Baseline and confounds.
    added : ndarray, shape (n,)
        What the frozen model adds to their prediction.
    """

    role: str
    people: pd.DataFrame
    given: NDArray
    added: NDArray


def robust_t(design: NDArray, outcomes: NDArray) -> tuple[NDArray, NDArray]:
    """Last coefficient of a regression and its standard error that allows for unequal variances.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        Columns of the regression, none of which the others span.
    outcomes : ndarray, shape (n, m)
        One outcome per column.

    Returns
    -------
    coefficient, error : ndarray, shape (m,)
        The error is that of HC3.
    """
    inverse = np.linalg.pinv(design)
    leverage = np.einsum("nk,kn->n", design, inverse)
    residual = outcomes - design @ (inverse @ outcomes)
    scaled = residual / np.maximum(1 - leverage, 1e-6)[:, None]
    return inverse[-1] @ outcomes, np.sqrt(inverse[-1] ** 2 @ scaled**2)


def _with_limits(coefficient: float, error: float, df: int) -> tuple[float, float, float]:
    """A coefficient and its limits by Student's distribution."""
    half = float(stdtrit(df, (1 + LEVEL) / 2)) * error if df > 0 else np.nan
    return float(coefficient), float(coefficient - half), float(coefficient + half)


def specificity_rows(
    model: str,
    cohorts: Sequence[ArmRows],
    seed: int,
    n_permutations: int,
    *,
    group: str | None = None,
    within: str | None = None,
) -> pd.DataFrame:
    """Difference of slopes between external (treated) and control (untreated) cohorts.

    Parameters
    ----------
    model : str
        Name of the model.
    cohorts : sequence of ArmRows
        External and control cohorts; of people with several rows the first counts.
    seed : int
        Seed of the run.
    n_permutations : int
        Permutations of residuals within cohorts.
    group, within : str or None
        Columns of families, which are exchanged whole, and of blocks inside which residuals are
        exchanged; each applies in the cohorts that have the column.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; no row where either kind of cohort is absent or too small. Limits have
        errors that allow for unequal variances (HC3).
    """
    if {one.role for one in cohorts} != {Role.EXTERNAL, Role.CONTROL}:
        return pd.DataFrame(columns=COLUMNS)
    people = [_one_row_each(one) for one in cohorts]
    arm = np.concatenate([np.full(len(one.added), one.role == Role.EXTERNAL) for one in people])
    y = np.concatenate([one.people["label"].to_numpy(dtype=float) for one in people])
    score = np.concatenate([one.added for one in people])
    score = score - score.mean()
    given = np.concatenate([one.given for one in people])
    without = np.column_stack([_intercepts(people, within), given, score])
    without = without[:, _independent(without)]
    design = np.column_stack([without, arm * score])
    if min(arm.sum(), (~arm).sum()) <= 3 or len(y) <= design.shape[1] + 2:
        return pd.DataFrame(columns=COLUMNS)
    fitted = without @ (np.linalg.pinv(without) @ y)
    strata = _strata(people, group, within)
    drawn = np.tile(y[:, None], (1, 1 + n_permutations))
    for permutation in range(1, 1 + n_permutations):
        rng = generator(seed, Stream.ARMS, permutation)
        for rows in strata:
            drawn[rows, permutation] = fitted[rows] + (y - fitted)[rows[rng.permutation(len(rows))]]
    difference, error = robust_t(design, drawn)
    studentised = difference / error
    slopes = {}
    for name, rows in (("external", arm), ("control", ~arm)):
        own = without[rows]
        own = own[:, _independent(own)]
        slope, spread = robust_t(own, y[rows, None])
        slopes[name] = _with_limits(slope[0], spread[0], own.shape[0] - own.shape[1])
    difference, low, high = _with_limits(difference[0], error[0], len(y) - design.shape[1])
    values = {
        "model": model,
        "n_external": int(arm.sum()),
        "n_control": int((~arm).sum()),
        **{
            f"slope_{name}{end}": value
            for name, found in slopes.items()
            for end, value in zip(("", "_low", "_high"), found, strict=True)
        },
        "difference": difference,
        "ci_low": low,
        "ci_high": high,
        "p_value": permutation_p_value(float(studentised[0]), studentised[1:]),
        "alternative": "greater",
        "null": "residuals_permuted_within_cohorts",
        "n_permutations": n_permutations,
    }
    return pd.DataFrame([values], columns=COLUMNS)


def _one_row_each(one: ArmRows) -> ArmRows:
    """The first row of every person."""
    _, person = person_weights(one.people["participant_id"].astype(str))
    first = np.sort(np.unique(person, return_index=True)[1])
    people = one.people.iloc[first].reset_index(drop=True)
    return ArmRows(one.role, people, one.given[first], one.added[first])


def _intercepts(cohorts: Sequence[ArmRows], within: str | None) -> NDArray:
    """A column for every cohort, and for every block of it, with 1 for its people."""
    blocks = []
    for number, one in enumerate(cohorts):
        own = one.people[within].astype(str) if within in one.people else [""] * len(one.people)
        blocks += [f"{number} {block}" for block in own]
    _, index = np.unique(blocks, return_inverse=True)
    return np.eye(index.max() + 1)[index]


def _strata(cohorts: Sequence[ArmRows], group: str | None, within: str | None) -> list[NDArray]:
    """Rows of all cohorts together that may exchange residuals, see `exchangeable_rows`."""
    strata, start = [], 0
    for one in cohorts:
        known = (column if column in one.people else None for column in (group, within))
        strata += [start + rows for rows in exchangeable_rows(one.people, *known)]
        start += len(one.people)
    return strata


def _independent(design: NDArray) -> list[int]:
    """Columns that those before them do not span, the last one always."""
    kept: list[int] = []
    for column in range(design.shape[1]):
        if np.linalg.matrix_rank(design[:, [*kept, column]]) > len(kept):
            kept.append(column)
    return kept
