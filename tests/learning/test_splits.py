import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.learning.split_tables import folds_from_table, folds_table
from mri_response.learning.splits import (
    REFIT,
    Fold,
    FoldSets,
    Scheme,
    draw_folds,
    draw_members,
    units_of,
)

PROPERTY = settings(derandomize=True, deadline=None, max_examples=40)


def people_of(sizes: list[int]) -> list[str]:
    """Unit of each row, shuffled, so that rows of a unit do not lie together."""
    units = [f"sub-{index}" for index, size in enumerate(sizes) for _ in range(size)]
    return [units[i] for i in np.random.default_rng(0).permutation(len(units))]


schemes = st.builds(
    Scheme,
    repeats=st.integers(1, 3),
    outer_folds=st.integers(2, 5),
    inner_repeats=st.integers(1, 2),
    inner_folds=st.integers(2, 4),
    stratified=st.booleans(),
    outer=st.just("k_fold"),
    left_out=st.just(()),
    held_out=st.just(frozenset()),
    inner=st.just("k_fold"),
    left_out_inside=st.just(()),
)


@PROPERTY
@given(st.lists(st.integers(1, 3), min_size=20, max_size=30), schemes, st.integers(0, 2**31))
def test_every_fold_is_a_partition_that_keeps_units_together(sizes, scheme, seed):
    units = np.array(people_of(sizes))
    labels = (pd.factorize(units)[0] % 2 == 0).astype(int)
    folds = draw_folds(units, labels, scheme, seed)
    n_inner = scheme.inner_repeats * scheme.inner_folds
    assert [(fold.repeat, fold.outer_fold) for fold in folds] == [
        *((r + 1, k + 1) for r in range(scheme.repeats) for k in range(scheme.outer_folds)),
        (REFIT, REFIT),
    ]
    for fold in folds:
        train, test = fold.sets
        assert train.shape == test.shape == (1 + n_inner, len(units))
        for one_train, one_test in zip(train, test, strict=True):
            assert not (one_train & one_test).any()
            assert not set(units[one_train]) & set(units[one_test])
        # Inner folds never see the outer test rows, and cover the outer training rows once.
        assert not (train[1:] & test[0]).any()
        assert not (test[1:] & test[0]).any()
        np.testing.assert_array_equal(train[1:] | test[1:], np.tile(train[0], (n_inner, 1)))
        covered = test[1:].reshape(scheme.inner_repeats, scheme.inner_folds, -1).sum(axis=1)
        np.testing.assert_array_equal(covered, np.tile(train[0], (scheme.inner_repeats, 1)))
    for repeat in range(1, scheme.repeats + 1):
        tested = sum(fold.sets.test[0].astype(int) for fold in folds if fold.repeat == repeat)
        np.testing.assert_array_equal(tested, 1)
    assert folds[-1].sets.train[0].all()
    assert not folds[-1].sets.test[0].any()


@PROPERTY
@given(st.integers(0, 2**31))
def test_label_blind_folds_do_not_depend_on_labels(seed):
    units = [f"sub-{i}" for i in range(23)]
    labels = np.random.default_rng(seed).integers(0, 2, 23)
    scheme = Scheme(2, 5, 2, 3)
    drawn = draw_folds(units, labels, scheme, seed)
    for other in (1 - labels, np.roll(labels, 1), np.zeros(23, int)):
        for permutation in (0, 7):
            same_folds(drawn, draw_folds(units, other, scheme, seed, permutation=permutation))


@PROPERTY
@given(st.integers(10, 40), st.integers(10, 40), st.integers(2, 5), st.integers(0, 2**31))
def test_stratified_folds_keep_the_share_of_classes(n_positive, n_negative, n_folds, seed):
    labels = np.repeat([1, 0], [n_positive, n_negative])
    units = [f"sub-{i}" for i in range(len(labels))]
    for fold in draw_folds(units, labels, Scheme(2, n_folds, 1, 2, stratified=True), seed)[:-1]:
        positive = labels[fold.sets.test[0]].sum()
        negative = (1 - labels)[fold.sets.test[0]].sum()
        assert abs(positive - n_positive / n_folds) < 1
        assert abs(negative - n_negative / n_folds) < 1


