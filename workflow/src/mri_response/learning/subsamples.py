"""The whole procedure on parts of the discovery people, for the learning curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.seeds import Stream, generator
from mri_response.learning.batches import CURVE_SHARES, smallest_part
from mri_response.learning.decisions import joined
from mri_response.learning.learners.base import Design, RedrawnFolds, Sample
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.splits import Scheme, draw_folds, units_of
from mri_response.people.rows import person_weights


class Draw(NamedTuple):
    """A part of the discovery people.

    Attributes
    ----------
    size : int
        People, or a few more where families stay whole; people who are held out do not count.
    repeat : int
        From 1. The parts of a repeat are nested.
    rows : numpy.ndarray of bool, shape (n,)
    held_out : numpy.ndarray of bool, shape (n,)
        The people whom the run holds out, if it does so: all of them belong to every part.
    """

    size: int
    repeat: int
    rows: NDArray[np.bool_]
    held_out: NDArray[np.bool_]


def draw_parts(people: pd.DataFrame, config: Mapping[str, Any]) -> list[Draw]:
    """Draw parts of the discovery people from the seed, as blind to their labels as the folds.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    config : mapping
        Sections seed, cross_validation, learning_curve and min_class_size of the configuration.
        Where folds are stratified on the labels, so are the parts: each has about the share of
        classes of all people.

    Returns
    -------
    list of Draw
        By size, then repeat, in the order of `learning.plan.curve_batches`. Parts of too few
        people, or of all, have no rows.
    """
    cv, curve = config["cross_validation"], config["learning_curve"]
    held_out = np.zeros(len(people), dtype=bool)
    if cv["outer"] == "held_out":
        scheme = Scheme.from_config(cv, people)._replace(inner_repeats=0)
        labels = people["label"].to_numpy()
        (fold,) = draw_folds(units_of(people, cv), labels, scheme, config["seed"], repeats=[1])
        held_out = fold.sets.test[0]
    n, sizes = people["participant_id"][~held_out].nunique(), curve["sizes"]
    if sizes is None:
        sizes = [round(n * share) for share in CURVE_SHARES]
    least = smallest_part(config, people["label"].mean())
    # Units that are held out have the number -1.
    unit = pd.factorize(units_of(people, cv).where(~held_out))[0]
    numbers, first = np.unique(unit, return_index=True)
    labels = people["label"].to_numpy()[first[numbers >= 0]]
    members = people[~held_out].groupby(unit[~held_out])["participant_id"].nunique().to_numpy()
    draws = []
    for repeat in range(1, curve["repeats"] + 1):
        rng = generator(config["seed"], Stream.LEARNING_CURVE, repeat)
        order = rng.permutation(len(members))
        if cv["scheme"] == "stratified":
            # Each class is spread evenly over the order.
            place = np.empty(len(order))
            for value in (0, 1):
                own = np.flatnonzero(labels[order] == value)
                place[own] = (np.arange(len(own)) + rng.random()) / len(own)
            order = order[np.argsort(place, kind="stable")]
        reached = np.cumsum(members[order])
        for size in sizes:
            possible = least <= size < n
            chosen = order[: (1 + np.searchsorted(reached, size)) * possible]
            rows = np.isin(unit, chosen)
            draws.append(Draw(size, repeat, rows | (held_out & possible), held_out))
    return sorted(draws, key=lambda draw: (draw.size, draw.repeat))


def scheme_of_part(
    part: pd.DataFrame, held_out: NDArray[np.bool_], cross_validation: dict, seed: int
) -> Scheme | None:
    """One repeat of the run's splits, for a part of the people.

    Parameters
    ----------
    part : pandas.DataFrame
        Its rows.
    held_out : numpy.ndarray of bool
        Which of them are held out.
    cross_validation : dict
    seed : int
        Of the splits of this part.

    Returns
    -------
    Scheme or None
        None where the part has one class, or too few people, sites or groups for the folds.
    """
    if part["label"].nunique() < 2:
        return None
    scheme = Scheme.from_config(cross_validation, part)._replace(repeats=1)
    if scheme.outer == "leave_group_out":
        scheme = scheme._replace(outer_folds=min(scheme.outer_folds, len(set(scheme.left_out))))
    if scheme.outer == "held_out":
        scheme = scheme._replace(left_out=tuple(map(str, held_out)), held_out=frozenset(["True"]))
    units = units_of(part, cross_validation).to_numpy()
    outer = scheme._replace(inner_repeats=0)
    for fold in draw_folds(units, part["label"].to_numpy(), outer, seed, repeats=[1]):
        train, test = fold.sets.train[0], fold.sets.test[0]
        if len(set(units[train])) < scheme.inner_folds or not test.any():
            return None
    return scheme


def run_parts(
    people: pd.DataFrame,
    features: np.ndarray,
    draws: Sequence[Draw],
    config: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Run the whole procedure on parts of the people, observed labels only.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    features : numpy.ndarray, shape (n, p)
    draws : sequence of Draw
    config : mapping
        Sections seed and cross_validation of the configuration, and the model's own as `model`.

    Returns
    -------
    dict of str to numpy.ndarray
        ``size`` and ``repeat`` (d,), ``decision`` (d, n): NaN for rows that were not tested.

    Notes
    -----
    A part depends on seed, repeat and size alone, not on which others are there. A site that a
    part's training set does not have is the mean of those it has.
    """
    cv, model = config["cross_validation"], config["model"]
    learner = learner_of(model)
    coding = ConfoundCoding.of(people, model["confounds"])
    decision = np.full((len(draws), len(people)), np.nan)
    for index, draw in enumerate(draws):
        rng = generator(config["seed"], Stream.LEARNING_CURVE, draw.repeat, draw.size)
        seed, part = int(rng.integers(2**31)), people[draw.rows].reset_index(drop=True)
        scheme = scheme_of_part(part, draw.held_out[draw.rows], cv, seed)
        if scheme is None:
            continue
        weights, _ = person_weights(part["participant_id"])
        sample = Sample(
            np.asarray(features[draw.rows]), coding.stacked(part, unseen="mean"), weights
        )
        folds = RedrawnFolds(range(scheme.outer_folds), units_of(part, cv).to_numpy(), scheme)
        job = learner.run(sample, folds, Design(Exchangeability(part), seed), [range(1)])
        found = joined([job], 1, 1, held_out=scheme.outer == "held_out")
        decision[index, draw.rows] = found.decision[0, 0]
    return {
        "size": np.array([draw.size for draw in draws], dtype=int),
        "repeat": np.array([draw.repeat for draw in draws], dtype=int),
        "decision": decision,
    }
