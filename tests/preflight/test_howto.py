"""The tasks of docs/howto.md and the configuration of docs/own_data.md, checked as they stand.

Each is put into the made-up study that the pages speak of, goes through all checks of a start and
through a dry run.
"""

from __future__ import annotations

import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml
from small_study import snakemake

from mri_response.inputs.images import template_map
from mri_response.preflight.start import command

PEOPLE = [f"sub-{number:02}" for number in range(1, 25)]
SEXES = ["F", "F", "M", "M"] * 6
DOCS = Path(__file__).resolve().parents[2] / "docs"
# What the dry run says after the task and does not say before it, where it shows at all.
TASKS = {
    "Ask whether it is the drug": "(control): 24 people",
    "Ask whether the scan is better than what the clinic knows": "stack",
    "Use another classifier": "confound_control_fits",
    "Learn from several sites": "leave_one_site_out",
    "Remove a confound whose effect bends": None,
    "Leave out bad scans": "quality_control.exclude",
    "Predict a number in place of a class": "(external): 24 people\n",
    "Look at every voxel": "voxel_weights",
    "Analyse the scores without any scan": "outcome_effects",
    "Answer the reviewer's checklist": None,
}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


def tasks() -> dict[str, str]:
    """Sections of the page by their headings."""
    sections = re.split(r"(?m)^## ", (DOCS / "howto.md").read_text(encoding="utf-8"))[1:]
    return {name: body for name, _, body in (text.partition("\n") for text in sections)}


CHECK, DRY_RUN = blocks((DOCS / "howto.md").read_text(encoding="utf-8"), "sh")[0].splitlines()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the cohorts that the pages name, three sites in each."""
    folder = tmp_path_factory.mktemp("howto")
    rng = np.random.default_rng(11)
    template = template_map(5)
    base, affine = template.get_fdata(dtype=np.float32), template.affine
    for cohort in ("munich", "bonn", "zurich"):
        own = folder / "data" / cohort
        own.mkdir(parents=True)
        # Other people in each cohort.
        names = [person.replace("sub-", f"sub-{cohort[0].upper()}") for person in PEOPLE]
        people = {"participant_id": names, "age": range(20, 68, 2), "sex": SEXES}
        people |= {"site": [f"s{1 + i // 8}" for i in range(24)]}
        people |= {"tiv": rng.normal(1450, 100, 24).round(1)}
        pd.DataFrame(people).to_csv(own / "participants.tsv", sep="\t", index=False)
        rows = [
            (person, session, "MADRS", score)
            for i, person in enumerate(names)
            for session, score in (
                ("ses-baseline", 30 + i % 3),
                ("ses-24h", 10 + 15 * (i % 2) + i % 5),
            )
        ]
        columns = ["participant_id", "session_id", "scale", "score"]
        pd.DataFrame(rows, columns=columns).to_csv(own / "scores.tsv", sep="\t", index=False)
        maps = own / "derivatives" / "cat12" / "mri"
        maps.mkdir(parents=True)
        for person in names:
            values = base * (1 + 0.05 * rng.normal())
            nib.save(nib.Nifti1Image(values, affine), maps / f"mwp1{person}_T1w.nii.gz")
    return folder


def written(study: Path, changes: str) -> None:
    """Write my_study.yaml as the page tells: sections take the place of those of the same name."""
    new = yaml.safe_load(changes) or {}
    if "run" not in new:
        (text,) = blocks((DOCS / "own_data.md").read_text(encoding="utf-8"), "yaml")
        config = yaml.safe_load(text)
        cohorts = config["cohorts"] | new.pop("cohorts", {})
        new = config | new | {"cohorts": cohorts}
    (study / "my_study.yaml").write_text(yaml.safe_dump(new, sort_keys=False))


def dry_run(study: Path) -> str:
    done = snakemake(*DRY_RUN.split()[1:], cwd=study)
    return done.stdout + done.stderr


def test_the_page_has_these_ten_tasks_and_links():
    assert [*tasks()] == [*TASKS, "And also"]


@pytest.fixture(scope="module")
def before(study: Path) -> str:
    """What the dry run of the complete configuration says."""
    written(study, "")
    return dry_run(study)


def test_the_complete_configuration_runs(study, before, monkeypatch, capsys):
    monkeypatch.chdir(study)
    written(study, "")
    assert command(CHECK.split()[3:]) == 0, capsys.readouterr().err
    assert "results/my_study/report.html" in before


@pytest.mark.parametrize("task", TASKS)
def test_a_task_runs_as_written(task, study, before, monkeypatch, capsys):
    monkeypatch.chdir(study)
    (changes,) = blocks(tasks()[task], "yaml")
    written(study, changes)
    assert command(CHECK.split()[3:]) == 0, capsys.readouterr().err
    said = dry_run(study)
    if TASKS[task]:
        assert TASKS[task] in said
        assert TASKS[task] not in before
