"""Names of people that differ only in how they are written."""

import pytest

from mri_response.inputs.sources.ids import Spellings


@pytest.mark.parametrize(
    ("wanted", "found", "how"),
    [
        ("sub-01", "01", "the prefix sub-"),
        ("M000", "sub-M000", "the prefix sub-"),
        ("sub-1", "sub-001", "leading zeros"),
        ("007", "7", "leading zeros"),
        ("sub-7", "0007", "the prefix sub- and leading zeros"),
        ("sub-S7", "sub-S007", "leading zeros"),
        ("sub-a", "sub-A", "upper and lower case"),
        ("0", "000", "leading zeros"),
    ],
)
def test_how_two_names_differ(wanted, found, how):
    assert Spellings([found, "other"]).near(wanted) == (found, how)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("sub-10", "sub-1"), ("sub-100", "sub-1"), ("a1", "b1"), ("10", "1"), ("sub-01", "sub-01")],
)
def test_other_people_and_the_same_name_are_not_near(wanted, found):
    assert Spellings([found]).near(wanted) is None
