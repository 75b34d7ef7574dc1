"""What the answer about other cohorts adds: each by itself, and whether the threshold fits."""

from __future__ import annotations

from mri_response.core.vocabulary import Role
from mri_response.evaluation.headline import headline_row
from mri_response.evaluation.verdict import CHANCE
from mri_response.report.naming import plural
from mri_response.report.numbers import number, percent
from mri_response.report.run import Run


def each_by_itself(run: Run) -> str:
    """In how many external cohorts the balanced accuracy lies above chance by its own interval.

    Parameters
    ----------
    run : Run
        With several external cohorts.

    Returns
    -------
    str
    """
    external = [cohort for cohort in run.others if run.names.roles[cohort] == Role.EXTERNAL]
    shown = 0
    for cohort in external:
        row = headline_row(run.performance, run.model, cohort, "balanced_accuracy")
        shown += row is not None and number(row["ci_low"]) > CHANCE
    return f" Above chance in {shown} of {len(external)} alone."


def other_threshold(run: Run, cohort: str) -> str:
    """Whether clearly more or fewer people are called positive there than in the discovery cohort.

    Parameters
    ----------
    run : Run
        The run.
    cohort : str
        An external cohort, or the external cohorts together.

    Returns
    -------
    str
        Empty unless the interval of sensitivity or of specificity, one of the two, ends below
        what cross-validation gave.
    """
    upper, learned, there = {}, {}, {}
    for metric in ("sensitivity", "specificity"):
        both = (run.discovery, cohort)
        rows = [headline_row(run.performance, run.model, at, metric) for at in both]
        if any(row is None for row in rows):
            return ""
        learned[metric], there[metric] = (number(row["estimate"]) for row in rows)
        upper[metric] = number(rows[1]["ci_high"])
    more = learned["specificity"] > upper["specificity"]
    if more == (learned["sensitivity"] > upper["sensitivity"]):
        return ""
    told = ", ".join(
        f"{metric} {percent(there[metric])} in place of {percent(learned[metric])}"
        for metric in learned
    )
    amount = "more" if more else "fewer"
    return f" It calls {amount} people {plural(run.names.positive)} there ({told})."
