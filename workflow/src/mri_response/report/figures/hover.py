"""What a figure tells of its marks when a reader points at them, without scripts.

Bars, intervals, curves and named points get an invisible shape with a ``title`` on top of the SVG,
which browsers show as a hint. The words come from the figure itself: its axes, the names on them
and its legends. A scatter tells nothing unless its points were named (`name_points`), since a point
without a name may be a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np
from matplotlib.collections import FillBetweenPolyCollection, LineCollection, PathCollection
from matplotlib.colors import to_rgba
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import FixedLocator, NullFormatter

#: Label of bars and lines whose numbers are no numbers of the axis.
UNTOLD = "_untold"
_PLACES = 11  # of a curve without markers
_MOST = 120  # points of one line: a cloud is no list of numbers
_SOLID = ("(0, None)", "None")  # dashes and marker of a plain line, as matplotlib names them
_BARE = ("None", "none", " ", "", "|", "_")  # no marker, or one without a face
_REACH = 4.0  # points around a mark where it still answers
_NOWHERE = (np.nan, np.nan)  # what lies outside a band
_ASIDE = re.compile(r" \([^)]{15,}\)")
_TIGHT = re.compile(r"\s+")


def name_points(points: PathCollection, names: Sequence[str]) -> None:
    """Let the points of a scatter tell their numbers, each under its name.

    Parameters
    ----------
    points : PathCollection
        What ``scatter`` returned.
    names : sequence of str
        What each point is of (a region, a gene); never a person.

    Raises
    ------
    ValueError
        If there are not as many names as points.
    """
    if len(names) != len(points.get_offsets()):
        raise ValueError(f"{len(names)} names for {len(points.get_offsets())} points")
    points.names_of_points = [str(name) for name in names]  # type: ignore[attr-defined]


def with_titles(svg: str, figure: Figure) -> str:
    """Add to an SVG what its marks tell.

    Parameters
    ----------
    svg : str
        The figure, as matplotlib wrote it.
    figure : Figure
        The figure; its layout is done.

    Returns
    -------
    str
        The same picture; nothing is added where no mark has anything to tell.
    """
    height = figure.get_figheight() * 72
    drawn: dict[str, list[str]] = {"area": [], "line": [], "point": []}
    names = _legend_names(figure)
    for axes in figure.axes:
        if not axes.axison:
            continue
        for data, text in _Axes(axes, figure, names).marks():
            pixels = axes.transData.transform(data)
            if np.isfinite(pixels).all() and _overlaps(axes.bbox, pixels):
                kept = np.clip(pixels, axes.bbox.min, axes.bbox.max) * 72 / figure.dpi
                kind, shape = _shape(kept, height, isinstance(data, _Area))
                title = escape(text, quote=False)
                drawn[kind].append(f"{shape}<title>{title}</title></{shape[1:].split()[0]}>")
    marks = "".join(mark for kind in drawn.values() for mark in kind)
    if not marks:
        return svg
    group = f'<g class="told" fill="none" stroke="none" pointer-events="all">{marks}</g>'
    before, end, after = svg.rpartition("</svg>")
    return f"{before}{group}\n{end}{after}"


class _Area(np.ndarray):
    """Two opposite corners of a bar, in units of the axes."""


def _overlaps(box: Any, pixels: np.ndarray) -> bool:
    """Whether a mark is inside its panel, at least in part."""
    return bool(
        (pixels.max(axis=0) >= box.min - 1).all() and (pixels.min(axis=0) <= box.max + 1).all()
    )


def _shape(places: np.ndarray, height: float, is_area: bool) -> tuple[str, str]:
    """Kind and opening tag of the shape that answers at a point, a line or a bar."""
    x, y = places[:, 0], height - places[:, 1]
    if len(places) == 1:
        return "point", f'<circle cx="{x[0]:.2f}" cy="{y[0]:.2f}" r="{_REACH:g}">'
    low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    room = np.maximum(0, _REACH - (high - low)) if not is_area else np.zeros(2)
    (left, top), (wide, tall) = low - room / 2, high - low + room
    tag = f'<rect x="{left:.2f}" y="{top:.2f}" width="{wide:.2f}" height="{tall:.2f}">'
    return ("area" if is_area else "line"), tag


def _legend_names(figure: Figure) -> dict[tuple[Any, ...], str]:
    """Names in the legends by what their marks look like, without what is told of each there."""
    names: dict[tuple[Any, ...], str] = {}
    # Looking through all marks of the figure would make the ticks of axes that have none.
    for legend in _legends(figure):
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            name, look = _TIGHT.sub(" ", text.get_text()).split(": ")[0], _look(handle)
            names.setdefault(look, name)
            # An interval has the colour of its estimate's marker, and no marker.
            names.setdefault((look[0], *_SOLID, look[0]), name)
    return names


def _legends(figure: Figure) -> list[Legend]:
    """Legends of the axes of a figure, of itself and of its parts."""
    of_axes = [axes.get_legend() for axes in figure.axes]
    of_parts = [legend for part in figure.subfigs for legend in part.legends]
    return [*(legend for legend in of_axes if legend), *figure.legends, *of_parts]


def _look(artist: Any) -> tuple[Any, ...]:
    """What tells a line from another: colour, style, marker and its face; of areas the colour."""
    if hasattr(artist, "get_marker"):
        marker = str(artist.get_marker())
        pattern = str(getattr(artist, "_unscaled_dash_pattern", artist.get_linestyle()))
        face = to_rgba(artist.get_markerfacecolor()) if marker not in _BARE else None
        colour = to_rgba(artist.get_color())
        return colour, pattern, marker, face or colour
    colour = artist.get_facecolor()
    return (tuple(np.ravel(colour)[:3]),)


class _Axes:
    """The marks of one panel in words."""

    def __init__(self, axes: Any, figure: Figure, names: dict[tuple[Any, ...], str]) -> None:
        self.axes, self.names = axes, names
        self.words = {way: _axis_words(axes, figure, way) for way in "xy"}
        # Error bars have the name of all their parts; their caps repeat the ends of the intervals.
        bars = [one for one in axes.containers if isinstance(one, ErrorbarContainer)]
        self.caps = {cap for one in bars for cap in one.lines[1]}
        self.own = {
            part: _TIGHT.sub(" ", str(one.get_label()))
            for one in bars
            for part in (one.lines[0], *one.lines[2])
            if not str(one.get_label()).startswith("_")
        }
        self.bands = [one for one in axes.collections if isinstance(one, FillBetweenPolyCollection)]

    def marks(self) -> Iterator[tuple[np.ndarray, str]]:
        """Places in units of the axes, one or two, and what is told there."""
        for container in self.axes.containers:
            if isinstance(container, BarContainer) and container.get_label() != UNTOLD:
                lying = container.orientation == "horizontal"
                for bar in container.patches:
                    if bar.get_width() and bar.get_height():
                        yield self._bar(bar, lying)
        for line in self.axes.lines:
            if line not in self.caps:
                yield from self._line(line)
        for collection in self.axes.collections:
            if isinstance(collection, LineCollection):
                for segment in collection.get_segments()[:_MOST]:
                    yield from self._interval(np.asarray(segment), self.own.get(collection, ""))
            elif hasattr(collection, "names_of_points"):
                offsets = np.asarray(collection.get_offsets(), dtype=float)
                for name, place in zip(collection.names_of_points, offsets, strict=True):
                    yield place[None], self._said(name, *place)

    def _line(self, line: Any) -> Iterator[tuple[np.ndarray, str]]:
        data = np.column_stack([np.asarray(line.get_xdata(), float), line.get_ydata()])
        data = np.asarray(data, dtype=float)
        name = self._name(line)
        if line.get_transform() != self.axes.transData:
            # A line across the panel; one without a name only parts it.
            if name and len(data) == 2:
                yield self._across(data, name)
            return
        has_marker = line.get_marker() not in ("None", "none", " ", "", None)
        if line.get_label() == UNTOLD or not len(data) or (has_marker and len(data) > _MOST):
            return
        if not has_marker and len(data) == 2:
            yield from self._interval(data, name)
            return
        step = np.arange(len(data))
        if not has_marker:
            step = np.unique(np.linspace(0, len(data) - 1, _PLACES).round().astype(int))
        for place in data[step]:
            yield place[None], self._said(name, *place, band=self._band(line, *place))

    def _name(self, line: Any) -> str:
        """The legend's name of a line, and its own, as where it says which measure it is of."""
        names = [self.own.get(line) or self.names.get(_look(line), "")]
        own, known = line.get_label(), (names[0] + self.words["x"]["label"]).lower()
        if not own.startswith("_") and own.split(": ")[0].lower() not in known:
            names.append(own.split(": ")[0])
        return ", ".join(name for name in names if name)

    def _across(self, data: np.ndarray, name: str) -> tuple[np.ndarray, str]:
        """A line over the whole width or height."""
        upright = data[0, 0] == data[1, 0]
        ends = data.copy()
        ends[:, int(upright)] = sorted(self.axes.get_ylim() if upright else self.axes.get_xlim())
        way, value = ("x", data[0, 0]) if upright else ("y", data[0, 1])
        return ends, f"{name}: {self._of(way, value)}"

    def _interval(self, data: np.ndarray, name: str) -> Iterator[tuple[np.ndarray, str]]:
        """A line along one axis, from one number to another."""
        if len(data) != 2 or not np.isfinite(data).all() or (data[0] == data[1]).all():
            return
        for along, across, other in (("x", 1, "y"), ("y", 0, "x")):
            if data[0, across] == data[1, across]:
                if self.words[along]["classes"]:
                    return  # a mark of one number, such as a median
                low, high = sorted(data[:, 1 - across])
                at = self._of(other, data[0, across])
                of, unit = self.words[along]["label"], self.words[along]["value"]
                said = f"{of} {unit(low)} to {unit(high)}".strip()
                yield data, ": ".join(part for part in (name, at, said) if part)

    def _bar(self, bar: Any, lying: bool) -> tuple[np.ndarray, str]:
        (x, y), (wide, tall) = bar.get_xy(), (bar.get_width(), bar.get_height())
        corners = np.array([[x, y], [x + wide, y + tall]]).view(_Area)
        along, across = ("x", "y") if lying else ("y", "x")
        start, size = (x, wide) if lying else (y, tall)
        low, width = (y, tall) if lying else (x, wide)
        name = self.names.get(_look(bar), "")
        words = self.words[across]
        at = self._of(across, low + width / 2)
        if not words["classes"] and words["shown"]:
            at = f"{words['label']} {words['value'](low)} to {words['value'](low + width)}".strip()
        value = self.words[along]["value"]
        number = f"{value(start)} to {value(start + size)}" if start else value(size)
        said = f"{self.words[along]['label']} {number}".strip()
        return corners, ": ".join(part for part in (name, at, said) if part)

    def _band(self, line: Any, x: float, y: float) -> str:
        """The interval at a place of a curve, where an area of its colour is around it."""
        for band in self.bands:
            if tuple(band.get_facecolor()[0][:3]) != to_rgba(line.get_color())[:3]:
                continue
            vertices = band.get_paths()[0].vertices
            half = len(vertices) // 2  # first one side, then the other backwards
            sides = vertices[1:half], vertices[half + 1 :][half - 2 :: -1]
            low, high = sorted(float(np.interp(x, *side.T, *_NOWHERE)) for side in sides)
            if low <= y <= high:
                return f" ({self.words['y']['value'](low)} to {self.words['y']['value'](high)})"
        return ""

    def _said(self, name: str, x: float, y: float, band: str = "") -> str:
        # What is a class names the mark; what is a number is told of it.
        parts = sorted(("x", "y"), key=lambda way: not self.words[way]["classes"])
        told = [self._of(way, {"x": x, "y": y}[way]) for way in parts]
        told[-1] += band if parts[-1] == "y" else ""
        text = "; ".join(part for part in told if part)
        if self.words[parts[0]]["classes"]:
            text = text.replace("; ", ": ", 1)
        return f"{name}: {text}" if name and not text.lower().startswith(name.lower()) else text

    def _of(self, way: str, value: float) -> str:
        words = self.words[way]
        if words["classes"]:
            places, labels = words["classes"]
            distance = np.abs(places - value)
            # A mark between two names belongs to neither.
            near = distance.min() < 0.45 * np.diff(np.sort(places), append=np.inf).min()
            return labels[int(np.argmin(distance))] if near else ""
        return f"{words['label']} {words['value'](value)}".strip() if words["shown"] else ""


