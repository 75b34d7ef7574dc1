"""Splits of nested cross-validation, drawn once, by person or by family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mri_response.config.queries import left_out_column
from mri_response.core.seeds import Stream, generator
from mri_response.core.tables import is_code

REFIT = 0  # repeat and outer fold of the search over all discovery people; `n/a` in tables


class FoldSets(NamedTuple):
    """An outer fold and its inner folds as row masks.

    Attributes
    ----------
    train, test : numpy.ndarray of bool, shape (1 + n_inner, n)
        Row 0 is the outer fold, the others its inner folds.
    """

    train: np.ndarray
    test: np.ndarray


class Fold(NamedTuple):
    """One outer fold of one repeat, or the search of the refit.

    Attributes
    ----------
    repeat, outer_fold : int
        From 1; `REFIT` for the refit on all discovery people.
    sets : FoldSets
        Row masks; the refit's outer test rows are none.
    """

    repeat: int
    outer_fold: int
    sets: FoldSets


class Scheme(NamedTuple):
    """How folds are drawn.

    Attributes
    ----------
    repeats, outer_folds, inner_repeats, inner_folds : int
        Numbers of repetitions and of folds, of the outer and of the inner splits. Where each value
        of a column is an inner fold, a training set has as many as it has values, and `inner_folds`
        is the number of all.
    stratified : bool
        Keep the share of classes alike in every fold. The folds then depend on the labels and
        must be redrawn in every permutation.
    outer : str
        Who is left out together: the parts of a random partition (k_fold); every value of a
        column (leave_one_site_out) or the parts of a random partition of its values
        (leave_group_out); every person or family (leave_one_out); some people, once (held_out).
    left_out : tuple of str, length n
        The column's value in each row, where `outer` needs one.
    held_out : frozenset of str or float
        Values of the column, or the share of people and families, that are held out.
    inner : str
        Who is left out together in the inner folds: the parts of a random partition (k_fold), every
        value of a column (leave_one_site_out) or the parts of a random partition of its values
        (leave_group_out).
    left_out_inside : tuple of str, length n
        The column's value in each row, where `inner` needs one.
    """

    repeats: int
    outer_folds: int
    inner_repeats: int
    inner_folds: int
    stratified: bool = False
    outer: str = "k_fold"
    left_out: tuple[str, ...] = ()
    held_out: frozenset[str] | float = frozenset()
    inner: str = "k_fold"
    left_out_inside: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, cross_validation: dict, people: pd.DataFrame) -> Scheme:
        """Read the scheme from the configuration, and from the people who is left out together.

        Parameters
        ----------
        cross_validation : dict
            Section of the configuration.
        people : pandas.DataFrame
            Analysed rows of the discovery cohort.

        Returns
        -------
        Scheme
        """
        outer, held_out = cross_validation["outer"], cross_validation["held_out"]
        column = left_out_column(cross_validation)
        left_out = () if column is None else tuple(map(_category, people[column]))
        inner, column_inside = cross_validation["inner"], cross_validation["inner_column"]
        inside = () if column_inside is None else tuple(map(_category, people[column_inside]))
        if isinstance(held_out, dict):
            held_out = frozenset(map(_category, held_out[column]))
        outer_folds = {
            "leave_one_site_out": len(set(left_out)),
            "leave_one_out": units_of(people, cross_validation).nunique(),
            "held_out": 1,
        }.get(outer, cross_validation["outer_folds"])
        return cls(
            cross_validation["repeats"],
            outer_folds,
            cross_validation["inner_repeats"],
            cross_validation["inner_folds"] or len(set(inside)),
            cross_validation["scheme"] == "stratified",
            outer,
            left_out,
            frozenset() if held_out is None else held_out,
            inner,
            inside,
        )


def _category(value: Any) -> str:
    """A value as text; numbers alike however they are written, as tables are read as either."""
    if is_code(str(value)):
        return str(value)
    try:
        return repr(float(value))
    except ValueError:
        return str(value)


def units_of(people: pd.DataFrame, cross_validation: dict) -> pd.Series:
    """Family of each row, where the configuration names a column of families, or the person.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Analysed rows of a cohort.
    cross_validation : dict
        Section of the configuration.

    Returns
    -------
    pandas.Series of str, length n
    """
    return people[cross_validation["group"] or "participant_id"]


def draw_folds(
    units: Sequence[str],
    labels: np.ndarray,
    scheme: Scheme,
    seed: int,
    *,
    permutation: int = 0,
    repeats: Sequence[int] | None = None,
) -> list[Fold]:
    """Draw every split of the run.

    Parameters
    ----------
    units : sequence of str, length n
        Person or family of each row; its rows stay together in every split.
    labels : numpy.ndarray of int, shape (n,)
        Looked at only where the scheme is stratified, and never for the refit.
    scheme : Scheme
        How folds are drawn.
    seed : int
        Seed of the run.
    permutation : int
        Index of the labelling: stratified folds are redrawn for each.
    repeats : sequence of int, optional
        Repeats to draw, from 1, and `REFIT`; by default all of them, the refit last.

    Returns
    -------
    list of Fold
    """
    names, unit = np.unique(np.asarray(units, dtype=str), return_inverse=True)
    # In order of first appearance, so that sorting of names does not matter.
    first = np.full(len(names), len(unit))
    np.minimum.at(first, unit, np.arange(len(unit)))
    unit = np.argsort(np.argsort(first))[unit]
    share = np.bincount(unit, weights=labels) / np.bincount(unit)
    stratum = np.where(share == 0, 0, np.where(share == 1, 1, 2))
    if not scheme.stratified:
        permutation, stratum = 0, np.zeros_like(stratum)
    everyone = np.ones(len(names), dtype=bool)
    folds = []
    for repeat in repeats if repeats is not None else [*range(1, scheme.repeats + 1), REFIT]:
        drawn = scheme
        if repeat == REFIT:
            # All permuted labels share the search of the refit, which must not know the true ones.
            drawn = scheme._replace(stratified=False)
            outer = [~everyone]
        else:
            outer = _outer_masks(unit, stratum, scheme, seed, (permutation, repeat))
        for number, test in enumerate(outer, start=1):
            outer_fold = REFIT if repeat == REFIT else number
            trains, tests = [~test], [test]
            for inner_repeat in range(1, scheme.inner_repeats + 1):
                key = (permutation, repeat, outer_fold, inner_repeat)
                inner = _inner_masks(~test, unit, stratum, drawn, seed, key)
                trains += [~test & ~mask for mask in inner]
                tests += inner
            sets = FoldSets(np.array(trains)[:, unit], np.array(tests)[:, unit])
            folds.append(Fold(repeat, outer_fold, sets))
    return folds


def draw_members(
    units: Sequence[str],
    labels: np.ndarray,
    scheme: Scheme,
    seed: int,
    members: range,
    *,
    permutation: int = 0,
) -> list[Fold]:
    """Draw some outer folds of a run.

    Parameters
    ----------
    units : sequence of str, length n
        Person or family of each row; its rows stay together in every split.
    labels : numpy.ndarray of int, shape (n,)
        Looked at only where the scheme is stratified.
    scheme : Scheme
        How folds are drawn.
    seed : int
        Seed of the run.
    members : range
        Which outer folds, counted through all repeats from 0.
    permutation : int
        Index of the labelling: stratified folds are redrawn for each.

    Returns
    -------
    list of Fold
    """
    before, last = members[0] // scheme.outer_folds, members[-1] // scheme.outer_folds
    repeats = range(1 + before, 2 + last)
    folds = draw_folds(units, labels, scheme, seed, permutation=permutation, repeats=repeats)
    first = before * scheme.outer_folds
    return folds[members.start - first : members.stop - first]


def mean_where_tested(decision: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Mean of each column over some of its values, NaN where there are none; both (S, n).

    Parameters
    ----------
    decision : numpy.ndarray, shape (S, n)
        Decision values in S folds.
    tested : numpy.ndarray of bool, shape (S, n)
        Whether the row was tested in the fold.

    Returns
    -------
    numpy.ndarray, shape (n,)
    """
    n_tests = tested.sum(axis=0)
    total = np.where(tested, decision, 0.0).sum(axis=0)
    return np.where(n_tests > 0, total / np.maximum(n_tests, 1), np.nan)


