"""What runs again once a file of the user's, or a file that ships with the package, is edited.

Studies are finished by `snakemake --touch`: the rules are asked, and nothing is computed.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from belief_data import made_trials
from small_study import (
    ROOT,
    Study,
    block_labels,
    dry_runs,
    job_counts,
    snakemake,
    template,
)

from mri_response.config.schema import config_schema


def finish(folder: Path, project: Path) -> None:
    """Make every file of a run and the record of what it was made from, without any content."""
    options = ("--configfile", "study.yaml")
    listed = snakemake("-n", "--summary", *options, cwd=folder, snakefile=project / "Snakefile")
    for line in listed.stdout.splitlines()[1:]:
        path = folder / line.split("\t")[0]
        if path.name == "derivatives":
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("made up\n1\n")
    touch = ("--touch", "--forceall", "--cores", "1")
    snakemake(*touch, *options, cwd=folder, snakefile=project / "Snakefile")


def dry_run(folder: Path, project: Path, *targets: str) -> subprocess.CompletedProcess:
    options = (*targets, "-n", "-q", "host", "--configfile", "study.yaml")
    return snakemake(*options, cwd=folder, snakefile=project / "Snakefile")


def runs_again(done: subprocess.CompletedProcess) -> set[str]:
    """Rules that a dry run lists, without the one that asks for the whole run."""
    return set(job_counts(done)) - {"default"}


def updated(done: subprocess.CompletedProcess, message: str) -> set[str]:
    """Edited files that a dry run gives as the reason of a job, found by its message."""
    found = re.search(
        rf"^Job \d+: {message}.*\nReason: Updated input files: ([^;\n]*)", done.stdout, re.M
    )
    return set(found[1].split(", "))


@contextmanager
def edited(folder: Path, edits: Mapping[str, Callable[[bytes], bytes]]) -> Iterator[None]:
    """Give files another content for a while; afterwards they are as old as they were."""
    before = {name: ((folder / name).read_bytes(), (folder / name).stat()) for name in edits}
    for name, edit in edits.items():
        (folder / name).write_bytes(edit(before[name][0]))
        assert (folder / name).read_bytes() != before[name][0]
    try:
        yield
    finally:
        for name, (content, status) in before.items():
            (folder / name).write_bytes(content)
            os.utime(folder / name, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    def edit(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), 1)

    return edit


def changed_image(content: bytes) -> bytes:
    """Another value in the first voxel that has one."""
    image = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    values = np.asanyarray(image.dataobj).copy()
    first = tuple(np.argwhere(values > 0)[0])
    values[first] = values.max() if values[first] < values.max() else values.max() / 2
    return gzip.compress(nib.Nifti1Image(values, image.affine).to_bytes())


# ---------------------------------------------------------------- files of the user
@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A finished study with every kind of file that a configuration may name."""
    study = Study(tmp_path_factory.mktemp("reruns") / "study", maps=True)
    for name, people in study.people.items():
        final = people["group"].map({"patient": 10, "healthy": 25})
        visits = [("ses-1", 30), ("ses-2", final)]
        scores = [people[["participant_id"]].assign(session_id=v, MADRS=s) for v, s in visits]
        pd.concat(scores).to_csv(study.folder / name / "scores.tsv", sep="\t", index=False)
        study.config["cohorts"][name]["scores"] = f"{name}/scores.tsv"
    tiv = study.people["discovery"][["participant_id", "tiv"]]
    tiv.to_csv(study.folder / "discovery" / "tiv.tsv", sep="\t", index=False)
    study.config["cohorts"]["discovery"]["tiv"] = {"table": "discovery/tiv.tsv", "column": "tiv"}
    (study.folder / "external" / "reports").mkdir()
    for person, value in study.people["external"][["participant_id", "tiv"]].itertuples(
        index=False
    ):
        report = f"<S><subjectmeasures><vol_TIV>{value}</vol_TIV></subjectmeasures></S>\n"
        (study.folder / "external" / "reports" / f"cat_{person}.xml").write_text(report)
    pattern = "external/reports/cat_{participant_id}.xml"
    study.config["cohorts"]["external"]["tiv"] = {"cat12_report": pattern}
    mask = nib.Nifti1Image((block_labels() > 0).astype("uint8"), template().affine)
    nib.save(mask, study.folder / "mask.nii.gz")
    study.config["features"]["voxels"]["mask"] = "mask.nii.gz"
    study.config["outcome"] = {
        **{"kind": "response", "scale": "MADRS", "baseline": "ses-1", "endpoint": "ses-2"},
        **{"fall_percent": 50, "positive_class": "responder"},
    }
    (study.folder / "answers.yaml").write_text("{}\n")
    study.config["reporting"] = {"tripod": "answers.yaml"}
    study.config["models"]["roi_svc"] = {"features": "roi"}
    study.config["models"]["voxel_svc"] = {"features": "voxels"}
    study.save()
    finish(study.folder, ROOT)
    return study


