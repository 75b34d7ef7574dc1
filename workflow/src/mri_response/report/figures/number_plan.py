"""The figures of predicted numbers, as entries of `mri_response.report.figures.plan`."""

from __future__ import annotations

from mri_response.config.queries import curve_models
from mri_response.report.figures.kind import SIMULATED, Config, FigureKind


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
        caption=SIMULATED
        + """What the features of each model add to a regression on baseline and confounds (to the
        mean, where there are none) alone, with 95 % intervals over people: the difference of
        R2, and by how much the mean absolute error is smaller, in units of the outcome. Right
        of the dashed line the features help.""",
    ),
    FigureKind(
        "number_groups",
        heading="Observed and predicted",
        inputs=("numbers_groups",),
        together="number_figures",
        **_SHARED,
        caption=SIMULATED
        + """People in groups of equal size by what was predicted for them: mean observed against
        mean predicted number, with the 95 % interval (t) of the observed mean. On the dashed
        line predictions are right. In the discovery cohort a person's prediction is the mean
        over the repeats of cross-validation. Baseline and confounds are part of the
        prediction, so that this is the total and not what the features add. A group has ten
        people or more, so that cohorts with fewer than 20 are not shown.""",
    ),
    FigureKind(
        "number_null",
        heading="What chance adds",
        inputs=("numbers_null", "numbers_performance"),
        together="number_figures",
        **_SHARED,
        caption=SIMULATED
        + """What chance adds: gains over baseline and confounds, where there are any, after the
        residuals of the outcome given these were exchanged between people, beside the
        observed gain. In the discovery cohort the whole procedure ran again for every
        permutation; in other cohorts their own residuals were exchanged and the model stayed
        frozen. p is the share of permutations at or above the observed gain, the observed one
        counted among them.""",
    ),
    FigureKind(
        "number_curve",
        heading="What the features add by number of people",
        inputs=("numbers_curve",),
        when=lambda config, model: model in curve_models(config),
        of_discovery=True,
        **_SHARED,
        caption=SIMULATED
        + """The whole procedure, choice of hyperparameters included, run on parts of the discovery
        people that were drawn without looking at their outcome. Points are means over the
        parts of a size (the last: over the repeats with all people), the band is the 95 %
        interval over people. Neither a curve that rises at its right end nor one that looks
        flat shows what more people would do.""",
    ),
    FigureKind(
        "number_people",
        heading="Observed and predicted, person by person",
        inputs=("numbers_predictions",),
        settings=("report",),
        when=_people_shown,
        **_SHARED,
        caption=SIMULATED
        + """A point is a person: observed against predicted number. On the dashed line predictions
        are right. In the discovery cohort a person's prediction is the mean over the repeats
        of cross-validation. Baseline and confounds are part of the prediction.""",
    ),
)
