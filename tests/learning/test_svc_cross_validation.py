"""Jobs, blocks and batches: what is computed together changes nothing."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from made_up_people import made_up

from mri_response.learning.batches import batches, labelling_batches
from mri_response.learning.decisions import Decisions, joined
from mri_response.learning.design import (
    Design,
    FixedFolds,
    RedrawnFolds,
    Sample,
    StackedRows,
    with_other_cohorts,
)
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.jobs import load_arrays, save_arrays
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import REFIT, Scheme, draw_folds
from mri_response.people.rows import person_weights

SEED = 11
OPTIONS = SvcOptions(tuple(2.0 ** np.arange(-9, -1)))
SCHEME = Scheme(2, 3, 1, 3)


def label_blind(
    people, features, confounds, fold_size, label_size, n_permutations, options=OPTIONS
):
    """All jobs of a run, in batches of some outer folds and some permutations."""
    folds = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)[:-1]
    exchangeability = Exchangeability(people)
    jobs = []
    for members in batches(len(folds), fold_size):
        some = folds[members.start : members.stop]
        grams = fold_grams(features, confounds, some, options)
        jobs += [
            cross_validate(
                Sample(None, None, person_weights(people["participant_id"])[0]),
                FixedFolds(some),
                Design(exchangeability, SEED),
                blocks,
                options,
                grams,
            )
            for blocks in labelling_batches(n_permutations, label_size)
        ]
    return jobs


def collected(jobs, repeats, **how):
    """Jobs put together, with as many labellings as they have."""
    jobs = list(jobs)
    n_labellings = 1 + max(int(job.permutation.max()) for job in jobs)
    return joined(jobs, repeats, n_labellings, **how)


def assert_same(actual, expected):
    """Nothing differs between two stations, whatever their jobs were."""
    for field in fields(Decisions):
        np.testing.assert_array_equal(getattr(actual, field.name), getattr(expected, field.name))


# ------------------------------------------------------------ batches
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pca", [None, 5])
@pytest.mark.parametrize("together", [1, 2, 5])
def test_batches_change_no_byte(dtype, pca, together, monkeypatch):
    monkeypatch.setattr("mri_response.learning.batches.PERMUTATIONS_PER_BLOCK", 4)
    if together > 1:
        monkeypatch.setattr("mri_response.learning.fold_grams.CHUNK", 1)
        monkeypatch.setattr("mri_response.learning.fold_grams.FOLDS_PER_PASS", together)
    people, features, confounds = made_up(dtype=dtype)
    # A rare scanner, which some training sets do not contain, and a feature flat in others.
    confounds[:, 1] = np.arange(30) < 3
    features[:, 0] = 1e-3 * features[:, 0] + 100 * (np.arange(30) == 4)
    options = OPTIONS._replace(pca=pca)
    # One outer fold is the smallest job: two permutations are rounded up to one block.
    reference = label_blind(people, features, confounds, 6, 100, 6, options)
    assert len(reference) == 1
    expected = collected(reference, SCHEME.repeats)
    for fold_size, label_size in ((1, 2), (4, 5)):
        jobs = label_blind(people, features, confounds, fold_size, label_size, 6, options)
        assert len(jobs) == -(-6 // fold_size) * len(labelling_batches(6, label_size))
        actual = collected(jobs[::-1], SCHEME.repeats)
        assert_same(actual, expected)
        observed = [job for job in jobs if job.beta is not None]
        for name in ("train", "beta", "fitted", "intercept", "plateau"):
            together = np.concatenate([getattr(job, name) for job in observed])
            np.testing.assert_array_equal(together, getattr(reference[0], name))


def test_redrawn_folds_change_no_byte_in_batches_either(monkeypatch):
    monkeypatch.setattr("mri_response.learning.batches.PERMUTATIONS_PER_BLOCK", 2)
    people, features, confounds = made_up(dtype=np.float32)
    scheme = SCHEME._replace(stratified=True)

    def run(fold_size, label_size):
        return [
            cross_validate(
                Sample(features, confounds, person_weights(people["participant_id"])[0]),
                RedrawnFolds(members, people["participant_id"], scheme),
                Design(Exchangeability(people), SEED),
                blocks,
                OPTIONS,
            )
            for members in batches(6, fold_size)
            for blocks in labelling_batches(4, label_size)
        ]

    expected = collected(run(6, 4), scheme.repeats)
    for sizes in ((1, 2), (4, 4), (2, 2)):
        actual = collected(run(*sizes), scheme.repeats)
        assert_same(actual, expected)


# ------------------------------------------------------------ jobs
def test_decision_values_stand_where_a_row_was_tested():
    people, features, confounds = made_up()
    (job,) = label_blind(people, features, confounds, 6, 4, 3)
    folds = draw_folds(people["participant_id"], people["label"].to_numpy(), SCHEME, SEED)[:-1]
    assert job.permutation.tolist() == [0, 1, 2, 3]
    assert job.repeat.tolist() == [1, 1, 1, 2, 2, 2]
    assert job.outer_fold.tolist() == [1, 2, 3, 1, 2, 3]
    for position, fold in enumerate(folds):
        tested = ~np.isnan(job.decision[:, position])
        np.testing.assert_array_equal(tested, np.tile(fold.sets.test[0], (4, 1)))
        np.testing.assert_array_equal(job.train[position], fold.sets.train[0])
        assert not job.beta[position, ~fold.sets.train[0]].any()
        assert job.beta[position].sum() == pytest.approx(0, abs=1e-12)
    resampled = collected([job], 2)
    assert resampled.decision.shape == (4, 2, 30)
    for repeat in range(2):
        for fold in folds[3 * repeat : 3 * repeat + 3]:
            rows = fold.sets.test[0]
            assert (resampled.fold[:, repeat, rows] == fold.outer_fold).all()
            position = 3 * repeat + fold.outer_fold - 1
            chosen = job.candidate[:, position]
            assert (resampled.candidate[:, repeat, rows] == chosen[:, None]).all()
            np.testing.assert_array_equal(
                resampled.decision[:, repeat, rows], rounded(job.decision[:, position, rows])
            )
    inner_and_outer = 6 * 4 * (3 * len(OPTIONS.C) + 1)
    assert 0 < job.fits <= inner_and_outer
    assert job.fallback == 0


def test_redrawn_folds_of_the_observed_labels_are_those_of_the_table():
    people, features, confounds = made_up()
    scheme = SCHEME._replace(stratified=True)
    labels = people["label"].to_numpy()
    exchangeability = Exchangeability(people)
    weights = person_weights(people["participant_id"])[0]
    redrawn = cross_validate(
        Sample(features, confounds, weights),
        RedrawnFolds(range(6), people["participant_id"], scheme),
        Design(exchangeability, SEED),
        [range(3)],
        OPTIONS,
    )
    for index in range(3):
        permuted = exchangeability.permuted(SEED, index)
        folds = draw_folds(people["participant_id"], permuted, scheme, SEED, permutation=index)
        fixed = cross_validate(
            Sample(None, None, weights),
            FixedFolds(folds[:-1]),
            Design(exchangeability, SEED),
            [range(index, index + 1)],
            OPTIONS,
            fold_grams(features, confounds, folds[:-1], OPTIONS),
        )
        np.testing.assert_allclose(redrawn.decision[index], fixed.decision[0], atol=1e-6)
        np.testing.assert_array_equal(redrawn.candidate[index], fixed.candidate[0])
    assert (permuted != labels).any()
    assert redrawn.beta.shape == (6, 30)


def test_what_was_computed_twice_or_not_at_all_is_noticed():
    people, features, confounds = made_up()
    jobs = label_blind(people, features, confounds, 3, 4, 3)
    with pytest.raises(ValueError, match="never in an outer test fold"):
        collected(jobs[:1], 2)
    with pytest.raises(ValueError, match="predicted twice"):
        collected([*jobs, jobs[1]], 2)


def test_held_out_people_alone_are_predicted():
    people, features, confounds = made_up()
    labels = people["label"].to_numpy()
    scheme = SCHEME._replace(repeats=1, outer_folds=1, outer="held_out", held_out=0.4)
    *folds, _ = draw_folds(people["participant_id"], labels, scheme, SEED)
    grams = fold_grams(features, confounds, folds, OPTIONS)
    job = cross_validate(
        Sample(None, None, person_weights(people["participant_id"])[0]),
        FixedFolds(folds),
        Design(Exchangeability(people), SEED),
        [range(1), range(1, 4)],
        OPTIONS,
        grams,
    )
    with pytest.raises(ValueError, match="never in an outer test fold"):
        collected([job], 1)
    resampled = collected([job], 1, held_out=True)
    np.testing.assert_array_equal(resampled.tested, folds[0].sets.test[0])
    assert np.isfinite(resampled.of_tested(people)[0].decision).all()
    job.decision[2, 0, np.flatnonzero(resampled.tested)[0]] = np.nan
    with pytest.raises(ValueError, match="never in an outer test fold"):
        collected([job], 1, held_out=True)


def test_a_job_behind_the_last_fold_says_nothing():
    people, features, confounds = made_up()
    (whole,) = label_blind(people, features, confounds, 6, 4, 3)
    assert fold_grams(features, confounds, [], OPTIONS) == []
    empty = cross_validate(
        Sample(None, None, person_weights(people["participant_id"])[0]),
        FixedFolds([]),
        Design(Exchangeability(people), SEED),
        [range(1), range(1, 4)],
        OPTIONS,
        [],
    )
    assert {name: array.dtype for name, array in empty.arrays().items()} == {
        # Models of permuted labels are left out where there are none.
        name: array.dtype
        for name, array in whole.arrays().items()
        if name != "null_beta"
    }
    for name in ("train", "beta", "fitted", "intercept", "plateau"):
        both = [getattr(job, name) for job in (whole, empty)]
        np.testing.assert_array_equal(np.concatenate(both), both[0])
    both, alone = collected([whole, empty], 2), collected([whole], 2)
    assert_same(both, alone)


def test_permuted_labels_reach_every_step():
    """A labelling by itself: as if it were the observed one."""
    people, features, confounds = made_up()
    (job,) = label_blind(people, features, confounds, 6, 4, 3)
    permuted = people.assign(label=Exchangeability(people).permuted(SEED, 2))
    (single,) = label_blind(permuted, features, confounds, 6, 4, 0)
    np.testing.assert_allclose(job.decision[2], single.decision[0], atol=1e-5)
    np.testing.assert_array_equal(job.candidate[2], single.candidate[0])


# ------------------------------------------------------------ the refit and other cohorts
def test_other_cohorts_are_predicted_and_never_trained_on():
    people, features, confounds = made_up(n=42)
    ours = people.iloc[:30]
    refit = draw_folds(ours["participant_id"], ours["label"].to_numpy(), SCHEME, SEED)[-1]
    assert refit[:2] == (REFIT, REFIT)
    padded = with_other_cohorts(refit, 12)
    assert not padded.sets.train[:, 30:].any()
    assert padded.sets.test[0].tolist() == [False] * 30 + [True] * 12
    assert not padded.sets.test[1:, 30:].any()
    exchangeability = Exchangeability(ours)
    weights = np.pad(person_weights(ours["participant_id"])[0], (0, 12))

    def scores(features, confounds):
        grams = fold_grams(features, confounds, [padded], OPTIONS)
        return cross_validate(
            Sample(None, None, weights),
            FixedFolds([padded]),
            Design(exchangeability, SEED),
            [range(1), range(1, 4)],
            OPTIONS,
            grams,
        )

    result = scores(StackedRows(features[:30], features[30:]), confounds)
    assert np.isnan(result.decision[:, 0, :30]).all()
    assert np.isfinite(result.decision[:, 0, 30:]).all()
    # Who the people of other cohorts are changes nothing for each of them.
    features, confounds = features.copy(), confounds.copy()
    features[36:], confounds[36:] = 5 * features[36:] + 3, confounds[36:] - 2
    changed = scores(features, confounds)
    np.testing.assert_allclose(
        changed.decision[:, 0, 30:36], result.decision[:, 0, 30:36], atol=1e-5
    )
    np.testing.assert_array_equal(changed.candidate, result.candidate)


def test_stacked_rows_are_read_by_columns():
    one, other = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(4, 3)
    stacked = StackedRows(one, other)
    assert stacked.shape == (6, 3)
    assert stacked.dtype == np.float64
    np.testing.assert_array_equal(stacked[:, 1:3], np.vstack([one, other])[:, 1:3])
    with pytest.raises(IndexError):
        stacked[1:2, 0:1]
    with pytest.raises(ValueError, match="different numbers of features"):
        StackedRows(one, other[:, :2])


# ------------------------------------------------------------ small things
def test_people_weigh_alike_whatever_their_number_of_rows():
    people = pd.DataFrame({"participant_id": list("abacab")})
    weights = person_weights(people["participant_id"])[0]
    np.testing.assert_allclose(weights, [1 / 3, 1 / 2, 1 / 3, 1, 1 / 3, 1 / 2])
    assert pd.Series(weights).groupby(people["participant_id"]).sum().tolist() == [1, 1, 1]


def test_arrays_are_read_as_they_were_written(tmp_path):
    arrays = {"b": np.arange(3), "a": np.ones((2, 2)), "count": np.array(4)}
    save_arrays(arrays, tmp_path / "x.npz")
    read = load_arrays(tmp_path / "x.npz")
    assert list(read) == ["b", "a", "count"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array, strict=True)


def test_options_are_read_from_the_configuration():
    model = {
        "C": {"log2_min": -2, "log2_max": 1, "log2_step": 1, "scale": "relative"},
        "class_weight": None,
        "standardize": False,
        "pca": 0.9,
    }
    assert SvcOptions.from_config(model) == SvcOptions(
        (0.25, 0.5, 1.0, 2.0), C_relative=True, balanced=False, standardize=False, pca=0.9
    )
    model = {**model, "class_weight": "balanced", "C": {**model["C"], "scale": "absolute"}}
    options = SvcOptions.from_config(model)
    assert options.balanced
    assert not options.C_relative
