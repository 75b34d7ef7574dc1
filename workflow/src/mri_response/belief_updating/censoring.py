"""Learning rates that allow for answers cut off at the ends of the scale.

A second estimate on the lowest or highest answer may stand for one beyond it. The tobit likelihood
says so; where many answers lie on an end, S and A by least squares, and their changes, are too
small. The table goes through the same tests of change as that of least squares.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_ndtr

from mri_response.belief_updating.models import moves, used_sessions
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.trials import SCALE

#: Share of second estimates on an end of the scale from which the sensitivity is asked for.
MANY = 0.1


def censored_estimates(
    trials: pd.DataFrame, family: str = "heuristic", scale: tuple[float, float] = SCALE
) -> pd.DataFrame:
    """S and A by the tobit likelihood, beside least squares.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    family : {"heuristic", "heuristic_pr", "bayesian"}
        What the move that the news calls for is made of.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        ``participant_id``, ``session_id``, ``n``, ``n_at_limit``, ``many_at_limit`` (more than
        :data:`MANY` of the answers), ``S``, ``A``, ``sigma`` of the tobit likelihood, ``LR_good``,
        ``LR_bad`` (S + A and S - A), ``S_shift``,
        ``A_shift`` (minus least squares). NaN where the maximum was not found, as where all
        answers lie on the ends.

    Notes
    -----
    In 1 / sigma and the slopes over sigma the log likelihood is concave (Olsen 1978), so that a
    maximum is the maximum. Sigma is the maximum-likelihood estimate, without a correction for the
    two slopes.
    """
    used, sessions, number = used_sessions(trials)
    plain = estimates(trials, family, scale)
    m, v = moves(used, family, scale), used["v"].to_numpy()
    columns = np.stack([m, v * m], axis=1)
    first, second = used["E1"].to_numpy(), used["E2"].to_numpy()
    rows = []
    for person in range(len(sessions)):
        own = number == person
        start = plain.loc[person, ["S", "A", "sigma"]].to_numpy(float)
        rows.append(_tobit(columns[own], first[own], second[own], scale, start))
    at_limit = np.bincount(number, used["at_limit"]).astype(int)
    out = sessions.assign(n=plain["n"], n_at_limit=at_limit)
    out["many_at_limit"] = out["n_at_limit"] > MANY * out["n"]
    out[["S", "A", "sigma"]] = np.array(rows)
    out["LR_good"], out["LR_bad"] = out["S"] + out["A"], out["S"] - out["A"]
    for name in ("S", "A"):
        out[f"{name}_shift"] = out[name] - plain[name]
    return out


def _tobit(
    columns: NDArray, first: NDArray, second: NDArray, scale: tuple[float, float], start: NDArray
) -> NDArray:
    """S, A and sigma of one person's session."""
    # An end of the scale is as far from the first estimate as the cut-off update can be.
    low, high = second <= scale[0], second >= scale[1]
    moved = second - first
    inner = ~(low | high)
    if inner.sum() < 3:
        return np.full(3, np.nan)

    def negative(parameters: NDArray) -> tuple[float, NDArray]:
        slopes, precision = parameters[:2], np.exp(parameters[2])
        z = precision * moved - columns @ slopes
        up, down = log_ndtr(z[low]), log_ndtr(-z[high])
        value = (z[inner] ** 2).sum() / 2 - inner.sum() * parameters[2] - up.sum() - down.sum()
        slope = np.zeros(len(z))
        slope[inner] = z[inner]
        density = -(z**2) / 2 - np.log(2 * np.pi) / 2
        slope[low] = -np.exp(density[low] - up)
        slope[high] = np.exp(density[high] - down)
        gradient = np.append(-columns.T @ slope, precision * (slope @ moved) - inner.sum())
        return value, gradient

    sigma = max(start[2], 0.1) if np.isfinite(start[2]) else 10.0
    begin = np.append(start[:2] / sigma, -np.log(sigma))
    found = minimize(negative, begin, jac=True, method="BFGS", options={"gtol": 1e-6})
    if not np.isfinite(found.fun) or np.abs(found.jac).max() > 1e-2:
        return np.full(3, np.nan)
    sigma = np.exp(-found.x[2])
    return np.append(found.x[:2] * sigma, sigma)