def _outer_masks(
    unit: np.ndarray, stratum: np.ndarray, scheme: Scheme, seed: int, key: tuple[int, ...]
) -> list[np.ndarray]:
    """Outer test masks over units, given the unit of each row."""
    everyone = np.ones(len(stratum), dtype=bool)
    if scheme.outer == "k_fold":
        return _test_masks(everyone, stratum, scheme.outer_folds, scheme, seed, key)
    if scheme.outer == "leave_one_out":
        return list(np.diag(everyone))
    if isinstance(scheme.held_out, float):
        rng = generator(seed, Stream.SPLITS, *key)
        number = max(1, round(scheme.held_out * len(stratum)))
        chosen = rng.permutation(len(stratum))[:number]
        return [np.isin(np.arange(len(stratum)), chosen)]
    first = np.unique(unit, return_index=True)[1]
    values = np.array(scheme.left_out)[first]
    if scheme.outer == "held_out":
        return [np.isin(values, list(scheme.held_out))]
    n_parts = None if scheme.outer == "leave_one_site_out" else scheme.outer_folds
    return _masks_of_values(values, everyone, n_parts, scheme, seed, key)


def _inner_masks(
    train: np.ndarray,
    unit: np.ndarray,
    stratum: np.ndarray,
    scheme: Scheme,
    seed: int,
    key: tuple[int, ...],
) -> list[np.ndarray]:
    """Inner test masks over units, among those of an outer training set."""
    if scheme.inner == "k_fold":
        return _test_masks(train, stratum, scheme.inner_folds, scheme, seed, key)
    first = np.unique(unit, return_index=True)[1]
    values = np.array(scheme.left_out_inside)[first]
    n_parts = None if scheme.inner == "leave_one_site_out" else scheme.inner_folds
    return _masks_of_values(values, train, n_parts, scheme, seed, key)


