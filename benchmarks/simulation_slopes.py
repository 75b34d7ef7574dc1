"""Do slopes with and without the treatment differ only where features add something to it?

    python benchmarks/simulation_slopes.py            # --help

Where the outcome is a number, the slope of the outcome on what the frozen model adds to baseline
and confounds is compared between external and control cohorts. Here it adds nothing to the
prediction in any cohort or site, or in the treated people alone (`power`); cohorts or sites may
differ in both outcome and prediction.

Writes a table (TSV), one row a scenario.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line, done_trials

from mri_response.core.vocabulary import Role
from mri_response.evaluation.numbers.specificity import ArmRows, specificity_rows

SEED = 20261127  # fixed before the first run
ALPHA = 0.05


class Group(NamedTuple):
    """A cohort: its role, people, and how many standard deviations each of its sites is shifted."""

    role: str
    n: int
    shifts: tuple[float, ...] = (0.0,)


class Scenario(NamedTuple):
    """Cohorts, the slope in treated people, and the column of blocks."""

    cohorts: tuple[Group, ...]
    slope: float = 0.0
    within: str | None = None


_ONE = Group(Role.EXTERNAL, 51), Group(Role.CONTROL, 49)
_TWO = Group(Role.EXTERNAL, 26), Group(Role.EXTERNAL, 25, (1.0,)), Group(Role.CONTROL, 49)
_SITES = Group(Role.EXTERNAL, 51, (0.0, 1.0)), Group(Role.CONTROL, 49)
SCENARIOS = {
    "one cohort each": Scenario(_ONE),
    "two external cohorts, shifted": Scenario(_TWO),
    "two external sites, shifted": Scenario(_SITES),
    "two external sites, shifted, within sites": Scenario(_SITES, within="site"),
    "power": Scenario(_ONE, slope=0.5),
}


def trial(index: int, scenario: str, n_permutations: int) -> dict[str, float]:
    """The p-value and interval of one trial, from its number alone."""
    spec = SCENARIOS[scenario]
    rng = np.random.default_rng([SEED, crc32(scenario.encode()), index])
    arms = []
    for number, group in enumerate(spec.cohorts):
        site = np.arange(group.n) % len(group.shifts)
        shift = np.array(group.shifts)[site]
        baseline, added, rest = rng.normal(size=(3, group.n))
        slope = spec.slope if group.role == Role.EXTERNAL else 0.0
        label = 0.5 * baseline + slope * added + shift + rest
        people = pd.DataFrame({"label": label, "site": site})
        people["participant_id"] = [f"sub-{number}-{i:03d}" for i in range(group.n)]
        arms.append(ArmRows(group.role, people, baseline[:, None], added + shift))
    row = specificity_rows("model", arms, index, n_permutations, within=spec.within).iloc[0]
    return {
        "p_value": row["p_value"],
        "covers": row["ci_low"] <= spec.slope <= row["ci_high"],
    }


def main() -> None:
    given = command_line(__doc__, SCENARIOS, trials=2000, permutations=39)
    table = []
    for scenario in given.scenarios:
        one = partial(trial, scenario=scenario, n_permutations=given.permutations)
        rows = pd.DataFrame(done_trials(one, scenario, given))
        found = {
            "scenario": scenario,
            "trials": len(rows),
            "rejected": (rows["p_value"] <= ALPHA + 1e-9).mean(),
            "covers": rows["covers"].mean(),
        }
        table.append(found)
    frame = pd.DataFrame(table)
    frame.to_csv(given.out / "slopes.tsv", sep="\t", index=False)
    print(frame.to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    main()
