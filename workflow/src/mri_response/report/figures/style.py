"""What all figures share: colours, sizes, titles, saving.

Colours are those of Okabe and Ito, told apart by readers with any common colour vision. Sizes
are in millimetres at print: 85 for one column, 180 for two. Text is never below 8 points.

References
----------
Okabe M, Ito K. Color Universal Design: how to make figures and presentations that are friendly
to colorblind people. J*Fly, 2008.
"""

from __future__ import annotations

import functools
import gc
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, FigureBase
from matplotlib.transforms import Bbox

from mri_response.core.atomic import atomic_path
from mri_response.core.vocabulary import EXTERNAL_POOLED, Role
from mri_response.report.figures.hover import with_titles
from mri_response.report.figures.text import line_count, wrap
from mri_response.report.naming import Naming

MM = 1 / 25.4


SINGLE_COLUMN = 85.0


DOUBLE_COLUMN = 180.0


BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"


BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#595959"


POSITIVE, NEGATIVE = VERMILION, BLUE


BAND = "#C8C8C8"  # what chance gives


_EXTERNAL_STYLES = [
    (GREEN, "-"),
    (PURPLE, (0, (5, 1.5))),
    (ORANGE, (0, (3, 1, 1, 1))),
    (SKY, (0, (1.5, 1))),
]


_CONTROL_STYLES = [(BLACK, (0, (1, 1))), (GREY, (0, (6, 2))), (GREY, (0, (3, 1, 1, 1)))]


DIVERGING = "RdBu_r"


# Lines at chance and at no difference.
DASHED: dict[str, Any] = {"color": GREY, "linewidth": 0.8, "linestyle": (0, (4, 3))}


_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "figure.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titleweight": "normal",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "patch.linewidth": 0.7,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
}


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw in the style of this module, and settle the layout before the style is left.

    Parameters
    ----------
    draw : callable
        Function that returns a figure.

    Returns
    -------
    callable
        The function, to be called in the same way.
    """

    @functools.wraps(draw)
    def wrapper(*args: Any, **kwargs: Any) -> Figure:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            figure = draw(*args, **kwargs)
            # Layout depends on the style, so it is done before the style is left.
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
            _round_layout(figure)
            return figure

    return wrapper


def _round_layout(figure: FigureBase) -> None:
    """Round the places that the layout found: its solver leaves their last bit to chance."""
    for part in figure.subfigs:
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), 9))
        _round_layout(part)
    for axes in figure.axes:
        place = Bbox(np.round(axes.get_position(original=True).get_points(), 9))
        axes.set_position(place, which="original")
        axes.apply_aspect()
    for text in figure.texts:
        text.set_position(np.round(text.get_position(), 9))


@contextmanager
def modules_kept() -> Iterator[None]:
    """Keep the modules of nilearn, and what else there is, out of garbage collection.

    nilearn collects garbage with every map that it reads; to go through all modules each time takes
    longer than the drawing.
    """
    import nilearn.datasets
    import nilearn.plotting  # noqa: F401

    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def new_figure(width: float, height: float, constrained: bool = True) -> Figure:
    """Make an empty figure.

    Parameters
    ----------
    width, height : float
        Size in mm.
    constrained : bool
        Whether matplotlib finds the places of axes and legends itself.
    """
    figure = Figure(
        figsize=(width * MM, height * MM), layout="constrained" if constrained else None
    )
    FigureCanvasAgg(figure)
    if constrained:
        figure.get_layout_engine().set(w_pad=1.2 * MM, h_pad=1.2 * MM, hspace=0.02, wspace=0.02)
    return figure


def width_of(panels: int) -> float:
    """Width of a figure whose panels stand beside each other: one needs a column.

    Parameters
    ----------
    panels : int
        Number of panels in a row.

    Returns
    -------
    float
        In mm.
    """
    return SINGLE_COLUMN if panels == 1 else DOUBLE_COLUMN


def save_figure(figure: Figure, path_png: Path | str, path_svg: Path | str) -> None:
    """Write a figure as PNG (300 dpi) and SVG, the same bytes for the same figure.

    The marks of the SVG tell their numbers (`mri_response.report.figures.hover`).

    Parameters
    ----------
    figure : Figure
        A figure that was drawn with `styled`.
    path_png, path_svg : path
        Where to write. A file appears only once it is complete.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # Glyphs as paths: the same picture where the font is not installed.
        matplotlib.rcParams.update({**_STYLE, "svg.hashsalt": "mri-response"})
        matplotlib.rcParams["svg.fonttype"] = "path"
        # `savefig` would draw each twice, the first time for a layout that is done.
        figure.dpi = 300
        with atomic_path(path_png) as temporary:
            FigureCanvasAgg(figure).print_png(temporary, metadata={"Software": None})
        with atomic_path(path_svg) as temporary:
            written = io.StringIO()
            FigureCanvasSVG(figure).print_svg(written, metadata={"Date": None, "Creator": None})
            Path(temporary).write_text(with_titles(written.getvalue(), figure), encoding="utf-8")


