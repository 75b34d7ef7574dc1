"""Frozen regressions predict other cohorts as the refit did: formulas and recipes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mri_response.core.tables import write_tsv
from mri_response.learning.design import Design, FixedFolds, Sample, with_other_cohorts
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.split_tables import folds_table
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.models.freezing import freeze
from mri_response.models.loading import load_frozen

N, OTHERS, SEED = 40, 12, 3
NAMES = ["baseline_score", "age"]
POWERS = {"log2_min": -4, "log2_max": 0, "log2_step": 2, "scale": "relative"}


def people_of(rng, n, prefix):
    table = pd.DataFrame({"participant_id": [f"{prefix}-{i:02}" for i in range(n)]})
    table["baseline_score"] = rng.normal(30, 4, n)
    table["age"] = rng.normal(40, 10, n)
    return table


@pytest.mark.parametrize(
    ("model", "is_formula"),
    [
        ({"alpha": POWERS}, True),
        ({"epsilon": [0.1], "C": POWERS}, True),
        ({"regressor": "sklearn.linear_model.Lasso", "grid": {"alpha": [0.5, 0.1]}}, True),
        ({"regressor": "sklearn.svm.SVR", "grid": {"C": [1, 10]}}, False),
    ],
)
def test_a_frozen_regression_predicts_as_the_refit_did(tmp_path, model, is_formula):
    rng = np.random.default_rng(2)
    home, others = people_of(rng, N, "home"), people_of(rng, OTHERS, "away")
    features = rng.normal(size=(N + OTHERS, 6))
    features[3, 2] = np.nan
    label = 0.7 * home["baseline_score"] + 2 * features[:N, 0] + rng.normal(size=N)
    home.insert(1, "label", label)
    defaults = {"parameters": {}, "grid": {}} if "regressor" in model else {}
    model = {"standardize": True, "pca": None, "harmonise": None} | defaults | model
    model |= {"confounds": NAMES}
    paths = {name: tmp_path / name for name in ("people.tsv", "splits.tsv", "features.npy")}
    folds = draw_folds(home["participant_id"], label.to_numpy(), Scheme(1, 4, 1, 4), SEED)
    write_tsv(home, paths["people.tsv"])
    write_tsv(folds_table(folds, home, 4), paths["splits.tsv"])
    np.save(paths["features.npy"], features[:N])
    coding = ConfoundCoding.of(home, NAMES)
    sample = Sample.of([home, others], features, coding, "error")
    refit = FixedFolds([with_other_cohorts(folds[-1], OTHERS)])
    exchanged = ExchangedResiduals(home, coding.matrix(home))
    job = learner_of(model).run(sample, refit, Design(exchanged, SEED), [range(1)])
    job.write(tmp_path / "refit.npz")
    config = {
        "seed": SEED,
        "outcome": {"kind": "change"},
        "external": {"model": "refit"},
        "features": {"set": {"kind": "table"}},
        "model": model | {"features": "set"},
    }
    given = SimpleNamespace(
        people=paths["people.tsv"],
        features=paths["features.npy"],
        splits=paths["splits.tsv"],
        fitted=[tmp_path / "refit.npz"],
    )
    freeze("m", config, given).save(tmp_path / "m.json")
    assert (tmp_path / "m.npz").exists() == is_formula
    files = {name.split(".")[0]: path for name, path in paths.items()}
    found = load_frozen(tmp_path / "m.json").ready(files).decision(features[N:], others)
    np.testing.assert_allclose(found, job.decision[0, 0, N:], atol=1e-8)
    # What the features add is there, and is not all.
    reduced = job.reduced[0, 0, N:]
    assert np.std(found - reduced) > 0.1
    assert np.corrcoef(found, reduced)[0, 1] > 0.3
