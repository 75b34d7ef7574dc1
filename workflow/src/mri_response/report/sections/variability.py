"""How differently brains change, whether that goes with symptoms, and what maps resemble."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mri_response.report.figures.plan import FigureSpec
from mri_response.report.numbers import minus, p_phrase
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, Lead, Text
from mri_response.report.sections.module_answers import variability_findings
from mri_response.report.sections.section import Section
from mri_response.report.sections.variability_tables import variability_table
from mri_response.variability.run_tables import typed

#: Tables to download, with their titles; those of single people only with the privacy key.
TABLES = {
    "variability_people": "Variability: people and why they are not used",
    "variability_components": "Variability: components of effects",
    "variability_loadings": "Variability: loadings of components",
    "variability_scores": "Variability: places of people on components",
    "variability_dimensions": "Variability: dimensions and similarity",
    "variability_influence": "Variability: similarity and share of single people",
    "variability_similarity": "Variability: similarity of pairs of people",
    "variability_regions": "Variability: mean and spread by region",
    "variability_region_sets": "Variability: regions that works on ketamine name",
    "variability_spread": "Variability: spread and level of regions",
    "variability_associations": "Variability: components and symptoms",
    "variability_genes": "Variability: maps and genes",
    "variability_gene_nulls": "Variability: correlations of surrogate maps",
    "variability_gene_ranks": "Variability: all genes of the table",
    "variability_gene_sets": "Variability: sets of genes",
    "variability_found": "Variability: planted and found",
}
_GENES = (
    "Expression was measured in the brains of other people. That a map resembles the expression of "
    "a gene says nothing about the genes of those who were scanned and nothing about who responds, "
    "and genes that are expressed alike cannot be told apart by it."
)
_ALPHA = 0.05
#: From this cosine on, if it is rare by chance, a component of change is called one of the maps
#: before too, and from this correlation on the mean change of the whole map.
_SAME, _MEAN = 0.7, 0.9


def _blocks(run: Run) -> list[Block]:
    """What is said of every effect: axes, people, regions, symptoms and genes."""
    if "variability_components" not in run.tables:
        return []
    tables = {
        name.removeprefix("variability_"): typed(table)
        for name, table in run.tables.items()
        if name in TABLES
    }
    names = run.config["variability"]["effects"]

    def table(name: str) -> Block:
        return variability_table(run, name, tables[name])

    people: list[Block] = [Text(_baseline(tables, name)) for name in names]
    people += [Text(_people(tables, name)) for name in names]
    people.append(Figures(("variability_loadings", "variability_similarity")))
    regions: list[Block] = [
        *(Text(text) for name in names if (text := _level(tables, name))),
        *(table("region_sets"), Figures(("variability_spread",))),
    ]
    made: list[Block] = [
        Lead(headline(run)),
        Figures(("variability_scree",)),
        table("components"),
        Details("Where it is, anatomy before treatment, and how alike people are", people),
        Details("Regions", [*(Text(_spread(tables, name)) for name in names), *regions]),
    ]
    if beside := _symptoms_and_genes(tables, table):
        made.append(Details("Symptoms and genes", beside))
    if "found" in tables:
        made.append(Details("What was planted, and found", [table("found")]))
    return made


def headline(run: Run) -> str:
    """The axes of every effect, a sentence each.

    Parameters
    ----------
    run : Run
        A run that describes how differently brains change.

    Returns
    -------
    str
    """
    tables = {"components": typed(run.tables["variability_components"])}
    return " ".join(_axes(tables, name) for name in run.config["variability"]["effects"])


def _symptoms_and_genes(
    tables: Mapping[str, pd.DataFrame], table: Callable[[str], Block]
) -> list[Block]:
    made: list[Block] = []
    if "associations" in tables:
        made.append(table("associations"))
    if "genes" in tables and tables["genes"].empty:
        text = f"No component is retained, so that none is compared with genes. {_GENES}"
        made.append(Text(text))
    elif "genes" in tables:
        names = dict.fromkeys(tables["genes"]["effect"])
        nulls = " ".join(_nulls(tables["genes"], name) for name in names)
        made += [table("genes"), Text(f"{nulls} {_GENES}")]
        made.append(Figures(("variability_nulls", "variability_ranks")))
    if "gene_sets" in tables and len(tables["gene_sets"]):
        made.append(table("gene_sets"))
    return made


# ---------------------------------------------------------------- sentences by rule
def _of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["effect"] == name]


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _axes(tables: Mapping[str, pd.DataFrame], name: str) -> str:
    rows = _of(tables["components"], name)
    kept = rows[rows["retained"]]
    returned = int(kept["returns"].sum())
    n, regions = int(rows["n"].iloc[0]), int(rows["n_regions"].iloc[0])
    against = {
        "smooth": "equally smooth independent maps",
        "moran": "people's own maps with random signs of their patterns",
        "within_region": "maps shuffled over people, which are not smooth",
    }[rows["null_maps"].iloc[0]]
    start = f"{name} ({n} people, {regions} regions):"
    if kept.empty:
        return f"{start} no axis of change exceeds {against}."
    axes = (
        f"{len(kept)} axis of change exceeds"
        if len(kept) == 1
        else f"{len(kept)} axes of change exceed"
    )
    return f"{start} {axes} {against}, {returned} of {len(kept)} return in split halves."


def _baseline(tables: Mapping[str, pd.DataFrame], name: str) -> str:
    rows = _of(tables["components"], name)
    shown = rows[rows["retained"]] if rows["retained"].any() else rows.head(1)
    if shown["before_cos"].isna().all():
        return f"{name}: no map before treatment, so that regression to the mean cannot be seen."
    parts = [
        f"component {row['component']:.0f}{'' if row['retained'] else ' (not retained)'} is most "
        f"like component {row['before_component']:.0f} of these (cosine "
        f"{minus(row['before_cos'])}, of random maps up to {minus(row['before_cos_null_95'])} in "
        f"95 %, {p_phrase(row['before_cos_p'], None)}; its scores with people's own maps before: "
        f"r {_limits(row, 2, 'before_r')})"
        for row in shown.to_dict("records")
    ]
    same = int(((shown["before_cos"] >= _SAME) & (shown["before_cos_p"] <= _ALPHA)).sum())
    mean = shown["r_map_mean"].abs().max() >= _MEAN
    return (
        f"{name}, beside the maps before treatment: {'; '.join(parts)}. {same or 'None'} of "
        f"{len(shown)} {'are' if same > 1 else 'is'} one of anatomy too (cosine of {_SAME:g} or "
        f"more and p of {_ALPHA:g} or less). Differences before treatment and regression to the "
        "mean are part of every change."
        + (f" One is the mean change of the whole map (r of {_MEAN:g} or more)." if mean else "")
    )


def _limits(row: Mapping[str, Any], digits: int, name: str, of: str = "") -> str:
    """An estimate with its limits, within a sentence."""
    low, high = (minus(row[f"{of or name}_{end}"], digits) for end in ("low", "high"))
    return f"{minus(row[name], digits)} (95 % interval {low} to {high})"


def _people(tables: Mapping[str, pd.DataFrame], name: str) -> str:
    rows = _of(tables["dimensions"], name).set_index("maps")
    own = rows.loc["treated"]
    text = (
        f"{name}: two people's effects correlate by {_limits(own, 3, 'similarity')} on average, "
        f"{p_phrase(own['similarity_p'], own['n_permutations'])}. Dimensions (unbiased "
        f"participation ratio): {_limits(own, 1, 'pr_unbiased', 'pr')}; the person who brings most "
        f"brings {100 * own['largest_share']:.0f} % of the variance."
    )
    if "control" in rows.index:
        other = rows.loc["control"]
        p = p_phrase(other["p_difference"], other["n_permutations"])
        text += f" In controls: {_limits(other, 1, 'pr_unbiased', 'pr')}; difference {p}."
    return text


def _spread(tables: Mapping[str, pd.DataFrame], name: str) -> str:
    rows = _of(tables["regions"], name)
    mean = int((rows["p_max"] <= _ALPHA).sum())
    text = (
        f"{name}: the mean change of {_count(mean, 'region')} of {len(rows)} differs from 0 at "
        f"p\u00a0≤\u00a0{_ALPHA:g} for all regions together."
    )
    if rows["ln_vr"].isna().all():
        return (
            f"{text} Without a control arm nothing can be said of how much more people vary under "
            "treatment."
        )
    varied = rows["p_max_vr"] <= _ALPHA
    more = int((varied & (rows["ln_vr"] > 0)).sum())
    less = int((varied & (rows["ln_vr"] < 0)).sum())
    return (
        f"{text} People vary more under treatment than in the control arm in "
        f"{_count(more, 'region')} and less in {less}, by the same rule. Unequal variance is "
        "what different responses would make; it is no proof of them."
    )


def _level(tables: Mapping[str, pd.DataFrame], name: str) -> str:
    """Whether regions with larger values before simply vary more."""
    rows = _of(tables["spread"], name).set_index("maps")
    parts = [
        f"{minus(row['slope'])} (r = {minus(row['r'])})"
        + (" in controls" if maps == "control" else "")
        for maps, row in rows.iterrows()
    ]
    if not parts:
        return ""
    return (
        f"{name}: slope of the log SD of change on the log mean before, over "
        f"{_count(int(rows['n_regions'].iloc[0]), 'region')}: {'; '.join(parts)}. Near 1, regions "
        "with larger values simply vary more, and a percentage is the better measure. Regions are "
        "not independent of each other, so that the slope has no interval: it describes."
    )


def _nulls(genes: pd.DataFrame, name: str) -> str:
    table = _of(genes, name)
    parts = [
        f"{null}: {int(rows['n_distinct'].iloc[0]):,} different surrogates, smallest p that can "
        f"be reached {rows['p_smallest'].iloc[0]:.2g}"
        for null, rows in table.groupby("null", sort=False)
    ]
    out = int(table["n_left_out"].iloc[0])
    below = f" {_count(out, 'region')} below the cortex are not tested." if out else ""
    return f"Nulls of maps of {name}. {'; '.join(parts)}.{below}"


# ---------------------------------------------------------------- figures in words
def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    if spec.kind == "variability_scree":
        return headline(run)
    return f"The table {_TABLE_OF[spec.kind]}.tsv has its numbers."


_TABLE_OF = {
    "variability_loadings": "variability_loadings",
    "variability_similarity": "variability_similarity",
    "variability_spread": "variability_regions",
    "variability_nulls": "variability_genes",
    "variability_ranks": "variability_gene_ranks",
}

SECTION = Section(
    "variability",
    "How differently brains change",
    "Variability",
    _blocks,
    TABLES,
    _alt_text,
    module="variability",
    findings=variability_findings,
)
