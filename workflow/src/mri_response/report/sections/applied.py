"""A model from a folder, applied to the cohorts of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import CI_NAMES, METRIC_NAMES
from mri_response.report.numbers import (
    as_number,
    estimate_text,
    interval_text,
    number,
    p_text,
    with_limits,
)
from mri_response.report.run import Run
from mri_response.report.sections.blocks import (
    Answers,
    Block,
    Details,
    Figures,
    Lead,
    Table,
    Text,
    Warnings,
)
from mri_response.report.sections.clinical_answers import applied_findings
from mri_response.report.sections.module_answers import answer_items
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "applied_performance": "Performance of the applied model",
    "applied_checks": "New people beside those of the training",
    "applied_registration": "The run beside its registration",
    "applied_scores": "Scores of the applied model by person",
}
_OF_NUMBERS = {
    "r2": "R2",
    "r": "Correlation",
    "mae": "Mean absolute error",
    "rmse": "Root mean squared error",
    "calibration_slope": "Calibration slope",
}
_HOW = (
    "The model came in a folder that holds formulas, means and spreads, and no row of the people "
    "whom it was trained on. Its files were compared with their hashes, and its made-up people "
    "were scored and compared with the scores that stand in it. Nothing was fitted, centred or "
    "given another threshold here. A missing confound counts as its mean in the training people."
)
_OWN_SITES = (
    "People of a site that training did not have were harmonised by the shift and scale that they "
    "show together, without a look at labels (apply.unseen_site: own). Such scores are "
    "transductive: those of one person depend on who else of the site is scored, nobody can be "
    "scored alone, and what all people of the site share is taken off."
)
_RULE = (
    "A feature set, or a column of people, is warned of where more than 5 % of its values are more "
    "than 3 standard deviations from the training mean; a program where its name or major version "
    "is none of the training's. A missing column, another unit, grid or atlas ends a run before "
    "its first job."
)


def _blocks(run: Run) -> list[Block]:
    """What the model is, how it did with labels, and whether people are unlike its own."""
    text, checks = run.applied, run.tables["applied_checks"]
    performance = run.tables["applied_performance"]
    answers = Answers(answer_items(applied_findings(run)))
    found: list[Block] = [answers, Lead(_what(run, text)), *_registration(run)]
    warned = checks[checks["level"] == "warning"]
    if len(warned):
        items = [
            f"{run.names.titles[row.cohort]}, {row.about}: {row.finding}."
            for row in warned.itertuples()
        ]
        found.append(Warnings("People unlike those of the training", items))
    if run.config["apply"]["outcome"] is None:
        found.append(Text("No outcome is named, so that nothing is known of performance here."))
    elif performance.empty:
        found.append(Text("Nobody has a label yet, so that nothing is known of performance here."))
    else:
        found += [Figures(("applied_performance",)), _table(run, performance)]
    found.append(_before(text))
    found.append(Details("Are these people like those of the training?", [_checks(run, checks)]))
    how = [Text(_HOW), *([Text(_OWN_SITES)] if _own_sites(run) else []), *_hashes(run, text)]
    found.append(Details("How the model was applied", how))
    return found


def _own_sites(run: Run) -> bool:
    return run.config["confounds"]["unseen_site"] == "own"


def _what(run: Run, text: Mapping[str, Any]) -> str:
    analysed = run.flow[run.flow["step"] == "analysed"]
    counts = ", ".join(
        f"{run.names.titles[row.cohort]} {int(number(row.n))}" for row in analysed.itertuples()
    )
    total = int(as_number(analysed["n"]).sum())
    training = text["training"]
    return (
        f"The model {text['name']} of the study “{text['study']}”, trained on "
        f"{training['n_people']} people of {training['cohort']}, scored {total} people: "
        f"{counts}."
    )


def _registration(run: Run) -> list[Block]:
    table = run.tables["applied_registration"]
    if table.empty:
        return []
    date = table["date"].iloc[0]
    differs = list(table.loc[table["matches"] != "True", "what"])
    dated = f"dated {date}" if isinstance(date, str) else "without a date"
    if differs:
        items = [f"{what}: not what was registered." for what in differs]
        return [Warnings(f"Differs from a registration {dated} by its author", items)]
    return [
        Text(
            f"Model, plan and scores match a registration {dated} by its author, from before "
            "labels were there. The date is that of the author's clock: proof needs a public "
            "deposit."
        )
    ]


def _table(run: Run, performance: pd.DataFrame) -> Table:
    names = run.names
    table = Table(
        names.title("Performance in people with a label"),
        ["Cohort", "n", "Number", "Estimate", "95 % interval", "Method", "p"],
        note="p is one-sided, by permutation of the cohort's own labels, the model staying as it "
        "is; numbers have none.",
    )
    rows = performance.drop_duplicates(["cohort", "metric"])
    for cohort in names.ordered(rows["cohort"]):
        own = rows[rows["cohort"] == cohort].set_index("metric")
        for metric, name in (METRIC_NAMES | _OF_NUMBERS).items():
            if metric not in own.index:
                continue
            row, title = own.loc[metric], names.titles[cohort]
            if np.isnan(number(row["estimate"])):
                table.rows.append(
                    [title, row["n"], name, "not computed: too few people of a class"]
                )
                continue
            cells = [*_numbers(metric, row), CI_NAMES.get(row["ci_method"], row["ci_method"])]
            tested = not np.isnan(number(row["p_value"]))
            p = p_text(row["p_value"], row["n_permutations"]) if tested else "not tested alone"
            table.rows.append([title, row["n"], name, *cells, p])
    return table


def _numbers(metric: str, row: pd.Series) -> list[str]:
    if metric in METRIC_NAMES:
        limits = interval_text(metric, row["ci_low"], row["ci_high"])
        return [estimate_text(metric, row["estimate"]), limits]
    return list(with_limits(row, 3))


def _before(text: Mapping[str, Any]) -> Table:
    table = Table(
        "What its authors found in cross-validation, in the training people",
        ["Number", "n", "Estimate", "95 % interval", "p"],
        note="As the folder of the model states it; p is one-sided, by permutation.",
    )
    for row in text["performance"]:
        name = (METRIC_NAMES | _OF_NUMBERS).get(row["metric"])
        if name is not None:
            tested = row["p_value"] is not None
            p = p_text(row["p_value"], row["n_permutations"]) if tested else "not tested alone"
            cells = [*_numbers(row["metric"], pd.Series(row)), p]
            table.rows.append([name, f"{row['n']:.0f}", *cells])
    return table


def _checks(run: Run, checks: pd.DataFrame) -> Table:
    rows = [
        [run.names.titles[row.cohort], row.about, row.level, row.finding]
        for row in checks.itertuples()
    ]
    return Table(
        "New people beside those of the training", ["Cohort", "About", "", "Finding"], rows, _RULE
    )


def _hashes(run: Run, text: Mapping[str, Any]) -> list[Block]:
    licence = text["licence"] or "none was stated by its authors"
    return [
        Text(f"Licence of the model: {licence}. Made with {text['made_with']}."),
        Text("SHA-256 of the folder:", run.config["apply"]["folder_sha256"]),
    ]


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe the figure of this section to readers who do not see it."""
    table = run.tables["applied_performance"]
    n = as_number(table["n"]).max() if len(table) else 0
    return f"Estimates with intervals in every cohort, up to {n:.0f} people; the table has them."


SECTION = Section(
    "applied",
    "The model from the folder, in these people",
    "Applied model",
    _blocks,
    TABLES,
    _alt_text,
    shows_people=True,
    module="apply",
    findings=applied_findings,
)
