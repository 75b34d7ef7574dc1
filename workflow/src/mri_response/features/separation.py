"""Features that separate the classes almost alone, as hardly anything in the brain does."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Area under the ROC curve from which a single feature is said to separate the classes.
SEPARATES = 0.98
# Probability at which classes that are drawn at random may be separated by one of the features.
_BY_CHANCE = 0.01
# Columns that are ranked at a time.
_COLUMNS = 4096
_ADVICE = (
    "separate the classes almost alone; make sure that none was measured after the outcome or made "
    "from it, and leave it out otherwise"
)
_OF_SCANS = (
    "; in scans look for classes that were scanned or processed in another way (scanner, session, "
    "field of view, program)"
)


def separation(values: pd.DataFrame, labels: NDArray[np.int_]) -> pd.Series:
    """How well each feature separates the classes by itself, in either direction.

    Parameters
    ----------
    values : pandas.DataFrame, shape (rows, features)
        Numbers, NaN where missing.
    labels : ndarray of int, shape (rows,)
        1 for the positive class, else 0.

    Returns
    -------
    pandas.Series
        Area under the ROC curve (Mann and Whitney's U over the number of pairs, ties count half),
        or 1 minus it where that is larger; NaN where a class has no value.
    """
    positive = np.asarray(labels) == 1
    known = values.notna()
    n_positive, n_negative = known[positive].sum(), known[~positive].sum()
    rank_sum = values.rank()[positive].sum()
    pairs = (n_positive * n_negative).replace(0, np.nan)
    area = (rank_sum - n_positive * (n_positive + 1) / 2) / pairs
    return np.maximum(area, 1 - area)


def separating(values: pd.DataFrame | NDArray, labels: NDArray[np.int_]) -> pd.Series:
    """The features that separate the classes almost alone.

    Parameters
    ----------
    values : pandas.DataFrame or ndarray, shape (rows, features)
        Numbers, NaN where missing; may be a memory map.
    labels : ndarray of int, shape (rows,)
        1 for the positive class, else 0.

    Returns
    -------
    pandas.Series
        Their `separation`, from the largest on; none where chance would easily have one among so
        many features.
    """
    n, n_positive = len(labels), int(np.sum(labels))
    # The number of labellings of many people is too large for a float.
    if 2 * values.shape[1] / _BY_CHANCE > math.comb(n, n_positive):
        return pd.Series(dtype=float)
    areas = []
    for start in range(0, values.shape[1], _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        if isinstance(values, pd.DataFrame):
            part = values.iloc[:, columns]
        else:
            part = pd.DataFrame(values[:, columns])
            part.columns += start
        found = separation(part, labels)
        areas.append(found[found > SEPARATES])
    return pd.concat(areas).sort_values(ascending=False, kind="stable")


def separating_words(areas: pd.Series, of: str) -> str:
    """Say which named features separate the classes.

    Parameters
    ----------
    areas : pandas.Series
        As from `separating`, by the names of the features; not empty.
    of : str
        Where they are from.

    Returns
    -------
    str
    """
    shown = [f"{column} (AUC {area:.3f})" for column, area in areas.items()]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"{', '.join(shown[:5])}{more}{of} {_ADVICE}"


def separation_warnings(
    sets: dict[str, pd.DataFrame | NDArray], labels: NDArray[np.int_]
) -> list[str]:
    """Tell which features, made by jobs, separate the classes almost alone.

    Parameters
    ----------
    sets : dict of str to pandas.DataFrame or ndarray
        Features of the discovery cohort by feature set; an array holds voxels.
    labels : ndarray of int, shape (rows,)
        1 for the positive class, else 0.

    Returns
    -------
    list of str
        At most one line per set.
    """
    warnings = []
    for name, values in sets.items():
        areas = separating(values, labels)
        if areas.empty:
            continue
        if isinstance(values, pd.DataFrame):
            words = separating_words(areas, "")
        else:
            many = f"{len(areas):,} of {values.shape[1]:,} voxels (AUC up to {areas.max():.3f})"
            words = f"{many} {_ADVICE}"
        warnings.append(f"features.{name}: {words}{_OF_SCANS}")
    return warnings
