"""What one job computes: Gram matrices of some outer folds, and their labellings in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from mri_response.config.queries import grid_of_c
from mri_response.learning.batches import TOGETHER, whole_groups
from mri_response.learning.gram import (
    CHUNK,
    gram_matrices,
    principal_component_grams,
    principal_components,
    training_sets,
)
from mri_response.learning.jobs import JobResult
from mri_response.learning.nested import (
    FoldResult,
    inner_decisions,
    nested_fold,
    nested_folds_of_one,
)
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.splits import REFIT, Fold, FoldSets, Scheme, draw_members
from mri_response.people.rows import person_weights

AT_ONCE = 5  # outer folds of a single labelling that are solved together
MATRICES = 2**25  # entries of all Gram matrices that redrawn folds hold at a time


class ModelOptions(NamedTuple):
    """What the engine must know of a model.

    Attributes
    ----------
    C : tuple of float
        Grid, ascending.
    C_relative : bool
        Grid values are divided by the mean squared norm of the training features.
    balanced : bool
        Class weights by inverse frequency.
    standardize : bool
    pca : int or float or None
        Number of principal components, or the share of variance they exceed.
    """

    C: tuple[float, ...]
    C_relative: bool = False
    balanced: bool = True
    standardize: bool = True
    pca: int | float | None = None

    @classmethod
    def from_config(cls, model: dict) -> ModelOptions:
        """Read the options from a model's section of the configuration."""
        return cls(
            tuple(grid_of_c(model["C"])),
            C_relative=model["C"]["scale"] == "relative",
            balanced=model["class_weight"] == "balanced",
            standardize=model["standardize"],
            pca=model["pca"],
        )


class StackedRows:
    """Feature matrices of several cohorts as one, without copying them.

    Parameters
    ----------
    *matrices : numpy.ndarray, shape (n_i, p)
        All with the same columns and type; may be memory maps.
    """

    def __init__(self, *matrices: np.ndarray) -> None:
        if len({matrix.shape[1] for matrix in matrices}) > 1:
            raise ValueError("cohorts have different numbers of features")
        self._matrices = matrices
        self.shape = (sum(len(matrix) for matrix in matrices), matrices[0].shape[1])
        self.dtype = matrices[0].dtype

    def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
        rows, columns = key
        if rows != slice(None):
            raise IndexError("only whole columns can be taken")
        return np.concatenate([matrix[:, columns] for matrix in self._matrices])


def row_weights(people: pd.DataFrame) -> np.ndarray:
    """Weight of each row, so that every person counts once.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Column participant_id.

    Returns
    -------
    numpy.ndarray, shape (n,)
        1 / (number of rows of the person), see `mri_response.people.rows.person_weights`.
    """
    return person_weights(people["participant_id"].astype(str))[0]