RUN = "results/small"
# Who is analysed, the scans and the features, of which everything else is made.
STATIONS = (
    *(f"{RUN}/{name}" for name in ("exclusions.tsv", "qc.tsv", "features/fs/external.tsv")),
    *(f"{RUN}/features/{name}" for name in ("roi/discovery.tsv", "voxels/discovery.npy")),
)
#: Files that decide who can be analysed, and how they are edited.
PEOPLE = {
    "discovery/participants.tsv": replaced("\tA\t", "\tB\t"),
    "control/scores.tsv": replaced("\t25", "\t24"),
    "discovery/tiv.tsv": replaced("\t1", "\t 1"),
    "external/reports/cat_sub-QE003.xml": replaced("</S>\n", "</S>\n\n"),
    "external/regions.tsv": replaced("\t1.", "\t0."),
    "discovery/maps/mwp1sub-QD004.nii.gz": changed_image,
}
ATLAS = {"atlas.nii.gz": changed_image, "atlas.tsv": replaced("l_back_d", "l_back")}
MASK = {"mask.nii.gz": changed_image}


TABLES = {name for name in PEOPLE if name.endswith(".tsv")}


def changed_contents(done: subprocess.CompletedProcess, message: str) -> int:
    """Tables that say something else, as the reason of a job counts them, found by its message."""
    reason = re.search(rf"^Job \d+: {message}.*\nReason: (.*)", done.stdout, re.M)[1]
    before, now = (re.findall(r"'([0-9a-f]{64})'", part) for part in reason.split(" now: "))
    assert len(before) == len(now)
    return sum(old != new for old, new in zip(before, now, strict=True))


def test_edited_tables_and_scans_run_everything_again(study):
    with edited(study.folder, PEOPLE):
        done = dry_run(study.folder, ROOT, *STATIONS)
    with edited(study.folder, {name: PEOPLE[name] for name in TABLES}):
        of_tables = dry_run(study.folder, ROOT, *STATIONS)
    for job in ("Cohorts", "Quality of the scans"):
        assert updated(done, job) == set(PEOPLE) - TABLES
        assert changed_contents(of_tables, job) == len(TABLES)
    # What else reads them follows, since the cohorts may have other people.
    features = {"table_features", "atlas", "roi_maps_features", "mask", "voxels_features"}
    assert runs_again(done) == {"cohorts", "quality_control"} | features


def test_blank_lines_and_line_ends_of_tables_run_nothing_again(study):
    edits = dict.fromkeys(TABLES, lambda content: content.replace(b"\n", b"\r\n") + b"\n\t\t\n")
    with edited(study.folder, edits):
        # The record has the hash of the very bytes.
        again = runs_again(dry_run(study.folder, ROOT))
    assert again - END_OF_RUN == {"inputs"}


