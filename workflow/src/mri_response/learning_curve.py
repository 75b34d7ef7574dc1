"""How performance grows with the number of discovery people: the procedure on parts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from mri_response.confounds import ConfoundCoding
from mri_response.estimators import EstimatorOptions
from mri_response.intervals import LEVEL, ROUNDING
from mri_response.metrics import FloatArray, person_weights, placements
from mri_response.performance import HEADLINE
from mri_response.permutation import Exchangeability
from mri_response.plain import cross_validate_estimator_redrawn
from mri_response.plan import CURVE_SHARES, smallest_part
from mri_response.resampling import ModelOptions, collected, cross_validate_redrawn, row_weights
from mri_response.seeds import Stream, generator
from mri_response.splits import Scheme, draw_folds, units_of

CURVE_METRICS = ("balanced_accuracy", "auc")
MARGIN = 0.03  # a difference to all people that is taken for none
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


# ---------------------------------------------------------------- parts of the people
class Draw(NamedTuple):
    """A part of the discovery people.

    Attributes
    ----------
    size : int
        People, or a few more where families stay whole.
    repeat : int
        From 1. The parts of a repeat are nested.
    rows : numpy.ndarray of bool, shape (n,)
    """

    size: int
    repeat: int
    rows: NDArray[np.bool_]


def draw_parts(people: pd.DataFrame, config: Mapping[str, Any]) -> list[Draw]:
    """Draw parts of the discovery people, from the seed and without looking at their labels.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    config : mapping
        Sections seed, cross_validation, learning_curve and min_class_size of the configuration.
        Where folds are stratified on the labels, so are the parts: each has about the share of
        classes of all people.

    Returns
    -------
    list of Draw
        By size, then repeat, in the order of `mri_response.plan.curve_batches`. Parts of too few
        people, or of all, have no rows.
    """
    cv, curve = config["cross_validation"], config["learning_curve"]
    n, sizes = people["participant_id"].nunique(), curve["sizes"]
    if sizes is None:
        sizes = [round(n * share) for share in CURVE_SHARES]
    least = smallest_part(config, people["label"].mean())
    unit = pd.factorize(units_of(people, cv))[0]
    first = np.unique(unit, return_index=True)[1]
    labels = people["label"].to_numpy()[first]
    members = people.groupby(unit)["participant_id"].nunique().to_numpy()
    draws = []
    for repeat in range(1, curve["repeats"] + 1):
        rng = generator(config["seed"], Stream.LEARNING_CURVE, repeat)
        order = rng.permutation(len(members))
        if cv["scheme"] == "stratified":
            # Each class is spread evenly over the order.
            place = np.empty(len(order))
            for value in (0, 1):
                own = np.flatnonzero(labels[order] == value)
                place[own] = (np.arange(len(own)) + rng.random()) / len(own)
            order = order[np.argsort(place, kind="stable")]
        reached = np.cumsum(members[order])
        for size in sizes:
            possible = least <= size < n
            chosen = order[: (1 + np.searchsorted(reached, size)) * possible]
            draws.append(Draw(size, repeat, np.isin(unit, chosen)))
    return sorted(draws, key=lambda draw: (draw.size, draw.repeat))


def scheme_of_part(part: pd.DataFrame, cross_validation: dict, seed: int) -> Scheme | None:
    """One repeat of the run's splits, for a part of the people.

    Parameters
    ----------
    part : pandas.DataFrame
        Its rows.
    cross_validation : dict
    seed : int
        Of the splits of this part.

    Returns
    -------
    Scheme or None
        None where the part has one class, or too few people, sites or groups for the folds.
    """
    if part["label"].nunique() < 2:
        return None
    scheme = Scheme.from_config(cross_validation, part)._replace(repeats=1)
    if scheme.outer == "leave_group_out":
        scheme = scheme._replace(outer_folds=min(scheme.outer_folds, len(set(scheme.left_out))))
    units = units_of(part, cross_validation).to_numpy()
    outer = scheme._replace(inner_repeats=0)
    for fold in draw_folds(units, part["label"].to_numpy(), outer, seed, repeats=[1]):
        train, test = fold.sets.train[0], fold.sets.test[0]
        if len(set(units[train])) < scheme.inner_folds or not test.any():
            return None
    return scheme


def run_parts(
    people: pd.DataFrame,
    features: np.ndarray,
    draws: Sequence[Draw],
    config: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Run the whole procedure on parts of the people, observed labels only.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    features : numpy.ndarray, shape (n, p)
    draws : sequence of Draw
    config : mapping
        Sections seed and cross_validation of the configuration, and the model's own as `model`.

    Returns
    -------
    dict of str to numpy.ndarray
        ``size`` and ``repeat`` (d,), ``decision`` (d, n): NaN for rows that were not tested.

    Notes
    -----
    A part depends on seed, repeat and size alone, not on which others are there. A site that a
    part's training set does not have is the mean of those it has.
    """
    cv, model = config["cross_validation"], config["model"]
    coding = ConfoundCoding.of(people, model["confounds"])
    decision = np.full((len(draws), len(people)), np.nan)
    for index, draw in enumerate(draws):
        rng = generator(config["seed"], Stream.LEARNING_CURVE, draw.repeat, draw.size)
        seed, part = int(rng.integers(2**31)), people[draw.rows].reset_index(drop=True)
        scheme = scheme_of_part(part, cv, seed)
        if scheme is None:
            continue
        arguments = (
            np.asarray(features[draw.rows]),
            coding.stacked(part, unseen="mean"),
            range(scheme.outer_folds),
            units_of(part, cv).to_numpy(),
            scheme,
            Exchangeability(part),
        )
        weights = row_weights(part)
        if "estimator" in model:
            options = EstimatorOptions.from_config(model)
            job = cross_validate_estimator_redrawn(*arguments, [0], weights, options, seed)
        else:
            options = ModelOptions.from_config(model)
            job = cross_validate_redrawn(*arguments, [range(1)], weights, options, seed)
        found = collected([job], 1, held_out=scheme.outer == "held_out")
        decision[index, draw.rows] = found.decision[0, 0]
    return {
        "size": np.array([draw.size for draw in draws], dtype=int),
        "repeat": np.array([draw.repeat for draw in draws], dtype=int),
        "decision": decision,
    }


