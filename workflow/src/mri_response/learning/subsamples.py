"""The whole procedure on subsamples of the discovery people, for the learning curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.config.learner_kinds import learner_kind
from mri_response.core.seeds import Stream, generator
from mri_response.learning.batches import CURVE_SHARES, smallest_subsample
from mri_response.learning.decisions import joined
from mri_response.learning.design import Design, FixedFolds, RedrawnFolds, Sample
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Scheme, draw_folds, units_of
from mri_response.people.rows import person_weights


class Subsample(NamedTuple):
    """A subsample of the discovery people.

    Attributes
    ----------
    size : int
        People, or a few more where families stay whole; people who are held out do not count.
    repeat : int
        From 1. The subsamples of a repeat are nested.
    rows : numpy.ndarray of bool, shape (n,)
        Which rows of the discovery cohort belong to it.
    held_out : numpy.ndarray of bool, shape (n,)
        The people whom the run holds out, if it does so: all of them belong to every subsample.
    """

    size: int
    repeat: int
    rows: NDArray[np.bool_]
    held_out: NDArray[np.bool_]


def draw_subsamples(people: pd.DataFrame, config: Mapping[str, Any]) -> list[Subsample]:
    """Draw subsamples of the discovery people from the seed, as blind to their labels as the folds.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    config : mapping
        Sections seed, cross_validation, learning_curve and min_class_size of the configuration, and
        the model's own as `model`.
        Where folds are stratified on the labels, so are the subsamples: each has about
        the share of classes of all people.

    Returns
    -------
    list of Subsample
        By size, then repeat, in the order of `learning.plan.curve_batches`. Subsamples
        of too few people, or of all, have no rows.
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
    share = None if learner_kind(config["model"]).predicts_number else people["label"].mean()
    least = smallest_subsample(config, share)
    # Units that are held out have the number -1.
    unit = pd.factorize(units_of(people, cv).where(~held_out))[0]
    numbers, first = np.unique(unit, return_index=True)
    labels = people["label"].to_numpy()[first[numbers >= 0]]
    members = people[~held_out].groupby(unit[~held_out])["participant_id"].nunique().to_numpy()
    drawn = []
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
            drawn.append(Subsample(size, repeat, rows | (held_out & possible), held_out))
    return sorted(drawn, key=lambda one: (one.size, one.repeat))


def scheme_of_subsample(
    people: pd.DataFrame, held_out: NDArray[np.bool_], cross_validation: dict, seed: int
) -> Scheme | None:
    """One repeat of the run's splits, for a subsample of the people.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Rows of the subsample.
    held_out : numpy.ndarray of bool, shape (n,)
        Which of them are held out.
    cross_validation : dict
        Section of the configuration.
    seed : int
        Seed of the splits of this subsample.

    Returns
    -------
    Scheme or None
        None where the subsample has one class, or too few people, sites or groups for the folds.
    """
    if people["label"].nunique() < 2:
        return None
    scheme = Scheme.from_config(cross_validation, people)._replace(repeats=1)
    if scheme.outer == "leave_group_out":
        scheme = scheme._replace(outer_folds=min(scheme.outer_folds, len(set(scheme.left_out))))
    if scheme.outer == "held_out":
        scheme = scheme._replace(left_out=tuple(map(str, held_out)), held_out=frozenset(["True"]))
    units = units_of(people, cross_validation).to_numpy()
    inside = None if scheme.inner == "k_fold" else np.array(scheme.left_out_inside)
    least = 2 if scheme.inner == "leave_one_site_out" else scheme.inner_folds
    outer, found = scheme._replace(inner_repeats=0), set()
    for fold in draw_folds(units, people["label"].to_numpy(), outer, seed, repeats=[1]):
        train, test = fold.sets.train[0], fold.sets.test[0]
        found.add(len(set((units if inside is None else inside)[train])))
        if min(found) < least or not test.any():
            return None
    # Each value is an inner fold, of which every training set must have as many.
    if scheme.inner == "leave_one_site_out" and len(found) > 1:
        return None
    return scheme


def run_subsamples(
    people: pd.DataFrame,
    features: np.ndarray,
    subsamples: Sequence[Subsample],
    config: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Run the whole procedure on subsamples of the people, observed labels only.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    features : numpy.ndarray, shape (n, p)
        Features of these rows.
    subsamples : sequence of Subsample, length d
        As from `draw_subsamples`; those without rows are passed over.
    config : mapping
        Sections seed and cross_validation of the configuration, and the model's own as `model`.

    Returns
    -------
    dict of str to numpy.ndarray
        ``size`` and ``repeat`` (d,), ``decision`` (d, n): NaN for rows that were not tested. Where
        the outcome is a number also ``reduced`` and ``mean`` (d, n): predictions from baseline and
        confounds alone, and the mean outcome of those who trained the model.

    Notes
    -----
    The result of a subsample depends on seed, repeat and size alone, not on which others are there.
    A site that one of its training sets does not have is the mean of the sites it has.
    """
    cv, model = config["cross_validation"], config["model"]
    learner = learner_of(model)
    coding = ConfoundCoding.of_model(people, model)
    number = learner_kind(model).predicts_number
    names = ("decision", "reduced", "mean") if number else ("decision",)
    result = {name: np.full((len(subsamples), len(people)), np.nan) for name in names}
    for index, one in enumerate(subsamples):
        rng = generator(config["seed"], Stream.LEARNING_CURVE, one.repeat, one.size)
        seed, members = int(rng.integers(2**31)), people[one.rows].reset_index(drop=True)
        scheme = scheme_of_subsample(members, one.held_out[one.rows], cv, seed)
        if scheme is None:
            continue
        weights, _ = person_weights(members["participant_id"])
        confounds = coding.stacked(members, unseen="mean")
        sample = Sample(np.asarray(features[one.rows]), confounds, weights)
        folds = RedrawnFolds(range(scheme.outer_folds), units_of(members, cv).to_numpy(), scheme)
        exchanged = Exchangeability(members)
        if number:
            folds = FixedFolds(folds.drawn_for(members["label"].to_numpy(), 0, seed))
            exchanged = ExchangedResiduals(members, confounds)
        job = learner.run(sample, folds, Design(exchanged, seed, inner=False), [range(1)])
        found = joined([job], 1, 1, held_out=scheme.outer == "held_out")
        result["decision"][index, one.rows] = found.decision[0, 0]
        if number:
            result["reduced"][index, one.rows] = found.reduced[0, 0]
            result["mean"][index, one.rows] = found.training_means()[0, 0]
    return {
        "size": np.array([one.size for one in subsamples], dtype=int),
        "repeat": np.array([one.repeat for one in subsamples], dtype=int),
        **result,
    }
