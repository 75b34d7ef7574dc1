"""Performance of a model at every site, and how much sites differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from mri_response.core.tables import as_categories
from mri_response.core.vocabulary import (
    EXTERNAL_POOLED,
    HEADLINE_METRICS,
    Aggregation,
    NotComputed,
    Role,
)
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.frozen_performance import estimates_of
from mri_response.evaluation.sites.heterogeneity import LEVEL, random_effects
from mri_response.evaluation.subgroups import subgroup_table
from mri_response.learning.decisions import Decisions
from mri_response.models.scores import decision_of

COLUMNS = [
    *("model", "cohort", "role", "site", "metric", "aggregation", "n", "n_positive"),
    *("estimate", "ci_low", "ci_high", "ci_method"),
]
SPREAD_COLUMNS = [
    *("model", "role", "metric", "n_sites", "estimate", "ci_low", "ci_high", "tau_squared"),
    *("i_squared", "i_squared_low", "i_squared_high", "q", "p_value"),
    *("prediction_low", "prediction_high", "note"),
]
#: Half a person among so many at the edge, where a proportion has no logit.
EDGE = 0.5


def site_performance(
    model: str,
    config: Mapping[str, Any],
    people: Mapping[str, pd.DataFrame],
    decisions: Decisions,
    scores: pd.DataFrame,
) -> pd.DataFrame:
    """Balanced accuracy and AUC of a model at every site of every cohort.

    Parameters
    ----------
    model : str
        Name of the model.
    config : mapping
        Sections cohorts, sites, min_class_size and cross_validation of the configuration.
    people : mapping of str to DataFrame
        Analysed rows by cohort, the discovery cohort first.
    decisions : Decisions
        Of the discovery cohort.
    scores : DataFrame
        Decision values of the frozen model: ``cohort``, ``participant_id``, ``decision``.

    Returns
    -------
    DataFrame
        `COLUMNS`, with the intervals that subgroups have. A cohort without the column, or of
        one site, is one site of its name or of the site's.
    """
    column, least = config["sites"]["column"], config["min_class_size"]
    asked = {"columns": [column], "age_bands": []}
    found = subgroup_table(model, {**config, "subgroups": asked}, people, decisions, scores)
    found = found[found["reference"].isna() & (found["cohort"] != EXTERNAL_POOLED)]
    tables = [found.rename(columns={"group": "site"})]
    for name, rows in people.items():
        role = config["cohorts"][name]["role"]
        if role == Role.DISCOVERY or name in set(found["cohort"]):
            continue
        sites = as_categories(rows[column]).dropna().unique() if column in rows else []
        about = {
            "model": model,
            "cohort": name,
            "role": role,
            "aggregation": Aggregation.FROZEN_MODEL,
        }
        about["site"] = sites[0] if len(sites) else name
        tables.append(_whole(about, rows, decision_of(scores, name, rows), least))
    table = pd.concat(tables, ignore_index=True)
    table = table[table["metric"].isin(HEADLINE_METRICS)].reindex(columns=COLUMNS)
    return table.reset_index(drop=True)


def _whole(
    about: Mapping[str, Any], rows: pd.DataFrame, decision: NDArray, least: int
) -> pd.DataFrame:
    """A cohort as one site."""
    cohort = Cohort.of(rows)
    if cohort.too_small(least):
        missing = {"n": cohort.n, "ci_method": NotComputed.SMALL_CLASS}
        return pd.DataFrame([{**about, "metric": metric, **missing} for metric in HEADLINE_METRICS])
    estimates = estimates_of(decision, cohort)
    names = ("estimate", "ci_low", "ci_high", "ci_method")
    return pd.DataFrame(
        [
            {**about, "metric": metric, **cohort.sizes()}
            | dict(zip(names, estimates[metric], strict=True))
            for metric in HEADLINE_METRICS
        ]
    )


def site_spread(table: pd.DataFrame) -> pd.DataFrame:
    """Mean, heterogeneity and prediction interval of the sites that a model was scored at.

    Parameters
    ----------
    table : DataFrame
        As from `site_performance`.

    Returns
    -------
    DataFrame
        `SPREAD_COLUMNS`, of the discovery cohort's sites (cross-validated) and of those of external
        cohorts (frozen model). Variances are on the logit scale, on which the standard error of a
        site is the width of its interval there; estimates and limits are brought back. ``note`` is
        ``not_estimable`` with too few sites.

    References
    ----------
    Debray et al. (2017). A guide to systematic review and meta-analysis of prediction model
    performance. BMJ 356:i6460.
    """
    found = []
    own = table[table["role"] != Role.CONTROL]
    for (model, role, metric), rows in own.groupby(["model", "role", "metric"], sort=False):
        rows = rows[rows["estimate"].notna()]
        about = {"model": model, "role": role, "metric": metric, "n_sites": len(rows)}
        value, error = _on_logit_scale(rows)
        effects = random_effects(value, error)
        if effects is None:
            found.append(about | {"note": NotComputed.NOT_ESTIMABLE})
            continue
        found.append(
            about
            | {"estimate": expit(effects.estimate), "ci_low": expit(effects.low)}
            | {"ci_high": expit(effects.high), "tau_squared": effects.tau_squared}
            | {"i_squared": effects.i_squared, "i_squared_low": effects.i_squared_low}
            | {"i_squared_high": effects.i_squared_high}
            | {"q": effects.q, "p_value": effects.p_value}
            | {"prediction_low": expit(effects.prediction_low)}
            | {"prediction_high": expit(effects.prediction_high)}
        )
    return pd.DataFrame(found, columns=SPREAD_COLUMNS)


def _on_logit_scale(rows: pd.DataFrame) -> tuple[NDArray, NDArray]:
    """Logits of the estimates of sites with their standard errors, from estimates and intervals."""
    n = rows["n"].to_numpy(dtype=float)
    value, low, high = (
        logit(np.clip(rows[name].to_numpy(dtype=float), EDGE / (n + 1), 1 - EDGE / (n + 1)))
        for name in ("estimate", "ci_low", "ci_high")
    )
    return value, (high - low) / (2 * ndtri((1 + LEVEL) / 2))
