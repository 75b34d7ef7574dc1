"""Points of figures, kept apart from each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from mri_response.report.figures.style import GREY


def number_points(axes: Any, x: np.ndarray, y: np.ndarray) -> None:
    """Number points beside them, moved apart vertically so that no two numbers overlap.

    Parameters
    ----------
    axes : Axes
        Where the points are drawn already.
    x, y : ndarray, shape (points,)
        Places of the points, in the order of their numbers from 1. The axis is made longer where
        numbers would stand above it.
    """
    placed = _places(axes, x, y)
    # A longer axis brings the points closer to each other, and their numbers further apart.
    for _ in range(9):
        over = placed[:, 1].max(initial=0) + 5 - axes.bbox.y1 * 72 / axes.figure.dpi
        if over <= 0:
            break
        low, high = axes.get_ylim()
        height = axes.bbox.height * 72 / axes.figure.dpi
        axes.set_ylim(low, high + (high - low) * over / (height - over))
        placed = _places(axes, x, y)
    for k, moved in enumerate(placed[:, 2]):
        arrow = {"arrowstyle": "-", "linewidth": 0.5, "color": GREY} if moved > 4 else None
        axes.annotate(
            str(k + 1),
            (x[k], y[k]),
            (4, moved),
            textcoords="offset points",
            va="center",
            arrowprops=arrow,
        )


def _places(axes: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Left edge and middle of the number of each point, and how far it is moved up, in points."""
    axes.figure.draw_without_rendering()
    pixels = axes.transData.transform(np.column_stack([x, y]))
    points = pixels * 72 / axes.figure.dpi
    placed: dict[int, tuple[float, float, float]] = {}
    for k in map(int, np.argsort(points[:, 1], kind="stable")):
        right = points[k, 0] + 5
        upper = points[k, 1]
        # A number is about 11 points wide and 8 high.
        while any(abs(right - a) < 11 and abs(upper - b) < 8 for a, b, _ in placed.values()):
            upper += 1
        placed[k] = (right, upper, upper - points[k, 1])
    return np.array([placed[k] for k in range(len(points))]).reshape(-1, 3)


def swarm(values: np.ndarray, bin_width: float, spacing: float, limit: float) -> np.ndarray:
    """Offsets that keep points of similar value apart, stacked around the middle.

    Parameters
    ----------
    values : ndarray, shape (points,)
        Places along the axis.
    bin_width : float
        Values in one bin of this width are stacked.
    spacing : float
        Distance of stacked points from each other, less where they would pass the limit.
    limit : float
        Largest distance from the middle.

    Returns
    -------
    ndarray, shape (points,)
        Places across the axis.
    """
    offsets = np.zeros(len(values))
    bins = np.floor(values / bin_width).astype(int)
    for members in (np.flatnonzero(bins == b) for b in np.unique(bins)):
        order = members[np.argsort(values[members], kind="stable")]
        steps = np.array([(-1) ** k * ((k + 1) // 2) for k in range(len(order))], dtype=float)
        gap = min(spacing, limit / max(np.abs(steps).max(), 1))
        offsets[order] = steps * gap
    return offsets
