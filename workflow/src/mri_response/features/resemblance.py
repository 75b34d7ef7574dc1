"""How alike the scans of different people are: copies of a scan, and one person under two ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

#: Correlation of two people's scans from which they are told. Of 289 people with schizophrenia and
#: controls (NIMH and COBRE, 179 regions) no two are more alike than 0.66, while the median of two
#: visits of one person is 0.92.
ALIKE = 0.8
#: With fewer regions, or fewer scans, two people may be alike by chance.
FEWEST_COLUMNS, FEWEST_ROWS = 30, 10
_BLOCK = 4096


class Resemblance(NamedTuple):
    """The scan of another person that is most like each scan.

    Attributes
    ----------
    correlation : ndarray, shape (n,)
        NaN where it cannot be told.
    row : ndarray of int, shape (n,)
        Row of the other scan; -1 where it cannot be told.
    """

    correlation: NDArray[np.float64]
    row: NDArray[np.intp]


def resemblance(values: ArrayLike, person: NDArray[np.intp]) -> Resemblance:
    """Find the scan of another person that is most like each scan.

    Parameters
    ----------
    values : array-like, shape (n, p)
        Regions or voxels of all scans, NaN where missing.
    person : ndarray of int, shape (n,)
        Whose scan a row is.

    Returns
    -------
    Resemblance
        Correlation over the columns, each column standardised over all rows first, so that what
        all brains have in common does not count. The mean of a row does not count either: a large
        brain is like another large brain in every region.
    """
    values = np.asarray(values, dtype=np.float32)
    n = len(values)
    found = Resemblance(np.full(n, np.nan), np.full(n, -1))
    values = values[:, ~np.isnan(values).any(axis=0)]
    spread = values.std(axis=0, dtype=float)
    usable = spread > 1e-6 * np.abs(values).max(axis=0, initial=0)
    if n < FEWEST_ROWS or usable.sum() < FEWEST_COLUMNS:
        return found
    z = values[:, usable]
    z = (z - z.mean(axis=0, dtype=float)) / spread[usable]
    z -= z.mean(axis=1, keepdims=True)
    length = np.linalg.norm(z, axis=1, keepdims=True)
    z /= np.where(length > 0, length, 1)
    for start in range(0, n, _BLOCK):
        rows = slice(start, start + _BLOCK)
        correlation = z[rows] @ z.T
        correlation[person[rows, None] == person] = -np.inf
        found.row[rows] = correlation.argmax(axis=1)
        found.correlation[rows] = correlation.max(axis=1)
    alone = ~np.isfinite(found.correlation)
    found.correlation[alone], found.row[alone] = np.nan, -1
    return found


def resemblances(
    scans: Mapping[str, ArrayLike], people: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Find the scan of another person that is most like each scan, in all cohorts together.

    Parameters
    ----------
    scans : mapping of str to array-like, shape (n, p)
        Regions or voxels by cohort, the same columns in each.
    people : mapping of str to DataFrame
        Rows with ``participant_id`` by cohort. No person is in two cohorts.

    Returns
    -------
    dict of str to DataFrame
        By cohort: ``resemblance``, the correlation, and ``resembles``, whose scan it is, as in
        ``cohort/participant_id``.
    """
    whose = np.concatenate(
        [[f"{name}/{id_}" for id_ in people[name]["participant_id"]] for name in scans]
    )
    found = resemblance(
        np.concatenate([np.asarray(own, dtype=np.float32) for own in scans.values()]),
        np.unique(whose, return_inverse=True)[1],
    )
    table = pd.DataFrame({"resemblance": found.correlation})
    table["resembles"] = np.where(found.row < 0, None, whose[found.row])
    ends = np.cumsum([len(people[name]) for name in scans])
    return {
        name: table[end - len(people[name]) : end].reset_index(drop=True)
        for name, end in zip(scans, ends, strict=True)
    }


def resemblance_note(table: pd.DataFrame) -> str | None:
    """What to say of a cohort in which some scans are almost those of other people.

    Parameters
    ----------
    table : DataFrame
        As from `resemblances`, of the scans that rules of quality control keep.

    Returns
    -------
    str or None
    """
    alike = table["resemblance"] > ALIKE
    if not alike.any():
        return None
    return (
        f"{alike.sum()} of {len(table)} scans are almost those of other people (correlation up to "
        f"{table['resemblance'].max():.3f}; resembles in qc.tsv): if they are one person under two "
        "ids, the person is on both sides of a split and no result is valid; keep one"
    )
