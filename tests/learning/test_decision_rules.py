"""Probabilities and thresholds learned inside the training data, against scikit-learn."""

import json

import numpy as np
import oracle
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from sklearn.calibration import CalibratedClassifierCV, _SigmoidCalibration
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve
from sklearn.model_selection import PredefinedSplit

from mri_response.learning.decision_rules import (
    DecisionRules,
    Platt,
    chosen_threshold,
    fit_platt,
    fold_rules,
    learned_rules,
    out_of_fold,
    point_name,
    probabilities,
    rule_warnings,
    rules_table,
)
from mri_response.learning.decisions import Decisions
from mri_response.learning.design import Design, FixedFolds, RedrawnFolds, Sample
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights

PROPERTY = settings(derandomize=True, deadline=None, max_examples=60)
POINTS = ["youden", {"sensitivity": 0.9}, {"specificity": 0.8}]


def made_up(n=60, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 3 == 0).astype(int)
    return scale * (rng.normal(size=n) + labels), labels, 1 / rng.integers(1, 4, n)


# ------------------------------------------------------------ Platt's map
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("seed", range(3))
def test_platt_is_a_regression_on_smoothed_targets(seed, scale):
    decision, labels, weights = made_up(seed=seed, scale=scale)
    positives, negatives = weights[labels == 1].sum(), weights[labels == 0].sum()
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = sm.add_constant(decision / scale)
    fit = sm.GLM(targets, design, family=sm.families.Binomial(), freq_weights=weights).fit(
        tol=1e-12
    )
    platt = fit_platt(decision, labels, weights)
    np.testing.assert_allclose(platt.slope * scale, fit.params[1], rtol=1e-7)
    np.testing.assert_allclose(platt.intercept, fit.params[0], rtol=1e-7)
    np.testing.assert_allclose(platt.probability(decision), fit.fittedvalues, rtol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_platt_is_that_of_scikit_learn(seed):
    decision, labels, weights = made_up(seed=seed)
    sigmoid = _SigmoidCalibration().fit(decision, labels, sample_weight=weights)
    expected = sigmoid.predict(decision)
    # Its optimiser stops earlier.
    np.testing.assert_allclose(
        fit_platt(decision, labels, weights).probability(decision), expected, atol=1e-4
    )


def test_separated_and_equal_decision_values_have_finite_maps():
    labels = np.repeat([0, 1], 10)
    decision = np.linspace(-1, 1, 20)
    platt = fit_platt(decision, labels)
    assert 0 < platt.slope < 100
    # Platt's targets: no surer than 1 / 12 and 11 / 12 on average.
    assert platt.probability(decision).mean() == pytest.approx(0.5)
    flat = fit_platt(np.full(20, -0.3), np.repeat([0, 1], [15, 5]))
    assert flat.slope == 0.0
    assert flat.intercept == pytest.approx(logit((15 / 17 + 5 * 6 / 7) / 20))
    assert fit_platt(np.zeros(4), np.ones(4, dtype=int)).probability(0.0) == pytest.approx(5 / 6)


def test_rows_of_a_person_weigh_as_one():
    decision, labels, _ = made_up()
    twice = np.repeat(decision, 2), np.repeat(labels, 2), np.full(120, 0.5)
    np.testing.assert_allclose(fit_platt(*twice), fit_platt(decision, labels), rtol=1e-8)


# ------------------------------------------------------------ thresholds
@PROPERTY
@given(st.integers(0, 2**31), st.integers(4, 40), st.booleans())
def test_thresholds_are_those_of_the_roc_curve(seed, n, ties):
    rng = np.random.default_rng(seed)
    decision = rng.normal(size=n)
    decision = np.round(decision) if ties else decision
    labels = rng.permutation(np.arange(n) % 2)
    weights = 1 / rng.integers(1, 4, n)
    if np.ptp(decision) == 0:
        return
    false, true, _ = roc_curve(labels, decision, sample_weight=weights, drop_intermediate=False)

    def rates(point):
        said = decision > chosen_threshold(point, decision, labels, weights)
        return (
            np.average(said[labels == 1], weights=weights[labels == 1]),
            1 - np.average(said[labels == 0], weights=weights[labels == 0]),
        )

    assert sum(rates("youden")) == pytest.approx(1 + (true - false).max())
    # Of all thresholds with the wanted recall, the one that gives up least of the other.
    sensitivity, specificity = rates({"sensitivity": 0.8})
    assert sensitivity >= 0.8 - 1e-9
    assert specificity == pytest.approx(1 - false[true >= 0.8 - 1e-9].min())
    sensitivity, specificity = rates({"specificity": 0.7})
    assert specificity >= 0.7 - 1e-9
    assert sensitivity == pytest.approx(true[1 - false >= 0.7 - 1e-9].max())


def test_thresholds_lie_half_way_and_half_a_step_outside():
    decision, labels, weights = np.array([0.0, 1.0, 4.0]), np.array([0, 1, 1]), np.ones(3)
    assert chosen_threshold("youden", decision, labels, weights) == 0.5
    assert chosen_threshold({"sensitivity": 0.9}, decision, labels, weights) == 0.5
    assert chosen_threshold({"sensitivity": 0.5}, decision, labels, weights) == 2.5
    assert chosen_threshold({"sensitivity": 0.9}, -decision, labels, weights) == -5.5
    assert chosen_threshold({"specificity": 0.9}, -decision, labels, weights) == 0.5
    assert chosen_threshold("decision_zero", decision, labels, weights) == 0.0


def test_of_tied_thresholds_the_one_nearest_to_zero():
    decision, labels = np.array([-3.0, -1.0, 2.0, 5.0]), np.array([1, 0, 1, 0])
    # A sum of 1 at -4, of 0.5 at -2, of 1 at 0.5, of 0.5 at 3.5, of 1 at 6.5.
    assert chosen_threshold("youden", decision, labels, np.ones(4)) == 0.5


def test_where_nothing_can_be_chosen_the_threshold_is_zero():
    for decision, labels in (([1.0, 1.0], [0, 1]), ([1.0, 2.0], [1, 1])):
        given = np.array(decision), np.array(labels), np.ones(2)
        assert [chosen_threshold(point, *given) for point in POINTS] == [0.0] * 3


# ------------------------------------------------------------ inside the folds
N, SEED = 42, 4
SCHEME = Scheme(2, 3, 2, 4)
OPTIONS = SvcOptions(tuple(2.0 ** np.arange(-9, -2)), standardize=True)


def station(jobs):
    """What rules are learned from, of jobs that need not have all folds."""
    (job,) = jobs
    nothing = np.zeros((1, 2, N))
    return Decisions(
        nothing,
        nothing,
        nothing,
        job.labels[:1],
        repeat=job.repeat,
        outer_fold=job.outer_fold,
        train=job.train,
        inner_decision=job.inner_decision,
    )


class Study:
    """A small discovery cohort, its folds and what the engine makes of them."""

    def __init__(self, scheme=SCHEME) -> None:
        rng = np.random.default_rng(8)
        self.people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)]})
        self.labels = rng.permutation(np.arange(N) % 2)
        self.people["label"] = self.labels
        self.confounds = rng.normal(size=(N, 2))
        self.features = rng.normal(size=(N, 25)) + 0.4 * self.labels[:, None]
        self.weights = person_weights(self.people["participant_id"])[0]
        units = self.people["participant_id"]
        *self.folds, self.refit = draw_folds(units, self.labels, scheme, SEED)

    def run(self, folds, blocks=(range(1), range(1, 4)), options=OPTIONS):
        grams = fold_grams(self.features, self.confounds, folds, options)
        people = Exchangeability(self.people)
        return cross_validate(
            Sample(None, None, self.weights),
            FixedFolds(folds),
            Design(people, SEED),
            blocks,
            options,
            grams,
        )


