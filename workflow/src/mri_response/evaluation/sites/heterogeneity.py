"""Random effects of sites: mean, heterogeneity, and what a new site may be expected to have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

#: Fewer sites say nothing of a variance between sites, and of the next site.
FEWEST_FOR_MEAN, FEWEST_FOR_PREDICTION = 3, 5
MOST_STEPS = 10_000
CLOSE = 1e-12
LEVEL = 0.95


class RandomEffects(NamedTuple):
    """A mean over sites, and how they differ.

    Attributes
    ----------
    estimate, low, high : float
        Mean and its interval.
    tau_squared : float
        Variance between sites.
    i_squared : float
        Share of it in the variance of an estimate of a typical site.
    i_squared_low, i_squared_high : float
        Its interval, that of the variance between sites by the profile of Cochran's Q.
    q, p_value : float
        Cochran's Q, and p of no variance between sites.
    prediction_low, prediction_high : float
        Where the true value of a new site may lie; NaN with fewer than `FEWEST_FOR_PREDICTION`.
    """

    estimate: float
    low: float
    high: float
    tau_squared: float
    i_squared: float
    i_squared_low: float
    i_squared_high: float
    q: float
    p_value: float
    prediction_low: float
    prediction_high: float


def random_effects(
    estimates: ArrayLike, standard_errors: ArrayLike, level: float = LEVEL
) -> RandomEffects | None:
    """Combine the estimates of sites.

    The variance between sites is estimated by restricted maximum likelihood. The interval of the
    mean is that of Hartung, Knapp, Sidik and Jonkman with k - 1 degrees of freedom, never narrower
    than by the sites' own variances (Röver, Knapp and Friede); the prediction interval has k - 2.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (k,)
        Of each site, on a scale on which they are about normal.
    level : float
        Of the intervals.

    Returns
    -------
    RandomEffects or None
        None with fewer than `FEWEST_FOR_MEAN` sites.

    References
    ----------
    Viechtbauer (2005). J Educ Behav Stat 30:261-293. IntHout, Ioannidis and Borm (2014). BMC Med
    Res Methodol 14:25. Röver, Knapp and Friede (2015). BMC Med Res Methodol 15:99. Higgins,
    Thompson and Spiegelhalter (2009). J R Stat Soc A 172:137-159. Higgins and Thompson (2002). Stat
    Med 21:1539-1558. Viechtbauer (2007). Stat Med 26:37-52 (profile of Q).
    """
    from scipy.stats import chi2, t  # takes time to import; only needed here

    values = np.asarray(estimates, dtype=float)
    variances = np.asarray(standard_errors, dtype=float) ** 2
    k = len(values)
    if k < FEWEST_FOR_MEAN:
        return None
    tau_squared = _restricted_likelihood(values, variances)
    weights = 1 / (variances + tau_squared)
    mean = weights @ values / weights.sum()
    spread = weights @ (values - mean) ** 2 / (k - 1)
    error = np.sqrt(max(spread, 1.0) / weights.sum())
    half = t.ppf((1 + level) / 2, k - 1) * error
    fixed = 1 / variances
    q = _cochran_q(0.0, values, variances)
    tails = chi2.ppf([(1 + level) / 2, (1 - level) / 2], k - 1)
    between = np.array([tau_squared, *(_variance_with(q, values, variances) for q in tails)])
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - fixed @ fixed)
    new = np.nan
    if k >= FEWEST_FOR_PREDICTION:
        new = t.ppf((1 + level) / 2, k - 2) * np.sqrt(tau_squared + error**2)
    return RandomEffects(
        *(mean, mean - half, mean + half, tau_squared, *between / (between + typical)),
        *(q, chi2.sf(q, k - 1), mean - new, mean + new),
    )


def _cochran_q(tau_squared: float, values: np.ndarray, variances: np.ndarray) -> float:
    """Squared distances from the mean, all weighted for a variance between sites."""
    weights = 1 / (variances + tau_squared)
    return weights @ (values - weights @ values / weights.sum()) ** 2


def _variance_with(q: float, values: np.ndarray, variances: np.ndarray) -> float:
    """Variance between sites for which Q, which falls as it grows, has a value; 0 if none has."""
    from scipy.optimize import brentq  # takes time to import; only needed here

    if _cochran_q(0.0, values, variances) <= q:
        return 0.0
    # Q is below the sum of squares about the plain mean, over the variance between sites.
    most = np.sum((values - values.mean()) ** 2) / q
    return brentq(lambda tau: _cochran_q(tau, values, variances) - q, 0.0, most, xtol=1e-12)


def _restricted_likelihood(values: np.ndarray, variances: np.ndarray) -> float:
    """Variance between sites, by Fisher's scoring of the restricted likelihood."""
    found = max(0.0, values.var(ddof=1) - variances.mean())
    for _ in range(MOST_STEPS):
        weights = 1 / (variances + found)
        total = weights.sum()
        residual = values - weights @ values / total
        squared = weights @ weights
        # Score and information of the restricted likelihood, times two.
        score = (weights**2) @ residual**2 - total + squared / total
        information = squared - 2 * (weights**3).sum() / total + (squared / total) ** 2
        step = score / information
        new = max(0.0, found + step)
        if abs(new - found) <= CLOSE * (1 + found):
            return new
        found = new
    return found
