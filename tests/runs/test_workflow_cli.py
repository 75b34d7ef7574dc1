"""The `snakemake` command as users type it: ways to start, what runs again, mistakes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from small_study import ROOT, Study, block_labels, job_counts, snakemake, template

from mri_response.report.printing import BROWSERS

PREAMBLE = "Using workflow specific profile"
PROJECT_FILES = ("Snakefile", "config", "envs", "profiles", "workflow")


def copy_project(folder: Path) -> Path:
    """The files of the project that a run needs."""
    folder.mkdir()
    for name in PROJECT_FILES:
        if (ROOT / name).is_dir() and not (ROOT / name).is_symlink():
            leave_out = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
        else:
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    return folder


# ---------------------------------------------------------------- ways to start
@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the project and, beside it, a study whose run has ended."""
    folder = tmp_path_factory.mktemp("finished")
    project = copy_project(folder / "project")
    study = Study(folder / "study")
    study.save()
    (folder / "elsewhere").mkdir()
    # From another folder: -s says where the project is and -d where the study is.
    done = snakemake(
        *("-d", study.folder, "--configfile", study.folder / "study.yaml", "--cores", "2"),
        cwd=folder / "elsewhere",
        snakefile=project / "Snakefile",
    )
    assert "56 of 56 steps (100%) done" in done.stdout + done.stderr
    assert not any((folder / "elsewhere").iterdir())
    return folder


def test_a_run_writes_below_results_and_nowhere_else(finished):
    found = {path.name for path in (finished / "study").iterdir()}
    before = {"discovery", "external", "control", "atlas.tsv", "study.yaml"}
    assert found == before | {"results", ".snakemake"}
    assert [path.name for path in (finished / "study" / "results").iterdir()] == ["small"]
    project = finished / "project"
    assert {path.name for path in project.iterdir()} == set(PROJECT_FILES)
    inside = (path.relative_to(project) for path in project.rglob("*") if path.is_file())
    assert not [path for path in inside if not (ROOT / path).exists()]
    study = finished / "study"
    kernels = study / "results" / "small" / "kernels"
    assert not [path for path in kernels.rglob("*") if path.is_file()]


def test_the_start_says_who_is_analysed(finished):
    done = again(finished / "project", finished / "study")
    assert "cohort discovery (discovery): 30 people, 15 patient, 15 healthy" in done.stderr
    assert "warning: permutation.n: with 20 permutations no p can be below 0.048" in done.stderr


def test_plain_snakemake_in_the_project_is_the_demo(tmp_path):
    project = copy_project(tmp_path / "project")
    done = snakemake("-n", cwd=project, snakefile=None)
    counts = job_counts(done)
    assert counts["default"] == counts["report_page"] == 1
    assert counts["simulate_cohort"] == 4
    assert "Report: results/demo/report.html" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("study"), maps=True)


def test_a_configuration_replaces_the_demos(study, tmp_path):
    """Also from the project's own folder, where config/config.yaml lies."""
    project = copy_project(tmp_path / "project")
    mine = study.copied(project / "mine")
    for name, cohort in mine.config["cohorts"].items():
        cohort["participants"] = f"mine/{name}/participants.tsv"
        cohort["sources"] = {"fs": f"mine/{name}/regions.tsv"}
    mine.save()
    on_top = ("--config", "run=other", "permutation={n: 300}", "batch={permutations: 256}")
    done = snakemake(
        *("-n", "--configfile", "mine/study.yaml", *on_top), cwd=project, snakefile=None
    )
    counts = job_counts(done)
    assert "simulate_cohort" not in counts
    assert counts["table_features"] == 3
    # --config goes on top, also below the top level: two jobs of permutations in place of one,
    # in the cross-validation as in the refit.
    assert counts["cross_validate"] == 4
    assert "Report: results/other/report.html" in done.stdout + done.stderr


def test_the_slurm_profile(finished):
    done = again(
        *(finished / "project", finished / "study", "--forceall", "--workflow-profile", "slurm")
    )
    assert f"profile {finished}/project/profiles/slurm" in done.stdout + done.stderr
    assert sum(job_counts(done).values()) == 56


