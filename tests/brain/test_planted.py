"""Patterns where something was planted, counted region by region."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.brain.planted import FOUND_COLUMNS, planted_and_found


def test_regions_are_counted_by_what_was_planted_in_them():
    planted = pd.DataFrame({"region": list("abcdef"), "planted": [3.0, 3.0, -2.5, 0.0, 0.0, 0.0]})
    weights = pd.DataFrame({"region": list("gfedcba"), "haufe": [9, 0.0, 0.1, -0.3, -0.5, -0.1, 2]})
    found = planted_and_found(
        planted, {"roi": weights, "fs": weights.assign(region=list("tuvwxyz"))}
    )
    assert list(found.columns) == FOUND_COLUMNS
    rows = found.to_numpy().tolist()
    assert [row[:5] for row in rows] == [
        ["roi", "positive", 2, 1, 1],
        ["roi", "negative", 1, 0, 1],
        ["roi", "nothing", 3, 1, 1],
    ]
    means = [(2 - 0.1) / 2, -0.5, (-0.3 + 0.1 + 0.0) / 3]
    np.testing.assert_allclose([row[5] for row in rows], means, rtol=1e-12)


def test_what_was_planted_nowhere_has_no_row():
    planted = pd.DataFrame({"region": ["a", "b"], "planted": [0.0, 0.0]})
    weights = pd.DataFrame({"region": ["a", "b"], "haufe": [0.5, -0.5]})
    assert list(planted_and_found(planted, {"roi": weights})["planted"]) == ["nothing"]
