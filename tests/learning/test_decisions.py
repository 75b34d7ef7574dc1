"""The joined decision values of a model as a file."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from mri_response.core.vocabulary import Null
from mri_response.learning.decisions import Decisions

M, R, N, F = 3, 2, 6, 4


@pytest.fixture
def decisions() -> Decisions:
    """Every field filled; the last person was in no outer test fold."""
    rng = np.random.default_rng(2)
    decision = rng.normal(size=(1 + M, R, N))
    decision[..., -1] = np.nan
    fold = rng.integers(1, 3, size=decision.shape).astype(np.int16)
    fold[..., -1] = 0
    return Decisions(
        decision=decision,
        fold=fold,
        candidate=rng.integers(0, 2, size=decision.shape).astype(np.int16),
        labels=rng.integers(0, 2, size=(1 + M, N)).astype(np.int8),
        null=str(Null.WHOLE_PROCEDURE),
        grid=np.array(["C=0.5", "C=2"]),
        repeat=np.repeat([1, 2], 2),
        outer_fold=np.tile([1, 2], 2),
        train=rng.random((F, N)) < 0.5,
        inner_decision=rng.normal(size=(F, N)),
        frozen_candidate=1,
        null_others=rng.normal(size=(M, 5)),
        warnings=np.array(["made up"]),
    )


def assert_equal(found: Decisions, expected: Decisions) -> None:
    for one in fields(Decisions):
        a, b = (np.asarray(getattr(own, one.name)) for own in (found, expected))
        assert a.dtype == b.dtype, one.name
        np.testing.assert_array_equal(a, b, err_msg=one.name)


def test_every_field_is_read_as_it_was_written(decisions, tmp_path):
    decisions.write(tmp_path / "model.npz")
    found = Decisions.read(tmp_path / "model.npz")
    assert_equal(found, decisions)
    assert type(found.null) is str
    assert type(found.frozen_candidate) is int
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_a_baseline_has_the_fields_of_outer_models_empty(decisions, tmp_path):
    names = ("decision", "fold", "candidate", "labels")
    baseline = Decisions(**{name: getattr(decisions, name) for name in names})
    baseline.write(tmp_path / "baseline.npz")
    found = Decisions.read(tmp_path / "baseline.npz")
    assert_equal(found, baseline)
    assert len(found.repeat) == len(found.train) == len(found.warnings) == 0
    assert found.chosen(found.frozen_candidate) is None


def test_the_same_decisions_give_the_same_bytes(decisions, tmp_path):
    for name in ("one.npz", "two.npz"):
        decisions.write(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_file_with_an_object_of_python_is_refused(decisions, tmp_path):
    spoilt = replace(decisions, warnings=np.array([{"code": "any"}], dtype=object))
    spoilt.write(tmp_path / "model.npz")
    with pytest.raises(ValueError, match="allow_pickle"):
        Decisions.read(tmp_path / "model.npz")


def test_people_who_were_never_tested_are_left_out_of_every_field_by_person(decisions):
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)]})
    found, tested = decisions.of_tested(people)
    assert list(tested["participant_id"]) == [f"sub-{i}" for i in range(N - 1)]
    np.testing.assert_array_equal(found.decision, decisions.decision[..., :-1])
    np.testing.assert_array_equal(found.train, decisions.train[:, :-1])
    np.testing.assert_array_equal(found.null_others, decisions.null_others)


def test_the_observed_labelling_alone_and_the_words_of_a_candidate(decisions):
    found = decisions.first(1)
    assert found.decision.shape == (1, R, N)
    np.testing.assert_array_equal(found.labels, decisions.labels[:1])
    assert found.decision.base is None  # the others' memory is freed
    assert decisions.chosen(1) == "C=2"
    assert decisions.chosen(-1) is None
