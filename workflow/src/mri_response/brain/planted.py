"""What a simulation planted, beside the patterns that models found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

FOUND_COLUMNS = [
    "model",
    "planted",
    "n_regions",
    "n_towards_positive",
    "n_towards_negative",
    "mean_haufe",
]


def planted_and_found(planted: pd.DataFrame, weights: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Count in which direction the patterns point where something was planted.

    Parameters
    ----------
    planted : pandas.DataFrame
        ``simulation/planted.tsv``: ``region`` and ``planted``, in per cent of grey matter, above
        0 where the positive class has more.
    weights : mapping of str to pandas.DataFrame
        Model to ``weights/<model>.tsv``: ``region`` and ``haufe``, the pattern, above 0 where it
        leans towards the positive class.

    Returns
    -------
    pandas.DataFrame
        Columns `FOUND_COLUMNS`, for every model that has weights of planted regions: a row for
        the regions where the positive class was given more (``planted`` is ``positive``), where
        the negative one was (``negative``) and where nothing was planted (``nothing``), if there
        are any, with the mean of their patterns.
    """
    rows = []
    for model, table in weights.items():
        both = planted[["region", "planted"]].merge(table[["region", "haufe"]], on="region")
        groups = {
            "positive": both["planted"] > 0,
            "negative": both["planted"] < 0,
            "nothing": both["planted"] == 0,
        }
        for name, members in groups.items():
            found = both.loc[members, "haufe"].to_numpy(float)
            if len(found):
                towards = int((found > 0).sum()), int((found < 0).sum())
                rows.append([model, name, len(found), *towards, found.mean()])
    return pd.DataFrame(rows, columns=FOUND_COLUMNS)
