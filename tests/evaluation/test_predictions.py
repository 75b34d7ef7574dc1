"""From the results of jobs to the tables of one model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mri_response.evaluation.predictions import (
    cross_validated_predictions,
    frozen_predictions,
    tables_of,
)
from mri_response.learning.decision_rules import (
    fit_platt,
    learned_rules,
    out_of_fold,
)
from mri_response.learning.decisions import Decisions, decisions_of_model
from mri_response.learning.design import Design, FixedFolds, Sample, with_other_cohorts
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.learner import grid_warnings
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights

N_PERMUTATIONS, SEED = 9, 3
SIZES = {"home": 30, "away": 14, "saline": 12}
CONFIG = {
    "seed": SEED,
    "min_class_size": 5,
    "operating_points": ["youden"],
    "cross_validation": {"repeats": 2, "group": None, "outer": "k_fold"},
    "permutation": {"n": N_PERMUTATIONS, "within": None, "method": "marginal"},
    "external": {"model": "refit"},
    "cohorts": {
        "home": {"role": "discovery"},
        "away": {"role": "external"},
        "saline": {"role": "control"},
    },
    "model": {
        "confounds": [],
        "C": {"log2_min": -9, "log2_max": -3, "log2_step": 2, "scale": "absolute"},
        "class_weight": "balanced",
        "standardize": True,
        "pca": None,
    },
}


class Run:
    """Jobs, refits and scores of a small run."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.people = {
            name: pd.DataFrame(
                {
                    "participant_id": [f"sub-{name}{i}" for i in range(size)],
                    "label": rng.permutation(np.arange(size) % 2),
                }
            )
            for name, size in SIZES.items()
        }
        everyone = pd.concat(self.people.values(), ignore_index=True)
        features = rng.normal(size=(len(everyone), 30)) + everyone[["label"]].to_numpy() * 0.5
        options = SvcOptions.from_config(CONFIG["model"])
        home = self.people["home"]
        n, n_others = len(home), len(everyone) - len(home)
        *folds, refit = draw_folds(
            home["participant_id"], home["label"].to_numpy(), Scheme(2, 3, 1, 3), SEED
        )
        none = np.empty((len(everyone), 0))
        exchangeability = Exchangeability(home)
        blocks = [range(1), range(1, 5), range(5, 1 + N_PERMUTATIONS)]

        def run(features, folds, weights, blocks):
            grams = fold_grams(features, none[: len(features)], folds, options)
            return cross_validate(
                Sample(None, None, weights),
                FixedFolds(folds),
                Design(exchangeability, SEED),
                blocks,
                options,
                grams,
            )

        weights = person_weights(home["participant_id"])[0]
        self.jobs = [
            run(features[:n], part, weights, some)
            for part in (folds[:4], folds[4:])
            for some in (blocks[:2], blocks[2:])
        ]
        refit = with_other_cohorts(refit, n_others)
        padded = np.pad(weights, (0, n_others))
        self.refits = [
            run(features, [refit], padded, some) for some in (blocks[:1], blocks[1:2], blocks[2:])
        ]
        others = pd.concat([self.people["away"], self.people["saline"]], ignore_index=True)
        self.scores = pd.DataFrame(
            {
                "cohort": np.repeat(["away", "saline"], [14, 12]),
                "participant_id": others["participant_id"],
                "decision": self.refits[0].decision[0, 0, n:],
            }
        )
        inner = out_of_fold(self.refits, n)
        self.rules = learned_rules(inner, home["label"].to_numpy(), weights, ["youden"])

    def tables(self, config=CONFIG, **changed) -> dict[str, pd.DataFrame]:
        parts = {name: changed.get(name, getattr(self, name)) for name in
                 ("people", "jobs", "refits", "scores", "rules")}  # fmt: skip
        decisions = decisions_of_model("svc", config, parts.pop("jobs"), parts.pop("refits"))
        return tables_of("svc", config, parts["people"], decisions, parts["scores"], parts["rules"])


@pytest.fixture(scope="module")
def run() -> Run:
    return Run()


def value(tables, cohort, metric, aggregation, column="estimate", **match):
    table = tables["performance"]
    rows = table[
        (table["cohort"] == cohort)
        & (table["metric"] == metric)
        & (table["aggregation"] == aggregation)
    ]
    for name, wanted in match.items():
        rows = rows[rows[name] == wanted]
    return rows[column].iloc[0]