@pytest.mark.parametrize(
    "options",
    [
        OPTIONS,
        OPTIONS._replace(standardize=False, balanced=False),
        OPTIONS._replace(pca=6),
    ],
)
def test_the_engine_gives_the_probabilities_of_a_calibrated_pipeline(options):
    """Inner folds, solver, Platt's map and its use in the test fold against scikit-learn's own."""
    study = Study(SCHEME._replace(inner_repeats=1))
    job = study.run(study.folds, options=options)
    rules = fold_rules(station([job]), study.weights, POINTS)
    data = np.hstack([study.confounds, study.features])
    weight = "balanced" if options.balanced else None
    model = oracle.pipeline(
        2, standardize=options.standardize, pca=options.pca, class_weight=weight
    )
    for position, fold in enumerate(study.folds):
        train, test = fold.sets.train[0], fold.sets.test[0]
        C = options.C[int(job.candidate[0, position])]
        inner = PredefinedSplit(fold.sets.test[1:, train].argmax(axis=0))
        calibrated = CalibratedClassifierCV(
            model.set_params(svm__C=C), method="sigmoid", cv=inner, ensemble=False
        ).fit(data[train], study.labels[train])
        decision = job.decision[0, position, test]
        actual = rules[fold.repeat, fold.outer_fold].platt.probability(decision)
        expected = calibrated.predict_proba(data[test])[:, 1]
        np.testing.assert_allclose(actual, expected, atol=1e-4)


