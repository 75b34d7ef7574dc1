"""Tables of a run made up for the tests of figures and report, in the documented formats.

Next to nothing here was computed by the workflow: decision values are drawn at random, p values and
intervals are roughly plausible. Only the formats matter.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from mri_response.brain.planted import planted_and_found
from mri_response.config.queries import compared_pairs
from mri_response.evaluation.calibration import calibration_table
from mri_response.evaluation.comparisons import comparison_table
from mri_response.evaluation.decision_curves import decision_curve_table
from mri_response.evaluation.leakage import leakage_table, shared_ids
from mri_response.evaluation.learning_curve import learning_curve
from mri_response.evaluation.natural_frequencies import natural_frequencies
from mri_response.evaluation.null_summary import null_summary
from mri_response.evaluation.operating_points import operating_point_table
from mri_response.evaluation.sample_size import precision_table
from mri_response.evaluation.scored import scored_cohorts
from mri_response.evaluation.specificity.table import specificity_table
from mri_response.evaluation.subgroups import subgroup_table
from mri_response.evaluation.threshold_counts import threshold_counts
from mri_response.evaluation.verdict import NUMBERS, verdict_table
from mri_response.features.quality import measured, quality_summary
from mri_response.features.quality_measures import MapMeasures
from mri_response.features.region_sets import memberships, region_sets, set_table
from mri_response.features.resemblance import resemblances
from mri_response.learning.batches import CURVE_SHARES
from mri_response.learning.decisions import Decisions
from mri_response.report.run import Run

LONG = (
    "An external cohort with a really long title, second hospital, three scanners, "
    "recruited_between_the_first_and_the_last_amendment"
)
REGIONS = [
    "Right_Accumbens_Area",
    "Left_Amygdala",
    "Right_Hippocampus",
    "Left_Thalamus_Proper",
    "Cerebellar_Vermal_Lobules_I-V",
    "Left_Cerebellum_Exterior",
    "Right_Cerebellum_Exterior",
    "Left_ACgG_anterior_cingulate_gyrus",
    "Left_SFG_superior_frontal_gyrus",
    "Right_SFG_superior_frontal_gyrus",
    "Right_MSFG_superior_frontal_gyrus_medial_segment",
    "Left_OpIFG_opercular_part_of_the_inferior_frontal_gyrus",
    "Right_TrIFG_triangular_part_of_the_inferior_frontal_gyrus",
    "Left_SCA_subcallosal_area",
    "Right_MFG_middle_frontal_gyrus",
    "Left_FRP_frontal_pole",
    "Left_PCu_precuneus",
    "Right_OCP_occipital_pole",
    "Left_PoG_postcentral_gyrus",
    "Right_STG_superior_temporal_gyrus",
    "Left_FuG_fusiform_gyrus",
    "Right_AIns_anterior_insula",
]
CONFIG: dict[str, Any] = {
    "run": "made_up",
    "title": "A made-up trial",
    "seed": 7,
    "simulation": {"made_up": True},
    "outcome": {
        "kind": "response",
        "positive_class": "responder",
        "scale": "MADRS",
        "baseline": "ses-baseline",
        "endpoint": "ses-24h",
        "fall_percent": 50,
    },
    "cohorts": {
        "discovery": {"role": "discovery", "title": "Drug, discovery"},
        "external_a": {"role": "external", "title": "Drug, external A"},
        "external_b": {"role": "external", "title": LONG},
        "saline": {"role": "control", "title": "Saline"},
    },
    "features": {
        "roi": {
            "kind": "roi_maps",
            "source": "gm",
            "atlas": "neuromorphometrics",
            "statistic": "sum",
            "grid": "native",
        }
    },
    "region_sets": {},
    "confounds": {"missing": "exclude", "categorical": [], "unseen_site": "error"},
    "models": {
        "roi_svc": {
            "features": "roi",
            "confounds": ["age", "sex", "tiv"],
            "harmonise": None,
            "standardize": True,
            "pca": None,
            "C": {"log2_min": -12, "log2_max": 0, "log2_step": 1, "scale": "absolute"},
            "class_weight": "balanced",
        }
    },
    "primary_model": "roi_svc",
    "stacks": {},
    "comparisons": None,
    "cross_validation": {
        "outer": "k_fold",
        "outer_column": None,
        "held_out": None,
        "scheme": "label_blind",
        "repeats": 10,
        "outer_folds": 10,
        "inner_repeats": 1,
        "inner": "k_fold",
        "inner_column": None,
        "inner_folds": 10,
        "group": None,
    },
    "permutation": {"n": 1000, "scans": 200, "within": None, "method": "marginal"},
    "external": {"model": "refit"},
    "specificity": {"within": None},
    "quality_control": {"outlier_z": 3.5, "tiv_min_ml": 900, "tiv_max_ml": 2200, "exclude": []},
    "subgroups": {"columns": None, "age_bands": [30, 45, 60]},
    "sites": {"column": None, "transport": False},
    "stability": {"resamples": 0, "seeds": 0, "models": None},
    "min_class_size": 5,
    "verdict": {"level": 0.05, "useful_performance": 0.65, "useful_difference": 0.05},
    "learning_curve": {"enabled": True, "models": None, "sizes": None, "repeats": 20},
    "batch": {"outer_folds": 10, "permutations": 1000},
    "report": {"participant_level": False},
}
# cohort: (positive, negative, shift between the classes)
SIZES = {
    "discovery": (52, 47, 0.9),
    "external_a": (13, 13, 0.7),
    "external_b": (13, 12, 0.6),
    "saline": (15, 34, 0.0),
}


@dataclass
class MadeUpRun:
    """A config and the tables that belong to it."""

    config: dict[str, Any]
    predictions: pd.DataFrame
    performance: pd.DataFrame
    null: pd.DataFrame
    flow: pd.DataFrame
    exclusions: pd.DataFrame
    weights: pd.DataFrame
    planted: pd.DataFrame
    tables: dict[str, pd.DataFrame]

    @property
    def summaries(self) -> dict[str, pd.DataFrame]:
        """Tables that the stages before the report sum up for it, from those of this run."""
        found = {"qc_summary": quality_summary(self.tables["qc"])} if "qc" in self.tables else {}
        if self.config.get("simulation"):
            found["found"] = planted_and_found(self.planted, {"roi_svc": self.weights})
        values = self.null.assign(value=self.null["value"].replace("n/a", np.nan).astype(float))
        performance = self.performance.replace("n/a", np.nan)
        performance["estimate"] = performance["estimate"].astype(float)
        return {**found, "null_summary": null_summary(performance, values)}

    def read(self, **changes: Any) -> Run:
        """The run as the report reads it, with other fields where a test wants them."""
        names = ("config", "performance", "flow", "exclusions", "predictions", "tables")
        names += ("summaries",)
        return Run(**{name: getattr(self, name) for name in names} | changes)

    @property
    def ids(self) -> set[str]:
        """Every participant id of the run."""
        return {*self.predictions["participant_id"], *self.exclusions["participant_id"]}


def _rates(label: np.ndarray, decision: np.ndarray) -> dict[str, float]:
    said = decision > 0
    counts = {
        "true_positive": np.sum((label == 1) & said),
        "false_positive": np.sum((label == 0) & said),
        "true_negative": np.sum((label == 0) & ~said),
        "false_negative": np.sum((label == 1) & ~said),
    }
    sensitivity = counts["true_positive"] / np.sum(label == 1)
    specificity = counts["true_negative"] / np.sum(label == 0)
    return {
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "sensitivity": sensitivity,
        "specificity": specificity,
        "auc": roc_auc_score(label, decision),
        **{name: float(count) for name, count in counts.items()},
    }


def made_up_run(
    config: dict[str, Any] | None = None, sizes: dict[str, tuple[int, int, float]] | None = None
) -> MadeUpRun:
    """Make up all tables of a run.

    Parameters
    ----------
    config : dict, optional
        By default `CONFIG`.
    sizes : dict, optional
        Cohort to (positive, negative, shift). By default `SIZES`.

    Returns
    -------
    MadeUpRun
    """
    config = CONFIG if config is None else config
    sizes = SIZES if sizes is None else sizes
    key = json.dumps([config, sizes])
    if key not in _MADE_UP:
        _MADE_UP[key] = _made_up(copy.deepcopy(config), sizes)
    return copy.deepcopy(_MADE_UP[key])


# Runs that were made up before; each caller has a copy of its own.
_MADE_UP: dict[str, MadeUpRun] = {}


def _made_up(config: dict[str, Any], sizes: dict[str, tuple[int, int, float]]) -> MadeUpRun:
    rng = np.random.default_rng(3)
    n_permutations = config["permutation"]["n"]
    predictions, performance, null, flow, exclusions = [], [], [], [], []
    for model in config["models"]:
        scored: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for cohort, (positive, negative, shift) in sizes.items():
            role = config["cohorts"][cohort]["role"]
            label = np.repeat([1, 0], [positive, negative])
            ids = [f"sub-{cohort[:4]}{cohort[-1]}{k:03d}x" for k in range(len(label))]
            latent = 0.55 * rng.normal(size=len(label)) + shift * (label - 0.5) * 0.6
            repeats = range(config["cross_validation"]["repeats"]) if role == "discovery" else [-1]
            per_repeat = []
            for repeat in repeats:
                decision = latent + (0.15 * rng.normal(size=len(label)) if repeat >= 0 else 0)
                per_repeat.append(decision)
                predictions.append(
                    pd.DataFrame(
                        {
                            "model": model,
                            "cohort": cohort,
                            "participant_id": ids,
                            "repeat": str(repeat) if repeat >= 0 else "n/a",
                            "outer_fold": "0" if repeat >= 0 else "n/a",
                            "label": label,
                            "decision": decision,
                            "predicted": (decision > 0).astype(int),
                            "probability": expit(2 * decision),
                            "hyperparameters": "C=0.01",
                        }
                    )
                )
            scored[cohort] = (label, np.mean(per_repeat, axis=0))
            if role == "discovery":
                each = pd.DataFrame([_rates(label, d) for d in per_repeat]).mean().to_dict()
                groups = [
                    ("mean_over_repeats", each),
                    ("person", _rates(*scored[cohort])),
                    ("mean_over_folds", each),
                ]
            else:
                groups = [("frozen_model", _rates(*scored[cohort]))]
            performance += _performance_rows(
                config, model, cohort, role, groups, positive, negative, n_permutations
            )
        members = [c for c in sizes if config["cohorts"][c]["role"] == "external"]
        if len(members) > 1:
            label = np.concatenate([scored[c][0] for c in members])
            decision = np.concatenate([scored[c][1] for c in members])
            performance += _performance_rows(
                config,
                model,
                "external_pooled",
                "external",
                [(way, _rates(label, decision)) for way in ("within_cohorts", "frozen_model")],
                int(label.sum()),
                int((1 - label).sum()),
                n_permutations,
            )
    table = pd.DataFrame(performance)
    tested = table[(table["null"] != "n/a") & (table["estimate"] != "n/a")]
    keys = ["model", "cohort", "null", "aggregation", "metric"]
    for _, row in tested.drop_duplicates(keys).iterrows():
        spread = 0.5 / np.sqrt(float(row["n"]))
        null.append(
            pd.DataFrame(
                {
                    **{key: row[key] for key in keys},
                    "permutation": np.arange(1, n_permutations + 1),
                    "value": np.clip(0.5 + spread * rng.normal(size=n_permutations), 0, 1),
                }
            )
        )
    for cohort, (positive, negative, _) in sizes.items():
        removed = {
            "no MADRS score at ses-24h": 3,
            "confound age is missing": 1,
            "image file not found": 2 if cohort == "discovery" else 0,
        }
        removed = {reason: n for reason, n in removed.items() if n}
        n = positive + negative
        total = n + sum(removed.values())
        steps = [
            ("in participants table", total + 12),
            ("matching the row filter", total),
            *removed.items(),
            ("analysed", n),
            ("analysed, positive", positive),
            ("analysed, negative", negative),
        ]
        role = config["cohorts"][cohort]["role"]
        flow += [{"cohort": cohort, "role": role, "step": s, "n": k} for s, k in steps]
        exclusions += [
            {
                "cohort": cohort,
                "participant_id": f"sub-gone{cohort}{reason[:2]}{k}",
                "reason": reason,
            }
            for reason, count in removed.items()
            for k in range(count)
        ]
    planted = np.array(
        [3.0 if "frontal" in name else -2.5 if "Cerebell" in name else 0.0 for name in REGIONS]
    )
    haufe = 0.06 * planted + 0.05 * rng.normal(size=len(planted))
    weight = haufe + 0.1 * rng.normal(size=len(planted))
    weights = pd.DataFrame(
        {
            "region": REGIONS,
            "weight": weight / np.linalg.norm(weight),
            "haufe": haufe,
            "weight_mean": weight / np.linalg.norm(weight),
            "cvr": 40 * weight,
            "sign_consistency": np.clip(5 * weight, -1, 1),
            "sign_consistency_null": 0.6,
            "sign_consistency_p": 0.5,
            "p_value": np.where(np.abs(haufe) > 0.2, 0.001, 0.4),
            "p_fdr": np.where(np.abs(haufe) > 0.2, 0.02, 0.5),
            "p_max": np.where(np.abs(haufe) > 0.22, 0.03, 1.0),
            "null_low": -0.2,
            "null_high": 0.2,
        }
    )
    predictions = pd.concat(predictions, ignore_index=True)
    made = {
        "specificity": _specificity(config, predictions),
        "subgroups": _subgroups(config, predictions),
        "comparisons": _comparisons(config, predictions),
        **_usefulness(config, predictions, table),
    }
    return MadeUpRun(
        config=config,
        predictions=predictions,
        performance=table,
        null=pd.concat(null, ignore_index=True),
        flow=pd.DataFrame(flow),
        exclusions=pd.DataFrame(exclusions),
        weights=weights,
        planted=pd.DataFrame({"region": REGIONS, "planted": planted}),
        tables={
            "qc": _quality(config, predictions),
            "precision": _precision(table, pd.concat(null, ignore_index=True)),
            "learning_curve": _learning_curve(config, predictions, table),
            "roi_sets": _region_sets(REGIONS, haufe),
            "leakage": _leakage(config),
            **made,
            **_verdict(config, {"performance": table, **made}),
        },
    )


def _leakage(config: dict[str, Any]) -> pd.DataFrame:
    others = [name for name, cohort in config["cohorts"].items() if cohort["role"] != "discovery"]
    shared = pd.DataFrame({"participant_id": ["sub-1", "sub-2"]})
    own = pd.DataFrame({"participant_id": ["sub-3"]})
    rows = [
        {"check": "people_split", "scope": "discovery", "n_checked": 1110, "n_found": 0},
        *shared_ids(shared, dict.fromkeys(others, own), []),
        {"check": "scans_alike", "scope": "discovery, gm", "n_checked": 99, "n_found": 0}
        | {"value": 0.41, "limit": 0.8},
        {"check": "null_centre", "scope": "roi_svc", "n_checked": 1000}
        | {"value": 0.496, "limit": 0.506},
    ]
    return leakage_table([{"passed": "yes", **row} for row in rows])


def _verdict(config: dict[str, Any], tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Answers to the questions from the made-up tables, and what becomes of 100 people."""
    read = {}
    for name, table in tables.items():
        numbers = [column for column in NUMBERS if column in table]
        read[name] = table.replace("n/a", np.nan).astype(dict.fromkeys(numbers, float))
    model, roles = config["primary_model"], {c: s["role"] for c, s in config["cohorts"].items()}
    return {
        "verdict": verdict_table(read, roles, model, ["confounds_only"], config["verdict"]),
        "natural_frequencies": natural_frequencies(read["operating_points"], model),
    }