def test_stratified_folds_are_redrawn_in_every_permutation():
    labels = np.repeat([1, 0], 15)
    units = [f"sub-{i}" for i in range(30)]
    scheme = Scheme(1, 5, 1, 2, stratified=True)
    first, second = (
        np.array(
            [fold.sets.test[0] for fold in draw_folds(units, labels, scheme, 3, permutation=k)]
        )
        for k in (1, 2)
    )
    assert (first != second).any()


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("members", [range(12), range(1), range(2, 7), range(3, 6), range(11, 12)])
def test_some_outer_folds_are_those_of_the_whole_run(stratified, members):
    labels = np.repeat([1, 0], 12)
    units = [f"sub-{i}" for i in range(24)]
    scheme = Scheme(4, 3, 1, 2, stratified)
    everything = draw_folds(units, labels, scheme, 5, permutation=2)[:-1]
    some = draw_members(units, labels, scheme, 5, members, permutation=2)
    assert len(some) == len(members)
    for member, fold in zip(members, some, strict=True):
        assert fold[:2] == everything[member][:2]
        np.testing.assert_array_equal(fold.sets.train, everything[member].sets.train)
        np.testing.assert_array_equal(fold.sets.test, everything[member].sets.test)


def test_inner_folds_are_drawn_anew_in_every_outer_fold_and_repeat():
    units = [f"sub-{i}" for i in range(24)]
    folds = draw_folds(units, np.zeros(24, int), Scheme(3, 4, 2, 3), 5)[:-1]
    places = {
        np.flatnonzero(test[fold.sets.train[0]]).tobytes()  # among the 18 outer training rows
        for fold in folds
        for test in fold.sets.test[1:]
    }
    assert len(places) == 12 * 2 * 3


@pytest.mark.parametrize("stratified", [False, True])
def test_seeds_come_from_indices(stratified):
    labels = np.repeat([1, 0], 12)
    units = [f"sub-{i}" for i in range(24)]
    scheme = Scheme(4, 3, 2, 3, stratified=stratified)
    everything = draw_folds(units, labels, scheme, 5)
    same_folds(
        draw_folds(units, labels, scheme, 5, repeats=[3]),
        [fold for fold in everything if fold.repeat == 3],
    )
    same_folds(draw_folds(units, labels, scheme, 5, repeats=[REFIT]), everything[-1:])
    # More repeats leave the first ones as they are.
    same_folds(draw_folds(units, labels, scheme._replace(repeats=6), 5)[:12], everything[:12])
    # Repeats, outer folds and seeds differ from each other.
    tests = {fold.sets.test[0].tobytes() for fold in everything[:-1]}
    tests |= {fold.sets.test[0].tobytes() for fold in draw_folds(units, labels, scheme, 6)[:-1]}
    assert len(tests) == 24


def test_names_of_units_do_not_matter():
    scheme = Scheme(2, 4, 1, 3)
    drawn = draw_folds(["b", "b", *"acdefgh"], np.zeros(9, int), scheme, 1)
    same_folds(drawn, draw_folds(["x", "x", *"zyvtsrq"], np.zeros(9, int), scheme, 1))


def test_folds_are_those_of_scikit_learn_over_units():
    """Sizes differ by one at most, as in `KFold`."""
    for fold in draw_folds([f"s{i}" for i in range(23)], np.zeros(23, int), Scheme(1, 5, 1, 4), 1):
        sizes = sorted(fold.sets.test[1:].sum(axis=1))
        n = int(fold.sets.train[0].sum())
        assert sizes == sorted(len(test) for _, test in KFold(4).split(np.zeros(n)))


@pytest.mark.parametrize("sessions", [False, True])
def test_the_table_reads_back_as_the_same_folds(tmp_path, sessions):
    units = [f"sub-{i:02d}" for i in range(12) for _ in range(2 if sessions else 1)]
    people = pd.DataFrame({"participant_id": units})
    if sessions:
        people["session_id"] = ["ses-a", "ses-b"] * 12
    people = people.sample(frac=1, random_state=1).reset_index(drop=True)
    scheme = Scheme(2, 3, 2, 4)
    folds = draw_folds(people["participant_id"], np.zeros(len(people), int), scheme, 2)
    table = folds_table(folds, people, scheme.inner_repeats)
    identity = ["participant_id", "session_id"][: 1 + sessions]
    assert list(table) == ["repeat", "outer_fold", "inner_repeat", "inner_fold", *identity]
    write_tsv(table, tmp_path / "splits.tsv")
    read = read_tsv(tmp_path / "splits.tsv")
    same_folds(folds, folds_from_table(read, people))
    # Outer test rows have no inner fold; the refit's search has no outer fold.
    refit = read[read["outer_fold"].isna()]
    assert set(refit["participant_id"]) == set(units)
    assert refit["inner_fold"].notna().all()
    outer = read[read["inner_fold"].isna()]
    assert len(outer) == 2 * len(people)


