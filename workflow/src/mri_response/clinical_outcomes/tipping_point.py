"""Tipping point: how much worse than assumed missing people must be for an advantage to go.

Missing scores are conditional means under missing at random (`imputation`), plus a shift, the same
for every missing person of an arm. An estimate is linear in the shifts, so that the jackknife is
done once for all of them.

References
----------
Yan X, Lee S, Li N (2009). Missing data handling methods in medical device clinical trials. Journal
of Biopharmaceutical Statistics 19, 1085-1098.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.clinical_outcomes.imputation import (
    MISSING_AT_RANDOM,
    Normal,
    Refitted,
    TwoArms,
    imputed,
    jackknife,
    normal,
    refitted,
)
from mri_response.clinical_outcomes.reml import Fit
from mri_response.clinical_outcomes.visits import by_visit

Array = NDArray[np.float64]
DELTA_COLUMNS = [
    *("session_id", "arm", "reference", "delta", "delta_reference"),
    *("estimate", "se", "ci_low", "ci_high", "p_value", "se_method", "covariance"),
]
FARTHEST = 1000.0  # points of a scale


@dataclass(frozen=True)
class DeltaAdjusted:
    """Estimates at the last visit in which missing scores are shifted.

    Attributes
    ----------
    grid : DataFrame
        `DELTA_COLUMNS`: what is added to every missing score of the arm and of the reference at the
        visit, and the difference that results. Limits are normal, errors by the jackknife.
    tipping_point : float
        The smallest shift in the arm, against its advantage, at which the interval reaches 0; 0 if
        it holds 0 without any, infinite if no shift of up to 1,000 points does it.
    """

    grid: pd.DataFrame
    tipping_point: float


def delta_adjusted(
    table: pd.DataFrame,
    arm: str,
    reference: str,
    deltas: Sequence[float],
    deltas_reference: Sequence[float] = (0.0,),
    fits: Refitted | None = None,
) -> DeltaAdjusted:
    """How much worse than assumed the missing people of an arm must be for its advantage to go.

    Missing scores are conditional means under missing at random, plus the shift.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it; its last visit is
        analysed.
    arm, reference : str
        Treated arm and reference: `arm` minus `reference`.
    deltas, deltas_reference : sequence of float
        Shifts of the arm and of the reference in points of the scale; every pair is a row.
    fits : Refitted, optional
        As `mri_response.clinical_outcomes.imputation.refitted` returns them for these arms; without
        them they are made.

    Returns
    -------
    DeltaAdjusted

    Raises
    ------
    NotFitted
        As `reference_based` does.
    """
    trial, model, left_out = fits or refitted(table, arm, reference)
    # An estimate is linear in both shifts: estimate at none, and its two slopes.
    whole = _linear_in_shifts(trial, model)
    parts = np.array([_linear_in_shifts(*pair) for pair in left_out])
    session = by_visit(table)[-1][0]

    def at(delta: float, delta_reference: float) -> Normal:
        shifts = np.array([1.0, delta, delta_reference])
        return normal(whole @ shifts, jackknife(parts @ shifts))

    how = ("jackknife", model.structure.name)
    found = [
        (session, arm, reference, delta, other, *at(delta, other), *how)
        for other in deltas_reference
        for delta in deltas
    ]
    direction = -np.sign(whole[0])

    def limit(shift: float) -> float:
        """The limit on the side of 0, positive while it does not reach 0."""
        effect = at(direction * shift, 0.0)
        return effect.ci_low if direction < 0 else -effect.ci_high

    shift = _tipping(limit)
    tipping_point = direction * shift if shift else 0.0
    return DeltaAdjusted(pd.DataFrame(found, columns=DELTA_COLUMNS), float(tipping_point))


def _linear_in_shifts(trial: TwoArms, model: Fit) -> Array:
    """Estimate without shifts at the last visit, and its slopes in those of arm and reference."""
    weights, gone = trial.effect_weights(), np.isnan(trial.change[:, -1])
    values = imputed(trial, model, MISSING_AT_RANDOM)[:, -1]
    return np.array(
        [
            weights @ values,
            weights[gone & trial.treated].sum(),
            weights[gone & ~trial.treated].sum(),
        ]
    )


def _tipping(limit: Callable[[float], float]) -> float:
    """The smallest shift at which a limit that is positive without one reaches 0."""
    from scipy.optimize import brentq  # takes time to import; only needed here

    if limit(0.0) <= 0:
        return 0.0
    reach = 1.0
    while limit(reach) > 0:
        reach *= 2
        if reach > FARTHEST:
            return float("inf")
    return float(brentq(limit, 0.0, reach))
