"""Figures of the page with their captions and descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, StrictUndefined

from mri_response.core.data import data_path
from mri_response.core.vocabulary import EXTERNAL_POOLED
from mri_response.report.embedding import picture
from mri_response.report.figures.plan import FigureSpec, figure_plan
from mri_response.report.glossary import glossary
from mri_response.report.inline_svg import Inline
from mri_response.report.lookup import people_counts
from mri_response.report.naming import counted
from mri_response.report.run import Run
from mri_response.report.sections.section import Section

# The texts of the page: its template, its style, its script.
TEMPLATES = data_path("report")


def caption(spec: FigureSpec, run: Run) -> str:
    """Return the caption of a figure in plain words, from its entry.

    Parameters
    ----------
    spec : FigureSpec
        The figure.
    run : Run
        The run.

    Returns
    -------
    str
        One paragraph, with the positive class as the page calls it.
    """
    config = dict(run.config)
    if run.names.positive is not None:
        config["outcome"] = {**config["outcome"], "positive_class": run.names.positive}
    environment = Environment(undefined=StrictUndefined)
    rendered = environment.from_string(spec.caption).render(
        snakemake=SimpleNamespace(config=config)
    )
    return " ".join(rendered.split())


def people_text(run: Run, model: str, external: str = "") -> str:
    """Return the number of people behind a figure of a model, cohort by cohort.

    Parameters
    ----------
    run : Run
        The run.
    model : str
        Name of a model.
    external : {"", "apart", "together"}
        How the figure shows several external cohorts, see `FigureKind`.

    Returns
    -------
    str
    """
    cohorts = run.cohorts_of(model)
    if external == "together":
        cohorts = run.names.together(cohorts)
    elif external == "apart":
        cohorts = [cohort for cohort in cohorts if cohort != EXTERNAL_POOLED]
    parts = [f"{run.names.titles[cohort]} {_size(run, model, cohort)}" for cohort in cohorts]
    return "People: " + "; ".join(parts) + "."


def fitted_text(run: Run, model: str) -> str:
    """Return to whom a model was fitted.

    Parameters
    ----------
    run : Run
        The run.
    model : str
        Name of a model.

    Returns
    -------
    str
    """
    title = run.names.titles[run.discovery]
    if run.names.positive is None:
        return f"Model fitted to {title}, {_size(run, model, run.discovery)}."
    n, n_positive = run.development()
    return f"Model fitted to {title}, n = {n} ({counted(n_positive, run.names.positive)})."


def _leaves_a_dagger(drawing: Inline) -> bool:
    """Whether a figure marks a p with a dagger and does not say itself what that means."""
    return "†" in drawing.letters[False] and "† the smallest p" not in drawing.markup


def _size(run: Run, model: str, cohort: str) -> str:
    """People of a cohort, and those of the positive class where there are classes."""
    if run.names.positive is None:
        table = run.tables["numbers_performance"]
        rows = table[(table["model"] == model) & (table["cohort"] == cohort)]
        return f"n = {rows['n'].iloc[0]}"
    n, n_positive = people_counts(run.performance, model, cohort)
    return f"n = {n} ({counted(n_positive, run.names.positive)})"


def placed_figures(run: Run, sections: Iterable[Section]) -> dict[str, list[dict[str, Any]]]:
    """Return every figure as the template shows it.

    Parameters
    ----------
    run : Run
        The run, with the files of its figures.
    sections : iterable of Section
        Sections of the page, which describe their figures.

    Returns
    -------
    dict of str to list of dict
        The figures of each section, by its id.

    Raises
    ------
    ValueError
        If a figure of the plan is missing or one is unknown.
    """
    by_id = {section.id: section for section in sections}
    plan = {spec.name: spec for spec in figure_plan(run.config)}
    unknown = set(run.figures) - set(plan)
    if unknown:
        raise ValueError(f"figures that the plan does not have: {sorted(unknown)}")
    placed: dict[str, list[dict[str, Any]]] = {}
    for i, (name, spec) in enumerate(plan.items()):
        if name not in run.figures:
            raise ValueError(f"figure {name} is missing")
        section = by_id[spec.section]
        text = caption(spec, run)
        if spec.model:
            shows_all = section.shows_people and not spec.of_discovery
            text += " " + (
                people_text(run, spec.model, spec.external)
                if shows_all
                else fitted_text(run, spec.model)
            )
        drawn = picture(run.figures[name], f"f{i}")
        if "drawing" in drawn and "†" not in text and _leaves_a_dagger(drawn["drawing"]):
            text = f"{text} † {glossary()['†']}"
        heading = f"{spec.heading}, model {spec.model}" if spec.model else spec.heading
        title = run.names.title(heading)
        placed.setdefault(section.id, []).append(
            {
                "name": name,
                "kind": spec.kind,
                "model": spec.model,
                "heading": title,
                "caption": text,
                "alt": f"{title}. {spec.alt or section.alt_text(spec, run)}",
                **drawn,
            }
        )
    return placed
