"""Ridge regression on Gram matrices agrees with scikit-learn, outcomes observed and permuted."""

import numpy as np
import pandas as pd
import pytest
from beside_baseline import searched
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression

from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.choice import smallest_error
from mri_response.learning.learners.ridge.cross_validation import cross_validate
from mri_response.learning.learners.ridge.options import RidgeOptions
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Scheme, draw_folds

SEED, N = 4, 48
GRID = tuple(4.0**power for power in range(6, -5, -1))


@pytest.fixture(scope="module")
def study():
    rng = np.random.default_rng(8)
    given = np.column_stack([rng.normal(30, 4, N), rng.normal(size=N)])
    features = rng.normal(size=(N, 20)) + given @ rng.normal(scale=0.2, size=(2, 20))
    outcome = 0.8 * given[:, 0] + features[:, :3].sum(axis=1) + rng.normal(scale=2, size=N)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)], "label": outcome})
    folds = draw_folds(people["participant_id"], outcome, Scheme(2, 4, 1, 5), SEED)
    return features, given, people, folds


def run(study, folds, blocks, **options):
    features, given, people, _ = study
    sample = Sample(features, given, np.ones(N))
    exchanged = ExchangedResiduals(people, given)
    return cross_validate(
        sample, FixedFolds(folds), Design(exchanged, SEED), blocks, RidgeOptions(GRID, **options)
    )


def test_equal_to_kernel_ridge_in_grid_search_for_observed_and_permuted_outcomes(study):
    features, given, _, folds = study
    table = np.hstack([features, given])
    result = run(study, folds[:4], [range(1), range(1, 4)], alpha_relative=False)
    assert set(result.candidate.ravel()) - {0, len(GRID) - 1}
    for row, outcome in enumerate(result.labels):
        for position, fold in enumerate(folds[:4]):
            train, test = fold.sets.train[0], fold.sets.test[0]
            search = searched(KernelRidge(), {"alpha": GRID}, table, outcome, fold)
            chosen = search.best_params_["regressor__alpha"]
            assert GRID[result.candidate[row, position]] == chosen
            np.testing.assert_allclose(
                result.decision[row, position, test], search.predict(table[test]), atol=1e-6, rtol=0
            )
            alone = LinearRegression().fit(given[train], outcome[train]).predict(given[test])
            np.testing.assert_allclose(result.reduced[row, position, test], alone, atol=1e-9)


def test_one_penalised_regression_beside_predictors_without_penalty(study):
    # All coefficients at once: the normal equations with a penalty for the features alone.
    features, given, people, folds = study
    penalty = 3.0
    result = cross_validate(
        Sample(features, given, np.ones(N)),
        FixedFolds(folds[:1]),
        Design(ExchangedResiduals(people, given), SEED),
        [range(1)],
        RidgeOptions((penalty,), alpha_relative=False, standardize=False),
    )
    train, test = folds[0].sets.train[0], folds[0].sets.test[0]
    table = np.hstack([np.ones((N, 1)), given, features])
    penalties = np.diag([0.0] * 3 + [penalty] * 20)
    outcome = people["label"].to_numpy()
    slopes = np.linalg.solve(
        table[train].T @ table[train] + penalties, table[train].T @ outcome[train]
    )
    np.testing.assert_allclose(result.decision[0, 0, test], table[test] @ slopes, atol=1e-8)


def test_a_relative_penalty_is_in_units_of_the_mean_squared_norm(study):
    one = run(study, folds := study[3][:1], [range(1)], alpha_relative=True)
    features, given, people, _ = study
    scaled = run((features * 7.0, given, people, folds), folds, [range(1)], standardize=False)
    plain = run(study, folds, [range(1)], standardize=False)
    np.testing.assert_allclose(scaled.decision, plain.decision, atol=1e-9)
    assert not np.allclose(one.decision, plain.decision, equal_nan=True, atol=1e-6)


def test_no_test_row_reaches_its_own_prediction(study):
    features, given, people, folds = study
    changed = people.assign(label=people["label"].where(~folds[0].sets.test[0], 1e3))
    before, after = (
        run((features, given, table, folds), folds[:1], [range(1)]) for table in (people, changed)
    )
    np.testing.assert_array_equal(before.decision, after.decision)
    np.testing.assert_array_equal(before.reduced, after.reduced)


