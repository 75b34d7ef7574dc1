"""Is it the drug? Active against control cohorts under the same frozen model: specificity.tsv.

Performance at chance in a control cohort is not evidence that the model predicts the response to
the drug rather than improvement in general: what counts is the difference. The cross-validated
discovery scores are not exchangeable with those of a frozen model, so the active side is the
external cohorts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from mri_response.config.queries import discovery_name
from mri_response.core.proportions import LEVEL, mover_difference
from mri_response.core.vocabulary import (
    CONTROL_POOLED,
    EXTERNAL_POOLED,
    HEADLINE,
    Comparison,
    Interval,
    NotComputed,
    Role,
)
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.intervals import auc_interval, delong_variance, mover_balanced_accuracy
from mri_response.evaluation.metrics import auc, cross_validated
from mri_response.evaluation.regression import Coefficient, NotConverged, least_squares, logistic
from mri_response.evaluation.specificity.arms import NOT_RANDOMISED, Arms, arms_of
from mri_response.evaluation.specificity.power import ALPHA, ASSUMED, expected_power
from mri_response.evaluation.specificity.test import Tested, distinct_arrangements, specificity_test
from mri_response.learning.recalls import balanced_accuracy, confusion

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
        Cross-validated decision value of each row.
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
    arms, notes = arms_of(config, predictions, people, active, control)
    rows = []
    if arms.smallest_class < config["min_class_size"]:
        rows.append(main | arms.sizes() | _small(config))
    else:
        rows += [names | row for row in _differences(arms, config, notes)]
        rows += [names | row for row in _interactions(arms, config, discovery["sd"])]
    by_arm = arms[~arms.active]
    fewest = min(discovery["smallest_class"], by_arm.arm(False).smallest_class)
    if fewest >= config["min_class_size"]:
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
        "note": "There is no control cohort: whether the treatment plays a part cannot be told.",
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
    cohort = Cohort.of(repeats[0])
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


def _estimates(arms: Arms, active: bool) -> dict[str, tuple[float, float, float, float, str]]:
    """Estimate, standard error, limits and method of the metrics of an arm."""
    arm, decision = arms.arm(active), arms.decision[arms.active == active]
    labels, weights = arm.labels, arm.weights
    n_1, n_0 = arm.n_positive, arm.n_negative
    area = float(auc(labels, decision, weights))
    variance = delong_variance(labels, decision, weights, arm.person)
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
    n_permutations = config["permutation"]["n"]
    tested = specificity_test(arms, config["seed"], n_permutations)
    power = _power_rows([of_arm[arm]["auc"][0] for arm in ("active", "control")], sizes)
    possible = distinct_arrangements(arms)
    if possible * ALPHA < 1:
        notes = [*notes, f"The arms can be dealt in {possible} ways only: p cannot reach 0.05."]
    rows = _arm_rows(of_arm)
    rows.append(
        {
            "analysis": "difference",
            "metric": "auc",
            **_mover(of_arm, "auc"),
            "se": tested.se,
            **_permutation(tested, n_permutations),
            "power": power[0]["power"],
            "note": " ".join(notes),
        }
    )
    if arms.cohort is not None:
        rows += _within_cohorts(arms, config["seed"], n_permutations)
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
    return [{**sizes, **row} for row in rows + power]


def _arm_rows(of_arm: Mapping[str, Mapping[str, tuple]]) -> list[dict[str, Any]]:
    """Rows of each arm by itself; columns of the other arm are empty."""
    rows = []
    for arm, estimates in of_arm.items():
        other = "control" if arm == "active" else "active"
        without = {other: None, f"n_{other}": None, f"n_positive_{other}": None}
        for metric, (estimate, se, low, high, method) in estimates.items():
            row = {"analysis": "arm", "metric": metric, "estimate": estimate, "se": se}
            rows.append({**row, "ci_low": low, "ci_high": high, "method": method} | without)
    return rows


def _within_cohorts(arms: Arms, seed: int, n_permutations: int) -> list[dict[str, Any]]:
    """Row of the AUC difference in which people of the same cohort only are compared."""
    tested = specificity_test(arms, seed, n_permutations, within_cohorts=True)
    if not np.isfinite(tested.difference):
        return []
    half = float(ndtri((1 + LEVEL) / 2)) * tested.se
    return [
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
    ]


def _power_rows(observed: Sequence[float], sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows of the power for the assumed and for the observed AUCs of both arms."""
    rows = []
    for which, values in (("assumed", ASSUMED), ("observed", observed)):
        power, error = expected_power(*values, sizes)
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
    return rows


def _permutation(tested: Tested, n_permutations: int) -> dict[str, Any]:
    return {
        "statistic": tested.statistic,
        "p_value": tested.p_value,
        "alternative": "greater",
        "n_permutations": n_permutations,
        "method": Comparison.STUDENTISED_PERMUTATION,
    }


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
    # Neither centring nor the scale of the baseline changes the interaction, which is reported.
    score = (arms.decision - arms.decision.mean()) / (sd or 1.0)
    # A slope between cohorts that differ in both scores and outcomes is none of any cohort.
    codes = arms.active if arms.cohort is None else arms.cohort
    columns = [score * arms.active, score, *(codes == np.unique(codes)[:, None])]
    if arms.baseline is not None and np.ptp(arms.baseline) > 0:
        columns.append((arms.baseline - arms.baseline.mean()) / arms.baseline.std())
    design = np.column_stack(columns).astype(float)
    if sd == 0 or np.linalg.matrix_rank(design) < design.shape[1]:
        reason = "The decision values do not vary enough in one of the arms."
        return row | {"method": NotComputed.NO_VARIATION, "note": reason}
    outcome = arms.labels if fit is logistic else arms.endpoint
    try:
        found: Coefficient = fit(outcome, design, 0, arms.weights, arms.person)
    except NotConverged as error:
        return row | {"method": NotComputed.NOT_ESTIMABLE, "note": str(error)}
    return row | vars(found) | {"alternative": "two-sided", "note": note}
