"""The tables of a run, read again.

What draws reads this module: it imports no library of statistics, which takes time.
"""

from __future__ import annotations

import pandas as pd

from mri_response.core.tables import with_types

#: Columns that are text even where they look like numbers.
TEXT = (
    *("effect", "cohort", "reason", "block", "region", "side", "tissue", "other", "maps", "column"),
    *("map", "gene", "gene_set", "null", "null_maps", "hemisphere", "region_set", "cites", "note"),
    *("quantity", "what", "adjusted_for"),
)


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """A table of the run, read as text, with numbers and truth values.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`mri_response.core.tables.read_tsv` returns it.

    Returns
    -------
    pandas.DataFrame
        Columns of True and False are bool, those of numbers float; identifiers and :data:`TEXT`
        stay.
    """
    return with_types(table, TEXT)
