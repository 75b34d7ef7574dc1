"""Stacked models: the second level against scikit-learn, and what it must not have seen."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mri_response.core.tables import write_tsv
from mri_response.evaluation.predictions import tables_of
from mri_response.learning.decisions import joined
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.models.loading import load_frozen
from mri_response.models.scores import new_people_of_stack, score_table, scores
from mri_response.models.stacking import (
    FrozenStack,
    SecondLevel,
    refitted_stack,
    stacked_folds,
)
from mri_response.people.rows import person_weights

N, SEED = 48, 6
SCHEME = Scheme(2, 4, 1, 3)


def made_up(seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(N) % 2)
    people = pd.DataFrame({"participant_id": [f"sub-{i:02}" for i in range(N)], "label": labels})
    scans = rng.normal(size=(N, 6)) + 0.6 * labels[:, None]
    clinic = rng.normal(size=(N, 2)) + 0.6 * labels[:, None]
    return people, scans, clinic


def jobs_of(people, scans, clinic, folds=slice(0, -1)):
    """A support vector classifier of the scans in two jobs, a regression of the clinic in one."""
    drawn = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)[folds]
    none, weights, who = (
        np.empty((N, 0)),
        person_weights(people["participant_id"])[0],
        Exchangeability(people),
    )
    options = SvcOptions(tuple(2.0 ** np.arange(-8, 1, 2)))
    half = max(1, len(drawn) // 2)
    svc = [
        cross_validate(
            Sample(None, None, weights),
            FixedFolds(part),
            Design(who, SEED),
            [range(1)],
            options,
            fold_grams(scans, none, part, options),
        )
        for part in (drawn[:half], drawn[half:])
        if part
    ]
    logistic = EstimatorOptions("sklearn.linear_model.LogisticRegression", {}, {"C": [0.1, 1]})
    lr = cross_validate_estimator(
        Sample(clinic, none, weights), FixedFolds(drawn), Design(who, SEED), [0], logistic
    )
    return [svc, [lr]]


def stations(models):
    """Joined decision values of each model, observed labels only."""
    return [joined(jobs, SCHEME.repeats, 1) for jobs in models]


def test_the_second_level_is_the_minimum_of_the_penalised_balanced_likelihood():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 1], 12)
    values = rng.normal(size=(36, 2)) * [1, 5] + labels[:, None]
    weights = rng.choice([0.5, 1.0], 36)
    found = SecondLevel.fit(values, labels, weights)
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    per_class = [weights[labels == k].sum() for k in (0, 1)]
    balanced = weights * weights.sum() / (2 * np.choose(labels, per_class))

    def loss(x):
        margin = (2 * labels - 1) * (z @ x[:2] + x[2])
        return (balanced * np.logaddexp(0, -margin)).sum() + (x[:2] ** 2).sum() / 2

    expected = minimize(loss, np.zeros(3), tol=1e-12).x
    np.testing.assert_allclose([*found.weights, found.intercept], expected, atol=1e-5)
    np.testing.assert_allclose(found.decision(values), z @ expected[:2] + expected[2], atol=1e-4)


def test_one_class_is_what_everybody_gets_and_a_constant_model_says_nothing():
    ones = np.ones(5)
    same = SecondLevel.fit(np.arange(10.0).reshape(5, 2), ones.astype(int), ones)
    np.testing.assert_array_equal(same.decision(np.zeros((3, 2))), 1)
    labels = np.array([0, 1, 0, 1, 1])
    half = SecondLevel.fit(np.column_stack([labels, ones]), labels, ones)
    assert half.weights[1] == 0


def test_each_outer_fold_is_a_regression_on_out_of_fold_decision_values():
    people, scans, clinic = made_up()
    models = jobs_of(people, scans, clinic)
    labels = people["label"].to_numpy()
    found = stacked_folds(stations(models), labels, person_weights(people["participant_id"])[0])
    assert np.isfinite(found.decision).all()
    (lr,) = models[1]
    for position in range(8):
        repeat, number = lr.repeat[position], lr.outer_fold[position]
        svc = models[0][position // 4]
        train = lr.train[position]
        inner = [svc.inner_decision[position % 4], lr.inner_decision[position]]
        outer = [svc.decision[0, position % 4], lr.decision[0, position]]
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        model.fit(np.column_stack(inner)[train], labels[train])
        test = ~train
        np.testing.assert_allclose(
            found.decision[0, repeat - 1, test],
            model.decision_function(np.column_stack(outer)[test]),
            atol=1e-3,
        )
        assert (found.fold[0, repeat - 1, test] == number).all()


def test_labels_of_the_test_people_do_not_reach_their_decision_values():
    people, scans, clinic = made_up()
    weights = person_weights(people["participant_id"])[0]
    first = stacked_folds(
        stations(jobs_of(people, scans, clinic)), people["label"].to_numpy(), weights
    )
    test = first.fold[0, 0] == 2
    swapped = people.copy()
    # Exchanged among the test people of this fold alone, so that all others train on the same.
    swapped.loc[test, "label"] = 1 - people.loc[test, "label"]
    again = stacked_folds(
        stations(jobs_of(swapped, scans, clinic)), swapped["label"].to_numpy(), weights
    )
    np.testing.assert_allclose(first.decision[0, 0, test], again.decision[0, 0, test], atol=1e-9)
    assert not np.allclose(first.decision[0, 0, ~test], again.decision[0, 0, ~test])


def test_models_of_other_folds_are_refused():
    people, scans, clinic = made_up()
    svc, lr = stations(jobs_of(people, scans, clinic))
    labels, weights = people["label"].to_numpy(), person_weights(people["participant_id"])[0]
    fewer = replace(svc, repeat=svc.repeat[:4], outer_fold=svc.outer_fold[:4])
    with pytest.raises(ValueError, match="different outer folds"):
        stacked_folds([fewer, lr], labels, weights)
    other = replace(lr, train=np.roll(lr.train, 1, axis=1))
    with pytest.raises(ValueError, match="different training people"):
        stacked_folds([svc, other], labels, weights)


def test_the_frozen_stack_and_its_tables(tmp_path):
    people, scans, clinic = made_up()
    labels, weights = people["label"].to_numpy(), person_weights(people["participant_id"])[0]
    refits = jobs_of(people, scans, clinic, slice(-1, None))
    second = refitted_stack(refits, labels, weights)
    inner = np.column_stack([refits[0][0].inner_decision[0], refits[1][0].inner_decision[0]])
    assert second == SecondLevel.fit(inner, labels, weights)

    below = {}
    for name in ("svc", "lr"):
        below[name] = tmp_path / f"{name}.json"
        below[name].write_text(json.dumps({"sha256": f"of {name}"}))
    path = tmp_path / "both.json"
    frozen = FrozenStack.of("both", second, below)
    frozen.save(path)
    assert load_frozen(path) == frozen
    assert list(frozen.models) == ["svc", "lr"]
    assert json.loads(path.read_text())["models"] == {"svc": "of svc", "lr": "of lr"}
    path.write_text(path.read_text().replace("of svc", "of another"))
    with pytest.raises(ValueError, match="not the one that its hash was written for"):
        load_frozen(path)

    away = made_up(4)[0].assign(participant_id=[f"sub-a{i:02}" for i in range(N)])
    rng = np.random.default_rng(8)
    table, own = tmp_path / "away.tsv", [tmp_path / "svc.tsv", tmp_path / "lr.tsv"]
    write_tsv(away.assign(outcome="made up"), table)
    given = [
        away[["participant_id"]].assign(cohort="away", decision=rng.normal(size=N))
        for _ in range(2)
    ]
    for one, path in zip(given, own, strict=True):
        write_tsv(one, path)
    scored = scores(frozen, new_people_of_stack(["away"], [table], own), "error")
    values = np.column_stack([one["decision"] for one in given])
    decision = scored["decision"].to_numpy()
    np.testing.assert_array_equal(decision, rounded(second.decision(values)))
    assert list(scored["participant_id"]) == list(away["participant_id"])
    write_tsv(given[1][::-1], own[1])
    with pytest.raises(ValueError, match="scores of away are not those"):
        list(new_people_of_stack(["away"], [table], own))

    config = {
        "seed": SEED,
        "cross_validation": {"repeats": 2, "outer": "k_fold", "group": None},
        "permutation": {"n": 19, "within": None},
        "cohorts": {"home": {"role": "discovery"}, "away": {"role": "external"}},
        "min_class_size": 5,
        "operating_points": ["youden"],
    }
    decisions = stacked_folds(stations(jobs_of(people, scans, clinic)), labels, weights)
    others = score_table([("away", away, decision)])
    tables = tables_of("both", config, {"home": people, "away": away}, decisions, others)
    assert set(tables) == {"predictions", "performance", "null", "decision_rules", "warnings"}
    assert tables["decision_rules"].empty
    assert tables["warnings"].empty
    tested = tables["performance"].query("metric == 'auc'").set_index("cohort")["p_value"]
    # The whole procedure was not permuted; labels of the other cohort were.
    assert tested["home"].isna().all()
    assert tested.notna()["away"]
    assert len(tables["predictions"]) == 3 * N
