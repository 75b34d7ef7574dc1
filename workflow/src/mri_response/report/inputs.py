"""What the page is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.report.facts.evidence import Evidence


@dataclass(frozen=True)
class ReportInputs:
    """What the page is made from.

    Attributes
    ----------
    config : mapping
        The config, validated, defaults filled in.
    performance, null, flow, exclusions : DataFrame
        The tables of the same names.
    figures : mapping of str to path
        Name of a figure (:func:`figure_plan`) to its file, SVG or PNG.
    weights : mapping of str to DataFrame
        Model to ``weights/<model>.tsv``, for the models that have one.
    versions : mapping of str to str
        Software and its version.
    config_hash : str
        Hash of the config.
    warnings : sequence of str
        What the run warned of, a sentence each.
    planted : DataFrame, optional
        ``simulation/planted.tsv``.
    predictions : DataFrame, optional
        Needed only when the config has ``report: participant_level: true``.
    viewers : mapping of str to str
        Model to its slice viewer, a page of HTML.
    planted_viewer : str, optional
        The same of what was planted.
    tables : mapping of str to DataFrame
        Further tables of the run, by name without suffix, for the sections and for downloads.
    """

    config: Mapping[str, Any]
    performance: pd.DataFrame
    null: pd.DataFrame
    flow: pd.DataFrame
    exclusions: pd.DataFrame
    figures: Mapping[str, Path | str]
    weights: Mapping[str, pd.DataFrame]
    versions: Mapping[str, str]
    config_hash: str
    warnings: Sequence[str] = ()
    planted: pd.DataFrame | None = None
    predictions: pd.DataFrame | None = None
    viewers: Mapping[str, str] = field(default_factory=dict)
    planted_viewer: str | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def evidence(self) -> Evidence:
        """What the sentences of the page are drawn from."""
        return Evidence(
            config=self.config,
            performance=self.performance,
            null=self.null,
            flow=self.flow,
            tables=self.tables,
            warnings=self.warnings,
            versions=self.versions,
            config_hash=self.config_hash,
        )