def test_inner_decisions_are_the_mean_over_inner_repeats():
    study = Study()
    fold = study.folds[1]
    both = study.run([fold]).inner_decision[0]
    np.testing.assert_array_equal(np.isnan(both), fold.sets.test[0])
    parts = []
    for repeat in range(2):
        rows = [0, *range(1 + 4 * repeat, 5 + 4 * repeat)]
        sets = fold.sets._replace(train=fold.sets.train[rows], test=fold.sets.test[rows])
        chosen = study.run([fold]).candidate[0, 0]
        at = OPTIONS._replace(C=(OPTIONS.C[chosen],))
        parts.append(study.run([fold._replace(sets=sets)], options=at).inner_decision[0])
    np.testing.assert_allclose(both, np.mean(parts, axis=0), atol=1e-6)
    assert np.nanmax(np.abs(parts[0] - parts[1])) > 1e-3


def test_neither_labels_nor_features_of_the_test_rows_reach_the_rules():
    study = Study()
    fold = study.folds[0]
    test = fold.sets.test[0]
    before = study.run([fold]).inner_decision
    expected = fold_rules(station([study.run([fold])]), study.weights, POINTS)
    study.labels = np.where(test, 1 - study.labels, study.labels)
    study.people["label"] = study.labels
    study.features[test] += 5
    after = study.run([fold])
    # Features far from zero elsewhere move the last bits of Gram matrices.
    np.testing.assert_allclose(after.inner_decision, before, atol=1e-6)
    actual = fold_rules(station([after]), study.weights, POINTS)
    for key, learned in expected.items():
        np.testing.assert_allclose(actual[key].platt, learned.platt, rtol=1e-4)
        assert actual[key].thresholds == pytest.approx(learned.thresholds, abs=1e-5)


def test_batches_change_no_byte_and_permuted_labellings_have_none():
    study = Study()
    whole = study.run(study.folds).inner_decision
    parts = [study.run(study.folds[part], [range(1)]) for part in (slice(0, 4), slice(4, 6))]
    np.testing.assert_array_equal(np.concatenate([p.inner_decision for p in parts]), whole)
    assert study.run(study.folds[:2], [range(1, 3)]).inner_decision is None


def test_redrawn_folds_of_the_observed_labels_have_them_too():
    scheme = Scheme(2, 3, 1, 3, stratified=True)
    study = Study(scheme)
    redrawn = cross_validate(
        Sample(study.features, study.confounds, study.weights),
        RedrawnFolds(range(6), study.people["participant_id"], scheme),
        Design(Exchangeability(study.people), SEED),
        [range(1), range(1, 3)],
        OPTIONS,
    )
    expected = study.run(study.folds, [range(1)]).inner_decision
    np.testing.assert_allclose(redrawn.inner_decision, expected, atol=1e-6)


