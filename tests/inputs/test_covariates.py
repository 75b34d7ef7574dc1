"""Covariates that say nothing, or nothing more than what stands beside them."""

import numpy as np
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.covariates import check_covariates, redundant

RNG = np.random.default_rng(5)
AGE = RNG.integers(20, 70, 40).astype(float)
SITE = np.column_stack([np.arange(40) % 4 == 1, np.arange(40) % 4 == 2, np.arange(40) % 4 == 3])


def test_each_kind_is_named_and_the_others_are_not():
    found = redundant(
        {
            "age": AGE,
            "months": 12 * AGE + 3,
            "field": np.full(40, 3.0),
            "note": np.full(40, np.nan),
            "one_level": np.empty((40, 0)),
            "education": AGE + RNG.normal(0, 0.01, 40),
        }
    )
    assert found == {
        "months": "values that follow from age",
        "field": "3 for everybody",
        "note": "no value",
        "one_level": "one value for everybody",
    }


def test_what_follows_from_sites_or_from_several_others():
    field = np.where(np.arange(40) % 4 < 2, 1.5, 3.0)
    assert redundant({"field": field}) == {}
    assert redundant({"field": field}, [SITE]) == {
        "field": "values that follow from what is beside it"
    }
    total = {"verbal": AGE, "figural": RNG.normal(100, 15, 40)}
    total["sum"] = total["verbal"] + total["figural"]
    assert redundant(total) == {"sum": "values that follow from verbal, figural"}
    # Of large numbers that differ little something is left.
    assert redundant({"year": 2010 + np.arange(40) % 3, "day": 1e6 + np.arange(40)}) == {}


def test_gaps_count_as_in_the_model():
    """People without one of the covariates are left out, whichever it is."""
    sparse = np.where(np.arange(40) < 5, 12.0, np.nan)
    assert redundant({"age": AGE, "sparse": sparse}) == {"sparse": "12 for everybody"}
    never = np.where(np.arange(40) < 5, np.nan, AGE)
    assert redundant({"sparse": np.where(np.arange(40) < 5, AGE, np.nan), "other": never}) == {
        "sparse": "no value beside the others",
        "other": "no value beside the others",
    }


def test_the_first_is_one_line():
    with pytest.raises(InputError) as error:
        check_covariates({"dose": 1.0 * SITE[:, 0]}, "p.tsv", "belief.covariates", [SITE], "site")
    assert str(error.value) == (
        "p.tsv: column dose: found values that follow from site, expected values that differ "
        "between people and say something more; leave it out (belief.covariates)"
    )
    arm = np.arange(40) % 2.0
    both = {"age": AGE, "mixed": AGE + 3 * arm}
    with pytest.raises(InputError, match="mixed: found values that follow from age and the arm,"):
        check_covariates(both, "p.tsv", "key", [arm], "the arm")
    check_covariates({"age": AGE}, "p.tsv", "key", [arm], "the arm")
