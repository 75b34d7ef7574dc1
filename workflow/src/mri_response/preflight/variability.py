"""Checks of effects, their regions and genes, and what is said of them at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.queries import effect_features
from mri_response.features.effect import effect_features as values_of
from mri_response.inputs.parcels import parcels_of
from mri_response.variability.gene_results import expression_for, read_gene_sets
from mri_response.variability.study import EffectStudy, read_effect

Config = Mapping[str, Any]


def check_variability_inputs(config: Config, people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Check tables of effects, coordinates and expression as the jobs will need them.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of str
        Lines that say what is analysed.

    Raises
    ------
    InputError
        For the first mistake.
    """
    for spec in effect_features(config).values():
        for cohort, rows in people.items():
            values_of(config, spec["effect"], cohort, rows)
    asked, lines = config["variability"], []
    for name in asked["effects"] if asked else ():
        study = read_effect(config, name)
        parcels_of(asked["atlas"], study.regions, "variability.atlas")
        lines += _lines(study)
        if asked["genes"]:
            expression = expression_for(config, study)
            if asked["genes"]["sets"]:
                read_gene_sets(asked["genes"]["sets"], expression.genes)
    return lines


def _lines(study: EffectStudy) -> list[str]:
    control = study.control
    arms = f"{len(study.treated)} people" + (
        "" if control is None else f" and {len(control)} controls"
    )
    reasons = study.people["reason"].value_counts()
    lines = [f"effect {study.name}: {arms}, {len(study.regions)} regions"]
    return [*lines, *(f"  left out: {reason} ({n})" for reason, n in reasons.items())]


def variability_warnings(config: Config, people: Mapping[str, pd.DataFrame]) -> list[str]:
    """What weakens results on variability from the start.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, which these warnings do not depend on.

    Returns
    -------
    list of str
        A sentence each.
    """
    asked, warnings = config["variability"], []
    if asked["components"]["null_maps"] == "within_region":
        warnings.append(
            "variability.components.null_maps: within_region takes the smoothness of maps for "
            "components and finds some in unrelated maps; smooth holds its level"
        )
    for name in asked["effects"]:
        effect = config["effects"][name]
        if effect["control"] is None:
            warnings.append(
                f"effects.{name}.control: without a control arm nothing tells how much people "
                "would differ without treatment; how far their changes vary says nothing of it"
            )
    if asked["genes"] and len(asked["genes"]["nulls"]) == 1:
        warnings.append(
            "variability.genes.nulls: one null alone; nulls of different kinds agree less than "
            "each p suggests, so that both and the larger p are to be shown"
        )
    if not asked["adjust_baseline"] and (asked["clinical"] or asked["score"]):
        warnings.append(
            "variability.adjust_baseline: without it, regression to the mean alone makes "
            "components of change go with whatever goes with the brain before treatment"
        )
    return warnings