def test_jobs_of_a_cluster_ask_for_memory_and_time(moved):
    """A stand-in for the cluster's command writes down what is asked for and runs the job."""
    project, study = moved
    submit = study / "submit.sh"
    submit.write_text('echo "$1 $2 $3" >> asked\nsh "$4" > /dev/null 2>&1\necho 1\n')
    target = "results/small/crossval/fs_svc/folds-0_labels-0.npz"
    (study / target).unlink()
    snakemake(
        *("--configfile", "study.yaml", "--jobs", "1", "--executor", "cluster-generic"),
        "--cluster-generic-submit-cmd",
        "sh submit.sh {rule} {resources.mem_mb} {resources.runtime}",
        *("--seconds-between-status-checks", "1", target),
        cwd=study,
        snakefile=project / "Snakefile",
    )
    assert (study / target).is_file()
    # By the size of the job more than the floors of 1,000 MB and 30 minutes; there are so many more
    # people than features that no Gram matrix is made, which is 15 minutes and nothing more.
    assert (study / "asked").read_text().splitlines() == [
        "prepare 1001 15",
        "cross_validate 1001 31",
    ]


@pytest.mark.parametrize("prefix", ["", "trial"])
def test_as_a_module_of_another_workflow(study, tmp_path, prefix):
    mine = study.copied(tmp_path / "study")
    mine.save()
    (mine.folder / "Snakefile").write_text(
        f"""
import yaml

module response:
    snakefile: "{ROOT}/workflow/Snakefile"
    config: yaml.safe_load(open("study.yaml"))
    {f'prefix: "{prefix}"' if prefix else ""}

use rule * from response as response_*

rule mine:
    default_target: True
    input: rules.response_all.input
    output: "mine.txt"
    shell: "touch {{output}}"
"""
    )
    done = snakemake("-n", cwd=mine.folder, snakefile=None)
    counts = job_counts(done)
    assert counts["response_cohorts"] == counts["response_report_page"] == counts["mine"] == 1
    report = "/".join(filter(None, [prefix, "results/small/report.html"]))
    assert f"Report: {report}" in done.stdout + done.stderr
    if prefix:
        target = "trial/results/small/crossval/fs_svc/folds-0_labels-0.npz"
        snakemake("--cores", "2", target, cwd=mine.folder, snakefile=None)
        assert (mine.folder / target).is_file()
        assert not (mine.folder / "results").exists()


# ---------------------------------------------------------------- what runs again
def again(project: Path, study: Path, *arguments: str):
    """What would run, in a study that was analysed."""
    options = (*arguments, "-n", "--configfile", "study.yaml")
    return snakemake(*options, cwd=study, snakefile=project / "Snakefile")


