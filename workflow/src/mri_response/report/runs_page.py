"""Runs beside each other on a page of their own: all of a folder, or some that are named."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from mri_response.config.queries import CONFOUNDS_ONLY
from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv
from mri_response.core.vocabulary import EXTERNAL_POOLED, Null
from mri_response.report.captions import TEMPLATES
from mri_response.report.documents import templates_of
from mri_response.report.glossary import glossary
from mri_response.report.naming import BASELINE_TITLES, METRIC_NAMES, lowered
from mri_response.report.numbers import (
    estimate_text,
    interval_text,
    number,
    p_phrase,
    signed,
    signed_interval,
)
from mri_response.report.sections.verdict import QUESTIONS

USAGE = """usage: python -m mri_response list-runs FOLDER
       python -m mri_response compare-runs RUN RUN [...] PAGE.html
list-runs writes FOLDER/index.html, a page of all runs in a folder, such as results;
compare-runs writes a page of the named folders of runs."""
ANSWERS = {
    "found": "yes",
    "found_but_small": "yes, but too little",
    "reverse": "no, the reverse",
    "not_found": "no",
    "cannot_tell": "can\u2019t tell",
    "not_above_chance": "can\u2019t tell",
    "not_asked": "not asked",
}


_PLANTED = ("simulation", "belief_found.tsv", "variability_found.tsv")
#: What differs from `QUESTIONS` and `ANSWERS` on the page of the run itself.
_SPEAKS_FOR_IT = "this speaks for it"
_THAN_CONFOUNDS = " (than confounds alone; no clinical measure was compared)"


@dataclass(frozen=True)
class Finished:
    """What a page of runs shows of one.

    Attributes
    ----------
    name, title, link : str
        Name of its folder, title of the study, and where its page is.
    simulated : bool
        Whether its data were made by a computer.
    verdict, performance, answers : DataFrame or None
        Tables of the same names, where the run has them.
    """

    name: str
    title: str
    link: str
    simulated: bool
    verdict: pd.DataFrame | None
    performance: pd.DataFrame | None
    answers: pd.DataFrame | None


def read_finished(folder: Path, page: Path) -> Finished:
    """Read what a page shows of a run.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    page : Path
        Where the page will be, for links.

    Returns
    -------
    Finished

    Raises
    ------
    InputError
        If the folder has no report.
    """
    if not (folder / "report.html").is_file():
        raise InputError(
            f"{folder}: found no report.html, expected the folder of a finished run; finish it"
        )
    described = folder / "dataset_description.json"
    about = json.loads(described.read_text(encoding="utf-8")) if described.is_file() else {}
    tables = {
        name: read_tsv(folder / f"{name}.tsv") if (folder / f"{name}.tsv").is_file() else None
        for name in ("verdict", "performance", "answers")
    }
    link = os.path.relpath(folder / "report.html", page.parent).replace(os.sep, "/")
    # What a simulation planted stands beside what was found, in every run of made-up data.
    simulated = any((folder / name).exists() for name in _PLANTED)
    return Finished(folder.name, about.get("Name", folder.name), link, simulated, **tables)


def runs_page(runs: Sequence[Finished], heading: str) -> str:
    """Render a page of runs.

    Parameters
    ----------
    runs : sequence of Finished
        In the order of the page.
    heading : str
        Its title.

    Returns
    -------
    str
        HTML that loads nothing.
    """
    told = [run for run in runs if run.verdict is not None and len(run.verdict)]
    further = [run for run in runs if run.answers is not None and len(run.answers)]
    asked = {
        question: words
        for question, words in QUESTIONS.items()
        if any(_is_asked(run.verdict, question) for run in told)
    }
    numbers = _numbers(runs)
    numbered = [run for run in runs if any(run.link in row["cells"] for row in numbers)]
    # Beside each other stands what more than one run has; of one run alone all is beside nothing.
    shared = [row for row in numbers if len(row["cells"]) > 1] if len(numbered) > 1 else numbers
    alone = {
        run.link: [row for row in numbers if row not in shared and run.link in row["cells"]]
        for run in numbered
    }
    environment = templates_of(TEMPLATES, autoescape=True)
    environment.filters["breakable"] = breakable
    return environment.get_template("runs.html.jinja").render(
        heading=heading,
        runs=runs,
        questions=asked,
        unasked=[words for question, words in QUESTIONS.items() if question not in asked],
        answers={run.link: _answers(run) for run in told},
        told=told,
        further={run.link: run.answers.to_dict("records") for run in further},
        words=ANSWERS,
        shared=shared,
        alone={link: rows for link, rows in alone.items() if rows},
        numbered=numbered,
        beside=[run for run in numbered if any(run.link in row["cells"] for row in shared)],
        meanings={term: glossary()[term] for term in ("Holm", "†")},
    )


def breakable(text: str) -> Markup:
    """Let a name that is longer than its column go on in the next line after an underscore.

    Parameters
    ----------
    text : str
        Plain text.

    Returns
    -------
    Markup
        HTML, whose text is the same.
    """
    return Markup("_<wbr>").join(text.split("_"))


def _is_asked(verdict: pd.DataFrame, question: str) -> bool:
    """Whether a run has an answer to a question of the verdict."""
    return bool(((verdict["question"] == question) & (verdict["answer"] != "not_asked")).any())


def _answers(run: Finished) -> Mapping[str, dict[str, str]]:
    """Answer and number of each question."""
    found = {}
    for _, row in run.verdict.iterrows():
        text = ""
        if not np.isnan(number(row["estimate"])):
            metric, difference = row["metric"], str(row["metric"]).endswith("_difference")
            base = metric.removesuffix("_difference")
            limits = signed_interval if difference else interval_text
            value = (
                signed(base, number(row["estimate"]))
                if difference
                else estimate_text(base, row["estimate"])
            )
            interval = limits(base, number(row["ci_low"]), number(row["ci_high"]))
            points = " points" if difference and base != "auc" else ""
            name = METRIC_NAMES[base]
            name = f"difference in {lowered(name)}" if difference else name
            text = f"{name} {value}{points} ({interval}), n = {number(row['n']):.0f}"
            if not np.isnan(number(row["p_holm"])):
                text += f", Holm {p_phrase(row['p_holm'], None)}"
        answer = ANSWERS[row["answer"]]
        if row["question"] == "is_it_the_drug" and row["answer"] == "found":
            answer = _SPEAKS_FOR_IT
        if row["against"] == CONFOUNDS_ONLY:
            answer += _THAN_CONFOUNDS
        found[row["question"]] = {"answer": answer, "number": text}
    return found


_TESTED = (Null.WHOLE_PROCEDURE, Null.GIVEN_CONFOUNDS, Null.OWN_LABELS)


def _numbers(runs: Sequence[Finished]) -> list[dict[str, Any]]:
    """Balanced accuracy and AUC of every model and cohort, a cell for each run."""
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for run in runs:
        if run.performance is None:
            continue
        table = run.performance
        shown = table[table["metric"].isin(["balanced_accuracy", "auc"])]
        shown = shown[shown["null"].isin([str(null) for null in _TESTED])]
        shown = shown[shown["ci_method"] != "naive_bootstrap"]
        shown = shown[shown["estimate"].map(number).notna()]  # too few people of a class
        for _, row in shown.drop_duplicates(["model", "cohort", "metric"]).iterrows():
            metric = row["metric"]
            text = estimate_text(metric, row["estimate"])
            if not np.isnan(number(row["ci_low"])):
                text += f" ({interval_text(metric, row['ci_low'], row['ci_high'])})"
            if not np.isnan(number(row["p_value"])):
                text += f", {p_phrase(row['p_value'], row['n_permutations'])}"
            together = row["cohort"] == EXTERNAL_POOLED
            cohort = "external cohorts together" if together else row["cohort"]
            model = lowered(BASELINE_TITLES.get(row["model"], row["model"]))
            key = (model, cohort, lowered(METRIC_NAMES[metric]))
            cells.setdefault(key, {})[run.link] = f"{text}, n = {number(row['n']):.0f}"
    return [
        {"model": model, "cohort": cohort, "metric": metric, "cells": found}
        for (model, cohort, metric), found in cells.items()
    ]


def command(arguments: Sequence[str]) -> int:
    """Write a page of runs.

    Parameters
    ----------
    arguments : sequence of str
        ``list-runs`` and a folder; or ``compare-runs``, two or more folders of runs and the page.

    Returns
    -------
    int
        0 where the page was written, 1 for a mistake, which is told in one line, 2 for other
        arguments.
    """
    kind, *given = arguments
    if len(given) != 1 if kind == "list-runs" else len(given) < 3 or "html" not in given[-1]:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        if kind == "list-runs":
            folder = Path(given[0])
            page, heading = folder / "index.html", "All runs"
            folders = sorted(path.parent for path in folder.glob("*/report.html"))
            if not folders:
                raise InputError(
                    f"{folder}: found no run with a report.html in it, expected some; name the "
                    "folder of the runs, such as results"
                )
        else:
            page, heading = Path(given[-1]), "Runs beside each other"
            folders = [Path(name) for name in given[:-1]]
        html = runs_page([read_finished(one, page) for one in folders], heading)
        with atomic_path(page) as temporary:
            temporary.write_text(html, encoding="utf-8")
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(page)
    return 0
