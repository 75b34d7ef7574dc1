"""Does a map of the brain resemble the expression of a gene more than equally smooth maps?

Every test is made under each null by itself, and the largest p leads: nulls of different kinds
agree less than each p suggests. A resemblance of maps says nothing about anybody's genotype, and
nothing about who responds.

References
----------
Fulcher BD, Arnatkeviciute A, Fornito A (2021). Overcoming false-positive gene-category enrichment
in the analysis of spatially resolved transcriptomic brain atlas data. Nature Communications 12,
2669.
Markello RD, Misic B (2021). Comparing spatial null models for brain maps. NeuroImage 236, 118052.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.permutation import TOLERANCE, permutation_p_value
from mri_response.variability.expression import Expression
from mri_response.variability.spins import distinct_orders, smallest_p, spin_orders
from mri_response.variability.surrogates import moran_surrogates, morans_i

#: Nulls of a map, by name.
MAP_NULLS = ("spin", "moran")


@dataclass(frozen=True, eq=False)
class MapOfPeople:
    """A map computed from people's maps, and computed again from bootstrap samples of the people.

    Attributes
    ----------
    name : str
        Such as ``mean`` or ``component 1``.
    pattern : ndarray, shape (regions,)
        The map in the regions of the expression.
    samples : ndarray, shape (samples, regions)
        The map in each bootstrap sample of the people.
    """

    name: str
    pattern: NDArray
    samples: NDArray


@dataclass(frozen=True, eq=False)
class MapNull:
    """Surrogates of maps under one null.

    Attributes
    ----------
    name : str
        One of `MAP_NULLS`.
    maps : dict of str to ndarray
        Surrogates by the name of the map, shape (n, regions).
    distinct : int
        Different surrogates among them; of rotations that act on few regions not all are.
    """

    name: str
    maps: dict[str, NDArray]
    distinct: int


def standardised(values: NDArray) -> NDArray:
    """Maps with mean 0 and squares that add up to 1, over the last axis.

    Parameters
    ----------
    values : ndarray, shape (..., regions)
        Maps, one value per region.

    Returns
    -------
    ndarray, shape (..., regions)
    """
    centred = values - values.mean(axis=-1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=-1, keepdims=True), 1e-300)


def correlations(maps: NDArray, expression: NDArray) -> NDArray:
    """Correlations of maps with genes over the regions.

    Parameters
    ----------
    maps : ndarray, shape (..., regions)
        Maps to be compared with genes.
    expression : ndarray, shape (regions, genes)
        Expression of each gene in each region.

    Returns
    -------
    ndarray, shape (..., genes)
    """
    return standardised(maps) @ standardised(expression.T).T


def map_nulls(
    maps: Sequence[MapOfPeople],
    expression: Expression,
    methods: Sequence[str],
    n: int,
    rng: np.random.Generator,
) -> list[MapNull]:
    """Surrogates of every map, made alike for all of them.

    Parameters
    ----------
    maps : sequence of MapOfPeople
        Maps to be compared with genes.
    expression : Expression
        Places of the regions.
    methods : sequence of str
        Some of `MAP_NULLS`.
    n : int
        Number of surrogates.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    list of MapNull
    """
    made = []
    for method in methods:
        if method == "spin":
            orders = spin_orders(expression.sphere, n, rng)
            rows = np.empty((n, len(expression.levels)), dtype=int)
            for part in expression.parts:
                rows[:, part] = part[orders]
            drawn = {own.name: own.pattern[rows] for own in maps}
            made.append(MapNull(method, drawn, distinct_orders(orders)))
        else:
            state = rng.integers(2**31)
            drawn = {
                # The same signs for every map, so that the family is tested together.
                own.name: moran_surrogates(
                    own.pattern, expression.modes, n, np.random.default_rng(state)
                )
                for own in maps
            }
            made.append(MapNull(method, drawn, n))
    return made


def main_axis(values: NDArray) -> NDArray:
    """First principal component of the genes over the regions, each gene standardised.

    Parameters
    ----------
    values : ndarray, shape (regions, genes)
        Expression of each gene in each region.

    Returns
    -------
    ndarray, shape (regions,)
        Its largest value is positive.
    """
    left, _, _ = np.linalg.svd(standardised(values.T).T, full_matrices=False)
    axis = left[:, 0]
    return axis * np.sign(axis[np.abs(axis).argmax()])


def two_sided(observed: NDArray, null: NDArray) -> NDArray:
    """P-values of correlations of either sign.

    Parameters
    ----------
    observed : ndarray, shape (members,)
        Observed statistic of each member of the family.
    null : ndarray, shape (n, members)
        Statistics of surrogates.

    Returns
    -------
    ndarray, shape (members,)
        Never 0: one is added to both counts.
    """
    return permutation_p_value(np.abs(observed), np.abs(null))


def family_p_values(observed: NDArray, null: NDArray) -> NDArray:
    """P-values against the largest of the family, each member over the spread of its null.

    Parameters
    ----------
    observed : ndarray, shape (members,)
        Observed statistic of each member of the family.
    null : ndarray, shape (n, members)
        Statistics of surrogates, the same for all members.

    Returns
    -------
    ndarray, shape (members,)
    """
    spread = np.maximum(null.std(axis=0), 1e-300)
    largest = (np.abs(null) / spread).max(axis=1, keepdims=True)
    return two_sided(observed / spread, np.broadcast_to(largest, null.shape))


def gene_table(
    maps: Sequence[MapOfPeople],
    expression: Expression,
    tested: Sequence[str],
    nulls: Sequence[MapNull],
    *,
    background: bool = True,
) -> pd.DataFrame:
    """Correlation of every map with every tested gene, under every null.

    Parameters
    ----------
    maps : sequence of MapOfPeople
        Maps to be compared with genes.
    expression : Expression
        Expression in their regions.
    tested : sequence of str
        Genes that were named beforehand; with the maps they are the family.
    nulls : sequence of MapNull
        As `map_nulls` returns it.
    background : bool
        Whether all genes of the table say how special a gene is.

    Returns
    -------
    pandas.DataFrame
        A row per map, gene and null: ``map``, ``gene``, ``n_regions``, ``r``, ``ci_low``,
        ``ci_high`` (samples of people), ``null``, ``null_sd``, ``p_value``, ``p_max`` (the family),
        ``leads`` (the null with the largest p), ``n_surrogates``, ``n_distinct``, ``p_smallest``,
        ``share_of_genes_beyond``, ``r_axis_map``, ``r_axis_gene``, ``r_given_axis``,
        ``p_given_axis``, ``moran_i_map``, ``moran_i_gene``.
    """
    at = [expression.genes.index(gene) for gene in tested]
    chosen = expression.levels[:, at]
    axis = main_axis(expression.levels) if background else None
    known, rows = {}, []
    for own in maps:
        known[own.name] = _described(own, expression, at, axis)
    for null in nulls:
        drawn = np.concatenate([correlations(null.maps[own.name], chosen) for own in maps], axis=1)
        observed = np.concatenate([known[own.name]["r"] for own in maps])
        p_value, p_max = two_sided(observed, drawn), family_p_values(observed, drawn)
        p_given = _p_given_axis(maps, known, null, chosen, axis)
        for member, (own, gene) in enumerate([(o, g) for o in maps for g in range(len(at))]):
            rows.append(
                {
                    "map": own.name,
                    "gene": tested[gene],
                    "n_regions": len(chosen),
                    **{name: values[gene] for name, values in known[own.name].items()},
                    "null": null.name,
                    "null_sd": drawn[:, member].std(),
                    "p_value": p_value[member],
                    "p_max": p_max[member],
                    "p_given_axis": p_given[member],
                    "n_surrogates": len(drawn),
                    "n_distinct": null.distinct,
                    "p_smallest": smallest_p(len(drawn), null.distinct),
                }
            )
    table = pd.DataFrame(rows)
    largest = table.groupby(["map", "gene"])["p_value"].transform("idxmax")
    table["leads"] = table.index == largest
    return table.sort_values(["map", "gene"], kind="stable", key=_in_order(maps, tested))


def _given(r: NDArray, of_map: NDArray, of_gene: NDArray) -> NDArray:
    """Partial correlation of maps and genes, given what correlates so with either."""
    return (r - of_map * of_gene) / np.sqrt(np.maximum((1 - of_map**2) * (1 - of_gene**2), 1e-12))


def _p_given_axis(
    maps: Sequence[MapOfPeople],
    known: Mapping[str, Mapping[str, NDArray]],
    null: MapNull,
    chosen: NDArray,
    axis: NDArray | None,
) -> NDArray:
    """P-values of partial correlations: surrogates of the map are taken through them as well."""
    if axis is None:
        return np.full(len(maps) * chosen.shape[1], np.nan)
    made = []
    for own in maps:
        drawn = correlations(null.maps[own.name], np.column_stack([chosen, axis]))
        partial = _given(drawn[:, :-1], drawn[:, -1:], known[own.name]["r_axis_gene"])
        made.append(two_sided(known[own.name]["r_given_axis"], partial))
    return np.concatenate(made)


def _in_order(maps: Sequence[MapOfPeople], tested: Sequence[str]):
    places = {name: i for i, name in enumerate([*(own.name for own in maps), *tested])}
    return lambda column: column.map(places)


def _described(
    own: MapOfPeople, expression: Expression, at: list[int], axis: NDArray | None
) -> dict[str, NDArray]:
    """What is said of a map and each tested gene whatever the null."""
    chosen = expression.levels[:, at]
    r = correlations(own.pattern, chosen)
    low, high = np.quantile(correlations(own.samples, chosen), [0.025, 0.975], axis=0)
    empty = np.full(len(at), np.nan)
    share, of_map, of_gene, given = empty, empty, empty, empty
    if axis is not None:
        everything = np.abs(correlations(own.pattern, expression.levels))
        others = [np.delete(everything, place) for place in at]
        share = np.array(
            [(x >= abs(value) - TOLERANCE).mean() for x, value in zip(others, r, strict=True)]
        )
        of_map = np.full(len(at), correlations(own.pattern, axis[:, None])[0])
        of_gene = correlations(chosen.T, axis[:, None])[:, 0]
        given = _given(r, of_map, of_gene)
    return {
        "r": r,
        "ci_low": low,
        "ci_high": high,
        "share_of_genes_beyond": share,
        "r_axis_map": of_map,
        "r_axis_gene": of_gene,
        "r_given_axis": given,
        "moran_i_map": np.full(len(at), morans_i(own.pattern, expression.neighbours)),
        "moran_i_gene": morans_i(chosen.T, expression.neighbours),
    }


def set_table(
    maps: Sequence[MapOfPeople],
    expression: Expression,
    sets: Mapping[str, Sequence[str]],
    nulls: Sequence[MapNull],
) -> pd.DataFrame:
    """Mean correlation of a map with the genes of each set, against that of random phenotypes.

    The null takes surrogates of the map, not of the genes, through the whole analysis: genes of a
    set are expressed together, and random genes are not.

    Parameters
    ----------
    maps : sequence of MapOfPeople
        Maps to be compared with genes.
    expression : Expression
        Expression in their regions.
    sets : mapping of str to sequence of str
        Genes of each set, those of the table alone.
    nulls : sequence of MapNull
        As `map_nulls` returns it.

    Returns
    -------
    pandas.DataFrame
        ``map``, ``gene_set``, ``n_genes``, ``mean_r``, ``ci_low``, ``ci_high`` (over people),
        ``null``, ``null_sd``, ``p_value``, ``p_max`` (all maps and sets), ``leads``.
    """
    places = {gene: i for i, gene in enumerate(expression.genes)}
    average = np.zeros((len(places), len(sets)))
    for column, genes in enumerate(sets.values()):
        average[[places[gene] for gene in genes], column] = 1 / len(genes)
    # The mean correlation with genes is a product with the mean of their standardised values.
    targets = standardised(expression.levels.T).T @ average
    # Maps differ in their number of samples.
    samples = [standardised(own.samples) @ targets for own in maps]
    limits = [np.quantile(drawn, [0.025, 0.975], axis=0) for drawn in samples]
    low, high = np.concatenate(limits, axis=1)
    rows = []
    for null in nulls:
        observed = np.concatenate([standardised(own.pattern) @ targets for own in maps])
        drawn = np.concatenate(
            [standardised(null.maps[own.name]) @ targets for own in maps], axis=1
        )
        p_value, p_max = two_sided(observed, drawn), family_p_values(observed, drawn)
        members = [(own.name, name) for own in maps for name in sets]
        rows += [
            {
                "map": name,
                "gene_set": gene_set,
                "n_genes": len(sets[gene_set]),
                "mean_r": observed[member],
                "ci_low": low[member],
                "ci_high": high[member],
                "null": null.name,
                "null_sd": drawn[:, member].std(),
                "p_value": p_value[member],
                "p_max": p_max[member],
            }
            for member, (name, gene_set) in enumerate(members)
        ]
    table = pd.DataFrame(rows)
    table["leads"] = table.index == table.groupby(["map", "gene_set"])["p_value"].transform(
        "idxmax"
    )
    return table
