"""Which model is found where which one was simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.belief_updating.run_tables import typed
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN,
    contrast,
    mix,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.naming import Naming

_PANELS = {
    "p_fitted_given_simulated": "Found, of simulated (rows add up to 100)",
    "p_simulated_given_fitted": "Simulated, of found (columns add up to 100)",
}
_SMALLEST = 0.05  # shares below are left blank


@styled
def draw(belief_model_recovery: pd.DataFrame, names: Naming) -> Figure:
    """Draw the confusion of models in both directions, in percent of sessions.

    Parameters
    ----------
    belief_model_recovery : DataFrame
        The table ``belief_model_recovery.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    table = typed(belief_model_recovery)
    models = list(dict.fromkeys(table["simulated"]))
    figure = new_figure(DOUBLE_COLUMN, 45 + 5.6 * len(models))
    suptitle(figure, names.title("Which model is found"), DOUBLE_COLUMN)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (column, title) in zip(panels, _PANELS.items(), strict=True):
        wide = table.pivot_table(column, "simulated", "fitted", dropna=False)
        shares = wide.reindex(index=models, columns=models).to_numpy()
        for row, column_at in np.ndindex(shares.shape):
            share = shares[row, column_at]
            if not np.isfinite(share):
                continue
            colour = mix(BLUE, float(share))
            axes.fill_between(
                [column_at - 0.5, column_at + 0.5], row - 0.5, row + 0.5, color=colour, linewidth=0
            )
            if share >= _SMALLEST:
                ink = max((BLACK, "white"), key=lambda c, of=colour: contrast(c, of))
                text = f"{100 * share:.0f}"
                axes.text(column_at, row, text, ha="center", va="center", color=ink)
        axes.set_xticks(range(len(models)), models, rotation=90)
        axes.set_yticks(range(len(models)), models)
        axes.set(xlim=(-0.5, len(models) - 0.5), ylim=(len(models) - 0.5, -0.5))
        axes.set(xlabel="Found", title=title, aspect="equal")
        axes.tick_params(length=0)
    panels[0].set_ylabel("Simulated")
    return figure
