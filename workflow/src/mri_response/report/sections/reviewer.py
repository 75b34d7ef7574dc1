"""For the reviewer: TRIPOD+AI, PROBAST+AI and the model card."""

from __future__ import annotations

from mri_response.report.naming import Naming
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "tripod": "TRIPOD+AI, filled in",
    "probast": "PROBAST+AI, evidence for the analysis domain",
    "cobidas": "COBIDAS, items for predictive models",
    "model_card": "Model card, statement by statement",
}


def _blocks(run: Run) -> list[Block]:
    """The documents of the folder ``reporting`` as tables."""
    names = run.names
    found: list[Block] = []
    if "tripod" in run.tables:
        found += _tripod(run, names)
    if "probast" in run.tables:
        found += _probast(run, names)
    if "cobidas" in run.tables:
        found += _cobidas(run, names)
    if "model_card" in run.tables:
        found += _model_card(run, names)
    if not found:
        return []
    intro = (
        "These documents are filled in from this run alone; each answer names the table, file or "
        "key that it was taken from. What only the authors can say is marked as not provided until "
        "they say it in the configuration (reporting.tripod). The same stands as Markdown in the "
        "folder reporting beside this page, with a draft of the methods and results."
    )
    return [Text(intro), *found]


def _tripod(run: Run, names: Naming) -> list[Block]:
    table = run.tables["tripod"]
    counts = table["status"].value_counts()
    text = (
        f"Of {len(table)} items {counts.get('filled', 0)} are filled in, "
        f"{counts.get('in part', 0)} in part, {counts.get('not provided', 0)} not provided and "
        f"{counts.get('not applicable', 0)} not applicable. "
        "Items are those of Collins et al. 2024 (BMJ 385: e078378), described in other words than "
        "theirs."
    )
    rows = [
        [
            (f"{row['item']} {row['topic']}", row["asks"]),
            (row["answer"], f"{row['status'].capitalize()}. {_source(row['source'])}".strip()),
        ]
        for _, row in table.iterrows()
    ]
    shown = Table(
        names.title("TRIPOD+AI"), ["Item", "Answer, and where it stands"], rows, prose=True
    )
    return [Details("TRIPOD+AI: what a report should say", [Text(text), shown])]


def _probast(run: Run, names: Naming) -> list[Block]:
    text = (
        "Evidence for the signalling questions of the analysis domain (Moons et al. 2025, BMJ "
        "388: e082505). Whether the risk of bias is low or high is for the reader to judge; "
        "nothing here is a verdict."
    )
    shown = _evidence(run, "probast", names.title("PROBAST+AI, domain analysis"))
    return [Details("PROBAST+AI: evidence on the risk of bias", [Text(text), shown])]


def _cobidas(run: Run, names: Naming) -> list[Block]:
    text = (
        "What best practice in neuroimaging asks of a predictive model (COBIDAS, Nichols et al. "
        "2017, Nature Neuroscience 20: 299-303), in other words than theirs."
    )
    shown = _evidence(run, "cobidas", names.title("COBIDAS, predictive models"))
    return [Details("COBIDAS: items for predictive models", [Text(text), shown])]


def _evidence(run: Run, name: str, caption: str) -> Table:
    """Questions of a table with what the run says to them."""
    rows = [
        [
            (f"{row['part'].capitalize()} {row['item']} {row['topic']}", row["asks"]),
            (row["evidence"], _source(row["source"])),
        ]
        for _, row in run.tables[name].iterrows()
    ]
    return Table(caption, ["Question", "Evidence, and where it stands"], rows, prose=True)


def _model_card(run: Run, names: Naming) -> list[Block]:
    rows = [
        [row["section"], (row["statement"], _source(row["source"]))]
        for _, row in run.tables["model_card"].iterrows()
    ]
    text = f"Model {run.config['primary_model']}. Not for decisions about single patients."
    shown = Table(
        names.title("Model card"), ["Section", "Statement, and where it stands"], rows, prose=True
    )
    return [Details("Model card", [Text(text), shown])]


def _source(source: object) -> str:
    """A source as smaller text; nothing where there is none, as read from a file or not."""
    return source if isinstance(source, str) and source != "n/a" else ""


SECTION = Section(
    "reviewer",
    "For the reviewer: TRIPOD+AI, PROBAST+AI, model card",
    "For the reviewer",
    _blocks,
    TABLES,
    module=None,  # of classes and of numbers
)
