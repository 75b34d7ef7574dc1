"""Features of kind table: values of regions from a table of the user."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, shorten
from mri_response.features.job import FeatureJob
from mri_response.features.matrices import PathLike
from mri_response.inputs.tables import read_roi_table, table_columns


def make(job: FeatureJob) -> None:
    """Regions of a table for the analysed people.

    Parameters
    ----------
    job : FeatureJob
        With the files ``tables``: the cohort's own, and that of the discovery cohort, which sets
        the columns.
    """
    own, discovery = job.files["tables"][0], job.files["tables"][-1]
    columns = table_columns(discovery, job.spec["columns"], job.spec["exclude"], job.never)
    job.write(table_features(own, columns, job.people()))


def table_features(path: PathLike, columns: Sequence[str], people: pd.DataFrame) -> pd.DataFrame:
    """The regions of a table for the analysed people of one cohort.

    Parameters
    ----------
    path : path-like
        Wide table with ``participant_id`` (and ``session_id`` where the people have it).
    columns : sequence of str
        The discovery cohort's columns (see :func:`table_columns`), the same for every cohort.
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    pandas.DataFrame, shape (people, columns)
        Rows and columns in the given orders.

    Raises
    ------
    InputError
        If a column or a person is missing, a person has several rows, or a value is missing or
        not a number.
    """
    # The columns are names and no patterns, so that further columns of this table do not matter.
    table = read_roi_table(path, columns)
    keys = [key for key in ID_COLUMNS if key in people and key in table]
    identity = pd.MultiIndex.from_frame(table[keys])
    if identity.has_duplicates:
        raise InputError(
            f"{path}: found several rows for {_who(identity[identity.duplicated()][0])}, expected "
            "one for each analysed person; add session_id to the participants table or keep one row"
        )
    wanted = pd.MultiIndex.from_frame(people[keys])
    if wanted.has_duplicates:
        who = _who(wanted[wanted.duplicated()][0])
        raise InputError(
            f"{path}: found no column session_id, expected it because {who} has several rows in "
            "the participants table; add the column"
        )
    rows = identity.get_indexer(wanted)
    if (rows < 0).any():
        missing = [_who(key) for key in wanted[rows < 0]]
        raise InputError(
            f"{path}: found no row for {shorten(missing, 3)}, expected one for each analysed "
            "person; add it or exclude the person"
        )
    values = table[list(columns)].iloc[rows]
    empty = values.isna()
    if empty.to_numpy().any():
        row, column = np.argwhere(empty.to_numpy())[0]
        raise InputError(
            f"{path}: line {values.index[row]}: column {columns[column]}: found no value, expected "
            "a number for each analysed person; fill it or exclude the person or the column"
        )
    return values.reset_index(drop=True)


def _who(key: tuple[str, ...]) -> str:
    return " ".join(key)
