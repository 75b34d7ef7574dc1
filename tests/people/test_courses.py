"""Outcomes that several sessions decide: early, sustained, and along a path."""

import numpy as np
import pandas as pd
import pytest

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.people.cohorts import build_cohort
from mri_response.people.outcomes.courses import all_met

SCORES = {
    # baseline, 24 h, 7 days
    "sub-1": (30, 15, 15),
    "sub-2": (30, 15, 16),
    "sub-3": (30, 16, None),
    "sub-4": (30, 15, None),
    "sub-5": (30, None, None),
    "sub-6": (None, 10, 10),
    "sub-7": (0, 0, 0),
    "sub-8": (30, 24, 30),
}
SUSTAINED = {
    "kind": "sustained_response",
    "visits": ["ses-24h"],
    "endpoint": "ses-7d",
    "positive_class": "sustained_responder",
}
EARLY = {
    "kind": "early_response",
    "endpoint": "ses-24h",
    "positive_class": "early_responder",
}
LOST = {
    "kind": "trajectory",
    "path": {"ses-24h": {"at_most": 80}, "ses-7d": {"at_least": 53, "at_most": 100}},
    "endpoint": "ses-7d",
    "positive_class": "on_path",
}


def config(folder, outcome, **keys):
    people = pd.DataFrame({"participant_id": list(SCORES)})
    people.to_csv(folder / "people.tsv", sep="\t", index=False)
    rows = [
        (person, session, score)
        for person, scores in SCORES.items()
        for session, score in zip(("ses-b", "ses-24h", "ses-7d"), scores, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["participant_id", "session_id", "MADRS"])
    table.to_csv(folder / "scores.tsv", sep="\t", index=False, na_rep="n/a")
    files = {name: str(folder / f"{name}.tsv") for name in ("people", "scores")}
    cohort = {"role": "discovery", "participants": files["people"], "scores": files["scores"]}
    outcome = {"scale": "MADRS", "baseline": "ses-b"} | outcome
    return load_config({"run": "x", "cohorts": {"here": cohort}, "outcome": outcome} | keys)


@pytest.mark.parametrize(
    ("outcome", "positive", "negative", "reasons"),
    [
        (
            EARLY,
            ["sub-1", "sub-2", "sub-3", "sub-4", "sub-8"],
            [],
            {
                "sub-5": "no MADRS score at ses-24h",
                "sub-6": "no MADRS score at ses-b",
                "sub-7": "MADRS score at ses-b is 0",
            },
        ),
        (
            SUSTAINED,
            ["sub-1"],
            ["sub-2", "sub-3", "sub-8"],
            {
                "sub-4": "no MADRS score at ses-7d",
                "sub-5": "no MADRS score at ses-24h",
                "sub-6": "no MADRS score at ses-b",
                "sub-7": "MADRS score at ses-b is 0",
            },
        ),
        (
            LOST,
            ["sub-2", "sub-8"],
            ["sub-1"],
            {
                "sub-3": "no MADRS score at ses-7d",
                "sub-4": "no MADRS score at ses-7d",
                "sub-5": "no MADRS score at ses-24h",
                "sub-6": "no MADRS score at ses-b",
                "sub-7": "MADRS score at ses-b is 0",
            },
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) and "kind" in value else "",
)
def test_each_person_is_classed_by_the_own_scores(tmp_path, outcome, positive, negative, reasons):
    people, excluded, _ = build_cohort(config(tmp_path, outcome), "here")
    labels = people.set_index("participant_id")["label"]
    assert labels[labels == 1].index.tolist() == positive
    assert labels[labels == 0].index.tolist() == negative
    assert excluded.set_index("participant_id")["reason"].to_dict() == reasons


def test_a_label_does_not_depend_on_others(tmp_path):
    built, _, _ = build_cohort(config(tmp_path, SUSTAINED), "here")
    rows = pd.read_csv(tmp_path / "scores.tsv", sep="\t", na_values="n/a")
    rows.loc[rows["participant_id"] == "sub-8", "MADRS"] = 60
    settings = config(tmp_path, SUSTAINED)
    rows.to_csv(tmp_path / "scores.tsv", sep="\t", index=False, na_rep="n/a")
    again, _, _ = build_cohort(settings, "here")
    first = built[["participant_id", "label"]]
    pd.testing.assert_frame_equal(first, again[["participant_id", "label"]])


def test_a_broken_condition_counts_whatever_is_missing():
    conditions = np.array([[1, 1], [1, 0], [np.nan, 0], [np.nan, 1]], float)
    assert all_met(conditions).tolist()[:3] == [1, 0, 0]
    assert np.isnan(all_met(conditions)[3])


@pytest.mark.parametrize(
    ("outcome", "keys", "line"),
    [
        (
            {"kind": "latent_classes", "positive_class": "1"},
            {},
            "outcome.kind: found 'latent_classes', a label from a model that is fitted to "
            "everybody, expected a rule that looks at one person at a time; name a rule, such as "
            "kind: trajectory with a path; such a model learns from the people it is tested on",
        ),
        (
            LOST | {"model": "mmrm"},
            {},
            "outcome.model: found 'mmrm', a label from a model that is fitted to everybody, "
            "expected a rule that looks at one person at a time; name a rule, such as kind: "
            "trajectory with a path; such a model learns from the people it is tested on",
        ),
        (
            SUSTAINED | {"visits": ["ses-b"]},
            {},
            "outcome.visits: found 'ses-b', which is the baseline too, expected sessions after it; "
            "remove it",
        ),
        (
            SUSTAINED | {"visits": ["ses-7d"]},
            {},
            "outcome.visits: found 'ses-7d', which is the end-point too, expected sessions before "
            "it; remove it",
        ),
        (
            LOST | {"endpoint": "ses-24h"},
            {},
            "outcome.endpoint: found 'ses-24h', expected the last session of outcome.path, which "
            "is 'ses-7d'; correct one of them",
        ),
        (
            LOST | {"path": {"ses-7d": {"at_least": 80, "at_most": 50}}},
            {},
            "outcome.path.ses-7d.at_least: found 80, expected no more than at_most, which is 50; "
            "correct one of them",
        ),
        (
            EARLY | {"endpoint": "ses-7d"},
            {"sessions": ["ses-b", "ses-24h", "ses-7d"]},
            "outcome.endpoint: found 'ses-7d', expected the first session after 'ses-b', which is "
            "'ses-24h' (sessions); correct it, or take kind: response",
        ),
        (
            SUSTAINED,
            {"sessions": ["ses-b", "ses-7d", "ses-24h"]},
            "sessions: found 'ses-7d' (outcome.endpoint) not after 'ses-24h' (outcome.visits), "
            "expected all sessions in the order of time; correct the order",
        ),
        (
            SUSTAINED,
            {
                "sessions": ["ses-b", "ses-24h", "ses-7d"],
                "features": {
                    "fs": {"kind": "table", "source": "fs", "sessions": ["ses-24h"]},
                },
                "models": {"svc": {"features": "fs"}},
            },
            "features.fs.sessions: found 'ses-24h', which is not before 'ses-24h' "
            "(outcome.visits), expected sessions before the outcome; remove it; scans of the "
            "end-point say nothing of who will respond",
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path, outcome, keys, line):
    with pytest.raises(InputError) as error:
        config(tmp_path, outcome, **keys)
    assert str(error.value) == f"config: {line}"


@pytest.mark.parametrize(
    ("outcome", "key"),
    [
        (SUSTAINED | {"visits": ["ses-3d"]}, "outcome.visits"),
        (SUSTAINED | {"visits": ["ses-24H"]}, "outcome.visits"),
        (EARLY | {"endpoint": "ses-3d"}, "outcome.endpoint"),
        (EARLY | {"endpoint": "SES-24h"}, "outcome.endpoint"),
        (EARLY | {"baseline": "ses-a"}, "outcome.baseline"),
        (LOST | {"path": {"ses-3d": {"at_most": 80}, "ses-7d": {"at_most": 100}}}, "outcome.path"),
    ],
)
def test_a_session_without_scores_is_told_with_its_own_key(tmp_path, outcome, key):
    given = config(tmp_path, outcome)
    with pytest.raises(InputError) as told:
        build_cohort(given, "here")
    message = str(told.value)
    assert message.startswith(f"{tmp_path}/scores.tsv: ")
    assert "\n" not in message
    named = {name for name in ("baseline", "visits", "path", "endpoint") if name in message}
    assert named == {key.removeprefix("outcome.")}
