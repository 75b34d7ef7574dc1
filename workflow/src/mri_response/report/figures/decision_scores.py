"""Decision values of single people, by cohort and outcome."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.people_rows import Scores, draw_scores
from mri_response.report.figures.style import styled
from mri_response.report.naming import Naming


@styled
def draw(predictions: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw every person's decision value by cohort and outcome, without any label of a person.

    Parameters
    ----------
    predictions : DataFrame
        The table ``predictions.tsv``.
    model : str
        Name of the model whose scores are drawn.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Points, the box from the lower to the upper quartile with the median, and the
        threshold at zero.
    """
    scores = Scores(
        column="decision",
        title=names.title(f"Decision values by cohort and outcome, model {model}"),
        label=f"Decision value (right of the dashed line: taken for {names.positive})",
        limits=None,
        reference=lambda people: 0.0,
    )
    return draw_scores(predictions, model, names, scores)
