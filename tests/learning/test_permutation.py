import itertools
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import chisquare

from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream
from mri_response.learning.permutation import Exchangeability, log_odds


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
            "differ between rows of some people but not of b",
        ),
        (
            rows(participant_id="abcd", label=[1, 1, 0, 0], family="FFGG", site="xyxx"),
            {"group": "family", "within": "site"},
            r"permutation.within: found family F .* in the blocks 'x', 'y', expected",
        ),
        (
            rows(participant_id="abcd", label=[1, 1, 0, 0], site="xxyy"),
            {"within": "site"},
            r"one labelling alone.*permutation.within \(site\)",
        ),
        (
            rows(participant_id="aab", label=[1, 1, 0]),
            {},
            "found one labelling alone",
        ),
        (
            rows(participant_id="abc", label=[1, 1, 0], family="FFG"),
            {"group": "family"},
            r"one labelling alone.*cross_validation.group \(family\)",
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
    config = {
        "cross_validation": {"group": "family"},
        "permutation": {"within": "site", "method": "marginal"},
        "model": {"confounds": ["age"]},
    }
    exchangeability = Exchangeability.from_config(people, config)
    assert exchangeability.n_distinct == len(every(people["label"].tolist(), blocks))


# ------------------------------------------------------------ given confounds
def conditional(monkeypatch, labels, odds, **columns) -> Exchangeability:
    """Labels of people whose log odds are known."""
    monkeypatch.setattr("mri_response.learning.permutation.log_odds", lambda *_: np.array(odds))
    n = len(labels)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n)], "label": labels})
    within = "site" if columns else None
    return Exchangeability(people.assign(**columns), within=within, given=np.zeros((n, 1)))


def test_labellings_have_their_probability_given_the_confounds(monkeypatch):
    """Against all labellings with as many positives, weighted by their odds."""
    labels, odds = [1, 1, 0, 0, 0], np.array([-1.0, 0.5, 1.2, 0.0, 2.0])
    subsets = list(itertools.combinations(range(5), 2))
    weight = np.array([np.exp(odds[list(subset)].sum()) for subset in subsets])
    # The walk to the hub and on forgets where it began: each seed is a draw of its own.
    exchangeability = conditional(monkeypatch, labels, odds)
    drawn = [tuple(np.flatnonzero(exchangeability.permuted(seed, 1))) for seed in range(1500)]
    counts = [drawn.count(subset) for subset in subsets]
    assert chisquare(counts, 1500 * weight / weight.sum()).pvalue > 0.001
    assert chisquare(counts).pvalue < 1e-9  # not all alike


def test_without_a_say_of_the_confounds_all_labellings_are_alike(monkeypatch):
    exchangeability = conditional(monkeypatch, [1, 1, 0, 0, 0], np.zeros(5))
    drawn = [tuple(np.flatnonzero(exchangeability.permuted(seed, 1))) for seed in range(1000)]
    counts = [drawn.count(subset) for subset in itertools.combinations(range(5), 2)]
    assert chisquare(counts).pvalue > 0.001


def test_conditional_labellings_stay_in_blocks_and_depend_on_indices_alone(monkeypatch):
    site = np.array(["A", "B"] * 10)
    labels = np.array([1, 0, 0, 0] * 5)
    exchangeability = conditional(monkeypatch, labels, np.linspace(-1, 1, 20), site=site)
    drawn = exchangeability.labellings(3, range(6))
    np.testing.assert_array_equal(drawn[:, 0], labels)
    assert (drawn[site == "A"].sum(axis=0) == 5).all()
    assert (drawn[site == "B"] == 0).all()
    assert len({tuple(column) for column in drawn.T}) > 3
    again = conditional(monkeypatch, labels, np.linspace(-1, 1, 20), site=site)
    for index in (5, 2):
        np.testing.assert_array_equal(again.permuted(3, index), drawn[:, index])
    assert exchangeability.null == "whole_procedure_given_confounds"


def test_log_odds_are_those_of_a_penalised_logistic_regression():
    """By minimising the penalised likelihood with scipy; rows of a person count as one."""
    rng = np.random.default_rng(2)
    age = rng.uniform(20, 70, 60)
    confounds = np.column_stack([age, age**2, np.ones(60)])
    labels = (rng.random(60) < expit((age - 45) ** 2 / 200 - 1)).astype(int)
    person = np.repeat(np.arange(40).astype(str), [2] * 20 + [1] * 20)
    weight = np.repeat([0.5, 1.0], [40, 20])
    centred = confounds[:, :2] - confounds[:, :2].mean(axis=0)
    basis = np.sqrt(60) * np.linalg.svd(centred / centred.std(axis=0), full_matrices=False)[0]
    sign = 2 * labels - 1

    def loss(w):
        eta = basis @ w[:2] + w[2]
        return (weight * np.log1p(np.exp(-sign * eta))).sum() + 0.5 * (w[:2] ** 2).sum()

    best = minimize(loss, np.zeros(3), tol=1e-12).x
    np.testing.assert_allclose(
        log_odds(labels, confounds, person), basis @ best[:2] + best[2], atol=1e-3
    )


def test_visits_with_varying_labels_and_families_are_not_drawn_given_confounds():
    visits = pd.DataFrame({"participant_id": list("aabb"), "label": [1, 0, 0, 1]})
    families = pd.DataFrame(
        {"participant_id": list("abcd"), "label": [1, 0, 0, 1], "family": list("uuvv")}
    )
    for people, group in ((visits, None), (families, "family")):
        with pytest.raises(InputError, match=r"permutation.method: found conditional with labels"):
            Exchangeability(people, group=group, given=np.zeros((4, 1)))
