"""Is it the drug? Active against control cohorts under the same frozen model: specificity.tsv.

Performance at chance in a control cohort is not evidence that the model predicts the response to
the drug rather than improvement in general: what counts is the difference. The cross-validated
discovery scores are not exchangeable with those of a frozen model, so the active side is the
external cohorts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb, prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, owens_t

from mri_response.config.queries import discovery_name
from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import (
    CONTROL_POOLED,
    EXTERNAL_POOLED,
    HEADLINE,
    Comparison,
    Interval,
    NotComputed,
    Role,
)
from mri_response.evaluation.intervals import (
    LEVEL,
    auc_interval,
    delong_variance,
    mover_balanced_accuracy,
    mover_difference,
)
from mri_response.evaluation.metrics import (
    FloatArray,
    auc,
    balanced_accuracy,
    confusion,
    cross_validated,
    placements,
)
from mri_response.evaluation.performance import Cohort, permutation_p_value
from mri_response.evaluation.regression import Coefficient, least_squares, logistic
from mri_response.people.rows import person_weights, rows_of_people, told_apart

COLUMNS = [
    "model",
    "active",
    "control",
    "analysis",
    "metric",
    "n_active",
    "n_positive_active",
    "n_control",
    "n_positive_control",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "statistic",
    "p_value",
    "alternative",
    "n_permutations",
    "power",
    "method",
    "note",
]
#: AUC with and without the drug for which the power is always printed.
ASSUMED = (0.65, 0.50)
ALPHA = 0.05
BLOCK = 256  # arrangements of the arms held in memory at once

NOT_RANDOMISED = (
    "Arms were not randomised: a difference may be one of sites, scanners or patients and not of "
    "the treatment."
)
SHIFTS = (
    "Sensitive to a shift of all scores between cohorts, as other scanners make it; secondary, "
    "without a p-value."
)
WITHIN = (
    "Only people of the same cohort are compared: a check of the pooled AUC, which also changes "
    "where pooled cohorts differ in their scores and in their response rates."
)
DESCRIPTIVE = (
    "Descriptive only: cross-validated scores are not exchangeable with those of a frozen model."
)


@dataclass(frozen=True)
class Arms:
    """The rows of the active and of the control arm, scored by one frozen model.

    Attributes
    ----------
    active : ndarray of bool, shape (n,)
    labels : ndarray of 0/1, shape (n,)
    decision, weights : ndarray, shape (n,)
        Weights are 1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of each row's person, over both arms.
    cohort : ndarray of int, shape (n,), optional
        Number of each row's cohort, where an arm has several.
    site : ndarray of str, shape (n,), optional
        Only where the arms share some site.
    baseline, endpoint : ndarray, shape (n,), optional
        Clinical scores; NaN where one is missing.
    """

    active: NDArray[np.bool_]
    labels: NDArray[np.int_]
    decision: FloatArray
    weights: FloatArray
    person: NDArray[np.intp]
    cohort: NDArray[np.intp] | None = None
    site: NDArray | None = None
    baseline: FloatArray | None = None
    endpoint: FloatArray | None = None

    def __getitem__(self, rows: NDArray[np.bool_]) -> Arms:
        """Some of the rows; people have the weights of the rows that are left."""
        weights, person = person_weights(self.person[rows])
        values = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in ("active", "labels", "decision", "cohort", "site", "baseline", "endpoint")
        }
        return replace(self, **values, weights=weights, person=person)

    def people(self, active: bool, label: int | None = None) -> int:
        """Number of people of an arm, or of those with rows of a label."""
        rows = self.active == active
        if label is not None:
            rows &= self.labels == label
        return np.unique(self.person[rows]).size

    @property
    def smallest_class(self) -> int:
        """People in the smallest class of either arm."""
        return min(self.people(arm, label) for arm in (True, False) for label in (0, 1))

    def sizes(self) -> dict[str, int]:
        """The columns of numbers of people."""
        return {
            "n_active": self.people(True),
            "n_positive_active": self.people(True, 1),
            "n_control": self.people(False),
            "n_positive_control": self.people(False, 1),
        }


# ---------------------------------------------------------------- the test
def auc_difference(
    active: NDArray[np.bool_],
    labels: NDArray,
    decision: NDArray,
    weights: NDArray,
    person: NDArray[np.intp],
    cohort: NDArray[np.intp] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """AUC of the active minus AUC of the control arm, and its DeLong standard error.

    Parameters
    ----------
    active : ndarray of bool, shape (m, n)
        m ways to deal the people to the arms; all rows of a person are in one arm.
    labels, decision, weights : ndarray, shape (n,)
        Labels 0/1, decision values, 1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of each row's person.
    cohort : ndarray of int, shape (n,), optional
        Only people of one cohort are compared: the AUC of an arm is then the mean of its cohorts'
        AUCs, weighted by their pairs.

    Returns
    -------
    difference, se : ndarray, shape (m,)
        The arms have different people, so their variances (`delong_variance`) add up.
    """
    positive = np.asarray(labels).astype(bool)
    cohort = np.zeros(len(positive), dtype=int) if cohort is None else cohort
    order = np.argsort(person, kind="stable")
    starts = np.flatnonzero(np.diff(person[order], prepend=-1))

    def by_person(values: NDArray) -> NDArray:
        return np.add.reduceat(np.ascontiguousarray(values[..., order]), starts, axis=-1)

    area, variance = [], []
    for arm in (active, ~active):
        inside = weights * arm
        won = placements(positive, decision, inside, cohort)
        right, pairs, groups = 0.0, 0.0, 0
        expected, counted = np.zeros(inside.shape), np.zeros(inside.shape, dtype=bool)
        for which in np.unique(cohort):
            rows = cohort == which
            size = [(inside * (rows & (positive == w))).sum(-1, keepdims=True) for w in (1, 0)]
            right_here = (inside * (rows & positive) * won).sum(axis=-1, keepdims=True)
            pairs_here = size[0] * size[1]
            mean = right_here / np.where(pairs_here > 0, pairs_here, 1)
            expected += rows * mean * np.where(positive, size[1], size[0])
            counted |= rows & arm & (pairs_here > 0)
            right, pairs, groups = right + right_here, pairs + pairs_here, groups + (pairs_here > 0)
        pairs = np.where(pairs > 0, pairs, np.nan)
        deviation = inside * (won - expected) * counted / pairs
        parts = [by_person(deviation * (positive == which)) for which in (True, False)]
        there = [by_person((counted & (positive == w)) * 1.0) > 0 for w in (True, False)]
        n_1, n_0, n = (who.sum(axis=-1) for who in (*there, there[0] | there[1]))
        groups = groups[..., 0]
        area.append((right / pairs)[..., 0])
        variance.append(
            (parts[0] ** 2).sum(axis=-1) * n_1 / np.maximum(n_1 - groups, 1)
            + (parts[1] ** 2).sum(axis=-1) * n_0 / np.maximum(n_0 - groups, 1)
            + 2 * (parts[0] * parts[1]).sum(axis=-1) * n / np.maximum(n - groups, 1)
        )
    return area[0] - area[1], np.sqrt(np.maximum(variance[0] + variance[1], 0.0))


def studentised(difference: FloatArray, se: FloatArray) -> FloatArray:
    """Difference over its standard error.

    0 where there is no difference, whatever the error. Infinite where there was nothing to
    compare: a permutation that cannot speak for the observed difference counts against it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.abs(difference) < 1e-12, 0.0, difference / se)
    return np.where(np.isnan(ratio), np.inf, ratio)


