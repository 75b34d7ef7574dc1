"""Slices of flagged scans; they name people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.config.source_kinds import source_path
from mri_response.inputs.images import open_image, read_values
from mri_response.inputs.paths import map_paths
from mri_response.report.figures.quality import identity
from mri_response.report.figures.style import (
    DOUBLE_COLUMN,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import wrap
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, number

# Axis and place along it of each slice.
_SLICES = ((2, 0.35), (2, 0.5), (2, 0.65), (1, 0.5), (0, 0.4))


def draw(qc: pd.DataFrame, names: Naming, config: Mapping[str, Any]) -> Figure:
    """Draw slices of the flagged scans, below those of the scan most like its cohort.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``.
    names : Naming
        Names of the run.
    config : mapping
        Its cohorts say where the maps are.

    Returns
    -------
    Figure
        See `draw_maps`.
    """
    paths = {}
    for row in shown_scans(qc):
        pattern = source_path(
            config["cohorts"][qc.loc[row, "cohort"]]["sources"][qc.loc[row, "source"]]
        )
        paths[row] = map_paths(pattern, qc.loc[[row]])[0]
    return draw_maps(qc, paths, names)


@styled
def draw_maps(qc: pd.DataFrame, paths: Mapping[int, Path], names: Naming) -> Figure:
    """Draw slices of the flagged scans, below those of the scan most like its cohort.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``.
    paths : mapping of int to path
        The map of each row of `shown_scans`.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Names people. Three axial slices, a coronal and a sagittal one, all maps in one grey scale;
        left and right as the voxels lie.
    """
    title = names.title("Flagged scans, below the scan most like its cohort")
    rows = shown_scans(qc)
    if len(rows) < 2:
        return message(names.title("Flagged scans"), "No map is flagged or excluded by a rule.")
    figure = new_figure(DOUBLE_COLUMN, 30.0 * len(rows) + 10)
    suptitle(figure, title, DOUBLE_COLUMN)
    grid = figure.subplots(len(rows), 5, squeeze=False)
    for line, row in zip(grid, rows, strict=True):
        image = open_image(paths[row])
        values = np.nan_to_num(read_values(image, paths[row]))
        for axes, (axis, share) in zip(line, _SLICES, strict=True):
            picture = np.take(values, round(share * (values.shape[axis] - 1)), axis=axis)
            axes.imshow(picture.T, origin="lower", cmap="gray", vmin=0, vmax=1)
            axes.axis("off")
        correlation = number(qc.loc[row, "mean_correlation"])
        text = f"{identity(qc.loc[row])}, {names.titles[qc.loc[row, 'cohort']]}"
        line[0].set_title(wrap(f"{text}, correlation {correlation:.2f}", DOUBLE_COLUMN - 8))
    return figure


def shown_scans(qc: pd.DataFrame, most: int = 12) -> list[int]:
    """Rows of ``qc.tsv`` whose maps are drawn: the one most like its cohort, then flagged ones.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``.
    most : int
        Flagged or excluded scans at most, those least like their cohort first.

    Returns
    -------
    list of int
        Empty without maps.
    """
    correlation = as_number(qc["mean_correlation"]).dropna()
    if correlation.empty:
        return []
    marked = qc["flag"].notna() | qc["excluded"].notna()
    found = correlation[marked[correlation.index]].sort_values(kind="stable").index[:most]
    typical = correlation[~correlation.index.isin(found)]
    return [*([typical.idxmax()] if len(typical) else []), *found]
