"""Tables of the section on variability."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mri_response.report.numbers import minus, p_text, with_limits
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Table


def components_table(run: Run, tables: Mapping[str, pd.DataFrame]) -> Table:
    """Components of every effect beside smooth maps.

    Parameters
    ----------
    run : Run
        The run.
    tables : mapping of str to pandas.DataFrame
        Tables of the analysis.

    Returns
    -------
    Table
    """
    made = Table(
        run.names.title("Components of change beside smooth maps"),
        [
            "Effect",
            "Component",
            "Variance",
            "95 % of null",
            "p",
            "Retained",
            "Same rank",
            "Cosine",
            "Halves",
            "95 % of null",
            "Top person",
            "Without one",
        ],
    )
    for row in tables["components"].to_dict("records"):
        if not row["retained"] and row["component"] > 5:
            continue
        made.rows.append(
            [
                row["effect"],
                f"{row['component']:.0f}",
                *(f"{100 * row[key]:.1f} %" for key in ("explained", "null_95")),
                p_text(row["p_value"], None),
                "yes" if row["retained"] else "no",
                f"{100 * row['rank_kept']:.0f} %",
                minus(row["cos_median"]),
                minus(row["split_half"]),
                minus(row["split_half_null_95"]),
                f"{100 * row['top_person_share']:.0f} %",
                minus(row["cos_without_one"]),
            ]
        )
    made.note = (
        "Same rank and cosine (median): of bootstrap samples of people, components matched. "
        "Halves: mean absolute cosine between halves of the people, beside that of smooth maps. "
        "Top person: largest share of a component; without one: smallest cosine when one person is "
        "left out. A mean change of the whole map counts as smoothness and not as an axis; "
        "center: map takes it out."
    )
    return made


def regions_table(run: Run, tables: Mapping[str, pd.DataFrame]) -> Table:
    """Regions that works on ketamine name.

    Parameters
    ----------
    run : Run
        The run.
    tables : mapping of str to pandas.DataFrame
        Tables of the analysis.

    Returns
    -------
    Table
    """
    made = Table(
        run.names.title("Regions that works on ketamine name: mean change and its spread"),
        ["Effect", "Region", "n", "Mean change", "p", "SD", "SD, control", "Log ratio", "p"],
    )
    for row in tables["region_sets"].to_dict("records"):
        known = pd.notna(row["ln_vr"])
        ratio = with_limits(row, 2, ("ln_vr", "ln_vr_low", "ln_vr_high")) if known else ""
        made.rows.append(
            [
                row["effect"],
                row["region_set"],
                f"{row['n']:.0f}",
                with_limits(row, 3, ("mean", "ci_low", "ci_high")),
                p_text(row["p_max"], None),
                minus(row["sd"], 3),
                minus(row["sd_control"], 3) if known else "",
                ratio,
                p_text(row["p_max_vr"], None) if known else "",
            ]
        )
    made.note = (
        "Each set is the mean of its regions; both p hold for all rows of an effect together. The "
        "literature disagrees on directions and none is assumed; the methods cite who names which."
    )
    return made


def symptoms_table(run: Run, table: pd.DataFrame) -> Table:
    """Components beside symptoms.

    Parameters
    ----------
    run : Run
        The run.
    table : pandas.DataFrame
        The table of the analysis.

    Returns
    -------
    Table
    """
    made = Table(
        run.names.title("Components of change and symptoms"),
        ["Effect", "Component", "Column", "n", "r", "p", "p, whole family"],
    )
    for row in table.to_dict("records"):
        made.rows.append(
            [
                row["effect"],
                f"{row['component']:.0f}",
                row["column"],
                f"{row['n']:.0f}",
                with_limits(row, 2, ("r", "ci_low", "ci_high")),
                p_text(row["p_value"], row["n_permutations"]),
                p_text(row["p_max"], row["n_permutations"]),
            ]
        )
    given = ", ".join(dict.fromkeys(table["adjusted_for"])) if len(table) else "nothing"
    made.note = (
        f"Partial correlations over people, adjusted for: {given}. Both sides were measured in the "
        "same weeks: this describes and predicts nothing. The sign of a component is arbitrary."
        + ("" if len(table) else " No component is retained, so that nothing is tested.")
    )
    return made


def genes_table(run: Run, table: pd.DataFrame) -> Table:
    """Maps beside genes.

    Parameters
    ----------
    run : Run
        The run.
    table : pandas.DataFrame
        The table of the analysis.

    Returns
    -------
    Table
    """
    made = Table(
        run.names.title("Maps of change beside the expression of genes"),
        [
            "Effect",
            "Map",
            "Gene",
            "r",
            "Null",
            "p",
            "p, whole family",
            "Genes beyond",
            "r given main axis",
        ],
    )
    for row in table.to_dict("records"):
        share = row["share_of_genes_beyond"]
        made.rows.append(
            [
                row["effect"],
                row["map"],
                row["gene"],
                with_limits(row, 2, ("r", "ci_low", "ci_high")),
                f"{row['null']}{', leads' if row['leads'] else ''}",
                p_text(row["p_value"], row["n_surrogates"]),
                p_text(row["p_max"], row["n_surrogates"]),
                f"{100 * share:.0f} %" if pd.notna(share) else "",
                minus(row["r_given_axis"]) if pd.notna(share) else "",
            ]
        )
    first = table.iloc[0]
    made.note = (
        f"{first['n_regions']:.0f} regions ({first['hemisphere'].replace('_', ' ')}); small "
        "numbers: 95 % intervals over people. The largest p leads. Genes beyond: share of "
        f"all {first['n_genes']:.0f} genes of the table with a larger |r|, those that were not "
        "tested; main axis: first component of all genes."
    )
    return made


def gene_sets_table(run: Run, table: pd.DataFrame) -> Table:
    """Sets of genes.

    Parameters
    ----------
    run : Run
        The run.
    table : pandas.DataFrame
        The table of the analysis.

    Returns
    -------
    Table
    """
    made = Table(
        run.names.title("Sets of genes against random phenotypes"),
        ["Effect", "Map", "Set", "Genes", "Mean r", "Null", "p", "p, whole family"],
    )
    leading = table[table["leads"]].sort_values("p_max").head(10)
    for row in leading.to_dict("records"):
        made.rows.append(
            [
                *(row["effect"], row["map"], row["gene_set"], f"{row['n_genes']:.0f}"),
                *(minus(row["mean_r"]), row["null"]),
                *(p_text(row["p_value"], None), p_text(row["p_max"], None)),
            ]
        )
    made.note = "The ten sets with the smallest p of the family, each under the null that leads."
    return made


def found_table(run: Run, table: pd.DataFrame) -> Table:
    """What was planted beside what was found.

    Parameters
    ----------
    run : Run
        The run.
    table : pandas.DataFrame
        The table of the analysis.

    Returns
    -------
    Table
    """
    words = {
        "axes": "axes",
        "cosine": "cosine with the planted axis",
        "ln_vr": "log ratio of SDs",
        "mean": "mean change",
        "r_score": "|r| with the change of score",
        "r_gene": "r of component 1 with the gene",
    }
    made = Table(
        run.names.title("Planted beside found"),
        ["Quantity", "Of", "Planted", "Found", "p", "Note"],
    )
    for row in table.to_dict("records"):
        limits = pd.notna(row["ci_low"])
        found = (
            with_limits(row, 2, ("found", "ci_low", "ci_high"))
            if limits
            else (minus(row["found"]) if pd.notna(row["found"]) else "")
        )
        made.rows.append(
            [
                words[row["quantity"]],
                row["what"],
                minus(row["planted"]),
                found,
                p_text(row["p_value"], None) if pd.notna(row["p_value"]) else "",
                row["note"] if pd.notna(row["note"]) else "",
            ]
        )
    made.note = (
        "Simulated data. The analysis knew nothing of what was planted. Planted r of a gene that "
        "was drawn without looking at the axis is what chance made of it."
    )
    return made
