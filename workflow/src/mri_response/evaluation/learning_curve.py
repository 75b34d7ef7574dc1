"""How performance grows with the number of discovery people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit, ndtri

from mri_response.core.proportions import LEVEL
from mri_response.core.vocabulary import HEADLINE, HEADLINE_METRICS, Interval, Role
from mri_response.evaluation.intervals import ROUNDING, logit_interval
from mri_response.evaluation.metrics import FloatArray, placements
from mri_response.people.rows import person_weights

MARGIN = 0.03  # a smaller difference to the result in all people counts as none
COLUMNS = [
    "model",
    "cohort",
    "metric",
    "n",
    "draws",
    "estimate",
    "ci_low",
    "ci_high",
    "difference",
    "difference_low",
    "difference_high",
    "within_margin",
    "inflation",
]


def mean_and_influence(
    metric: str, decision: NDArray, labels: NDArray, weights: NDArray, person: NDArray[np.intp]
) -> tuple[float, FloatArray, int]:
    """Mean of a metric over draws, and how much each person moves it.

    Parameters
    ----------
    metric : {"balanced_accuracy", "auc"}
        Which metric.
    decision : ndarray, shape (d, n)
        NaN where a row was not tested in a draw.
    labels : ndarray of 0/1, shape (n,)
        1 = positive class.
    weights : ndarray, shape (n,)
        1 / rows of the person.
    person : ndarray of int, shape (n,)
        Number of each row's person.

    Returns
    -------
    estimate : float
        NaN without a draw that has both classes.
    influence : ndarray, shape (people,)
        Its sum of squares is the variance of the estimate over people: the infinitesimal jackknife
        (Efron 1982), predictions taken as given.
    n_draws : int
        Draws that have both classes; the others are left out.
    """
    values, influence = [], np.zeros(person.max() + 1)
    for scores in decision:
        tested = ~np.isnan(scores)
        positive, weight = labels[tested] == 1, weights[tested]
        size = np.where(positive, weight[positive].sum(), weight[~positive].sum())
        if not positive.any() or positive.all():
            continue
        if metric == "auc":
            score = placements(positive, scores[tested], weight) / (weight.sum() - size)
        else:
            score = ((scores[tested] > 0) == positive).astype(float)
        recall = [np.average(score[rows], weights=weight[rows]) for rows in (positive, ~positive)]
        values.append(np.mean(recall))
        # The AUC is the mean score of either class; the balanced accuracy averages both classes.
        deviation = weight * (score - np.where(positive, *recall)) / size
        share = 1.0 if metric == "auc" else 0.5
        influence += np.bincount(person[tested], share * deviation, minlength=len(influence))
    if not values:
        return float("nan"), influence, 0
    return float(np.mean(values)), influence / len(values), len(values)


def learning_curve(
    model: str,
    cohort: str,
    people: pd.DataFrame,
    parts: Mapping[str, np.ndarray],
    whole: NDArray,
    performance: pd.DataFrame,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Performance by number of people, and its difference to that with all of them.

    Parameters
    ----------
    model, cohort : str
        Names of the model and of the discovery cohort.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    parts : mapping of str to ndarray
        As from `mri_response.learning.subsamples.run_subsamples`, of all jobs.
    whole : ndarray, shape (repeats, n)
        Cross-validated decision values of the run itself, observed labels.
    performance : pandas.DataFrame
        The model's rows of performance.tsv, for the factor by which naive standard errors are
        too small.
    level : float
        Nominal coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, a row for each metric and size, that of all people last; there the
        difference is missing. People who are held out do not count in `n`. `within_margin` says
        whether the paired interval of the difference lies within +- `MARGIN`.

    Notes
    -----
    Standard errors are over people (`mean_and_influence`; of a difference, from the difference of a
    person's influences) times `inflation`: by this factor the corrected interval of the discovery
    figure is wider than the naive one. It is that of all people, and at smaller sizes the best
    guess. The interval of an estimate is on the logit scale, that of a difference is not.
    """
    labels = people["label"].to_numpy(dtype=int)
    weights, person = person_weights(people["participant_id"].astype(str))
    z = ndtri((1 + level) / 2)
    # People who are held out are predicted and not learned from.
    predicted = ~np.isnan(whole[0])
    n = np.unique(person if predicted.all() else person[~predicted]).size
    rows = []
    for metric in HEADLINE_METRICS:
        found = {
            size: mean_and_influence(
                metric, parts["decision"][parts["size"] == size], labels, weights, person
            )
            for size in np.unique(parts["size"]).tolist()
        }
        found = {size: one for size, one in found.items() if one[2]}
        found[n] = mean_and_influence(metric, whole, labels, weights, person)
        estimate, influence, _ = found[n]
        naive = float(np.sqrt((influence**2).sum()))
        inflation = inflation_of(performance, metric, estimate, naive, level)
        for size, (value, own, draws) in found.items():
            error = inflation * np.sqrt((own**2).sum())
            low = high = float("nan")
            if 0 < value < 1 and error > 0:
                low, high = logit_interval(value, error, level)
            row = {"model": model, "cohort": cohort, "metric": metric, "n": size, "draws": draws}
            row |= {"estimate": value, "ci_low": low, "ci_high": high, "inflation": inflation}
            if size < n:
                half = z * inflation * np.sqrt(((own - influence) ** 2).sum())
                difference = value - estimate
                row |= {
                    "difference": difference,
                    "difference_low": difference - half,
                    "difference_high": difference + half,
                    "within_margin": bool(abs(difference) + half <= MARGIN),
                }
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def inflation_of(
    performance: pd.DataFrame, metric: str, estimate: float, naive: float, level: float = LEVEL
) -> float:
    """Factor between the naive and the corrected standard error of the discovery figure.

    Parameters
    ----------
    performance : pandas.DataFrame
        Rows of one model and the discovery cohort.
    metric : str
        Name of the metric in performance.tsv.
    estimate, naive : float
        The figure and its naive standard error.
    level : float
        Nominal coverage of the intervals in performance.tsv.

    Returns
    -------
    float
        1 where there is no corrected interval: held-out people need none, and with too few
        permutations it is not known.
    """
    rows = performance[
        (performance["role"] == Role.DISCOVERY)
        & (performance["metric"] == metric)
        & (performance["aggregation"] == HEADLINE)
        & (performance["ci_method"] == Interval.NULL_INFLATED)
    ]
    limits = rows[["ci_low", "ci_high"]].astype(float).to_numpy()
    known = len(limits) and np.isfinite(limits).all() and naive > ROUNDING
    if not known or not 0 < limits[0, 0] < limits[0, 1] < 1:
        return 1.0
    half = np.diff(logit(limits[0]))[0] / 2
    corrected = half * estimate * (1 - estimate) / ndtri((1 + level) / 2)
    return max(1.0, float(corrected / naive))
