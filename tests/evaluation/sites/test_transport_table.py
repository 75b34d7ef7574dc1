"""The matrix of who learned where: numbers of the discovery cohort's model are those of the run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mri_response.core.vocabulary import Null
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.frozen_performance import frozen_estimates
from mri_response.evaluation.sites.transport import COLUMNS, transport_table

CONFIG = {
    "seed": 1,
    "permutation": {"n": 99, "within": None},
    "cross_validation": {"group": None},
    "min_class_size": 5,
}


@pytest.fixture
def study():
    rng = np.random.default_rng(2)
    people = {
        name: pd.DataFrame(
            {"participant_id": [f"{name}{i}" for i in range(n)], "label": np.arange(n) % 2}
        )
        for name, n in {"home": 40, "away": 30, "small": 8}.items()
    }
    scores = pd.concat([
        people[name].assign(
            trained_on="away",
            cohort=name,
            decision=rng.normal(size=len(people[name])) + 3 * (people[name]["label"] - 0.5),
        )
        for name in ("home", "small")
    ], ignore_index=True)  # fmt: skip
    cells = [("home", "mean_over_repeats", Null.WHOLE_PROCEDURE), ("away", "frozen_model", None)]
    cells = [
        {
            **{"model": "m", "cohort": cohort, "metric": metric, "aggregation": aggregation},
            **{"estimate": 0.6, "ci_low": 0.5, "ci_high": 0.7, "p_value": 0.04, "null": null},
        }
        for cohort, aggregation, null in [
            *cells,
            ("home", "mean_over_folds", None),
            ("home", "person", Null.WHOLE_PROCEDURE),
            ("away", "frozen_model", Null.DISCOVERY_LABELS),
            ("saline", "frozen_model", Null.OWN_LABELS),
        ]
        for metric in ("balanced_accuracy", "auc", "sensitivity")
    ]
    return people, scores, pd.DataFrame(cells)


def test_every_pair_has_its_estimate_interval_and_p(study):
    people, scores, performance = study
    table = transport_table("m", CONFIG, people, scores, performance)
    assert list(table.columns) == COLUMNS
    rows = table.set_index(["trained_on", "cohort", "metric"])
    assert not rows.index.duplicated().any()
    assert rows.loc[("home", "home", "auc"), "estimate"] == 0.6
    assert rows.loc[("home", "away", "auc"), "aggregation"] == "frozen_model"
    assert ("home", "saline", "auc") not in rows.index
    own = scores[scores["cohort"] == "home"]
    expected = frozen_estimates(own["decision"].to_numpy(), Cohort.of(people["home"]))
    for metric in ("balanced_accuracy", "auc"):
        row = rows.loc[("away", "home", metric)]
        found = row[["estimate", "ci_low", "ci_high"]].astype(float)
        np.testing.assert_allclose(found, expected[metric][:3])
        assert row["p_value"] == 0.01
        assert row["n_train"] == 30


def test_small_cohorts_are_neither_learned_from_nor_scored(study):
    rows = transport_table("m", CONFIG, *study).set_index(["trained_on", "cohort", "metric"])
    for key in (("small", "home", "auc"), ("away", "small", "auc")):
        assert np.isnan(float(rows.loc[key, "estimate"]))
        assert rows.loc[key, "ci_method"] == "not_computed_small_class"
