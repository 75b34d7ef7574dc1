"""Entries of the figures of variability; one job draws those that every run has."""

from __future__ import annotations

from typing import Any

from mri_response.report.figures.kind import SIMULATED_VARIABILITY, Config, FigureKind

_OWN: dict[str, Any] = {
    "per_model": False,
    "module": "variability",
    "settings": ("variability",),
}
# Figures that one job draws are there together or not at all.
_ALWAYS = _OWN | {"together": "variability_figures"}
_GENES = _OWN | {"together": "variability_gene_figures"}


def _with_genes(config: Config, model: str | None) -> bool:
    return bool(config["variability"]["genes"])


def _may_show_people(config: Config, model: str | None) -> bool:
    return bool(config["report"]["participant_level"])


#: The figures of variability, in the order of the page.
VARIABILITY_FIGURES = (
    FigureKind(
        "variability_scree",
        "variability",
        "Components beside random maps",
        ("variability_components",),
        **_ALWAYS,
        caption=SIMULATED_VARIABILITY
        + """Variance over people that each component of change explains, beside that of the same
        rank in random maps that have nothing in common (median; band up to the 95 % quantile).
        Counting stops at the first component that does not exceed them: open circles are not
        retained. n: people.""",
    ),
    FigureKind(
        "variability_loadings",
        "variability",
        "Where the first component is",
        ("variability_loadings",),
        **_ALWAYS,
        caption=SIMULATED_VARIABILITY
        + """Loadings of the first component of change: every region at its place, seen from the
        left and from above, and the regions with the largest loadings, with 95 % intervals
        over bootstrap samples of people whose components were matched and given the same
        sign. The sign of a component is arbitrary. n: people.""",
    ),
    FigureKind(
        "variability_spread",
        "variability",
        "How much people vary, region by region",
        ("variability_regions",),
        **_ALWAYS,
        caption=SIMULATED_VARIABILITY
        + """Standard deviation of people's changes in every region, under treatment against the
        control arm (n: treated and controls; the line is equal variance) or, without a
        control arm, beside the mean change; in the unit of the table of regions, or in per cent
        where the effect is a percentage. Marked are regions with p of 0.05 or less for all
        regions together. Unequal variance is what different responses would make, and no
        proof of them.""",
    ),
    FigureKind(
        "variability_similarity",
        "variability",
        "How alike people are",
        ("variability_similarity",),
        when=_may_show_people,
        **_OWN,
        caption=SIMULATED_VARIABILITY
        + """Correlation over the regions of the changes of every pair of people, ordered so that
        people who are alike stand beside each other. n: people.""",
    ),
    FigureKind(
        "variability_nulls",
        "variability",
        "Maps and genes beside surrogate maps",
        ("variability_genes", "variability_gene_nulls"),
        when=_with_genes,
        **_GENES,
        caption=SIMULATED_VARIABILITY
        + """Correlation of maps of change with the expression of genes that were named beforehand
        (vertical line; dot and bar: 95 % interval over people), above its distribution in
        surrogate maps of each null. The larger p leads. Numbers of people and regions stand
        at the axes. Expression is of other people's brains: it says nothing about the genes
        of those who were scanned.""",
    ),
    FigureKind(
        "variability_ranks",
        "variability",
        "Tested genes among all genes",
        ("variability_gene_ranks", "variability_genes"),
        when=_with_genes,
        **_GENES,
        caption=SIMULATED_VARIABILITY
        + """Correlation of maps of change with every gene of the table of expression, in their
        order, and where the tested genes stand (squares). A gene in the middle of many is not
        special, whatever its p. n: people. Expression is of other people's brains.""",
    ),
)
