"""Who learned where and was scored where, as a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mri_response.core.vocabulary import HEADLINE_METRICS
from mri_response.report.figures.style import DIVERGING, DOUBLE_COLUMN, new_figure, styled, suptitle
from mri_response.report.figures.text import wrap
from mri_response.report.naming import METRIC_NAMES, Naming
from mri_response.report.numbers import estimate_text, interval_text, number, p_text

LABELS_WIDTH = 45.0
CELL_HEIGHT, LINE_HEIGHT = 14.0, 4.0  # mm


@styled
def draw(transport: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw balanced accuracy and AUC by the cohort that was learned from and the one scored.

    Parameters
    ----------
    transport : DataFrame
        The table ``transport.tsv``.
    model : str
        Model whose rows are drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Each cell has the estimate, its 95 % interval and p. The diagonal has the cross-validated
        numbers of the discovery cohort alone. Columns have the numbers of the rows: titles of
        cohorts may be long.
    """
    own = transport[transport["model"] == model]
    cohorts = names.ordered(own["trained_on"])
    title = names.title(f"Learned in one cohort, scored in another, model {model}")
    sizes = own.drop_duplicates("trained_on").set_index("trained_on")["n_train"]
    titles = [
        wrap(f"{i}. {names.titles[c]}, n\u00a0=\u00a0{int(number(sizes[c]))}", LABELS_WIDTH)
        for i, c in enumerate(cohorts, start=1)
    ]
    row = max(CELL_HEIGHT, LINE_HEIGHT * max(text.count("\n") + 2 for text in titles))
    figure = new_figure(DOUBLE_COLUMN, 42 + 2 * row * len(cohorts))
    suptitle(figure, title, DOUBLE_COLUMN)
    panels = figure.subplots(2, 1, sharex=True)
    for axes, metric in zip(panels, HEADLINE_METRICS, strict=True):
        found = own[own["metric"] == metric].set_index(["trained_on", "cohort"])
        values = np.full((len(cohorts), len(cohorts)), np.nan)
        for i, learned in enumerate(cohorts):
            for j, scored in enumerate(cohorts):
                text = "not computed" if i != j else ""
                if (learned, scored) in found.index:
                    row = found.loc[(learned, scored)]
                    values[i, j] = number(row["estimate"])
                    if not np.isnan(values[i, j]):
                        text = (
                            f"{estimate_text(metric, row['estimate'])}\n"
                            f"{interval_text(metric, row['ci_low'], row['ci_high'])}\n"
                            f"p\u00a0=\u00a0{p_text(row['p_value'], row['n_permutations'])}"
                        )
                dark = abs(np.nan_to_num(values[i, j], nan=0.5) - 0.5) > 0.3
                axes.text(
                    j, i, text, ha="center", va="center", color="white" if dark else "black",
                    fontsize=7,
                )  # fmt: skip
        # Red above chance and blue below it.
        axes.imshow(values, cmap=DIVERGING, vmin=0, vmax=1, aspect="auto")
        axes.set_title(METRIC_NAMES[metric])
        axes.set_xticks(range(len(cohorts)), [f"{i}." for i in range(1, len(cohorts) + 1)])
        axes.set_yticks(range(len(cohorts)), titles)
        axes.set_ylabel("learned in")
        axes.tick_params(length=0, labelbottom=True)
    panels[-1].set_xlabel("scored in")
    return figure
