"""What is computed together, so that the way a run is cut into jobs changes no byte."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Jobs are whole blocks and keep places in a group, so that batching changes no byte.
PERMUTATIONS_PER_BLOCK = 256  # permutations that are solved together
FOLDS_PER_PASS = 5  # outer folds of a repeat whose Gram matrices share a pass over many features


def batches(total: int, size: int) -> list[range]:
    """Cut ``range(total)`` into ranges of a size; the last may be shorter.

    Parameters
    ----------
    total : int
        Number of things.
    size : int
        Things per range.

    Returns
    -------
    list of range
    """
    return [range(start, min(start + size, total)) for start in range(0, total, size)]


def whole_groups(n_folds: int) -> int:
    """So many outer folds or fewer, that are whole groups if they are one at least.

    Parameters
    ----------
    n_folds : int
        Number of outer folds that is wanted.

    Returns
    -------
    int
    """
    return n_folds - n_folds % FOLDS_PER_PASS or n_folds


def labelling_batches(n_permutations: int, size: int) -> list[list[range]]:
    """Permutation indices of each job, as blocks that are solved together.

    The observed labelling, index 0, is a block of its own and goes with the first job. A job's
    size is rounded up to whole blocks.

    Parameters
    ----------
    n_permutations : int
        Number of permutations; with 0 only the observed labelling is left.
    size : int
        Permutations per job.

    Returns
    -------
    list of list of range
        Jobs, each a list of blocks.
    """
    blocks = [
        range(block.start + 1, block.stop + 1)
        for block in batches(n_permutations, PERMUTATIONS_PER_BLOCK)
    ]
    jobs = [
        [blocks[i] for i in job] for job in batches(len(blocks), -(-size // PERMUTATIONS_PER_BLOCK))
    ]
    return [[range(1), *jobs[0]], *jobs[1:]] if jobs else [[range(1)]]


#: Folds in which sites are predicted where the outer folds leave out whole ones.
SITE_FOLDS = 10
CURVE_SHARES = (0.4, 0.6, 0.8)  # of the discovery people, where the learning curve has no sizes


def smallest_subsample(config: Mapping[str, Any], share: float | None) -> int:
    """People that a part of the sample needs for its folds, and for twice the smallest class.

    Parameters
    ----------
    config : mapping
        Sections cross_validation and min_class_size of the config.
    share : float or None
        Share of the positive class; None where the outcome is a number.

    Returns
    -------
    int
    """
    cv = config["cross_validation"]
    folds = max(cv["outer_folds"] or 2, cv["inner_folds"] or 2)
    if share is None:
        return 2 * folds
    return max(2 * folds, math.ceil(2 * config["min_class_size"] / min(share, 1 - share)))
