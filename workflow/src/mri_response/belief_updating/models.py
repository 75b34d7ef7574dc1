"""The twelve models of an update, all linear in scaling S and asymmetry A, solved exactly.

Every model says E2 - E1 = (S + A v) m + noise, where v is 1 for good and -1 for bad news and m is
the move that the news calls for:

- ``heuristic`` (RL-like): m = BR - estimate, where news is measured against the same estimate;
- ``heuristic_pr``: the same times 1 - rP, rP being the relative personal knowledge;
- ``bayesian``: m = posterior of Bayes' rule minus E1, its likelihood ratio odds(E1) / odds(eBR).

In each family S and A are both free, A = 0 (``_asy0``), S = 1 (``_sca1``) or both (``_null``).
Noise is normal and its variance unknown; with a normal-inverse-gamma prior, posterior and evidence
have closed forms. Learning rates are S + A after good and S - A after bad news.

References
----------
Kuzmanovic B, Rigoux L (2017). Valence-dependent belief updating: computational validation.
Frontiers in Psychology 8, 1087.
Bishop CM (2006). Pattern Recognition and Machine Learning. Springer, section 3.5 (evidence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from mri_response.belief_updating.trials import KEYS, SCALE
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten

FAMILIES = ("heuristic", "heuristic_pr", "bayesian")
#: Suffix to whether scaling and asymmetry are free.
FREE = {"": (True, True), "_asy0": (True, False), "_sca1": (False, True), "_null": (False, False)}
#: Name of a model to its family and to what is free.
MODELS = {
    f"{family}{suffix}": (family, free) for family in FAMILIES for suffix, free in FREE.items()
}
#: Values of scaling and asymmetry where they are fixed: the news is followed, both kinds alike.
FIXED = np.array([1.0, 0.0])
#: Odds need percentages inside these limits.
ODDS_LIMITS = (1.0, 99.0)


@dataclass(frozen=True)
class Prior:
    """Prior of a person's parameters, fixed before the data are seen.

    S and A are independent and normal given the noise, with means `mean` and standard deviations
    `sd` x noise / `noise_sd`; the noise variance is inverse gamma with shape 1 and scale
    `noise_sd` squared.

    Attributes
    ----------
    mean : tuple of float
        Of S and of A.
    sd : float
        Of either, at noise of `noise_sd`.
    noise_sd : float
        In points of the scale.
    """

    mean: tuple[float, float] = (1.0, 0.0)
    sd: float = 1.0
    noise_sd: float = 10.0


@dataclass(frozen=True, eq=False)
class Posterior:
    """Posterior of several people: normal-inverse-gamma.

    Attributes
    ----------
    mean : ndarray, shape (people, 2)
        Of S and A; where one is fixed, its value.
    scale : ndarray, shape (people, 2, 2)
        Covariance of S and A divided by the noise variance; 0 where fixed.
    shape, rate : ndarray, shape (people,)
        Of the inverse gamma distribution of the noise variance.
    log_evidence : ndarray, shape (people,)
        Logarithm of the probability density of the updates under the model.
    """

    mean: NDArray
    scale: NDArray
    shape: NDArray
    rate: NDArray
    log_evidence: NDArray

    @property
    def sd(self) -> NDArray:
        """Posterior standard deviations of S and A, shape (people, 2)."""
        noise = self.rate / (self.shape - 1)
        return np.sqrt(np.diagonal(self.scale, axis1=1, axis2=2) * noise[:, None])


# ---------------------------------------------------------------- what a model expects
def moves(trials: pd.DataFrame, family: str, scale: tuple[float, float] = SCALE) -> NDArray:
    """The move that the news calls for, m of the module's docstring.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.classified` returns it.
    family : {"heuristic", "heuristic_pr", "bayesian"}
        What the move that the news calls for is made of.
    scale : tuple of float
        Limits of the scale, which relative personal knowledge is relative to.

    Returns
    -------
    ndarray, shape (n,)
        In points of the scale; NaN where an estimate is missing.

    Notes
    -----
    rP is (eBR - E1) / (eBR - lowest) where E1 is below eBR, (E1 - eBR) / (highest - eBR) where it
    is above: the part of the room between the average person and the end of the scale.
    """
    own, average, shown = (trials[name].to_numpy(float) for name in ("E1", "eBR", "BR"))
    error = trials["error"].to_numpy(float)
    if family == "heuristic":
        return error
    if family == "heuristic_pr":
        gap = own - average
        room = np.where(gap < 0, average - scale[0], scale[1] - average)
        # Where the average person is put at the end of the scale, there is no room beyond, and the
        # gap is 0.
        return error * (1 - np.abs(gap) / np.where(room == 0, 1.0, room))
    return rational(own, average, shown) - own


def rational(own: NDArray, average: NDArray, shown: NDArray) -> NDArray:
    """Second estimate by Bayes' rule of a person with private knowledge of the own risk.

    Parameters
    ----------
    own, average, shown : ndarray
        E1, eBR and BR in percent, brought inside :data:`ODDS_LIMITS`.

    Returns
    -------
    ndarray
        In percent: the base rate's odds times odds(E1) / odds(eBR).
    """
    odds = [np.clip(x, *ODDS_LIMITS) / (100 - np.clip(x, *ODDS_LIMITS)) for x in (own, average)]
    base = np.clip(shown, *ODDS_LIMITS)
    updated = base / (100 - base) * odds[0] / odds[1]
    return 100 * updated / (1 + updated)


def clipped_odds(trials: pd.DataFrame) -> pd.Series:
    """Whether E1, eBR or BR of a trial lies outside :data:`ODDS_LIMITS` and was moved there."""
    values = trials[["E1", "eBR", "BR"]]
    return ((values < ODDS_LIMITS[0]) | (values > ODDS_LIMITS[1])).any(axis=1)


def available_models(trials: pd.DataFrame) -> list[str]:
    """Models that the estimates at hand allow: those of ``heuristic`` alone without any eBR."""
    whole = trials.loc[trials["used"], "eBR"].notna().all()
    return [name for name, (family, _) in MODELS.items() if whole or family == "heuristic"]


# ---------------------------------------------------------------- posterior and evidence
@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the trials of each of several people, all that a linear model needs.

    Attributes
    ----------
    n : ndarray, shape (people,)
        Number of trials of each person.
    products : ndarray, shape (people, 2, 2)
        Of the columns m and v m.
    with_update : ndarray, shape (people, 2)
        Of these columns with E2 - E1.
    update : ndarray, shape (people,)
        E2 - E1 squared.
    """

    n: NDArray
    products: NDArray
    with_update: NDArray
    update: NDArray


