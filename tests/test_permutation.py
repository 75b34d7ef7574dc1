from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from mri_response.errors import InputError
from mri_response.permutation import Exchangeability
from mri_response.seeds import Stream


def rows(**columns) -> pd.DataFrame:
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def drawn(exchangeability: Exchangeability, number: int = 400, seed: int = 1) -> np.ndarray:
    return exchangeability.labellings(seed, range(1, number + 1)).T


def every(labels: list[int], blocks: list[list[int]]) -> set[tuple[int, ...]]:
    """All labellings by brute force; `blocks` are lists of units, units are lists of rows."""
    found = {tuple(labels)}
    for units in blocks:
        found = {
            tuple(_moved(list(labelling), units, order))
            for labelling in found
            for order in permutations(range(len(units)))
        }
    return found


def _moved(labels: list[int], units: list[list[int]], order: tuple[int, ...]) -> list[int]:
    moved = labels.copy()
    for unit, source in zip(units, order, strict=True):
        for row, other in zip(unit, units[source], strict=True):
            moved[row] = labels[other]
    return moved


CASES = {
    "people": (
        rows(participant_id="abcdef", label=[1, 1, 0, 0, 0, 1]),
        {},
        [[[0], [1], [2], [3], [4], [5]]],
    ),
    "within sites": (
        rows(participant_id="abcdefg", label=[1, 1, 0, 0, 0, 1, 0], site="xyxyxyx"),
        {"within": "site"},
        [[[0], [2], [4], [6]], [[1], [3], [5]]],
    ),
    "two visits each": (
        rows(participant_id="abacbdcd", label=[1, 0, 1, 1, 0, 0, 1, 0]),
        {},
        [[[0, 2], [1, 4], [3, 6], [5, 7]]],
    ),
    "one visit or two": (
        rows(participant_id="aabbcdef", label=[1, 1, 0, 0, 0, 1, 0, 0]),
        {},
        [[[0, 1], [2, 3]], [[4], [5], [6], [7]]],
    ),
    "label varies within people": (
        rows(participant_id="aabbbcc", label=[1, 0, 1, 0, 0, 0, 1]),
        {},
        [[[0], [1]], [[2], [3], [4]], [[5], [6]]],
    ),
    "label varies within people and blocks": (
        rows(participant_id="aaaabb", label=[1, 0, 1, 0, 0, 1], order="112211"),
        {"within": "order"},
        [[[0], [1]], [[2], [3]], [[4], [5]]],
    ),
    "families whole": (
        rows(participant_id="abcdefghi", label=[1, 1, 0, 0, 1, 0, 1, 0, 1], family="FFGGHHKLM"),
        {"group": "family"},
        [[[0, 1], [2, 3], [4, 5]], [[6], [7], [8]]],
    ),
    "families inside sites": (
        rows(
            participant_id="abcdefgh", label=[1, 1, 0, 0, 1, 0, 0, 0], family="FFGGHHKK",
            site="xxxxyyyy",
        ),
        {"group": "family", "within": "site"},
        [[[0, 1], [2, 3]], [[4, 5], [6, 7]]],
    ),
    "people inside families": (
        rows(participant_id="abcdef", label=[1, 0, 0, 0, 1, 1], family="FFGGGH"),
        {"group": "family", "within": "family"},
        [[[0], [1]], [[2], [3], [4]]],
    ),
    "families of equal size and different make-up": (
        rows(participant_id="aabccdeffghh", label=[1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0],
             family="FFFGGGHHHKKK"),
        {"group": "family"},
        [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]],
    ),
    "families whose rows are in different orders": (
        rows(participant_id="aabbcdcd", label=[1, 1, 0, 0, 0, 1, 0, 1], family="FFFFGGGG"),
        {"group": "family"},
        [[[0, 1, 2, 3], [4, 6, 5, 7]]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_exactly_the_exchangeable_labellings_are_drawn_and_alike_often(case):
    people, options, blocks = CASES[case]
    exchangeability = Exchangeability(people, **options)
    expected = every(people["label"].tolist(), blocks)
    assert exchangeability.n_distinct == len(expected)
    draws = drawn(exchangeability, 60 * len(expected))
    counts = pd.Series(map(tuple, draws.tolist())).value_counts()
    assert set(counts.index) == expected
    assert chisquare(counts).pvalue > 1e-3


def test_labels_stay_constant_within_people_and_families_keep_their_composition():
    people, options, _ = CASES["families whose rows are in different orders"]
    for labels in drawn(Exchangeability(people, **options)):
        spread = pd.Series(labels).groupby(people["participant_id"]).agg(np.ptp)
        assert (spread == 0).all()


def test_permutation_zero_is_observed_and_others_depend_on_seed_and_index_alone():
    people = rows(participant_id=[f"s{i}" for i in range(30)], label=np.arange(30) % 2)
    exchangeability = Exchangeability(people)
    np.testing.assert_array_equal(exchangeability.permuted(4, 0), people["label"])
    together = exchangeability.labellings(4, range(20))
    assert together.shape == (30, 20)
    for index in (0, 3, 19):
        np.testing.assert_array_equal(together[:, index], exchangeability.permuted(4, index))
    assert (together.sum(axis=0) == 15).all()
    assert len(np.unique(together, axis=1).T) == 20
    assert (exchangeability.permuted(5, 3) != together[:, 3]).any()
    other = exchangeability.permuted(4, 3, stream=Stream.COHORT_LABELS)
    assert (other != together[:, 3]).any()


def test_the_observed_labels_are_not_changed():
    people = rows(participant_id="abcd", label=[1, 0, 1, 0])
    exchangeability = Exchangeability(people)
    exchangeability.permuted(1, 0)[:] = 9
    exchangeability.labellings(1, [0, 1, 2])[:] = 9
    np.testing.assert_array_equal(exchangeability.labels, [1, 0, 1, 0])


@pytest.mark.parametrize(
    ("people", "options", "message"),
    [
        (
            rows(participant_id="aabbc", label=[1, 0, 1, 1, 0]),
            {},
            "varies within some people but not within b",
        ),
        (
            rows(participant_id="abcd", label=[1, 1, 0, 0], family="FFGG", site="xyxx"),
            {"group": "family", "within": "site"},
            r"family F lies in several blocks \(x, y\)",
        ),
        (
            rows(participant_id="abcd", label=[1, 1, 0, 0], site="xxyy"),
            {"within": "site"},
            "no two labellings differ.*within: site",
        ),
        (
            rows(participant_id="aab", label=[1, 1, 0]),
            {},
            "no two labellings differ",
        ),
        (
            rows(participant_id="abc", label=[1, 1, 0], family="FFG"),
            {"group": "family"},
            "no two labellings differ.*group: family",
        ),
    ],
)
def test_what_cannot_be_permuted_is_an_error_in_one_line(people, options, message):
    with pytest.raises(InputError, match=message) as error:
        Exchangeability(people, **options)
    assert "\n" not in str(error.value)


def test_two_labellings_are_enough():
    people = rows(participant_id="aabb", label=[1, 1, 0, 0])
    assert Exchangeability(people).n_distinct == 2


def test_the_count_of_a_large_cohort_does_not_overflow():
    people = rows(participant_id=[f"s{i}" for i in range(3000)], label=np.arange(3000) % 2)
    assert Exchangeability(people).n_distinct == np.inf


def test_it_is_read_from_the_configuration():
    people, _, blocks = CASES["families inside sites"]
    config = {"cross_validation": {"group": "family"}, "permutation": {"within": "site"}}
    exchangeability = Exchangeability.from_config(people, config)
    assert exchangeability.n_distinct == len(every(people["label"].tolist(), blocks))
