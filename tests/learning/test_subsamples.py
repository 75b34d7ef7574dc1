"""Parts of the people: how they are drawn, and that a part is the procedure on its people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mri_response.config.schema import config_schema
from mri_response.core.seeds import Stream, generator
from mri_response.learning.batches import CURVE_SHARES
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.learning.subsamples import draw_subsamples, run_subsamples
from mri_response.people.rows import person_weights

N = 48
C = {"log2_min": -6, "log2_max": 0, "log2_step": 3, "scale": "absolute"}
SVC = {"C": C, "class_weight": "balanced", "standardize": True, "pca": None, "confounds": ["age"]}
LOGISTIC = {
    "estimator": "sklearn.linear_model.LogisticRegression",
    "parameters": {},
    "grid": {"C": [0.01, 1.0]},
    "standardize": True,
    "pca": None,
    "confounds": ["age"],
}


def test_the_sizes_that_users_read_of_are_those_that_are_drawn():
    keys = config_schema()["properties"]["learning_curve"]["properties"]
    *first, last = (f"{100 * share:.0f}" for share in CURVE_SHARES)
    told = f"Null is {', '.join(first)} and {last} % of it."
    assert told in " ".join(keys["sizes"]["description"].split())


def study(seed: int = 0, effect: float = 1.0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(N) % 2)
    people = pd.DataFrame(
        {
            "participant_id": [f"sub-{i:02d}" for i in range(N)],
            "label": label,
            "age": rng.normal(size=N),
            "site": rng.choice(["A", "B", "C"], N),
            "family": [f"f{i // 2}" for i in range(N)],
        }
    )
    features = rng.normal(size=(N, 6))
    features[:, 0] += effect * label
    return people, features


def config(model: dict = SVC, sizes=(24, 36), repeats: int = 3, **cv) -> dict:
    return {
        "seed": 7,
        "min_class_size": 5,
        "learning_curve": {"enabled": True, "models": None, "sizes": sizes, "repeats": repeats},
        "cross_validation": {
            "outer": "k_fold",
            "outer_column": None,
            "held_out": None,
            "outer_folds": 4,
            "inner": "k_fold",
            "inner_column": None,
            "inner_folds": 3,
            "inner_repeats": 1,
            "repeats": 2,
            "scheme": "label_blind",
            "group": None,
            **cv,
        },
        "model": model,
    }


def test_parts_are_nested_and_blind_to_labels():
    people, _ = study()
    draws = draw_subsamples(people, config(repeats=5))
    assert [(draw.size, draw.repeat) for draw in draws] == [
        (size, repeat) for size in (24, 36) for repeat in range(1, 6)
    ]
    assert [draw.rows.sum() for draw in draws] == [24] * 5 + [36] * 5
    for small, large in zip(draws[:5], draws[5:], strict=True):
        assert (small.rows <= large.rows).all()
    assert len({draw.rows.tobytes() for draw in draws}) == 10
    again = draw_subsamples(people.assign(label=1 - people["label"]), config(repeats=5))
    for one, other in zip(draws, again, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)


def test_families_stay_whole():
    people, _ = study()
    for draw in draw_subsamples(people, config(sizes=[25], group="family")):
        assert draw.rows.sum() == 26
        assert people["family"][draw.rows].value_counts().eq(2).all()


def test_parts_follow_the_classes_where_folds_do():
    people, _ = study()
    people["label"] = (np.arange(N) % 4 == 0).astype(int)
    for draw in draw_subsamples(people, config(sizes=[40], repeats=20, scheme="stratified")):
        assert abs(people["label"][draw.rows].sum() - 10) <= 1


def test_sizes_are_shares_of_all_people_unless_too_small():
    people, _ = study()
    draws = draw_subsamples(people, config(sizes=None, repeats=1))
    assert [draw.size for draw in draws] == [19, 29, 38]
    # 20 people are needed for 5 of each class in half of them.
    assert [draw.rows.sum() for draw in draws] == [0, 29, 38]


@pytest.mark.parametrize("model", [SVC, LOGISTIC])
def test_a_part_is_the_procedure_on_its_people(model):
    people, features = study()
    settings_ = config(model)
    draws = draw_subsamples(people, settings_)
    parts = run_subsamples(people, features, draws, settings_)
    assert parts["size"].tolist() == [draw.size for draw in draws]
    for draw, decision in zip(draws, parts["decision"], strict=True):
        np.testing.assert_array_equal(~np.isnan(decision), draw.rows)
    # Nobody else's features or labels matter, nor which other parts a job has.
    draw, expected = draws[4], parts["decision"][4]
    other = people.assign(label=np.where(draw.rows, people["label"], 0))
    spoilt = np.where(draw.rows[:, None], features, 99.0)
    np.testing.assert_array_equal(
        run_subsamples(other, spoilt, [draw], settings_)["decision"][0], expected
    )


def test_a_part_in_plain_scikit_learn():
    people, features = study()
    settings_ = config(LOGISTIC)
    (draw, *_) = draw_subsamples(people, settings_)
    decision = run_subsamples(people, features, [draw], settings_)["decision"][0][draw.rows]
    part = people[draw.rows].reset_index(drop=True)
    seed = int(generator(7, Stream.LEARNING_CURVE, draw.repeat, draw.size).integers(2**31))
    *folds, _ = draw_folds(part["participant_id"], part["label"], Scheme(1, 4, 1, 3), seed)
    job = cross_validate_estimator(
        Sample(
            features[draw.rows],
            ConfoundCoding.of(part, ["age"]).matrix(part),
            person_weights(part["participant_id"])[0],
        ),
        FixedFolds(folds),
        Design(Exchangeability(part), seed),
        [0],
        EstimatorOptions.from_config(LOGISTIC),
    )
    np.testing.assert_array_equal(decision, rounded(np.nansum(job.decision[0], axis=0)))


@pytest.mark.parametrize(
    "cv",
    [
        {"outer": "leave_one_site_out", "outer_column": "site", "outer_folds": None},
        {"outer": "leave_group_out", "outer_column": "site", "outer_folds": 3},
        {"outer": "leave_one_out", "outer_folds": None},
    ],
)
def test_every_outer_scheme_has_a_curve(cv):
    people, features = study()
    settings_ = config(sizes=[30], repeats=2, **cv)
    draws = draw_subsamples(people, settings_)
    parts = run_subsamples(people, features, draws, settings_)
    for draw, decision in zip(draws, parts["decision"], strict=True):
        np.testing.assert_array_equal(~np.isnan(decision), draw.rows)


@pytest.mark.parametrize("held_out", [0.25, {"site": ["A"]}])
def test_the_run_holds_out_whom_every_part_holds_out(held_out):
    people, features = study()
    cv = {"outer": "held_out", "held_out": held_out, "outer_folds": None}
    settings_ = config(sizes=[20, 25], repeats=2, **cv)
    scheme = Scheme.from_config(settings_["cross_validation"], people)
    labels = people["label"].to_numpy()
    (fold,) = draw_folds(people["participant_id"], labels, scheme, 7, repeats=[1])
    draws = draw_subsamples(people, settings_)
    parts = run_subsamples(people, features, draws, settings_)
    for draw, decision in zip(draws, parts["decision"], strict=True):
        np.testing.assert_array_equal(~np.isnan(decision), fold.sets.test[0])
        assert (draw.rows & fold.sets.test[0]).sum() == fold.sets.test[0].sum()
        assert (draw.rows & ~fold.sets.test[0]).sum() == draw.size
    # They are not learned from.
    other = people.assign(label=np.where(fold.sets.test[0], 1 - people["label"], people["label"]))
    again = run_subsamples(other, features, draws, settings_)
    np.testing.assert_array_equal(again["decision"], parts["decision"])


def test_a_part_without_two_sites_says_nothing():
    people, features = study()
    people["site"] = np.where(np.arange(N) < 2, "A", "B")
    cv = {"outer": "leave_one_site_out", "outer_column": "site", "outer_folds": None}
    settings_ = config(sizes=[20], repeats=12, **cv)
    draws = draw_subsamples(people, settings_)
    decision = run_subsamples(people, features, draws, settings_)["decision"]
    several = [people["site"][draw.rows].nunique() == 2 for draw in draws]
    assert not all(several)
    # Where A is tested, B's people train; where B is tested, nobody is left for the inner folds.
    assert np.isnan(decision).all()


def test_of_a_number_each_part_has_what_baseline_and_mean_say():
    people, features = study()
    rng = np.random.default_rng(3)
    people = people.assign(label=features[:, 0] + rng.normal(size=len(people)))
    model = {
        "confounds": ["age"],
        "alpha": {"log2_min": -2, "log2_max": 2, "log2_step": 2, "scale": "relative"},
        "standardize": True,
        "pca": None,
        "harmonise": None,
    }
    settings_ = config(model, sizes=[24], repeats=2)
    draws = draw_subsamples(people, settings_)
    result = run_subsamples(people, features, draws, settings_)
    for one, *arrays in zip(
        draws, result["decision"], result["reduced"], result["mean"], strict=True
    ):
        for values in arrays:
            assert (np.isnan(values) == ~one.rows).all()
        decision, reduced, mean = (values[one.rows] for values in arrays)
        assert len(set(mean.round(9))) <= 4  # one for each outer fold
        assert not np.allclose(decision, reduced)