def fold_grams(
    features: np.ndarray | StackedRows,
    confounds: np.ndarray,
    folds: Sequence[Fold],
    options: ModelOptions,
) -> list[np.ndarray]:
    """Gram matrices of all training sets of some outer folds, in one pass over the features.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
    confounds : numpy.ndarray, shape (n, q)
    folds : sequence of Fold
    options : ModelOptions

    Returns
    -------
    list of numpy.ndarray, shape (1 + n_inner, n, n)
        One a fold.

    Notes
    -----
    Of many features, some outer folds of a repeat are always computed together, in places of their
    own, those that are not asked for with what stands in: no byte depends on which are asked for.
    """
    if not folds:
        return []
    # Of few features the matrices themselves are the work; a refit stands alone.
    alone = features.shape[1] <= CHUNK or any(fold.repeat == REFIT for fold in folds)
    together = 1 if alone else TOGETHER
    whole, asked = [], []
    for fold in folds:
        key, place = (fold.repeat, (fold.outer_fold - 1) // together), fold.outer_fold - 1
        if not whole or whole[-1][0] != key:
            whole.append((key, [fold] * together))
        whole[-1][1][place % together] = fold
        asked.append((len(whole) - 1) * together + place % together)
    train = np.stack([fold.sets.train for _, group in whole for fold in group])
    sets = training_sets(confounds, train.reshape(-1, train.shape[-1]))
    gram = gram_matrices(
        features, sets, standardize=options.standardize, together=together * train.shape[1]
    ).reshape(*train.shape, -1)
    if options.pca is not None:
        for index in asked:
            gram[index] = principal_component_grams(gram[index], train[index], options.pca)
    return [gram[index] for index in asked]


def cross_validate(
    grams: Sequence[np.ndarray],
    folds: Sequence[Fold],
    exchangeability: Exchangeability,
    blocks: Sequence[range],
    weights: np.ndarray,
    options: ModelOptions,
    seed: int,
) -> JobResult:
    """Run some outer folds for the labellings of some blocks, folds the same for all of them.

    Parameters
    ----------
    grams : sequence of numpy.ndarray, shape (1 + n_inner, N, N)
        As from `fold_grams`. Beyond the first n rows, those of the labelled people, there may be
        others that no set trains on.
    folds : sequence of Fold
        Masks over all N rows.
    exchangeability : Exchangeability
        Of the n labelled rows.
    blocks : sequence of range
        Permutation indices solved together; 0 is the observed labelling.
    weights : numpy.ndarray, shape (N,)
        Row weights of the inner score.
    options : ModelOptions
    seed : int

    Returns
    -------
    JobResult
        Of permuted labels it keeps what the weights of the observed ones are judged by: of a refit
        the decision values of the training rows, of outer folds the dual variables in the first
        block of permutations.
    """
    extra = len(weights) - len(exchangeability.labels)
    results, labellings = [], []
    for block in blocks:
        drawn = exchangeability.labellings(seed, block)
        labellings.append(drawn.T.astype(np.int8))
        labels = np.pad(drawn, ((0, extra), (0, 0)))
        results.append(nested_folds(grams, folds, labels, weights, options))
    every = np.concatenate(labellings)
    result = _result(blocks, every, [folds] * len(blocks), results, len(weights))
    result = replace(result, **_permuted_models(blocks, folds, results, len(weights)))
    if blocks[0][0] == 0:
        labels = np.pad(exchangeability.labels, (0, extra))
        result = replace(result, inner_decision=_inner(grams, folds, labels, results[0], options))
    return result


def cross_validate_redrawn(
    features: np.ndarray,
    confounds: np.ndarray,
    members: range,
    units: Sequence[str],
    scheme: Scheme,
    exchangeability: Exchangeability,
    blocks: Sequence[range],
    weights: np.ndarray,
    options: ModelOptions,
    seed: int,
) -> JobResult:
    """Run some outer folds with folds redrawn, stratified on the labels, for every permutation.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
    confounds : numpy.ndarray, shape (n, q)
    members : range
        Which outer folds, counted through all repeats from 0.
    units : sequence of str, length n
        Person or family of each row.
    scheme : Scheme
    exchangeability, blocks, weights, options, seed
        As in `cross_validate`.

    Returns
    -------
    JobResult
        Nothing is kept of the models of permuted labels.
    """
    indices = [index for block in blocks for index in block]
    drawn, labellings, results, inner = [], [], [], [np.empty((0, len(weights)))]
    for index in indices:
        labels = exchangeability.permuted(seed, index)
        folds = draw_members(units, labels, scheme, seed, members, permutation=index)
        drawn.append(folds)
        labellings.append(labels.astype(np.int8))
        results.append([])
        step = _folds_at_once(features.shape, len(folds[0].sets.train))
        for start in range(0, len(folds), step):
            part = folds[start : start + step]
            grams = fold_grams(features, confounds, part, options)
            results[-1] += nested_folds(grams, part, labels[:, None], weights, options)
            if index == 0:
                inner.append(_inner(grams, part, labels, results[-1][start:], options))
    singles = [range(index, index + 1) for index in indices]
    result = _result(singles, np.array(labellings), drawn, results, len(weights))
    if indices[0] > 0:
        return result
    return replace(result, inner_decision=np.concatenate(inner))


def with_other_cohorts(fold: Fold, n_others: int) -> Fold:
    """Add rows of other cohorts to a refit: no set trains on them, and its model predicts them."""
    sets = [np.pad(mask, ((0, 0), (0, n_others))) for mask in fold.sets]
    sets[1][0, len(fold.sets.test[0]) :] = True
    return fold._replace(sets=FoldSets(*sets))


def _folds_at_once(shape: tuple[int, int], n_sets: int) -> int:
    """How many outer folds share a pass over the features: few where a pass costs little."""
    n, p = shape
    wanted = 10 if p <= CHUNK else 100
    return max(1, min(wanted, whole_groups(MATRICES // (n_sets * n * n))))


def nested_folds(
    grams: Sequence[np.ndarray],
    folds: Sequence[Fold],
    labels: np.ndarray,
    weights: np.ndarray,
    options: ModelOptions,
) -> list[FoldResult]:
    """Search and fit in some outer folds, one labelling by itself and many together.

    Parameters
    ----------
    grams, folds, weights, options
        As in `cross_validate`.
    labels : numpy.ndarray of 0/1, shape (N, m)

    Returns
    -------
    list of FoldResult
        One a fold.
    """
    C = np.array(options.C)
    how = {"C_relative": options.C_relative, "balanced": options.balanced}
    results = []
    if labels.shape[1] == 1:
        for start in range(0, len(folds), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            sets = [fold.sets for fold in folds[part]]
            results += nested_folds_of_one(grams[part], sets, labels[:, 0], weights, C, **how)
    else:
        for gram, fold in zip(grams, folds, strict=True):
            results.append(nested_fold(gram, fold.sets, labels, weights, C, **how))
    if options.pca is None:
        return results
    # Dual variables of the features behind the components: their part within the components.
    for index, (gram, fold) in enumerate(zip(grams, folds, strict=True)):
        train = fold.sets.train[0]
        _, vectors = principal_components(gram[0], train, int(train.sum()))
        beta = vectors @ (vectors.T @ results[index].beta)
        results[index] = results[index]._replace(beta=beta)
    return results


def _inner(
    grams: Sequence[np.ndarray],
    folds: Sequence[Fold],
    labels: np.ndarray,
    results: Sequence[FoldResult],
    options: ModelOptions,
) -> np.ndarray:
    """Decision values of the observed labels in the inner folds at the chosen C, (folds, n)."""
    decision = np.empty((len(folds), len(labels)))
    for row, gram, fold, result in zip(decision, grams, folds, results, strict=True):
        row[:] = inner_decisions(
            gram,
            fold.sets,
            labels,
            options.C[int(result.candidate[0])],
            C_relative=options.C_relative,
            balanced=options.balanced,
        )
    return decision


def _result(
    blocks: Sequence[range],
    labels: np.ndarray,
    folds: Sequence[Sequence[Fold]],
    results: Sequence[Sequence[FoldResult]],
    n: int,
) -> JobResult:
    """Results of blocks and folds put together, dual variables of the observed labels only."""
    n_folds = len(folds[0])
    total = sum(map(len, blocks))
    decision = np.full((total, n_folds, n), np.nan)
    candidate = np.empty((total, n_folds), dtype=np.int16)
    every = [result for row in results for result in row]
    observed = {}
    for start, block, sets, row in zip(_starts(blocks), blocks, folds, results, strict=True):
        rows = slice(start, start + len(block))
        for position, (fold, result) in enumerate(zip(sets, row, strict=True)):
            decision[rows, position, fold.sets.test[0]] = result.decision.T
            candidate[rows, position] = result.candidate
        if block[0] == 0:
            beta, fitted = np.zeros((2, n_folds, n))
            for position, (fold, result) in enumerate(zip(sets, row, strict=True)):
                beta[position, fold.sets.train[0]] = result.beta[:, 0]
                fitted[position, fold.sets.train[0]] = result.fitted[:, 0]
            trained = [fold.sets.train[0] for fold in sets]
            observed = {
                "train": np.array(trained, dtype=bool).reshape(n_folds, n),
                "beta": beta,
                "fitted": fitted,
                "intercept": np.array([result.intercept[0] for result in row]),
                "plateau": np.array([result.plateau[0] for result in row], dtype=bool),
            }
    return JobResult(
        permutation=np.array([index for block in blocks for index in block]),
        repeat=np.array([fold.repeat for fold in folds[0]], dtype=int),
        outer_fold=np.array([fold.outer_fold for fold in folds[0]], dtype=int),
        labels=labels,
        decision=decision,
        candidate=candidate,
        fits=np.array([result.n_solved for result in every], dtype=int).sum(),
        fallback=np.array([result.n_fallback for result in every], dtype=int).sum(),
        unconverged=np.array(0),
        **observed,
    )


def _permuted_models(
    blocks: Sequence[range],
    folds: Sequence[Fold],
    results: Sequence[Sequence[FoldResult]],
    n: int,
) -> dict[str, np.ndarray]:
    """What is kept of models of permuted labels; the first block is the same in every batching."""
    if not folds:
        return {}
    permuted = [row for block, row in zip(blocks, results, strict=True) if block[0] > 0]
    if folds[0].repeat == REFIT:
        fitted = [row[0].fitted.T for row in permuted]
        null = np.zeros((sum(map(len, fitted)), n))
        if fitted:
            null[:, folds[0].sets.train[0]] = np.concatenate(fitted)
        return {"null_fitted": null}
    if not any(block[0] == 1 for block in blocks):
        return {}
    null = np.zeros((len(folds), permuted[0][0].beta.shape[1], n), dtype=np.float32)
    for rows, fold, result in zip(null, folds, permuted[0], strict=True):
        rows[:, fold.sets.train[0]] = result.beta.T
    return {"null_beta": null}


def _starts(blocks: Sequence[range]) -> Iterator[int]:
    start = 0
    for block in blocks:
        yield start
        start += len(block)