# ---------------------------------------------------------------- the curve
def mean_and_influence(
    metric: str, decision: NDArray, labels: NDArray, weights: NDArray, person: NDArray[np.intp]
) -> tuple[float, FloatArray, int]:
    """Mean of a metric over draws, and how much each person moves it.

    Parameters
    ----------
    metric : {"balanced_accuracy", "auc"}
    decision : ndarray, shape (d, n)
        NaN where a row was not tested in a draw.
    labels : ndarray of 0/1, shape (n,)
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
        # The AUC is the mean of either class; the balanced accuracy the mean of both.
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
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    parts : mapping of str to ndarray
        As from `run_parts`, of all jobs.
    whole : ndarray, shape (repeats, n)
        Cross-validated decision values of the run itself, observed labels.
    performance : pandas.DataFrame
        The model's rows of performance.tsv, for the factor by which naive standard errors are
        too small.
    level : float

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, a row for each metric and size, that of all people last; there the
        difference is missing. `within_margin` says whether the paired interval of the difference
        lies within +- `MARGIN`.

    Notes
    -----
    Standard errors are over people (`mean_and_influence`; of a difference, from the difference of a
    person's influences) times `inflation`: by this factor the corrected interval of the discovery
    figure is wider than the naive one. It is that of all people, and at smaller sizes the best
    guess. The interval of an estimate is on the logit scale, that of a difference is not.
    """
    labels = people["label"].to_numpy(dtype=int)
    weights, person = person_weights(people["participant_id"].astype(str))
    z = norm.ppf((1 + level) / 2)
    rows = []
    for metric in CURVE_METRICS:
        found = {
            size: mean_and_influence(
                metric, parts["decision"][parts["size"] == size], labels, weights, person
            )
            for size in np.unique(parts["size"]).tolist()
        }
        n = person.max() + 1
        found = {size: one for size, one in found.items() if one[2]}
        found[n] = mean_and_influence(metric, whole, labels, weights, person)
        estimate, influence, _ = found[n]
        naive = float(np.sqrt((influence**2).sum()))
        inflation = inflation_of(performance, metric, estimate, naive, level)
        for size, (value, own, draws) in found.items():
            error = inflation * np.sqrt((own**2).sum())
            low, high = _on_logit_scale(value, z * error)
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
    estimate, naive : float
        The figure and its naive standard error.
    level : float

    Returns
    -------
    float
        1 where there is no corrected interval: held-out people need none, and with too few
        permutations it is not known.
    """
    rows = performance[
        (performance["role"] == "discovery")
        & (performance["metric"] == metric)
        & (performance["aggregation"] == HEADLINE)
        & (performance["ci_method"] == "null_inflated")
    ]
    limits = rows[["ci_low", "ci_high"]].astype(float).to_numpy()
    known = len(limits) and np.isfinite(limits).all() and naive > ROUNDING
    if not known or not 0 < limits[0, 0] < limits[0, 1] < 1:
        return 1.0
    half = np.diff(logit(limits[0]))[0] / 2
    corrected = half * estimate * (1 - estimate) / norm.ppf((1 + level) / 2)
    return max(1.0, float(corrected / naive))


def enough_people(curve: pd.DataFrame, metric: str) -> int | None:
    """Smallest number of people whose difference to all of them lies within the margin.

    Parameters
    ----------
    curve : pandas.DataFrame
        As from `learning_curve`.
    metric : str

    Returns
    -------
    int or None
        None where no size was shown to be enough.
    """
    shown = curve[(curve["metric"] == metric) & (curve["within_margin"] == True)]  # noqa: E712
    return None if shown.empty else int(shown["n"].min())


def _on_logit_scale(value: float, half: float) -> tuple[float, float]:
    if not 0 < value < 1 or half <= 0:
        return float("nan"), float("nan")
    half /= value * (1 - value)
    return float(expit(logit(value) - half)), float(expit(logit(value) + half))
