"""What is said of one kind of figure: what it shows, from what, and when there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Config = Mapping[str, Any]
When = Callable[[Config, str | None], bool]


_IF = '{% if snakemake.config.get("simulation")'
_THEN = " %}Simulated data. {% endif %}"
#: How the caption of a figure begins whose data a simulation may have made: of a trial, of trials
#: of the belief-updating task, of changes of brains, any of these.
_OR_BELIEF, _OR_VARIABILITY = (
    f' or (snakemake.config.get("{module}") or {{}}).get("simulation")'
    for module in ("belief", "variability")
)
SIMULATED = _IF + _THEN
SIMULATED_BELIEF, SIMULATED_VARIABILITY = _IF + _OR_BELIEF + _THEN, _IF + _OR_VARIABILITY + _THEN
SIMULATED_ANY = _IF + _OR_BELIEF + _OR_VARIABILITY + _THEN


def _always(config: Config, model: str | None) -> bool:
    return True


@dataclass(frozen=True)
class FigureKind:
    """What one figure shows, from what, and when there is one.

    Attributes
    ----------
    name : str
        Its module in `mri_response.report.figures`, and its file ``figures/<name>.svg``, with
        ``_<model>`` behind it where each model has one.
    section : str
        Anchor of the section of the page that it stands in.
    heading : str
        Its heading on the page.
    inputs : tuple of str
        What it is drawn from: tables of the run by their names, or what ``FIGURE_FILES`` of
        ``rules/job_inputs.smk`` lists. ``draw`` has a parameter for each that it needs.
    model_inputs : tuple of str
        Tables of the run of which it needs the part of its model alone.
    settings : tuple of str
        Sections of the configuration that it reads beside those of `NAMING`; with any, ``draw`` has
        a parameter ``config``.
    per_model : bool
        Whether each model has one, or the run.
    when : callable
        Whether it exists, from the configuration and a model; for figures of the run the primary
        one, None where the run has no models.
    together : str
        Name of the job that draws it; figures of the same name are drawn by one, since starting
        takes longer than drawing. Those of a run are of the same models. By default
        ``<name>_figure``.
    light : bool
        Whether the job is short enough for the machine on which the workflow was started.
    beside : tuple of str
        Modules of further pictures of the job. They may name people: they are in the folder ``qc``
        and not on the page.
    of_discovery : bool
        Whether it shows the people of the discovery cohort alone.
    external : {"", "apart", "together"}
        Whether it shows several external cohorts apart, together, or (empty) in both ways.
    module : str
        The module of a run (`mri_response.config.modules`) that has the figure.
    also : str
        A further module that has it.
    caption : str
        Its caption on the page and in the report of Snakemake: one paragraph, a Jinja template in
        which ``snakemake.config`` is the configuration. Line breaks and indentation do not count.
    alt : str
        Its description for readers who do not see it; empty where the function ``alt_text`` of its
        section describes it with the numbers of the run.
    """

    name: str
    section: str
    heading: str
    inputs: tuple[str, ...] = ()
    model_inputs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    per_model: bool = True
    when: When = _always
    together: str = ""
    light: bool = True
    beside: tuple[str, ...] = ()
    of_discovery: bool = False
    external: Literal["", "apart", "together"] = ""
    module: str = "prediction"
    also: str = ""
    caption: str = ""
    alt: str = ""

    @property
    def job(self) -> str:
        """Name of the job that draws it."""
        return self.together or f"{self.name}_figure"

    @property
    def plain_caption(self) -> str:
        """Its caption without line breaks and indentation, still a template."""
        return " ".join(self.caption.split())

    @property
    def category(self) -> str:
        """Category in the report of Snakemake."""
        return _CATEGORIES.get(self.section, self.section.capitalize())


#: Categories in the report of Snakemake, where they are not named as the section of the page.
_CATEGORIES = {
    "belief": "Belief updating",
    "variability": "Variability",
    "quality": "Cohorts",
    "comparisons": "Result",
    "subgroups": "Result",
    "specificity": "Control",
}
