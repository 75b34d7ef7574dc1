"""The figures of predicted numbers, as entries of `mri_response.report.figures.plan`."""

from __future__ import annotations

from mri_response.config.queries import curve_models
from mri_response.report.figures.kind import Config, FigureKind


def _people_shown(config: Config, model: str | None) -> bool:
    return config["report"]["participant_level"]


_SHARED = {"section": "numbers", "module": "numbers"}

NUMBER_FIGURES = (
    FigureKind(
        "number_gains",
        heading="What the features add",
        inputs=("numbers_performance",),
        settings=("models", "stacks", "primary_model"),
        per_model=False,
        **_SHARED,
    ),
    FigureKind(
        "number_groups",
        heading="Observed and predicted",
        inputs=("numbers_groups",),
        together="number_figures",
        **_SHARED,
    ),
    FigureKind(
        "number_null",
        heading="What chance adds",
        inputs=("numbers_null", "numbers_performance"),
        together="number_figures",
        **_SHARED,
    ),
    FigureKind(
        "number_curve",
        heading="What the features add by number of people",
        inputs=("numbers_curve",),
        when=lambda config, model: model in curve_models(config),
        **_SHARED,
    ),
    FigureKind(
        "number_people",
        heading="Observed and predicted, person by person",
        inputs=("numbers_predictions",),
        settings=("report",),
        when=_people_shown,
        **_SHARED,
    ),
)
