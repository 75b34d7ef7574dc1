"""How variability was analysed, as it can stand in a methods section."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from mri_response.config.variability import COMPONENTS_BEFORE, clinical_columns
from mri_response.report.facts.fact import Fact
from mri_response.report.facts.phrases import listed
from mri_response.report.run import Run

_NULLS = {
    "smooth": (
        "Gaussian maps with the spectrum of all people over Moran's eigenvectors and the size of "
        "each person's own map"
    ),
    "moran": "each person's own coefficients of Moran's eigenvectors with random signs",
    "within_region": (
        "each region's values permuted over people, which takes smoothness for components"
    ),
}
_MEASURES = {
    "difference": "the difference",
    "percent": "the difference in percent of the value before",
    "symmetric_percent": "the difference in percent of the mean of both",
}


def variability_methods(run: Run) -> list[Fact]:
    """Return how effects, components, spread, associations and genes came about.

    Parameters
    ----------
    run : Run
        A run that describes how differently brains change.

    Returns
    -------
    list of Fact
        A paragraph each.
    """
    asked = run.config["variability"]
    effects = [run.config["effects"][name] for name in asked["effects"]]
    controlled = any(effect["control"] for effect in effects)
    return [
        _effects(run.config),
        _components(asked),
        _people(controlled),
        _regions(run, asked, controlled),
        *([_symptoms(asked)] if clinical_columns(asked) else []),
        *([_genes(asked["genes"])] if asked["genes"] else []),
    ]


def _effects(config: Mapping[str, Any]) -> Fact:
    parts = []
    for name in config["variability"]["effects"]:
        effect = config["effects"][name]
        what = _MEASURES[effect["measure"]] if effect["before"] else "a table of effects"
        centred = ", the mean of each person's map taken out" if effect["center"] == "map" else ""
        taken = f"; {listed(effect['confounds'])} taken out" if effect["confounds"] else ""
        control = f", with {effect['control']} as the control arm" if effect["control"] else ""
        parts.append(f"{name}, {what} in every region{centred}{taken}{control}")
    return Fact(
        f"Effects of every person: {'; '.join(parts)}. Regions are joined by name; their places: "
        f"{_place(config['variability']['atlas'])}.",
        "config: effects, variability.atlas; variability_people.tsv: reason",
    )


def _place(atlas: str | Mapping[str, str]) -> str:
    return atlas if isinstance(atlas, str) else "a table of coordinates"


def _components(asked: Mapping[str, Any]) -> Fact:
    given, stability = asked["components"], asked["stability"]
    smooth = given["null_maps"] != "within_region"
    shared = (
        "; both hemispheres share one set of patterns, so that homotopic regions stay correlated"
        if smooth
        else ""
    )
    return Fact(
        "Principal components of effects, the mean over people taken out, were compared rank by "
        f"rank with those of {given['n']:,} sets of random maps ({_NULLS[given['null_maps']]}"
        f"{shared}); testing stopped at the first component above p = {given['alpha']:g}. "
        f"Stability: {stability['bootstrap']:,} bootstrap samples of people, components matched "
        f"with those of all people and given their sign; {stability['split_half']} splits into "
        "halves, against halves of such random maps.",
        "config: variability.components, variability.stability; variability_components.tsv",
        ("moran_randomisation",) if smooth else (),
    )


def _people(controlled: bool) -> Fact:
    exchanged = ", people exchanged between arms" if controlled else ""
    return Fact(
        "Dimensions: participation ratio from unbiased estimates of its parts over distinct "
        f"people, jackknife intervals of its logarithm{exchanged}; mean correlation of two "
        "people's effects, its interval by jackknife, its p by random signs of people.",
        "variability_dimensions.tsv",
    )


def _regions(run: Run, asked: Mapping[str, Any], controlled: bool) -> Fact:
    within = f" within {asked['within']}" if asked["within"] else ""
    spread = (
        " Spread: log ratio of standard deviations, treated to control, and standard deviation of "
        "the response, the root of the difference of variances; people exchanged between arms"
        f"{within} after their means were taken out."
        if controlled
        else ""
    )
    sets = run.tables.get("variability_region_sets", pd.DataFrame(columns=["cites"]))
    cited = [key for cell in dict.fromkeys(sets["cites"]) for key in cell.split(", ")]
    named = (
        " Named regions are those of which works on ketamine speak; no direction was assumed."
        if cited
        else ""
    )
    return Fact(
        f"Mean effects: t over people, {asked['permutations']:,} draws of signs.{spread} P values "
        f"hold for all regions together by the largest statistic.{named}",
        "config: variability.permutations; variability_regions.tsv; variability_region_sets.tsv",
        (*(("variance_ratio",) if controlled else ()), *dict.fromkeys(cited)),
    )


def _symptoms(asked: Mapping[str, Any]) -> Fact:
    before = (
        " and each person's map before treatment, projected on the component and on the first "
        f"{COMPONENTS_BEFORE} components of such maps"
    )
    adjusted = f", given the confounds of the effect{before if asked['adjust_baseline'] else ''}"
    within = f" within {asked['within']}" if asked["within"] else ""
    return Fact(
        f"Retained components and {listed(clinical_columns(asked))}: partial correlations"
        f"{adjusted}; {asked['permutations']:,} permutations of residuals over people{within}, "
        "all components and columns of an effect one family by the largest statistic.",
        "config: variability.clinical, variability.score; variability_associations.tsv",
        ("freedman_lane", "winkler_residuals"),
    )


def _genes(genes: Mapping[str, Any]) -> Fact:
    words = {
        "spin": (
            "rotations of the sphere, regions assigned all together, both sides as mirror images"
        ),
        "moran": "random signs of Moran's eigenvectors of the distances",
    }
    sides = {
        "left_averaged": "homotopic regions averaged, expression of the left side",
        "left": "left side",
        "both_measured": "both sides",
    }[genes["hemisphere"]]
    nulls = " and ".join(words[null] for null in genes["nulls"])
    sets = (
        " Sets of genes: mean correlation, surrogates of the map taken through the whole analysis."
        if genes["sets"]
        else ""
    )
    return Fact(
        f"Maps of the cortex ({sides}) were correlated with the expression of "
        f"{listed(genes['test'])} (named beforehand; table {PurePath(genes['table']).name}) and "
        f"compared with {genes['n']:,} surrogates of each map by {nulls}. The largest p leads; all "
        f"maps and genes of an effect are one family. Intervals are over people.{sets}",
        "config: variability.genes; variability_genes.tsv",
        (
            "map_nulls",
            *(("moran_randomisation",) if "moran" in genes["nulls"] else ()),
            *(("gene_specificity",) if genes["background"] else ()),
            *(("random_phenotypes",) if genes["sets"] else ()),
        ),
    )
