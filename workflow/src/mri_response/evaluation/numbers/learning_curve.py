"""How much the features add by the number of discovery people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from mri_response.core.proportions import LEVEL
from mri_response.core.vocabulary import Role
from mri_response.evaluation.learning_curve import COLUMNS, MARGIN
from mri_response.evaluation.numbers.metrics import GAINS, Predicted, with_influence
from mri_response.learning.decisions import Decisions
from mri_response.people.rows import person_weights


def number_curve(
    model: str,
    cohort: str,
    people: pd.DataFrame,
    parts: Mapping[str, NDArray],
    whole: Decisions,
    performance: pd.DataFrame,
) -> pd.DataFrame:
    """Gain by number of people, and its difference to that with all of them.

    Parameters
    ----------
    model, cohort : str
        Names of the model and of the discovery cohort.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    parts : mapping of str to ndarray
        As from `mri_response.learning.subsamples.run_subsamples`, of all jobs.
    whole : Decisions
        Of the run itself.
    performance : pandas.DataFrame
        The model's rows of numbers_performance.tsv, for the factor by which the interval with all
        people is wider than that of fixed predictions.

    Returns
    -------
    pandas.DataFrame
        Columns of learning_curve.tsv, a row for each gain and size, that of all people last; there
        the difference is missing. `within_margin` is there for R2 alone.

    Notes
    -----
    Intervals are those of `mri_response.evaluation.learning_curve`, with t in place of z and
    without logits.
    """
    outcome = people["label"].to_numpy(float)
    weights, person = person_weights(people["participant_id"].astype(str))
    every = {
        "decision": whole.decision[0],
        "reduced": whole.reduced[0],
        "mean": whole.training_means()[0],
    }
    predicted = whole.tested
    n = np.unique(person if predicted.all() else person[~predicted]).size
    drawn = {
        size: {name: parts[name][parts["size"] == size] for name in every}
        for size in np.unique(parts["size"]).tolist()
    }
    rows = []
    for metric in GAINS:
        found = {
            size: _mean(metric, arrays, outcome, weights, person)
            for size, arrays in {**drawn, n: every}.items()
        }
        found = {size: one for size, one in found.items() if one[2]}
        estimate, influence, _ = found[n]
        factor = float(stdtrit(n - 1, (1 + LEVEL) / 2))
        inflation = _inflation(performance, metric, factor * _error(influence))
        for size, (value, own, draws) in found.items():
            half = factor * inflation * _error(own)
            row = {"model": model, "cohort": cohort, "metric": metric, "n": size, "draws": draws}
            row |= {"estimate": value, "ci_low": value - half, "ci_high": value + half}
            row["inflation"] = inflation
            if size < n:
                half = factor * inflation * _error(own - influence)
                difference = value - estimate
                row |= {
                    "difference": difference,
                    "difference_low": difference - half,
                    "difference_high": difference + half,
                }
                if metric == "r2_gain":
                    row["within_margin"] = bool(abs(difference) + half <= MARGIN)
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _mean(
    metric: str,
    arrays: Mapping[str, NDArray],
    outcome: NDArray,
    weights: NDArray,
    person: NDArray,
) -> tuple[float, NDArray, int]:
    """Mean of a gain over draws, how much each person moves it, and the number of draws."""
    values, influence = [], np.zeros(person.max() + 1)
    for predicted, reduced, mean in zip(*arrays.values(), strict=True):
        tested = ~np.isnan(predicted)
        if not tested.any():
            continue
        rows = (one[tested][None, None] for one in (predicted, reduced, mean))
        own = Predicted(outcome[tested][None], *rows, weights[tested], person[tested])
        value, moved = with_influence(metric, own)
        values.append(float(value[0, 0]))
        influence[: moved.shape[-1]] += moved[0]
    if not values:
        return float("nan"), influence, 0
    return float(np.mean(values)), influence / len(values), len(values)


def _error(influence: NDArray) -> float:
    """Standard error over people."""
    n = len(influence)
    return float(np.sqrt(n / (n - 1) * np.sum(influence**2)))


def _inflation(performance: pd.DataFrame, metric: str, naive_half: float) -> float:
    """Half width of the interval with all people over that of fixed predictions, at least 1."""
    own = performance[performance["role"] == Role.DISCOVERY].set_index("metric")
    low, high = own.loc[metric, ["ci_low", "ci_high"]].astype(float)
    half = (high - low) / 2
    return max(1.0, float(half / naive_half)) if naive_half > 0 and np.isfinite(half) else 1.0
