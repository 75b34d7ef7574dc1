"""The engine against plain scikit-learn: the same C in every fold, decision values within 1e-5."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import oracle
import pandas as pd
import pytest

from mri_response.learning.design import Design, FixedFolds, Sample, StackedRows, with_other_cohorts
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.svc import fold_rows, options
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.splits import Fold, Scheme, draw_folds
from mri_response.models.fitted import fitted_models
from mri_response.models.linear import freeze_linear
from mri_response.people.rows import person_weights

SEED = 7
GRID = [2.0**k for k in range(-12, 1)]  # the default of the workflow
VOLUME = "EstimatedTotalIntraCranialVol"
CLOSE = 1e-5


class Cohort(NamedTuple):
    people: pd.DataFrame
    features: np.ndarray


def read(folder: Path, patients: list[str]) -> Cohort:
    """People who are complete, read without the workflow."""
    rows = pd.read_csv(folder / "participants.tsv", sep="\t")
    regions = pd.read_csv(folder / "freesurfer.tsv", sep="\t")
    rows = rows[rows["group"].isin([*patients, "control", "HC"])]
    rows = rows.merge(regions, on="participant_id", validate="1:1")
    rows = rows.dropna(subset=["age", "sex", VOLUME]).reset_index(drop=True)
    names = [name for name in regions if name not in ("participant_id", VOLUME)]
    people = rows[["participant_id", "age", "sex"]].assign(
        tiv=rows[VOLUME] / 1000, label=rows["group"].isin(patients).astype(int)
    )
    return Cohort(people, rows[names].to_numpy(dtype=float))


class Engine:
    """All folds of a cohort and the refit, its decision values for others included."""

    def __init__(
        self, own: Cohort, other: Cohort, confounds: list[str], scheme: Scheme, grid: list[float],
        n_permutations: int,
    ) -> None:  # fmt: skip
        coding = ConfoundCoding.of(own.people, confounds)
        self.confounds = np.vstack([coding.matrix(cohort.people) for cohort in (own, other)])
        self.features = np.vstack([own.features, other.features])
        self.n, n_others = len(own.people), len(other.people)
        options = SvcOptions(tuple(grid))
        exchangeability = Exchangeability(own.people)
        self.labels = exchangeability.labellings(SEED, range(n_permutations + 1))
        blocks = [range(1), range(1, n_permutations + 1)]
        drawn = draw_folds(
            own.people["participant_id"], own.people["label"].to_numpy(), scheme, SEED
        )
        self.folds, refit = drawn[:-1], drawn[-1]
        own_confounds = self.confounds[: self.n]
        self.result = cross_validate(
            Sample(None, None, person_weights(own.people["participant_id"])[0]),
            FixedFolds(self.folds),
            Design(exchangeability, SEED),
            blocks,
            options,
            fold_grams(own.features, own_confounds, self.folds, options),
        )
        self.refit = with_other_cohorts(refit, n_others)
        stacked = StackedRows(own.features, other.features)
        weights = np.pad(person_weights(own.people["participant_id"])[0], (0, n_others))
        self.refitted = cross_validate(
            Sample(None, None, weights),
            FixedFolds([self.refit]),
            Design(exchangeability, SEED),
            blocks,
            options,
            fold_grams(stacked, self.confounds, [self.refit], options),
        )
        fitted = fitted_models([self.refitted], self.n)
        frozen = freeze_linear(own.features, own_confounds, fitted, coding, {})
        self.frozen_scores = frozen.decision(other.features, other.people.drop(columns="label"))

    def reference(self, fold: Fold, labelling: int, grid: list[float], search=oracle.nested):
        """The same fold and labelling in scikit-learn."""
        labels = np.zeros(len(fold.sets.train[0]), dtype=int)
        labels[: self.n] = self.labels[:, labelling]
        data = np.hstack([self.confounds, self.features]).astype(np.float64)
        inner = [
            (np.flatnonzero(train), np.flatnonzero(test))
            for train, test in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True)
        ]
        model = oracle.pipeline(self.confounds.shape[1])
        train = np.flatnonzero(fold.sets.train[0])
        chosen = search(model, data, labels, train, inner, grid)
        return chosen, chosen.model.decision_function(data[np.flatnonzero(fold.sets.test[0])])

    def assert_equal(self, labelling: int, folds: range, grid: list[float]) -> None:
        for position in folds:
            fold = self.folds[position]
            reference, decision = self.reference(fold, labelling, grid)
            assert self.result.candidate[labelling, position] == reference.candidate
            own = self.result.decision[labelling, position, fold.sets.test[0]]
            np.testing.assert_allclose(own, decision, atol=CLOSE, rtol=0)

    def assert_refit_equal(self, labelling: int, grid: list[float]) -> None:
        reference, decision = self.reference(self.refit, labelling, grid)
        assert self.refitted.candidate[labelling, 0] == reference.candidate
        scores = self.refitted.decision[labelling, 0, self.n :]
        np.testing.assert_allclose(scores, decision, atol=CLOSE, rtol=0)
        if labelling == 0:
            np.testing.assert_allclose(self.frozen_scores, decision, atol=CLOSE, rtol=0)


def test_schizophrenia_from_nimh_to_cobre(shared_data):
    own, other = (
        read(shared_data / "schizophrenia" / name, ["patient"]) for name in ("nimh", "cobre")
    )
    assert (len(own.people), own.people["label"].sum()) == (165, 98)
    engine = Engine(own, other, ["age", "sex", "tiv"], Scheme(1, 10, 1, 10), GRID, 2)
    engine.assert_equal(0, range(10), GRID)
    engine.assert_refit_equal(0, GRID)
    for labelling in (1, 2):
        engine.assert_equal(labelling, range(3), GRID)
        engine.assert_refit_equal(labelling, GRID)
    # Most choices lie inside the grid: the comparison is not one of plateaus.
    assert len(set(engine.result.candidate[0])) >= 4
    assert engine.result.plateau.sum() <= 1
    assert engine.result.fallback == engine.refitted.fallback == 0


@pytest.mark.parametrize("outer", ["k_fold", "leave_one_site_out"])
def test_two_sites_as_one_cohort_of_more_people_than_regions(shared_data, monkeypatch, outer):
    sites = [read(shared_data / "schizophrenia" / name, ["patient"]) for name in ("nimh", "cobre")]
    people = pd.concat([site.people for site in sites], ignore_index=True)
    features = np.vstack([site.features for site in sites])
    assert features.shape == (289, 178)
    confounds = ConfoundCoding.of(people, ["age", "sex", "tiv"]).matrix(people)
    labels = people["label"].to_numpy()
    left_out = tuple(np.repeat(["nimh", "cobre"], [len(site.people) for site in sites]))
    scheme = Scheme(1, 10, 1, 5, outer=outer, left_out=left_out)
    folds = draw_folds(people["participant_id"], labels, scheme, SEED)[:2]
    model = oracle.pipeline(confounds.shape[1]).set_params(svm__in_float64=True)
    reference = []
    for fold in folds:
        train, *inner_train = map(np.flatnonzero, fold.sets.train)
        test, *inner_test = map(np.flatnonzero, fold.sets.test)
        inner = list(zip(inner_train, inner_test, strict=True))
        data = np.hstack([confounds, features])
        chosen = oracle.nested(model, data, labels, train, inner, GRID)
        reference.append((chosen.candidate, test, chosen.model.decision_function(data[test])))
    # From rows, too, for which these are too few people per region by default.
    for rows_per_feature in (options.ROWS_PER_FEATURE, 0.5):
        monkeypatch.setattr(fold_rows, "ROWS_PER_FEATURE", rows_per_feature)
        result = cross_validate(
            Sample(features, confounds, np.ones(len(people))),
            FixedFolds(folds),
            Design(Exchangeability(people), SEED),
            [range(1)],
            SvcOptions(tuple(GRID)),
        )
        assert result.fallback == 0
        for position, (candidate, test, decision) in enumerate(reference):
            assert result.candidate[0, position] == candidate
            own = result.decision[0, position, test]
            np.testing.assert_allclose(own, decision, atol=CLOSE, rtol=0)


def test_depression(shared_data):
    own = read(shared_data / "depression_ds003653", ["MDD", "PDD"])
    # The spare regions of the table, which are 0 for everybody, drop out on both sides.
    assert (own.features.std(axis=0) == 0).any()
    engine = Engine(own, own, ["age", "sex", "tiv"], Scheme(1, 10, 1, 5), GRID, 3)
    for labelling in range(4):
        engine.assert_equal(labelling, range(10) if labelling == 0 else range(3), GRID)
        engine.assert_refit_equal(labelling, GRID)


def voxels(dtype: type = np.float32) -> tuple[Cohort, Cohort]:
    """Two made-up cohorts of smooth maps, head size in every voxel, a weak effect."""
    rng = np.random.default_rng(3)
    n = 60
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n + 20)]})
    people["label"] = rng.permutation(np.arange(n + 20) % 2)
    people["age"] = rng.uniform(20, 70, n + 20)
    people["tiv"] = rng.normal(1500, 150, n + 20)
    noise = np.cumsum(rng.normal(size=(n + 20, 5000)), axis=1)
    noise -= np.pad(noise, ((0, 0), (25, 0)))[:, :-25]  # smooth over 25 voxels
    maps = 0.5 + 0.02 * noise + 2e-4 * (people[["tiv"]].to_numpy() - 1500)
    maps[:, :300] += 0.03 * people[["label"]].to_numpy()
    maps[:, 400:410] = 0.25
    split = [people[:n], people[n:].reset_index(drop=True)]
    maps = maps.astype(dtype)
    return Cohort(split[0], maps[:n]), Cohort(split[1], maps[n:])


def test_voxels_in_float32():
    grid = [2.0**k for k in range(-20, -5)]  # as relative C would be
    engine = Engine(*voxels(), ["age", "tiv"], Scheme(1, 5, 1, 4), grid, 2)
    assert engine.features.dtype == np.float32
    for labelling in range(3):
        engine.assert_equal(labelling, range(5) if labelling == 0 else range(2), grid)
        engine.assert_refit_equal(labelling, grid)


def test_the_literal_loop_is_a_grid_search():
    """The reference itself against `GridSearchCV` over the whole pipeline."""
    grid = [2.0**k for k in range(-20, -5, 2)]
    own, other = voxels(np.float64)
    own, other = (Cohort(cohort.people, cohort.features[:, ::10]) for cohort in (own, other))
    engine = Engine(own, other, ["age", "tiv"], Scheme(1, 5, 1, 4), grid, 1)
    for labelling in (0, 1):
        one, decision = engine.reference(engine.folds[0], labelling, grid)
        other_way, again = engine.reference(
            engine.folds[0], labelling, grid, oracle.nested_by_grid_search
        )
        assert one.candidate == other_way.candidate
        np.testing.assert_allclose(one.scores, other_way.scores, atol=1e-12)
        np.testing.assert_allclose(decision, again, atol=1e-12)


def test_a_choice_of_C_can_be_told_from_its_neighbours():
    """The comparison can fail: other values of C give other decision values."""
    grid = [2.0**k for k in range(-20, -5)]
    own, other = voxels()
    engine = Engine(own, other, ["age", "tiv"], Scheme(1, 5, 1, 4), grid, 1)
    coarse = Engine(own, other, ["age", "tiv"], Scheme(1, 5, 1, 4), grid[::4], 1)
    difference = np.abs(engine.result.decision - coarse.result.decision)
    assert np.nanmax(difference) > 100 * CLOSE


@pytest.mark.parametrize("alpha_off", [0.0, 1e-19])
def test_the_midpoint_rule_does_not_depend_on_rounding(alpha_off, monkeypatch):
    """LIBSVM may leave a dual variable a rounding error off its bound, and move its intercept."""
    rng = np.random.default_rng(8)
    features, labels = rng.normal(size=(20, 3)), np.arange(20) % 2
    plain = oracle.LinearSVM(C=1e-6).fit(features, labels)
    weight = plain.coef_
    margin = np.where(labels == 1, 1.0, -1.0) - features @ weight
    expected = (margin[labels == 0].max() + margin[labels == 1].min()) / 2
    fit = oracle.SVC.fit

    def disturbed(self, X, y):
        fit(self, X, y)
        self.dual_coef_[0, 0] -= alpha_off * np.sign(self.dual_coef_[0, 0])
        self.intercept_ = self.intercept_ + 0.5
        return self

    monkeypatch.setattr(oracle.SVC, "fit", disturbed)
    assert oracle.LinearSVM(C=1e-6).fit(features, labels).intercept_ == pytest.approx(expected)
