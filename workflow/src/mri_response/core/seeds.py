"""Random generators derived from the run's seed and indices, never from time or order of jobs."""

from __future__ import annotations

from enum import IntEnum, unique

import numpy as np


@unique
class Stream(IntEnum):
    """What random numbers are used for; each use draws from a stream of its own."""

    SPLITS = 1
    LABELS = 2
    COHORT_LABELS = 3
    BOOTSTRAP = 4
    HUB = 5
    ESTIMATOR = 6
    ARMS = 20
    EXCHANGES = 21
    LEARNING_CURVE = 22
    SCANS = 23
    DECISION_CURVE = 24
    RESIDUALS = 25
    OWN_RESIDUALS = 26
    CONFOUND_CONTROLS = 27
    MADE_UP_PEOPLE = 28
    SITES = 29
    BELIEF_STUDY = 30
    BELIEF_AGENTS = 31
    BELIEF_RECOVERY = 32
    BELIEF_PREDICTIVE = 33
    BELIEF_ASSOCIATION = 34
    BELIEF_MEDIATION = 35
    VARIABILITY_STUDY = 40
    VARIABILITY_NULL = 41
    VARIABILITY_BOOTSTRAP = 42
    VARIABILITY_HALVES = 43
    VARIABILITY_PEOPLE = 44
    VARIABILITY_REGIONS = 45
    VARIABILITY_ASSOCIATION = 46
    VARIABILITY_GENES = 47
    STABILITY = 50
    OTHER_SEEDS = 51


def generator(seed: int, stream: Stream, *indices: int) -> np.random.Generator:
    """Make the generator of one use and one combination of indices.

    Parameters
    ----------
    seed : int
        Seed of the run.
    stream : Stream
        What the random numbers are used for.
    *indices : int
        Such as permutation, repeat, outer fold.

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng(np.random.SeedSequence([seed, int(stream), *indices]))
