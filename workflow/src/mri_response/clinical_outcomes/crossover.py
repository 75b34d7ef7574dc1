"""Crossover trials with two treatments and two periods (AB/BA).

`crossover_effects` gives, in one table,

- ``hills_armitage``: people with both periods, the difference of their period differences between
  the sequences, exact for normal scores;
- ``mixed_model``: everybody with a score in either period, by a model with treatment, period and
  the baseline, and compound symmetry of the two periods of a person;
- ``first_period``: the first period as a trial with two arms, with the baseline as covariate. It
  needs no assumption about what the first period leaves behind, and shows how much hangs on it.

Carry-over, sequence and the interaction of treatment and period are one contrast here and cannot be
told apart. Its test has little power and does not choose the analysis, since choosing by it rejects
too often. There is one baseline, before the first period: it is no baseline of the second, and a
change from it contains what the first period left.

References
----------
Hills M, Armitage P (1979). The two-period cross-over clinical trial. British Journal of Clinical
Pharmacology 8, 7-20.
Freeman PR (1989). The performance of the two-stage analysis of two-treatment, two-period crossover
trials. Statistics in Medicine 8, 1421-1432.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.covariance import CompoundSymmetry, Unstructured
from mri_response.clinical_outcomes.effect_sizes import pooled_deviation
from mri_response.clinical_outcomes.kenward_roger import contrast
from mri_response.clinical_outcomes.likelihood import repeated_scores
from mri_response.clinical_outcomes.reml import NotFitted, fit
from mri_response.clinical_outcomes.student import t_interval

PERIOD_COLUMNS = ["participant_id", "sequence", "period", "treatment", "baseline", "score"]
CROSSOVER_COLUMNS = [
    *("method", "effect", "treatment", "reference", "n_people", "n_scores"),
    *("n_treatment_first", "n_reference_first"),
    *("estimate", "se", "df", "ci_low", "ci_high", "p_value", "df_method"),
]


def crossover_table(
    table: pd.DataFrame,
    orders: Mapping[str, Sequence[str | None]],
    sessions: Mapping[str, str],
) -> pd.DataFrame:
    """Scores by period, of sessions that are named by treatment.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    orders : mapping of str to sequence of str
        Person to the treatments of the first and the second period; None where it is not known.
        People without an entry, or whose first treatment is not known, are left out.
    sessions : mapping of str to str
        Treatment to the session after it.

    Returns
    -------
    DataFrame
        `PERIOD_COLUMNS`, rows with a score alone. ``sequence`` is the first treatment.
    """
    scores = table.set_index(["participant_id", "session_id"])
    found = []
    for person, order in orders.items():
        if order[0] is None:
            continue
        for period, treatment in enumerate(order, 1):
            key = (person, sessions.get(treatment) if treatment else None)
            if key in scores.index:
                row = scores.loc[key]
                found.append((person, order[0], period, treatment, row["baseline"], row["score"]))
    return pd.DataFrame(found, columns=PERIOD_COLUMNS).dropna(subset=["score"])


def crossover_effects(
    periods: pd.DataFrame, treatment: str, reference: str, df_method: str = "kenward_roger"
) -> pd.DataFrame:
    """Treatment, period and carry-over by three methods.

    Parameters
    ----------
    periods : DataFrame
        As `crossover_table` returns it.
    treatment, reference : str
        Treatments compared.
    df_method : str
        Of `mri_response.clinical_outcomes.kenward_roger.METHODS`, for the mixed model.

    Returns
    -------
    DataFrame
        `CROSSOVER_COLUMNS`. Rows of ``effect``: ``treatment`` (treatment minus reference),
        ``period`` (first minus second) and ``carry_over`` (sums of both periods, people with the
        treatment first minus the others). A method that has too few people is left out.
    """
    rows = [
        *_hills_armitage(periods, treatment),
        *_mixed_model(periods, treatment, df_method),
        *_first_period(periods, treatment, df_method),
    ]
    found = pd.DataFrame(rows, columns=[c for c in CROSSOVER_COLUMNS if c not in _FIXED])
    return found.assign(treatment=treatment, reference=reference)[CROSSOVER_COLUMNS]


_FIXED = ("treatment", "reference")


def _sizes(rows: pd.DataFrame, treatment: str) -> tuple[int, int, int, int]:
    """People, scores, people with the treatment first, people with the reference first."""
    first = rows.drop_duplicates("participant_id")["sequence"].eq(treatment)
    return len(first), len(rows), int(first.sum()), int((~first).sum())


def _hills_armitage(periods: pd.DataFrame, treatment: str) -> list[tuple]:
    wide = periods.pivot_table("score", ["participant_id", "sequence"], "period")
    wide = wide.reindex(columns=[1, 2]).dropna()
    own = wide.index.get_level_values("sequence") == treatment
    n, m = int(own.sum()), int((~own).sum())
    if min(n, m) < 1 or n + m < 3:
        return []
    difference, total = (wide[1] - wide[2]).to_numpy(), (wide[1] + wide[2]).to_numpy()
    df, weight = n + m - 2, np.sqrt(1 / n + 1 / m)
    se = pooled_deviation(difference[own], difference[~own]) * weight / 2
    ab, ba = difference[own].mean(), difference[~own].mean()
    carried = total[own].mean() - total[~own].mean()
    effects = {
        "treatment": ((ab - ba) / 2, se),
        "period": ((ab + ba) / 2, se),
        "carry_over": (carried, pooled_deviation(total[own], total[~own]) * weight),
    }
    found = []
    for name, (estimate, error) in effects.items():
        estimate, low, high, p = t_interval(estimate, error, df)
        size = (n + m, 2 * (n + m), n, m)
        found.append(("hills_armitage", name, *size, estimate, error, df, low, high, p, "exact"))
    return found


def _mixed_model(periods: pd.DataFrame, treatment: str, df_method: str) -> list[tuple]:
    rows = periods.dropna(subset=["baseline"])
    if rows.empty:
        return []
    own = (rows["treatment"] == treatment).to_numpy(float)
    first = (rows["period"] == 1).to_numpy(float)
    x = np.column_stack(
        [np.ones(len(rows)), own, first, rows["baseline"] - rows["baseline"].mean()]
    )
    scores = repeated_scores(rows["score"], x, rows["participant_id"], rows["period"] - 1)
    try:
        model = fit(scores, CompoundSymmetry(2))
    except NotFitted:
        return []
    size = _sizes(rows, treatment)
    return [
        ("mixed_model", name, *size, *contrast(model, np.eye(4)[column], df_method), df_method)
        for name, column in (("treatment", 1), ("period", 2))
    ]


def _first_period(periods: pd.DataFrame, treatment: str, df_method: str) -> list[tuple]:
    rows = periods[periods["period"] == 1].dropna(subset=["baseline"])
    own = (rows["treatment"] == treatment).to_numpy(float)
    x = np.column_stack([np.ones(len(rows)), own, rows["baseline"] - rows["baseline"].mean()])
    try:
        scores = repeated_scores(rows["score"], x, rows["participant_id"], np.zeros(len(rows)))
        effect = contrast(fit(scores, Unstructured(1)), [0, 1, 0], df_method)
    except (NotFitted, ValueError):
        return []
    return [("first_period", "treatment", *_sizes(rows, treatment), *effect, "exact")]
