"""Weights and planted differences, by region and on the brain."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import matplotlib.ticker
import nibabel as nib
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from nibabel.nifti1 import Nifti1Image

from mri_response.core.tables import read_tsv
from mri_response.report.figures.style import (
    BLACK,
    DIVERGING,
    DOUBLE_COLUMN,
    GREY,
    NEGATIVE,
    POSITIVE,
    hanging,
    line_count,
    line_height,
    modules_kept,
    new_canvas,
    new_figure,
    number_points,
    styled,
    suptitle,
    wrap,
)
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number
from mri_response.report.region_names import readable_regions


@styled
def roi_weights(weights: pd.DataFrame, model: str, names: Naming, top: int = 20) -> Figure:
    """Draw the regions with the strongest Haufe pattern, weights of the same regions beside.

    Parameters
    ----------
    weights : DataFrame
        The table ``weights/<model>.tsv``: region, weight, haufe.
    model : str
        The model.
    names : Naming
        Names of the run.
    top : int
        Number of regions, by absolute Haufe pattern.

    Returns
    -------
    Figure

    References
    ----------
    Haufe S et al. On the interpretation of weight vectors of linear models in multivariate
    neuroimaging. NeuroImage 2014;87:96-110.
    """
    frame = weights.assign(
        text=readable_regions(weights["region"]),
        weight=as_number(weights["weight"]),
        haufe=as_number(weights["haufe"]),
    )
    order = np.argsort(-np.abs(frame["haufe"].to_numpy()), kind="stable")[:top]
    frame = frame.iloc[order].sort_values("haufe", kind="stable")
    title = names.title(f"Regions with the strongest pattern, model {model}")
    texts = [wrap(text, 72) for text in frame["text"]]
    tallest = max(line_count(text) for text in texts)
    height = 34 + len(frame) * (4.4 if tallest == 1 else 3.6 * tallest)
    figure = new_figure(DOUBLE_COLUMN, height)
    suptitle(figure, title, DOUBLE_COLUMN)
    figure.get_layout_engine().set(wspace=0.05)
    left, right = figure.subplots(1, 2, sharey=True)
    panels = (
        (left, "haufe", "Haufe pattern: where the signal is", "Pattern, unit norm"),
        (right, "weight", "Weights of the refitted model", "Weight per SD, unit norm"),
    )
    positions = np.arange(len(frame))
    for axes, column, heading, label in panels:
        values = frame[column].to_numpy()
        axes.barh(positions, values, color=np.where(values > 0, POSITIVE, NEGATIVE), height=0.72)
        axes.axvline(0, color=BLACK, linewidth=0.7)
        limit = 1.05 * max(np.abs(values).max(), 1e-12)
        axes.set(xlim=(-limit, limit), xlabel=label)
        axes.set_title(heading)
        axes.locator_params(axis="x", nbins=5)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    left.set_yticks(positions, texts)
    left.set_ylim(-0.6, len(frame) - 0.4)
    handles = [
        Patch(color=POSITIVE, label=f"Towards {names.positive}"),
        Patch(color=NEGATIVE, label=f"Towards {names.negative}"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2)
    return figure


def paint_regions(
    atlas: Nifti1Image, regions: pd.DataFrame, values: Mapping[str, float]
) -> Nifti1Image:
    """Return an image that holds each region's value in the region's voxels.

    Parameters
    ----------
    atlas : Nifti1Image
        Label image.
    regions : DataFrame
        Columns index (label in the image) and region (name).
    values : mapping of str to float
        Value of each region by name. Regions without a value are 0.

    Returns
    -------
    Nifti1Image
        float32, on the atlas's grid.
    """
    labels = np.asarray(atlas.dataobj).astype(np.int64)
    index = as_number(regions["index"]).to_numpy(dtype=np.int64)
    lookup = np.zeros(max(labels.max(), index.max()) + 1, dtype=np.float32)
    for label, region in zip(index, regions["region"], strict=True):
        lookup[label] = values.get(region, 0.0)
    lookup[0] = 0
    return Nifti1Image(lookup[np.maximum(labels, 0)], atlas.affine)


def weight_image(files: Mapping[str, str], kind: str) -> Nifti1Image:
    """Read one kind of weights of a model as an image.

    Parameters
    ----------
    files : mapping of str to path
        Either an image for each kind, or ``table`` (weights by region), ``atlas`` and ``regions``.
    kind : str
        weight, haufe or weight_mean.

    Returns
    -------
    Nifti1Image
    """
    if "table" not in files.keys():  # noqa: SIM118 (a list of files with names)
        return nib.load(files[kind])
    table = read_tsv(files["table"])
    regions = read_tsv(files["regions"]).astype({"index": int})
    values = dict(zip(table["region"], table[kind].astype(float), strict=True))
    return paint_regions(nib.load(files["atlas"]), regions, values)


@styled
@modules_kept()
def brain_maps(
    maps: Mapping[str, tuple[Nifti1Image, str]],
    title: str,
    names: Naming,
    axial: tuple[int, ...] = (-42, -26, -10, 6, 22, 38, 54),
    sagittal: tuple[int, ...] = (-48, -32, -6, 6, 32, 48),
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
    # Imported here: it costs seconds, and only this figure needs it.
    from nilearn.datasets import load_mni152_template
    from nilearn.plotting import plot_glass_brain, plot_stat_map

    background = load_mni152_template(resolution=2)
    title = names.title(title)
    wrapped_title = wrap(title, DOUBLE_COLUMN - 6, 9, "bold")
    headings = [wrap(text, DOUBLE_COLUMN - 6, weight="bold") for text in maps]
    row_axial, row_sagittal, row_glass, bar, gap = 31.0, 26.0, 33.0 * glass, 18.0, 4.0
    rows = row_axial + row_sagittal + row_glass + bar + 2 * gap
    blocks = [line_count(t) * line_height() + rows for t in headings]
    top = 4.5 * line_count(wrapped_title) + 3
    height = top + sum(blocks)
    figure, canvas = new_canvas(DOUBLE_COLUMN, height)
    canvas.text(2, 2, wrapped_title, fontsize=9, fontweight="bold", va="top")
    y = top
    for heading, (image, label) in zip(headings, maps.values(), strict=True):
        canvas.text(2, y, heading, fontweight="bold", va="top", linespacing=1.2)
        y += line_count(heading) * line_height()
        values = np.abs(np.nan_to_num(np.asarray(image.dataobj, dtype=float)))
        limit = float(np.percentile(values[values > 0], 99)) if (values > 0).any() else 1.0
        for mode, cuts, size in (("z", axial, row_axial), ("x", sagittal, row_sagittal)):
            rectangle = (0.01, 1 - (y + size) / height, 0.98, size / height)
            display = plot_stat_map(
                image,
                bg_img=background,
                display_mode=mode,
                cut_coords=list(cuts),
                figure=figure,
                axes=rectangle,
                cmap=DIVERGING,
                vmax=limit,
                vmin=-limit,
                threshold=1e-12,
                colorbar=False,
                annotate=False,
                black_bg=False,
                dim=-0.6,
                resampling_interpolation="nearest",
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
            y += size + gap
        if glass:
            plot_glass_brain(
                image,
                display_mode="lyrz",
                figure=figure,
                axes=(0.01, 1 - (y + row_glass) / height, 0.98, row_glass / height),
                cmap=DIVERGING,
                vmax=limit,
                vmin=-limit,
                threshold=1e-12,
                colorbar=False,
                plot_abs=False,
                annotate=False,
                black_bg=False,
                resampling_interpolation="nearest",
            ).annotate(size=8, positions=False)
            y += row_glass
        bar_axes = figure.add_axes((0.3, 1 - (y + 5) / height, 0.4, 2.8 / height))
        mappable = ScalarMappable(Normalize(-limit, limit), DIVERGING)
        colour_bar = figure.colorbar(mappable, cax=bar_axes, orientation="horizontal")
        colour_bar.outline.set_linewidth(0.5)
        colour_bar.locator = matplotlib.ticker.MaxNLocator(5)
        colour_bar.update_ticks()
        colour_bar.set_label(label)
        y += bar
    return figure


def weight_map(weight: Nifti1Image, haufe: Nifti1Image, model: str, names: Naming) -> Figure:
    """Draw the Haufe pattern and the refitted weights of a model on the brain.

    Parameters
    ----------
    weight, haufe : Nifti1Image
        Voxel maps, or region values painted by :func:`paint_regions`.
    model : str
        The model.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    direction = f"towards {names.negative} (blue) or {names.positive} (red)"
    return brain_maps(
        {
            "Haufe pattern: where the signal is": (haufe, f"Haufe pattern, {direction}"),
            "Weights of the refitted model": (weight, f"Weight, {direction}"),
        },
        f"Weights on the brain, model {model}",
        names,
        glass=True,
    )


