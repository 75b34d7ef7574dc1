"""Runs that compare how beliefs are updated, and feature sets made of that."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from belief_data import made_trials
from small_study import ROOT, Study, job_counts, snakemake

from mri_response.core.tables import read_tsv

CONFIG = ROOT / "tests" / "configs" / "belief.yaml"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Folder of the simulated study's run."""
    folder = tmp_path_factory.mktemp("belief")
    snakemake("--cores", "2", "--configfile", CONFIG, cwd=folder)
    return folder / "results" / "belief"


def test_what_was_planted_is_found(run):
    numbers = dict.fromkeys(["planted", "found", "ci_low", "ci_high"], float)
    found = read_tsv(run / "belief_found.tsv", numbers)
    rows = found.set_index(["parameter", "contrast", "method", "session_id"]).sort_index()
    for contrast in ("patients", "patients - controls"):
        own = rows.loc[("A", contrast)]
        assert (own["planted"] == 0.15).all()
        assert (own["ci_low"] > 0).all()
        assert ((own["ci_low"] < 0.15) & (own["ci_high"] > 0.15)).all()
    for nothing in (rows.loc[("A", "controls")], rows.loc["S"]):
        assert (nothing["planted"] == 0).all()
        assert ((nothing["ci_low"] < 0) & (nothing["ci_high"] > 0)).all()
    effects = read_tsv(run / "belief_effects.tsv", {"estimate": float, "p_value": float})
    triple = effects[effects["term"] == "group x time x valence"]
    assert (triple["estimate"] > 0).all()
    assert (triple["p_value"] < 0.05).all()
    paths = read_tsv(run / "belief_mediation.tsv", {"ci_high": float}).set_index("path")
    assert paths.loc["ab", "ci_high"] < 0


def test_agents_without_bias_do_not_show_it(run):
    numbers = dict.fromkeys(["people", "linear_low", "linear_high"], float)
    table = read_tsv(run / "belief_agents_effects.tsv", numbers).set_index("term")
    triple = table.loc["group x time x valence"]
    assert (triple["people"] > triple["linear_high"]).all()
    assert ((triple["linear_low"] < 0) & (triple["linear_high"] > 0)).all()


def test_every_table_is_documented(run):
    text = (ROOT / "docs" / "belief_updating.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \(", text, re.M))
    made = {path.stem.removeprefix("belief_") for path in run.glob("belief_*.tsv")}
    assert made == listed
    for name in made:
        words = set(re.findall(r"\w+", text))
        for column in read_tsv(run / f"belief_{name}.tsv"):
            parts = {column, re.sub(r"_(se|sd|E1|eBR)$", "", column)}
            assert parts & words, f"{name}: {column}"


# ---------------------------------------------------------------- jobs
@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The small study with trials of everybody in three sessions."""
    study = Study(tmp_path)
    for name, people in study.people.items():
        trials = made_trials(len(people), 0.5, 0.1, 5.0, 1, ("ses-1", "ses-2", "ses-3"))
        ids = people["participant_id"].to_numpy()
        trials["participant_id"] = ids[pd.factorize(trials["participant_id"])[0]]
        trials.assign(E2=trials["E2"].clip(3, 77)).to_csv(
            tmp_path / name / "trials.tsv", sep="\t", index=False
        )
        study.config["cohorts"][name]["trials"] = f"{name}/trials.tsv"
    study.config["sessions"] = ["ses-1", "ses-2", "ses-3"]
    return study


def jobs(study: Study, **changes) -> dict[str, int]:
    done = snakemake("-n", "-q", "reason", "--configfile", study.save(**changes), cwd=study.folder)
    return job_counts(done)


BELIEF = {"baseline": "ses-1", "sessions": ["ses-2", "ses-3"], "min_trials": 2}
PARTS = ("trials", "rates", "models", "recovery", "effects", "agents")


def test_a_run_without_the_section_has_none_of_its_jobs(study):
    without = jobs(study)
    assert not [rule for rule in without if "belief" in rule]
    parts = {f"belief_{part}": 1 for part in (*PARTS, "figures")}
    assert jobs(study, belief=BELIEF) == without | parts
    for section in ("models", "features"):
        del study.config[section]
    alone = jobs(study, belief=BELIEF)
    assert {rule: n for rule, n in alone.items() if "belief" in rule} == parts


def test_features_alone_with_the_clinic_with_regions_and_in_stacks(study):
    before = jobs(study, belief=BELIEF)
    study.config["features"] |= {
        "own": {"kind": "belief", "session": "ses-2"},
        "clinic": {"kind": "clinical", "columns": ["age"]},
        "with_clinic": {"kind": "concatenated", "sets": ["clinic", "own"]},
        "with_regions": {"kind": "concatenated", "sets": ["fs", "own"]},
    }
    models = study.config["models"]
    models |= {name: {"features": name} for name in ("own", "with_clinic", "with_regions")}
    study.config["stacks"] = {"both": ["fs_svc", "own"]}
    counts = jobs(study, belief=BELIEF)
    more = {rule: n - before.get(rule, 0) for rule, n in counts.items()}
    assert more["belief_features"] == 3
    assert more["clinical_features"] == 3
    assert more["concatenated_features"] == 6
    assert more["cross_validate"] == 6
    assert more["stack"] == 1
    # One model of the concatenated set and the same of regions are not of the brain alone.
    assert more.get("roi_weights_figure", 0) == 0
    assert {rule: more[f"belief_{rule}"] for rule in PARTS} == dict.fromkeys(PARTS, 0)


def test_one_line_ends_a_run_with_mistaken_trials_before_any_job(study):
    path = study.folder / "external" / "trials.tsv"
    trials = pd.read_csv(path, sep="\t")
    trials.loc[4, "E2"] = 91
    trials.to_csv(path, sep="\t", index=False)
    config = study.save(belief=BELIEF)
    done = snakemake("-n", "--configfile", config, cwd=study.folder, check=False)
    assert done.returncode != 0
    _, line = done.stderr.strip().splitlines()
    assert line == (
        "external/trials.tsv: line 6: column E2: found 91, expected 3 to 77 (the scale of "
        "answers); correct it or the scale"
    )
