"""Cohorts and who was left out."""

from __future__ import annotations

from mri_response.report.figures.plan import FigureSpec
from mri_response.report.lookup import CLASS_STEPS, left_out_by_reason
from mri_response.report.numbers import as_number, number
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, Lead, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "flow": "Flow of participants, counts",
    "exclusions_by_reason": "Exclusions by reason, counts",
    "exclusions": "Exclusions by person",
}


def _blocks(run: Run) -> list[Block]:
    """How many people every cohort has, and why the others were left out.

    Single people are listed only with ``report: participant_level: true``.
    """
    by_reason = _exclusion_table(run)
    nobody = Text("Nobody who matched the row filters was left out.")
    left_out: list[Block] = [by_reason if by_reason.rows else nobody]
    if run.participant_level and len(run.exclusions):
        left_out.append(_person_table(run))
    return [
        Lead(_analysed(run)),
        Figures(("flow",)),
        _flow_table(run),
        Details("Who was left out, and why", left_out),
    ]


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe the flow of participants to readers who do not see it."""
    return f"{_analysed(run)} The table has every step."


def _analysed(run: Run) -> str:
    names = run.names
    analysed = run.flow[run.flow["step"] == "analysed"].set_index("cohort")["n"]
    counts = (f"{names.titles[c]} {analysed[c]}" for c in names.ordered(analysed.index))
    return f"Analysed: {'; '.join(counts)}."


def _flow_table(run: Run) -> Table:
    names = run.names
    flow = run.flow.assign(n=as_number(run.flow["n"]).astype(int))
    table = Table(
        names.title("Cohorts"),
        [
            "Cohort",
            "Role",
            "In table",
            "Matching filter",
            "Excluded",
            "Analysed",
            *([names.positive, names.negative] if names.positive else ()),
        ],
    )
    for cohort in names.ordered(flow["cohort"]):
        steps = flow[flow["cohort"] == cohort].set_index("step")["n"]
        in_table = steps["in participants table"]
        matching = steps.get("matching the row filter", in_table)
        table.rows.append(
            [
                names.titles[cohort],
                names.roles[cohort],
                in_table,
                matching,
                matching - steps["analysed"],
                steps["analysed"],
                *(steps[step] for step in CLASS_STEPS if step in steps),
            ]
        )
    return table


def _exclusion_table(run: Run) -> Table:
    names = run.names
    table = Table(names.title("Exclusions by reason"), ["Cohort", "Reason", "People"])
    for _, row in left_out_by_reason(run.flow, names).iterrows():
        table.rows.append([names.titles[row["cohort"]], row["reason"], int(number(row["n"]))])
    return table


def _person_table(run: Run) -> Table:
    names = run.names
    columns = [c for c in ("participant_id", "session_id") if c in run.exclusions]
    table = Table(names.title("Exclusions, person by person"), ["Cohort", *columns, "Reason"])
    for _, row in run.exclusions.iterrows():
        table.rows.append([names.titles[row["cohort"]], *(row[c] for c in columns), row["reason"]])
    return table


SECTION = Section(
    "cohorts",
    "Cohorts and who was left out",
    "Cohorts",
    _blocks,
    TABLES,
    _alt_text,
    module="cohorts",
)
