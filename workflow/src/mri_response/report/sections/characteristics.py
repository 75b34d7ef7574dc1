"""Who the analysed people are, by cohort and class."""

from __future__ import annotations

from mri_response.config.queries import class_names, has_classes
from mri_response.core.vocabulary import EVERYBODY
from mri_response.report.numbers import as_numbers
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Table
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "characteristics": "Who the analysed people are",
}
_NAMES = {
    "outcome": "Outcome",
    "age": "Age (years)",
    "tiv": "TIV (ml)",
    "sex": "Sex",
    "site": "Site",
    "baseline_score": "Score before treatment",
}


def _blocks(run: Run) -> list[Block]:
    """The characteristics of the analysed people."""
    return [_table(run)] if len(run.tables.get("characteristics", ())) else []


def _table(run: Run) -> Table:
    names = run.names
    numbers = ("n", "n_missing", "mean", "sd", "share")
    table = as_numbers(run.tables["characteristics"], numbers)
    cohorts = names.ordered(table["cohort"])
    groups = {EVERYBODY: EVERYBODY}
    if has_classes(run.config):
        shown_as = (names.positive, names.negative)
        groups |= dict(zip(class_names(run.config), shown_as, strict=True))
    columns = _keys(table)
    shown = Table(
        names.title("Characteristics of the analysed people"),
        ["Cohort", "Group", "People", *(_variable(key) for key in columns)],
    )
    for cohort in cohorts:
        for group, title in groups.items():
            rows = table[(table["cohort"] == cohort) & (table["group"] == group)]
            cells = dict(zip(_keys(rows), (_cell(r) for _, r in rows.iterrows()), strict=True))
            n = f"{rows['n'].iloc[0]:.0f}" if len(rows) else "n/a"
            shown.rows.append(
                [names.titles[cohort], title, n, *(cells.get(key, "n/a") for key in columns)]
            )
    shown.note = (
        "Numbers are means (standard deviations), categories shares. n/a: not known, or too few "
        f"people to be told of (fewer than {run.config['min_class_size']})."
    )
    return shown


def _keys(table) -> list[tuple[str, str]]:
    pairs = table[["variable", "level"]].fillna("").drop_duplicates()
    return list(pairs.itertuples(index=False, name=None))


def _variable(key: tuple[str, str]) -> str:
    variable, level = key
    return f"{_NAMES.get(variable, variable)} {level}".strip()


def _cell(row) -> str | tuple[str, str]:
    text = "n/a"
    if row["share"] == row["share"]:
        text = f"{100 * row['share']:.0f} %"
    elif row["mean"] == row["mean"]:
        text = f"{row['mean']:.1f} ({row['sd']:.1f})"
    return (text, f"{row['n_missing']:.0f} missing") if row["n_missing"] else text


SECTION = Section(
    "characteristics",
    "Who the people are",
    "People",
    _blocks,
    TABLES,
    module="cohorts",
)