def _axis_words(axes: Any, figure: Figure, way: str) -> dict[str, Any]:
    """Label of an axis, names on it and how it writes a number."""
    axis = getattr(axes, f"{way}axis")
    places, formatter = axis.get_majorticklocs(), axis.get_major_formatter()
    labels = [
        _TIGHT.sub(" ", text).replace("\u2212", "-") for text in formatter.format_ticks(places)
    ]
    numbers = [_number(text) for text in labels]
    named = isinstance(axis.get_major_locator(), FixedLocator) and None in numbers
    ratios = {
        round(number / at, 6) for at, number in zip(places, numbers, strict=True) if at and number
    }
    factor = 100.0 if ratios == {100.0} else 1.0
    label = axis.get_label_text() or _label_beside(axes, figure, way)
    if not label or "interval" in label:  # says at most how it is drawn
        label = axes.get_title(loc="left") if way == "x" else ""
    return {
        "label": _TIGHT.sub(" ", _ASIDE.sub("", label) if factor == 1 else label.split(" (")[0]),
        "classes": (np.asarray(places), labels) if named else None,
        "shown": not isinstance(formatter, NullFormatter) and len(places) > 0,
        "value": lambda value: _written(value, factor),
    }


def _number(text: str) -> float | None:
    try:
        return float(text.rstrip("% \xa0"))
    except ValueError:
        return None


def _label_beside(axes: Any, figure: Figure, way: str) -> str:
    """Label of the panels in the same column (x) or row (y), or of the whole figure."""
    side = {"x": "x0", "y": "y0"}[way]
    place = getattr(axes.get_position(), side)
    for other in figure.axes:
        text = getattr(other, f"{way}axis").get_label_text()
        if text and abs(getattr(other.get_position(), side) - place) < 1e-6:
            return text
    return getattr(figure, f"get_sup{way}label")()


def _written(value: float, factor: float) -> str:
    value = value * factor
    text = f"{value:.1f}\xa0%" if factor == 100 else f"{value:,.0f}"
    if factor == 1 and abs(value) < 1000:
        text = f"{value:.3g}"
    return text.replace("-", "\u2212")
