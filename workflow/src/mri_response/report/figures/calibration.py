"""Calibration curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.evaluation.calibration import CURVE
from mri_response.evaluation.curves import rows_of_cohort
from mri_response.people.rows import person_weights, told_apart
from mri_response.report.figures.cohort_panels import Panels, draw_panels
from mri_response.report.figures.hover import UNTOLD
from mri_response.report.figures.style import BLACK, BLUE, DASHED, NEGATIVE, POSITIVE, styled
from mri_response.report.naming import Naming, plural
from mri_response.report.numbers import as_number

_BINS = np.linspace(0, 1, 11)


@styled
def draw(calibration: pd.DataFrame, predictions: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw a model's calibration curve in each cohort, and how its probabilities are spread.

    Parameters
    ----------
    calibration : DataFrame
        The table ``calibration.tsv``.
    predictions : DataFrame
        The table ``predictions.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """

    def draw_cohort(axes: Any, rows: pd.DataFrame, cohort: str) -> None:
        curve = rows[rows["metric"] == CURVE]
        at, share, low, high = (
            as_number(curve[c]).to_numpy() for c in ("probability", "estimate", "ci_low", "ci_high")
        )
        axes.plot([0, 1], [0, 1], **DASHED)
        axes.fill_between(at, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(at, share, color=BLUE)
        _spread(axes, rows_of_cohort(predictions, model, cohort, names.roles))
        axes.set(xlim=(0, 1), ylim=(-0.34, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        axes.set_aspect("equal")

    panels = Panels(
        title=names.title(f"Are the probabilities right? Model {model}"),
        labels=("Probability", "Observed share"),
        handles=[
            (Line2D([], [], color=BLUE), "observed share"),
            (Patch(color=BLUE, alpha=0.2, linewidth=0), "95 % band"),
            (Line2D([], [], **DASHED), "calibrated"),
            (Patch(color=POSITIVE), plural(names.positive)),
            (Patch(color=NEGATIVE), plural(names.negative)),
        ],
        aspect=1.34,
    )
    return draw_panels(calibration[calibration["model"] == model], names, panels, draw_cohort)


def _spread(axes: Any, rows: pd.DataFrame) -> None:
    """Histogram of the probabilities below the curve: one class upwards, the other downwards."""
    weights, _ = person_weights(told_apart(rows["cohort"], rows["participant_id"]))
    probability = as_number(rows["probability"]).to_numpy()
    positive = as_number(rows["label"]).to_numpy() == 1
    counts = [
        np.histogram(probability[of], _BINS, weights=weights[of])[0] for of in (positive, ~positive)
    ]
    unit = 0.14 / max(1.0, *(c.max() for c in counts))
    for count, colour, sign in zip(counts, (POSITIVE, NEGATIVE), (1, -1), strict=True):
        heights = sign * unit * count
        axes.bar(_BINS[:-1], heights, 0.1, -0.18, align="edge", color=colour, label=UNTOLD)
    axes.axhline(-0.18, color=BLACK, linewidth=0.5)
    axes.axhline(0, color=BLACK, linewidth=0.5)
