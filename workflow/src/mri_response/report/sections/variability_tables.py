"""Tables of the section on variability: what each has in its columns, and what is said below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mri_response.report.numbers import minus, p_text, with_limits
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Table

Row = Mapping[str, Any]
Cell = Callable[[Row], Any]


def _text(key: str) -> Cell:
    return lambda row: row[key] if pd.notna(row[key]) else ""


def _whole(key: str) -> Cell:
    return lambda row: f"{row[key]:.0f}"


def _whole_or_none(key: str) -> Cell:
    return lambda row: _whole(key)(row) if pd.notna(row[key]) else ""


def _percent(key: str, digits: int = 0) -> Cell:
    return lambda row: f"{100 * row[key]:.{digits}f} %" if pd.notna(row[key]) else ""


def _number(key: str, digits: int = 2) -> Cell:
    return lambda row: minus(row[key], digits) if pd.notna(row[key]) else ""


def _count(key: str, other: Cell) -> Cell:
    """A number of axes is whole."""
    return lambda row: (_whole(key) if row["quantity"] == "axes" else other)(row)


def _limits(key: str, digits: int = 2, of: str = "ci") -> Cell:
    """An estimate with its limits, alone where it has none."""
    names = (key, f"{of}_low", f"{of}_high")
    return lambda row: (
        with_limits(row, digits, names) if pd.notna(row[names[1]]) else _number(key, digits)(row)
    )


def _p(key: str, permutations: str | None = None) -> Cell:
    n = (lambda row: row[permutations]) if permutations else (lambda row: None)
    return lambda row: p_text(row[key], n(row)) if pd.notna(row[key]) else ""


@dataclass(frozen=True)
class _Columns:
    """Title, headings with what stands below them, the rows that are shown, and the note."""

    title: str
    columns: tuple[tuple[str, Cell], ...]
    note: Callable[[pd.DataFrame], str]
    rows: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table


def _symptoms_note(table: pd.DataFrame) -> str:
    if table.empty:
        return "No component is retained, or too few people have values: nothing is tested."
    given = "; ".join(dict.fromkeys(table["adjusted_for"]))
    return (
        f"Partial correlations over people, adjusted for: {given}. This says how changes go "
        "together and predicts nothing. The sign of a component is arbitrary."
    )


def _genes_note(table: pd.DataFrame) -> str:
    sides = table["hemisphere"].iloc[0].replace("_", " ")
    return (
        f"{_values(table, 'n_regions')} regions ({sides}), {_values(table, 'n')} people; small "
        "numbers: 95 % intervals over people. The largest p leads. Genes beyond: share of the "
        f"other genes of the table ({_values(table, 'n_genes')} in all) with an |r| that is not "
        "smaller; main axis: first component of all genes."
    )


def _values(table: pd.DataFrame, column: str) -> str:
    """The number that all effects have, or the numbers that they have."""
    return " or ".join(f"{value:.0f}" for value in dict.fromkeys(table[column]))


def _components_note(table: pd.DataFrame) -> str:
    smooth = table["null_maps"].ne("within_region").any()
    return (
        f"{_values(table, 'n')} people. Variance is judged beside random maps (p, and the 95 % "
        "quantile of their component of the same rank) and has no interval: shares of bootstrap "
        "samples are too large. "
        "Same rank and cosine (median): of bootstrap samples of people, components matched. "
        "Halves: mean absolute cosine between halves of the people, beside that of the random "
        "maps. Top person: largest share of a component; without one: smallest cosine when one "
        "person is left out."
        + (
            " A mean change of the whole map counts as smoothness and not as an axis; center: map "
            "takes it out."
            if smooth
            else ""
        )
    )


_QUANTITIES = {
    "axes": "axes",
    "cosine": "cosine with the planted axis",
    "ln_vr": "log ratio of SDs",
    "mean": "mean change",
    "r_score": "|r| with the change of score",
    "r_gene": "r of component 1 with the gene",
}

_TABLES = {
    "components": _Columns(
        "Components of change beside random maps",
        (
            ("Effect", _text("effect")),
            ("Component", _whole("component")),
            ("Variance", _percent("explained", 1)),
            ("95 % of null", _percent("null_95", 1)),
            ("p", _p("p_value")),
            ("Retained", lambda row: "yes" if row["retained"] else "no"),
            ("Same rank", _percent("rank_kept")),
            ("Cosine", _number("cos_median")),
            ("Halves", _number("split_half")),
            ("95 % of null", _number("split_half_null_95")),
            ("Top person", _percent("top_person_share")),
            ("Without one", _number("cos_without_one")),
        ),
        _components_note,
        lambda table: table[table["retained"] | (table["component"] <= 5)],
    ),
    "region_sets": _Columns(
        "Regions that works on ketamine name: mean change and its spread",
        (
            ("Effect", _text("effect")),
            ("Region", _text("region_set")),
            ("n", _whole("n")),
            ("Mean change", _limits("mean", 3)),
            ("p", _p("p_max")),
            ("SD", _number("sd", 3)),
            ("n, control", _whole_or_none("n_control")),
            ("SD, control", _number("sd_control", 3)),
            ("Log ratio", _limits("ln_vr", 2, "ln_vr")),
            ("p", _p("p_max_vr")),
        ),
        lambda table: (
            "Each set is the mean of its regions, in the unit of the table of regions or in per "
            "cent where the effect is a percentage; both p hold for all rows of an effect "
            "together. Small numbers: 95 % intervals, of each row by itself. "
            "The literature disagrees on directions and none is assumed; the methods cite who "
            "names which."
        ),
    ),
    "associations": _Columns(
        "Components of change and symptoms",
        (
            ("Effect", _text("effect")),
            ("Component", _whole("component")),
            ("Column", _text("column")),
            ("n", _whole("n")),
            ("r", _limits("r")),
            ("p", _p("p_value", "n_permutations")),
            ("p, whole family", _p("p_max", "n_permutations")),
        ),
        _symptoms_note,
    ),
    "genes": _Columns(
        "Maps of change beside the expression of genes",
        (
            ("Effect", _text("effect")),
            ("Map", _text("map")),
            ("Gene", _text("gene")),
            ("r", _limits("r")),
            ("Null", lambda row: f"{row['null']}{', leads' if row['leads'] else ''}"),
            ("p", _p("p_value", "n_surrogates")),
            ("p, whole family", _p("p_max", "n_surrogates")),
            ("Genes beyond", _percent("share_of_genes_beyond")),
            ("r given main axis", _number("r_given_axis")),
            ("p given main axis", _p("p_given_axis", "n_surrogates")),
        ),
        _genes_note,
    ),
    "gene_sets": _Columns(
        "Sets of genes against random phenotypes",
        (
            ("Effect", _text("effect")),
            ("Map", _text("map")),
            ("Set", _text("gene_set")),
            ("Genes", _whole("n_genes")),
            ("n", _whole("n")),
            ("Mean r", _limits("mean_r")),
            ("Null", _text("null")),
            ("p", _p("p_value")),
            ("p, whole family", _p("p_max")),
        ),
        lambda table: (
            "The ten sets with the smallest p of the family, each under the null that leads. n: "
            "people; small numbers: 95 % intervals over people."
        ),
        lambda table: table[table["leads"]].sort_values("p_max").head(10),
    ),
    "found": _Columns(
        "Planted beside found",
        (
            ("Quantity", lambda row: _QUANTITIES[row["quantity"]]),
            ("Of", _text("what")),
            ("Planted", _count("planted", _number("planted"))),
            ("Found", _count("found", _limits("found"))),
            ("p", _p("p_value")),
            ("Note", _text("note")),
        ),
        lambda table: (
            "Simulated data. The analysis knew nothing of what was planted. Planted r of a gene "
            "that was drawn without looking at the axis is what chance made of it."
        ),
    ),
}


def variability_table(run: Run, name: str, table: pd.DataFrame) -> Table:
    """One table of the section.

    Parameters
    ----------
    run : Run
        The run.
    name : str
        ``components``, ``region_sets``, ``associations``, ``genes``, ``gene_sets`` or ``found``.
    table : pandas.DataFrame
        The table ``variability_<name>.tsv`` with its types.

    Returns
    -------
    Table
    """
    given = _TABLES[name]
    rows = given.rows(table).to_dict("records")
    cells = [[cell(row) for row in rows] for _, cell in given.columns]
    # A column in which no row has anything, such as those of a control arm, is left out.
    kept = [place for place, column in enumerate(cells) if any(column) or not rows]
    made = Table(run.names.title(given.title), [given.columns[place][0] for place in kept])
    made.rows = [[cells[place][row] for place in kept] for row in range(len(rows))]
    made.note = given.note(table)
    return made
