"""Who learned where and was scored where: performance of every cohort's model in every other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.core.vocabulary import HEADLINE_METRICS, READ_FIRST, NotComputed, Null, Role
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.frozen_performance import FrozenScores, frozen_performance
from mri_response.learning.transport import can_be_learned_from
from mri_response.models.scores import decision_of

COLUMNS = [
    *("model", "trained_on", "n_train", "cohort", "metric", "aggregation", "n", "n_positive"),
    *("estimate", "ci_low", "ci_high", "ci_method", "p_value", "null", "n_permutations"),
]
#: Nulls that a cell can have: of the cross-validated model, and of a frozen one.
_NULLS = (Null.WHOLE_PROCEDURE, Null.GIVEN_CONFOUNDS, Null.OWN_LABELS)


def transport_table(
    model: str,
    config: Mapping[str, Any],
    people: Mapping[str, pd.DataFrame],
    scores: pd.DataFrame,
    performance: pd.DataFrame,
) -> pd.DataFrame:
    """Performance by the cohort that was learned from and the cohort that was scored.

    Parameters
    ----------
    model : str
        Name of the model.
    config : mapping
        Sections seed, permutation, cross_validation and min_class_size.
    people : mapping of str to DataFrame
        Analysed rows of the discovery and external cohorts, the discovery cohort first.
    scores : DataFrame
        As from `learning.transport.transported`, of all cohorts but the discovery cohort together.
    performance : DataFrame
        Rows of the model in ``performance.tsv``, numbers as numbers: what the discovery cohort's
        model does in itself (cross-validated) and elsewhere (frozen) is taken from there.

    Returns
    -------
    DataFrame
        `COLUMNS`; intervals and p as external cohorts have them (Wilson, MOVER, DeLong; the scored
        cohort's labels permuted). A cohort too small to learn from has
        ``not_computed_small_class`` in place of numbers.
    """
    discovery, least = next(iter(people)), config["min_class_size"]
    within = {
        "within": config["permutation"]["within"],
        "group": config["cross_validation"]["group"],
    }
    own = performance[
        performance["metric"].isin(HEADLINE_METRICS)
        & performance["cohort"].isin(list(people))
        & performance["aggregation"].isin(READ_FIRST)
        & (performance["null"].isin(_NULLS) | performance["null"].isna())
    ].drop_duplicates(["cohort", "metric"])
    tables = [own.assign(trained_on=discovery)]
    for name in people:
        if name == discovery:
            continue
        others = [other for other in people if other != name]
        if not can_be_learned_from(people[name], least):
            missing = {"model": model, "trained_on": name, "ci_method": NotComputed.SMALL_CLASS}
            cells = [
                {**missing, "cohort": c, "metric": m} for c in others for m in HEADLINE_METRICS
            ]
            tables.append(pd.DataFrame(cells))
            continue
        learned = scores[scores["trained_on"] == name]
        scored = [
            FrozenScores(c, Role.CONTROL, people[c], decision_of(learned, c, people[c]))
            for c in others
        ]
        found, _ = frozen_performance(
            model,
            scored,
            seed=config["seed"],
            n_permutations=config["permutation"]["n"],
            min_class_size=least,
            **within,
        )
        tables.append(found[found["metric"].isin(HEADLINE_METRICS)].assign(trained_on=name))
    table = pd.concat([table.astype(object) for table in tables], ignore_index=True)
    sizes = {name: Cohort.of(rows).n for name, rows in people.items()}
    table["n_train"] = table["trained_on"].map(sizes)
    return table.reindex(columns=COLUMNS)
