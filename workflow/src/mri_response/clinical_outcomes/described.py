"""Rates, effect sizes and items of a study, as they are observed."""

from __future__ import annotations

import pandas as pd

from mri_response.clinical_outcomes.effect_sizes import between_effects, within_effects
from mri_response.clinical_outcomes.items import (
    ItemRule,
    item_changes,
    item_differences,
    item_shares,
)
from mri_response.clinical_outcomes.measures import (
    Section,
    Tables,
    compared,
    contrasts,
    labelled,
    measured,
    measures_of,
    of_scales,
    rule_of,
    treatment_of,
)
from mri_response.clinical_outcomes.rates import (
    paired_rate_differences,
    rate_differences,
    rates,
)
from mri_response.clinical_outcomes.study import ITEM, REST, SCALE, OutcomeStudy
from mri_response.clinical_outcomes.visits import VISIT_COLUMNS
from mri_response.config.clinical_outcomes import CROSSOVER


def rates_tables(section: Section, study: OutcomeStudy) -> Tables:
    """Response and remission by visit, between arms and within people.

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
    scales = list(section["scales"])

    def of_arms(scale: str) -> list[pd.DataFrame]:
        table, rule = compared(section, study, scale), rule_of(section, scale)
        pairs = contrasts(section, table)
        return [rate_differences(table, rule, *pair) for pair in pairs]

    def of_pairs(scale: str) -> list[pd.DataFrame]:
        table, rule = measured(study, scale), rule_of(section, scale)
        return [
            paired_rate_differences(table, rule, *sessions).assign(time_point=point)
            for point, *sessions in _pairs_of_sessions(section)
        ]

    return {
        "rates": of_scales(scales, lambda s: [rates(measured(study, s), rule_of(section, s))]),
        "rate_differences": of_scales(scales, of_arms),
        "rate_pairs": of_scales(scales, of_pairs),
    }


def _pairs_of_sessions(section: Section) -> list[tuple[str, str, str]]:
    """Time point, session of the treatment and session of the reference, in a crossover."""
    if not section["crossover"]:
        return []
    own, reference = treatment_of(section), section["reference"]
    points = section["crossover"]["sessions"]
    return [(point, sessions[own], sessions[reference]) for point, sessions in points.items()]


def effects_tables(section: Section, study: OutcomeStudy) -> Tables:
    """Changes and their standardised sizes: within people, between arms, between treatments.

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
    scales = measures_of(study, SCALE, REST)

    def of_arms(scale: str) -> list[pd.DataFrame]:
        table = compared(section, study, scale)
        return [between_effects(table, *pair) for pair in contrasts(section, table)]

    def of_pairs(scale: str) -> list[pd.DataFrame]:
        return [_paired_effects(section, measured(study, scale))] if section["crossover"] else []

    return {
        "change": of_scales(scales, lambda s: [within_effects(measured(study, s))]),
        "between": of_scales(scales, of_arms),
        "pairs": of_scales(scales, of_pairs),
    }


def _paired_effects(section: Section, table: pd.DataFrame) -> pd.DataFrame:
    """Differences between treatments of people who had both, by time point."""
    wide = table.pivot_table("score", "participant_id", "session_id", dropna=False)
    own, parts = treatment_of(section), []
    for visit, (point, session, reference) in enumerate(_pairs_of_sessions(section), 1):
        both = pd.DataFrame(
            {"baseline": wide[reference], "score": wide[session], "visit": visit}
        ).reset_index()
        both["change"] = both["score"] - both["baseline"]
        parts.append(both.assign(arm=own, session_id=point)[VISIT_COLUMNS])
    names = {"session_id": "time_point", "arm": "treatment", "mean_change": "difference"}
    names |= {f"mean_change_{end}": f"difference_{end}" for end in ("low", "high")}
    effects = within_effects(pd.concat(parts)).drop(columns="mean_percent_change")
    effects = effects.assign(design=CROSSOVER).rename(columns=names)
    effects.insert(3, "reference", section["reference"])
    return effects


def items_tables(section: Section, study: OutcomeStudy) -> Tables:
    """Items: change, low, better and worse, with small counts hidden.

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
    changes, shares, differences = [], [], []
    for name in measures_of(study, ITEM):
        given = section["items"][name]
        rule = ItemRule(given["low"], given["present"], given["min_cell"])
        table, arms = measured(study, name), compared(section, study, name)
        changes.append((name, item_changes(table, rule)))
        shares.append((name, item_shares(table, rule)))
        differences += [
            (name, item_differences(arms, rule, *pair)) for pair in contrasts(section, arms)
        ]
    return {
        "item_changes": labelled("item", changes),
        "item_shares": labelled("item", shares),
        "item_differences": labelled("item", differences),
    }
