"""Entries of the figures of variability; one job draws those that every run has."""

from __future__ import annotations

from typing import Any

from mri_response.report.figures.kind import Config, FigureKind

_OWN: dict[str, Any] = {"per_model": False, "module": "variability"}
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
        "Components beside smooth maps",
        ("variability_components",),
        **_ALWAYS,
    ),
    FigureKind(
        "variability_loadings",
        "variability",
        "Where the first component is",
        ("variability_loadings",),
        **_ALWAYS,
    ),
    FigureKind(
        "variability_spread",
        "variability",
        "How much people vary, region by region",
        ("variability_regions",),
        **_ALWAYS,
    ),
    FigureKind(
        "variability_similarity",
        "variability",
        "How alike people are",
        ("variability_similarity",),
        when=_may_show_people,
        **_OWN,
    ),
    FigureKind(
        "variability_nulls",
        "variability",
        "Maps and genes beside surrogate maps",
        ("variability_genes", "variability_gene_nulls"),
        when=_with_genes,
        **_GENES,
    ),
    FigureKind(
        "variability_ranks",
        "variability",
        "Tested genes among all genes",
        ("variability_gene_ranks", "variability_genes"),
        when=_with_genes,
        **_GENES,
    ),
)
