"""Do people whose beliefs change more improve more? Partial correlations with max-T.

Both changes are measured on the same days in the same people, so that this describes and predicts
nothing; a prediction uses what was measured before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.belief_updating.changes import paired
from mri_response.belief_updating.effects import Comparison
from mri_response.belief_updating.rates import reliable_share
from mri_response.core.correlations import (
    correlation_limits,
    degrees_of_freedom,
    partial_correlations,
)
from mri_response.core.errors import InputError
from mri_response.core.permutation import permutation_p_value
from mri_response.core.seeds import Stream, generator

MIN_PEOPLE = 8


def association_table(
    rates: pd.DataFrame,
    people: pd.DataFrame,
    comparisons: Sequence[Comparison],
    parameters: Sequence[str] = ("S", "A"),
    n_permutations: int = 9999,
    seed: int = 0,
) -> pd.DataFrame:
    """Partial correlation of the change of learning rates with the change of a clinical score.

    Parameters
    ----------
    rates : pandas.DataFrame
        As :func:`mri_response.belief_updating.rates.estimates` returns it.
    people : pandas.DataFrame
        ``participant_id``, ``score_before``, ``score_after`` and the covariates of `comparisons`;
        who is not in it, or has no score, is left out.
    comparisons : sequence of Comparison
        Sessions of the task; each with each parameter is a member of the family of tests.
    parameters : sequence of str
        Of ``S``, ``A``, ``LR_good``, ``LR_bad``.
    n_permutations : int
        Number of permutations of people.
    seed : int
        Seed of the run.

    Returns
    -------
    pandas.DataFrame
        ``baseline``, ``session_id``, ``parameter``, ``n``, ``r`` (partial correlation, given the
        score before, the parameter before and the covariates), ``ci_low``, ``ci_high`` (see
        :func:`mri_response.core.correlations.correlation_limits`), ``p_value``, ``p_family``
        (max-T over all rows), ``reliability``, ``reliability_low``, ``reliability_high`` (of the
        change of the parameter), ``family_size``, ``n_permutations``, ``adjusted_for``. A
        correlation is at most the root of the reliability.

    Raises
    ------
    InputError
        If fewer than :data:`MIN_PEOPLE` people have everything in some comparison.

    Notes
    -----
    Freedman and Lane's permutation: residuals of the change of score given what is adjusted for are
    permuted, added to what was fitted, and the partial correlation is found again. All members use
    the same people, those with every session, and the same permutations, which keeps how they
    depend on each other (Westfall and Young).

    References
    ----------
    Freedman D, Lane D (1983). A nonstochastic interpretation of reported significance levels.
    Journal of Business and Economic Statistics 1, 292-298.
    Westfall PH, Young SS (1993). Resampling-Based Multiple Testing. Wiley.
    """
    frames, covariates = [], list(dict.fromkeys(c for x in comparisons for c in x.covariates))
    known = people.set_index("participant_id")[["score_before", "score_after", *covariates]]
    pairs = [paired(rates, comparison) for comparison in comparisons]
    common = known.dropna().index
    for pair in pairs:
        common = common.intersection(pair.dropna().index, sort=False)
    if len(common) < MIN_PEOPLE:
        raise InputError(
            f"association with the score: found {len(common)} people with both scores, covariates "
            f"and all sessions, expected {MIN_PEOPLE} or more; leave it out or use fewer sessions"
        )
    rng = generator(seed, Stream.BELIEF_ASSOCIATION)
    orders = np.array([rng.permutation(len(common)) for _ in range(n_permutations)])
    own = known.loc[common]
    improved = (own["score_after"] - own["score_before"]).to_numpy(float)
    nuisance = [own[name].to_numpy(float) for name in ("score_before", *covariates)]
    drawn = []
    for comparison, pair in zip(comparisons, pairs, strict=True):
        for name in parameters:
            inside = pair.loc[common]
            given = np.column_stack(
                [np.ones(len(common)), *nuisance, inside[f"{name}_before"].to_numpy(float)]
            )
            change = inside[f"{name}_change"]
            values = partial_correlations(change.to_numpy(), improved, given, orders)
            drawn.append(values)
            low, high = correlation_limits(values[0], degrees_of_freedom(given))
            frames.append(
                {
                    "baseline": comparison.baseline,
                    "session_id": comparison.session,
                    "parameter": name,
                    "n": len(common),
                    "r": values[0],
                    "ci_low": low,
                    "ci_high": high,
                    **reliable_share(change, inside[f"{name}_change_se"]),
                    "adjusted_for": ", ".join(["score_before", f"{name}_before", *covariates]),
                }
            )
    table = pd.DataFrame(frames)
    table.insert(7, "p_value", [permutation_p_value(x[0], x[1:]) for x in np.abs(drawn)])
    largest = np.abs(drawn)[:, 1:].max(axis=0)
    table.insert(8, "p_family", [permutation_p_value(abs(r), largest) for r in table["r"]])
    return table.assign(family_size=len(table), n_permutations=n_permutations)
