"""Tables of stability: refits on resampled people, and the headline under other seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.vocabulary import HEADLINE_METRICS, Aggregation
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.metrics import cross_validated
from mri_response.evaluation.numbers.metrics import GAINS, Predicted, estimates
from mri_response.learning.stability import ORIGINAL
from mri_response.people.rows import person_weights

INSTABILITY_COLUMNS = [
    *("model", "quantity", "band", "low", "high", "n", "n_resamples", "mape"),
    *("changed", "q05", "q25", "q50", "q75", "q95"),
]
#: What refits say of a person.
PROBABILITY, NUMBER = "probability", "number"
SEED_COLUMNS = [
    *("model", "metric", "aggregation", "n_seeds", "run", "mean", "sd", "lowest", "median"),
    *("highest", "share_below_run"),
]
ALL = "all"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: People of a band at least, so that no band is about single ones, and bands at most.
BAND_SIZE, MOST_BANDS = 10, 5
#: Limits of bands are multiples of it: the lowest and the highest value are those of single people.
#: Of numbers, of a quarter of their standard deviation with one digit.
STEP = 0.05
TIED = 1e-9


class Refits(NamedTuple):
    """What refits say of n rows, and how far it moves.

    Attributes
    ----------
    quantity : str
        `PROBABILITY`, or `NUMBER` where the outcome is one.
    original : ndarray, shape (n,)
        By the procedure on all people.
    others : ndarray, shape (resamples, n)
        By the refits.
    error : ndarray, shape (n,)
        Mean absolute difference between the two.
    changed : ndarray, shape (n,)
        Share of refits that give the other class; NaN where the outcome is a number.
    """

    quantity: str
    original: NDArray
    others: NDArray
    error: NDArray
    changed: NDArray

    @classmethod
    def of(cls, fits: pd.DataFrame) -> Refits:
        """Compare the refits with the procedure on all people.

        Parameters
        ----------
        fits : pandas.DataFrame
            As from `learning.stability.refitted_on_resamples`, numbers as numbers.

        Returns
        -------
        Refits
        """
        quantity = PROBABILITY if "probability" in fits else NUMBER
        n_fits = int(fits["resample"].max()) + 1
        decision = fits["decision"].to_numpy(float).reshape(n_fits, -1)
        values, changed = decision, np.full(decision.shape[1], np.nan)
        if quantity == PROBABILITY:
            values = fits["probability"].to_numpy(float).reshape(n_fits, -1)
            other = (decision[ORIGINAL + 1 :] > 0) != (decision[ORIGINAL] > 0)
            changed = other.mean(axis=0)
        original, others = values[ORIGINAL], values[ORIGINAL + 1 :]
        return cls(quantity, original, others, np.abs(others - original).mean(axis=0), changed)


def instability(model: str, fits: pd.DataFrame) -> pd.DataFrame:
    """How far probabilities and classes, or numbers, of the same people move between refits.

    Parameters
    ----------
    model : str
        Name of the model.
    fits : pandas.DataFrame
        As from `learning.stability.refitted_on_resamples`, numbers as numbers.

    Returns
    -------
    pandas.DataFrame
        `INSTABILITY_COLUMNS`: a row for all people and one for each band of their probability or
        number by the procedure on all people (fifths, fewer where a band would have under
        `BAND_SIZE` rows), with limits that are multiples of a step, since the lowest and highest
        are of single people.
        `mape`: mean absolute difference between what a refit says of a person and what the
        procedure on all people says (mean absolute prediction error); `changed`: the mean share of
        refits that give a person the other class (classification instability index), NaN of
        numbers; quantiles: of what refits say. Rows of a person with several scans count as
        several.

    References
    ----------
    Riley RD, Collins GS (2023). Stability of clinical prediction models developed using statistical
    or machine learning methods. Biometrical Journal 65, 2200302.
    """
    if fits.empty:
        return pd.DataFrame(columns=INSTABILITY_COLUMNS)
    moved, rows = Refits.of(fits), []
    step = STEP
    if moved.quantity == NUMBER:
        step = float(f"{moved.original.std() / 4:.0e}") or 1.0
    for name, own in {ALL: np.arange(len(moved.original)), **_bands(moved.original)}.items():
        quantiles = np.quantile(moved.others[:, own], QUANTILES)
        limits = _outward(moved.original[own], step)
        means = moved.error[own].mean(), moved.changed[own].mean()
        size = len(own), len(moved.others)
        rows.append((model, moved.quantity, name, *limits, *size, *means, *quantiles))
    return pd.DataFrame(rows, columns=INSTABILITY_COLUMNS)


def _outward(values: NDArray, step: float) -> tuple[float, float]:
    """Multiples of a step that enclose the values."""
    low, high = np.floor(values.min() / step), np.ceil(values.max() / step)
    return float(f"{low * step:.6g}"), float(f"{high * step:.6g}")


def _bands(original: NDArray) -> dict[str, NDArray]:
    """Rows of equal parts of the people by their probability, lowest first."""
    n_bands = min(MOST_BANDS, len(original) // BAND_SIZE)
    order = np.argsort(original, kind="stable")
    parts = np.array_split(order, n_bands) if n_bands > 1 else []
    return {str(number): part for number, part in enumerate(parts, start=1)}


def other_seeds(model: str, people: pd.DataFrame, found: Mapping[str, NDArray]) -> pd.DataFrame:
    """The headline of the run among those of other folds.

    Parameters
    ----------
    model : str
        Name of the model.
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    found : mapping of str to ndarray, shape (1 + seeds, repeats, n)
        As from `learning.stability.cross_validated_with_seeds`.

    Returns
    -------
    pandas.DataFrame
        `SEED_COLUMNS`, of balanced accuracy and AUC, or of the gains where the outcome is a number:
        the run's own value, mean, standard deviation (ddof 1), lowest, median and highest of the
        other seeds, and the share of these that are below the run's value, ties counting half.
        Means over repeats.
    """
    if not found:
        return pd.DataFrame(columns=SEED_COLUMNS)
    tested = ~np.isnan(found["decision"]).any(axis=(0, 1))
    values = {name: array[:, :, tested] for name, array in found.items()}
    of_numbers, cohort = "reduced" in values, people[tested]
    headline = _gain if of_numbers else _of_classes
    rows = []
    for metric in GAINS if of_numbers else HEADLINE_METRICS:
        run, *others = headline(metric, cohort, values)
        rest = np.array(others)
        below = np.mean(rest < run - TIED) + np.mean(np.abs(rest - run) <= TIED) / 2
        spread = (rest.mean(), rest.std(ddof=1) if len(rest) > 1 else np.nan)
        middle = (rest.min(), np.median(rest), rest.max())
        how = Aggregation.MEAN_OVER_REPEATS
        rows.append((model, metric, how, len(rest), run, *spread, *middle, below))
    return pd.DataFrame(rows, columns=SEED_COLUMNS)


def _of_classes(metric: str, people: pd.DataFrame, values: Mapping[str, NDArray]) -> NDArray:
    """Balanced accuracy or AUC of every seed."""
    cohort, decision = Cohort.of(people), values["decision"]
    fold = np.zeros(decision.shape, dtype=int)
    how = Aggregation.MEAN_OVER_REPEATS
    return cross_validated(metric, how, decision, fold, cohort.labels[None], cohort.weights)


def _gain(metric: str, people: pd.DataFrame, values: Mapping[str, NDArray]) -> NDArray:
    """Gain over baseline and confounds of every seed."""
    weights, person = person_weights(people["participant_id"].astype(str))
    outcome = np.tile(people["label"].to_numpy(float), (len(values["decision"]), 1))
    given = (values[name] for name in ("decision", "reduced", "mean"))
    return estimates(metric, Predicted(outcome, *given, weights, person)).value
