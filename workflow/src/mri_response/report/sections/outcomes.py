"""What became of the scores themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.clinical_outcomes.kenward_roger import ROBUST
from mri_response.clinical_outcomes.measures import treatment_of
from mri_response.clinical_outcomes.rates import Estimate, number_needed_text
from mri_response.clinical_outcomes.visits import ONE_ARM
from mri_response.config.clinical_outcomes import CROSSOVER, SINGLE_ARM, trial_design
from mri_response.report.facts.clinical_outcomes import covariance_words, design_words
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import arm_words
from mri_response.report.numbers import number, p_text, percent, with_limits, with_sign
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, Lead, Table, Text
from mri_response.report.sections.clinical_answers import (
    CROSSOVER_METHODS,
    outcome_findings,
    session_shown,
)
from mri_response.report.sections.outcome_details import detail_blocks, detail_heading
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "outcome_rates": "Response and remission by visit",
    "outcome_rate_differences": "Differences in rates between arms",
    "outcome_rate_pairs": "Differences in rates within people",
    "outcome_change": "Changes within people and their sizes",
    "outcome_between": "Differences between arms and their sizes",
    "outcome_pairs": "Differences between treatments within people",
    "outcome_model": "Means and differences by mixed models",
    "outcome_fit": "How the mixed models were fitted",
    "outcome_crossover": "Crossover by three methods",
    "outcome_missing": "Missing scores by visit",
    "outcome_patterns": "Patterns of missing scores",
    "outcome_bounds": "Bounds under extreme outcomes of missing people",
    "outcome_sensitivity": "Differences under assumptions about missing scores",
    "outcome_tipping_point": "Differences with shifted missing scores",
    "outcome_incidence": "Share with a response by time",
    "outcome_medians": "Median time to response",
    "outcome_hazards": "Ratios of hazards of response",
    "outcome_sustained": "Sustained response",
    "outcome_relapse": "Relapse after response",
    "outcome_item_changes": "Changes of items",
    "outcome_item_shares": "Items: low, better, worse",
    "outcome_item_differences": "Differences in items between arms",
}
_NNT = (
    "NNT: number needed to treat for one more responder (NNTB) or one fewer (NNTH); its interval "
    "passes through infinity where that of the difference holds 0."
)


def _blocks(run: Run) -> list[Block]:
    """The design, rates, changes, and differences between arms or treatments."""
    section = run.config["clinical_outcomes"]
    scale = next(iter(section["scales"]))
    about = Text(
        f"{design_words(section)} The scores of everybody whom the cohorts' filters keep, with "
        f"or without a scan; {scale} is the primary scale."
    )
    tables = [_course(run, scale)]
    if trial_design(section) != SINGLE_ARM:
        tables = [_differences(run, scale), *tables, _rate_differences(run, scale)]
    if trial_design(section) == CROSSOVER:
        tables = [_crossover(run, scale), _rate_pairs(run, scale), *tables]
    more = ("outcome_between", "outcome_pairs", "outcome_change", "outcome_incidence")
    missing = ("outcome_patterns", "outcome_tipping_point")
    return [
        *([] if trial_design(section) == CROSSOVER else [Lead(response_of_arms(run, scale))]),
        about,
        Figures(("outcome_trajectories",)),
        tables[0],
        Details("Every visit, sizes of effects and time to response", [*tables[1:], Figures(more)]),
        Details(detail_heading(run), [Figures(missing), *detail_blocks(run, scale)]),
    ]


def response_of_arms(run: Run, scale: str) -> str:
    """Response at the endpoint of the prediction, or at the last visit, arm by arm.

    Parameters
    ----------
    run : Run
        A run that analyses the scores themselves, of other than a crossover.
    scale : str
        The primary scale.

    Returns
    -------
    str
    """
    rates = _rows(run, "rates", scale=scale, counted="observed", outcome="response")
    session = session_shown(run, list(dict.fromkeys(rates["session_id"])))
    parts = []
    for row in rates[rates["session_id"] == session].to_dict("records"):
        arm = "" if row["arm"] == ONE_ARM else f"{row['arm']} "
        limits = f"{percent(row['ci_low'])} to {percent(row['ci_high'])}"
        share = f"{percent(row['estimate'])}, 95 % interval {limits}"
        parts.append(f"{arm}{row['k']} of {row['n']} ({share})")
    return f"Response on the {scale} at {session}: {'; '.join(parts)}."


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    return f"{spec.heading}; the tables of this section have the numbers."


def _rows(run: Run, name: str, **wanted: object) -> pd.DataFrame:
    table = run.tables[f"outcome_{name}"]
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def _course(run: Run, scale: str) -> Table:
    table = Table(
        run.names.title(f"{scale} by visit"),
        ["Visit", "Arm", "n", "Mean change", "Change / its SD", "Response", "Remission"],
    )
    changes = _rows(run, "change", scale=scale, standardiser="change")
    changes = changes.set_index(["session_id", "arm"])
    rates = _rows(run, "rates", scale=scale, counted="observed")
    shares = rates.set_index(["session_id", "arm", "outcome"])
    for session, arm in dict.fromkeys(zip(rates["session_id"], rates["arm"], strict=True)):
        row = [session, arm_words(arm), shares.loc[(session, arm, "response"), "n"]]
        if (session, arm) in changes.index:
            change = changes.loc[(session, arm)]
            points = ("mean_change", "mean_change_low", "mean_change_high")
            row += [with_limits(change, 1, points), with_limits(change, 2)]
        else:
            row += ["n/a", "n/a"]
        for outcome in ("response", "remission"):
            key = (session, arm, outcome)
            row.append(_share(shares.loc[key]) if key in shares.index else "n/a")
        table.rows.append(row)
    table.note = (
        "Observed scores, points of the scale, 95 % intervals. Changes are from baseline, within "
        "people and without a control; their size is Hedges' g on the SD of the change, and "
        "no effect of the treatment."
    )
    if trial_design(run.config["clinical_outcomes"]) == CROSSOVER:
        table.note += (
            " There is one baseline, so that a change in the second period also holds what the "
            "first one left."
        )
    return table


def _share(row: Mapping[str, Any]) -> tuple[str, str]:
    low, high = percent(row["ci_low"]), percent(row["ci_high"])
    return f"{row['k']} of {row['n']} ({percent(row['estimate'])})", f"{low} to {high}"


def _crossover(run: Run, scale: str) -> Table:
    table = Table(
        run.names.title(f"{scale}: one treatment minus the other"),
        ["Time point", "Method", "People", "Difference", "df", "p"],
    )
    for row in _rows(run, "crossover", effect="treatment").to_dict("records"):
        difference = with_limits(row, 1)
        cells = [row["time_point"], CROSSOVER_METHODS[row["method"]], row["n_people"], difference]
        table.rows.append([*cells, f"{number(row['df']):.1f}", p_text(row["p_value"], None)])
    table.note = (
        "Points of the scale with 95 % intervals; negative: fewer symptoms. The mixed model and "
        "the first period alone have the baseline as a covariate. Carry-over, sequence and "
        "treatment by period cannot be told apart and do not choose the method."
    )
    return table


def _differences(run: Run, scale: str) -> Table:
    table = Table(
        run.names.title(f"{scale}: differences between arms by the mixed model{_where(run)}"),
        ["Visit", "Arm minus reference", "n", "Difference", "df", "p", "Hedges' g"],
    )
    effects = _rows(run, "between", scale=scale, standardiser="change")
    effects = effects.set_index(["session_id", "arm"])
    for row in _rows(run, "model", model="mmrm", quantity="difference").to_dict("records"):
        key = (row["session_id"], row["arm"])
        pair = f"{row['arm']} minus {row['reference']}"
        n = f"{row['n']} and {number(row['n_reference']):.0f}"
        difference = with_limits(row, 1)
        size = with_limits(effects.loc[key], 2) if key in effects.index else "n/a"
        df = f"{number(row['df']):.1f}"
        table.rows.append(
            [row["session_id"], pair, n, difference, df, p_text(row["p_value"], None), size]
        )
    table.note = (
        "Change from baseline adjusted for the baseline, points of the scale, 95 % intervals; "
        "negative: fewer symptoms. Hedges' g is of observed changes, on their pooled SD. There is "
        f"no correction for the number of visits. {_covariance(run)}"
    )
    return table


def _where(run: Run) -> str:
    """What is behind the title of a table in which arms are compared."""
    first = trial_design(run.config["clinical_outcomes"]) == CROSSOVER
    return ", first period" if first else ""


def _covariance(run: Run) -> str:
    """The covariance that the mixed model was fitted with, and which ones could not be."""
    row = _rows(run, "fit", model="mmrm").iloc[0]
    tried = "" if _absent(row["not_fitted"]) else covariance_words(str(row["not_fitted"]))
    if _absent(row["covariance"]):
        return f"No covariance of a person's visits could be fitted ({tried})."
    words = f"The covariance of a person's visits was {covariance_words(row['covariance'])}"
    if row["df_method"] == ROBUST:
        words += ", with robust errors"
    return f"{words}, since others could not be fitted ({tried})." if tried else f"{words}."


def _absent(cell: object) -> bool:
    return bool(pd.isna(cell)) or cell == "n/a"


def _rate_differences(run: Run, scale: str) -> Table:
    table = Table(
        run.names.title(f"{scale}: differences in response{_where(run)}"),
        ["Visit", "Arms", "Missing scores", "Responders", "Risk difference", "NNT", "p"],
    )
    rows = _rows(run, "rate_differences", scale=scale, outcome="response")
    keys = ["session_id", "arm", "reference", "counted"]
    for (session, arm, reference, counted), own in rows.groupby(keys, sort=False):
        by_measure = own.set_index("measure")
        risk = by_measure.loc["risk_difference"]
        table.rows.append(
            [
                session,
                f"{arm}, {reference}",
                "left out" if counted == "observed" else "no response",
                f"{risk['k']} of {risk['n']}, {risk['k_reference']} of {risk['n_reference']}",
                *_risk(by_measure),
            ]
        )
    table.note = f"Newcombe's 95 % intervals; Fisher's exact test. {_NNT}"
    return table


def _rate_pairs(run: Run, scale: str) -> Table:
    section = run.config["clinical_outcomes"]
    own, reference = treatment_of(section), section["reference"]
    table = Table(
        run.names.title(f"{scale}: response of the same people under both treatments"),
        [
            *("Time point", "People", f"Under {own}", f"Under {reference}"),
            *("Under one alone", "Risk difference", "NNT", "p"),
        ],
    )
    rows = _rows(run, "rate_pairs", scale=scale, outcome="response")
    for point, pairs in rows.groupby("time_point", sort=False):
        by_measure = pairs.set_index("measure")
        cells = by_measure.loc["risk_difference"]
        names = ("both", "only_first", "only_reference")
        both, first, second = (int(number(cells[name])) for name in names)
        table.rows.append(
            [
                *(point, cells["n"], both + first, both + second),
                *(f"{first} and {second}", *_risk(by_measure)),
            ]
        )
    table.note = (
        f"People with scores after both, whose response is from the one baseline; {own} minus "
        f"{reference}. Newcombe's 95 % intervals for pairs; McNemar's exact test, which looks at "
        f"people who responded under one treatment alone. {_NNT}"
    )
    return table


def _risk(by_measure: pd.DataFrame) -> tuple[tuple[str, str], str, str]:
    """Cells of a risk difference with its interval, the number needed to treat and p."""
    columns = ("estimate", "ci_low", "ci_high")
    risk, needed = (by_measure.loc[k] for k in ("risk_difference", "number_needed_to_treat"))
    value, low, high = (with_sign(100 * number(risk[c]), 1) for c in columns)
    words = number_needed_text(Estimate(*(number(needed[c]) for c in columns)))
    return (f"{value} points", f"{low} to {high}"), words, p_text(risk["p_value"], None)


SECTION = Section(
    "outcomes",
    "What became of the scores",
    "Outcomes",
    _blocks,
    TABLES,
    _alt_text,
    module="clinical_outcomes",
    findings=outcome_findings,
)
