"""Numbers as a reader sees them."""

from __future__ import annotations

import pandas as pd
import pytest
from markupsafe import Markup

from mri_response.report.numbers import (
    as_numbers,
    interval_text,
    minus,
    p_phrase,
    p_text,
    percent,
    two_decimals,
    unbroken,
    with_limits,
    with_sign,
)


@pytest.mark.parametrize(
    ("p", "m", "text"),
    [
        (1 / 1001, 1000, "0.001†"),
        (2 / 1001, 1000, "0.002"),
        ("0.0239", "1000", "0.024"),
        (1 / 10001, 10000, "<\u202f0.001†"),
        (3 / 10001, 10000, "<\u202f0.001"),
        (1 / 100, 99, "0.010†"),
        ("n/a", "n/a", "n/a"),
        (1.0, 1000, "1.000"),
    ],
)
def test_p_text(p: object, m: object, text: str) -> None:
    assert p_text(p, m) == text


def test_p_phrase() -> None:
    assert p_phrase(0.0239, 1000) == "p = 0.024"
    assert p_phrase(1 / 10001, 10000) == "p <\u202f0.001†"


def test_numbers() -> None:
    assert percent("0.702") == "70.2\xa0%"
    assert percent("n/a") == "n/a"
    assert two_decimals(0.716) == "0.72"
    assert interval_text("auc", 0.6, 0.812) == "0.60\xa0to\xa00.81"
    assert interval_text("sensitivity", "0.6", "0.8126") == "60.0\xa0to\xa081.3\xa0%"
    assert interval_text("auc", "n/a", "n/a") == "n/a"


def test_an_estimate_with_its_limits() -> None:
    row = {"estimate": "-0.126", "ci_low": "-0.3", "ci_high": 0.04}
    assert with_limits(row, 2) == ("\u22120.13", "\u22120.30 to 0.04")


def test_a_limit_beside_zero_does_not_read_as_zero() -> None:
    row = {"estimate": "-2.1", "ci_low": "-4.2", "ci_high": "-0.031"}
    assert with_limits(row, 1) == ("\u22122.1", "\u22124.2 to \u22120.03")
    assert with_limits({**row, "ci_high": "-0.0000001"}, 1)[1] == "\u22124.2 to 0.0"


def test_columns_of_numbers() -> None:
    table = pd.DataFrame({"n": ["3", "n/a"], "k": ["1", "2"], "name": ["1", "2"]})
    found = as_numbers(table, ["n", "k"])
    assert found["k"].tolist() == [1.0, 2.0]
    assert found["n"].isna().tolist() == [False, True]
    assert found["name"].tolist() == ["1", "2"]


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert [minus(value, 2) for value in (-0.001, 0.001, -0.01)] == ["0.00", "0.00", "\u22120.01"]
    assert [with_sign(value, 3) for value in (-0.0001, 0.0001)] == ["0.000", "0.000"]
    assert with_sign(0.12, 3) == "+0.120"


def test_numbers_stay_with_their_symbol_and_unit() -> None:
    assert unbroken("Holm p = 0.03, n = 99") == "Holm p\xa0=\xa00.03, n\xa0=\xa099"
    assert unbroken("p <\u202f0.001; \u2265 90 %") == "p\xa0<\u202f0.001; \u2265\xa090\xa0%"
    assert unbroken("p = n/a") == "p\xa0=\xa0n/a"
    assert unbroken("95 % interval, a = b") == "95\xa0% interval, a = b"
    assert unbroken(Markup("n = 9")) == "n = 9"
    assert unbroken(9) == 9
