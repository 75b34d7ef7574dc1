"""What permuted residuals add to the prediction of a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mri_response.report.figures.number_panels import gains
from mri_response.report.figures.style import (
    DASHED,
    DOUBLE_COLUMN,
    SKY,
    VERMILION,
    message,
    new_figure,
    styled,
    suptitle,
)
from mri_response.report.figures.text import wrap
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, minus, number, p_phrase


@styled
def draw(
    numbers_null: pd.DataFrame, numbers_performance: pd.DataFrame, model: str, names: Naming
) -> Figure:
    """Draw the gains under permuted residuals, and the observed ones.

    Parameters
    ----------
    numbers_null : DataFrame
        The table ``numbers_null.tsv``.
    numbers_performance : DataFrame
        The table ``numbers_performance.tsv``.
    model : str
        Name of the model that is drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        A row for each cohort, gain in R2 on the left and in mean absolute error on the right.
    """
    null = numbers_null[numbers_null["model"] == model]
    rows = numbers_performance[numbers_performance["model"] == model]
    rows = rows.set_index(["cohort", "metric"])
    cohorts = names.ordered(null["cohort"])
    title = names.title(f"What chance adds, model {model}")
    if not cohorts:
        return message(title, "No permutation was made.")
    figure = new_figure(DOUBLE_COLUMN, 28 + 44 * len(cohorts))
    suptitle(figure, title, DOUBLE_COLUMN)
    grid, marked = figure.subplots(len(cohorts), 2, squeeze=False), False
    for line, cohort in zip(grid, cohorts, strict=True):
        for axes, (metric, words) in zip(line, gains(names).items(), strict=True):
            own = null[(null["cohort"] == cohort) & (null["metric"] == metric)]
            drawn, row = as_number(own["value"]).to_numpy(), rows.loc[(cohort, metric)]
            observed = number(row["estimate"])
            axes.hist(
                drawn,
                bins=np.linspace(drawn.min(), drawn.max(), 25),
                weights=np.full(len(drawn), 100 / len(drawn)),
                color=SKY,
                edgecolor="white",
            )
            axes.axvline(0, **DASHED)
            axes.axvline(observed, color=VERMILION, linewidth=2)
            p = p_phrase(row["p_value"], row["n_permutations"])
            marked = marked or "†" in p
            text = f"{names.titles[cohort]}\nobserved: {minus(observed, 3)}, {p}"
            axes.set_title(wrap(text, 82), linespacing=1.2)
            axes.locator_params(axis="x", nbins=6)
            axes.set_xlabel(words)
        line[0].set_ylabel("Permutations (%)")
    handles = [
        Line2D([], [], color=VERMILION, linewidth=2, label="observed"),
        Patch(facecolor=SKY, edgecolor="white", label="residuals permuted"),
        Line2D([], [], label="nothing added", **DASHED),
    ]
    if marked:
        label = "† the smallest p that so many permutations can give"
        handles.append(Line2D([], [], linestyle="none", label=label))
    figure.legend(handles=handles, loc="outside lower left", ncols=3)
    return figure
