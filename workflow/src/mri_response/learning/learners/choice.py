"""Choice of a candidate by its score in the inner folds."""

from __future__ import annotations

import numpy as np

SCORE_TOLERANCE = 1e-9  # inner scores closer than this are tied; the first candidate wins


def chosen_candidate(score: np.ndarray) -> np.ndarray:
    """Position of the best candidate, of tied ones the first.

    Parameters
    ----------
    score : numpy.ndarray, shape (n_candidates, m)
        Mean over the inner folds.

    Returns
    -------
    numpy.ndarray of int, shape (m,)
    """
    return np.argmax(score >= score.max(axis=0) - SCORE_TOLERANCE, axis=0)
