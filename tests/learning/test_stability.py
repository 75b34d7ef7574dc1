"""Refits on resampled people and other seeds, against scikit-learn; copies in one inner fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import oracle
import pandas as pd
import pytest
from beside_baseline import searched
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream, generator
from mri_response.evaluation.stability import instability, other_seeds
from mri_response.learning.decision_rules import fit_platt, learned_rules, out_of_fold
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import REFIT, Scheme, draw_folds
from mri_response.learning.stability import (
    cross_validated_with_seeds,
    refitted_on_resamples,
    resampled_rows,
    search_of,
)
from mri_response.models.fitted import fitted_models
from mri_response.models.harmonised import FrozenHarmonised
from mri_response.models.linear import freeze_linear

N = 40
MODEL = {
    "features": "made up",
    "confounds": ["age"],
    "C": {"log2_min": -6, "log2_max": 0, "log2_step": 2, "scale": "absolute"},
    "class_weight": "balanced",
    "standardize": True,
    "pca": None,
    "harmonise": None,
}
CV = {
    **{"outer": "k_fold", "held_out": None, "inner": "k_fold", "inner_column": None},
    **{"group": None, "scheme": "label_blind", "outer_column": None},
    **{"repeats": 2, "outer_folds": 4, "inner_repeats": 1, "inner_folds": 3},
}
HARMONISE = {"column": "site", "keep": [], "method": "combat", "reference": None}
HARMONISE |= {"min_people": 2, "learn_from": None}
CONFIG = {
    "seed": 7,
    "cross_validation": CV,
    "confounds": {"unseen_site": "error"},
    "stability": {"resamples": 3, "seeds": 2, "models": None},
    "model": MODEL,
}


@pytest.fixture
def study():
    rng = np.random.default_rng(3)
    label = rng.permutation(np.arange(N) % 2)
    people = pd.DataFrame({
        "participant_id": [f"p{i}" for i in range(N)],
        "label": label,
        "age": rng.normal(40, 8, N),
        "family": [f"f{i // 2}" for i in range(N)],
        "site": [f"s{i % 4}" for i in range(N)],
    })  # fmt: skip
    return people, rng.normal(size=(N, 25)) + 0.5 * label[:, None] * (np.arange(25) < 4)


def with_cv(**changed):
    return CONFIG | {"cross_validation": CV | changed}


def test_a_refit_is_a_search_a_fit_and_platts_map_on_the_copies(study):
    people, features = study
    fits = refitted_on_resamples(people, features, CONFIG)
    assert list(fits["resample"].unique()) == [0, 1, 2, 3]
    data = np.hstack([people[["age"]].to_numpy(), features])
    grid = [2.0**power for power in (-6, -4, -2, 0)]
    labels = people["label"].to_numpy()
    for number in (1, 2, 3):
        rows = resampled_rows(people, CONFIG, number)
        assert len(set(rows)) < N == len(rows)
        own = fits[fits["resample"] == number]
        seed = int(generator(7, Stream.STABILITY, number, 1).integers(2**31))
        fold = search_of(people, rows, CONFIG, seed)
        inner = [
            (np.flatnonzero(train), np.flatnonzero(test))
            for train, test in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True)
        ]
        copies, y, everybody = data[rows], labels[rows], np.arange(N)
        found = oracle.nested(oracle.pipeline(1), copies, y, everybody, inner, grid)
        expected = found.model.decision_function(data)
        # Scores have six decimals.
        np.testing.assert_allclose(own["decision"], expected, atol=2e-6)
        out = np.full(N, np.nan)
        for train, test in inner:
            fitted = oracle.pipeline(1).set_params(svm__C=grid[found.candidate])
            fitted.fit(copies[train], y[train])
            out[test] = fitted.decision_function(copies[test])
        platt = fit_platt(out, y)
        np.testing.assert_allclose(own["probability"], platt.probability(expected), atol=2e-6)


@pytest.mark.parametrize("harmonise", [None, HARMONISE])
@pytest.mark.parametrize("outer", ["k_fold", "leave_one_site_out"])
def test_resample_0_is_the_model_that_is_frozen(study, harmonise, outer):
    """The search of the refit in the run's own splits, frozen as a formula, with its own map."""
    people, features = study
    changed = {"outer": outer, "outer_column": "site"} if outer != "k_fold" else {}
    config = with_cv(**changed) | {"model": MODEL | {"harmonise": harmonise}}
    fits = refitted_on_resamples(people, features, config | {"stability": {"resamples": 1}})
    labels, model = people["label"].to_numpy(), config["model"]
    scheme = Scheme.from_config(config["cross_validation"], people)
    (*_, refit) = draw_folds(people["participant_id"], labels, scheme, config["seed"])
    coding = ConfoundCoding.of_model(people, model)
    sample = Sample(features, coding.stacked(people), np.ones(N))
    design = Design(Exchangeability(people), config["seed"])
    job = learner_of(model).run(sample, FixedFolds([refit]), design, [range(1)])
    fitted, alone = fitted_models([job], N), replace(coding, sites=None)

    def formula(rows):
        return freeze_linear(rows, coding.matrix(people), fitted, alone, {})

    frozen = formula(features)
    if harmonise:
        sites = coding.sites.rows(people, unseen="mean")
        frozen = FrozenHarmonised.learn(features, sites, coding.sites, formula)
    decision = rounded(frozen.decision(features, people))
    own = fits[fits["resample"] == 0]
    np.testing.assert_allclose(own["decision"], decision, atol=1.1e-6)
    rules = learned_rules(out_of_fold([job], N), labels, np.ones(N), [])
    np.testing.assert_allclose(own["probability"], rules.platt.probability(decision), atol=2e-6)


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({}, "participant_id"),
        ({"group": "family"}, "family"),
        ({"inner": "leave_one_site_out", "inner_column": "site", "inner_folds": None}, "site"),
        ({"inner": "leave_group_out", "inner_column": "site", "inner_folds": 2}, "site"),
    ],
)
def test_copies_and_families_are_never_on_both_sides_of_an_inner_split(study, changed, column):
    people, _ = study
    config = with_cv(**changed)
    for number in range(1, 30):
        rows = resampled_rows(people, config, number)
        assert len(set(rows)) < len(rows)
        fold = search_of(people, rows, config, number)
        name = people[column].to_numpy()[rows]
        assert fold.repeat == REFIT
        assert fold.sets.train[0].all()
        for train, test in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True):
            assert not set(name[train]) & set(name[test])
            assert train.any()
            assert test.any()
        tested = fold.sets.test[1:].sum(axis=0)
        assert (tested == 1).all()