def test_estimators_give_the_probabilities_of_scikit_learn():
    study = Study(SCHEME._replace(inner_repeats=1))
    path = "sklearn.linear_model.LogisticRegression"
    options = EstimatorOptions(path, {"max_iter": 1000}, {"C": [0.01, 0.1]})
    none = np.empty((N, 0))
    job = cross_validate_estimator(
        Sample(study.features, none, study.weights),
        FixedFolds(study.folds),
        Design(Exchangeability(study.people), SEED),
        range(2),
        options,
    )
    rules = fold_rules(station([job]), study.weights, [])
    for position, fold in enumerate(study.folds):
        train, test = fold.sets.train[0], fold.sets.test[0]
        C = [0.01, 0.1][int(job.candidate[0, position])]
        model = oracle.pipeline(0)[:-1]
        model.steps.append(("logistic", LogisticRegression(C=C, max_iter=1000)))
        inner = PredefinedSplit(fold.sets.test[1:, train].argmax(axis=0))
        calibrated = CalibratedClassifierCV(model, method="sigmoid", cv=inner, ensemble=False)
        calibrated.fit(study.features[train], study.labels[train])
        decision = job.decision[0, position, test]
        np.testing.assert_allclose(
            rules[fold.repeat, fold.outer_fold].platt.probability(decision),
            calibrated.predict_proba(study.features[test])[:, 1],
            atol=1e-3,
        )


# ------------------------------------------------------------ of a run
def test_each_row_has_the_map_of_its_outer_fold():
    rules = {(r, f): DecisionRules(9, Platt(r, f), {}) for r in (1, 2) for f in (1, 2)}
    decision, fold = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1, 2], [2, 1]])
    expected = [[1 * 1 + 1, 1 * 2 + 2], [2 * 3 + 2, 2 * 4 + 1]]
    np.testing.assert_allclose(logit(probabilities(rules, decision, fold)), expected, rtol=1e-6)


def test_the_frozen_model_learns_from_its_search_or_from_the_other_outer_models():
    study = Study()
    refit = study.run([study.refit], [range(1)])
    np.testing.assert_array_equal(out_of_fold([refit], N), refit.inner_decision[0])
    assert not np.isnan(out_of_fold([refit], N)).any()
    jobs = [study.run(study.folds[part]) for part in (slice(0, 2), slice(2, 6))]
    decision = np.concatenate([job.decision[0] for job in jobs])
    np.testing.assert_allclose(out_of_fold(jobs, N), np.nanmean(decision, axis=0), rtol=1e-12)


def test_rules_are_read_as_they_were_written():
    decision, labels, weights = made_up()
    decision[3] = np.nan
    rules = learned_rules(decision, labels, weights, POINTS)
    assert list(rules.thresholds) == [
        "decision_zero",
        "youden",
        "sensitivity_0.9",
        "specificity_0.8",
    ]
    assert rules.n == round(weights.sum() - weights[3])
    again = DecisionRules.from_description(json.loads(json.dumps(rules.described())))
    assert again == rules
    table = rules_table("svc", {(2, 1): rules, (1, 3): rules}, rules)
    assert table["repeat"].tolist()[::4] == [1, 2, pd.NA]
    assert table["outer_fold"].tolist()[::4] == [3, 1, pd.NA]
    assert table["threshold"].tolist() == 3 * list(rules.thresholds.values())
    assert (table["platt_slope"] == rules.platt.slope).all()


def test_names_of_operating_points():
    assert [point_name(point) for point in POINTS] == [
        "youden",
        "sensitivity_0.9",
        "specificity_0.8",
    ]


def test_a_map_that_falls_is_a_warning():
    rising, falling = (DecisionRules(9, Platt(slope, 0.0), {}) for slope in (1.0, -0.1))
    assert rule_warnings({(1, 1): rising}, rising, "svc") == []
    inside, frozen = rule_warnings({(1, 1): rising, (1, 2): falling}, falling, "svc")
    assert inside.startswith("svc: in 1 of 2 training sets")
    assert frozen.startswith("svc: the probability of the frozen model falls")
