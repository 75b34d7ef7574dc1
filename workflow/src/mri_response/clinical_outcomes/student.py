"""Interval and p-value of an estimate whose error follows Student's distribution."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from mri_response.core.proportions import LEVEL


class Inference(NamedTuple):
    """An estimate with its limits and the two-sided p of being 0."""

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float


def t_interval(estimate: float, se: float, df: float) -> Inference:
    """Limits and p by Student's distribution.

    Parameters
    ----------
    estimate : float
        What is tested against 0.
    se : float
        Its standard error; the p is NaN where it is 0.
    df : float
        Degrees of freedom; infinite for the normal distribution.

    Returns
    -------
    Inference
    """
    half = float(stdtrit(df, (1 + LEVEL) / 2)) * se
    p = 2 * float(stdtr(df, -abs(estimate) / se)) if se > 0 else np.nan
    return Inference(float(estimate), float(estimate - half), float(estimate + half), p)