def exchangeable_people(arms: Arms) -> list[NDArray[np.intp]]:
    """Groups of people among whom the arms may be permuted.

    They have the same outcomes (of all their rows) and, where the arms share sites, the same site.

    Returns
    -------
    list of ndarray of int
        Numbers of people, for each group that has several.
    """
    groups: dict[tuple, list[int]] = {}
    for who, of_person in enumerate(rows_of_people(arms.person)):
        site = "" if arms.site is None else arms.site[of_person[0]]
        groups.setdefault((*sorted(arms.labels[of_person].tolist()), site), []).append(who)
    return [np.array(groups[key]) for key in sorted(groups, key=str) if len(groups[key]) > 1]


def permuted_arms(arms: Arms, seed: int, n_permutations: int) -> NDArray[np.bool_]:
    """The observed arms and permutations of them within `exchangeable_people`.

    Parameters
    ----------
    arms : Arms
    seed : int
        The run's; permutation m depends on seed and m alone.
    n_permutations : int

    Returns
    -------
    ndarray of bool, shape (1 + n_permutations, n)
    """
    _, first = np.unique(arms.person, return_index=True)
    observed = arms.active[first]
    groups = exchangeable_people(arms)
    result = np.tile(observed, (1 + n_permutations, 1))
    for permutation in range(1, 1 + n_permutations):
        rng = generator(seed, Stream.ARMS, permutation)
        for people in groups:
            result[permutation, people] = observed[rng.permutation(people)]
    return result[:, arms.person]


