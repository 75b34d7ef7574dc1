"""Small pictures that are part of the page and take its colours, in both modes and in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_PERSON = (
    '<symbol id="person" viewBox="0 0 12 16"><path d="M6 .8a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 '
    '0-5.2zM1.5 15.2v-4.4a3.6 3.6 0 0 1 3.6-3.6h1.8a3.6 3.6 0 0 1 3.6 3.6v4.4z"/></symbol>'
)
_ROW = 20  # people in a row of the picture of 100
_STEP, _LINE = 15, 20  # of a person in the picture, in its units


def hundred_people(counts: Sequence[tuple[str, int]], label: str, again: bool = False) -> str:
    """Draw people, one symbol each.

    Parameters
    ----------
    counts : sequence of (str, int)
        Class of the style and number of people, in the order of drawing. A class that ends in
        ``wrong`` is drawn hollow and crossed, so that it is told without colour.
    label : str
        What a reader hears who does not see the picture.
    again : bool
        Whether the page has such a picture before this one, which brings the symbol.

    Returns
    -------
    str
        An ``svg`` element.
    """
    kinds = [kind for kind, n in counts for _ in range(n)]
    parts = []
    for i, kind in enumerate(kinds):
        x, y = (i % _ROW) * _STEP, (i // _ROW) * _LINE
        parts.append(
            f'<g class="{kind}"><use href="#person" x="{x}" y="{y}" width="12" height="16"/>'
            f'<path class="cross" d="M{x} {y + 16}L{x + 12} {y}"/></g>'
        )
    rows = -(-len(kinds) // _ROW)
    symbol = "" if again else _PERSON
    return (
        f'<svg class="people" role="img" aria-label="{escape(label)}" '
        f'viewBox="-2 -2 {_ROW * _STEP + 1} {rows * _LINE}">{symbol}{"".join(parts)}</svg>'
    )


@dataclass(frozen=True)
class Interval:
    """A line of the picture of intervals.

    Attributes
    ----------
    name, text : str
        What it is of, and its numbers as they are written.
    estimate, low, high : float
        As proportions.
    """

    name: str
    text: str
    estimate: float
    low: float
    high: float


def intervals(lines: Sequence[Interval], chance: float, useful: float, label: str) -> str:
    """Draw numbers with their intervals beside chance and what would be of use.

    Parameters
    ----------
    lines : sequence of Interval
        One per cohort.
    chance, useful : float
        Where the two upright lines stand, as proportions.
    label : str
        What a reader hears who does not see the picture.

    Returns
    -------
    str
        An ``svg`` element.
    """
    left, width, step = 8, 284, 30
    low = min([0.3, *(line.low for line in lines)])
    top, height = 16, step * len(lines)

    def x(value: float) -> float:
        return round(left + width * (value - low) / (1 - low), 1)

    parts = []
    for value, kind, text in ((chance, "chance", "chance"), (useful, "useful", "useful")):
        anchor = "end" if kind == "chance" else "start"
        # One piece per interval: a line from top to bottom would run through the names.
        pieces = "".join(f"M{x(value)} {top + i * step + 15}v13" for i in range(len(lines)))
        parts.append(
            f'<path class="{kind}" d="M{x(value)} {top - 6}v6{pieces}"/>'
            f'<text class="soft" text-anchor="{anchor}" '
            f'x="{x(value) + (-3 if anchor == "end" else 3)}" y="9">{text} '
            f"{100 * value:.0f} %</text>"
        )
    for i, line in enumerate(lines):
        y = top + i * step
        parts.append(
            f'<g class="interval"><title>{escape(line.name)}: {escape(line.text)}</title>'
            f'<text x="{left}" y="{y + 11}">{escape(_short(line.name))}</text>'
            f'<text class="soft" text-anchor="end" x="{left + width}" y="{y + 11}">'
            f"{escape(line.text)}</text>"
            f'<line x1="{x(line.low)}" x2="{x(line.high)}" y1="{y + 22}" y2="{y + 22}"/>'
            f'<circle cx="{x(line.estimate)}" cy="{y + 22}" r="4.5"/></g>'
        )
    return (
        f'<svg class="intervals" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 300 {top + height + 2}">{"".join(parts)}</svg>'
    )


def _short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
