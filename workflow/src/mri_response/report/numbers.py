"""How numbers are read from cells of tables and written in figures and in the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

_NBSP = "\u00a0"
MINUS = "\u2212"
_PARTED = re.compile(
    r"(?:(?<=[^\s,;.:]) )?[=<>\u2264\u2265][ \u00a0\u202f](?=[\d\u2212]|n/a)|(?<=\d) (?=%)"
)


# ---------------------------------------------------------------- reading
def as_number(values: pd.Series) -> pd.Series:
    """Return a column as floats.

    Parameters
    ----------
    values : pandas.Series
        Numbers, or their text as it was read from a table.

    Returns
    -------
    pandas.Series
        ``n/a`` and empty cells are NaN.

    Raises
    ------
    ValueError
        If a cell holds another text.
    """
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    return pd.to_numeric(values.replace({"n/a": np.nan, "": np.nan}).astype(object)).astype(float)


def as_numbers(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return a table with some of its columns as floats.

    Parameters
    ----------
    table : pandas.DataFrame
        As it was read, text.
    columns : iterable of str
        Columns of numbers, see `as_number`.

    Returns
    -------
    pandas.DataFrame
    """
    return table.assign(**{name: as_number(table[name]) for name in columns})


def number(value: Any) -> float:
    """Return one cell of a table as a float.

    Parameters
    ----------
    value : str, number or None
        The cell; None, ``pandas.NA`` and ``n/a`` are NaN.

    Returns
    -------
    float
    """
    if value is None or value is pd.NA or value == "n/a":
        return float("nan")
    return float(value)


# ---------------------------------------------------------------- writing
def percent(value: Any) -> str:
    """Write a proportion as a percentage with one decimal: 0.702 as ``70.2 %``.

    Parameters
    ----------
    value : str or number
        A proportion from 0 to 1, or the cell of a table that holds one.

    Returns
    -------
    str
        ``n/a`` for a missing value.
    """
    value = number(value)
    return "n/a" if np.isnan(value) else f"{100 * value:.1f}{_NBSP}%"


def two_decimals(value: Any) -> str:
    """Write a number with two decimals, as an AUC is written.

    Parameters
    ----------
    value : str or number
        A number, or the cell of a table that holds one.

    Returns
    -------
    str
        ``n/a`` for a missing value.
    """
    value = number(value)
    return "n/a" if np.isnan(value) else f"{value:.2f}"


def estimate_text(metric: str, value: Any) -> str:
    """Write an estimate in the style of its metric.

    Parameters
    ----------
    metric : str
        ``auc`` has two decimals; every other metric is a percentage.
    value : str or number
        The estimate as a proportion.

    Returns
    -------
    str
    """
    return two_decimals(value) if metric == "auc" else percent(value)


def interval_text(metric: str, low: Any, high: Any) -> str:
    """Write a 95 % interval in the style of its metric, the percent sign once.

    Parameters
    ----------
    metric : str
        ``auc`` has two decimals; every other metric is a percentage.
    low, high : str or number
        Limits as proportions.

    Returns
    -------
    str
        ``n/a`` where a limit is missing.
    """
    low, high = number(low), number(high)
    if np.isnan(low) or np.isnan(high):
        return "n/a"
    if metric == "auc":
        text = f"{low:.2f} to {high:.2f}"
    else:
        text = f"{100 * low:.1f} to {100 * high:.1f} %"
    return text.replace(" ", _NBSP)


def minus(value: float, digits: int = 2) -> str:
    """Write a number with a real minus sign.

    Parameters
    ----------
    value : float
        Number to write.
    digits : int, default 2
        Decimals.

    Returns
    -------
    str
    """
    text = f"{value:.{digits}f}"
    return (text if _above_zero(text) else text.lstrip("-")).replace("-", MINUS)


def _above_zero(text: str) -> bool:
    """Whether a number as it is written is other than zero (or missing), so that it has a sign."""
    return any(digit in text for digit in "123456789") or "n" in text