@pytest.fixture(scope="module")
def without_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished study of scores and beliefs, whose table of people has codes of sex."""
    study = Study(tmp_path_factory.mktemp("reruns") / "study")
    people = study.people["discovery"]
    people["sex"] = people["sex"].map({"F": 2, "M": 1})
    study.write("discovery")
    levels = study.folder / "discovery" / "participants.json"
    levels.write_text('{"sex": {"Levels": {"1": "male", "2": "female"}}}')
    ids = people[["participant_id"]]
    more = np.arange(len(ids)) % 7
    scores = [ids.assign(session_id=f"ses-{i}", MADRS=30 - 9 * i + more * i) for i in (1, 2)]
    pd.concat(scores).to_csv(study.folder / "discovery" / "scores.tsv", sep="\t", index=False)
    trials = made_trials(30, 0.5, 0.1, 5.0, 1, ("ses-1", "ses-2"))
    trials["participant_id"] = ids["participant_id"].to_numpy()[
        pd.factorize(trials["participant_id"])[0]
    ]
    trials = trials.assign(E2=trials["E2"].clip(3, 77).round())
    trials.to_csv(study.folder / "discovery" / "trials.tsv", sep="\t", index=False)
    cohort = study.config["cohorts"]["discovery"]
    cohort |= {key: f"discovery/{key}.tsv" for key in ("scores", "trials")}
    for section in ("models", "features", "outcome", "cross_validation", "permutation"):
        del study.config[section]
    study.save(
        cohorts={"discovery": cohort},
        sessions=["ses-1", "ses-2"],
        belief={"baseline": "ses-1", "sessions": ["ses-2"], "min_trials": 2},
        clinical_outcomes={"baseline": "ses-1", "visits": ["ses-2"], "scales": {"MADRS": {}}},
    )
    finish(study.folder, ROOT)
    return study.folder


OF_SCORES_AND_BELIEFS = {
    "scores.tsv": (replaced("\t12", "\t11"), "outcome_scores", {"belief_trials"}),
    "trials.tsv": (replaced("\t3.0\n", "\t4.0\n"), "belief_trials", {"outcome_scores", "cohorts"}),
    "participants.json": (replaced("male", "FEMALE"), "cohorts", set()),
}


def test_tables_of_scores_and_beliefs_run_again_by_their_content(without_models):
    tables = dict.fromkeys(
        (f"discovery/{name}.tsv" for name in ("participants", "scores", "trials")),
        lambda content: content.replace(b"\n", b"\r\n") + b"\n\t\t\n",
    )
    with edited(without_models, tables):
        again = runs_again(dry_run(without_models, ROOT))
    assert again - END_OF_RUN == {"inputs"}
    for name, (edit, rule, others) in OF_SCORES_AND_BELIEFS.items():
        with edited(without_models, {f"discovery/{name}": edit}):
            again = runs_again(dry_run(without_models, ROOT))
        assert rule in again, name
        assert not again & others, name


def test_an_edited_atlas_or_mask_runs_again_what_lays_it_on_scans(study):
    with edited(study.folder, ATLAS | MASK):
        done = dry_run(study.folder, ROOT, *STATIONS)
    assert updated(done, "Quality of the scans") == updated(done, "Atlas of roi") == set(ATLAS)
    assert updated(done, "Mask of voxels") == set(MASK)
    rules = {"quality_control", "atlas", "roi_maps_features", "mask", "voxels_features"}
    assert runs_again(done) == rules


def test_edited_answers_run_again_the_documents_and_what_shows_them(study):
    with edited(study.folder, {"answers.yaml": replaced("{}", "{} ")}):
        done = dry_run(study.folder, ROOT)
    assert runs_again(done) == {"reporting", "report_page", "provenance"}


# ---------------------------------------------------------------- files of the package
@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A copy of the project whose demo is finished in a folder beside it."""
    folder = tmp_path_factory.mktemp("demo")
    project = folder / "project"
    names = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "workflow", project / "workflow", ignore=names)
    for name in ("Snakefile", "envs", "profiles"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project / name)
    (folder / "demo").mkdir()
    shutil.copy(ROOT / "config" / "config.yaml", folder / "demo" / "study.yaml")
    finish(folder / "demo", project)
    return folder / "demo", project


END = {"report_page", "provenance"}
BRAIN_FIGURES = {"roi_weights_figure", "map_figures", "slice_viewer", "region_sets_figure"}
BRAIN_FIGURES |= {"planted_vs_found_figure"}
#: Files of the package's data: how they are edited, and what of the demo runs again.
SHIPPED = {
    "of another atlas": (
        {
            "atlases/aal.tsv": replaced("Precentral", "Precentrum"),
            "region_sets/aal.yaml": replaced("regions", "regions "),
        },
        set(),
    ),
    "region sets": (
        {"region_sets/neuromorphometrics.yaml": replaced("\n", "\n\n")},
        {"region_weights", "voxel_weights", "planted_regions", "tables", "reporting"}
        | BRAIN_FIGURES
        | END,
    ),
    "documents": ({"documents/probast.yaml": replaced("\n", "\n\n")}, {"reporting"} | END),
}


