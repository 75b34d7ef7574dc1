"""Tables of stability: refits on resampled people, and the headline under other seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.vocabulary import HEADLINE_METRICS, Aggregation
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.metrics import cross_validated
from mri_response.learning.stability import ORIGINAL

INSTABILITY_COLUMNS = [
    *("model", "band", "probability_low", "probability_high", "n", "n_resamples", "mape"),
    *("changed", "q05", "q25", "q50", "q75", "q95"),
]
SEED_COLUMNS = [
    *("model", "metric", "aggregation", "n_seeds", "run", "mean", "sd", "lowest", "median"),
    *("highest", "share_below_run"),
]
ALL = "all"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: People of a band at least, so that no band is about single ones, and bands at most.
BAND_SIZE, MOST_BANDS = 10, 5
#: Limits of bands are multiples of it: the lowest and the highest value are those of single people.
STEP = 0.05
TIED = 1e-9


def instability(model: str, fits: pd.DataFrame) -> pd.DataFrame:
    """How far probabilities and classes of the same people move from one refit to the next.

    Parameters
    ----------
    model : str
        Name of the model.
    fits : pandas.DataFrame
        As from `learning.stability.refitted_on_resamples`, numbers as numbers.

    Returns
    -------
    pandas.DataFrame
        `INSTABILITY_COLUMNS`: a row for all people and one for each band of their probability by
        the model of all people (fifths, fewer where a band would have under `BAND_SIZE` rows),
        with limits that are multiples of `STEP`, since the lowest and highest are of single people.
        `mape`: mean absolute difference between a person's probability by a refit and by the
        model; `changed`: the mean share of refits that give a person the other class
        (classification instability index); quantiles: of the probabilities by refits. Rows of a
        person with several scans count as several.

    References
    ----------
    Riley RD, Collins GS (2023). Stability of clinical prediction models developed using statistical
    or machine learning methods. Biometrical Journal 65, 2200302.
    """
    if fits.empty:
        return pd.DataFrame(columns=INSTABILITY_COLUMNS)
    resample = fits["resample"].to_numpy(int)
    n_resamples = resample.max()
    probability, decision = (
        fits[name].to_numpy(float).reshape(n_resamples + 1, -1)
        for name in ("probability", "decision")
    )
    original, others = probability[ORIGINAL], probability[ORIGINAL + 1 :]
    error = np.abs(others - original).mean(axis=0)
    changed = ((decision[ORIGINAL + 1 :] > 0) != (decision[ORIGINAL] > 0)).mean(axis=0)
    rows = []
    for name, own in {ALL: np.arange(len(original)), **_bands(original)}.items():
        quantiles = np.quantile(others[:, own], QUANTILES)
        limits = _outward(original[own])
        means = error[own].mean(), changed[own].mean()
        rows.append((model, name, *limits, len(own), n_resamples, *means, *quantiles))
    return pd.DataFrame(rows, columns=INSTABILITY_COLUMNS)


def _outward(values: NDArray) -> tuple[float, float]:
    """Multiples of `STEP` that enclose the values."""
    low, high = np.floor(values.min() / STEP), np.ceil(values.max() / STEP)
    return round(float(low) * STEP, 2), round(float(high) * STEP, 2)


def _bands(original: NDArray) -> dict[str, NDArray]:
    """Rows of equal parts of the people by their probability, lowest first."""
    n_bands = min(MOST_BANDS, len(original) // BAND_SIZE)
    order = np.argsort(original, kind="stable")
    parts = np.array_split(order, n_bands) if n_bands > 1 else []
    return {str(number): part for number, part in enumerate(parts, start=1)}


def other_seeds(model: str, people: pd.DataFrame, decision: NDArray) -> pd.DataFrame:
    """Balanced accuracy and AUC of the run among those of other folds.

    Parameters
    ----------
    model : str
        Name of the model.
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    decision : ndarray, shape (1 + seeds, repeats, n)
        As from `learning.stability.cross_validated_with_seeds`.

    Returns
    -------
    pandas.DataFrame
        `SEED_COLUMNS`: the run's own value, mean, standard deviation (ddof 1), lowest, median and
        highest of the other seeds, and the share of these that are below the run's value, ties
        counting half. Means over repeats.
    """
    if len(decision) < 2:
        return pd.DataFrame(columns=SEED_COLUMNS)
    tested = ~np.isnan(decision).any(axis=(0, 1))
    cohort = Cohort.of(people[tested])
    labels, rows = cohort.labels[None], []
    for metric in HEADLINE_METRICS:
        how = Aggregation.MEAN_OVER_REPEATS
        values = decision[:, :, tested]
        fold = np.zeros(values.shape, dtype=int)
        found = cross_validated(metric, how, values, fold, labels, cohort.weights)
        run, rest = found[0], found[1:]
        below = np.mean(rest < run - TIED) + np.mean(np.abs(rest - run) <= TIED) / 2
        spread = (rest.mean(), rest.std(ddof=1) if len(rest) > 1 else np.nan)
        middle = (rest.min(), np.median(rest), rest.max())
        rows.append((model, metric, how, len(rest), run, *spread, *middle, below))
    return pd.DataFrame(rows, columns=SEED_COLUMNS)
