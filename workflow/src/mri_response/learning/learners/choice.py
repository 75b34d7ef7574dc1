"""Choice of a candidate by its score in the inner folds."""

from __future__ import annotations

import numpy as np

from mri_response.learning.recalls import Confusion, confusion, mean_recall
from mri_response.learning.rounding import rounded

SCORE_TOLERANCE = 1e-9  # inner scores closer than this are tied; the first candidate wins


class InnerScore:
    """Counts of right and wrong decisions of every candidate, added up over the inner folds.

    A mean over folds of balanced accuracies would give a test fold of one class the recall of that
    class, and so reward whoever always names the larger class. The decisions of all inner folds
    together contain both classes.

    Parameters
    ----------
    n_candidates : int
        Size of the grid.
    n_labellings : int
        Number m of labellings.
    """

    def __init__(self, n_candidates: int, n_labellings: int) -> None:
        self._counts = np.zeros((n_candidates, 4, n_labellings))

    def add(
        self, candidate: int, labels: np.ndarray, decision: np.ndarray, weights: np.ndarray
    ) -> None:
        """Count the decisions of one candidate in one inner test fold.

        Parameters
        ----------
        candidate : int
            Position in the grid.
        labels : numpy.ndarray of 0/1, shape (n_test, m)
            Of the rows of the test fold.
        decision : numpy.ndarray, shape (n_test, m)
            Their decision values; above 0, to as many digits as are known, is the positive class.
        weights : numpy.ndarray, shape (n_test,) or (n_test, m)
            Weight of each row, so that people count, not rows.
        """
        self._counts[candidate] += _counted(labels, decision, weights)

    def add_all(self, labels: np.ndarray, decision: np.ndarray, weights: np.ndarray) -> None:
        """Count the decisions of all candidates in one inner test fold.

        Parameters
        ----------
        labels : numpy.ndarray of 0/1, shape (n_test, m)
            Of the rows of the test fold.
        decision : numpy.ndarray, shape (n_candidates, n_test, m)
            Their decision values, as for `add`.
        weights : numpy.ndarray, shape (n_test,)
            Weight of each row, so that people count, not rows.
        """
        n_candidates, n_test, m = decision.shape
        side_by_side = decision.transpose(1, 0, 2).reshape(n_test, n_candidates * m)
        counts = _counted(np.tile(labels, (1, n_candidates)), side_by_side, weights)
        self._counts += counts.reshape(4, n_candidates, m).transpose(1, 0, 2)

    def chosen(self) -> np.ndarray:
        """Candidate with the highest balanced accuracy, of tied ones the first, shape (m,)."""
        return chosen_candidate(mean_recall(Confusion(*self._counts.transpose(1, 0, 2))))


def _counted(labels: np.ndarray, decision: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Confusion matrices of decision values, shape (4, m)."""
    return np.array(confusion(labels, rounded(decision, axis=0) > 0, weights))


def chosen_candidate(score: np.ndarray) -> np.ndarray:
    """Position of the best candidate, of tied ones the first.

    Parameters
    ----------
    score : numpy.ndarray, shape (n_candidates, m)
        Balanced accuracy of the decisions of all inner folds together.

    Returns
    -------
    numpy.ndarray of int, shape (m,)
    """
    return np.argmax(score >= score.max(axis=0) - SCORE_TOLERANCE, axis=0)


def smallest_error(error: np.ndarray) -> np.ndarray:
    """Position of the candidate with the smallest error, of tied ones the first.

    Parameters
    ----------
    error : numpy.ndarray, shape (n_candidates, m)
        Squared errors of the predictions of all inner folds together, not negative.

    Returns
    -------
    numpy.ndarray of int, shape (m,)
    """
    return np.argmax(error <= error.min(axis=0) * (1 + SCORE_TOLERANCE), axis=0)