def test_predictions_hold_every_person_once_a_repeat(run):
    table = run.tables()["predictions"]
    assert list(table) == [
        "model", "cohort", "participant_id", "repeat", "outer_fold", "label", "decision",
        "predicted", "probability", "hyperparameters",
    ]  # fmt: skip
    home = table[table["cohort"] == "home"]
    assert home.groupby(["repeat", "participant_id"]).size().tolist() == [1] * 60
    assert home["repeat"].tolist() == [1] * 30 + [2] * 30
    assert sorted(home["outer_fold"].unique()) == [1, 2, 3]
    for name in ("away", "saline"):
        rows = table[table["cohort"] == name]
        assert rows["participant_id"].tolist() == run.people[name]["participant_id"].tolist()
        assert rows[["repeat", "outer_fold"]].isna().all(axis=None)
        np.testing.assert_array_equal(rows["label"], run.people[name]["label"])
        np.testing.assert_array_equal(
            rows["decision"], run.scores.loc[run.scores["cohort"] == name, "decision"]
        )
    np.testing.assert_array_equal(table["predicted"], table["decision"] > 0)
    assert set(home["hyperparameters"]) <= {f"C={2.0**k}" for k in (-9, -7, -5, -3)}
    # C belongs to the outer fold.
    assert home.groupby(["repeat", "outer_fold"])["hyperparameters"].agg(set).map(len).max() == 1
    chosen = run.refits[0].candidate[0, 0]
    assert set(table.loc[table["cohort"] == "away", "hyperparameters"]) == {
        f"C={2.0 ** (2 * int(chosen) - 9)}"
    }


def test_probabilities_come_from_the_training_set_of_each_fold_and_of_the_refit(run):
    tables = run.tables()
    table, rules = tables["predictions"], tables["decision_rules"]
    labels = run.people["home"]["label"].to_numpy()
    inner = {}
    for job in run.jobs:
        inner_decision = [] if job.inner_decision is None else job.inner_decision
        for values, *key in zip(inner_decision, job.repeat, job.outer_fold, strict=False):
            trained = ~np.isnan(values)
            inner[tuple(key)] = fit_platt(rounded(values)[trained], labels[trained])
    home = table[table["cohort"] == "home"]
    for key, rows in home.groupby(["repeat", "outer_fold"]):
        expected = inner[key].probability(rows["decision"])
        np.testing.assert_allclose(rows["probability"], expected, rtol=1e-12)
        own = rules[(rules["repeat"] == key[0]) & (rules["outer_fold"] == key[1])]
        assert set(own["platt_slope"]) == {inner[key].slope}
        assert own["operating_point"].tolist() == ["decision_zero", "youden"]
        assert own["n_training"].tolist() == [20, 20]
    frozen = fit_platt(run.refits[0].inner_decision[0, :30], labels)
    others = table[table["cohort"] != "home"]
    expected = frozen.probability(others["decision"])
    np.testing.assert_allclose(others["probability"], expected, rtol=1e-12)
    assert len(rules) == 2 * 7
    assert rules["repeat"].isna().sum() == 2


def test_estimates_and_p_values_come_from_the_decision_values(run):
    tables = run.tables()
    predictions = tables["predictions"]
    home = predictions[predictions["cohort"] == "home"]
    recalls = home.pivot_table("predicted", "repeat", "label", aggfunc="mean")
    accuracy = ((1 - recalls[0] + recalls[1]) / 2).mean()
    assert value(tables, "home", "balanced_accuracy", "mean_over_repeats") == pytest.approx(
        accuracy
    )
    away = predictions[predictions["cohort"] == "away"]
    area = roc_auc_score(away["label"], away["decision"])
    assert value(tables, "away", "auc", "frozen_model") == pytest.approx(area)

    null = tables["null"]
    assert null.groupby(["cohort", "null", "aggregation", "metric"]).size().eq(9).all()
    assert set(null.groupby("cohort")["null"].unique().explode().items()) == {
        ("home", "whole_procedure"),
        ("away", "own_labels"),
        ("away", "discovery_labels"),
        ("saline", "own_labels"),
        ("saline", "discovery_labels"),
    }
    drawn = null[
        (null["cohort"] == "home")
        & (null["metric"] == "balanced_accuracy")
        & (null["aggregation"] == "mean_over_repeats")
    ]["value"]
    assert (
        value(tables, "home", "balanced_accuracy", "mean_over_repeats", "p_value")
        == (1 + (drawn >= accuracy - 1e-9).sum()) / 10
    )


def test_the_null_of_discovery_labels_refits_the_model(run):
    null = run.tables()["null"]
    drawn = null[
        (null["cohort"] == "away")
        & (null["null"] == "discovery_labels")
        & (null["metric"] == "auc")
    ].sort_values("permutation")["value"]
    decision = np.concatenate([job.decision[:, 0, 30:44] for job in run.refits])[1:]
    labels = run.people["away"]["label"]
    np.testing.assert_allclose(drawn, [roc_auc_score(labels, one) for one in decision])


def test_the_order_of_jobs_does_not_matter(run):
    """Only the first refit must hold the observed labels; the others come in any order."""
    tables = run.tables()
    shuffled = run.tables(
        jobs=[run.jobs[i] for i in (2, 0, 3, 1)], refits=[run.refits[i] for i in (0, 2, 1)]
    )
    for name, table in tables.items():
        pd.testing.assert_frame_equal(shuffled[name], table)


def test_an_ensemble_has_no_C_and_no_null_of_refits(run):
    tables = run.tables({**CONFIG, "external": {"model": "ensemble"}})
    predictions = tables["predictions"]
    assert predictions.loc[predictions["cohort"] == "away", "hyperparameters"].isna().all()
    assert "discovery_labels" not in set(tables["null"]["null"])


