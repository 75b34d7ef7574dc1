"""Entries of the figures of belief updating; one job draws those that every run has."""

from __future__ import annotations

from typing import Any

from mri_response.report.figures.kind import Config, FigureKind

_BELIEF: dict[str, Any] = {"per_model": False, "module": "belief"}
# Figures that one job draws are there together or not at all.
_ALWAYS = _BELIEF | {"together": "belief_figures"}


def _with_mediation(config: Config, model: str | None) -> bool:
    return bool(config["belief"]["mediation"])


def _of_simulated_beliefs(config: Config, model: str | None) -> bool:
    return "simulation" in config["belief"]


#: The figures of belief updating, in the order of the page.
BELIEF_FIGURES = (
    FigureKind(
        "belief_updates",
        "belief",
        "Updates after good and bad news",
        ("belief_agents",),
        settings=("belief",),
        **_ALWAYS,
    ),
    FigureKind(
        "belief_rates",
        "belief",
        "Learning rates before and after",
        ("belief_reliability", "belief_rates", "belief_people"),
        settings=("belief", "report"),
        **_ALWAYS,
    ),
    FigureKind(
        "belief_mediation",
        "belief",
        "Does the score change through beliefs?",
        ("belief_mediation", "belief_sensitivity"),
        settings=("belief",),
        when=_with_mediation,
        **_BELIEF,
    ),
    FigureKind(
        "belief_models",
        "belief",
        "Which model people use",
        ("belief_models",),
        settings=("belief",),
        **_ALWAYS,
    ),
    FigureKind(
        "belief_recovery",
        "belief",
        "Which model is found",
        ("belief_model_recovery",),
        **_ALWAYS,
    ),
    FigureKind(
        "belief_predictions",
        "belief",
        "Answers beside those of the model",
        ("belief_predictions",),
        **_ALWAYS,
    ),
    FigureKind(
        "belief_found",
        "belief",
        "Planted beside found",
        ("belief_found",),
        when=_of_simulated_beliefs,
        **_BELIEF,
    ),
)
