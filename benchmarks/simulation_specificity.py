"""Level and power of the comparison of active and control cohorts.

    python benchmarks/simulation_specificity.py         # some minutes on 2 cores; --help

A trial draws normal scores of 51 treated and 49 untreated people, with the AUC, response rates and
shifts of the scenario, and takes them through what makes specificity.tsv. Counted are

- `auc`: p <= 0.05 of the primary test, the studentised AUC difference, one-sided;
- `auc_within_cohorts`: the same, where only people of one cohort are compared (several cohorts in
  an arm);
- `bac_permuted`: the same for the difference in balanced accuracy without studentising, which the
  workflow does not offer: why it gives no p for that one;
- `interaction_outcome`, `interaction_endpoint`: two-sided p <= 0.05 of the interactions;
- `covered`, `covered_wald`: how often the printed interval of the AUC difference, and estimate
  +- 1.96 DeLong errors, cover the true difference;
- `expected_power`: what the normal approximation of the report says.

Writes one table (TSV).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line

from mri_response.core.permutation import permutation_p_value
from mri_response.evaluation.specificity.arms import Arms
from mri_response.evaluation.specificity.power import expected_power
from mri_response.evaluation.specificity.table import specificity_table
from mri_response.evaluation.specificity.test import permuted_arms
from mri_response.learning.recalls import balanced_accuracy

SEED = 20260117  # fixed before the first run
ALPHA = 0.05


class Group(NamedTuple):
    """People of a cohort: of either class, the AUC of their scores, and how these are moved."""

    n_positive: int
    n_negative: int
    area: float
    shift: float = 0.0
    scale: float = 1.0


class Scenario(NamedTuple):
    """Cohorts with and without the treatment, and whether their AUCs are equal."""

    active: tuple[Group, ...]
    control: Group
    null: bool = True


SCENARIOS = {
    "chance": Scenario((Group(26, 25, 0.5),), Group(25, 24, 0.5)),
    "equal_auc": Scenario((Group(26, 25, 0.65),), Group(25, 24, 0.65)),
    "unequal_response_rates": Scenario((Group(26, 25, 0.65),), Group(15, 34, 0.65)),
    "very_unequal_response_rates": Scenario((Group(40, 11, 0.65),), Group(10, 39, 0.65)),
    "shifted_scores": Scenario((Group(26, 25, 0.65),), Group(15, 34, 0.65, shift=1.0)),
    "stretched_scores": Scenario((Group(26, 25, 0.65),), Group(15, 34, 0.65, 1.0, 2.0)),
    "two_active_cohorts": Scenario((Group(18, 8, 0.65), Group(8, 17, 0.65)), Group(25, 24, 0.65)),
    "two_active_cohorts_shifted": Scenario(
        (Group(18, 8, 0.5, shift=0.5), Group(8, 17, 0.5, shift=-0.5)), Group(25, 24, 0.5)
    ),
    "power": Scenario((Group(26, 25, 0.65),), Group(25, 24, 0.5), null=False),
    "power_few_respond": Scenario((Group(26, 25, 0.65),), Group(15, 34, 0.5), null=False),
    "power_strong": Scenario((Group(26, 25, 0.8),), Group(25, 24, 0.5), null=False),
}
CONFIG = {
    "seed": 0,
    "min_class_size": 5,
    "models": {"m": {}},
    "permutation": {"n": 199, "within": None},
    "specificity": {"within": None},
}


def study(rng: np.random.Generator, scenario: Scenario) -> tuple[dict, pd.DataFrame, dict]:
    """Config, predictions and people of a trial. The discovery scores have SD 1."""
    groups = {f"active_{i}": group for i, group in enumerate(scenario.active)}
    groups = {"discovery": Group(52, 47, 0.5), **groups, "control": scenario.control}
    config = {**CONFIG, "seed": int(rng.integers(2**32)), "cohorts": {}}
    people, predictions = {}, []
    for name, group in groups.items():
        role = {"discovery": "discovery", "control": "control"}.get(name, "external")
        config["cohorts"][name] = {"role": role}
        label = np.repeat([1, 0], [group.n_positive, group.n_negative])
        score = rng.normal(size=len(label)) + np.sqrt(2) * norm.ppf(group.area) * label
        baseline = rng.normal(32, 4, len(label))
        fall = rng.uniform(0, 0.5, len(label)) + 0.5 * label
        people[name] = pd.DataFrame(
            {
                "participant_id": [f"sub-{i}" for i in range(len(label))],
                "label": label,
                "baseline_score": baseline,
                "endpoint_score": baseline * (1 - fall),
            }
        )
        own = people[name][["participant_id", "label"]].assign(model="m", cohort=name)
        decision = group.shift + group.scale * score
        predictions.append(own.assign(decision=decision, repeat=1 if role == "discovery" else None))
    return config, pd.concat(predictions, ignore_index=True), people


def trial(index: int, name: str, seed: int) -> dict[str, float]:
    """What one trial of a scenario shows."""
    scenario = SCENARIOS[name]
    rng = np.random.default_rng([seed, crc32(name.encode()), index])
    config, predictions, people = study(rng, scenario)
    table = specificity_table(config, predictions, people).set_index(["analysis", "metric"])
    main = table.loc["difference", "auc"]
    truth = scenario.active[0].area - scenario.control.area
    wald = norm.ppf(0.975) * main["se"]
    return {
        "auc": main["p_value"] <= ALPHA,
        "auc_within_cohorts": _within_cohorts(table),
        "bac_permuted": _permuted_accuracy(config, predictions) <= ALPHA,
        "interaction_outcome": table.loc["interaction_outcome", "log_odds_ratio"]["p_value"]
        <= ALPHA,
        "interaction_endpoint": table.loc["interaction_endpoint", "points"]["p_value"] <= ALPHA,
        "covered": main["ci_low"] <= truth <= main["ci_high"],
        "covered_wald": abs(main["estimate"] - truth) <= wald,
    }


def _within_cohorts(table: pd.DataFrame) -> float:
    key = ("difference", "auc_within_cohorts")
    return float(table.loc[key]["p_value"] <= ALPHA) if key in table.index else np.nan


def _permuted_accuracy(config: dict, predictions: pd.DataFrame) -> float:
    """Permutation p of the plain difference in balanced accuracy, arms within outcome class."""
    rows = predictions[predictions["cohort"] != "discovery"]
    n = len(rows)
    labels, decision = rows["label"].to_numpy(), rows["decision"].to_numpy()
    arms = Arms(rows["cohort"].ne("control").to_numpy(), labels, decision, np.ones(n), np.arange(n))
    dealt = permuted_arms(arms, config["seed"], config["permutation"]["n"])
    said = np.broadcast_to(decision > 0, dealt.shape)
    of_arm = [balanced_accuracy(labels, said, inside * 1.0, -1) for inside in (dealt, ~dealt)]
    difference = of_arm[0] - of_arm[1]
    return permutation_p_value(difference[0], difference[1:])


def summary(name: str, trials: pd.DataFrame) -> dict[str, float | str | int]:
    """Row of a scenario."""
    scenario = SCENARIOS[name]
    sizes = {
        "n_active": sum(g.n_positive + g.n_negative for g in scenario.active),
        "n_positive_active": sum(g.n_positive for g in scenario.active),
        "n_control": scenario.control.n_positive + scenario.control.n_negative,
        "n_positive_control": scenario.control.n_positive,
    }
    areas = {"auc_active": scenario.active[0].area, "auc_control": scenario.control.area}
    power, _ = expected_power(*areas.values(), sizes)
    row = {"scenario": name, "null": scenario.null, "trials": len(trials), **sizes, **areas}
    return row | trials.mean().round(4).to_dict() | {"expected_power": round(power, 4)}


def run(trials: int, seed: int, jobs: int, scenarios: list[str]) -> pd.DataFrame:
    """Table of the scenarios, the same whatever the number of jobs."""
    rows = []
    with ProcessPoolExecutor(jobs) as pool:
        for name in scenarios:
            done = pool.map(partial(trial, name=name, seed=seed), range(trials), chunksize=20)
            rows.append(summary(name, pd.DataFrame(done)))
            print(pd.DataFrame(rows[-1:]).to_string(index=False), file=sys.stderr)
    return pd.DataFrame(rows)


def main() -> None:
    """Command line."""
    given = command_line(__doc__, SCENARIOS, trials=1000, seed=SEED)
    table = run(given.trials, given.seed, given.jobs, given.scenarios)
    table.to_csv(given.out / "specificity.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
