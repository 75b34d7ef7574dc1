"""What a job of cross-validation or of a refit reads."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mri_response.core.tables import write_tsv
from mri_response.learning.design import FixedFolds, RedrawnFolds
from mri_response.learning.job_inputs import read_job, write_prepared
from mri_response.learning.learners.svc import fold_rows
from mri_response.learning.split_tables import folds_table
from mri_response.learning.splits import REFIT, Scheme, draw_folds

N = {"discovery": 24, "external": 5}
SEED = 4
SCHEME = {
    **{"scheme": "balanced", "repeats": 2, "outer": "k_fold", "outer_folds": 3, "group": None},
    **{"inner": "k_fold", "inner_column": None},
    **{"inner_repeats": 1, "inner_folds": 2, "outer_column": None, "held_out": None},
}


@pytest.fixture
def study(tmp_path: Path) -> SimpleNamespace:
    """Two cohorts, their features and the splits as the workflow writes them."""
    rng = np.random.default_rng(0)
    paths, features, tables = {}, {}, {}
    for name, n in N.items():
        ids = [f"sub-{name[0]}{i:02d}" for i in range(n)]
        people = pd.DataFrame({"participant_id": ids, "label": np.arange(n) % 2})
        people = people.assign(outcome="made up", age=rng.integers(20, 60, n))
        features[name] = rng.normal(size=(n, 3))
        matrix = pd.DataFrame(features[name], columns=["a", "b", "c"])
        matrix.insert(0, "participant_id", ids)
        paths[name] = tmp_path / f"{name}.tsv", tmp_path / f"{name}_features.tsv"
        write_tsv(people, paths[name][0])
        write_tsv(matrix, paths[name][1])
        tables[name] = people
    home = tables["discovery"]
    scheme = Scheme.from_config(SCHEME, home)
    folds = draw_folds(home["participant_id"], home["label"].to_numpy(), scheme, SEED)
    write_tsv(folds_table(folds, home, scheme.inner_repeats), tmp_path / "splits.tsv")
    config = {
        "seed": SEED,
        "cross_validation": SCHEME,
        "permutation": {"within": None, "method": "free", "n": 5},
        "confounds": {"unseen_site": "error"},
        "model": {"features": "made up", "confounds": ["age"]},
    }
    given = SimpleNamespace(
        people=paths["discovery"][0],
        others=[],
        splits=tmp_path / "splits.tsv",
        features=[paths["discovery"][1]],
    )
    return SimpleNamespace(
        paths=paths, features=features, tables=tables, folds=folds, config=config, given=given
    )


def test_a_job_has_its_outer_folds_as_they_were_drawn(study):
    params = SimpleNamespace(config=study.config, folds=[2, 5])
    job = read_job(study.given, params)
    assert isinstance(job.folds, FixedFolds)
    assert len(job.folds.folds) == 3
    for found, drawn in zip(job.folds.folds, study.folds[2:5], strict=True):
        assert (found.repeat, found.outer_fold) == (drawn.repeat, drawn.outer_fold)
        np.testing.assert_array_equal(found.sets.train, drawn.sets.train)
        np.testing.assert_array_equal(found.sets.test, drawn.sets.test)
    np.testing.assert_array_equal(job.sample.features, study.features["discovery"])
    ages = study.tables["discovery"]["age"].to_numpy()
    np.testing.assert_array_equal(job.sample.confounds[:, 0], ages)
    np.testing.assert_array_equal(job.sample.weights, np.ones(N["discovery"]))
    assert job.design.seed == SEED
    assert job.learner.model == study.config["model"]


def test_a_refit_has_the_other_cohorts_behind_and_trains_on_none_of_them(study):
    people, features = study.paths["external"]
    study.given.others, study.given.features = [people], [*study.given.features, features]
    job = read_job(study.given, SimpleNamespace(config=study.config, folds="refit"))
    (refit,) = job.folds.folds
    assert refit.repeat == REFIT
    assert refit.sets.train.shape[1] == sum(N.values())
    assert refit.sets.train[0, : N["discovery"]].all()
    assert not refit.sets.train[:, N["discovery"] :].any()
    both = np.vstack([study.features[name] for name in N])
    np.testing.assert_array_equal(job.sample.features[:, :], both)
    weights = [1.0] * N["discovery"] + [0.0] * N["external"]
    np.testing.assert_array_equal(job.sample.weights, weights)


def test_redrawn_folds_are_those_of_the_scheme_and_not_of_the_table(study):
    study.config["cross_validation"] = SCHEME | {"scheme": "stratified"}
    params = SimpleNamespace(config=study.config, folds=[1, 4])
    job = read_job(study.given, params, redrawn=True)
    assert isinstance(job.folds, RedrawnFolds)
    assert job.folds.members == range(1, 4)
    assert job.folds.scheme.stratified
    assert list(job.folds.units) == list(study.tables["discovery"]["participant_id"])


@pytest.mark.parametrize("folds", [[0, 3], "refit"])
@pytest.mark.parametrize("rows_per_feature", [2.0, np.inf])
def test_what_was_prepared_stands_for_the_features(
    study, monkeypatch, tmp_path, folds, rows_per_feature
):
    """Fits on rows and on Gram matrices are the same to the last bit without the features."""
    monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", rows_per_feature)
    if folds == "refit":
        people, features = study.paths["external"]
        study.given.others, study.given.features = [people], [*study.given.features, features]
    c = {"scale": "absolute", "log2_min": -3, "log2_max": 0, "log2_step": 1}
    study.config["model"] |= {"C": c, "class_weight": "balanced", "standardize": True, "pca": None}
    params = SimpleNamespace(config=study.config, folds=folds)
    whole = read_job(study.given, params)
    path = tmp_path / "prepared.npz"
    write_prepared(whole, path)
    given = SimpleNamespace(**{**vars(study.given), "features": [], "prepared": path})
    job = read_job(given, params)
    assert (job.sample.features is None) == np.isinf(rows_per_feature)
    assert len(job.prepared) == len(job.folds.folds)
    blocks = [range(1), range(1, 4)]
    found = job.learner.run(job.sample, job.folds, job.design, blocks, job.prepared)
    expected = whole.learner.run(whole.sample, whole.folds, whole.design, blocks)
    assert np.isfinite(found.decision).any()
    for name, value in vars(expected).items():
        np.testing.assert_array_equal(getattr(found, name), value, err_msg=name)
