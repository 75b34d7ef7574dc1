"""How alike the scans of different people are."""

import numpy as np
import pandas as pd
import pytest

from mri_response.features.resemblance import (
    ALIKE,
    FEWEST_COLUMNS,
    FEWEST_ROWS,
    resemblance,
    resemblance_note,
    resemblances,
)


@pytest.fixture
def values():
    """Regions of 24 people: what all brains share, the size of each, and what is their own."""
    rng = np.random.default_rng(4)
    return 100 + 10 * rng.normal(size=60) + 5 * rng.normal(size=(24, 1)) + rng.normal(size=(24, 60))


def test_it_is_the_correlation_of_standardised_regions(values):
    found = resemblance(values, np.arange(24))
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    expected = np.corrcoef(z)
    np.fill_diagonal(expected, -np.inf)
    np.testing.assert_allclose(found.correlation, expected.max(axis=1), atol=1e-5)
    np.testing.assert_array_equal(found.row, expected.argmax(axis=1))
    assert found.correlation.max() < ALIKE


def test_a_second_scan_of_a_person_is_found_under_another_id_only(values):
    rng = np.random.default_rng(5)
    values[7] = 1.02 * values[3] + 0.2 * rng.normal(size=60)
    person = np.arange(24)
    found = resemblance(values, person)
    assert found.row[3] == 7
    assert found.row[7] == 3
    assert set(np.flatnonzero(found.correlation > ALIKE)) == {3, 7}
    person[7] = 3
    assert (resemblance(values, person).correlation < ALIKE).all()


def test_units_and_missing_or_constant_regions_do_not_matter(values):
    found = resemblance(values, np.arange(24))
    strange = np.column_stack(
        [values * np.geomspace(1e-3, 1e3, 60), np.full(24, 7.0), values[:, 0]]
    )
    strange[5, -1] = np.nan
    other = resemblance(strange, np.arange(24))
    np.testing.assert_allclose(other.correlation, found.correlation, atol=1e-4)


def test_it_is_not_told_where_chance_may_do_it(values):
    for few in (values[:, : FEWEST_COLUMNS - 1], values[: FEWEST_ROWS - 1]):
        found = resemblance(few, np.arange(len(few)))
        assert np.isnan(found.correlation).all()
        assert (found.row == -1).all()
    assert np.isnan(resemblance(values, np.zeros(24, dtype=int)).correlation).all()


def test_people_of_other_cohorts_count_even_where_ids_are_the_same(values):
    values[20] = values[1]
    names = [f"sub-{i}" for i in range(12)]
    people = {name: pd.DataFrame({"participant_id": names}) for name in ("home", "away")}
    found = resemblances({"home": values[:12], "away": values[12:]}, people)
    assert found["home"].loc[1, "resembles"] == "away/sub-8"
    assert found["away"].loc[8, "resembles"] == "home/sub-1"
    assert found["home"].loc[1, "resemblance"] == pytest.approx(1, abs=1e-5)
    note = resemblance_note(found["home"])
    assert note.startswith(
        "1 of 12 scans are almost those of other people (correlation up to 1.000"
    )
    assert resemblance_note(found["home"].drop(index=1)) is None
