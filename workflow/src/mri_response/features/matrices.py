"""Feature matrices that the workflow has written, and whose rows they are."""

import os

import numpy as np
import pandas as pd

from mri_response.core.tables import ID_COLUMNS, read_tsv

PathLike = str | os.PathLike[str]


def identified(people: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Put the columns that identify people before their features.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of a cohort.
    features : pandas.DataFrame
        Their features, in the same order.
    """
    keys = [key for key in ID_COLUMNS if key in people]
    return pd.concat([people[keys].reset_index(drop=True), features], axis=1)


def read_features(path: PathLike, people: pd.DataFrame) -> np.ndarray:
    """Read a feature matrix that the workflow has written.

    Parameters
    ----------
    path : path-like
        ``.tsv`` of regions, or ``.npy`` of voxels, which is mapped into memory.
    people : pandas.DataFrame
        Analysed rows of the cohort.

    Returns
    -------
    numpy.ndarray, shape (n, p)
        float64 for regions, float32 for voxels.

    Raises
    ------
    ValueError
        If the rows are not those of the people.
    """
    if os.fspath(path).endswith(".npy"):
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
        if len(matrix) != len(people):
            raise ValueError(f"{path}: {len(matrix)} rows for {len(people)} people")
        return matrix
    table = read_tsv(path)
    keys = [key for key in ID_COLUMNS if key in people]
    if not table[keys].equals(people[keys].astype(str).reset_index(drop=True)):
        raise ValueError(f"{path}: its rows are not those of the cohort table")
    return table.drop(columns=keys).to_numpy(dtype=float)


def region_names(path: PathLike) -> list[str]:
    """Names of the regions in a feature table that the workflow has written."""
    return [column for column in read_tsv(path) if column not in ID_COLUMNS]


def count_features(path: PathLike) -> int:
    """Number of columns of a feature matrix that the workflow has written."""
    if os.fspath(path).endswith(".npy"):
        return np.load(path, mmap_mode="r", allow_pickle=False).shape[1]
    return len(region_names(path))
