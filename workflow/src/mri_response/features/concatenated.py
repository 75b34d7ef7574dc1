"""Features of kind concatenated: feature sets side by side."""

from collections.abc import Mapping

import pandas as pd

from mri_response.core.tables import ID_COLUMNS, read_tsv, write_tsv
from mri_response.features.job import FeatureJob


def make(job: FeatureJob) -> None:
    """Feature sets side by side.

    Parameters
    ----------
    job : FeatureJob
        With the files ``sets``, in the order of the key ``sets`` of the configuration.
    """
    sets = zip(job.spec["sets"], job.files["sets"], strict=True)
    write_tsv(concatenated_features({name: read_tsv(path) for name, path in sets}), job.out)


def concatenated_features(sets: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put feature sets of the same people side by side.

    Parameters
    ----------
    sets : mapping of str to pandas.DataFrame
        Tables of features by the names of their sets, with the columns that identify people.

    Returns
    -------
    pandas.DataFrame
        The columns that identify people, then those of each set, named as in ``set:column``.

    Raises
    ------
    ValueError
        If the tables do not have the same rows.
    """
    keys = [key for key in ID_COLUMNS if all(key in table for table in sets.values())]
    first = next(iter(sets.values()))
    parts = [first[keys]]
    for name, table in sets.items():
        if not table[keys].equals(first[keys]):
            raise ValueError(f"the rows of {name} are not those of the other feature sets")
        parts.append(table.drop(columns=keys).add_prefix(f"{name}:"))
    return pd.concat(parts, axis=1)