class Tested(NamedTuple):
    """What `specificity_test` found."""

    difference: float
    se: float
    statistic: float
    p_value: float


def specificity_test(
    arms: Arms, seed: int, n_permutations: int, *, within_cohorts: bool = False
) -> Tested:
    """Permutation test of the studentised AUC difference, one-sided: active above control.

    With arms permuted within outcome class, unequal response rates do not matter; divided by its
    standard error, the difference is compared fairly where a cohort's scores are shifted or
    stretched, so that the null hypothesis is that of equal AUC.

    Parameters
    ----------
    arms : Arms
    seed, n_permutations
        As in `permuted_arms`.
    within_cohorts : bool
        Compare only people of the same cohort. Pooled cohorts whose scores and response rates
        both differ have a pooled AUC that tells the cohorts apart and not the outcomes.

    Returns
    -------
    Tested
        The difference, its DeLong standard error, their ratio and p (NaN without permutations).

    References
    ----------
    Janssen A (1997). Studentized permutation tests for non-i.i.d. hypotheses and the generalized
    Behrens-Fisher problem. Statistics and Probability Letters 36, 9-21.
    Pauly M, Asendorf T, Konietschke F (2016). Permutation-based inference for the AUC: a unified
    approach for continuous and discontinuous data. Biometrical Journal 58, 1319-1337.
    """
    dealt = permuted_arms(arms, seed, n_permutations)
    given = (arms.labels, arms.decision, arms.weights, arms.person)
    given += (arms.cohort,) if within_cohorts else ()
    parts = [
        auc_difference(dealt[start : start + BLOCK], *given)
        for start in range(0, len(dealt), BLOCK)
    ]
    difference, se = (np.concatenate(part) for part in zip(*parts, strict=True))
    statistic = studentised(difference, se)
    p_value = permutation_p_value(float(statistic[0]), statistic[1:])
    return Tested(float(difference[0]), float(se[0]), float(statistic[0]), p_value)


def binormal_auc_variance(auc: float, n_positive: float, n_negative: float) -> float:
    """Variance of an estimated AUC where both classes have normal scores of one variance.

    With Q the probability that two positives both exceed a negative, which equals that of one
    positive exceeding two negatives: (A (1 - A) + (n1 + n0 - 2) (Q - A^2)) / (n1 n0).

    References
    ----------
    Bamber D (1975). The area above the ordinal dominance graph and the area below the receiver
    operating characteristic graph. Journal of Mathematical Psychology 12, 387-415 (the variance).
    Owen DB (1956). Tables for computing bivariate normal probabilities. Annals of Mathematical
    Statistics 27, 1075-1090 (Q).
    """
    both = auc - 2 * owens_t(ndtri(auc), 1 / np.sqrt(3))
    spread = auc * (1 - auc) + (n_positive + n_negative - 2) * (both - auc**2)
    return float(max(spread, 0.0) / (n_positive * n_negative))


