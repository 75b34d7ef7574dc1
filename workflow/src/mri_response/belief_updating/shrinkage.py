"""Empirical Bayes: people's S and A drawn to those of a population, by how uncertain they are.

A person's estimates are the person's true S and A plus errors of known covariance; true values are
normal in the population. Its mean and covariance are found by restricted maximum likelihood. They
are learned from people: a prediction model finds them among training people alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.errors import InputError

MAX_STEPS, TOLERANCE = 5000, 1e-9


@dataclass(frozen=True, eq=False)
class Population:
    """Normal distribution of S and A.

    Attributes
    ----------
    mean : ndarray, shape (2,)
    covariance : ndarray, shape (2, 2)
    mean_covariance : ndarray, shape (2, 2)
        Squared standard errors of the mean, and their covariance.
    n : int
        People it was found from.
    """

    mean: NDArray
    covariance: NDArray
    mean_covariance: NDArray
    n: int


def _with_errors(rates: pd.DataFrame) -> tuple[NDArray, NDArray]:
    """Estimates, shape (people, 2), and the covariances of their errors."""
    value = rates[["S", "A"]].to_numpy(float)
    errors = np.empty((len(rates), 2, 2))
    errors[:, 0, 0], errors[:, 1, 1] = rates["S_se"] ** 2, rates["A_se"] ** 2
    errors[:, 0, 1] = errors[:, 1, 0] = rates["SA_cov"]
    return value, errors


def fit_population(rates: pd.DataFrame) -> Population:
    """Population of one group in one session.

    Parameters
    ----------
    rates : pandas.DataFrame
        As :func:`mri_response.belief_updating.rates.estimates` returns it; one row per person.

    Returns
    -------
    Population

    Raises
    ------
    InputError
        If a person stands there twice, or fewer than 3 people have estimates with errors.

    Notes
    -----
    Expectation and maximisation of the restricted likelihood: the mean has a flat prior, so that
    the covariance is not too small by the mean's uncertainty.
    """
    if rates["participant_id"].duplicated().any():
        raise InputError(
            "shrinkage of learning rates: found a person in several rows, expected one session of "
            "one group; choose the session first"
        )
    value, errors = _with_errors(rates.dropna(subset=["S", "A", "S_se", "A_se"]))
    if len(value) < 3:
        raise InputError(
            f"shrinkage of learning rates: found {len(value)} people with estimates, expected 3 or "
            "more; leave shrinkage out"
        )
    covariance = np.cov(value.T) + np.eye(2) * 1e-6
    for _ in range(MAX_STEPS):
        weight = np.linalg.inv(covariance + errors)
        mean_covariance = np.linalg.inv(weight.sum(axis=0))
        mean = mean_covariance @ np.einsum("pij,pj->i", weight, value)
        gain = covariance @ weight
        effect = np.einsum("pij,pj->pi", gain, value - mean)
        spread = covariance - gain @ covariance + gain @ mean_covariance @ gain.transpose(0, 2, 1)
        updated = (effect[:, :, None] * effect[:, None, :] + spread).mean(axis=0)
        done = np.abs(updated - covariance).max() < TOLERANCE
        covariance = updated
        if done:
            break
    return Population(mean, covariance, mean_covariance, len(value))


def shrunk(rates: pd.DataFrame, population: Population) -> pd.DataFrame:
    """People's S and A given the population.

    Parameters
    ----------
    rates : pandas.DataFrame
        As :func:`mri_response.belief_updating.rates.estimates` returns it.
    population : Population
        Need not have been found from the same people.

    Returns
    -------
    pandas.DataFrame
        Columns of `rates` that identify a row, then ``S``, ``A``, ``LR_good``, ``LR_bad``,
        ``S_sd``, ``A_sd`` (of the posterior) and ``weight_S``, ``weight_A`` (how much of an
        estimate is the person's own: 1 where the data decide, 0 where the population does). A
        person without estimates has the population's mean.
    """
    value, errors = _with_errors(rates)
    known = np.isfinite(value).all(axis=1) & np.isfinite(errors).all(axis=(1, 2))
    gain = np.zeros((len(rates), 2, 2))
    gain[known] = population.covariance @ np.linalg.inv(population.covariance + errors[known])
    away = np.where(known[:, None], value - population.mean, 0.0)
    centre = population.mean + np.einsum("pij,pj->pi", gain, away)
    posterior = population.covariance - gain @ population.covariance
    out = rates[["participant_id", "session_id"]].copy()
    out[["S", "A"]] = centre
    out["LR_good"], out["LR_bad"] = out["S"] + out["A"], out["S"] - out["A"]
    out[["S_sd", "A_sd"]] = np.sqrt(np.maximum(np.diagonal(posterior, axis1=1, axis2=2), 0))
    out[["weight_S", "weight_A"]] = np.diagonal(gain, axis1=1, axis2=2)
    return out
