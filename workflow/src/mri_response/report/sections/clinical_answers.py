"""What clinical outcomes and an applied model answer: questions, words, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mri_response.clinical_outcomes.measures import treatment_of
from mri_response.config.clinical_outcomes import CROSSOVER, SINGLE_ARM, trial_design
from mri_response.core.vocabulary import Role
from mri_response.report.findings import Finding, numbers_of, times
from mri_response.report.naming import METRIC_NAMES, NULL_NAMES
from mri_response.report.numbers import (
    interval_text,
    minus,
    number,
    p_phrase,
    percent,
    signed,
    signed_interval,
)
from mri_response.report.run import Run
from mri_response.report.sections.module_answers import BY_LOT


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


def outcome_findings(run: Run) -> list[Finding]:
    """Whether more people respond with a treatment than with what it is compared with.

    Parameters
    ----------
    run : Run
        A run that analyses the scores themselves.

    Returns
    -------
    list of Finding
        One for each arm beside the reference, of everybody with a score at the visit of
        `session_shown`; of the same people in a crossover, at its first time point.
    """
    section = run.config["clinical_outcomes"]
    scale = next(iter(section["scales"]))
    design, verdict = trial_design(section), run.config["verdict"]
    if design == SINGLE_ARM:
        words = {"not_asked": "One group was followed without a comparison: what the treatment "
                 "did to it cannot be told."}  # fmt: skip
        return [Finding("Does the treatment help: do more people respond?", words)]
    table = run.tables["outcome_rate_pairs" if design == CROSSOVER else "outcome_rate_differences"]
    rows = table[(table["scale"] == scale) & (table["outcome"] == "response")]
    rows = rows[rows["measure"] == "risk_difference"]
    if design == CROSSOVER:
        rows = rows.head(1).assign(arm=treatment_of(section), reference=section["reference"])
    elif len(rows):
        session = session_shown(run, list(dict.fromkeys(rows["session_id"])))
        rows = rows[(rows["session_id"] == session) & (rows["counted"] == "observed")]
    return [
        _of_rates(row, scale, len(rows), verdict, design == CROSSOVER)
        for row in rows.to_dict("records")
    ]


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
    p = p_phrase(row["p_value"], None)
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
        f"points (95 % interval {limits}), {p}{times(n_tested)} ({test}); n = {n:.0f}.",
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
        f"{p_phrase(row['p_value'], m)}{times(n_tested)} ({null}); n = {number(row['n']):.0f}.",
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
