"""How well sites can be told, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import NotComputed
from mri_response.evaluation.sites.prediction import DECISION, FEATURES, OUTCOME, PREPARED
from mri_response.report.numbers import interval_text, p_text, percent

SOURCES = {
    FEATURES: "features as measured",
    PREPARED: "features after preparation",
    DECISION: "decision values",
    OUTCOME: "the outcome alone",
}


def told_from(rows: pd.DataFrame) -> str:
    """How well sites can be told, in words.

    Parameters
    ----------
    rows : DataFrame
        Rows of one model in ``site_predictability.tsv``, with numbers.

    Returns
    -------
    str
        Without a full stop.
    """
    return ", ".join(
        f"{percent(row['estimate'])} from {SOURCES[row['predicted_from']]} "
        f"({_limits(row)}p\u00a0=\u00a0{p_text(row['p_value'], row['n_permutations'])})"
        for _, row in rows.iterrows()
    )


def _limits(row: pd.Series) -> str:
    """The 95 % interval of a recall with a comma, or nothing where there is none."""
    if np.isnan(row["ci_low"]):
        return ""
    return f"95\u00a0% interval {interval_text('recall', row['ci_low'], row['ci_high'])}, "


def sites_sentence(rows: pd.DataFrame) -> str:
    """The answer to "is it the site?" of one model.

    Parameters
    ----------
    rows : DataFrame
        Rows of one model in ``site_predictability.tsv``, with numbers.

    Returns
    -------
    str
    """
    first = rows.iloc[0]
    if first["note"] == NotComputed.NOT_ESTIMABLE:
        return "Not estimable: the people whose site is known come from one site."
    return (
        f"The site of {int(first['n'])} people ({int(first['n_sites'])} sites, chance "
        f"{percent(first['chance'])}) can be told with a mean recall of {told_from(rows)}."
    )
