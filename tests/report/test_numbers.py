"""Numbers as a reader sees them."""

from __future__ import annotations

import pytest

from mri_response.report.numbers import interval_text, p_phrase, p_text, percent, two_decimals


@pytest.mark.parametrize(
    ("p", "m", "text"),
    [
        (1 / 1001, 1000, "0.001†"),
        (2 / 1001, 1000, "0.002"),
        ("0.0239", "1000", "0.024"),
        (1 / 10001, 10000, "<\u20090.001†"),
        (3 / 10001, 10000, "<\u20090.001"),
        (1 / 100, 99, "0.010†"),
        ("n/a", "n/a", "n/a"),
        (1.0, 1000, "1.000"),
    ],
)
def test_p_text(p: object, m: object, text: str) -> None:
    assert p_text(p, m) == text


def test_p_phrase() -> None:
    assert p_phrase(0.0239, 1000) == "p = 0.024"
    assert p_phrase(1 / 10001, 10000) == "p <\u20090.001†"


def test_numbers() -> None:
    assert percent("0.702") == "70.2\xa0%"
    assert percent("n/a") == "n/a"
    assert two_decimals(0.716) == "0.72"
    assert interval_text("auc", 0.6, 0.812) == "0.60\xa0to\xa00.81"
    assert interval_text("sensitivity", "0.6", "0.8126") == "60.0\xa0to\xa081.3\xa0%"
    assert interval_text("auc", "n/a", "n/a") == "n/a"
