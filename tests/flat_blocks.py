"""Blocks of a section one after the other, those that are folded or of one model too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def flat(blocks: Iterable[Any]) -> list[Any]:
    """Blocks without the parts that hold others."""
    found: list[Any] = []
    for block in blocks:
        inside = getattr(block, "blocks", None)
        found += [block] if inside is None else flat(inside)
    return found
