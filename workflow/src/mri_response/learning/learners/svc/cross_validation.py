"""Nested cross-validation of the support vector classifier: what one job computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mri_response.learning.design import Design, FixedFolds, Folds, Sample
from mri_response.learning.fold_grams import fold_grams, folds_in_memory
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.svc.fold_rows import FoldRows, outnumbered
from mri_response.learning.learners.svc.nested import (
    FoldResult,
    inner_decisions,
    nested_fold,
)
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.preparation.components import principal_components
from mri_response.learning.splits import REFIT, Fold

Prepared = np.ndarray | FoldRows


def cross_validate(
    sample: Sample,
    folds: Folds,
    design: Design,
    blocks: Sequence[range],
    options: SvcOptions,
    grams: Sequence[np.ndarray] | None = None,
) -> JobResult:
    """Run some outer folds for the labellings of some blocks.

    Parameters
    ----------
    sample : Sample
        People with their features.
    folds : FixedFolds or RedrawnFolds
        Outer folds or the refit; with redrawn folds every labelling has its own.
    design : Design
        Who may exchange labels, and the seed.
    blocks : sequence of range
        Permutation indices; 0 is the observed labelling. With fixed folds the labellings of a
        block are solved together.
    options : SvcOptions
        Options of the classifier.
    grams : sequence of numpy.ndarray, shape (1 + n_inner, N, N), optional
        As from `prepare`, one array per fixed fold. By default they are made here, for redrawn
        folds in any case.

    Returns
    -------
    JobResult
        With fixed folds it keeps, of permuted labels, what the weights of the observed ones are
        judged by: of a refit the decision values of the training rows, of outer folds the dual
        variables in the first block of permutations. With redrawn folds nothing is kept of the
        models of permuted labels.
    """
    n_rows, fixed = len(sample.weights), isinstance(folds, FixedFolds)
    prepared = with_rows(sample, folds.folds, options, grams) if fixed else []
    if not fixed:
        blocks = [range(index, index + 1) for block in blocks for index in block]
    labellings, outer, results, inner = [], [], [], [np.empty((0, n_rows))]
    for block in blocks:
        drawn, labels = design.labellings(block, n_rows)
        labellings.append(drawn.T.astype(np.int8))
        outer.append(folds.drawn_for(drawn[:, 0], block[0], design.seed))
        results.append([])
        parts = [(outer[-1], prepared)] if fixed else _redrawn(sample, outer[-1], options)
        for some, given in parts:
            found = nested_folds(given, some, labels, sample.weights, options)
            results[-1] += found
            if block[0] == 0 and not design.inner:
                inner.append(np.full((len(some), n_rows), np.nan))
            elif block[0] == 0:
                inner.append(_inner(given, some, labels[:, 0], found, options))
    result = _result(blocks, np.concatenate(labellings), outer, results, n_rows)
    if fixed:
        result = replace(result, **_permuted_models(blocks, folds.folds, results, n_rows))
    if blocks[0][0] > 0:
        return result
    return replace(result, inner_decision=np.concatenate(inner))


def prepare(sample: Sample, folds: Sequence[Fold], options: SvcOptions) -> list[np.ndarray]:
    """Gram matrices of some outer folds, but for those where people outnumber features by far.

    Parameters
    ----------
    sample : Sample
        People with their features.
    folds : sequence of Fold
        Masks over all N rows.
    options : SvcOptions
        `standardize` and `pca` are used.

    Returns
    -------
    list of numpy.ndarray, shape (1 + n_inner, N, N), or (0,) for the others
        One array per fold.
    """
    few = [not outnumbered(sample.features.shape[1], fold) for fold in folds]
    wanted = [fold for fold, is_few in zip(folds, few, strict=True) if is_few]
    grams = iter(fold_grams(sample.features, sample.confounds, wanted, options))
    return [next(grams) if is_few else np.empty(0) for is_few in few]


def with_rows(
    sample: Sample,
    folds: Sequence[Fold],
    options: SvcOptions,
    grams: Sequence[np.ndarray] | None = None,
) -> list[Prepared]:
    """Gram matrices of some outer folds, and rows in the place of those that have none.

    Parameters
    ----------
    sample : Sample
        People with their features.
    folds : sequence of Fold
        Masks over all N rows.
    options : SvcOptions
        `standardize` and `pca` are used.
    grams : sequence of numpy.ndarray, optional
        As from `prepare`, which is called by default.

    Returns
    -------
    list of numpy.ndarray, shape (1 + n_inner, N, N), or FoldRows
        One item per fold. Rows are computed when they are asked for.
    """
    if grams is None:
        grams = prepare(sample, folds, options)
    return [
        gram if gram.size else FoldRows(sample.features, sample.confounds, fold, options)
        for gram, fold in zip(grams, folds, strict=True)
    ]


def _redrawn(
    sample: Sample, folds: Sequence[Fold], options: SvcOptions
) -> Iterator[tuple[Sequence[Fold], list[Prepared]]]:
    """Some redrawn folds at a time, as many as the memory should hold Gram matrices of."""
    step = folds_in_memory(*sample.features.shape, len(folds[0].sets.train))
    for start in range(0, len(folds), step):
        some = folds[start : start + step]
        yield some, with_rows(sample, some, options)


def nested_folds(
    prepared: Sequence[Prepared],
    folds: Sequence[Fold],
    labels: np.ndarray,
    weights: np.ndarray,
    options: SvcOptions,
) -> list[FoldResult]:
    """Search and fit in some outer folds.

    Parameters
    ----------
    prepared : sequence of numpy.ndarray, shape (1 + n_inner, N, N), or of FoldRows
        What each fold needs, as from `with_rows`.
    folds : sequence of Fold
        Masks over all N rows.
    labels : numpy.ndarray of 0/1, shape (N, m)
        One column per labelling.
    weights : numpy.ndarray, shape (N,)
        Weights of the rows in the inner folds.
    options : SvcOptions
        Options of the classifier.

    Returns
    -------
    list of FoldResult
        One per fold.
    """
    results = [
        nested_fold(one, fold.sets, labels, weights, options)
        for one, fold in zip(prepared, folds, strict=True)
    ]
    if options.pca is None:
        return results
    # Dual variables of the features behind the components: their part within the components.
    for index, (one, fold) in enumerate(zip(prepared, folds, strict=True)):
        train = fold.sets.train[0]
        if isinstance(one, FoldRows):
            scores = one[0][train]
            vectors = scores / np.linalg.norm(scores, axis=0)
        else:
            _, vectors = principal_components(one[0], train, int(train.sum()))
        beta = vectors @ (vectors.T @ results[index].beta)
        results[index] = results[index]._replace(beta=beta)
    return results


def _inner(
    prepared: Sequence[Prepared],
    folds: Sequence[Fold],
    labels: np.ndarray,
    results: Sequence[FoldResult],
    options: SvcOptions,
) -> np.ndarray:
    """Decision values of the observed labels in the inner folds at the chosen C, (folds, n)."""
    decision = np.empty((len(folds), len(labels)))
    for row, one, fold, result in zip(decision, prepared, folds, results, strict=True):
        C = options.C[int(result.candidate[0])]
        row[:] = inner_decisions(one, fold.sets, labels, C, options)
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