def _region_sets(regions: list[str], haufe: np.ndarray) -> pd.DataFrame:
    sets = region_sets({"kind": "roi_maps", "atlas": "neuromorphometrics"}, {})
    members = memberships(regions, sets)
    means = haufe @ (members / np.maximum(members.sum(axis=0), 1))
    covered = members.any(axis=0)
    evidence = pd.DataFrame(
        {
            "haufe": means,
            "weight": 0.5 * means,
            "weight_mean": 0.4 * means,
            "sign_consistency": np.sign(means),
            "sign_consistency_null": 0.62,
            "sign_consistency_p": 0.3,
            "p_value": np.where(np.abs(means) > 0.1, 0.004, 0.6),
            "p_fdr": np.where(np.abs(means) > 0.1, 0.02, 0.6),
            "null_low": -0.1,
            "null_high": 0.1,
            "null_sd": 0.05,
            "n_permutations": 1000,
        }
    )[covered]
    return set_table("roi_svc", sets, members, members.sum(axis=0), evidence)


def _usefulness(
    config: dict[str, Any], predictions: pd.DataFrame, performance: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Computed too, from made-up predictions and thresholds that nobody learned."""
    numbers = predictions.replace({"repeat": {"n/a": None}, "outer_fold": {"n/a": None}})
    numbers = numbers.astype({"repeat": float, "outer_fold": float})
    numbers["repeat"] += 1
    rules = numbers[["model", "repeat", "outer_fold"]].drop_duplicates()
    points = {"decision_zero": 0.0, "youden": 0.05, "sensitivity_0.9": -0.6, "specificity_0.9": 0.6}
    rules = rules.merge(
        pd.DataFrame({"operating_point": points.keys(), "threshold": points.values()}), "cross"
    )
    roles = {name: cohort["role"] for name, cohort in config["cohorts"].items()}
    small = {"min_class_size": config["min_class_size"]}
    parts: dict[str, list[pd.DataFrame]] = {}
    for model in config["models"]:
        own = [table[table["model"] == model] for table in (numbers, rules, performance)]
        cohorts = list(scored_cohorts(own[0], own[1], roles))
        tables = {
            "calibration": calibration_table(model, cohorts, seed=7, **small),
            "decision_curve": decision_curve_table(model, cohorts, seed=1, **small),
            "operating_points": operating_point_table(
                model, cohorts, own[2].replace("n/a", None), prevalence=None, **small
            ),
            "threshold_counts": threshold_counts(model, cohorts, **small),
        }
        for name, table in tables.items():
            parts.setdefault(name, []).append(table)
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}


def _comparisons(config: dict[str, Any], predictions: pd.DataFrame) -> pd.DataFrame:
    """Every model against confounds that say nothing."""
    rng = np.random.default_rng(11)
    models = dict(list(predictions.groupby("model")))
    for name, table in models.items():
        fold = table.groupby("cohort").cumcount() % 10 + 1
        models[name] = table.assign(outer_fold=fold.where(table["repeat"] != "n/a"))
    first = models[config["primary_model"]]
    models["confounds_only"] = first.assign(decision=rng.normal(size=len(first)))
    roles = {name: cohort["role"] for name, cohort in config["cohorts"].items()}
    smallest = config["min_class_size"]
    pairs = compared_pairs(config)
    return comparison_table(models, pairs, roles, seed=3, min_class_size=smallest)


def _specificity(config: dict[str, Any], predictions: pd.DataFrame) -> pd.DataFrame:
    """The one table that is computed, from made-up predictions and clinical scores."""
    rng = np.random.default_rng(5)
    people = {}
    for cohort in config["cohorts"]:
        own = predictions[(predictions["cohort"] == cohort)].drop_duplicates("participant_id")
        people[cohort] = own[["participant_id", "label"]].reset_index(drop=True)
        if config["outcome"]["kind"] == "response":
            baseline = rng.normal(32, 4, len(own)).round()
            fall = 0.5 * own["label"].to_numpy() + rng.uniform(0, 0.5, len(own))
            people[cohort] = people[cohort].assign(
                baseline_score=baseline, endpoint_score=(baseline * (1 - fall)).round()
            )
    return specificity_table(config, predictions, people)


def _precision(performance: pd.DataFrame, null: pd.DataFrame) -> pd.DataFrame:
    numbers = ["estimate", "ci_low", "ci_high"]
    figures = performance.replace("n/a", np.nan).astype(dict.fromkeys(numbers, float))
    return precision_table(figures.assign(null=performance["null"]), null)


def _learning_curve(
    config: dict[str, Any], predictions: pd.DataFrame, performance: pd.DataFrame
) -> pd.DataFrame:
    """Of the primary model, from noisier decision values of parts of the discovery people."""
    rng = np.random.default_rng(7)
    model, cohort = config["primary_model"], next(iter(config["cohorts"]))
    own = predictions[(predictions["model"] == model) & (predictions["cohort"] == cohort)]
    people = own[own["repeat"] == own["repeat"].iloc[0]].reset_index(drop=True)
    whole = np.stack([part["decision"].to_numpy() for _, part in own.groupby("repeat")])
    n = len(people)
    size = np.repeat([round(share * n) for share in CURVE_SHARES], 20)
    decision = whole.mean(axis=0) + rng.normal(size=(len(size), n)) * (20 / size[:, None])
    for row, many in zip(decision, size, strict=True):
        row[rng.permutation(n)[many:]] = np.nan
    parts = {"size": size, "decision": decision}
    return learning_curve(
        model, cohort, people, parts, whole, performance[performance["model"] == model]
    )


def _quality(config: dict[str, Any], predictions: pd.DataFrame) -> pd.DataFrame:
    """Measures of made-up scans; the third of each cohort is bad."""
    rng = np.random.default_rng(6)
    tables = []
    for cohort in config["cohorts"]:
        own = predictions.loc[predictions["cohort"] == cohort, "participant_id"]
        people = pd.DataFrame({"participant_id": own.unique()})
        n = len(people)
        people["tiv"] = rng.normal(1500, 120, n)
        regions = pd.DataFrame(rng.normal(5, 0.5, (n, len(REGIONS))), columns=REGIONS)
        voxels = (rng.uniform(size=200) + 0.2 * rng.normal(size=(n, 200))).astype(np.float32)
        voxels[2] = rng.uniform(size=200)
        maps = MapMeasures(
            voxels.mean(axis=1), voxels, regions, np.zeros(len(voxels)), voxels.mean(axis=0)
        )
        alike = resemblances({cohort: voxels}, {cohort: people})[cohort]
        table = measured(people, regions, maps, alike, config["quality_control"])
        tables.append(table.assign(cohort=cohort, source="gm"))
    return pd.concat(tables, ignore_index=True)


def _subgroups(config: dict[str, Any], predictions: pd.DataFrame) -> pd.DataFrame:
    """Computed from made-up predictions of people of made-up sex, age and site."""
    rng = np.random.default_rng(8)
    tables = []
    for model, rows in predictions.groupby("model", sort=False):
        people = {}
        for cohort in config["cohorts"]:
            own = rows[rows["cohort"] == cohort].drop_duplicates("participant_id")
            n = len(own)
            people[cohort] = own[["participant_id", "label"]].assign(
                sex=rng.choice(["F", "M"], n),
                age=rng.uniform(18, 75, n),
                site=rng.choice(["North", "South", "West"], n),
            )
            people[cohort] = people[cohort].reset_index(drop=True)
        discovery = next(c for c, s in config["cohorts"].items() if s["role"] == "discovery")
        people = {discovery: people.pop(discovery), **people}
        own = rows[rows["cohort"] == discovery]
        observed = own["decision"].to_numpy().reshape(-1, len(people[discovery]))
        labels = people[discovery]["label"].to_numpy()
        labels = np.array([labels, *(rng.permutation(labels) for _ in range(25))])
        null = rng.normal(size=(25, *observed.shape))
        fold = 1 + np.arange(observed.size).reshape(observed.shape) % 10
        others = rows[rows["cohort"] != discovery]
        decision = np.concatenate([observed[None], null])
        fold = np.broadcast_to(fold, decision.shape)
        decisions = Decisions(decision, fold, np.zeros_like(fold), labels)
        tables.append(subgroup_table(model, config, people, decisions, others))
    return pd.concat(tables, ignore_index=True)


def _performance_rows(
    config: dict[str, Any],
    model: str,
    cohort: str,
    role: str,
    groups: list[tuple[str, dict[str, float]]],
    positive: int,
    negative: int,
    n_permutations: int,
) -> list[dict[str, Any]]:
    rows = []
    small = min(positive, negative) < config["min_class_size"]
    for aggregation, numbers in groups:
        for metric, estimate in numbers.items():
            # Of several cohorts together what is within cohorts is tested.
            together = cohort == "external_pooled"
            tested = metric in ("balanced_accuracy", "auc") and aggregation in (
                "mean_over_repeats",
                "within_cohorts" if together else "frozen_model",
            )
            has_interval = metric in ("balanced_accuracy", "sensitivity", "specificity", "auc")
            if role == "discovery":
                methods = ["null_inflated", "naive_bootstrap"]
                nulls = ["whole_procedure"]
            else:
                methods = {"balanced_accuracy": ["mover_wilson"], "auc": ["delong_logit"]}.get(
                    metric, ["wilson"]
                )
                nulls = ["own_labels", "discovery_labels"]
            if aggregation == "within_cohorts":
                methods = ["mover_cohorts"]
            if not has_interval or aggregation == "mean_over_folds":
                methods = ["n/a"]
            for method in methods:
                for null in nulls if tested else ["n/a"]:
                    half = 0.9 / np.sqrt(positive + negative)
                    half *= 1.2 if method == "null_inflated" else 1
                    row = {
                        "model": model,
                        "cohort": cohort,
                        "role": role,
                        "metric": metric,
                        "aggregation": aggregation,
                        "operating_point": "n/a" if metric == "auc" else "decision_zero",
                        "threshold": "n/a" if metric == "auc" else 0.0,
                        "n": positive + negative,
                        "n_positive": positive,
                        "estimate": estimate,
                        "ci_low": "n/a" if method == "n/a" else max(estimate - half, 0),
                        "ci_high": "n/a" if method == "n/a" else min(estimate + half, 1),
                        "ci_method": method,
                        "p_value": "n/a",
                        "alternative": "greater" if tested else "n/a",
                        "null": null,
                        "n_permutations": n_permutations if tested else "n/a",
                    }
                    if tested:
                        p = {"discovery": 0.0, "external": 0.023, "control": 0.81}[role]
                        p = (1 + round(p * n_permutations)) / (1 + n_permutations)
                        row["p_value"] = p if null != "discovery_labels" else min(p * 1.5, 1)
                    if small:
                        row |= {
                            "estimate": "n/a",
                            "ci_low": "n/a",
                            "ci_high": "n/a",
                            "ci_method": "not_computed_small_class",
                            "p_value": "n/a",
                        }
                    rows.append(row)
    return rows


def six_cohorts() -> MadeUpRun:
    """Make up a run of six cohorts with long titles, one of them too small for metrics."""
    config = copy.deepcopy(CONFIG)
    config["cohorts"] |= {
        "external_c": {"role": "external", "title": "A third external cohort, ultra-high field"},
        "saline_b": {"role": "control"},
    }
    sizes = {**SIZES, "external_c": (3, 11, 0.5), "saline_b": (9, 20, 0.0)}
    return made_up_run(config, sizes)


def two_models() -> MadeUpRun:
    """Make up a run of two models, which stand behind a switch."""
    config = copy.deepcopy(CONFIG)
    config["models"]["second_svc"] = copy.deepcopy(config["models"]["roi_svc"])
    return made_up_run(config)


def one_cohort() -> MadeUpRun:
    """Make up a run on real labels: discovery alone, two named classes, not simulated."""
    config = copy.deepcopy(CONFIG)
    del config["simulation"]
    config["cohorts"] = {"clinic": {"role": "discovery"}}
    config["outcome"] = {
        "kind": "label",
        "column": "group",
        "classes": ["healthy control", "patient with major depression"],
        "positive_class": "patient with major depression",
    }
    return made_up_run(config, {"clinic": (39, 47, 0.4)})