def test_how_labellings_are_cut_into_blocks_changes_little_but_rounding(study):
    folds = study[3][:2]
    whole = run(study, folds, [range(1), range(1, 5)])
    parts = [run(study, folds, [part]) for part in (range(2), range(2, 5))]
    together = np.concatenate([part.decision for part in parts])
    np.testing.assert_allclose(whole.decision, together, atol=1e-10)


def test_refit_and_dual_variables(study):
    features, given, _, folds = study
    result = run(study, folds[-1:], [range(1), range(1, 3)])
    assert result.train.all()
    assert result.null_fitted.shape == (2, N)
    assert np.isnan(result.decision).all()
    assert result.intercept[0] == 0.0
    table = np.column_stack([np.ones(N), given])
    residual = features - table @ np.linalg.lstsq(table, features, rcond=None)[0]
    weights = (residual / residual.std(axis=0)).T @ result.beta[0]
    np.testing.assert_allclose(
        residual / residual.std(axis=0) @ weights, result.fitted[0], atol=1e-9
    )


def test_residuals_are_exchanged_and_the_fit_on_the_baseline_stays(study):
    _, given, people, _ = study
    exchanged = ExchangedResiduals(people, given)
    regression = LinearRegression().fit(given, people["label"])
    fitted = regression.predict(given)
    residual = people["label"].to_numpy() - fitted
    drawn = exchanged.labellings(SEED, [0, 1, 2])
    np.testing.assert_array_equal(drawn[:, 0], people["label"])
    np.testing.assert_allclose(np.sort(drawn[:, 1] - fitted), np.sort(residual), atol=1e-9)
    assert not np.allclose(drawn[:, 1], drawn[:, 2])


def test_residuals_stay_inside_their_block(study):
    _, given, people, _ = study
    blocks = people.assign(site=["a", "b"] * (N // 2))
    exchanged = ExchangedResiduals(blocks, given, within="site")
    moved = exchanged.permuted(SEED, 1) - LinearRegression().fit(given, people["label"]).predict(
        given
    )
    residual = people["label"].to_numpy() - LinearRegression().fit(given, people["label"]).predict(
        given
    )
    for site in "ab":
        rows = (blocks["site"] == site).to_numpy()
        np.testing.assert_allclose(np.sort(moved[rows]), np.sort(residual[rows]), atol=1e-9)


def test_of_tied_errors_the_first_is_chosen():
    error = np.array([[2.0, 1.0, 3.0], [1.0 + 1e-12, 1.0, 2.0], [1.0, 2.0, 1.0]])
    assert smallest_error(error).tolist() == [1, 0, 2]


def test_age_from_regions_of_real_people_equals_scikit_learn(shared_data):
    folder = shared_data / "schizophrenia" / "nimh"
    people = pd.read_csv(folder / "participants.tsv", sep="\t")
    table = pd.read_csv(folder / "freesurfer.tsv", sep="\t").set_index("participant_id")
    regions = table.loc[people["participant_id"]].select_dtypes("number")
    given = np.column_stack(
        [people["sex"] == "M", regions.pop("EstimatedTotalIntraCranialVol") / 1e3]
    )
    features, age = regions.to_numpy(float), people["age"].to_numpy(float)
    features = features[:, features.std(axis=0) > 0]
    people = people[["participant_id"]].assign(label=age)
    folds = draw_folds(people["participant_id"], age, Scheme(1, 5, 1, 5), SEED)[:-1]
    grid = tuple(4.0**power for power in range(8, 1, -1))
    result = cross_validate(
        Sample(features, given.astype(float), np.ones(len(age))),
        FixedFolds(folds),
        Design(ExchangedResiduals(people, given.astype(float)), SEED),
        [range(1)],
        RidgeOptions(grid, alpha_relative=False),
    )
    both = np.hstack([features, given]).astype(float)
    gain = np.empty((2, len(age)))
    for position, fold in enumerate(folds):
        test = fold.sets.test[0]
        search = searched(KernelRidge(), {"alpha": grid}, both, age, fold)
        assert grid[result.candidate[0, position]] == search.best_params_["regressor__alpha"]
        expected = search.predict(both[test])
        np.testing.assert_allclose(result.decision[0, position, test], expected, atol=1e-6, rtol=0)
        gain[0, test] = (age[test] - result.reduced[0, position, test]) ** 2
        gain[1, test] = (age[test] - expected) ** 2
    # Age is known to be told by brain measures.
    assert 1 - gain[1].sum() / gain[0].sum() > 0.2
