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
from small_study import ROOT, Study, block_labels, job_counts, snakemake, template


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
        rf"^Job \d+: {message}.*\nReason: Updated input files: (.*)", done.stdout, re.M
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


def test_edited_tables_and_scans_run_everything_again(study):
    with edited(study.folder, PEOPLE):
        done = dry_run(study.folder, ROOT, *STATIONS)
    assert updated(done, "Cohorts") == updated(done, "Quality of the scans") == set(PEOPLE)
    # What else reads them follows, since the cohorts may have other people.
    features = {"table_features", "atlas", "roi_features", "mask", "voxel_features"}
    assert runs_again(done) == {"cohorts", "quality_control"} | features


def test_an_edited_atlas_or_mask_runs_again_what_lays_it_on_scans(study):
    with edited(study.folder, ATLAS | MASK):
        done = dry_run(study.folder, ROOT, *STATIONS)
    assert updated(done, "Quality of the scans") == updated(done, "Atlas of roi") == set(ATLAS)
    assert updated(done, "Mask of voxels") == set(MASK)
    rules = {"quality_control", "atlas", "roi_features", "mask", "voxel_features"}
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
BRAIN_FIGURES = {"roi_weights_figure", "weight_map_figure", "slice_viewer", "region_sets_figure"}
BRAIN_FIGURES |= {"planted_map_figure", "planted_vs_found_figure"}
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
def test_words_and_limits_of_flags_leave_people_and_features_as_they_are(study):
    """A cohort's title is read by texts, the limit of flags by the quality control alone."""
    title = {"external": {**study.config["cohorts"]["external"], "title": "Elsewhere"}}
    model = {"roi_again": {**study.config["models"]["roi_svc"], "C": {"log2_min": -4}}}
    changes = {
        "cohorts": (study.config["cohorts"] | title, set()),
        "models": (study.config["models"] | model, set()),
        "quality_control": ({"outlier_z": 5}, {"quality_control"}),
    }
    try:
        for key, (value, rules) in changes.items():
            study.save(**{key: value})
            targets = (*STATIONS, f"{RUN}/splits.tsv")
            assert runs_again(dry_run(study.folder, ROOT, *targets)) == rules, key
    finally:
        study.save()