def sums(person: NDArray[np.intp], y: NDArray, v: NDArray, m: NDArray) -> Sums:
    """Sums per person.

    Parameters
    ----------
    person : ndarray of int, shape (n,)
        Number of each trial's person, from 0.
    y, v, m : ndarray, shape (n,)
        E2 - E1, sign of the news, and the move it calls for.

    Returns
    -------
    Sums
    """
    size = int(person.max()) + 1

    def total(values: NDArray) -> NDArray:
        return np.bincount(person, values, size)

    square, cross = total(m * m), total(v * m * m)
    signed = total(v * v * m * m)
    products = np.stack([square, cross, cross, signed], axis=1).reshape(-1, 2, 2)
    with_update = np.stack([total(m * y), total(v * m * y)], axis=1)
    return Sums(np.bincount(person, minlength=size), products, with_update, total(y * y))


def posterior(of: Sums, free: tuple[bool, bool], prior: Prior) -> Posterior:
    """Exact posterior and evidence of one model for several people.

    Parameters
    ----------
    of : Sums
        Sums of the trials of each person.
    free : tuple of bool
        Whether S and A are free; fixed ones have the values :data:`FIXED`.
    prior : Prior
        Prior of S, A and the noise.

    Returns
    -------
    Posterior
    """
    people = len(of.n)
    chosen = np.flatnonzero(free)
    offset = np.where(free, 0.0, FIXED)
    # What the fixed part explains is taken from the updates.
    y2 = of.update - 2 * of.with_update @ offset + offset @ (of.products @ offset).T
    xy = (of.with_update - of.products @ offset)[:, chosen]
    xx = of.products[:, chosen[:, None], chosen]
    precision0 = np.eye(len(chosen)) * (prior.noise_sd / prior.sd) ** 2
    mean0 = np.asarray(prior.mean, dtype=float)[chosen]
    precision = xx + precision0
    mean = np.linalg.solve(precision, (xy + precision0 @ mean0)[..., None])[..., 0]
    quadratic = np.einsum("pi,pij,pj->p", mean, precision, mean)
    shape0, rate0 = 1.0, prior.noise_sd**2
    shape = shape0 + of.n / 2
    rate = rate0 + (y2 + mean0 @ precision0 @ mean0 - quadratic) / 2
    determinants = np.linalg.slogdet(precision0)[1] - np.linalg.slogdet(precision)[1]
    log_evidence = (
        determinants / 2
        - of.n / 2 * np.log(2 * np.pi)
        + shape0 * np.log(rate0)
        - shape * np.log(rate)
        + gammaln(shape)
        - gammaln(shape0)
    )
    means, scale = np.tile(offset, (people, 1)), np.zeros((people, 2, 2))
    means[:, chosen] = mean
    scale[:, chosen[:, None], chosen] = np.linalg.inv(precision)
    return Posterior(means, scale, shape, rate, log_evidence)


