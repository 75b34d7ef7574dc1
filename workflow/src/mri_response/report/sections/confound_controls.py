"""Does the removal of confounds put something into the features? Controls, nothing permuted."""

from __future__ import annotations

from typing import Any

from mri_response.core.vocabulary import HEADLINE_METRICS, ConfoundControl
from mri_response.evaluation.confound_controls import AS_ANALYSED
from mri_response.report.naming import METRIC_NAMES, model_title
from mri_response.report.numbers import estimate_text, number
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {"confound_controls": "Controls of the removal of confounds"}

_WHY = (
    "Linear removal of confounds leaves a feature with few values in a form from which a "
    "classifier that is not linear can read the confounds, and with them an outcome that goes "
    "along with them. The whole procedure therefore ran twice more on the same splits, with the "
    "observed labels: without the removal, and with every feature shuffled between people "
    "before it. Shuffled features say nothing of anybody: what lies above 50 % there by more "
    "than chance was put in by the removal, and the model's own figure can have the same "
    "source, which its p value does not tell. Without the removal, what the features say of the "
    "confounds counts too."
)
_TITLES = {
    AS_ANALYSED: "as analysed",
    ConfoundControl.NOT_REMOVED: "confounds not removed",
    ConfoundControl.SHUFFLED: "features shuffled before the removal",
}


def _blocks(run: Run) -> list[Block]:
    """The controls of every model that has them; empty without ``confound_controls.tsv``."""
    table = run.tables.get("confound_controls")
    if table is None:
        return []
    columns = [f"{METRIC_NAMES[m]}, {_TITLES[c]}" for m in HEADLINE_METRICS for c in _TITLES]
    made = Table(run.names.title("Controls of the removal of confounds"), ["", *columns])
    for model, rows in table.groupby("model", sort=False):
        found = rows.set_index(["metric", "control"])["estimate"]
        cells: list[Any] = [
            estimate_text(metric, number(found[metric, str(control)]))
            for metric in HEADLINE_METRICS
            for control in _TITLES
        ]
        made.rows.append([model_title(model, run.config), *cells])
    made.note = "Means over repeats in the discovery cohort, observed labels; nothing was permuted."
    return [made, Details("Why, and how", [Text(_WHY)])]


SECTION = Section(
    "confound-controls",
    "Does the removal of confounds put something in?",
    "Confound controls",
    _blocks,
    TABLES,
)