@pytest.mark.parametrize("what", SHIPPED)
def test_edited_data_of_the_package_run_again_what_reads_them(demo, what):
    folder, project = demo
    edits, rules = SHIPPED[what]
    with edited(project / "workflow" / "src" / "mri_response" / "data", edits):
        assert runs_again(dry_run(folder, project)) == rules


DEMO = "results/demo"
STUDY = "resources/simulated_trial"
# Rules are asked for apart from those before them: the simulated maps are made with the atlas too,
# so that everything runs again. Files by the rules that make them, and which of these run.
LISTS = [
    (
        {
            "atlas": f"{DEMO}/features/roi/regions.tsv",
            "quality_control": f"{DEMO}/qc.tsv",
            "voxel_weights": f"{DEMO}/weights/sets/voxel_svc.tsv",
            "region_weights": f"{DEMO}/weights/roi_svc.tsv",
            "mask": f"{DEMO}/features/voxels/mask.nii.gz",
            "cohorts": f"{DEMO}/flow.tsv",
        },
        {"atlas", "quality_control", "voxel_weights"},
    ),
    (
        {
            "simulate_cohort": f"{STUDY}/saline/participants.tsv",
            "planted": f"{DEMO}/simulation/planted.tsv",
        },
        {"simulate_cohort", "planted"},
    ),
]


@pytest.mark.parametrize(("files", "rules"), LISTS, ids=["analysis", "simulation"])
def test_an_edited_list_of_regions_runs_again_what_lays_the_atlas_on_scans(demo, files, rules):
    folder, project = demo
    lists = project / "workflow" / "src" / "mri_response" / "data" / "atlases"
    with edited(lists, {"neuromorphometrics.tsv": replaced("\tfrontal", "\tother")}):
        done = dry_run(folder, project, *files.values(), "--allowed-rules", *files)
    assert runs_again(done) == rules


