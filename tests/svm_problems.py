"""Made-up problems of support vector machines, and their solutions one value of C at a time."""

import numpy as np

from mri_response.learning.learners.svc.solver.svm import Solution


def each(solution: Solution) -> list[Solution]:
    """The solution at each value of C."""
    return [Solution(*one) for one in zip(*solution, strict=True)]


def made_up(n: int, p: int, m: int, seed: int, share: float = 0.5):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, p))
    signs = np.where(rng.random((n, m)) < share, 1.0, -1.0)
    signs[0], signs[1] = 1, -1
    return features, features @ features.T, signs