def expected_power(
    auc_active: float, auc_control: float, sizes: Mapping[str, int], alpha: float = ALPHA
) -> tuple[float, float]:
    """Power of the one-sided test of an AUC difference, by the normal approximation.

    Parameters
    ----------
    auc_active, auc_control : float
        Assumed.
    sizes : mapping
        As `Arms.sizes` gives them.
    alpha : float

    Returns
    -------
    power, se : float
        ``se`` is the standard error that the difference would have, see `binormal_auc_variance`.
    """
    variance = sum(
        binormal_auc_variance(
            area, sizes[f"n_positive_{arm}"], sizes[f"n_{arm}"] - sizes[f"n_positive_{arm}"]
        )
        for arm, area in (("active", auc_active), ("control", auc_control))
    )
    se = float(np.sqrt(variance))
    expected = float(studentised(np.array(auc_active - auc_control), np.array(se)))
    return float(ndtr(expected + ndtri(alpha))), se


# ---------------------------------------------------------------- the table
def specificity_table(
    config: Mapping[str, Any],
    predictions: pd.DataFrame,
    people: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Every comparison of active and control cohorts, of each model.

    Parameters
    ----------
    config : mapping
        Sections seed, cohorts, models, permutation, specificity and min_class_size of the
        configuration.
    predictions : pandas.DataFrame
        As in ``predictions.tsv``: model, cohort, participant_id, repeat, label, decision.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, in the order of their predictions.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. ``analysis`` is

        - ``arm``: AUC and balanced accuracy of each arm;
        - ``difference``: active minus control; of the AUC with the permutation test, where an arm
          has several cohorts also of the AUC within cohorts;
        - ``power``: of that test, for the assumed (`ASSUMED`) and for the observed AUCs;
        - ``interaction_outcome``: coefficient of decision value (in discovery SD, see
          `discovery_sd`) x arm on the outcome, log odds, given the baseline score;
        - ``interaction_endpoint``: the same on the score at the end, in points of the scale;
        - ``discovery_minus_control``: descriptive.

        What cannot be computed has no estimate, and ``method`` and ``note`` say why.
    """
    rows = []
    for model in config["models"]:
        own = predictions[predictions["model"] == model]
        rows += [{"model": model, **row} for row in _model_rows(config, own, people)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    counts = ("n_active", "n_positive_active", "n_control", "n_positive_control", "n_permutations")
    return table.astype(dict.fromkeys(counts, "Int64"))


def discovery_sd(decision: NDArray, weights: NDArray) -> float:
    """SD over discovery people of the cross-validated decision value, averaged over repeats.

    The unit of the decision value in the interactions: out of training, as the scores of the
    other cohorts are. It sets the scale of a coefficient and no p-value.

    Parameters
    ----------
    decision : ndarray, shape (repeats, n)
    weights : ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    float
    """
    mean, n = np.asarray(decision).mean(axis=0), weights.sum()
    centre = (weights * mean).sum() / n
    return float(np.sqrt((weights * (mean - centre) ** 2).sum() / (n - 1)))


def _model_rows(
    config: Mapping[str, Any], predictions: pd.DataFrame, people: Mapping[str, pd.DataFrame]
) -> list[dict[str, Any]]:
    cohorts = config["cohorts"]
    active = [name for name in cohorts if cohorts[name]["role"] == Role.EXTERNAL]
    control = [name for name in cohorts if cohorts[name]["role"] == Role.CONTROL]
    names = {
        "active": _arm_name(active, EXTERNAL_POOLED),
        "control": _arm_name(control, CONTROL_POOLED),
    }
    main = {**names, "analysis": "difference", "metric": "auc"}
    if not control or not active:
        return [main | (_no_external() if control else _no_control())]
    discovery = _discovery(predictions, discovery_name(config))
    arms, notes = _arms(config, predictions, people, active, control)
    rows = []
    if arms.smallest_class < config["min_class_size"]:
        rows.append(main | arms.sizes() | _small(config))
    else:
        rows += [names | row for row in _differences(arms, config, notes)]
        rows += [names | row for row in _interactions(arms, config, discovery["sd"])]
    by_arm = arms[~arms.active]
    classes = [discovery["smallest_class"], *(by_arm.people(False, label) for label in (0, 1))]
    if min(classes) >= config["min_class_size"]:
        for metric, estimate in _estimates(by_arm, False).items():
            row = {"analysis": "discovery_minus_control", "metric": metric}
            row |= {"active": discovery["name"], "control": names["control"]}
            row |= {**arms.sizes(), **discovery["sizes"]}
            row |= {"estimate": discovery[metric] - estimate[0], "method": HEADLINE}
            rows.append(row | {"note": DESCRIPTIVE})
    return rows


def _arm_name(cohorts: Sequence[str], pooled: str) -> str | None:
    if not cohorts:
        return None
    return cohorts[0] if len(cohorts) == 1 else pooled


def _no_control() -> dict[str, str]:
    return {
        "method": NotComputed.NO_CONTROL,
        "note": "There is no control cohort, so nothing can be said of whether the model predicts "
        "the response to this treatment or improvement under any.",
    }


def _no_external() -> dict[str, str]:
    return {
        "method": NotComputed.NO_EXTERNAL,
        "note": "There is no external cohort with the treatment. The control cohort cannot be "
        "compared with the discovery cohort, whose scores are cross-validated.",
    }


def _small(config: Mapping[str, Any]) -> dict[str, str]:
    return {
        "method": NotComputed.SMALL_CLASS,
        "note": f"A class of one of the arms has fewer than {config['min_class_size']} people "
        "(min_class_size), too few for a comparison.",
    }


def _discovery(predictions: pd.DataFrame, name: str) -> dict[str, Any]:
    """Unit of the decision values, and what the people reached whom the cross-validation tests."""
    own = predictions[predictions["cohort"] == name]
    repeats = [rows for _, rows in own.groupby("repeat", sort=True)]
    decision = np.stack([rows["decision"].to_numpy(dtype=float) for rows in repeats])
    cohort = Cohort(repeats[0])
    result: dict[str, Any] = {
        "name": name,
        "sd": discovery_sd(decision, cohort.weights),
        "sizes": {"n_active": cohort.n, "n_positive_active": cohort.n_positive},
        "smallest_class": cohort.smallest_class,
    }
    fold = np.zeros(decision.shape, dtype=int)
    for metric in ("auc", "balanced_accuracy"):
        value = cross_validated(
            metric, HEADLINE, decision[None], fold, cohort.labels[None], cohort.weights
        )
        result[metric] = float(value[0])
    return result


def _arms(
    config: Mapping[str, Any],
    predictions: pd.DataFrame,
    people: Mapping[str, pd.DataFrame],
    active: Sequence[str],
    control: Sequence[str],
) -> tuple[Arms, list[str]]:
    """Rows of both arms, and what must be said of them."""
    within = config["specificity"]["within"] or config["permutation"]["within"]
    parts, ids = [], {}
    for name in (*active, *control):
        scored = predictions[predictions["cohort"] == name]
        rows = people[name]
        if list(scored["participant_id"]) != list(rows["participant_id"]):
            raise ValueError(f"the predictions of {name} are not those of its analysed people")
        ids.setdefault(name in active, set()).update(rows["participant_id"].astype(str))
        missing = pd.Series(np.nan, rows.index)
        parts.append(
            pd.DataFrame(
                {
                    "active": name in active,
                    "cohort": len(parts),
                    "person": told_apart(name, rows["participant_id"]),
                    "label": rows["label"],
                    "decision": scored["decision"].to_numpy(dtype=float),
                    "site": rows.get(within, missing).astype(object) if within else None,
                    "baseline": rows.get("baseline_score", missing).astype(float),
                    "endpoint": rows.get("endpoint_score", missing).astype(float),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    weights, person = person_weights(table["person"])
    in_active = table["active"].to_numpy(dtype=bool)
    notes = [NOT_RANDOMISED]
    site = None
    if within:
        # A number is the same site whether its cohort has sites that are text or not.
        sites = np.array([f"{s:g}" if isinstance(s, float) else str(s) for s in table["site"]])
        shared = np.setdiff1d(np.intersect1d(sites[in_active], sites[~in_active]), ["nan"])
        if shared.size:
            site = sites
            notes.append(f"Arms are permuted within {within}: the arms share {shared.size}.")
        else:
            notes.append(f"The arms share no {within}, so that they are permuted over all.")
    common = len(ids[True] & ids[False])
    if common:
        notes.append(
            f"{common} participant_id occur in both arms; they are taken for different people."
        )
    columns = {
        name: None if table[name].isna().all() else table[name].to_numpy(dtype=float)
        for name in ("baseline", "endpoint")
    }
    arms = Arms(
        in_active,
        table["label"].to_numpy(dtype=int),
        table["decision"].to_numpy(dtype=float),
        weights,
        person,
        table["cohort"].to_numpy() if max(len(active), len(control)) > 1 else None,
        site,
        **columns,
    )
    return arms, notes


def _estimates(arms: Arms, active: bool) -> dict[str, tuple[float, float, float, float, str]]:
    """Estimate, standard error, limits and method of the metrics of an arm."""
    rows = arms.active == active
    labels, decision = arms.labels[rows], arms.decision[rows]
    weights, person = arms.weights[rows], arms.person[rows]
    n_1, n_0 = arms.people(active, 1), arms.people(active, 0)
    area = float(auc(labels, decision, weights))
    variance = delong_variance(labels, decision, weights, np.unique(person, return_inverse=True)[1])
    low, high, method = auc_interval(area, variance, n_1, n_0)
    table = confusion(labels, decision > 0, weights)
    right = [
        float(table.true_positive / (table.true_positive + table.false_negative)),
        float(table.true_negative / (table.true_negative + table.false_positive)),
    ]
    bac_low, bac_high = mover_balanced_accuracy(right[0] * n_1, n_1, right[1] * n_0, n_0)
    spread = sum(p * (1 - p) / n for p, n in zip(right, (n_1, n_0), strict=True))
    accuracy = float(balanced_accuracy(labels, decision > 0, weights))
    limits = (float(bac_low), float(bac_high), Interval.MOVER_WILSON)
    return {
        "auc": (area, float(np.sqrt(variance)), low, high, method),
        "balanced_accuracy": (accuracy, float(np.sqrt(spread)) / 2, *limits),
    }


def _differences(
    arms: Arms, config: Mapping[str, Any], notes: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows of the arms, of the differences between them and of the power."""
    sizes = arms.sizes()
    of_arm = {arm: _estimates(arms, arm == "active") for arm in ("active", "control")}
    rows = []
    for arm, estimates in of_arm.items():
        other = "control" if arm == "active" else "active"
        without = {other: None, f"n_{other}": None, f"n_positive_{other}": None}
        for metric, (estimate, se, low, high, method) in estimates.items():
            row = {"analysis": "arm", "metric": metric, "estimate": estimate, "se": se}
            rows.append({**row, "ci_low": low, "ci_high": high, "method": method} | sizes | without)
    n_permutations = config["permutation"]["n"]
    tested = specificity_test(arms, config["seed"], n_permutations)
    areas = [of_arm[arm]["auc"][0] for arm in ("active", "control")]
    at_observed, se_observed = expected_power(*areas, sizes)
    at_assumed, se_assumed = expected_power(*ASSUMED, sizes)
    possible = distinct_arrangements(arms)
    if possible * ALPHA < 1:
        notes = [*notes, f"The arms can be dealt in {possible} ways only: p cannot reach 0.05."]
    rows.append(
        {
            "analysis": "difference",
            "metric": "auc",
            **_mover(of_arm, "auc"),
            "se": tested.se,
            **_permutation(tested, n_permutations),
            "power": at_assumed,
            "note": " ".join(notes),
        }
    )
    if arms.cohort is not None:
        tested = specificity_test(arms, config["seed"], n_permutations, within_cohorts=True)
        half = float(ndtri((1 + LEVEL) / 2)) * tested.se
        if np.isfinite(tested.difference):
            rows.append(
                {
                    "analysis": "difference",
                    "metric": "auc_within_cohorts",
                    "estimate": tested.difference,
                    "se": tested.se,
                    "ci_low": max(tested.difference - half, -1.0),
                    "ci_high": min(tested.difference + half, 1.0),
                    **_permutation(tested, n_permutations),
                    "note": WITHIN,
                }
            )
    spread = [of_arm[arm]["balanced_accuracy"][1] for arm in ("active", "control")]
    rows.append(
        {
            "analysis": "difference",
            "metric": "balanced_accuracy",
            **_mover(of_arm, "balanced_accuracy"),
            "se": float(np.hypot(*spread)),
            "method": Interval.MOVER_WILSON,
            "note": SHIFTS,
        }
    )
    for which, values, power, error in (
        ("assumed", ASSUMED, at_assumed, se_assumed),
        ("observed", areas, at_observed, se_observed),
    ):
        note = f"{which.capitalize()}: AUC {values[0]:.2f} with and {values[1]:.2f} without."
        if which == "observed":
            note += " It says no more than the p-value does."
        rows.append(
            {
                "analysis": "power",
                "metric": "auc",
                "estimate": values[0] - values[1],
                "se": error,
                "alternative": "greater",
                "power": power,
                "method": f"normal_binormal_{which}",
                "note": note,
            }
        )
    return [{**sizes, **row} for row in rows]


def _permutation(tested: Tested, n_permutations: int) -> dict[str, Any]:
    return {
        "statistic": tested.statistic,
        "p_value": tested.p_value,
        "alternative": "greater",
        "n_permutations": n_permutations,
        "method": Comparison.STUDENTISED_PERMUTATION,
    }


def distinct_arrangements(arms: Arms) -> int:
    """In how many ways the arms can be dealt to the people who may exchange them."""
    _, first = np.unique(arms.person, return_index=True)
    observed = arms.active[first]
    return prod(comb(len(who), int(observed[who].sum())) for who in exchangeable_people(arms))


def _mover(of_arm: Mapping[str, Mapping[str, tuple]], metric: str) -> dict[str, float]:
    """Difference between the arms and its limits."""
    estimates = (of_arm[arm][metric] for arm in ("active", "control"))
    found = mover_difference(*((value, low, high) for value, _, low, high, _ in estimates))
    return dict(zip(("estimate", "ci_low", "ci_high"), found, strict=True))


def _interactions(arms: Arms, config: Mapping[str, Any], sd: float) -> list[dict[str, Any]]:
    """Does the decision value say more of the outcome, or of the end-point, with the drug?"""
    unit = "Per SD of the cross-validated decision values of the discovery cohort"
    baseline = arms.baseline is not None
    given = "given the baseline score" if baseline else "no baseline score to adjust for"
    with_baseline = arms[~np.isnan(arms.baseline)] if baseline else arms
    outcome = {"analysis": "interaction_outcome", "metric": "log_odds_ratio"}
    outcome |= _fitted(with_baseline, config, sd, logistic, f"{unit}, {given}. {NOT_RANDOMISED}")
    endpoint = {"analysis": "interaction_endpoint", "metric": "points"}
    if arms.endpoint is None or not baseline:
        note = "There are no clinical scores at baseline and at the end of both arms."
        return [
            outcome,
            {**endpoint, **arms.sizes(), "method": NotComputed.NO_SCORES, "note": note},
        ]
    complete = arms[~np.isnan(arms.baseline) & ~np.isnan(arms.endpoint)]
    note = f"{unit}, given the baseline score. {NOT_RANDOMISED}"
    return [outcome, endpoint | _fitted(complete, config, sd, least_squares, note)]


def _fitted(
    arms: Arms, config: Mapping[str, Any], sd: float, fit: Any, note: str
) -> dict[str, Any]:
    row: dict[str, Any] = arms.sizes()
    if arms.smallest_class < config["min_class_size"]:
        return row | _small(config)
    # Centred and scaled, which changes no coefficient that is asked for.
    score = (arms.decision - arms.decision.mean()) / (sd or 1.0)
    columns = [score * arms.active, score, arms.active, np.ones(len(score))]
    if arms.baseline is not None and np.ptp(arms.baseline) > 0:
        columns.append((arms.baseline - arms.baseline.mean()) / arms.baseline.std())
    design = np.column_stack(columns).astype(float)
    if sd == 0 or np.linalg.matrix_rank(design) < design.shape[1]:
        reason = "The decision values do not vary enough in one of the arms."
        return row | {"method": NotComputed.NO_VARIATION, "note": reason}
    outcome = arms.labels if fit is logistic else arms.endpoint
    found: Coefficient = fit(outcome, design, 0, arms.weights, arms.person)
    return row | vars(found) | {"alternative": "two-sided", "note": note}
