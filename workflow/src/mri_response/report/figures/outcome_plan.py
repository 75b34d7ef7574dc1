"""The figures of clinical outcomes, as entries of `mri_response.report.figures.plan`."""

from __future__ import annotations

from collections.abc import Callable

from mri_response.config.clinical_outcomes import CROSSOVER, SINGLE_ARM, trial_design
from mri_response.report.figures.kind import Config, FigureKind, When


def _designed(is_wanted: Callable[[str], bool]) -> When:
    """Whether the design of the trial is a wanted one."""
    return lambda config, _: is_wanted(trial_design(config["clinical_outcomes"]))


def _timed(config: Config, model: str | None) -> bool:
    return config["clinical_outcomes"]["times"] is not None


def _people_shown(config: Config, model: str | None) -> bool:
    return config["report"]["participant_level"]


_SHARED = {"per_model": False, "module": "clinical_outcomes", "settings": ("clinical_outcomes",)}
_compared = _designed(lambda design: design != SINGLE_ARM)

OUTCOME_FIGURES = (
    FigureKind(
        "outcome_trajectories",
        "outcomes",
        "Course of the scores",
        ("outcome_model", "outcome_scores"),
        together="outcome_figures",
        **(_SHARED | {"settings": ("clinical_outcomes", "report")}),
    ),
    FigureKind(
        "outcome_change",
        "outcomes",
        "Sizes of changes within people",
        ("outcome_change",),
        together="outcome_figures",
        **_SHARED,
    ),
    FigureKind(
        "outcome_between",
        "outcomes",
        "Sizes of differences between arms",
        ("outcome_between",),
        together="outcome_arm_figures",
        when=_compared,
        **_SHARED,
    ),
    FigureKind(
        "outcome_pairs",
        "outcomes",
        "Sizes of differences between treatments",
        ("outcome_pairs",),
        when=_designed(lambda design: design == CROSSOVER),
        **_SHARED,
    ),
    FigureKind(
        "outcome_incidence",
        "outcomes",
        "Time to response",
        ("outcome_incidence",),
        when=_timed,
        **_SHARED,
    ),
    FigureKind(
        "outcome_waterfall",
        "outcomes",
        "Change of each person",
        ("outcome_scores",),
        when=_people_shown,
        **_SHARED,
    ),
    FigureKind(
        "outcome_patterns",
        "outcomes",
        "Missing scores",
        ("outcome_patterns",),
        together="outcome_figures",
        **_SHARED,
    ),
    FigureKind(
        "outcome_tipping_point",
        "outcomes",
        "How much worse missing people would have to be",
        ("outcome_tipping_point",),
        together="outcome_arm_figures",
        when=_compared,
        **_SHARED,
    ),
)
