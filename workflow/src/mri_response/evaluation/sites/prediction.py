"""Is it the site? Sites predicted from features, from decision values and from the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.errors import InputError
from mri_response.core.permutation import permutation_p_value
from mri_response.core.seeds import Stream, generator
from mri_response.core.tables import as_categories
from mri_response.core.vocabulary import Interval, NotComputed
from mri_response.evaluation.sites.recalls import (
    SitesOfRows,
    over_repeats,
    recall_interval,
    recalls,
)
from mri_response.learning.batches import SITE_FOLDS
from mri_response.learning.decisions import Decisions
from mri_response.learning.gram import gram_matrices
from mri_response.learning.permutation import exchangeable_rows
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.splits import Fold, Scheme, draw_folds, units_of
from mri_response.people.rows import person_weights

COLUMNS = [
    *("model", "cohort", "predicted_from", "n", "n_sites", "folds", "estimate", "chance"),
    *("ci_low", "ci_high", "ci_method", "null_mean", "p_value", "n_permutations", "note"),
]
#: What sites are predicted from: the features as they come and as the classifier is given them, the
#: cross-validated decision values, and the outcome itself.
FEATURES, PREPARED, DECISION, OUTCOME = (
    "features",
    "prepared_features",
    "decision_values",
    "outcome",
)
TOGETHER = 10  # training sets of which the Gram matrices are in memory at a time
LABELLINGS = 100  # labellings that are predicted at a time


def predicted_sites(gram: NDArray, train: NDArray, test: NDArray, codes: NDArray) -> NDArray:
    """Predict the sites of test rows from training rows, every site weighing alike.

    The indicators of the sites are regressed on the features (ridge; the penalty is the mean
    squared length of the training rows), and a row belongs to the site whose training rows have the
    nearest mean of fitted values: a regularised linear discriminant analysis.

    Parameters
    ----------
    gram : ndarray, shape (n, n)
        Products of rows whose features have mean 0 in the training rows.
    train, test : ndarray of bool, shape (n,)
        Who is learned from and who is predicted.
    codes : ndarray of int, shape (m, n)
        Number of the site of each row under m labellings.

    Returns
    -------
    ndarray of int, shape (m, n_test)

    References
    ----------
    Hastie, Tibshirani and Buja (1994). Flexible discriminant analysis by optimal scoring. JASA
    89:1255-1270.
    """
    own = gram[np.ix_(train, train)]
    penalty = np.trace(own) / len(own) or 1.0
    fitted = np.linalg.solve(own + penalty * np.eye(len(own)), gram[train]).T
    n_sites, predicted = int(codes.max()) + 1, []
    for start in range(0, len(codes), LABELLINGS):
        some = codes[start : start + LABELLINGS][:, train]
        indicators = (some[..., None] == np.arange(n_sites)).astype(float)
        counts = indicators.sum(axis=1)
        centred = indicators - counts[:, None] / train.sum()
        values = np.einsum("in,mns->mis", fitted, centred, optimize=True)
        means = np.einsum("mns,mnt->mst", indicators, values[:, train], optimize=True)
        means /= np.maximum(counts, 1)[..., None]
        # Squared distance to each mean, without the term that all sites share.
        distance = (means**2).sum(axis=2)[:, None] - 2 * values[:, test] @ means.swapaxes(1, 2)
        distance = np.where(counts[:, None] > 0, distance, np.inf)
        predicted.append(distance.argmin(axis=2))
    return np.concatenate(predicted)


def permuted_sites(
    people: pd.DataFrame, column: str, config: Mapping[str, Any], *, within_classes: bool
) -> SitesOfRows:
    """Sites of the rows, and permuted between people who may exchange them.

    Parameters
    ----------
    people : DataFrame, n rows
        Columns participant_id, label and those that the configuration names.
    column : str
        Of the sites; known for everybody.
    config : mapping
        Sections seed, cross_validation and permutation of the configuration.
    within_classes : bool
        Exchange sites between people of one class alone, where a label is that of a whole person or
        family: what is predicted then goes beyond what the outcome says of the site.

    Returns
    -------
    SitesOfRows
    """
    group, within = config["cross_validation"]["group"], config["permutation"]["within"]
    blocks = people[within].astype(str) if within not in (None, column, group) else ""
    rows = people.assign(block=blocks, own=blocks + people["label"].astype(str))
    try:
        strata = exchangeable_rows(rows, group, "own" if within_classes else "block")
    except InputError:  # a family has people of both classes
        strata = exchangeable_rows(rows, group, "block")
    names = as_categories(people[column])
    codes = pd.factorize(names, sort=True)[0]
    drawn = np.tile(codes, (1 + config["permutation"]["n"], 1))
    for index in range(1, len(drawn)):
        rng = generator(config["seed"], Stream.SITES, index)
        for rows in strata:
            drawn[index, rows] = codes[rows[rng.permutation(len(rows))]]
    return SitesOfRows(drawn, *person_weights(people["participant_id"]))


def folds_of_sites(
    people: pd.DataFrame, folds: Sequence[Fold], config: Mapping[str, Any]
) -> tuple[str, list[tuple[int, NDArray, NDArray]]]:
    """Folds in which sites are predicted: the outer ones, unless these leave out whole sites.

    Parameters
    ----------
    people : DataFrame, n rows
        Of the discovery cohort.
    folds : sequence of Fold
        Of the run, the refit last.
    config : mapping
        Sections seed and cross_validation.

    Returns
    -------
    name : str
        ``outer``, or ``own``: ten parts of a random partition of people or families.
    folds : list of (int, ndarray, ndarray)
        Repeat, training rows and test rows.
    """
    cv = config["cross_validation"]
    name = "outer" if cv["outer"] == "k_fold" else "own"
    if name == "own":
        units = units_of(people, cv)
        scheme = Scheme(1, min(SITE_FOLDS, units.nunique()), 1, 2)  # inner folds are not used
        folds = draw_folds(units, people["label"].to_numpy(), scheme, config["seed"])
    of_tests = [fold for fold in folds if fold.sets.test[0].any()]
    return name, [(fold.repeat, fold.sets.train[0], fold.sets.test[0]) for fold in of_tests]


def site_predictability(
    model: str,
    config: Mapping[str, Any],
    people: pd.DataFrame,
    features: NDArray,
    folds: Sequence[Fold],
    decisions: Decisions,
) -> pd.DataFrame:
    """How well the site of discovery people can be told, before and after preparation.

    Parameters
    ----------
    model : str
        Name of the model.
    config : mapping
        Sections seed, cross_validation, permutation, confounds and sites of the configuration, the
        model's own as `model` and the name of the discovery cohort as `cohort`.
    people : DataFrame, n rows
        Analysed rows of the discovery cohort.
    features : ndarray, shape (n, p)
        Of the model.
    folds : sequence of Fold
        Outer folds of the run.
    decisions : Decisions
        Cross-validated decision values of the model.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per thing that sites are predicted from. The estimate is the mean over
        sites of the share of people who are given their site, and over repeats; chance is one
        divided by the number of sites; limits are those of `recall_interval`. p is one-sided, sites
        being exchanged between people of one class; from the outcome, between all. Without two
        sites in which people are known there is no estimate.
    """
    column = config["sites"]["column"]
    known = people[column].notna().to_numpy() & decisions.tested
    rows = people[known].reset_index(drop=True)
    n_sites = as_categories(rows[column]).nunique()
    name, drawn = folds_of_sites(people, folds, config)
    about = {
        **{"model": model, "cohort": config["cohort"]},
        **{"n": rows["participant_id"].nunique(), "n_sites": n_sites, "folds": name},
    }
    if n_sites < 2:
        return pd.DataFrame([about | {"note": NotComputed.NOT_ESTIMABLE}], columns=COLUMNS)
    inside = [(repeat, train[known], test[known]) for repeat, train, test in drawn]
    plain, own = ConfoundCoding.of(people, []), ConfoundCoding.of_model(people, config["model"])
    label = people["label"].to_numpy(dtype=float)[None]
    sources = {FEATURES: _grams(features, plain, people, drawn, config)}
    if config["model"]["confounds"] or config["model"]["harmonise"]:
        sources[PREPARED] = _grams(features, own, people, drawn, config)
    sources[DECISION] = _grams_of_values(decisions.decision[0], drawn)
    sources[OUTCOME] = _grams_of_values(label, drawn)
    found = []
    for source, grams in sources.items():
        sites = permuted_sites(rows, column, config, within_classes=source != OUTCOME)
        among = (gram[np.ix_(known, known)] for gram in grams)
        found.append(about | {"predicted_from": source} | _tested(sites, inside, among))
    return pd.DataFrame(found, columns=COLUMNS)


def _grams(
    features: NDArray,
    coding: ConfoundCoding,
    people: pd.DataFrame,
    drawn: Sequence[tuple[int, NDArray, NDArray]],
    config: Mapping[str, Any],
) -> Iterator[NDArray]:
    """Gram matrix of all rows in each fold, prepared from its training rows."""
    confounds = coding.stacked(people, unseen=config["confounds"]["unseen_site"])
    for start in range(0, len(drawn), TOGETHER):
        train = np.array([train for _, train, _ in drawn[start : start + TOGETHER]])
        sets = training_sets(confounds, train)
        yield from gram_matrices(features, sets, standardize=config["model"]["standardize"])


def _grams_of_values(
    values: NDArray, drawn: Sequence[tuple[int, NDArray, NDArray]]
) -> Iterator[NDArray]:
    """Gram matrix in each fold of one number of each row, shape (repeats or 1, n)."""
    for repeat, train, _ in drawn:
        own = values[min(repeat, len(values)) - 1]
        own = np.where(np.isnan(own), 0.0, own)
        centred = own - own[train].mean()
        yield np.outer(centred, centred) / (centred[train].var() or 1.0)


def _tested(
    sites: SitesOfRows,
    drawn: Sequence[tuple[int, NDArray, NDArray]],
    grams: Iterator[NDArray],
) -> dict[str, Any]:
    """Estimate, its limits, chance and p from the Gram matrices of all folds."""
    predicted = {repeat: np.full(sites.codes.shape, -1) for repeat, _, _ in drawn}
    tested = {repeat: np.zeros(sites.codes.shape[1], dtype=bool) for repeat in predicted}
    for (repeat, train, test), gram in zip(drawn, grams, strict=True):
        predicted[repeat][:, test] = predicted_sites(gram, train, test, sites.codes)
        tested[repeat] |= test
    found = over_repeats([recalls(predicted[r], sites, tested[r]) for r in predicted])
    estimate, null = found.mean[0], found.mean[1:]
    low, high = recall_interval(found, sites)
    return {
        **{"estimate": estimate, "chance": 1 / sites.n_sites, "ci_low": low, "ci_high": high},
        "ci_method": Interval.NULL_INFLATED if low == low else np.nan,
        "null_mean": null.mean() if null.size else np.nan,
        "p_value": permutation_p_value(estimate, null),
        "n_permutations": len(null),
    }
