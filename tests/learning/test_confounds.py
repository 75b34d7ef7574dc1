import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline

from mri_response.core.errors import InputError
from mri_response.core.tables import read_people, write_tsv
from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.sklearn.preparation import prepared
from mri_response.learning.preparation.confounds import (
    ConfoundCoding,
    natural_spline,
)
from mri_response.learning.preparation.flexible_confounds import flexible_matrix
from mri_response.learning.preparation.training_sets import Confounds, training_sets


@pytest.fixture
def discovery() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "participant_id": ["sub-1", "sub-2", "sub-3", "sub-4"],
            "age": [20.0, 30.0, np.nan, 50.0],
            "site": ["south", "north", "south", "west"],
            "sex": ["M", "F", None, "F"],
        }
    )


def test_numbers_stay_and_categories_become_indicators_against_the_first(discovery):
    coding = ConfoundCoding.of(discovery, ["age", "site", "sex"])
    assert coding.names == ["age", "site:south", "site:west", "sex:M"]
    np.testing.assert_array_equal(
        coding.matrix(discovery),
        [[20, 1, 0, 1], [30, 0, 0, 0], [np.nan, 1, 0, np.nan], [50, 0, 1, 0]],
    )


def test_columns_keep_the_order_of_the_configuration(discovery):
    assert ConfoundCoding.of(discovery, ["sex", "age"]).names == ["sex:M", "age"]


def test_no_confounds_give_no_columns(discovery):
    assert ConfoundCoding.of(discovery, []).matrix(discovery).shape == (4, 0)


def test_a_category_with_one_level_gives_no_column(discovery):
    coding = ConfoundCoding.of(discovery.assign(site="north"), ["site", "age"])
    assert coding.names == ["age"]
    assert coding.matrix(discovery.assign(site="north")).shape == (4, 1)


def test_the_coding_is_that_of_the_discovery_cohort(discovery):
    coding = ConfoundCoding.of(discovery, ["site"])
    other = pd.DataFrame({"participant_id": ["sub-9"], "site": ["west"]})
    np.testing.assert_array_equal(coding.matrix(other), [[0, 1]])


def test_it_looks_at_no_outcome_and_no_value(discovery):
    relabelled = discovery.assign(label=[1, 0, 1, 0], age=[1.0, 2.0, 3.0, 4.0])
    columns = ["age", "site", "sex"]
    assert ConfoundCoding.of(relabelled, columns) == ConfoundCoding.of(discovery, columns)


def test_an_unseen_category_is_an_error_that_names_the_person(discovery):
    coding = ConfoundCoding.of(discovery, ["site"])
    other = pd.DataFrame({"participant_id": ["sub-8", "sub-9"], "site": ["west", "moon"]})
    with pytest.raises(InputError, match=r"'moon' in site of sub-9.*north, south, west") as error:
        coding.matrix(other)
    assert "\n" not in str(error.value)
    assert "unseen_site: mean" in str(error.value)


def test_an_unseen_category_may_count_as_missing(discovery):
    coding = ConfoundCoding.of(discovery, ["site"])
    other = pd.DataFrame({"participant_id": ["sub-8", "sub-9"], "site": ["west", "moon"]})
    np.testing.assert_array_equal(coding.matrix(other, unseen="mean"), [[0, 1], [np.nan, np.nan]])


def test_a_missing_category_is_missing_in_every_indicator(discovery):
    coding = ConfoundCoding.of(discovery, ["site"])
    other = pd.DataFrame({"participant_id": ["sub-8"], "site": [None]})
    for unseen in ("error", "mean"):
        assert np.isnan(coding.matrix(other, unseen=unseen)).all()


def test_declared_codes_are_categories_as_letters_are(tmp_path):
    """As text, and as the numbers that a written table is read back with."""
    codes = pd.Series(["1", "3", "2", None, "2", "3"])
    people = pd.DataFrame({"participant_id": list("abcdef"), "scanner": codes})
    lettered = people.assign(scanner=codes.map({"1": "x", "2": "y", "3": "z"}))
    write_tsv(people, tmp_path / "people.tsv")
    numbers = read_people(tmp_path / "people.tsv")
    declared = [{"column": "scanner", "categorical": True}]
    expected = ConfoundCoding.of(lettered, ["scanner"]).matrix(lettered)
    for table in (people, numbers):
        coding = ConfoundCoding.of(numbers, declared)
        assert coding.names == ["scanner:2", "scanner:3"]
        assert coding == ConfoundCoding.of(people, declared)
        np.testing.assert_array_equal(coding.matrix(table), expected)
        np.testing.assert_array_equal(flexible_matrix(table, declared), expected)
    undeclared = ConfoundCoding.of(numbers, ["scanner"])
    assert undeclared.names == ["scanner"]


# ------------------------------------------------------------ splines
KNOTS = (25.0, 40.0, 55.0, 65.0)


