"""Quality of the scans."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.features.quality_measures import FEWEST, MEASURES, RULES
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, number
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, Lead, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "qc": "Quality of the scans, person by person",
}


def _blocks(run: Run) -> list[Block]:
    """What was measured on the scans, how many are conspicuous, who was left out by which rule.

    Rows of single people only with ``report: participant_level: true``.
    """
    names = run.names
    if "qc" not in run.tables:
        return []
    qc, settings = run.tables["qc"], run.config["quality_control"]
    found: list[Block] = [
        Text(_what(qc, settings["outlier_z"])),
        Text(_rules(qc, settings["exclude"])),
    ]
    small = [c for c in names.ordered(qc["cohort"]) if (qc["cohort"] == c).sum() < FEWEST]
    if small:
        titles = ", ".join(names.titles[cohort] for cohort in small)
        found.append(
            Text(
                f"{titles}: fewer than {FEWEST} scans, too few to say what is usual. Only "
                "implausible volumes are flagged there."
            )
        )
    if run.config["report"]["participant_level"]:
        found.append(_people(qc, names))
    return [
        Lead(quality_counts(qc, names)),
        Figures(("quality",)),
        _table(qc, run.summaries["qc_summary"], names),
        Details("What was measured, what is flagged and what is left out", found),
    ]


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    names = run.names
    table = run.tables.get("qc")
    return "Not measured." if table is None else quality_counts(table, names)


def quality_counts(qc: pd.DataFrame, names: Naming) -> str:
    """How many scans each cohort has, and how many of them are flagged or excluded by rule.

    Parameters
    ----------
    qc : pandas.DataFrame
        The table ``qc.tsv``.
    names : Naming
        How things are called in this run.
    """
    parts = []
    for cohort in names.ordered(qc["cohort"]):
        own = qc[qc["cohort"] == cohort]
        flagged, excluded = (int(own[column].notna().sum()) for column in ("flag", "excluded"))
        parts.append(
            f"{names.titles[cohort]} {len(own)}, {flagged} flagged, {excluded} excluded by rule"
        )
    return f"Scans: {'; '.join(parts)}."


def _what(qc: pd.DataFrame, limit: float) -> str:
    maps = as_number(qc["mean_correlation"]).notna().any()
    regions = as_number(qc["mahalanobis"]).notna().any()
    measures = []
    if maps:
        measures.append(
            "how well its map correlates with the mean map of all other people, which falls where "
            "a scan is blurred, cut off or badly aligned"
        )
    if regions:
        measures.append(
            "how far its regions lie from the cohort's median (Mahalanobis distance, with the "
            "covariance of the other people, shrunk because there may be more regions than people)"
        )
    measures.append("total intracranial volume" + (" and the mean of the map" if maps else ""))
    return (
        "Every scan of a person who could be analysed was compared with the others of its cohort: "
        f"{'; '.join(measures)}. Flagged is what lies more than {limit:g} robust standard "
        "deviations from the median, one region more than twice as far, or a volume that is not "
        "plausible; so is a scan that is almost that of another person, a map that does not show "
        "all of the grey-matter template, and every scan of a cohort whose maps or values hardly "
        "compare with the others. The outcome was not looked at. A flag is a reason to look at the "
        "scan, not a verdict: large ventricles are conspicuous and real. Among 100 good scans a "
        "few are flagged."
    )


def _table(qc: pd.DataFrame, summary: pd.DataFrame, names: Naming) -> Table:
    measures = [m for m in MEASURES if as_number(qc[m]).notna().any()]
    headers = {
        "tiv": "Intracranial volume, ml: median (range)",
        "map_mean": "Mean of the map: median (range)",
        "mean_correlation": "Correlation with the mean map: median (lowest)",
        "mahalanobis": "Distance of the regions: median (largest)",
    }
    table = Table(
        names.title("Scans by cohort"),
        ["Cohort", "Scans", "Flagged", "Excluded by rule", *(headers[m] for m in measures)],
    )
    several = len(set(summary["source"])) > 1
    for cohort in names.ordered(summary["cohort"]):
        for _, row in summary[summary["cohort"] == cohort].iterrows():
            title = names.titles[cohort] + (f", {row['source']}" if several else "")
            counts = [int(number(row[column])) for column in ("n", "n_flagged", "n_excluded")]
            table.rows.append([title, *counts, *(_cell(measure, row) for measure in measures)])
    table.note = (
        "Scans of everybody who met all other criteria, before exclusion by a rule. Which scan is "
        "flagged, why, and what it looks like: qc.tsv, qc/people.png and "
        "qc/scans.png in the folder of the run, which name people."
    )
    return table


def _cell(measure: str, row: pd.Series) -> str:
    values = [number(row[f"{measure}_{what}"]) for what in ("median", "lowest", "highest")]
    if np.isnan(values[0]):
        return "not known"
    digits = {"tiv": 0, "map_mean": 2, "mean_correlation": 2, "mahalanobis": 1}[measure]
    median, low, high = (f"{value:.{digits}f}" for value in values)
    shown = {"mean_correlation": low, "mahalanobis": high}.get(measure, f"{low} to {high}")
    return f"{median} ({shown})"


def _rules(qc: pd.DataFrame, rules: list[dict]) -> str:
    if not rules:
        return "The configuration has no rule that leaves scans out: all of them were analysed."
    texts = [
        f"{RULES[rule['measure']]} {side} {rule[side]:g}"
        for rule in rules
        for side in ("below", "above")
        if side in rule
    ]
    left_out = int(qc["excluded"].notna().sum())
    return (
        f"Left out by a rule of the configuration: {left_out} of {len(qc)} scans (rules: "
        f"{'; '.join(texts)}). They are among the exclusions above. The limits are fixed numbers "
        "and see no outcome. Limits chosen after a result was seen would make it too good."
    )


def _people(qc: pd.DataFrame, names: Naming) -> Table:
    keys = [key for key in ("participant_id", "session_id") if key in qc]
    table = Table(
        names.title("Conspicuous scans, person by person"), ["Cohort", *keys, "Flag", "Excluded"]
    )
    for _, row in qc[qc["flag"].notna() | qc["excluded"].notna()].iterrows():
        cells = [
            row[key] if isinstance(row[key], str) else "" for key in (*keys, "flag", "excluded")
        ]
        table.rows.append([names.titles[row["cohort"]], *cells])
    return table


SECTION = Section(
    "quality",
    "Quality of the scans",
    "Scans",
    _blocks,
    TABLES,
    _alt_text,
)