@styled
def planted_vs_found(
    planted: pd.DataFrame, weights: pd.DataFrame, model: str, names: Naming, label: int = 6
) -> Figure:
    """Draw each region's planted difference against its Haufe pattern (simulation only).

    Parameters
    ----------
    planted : DataFrame
        The table ``simulation/planted.tsv``: region, planted (relative difference in %).
    weights : DataFrame
        The table ``weights/<model>.tsv``.
    model : str
        The model.
    names : Naming
        Names of the run.
    label : int
        How many of the strongest regions on either side are numbered and named.

    Returns
    -------
    Figure
    """
    both = planted[["region", "planted"]].merge(
        weights[["region", "haufe"]], on="region", how="inner", validate="one_to_one"
    )
    x = as_number(both["planted"]).to_numpy()
    y = as_number(both["haufe"]).to_numpy()
    order = np.argsort(y, kind="stable")
    chosen = [*order[::-1][:label], *order[:label]][: len(y)]
    texts = readable_regions(both["region"])
    correlation = np.corrcoef(x, y)[0, 1] if np.ptp(x) > 0 and np.ptp(y) > 0 else np.nan
    title = names.title(f"Planted beside found, model {model}")
    figure = new_figure(DOUBLE_COLUMN, 96)
    suptitle(figure, title, DOUBLE_COLUMN)
    axes, key = figure.subplots(1, 2, width_ratios=[100, 74])
    axes.axhline(0, color=GREY, linewidth=0.7)
    axes.axvline(0, color=GREY, linewidth=0.7)
    colour = np.where(x > 0, POSITIVE, np.where(x < 0, NEGATIVE, GREY))
    axes.scatter(x, y, s=16, c=colour, linewidths=0, alpha=0.85)
    axes.set(
        xlabel=wrap(
            f"Planted difference in grey matter, {names.positive} minus {names.negative} (%)", 92
        ),
        ylabel="Haufe pattern found",
    )
    axes.margins(0.07)
    number_points(axes, x[chosen], y[chosen])
    axes.set_title(f"{len(both)} regions, correlation r = {correlation:.2f}")
    key.axis("off")
    key.set_title("Strongest patterns found")
    text = "\n".join(hanging(str(k), texts[i], 68) for k, i in enumerate(chosen, start=1))
    key.text(0, 0.99, text, va="top", linespacing=1.45, transform=key.transAxes)
    handles = [
        Patch(color=POSITIVE, label=f"Planted: more in {names.positive}"),
        Patch(color=NEGATIVE, label=f"Planted: more in {names.negative}"),
        Patch(color=GREY, label="Nothing planted"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=3)
    return figure


def planted_map(planted: Nifti1Image, haufe: Nifti1Image, model: str, names: Naming) -> Figure:
    """Draw the planted difference and the Haufe pattern found on the brain (simulation only).

    Parameters
    ----------
    planted : Nifti1Image
        Relative grey-matter difference in %.
    haufe : Nifti1Image
        Voxel map, or region values painted by :func:`paint_regions`.
    model : str
        The model.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    difference = f"Difference in grey matter, {names.positive} minus {names.negative} (%)"
    direction = f"towards {names.negative} (blue) or {names.positive} (red)"
    return brain_maps(
        {
            "Planted": (planted, difference),
            "Found: Haufe pattern": (haufe, f"Haufe pattern, {direction}"),
        },
        f"Planted beside found on the brain, model {model}",
        names,
    )