def test_a_table_of_other_people_is_refused():
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(8)]})
    folds = draw_folds(people["participant_id"], np.zeros(8, int), Scheme(1, 2, 1, 2), 2)
    with pytest.raises(ValueError, match="not in the cohort table"):
        folds_from_table(folds_table(folds, people, 1), people.iloc[1:].reset_index(drop=True))


def test_the_scheme_is_read_from_the_configuration():
    section = {
        "scheme": "stratified",
        "repeats": 3,
        "outer_folds": 4,
        "inner_repeats": 1,
        "inner": "k_fold",
        "inner_column": None,
        "inner_folds": 5,
        "group": None,
        "outer": "k_fold",
        "outer_column": None,
        "held_out": None,
    }
    people = pd.DataFrame({"participant_id": ["sub-1", "sub-2"]})
    assert Scheme.from_config(section, people) == Scheme(3, 4, 1, 5, stratified=True)
    assert not Scheme.from_config({**section, "scheme": "label_blind"}, people).stratified


def same_folds(one: list[Fold], other: list[Fold]) -> None:
    assert [fold[:2] for fold in one] == [fold[:2] for fold in other]
    for a, b in zip(one, other, strict=True):
        for name in FoldSets._fields:
            np.testing.assert_array_equal(getattr(a.sets, name), getattr(b.sets, name))


def test_the_refit_is_blind_to_the_labels_in_either_scheme():
    """Its search is held fixed while labels are permuted."""
    units = [f"sub-{i}" for i in range(30)]
    refits = [
        draw_folds(units, labels, Scheme(1, 5, 1, 3, stratified), 3)[-1].sets.test
        for labels in (np.repeat([1, 0], 15), np.tile([1, 0], 15))
        for stratified in (False, True)
    ]
    for other in refits[1:]:
        np.testing.assert_array_equal(refits[0], other)


# ---------------------------------------------------------------- who is left out together
def study_of(sizes: list[int], n_sites: int, seed: int) -> pd.DataFrame:
    """Rows of people of some families, families within sites, in random order."""
    family = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(seed)
    site = np.concatenate([np.arange(n_sites), rng.integers(0, n_sites, len(sizes) - n_sites)])
    people = pd.DataFrame(
        {
            "participant_id": [f"sub-{i}" for i in range(len(family))],
            "family": [f"f{i}" for i in family],
            "site": [f"s{i}" for i in site[family]],
            "label": rng.integers(0, 2, len(family)),
        }
    )
    return people.iloc[rng.permutation(len(people))].reset_index(drop=True)


