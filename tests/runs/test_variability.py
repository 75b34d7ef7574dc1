"""Runs that describe how differently brains change, and feature sets made of that."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from claims import claims
from small_study import REGIONS, ROOT, Study, job_counts, snakemake

from mri_response.core.tables import read_tsv
from mri_response.variability.run_tables import typed

TRIAL = ROOT / "tests" / "configs" / "variability_trial.yaml"
VISITS = ROOT / "tests" / "configs" / "variability.yaml"


def table(run: Path, name: str) -> pd.DataFrame:
    return typed(read_tsv(run / f"variability_{name}.tsv"))


@pytest.fixture(scope="module")
def trial(tmp_path_factory) -> Path:
    """Folder of the simulated trial's run."""
    folder = tmp_path_factory.mktemp("variability")
    snakemake("--cores", "2", "--configfile", TRIAL, cwd=folder)
    return folder / "results" / "variability_trial"


def test_what_was_planted_is_found_and_nothing_else(trial):
    found = table(trial, "found").set_index(["quantity", "what"])
    assert found.loc[("axes", "retained"), "found"] == 2
    assert found.loc[("axes", "retained"), "note"] == "2 return in halves"
    assert (found.loc["cosine", "found"] > 0.9).all()
    planted = [
        *(("ln_vr", "hippocampus"), ("mean", "rostral anterior cingulate")),
        *(("r_score", "component 1"), ("r_gene", "MADE1")),
    ]
    rows = found.loc[planted]
    assert (rows["p_value"] < 0.05).all()
    assert (rows["ci_low"] > 0).all()
    # One of four intervals of 95 % misses in every sixth trial.
    assert ((rows["ci_low"] < rows["planted"]) & (rows["planted"] < rows["ci_high"])).sum() >= 3
    for nothing in [("ln_vr", "thalamus"), ("mean", "thalamus"), ("r_score", "component 2")]:
        row = found.loc[nothing]
        assert row["p_value"] > 0.05
        assert row["ci_low"] < 0 < row["ci_high"]
    # Chance made this gene resemble the axis, and no null takes it for more.
    assert found.loc[("r_gene", "MADE2"), "p_value"] > 0.2


def test_the_page_says_so_and_names_nobody(trial):
    page = (trial / "report.html").read_text(encoding="utf-8")
    assert "change (60 people, 160 regions): 2 axes of change exceed equally smooth" in page
    assert "simulated" in page.lower()
    assert not re.search(r"sub-(tre|con)\d", page)
    assert claims(page[page.index("<body") :]) == []
    assert "The largest p leads" in page
    assert re.search(r"spin: [\d,]+ different surrogates, smallest p that can be reached 0", page)


def test_every_table_is_documented(trial):
    text = (ROOT / "docs" / "variability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`.*?\|.*?\|(.*)\|$", text, re.M)
    listed = {name: set(re.findall(r"\w+", columns)) for name, columns in rows}
    made = {path.stem.removeprefix("variability_") for path in trial.glob("variability_*.tsv")}
    assert made == set(listed) - {"gene_sets"}
    for name in made - {"people"}:
        known = listed[name] | (listed["regions"] if name == "region_sets" else set())
        assert set(read_tsv(trial / f"variability_{name}.tsv")) <= known, name


def test_real_visits_without_a_treatment(tmp_path, shared_data):
    text = VISITS.read_text(encoding="utf-8").replace("../shared/data", str(shared_data))
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    snakemake("--cores", "2", "--configfile", "study.yaml", cwd=tmp_path)
    run = tmp_path / "results" / "variability"
    components = table(run, "components").set_index(["effect", "component"])
    own, centred = (components.loc[name] for name in ("thickness", "thickness_centred"))
    # Recomputed beforehand by other code, without taking out age and sex: 25.0, 9.2, 4.7 %, and
    # centred 14.3, 6.2, 4.6 %; PR 12.4.
    assert own.loc[[1, 2, 3], "explained"].tolist() == pytest.approx([0.25, 0.092, 0.047], abs=3e-3)
    found = centred.loc[[1, 2, 3], "explained"].tolist()
    assert found == pytest.approx([0.143, 0.062, 0.046], abs=3e-3)
    assert own.loc[1, "r_map_mean"] == pytest.approx(0.975, abs=0.002)
    assert own.loc[1, "before_cos"] == pytest.approx(0.92, abs=0.005)
    assert (components["before_r"] < 0).all()
    dimensions = table(run, "dimensions").set_index(["effect", "maps"])
    assert dimensions.loc[("thickness", "treated"), "pr"] == pytest.approx(12.4, abs=0.1)
    assert centred["retained"].sum() == 5
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Without a control arm nothing can be said" in page
    assert "NIMHP" not in page


