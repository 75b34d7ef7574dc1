"""Features of kind concatenated: feature sets side by side."""

from collections.abc import Mapping

import pandas as pd

from mri_response.core.tables import ID_COLUMNS


def concatenated_features(sets: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Feature sets of the same people side by side, columns named as in ``set:column``."""
    keys = [key for key in ID_COLUMNS if all(key in table for table in sets.values())]
    first = next(iter(sets.values()))
    parts = [first[keys]]
    for name, table in sets.items():
        if not table[keys].equals(first[keys]):
            raise ValueError(f"the rows of {name} are not those of the other feature sets")
        parts.append(table.drop(columns=keys).add_prefix(f"{name}:"))
    return pd.concat(parts, axis=1)
