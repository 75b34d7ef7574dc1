"""What the training people's values were like: means, spreads, quantiles, and no row of anyone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.tables import as_categories
from mri_response.learning.preparation.residuals import CHUNK

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Of n values each quantile may be one person's own; so many digits are nobody's.
DIGITS = 3


def significant(values: np.ndarray, digits: int = DIGITS) -> np.ndarray:
    """Round numbers to some significant digits.

    Parameters
    ----------
    values : numpy.ndarray
        Numbers of any shape; NaN stays NaN.
    digits : int
        How many.

    Returns
    -------
    numpy.ndarray
        Of the same shape.
    """
    size = np.where((values == 0) | ~np.isfinite(values), 1.0, np.abs(values))
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(size)))
    return np.round(values * scale) / scale


def ranges_of_features(features: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, standard deviation and quantiles of every feature.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Of the training people, NaN where missing.

    Returns
    -------
    dict of str to numpy.ndarray
        ``mean`` and ``sd``, shape (p,), and ``quantiles``, shape (5, p), of those that have a
        value, to 3 significant digits; NaN where nobody has one.
    """
    p = features.shape[1]
    found = {"mean": np.empty(p), "sd": np.empty(p), "quantiles": np.empty((len(QUANTILES), p))}
    for start in range(0, p, CHUNK):
        columns = slice(start, start + CHUNK)
        for name, values in _ranges(np.asarray(features[:, columns], dtype=float)).items():
            found[name][..., columns] = values
    return found


def _ranges(values: np.ndarray) -> dict[str, np.ndarray]:
    empty = np.isnan(values).all(axis=0)
    known = np.where(empty, 0.0, values)
    found = {
        "mean": np.nanmean(known, axis=0),
        "sd": np.nanstd(known, axis=0, ddof=min(1, len(known) - 1)),
        "quantiles": np.nanquantile(known, QUANTILES, axis=0),
    }
    return {name: significant(np.where(empty, np.nan, given)) for name, given in found.items()}


def ranges_of_people(
    people: pd.DataFrame, columns: Collection[str], categories: Collection[str]
) -> dict[str, dict[str, Any]]:
    """What columns of a table of people hold.

    Parameters
    ----------
    people : pandas.DataFrame
        Training rows.
    columns : collection of str
        Columns that a model reads.
    categories : collection of str
        Those of them that hold categories however these are written.

    Returns
    -------
    dict of str to dict
        For each column ``levels``, or ``mean``, ``sd`` and ``quantiles`` as `ranges_of_features`
        has them.
    """
    found: dict[str, dict[str, Any]] = {}
    for column in columns:
        values = people[column]
        if column in categories or not pd.api.types.is_numeric_dtype(values):
            found[column] = {"levels": sorted(as_categories(values.dropna()).unique())}
            continue
        ranges = _ranges(values.to_numpy(dtype=float)[:, None])
        found[column] = {
            "mean": _plain(ranges["mean"])[0],
            "sd": _plain(ranges["sd"])[0],
            "quantiles": _plain(ranges["quantiles"][:, 0]),
        }
    return found


def _plain(values: np.ndarray) -> list[float | None]:
    """Numbers for JSON, which has no NaN."""
    return [None if np.isnan(value) else float(value) for value in values]


def beyond(values: np.ndarray, ranges: Mapping[str, Any], limit: float) -> np.ndarray:
    """Which values are further from the training mean than some standard deviations.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, p)
        Of new people; a missing value is not beyond.
    ranges : mapping
        ``mean`` and ``sd``, each of shape (p,), as `ranges_of_features` gives them.
    limit : float
        Standard deviations. Where the training people had one value, any other is beyond.

    Returns
    -------
    numpy.ndarray of bool, shape (n, p)
    """
    mean, sd = (np.asarray(ranges[name], dtype=float) for name in ("mean", "sd"))
    # Means are rounded to 3 digits, which alone is no difference.
    slack = np.abs(mean) * 10.0 ** (1 - DIGITS)
    with np.errstate(invalid="ignore"):
        return np.abs(values - mean) > limit * sd + slack