def suptitle(figure: Figure, text: str, width: float, **kwargs: Any) -> int:
    """Set the title, left-aligned and wrapped.

    Parameters
    ----------
    figure : Figure
        What gets the title.
    text : str
        The title.
    width : float
        Width of the figure in mm.
    **kwargs
        Further arguments of `Figure.suptitle`.

    Returns
    -------
    int
        Number of its lines.
    """
    wrapped = wrap(text, width - 6, size=9, weight="bold")
    figure.suptitle(
        wrapped, x=2 / width, ha="left", fontweight="bold", fontsize=9, linespacing=1.2, **kwargs
    )
    return line_count(wrapped)


def legend_below(figure: Figure, place: Any, handles: list[Any], **kwargs: Any) -> None:
    """Put a legend into a row of the grid, for which the layout leaves exactly its space.

    Parameters
    ----------
    figure : Figure
        What gets the legend.
    place : SubplotSpec
        The row of the grid.
    handles : list of Artist
        Entries with their labels.
    **kwargs
        Further arguments of `Axes.legend`.
    """
    axes = figure.add_subplot(place)
    axes.axis("off")
    axes.legend(handles=handles, loc="center left", borderaxespad=0, **kwargs)


def cohort_styles(cohorts: list[str], names: Naming) -> dict[str, tuple[str, Any]]:
    """Choose colour and line style of each cohort, equal in every figure of a run.

    Parameters
    ----------
    cohorts : list of str
        Names of cohorts, in the order of the run.
    names : Naming
        Names of the run, for the roles of cohorts.

    Returns
    -------
    dict of str to tuple
        Cohort to colour and line style, as matplotlib names them.
    """
    styles: dict[str, tuple[str, Any]] = {}
    externals = controls = 0
    for cohort in cohorts:
        role = names.roles[cohort]
        if cohort == EXTERNAL_POOLED:
            styles[cohort] = (VERMILION, "-")
        elif role == Role.DISCOVERY:
            styles[cohort] = (BLUE, "-")
        elif role == Role.EXTERNAL:
            styles[cohort] = _EXTERNAL_STYLES[externals % len(_EXTERNAL_STYLES)]
            externals += 1
        else:
            styles[cohort] = _CONTROL_STYLES[controls % len(_CONTROL_STYLES)]
            controls += 1
    return styles


def message(title: str, text: str) -> Figure:
    """Draw a figure that says in words why there is nothing to show.

    Parameters
    ----------
    title : str
        Title of the figure.
    text : str
        The reason, a sentence.
    """
    figure = new_figure(SINGLE_COLUMN, 34)
    suptitle(figure, title, SINGLE_COLUMN)
    axes = figure.add_subplot()
    axes.axis("off")
    axes.text(0, 0.5, wrap(text, SINGLE_COLUMN - 8), va="center")
    return figure


def contrast(first: Any, second: Any) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Parameters
    ----------
    first, second : colour
        Anything matplotlib takes for a colour.

    Returns
    -------
    float

    References
    ----------
    Web Content Accessibility Guidelines (WCAG) 2.1, definition of contrast ratio. W3C, 2018.
    """
    luminances = []
    for colour in (first, second):
        channels = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        luminances.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def mix(colour: str, share: float) -> tuple[float, ...]:
    """Mix a colour with white.

    Parameters
    ----------
    colour : str
        As matplotlib names it.
    share : float
        From 0, nearly white, to 1, the colour itself.

    Returns
    -------
    tuple of float
        Red, green and blue.
    """
    full = np.array(matplotlib.colors.to_rgb(colour))
    return tuple(1 - (1 - full) * (0.06 + 0.94 * share))


def new_canvas(width: float, height: float) -> tuple[Figure, Any]:
    """Make a figure with one axes over all of it, in mm from the upper left corner.

    Parameters
    ----------
    width, height : float
        Size in mm.

    Returns
    -------
    Figure, Axes
    """
    figure = new_figure(width, height, constrained=False)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return figure, axes