def used_sessions(trials: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.intp]]:
    """Used trials, the sessions of people that they come from, and each trial's number among them.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.

    Returns
    -------
    used : pandas.DataFrame
    sessions : pandas.DataFrame
        ``participant_id`` and ``session_id``, in the order of the trials.
    number : ndarray of int, shape (used trials,)

    Raises
    ------
    InputError
        If no trial is used.
    """
    used = trials[trials["used"]]
    if not len(used):
        raise InputError(
            "trials: found none that the rules leave, expected some; see the column reason and "
            "relax the rules"
        )
    number = used.groupby(KEYS, sort=False).ngroup().to_numpy()
    return used, used[KEYS].drop_duplicates().reset_index(drop=True), number


def evidence_table(
    trials: pd.DataFrame,
    models: Sequence[str] | None = None,
    prior: Prior | None = None,
    scale: tuple[float, float] = SCALE,
) -> pd.DataFrame:
    """Posterior and log evidence of every model for every session of a person.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    models : sequence of str, optional
        Of :data:`MODELS`; by default all that the estimates at hand allow.
    prior : Prior, optional
        By default the one with the values of :class:`Prior`.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        ``participant_id``, ``session_id``, ``model``, ``family``, ``n`` (trials), ``n_clipped``
        (brought inside the limits of odds), ``S``, ``A``, ``S_sd``, ``A_sd`` (posterior),
        ``log_evidence``.

    Raises
    ------
    InputError
        If a model is unknown or needs eBR where a used trial has none, or no trial is used.
    """
    used, sessions, number = used_sessions(trials)
    possible = available_models(trials)
    for name in models or ():
        if name not in possible:
            why = "a model that needs eBR, which is missing" if name in MODELS else "no model"
            raise InputError(
                f"config: belief.models: found {name!r}, {why}, expected some of "
                f"{shorten(possible, 12)}; remove it"
            )
    y, v = (used["E2"] - used["E1"]).to_numpy(), used["v"].to_numpy()
    clipped = np.bincount(number, clipped_odds(used)).astype(int)
    of = {family: sums(number, y, v, moves(used, family, scale)) for family in FAMILIES}
    tables = []
    for name in models or possible:
        family, free = MODELS[name]
        found = posterior(of[family], free, prior or Prior())
        table = sessions.assign(model=name, family=family, n=of[family].n, n_clipped=clipped)
        table[["S", "A"]], table[["S_sd", "A_sd"]] = found.mean, found.sd
        tables.append(table.assign(log_evidence=found.log_evidence))
    return pd.concat(tables, ignore_index=True)
