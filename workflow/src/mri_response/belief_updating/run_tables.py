"""The tables of a run, read again.

What draws reads this module: it imports no library of statistics, which takes time.
"""

from __future__ import annotations

import pandas as pd

from mri_response.core.tables import with_types

#: Columns that are text even where they look like numbers.
TEXT = (
    *("event", "event_valence", "cohort", "group", "name", "level", "model", "family"),
    *("news", "news_E1", "news_eBR", "reason", "warning", "contrast", "parameter"),
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
    return with_types(table, (*TEXT, "baseline"))
