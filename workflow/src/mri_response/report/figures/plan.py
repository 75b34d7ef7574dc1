"""The figures of a run: each is one entry here, one module beside and one caption.

The figure ``x`` is drawn by the function ``draw`` of the module ``report/figures/x.py``; its
caption is ``data/report/x.rst``. Every job reads the rules, and the rules read this module: it
imports nothing that takes time, and names what draws without importing it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mri_response.config.atlases import has_region_sets
from mri_response.config.feature_kinds import FeatureKind, feature_kind
from mri_response.config.learner_kinds import is_linear
from mri_response.config.modules import asked_modules
from mri_response.config.queries import (
    compared_pairs,
    curve_models,
    ordered_models,
)
from mri_response.core.vocabulary import Role
from mri_response.report.figures.belief_plan import BELIEF_FIGURES
from mri_response.report.figures.kind import Config, FigureKind, When
from mri_response.report.figures.number_plan import NUMBER_FIGURES
from mri_response.report.figures.outcome_plan import OUTCOME_FIGURES
from mri_response.report.figures.variability_plan import VARIABILITY_FIGURES

#: Sections of the configuration that every figure reads, for the words that it writes.
NAMING = ("run", "title", "simulation", "cohorts", "outcome")


def _in_both_arms(config: Config, model: str | None) -> bool:
    roles = {cohort["role"] for cohort in config["cohorts"].values()}
    return {Role.EXTERNAL, Role.CONTROL} <= roles


def _with_region_sets(config: Config, model: str) -> bool:
    spec = config["models"][model]
    return is_linear(spec) and has_region_sets(config, spec["features"])


def _weights_of(is_wanted: Callable[[FeatureKind], bool], simulated: bool = False) -> When:
    """Whether a model has weights, with features of the wanted kinds, perhaps if simulated."""

    def there(config: Config, model: str) -> bool:
        spec = config["models"][model]
        kind = feature_kind(config["features"][spec["features"]])
        wanted = bool(config.get("simulation")) or not simulated
        return wanted and is_linear(spec) and is_wanted(kind)

    return there


_PERFORMANCE = "performance_figures"
_USEFULNESS = "usefulness_figures"
# Models, their stacks and what they are compared with, in the figure of all of them.
_COMPARED = ("models", "stacks", "features", "primary_model", "comparisons")

#: Every figure, in the order of the page.
FIGURES = (
    FigureKind(
        "flow",
        "cohorts",
        "Flow of participants",
        ("flow",),
        settings=("belief",),
        per_model=False,
        module="cohorts",
    ),
    FigureKind(
        "applied_performance",
        "applied",
        "Performance in each cohort",
        ("applied_performance",),
        per_model=False,
        when=lambda config, _: config["apply"]["outcome"] is not None,
        module="apply",
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
    ),
    FigureKind(
        "comparisons",
        "comparisons",
        "Models beside each other",
        ("comparisons", "performance"),
        settings=_COMPARED,
        per_model=False,
        when=lambda config, _: bool(compared_pairs(config)),
    ),
    FigureKind(
        "roc",
        "result",
        "ROC curves",
        ("predictions", "performance"),
        settings=("seed",),
        together=_PERFORMANCE,
    ),
    FigureKind(
        "null_distribution",
        "result",
        "What chance gives",
        ("null", "performance"),
        together=_PERFORMANCE,
    ),
    FigureKind(
        "decision_scores",
        "result",
        "Decision values",
        ("predictions",),
        together=_PERFORMANCE,
    ),
    FigureKind(
        "probabilities",
        "result",
        "Probabilities",
        ("predictions",),
        together=_PERFORMANCE,
    ),
    FigureKind(
        "confusion",
        "result",
        "Confusion matrices",
        ("performance",),
        together=_PERFORMANCE,
    ),
    FigureKind(
        "calibration",
        "usefulness",
        "Are the probabilities right?",
        model_inputs=("calibration", "predictions"),
        together=_USEFULNESS,
    ),
    FigureKind(
        "decision_curve",
        "usefulness",
        "Would acting on the answers help?",
        model_inputs=("decision_curve",),
        together=_USEFULNESS,
    ),
    FigureKind("subgroups", "subgroups", "Subgroups", ("subgroups", "performance")),
    FigureKind(
        "site_forest",
        "sites",
        "Sites",
        ("site_performance", "site_spread"),
        when=lambda config, _: config["sites"]["column"] is not None,
    ),
    FigureKind(
        "transport",
        "sites",
        "Learned here, scored there",
        ("transport",),
        when=lambda config, _: config["sites"]["transport"],
    ),
    FigureKind(
        "specificity",
        "specificity",
        "With and without the treatment",
        ("specificity",),
        when=_in_both_arms,
    ),
    FigureKind(
        "learning_curve",
        "sample",
        "Performance by number of people",
        ("learning_curve",),
        when=lambda config, model: model in curve_models(config),
    ),
    FigureKind(
        "region_sets",
        "brain",
        "Sets of regions",
        ("roi_sets",),
        when=_with_region_sets,
        also="numbers",
    ),
    FigureKind(
        "roi_weights",
        "brain",
        "Regions",
        ("weights",),
        when=_weights_of(lambda kind: kind.has_regions),
        also="numbers",
    ),
    FigureKind(
        "weight_map",
        "brain",
        "Weights on the brain",
        ("weights_on_brain",),
        when=_weights_of(lambda kind: kind.has_image),
        light=False,
        also="numbers",
    ),
    FigureKind(
        "planted_vs_found",
        "simulation",
        "Planted beside found, by region",
        ("planted", "weights"),
        when=_weights_of(lambda kind: kind.has_atlas, simulated=True),
    ),
    FigureKind(
        "planted_map",
        "simulation",
        "Planted beside found, on the brain",
        ("planted_image", "weights_on_brain"),
        when=_weights_of(lambda kind: kind.has_image, simulated=True),
        light=False,
    ),
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
    models: dict[str, list[str]] = {}
    for figure in figure_plan(config):
        models.setdefault(_entry(figure.kind).job, []).append(figure.model or "")
    return [
        FigureJob(
            name,
            kinds=tuple(kind for kind in FIGURES if kind.job == name),
            models=tuple(model for model in dict.fromkeys(of) if model),
        )
        for name, of in models.items()
    ]
