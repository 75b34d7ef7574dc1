"""Effects between two sessions: measures, centring, confounds, and features made of them."""

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv
from mri_response.features.effect import effect_values, make, without_confounds
from mri_response.features.job import FeatureJob

PATHS = {"before": "one.tsv", "after": "two.tsv"}
BEFORE = pd.DataFrame({"a": [2.0, 4.0], "b": [1.0, 5.0]}, index=["x", "y"])
AFTER = pd.DataFrame({"a": [3.0, 3.0, 1.0], "b": [1.0, 10.0, 1.0]}, index=["y", "x", "z"])


@pytest.mark.parametrize(
    ("measure", "center", "expected"),
    [
        ("difference", "none", [[-1, -4], [1, 9]]),
        ("percent", "none", [[-25, -80], [50, 900]]),
        ("symmetric_percent", "none", [[-100 / 3.5, -400 / 3], [40, 900 / 5.5]]),
        ("difference", "map", [[1.5, -1.5], [-4, 4]]),
    ],
)
def test_measures_of_people_who_have_both_sessions(measure, center, expected):
    maps, spec = {"before": BEFORE, "after": AFTER}, {"measure": measure, "center": center}
    found = effect_values(maps, spec, PATHS)
    assert list(found.index) == ["y", "x"]
    np.testing.assert_allclose(found, expected)


def test_a_table_of_effects_stays_and_a_percentage_of_nothing_is_refused():
    spec = {"measure": "difference", "center": "none"}
    pd.testing.assert_frame_equal(effect_values({"after": AFTER}, spec, PATHS), AFTER)
    maps = {"before": BEFORE.assign(b=[0.0, 5.0]), "after": AFTER}
    text = "^one.tsv: found 0 before and 10 after in b of x, expected values above 0"
    with pytest.raises(InputError, match=text):
        effect_values(maps, {"measure": "percent", "center": "none"}, PATHS)
    maps = {"before": BEFORE, "after": AFTER.assign(a=[-9.0, -9.0, 1.0])}
    text = (
        r"^two.tsv: found 4 before and -9 after in a of y \(and 1 more cells\), expected.*exclude"
    )
    with pytest.raises(InputError, match=text):
        effect_values(maps, {"measure": "symmetric_percent", "center": "none"}, PATHS)


def test_confounds_are_taken_out_and_means_of_arms_stay():
    rng = np.random.default_rng(1)
    age, arm = rng.normal(40, 10, 60), np.arange(60) < 20
    clean = rng.standard_normal((60, 3)) + np.outer(arm, [2, 0, 1])
    found = without_confounds(clean + np.outer(age, [0.5, -1, 0]), arm, age[:, None])
    for own in (arm, ~arm):
        slopes = np.polyfit(age[own] - age[own].mean(), found[own], 1)[0]
        assert np.abs(slopes).max() < 0.1
    difference = found[arm].mean(axis=0) - found[~arm].mean(axis=0)
    np.testing.assert_allclose(difference, [2, 0, 1], atol=0.8)
    np.testing.assert_array_equal(without_confounds(clean, arm, np.empty((60, 0))), clean)


def test_features_are_the_effects_of_the_analysed_people(tmp_path):
    rows = [
        (person, session, 1.0 + k, 2.0 * k)
        for k, (person, session) in enumerate(
            (p, s) for s in ("ses-1", "ses-2") for p in ("sub-1", "sub-2", "sub-3")
        )
    ]
    columns = ["participant_id", "session_id", "left", "right"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "r.tsv", sep="\t", index=False)
    people = pd.DataFrame({"participant_id": ["sub-3", "sub-1"], "label": [0, 1]})
    people.to_csv(tmp_path / "people.tsv", sep="\t", index=False)
    source = {"sources": {"fs": str(tmp_path / "r.tsv")}, "where": {}, "tiv": None}
    effect = {
        "before": {"source": "fs", "session": "ses-1"},
        "after": {"source": "fs", "session": "ses-2"},
        **{"measure": "difference", "center": "none", "columns": ["*"], "exclude": []},
    }
    config = {
        "cohorts": {"here": source | {"role": "discovery"}},
        **{"effects": {"change": effect}, "features": {}, "models": {}, "outcome": None},
    }
    spec, files = {"kind": "effect", "effect": "change"}, {"people": tmp_path / "people.tsv"}
    make(FeatureJob(spec, files, "here", str(tmp_path / "out.tsv"), config=config))
    made = read_tsv(tmp_path / "out.tsv", float)
    assert made["participant_id"].tolist() == ["sub-3", "sub-1"]
    assert made[["left", "right"]].to_numpy().tolist() == [[3.0, 6.0], [3.0, 6.0]]
    more = pd.DataFrame({"participant_id": ["sub-9"]})
    more.to_csv(tmp_path / "people.tsv", sep="\t", index=False)
    with pytest.raises(InputError, match="found no effect change of 'sub-9', expected both"):
        make(FeatureJob(spec, files, "here", str(tmp_path / "out.tsv"), config=config))