def test_a_discovery_cohort_alone(run):
    home = {"home": run.people["home"]}
    scores = run.scores.iloc[:0]
    tables = run.tables(people=home, scores=scores)
    assert set(tables["predictions"]["cohort"]) == {"home"}
    assert set(tables["performance"]["cohort"]) == {"home"}
    assert set(tables["null"]["null"]) == {"whole_procedure"}


def test_scores_of_other_people_are_noticed(run):
    with pytest.raises(ValueError, match="the scores of away are not those of its analysed people"):
        run.tables(scores=run.scores.iloc[::-1])


def test_sessions_stand_beside_people():
    people = pd.DataFrame(
        {"participant_id": list("aab"), "session_id": ["1", "2", "1"], "label": [1, 1, 0]}
    )
    shape = (1, 1, 3)
    decisions = Decisions(
        np.array([0.5, -0.0, 0.0]).reshape(shape),
        np.array([2, 2, 1]).reshape(shape),
        np.array([0, 0, 1]).reshape(shape),
        np.array([[1, 1, 0]], dtype=np.int8),
        grid=np.array(["C=0.5", "C=2.0"]),
    )
    table = cross_validated_predictions(people, decisions, "svc", "home")
    assert list(table)[:5] == ["model", "cohort", "participant_id", "session_id", "repeat"]
    assert table["session_id"].tolist() == ["1", "2", "1"]
    assert table["outer_fold"].tolist() == [2, 2, 1]
    assert table["hyperparameters"].tolist() == ["C=0.5", "C=0.5", "C=2.0"]
    # A decision value of exactly 0 is not above it.
    assert table["predicted"].tolist() == [1, 0, 0]
    frozen = frozen_predictions(people, np.array([1.0, -1.0, 2.0]), "C=0.5", "svc", "away")
    assert list(frozen) == list(table)
    assert frozen["repeat"].isna().all()
    # Baselines have no probability.
    assert table["probability"].isna().all()
    assert frozen["probability"].isna().all()


def test_a_choice_at_the_edge_of_the_grid_is_a_warning():
    chosen = np.array([0, 0, 2, 3, 3, 3])
    plateau = np.array([True, False, False, False, False, False])
    largest, smallest = grid_warnings(chosen, plateau, 4, "svc")
    assert largest.startswith("svc: 3 of 6 fits chose the largest C of those tried (weakest reg")
    assert "C.log2_max" in largest
    assert smallest.startswith("svc: 1 of 6 fits chose the smallest C of those tried (strongest")
    assert "C.log2_min" in smallest


@pytest.mark.parametrize(
    ("chosen", "plateau", "n_grid"),
    [
        ([0, 0], [True, True], 4),  # smaller values of C would predict the same
        ([1, 2], [False, False], 4),
        ([0, 0], [False, False], 1),  # no choice, no edge
    ],
)
def test_no_warning_off_the_edge_on_a_plateau_or_without_a_grid(chosen, plateau, n_grid):
    assert grid_warnings(np.array(chosen), np.array(plateau), n_grid, "svc") == []


def test_warnings_count_the_outer_models_and_the_refit(run):
    tables = run.tables()
    observed = [run.jobs[0], run.jobs[2], run.refits[0]]
    at_top = sum(int((job.candidate[0] == 3).sum()) for job in observed)
    largest = [text for text in tables["warnings"]["warning"] if "largest" in text]
    if at_top:
        assert f"svc: {at_top} of 7 models" in largest[0]
    else:
        assert not largest


def test_candidates_in_words():
    model = {"standardize": True, "pca": None, "estimator": "sklearn.svm.SVC", "parameters": {}}
    grid = {"gamma": ["scale", 0.5], "C": [1]}
    words = learner_of({**model, "grid": grid}).grid_words()
    assert words == ['C=1; gamma="scale"', "C=1; gamma=0.5"]
    assert learner_of({**model, "grid": {}}).grid_words() == [""]
    nothing = Decisions(*np.zeros((4, 1, 1, 1)))
    assert nothing.chosen(0) is None
    assert nothing.chosen(-1) is None
    assert learner_of(CONFIG["model"]).grid_words() == [
        "C=0.001953125",
        "C=0.0078125",
        "C=0.03125",
        "C=0.125",
    ]


def test_fits_that_did_not_converge_are_a_warning(run):
    model = {**CONFIG["model"], "estimator": "sklearn.svm.SVC", "parameters": {}}
    config = {**CONFIG, "model": {**model, "grid": {"C": [1, 2, 3, 4]}}}

    def warnings(failed):
        # Of permuted labels too: each job has its counts.
        jobs, refits = (
            [replace(job, fits=np.array(10), unconverged=np.array(failed)) for job in some]
            for some in (run.jobs, run.refits)
        )
        return run.tables(config, jobs=jobs, refits=refits)["warnings"]["warning"].tolist()

    assert warnings(0) == []
    n = len(run.jobs) + len(run.refits)
    assert warnings(3)[0].startswith(f"svc: {3 * n} of {10 * n} fits of sklearn.svm.SVC warned")