def _masks_of_values(
    values: np.ndarray,
    among: np.ndarray,
    n_parts: int | None,
    scheme: Scheme,
    seed: int,
    key: tuple[int, ...],
) -> list[np.ndarray]:
    """Test masks over units, each of all units among some with one value or with part of them.

    Without a number of parts each value has a mask, in order of first appearance.
    """
    names = pd.unique(values[among])
    if n_parts is None:
        return [among & (values == name) for name in names]
    groups = np.ones(len(names), dtype=bool), np.zeros(len(names), dtype=int)
    parts = _test_masks(*groups, n_parts, scheme, seed, key)
    return [among & np.isin(values, names[part]) for part in parts]


def _test_masks(
    among: np.ndarray,
    stratum: np.ndarray,
    n_folds: int,
    scheme: Scheme,
    seed: int,
    key: tuple[int, ...],
) -> list[np.ndarray]:
    """Test masks over units of a random partition of some of them."""
    members = np.flatnonzero(among)
    rng = generator(seed, Stream.SPLITS, *key)
    fold = np.empty(len(members), dtype=int)
    if scheme.stratified:
        # Each stratum in random order, dealt like cards: redrawn so often that the checks of
        # scikit-learn's splitter would take a quarter of the time.
        order = np.concatenate(
            [rng.permutation(np.flatnonzero(stratum[members] == value)) for value in range(3)]
        )
        fold[order] = np.arange(len(members)) % n_folds
    else:
        from sklearn.model_selection import KFold  # takes a second to import

        splitter = KFold(n_folds, shuffle=True, random_state=int(rng.integers(2**31)))
        for number, (_, test) in enumerate(splitter.split(members)):
            fold[test] = number
    masks = np.zeros((n_folds, len(among)), dtype=bool)
    masks[fold, members] = True
    return list(masks)