def section(outer: str, **options) -> dict:
    column = "site" if outer in ("leave_one_site_out", "leave_group_out") else None
    return {
        "outer": outer,
        "outer_column": column,
        "outer_folds": 3 if outer in ("k_fold", "leave_group_out") else None,
        "held_out": {"site": ["s0", "s2"]} if outer == "held_out" else None,
        "repeats": 2 if outer in ("k_fold", "leave_group_out") else 1,
        "inner_repeats": 2,
        "inner": "k_fold",
        "inner_column": None,
        "inner_folds": 3,
        "scheme": "label_blind",
        "group": "family",
        **options,
    }


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("k_fold", "leave_one_site_out"),
        ("leave_one_site_out", "leave_one_site_out"),
        ("leave_one_site_out", "leave_group_out"),
        ("leave_group_out", "leave_group_out"),
        ("held_out", "leave_one_site_out"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_inner_folds_leave_out_whole_sites(outer, inner, seed):
    people = study_of([3, 2, 1] * 8, 6, seed)
    n_parts = 2 if inner == "leave_group_out" else None
    given = {"inner": inner, "inner_column": "site", "inner_folds": n_parts, "inner_repeats": 1}
    cv = section(outer, **given)
    scheme, units = Scheme.from_config(cv, people), units_of(people, cv).to_numpy()
    labels = people["label"].to_numpy()
    drawn = draw_folds(units, labels, scheme, seed)
    same_folds(drawn, draw_folds(units, 1 - labels, scheme, seed))
    same_folds(drawn, folds_from_table(folds_table(drawn, people, 1), people))
    for fold in drawn:
        train, test = fold.sets
        np.testing.assert_array_equal(test[1:].sum(axis=0), train[0])
        assert len(test) - 1 == (n_parts or people["site"][train[0]].nunique())
        for one_train, one_test in zip(train[1:], test[1:], strict=True):
            np.testing.assert_array_equal(one_train, train[0] & ~one_test)
            assert not set(people["site"][one_train]) & set(people["site"][one_test])
            if inner == "leave_one_site_out":
                assert len(set(people["site"][one_test])) == 1


OUTER = ["k_fold", "leave_one_site_out", "leave_group_out", "leave_one_out", "held_out"]


@pytest.mark.parametrize("outer", OUTER)
@PROPERTY
@given(
    sizes=st.lists(st.integers(1, 3), min_size=16, max_size=24),
    n_sites=st.integers(4, 6),
    seed=st.integers(0, 2**31),
)
def test_every_outer_scheme_partitions_without_looking_at_labels(outer, sizes, n_sites, seed):
    people = study_of(sizes, n_sites, seed)
    cv = section(outer)
    scheme, units = Scheme.from_config(cv, people), units_of(people, cv).to_numpy()
    drawn = draw_folds(units, people["label"].to_numpy(), scheme, seed)
    assert len(drawn) == scheme.repeats * scheme.outer_folds + 1
    same_folds(drawn, draw_folds(units, 1 - people["label"].to_numpy(), scheme, seed))
    tested = np.zeros(len(people), dtype=int)
    for fold in drawn[:-1]:
        train, test = fold.sets
        tested += test[0]
        assert train[0].any()
        assert test[0].any()
        np.testing.assert_array_equal(train[0], ~test[0])
        for one_train, one_test in zip(train, test, strict=True):
            assert not (one_train & one_test).any()
            assert not set(units[one_train]) & set(units[one_test])
        inner = test[1:].reshape(2, 3, -1).sum(axis=1)
        np.testing.assert_array_equal(inner, np.tile(train[0], (2, 1)))
        sites = people["site"][test[0]].unique()
        if outer == "leave_one_site_out":
            assert len(sites) == 1
        if outer == "leave_one_out":
            assert len(set(units[test[0]])) == 1
        if outer in ("leave_one_site_out", "leave_group_out"):
            assert not set(sites) & set(people["site"][train[0]])
    if outer == "held_out":
        np.testing.assert_array_equal(tested, people["site"].isin(["s0", "s2"]))
    else:
        np.testing.assert_array_equal(tested, scheme.repeats)
    same_folds(drawn, folds_from_table(folds_table(drawn, people, 2), people))


def test_only_those_with_the_very_code_are_held_out():
    ids = ["12345678901234567", "12345678901234568", *(f"1_{i}" for i in range(18)), "10"]
    people = pd.DataFrame({"participant_id": ids, "label": [0, 1, 1] * 7})
    for who in (ids[0], "1_0"):
        cv = section("held_out", held_out={"participant_id": [who]}, group=None)
        scheme = Scheme.from_config(cv, people)
        fold, _ = draw_folds(units_of(people, cv), people["label"], scheme, 1)
        assert people.loc[fold.sets.test[0], "participant_id"].tolist() == [who]


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_share_of_families_is_held_out_from_the_seed(share):
    people = study_of([2] * 20, 4, 0)
    cv = section("held_out", held_out=share)
    units = units_of(people, cv)

    def held_out(seed):
        fold, _ = draw_folds(units, people["label"], Scheme.from_config(cv, people), seed)
        return set(units[fold.sets.test[0]])

    assert len(held_out(1)) == 20 * share
    assert held_out(1) == held_out(1) != held_out(2)


def test_people_are_held_out_by_name_and_by_values_that_look_like_numbers():
    people = study_of([1] * 20, 4, 0).assign(part=[1.0, 2.0] * 10)
    for held_out, expected in (
        ({"participant_id": ["sub-3", "sub-7"]}, people["participant_id"].isin(["sub-3", "sub-7"])),
        # Numbers are text in the configuration and floats in the cohort table.
        ({"part": ["2"]}, people["part"] == 2),
    ):
        cv = section("held_out", held_out=held_out)
        fold, _ = draw_folds(
            units_of(people, cv), people["label"], Scheme.from_config(cv, people), 1
        )
        np.testing.assert_array_equal(fold.sets.test[0], expected)
