"""Probabilities of single people, by cohort and outcome."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mri_response.report.figures.people_rows import Scores, draw_scores
from mri_response.report.figures.style import styled
from mri_response.report.naming import Naming


@styled
def draw(predictions: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw every person's probability by cohort and outcome, without any label of a person.

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
        Points, the box from the lower to the upper quartile with the median, and the share of
        the positive class in the cohort.
    """
    scores = Scores(
        column="probability",
        title=names.title(f"Probabilities by cohort and outcome, model {model}"),
        label=f"Probability of {names.positive} (dashed: their share of the cohort)",
        limits=(0.0, 1.0),
        reference=lambda people: float(people["label"].mean()),
    )
    return draw_scores(predictions, model, names, scores)
