"""The jobs that a configuration asks for: which rules, how many jobs of each."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from small_study import ROOT, Study, job_counts, snakemake

# Rules that make one job in every run.
ONCE = (
    *("quality_control", "cohorts", "splits", "comparisons", "flow_figure", "report_page"),
    "described_people",
    *("provenance", "default", "specificity", "characteristics", "reporting"),
    *("quality_figure", "comparisons_figure", "input_warnings", "inputs", "dataset_description"),
    *("learning_curve_parts", "learning_curve", "learning_curve_figure", "precision", "verdict"),
    "leakage",
)
# Rules that make one job for each model.
PER_MODEL = (
    *("freeze", "pack", "score", "decisions", "subgroups"),
    *("usefulness", "performance_figures"),
)


def jobs(configuration: Path, cwd: Path) -> dict[str, int]:
    done = snakemake("-n", "-q", "reason", "--configfile", configuration, cwd=cwd)
    return job_counts(done)


def expected(models: int = 1, **others: int) -> dict[str, int]:
    """Number of jobs of each rule.

    The jobs of two rules are given by what they do: `kernels` and `refit_kernels` are prepared,
    `nested_cv` and `estimators` are cross-validated, `refit` and `refit_estimator` are refitted.
    """
    counts = dict.fromkeys(ONCE, 1) | dict.fromkeys(PER_MODEL, models)
    more = others.pop("roi_sets", 1) + others.pop("site_tables", 0)
    counts |= {"tables": 11 + more, "baseline": 2}
    prepared = {"kernels": 0, "refit_kernels": models}
    fitted = {"nested_cv": 0, "estimators": 0, "refit": models, "refit_estimator": 0}
    for rule, parts in (("prepare", prepared), ("cross_validate", fitted)):
        counts[rule] = sum(others.pop(name, default) for name, default in parts.items())
    made = {"roi_maps_features", "voxels_features"} & others.keys()
    counts |= others | {"separating_features": int(bool(made))}
    counts.setdefault("performance", models + counts["baseline"])
    return {rule: count for rule, count in counts.items() if count}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


@pytest.fixture(scope="module")
def study_with_maps(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("study"), maps=True)


# Jobs of the scores themselves.
OUTCOMES = dict.fromkeys(
    (
        *("outcome_scores", "outcome_rates", "outcome_effects", "outcome_models"),
        *("outcome_missing", "outcome_sensitivity", "outcome_times", "outcome_items"),
        *("outcome_figures", "outcome_arm_figures", "outcome_incidence_figure"),
    ),
    1,
)


# Jobs of the two models for the scanners of the discovery cohort.
OF_SITES = dict.fromkeys(("site_predictability", "site_performance"), 2)


def test_the_demo(tmp_path):
    assert jobs(ROOT / "config" / "config.yaml", tmp_path) == expected(
        2,
        **OUTCOMES,
        simulate_cohort=4,
        read_inputs=1,
        planted=1,
        planted_regions=1,
        planted_viewer=1,
        region_sets_figure=2,
        atlas=1,
        mask=1,
        roi_maps_features=4,
        voxels_features=4,
        kernels=2,
        nested_cv=8,
        region_weights=1,
        voxel_weights=1,
        roi_weights_figure=1,
        map_figures=2,
        slice_viewer=2,
        planted_vs_found_figure=1,
        **OF_SITES,
        site_tables=3,
    )


@pytest.mark.parametrize(
    ("name", "cohorts", "kernels", "nested_cv"),
    [("schizophrenia", 2, 3, 12), ("depression", 1, 1, 4)],
)
def test_the_real_configurations(shared_data, name, cohorts, kernels, nested_cv, tmp_path):
    raw = (ROOT / "tests" / "configs" / f"{name}.yaml").read_text()
    path = tmp_path / "here.yaml"
    path.write_text(raw.replace("../shared/data", str(shared_data)))
    assert jobs(path, tmp_path) == expected(
        table_features=cohorts,
        kernels=kernels,
        nested_cv=nested_cv,
        region_weights=1,
        roi_weights_figure=1,
        region_sets_figure=1,
    )


def test_sites_and_stability_have_their_jobs(tmp_path):
    """Of every model for sites and transport, of the primary model for stability."""
    raw = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    asked = {
        "sites": {"column": "site", "transport": True},
        "stability": {"resamples": 5, "seeds": 2},
    }
    del raw["sites"]
    path = tmp_path / "asked.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    plain = jobs(path, tmp_path)
    path.write_text(yaml.safe_dump(raw | asked), encoding="utf-8")
    found = jobs(path, tmp_path)
    more = {rule: n - plain.get(rule, 0) for rule, n in found.items() if n != plain.get(rule, 0)}
    path.write_text(yaml.safe_dump(raw | asked | {"report": {"participant_level": True}}))
    assert jobs(path, tmp_path)["instability_people_figure"] == 1
    of_models = ("site_predictability", "site_performance", "transport_fits", "transport")
    of_one = ("stability_fits", "stability", "instability_figure")
    counts = dict.fromkeys(of_models, 2) | dict.fromkeys(of_one, 1)
    assert more == counts | {"tables": 6}


# Jobs of a run without a model.
DESCRIBED = dict.fromkeys(
    (
        *("cohorts", "characteristics", "input_warnings", "flow_figure", "report_page"),
        *("described_people", "provenance", "default", "inputs", "dataset_description"),
    ),
    1,
)


@pytest.mark.parametrize("outcome", [True, False])
def test_cohorts_alone(study, outcome):
    """Without models people are described: no scan is read and nothing is predicted."""
    for section in ("features", "models", *(() if outcome else ("outcome",))):
        del study.config[section]
    path = study.folder / "cohorts.yaml"
    path.write_text(yaml.safe_dump(study.config))
    assert jobs(path, study.folder) == DESCRIBED


def test_the_demo_without_models(tmp_path):
    raw = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    known = ("run", "cohorts", "outcome", "simulation")
    path = tmp_path / "cohorts.yaml"
    path.write_text(yaml.safe_dump({key: raw[key] for key in known}))
    assert jobs(path, tmp_path) == DESCRIBED | {"simulate_cohort": 4, "read_inputs": 1}


def test_only_the_main_process_opens_the_users_tables(study):
    """A job parses the rules too: with the size that the main process kept, without a table."""
    path = study.save()
    assert jobs(path, study.folder)["cross_validate"] > 0
    (kept,) = (study.folder / ".snakemake").glob("mri_response_size_*.json")
    for table in ("participants.tsv", "regions.tsv"):
        (study.folder / "discovery" / table).unlink()
    # Dry run of one job as an executor starts it. The rule asks for no input.
    options = ("-n", "--mode", "subprocess", "--target-jobs", "verify:", "--configfile", path)
    options = (*options, "--allowed-rules", "verify", "--cores", "1")
    snakemake(*options, cwd=study.folder)
    kept.unlink()
    done = snakemake(*options, cwd=study.folder, check=False)
    assert done.returncode != 0
    assert "discovery/participants.tsv" in done.stdout + done.stderr


def test_a_large_study_stays_below_two_thousand_jobs(tmp_path):
    """20 models and 10,000 permutations of 500 people, with nothing said of batches."""
    for cohort, n in {"a": 500, "b": 200}.items():
        ids = [f"sub-{cohort}{i}" for i in range(n)]
        people = pd.DataFrame({"participant_id": ids, "group": ["patient", "healthy"] * (n // 2)})
        people.assign(age=30).to_csv(tmp_path / f"{cohort}.tsv", sep="\t", index=False)
        regions = pd.DataFrame({f"r{i}": 2 + np.arange(n) / 7 for i in range(150)})
        regions.insert(0, "participant_id", ids)
        regions.to_csv(tmp_path / f"{cohort}_fs.tsv", sep="\t", index=False)
    config = {
        "run": "large",
        "cohorts": {
            name: {"role": role, "participants": f"{name}.tsv", "sources": {"fs": f"{name}_fs.tsv"}}
            for name, role in {"a": "discovery", "b": "external"}.items()
        },
        "outcome": {
            "kind": "label",
            "column": "group",
            "classes": ["patient", "healthy"],
            "positive_class": "patient",
        },
        "features": {"fs": {"kind": "table", "source": "fs"}},
        "models": {f"m{i:02d}": {"features": "fs", "confounds": ["age"]} for i in range(20)},
        "permutation": {"n": 10_000},
    }
    (tmp_path / "large.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    done = snakemake("-n", "-q", "reason", "--configfile", "large.yaml", cwd=tmp_path)
    counts = job_counts(done)
    assert sum(counts.values()) < 2000
    found = re.search(r"plan: cross_validate: ([\d,]+) jobs of roughly", done.stderr)
    refits = re.search(r"plan: refit: ([\d,]+) jobs of roughly", done.stderr)
    nested_cv, refit = (int(one[1].replace(",", "")) for one in (found, refits))
    assert 500 < nested_cv <= 1000
    assert counts["cross_validate"] == nested_cv + refit


def test_batches_set_the_number_of_jobs(study):
    # 2 x 3 outer folds in jobs of 4; 1,000 permutations in blocks of 256, two blocks a job.
    config = study.save(batch={"outer_folds": 4, "permutations": 300}, permutation={"n": 1000})
    assert jobs(config, study.folder) == expected(
        table_features=3, kernels=2, nested_cv=4, refit=2, region_weights=1, roi_weights_figure=1
    )


def test_without_other_cohorts_the_refits_are_for_the_weights(study):
    alone = {"discovery": study.config["cohorts"]["discovery"]}
    batch = {"outer_folds": 2, "permutations": 256}
    config = study.save(cohorts=alone, batch=batch, permutation={"n": 1000})
    assert jobs(config, study.folder) == expected(
        table_features=1,
        kernels=3,
        nested_cv=12,
        refit=4,
        region_weights=1,
        roi_weights_figure=1,
    )


def test_stratified_folds_are_redrawn_without_kernels_on_disk(study):
    scheme = study.config["cross_validation"] | {"scheme": "stratified"}
    config = study.save(cross_validation=scheme, batch={"outer_folds": 2})
    assert jobs(config, study.folder) == expected(
        table_features=3, nested_cv=3, region_weights=1, roi_weights_figure=1
    )


def test_learning_curves_of_other_models_or_none(study):
    study.config["models"]["again"] = study.config["models"]["fs_svc"]
    several = study.save("several.yaml", learning_curve={"models": ["fs_svc", "again"]})
    counts = jobs(several, study.folder)
    wanted = ("learning_curve_parts", "learning_curve", "learning_curve_figure")
    assert [counts[rule] for rule in wanted] == [2, 2, 2]
    none = jobs(study.save("none.yaml", learning_curve={"enabled": False}), study.folder)
    assert not set(wanted) & set(none)
    assert none["tables"] == counts["tables"] - 1


@pytest.mark.parametrize(
    ("scheme", "n_jobs"),
    [
        ({"outer": "leave_one_site_out"}, 3),  # sites A, B, C
        ({"outer": "leave_group_out", "outer_column": "family", "outer_folds": 2}, 20),
        ({"outer": "leave_one_out"}, 30),
        ({"outer": "held_out", "held_out": 0.5}, 1),
        ({"outer": "held_out", "held_out": {"site": ["A", "B"]}}, 1),
    ],
)
def test_every_outer_scheme_has_its_number_of_folds(study, scheme, n_jobs):
    config = study.save(cross_validation={"inner_folds": 3, **scheme}, batch={"outer_folds": 1})
    assert jobs(config, study.folder) == expected(
        table_features=3, kernels=n_jobs, nested_cv=n_jobs, region_weights=1, roi_weights_figure=1
    )


def test_voxels_alone_and_the_ensemble(study_with_maps):
    study = study_with_maps
    study.model("voxel_svc", "voxels")
    config = study.save(external={"model": "ensemble"}, batch={"outer_folds": 2})
    # The refit stays: weights are those of the model on all discovery people.
    assert jobs(config, study.folder) == expected(
        mask=1,
        voxels_features=3,
        kernels=3,
        nested_cv=3,
        voxel_weights=1,
        map_figures=1,
        slice_viewer=1,
        region_sets_figure=1,
    )
    models = study.config["models"]
    models["again"] = models["voxel_svc"] | {"standardize": False}
    assert jobs(study.save(), study.folder) == expected(
        2,
        mask=1,
        voxels_features=3,
        kernels=2,
        nested_cv=2,
        voxel_weights=2,
        map_figures=2,
        slice_viewer=2,
        region_sets_figure=2,
    )


def test_an_edited_map_draws_the_figure_of_the_scans_again(study_with_maps):
    study = Study.copied(study_with_maps, study_with_maps.folder.parent / "scans")
    study.model("roi_svc", "roi")
    config, run = study.save(), study.folder / "results" / "small"
    pictures = ("figures/quality", "qc/people", "qc/scans")
    made = [run / f"{name}.{suffix}" for name in pictures for suffix in ("svg", "png")]
    for path in (run / "qc.tsv", *made):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    # Only this rule, which the new table of quality control would run again as well.
    options = ("-n", "--allowed-rules", "quality_figure", "--rerun-triggers", "mtime")
    command = ("results/small/figures/quality.svg", *options, "--configfile", config)
    assert job_counts(snakemake(*command, cwd=study.folder)) == {}
    later = made[-1].stat().st_mtime + 10
    os.utime(study.folder / "external" / "maps" / "mwp1sub-QE002.nii.gz", (later, later))
    assert job_counts(snakemake(*command, cwd=study.folder)) == {"quality_figure": 1}


def test_features_that_no_model_uses_are_not_computed(study_with_maps):
    config = yaml.safe_load(study_with_maps.save("fs.yaml").read_text())
    config["models"] = {"fs_svc": {"features": "fs"}}
    path = study_with_maps.folder / "fs.yaml"
    path.write_text(yaml.safe_dump(config))
    counts = jobs(path, study_with_maps.folder)
    assert counts == expected(
        table_features=3,
        kernels=1,
        nested_cv=1,
        region_weights=1,
        roi_weights_figure=1,
        baseline=1,
        comparisons_figure=0,
    )


def test_estimators_need_no_kernels_and_have_weights_where_they_are_linear(study_with_maps):
    study = Study.copied(study_with_maps, study_with_maps.folder.parent / "estimators")
    logistic = {"features": "roi", "estimator": "sklearn.linear_model.LogisticRegression"}
    forest = {"features": "voxels", "estimator": "sklearn.ensemble.RandomForestClassifier"}
    study.config["models"] = {"logistic": logistic, "forest": forest, "svc": {"features": "fs"}}
    batch = {"outer_folds": 2, "permutations": 256}
    counts = expected(
        3, roi_maps_features=3, voxels_features=3, table_features=3, atlas=1, mask=1, kernels=3,
        nested_cv=3, estimators=6, refit_kernels=1, refit=1, refit_estimator=2, freeze=2,
        score=3, freeze_without_arrays=1, region_weights=2, roi_weights_figure=2,
        map_figures=1, slice_viewer=1, baseline=1,
    )  # fmt: skip
    assert jobs(study.save(batch=batch), study.folder) == counts
    scheme = study.config["cross_validation"] | {"scheme": "stratified"}
    # Gram matrices of the refit alone are prepared.
    redrawn = counts | {"prepare": 1}
    config = study.save("redrawn.yaml", batch=batch, cross_validation=scheme)
    assert jobs(config, study.folder) == redrawn
    study.config["models"] = {"forest": forest}
    counts = expected(
        voxels_features=3, mask=1, estimators=1, refit_kernels=0, refit=0, freeze=0,
        score=1, refit_estimator=1, freeze_without_arrays=1, baseline=1,
        comparisons_figure=0, roi_sets=0,
    )  # fmt: skip
    assert jobs(study.save("forest.yaml"), study.folder) == counts


def test_a_mistaken_estimator_ends_in_one_line_before_any_job(study):
    study.config["models"]["fs_svc"] = {
        "features": "fs",
        "estimator": "sklearn.linear_model.LogisticRegression",
        "grid": {"l1_ratoi": [0, 1]},
    }
    done = snakemake("-n", "--configfile", study.save(), cwd=study.folder, check=False)
    assert done.returncode != 0
    profile, line = done.stderr.strip().splitlines()
    assert profile.startswith("Using workflow specific profile")
    assert line.startswith("config: models.fs_svc.grid.l1_ratoi: found the unknown parameter")


def test_scans_are_measured_before_cohorts_only_where_a_rule_may_exclude(study):
    table = "results/small/people/discovery.tsv"
    rules = [{"measure": "tiv", "below": 900}]
    for settings, measured in (({}, {}), ({"exclude": rules}, {"quality_control": 1})):
        config = study.save(quality_control=settings)
        done = snakemake(table, "-n", "-q", "reason", "--configfile", config, cwd=study.folder)
        assert job_counts(done) == {"cohorts": 1, **measured}


def test_a_stack_needs_no_fits_of_its_own(study):
    study.config["models"]["other"] = study.config["models"]["fs_svc"] | {"standardize": False}
    before = jobs(study.save(), study.folder)
    study.config["stacks"] = {"both": ["fs_svc", "other"]}
    assert jobs(study.save(), study.folder) == before | {
        "freeze_without_arrays": 1,
        "pack": before["pack"] + 1,
        "score": before["score"] + 1,
        "stack": 1,
        "performance": before["performance"] + 1,
    }


def test_clinical_and_concatenated_features(study):
    study.config["features"] |= {
        "clinic": {"kind": "clinical", "columns": ["age", "sex"]},
        "both": {"kind": "concatenated", "sets": ["fs", "clinic"]},
    }
    forest = "sklearn.ensemble.RandomForestClassifier"
    study.config["models"] |= {
        "fs_svc": study.config["models"]["fs_svc"] | {"confounds": []},
        "clinic": {"features": "clinic"},
        "both": {"features": "both", "estimator": forest},
        "svc": {"features": "both"},
    }
    study.config["permutation"]["scans"] = 25  # three jobs of the built-in classifier
    counts = expected(
        4, table_features=3, clinical_features=3, concatenated_features=3, kernels=3, nested_cv=3,
        estimators=1, refit_kernels=3, refit=3, refit_estimator=1, freeze=3, score=4,
        freeze_without_arrays=1, region_weights=3, permuted_scans=3, roi_weights_figure=1,
        baseline=1,
    )  # fmt: skip
    assert jobs(study.save(), study.folder) == counts


@pytest.mark.parametrize(("scheme", "opened"), [("label_blind", False), ("stratified", True)])
def test_fits_open_the_features_only_where_nothing_was_prepared_of_them(study, scheme, opened):
    scheme = study.config["cross_validation"] | {"scheme": scheme}
    config = study.save(cross_validation=scheme)
    target = "results/small/crossval/fs_svc/folds-0_labels-0.npz"
    graph = "--rulegraph", "mermaid-js"
    text = snakemake(target, *graph, "--configfile", config, cwd=study.folder).stdout
    names = dict(re.findall(r"^\s*(id\d+)\[(\w+)", text, re.M))
    arrows = {(names[a], names[b]) for a, b in re.findall(r"^\s*(id\d+) --> (id\d+)", text, re.M)}
    assert (("prepare", "cross_validate") in arrows) is not opened
    assert (("table_features", "cross_validate") in arrows) is opened
