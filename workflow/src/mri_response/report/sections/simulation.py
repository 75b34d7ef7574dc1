"""What a simulation planted, beside what the analysis found."""

from __future__ import annotations

from mri_response.report.numbers import as_number, with_sign
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Table, Text
from mri_response.report.sections.brain import alt_text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "planted": "Planted differences by region",
}


def blocks(run: Run) -> list[Block]:
    """A table for every model that has weights of the planted regions.

    Parameters
    ----------
    run : Run
        A run on simulated data.

    Returns
    -------
    list of Block
    """
    intro = Text(
        "The analysis knew nothing of what the simulation had planted. What it missed is shown as "
        "it is."
    )
    if run.planted is None:
        return [intro]
    planted = set(run.planted["region"])
    models = [m for m in run.models if m in run.weights]
    shown = [m for m in models if planted & set(run.weights[m]["region"])]
    return [intro, *(_table(run, model) for model in shown)]


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


def _table(run: Run, model: str) -> Table:
    names = run.names
    both = run.planted[["region", "planted"]].merge(
        run.weights[model][["region", "haufe"]], on="region", how="inner"
    )
    planted = as_number(both["planted"]).to_numpy()
    haufe = as_number(both["haufe"]).to_numpy()
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
    groups = (
        (f"more in {names.positive}", planted > 0),
        (f"more in {names.negative}", planted < 0),
        ("nothing", planted == 0),
    )
    for text, members in groups:
        if members.any():
            found = haufe[members]
            table.rows.append(
                [
                    text,
                    int(members.sum()),
                    int((found > 0).sum()),
                    int((found < 0).sum()),
                    with_sign(found.mean(), 3),
                ]
            )
    return table


SECTION = Section(
    "simulation",
    "Planted beside found (simulated data)",
    "Planted and found",
    blocks,
    TABLES,
    alt_text,
    applies=is_simulated,
)
