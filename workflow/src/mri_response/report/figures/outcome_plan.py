"""The figures of clinical outcomes, as entries of `mri_response.report.figures.plan`."""

from __future__ import annotations

from collections.abc import Callable

from mri_response.config.clinical_outcomes import CROSSOVER, SINGLE_ARM, trial_design
from mri_response.report.figures.kind import SIMULATED, Config, FigureKind, When


def _designed(is_wanted: Callable[[str], bool]) -> When:
    """Whether the design of the trial is a wanted one."""
    return lambda config, _: is_wanted(trial_design(config["clinical_outcomes"]))


def _timed(config: Config, model: str | None) -> bool:
    return config["clinical_outcomes"]["times"] is not None


def _people_shown(config: Config, model: str | None) -> bool:
    return config["report"]["participant_level"]


_SHARED = {"per_model": False, "module": "clinical_outcomes", "settings": ("clinical_outcomes",)}
_compared = _designed(lambda design: design != SINGLE_ARM)

_CROSSOVER = '(snakemake.config.get("clinical_outcomes") or {}).get("crossover")'
#: Behind the captions of what compares arms.
_FIRST_PERIOD = "{% if " + _CROSSOVER + " %} First period of the crossover alone.{% endif %}"

OUTCOME_FIGURES = (
    FigureKind(
        "outcome_trajectories",
        "outcomes",
        "Course of the scores",
        ("outcome_model", "outcome_scores"),
        together="outcome_figures",
        **(_SHARED | {"settings": ("clinical_outcomes", "report")}),
        caption=SIMULATED
        + """Means of the primary scale by constrained longitudinal data analysis, in which all
        arms have one mean at baseline and missing scores are missing at random, with 95 %
        intervals{% if snakemake.config.get("report", {}).get("participant_level") %}; faint
        lines are single people{% endif %}. n: people with a score at each visit, arm by arm in the
        order of the legend; at baseline of all arms together. Visits stand at equal distances,
        whatever the time between them. Higher is worse."""
        + _FIRST_PERIOD,
    ),
    FigureKind(
        "outcome_change",
        "outcomes",
        "Sizes of changes within people",
        ("outcome_change",),
        together="outcome_figures",
        **_SHARED,
        caption=SIMULATED
        + """Change from baseline within people over a standard deviation, corrected for small
        samples, with 95 % intervals: uncontrolled, it holds whatever changed besides the
        treatment. n: people with both scores. Negative: fewer symptoms.""",
    ),
    FigureKind(
        "outcome_between",
        "outcomes",
        "Sizes of differences between arms",
        ("outcome_between",),
        together="outcome_arm_figures",
        when=_compared,
        **_SHARED,
        caption=SIMULATED
        + """Difference between arms in the change from baseline over the pooled standard
        deviation, corrected for small samples, with 95 % intervals. n: people with both
        scores in either arm. Negative: fewer symptoms than in the reference. No estimate is
        comparable with a change within people."""
        + _FIRST_PERIOD,
    ),
    FigureKind(
        "outcome_pairs",
        "outcomes",
        "Sizes of differences between treatments",
        ("outcome_pairs",),
        when=_designed(lambda design: design == CROSSOVER),
        **_SHARED,
        caption=SIMULATED
        + """Difference between treatments in the people who had both, over a standard deviation
        (at baseline: that under the reference), corrected for small samples, with 95 %
        intervals. n: people with scores after both. Negative: fewer symptoms than under the
        reference.""",
    ),
    FigureKind(
        "outcome_incidence",
        "outcomes",
        "Time to response",
        ("outcome_incidence",),
        when=_timed,
        **_SHARED,
        caption=SIMULATED
        + """Share of the people with a baseline score who have had a response (or remission) by
        each time, by Kaplan and Meier, or by Aalen and Johansen where something competes; dotted:
        95 % limits. Below: people still at risk. Visits are drawn equally far apart. A response is
        known from the visit at which it was first seen, so that a missing score before a later one
        counts as none."""
        + _FIRST_PERIOD,
    ),
    FigureKind(
        "outcome_waterfall",
        "outcomes",
        "Change of each person",
        ("outcome_scores",),
        when=_people_shown,
        **_SHARED,
        caption=SIMULATED
        + """Change of each person from baseline in per cent, sorted at every visit; the dashed
        line is the fall from which on it is a response. People without a score are not there."""
        + _FIRST_PERIOD,
    ),
    FigureKind(
        "outcome_patterns",
        "outcomes",
        "Missing scores",
        ("outcome_patterns",),
        together="outcome_figures",
        **_SHARED,
        caption=SIMULATED
        + """Patterns of visits with and without a score of the primary scale, and how many people
        have each.""",
    ),
    FigureKind(
        "outcome_tipping_point",
        "outcomes",
        "How much worse missing people would have to be",
        ("outcome_tipping_point",),
        together="outcome_arm_figures",
        when=_compared,
        **_SHARED,
        caption=SIMULATED
        + """Difference between arms at the last visit, in points, where missing scores are
        conditional means under missing at random plus a shift (positive: worse), separately in
        either arm; shaded where the 95 % interval does not hold 0. The people of
        both arms who have a baseline."""
        + _FIRST_PERIOD,
    ),
)
