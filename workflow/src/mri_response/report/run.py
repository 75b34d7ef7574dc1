"""Everything that the page and the documents for the reviewer are made from, read once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.config.modules import asked_modules
from mri_response.config.queries import discovery_name, ordered_models
from mri_response.core.provenance import config_hash, versions
from mri_response.core.tables import read_tsv
from mri_response.report.lookup import people_counts
from mri_response.report.naming import Naming, naming
from mri_response.report.numbers import as_numbers, number

# Columns that hold numbers, in whatever table they are.
_NUMBERS = (
    "estimate",
    "ci_low",
    "ci_high",
    "p_value",
    "p_holm",
    "power",
    "net_benefit",
    "threshold",
    "advantage",
    "advantage_low",
    "band_low",
    "difference",
    "difference_low",
    "difference_high",
    "p_fdr",
    "haufe",
    "n_regions",
    "n_for_margin",
    "n",
    "n_positive",
    "useful",
    "null_value",
    "level",
    "prevalence",
    "true_positive",
    "false_negative",
    "true_negative",
    "false_positive",
    *("n_sites", "chance", "null_mean"),
    *("tau_squared", "i_squared", "i_squared_low", "i_squared_high"),
    *("prediction_low", "prediction_high"),
)


@dataclass(frozen=True)
class Run:
    """What a run left behind, as the page and the documents for the reviewer read it.

    Attributes
    ----------
    config : mapping
        The configuration, validated, defaults filled in.
    performance, flow : DataFrame, optional
        The tables of the same names, where a module of the run has them.
    exclusions, predictions : DataFrame, optional
        The tables of the same names, which have rows of single people. They are shown only where
        the configuration has ``report: participant_level: true``.
    tables : mapping of str to DataFrame
        Further tables of the run by name without suffix, for sections, facts and downloads; any
        may be absent.
    summaries : mapping of str to DataFrame
        Tables by name without suffix that are shown in parts and not offered for download:
        ``null_summary``, ``qc_summary``, ``inputs_summary`` and, of a simulation, ``found``; any
        may be absent.
    weights : mapping of str to DataFrame
        Model to ``weights/<model>.tsv``, for the models that have one.
    planted : DataFrame, optional
        ``simulation/planted.tsv``.
    frozen : mapping of str to mapping
        Model to the content of ``models/<model>.json``.
    applied : mapping, optional
        Text of the folder of the model that the run applies.
    n_features : mapping of str to int
        Feature set to the number of its features.
    figures : mapping of str to path
        Name of a figure (`mri_response.report.figures.plan.figure_plan`) to its file, SVG or PNG.
    viewers : mapping of str to str
        Model to its slice viewer, a page of HTML.
    planted_viewer : str, optional
        Slice viewer of what was planted.
    warnings : sequence of str
        What the run warned of, a sentence each.
    versions : mapping of str to str
        Software and its version.
    config_hash : str
        Hash of the configuration.
    """

    config: Mapping[str, Any]
    performance: pd.DataFrame | None = None
    flow: pd.DataFrame | None = None
    exclusions: pd.DataFrame | None = None
    predictions: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    summaries: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    weights: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    planted: pd.DataFrame | None = None
    frozen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    applied: Mapping[str, Any] | None = None
    n_features: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Path | str] = field(default_factory=dict)
    viewers: Mapping[str, str] = field(default_factory=dict)
    planted_viewer: str | None = None
    warnings: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    config_hash: str = ""

    @cached_property
    def names(self) -> Naming:
        """Names of cohorts and classes."""
        return naming(self.config)

    @property
    def title(self) -> str:
        """Title of the run, its name where the configuration gives none."""
        return self.config.get("title") or self.config["run"]

    @property
    def asked(self) -> list[str]:
        """The modules that the configuration asks for (`mri_response.config.modules`)."""
        return asked_modules(self.config)

    @property
    def model(self) -> str | None:
        """The primary model, None where the run has no models."""
        return self.config["primary_model"]

    @property
    def models(self) -> list[str]:
        """All models, the primary one first."""
        return ordered_models(self.config)

    @property
    def discovery(self) -> str:
        """The discovery cohort."""
        return discovery_name(self.config)

    @property
    def others(self) -> list[str]:
        """The cohorts that the frozen model scored."""
        return [name for name in self.config["cohorts"] if name != self.discovery]

    @property
    def cohorts(self) -> list[str]:
        """Cohorts of the primary model in the performance table, pooled ones included."""
        return self.cohorts_of(self.model)

    @property
    def participant_level(self) -> bool:
        """Whether rows of single people may be shown."""
        return self.config["report"]["participant_level"]

    def cohorts_of(self, model: str) -> list[str]:
        """Cohorts of a model in the performance table, in the order of the page.

        Parameters
        ----------
        model : str
            Name of a model, stack or baseline.

        Returns
        -------
        list of str
            External cohorts taken together included.
        """
        table = self.performance
        if table is None:
            table = self.tables["numbers_performance"]
        return self.names.ordered(table.loc[table["model"] == model, "cohort"])

    def counts(self, cohort: str) -> tuple[int, int]:
        """People of a cohort whom the primary model predicted.

        Parameters
        ----------
        cohort : str
            Name of a cohort in the performance table.

        Returns
        -------
        n, n_positive : int
            All of them, and those in the positive class.
        """
        return people_counts(self.performance, self.model, cohort)

    def development(self) -> tuple[int, int]:
        """People of the discovery cohort, who make the models that are frozen.

        Returns
        -------
        n, n_positive : int
            All of them, and those in the positive class. Where some were held out, performance is
            of these alone, and the counts are the rows of ``flow.tsv``.
        """
        if self.config["cross_validation"]["outer"] != "held_out":
            return self.counts(self.discovery)
        own = self.flow[self.flow["cohort"] == self.discovery].set_index("step")["n"]
        return int(number(own["analysed"])), int(number(own["analysed, positive"]))

    def numeric(self, name: str) -> pd.DataFrame | None:
        """A further table with its numbers as numbers.

        Parameters
        ----------
        name : str
            Name of the table without suffix.

        Returns
        -------
        DataFrame or None
            None where the run has no such table.
        """
        table = self.tables.get(name)
        if table is None:
            return None
        return as_numbers(table, (name for name in _NUMBERS if name in table))


def read_run(given: Any, config: Mapping[str, Any]) -> Run:
    """Read what a rule of the report was given.

    Parameters
    ----------
    given : snakemake.io.InputFiles or mapping
        Paths by name, as `page_files` of ``rules/lists.smk`` gathers them from the modules of the
        run: lists of ``tables``, ``summaries``, ``weights``, ``frozen`` models, ``features``,
        ``figures`` and ``viewers``, whose names are those of the files; of ``warnings``, tables
        with a column of this name; and of at most one ``planted_viewer``. What is not given is
        empty in the run.
    config : mapping
        The configuration, validated, defaults filled in.

    Returns
    -------
    Run
    """
    tables = _by_stem(given, "tables", read_tsv)
    own = ("performance", "flow", "exclusions", "predictions", "planted")
    return Run(
        config=config,
        **{name: tables.pop(name) for name in own if name in tables},
        tables=tables,
        summaries=_by_stem(given, "summaries", read_tsv),
        weights=_by_stem(given, "weights", read_tsv),
        frozen=_by_stem(given, "frozen", _json),
        applied=next(iter(_by_stem(given, "applied", _json).values()), None),
        n_features=_feature_counts(given.get("features") or ()),
        figures=_by_stem(given, "figures", str),
        viewers={
            name.removeprefix("viewer_"): html
            for name, html in _by_stem(given, "viewers", _text).items()
        },
        planted_viewer=next(iter(_by_stem(given, "planted_viewer", _text).values()), None),
        warnings=[
            text
            for table in _by_stem(given, "warnings", read_tsv).values()
            for text in table["warning"]
        ],
        versions=versions(),
        config_hash=config_hash(config),
    )


def _by_stem(given: Any, name: str, read: Callable[[Path], Any]) -> dict[str, Any]:
    """What the files of a list hold, by their names without suffix."""
    return {path.stem: read(path) for path in map(Path, given.get(name) or ())}


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _feature_counts(paths: Sequence[str]) -> dict[str, int]:
    """Number of features by set, whose name is that of the folder."""
    if not paths:
        return {}
    from mri_response.features.matrices import count_features

    return {Path(path).parent.name: count_features(path) for path in paths}
