"""Splits as the table of a run has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.learning.splits import REFIT, Fold, FoldSets


def folds_table(folds: Sequence[Fold], people: pd.DataFrame, inner_repeats: int) -> pd.DataFrame:
    """Splits in long form, the content of `splits.tsv`.

    Parameters
    ----------
    folds : sequence of Fold
        All splits, the refit last.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort, with participant_id and, if any, session_id.
    inner_repeats : int
        Repeats of the inner folds.

    Returns
    -------
    pandas.DataFrame
        Columns repeat, outer_fold, inner_repeat, inner_fold, participant_id (, session_id).
        `inner_fold` is missing for the outer test rows; `repeat` and `outer_fold` are missing for
        the search of the refit.
    """
    identity = people[[name for name in ("participant_id", "session_id") if name in people]]
    parts = []
    for fold in folds:
        inner_folds = (len(fold.sets.test) - 1) // inner_repeats
        number = {
            "repeat": pd.NA if fold.repeat == REFIT else fold.repeat,
            "outer_fold": pd.NA if fold.outer_fold == REFIT else fold.outer_fold,
        }
        for index, test in enumerate(fold.sets.test):
            inner_repeat, inner_fold = divmod(index - 1, inner_folds)
            inner = (
                {"inner_repeat": pd.NA, "inner_fold": pd.NA}
                if index == 0
                else {"inner_repeat": inner_repeat + 1, "inner_fold": inner_fold + 1}
            )
            parts.append(identity[test].assign(**number, **inner))
    order = ["repeat", "outer_fold", "inner_repeat", "inner_fold", *identity.columns]
    table = pd.concat(parts, ignore_index=True)[order]
    return table.astype(dict.fromkeys(order[:4], "Int64"))


def folds_from_table(table: pd.DataFrame, people: pd.DataFrame) -> list[Fold]:
    """Read splits back from their long form.

    Parameters
    ----------
    table : pandas.DataFrame
        As written by `folds_table`.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort; sets the order of rows in the masks.

    Returns
    -------
    list of Fold
        In the order of the table.
    """
    identity = [name for name in ("participant_id", "session_id") if name in people]
    rows = pd.MultiIndex.from_frame(people[identity].astype(str))
    position = rows.get_indexer(pd.MultiIndex.from_frame(table[identity].astype(str)))
    if (position < 0).any():
        raise ValueError("the splits name people who are not in the cohort table")
    numbers = table[["repeat", "outer_fold", "inner_repeat", "inner_fold"]]
    numbers = numbers.astype("Int64").fillna(REFIT).to_numpy(dtype=int)
    starts = np.flatnonzero(np.any(np.diff(numbers[:, :2], axis=0, prepend=-1) != 0, axis=1))
    folds = []
    for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True):
        repeat, outer_fold = numbers[start, :2]
        inner, place = numbers[start:stop, 2:], position[start:stop]
        outer_test = np.zeros(len(people), dtype=bool)
        outer_test[place[inner[:, 0] == 0]] = True
        trains, tests = [~outer_test], [outer_test]
        for key in dict.fromkeys(map(tuple, inner[inner[:, 0] > 0])):
            test = np.zeros(len(people), dtype=bool)
            test[place[(inner == key).all(axis=1)]] = True
            trains.append(~outer_test & ~test)
            tests.append(test)
        sets = FoldSets(np.array(trains), np.array(tests))
        folds.append(Fold(int(repeat), int(outer_fold), sets))
    return folds
