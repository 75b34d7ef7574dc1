"""Level, power and coverage of the statistics of belief updating.

    python benchmarks/simulation_belief.py         # an hour or so on 2 cores; --help

A trial of a scenario of studies draws people, events and answers, at the sizes of the published
study (26 patients, 30 controls, 40 events per session) or others, and takes them through what makes
the tables. Counted are p <= 0.05, two-sided, of

- `interaction`: group x time x valence of the mixed model over trials;
- `interaction_cells`: the same in a regression of the four cell means of each person without random
  effects, with n x 4 - 8 degrees of freedom, as published studies have done;
- `interaction_e1`, `change_e1`: `interaction` and `change` with news measured against E1;
- `change`: change of A in patients; `change_difference`: that minus the change of controls;
  `change_scaling`: change of S in patients;
- `after_alone`: learning rates after good and bad news in patients after treatment, which is no
  change;
- `association`: the smallest corrected p of the changes of S and A in two sessions with the score.

`no_variance` is the share of trials in which the mixed model finds no variance between people in
what `interaction` tests, so that its degrees of freedom are those of trials.

A trial of a scenario of mediation draws changes of mediator and score of one arm, and counts how
often percentile and BCa intervals of a b exclude 0 (`percentile`, `bca`), and how often they cover
the true value (`percentile_covers`, `bca_covers`).

Writes two tables (TSV).
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from trials import command_line

from mri_response.belief_updating.association import association_table
from mri_response.belief_updating.changes import change_table
from mri_response.belief_updating.effects import Comparison, update_effects
from mri_response.belief_updating.mediation import mediation_table
from mri_response.belief_updating.models import rational
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.trials import Rules, selected
from mri_response.simulation.belief_study import (
    SESSIONS,
    BeliefStudy,
    SimulatedBeliefs,
    draw_belief_study,
)

SEED = 20261126  # fixed before the first run
ALPHA = 0.05
BEFORE, AFTER, LATER = SESSIONS


class Study(NamedTuple):
    """People, who of them responds, the change of A in these, and whether answers are rational."""

    patients: int = 26
    controls: int = 30
    responders: int = 13
    planted: float = 0.0
    rational: bool = False
    null: bool = True


class Mediation(NamedTuple):
    """People of one arm, mean change of the mediator and its slope on the score, in SDs."""

    people: int
    a: float
    b: float


STUDIES = {
    "nothing": Study(),
    "nothing_small": Study(13, 15, 7),
    "private_knowledge_changes": Study(rational=True),
    # Good minus bad learning rate .15 after treatment and none before: A changes by .075 in all.
    "published_effect": Study(responders=26, planted=0.075, null=False),
    "responders_alone": Study(planted=0.12, null=False),
}
MEDIATIONS = {
    "a_0_b_0": Mediation(26, 0.0, 0.0),
    "a_0": Mediation(26, 0.0, 0.8),
    "b_0": Mediation(26, 0.8, 0.0),
    "a_0_b_0_n50": Mediation(50, 0.0, 0.0),
    "a_0_n50": Mediation(50, 0.0, 0.8),
    "b_0_n50": Mediation(50, 0.8, 0.0),
    "published_size": Mediation(26, 0.5, 0.5),
    "strong": Mediation(26, 0.8, 0.8),
}


# ---------------------------------------------------------------- studies
def made_rational(drawn: SimulatedBeliefs, rng: np.random.Generator) -> pd.DataFrame:
    """Bayesian answers whose private knowledge falls in patients after treatment.

    Log likelihood ratios have mean -.3 and SD .7, and .4 less in patients after treatment: they
    then think of themselves as at lower risk, and follow Bayes' rule throughout. Answers have noise
    of 5 points.
    """
    trials = drawn.trials.copy()
    group = trials["participant_id"].map(drawn.people.set_index("participant_id")["group"])
    later = (group == "patients") & (trials["session_id"] != BEFORE)
    ratio = -0.3 - 0.4 * later.to_numpy() + 0.7 * rng.standard_normal(len(trials))
    average = trials["eBR"].to_numpy()
    private = np.exp(ratio) * average / (100 - average)
    own = 100 * private / (1 + private)
    second = rational(own, average, trials["BR"].to_numpy()) + 5 * rng.standard_normal(len(trials))
    trials["E1"], trials["E2"] = (np.clip(np.round(x), 3, 77) for x in (own, second))
    return trials


def cells_p_value(trials: pd.DataFrame, people: pd.DataFrame, comparison: Comparison) -> float:
    """p of the triple interaction in cell means of people, as if these were independent."""
    rows = trials[trials["used"] & trials["session_id"].isin([BEFORE, comparison.session])]
    keys = ["participant_id", "session_id", "news"]
    cells = rows.groupby(keys)["update"].mean().reset_index()
    group = cells["participant_id"].map(people.set_index("participant_id")["group"])
    codes = (group == "patients", cells["session_id"] != BEFORE, cells["news"] == "good")
    g, t, v = (code.to_numpy() - 0.5 for code in codes)
    design = np.column_stack([np.ones(len(cells)), g, t, v, g * t, g * v, t * v, g * t * v])
    y = cells["update"].to_numpy()
    inverse = np.linalg.inv(design.T @ design)
    b = inverse @ design.T @ y
    df = len(y) - 8
    variance = ((y - design @ b) ** 2).sum() / df * inverse[-1, -1]
    return float(2 * student.sf(abs(b[-1]) / np.sqrt(variance), df))


def study_trial(index: int, name: str, seed: int) -> dict[str, float]:
    """What one study of a scenario shows."""
    scenario = STUDIES[name]
    own_seed = int(np.random.SeedSequence([seed, crc32(name.encode()), index]).generate_state(1)[0])
    study = BeliefStudy(
        own_seed, scenario.patients, scenario.controls, scenario.responders, scenario.planted
    )
    drawn = draw_belief_study(study)
    raw = (
        made_rational(drawn, np.random.default_rng(own_seed)) if scenario.rational else drawn.trials
    )
    comparison, found = Comparison(BEFORE, AFTER), {}
    for news, suffix in (("eBR", ""), ("E1", "_e1")):
        trials, _ = selected(raw, Rules(min_trials=3, one_valence=True), news)
        effects, spread = update_effects(trials, drawn.people, comparison)
        row = effects.set_index("term").loc["group x time x valence"]
        found[f"interaction{suffix}"] = row["p_value"] <= ALPHA
        rates = estimates(trials)
        changes = change_table(rates, drawn.people, comparison)
        p = changes.set_index(["parameter", "contrast"])["p_value"]
        found[f"change{suffix}"] = p["A", "patients"] <= ALPHA
        if news == "E1":
            continue
        found["no_variance"] = spread.set_index("term").loc["person: time x valence", "sd"] == 0
        found["interaction_cells"] = cells_p_value(trials, drawn.people, comparison) <= ALPHA
        found["change_difference"] = p["A", "patients - controls"] <= ALPHA
        found["change_scaling"] = p["S", "patients"] <= ALPHA
        found["after_alone"] = _after_alone(rates, drawn.people) <= ALPHA
        found["association"] = _association(rates, drawn, own_seed) <= ALPHA
    return found


def _after_alone(rates: pd.DataFrame, people: pd.DataFrame) -> float:
    treated = people.loc[people["group"] == "patients", "participant_id"]
    a = rates.query("session_id == @AFTER")
    a = a.loc[a["participant_id"].isin(treated), "A"]
    return float(2 * student.sf(abs(a.mean() / a.sem()), len(a) - 1))


def _association(rates: pd.DataFrame, drawn: SimulatedBeliefs, seed: int) -> float:
    wide = drawn.scores.pivot_table("score", "participant_id", "session_id")
    scores = pd.DataFrame({"score_before": wide[BEFORE], "score_after": wide[LATER]}).reset_index()
    people = drawn.people.merge(scores)
    comparisons = [Comparison(BEFORE, session) for session in (AFTER, LATER)]
    table = association_table(rates, people, comparisons, n_permutations=199, seed=seed)
    return float(table["p_family"].min())


# ---------------------------------------------------------------- mediation
def mediation_trial(index: int, name: str, seed: int, n_bootstrap: int = 1000) -> dict[str, float]:
    """What one arm of a scenario shows."""
    scenario = MEDIATIONS[name]
    rng = np.random.default_rng([seed, crc32(name.encode()), index])
    n = scenario.people
    before, score = rng.standard_normal(n), rng.normal(32, 5, n)
    change = scenario.a - 0.3 * before + rng.standard_normal(n)
    fall = scenario.b * change - 0.1 * (score - 32) + rng.standard_normal(n)
    people = pd.DataFrame(
        {
            "mediator_before": before,
            "mediator_after": before + change,
            "score_before": score,
            "score_after": score + fall,
        }
    )
    table = mediation_table(people, n_bootstrap=n_bootstrap, seed=int(rng.integers(2**31)))
    row = table.set_index("path").loc["ab"]
    truth, found = scenario.a * scenario.b, {}
    for kind, low, high in (("percentile", "ci_low", "ci_high"), ("bca", "bca_low", "bca_high")):
        found[kind] = row[low] > 0 or row[high] < 0
        found[f"{kind}_covers"] = row[low] <= truth <= row[high]
    return found


# ---------------------------------------------------------------- tables
def summary(
    name: str, scenario: Study | Mediation, trials: pd.DataFrame
) -> dict[str, float | str | int]:
    """Row of a scenario: its settings and the shares of its trials."""
    row = {"scenario": name, **scenario._asdict(), "trials": len(trials)}
    return row | trials.astype(float).mean().round(4).to_dict()


def run(
    one: Callable[..., dict], scenarios: dict, trials: int, seed: int, jobs: int
) -> pd.DataFrame:
    """Table of the scenarios, the same whatever the number of jobs."""
    rows = []
    with ProcessPoolExecutor(jobs) as pool:
        for name, scenario in scenarios.items():
            done = pool.map(partial(one, name=name, seed=seed), range(trials), chunksize=5)
            rows.append(summary(name, scenario, pd.DataFrame(done)))
            print(pd.DataFrame(rows[-1:]).to_string(index=False), file=sys.stderr)
    return pd.DataFrame(rows)


def main() -> None:
    """Command line."""
    given = command_line(__doc__, [*STUDIES, *MEDIATIONS], trials=1000, seed=SEED)
    kinds = {"belief": (study_trial, STUDIES), "belief_mediation": (mediation_trial, MEDIATIONS)}
    for file, (one, known) in kinds.items():
        chosen = {name: known[name] for name in given.scenarios if name in known}
        if chosen:
            table = run(one, chosen, given.trials, given.seed, given.jobs)
            table.to_csv(given.out / f"{file}.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
