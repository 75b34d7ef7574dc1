"""Decision curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.report.figures.cohort_panels import Panels, draw_panels
from mri_response.report.figures.style import BLACK, BLUE, GREY, styled
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, number

_EVERYBODY: dict[str, Any] = {"color": BLACK, "linewidth": 1.2, "linestyle": (0, (5, 1.5))}
_NOBODY: dict[str, Any] = {"color": GREY, "linewidth": 1.2, "linestyle": (0, (1, 1))}


@styled
def draw(decision_curve: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw a model's net benefit in each cohort beside acting on everybody and on nobody.

    Parameters
    ----------
    decision_curve : DataFrame
        The table ``decision_curve.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    panels = Panels(
        title=names.title(f"Would acting on the answers help? Model {model}"),
        labels=("Threshold probability", "Net benefit"),
        handles=[
            (Line2D([], [], color=BLUE), "by the model's answer"),
            (Patch(color=BLUE, alpha=0.2, linewidth=0), "95 % interval"),
            (Line2D([], [], **_EVERYBODY), "act on everybody"),
            (Line2D([], [], **_NOBODY), "act on nobody"),
        ],
        aspect=1.0,
    )
    table = decision_curve[decision_curve["model"] == model]
    return draw_panels(table, names, panels, _draw_cohort)


def _draw_cohort(axes: Any, rows: pd.DataFrame, cohort: str) -> None:
    columns = ("threshold", "net_benefit", "ci_low", "ci_high", "treat_all")
    at, benefit, low, high, everyone = (as_number(rows[c]).to_numpy() for c in columns)
    share = number(rows["n_positive"].iloc[0]) / number(rows["n"].iloc[0])
    axes.fill_between(at, low, high, color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(at, everyone, **_EVERYBODY)
    axes.axhline(0, **_NOBODY)
    axes.plot(at, benefit, color=BLUE)
    top = max(1.3 * share, 1.05 * float(np.nanmax(high, initial=0)))
    axes.set(xlim=(0, 1), ylim=(-0.3 * share, top), xticks=[0, 0.5, 1])
