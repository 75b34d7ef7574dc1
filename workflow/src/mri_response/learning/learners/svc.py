"""The built-in linear support vector classifier, fitted on Gram matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mri_response.config.queries import grid_of_c

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.jobs import FitRecord


class SvcLearner:
    """Linear support vector classifier whose C is chosen on the inner folds.

    Parameters
    ----------
    model : dict
        The model's section of the configuration, with its defaults.
    """

    def __init__(self, model: dict) -> None:
        self.model = model

    def grid_words(self) -> list[str]:
        """Every candidate of the grid in words, as in ``C=0.5``."""
        return [f"C={C!r}" for C in grid_of_c(self.model["C"])]

    def warnings(self, name: str, record: FitRecord) -> list[str]:
        """What a reader must know of how the model was fitted.

        Parameters
        ----------
        name : str
            Name of the model.
        record : FitRecord
            Of all its jobs.

        Returns
        -------
        list of str
        """
        return grid_warnings(record.candidate, record.plateau, len(self.grid_words()), name)


def grid_warnings(candidate: np.ndarray, plateau: np.ndarray, n_grid: int, model: str) -> list[str]:
    """Warn where C was chosen at an edge of its grid, unless the edge is a plateau.

    Parameters
    ----------
    candidate : numpy.ndarray of int, shape (S,)
        Choices of the outer models and of the refit, observed labels.
    plateau : numpy.ndarray of bool, shape (S,)
        Every dual variable at its bound: smaller values of C give the same predictions.
    n_grid : int
        Number of candidates.
    model : str
        Name of the model.

    Returns
    -------
    list of str
    """
    if n_grid == 1:
        return []
    warnings = []
    for edge, at in (
        ("largest", candidate == n_grid - 1),
        ("smallest", (candidate == 0) & ~plateau),
    ):
        if at.any():
            side = "log2_max" if edge == "largest" else "log2_min"
            warnings.append(
                f"{model}: {at.sum()} of {len(at)} models chose the {edge} C of the grid; widen it "
                f"(C.{side}) to see whether a better one lies beyond."
            )
    return warnings