# ---------------------------------------------------------------- jobs
@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The small study with two sessions before the end-point, and coordinates of its regions."""
    study = Study(tmp_path)
    for name, people in study.people.items():
        rng, parts = np.random.default_rng(len(name)), []
        for session in ("ses-1", "ses-2"):
            values = pd.DataFrame(rng.normal(10, 1, (len(people), 8)), columns=REGIONS)
            values.insert(0, "session_id", session)
            parts.append(pd.concat([people["participant_id"], values], axis=1))
        pd.concat(parts).to_csv(tmp_path / name / "visits.tsv", sep="\t", index=False)
        study.config["cohorts"][name]["sources"]["visits"] = f"{name}/visits.tsv"
    rows = [
        (region[2:], side, sign * 30, y, z)
        for side, sign in (("left", -1), ("right", 1))
        for region, y, z in zip(REGIONS[:4], (-60, -60, 30, 30), (-10, 40, -10, 40), strict=True)
    ]
    places = pd.DataFrame(rows, columns=["region", "hemisphere", "x", "y", "z"])
    places.to_csv(tmp_path / "parcels.tsv", sep="\t", index=False)
    study.config["sessions"] = ["ses-1", "ses-2", "ses-3"]
    return study


EFFECTS = {
    "change": {
        "before": {"source": "visits", "session": "ses-1"},
        "after": {"source": "visits", "session": "ses-2"},
    }
}
VARIABILITY = {"effects": ["change"], "atlas": {"coordinates": "parcels.tsv"}}
PARTS = ("maps", "components", "people", "regions")


def jobs(study: Study, **changes) -> dict[str, int]:
    done = snakemake("-n", "-q", "reason", "--configfile", study.save(**changes), cwd=study.folder)
    return job_counts(done)


def test_a_run_without_the_section_has_none_of_its_jobs(study):
    without = jobs(study)
    assert jobs(study, effects=EFFECTS) == without
    assert not [rule for rule in without if "variability" in rule or "effect" in rule]
    more = jobs(study, effects=EFFECTS, variability=VARIABILITY)
    added = {rule: n for rule, n in more.items() if without.get(rule) != n}
    assert set(added) >= {f"variability_{part}" for part in PARTS}
    assert all("variability" in rule or rule == "total" for rule in added)
    symptoms = jobs(study, effects=EFFECTS, variability=VARIABILITY | {"clinical": ["age"]})
    assert symptoms["variability_associations"] == 1
    assert "variability_genes" not in symptoms


def test_an_early_effect_is_a_feature_of_a_model(study):
    before = jobs(study, effects=EFFECTS)
    study.config["features"]["early"] = {"kind": "effect", "effect": "change"}
    study.config["models"]["early"] = {"features": "early", "confounds": ["age"], "pca": 3}
    counts = jobs(study, effects=EFFECTS)
    assert counts["effect_features"] == 3
    assert counts["cross_validate"] > before["cross_validate"]
    assert not [rule for rule in counts if "variability" in rule]


def test_one_line_ends_a_run_with_mistakes_before_any_job(study):
    visits = study.folder / "discovery" / "visits.tsv"
    spoilt = pd.read_csv(visits, sep="\t", dtype=str)
    spoilt.loc[3, "l_back_d"] = "thick"
    spoilt.to_csv(visits, sep="\t", index=False)
    config = study.save(effects=EFFECTS, variability=VARIABILITY)
    done = snakemake("-n", "--configfile", config, cwd=study.folder, check=False)
    assert done.returncode != 0
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("discovery/visits.tsv: line 5: column l_back_d: found 'thick', expected")
