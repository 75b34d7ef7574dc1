"""Which programs and versions made what was read."""

from __future__ import annotations

from mri_response.report.naming import class_title
from mri_response.report.numbers import as_number
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Table, Text
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """Programs and versions by cohort, site and class."""
    table = run.summaries.get("inputs_summary")
    if table is None or table.empty:
        return []
    names, least = run.names, run.config["min_class_size"]
    shown = Table(
        names.title("Programs and versions of the analysed people"),
        ["Cohort", "Source", "Program", "Version", "Site", "Class", "People"],
    )
    counts = as_number(table["n"])
    for (_, row), n in zip(table.iterrows(), counts, strict=True):
        cells = [row[key] if row[key] == row[key] else "n/a" for key in _SHOWN]
        cells[-1] = class_title(cells[-1])
        title = names.titles[row["cohort"]]
        shown.rows.append([title, *cells, f"fewer than {least}" if n < least else f"{n:.0f}"])
    several = table.groupby(["cohort", "source"])[["program", "version"]].apply(
        lambda own: len(own.drop_duplicates()) > 1
    )
    text = "As far as the files tell by which program and version they were made."
    if several.any():
        text += (
            " People of one cohort were processed by several versions, whose measures differ by "
            "more than chance; where versions go with the class, a model may predict the version."
        )
    return [Text(text), shown]


_SHOWN = ("source", "program", "version", "site", "class")


SECTION = Section("inputs", "What was read", "Programs", _blocks, module="cohorts")