# ---------------------------------------------------------------- keys of the configuration
END_OF_RUN = {"reporting", "report_page", "provenance", "dataset_description", "verdict", "leakage"}
END_OF_RUN |= {"pack"}
FIGURES = {"learning_curve_figure", "performance_figures", "quality_figure", "region_sets_figure"}
FIGURES |= {"comparisons_figure", "flow_figure", "roi_weights_figure", "map_figures"}
PEOPLE_RULES = {"cohorts", "quality_control"}
FEATURE_RULES = {"table_features", "atlas", "roi_maps_features", "mask", "voxels_features"}
FEATURE_RULES |= {"separating_features"}
FITS = {"prepare", "cross_validate", "decisions", "learning_curve_parts"}
WEIGHTS = {"region_weights", "voxel_weights", "slice_viewer"}
# What looks at finished predictions by columns of people.
LOOKED = {"described_people", "characteristics", "input_warnings", "subgroups", "specificity"}
LOOKED |= {"tables", "performance_figures"}
EVALUATION = LOOKED | {"comparisons", "learning_curve", "performance", "precision", "usefulness"}
FROZEN = {"freeze", "score"}
NO_PEOPLE = {*FITS, *WEIGHTS, *EVALUATION, *FROZEN, *FIGURES, *END_OF_RUN, "baseline", "splits"}
EVERYTHING = NO_PEOPLE | PEOPLE_RULES | FEATURE_RULES | {"inputs"}
#: Another value of every key, given the study's; and all rules that may run again for it.
KEYS = {
    "title": ("Elsewhere", FIGURES | END_OF_RUN),
    "licence": ("CC-BY-4.0", END_OF_RUN),
    "seed": (4, NO_PEOPLE),
    "sessions": (["ses-1", "ses-2"], {"input_warnings"} | END_OF_RUN),
    "cohorts": ({"external": {"title": "Elsewhere"}}, FIGURES | END_OF_RUN),
    "outcome": ({"fall_percent": 40}, EVERYTHING),
    "features": ({"roi": {"statistic": "mean"}}, EVERYTHING),
    "region_sets": (
        {"roi": {"own": {"left": ["l_*"]}}},
        {*WEIGHTS, *FIGURES, *END_OF_RUN, "tables"} - {"voxel_weights"},
    ),
    "confounds": ({"missing": "impute"}, EVERYTHING),
    "models": (
        {"again": {"features": "roi"}, "bare": {"features": "fs"}},
        NO_PEOPLE - {"splits", "voxel_weights"},
    ),
    "primary_model": (
        "roi_svc",
        {"comparisons", "comparisons_figure", "learning_curve", "learning_curve_figure"}
        | {"learning_curve_parts", "tables"}
        | END_OF_RUN,
    ),
    "stacks": (
        {"both": ["roi_svc", "fs_svc"]},
        {"stack", "freeze_without_arrays", "score", "performance", "precision", "comparisons"}
        | {"tables", *FIGURES, *END_OF_RUN},
    ),
    "comparisons": (
        [["roi_svc", "fs_svc"]],
        {"comparisons", "comparisons_figure"} | END_OF_RUN,
    ),
    "cross_validation": ({"inner_folds": 4}, NO_PEOPLE),
    "permutation": ({"n": 30}, NO_PEOPLE - {"splits"}),
    "external": ({"model": "ensemble"}, {*EVALUATION, *FROZEN, *FIGURES, *END_OF_RUN, "decisions"}),
    "specificity": ({"within": "site"}, LOOKED | END_OF_RUN),
    "quality_control": (
        {"outlier_z": 5},
        {"quality_control", "quality_figure", "input_warnings", "inputs"} | END_OF_RUN,
    ),
    "subgroups": ({"columns": ["family"], "age_bands": [50]}, LOOKED | END_OF_RUN),
    "sites": (
        {"column": "site", "transport": True},
        {"site_predictability", "site_performance"}
        | {"transport_fits", "transport", *LOOKED, *END_OF_RUN},
    ),
    "stability": (
        {"resamples": 3, "seeds": 2},
        {"stability_fits", "stability", "instability_figure", *LOOKED, *END_OF_RUN},
    ),
    "learning_curve": (
        {"repeats": 2},
        {"learning_curve", "learning_curve_parts", "learning_curve_figure", "tables"} | END_OF_RUN,
    ),
    "min_class_size": (4, NO_PEOPLE),
    "operating_points": (["youden"], {*EVALUATION, *FROZEN, *FIGURES, *END_OF_RUN}),
    "prevalence": (0.2, {"usefulness", "performance_figures", "tables"} | END_OF_RUN),
    "verdict": ({"useful_performance": 0.7}, END_OF_RUN),
    "batch": ({"outer_folds": 2}, {*FITS, *WEIGHTS, *EVALUATION, *FIGURES, *END_OF_RUN}),
    "report": ({"participant_level": True}, {"quality_figure"} | END_OF_RUN),
    "reporting": ({"tripod": {"3a": "Depression is common."}}, END_OF_RUN),
}
#: Keys of runs that are no such study, and the name, which is that of the folder.
OTHER_RUNS = {"run", "simulation", "belief", "clinical_outcomes", "effects", "variability", "apply"}


def merged(old: object, new: object) -> object:
    """A value of the configuration with parts of another one in it."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return old | {key: merged(old.get(key), value) for key, value in new.items()}


def test_a_changed_key_runs_again_what_reads_it(study):
    """Titles are read by texts, limits of flags by the quality control, models by their jobs."""
    assert set(KEYS) | OTHER_RUNS == set(config_schema()["properties"])
    changed = {
        study.save(f"{key}.yaml", **{key: merged(study.config.get(key), value)}).name: rules
        for key, (value, rules) in KEYS.items()
    }
    again = {
        name: set(found) - {"default"} for name, found in dry_runs(changed, study.folder).items()
    }
    more = {name: rules - changed[name] for name, rules in again.items() if rules - changed[name]}
    assert not more
    assert all("provenance" in rules for rules in again.values())
    assert "quality_control" in again["quality_control.yaml"]
