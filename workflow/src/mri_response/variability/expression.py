"""Gene expression by region, from a table of the user, beside the regions of a map.

Expression was measured in other people's brains, of whom few gave a right hemisphere. Regions are
joined by name, and what does not fit is an error with the names: genes or regions that vanish in
silence change results.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten, suggestion
from mri_response.inputs.parcels import (
    LEFT,
    POSITION,
    SPHERE,
    common_side,
    pairs_of,
    parcel_key,
)
from mri_response.inputs.tables import numbers, read_table
from mri_response.variability.surrogates import Modes, inverse_distances, modes_of

#: Cortical regions without which no spatial test is made.
MIN_REGIONS = 15
LEFT_AVERAGED, LEFT_ALONE, BOTH = "left_averaged", "left", "both_measured"


@dataclass(frozen=True, eq=False)
class Expression:
    """Expression of genes in the cortical regions of a map.

    Attributes
    ----------
    levels : ndarray, shape (regions, genes)
        Expression of each gene in each region.
    genes : list of str
        Names of the genes.
    weights : ndarray, shape (regions, regions of the effect)
        Makes maps of all regions of the effect into maps of these: homotopic regions averaged, or
        one side taken.
    sphere : ndarray, shape (places, 3)
        Places on the sphere, of one hemisphere.
    parts : ndarray of int, shape (sides, places)
        Rows of `levels` by side; both rows of a place are turned alike.
    modes : Modes
        Patterns of the regions.
    neighbours : ndarray, shape (regions, regions)
        One over the distance of regions.
    n_left_out : int
        Regions of the effect that are no cortex.
    """

    levels: NDArray
    genes: list[str]
    weights: NDArray
    sphere: NDArray
    parts: NDArray
    modes: Modes
    neighbours: NDArray
    n_left_out: int


def read_expression(path: str | os.PathLike[str], genes: Sequence[str]) -> pd.DataFrame:
    """Read a table of expression.

    Parameters
    ----------
    path : path-like
        Column ``region``, then one column per gene.
    genes : sequence of str
        Genes that must be there.

    Returns
    -------
    pandas.DataFrame
        Indexed by side and bare name of the region.

    Raises
    ------
    InputError
        If a gene is absent, a cell is no number, or a region comes twice or is a copy of another.
    """
    table = read_table(path, required=["region"])
    columns = [name for name in table if name != "region"]
    absent = [gene for gene in genes if gene not in columns]
    if absent:
        raise InputError(
            f"{path}: found no gene {absent[0]!r}{and_more(len(absent), 'genes')} among "
            f"{len(columns)} genes, expected all of variability.genes.test; "
            f"{suggestion(absent[0], columns)}correct the name, or make a table that has it "
            "(filters for intensity or stability may have left it out)"
        )
    values = pd.DataFrame({name: numbers(table, name, path) for name in columns})
    empty = values.isna()
    if empty.to_numpy().any():
        row, column = np.argwhere(empty.to_numpy())[0]
        line, gene = values.index[row], values.columns[column]
        raise InputError(
            f"{path}: line {line}: column {gene}: found no value (region "
            f"{table.loc[line, 'region']!r}), expected expression of every gene in every region"
            f"{and_more(int(empty.to_numpy().sum()), 'such cells')}; leave out the gene or "
            "the region in the table, and the region in the effect"
        )
    keys = [parcel_key(str(region)) for region in table["region"]]
    _refuse_repeats(values, keys, table["region"], path)
    return values.set_axis(pd.MultiIndex.from_tuples(keys, names=["side", "name"]), axis=0)


def _refuse_repeats(
    values: pd.DataFrame, keys: list[tuple[str, str]], regions: pd.Series, path: object
) -> None:
    repeated = pd.Series(pd.MultiIndex.from_tuples(keys).duplicated(), index=values.index)
    if repeated.any():
        line = int(repeated.idxmax())
        raise InputError(
            f"{path}: line {line}: found the region {regions.loc[line]!r} again, expected each "
            "once; remove one of the rows"
        )
    spread = values.max(axis=1) - values.min(axis=1)
    constant = spread.eq(0) if values.shape[1] > 1 else values.iloc[:, 0].eq(0)
    sides = pd.Series([key[0] for key in keys], index=values.index)
    copied = values.assign(side=sides).duplicated() if values.shape[1] > 2 else constant & False
    for wrong, what in ((constant, "one value for all genes"), (copied, "the values of another")):
        if wrong.any():
            line = int(wrong.idxmax())
            raise InputError(
                f"{path}: line {line}: found {what} in the region {regions.loc[line]!r}, expected "
                "measured expression; remove the row: padded or copied regions make a test of "
                "maps too bold"
            )
    still = values.columns[values.max() == values.min()]
    if len(still):
        raise InputError(
            f"{path}: found the gene {still[0]!r} with one value in all regions, expected values "
            "that differ; leave it out"
        )


def expression_of(parcels: pd.DataFrame, table: pd.DataFrame, hemisphere: str) -> Expression:
    """Expression in the cortical regions of an effect, joined by name.

    Parameters
    ----------
    parcels : pandas.DataFrame
        As :func:`mri_response.inputs.parcels.parcels_of` returns it, of the effect's regions.
    table : pandas.DataFrame
        As `read_expression` returns it.
    hemisphere : {"left_averaged", "left", "both_measured"}
        Homotopic regions averaged against expression of the left side, the left side alone, or both
        sides against expression that was measured on both.

    Returns
    -------
    Expression

    Raises
    ------
    InputError
        If regions have no expression, or too few are left.
    """
    cortex = parcels[parcels["tissue"] == "cortex"]
    at = cortex.index.to_numpy()
    own = cortex.reset_index(drop=True)
    pairs = pairs_of(own)
    if pairs is None and (hemisphere != LEFT_ALONE or not own["side"].eq(LEFT).all()):
        raise InputError(
            f"variability.genes.hemisphere: found {hemisphere} for regions of one side, expected "
            "left with regions of the left side; correct it or take both sides into the effect"
        )
    left = np.arange(len(own)) if pairs is None else pairs[0]
    rows = [left] if hemisphere != BOTH or pairs is None else [*pairs]
    weights = np.zeros((len(rows) * len(left), len(parcels)))
    for part, places in enumerate(rows):
        weights[part * len(left) + np.arange(len(left)), at[places]] = 1
    if hemisphere == LEFT_AVERAGED and pairs is not None:
        weights[np.arange(len(left)), at[pairs[1]]] = 1
        weights /= 2
    chosen = own.iloc[np.concatenate(rows)].reset_index(drop=True)
    keys = list(zip(chosen["side"], chosen["name"], strict=True))
    absent = [
        region for region, key in zip(chosen["region"], keys, strict=True) if key not in table.index
    ]
    if absent:
        raise InputError(
            f"variability.genes.table: found no expression of {shorten(absent, 4)}, expected it "
            "for every cortical region of the effect that is used; leave the regions out (exclude "
            "of the effect) or name a table of this atlas"
        )
    if len(left) < MIN_REGIONS:
        raise InputError(
            f"variability.genes: found {len(left)} cortical regions of a hemisphere, expected "
            f"{MIN_REGIONS} or more: with so few no test of maps is possible; leave genes out"
        )
    if hemisphere == LEFT_ALONE:
        pairs = None
        one = own.iloc[left].reset_index(drop=True)
        points, sphere = one[POSITION].to_numpy(float), one[SPHERE].to_numpy(float)
    else:
        points, sphere = (common_side(own, pairs, columns) for columns in (POSITION, SPHERE))
    both = (
        chosen
        if hemisphere == BOTH
        else chosen.assign(**dict(zip(POSITION, points.T, strict=True)))
    )
    return Expression(
        table.loc[keys].to_numpy(float),
        list(table.columns),
        weights,
        sphere,
        np.arange(len(chosen)).reshape(len(rows), -1),
        modes_of(both),
        inverse_distances(both[POSITION].to_numpy(float)),
        len(parcels) - len(cortex),
    )