@pytest.fixture
def moved(finished: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Project and study in other folders."""
    folder = tmp_path / "elsewhere"
    shutil.copytree(finished, folder, symlinks=True)
    return folder / "project", folder / "study"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_moved_folder_comments_and_docstrings_run_nothing_again(moved):
    project, study = moved
    package = project / "workflow" / "src" / "mri_response"
    edit(package / "learning/learners/svc/solver/svm.py", '"""', '"""Other words. ')
    edit(
        package / "learning/learners/svc/solver/svm.py",
        "import numpy as np\n",
        "import numpy as np  # for arrays\n",
    )
    for path in (project / "workflow" / "rules").glob("*.smk"):
        path.write_text(f"# A comment.\n{path.read_text()}")
    (study / "study.yaml").write_text(f"# A comment.\n{(study / 'study.yaml').read_text()}")
    assert job_counts(again(project, study)) == {}


@pytest.mark.skipif(
    not any(map(shutil.which, BROWSERS)), reason="no browser: chromium is not installed"
)
def test_the_page_is_printed_where_it_is_asked_for(moved):
    project, study = moved
    assert not (study / "results" / "small" / "report.pdf").exists()
    assert job_counts(again(project, study, "pdf")) == {"pdf": 1}
    options = ("pdf", "--cores", "1", "--configfile", "study.yaml")
    snakemake(*options, cwd=study, snakefile=project / "Snakefile")
    pdf = (study / "results" / "small" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 5
    assert job_counts(again(project, study, "pdf")) == {}
    # The run itself is as complete as before.
    assert job_counts(again(project, study)) == {}


END = {"report_page", "provenance", "default"}
FIGURES = {
    "comparisons_figure",
    "flow_figure",
    "learning_curve_figure",
    "performance_figures",
    "quality_figure",
    "roi_weights_figure",
}
ENGINE = {
    *("prepare", "cross_validate", "decisions", "freeze", "pack", "score"),
    *("performance", "baseline", "comparisons", "specificity", "subgroups", "usefulness"),
    *("learning_curve", "learning_curve_parts", "precision", "region_weights"),
    *("tables", "reporting", "verdict", "leakage"),
    *(FIGURES - {"flow_figure", "quality_figure"}),
}
CHANGES: dict[str, tuple[str, str, str, set[str]]] = {
    "classifier": (
        "workflow/src/mri_response/learning/learners/svc/nested.py",
        "signs = 2.0 * labels - 1.0",
        "signs = 2 * labels - 1.0",
        ENGINE | END,
    ),
    # Only the Gram matrices read confounds, and their files are temporary.
    "confounds": (
        "workflow/src/mri_response/learning/preparation/confounds.py",
        "return np.hstack(parts)",
        "return np.concatenate(parts, axis=1)",
        # The check that people fill the folds, and the warnings, use the coding of confounds.
        ENGINE | {"splits", "input_warnings"} | END,
    ),
    "figures": (
        "workflow/src/mri_response/report/figures/style.py",
        "figure.draw_without_rendering()",
        "figure.canvas.draw()",
        FIGURES | END,
    ),
    "one figure": (
        "workflow/src/mri_response/report/figures/flow.py",
        "top = 8.0",
        "top = 9.0",
        {"flow_figure"} | END,
    ),
    "entries of figures": (
        "workflow/src/mri_response/report/figures/plan.py",
        '"Flow of participants"',
        '"Who took part"',
        END,
    ),
    "page": (
        "workflow/src/mri_response/report/page.py",
        "simulated=run.names.simulated",
        "simulated=bool(run.names.simulated)",
        END,
    ),
    "caption": (
        "workflow/src/mri_response/report/figures/plan.py",
        "Flow of participants in each cohort:",
        "Participants of each cohort:",
        END,
    ),
    "style of the page": ("workflow/src/mri_response/data/report/page.css", "{", " {", END),
    "title": (
        "../study/study.yaml",
        "run: small\n",
        "run: small\ntitle: Other\n",
        FIGURES | {"reporting", "dataset_description", "pack"} | END,
    ),
    "scale": (
        "../study/study.yaml",
        "log2_max: 0",
        "log2_max: 2",
        # People, features and folds are those of before; confounds alone have no grid of C.
        (ENGINE - {"baseline"}) | {"characteristics", "input_warnings"} | END,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_runs_again_what_depends_on_it(moved, what):
    project, study = moved
    name, old, new, rules = CHANGES[what]
    edit(project / name, old, new)
    assert set(job_counts(again(project, study))) == rules


# ---------------------------------------------------------------- mistakes
def people(cohort: str, column: str, value: object, rows: object = 4) -> Callable[[Study], None]:
    def spoil(study: Study) -> None:
        table = study.people[cohort].astype(object)
        table.loc[rows, column] = value
        study.people[cohort] = table
        study.write(cohort)

    return spoil


def setting(*keys: str, value: object) -> Callable[[Study], None]:
    def spoil(study: Study) -> None:
        section = study.config
        for key in keys[:-1]:
            section = section[key]
        section[keys[-1]] = value

    return spoil


def removed(*parts: str) -> Callable[[Study], None]:
    return lambda study: study.folder.joinpath(*parts).unlink()


def without_age(study: Study) -> None:
    study.people["discovery"] = study.people["discovery"].drop(columns="age")
    study.write("discovery")


def same_person(study: Study) -> None:
    study.config["features"] = {"roi": study.config["features"]["roi"]}
    people("external", "participant_id", "sub-QD003")(study)
    study.map("external", "sub-QD003", template().get_fdata())


def region_table(study: Study) -> None:
    study.model("fs_svc", "fs")
    edit(study.folder / "discovery" / "regions.tsv", "sub-QD001\t", "sub-QD001\tn.d.")


def truncated(study: Study) -> None:
    path = study.folder / "discovery" / "maps" / "mwp1sub-QD007.nii.gz"
    path.write_bytes(path.read_bytes()[:5000])


def bad_map(values: Callable[[np.ndarray], np.ndarray], affine: object = None):
    def spoil(study: Study) -> None:
        study.map("external", "sub-QE002", values(template().get_fdata()), affine)

    return spoil


def turned() -> np.ndarray:
    affine = template().affine.copy()
    affine[0] *= -1
    return affine


def atlas_elsewhere(study: Study) -> None:
    affine = template().affine.copy()
    affine[0, 3] += 500
    nib.save(nib.Nifti1Image(block_labels(), affine), study.folder / "atlas.nii.gz")


MAP = "external/maps/mwp1sub-QE002.nii.gz: found "
# Kind of mistake: how to make it, how the line begins, what else it must say.
MISTAKES: dict[str, tuple[Callable[[Study], None], str, str]] = {
    "unknown key": (
        setting("colour", value="red"),
        "config: colour: found the unknown key 'colour', expected one of the keys",
        "remove it",
    ),
    "misspelt key": (
        setting("cohorts", "discovery", "particpants", value="x.tsv"),
        "config: cohorts.discovery.particpants: found the unknown key 'particpants', expected",
        "did you mean 'participants'?",
    ),
    "wrong type": (
        setting("cross_validation", "repeats", value="ten"),
        "config: cross_validation.repeats: found 'ten', expected a whole number",
        "",
    ),
    "out of range": (
        setting("permutation", "n", value=0),
        "config: permutation.n: found 0, expected a whole number at least 1",
        "",
    ),
    "missing table": (
        removed("external", "participants.tsv"),
        "external/participants.tsv: file not found, expected a table",
        "correct the path in the config",
    ),
    "missing atlas": (
        removed("atlas.nii.gz"),
        "atlas.nii.gz: file not found, expected a NIfTI image",
        "correct the path in the config",
    ),
    "missing images": (
        setting("cohorts", "control", "sources", "gm", value="control/{participant_id}.nii"),
        "config: cohorts.control.sources.gm: found no image for any of 16 rows, expected",
        "control/sub-QC000.nii",
    ),
    "duplicate id": (
        people("discovery", "participant_id", "sub-QD001"),
        "discovery/participants.tsv: line 6: found participant_id 'sub-QD001'",
        "expected",
    ),
    "missing column": (
        without_age,
        "discovery/participants.tsv: found no column 'age', expected it among",
        "",
    ),
    "unreadable number": (
        people("discovery", "age", "3o"),
        "discovery/participants.tsv: line 6: column age: found '3o', expected a number",
        "",
    ),
    "unreadable number in a table of regions": (
        region_table,
        "discovery/regions.tsv: line 3: column l_back_d: found 'n.d.",
        "expected a number",
    ),
    "unknown sex code": (
        people("discovery", "sex", "1"),
        "discovery/participants.tsv: line 6: column sex: found '1', expected F or M",
        "",
    ),
    "person in two cohorts": (
        same_person,
        "external/participants.tsv: found participant_id 'sub-QD003' in cohort external and in",
        "cohort discovery",
    ),
    "one class only": (
        people("discovery", "group", "patient", slice(None)),
        "discovery/participants.tsv: found nobody of the class 'healthy' among 30 analysed people",
        "expected both classes",
    ),
    "fewer people than folds": (
        setting("cross_validation", "outer_folds", value=31),
        "discovery/participants.tsv: found 30 people, expected at least as many as",
        "cross_validation.outer_folds, which is 31",
    ),
    "truncated image": (
        truncated,
        "discovery/maps/mwp1sub-QD007.nii.gz: ",
        "expected",
    ),
    "4-D image": (bad_map(lambda values: np.stack([values, values], 3)), MAP, "4-D"),
    "empty image": (bad_map(np.zeros_like), f"{MAP}an empty image", "expected"),
    "all NaN": (bad_map(lambda values: values * np.nan), f"{MAP}no number in any voxel", "NaN"),
    "other grid": (bad_map(lambda values: values[:-1]), f"{MAP}another grid", "expected"),
    "other orientation": (bad_map(lambda values: values, turned()), MAP, "orientation"),
    "outside the atlas": (
        bad_map(lambda values: np.where(block_labels() > 0, 0, 0.5)),
        f"{MAP}grey matter in 0 % of the voxels of the atlas",
        "expected at least",
    ),
    "atlas outside the maps": (
        atlas_elsewhere,
        "atlas atlas.nii.gz: found no voxel",
        "on the grid",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_told_in_one_line_before_the_first_job(study, tmp_path, what):
    spoil, start, more = MISTAKES[what]
    mine = study.copied(tmp_path / "study")
    mine.model("roi_svc", "roi")
    spoil(mine)
    done = snakemake(*("--cores", "1", "--configfile", mine.save()), cwd=mine.folder, check=False)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith(PREAMBLE)]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(start)
    assert more in lines[0]
    assert done.stdout == ""
    assert not (mine.folder / "results").exists()
