"""Whether the removal of confounds puts something into the features, in confound_controls.tsv."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import HEADLINE, HEADLINE_METRICS, ConfoundControl
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.metrics import cross_validated
from mri_response.learning.decisions import Decisions

AS_ANALYSED = "as_analysed"
COLUMNS = [
    *("model", "cohort", "control", "metric", "aggregation", "n", "n_positive", "estimate"),
]


def confound_controls(
    model: str,
    cohort: str,
    people: pd.DataFrame,
    decisions: Decisions,
    controls: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Performance of a model as it was analysed and under both controls, nothing permuted.

    Parameters
    ----------
    model, cohort : str
        Names of the model and of the discovery cohort.
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    decisions : Decisions
        Of the model as it was analysed.
    controls : mapping of str to numpy.ndarray, shape (repeats, n)
        As from `mri_response.learning.confound_controls.run_confound_controls`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: means over repeats, on the same splits. n counts people, n_positive
        those with a row of the positive class, as in performance.tsv.
    """
    tested, rows = decisions.of_tested(people)
    tested_people = Cohort.of(rows)
    labels, fold = tested.labels[:1], tested.fold[:1]
    found = {AS_ANALYSED: tested.decision[0]}
    found |= {str(c): controls[c][:, decisions.tested] for c in ConfoundControl}
    table: list[dict[str, Any]] = []
    for control, decision in found.items():
        for metric in HEADLINE_METRICS:
            values = cross_validated(
                metric, HEADLINE, decision[None], fold, labels, tested_people.weights
            )
            table.append(
                {
                    **{"model": model, "cohort": cohort, "control": control, "metric": metric},
                    "aggregation": HEADLINE,
                    **tested_people.sizes(),
                    "estimate": float(values[0]),
                }
            )
    return pd.DataFrame(table, columns=COLUMNS)
