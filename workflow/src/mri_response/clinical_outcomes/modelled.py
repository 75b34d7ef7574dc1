"""Mixed models, missing people, sensitivity and times of a study, for its primary scale."""

from __future__ import annotations

import pandas as pd

from mri_response.clinical_outcomes.crossover import CROSSOVER_COLUMNS, crossover_effects
from mri_response.clinical_outcomes.imputation import (
    MISSING_AT_RANDOM,
    SENSITIVITY_COLUMNS,
    reference_based,
    refitted,
)
from mri_response.clinical_outcomes.measures import (
    Section,
    Tables,
    compared,
    contrasts,
    joined,
    labelled,
    measured,
    primary_of,
    rule_of,
    treatment_of,
)
from mri_response.clinical_outcomes.missing import (
    missing_patterns,
    rate_bounds,
    who_is_missing,
)
from mri_response.clinical_outcomes.mmrm import Analysis, constrained, mmrm
from mri_response.clinical_outcomes.rates import Rule
from mri_response.clinical_outcomes.reml import NotFitted
from mri_response.clinical_outcomes.study import OutcomeStudy
from mri_response.clinical_outcomes.survival import (
    hazard_ratio,
    incidence,
    log_rank,
    medians,
    times_to_event,
)
from mri_response.clinical_outcomes.sustained import Relapse, sustained_response, times_to_relapse
from mri_response.clinical_outcomes.tipping_point import DELTA_COLUMNS, delta_adjusted
from mri_response.clinical_outcomes.visits import ONE_ARM
from mri_response.core.proportions import wilson

HAZARD_COLUMNS = [
    *("outcome", "arm", "reference", "hazard_ratio", "ci_low", "ci_high", "p_value", "log_rank_p"),
]
SUSTAINED_COLUMNS = ["arm", "visits", "k", "n", "n_unknown", "estimate", "ci_low", "ci_high"]


def models_tables(section: Section, study: OutcomeStudy) -> Tables:
    """Mixed models of the primary scale, and the crossover's three analyses.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    study : OutcomeStudy
        Scores of all people.

    Returns
    -------
    dict of str to DataFrame
    """
    table = compared(section, study, primary_of(study))
    analysis = Analysis(
        section["reference"] or ONE_ARM,
        tuple(section["covariance"]),
        section["df"],
        tuple(section["covariates"]),
    )
    fitted = [mmrm(table, analysis), constrained(table, analysis)]
    made = {
        "model": joined([f.estimates for f in fitted], list(fitted[0].estimates.columns)),
        "fit": pd.concat([f.fit for f in fitted], ignore_index=True),
    }
    if section["crossover"]:
        pair = (treatment_of(section), section["reference"])
        parts = [
            crossover_effects(rows, *pair, section["df"]).assign(time_point=point)
            for point, rows in study.periods.groupby("time_point", sort=False)
        ]
        made["crossover"] = joined(parts, ["time_point", *CROSSOVER_COLUMNS])
    return made


def missing_tables(section: Section, study: OutcomeStudy) -> Tables:
    """Who is missing, and between which bounds they leave the differences in rates.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    study : OutcomeStudy
        Scores of all people.

    Returns
    -------
    dict of str to DataFrame
    """
    scale = primary_of(study)
    table = measured(study, scale)
    arms = compared(section, study, scale)
    rule = rule_of(section, scale)
    bounds = [rate_bounds(arms, rule, *pair) for pair in contrasts(section, arms)]
    missing, patterns = who_is_missing(table), missing_patterns(table)
    if section["crossover"]:  # its sessions are named by treatment and not in the order of time
        missing = missing.loc[:, ~missing.columns.str.startswith("last_change")]
        patterns = patterns.drop(columns=["dropped_out_after", "intermittent"])
    return {
        "missing": missing,
        "patterns": patterns,
        "bounds": pd.concat(bounds, ignore_index=True) if bounds else pd.DataFrame(),
    }


def sensitivity_tables(section: Section, study: OutcomeStudy) -> Tables:
    """Differences between arms under assumptions about who dropped out.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    study : OutcomeStudy
        Scores of all people.

    Returns
    -------
    dict of str to DataFrame
        Empty for arms whose scores no model can be fitted to.
    """
    table = compared(section, study, primary_of(study))
    strategies = (MISSING_AT_RANDOM, *section["sensitivity"])
    deltas = section["deltas"]
    borrowed, shifted = [], []
    for pair in contrasts(section, table):
        try:
            fits = refitted(table, *pair, section["covariance"])
        except NotFitted:
            continue
        borrowed.append(reference_based(table, *pair, strategies, fits))
        found = delta_adjusted(table, *pair, deltas, deltas, fits)
        shifted.append(found.grid.assign(tipping_point=found.tipping_point))
    return {
        "sensitivity": joined(borrowed, SENSITIVITY_COLUMNS),
        "tipping_point": joined(shifted, [*DELTA_COLUMNS, "tipping_point"]),
    }


def times_tables(section: Section, study: OutcomeStudy) -> Tables:
    """Time to response and remission, sustained response and relapse.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    study : OutcomeStudy
        Scores of all people.

    Returns
    -------
    dict of str to DataFrame
        Of ``hazards`` the arms in which the event happened.
    """
    scale = primary_of(study)
    table, rule = compared(section, study, scale), rule_of(section, scale)
    made: Tables = {}
    if section["sustained"] is not None:
        made["sustained"] = _sustained(table, rule, section["sustained"])
    if section["times"] is None:
        return made
    ended = table.drop_duplicates("participant_id").set_index("participant_id")["competing"]
    competing = ended.dropna().to_dict()
    curves, middles, ratios = [], [], []
    for outcome in ("response", *(["remission"] if rule.threshold is not None else [])):
        people = times_to_event(table, rule, outcome, section["times"], competing or None)
        curves.append((outcome, incidence(people)))
        middles.append((outcome, medians(people)))
        for arm, reference in contrasts(section, table):
            own = people[people["arm"].isin([arm, reference])]
            ratio = hazard_ratio(own, arm, reference)
            ratios.append((outcome, arm, reference, *ratio, log_rank(own)))
    made["incidence"] = labelled("outcome", curves)
    made["medians"] = labelled("outcome", middles)
    made["hazards"] = pd.DataFrame(ratios, columns=HAZARD_COLUMNS)
    if section["relapse"]:
        relapse = Relapse(section["relapse"]["percent_of_baseline"], section["relapse"]["above"])
        made["relapse"] = incidence(times_to_relapse(table, rule, relapse, section["times"]))
    return made


def _sustained(table: pd.DataFrame, rule: Rule, visits: int) -> pd.DataFrame:
    """Share of each arm with a sustained response, of those of whom it is known."""
    people, found = sustained_response(table, rule, visits), []
    for arm, own in people.groupby("arm", sort=False):
        known = own["sustained"].dropna()
        k, n = int(known.sum()), len(known)
        share = (k / n, *map(float, wilson(k, n))) if n else (float("nan"),) * 3
        found.append((arm, visits, k, n, len(own) - n, *share))
    return pd.DataFrame(found, columns=SUSTAINED_COLUMNS)
