"""Near-matches between the names of two tables."""

import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.joins import check_levels, check_same_ids, check_spelt_alike
from mri_response.inputs.tables import read_table


@pytest.mark.parametrize(
    ("wanted", "found", "how"),
    [
        ("P07", "P7", "leading zeros"),
        ("ABC-1", "abc-1", "upper and lower case"),
        ("sub-4", "4", "the prefix sub-"),
        ("20", "20.0", ".0"),
        ("sub-020", "20.00", ".0 and the prefix sub- and leading zeros"),
        ("J\u00f6rg", "Jo\u0308rg", "characters that cannot be seen or Unicode form"),
        ("K_07", "K-07", "hyphens, underscores or spaces"),
        ("sub-A3", "SUB-A3", "upper and lower case"),
        ("sub-A3", "sub_A3", "hyphens, underscores or spaces"),
        ("sub-31", "sub31", "hyphens, underscores or spaces"),
        ("ward 3", "Ward  03", "hyphens, underscores or spaces and leading zeros"),
        ("31", "sub031", "the prefix sub- and leading zeros"),
        ("x1", "x\u200b1", "characters that cannot be seen or Unicode form"),
    ],
)
def test_ids_of_two_tables(wanted, found, how):
    with pytest.raises(InputError) as error:
        check_same_ids(["other", wanted], [found, "other"], "people.tsv", "regions.csv")
    assert str(error.value) == (
        f"regions.csv: found participant_id {found!r}, expected {wanted!r} as in people.tsv: the "
        f"ids differ only by {how}; write them alike in both"
    )


def test_the_first_is_named_and_the_rest_counted():
    with pytest.raises(InputError, match=r"found participant_id '1'.*zeros, as do 2 more; write"):
        check_same_ids(["01", "02", "03", "04"], ["3", "2", "1", "04"], "a.tsv", "b.tsv")


def test_people_whose_ids_both_tables_have_are_nobodys_near_match():
    check_same_ids(["1", "01", "2"], ["01", "2"], "a.tsv", "b.tsv")
    check_same_ids(["1.5", "10"], ["1", "100"], "a.tsv", "b.tsv")
    check_same_ids(["1-1", "-5", "sub1"], ["11", "5", "subject1"], "a.tsv", "b.tsv")


def cells(*values):
    return pd.Series(values, index=range(2, len(values) + 2), name="visit", dtype=object)


def test_levels_that_the_configuration_asks_for():
    column = cells("week 8", None, "Week 8", "week 08", "week 80", "baseline")
    with pytest.raises(InputError) as error:
        check_levels(column, ["week 8"], "visits.csv", "outcome.endpoint")
    assert str(error.value) == (
        "visits.csv: line 4: column visit: found 'Week 8', expected 'week 8' as in "
        "outcome.endpoint: the two differ only by upper and lower case, as in 1 more rows; "
        "write them alike"
    )
    check_levels(column, ["week 8", "Week 8", "week 08"], "visits.csv", "outcome.endpoint")


def test_one_category_in_two_spellings():
    with pytest.raises(InputError, match="line 4: column visit: found 'berlin', expected 'Berlin'"):
        check_spelt_alike(cells("Berlin", "Berlin", "berlin", None), "people.csv")
    check_spelt_alike(cells("1", "2", "10", "Berlin", None), "people.csv")


def test_tables_are_read_in_one_form_without_what_cannot_be_seen(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("participant_id,a\u200bge\nJo\u0308rg\u200e,4\u00ad1\n", encoding="utf-8")
    table = read_table(path, required=["participant_id", "age"])
    assert table.loc[2].tolist() == ["J\u00f6rg", "41"]
