"""How well sites can be told, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import column_of
from mri_response.core.vocabulary import NotComputed
from mri_response.evaluation.sites.prediction import DECISION, FEATURES, OUTCOME, PREPARED
from mri_response.report.facts.phrases import listed
from mri_response.report.numbers import interval_text, number, p_text, percent

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


def told_better_prepared(rows: pd.DataFrame, model: Mapping[str, Any], config: Any) -> str:
    """Say why sites are told better after preparation than before, where they are.

    Parameters
    ----------
    rows : DataFrame
        Rows of one model in ``site_predictability.tsv``, with numbers.
    model : mapping
        Section of the model.
    config : mapping
        The completed configuration.

    Returns
    -------
    str
        A sentence or two with a space before them. Empty where the number does not rise as it is
        written, and where the prepared features do not tell the sites beyond chance at the level of
        the verdict: such a rise needs no reason.
    """
    of = rows.set_index("predicted_from")
    if not {FEATURES, PREPARED} <= set(of.index):
        return ""
    before, after = (number(of.loc[name, "estimate"]) for name in (FEATURES, PREPARED))
    beyond_chance = number(of.loc[PREPARED, "p_value"]) <= config["verdict"]["level"]
    if not beyond_chance or not after > before or percent(after) == percent(before):
        return ""
    columns = [column_of(confound) for confound in model["confounds"]]
    start = " Sites are told better after preparation than before"
    if model["harmonise"] or config["sites"]["column"] in columns:
        return f"{start}, although preparation was to take the site off."
    removed = listed(["TIV" if name == "tiv" else name for name in columns])
    return (
        f"{start}. Preparation removes {removed}, in which people of one site differ from each "
        "other, but not the site: of what is left it can be a larger part. No test compares the "
        "two."
    )