def test_families_are_drawn_whole(study):
    people, _ = study
    rows = resampled_rows(people, with_cv(group="family"), 1)
    counts = np.bincount(rows, minlength=N).reshape(-1, 2)
    assert (counts[:, 0] == counts[:, 1]).all()
    assert counts.max() > 1


def test_people_who_cannot_be_learned_from_are_an_error(study):
    people, _ = study
    with pytest.raises(
        InputError, match="none of 1000 resamples that can be learned from, expected two outcomes"
    ):
        resampled_rows(people.assign(label=1), CONFIG, 1)


def test_a_resample_does_not_depend_on_how_many_there_are(study):
    people, features = study
    few = CONFIG | {"stability": {"resamples": 1, "seeds": 0}}
    one, two = (refitted_on_resamples(people, features, config) for config in (few, CONFIG))
    pd.testing.assert_frame_equal(one, two[: len(one)])
    assert refitted_on_resamples(
        people, features, CONFIG | {"stability": {"resamples": 0, "seeds": 2}}
    ).empty


def test_other_seeds_are_cross_validations_with_other_folds(study):
    people, features = study
    seeds = cross_validated_with_seeds(people, features, CONFIG)
    (decision,) = seeds.values()
    assert decision.shape == (3, 2, N)
    data = np.hstack([people[["age"]].to_numpy(), features])
    labels = people["label"].to_numpy()
    scheme = Scheme.from_config(CV, people)
    grid = [2.0**power for power in (-6, -4, -2, 0)]
    expected = np.full((2, N), np.nan)
    for fold in draw_folds(people["participant_id"], labels, scheme, 7):
        if fold.repeat == REFIT:
            continue
        train, test = np.flatnonzero(fold.sets.train[0]), np.flatnonzero(fold.sets.test[0])
        inner = [
            (np.flatnonzero(a), np.flatnonzero(b))
            for a, b in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True)
        ]
        found = oracle.nested(oracle.pipeline(1), data, labels, train, inner, grid)
        expected[fold.repeat - 1, test] = found.model.decision_function(data[test])
    np.testing.assert_allclose(decision[0], expected, atol=1e-5)
    assert (np.abs(decision[1:] - decision[0]) > 1e-6).any(axis=(1, 2)).all()
    table = other_seeds("svc", people, seeds).set_index("metric")
    by_hand = [[roc_auc_score(labels, row) for row in one] for one in decision]
    assert table.loc["auc", "run"] == pytest.approx(np.mean(by_hand[0]))
    rest = np.mean(by_hand[1:], axis=1)
    assert table.loc["auc", ["mean", "sd"]].tolist() == pytest.approx(
        [rest.mean(), rest.std(ddof=1)]
    )
    accuracy = [balanced_accuracy_score(labels, row > 0) for row in decision[0]]
    assert table.loc["balanced_accuracy", "run"] == pytest.approx(np.mean(accuracy))


