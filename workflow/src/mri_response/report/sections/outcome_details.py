"""Tables of clinical outcomes behind the main ones: missing scores, assumptions, times, items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.clinical_outcomes import CROSSOVER, outcome_visits, trial_design
from mri_response.report.facts.clinical_outcomes import relapse_words
from mri_response.report.naming import arm_words
from mri_response.report.numbers import MINUS, minus, number, p_text, percent, with_limits
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Table, Text

_STRATEGIES = {
    "missing_at_random": "missing at random",
    "jump_to_reference": "jump to reference",
    "copy_reference": "copy reference",
    "copy_increments": "copy increments in reference",
}
_ASSUMED = {
    "jump_to_reference": "Jump to reference: who left goes on at once as the reference does.",
    "copy_reference": "Copy reference: who left had been as the reference all along.",
    "copy_increments": "Copy increments: who left keeps a lead and changes as the reference.",
}
_VARIANCES = {"frequentist": "frequentist", "information_anchored": "information-anchored"}
_FIRST_PERIOD = ", first period"
_PEOPLE = {"everybody": "everybody", "present_at_baseline": "with the symptom at baseline"}


def detail_heading(run: Run) -> str:
    """What the blocks of :func:`detail_blocks` are about.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    str
        Naming what the run has.
    """
    named = {"sustained": "lasting response", "relapse": "relapse", "item_changes": "items"}
    return ", ".join(["Missing scores", *(text for name, text in named.items() if _has(run, name))])


def detail_blocks(run: Run, scale: str) -> list[Block]:
    """Who is missing and what follows, when people responded, and single items.

    Parameters
    ----------
    run : Run
        The run.
    scale : str
        The primary scale.

    Returns
    -------
    list of Block
        Those of tables that the run has.
    """
    found: list[Block] = [_missing(run, scale)]
    if _has(run, "sensitivity"):
        found += [_sensitivity(run, scale), Text(_tipping_point(run))]
    if _has(run, "medians"):
        found.append(_times(run))
    if _has(run, "sustained"):
        found.append(_sustained(run))
    if _has(run, "relapse"):
        found.append(_relapse(run))
    if _has(run, "item_changes"):
        found.append(_items(run))
    return found


def _where(run: Run) -> str:
    """What is behind the title of a table in which arms are compared."""
    first = trial_design(run.config["clinical_outcomes"]) == CROSSOVER
    return _FIRST_PERIOD if first else ""


def _has(run: Run, name: str) -> bool:
    table = run.tables.get(f"outcome_{name}")
    return table is not None and len(table) > 0


def _missing(run: Run, scale: str) -> Table:
    table = Table(
        run.names.title(f"{scale}: who is missing"),
        ["Visit", "Arm", "Missing", "Baseline of those seen", "Baseline of those missing"],
    )
    earlier = trial_design(run.config["clinical_outcomes"]) != CROSSOVER
    if earlier:
        table.columns += ["Change before, seen", "Change before, missing"]
    for row in run.tables["outcome_missing"].to_dict("records"):
        low, high = percent(row["ci_low"]), percent(row["ci_high"])
        share = f"{row['n_missing']} of {row['n']} ({percent(row['share'])})"
        names = ["baseline_seen", "baseline_missing"]
        names += ["last_change_seen", "last_change_missing"] if earlier else []
        means = [_mean(row, name) for name in names]
        arm = arm_words(row["arm"])
        table.rows.append([row["session_id"], arm, (share, f"{low} to {high}"), *means])
    table.note = (
        "Shares with Wilson's, means with Student's 95 % intervals. Means of the scale, of five "
        "people or more. Where those who "
        "are missing had been worse or better than the others, missing at random given what was "
        "seen is still possible, missing by chance is not."
    )
    return table


def _sensitivity(run: Run, scale: str) -> Table:
    last = outcome_visits(run.config["clinical_outcomes"])[-1]
    asked = run.config["clinical_outcomes"]["sensitivity"]
    table = Table(
        run.names.title(
            f"{scale} at {last}{_where(run)}: differences under assumptions about missing scores"
        ),
        ["Arm minus reference", "Missing scores", "Errors", "Replaced", "Difference", "p"],
    )
    rows = run.tables["outcome_sensitivity"]
    for row in rows[rows["session_id"] == last].to_dict("records"):
        table.rows.append(
            [
                f"{row['arm']} {MINUS} {row['reference']}",
                _STRATEGIES[row["strategy"]],
                _VARIANCES[row["variance"]],
                f"{row['n_imputed']} and {row['n_imputed_reference']}",
                with_limits(row, 1),
                p_text(row["p_value"], None),
            ]
        )
    table.note = (
        "Points of the scale, 95 % intervals with the jackknife's errors; negative: fewer "
        f"symptoms. {' '.join(words for name, words in _ASSUMED.items() if name in asked)}"
    )
    if asked:
        table.note += (
            " Information-anchored errors do not shrink by what is borrowed from the reference."
        )
    return table


def _tipping_point(run: Run) -> str:
    rows = run.tables["outcome_tipping_point"].drop_duplicates(["arm", "reference"])
    texts = []
    for row in rows.to_dict("records"):
        point, pair = number(row["tipping_point"]), f"{row['arm']} {MINUS} {row['reference']}"
        if not np.isfinite(point):
            text = "no shift takes the interval of the difference to 0"
        elif point == 0:
            text = "the interval of the difference holds 0 without any shift"
        else:
            text = (
                f"the interval of the difference reaches 0 once missing people of {row['arm']} "
                "are "
                f"{abs(point):.1f} points {'worse' if point > 0 else 'better'} than those like "
                "them who were seen"
            )
        texts.append(f"{pair} at {row['session_id']}: {text}")
    return f"Tipping point. {'; '.join(texts)}."


def _times(run: Run) -> Table:
    unit = run.config["clinical_outcomes"]["unit"]
    table = Table(
        run.names.title(f"Time to response and remission{_where(run)}"),
        ["Outcome", "Arm", "n", "Events", "Competing", f"Median, {unit}", "Ratio of hazards", "p"],
    )
    hazards = run.tables.get("outcome_hazards", pd.DataFrame(columns=["outcome", "arm"]))
    hazards = hazards.set_index(["outcome", "arm"])
    for row in run.tables["outcome_medians"].to_dict("records"):
        median, low, high = (_time(row[name]) for name in ("median", "ci_low", "ci_high"))
        key, ratio, p = (row["outcome"], row["arm"]), "", ""
        if key in hazards.index:
            found, columns = hazards.loc[key], ("hazard_ratio", "ci_low", "ci_high")
            known = not np.isnan(number(found["hazard_ratio"]))
            ratio = with_limits(found, 2, columns) if known else "n/a"
            p = p_text(found["log_rank_p"], None)
        counts = [row["n"], row["events"], row["competing"]]
        limits = f"{low} to {high}" if low != high else ""
        table.rows.append(
            [row["outcome"], arm_words(row["arm"]), *counts, (median, limits), ratio, p]
        )
    table.note = (
        "Medians are of all people of an arm with a baseline score and not of responders; not "
        "reached where fewer than half had the event. Ratios of hazards in discrete time, arm to "
        "reference, above 1 is sooner, n/a where an arm had no event; p by the log-rank "
        "test. 95 % intervals."
    )
    if run.config["clinical_outcomes"]["competing"]:
        table.note += (
            " Ratios and p are of the hazard while nothing competing has happened, which is taken "
            "as censored there, and not of the share with the event."
        )
    return table


def _time(value: Any) -> str:
    value = number(value)
    return "n/a" if np.isnan(value) else "not reached" if np.isinf(value) else f"{value:g}"


def _sustained(run: Run) -> Table:
    visits = run.tables["outcome_sustained"]["visits"].iloc[0]
    table = Table(
        run.names.title(f"Sustained response{_where(run)}"),
        ["Arm", f"Response at each of the last {visits} visits", "Not known"],
    )
    table.note = "Wilson's 95 % intervals, of the people of whom it is known."
    for row in run.tables["outcome_sustained"].to_dict("records"):
        table.rows.append([arm_words(row["arm"]), _share(row), row["n_unknown"]])
    return table


def _relapse(run: Run) -> Table:
    table = Table(
        run.names.title(f"Relapse{_where(run)}"),
        ["Arm", "Responders followed", "Relapsed by the last visit"],
    )
    for arm, rows in run.tables["outcome_relapse"].groupby("arm", sort=False):
        last = rows.iloc[-1]
        limits = [percent(last[name]) for name in ("ci_low", "ci_high")]
        limits = "" if np.isnan(number(last["ci_low"])) else " to ".join(limits)
        table.rows.append([arm_words(arm), last["n"], (percent(last["incidence"]), limits)])
    table.note = (
        f"Relapse: {relapse_words(run.config['clinical_outcomes']['relapse'])}. "
        "From the first response, of people who responded (Kaplan and Meier, 95 % intervals, none "
        "where nobody relapsed): arms differ in who responds, so that it is no randomised "
        "comparison."
    )
    return table


def _items(run: Run) -> Table:
    section = run.config["clinical_outcomes"]["items"]
    table = Table(
        run.names.title("Single items"),
        ["Item", "Visit", "Arm", "People", "n", "Mean change", "p", "Low", "Better", "Worse"],
    )
    keys = ["item", "session_id", "arm", "people"]
    shares = run.tables["outcome_item_shares"].set_index([*keys, "share"])
    for row in run.tables["outcome_item_changes"].to_dict("records"):
        place = tuple(row[key] for key in keys)
        title = section[row["item"]]["title"] or row["item"]
        found = [
            _share(shares.loc[(*place, share)]) if (*place, share) in shares.index else "n/a"
            for share in ("low", "improved", "worsened")
        ]
        change, p = _mean(row, "mean_change", 2), p_text(row["p_value"], None)
        people = _PEOPLE[row["people"]]
        table.rows.append(
            [title, place[1], arm_words(place[2]), people, row["n"], change, p, *found]
        )
    table.note = (
        "Observed scores. Mean change from baseline with Student's 95 % interval, p by the exact "
        "signed rank test, both within people and without a control. Low: the symptom counts "
        "as absent; better and worse: a lower and a higher value than at baseline; with Wilson's "
        "95 % intervals. Hidden: so few people that single ones might be told apart."
    )
    return table


def _mean(row: Mapping[str, Any], name: str, digits: int = 1) -> tuple[str, str] | str:
    """A mean with its limits, which it lacks where all people are alike, and of how many it is."""
    if np.isnan(number(row[f"{name}_low"])):
        value = number(row[name])
        return "n/a" if np.isnan(value) else minus(value, digits)
    value, limits = with_limits(row, digits, (name, f"{name}_low", f"{name}_high"))
    n = row.get(f"{name}_n")
    return value, limits if n is None else f"{limits}, n = {n}"


def _share(row: Mapping[str, Any]) -> tuple[str, str] | str:
    if str(row.get("suppressed")) == "True":
        return "hidden"
    low, high = percent(row["ci_low"]), percent(row["ci_high"])
    return f"{number(row['k']):.0f} of {row['n']}", f"{low} to {high}"
