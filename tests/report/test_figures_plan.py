"""Every figure is one entry, and what belongs to an entry is there."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from made_up_run import made_up_run

import mri_response
from mri_response.report.figures.by_name import drawn, read_inputs
from mri_response.report.figures.caption_files import keep_captions
from mri_response.report.figures.kind import (
    SIMULATED,
    SIMULATED_ANY,
    SIMULATED_BELIEF,
    SIMULATED_VARIABILITY,
)
from mri_response.report.figures.plan import FIGURES, figure_jobs, figure_plan
from mri_response.report.sections.registry import SECTIONS

RULES = Path(mri_response.__file__).parents[2] / "rules"
PICTURES = {name: kind for kind in FIGURES for name in (kind.name, *kind.beside)}
# Parameters of drawing functions that are no files.
WORDS = {"names", "model", "config", "inputs"}


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_an_entry_has_a_caption_and_a_section(kind) -> None:
    assert len(kind.plain_caption) > 150
    assert kind.caption.startswith(
        (SIMULATED, SIMULATED_BELIEF, SIMULATED_VARIABILITY, SIMULATED_ANY)
    )
    sections = {section.id: section for section in SECTIONS}
    assert kind.heading
    # Either the entry describes the figure to readers who do not see it, or its section does.
    assert kind.alt or sections[kind.section].alt_text


@pytest.mark.parametrize("module", ["belief", "variability"])
def test_jobs_of_figures_know_whose_data_are_simulated(module) -> None:
    """Else the title of a figure does not say so, as its caption does."""
    told = {SIMULATED_ANY, {"belief": SIMULATED_BELIEF}.get(module, SIMULATED_VARIABILITY)}
    jobs = {kind.job for kind in FIGURES if kind.caption.startswith(tuple(told))}
    known = {kind.job for kind in FIGURES if module in kind.settings}
    assert "flow_figure" in jobs
    assert jobs <= known


def test_a_figure_is_its_module_and_its_entry_alone() -> None:
    """Nothing else of the workflow needs the name of a figure that says all of itself."""
    said = [kind for kind in FIGURES if kind.alt]
    assert said
    for kind in said:
        named = re.compile(rf"figures[./]{kind.name}\b")
        files = [*RULES.parent.rglob("*.smk"), *RULES.parent.rglob("*.py")]
        assert not [path for path in files if named.search(path.read_text(encoding="utf-8"))]


def test_snakemake_finds_every_caption_in_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "captions"
    keep_captions(folder)
    assert {path.stem for path in folder.iterdir()} == {kind.name for kind in FIGURES}
    first = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    (folder / "roc.rst").write_text("of an earlier version")
    keep_captions(folder)
    changed = [path for path in folder.iterdir() if path.stat().st_mtime_ns != first[path]]
    assert changed == [folder / "roc.rst"]
    assert "ROC curves. Each point is one threshold" in changed[0].read_text()


@pytest.mark.parametrize("name", PICTURES)
def test_a_drawing_function_asks_for_what_its_entry_names(name) -> None:
    kind = PICTURES[name]
    parameters = inspect.signature(import_module(f"mri_response.report.figures.{name}").draw)
    needed = {key for key, one in parameters.parameters.items() if one.default is one.empty}
    files = {*kind.inputs, *kind.model_inputs}
    assert needed - WORDS <= files
    assert "names" in needed
    assert ("model" in needed) == kind.per_model
    assert "config" not in needed or kind.settings or name in kind.beside
    if name == kind.name and not kind.beside:
        assert files - {"weights_on_brain"} <= needed
        assert ("inputs" in needed) == ("weights_on_brain" in files)


def test_an_input_of_an_entry_is_a_file_of_the_run() -> None:
    paths = (RULES / "job_inputs.smk").read_text(encoding="utf-8")
    listed = set(re.findall(r'^    "(\w+)": ', paths.split("FIGURE_FILES = {")[1], re.M))
    tables = {"flow", "qc", "comparisons", "performance", "specificity", "learning_curve"}
    tables |= {"roi_sets", "applied_performance", "instability"}
    beliefs = ("agents", "reliability", "rates", "people", "mediation", "sensitivity", "models")
    tables |= {f"belief_{name}" for name in (*beliefs, "model_recovery", "predictions", "found")}
    outcomes = ("model", "scores", "change", "between", "pairs", "incidence", "patterns")
    tables |= {f"outcome_{name}" for name in (*outcomes, "tipping_point")}
    numbers = ("performance", "groups", "null", "curve", "predictions")
    tables |= {f"numbers_{name}" for name in numbers}
    changes = ("components", "loadings", "regions", "similarity", "genes", "gene_nulls")
    tables |= {f"variability_{name}" for name in (*changes, "gene_ranks")}
    named = {name for kind in FIGURES for name in kind.inputs}
    assert named == listed | tables


def test_names_are_used_once_and_jobs_hold_every_figure() -> None:
    names = [kind.name for kind in FIGURES]
    assert len(set(PICTURES)) == len(names) + sum(len(kind.beside) for kind in FIGURES)
    config = made_up_run().config
    figures = {
        f"{kind.name}_{model}" if model else kind.name
        for job in figure_jobs(config)
        for kind in job.kinds
        for model in job.models or [""]
    }
    assert figures == {figure.name for figure in figure_plan(config)}


def test_the_entries_are_read_without_what_takes_time() -> None:
    code = "import mri_response.report.figures.plan, sys; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    folder = str(Path(mri_response.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": folder}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    loaded = done.stdout.split()
    assert "mri_response.config.queries" in loaded
    assert not {"matplotlib", "nibabel", "nilearn", "scipy"} & set(loaded)


def test_lists_of_files_are_left_to_what_draws(tmp_path: Path) -> None:
    (tmp_path / "flow.tsv").write_text("step\tn\nanalysed\t3\n", encoding="utf-8")
    read = read_inputs({"flow": str(tmp_path / "flow.tsv"), "maps": ["a.nii", "b.nii"]})
    assert list(read) == ["flow"]
    assert read["flow"]["n"].tolist() == ["3"]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="performance"):
        drawn("confusion", {"model": "m", "names": None})
