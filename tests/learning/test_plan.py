"""How the work of a run is cut into jobs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mri_response.config.load import load_config
from mri_response.config.queries import curve_models
from mri_response.learning.batches import (
    PERMUTATIONS_PER_BLOCK,
    batches,
    labelling_batches,
    smallest_subsample,
)
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.plan import (
    BatchPlan,
    batch_plans,
    curve_batches,
    estimated_work,
    other_seconds,
    plan_lines,
)
from mri_response.learning.splits import Scheme, draw_folds

CONFIG = """
run: study
cohorts:
  a: {role: discovery, participants: a.tsv, sources: {fs: a_fs.tsv}}
  b: {role: external, participants: b.tsv, sources: {fs: b_fs.tsv}}
outcome: {kind: label, column: group, classes: [patient, control], positive_class: patient}
features: {fs: {kind: table, source: fs}}
models: {one: {features: fs, confounds: []}}
"""


def configuration(**changes: Any) -> dict[str, Any]:
    return load_config(yaml.safe_load(CONFIG) | changes)


def n_jobs(plans: Mapping[str, BatchPlan], rule: str = "cross_validate") -> int:
    return sum(len(plan.jobs[rule]) for plan in plans.values())


# ------------------------------------------------------------ parts
@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.integers(0, 3000), st.integers(1, 3000))
def test_every_permutation_is_in_one_job_and_observed_labels_in_the_first(n_permutations, size):
    jobs = labelling_batches(n_permutations, size)
    assert jobs[0][0] == range(1)
    indices = [index for job in jobs for block in job for index in block]
    assert indices == list(range(n_permutations + 1))
    blocks = [block for job in jobs for block in job]
    # The blocks are the same whatever the size of jobs is.
    assert blocks == [block for job in labelling_batches(n_permutations, 1) for block in job]
    assert all(len(block) <= PERMUTATIONS_PER_BLOCK for block in blocks)
    assert all(sum(map(len, job)) >= min(size, n_permutations) for job in jobs[:-1])
    assert all(len(job) <= 1 + -(-size // PERMUTATIONS_PER_BLOCK) for job in jobs)


def test_a_range_is_cut_into_ranges():
    assert batches(7, 3) == [range(0, 3), range(3, 6), range(6, 7)]
    assert batches(0, 3) == []


@pytest.mark.parametrize("n", [10, 99, 165, 500, 3000])
@pytest.mark.parametrize("p", [8, 150, 430_000])
@pytest.mark.parametrize("permutations", [1, 200, 1000, 10_000])
@pytest.mark.parametrize("batch", [{}, {"minutes": 20}, {"outer_folds": 7}, {"permutations": 300}])
def test_every_fold_and_labelling_is_in_one_job(n, p, permutations, batch):
    plan = batch_plans(
        configuration(permutation={"n": permutations}, batch=batch), n, {"fs": p}
    )["one"]  # fmt: skip
    assert [fold for members in plan.folds for fold in members] == list(range(100))
    for parts in (plan.labels, plan.refits):
        indices = [index for job in parts for block in job for index in block]
        assert indices == list(range(permutations + 1))
    if "outer_folds" in batch:
        assert {len(members) for members in plan.folds[:-1]} == {7}
    if "permutations" in batch:
        assert plan.labels == plan.refits == labelling_batches(permutations, 300)


# ------------------------------------------------------------ sizes
def test_a_job_has_the_minutes_that_were_asked_for():
    for minutes in (1, 2, 5):
        config = configuration(batch={"minutes": minutes}, permutation={"n": 10_000})
        jobs = batch_plans(config, 99, {"fs": 150})["one"].jobs["cross_validate"]
        assert minutes * 60 <= np.median(jobs) < 1.6 * minutes * 60


def test_null_is_five_minutes_in_runs_of_some_size():
    config = configuration(permutation={"n": 10_000})
    jobs = batch_plans(config, 200, {"fs": 150})["one"].jobs["cross_validate"]
    assert 300 <= np.median(jobs) < 1.6 * 300


def test_a_small_run_is_cut_for_the_cores_of_one_machine():
    plans = batch_plans(configuration(), 165, {"fs": 150})
    assert 6 <= n_jobs(plans) <= 12
    # But not for seconds of work.
    tiny = batch_plans(configuration(permutation={"n": 20}), 40, {"fs": 8})
    assert n_jobs(tiny) == n_jobs(tiny, "prepare") == n_jobs(tiny, "refit") == 1


def test_a_run_has_no_more_than_a_thousand_jobs_of_cross_validation():
    models = {f"m{i}": {"features": "fs", "confounds": []} for i in range(20)}
    config = configuration(models=models, permutation={"n": 10_000}, batch={"minutes": 1})
    plans = batch_plans(config, 500, {"fs": 150})
    assert 500 < n_jobs(plans) <= 1000
    assert min(plan.jobs["cross_validate"][0] for plan in plans.values()) > 300


def test_gram_matrices_of_a_job_fit_into_memory():
    config = configuration(permutation={"n": 10_000})
    for n in (300, 1000, 2000):
        folds = batch_plans(config, n, {"fs": 5000})["one"].folds
        assert len(folds[0]) * estimated_work(config, "one", n, 5000).gram_mb <= 500
    # A fold is never cut, however large.
    assert len(batch_plans(config, 5000, {"fs": 5000})["one"].folds) == 100


def test_where_people_outnumber_features_no_gram_matrix_is_counted():
    config = configuration()
    for n, p in ((500, 150), (10_000, 500)):
        work = estimated_work(config, "one", n, p)
        assert work.gram_s == 0
        assert work.gram_mb == pytest.approx(8e-6 * n * p)  # the rows of one training set
    assert estimated_work(config, "one", 300, 150).gram_s > 0


def test_redrawn_folds_pay_for_gram_matrices_with_every_labelling():
    scheme = {"scheme": "stratified"}
    config = configuration(cross_validation=scheme, batch={"minutes": 5})
    plan = batch_plans(config, 100, {"fs": 400_000})["one"]
    assert [rule for rule, jobs in plan.jobs.items() if jobs] == ["cross_validate", "refit"]
    # 257 labellings and 1.3 s an outer fold: more than 5 minutes already.
    assert {len(members) for members in plan.folds} == {1}
    assert len(plan.labels) == 4


def test_an_estimator_has_no_gram_matrices_and_a_grid_of_its_own():
    forest = {
        "features": "fs",
        "confounds": [],
        "estimator": "sklearn.ensemble.RandomForestClassifier",
        "grid": {"max_depth": [1, 2], "min_samples_leaf": [1, 5, 9]},
    }
    both = yaml.safe_load(CONFIG)["models"] | {"forest": forest}
    config = configuration(models=both, batch={"minutes": 5})
    work = estimated_work(config, "forest", 100, 150)
    assert work.gram_s == 0
    assert work.solver_s == pytest.approx(11 * 6 * 0.03)
    plans = batch_plans(config, 100, {"fs": 150})
    assert plans["forest"].jobs["prepare"] == []
    lines = [line.split(":")[1].strip() for line in plan_lines(plans, {})]
    assert lines == ["prepare", "cross_validate", "refit"]
    # A fold of 257 labellings is more than 5 minutes already.
    assert {len(members) for members in plans["forest"].folds} == {1}


def test_without_other_cohorts_only_models_with_weights_are_refitted_to_permuted_labels():
    forest = {"features": "fs", "estimator": "sklearn.ensemble.RandomForestClassifier"}
    config = configuration(
        cohorts={"a": yaml.safe_load(CONFIG)["cohorts"]["a"]},
        permutation={"n": 1000},
        models={"one": {"features": "fs"}, "forest": forest},
    )
    plans = batch_plans(config, 100, {"fs": 150})
    assert plans["forest"].refits == [[range(1)]]
    refits = [index for job in plans["one"].refits for block in job for index in block]
    assert refits == list(range(1001))


def test_more_people_features_or_inner_folds_are_more_work():
    config = configuration()
    more = configuration(cross_validation={"inner_repeats": 3})
    base = estimated_work(config, "one", 100, 150)
    assert estimated_work(config, "one", 200, 150).solver_s > 4 * base.solver_s
    assert estimated_work(config, "one", 100, 1_500_000).gram_s > 100 * base.gram_s
    assert estimated_work(more, "one", 100, 150).solver_s == pytest.approx(base.solver_s * 31 / 11)


def test_what_a_block_of_labellings_shares_is_counted_once_for_each():
    for p in (20, 150):  # fewer features than people, and as many Gram matrices as folds
        seconds = {}
        for permutations in (1, 250, 600):
            config = configuration(permutation={"n": permutations}, batch={"minutes": 600})
            plan = batch_plans(config, 100, {"fs": p})["one"]
            seconds[permutations] = sum(plan.jobs["cross_validate"])
        work = estimated_work(config, "one", 100, p)
        assert seconds[250] - seconds[1] == pytest.approx(100 * 249 * work.solver_s)
        more = 350 * work.solver_s + 2 * work.pass_s  # three blocks of 256 and less, and not one
        assert seconds[600] - seconds[250] == pytest.approx(100 * more)
        assert work.pass_s > work.solver_s


def test_redrawn_folds_share_nothing():
    config = configuration(cross_validation={"scheme": "stratified"}, permutation={"n": 19})
    (plan,) = batch_plans(config, 100, {"fs": 20}).values()
    work = estimated_work(config, "one", 100, 20)
    alone = work.gram_s + work.pass_s + work.solver_s
    assert sum(plan.jobs["cross_validate"]) == pytest.approx(100 * 20 * alone)


def test_labellings_cost_beside_each_other_what_the_plan_says():
    """CPU time of one labelling and of 24 together, of few and many people; not the seconds."""
    config = configuration()
    learner = learner_of(config["models"]["one"])
    measured, planned = {}, {}
    for n, m in ((60, 1), (60, 24), (360, 24)):
        rng = np.random.default_rng(n)
        people = pd.DataFrame(
            {"participant_id": np.arange(n).astype(str), "label": np.arange(n) % 2}
        )
        labels = people["label"].to_numpy()
        fold = draw_folds(people["participant_id"], labels, Scheme(1, 10, 1, 10), 1)[:1]
        sample = Sample(rng.normal(size=(n, 12)), np.empty((n, 0)), np.ones(n))
        design = Design(Exchangeability(people), 1)
        seconds = []
        for _ in range(4):  # the first of all loads the compiled solver
            start = time.process_time()
            learner.run(sample, FixedFolds(fold), design, [range(1, 1 + m)])
            seconds.append(time.process_time() - start)
        measured[n, m] = min(seconds)
        planned[n, m] = estimated_work(config, "one", n, 12).fold_s(m)
    for one, other in (((60, 24), (60, 1)), ((360, 24), (60, 24))):
        ratio = measured[one] / measured[other] / (planned[one] / planned[other])
        assert 1 / 3 < ratio < 3


def test_the_plan_in_words():
    config = configuration(permutation={"n": 10_000}, batch={"minutes": 5})
    lines = list(plan_lines(batch_plans(config, 200, {"fs": 150}), {}))
    assert [line.split(":")[1].strip() for line in lines] == ["prepare", "cross_validate", "refit"]
    assert all("in all" in line for line in lines)
    assert re.fullmatch(
        r"plan: cross_validate: \d\d jobs of roughly 2 h in all, .* [5-7] min each", lines[1]
    )


def test_parts_of_the_people_are_cut_into_jobs():
    curve = {"enabled": True, "models": None, "sizes": None, "repeats": 20}
    config = configuration(learning_curve=curve)
    assert curve_models(config) == ["one"]
    # Regions of 99 people: all parts in one job. Voxels of 500: some parts a job, each once.
    assert curve_batches(config, "one", 99, {"fs": 150}, 10) == [range(60)]
    jobs = curve_batches(config, "one", 500, {"fs": 400_000}, 10)
    assert 1 < len(jobs) <= 60
    assert [part for job in jobs for part in job] == list(range(60))
    config["learning_curve"] |= {"sizes": [40, 50]}
    assert curve_batches(config, "one", 99, {"fs": 150}, 10) == [range(40)]
    config["learning_curve"] |= {"enabled": False}
    assert curve_models(config) == []


def test_controls_of_the_removal_of_confounds_and_learning_curves_are_announced():
    forest = {
        "features": "fs",
        "confounds": ["age"],
        "estimator": "sklearn.ensemble.RandomForestClassifier",
        "grid": {"max_depth": [1, 2]},
    }
    models = {"one": {"features": "fs", "confounds": ["age"]}, "forest": forest}
    config = configuration(models=models, permutation={"n": 1})
    p, folds = {"fs": 150}, config["cross_validation"]["outer_folds"]
    curves = {"one": curve_batches(config, "one", 100, p, folds)}
    others = other_seconds(config, curves, 100, p, folds)
    # Linear removal puts nothing into a linear classifier: it has no controls.
    assert list(others["confound_control_fits"]) == ["forest"]
    # Two controls of 10 x 10 folds with 11 training sets and two candidates, 30 ms a fit.
    assert others["confound_control_fits"]["forest"] == [pytest.approx(2 * 100 * 11 * 2 * 0.03)]
    lines = list(plan_lines(batch_plans(config, 100, p), others))
    found = {line.split(":")[1].strip(): line for line in lines}
    assert found["confound_control_fits"] == (
        "plan: confound_control_fits: 1 job of roughly 2 min in all"
    )
    assert "1 job of roughly" in found["learning_curve"]


def test_transport_and_stability_are_planned_where_they_are_asked_for():
    forest = {
        "features": "fs",
        "confounds": [],
        "estimator": "sklearn.ensemble.RandomForestClassifier",
        "grid": {"max_depth": [2, 4]},
    }
    plain = configuration(models={"forest": forest})
    p, folds = {"fs": 150}, plain["cross_validation"]["outer_folds"]
    found = other_seconds(plain, {}, 100, p, folds)
    assert found["transport_fits"] == found["stability_fits"] == {}
    refit = 11 * 2 * 0.03  # training sets, candidates, seconds of a fit
    for stability, expected in (
        ({"resamples": 20, "seeds": 0}, 4 * 21 * refit),
        ({"resamples": 0, "seeds": 3}, 4 * 100 * refit),
        ({"resamples": 20, "seeds": 3}, (4 * 21 + 4 * 100) * refit),
    ):
        asked = configuration(
            models={"forest": forest}, stability=stability, sites={"transport": True}
        )
        found = other_seconds(asked, {}, 100, p, folds)
        assert found["stability_fits"]["forest"] == [pytest.approx(expected)]
        assert found["transport_fits"]["forest"] == [pytest.approx(refit)]
        lines = " ".join(plan_lines(batch_plans(asked, 100, p), found))
        assert "plan: stability_fits: 1 job of roughly" in lines
        assert "plan: transport_fits: 1 job of roughly" in lines


def test_the_prediction_of_sites_has_its_time_in_the_plan():
    def planned(n: int, p: int, permutations: int) -> dict[str, dict[str, list[float]]]:
        config = configuration(
            models={"one": {"features": "fs", "confounds": ["age"]}},
            sites={"column": "site"},
            permutation={"n": permutations},
        )
        return other_seconds(config, {}, n, {"fs": p}, 10)

    found = planned(150, 40, 500)
    assert "plan: site_predictability: 1 job of roughly" in " ".join(plan_lines({}, found))
    (seconds,) = found["site_predictability"]["one"]
    for more in ((300, 40, 500), (150, 400, 500), (150, 40, 5000)):
        assert planned(*more)["site_predictability"]["one"][0] > seconds > 0
    assert not other_seconds(configuration(), {}, 150, {"fs": 40}, 10)["site_predictability"]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 20), (0.25, 40), (0.75, 40)])
def test_a_part_has_twice_the_smallest_class_on_average(share, expected):
    config = configuration(min_class_size=5)
    assert smallest_subsample(config, share) == expected
    config["cross_validation"]["outer_folds"] = 30
    assert smallest_subsample(config, share) == max(60, expected)
