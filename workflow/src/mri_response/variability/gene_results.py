"""The tables of genes, effect by effect."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream, generator
from mri_response.inputs.parcels import parcels_of
from mri_response.variability.components import (
    principal_components,
    resampled_components,
)
from mri_response.variability.expression import Expression, expression_of, read_expression
from mri_response.variability.genes import (
    MapOfPeople,
    correlations,
    gene_table,
    map_nulls,
    set_table,
)
from mri_response.variability.study import EffectStudy

Config = Mapping[str, Any]
Tables = dict[str, pd.DataFrame]
#: Bootstrap samples of people for the interval of a correlation.
SAMPLES = 1000
#: Steps of the distribution of a null in its table.
STEPS = 100
#: Tables, and their first columns where no map is compared, since no component is retained.
COLUMNS = {
    "genes": ["effect", "map", "gene", "r", "null", "p_value"],
    "gene_nulls": ["effect", "map", "gene", "null", "share", "r"],
    "gene_ranks": ["effect", "map", "gene", "r", "tested"],
    "gene_sets": ["effect", "map", "gene_set", "mean_r", "null", "p_value"],
}
#: Genes of a set that the table of expression must have.
MIN_GENES = 5


def expression_for(config: Config, study: EffectStudy) -> Expression:
    """Expression in the regions of an effect.

    Parameters
    ----------
    config : mapping
        Section ``variability`` of the completed configuration.
    study : EffectStudy
        Effect whose regions are wanted.

    Returns
    -------
    Expression
    """
    asked = config["variability"]
    genes = asked["genes"]
    table = read_expression(genes["table"], genes["test"])
    parcels = parcels_of(asked["atlas"], study.regions, "variability.atlas")
    return expression_of(parcels, table, genes["hemisphere"])


def read_gene_sets(path: str | os.PathLike[str], known: Sequence[str]) -> dict[str, list[str]]:
    """Read sets of genes in the GMT format.

    Parameters
    ----------
    path : path-like
        A line per set: name, description and genes, separated by tabs.
    known : sequence of str
        Genes of the table of expression; others are left out of the sets.

    Returns
    -------
    dict of str to list of str
        Sets with `MIN_GENES` known genes or more.

    Raises
    ------
    InputError
        If a line is no set, a name comes twice, or no set has enough known genes.
    """
    sets: dict[str, list[str]] = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            name, *rest = line.rstrip("\r\n").split("\t")
            if not name:
                continue
            if len(rest) < 2 or name in sets:
                raise InputError(
                    f"{path}: line {number}: found {name[:40]!r} "
                    f"{'again' if name in sets else 'without genes'}, expected a name, a "
                    "description and genes, separated by tabs, each name once; correct the line"
                )
            sets[name] = [gene for gene in dict.fromkeys(rest[1:]) if gene in set(known)]
    kept = {name: genes for name, genes in sets.items() if len(genes) >= MIN_GENES}
    if not kept:
        raise InputError(
            f"{path}: found no set with {MIN_GENES} genes or more that the table of expression "
            f"has, expected one at least among {len(sets)} sets; use the same names of genes in "
            "both files"
        )
    return kept


def gene_tables(config: Config, studies: Sequence[EffectStudy], components: pd.DataFrame) -> Tables:
    """Maps of every effect beside genes and sets of genes.

    Parameters
    ----------
    config : mapping
        Sections ``variability`` and ``seed`` of the completed configuration.
    studies : sequence of EffectStudy
        Every effect, with the people who have it.
    components : pandas.DataFrame
        Table of components, which says how many are retained.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``genes``, ``gene_nulls`` (distribution of r under each null), ``gene_ranks`` (all genes of
        the table), and ``gene_sets`` where the configuration has some.
    """
    asked, made = config["variability"]["genes"], {}
    for place, study in enumerate(studies):
        rng = generator(config["seed"], Stream.VARIABILITY_GENES, place)
        expression = expression_for(config, study)
        own = components[(components["effect"] == study.name) & components["retained"]]
        maps = _maps(asked["maps"], study, expression, len(own), rng)
        if not maps:
            continue
        nulls = map_nulls(maps, expression, asked["nulls"], asked["n"], rng)
        background = asked["background"] is not None
        parts = {
            "genes": gene_table(maps, expression, asked["test"], nulls, background=background),
            "gene_nulls": _distributions(maps, expression, asked["test"], nulls),
            "gene_ranks": _ranks(maps, expression, asked["test"]),
        }
        parts["genes"].insert(2, "hemisphere", asked["hemisphere"])
        parts["genes"].insert(3, "n", len(study.treated))
        parts["genes"]["n_left_out"] = expression.n_left_out
        parts["genes"]["n_genes"] = len(expression.genes)
        if asked["sets"]:
            sets = read_gene_sets(asked["sets"], expression.genes)
            parts["gene_sets"] = set_table(maps, expression, sets, nulls)
            parts["gene_sets"].insert(2, "n", len(study.treated))
        for name, table in parts.items():
            table.insert(0, "effect", study.name)
            made.setdefault(name, []).append(table)
    names = [name for name in COLUMNS if name != "gene_sets" or asked["sets"]]
    return {
        name: pd.concat(made[name], ignore_index=True)
        if name in made
        else pd.DataFrame(columns=COLUMNS[name])
        for name in names
    }


def _maps(
    kinds: Sequence[str],
    study: EffectStudy,
    expression: Expression,
    retained: int,
    rng: np.random.Generator,
) -> list[MapOfPeople]:
    """The mean effect and the retained components in the regions of the expression."""
    effects, weights, made = study.treated, expression.weights, []
    if "mean" in kinds:
        counts = rng.multinomial(len(effects), np.full(len(effects), 1 / len(effects)), SAMPLES)
        samples = counts @ (effects @ weights.T) / len(effects)
        made.append(MapOfPeople("mean", weights @ effects.mean(axis=0), samples))
    if "components" in kinds and retained:
        # Some more than are retained, so that ranks can change.
        found = principal_components(effects, retained + 5)
        drawn = resampled_components(effects, found, SAMPLES // 2, rng)
        for place in range(retained):
            samples = drawn.loadings[:, place] @ weights.T
            made.append(
                MapOfPeople(f"component {place + 1}", weights @ found.loadings[place], samples)
            )
    return made


def _distributions(maps, expression, tested, nulls) -> pd.DataFrame:
    """Quantiles of r under every null."""
    at = [expression.genes.index(gene) for gene in tested]
    shares = (np.arange(STEPS) + 0.5) / STEPS
    rows = []
    for null in nulls:
        for own in maps:
            drawn = correlations(null.maps[own.name], expression.levels[:, at])
            for gene, values in zip(tested, np.quantile(drawn, shares, axis=0).T, strict=True):
                rows.append(
                    pd.DataFrame(
                        {
                            "map": own.name,
                            "gene": gene,
                            "null": null.name,
                            "share": shares,
                            "r": values,
                        }
                    )
                )
    return pd.concat(rows, ignore_index=True)


def _ranks(maps, expression, tested) -> pd.DataFrame:
    """Correlation of every gene of the table, whose family nobody tests."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "map": own.name,
                    "gene": expression.genes,
                    "r": correlations(own.pattern, expression.levels),
                    "tested": np.isin(expression.genes, tested),
                }
            )
            for own in maps
        ],
        ignore_index=True,
    )
