"""Figures into their places in a section, and what belongs to one model behind the switch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mri_response.report.sections.blocks import (
    Block,
    Details,
    Figure,
    Figures,
    OfModel,
    Table,
)

MORE = "More figures"


def arranged(
    blocks: Sequence[Block], figures: Sequence[dict[str, Any]], several: bool
) -> list[Block]:
    """Put the figures of a section where its blocks want them.

    Parameters
    ----------
    blocks : sequence of Block
        What the section says, with `Figures` as places.
    figures : sequence of dict
        Figures of the section, as from `mri_response.report.captions.placed_figures`.
    several : bool
        Whether the run has more than one model, so that there is a switch.

    Returns
    -------
    list of Block
        Without `Figures` and without empty parts; without `OfModel` where there is one model.
        Figures that have no place are folded at the end.
    """
    left = {figure["name"]: figure for figure in figures}
    placed = _placed(blocks, left, several)
    rest = _shown(list(left.values()), several)
    return [*placed, Details(MORE, rest)] if rest else placed


def _placed(blocks: Sequence[Block], left: dict[str, dict[str, Any]], several: bool) -> list[Block]:
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Figures):
            chosen = [
                name
                for kind in block.kinds
                for name, figure in left.items()
                if figure["kind"] == kind and block.model in ("", figure["model"])
            ]
            made += _shown([left.pop(name) for name in chosen], several and not block.model)
        elif isinstance(block, Details):
            inside = _placed(block.blocks, left, several)
            made += [Details(block.summary, inside)] if inside else []
        elif isinstance(block, OfModel):
            inside = _placed(block.blocks, left, several)
            made += [OfModel(block.model, inside)] if several and inside else inside
        elif isinstance(block, Table) and "Model" in block.columns and several:
            column = block.columns.index("Model")
            made.append(replace(block, models=[str(row[column]) for row in block.rows]))
        else:
            made.append(block)
    return made


def _shown(figures: list[dict[str, Any]], several: bool) -> list[Block]:
    shown: list[Block] = []
    for figure in figures:
        block = Figure(figure)
        shown.append(OfModel(figure["model"], [block]) if several and figure["model"] else block)
    return shown
