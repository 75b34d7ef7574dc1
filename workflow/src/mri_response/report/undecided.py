"""Why a number whose interval lies clear of chance does not answer a question yet, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import Interval
from mri_response.report.numbers import number, p_phrase


def not_enough(
    limits: tuple[float, float],
    null_value: float,
    p_values: tuple[float, float],
    level: float,
    n_tested: int,
    way: str = "",
) -> str:
    """Say why an interval that leaves out the null value is not enough, or a small p alone.

    Parameters
    ----------
    limits : tuple of float
        The 95 % interval; NaN where there is none.
    null_value : float
        The number without any effect: 0, or 0.5 where that is chance.
    p_values : tuple of float
        p by itself, and counted for the number of tests; NaN without a test.
    level : float
        What the counted p may be at most.
    n_tested : int
        For how many tests it was counted.
    way : str
        Name of the way of counting, as in Holm.

    Returns
    -------
    str
        A sentence with a space before it; empty where neither holds, as where interval and p agree.
    """
    low, high = limits
    p, counted = p_values
    nothing = "chance" if null_value else "0"
    apart = low > null_value or high < null_value
    if np.isnan(counted):
        return ""
    if apart and counted > level:
        side = "above" if low > null_value else "below"
        said = f" The interval lies {side} {nothing}, "
        if p > level:
            return (
                f"{said}which is not enough: the test beside it, {p_phrase(p, None)}, is not at "
                f"most {level:g}."
            )
        way = way or "counted for that,"
        return (
            f"{said}but of {n_tested} tests one may by chance: {way} {p_phrase(counted, None)} is "
            f"above {level:g}."
        )
    if not apart and counted <= level and low == low:
        return (
            f" The test alone, {p_phrase(counted, None)}, is not enough: the interval includes "
            f"{nothing}."
        )
    return ""


def why_undecided(row: pd.Series, n_tested: int) -> str:
    """Say why a question of the verdict is open although its interval or its p looks clear.

    Parameters
    ----------
    row : Series
        Of ``verdict.tsv``, whose answer is that nothing can be told.
    n_tested : int
        How many of its questions were tested.

    Returns
    -------
    str
        As `not_enough`.
    """
    if row["ci_method"] == Interval.NAIVE_BOOTSTRAP:
        return (
            " Its interval takes people who share training data for independent, which is too "
            "narrow to answer by."
        )
    names = ("ci_low", "ci_high", "null_value", "p_value", "p_holm", "level")
    low, high, null_value, p, counted, level = (number(row[name]) for name in names)
    return not_enough((low, high), null_value, (p, counted), level, n_tested, "Holm")
