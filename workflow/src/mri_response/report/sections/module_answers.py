"""What belief updating and the variability of brain change answer: questions, words, numbers."""

from __future__ import annotations

import pandas as pd

from mri_response.belief_updating.run_tables import typed as typed_beliefs
from mri_response.config.belief import group_names
from mri_response.report.findings import SHORT, Finding, numbers_of, p_counted
from mri_response.report.numbers import minus, number, p_phrase, percent, with_sign
from mri_response.report.run import Run
from mri_response.report.sections.blocks import AnswerItem
from mri_response.variability.run_tables import typed as typed_changes

#: What a difference between groups of people may have as its cause.
BY_LOT = "Unless treatment was drawn by lot, other differences may explain it."


def answer_items(findings: list[Finding], target: str = "", label: str = "") -> list[AnswerItem]:
    """Write answers as the page shows them.

    Parameters
    ----------
    findings : list of Finding
        Of one module.
    target, label : str
        Anchor and name of the section that has the evidence; empty within it.

    Returns
    -------
    list of AnswerItem
    """
    items = []
    for one in findings:
        short, tone = SHORT[one.answer]
        items.append(AnswerItem(one.question, short, one.text, one.number, tone, target, label))
    return items


def belief_findings(run: Run) -> list[Finding]:
    """Whether asymmetry changes, in every session, in one group against the other.

    Parameters
    ----------
    run : Run
        A run that compares how beliefs are updated.

    Returns
    -------
    list of Finding
    """
    belief = run.config["belief"]
    groups = group_names(belief)
    table = typed_beliefs(run.tables["belief_changes"])
    table = table[(table["parameter"] == "A") & (table["contrast"] == " - ".join(groups))]
    compared = len(groups) > 1
    level, sessions = run.config["verdict"]["level"], belief["sessions"]
    found = []
    for session in sessions:
        row = table[table["session_id"] == session].iloc[0]
        rises = number(row["estimate"]) > 0
        towards = "good" if rises else "bad"
        text = f"Since {belief['baseline']} the balance moved towards learning from {towards} news"
        # The difference of two changes says nothing of either by itself.
        text += f" in {groups[0]} when compared with {groups[1]}." if compared else "."
        limits = f"{with_sign(row['ci_low'], 3)} to {with_sign(row['ci_high'], 3)}"
        groups_text = " minus ".join(groups)
        found.append(
            Finding(
                "Does treatment change how people learn from good and bad news ("
                + (f"{groups[0]} against {groups[1]}, " if compared else "")
                + f"{session})?",
                {
                    "found": f"{text} {BY_LOT if compared else 'Practice may explain it.'}",
                    "cannot_tell": "Neither that the balance between good and bad news changes nor "
                    "that it does not has been shown.",
                    "not_asked": "Too few people have both sessions.",
                },
                f"Change of asymmetry A, {groups_text}: {with_sign(row['estimate'], 3)} (95 % "
                f"interval {limits}), {p_counted(row['p_value'], None, len(sessions))} "
                f"({'Welch’s' if compared else 'paired'} t-test); n = {row['n']:.0f}.",
                metric="change of A",
                **numbers_of(row),
                null="welch_t" if compared else "paired_t",
                n=number(row["n"]),
                either=True,
                level=level,
                n_tested=len(sessions),
                evidence="belief_changes",
            )
        )
    return found


def variability_findings(run: Run) -> list[Finding]:
    """Whether people change in common ways, and whether these go with symptoms, by effect.

    Parameters
    ----------
    run : Run
        A run that describes how differently brains change.

    Returns
    -------
    list of Finding
        The first has no interval: its number is judged against that of maps without anything in
        common.
    """
    level = run.config["verdict"]["level"]
    components = typed_changes(run.tables["variability_components"])
    made = []
    for name in run.config["variability"]["effects"]:
        rows = components[components["effect"] == name]
        made.append(_of_components(name, rows, level))
        if "variability_associations" in run.tables:
            table = typed_changes(run.tables["variability_associations"])
            made.append(_of_symptoms(name, table[table["effect"] == name], level))
    return made


def _of_components(name: str, rows: pd.DataFrame, level: float) -> Finding:
    first, kept = rows.iloc[0], int(rows["retained"].sum())
    returned = int((rows["retained"] & rows["returns"]).sum())
    ways = "one way" if kept == 1 else f"{kept} ways"
    # Nothing is found that does not come back in halves of the people.
    stands = kept > 0 and returned > 0
    return Finding(
        f"Do brains change in ways that people share ({name})?",
        {
            "found": f"People differ along {ways} of change beyond chance; {returned} of {kept} "
            "come back in both halves of the people. What moves along with treatment, time or "
            "scanner looks alike here.",
            "cannot_tell": (
                f"{ways.capitalize()} of change exceed chance, but none comes back in both halves "
                "of the people."
                if kept
                else "No common way of change stands out from chance, which does not show that "
                "there is none."
            ),
        },
        f"The first explains {percent(first['explained'])} of the variance over people; without "
        f"anything in common 95 % of maps stay below {percent(first['null_95'])}, "
        f"{p_phrase(first['p_value'], None)} (random maps; judged against these, no interval); "
        f"n = {first['n']:.0f}.",
        metric="variance explained by component 1",
        estimate=number(first["explained"]),
        p_value=number(first["p_value"]),
        null=str(first["null_maps"]),
        n=number(first["n"]),
        null_value=number(first["null_95"]),
        level=level,
        evidence="variability_components",
        given="found" if stands else "cannot_tell",
    )


def _of_symptoms(name: str, rows: pd.DataFrame, level: float) -> Finding:
    asked = f"Do these changes go with what the clinic sees ({name})?"
    rows = rows[rows["r"].notna()]
    words = {"not_asked": "No common way of change was found that could be compared."}
    if rows.empty:
        return Finding(asked, words)
    row = rows.sort_values("p_max", kind="stable").iloc[0]
    column, place = str(row["column"]).replace("_", " "), f"component {row['component']:.0f}"
    what = f"{column} and {place}"
    words |= {
        "found": f"People’s place on {place} of change goes with {column}. What goes along need "
        "not be its cause.",
        "cannot_tell": "Neither that changes go with a clinical measure nor that they do not has "
        "been shown.",
    }
    of = int(row["family_size"])
    return Finding(
        asked,
        words,
        f"Strongest of {of}: {what}, r = {minus(row['r'])} (95 % interval "
        f"{minus(row['ci_low'])} to {minus(row['ci_high'])}), "
        f"{p_phrase(row['p_max'], row['n_permutations'])} for all {of} together (largest t of "
        f"{row['n_permutations']:,.0f} permutations); n = {row['n']:.0f}.",
        metric=f"r of {what}",
        **numbers_of({**row.to_dict(), "estimate": row["r"]}, "p_max"),
        null="largest_t_permuted",
        n=number(row["n"]),
        either=True,
        level=level,
        evidence="variability_associations",
    )