RIDGE = {key: MODEL[key] for key in ("features", "confounds", "standardize", "pca", "harmonise")}
RIDGE["alpha"] = {"log2_min": -2, "log2_max": 6, "log2_step": 4, "scale": "absolute"}
OF_NUMBERS = CONFIG | {"model": RIDGE}


@pytest.fixture
def numbers(study):
    people, features = study
    left = features[:, 0] + 0.05 * people["age"] + np.random.default_rng(4).normal(size=N)
    return people.assign(label=3 * left), features


def test_a_refit_of_a_number_is_a_search_and_a_fit_on_the_copies(numbers):
    people, features = numbers
    fits = refitted_on_resamples(people, features, OF_NUMBERS)
    assert "probability" not in fits
    both = np.hstack([features, people[["age"]].to_numpy()])
    outcome = people["label"].to_numpy()
    for number in (1, 2, 3):
        rows = resampled_rows(people, OF_NUMBERS, number)
        seed = int(generator(7, Stream.STABILITY, number, 1).integers(2**31))
        fold = search_of(people, rows, OF_NUMBERS, seed)
        grid = {"alpha": [2.0**power for power in (6, 2, -2)]}
        expected = searched(KernelRidge(), grid, both[rows], outcome[rows], fold, n_given=1)
        own = fits[fits["resample"] == number]
        np.testing.assert_allclose(own["decision"], expected.predict(both), atol=2e-6)
    original, *others = fits["decision"].to_numpy().reshape(4, N)
    table = instability("ridge", fits).set_index("band")
    assert table.loc["all", "mape"] == pytest.approx(np.abs(np.array(others) - original).mean())
    assert table["changed"].isna().all()
    assert set(table["quantity"]) == {"number"}
    step = float(f"{original.std() / 4:.0e}")
    ends = table[["low", "high"]].to_numpy() / step
    np.testing.assert_allclose(ends, np.round(ends), atol=1e-6)
    assert table.loc["all", "low"] <= original.min() < table.loc["all", "low"] + step


def test_other_seeds_of_a_number_have_the_gains(numbers):
    people, features = numbers
    found = cross_validated_with_seeds(people, features, OF_NUMBERS)
    assert {name: array.shape for name, array in found.items()} == dict.fromkeys(
        ("decision", "reduced", "mean"), (3, 2, N)
    )
    outcome, age = people["label"].to_numpy(), people[["age"]].to_numpy()
    scheme, gains = Scheme.from_config(CV, people), []
    for number in (0, 1, 2):
        seed = int(generator(7, Stream.OTHER_SEEDS, number).integers(2**31)) if number else 7
        reduced, mean = np.full((2, 2, N), np.nan)
        for fold in draw_folds(people["participant_id"], outcome, scheme, seed, repeats=[1, 2]):
            train, test = fold.sets.train[0], fold.sets.test[0]
            fitted = LinearRegression().fit(age[train], outcome[train])
            reduced[fold.repeat - 1, test] = fitted.predict(age[test])
            mean[fold.repeat - 1, test] = outcome[train].mean()
        predicted = found["decision"][number]
        squares = [((outcome - one) ** 2).sum(axis=1) for one in (predicted, reduced, mean)]
        gains.append(np.mean((squares[1] - squares[0]) / squares[2]))
    table = other_seeds("ridge", people, found).set_index("metric")
    assert list(table.index) == ["r2_gain", "mae_gain"]
    assert table.loc["r2_gain", "run"] == pytest.approx(gains[0], abs=1e-6)
    assert table.loc["r2_gain", "mean"] == pytest.approx(np.mean(gains[1:]), abs=1e-6)


def test_instability_by_hand():
    n, rng = 40, np.random.default_rng(1)
    probability = rng.random((4, n))
    fits = pd.concat([
        pd.DataFrame({
            "participant_id": range(n), "resample": number, "decision": values - 0.4,
            "probability": values,
        })
        for number, values in enumerate(probability)
    ])  # fmt: skip
    table = instability("svc", fits).set_index("band")
    assert list(table.index) == ["all", "1", "2", "3", "4"]
    assert table.loc["all", "mape"] == pytest.approx(
        np.abs(probability[1:] - probability[0]).mean()
    )
    changed = (probability[1:] > 0.4) != (probability[0] > 0.4)
    assert table.loc["all", "changed"] == pytest.approx(changed.mean())
    lowest = np.argsort(probability[0])[:10]
    assert table.loc["1", "n"] == 10
    assert table.loc["1", "changed"] == pytest.approx(changed[:, lowest].mean())
    assert table.loc["1", "q50"] == pytest.approx(np.median(probability[1:, lowest]))
    ends = table[["low", "high"]].to_numpy()
    np.testing.assert_allclose(ends * 20, np.round(ends * 20), atol=1e-9)
    assert 0 <= table.loc["1", "high"] - probability[0, lowest].max() < 0.05
