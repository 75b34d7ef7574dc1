import numpy as np
import pandas as pd
import pytest

from mri_response.confounds import ConfoundCoding
from mri_response.errors import InputError


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
    with pytest.raises(InputError, match=r"site is 'moon' for sub-9.*north, south, west") as error:
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
