"""Learning rates of people by least squares, their standard errors and their reliability."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from mri_response.belief_updating.models import Sums, moves, sums, used_sessions
from mri_response.belief_updating.trials import SCALE

LEVEL = 0.95
PARAMETERS = ("S", "A", "LR_good", "LR_bad")


def estimates(
    trials: pd.DataFrame, family: str = "heuristic", scale: tuple[float, float] = SCALE
) -> pd.DataFrame:
    """Least-squares learning rates of every session of a person, with standard errors.

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
        ``participant_id``, ``session_id``, ``n``, ``n_good``, ``n_bad``, ``S``, ``A``, ``LR_good``,
        ``LR_bad``, their standard errors ``S_se``, ``A_se``, ``LR_good_se``, ``LR_bad_se``,
        ``SA_cov`` (covariance of the errors of S and A) and ``sigma`` (SD of the residuals, n - 2
        degrees of freedom). Standard errors are NaN below 3 trials.

    Notes
    -----
    The two learning rates are slopes through the origin of E2 - E1 on m, of either kind of news;
    S is their mean and A half their difference. The slope weighs trials by the size of the news; a
    mean of the ratios update / error explodes where the error is small, and is not offered.
    """
    used, sessions, number = used_sessions(trials)
    y, v = (used["E2"] - used["E1"]).to_numpy(), used["v"].to_numpy()
    of = sums(number, y, v, moves(used, family, scale))
    n_good = np.bincount(number, v > 0).astype(int)
    out = sessions.assign(n=of.n, n_good=n_good, n_bad=of.n - n_good)
    return pd.concat([out, least_squares(of)], axis=1)


def least_squares(of: Sums) -> pd.DataFrame:
    """The columns ``S`` to ``sigma`` of :func:`estimates` from sums."""
    square, cross = of.products[:, 0, 0], of.products[:, 0, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = {"good": (square + cross) / 2, "bad": (square - cross) / 2}
        both, signed = of.with_update.T
        rate = {
            "good": (both + signed) / 2 / weight["good"],
            "bad": (both - signed) / 2 / weight["bad"],
        }
        explained = sum(rate[kind] ** 2 * weight[kind] for kind in weight)
        freedom = np.where(of.n > 2, of.n - 2, np.nan)
        variance = np.maximum(of.update - explained, 0) / freedom
        own = {kind: variance / weight[kind] for kind in weight}
    half = np.sqrt((own["good"] + own["bad"]) / 4)
    return pd.DataFrame(
        {
            "S": (rate["good"] + rate["bad"]) / 2,
            "A": (rate["good"] - rate["bad"]) / 2,
            "LR_good": rate["good"],
            "LR_bad": rate["bad"],
            "S_se": half,
            "A_se": half,
            "LR_good_se": np.sqrt(own["good"]),
            "LR_bad_se": np.sqrt(own["bad"]),
            "SA_cov": (own["good"] - own["bad"]) / 4,
            "sigma": np.sqrt(variance),
        }
    )


def half_width(sd: float, n: int) -> float:
    """Half the width of the t interval of a mean over people.

    Parameters
    ----------
    sd : float
        Standard deviation between people, NaN of one person.
    n : int
        Number of people.

    Returns
    -------
    float
    """
    return student.ppf((1 + LEVEL) / 2, max(n - 1, 1)) * sd / np.sqrt(n)


def reliability(rates: pd.DataFrame) -> pd.DataFrame:
    """How much of the spread between people is no error of estimation.

    Parameters
    ----------
    rates : pandas.DataFrame
        As :func:`estimates` returns it.

    Returns
    -------
    pandas.DataFrame
        A row per session and parameter: ``session_id``, ``parameter``, ``n`` (people), ``mean``,
        ``sd``, ``mean_se`` (root of the mean squared standard error), ``ci_low``, ``ci_high`` (of
        the mean over people, t), ``reliability`` = 1 - mean_se^2 / sd^2, which is below 0 where
        people differ by less than their errors.
    """
    rows = []
    for session, own in rates.groupby("session_id", sort=False):
        for name in PARAMETERS:
            value, n = own[name], len(own)
            sd = value.std() if n > 1 else np.nan
            error = np.sqrt((own[f"{name}_se"] ** 2).mean())
            half = half_width(sd, n)
            rows.append(
                {
                    "session_id": session,
                    "parameter": name,
                    "n": n,
                    "mean": value.mean(),
                    "sd": sd,
                    "mean_se": error,
                    "ci_low": value.mean() - half,
                    "ci_high": value.mean() + half,
                    "reliability": 1 - error**2 / sd**2 if sd > 0 else np.nan,
                }
            )
    return pd.DataFrame(rows)
