"""A frozen model: what is applied, unchanged, to people it has never seen.

There are four: a linear formula (`linear`), one of harmonised features (`harmonised`), a recipe to
fit a classifier without weights again (`recipe`), and a stack on the decision values of other
frozen models (`stacking`). Their files are JSON and arrays, never a pickle, which could run
anything when opened.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from mri_response.models.hashed import PathLike

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Frozen(ABC):
    """What every frozen model does.

    To add a kind, write a class with these methods, and enter it in
    `mri_response.models.loading.load_frozen` and in `mri_response.models.freezing.freeze`.

    Attributes
    ----------
    description : mapping
        What a reader must know, see `mri_response.models.description.describe`.
    """

    description: Mapping[str, Any]

    @property
    @abstractmethod
    def sha256(self) -> str:
        """SHA-256 over everything that decides which decision values people get."""

    @abstractmethod
    def save(self, path: PathLike) -> None:
        """Write the model and its hash, and arrays in an ``.npz`` file beside it if it has any.

        Parameters
        ----------
        path : path-like
            JSON file to make.
        """

    @classmethod
    @abstractmethod
    def load(cls, path: PathLike) -> Self:
        """Read what `save` has written, and verify its hash.

        Parameters
        ----------
        path : path-like
            JSON file of the model.

        Raises
        ------
        ValueError
            If the file is not what was written.
        """

    def ready(self, discovery: Mapping[str, PathLike]) -> Self:
        """Return the model with what it needs to score: a formula is ready as it is.

        Parameters
        ----------
        discovery : mapping of str to path-like
            Files of the discovery cohort, from which a recipe is fitted again.
        """
        return self

    @abstractmethod
    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Decision values of new people, positive for the positive class.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, p)
            NaN where missing; of a stack the decision values of the frozen models below.
        people : pandas.DataFrame, n rows
            Their confounds, sites and covariates; labels are not looked at.
        unseen : {"error", "mean", "own"}
            What becomes of people whose site, or another category, the discovery cohort does not
            have: they are refused; the confound contributes the training mean and the features stay
            as they are; or the features are harmonised by the shift and factor that the people of
            the site show themselves.

        Returns
        -------
        numpy.ndarray, shape (n,)

        Raises
        ------
        InputError
            If a site or category is refused.
        """
