"""What a simulation planted, beside what the analysis found."""

from __future__ import annotations

import pandas as pd

from mri_response.report.naming import plural
from mri_response.report.numbers import number, with_sign
from mri_response.report.run import Run
from mri_response.report.sections import brain
from mri_response.report.sections.blocks import Block, Details, Figures, OfModel, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "planted": "Planted differences by region",
}


def _blocks(run: Run) -> list[Block]:
    """A table for every model that has weights of the planted regions."""
    intro = Text(
        "The analysis knew nothing of what the simulation had planted. What it missed is shown as "
        "it is."
    )
    found = run.summaries.get("found")
    models = [] if found is None else [m for m in run.models if (found["model"] == m).any()]
    tables = {model: _table(run, found[found["model"] == model], model) for model in models}
    return [
        intro,
        *(
            OfModel(model, [Figures(("planted_vs_found",), model), table])
            for model, table in tables.items()
        ),
        Details("Planted beside found, on the brain", [Figures(("planted_map",))]),
    ]


def is_simulated(run: Run) -> bool:
    """Whether the data of a run were made by the simulation.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    bool
    """
    return run.names.simulated


def _table(run: Run, found: pd.DataFrame, model: str) -> Table:
    names = run.names
    table = Table(
        names.title(f"Planted and found, model {model}"),
        [
            "Planted",
            "Regions",
            f"Pattern towards {names.positive}",
            f"Pattern towards {names.negative}",
            "Mean Haufe pattern",
        ],
    )
    planted = {
        "positive": f"more in {plural(names.positive)}",
        "negative": f"more in {plural(names.negative)}",
        "nothing": "nothing",
    }
    for _, row in found.iterrows():
        columns = ("n_regions", "n_towards_positive", "n_towards_negative")
        counts = [int(number(row[column])) for column in columns]
        mean = with_sign(number(row["mean_haufe"]), 3)
        table.rows.append([planted[row["planted"]], *counts, mean])
    return table


SECTION = Section(
    "simulation",
    "Planted beside found (simulated data)",
    "Planted and found",
    _blocks,
    TABLES,
    brain.SECTION.alt_text,
    applies=is_simulated,
)
