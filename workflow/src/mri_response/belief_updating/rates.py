"""Learning rates of people by least squares, their standard errors and their reliability."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t as student

from mri_response.belief_updating.models import Sums, moves, sums, used_sessions
from mri_response.belief_updating.trials import SCALE

LEVEL = 0.95
FEWEST = 4  # people of whom a share of variance has limits
RELIABILITY = ("reliability", "reliability_low", "reliability_high")
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


def reliable_share(values: ArrayLike, errors: ArrayLike) -> dict[str, float]:
    """Share of the variance over people that is no error of estimation, with its 95 % limits.

    Parameters
    ----------
    values : array_like, shape (n,)
        A quantity of each person.
    errors : array_like, shape (n,)
        Its standard error in each person.

    Returns
    -------
    dict of str to float
        ``reliability`` = 1 - mean squared error / variance, which is below 0 where people differ by
        less than their errors; ``reliability_low``, ``reliability_high``. NaN where nobody differs,
        limits also of fewer than 4 people.

    Notes
    -----
    The limits are those of the logarithm of error over variance, by Student's distribution of its
    jackknife pseudo-values over people: both parts are uncertain, and the variance is not taken for
    that of normal values.

    References
    ----------
    Miller RG (1968). Jackknifing variances. Annals of Mathematical Statistics 39, 567-582.
    """
    values, squared = np.asarray(values, float), np.asarray(errors, float) ** 2
    known = ~np.isnan(values + squared)
    values, squared, n = values[known], squared[known], int(known.sum())
    if n < 2 or not values.var() > 0:
        return dict.fromkeys(RELIABILITY, np.nan)
    ratio = squared.mean() / values.var(ddof=1)
    # One row per person who is left out.
    without = [np.delete(np.stack([squared, values]), person, axis=1) for person in range(n)]
    others = np.array([[error.mean(), own.var(ddof=1)] for error, own in without])
    if n < FEWEST or not (others > 0).all():
        return dict(zip(RELIABILITY, (float(1 - ratio), np.nan, np.nan), strict=True))
    pseudo = n * np.log(ratio) - (n - 1) * np.log(others[:, 0] / others[:, 1])
    middle, half = pseudo.mean(), half_width(pseudo.std(ddof=1), n)
    limits = (float(1 - np.exp(middle + sign * half)) for sign in (1, -1))
    return dict(zip(RELIABILITY, (float(1 - ratio), *limits), strict=True))


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
        the mean over people, t), and the columns of :func:`reliable_share`.
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
                    **reliable_share(value, own[f"{name}_se"]),
                }
            )
    return pd.DataFrame(rows)