def test_a_spline_is_harrells_restricted_cubic_spline():
    """Term by term as in Regression Modeling Strategies, section 2.4.5."""
    x = np.linspace(15, 80, 131)

    def cube(value):
        return value**3 if value > 0 else 0.0

    t1, t2, t3, t4 = KNOTS
    for value, row in zip(x, natural_spline(x, KNOTS), strict=True):
        expected = [
            value,
            (
                cube(value - t1)
                - cube(value - t3) * (t4 - t1) / (t4 - t3)
                + cube(value - t4) * (t3 - t1) / (t4 - t3)
            )
            / (t4 - t1) ** 2,
            (
                cube(value - t2)
                - cube(value - t3) * (t4 - t2) / (t4 - t3)
                + cube(value - t4) * (t3 - t2) / (t4 - t3)
            )
            / (t4 - t1) ** 2,
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("knots", [(30.0, 45.0, 60.0), KNOTS, (20.0, 30.0, 45.0, 60.0, 75.0)])
def test_with_the_constant_it_spans_all_natural_cubic_splines(knots):
    """Natural splines through the unit vectors at the knots, from scipy, lie in its span."""
    x = np.linspace(knots[0], knots[-1], 200)
    basis = np.column_stack([np.ones_like(x), natural_spline(x, knots)])
    assert basis.shape == (200, len(knots))
    for values in np.eye(len(knots)):
        target = CubicSpline(knots, values, bc_type="natural")(x)
        coefficients, *_ = np.linalg.lstsq(basis, target, rcond=None)
        np.testing.assert_allclose(basis @ coefficients, target, atol=1e-8)


def test_beyond_the_outer_knots_a_spline_is_straight():
    for x in (np.array([0.0, 10.0, 20.0, 25.0]), np.array([65.0, 80.0, 95.0, 100.0])):
        slopes = np.diff(natural_spline(x, KNOTS), axis=0) / np.diff(x)[:, None]
        np.testing.assert_allclose(slopes, slopes[[0, 0, 0]], atol=1e-9)


def test_a_column_with_knots_becomes_its_terms(discovery):
    coding = ConfoundCoding.of(discovery, ["sex", {"column": "age", "knots": [25, 40, 45]}])
    assert coding.names == ["sex:M", "age", "age'"]
    matrix = coding.matrix(discovery)
    assert matrix.shape == (4, 3)
    np.testing.assert_array_equal(matrix[:, 1:], natural_spline(discovery["age"], (25, 40, 45)))
    # A missing value is missing in every term, to be filled inside the fold.
    np.testing.assert_array_equal(np.isnan(matrix[2]), [True, True, True])


# ---------------------------------------------------------------- sites that a fold has not seen
@pytest.fixture
def sites() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{i}" for i in range(40)],
            "age": rng.uniform(20, 60, 40),
            "site": np.repeat(["A", "B", "C", "D"], [14, 12, 10, 4]),
            "sex": rng.choice(["F", "M"], 40),
        }
    )


@pytest.mark.parametrize("left_out", ["A", "C", "D"])
def test_a_site_that_a_fold_has_not_seen_is_the_mean_of_those_it_has(sites, left_out):
    """Against least squares with one indicator a site, which sum up to zero over the people."""
    coding = ConfoundCoding.of(sites, ["age", "site", "sex"])
    confounds = coding.stacked(sites, unseen="mean")
    features = (
        np.random.default_rng(6).normal(size=(40, 3)) + sites["site"].map(ord).to_numpy()[:, None]
    )
    test = (sites["site"] == left_out).to_numpy()
    train = ~test

    names = sorted(set(sites["site"]) - {left_out})
    numbers = np.column_stack([sites["age"], sites["sex"] == "M"]).astype(float)
    numbers -= numbers[train].mean(axis=0)
    share = [(sites["site"][train] == name).mean() for name in names]
    own = np.array([sites["site"] == name for name in names]).T - np.array(share)
    own[test] = 0.0  # nothing is known of the site: the mean over the people of the others
    design = np.column_stack([np.ones(40), numbers, own])
    slope = np.linalg.lstsq(design[train], features[train], rcond=None)[0]
    residual = features - design @ slope

    options = EstimatorOptions("sklearn.svm.SVC", {}, {}, False, None)
    ready = prepared(features, confounds, train, test, options)
    np.testing.assert_allclose(ready.train, residual[train], atol=1e-9)
    np.testing.assert_allclose(ready.test, residual[test], atol=1e-9)
    sets = training_sets(confounds, np.stack([train, np.ones(40, dtype=bool)]))
    gram = gram_matrices(features, sets, standardize=False)[0]
    np.testing.assert_allclose(gram, residual @ residual.T, atol=1e-8)
    # Whoever is told nothing of categories takes them for the first level, or for none.
    blind = prepared(features, coding.matrix(sites), train, test, options)
    assert not np.allclose(blind.test, residual[test], atol=1e-3)


def test_only_what_a_training_set_lacks_is_missing(sites):
    coding = ConfoundCoding.of(sites, ["site", "age", "sex"])
    confounds = coding.stacked(sites, sites[:2].assign(site="moon"), unseen="mean")
    assert isinstance(confounds, Confounds)
    assert confounds.factors == (slice(0, 3), slice(4, 5))
    train = np.append((sites["site"] != "B").to_numpy(), [False, False])
    seen = confounds.seen_from(train)
    unseen = ~train
    assert np.isnan(seen[unseen, :3]).all()
    np.testing.assert_array_equal(seen[train], confounds.matrix[train])
    np.testing.assert_array_equal(seen[:, 3:], confounds.matrix[:, 3:])
    assert isinstance(coding.stacked(sites), np.ndarray)