def metric_with_limits(metric: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """Write a metric's estimate, and its limits as the smaller text under it in a table.

    Parameters
    ----------
    metric : str
        Name of the metric, which decides the unit.
    row : mapping
        With ``estimate``, ``ci_low`` and ``ci_high``.

    Returns
    -------
    tuple of str
        The estimate, and its interval.
    """
    interval = interval_text(metric, row["ci_low"], row["ci_high"])
    return estimate_text(metric, row["estimate"]), interval


def with_limits(
    row: Mapping[str, Any],
    digits: int,
    columns: tuple[str, str, str] = ("estimate", "ci_low", "ci_high"),
) -> tuple[str, str]:
    """Write an estimate, and its limits as the smaller text under it in a table of the page.

    Parameters
    ----------
    row : mapping
        Row of a table, as text or numbers.
    digits : int
        Decimals.
    columns : tuple of str
        Of the estimate, the lower and the upper limit.

    Returns
    -------
    tuple of str
        The estimate, and such as ``0.12 to 0.34``.
    """
    value, low, high = (_told_from_zero(number(row[name]), digits) for name in columns)
    return value, f"{low} to {high}"


def _told_from_zero(value: float, digits: int) -> str:
    """Write a number, with up to two decimals more where it would read as zero and is not."""
    for more in range(3):
        if float(f"{value:.{digits + more}f}") != 0:
            return minus(value, digits + more)
    return minus(0.0, digits)


def with_sign(value: float, digits: int) -> str:
    """Write a number with its sign, as in ``+0.120``; one that rounds to zero has none.

    Parameters
    ----------
    value : float
        Number to write.
    digits : int
        Decimals.

    Returns
    -------
    str
        ``n/a`` for NaN.
    """
    if np.isnan(value):
        return "n/a"
    text = minus(value, digits)
    return text if value < 0 or not _above_zero(text) else f"+{text}"


def signed(metric: str, value: float) -> str:
    """Write a difference with its sign; one that rounds to zero has none.

    Parameters
    ----------
    metric : str
        A difference of AUCs has two decimals; any other one is in percentage points.
    value : float
        Difference of two proportions.

    Returns
    -------
    str
    """
    text = f"{abs(value):.2f}" if metric.startswith("auc") else f"{100 * abs(value):.1f}"
    return ("+" if value > 0 else MINUS) + text if _above_zero(text) else text


def signed_interval(metric: str, low: float, high: float) -> str:
    """Write the interval of a difference.

    Parameters
    ----------
    metric : str
        Metric of the difference, see `signed`.
    low, high : float
        Limits of the difference of two proportions.

    Returns
    -------
    str
    """
    return f"{signed(metric, low)} to {signed(metric, high)}"


def p_phrase(p: Any, n_permutations: Any) -> str:
    """Write ``p = 0.024`` or ``p < 0.001``.

    Parameters
    ----------
    p : str or number
        The p value.
    n_permutations : str, number or None
        Permutations behind it, see `p_text`.

    Returns
    -------
    str
    """
    text = p_text(p, n_permutations)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def p_text(p: Any, n_permutations: Any) -> str:
    """Write a p value with three decimals.

    Parameters
    ----------
    p : str or number
        The p value.
    n_permutations : str, number or None
        Permutations behind it, None for a p value of another kind. The smallest p value that M
        permutations can give is 1 / (M + 1); it is marked with a dagger, which the report
        explains, since more permutations might have given a smaller one.

    Returns
    -------
    str
        ``n/a`` for a missing value.
    """
    p, m = number(p), number(n_permutations)
    if np.isnan(p):
        return "n/a"
    text = "<\u202f" + "0.001" if p < 0.0005 else f"{p:.3f}"
    smallest = not np.isnan(m) and p <= (1 + 1e-9) / (m + 1)
    return text + ("†" if smallest else "")


def unbroken(value: Any) -> Any:
    """Keep numbers with their symbol and unit in one line: ``p = 0.015``, ``n = 99``, ``95 %``.

    Parameters
    ----------
    value : object
        What a page is to show.

    Returns
    -------
    object
        Plain text with spaces that do not break there; all else, markup too, as it is.
    """
    if type(value) is not str:
        return value
    return _PARTED.sub(lambda found: found[0].replace(" ", _NBSP), value)
