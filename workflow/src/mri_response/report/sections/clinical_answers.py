"""What clinical outcomes and an applied model answer: questions, words, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mri_response.clinical_outcomes.measures import treatment_of
from mri_response.config.clinical_outcomes import CROSSOVER, SINGLE_ARM, trial_design
from mri_response.core.vocabulary import Role
from mri_response.report.findings import Finding, numbers_of, p_counted
from mri_response.report.naming import METRIC_NAMES, NULL_NAMES
from mri_response.report.numbers import (
    interval_text,
    minus,
    number,
    percent,
    signed,
    signed_interval,
    with_limits,
)
from mri_response.report.run import Run
from mri_response.report.sections.module_answers import BY_LOT

#: How a crossover was analysed, in words.
CROSSOVER_METHODS = {
    "hills_armitage": "People with both periods",
    "mixed_model": "One period or both, mixed model",
    "first_period": "First period alone",
}


def session_shown(run: Run, sessions: list[str]) -> str:
    """The visit that answers are about: the endpoint of the prediction, else the last one.

    Parameters
    ----------
    run : Run
        A run that analyses the scores themselves.
    sessions : list of str
        Its visits.

    Returns
    -------
    str
    """
    wanted = (run.config.get("outcome") or {}).get("endpoint")
    return wanted if wanted in sessions else sessions[-1]


def crossover_row(run: Run) -> Mapping[str, Any] | None:
    """The difference in scores between the treatments of a crossover, at its first time point.

    Parameters
    ----------
    run : Run
        A run that analyses the scores themselves.

    Returns
    -------
    mapping or None
        Row of ``outcome_crossover.tsv``: by the mixed model, else by the first method that could
        be fitted; None without one.
    """
    table = run.tables.get("outcome_crossover")
    if table is None or not len(table):
        return None
    rows = table[table["effect"] == "treatment"]
    mixed = rows[rows["method"] == "mixed_model"]
    return (mixed if len(mixed) else rows).iloc[0].to_dict()


def outcome_findings(run: Run) -> list[Finding]:
    """Whether a treatment helps: whether more people respond, and whether scores are lower.

    Parameters
    ----------
    run : Run
        A run that analyses the scores themselves.

    Returns
    -------
    list of Finding
        Two for each arm beside the reference, of everybody with a score at the visit of
        `session_shown`; of a crossover, at its first time point. Both ask the same in two ways, so
        that each p counts as often as there are of them.
    """
    section = run.config["clinical_outcomes"]
    scale = next(iter(section["scales"]))
    design, verdict = trial_design(section), run.config["verdict"]
    if design == SINGLE_ARM:
        words = {"not_asked": "One group was followed without a comparison: what the treatment "
                 "did to it cannot be told."}  # fmt: skip
        return [Finding("Does the treatment help: do more people respond?", words)]
    paired = design == CROSSOVER
    table = run.tables["outcome_rate_pairs" if paired else "outcome_rate_differences"]
    rows = table[(table["scale"] == scale) & (table["outcome"] == "response")]
    rows = rows[rows["measure"] == "risk_difference"]
    if paired:
        rows = rows.head(1).assign(arm=treatment_of(section), reference=section["reference"])
        scores = [row for row in (crossover_row(run),) if row]
    else:
        session = session_shown(run, list(dict.fromkeys(rows["session_id"])))
        rows = rows[(rows["session_id"] == session) & (rows["counted"] == "observed")]
        model = run.tables["outcome_model"]
        model = model[(model["model"] == "mmrm") & (model["quantity"] == "difference")]
        scores = model[model["session_id"] == session].to_dict("records")
    n_tested = len(rows) + len(scores)
    return [
        *(_of_rates(row, scale, n_tested, verdict, paired) for row in rows.to_dict("records")),
        *(_of_scores(row, scale, n_tested, verdict["level"]) for row in scores),
    ]


def _of_scores(row: Mapping[str, Any], scale: str, n_tested: int, level: float) -> Finding:
    paired = "time_point" in row
    arm, other = (row["treatment" if paired else "arm"], row["reference"])
    where = row["time_point" if paired else "session_id"]
    n = number(row["n_people"]) if paired else number(row["n"]) + number(row["n_reference"])
    difference, limits = with_limits(row, 1)
    test = CROSSOVER_METHODS[row["method"]].lower() if paired else "mixed model of all visits"
    p = p_counted(row["p_value"], None, n_tested)
    return Finding(
        f"Does {arm} help: are scores lower than with {other}?",
        {
            "found": f"On average, scores are lower with {arm} than with {other}. {BY_LOT} "
            "What difference would matter is not fixed.",
            "reverse": f"On average, scores are higher with {arm} than with {other}. {BY_LOT}",
            "cannot_tell": f"Neither that scores are lower with {arm} nor that they are not has "
            "been shown.",
            "not_asked": "No model could be fitted to the scores.",
        },
        f"{scale} at {where}, {arm} minus {other}: {difference} points (95 % interval {limits}; "
        f"below 0 scores are lower), {p} ({test}); n = {n:.0f}.",
        metric="difference in score",
        **numbers_of(row),
        null=str(row["method"]) if paired else "mmrm",
        n=n,
        lower=True,
        level=level,
        n_tested=n_tested,
        evidence="outcome_crossover" if paired else "outcome_model",
    )


def _of_rates(
    row: Mapping[str, Any], scale: str, n_tested: int, verdict: Mapping[str, float], paired: bool
) -> Finding:
    arm, other, useful = row["arm"], row["reference"], verdict["useful_difference"]
    matters = f"by {percent(useful)} of people or more"
    low, high = number(row["ci_low"]), number(row["ci_high"])
    if paired:
        n = number(row["n"])
        both, first, second = (number(row[k]) for k in ("both", "only_first", "only_reference"))
        of = f"{both + first:.0f} against {both + second:.0f} of the same {n:.0f} people"
        where, test = row["time_point"], "McNemar’s exact test"
    else:
        n = number(row["n"]) + number(row["n_reference"])
        of = f"{row['k']} of {row['n']} against {row['k_reference']} of {row['n_reference']}"
        where, test = row["session_id"], "Fisher’s exact test"
    difference, limits = signed("", number(row["estimate"])), signed_interval("", low, high)
    p = p_counted(row["p_value"], None, n_tested)
    return Finding(
        f"Does {arm} help: do more people respond than with {other}?",
        {
            "found": f"More people responded with {arm} than with {other}. {BY_LOT}",
            "found_but_small": f"More people responded with {arm} than with {other}, but not "
            f"{matters}.",
            "reverse": f"Fewer people responded with {arm} than with {other}. {BY_LOT}",
            "not_found": f"Not {matters}, which would matter.",
            "cannot_tell": f"Neither that more people respond with {arm} nor that they do not "
            "has been shown.",
            "not_asked": "Too few people have scores to compare the two.",
        },
        f"Response on the {scale} at {where}, {of}: difference {difference} "
        f"percentage points (95 % interval {limits}), {p} ({test}); n = {n:.0f}.",
        metric="difference in response",
        **numbers_of(row),
        null=str(row["p_method"]),
        n=n,
        useful=useful,
        level=verdict["level"],
        n_tested=n_tested,
        evidence="outcome_rate_pairs" if paired else "outcome_rate_differences",
    )


def applied_findings(run: Run) -> list[Finding]:
    """Whether the model of a folder predicts in the cohorts that are no controls.

    Parameters
    ----------
    run : Run
        A run that applies a model.

    Returns
    -------
    list of Finding
    """
    table = run.tables["applied_performance"]
    of_numbers = "r2" in set(table["metric"])
    metric = "r2" if of_numbers else "balanced_accuracy"
    rows = table[table["metric"] == metric].drop_duplicates("cohort").to_dict("records")
    rows = [row for row in rows if run.names.roles[row["cohort"]] != Role.CONTROL]
    if not rows:
        words = {"not_asked": "Nobody has a label, so that nothing is known of performance here."}
        return [Finding("Does the model hold in these people?", words)]
    make = _of_r2 if of_numbers else _of_accuracy
    return [make(run, row, len(rows)) for row in rows]


def _of_accuracy(run: Run, row: Mapping[str, Any], n_tested: int) -> Finding:
    verdict, title = run.config["verdict"], run.names.titles[row["cohort"]]
    useful = verdict["useful_performance"]
    limits = interval_text("balanced_accuracy", row["ci_low"], row["ci_high"])
    m = number(row["n_permutations"])
    null = NULL_NAMES.get(str(row["null"]), "not tested")
    return Finding(
        f"Does the model hold in {title}?",
        {
            "found": "It does better than chance in people whom its authors had not seen.",
            "found_but_small": "It does better than chance, and by less than would be of use "
            f"({percent(useful)}).",
            "reverse": "It does worse than chance: its answers point the other way here.",
            "not_found": f"No useful prediction ({percent(useful)} or more) was found.",
            "cannot_tell": "Neither that it works here nor that it does not has been shown.",
            "not_asked": "A class has too few people for a number.",
        },
        f"{METRIC_NAMES['balanced_accuracy']} {percent(row['estimate'])} (95 % interval {limits}), "
        f"{p_counted(row['p_value'], m, n_tested)} ({null}); n = {number(row['n']):.0f}.",
        metric="balanced_accuracy",
        **numbers_of(row),
        null=str(row["null"]),
        n=number(row["n"]),
        null_value=0.5,
        useful=useful,
        level=verdict["level"],
        n_tested=n_tested,
        evidence="applied_performance",
    )


def _of_r2(run: Run, row: Mapping[str, Any], n_tested: int) -> Finding:
    title = run.names.titles[row["cohort"]]
    value, low, high = (minus(number(row[name])) for name in ("estimate", "ci_low", "ci_high"))
    return Finding(
        f"Does the model hold in {title}?",
        {
            "found": "It predicts better than the mean of its training people does.",
            "reverse": "It predicts worse than the mean of its training people does.",
            "cannot_tell": "Neither that it predicts better than a mean nor that it does not has "
            "been shown.",
            "not_asked": "Too few people have a label for a number.",
        },
        f"R2 {value} (95 % interval {low} to {high}; above 0 it helps), no test, the interval "
        f"counts; n = {number(row['n']):.0f}.",
        metric="r2",
        **numbers_of({**row, "p_value": np.nan}),
        n=number(row["n"]),
        level=run.config["verdict"]["level"],
        evidence="applied_performance",
    )
