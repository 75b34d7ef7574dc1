"""Maps on slices of the MNI152 template."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib.ticker
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from nibabel.nifti1 import Nifti1Image

from mri_response.brain.images import typical_limit
from mri_response.report.figures.style import (
    DIVERGING,
    DOUBLE_COLUMN,
    modules_kept,
    new_canvas,
    styled,
)
from mri_response.report.figures.text import line_count, line_height, wrap
from mri_response.report.naming import Naming

# Heights in mm of a row of slices by direction, of a glass brain, of the colour bar and of a gap.
_ROWS = {"z": 31.0, "x": 26.0}
_GLASS, _BAR, _GAP = 33.0, 18.0, 4.0
AXIAL = (-42, -26, -10, 6, 22, 38, 54)
SAGITTAL = (-48, -32, -6, 6, 32, 48)


@dataclass(frozen=True)
class _Page:
    """A figure whose parts are placed in mm from its upper edge."""

    figure: Figure
    height: float

    def row(self, y: float, size: float) -> tuple[float, float, float, float]:
        """Place of a row across the figure, as matplotlib wants it."""
        return 0.01, 1 - (y + size) / self.height, 0.98, size / self.height


@styled
@modules_kept()
def brain_maps(
    maps: Mapping[str, tuple[Nifti1Image, str]],
    title: str,
    names: Naming,
    axial: tuple[int, ...] = AXIAL,
    sagittal: tuple[int, ...] = SAGITTAL,
    glass: bool = False,
) -> Figure:
    """Draw maps on slices of the MNI152 template.

    Parameters
    ----------
    maps : mapping
        Heading of each map to (image in MNI space, label of the colour bar with the unit).
        Voxels equal to 0 are not drawn.
    title : str
        Title of the figure.
    names : Naming
        Names of the run.
    axial, sagittal : tuple of int
        Slice positions in mm.
    glass : bool
        Add a glass brain of each map: the value of largest size along each line of sight.

    Returns
    -------
    Figure
        For each map a row of axial and a row of sagittal slices and a colour bar centred
        at 0, whose ends are the 99th percentile of the absolute values.
    """
    wrapped_title = wrap(names.title(title), DOUBLE_COLUMN - 6, 9, "bold")
    headings = [wrap(text, DOUBLE_COLUMN - 6, weight="bold") for text in maps]
    rows = sum(_ROWS.values()) + _GLASS * glass + _BAR + 2 * _GAP
    top = 4.5 * line_count(wrapped_title) + 3
    height = top + sum(line_count(text) * line_height() + rows for text in headings)
    figure, canvas = new_canvas(DOUBLE_COLUMN, height)
    canvas.text(2, 2, wrapped_title, fontsize=9, fontweight="bold", va="top")
    page, y = _Page(figure, height), top
    for heading, (image, label) in zip(headings, maps.values(), strict=True):
        canvas.text(2, y, heading, fontweight="bold", va="top", linespacing=1.2)
        y += line_count(heading) * line_height()
        limit = typical_limit(np.nan_to_num(np.asarray(image.dataobj, dtype=float)))
        for mode, cuts in (("z", axial), ("x", sagittal)):
            gc.freeze()  # as `modules_kept`: the axes drawn so far are thousands of objects
            _slices(page, y, image, (mode, cuts), limit)
            y += _ROWS[mode] + _GAP
        if glass:
            gc.freeze()
            _glass_brain(page, y, image, limit)
            y += _GLASS
        _colour_bar(page, y, label, limit)
        y += _BAR
    return figure


def _colours(limit: float) -> dict[str, Any]:
    """What slices and glass brains have in common."""
    return {
        "cmap": DIVERGING,
        "vmax": limit,
        "vmin": -limit,
        "threshold": 1e-12,
        "colorbar": False,
        "annotate": False,
        "black_bg": False,
        "resampling_interpolation": "nearest",
    }


def _slices(
    page: _Page, y: float, image: Nifti1Image, slices: tuple[str, tuple[int, ...]], limit: float
) -> None:
    # Imported here: it costs seconds, and only these figures need it.
    from nilearn.datasets import load_mni152_template
    from nilearn.plotting import plot_stat_map

    mode, cuts = slices
    display = plot_stat_map(
        image,
        bg_img=load_mni152_template(resolution=2),
        display_mode=mode,
        cut_coords=list(cuts),
        figure=page.figure,
        axes=page.row(y, _ROWS[mode]),
        dim=-0.6,
        **_colours(limit),
    )
    display.annotate(size=8, left_right=mode == "z", positions=False)
    for cut, slice_axes in display.axes.items():
        slice_axes.ax.text(
            0.5,
            -0.02,
            f"{mode} = {cut:g} mm".replace("-", "−"),
            ha="center",
            va="top",
            transform=slice_axes.ax.transAxes,
        )


def _glass_brain(page: _Page, y: float, image: Nifti1Image, limit: float) -> None:
    from nilearn.plotting import plot_glass_brain

    plot_glass_brain(
        image,
        display_mode="lyrz",
        figure=page.figure,
        axes=page.row(y, _GLASS),
        plot_abs=False,
        **_colours(limit),
    ).annotate(size=8, positions=False)


def _colour_bar(page: _Page, y: float, label: str, limit: float) -> None:
    axes = page.figure.add_axes((0.3, 1 - (y + 5) / page.height, 0.4, 2.8 / page.height))
    mappable = ScalarMappable(Normalize(-limit, limit), DIVERGING)
    colour_bar = page.figure.colorbar(mappable, cax=axes, orientation="horizontal")
    colour_bar.outline.set_linewidth(0.5)
    colour_bar.locator = matplotlib.ticker.MaxNLocator(5)
    colour_bar.update_ticks()
    colour_bar.set_label(label)
