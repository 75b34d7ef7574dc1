"""The figures of a run: each is one entry, with its caption, and one module beside.

The figure ``x`` is drawn by the function ``draw`` of the module ``report/figures/x.py``. Every job
reads the rules, and the rules read the entries: they import nothing that takes time, and name what
draws without importing it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mri_response.config.modules import asked_modules
from mri_response.config.queries import ordered_models
from mri_response.report.figures.belief_plan import BELIEF_FIGURES
from mri_response.report.figures.brain_plan import BRAIN_FIGURES
from mri_response.report.figures.kind import SIMULATED, SIMULATED_ANY, Config, FigureKind
from mri_response.report.figures.number_plan import NUMBER_FIGURES
from mri_response.report.figures.outcome_plan import OUTCOME_FIGURES
from mri_response.report.figures.prediction_plan import PREDICTION_FIGURES
from mri_response.report.figures.variability_plan import VARIABILITY_FIGURES

#: Sections of the configuration that every figure reads, for the words that it writes.
NAMING = ("run", "title", "simulation", "cohorts", "outcome")

#: Every figure, in the order of the page.
FIGURES = (
    FigureKind(
        "flow",
        "cohorts",
        "Flow of participants",
        ("flow",),
        settings=("belief", "variability"),
        per_model=False,
        module="cohorts",
        caption=SIMULATED_ANY
        + """Flow of participants in each cohort: how many rows the participants table has, how
        many match a row filter that leaves some out, how many were left out and for which
        reason, and how many were analysed{% if "positive_class" in
        (snakemake.config.get("outcome") or {}) %} in each class{% endif %}.""",
    ),
    FigureKind(
        "applied_performance",
        "applied",
        "Performance in each cohort",
        ("applied_performance",),
        per_model=False,
        when=lambda config, _: config["apply"]["outcome"] is not None,
        module="apply",
        caption=SIMULATED
        + """The model of the folder in the people of every cohort who have a label, with 95 %
        intervals over people (balanced accuracy: Wilson limits of both classes combined; AUC:
        DeLong; correlation and R2: influence of each person). Nothing was fitted, centred or
        given another threshold here. The dashed line is where nothing is predicted. External
        cohorts together compare people within their own cohort. n counts people with a label.""",
    ),
    *OUTCOME_FIGURES,
    *BELIEF_FIGURES,
    *VARIABILITY_FIGURES,
    *NUMBER_FIGURES,
    FigureKind(
        "quality",
        "quality",
        "Scans among those of their cohort",
        ("qc", "maps"),
        settings=("report",),
        per_model=False,
        beside=("people", "scans"),
        caption=SIMULATED
        + """Scans among those of their cohort, one point a scan: what lies far from the others
        (line: median) is worth looking at. The text above says when a scan is flagged. The
        outcome was not looked at.""",
    ),
    *PREDICTION_FIGURES,
    *BRAIN_FIGURES,
)


@dataclass(frozen=True)
class FigureSpec:
    """One figure of a run.

    Attributes
    ----------
    name : str
        File name without suffix: ``figures/<name>.png`` and ``figures/<name>.svg``.
    kind : str
        Name of its entry in `FIGURES`.
    model : str or None
        The model; None for figures of the whole run.
    """

    name: str
    kind: str
    model: str | None = None

    @property
    def section(self) -> str:
        """Section of the page."""
        return _entry(self.kind).section

    @property
    def heading(self) -> str:
        """Heading of the figure on the page."""
        return _entry(self.kind).heading

    @property
    def caption(self) -> str:
        """Caption of the figure, a Jinja template."""
        return _entry(self.kind).caption

    @property
    def of_discovery(self) -> bool:
        """Whether it shows the people of the discovery cohort alone."""
        return _entry(self.kind).of_discovery

    @property
    def external(self) -> str:
        """Whether it shows external cohorts apart, together, or (empty) in both ways."""
        return _entry(self.kind).external

    @property
    def alt(self) -> str:
        """Description for readers who do not see it, empty where its section gives one."""
        return _entry(self.kind).alt


def _entry(name: str) -> FigureKind:
    return next(kind for kind in FIGURES if kind.name == name)


def figure_plan(config: Config) -> list[FigureSpec]:
    """Return the figures of a run, in the order of the page.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.

    Returns
    -------
    list of FigureSpec
        Figures of the run, then those of each model, the primary one first, of the modules that
        the configuration asks for. Maps on the brain exist
        where the features have an image (voxels, regions of an atlas) and the model is linear;
        those of the planted effect in a simulation alone.
    """
    asked = asked_modules(config)
    kinds = [kind for kind in FIGURES if {kind.module, kind.also} & {*asked}]
    plan = [
        FigureSpec(kind.name, kind.name)
        for kind in kinds
        if not kind.per_model and kind.when(config, config["primary_model"])
    ]
    return plan + [
        FigureSpec(f"{kind.name}_{model}", kind.name, model)
        for model in ordered_models(config)
        for kind in kinds
        if kind.per_model and kind.when(config, model)
    ]


@dataclass(frozen=True)
class FigureJob:
    """Figures that one job draws, for the run or for each of some models.

    Attributes
    ----------
    name : str
        Name of the rule.
    kinds : tuple of FigureKind
        What it draws.
    models : tuple of str
        Models that have these figures; none for figures of the run.
    """

    name: str
    kinds: tuple[FigureKind, ...]
    models: tuple[str, ...]

    @property
    def light(self) -> bool:
        """Whether it runs on the machine on which the workflow was started."""
        return all(kind.light for kind in self.kinds)

    @property
    def pictures(self) -> list[str]:
        """Names of the modules that draw, of the figures of the page and of those beside it."""
        return [name for kind in self.kinds for name in (kind.name, *kind.beside)]

    def union(self, attribute: str) -> list[str]:
        """What the entries say in one attribute, each once.

        Parameters
        ----------
        attribute : str
            ``inputs``, ``model_inputs``, ``settings`` or ``beside``.
        """
        return list(dict.fromkeys(one for kind in self.kinds for one in getattr(kind, attribute)))

    @property
    def words(self) -> str:
        """What it draws, for its message and the page of rules."""
        return "; ".join(kind.heading for kind in self.kinds)


def figure_jobs(config: Config) -> list[FigureJob]:
    """Return the jobs that draw the figures of a run, in the order of the page.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.

    Returns
    -------
    list of FigureJob
        Jobs without a figure are left out.
    """
    plan = figure_plan(config)
    there = {figure.kind for figure in plan}
    models: dict[str, list[str]] = {}
    for figure in plan:
        models.setdefault(_entry(figure.kind).job, []).append(figure.model or "")
    return [
        FigureJob(
            name,
            kinds=tuple(kind for kind in FIGURES if kind.job == name and kind.name in there),
            models=tuple(model for model in dict.fromkeys(of) if model),
        )
        for name, of in models.items()
    ]
