"""A frozen model: what is applied, unchanged, to people it has never seen.

There are four: a linear formula (`linear`), one of harmonised features (`harmonised`), a recipe to
fit a classifier without weights again (`recipe`), and a stack on the decision values of other
frozen models (`stacking`). Their files are JSON and arrays, never a pickle, which could run
anything when opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mri_response.models.hashed import PathLike, read_hashed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Frozen(Protocol):
    """What every frozen model does.

    To add a kind, write a class like this, and enter it in `load_frozen` and in
    `mri_response.models.freezing.freeze`.
    """

    @property
    def description(self) -> Mapping[str, Any]:
        """What a reader must know of the model."""

    @property
    def sha256(self) -> str:
        """SHA-256 over everything that decides which decision values people get."""

    def save(self, path: PathLike) -> None:
        """Write the model and its hash into a JSON file, and arrays beside it if it has any."""

    @classmethod
    def load(cls, path: PathLike) -> Frozen:
        """Read what `save` has written, and verify its hash."""

    def ready(self, discovery: Mapping[str, PathLike]) -> Frozen:
        """Return the model with what it needs to score: a recipe is fitted again."""

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Decision values of new people, positive for the positive class.

        Parameters
        ----------
        features : numpy.ndarray
            Features of the new people.
        people : pandas.DataFrame
            Their rows, with the confounds.
        unseen : str
            What becomes of a site that the discovery cohort does not have.
        """


def load_frozen(path: PathLike) -> Frozen:
    """Read a frozen model of any kind and verify its hash.

    Parameters
    ----------
    path : path-like
        JSON file of the model; what its keys are tells which kind it is.

    Returns
    -------
    Frozen

    Raises
    ------
    ValueError
        If the file is not what was written.
    """
    text, _ = read_hashed(path)
    if "second_level" in text:
        from mri_response.models.stacking import FrozenStack

        return FrozenStack.load(path)
    if "decision_sha256" in text:
        from mri_response.models.recipe import Recipe  # scikit-learn takes a second to import

        return Recipe.load(path)
    if "harmonise" in text:
        from mri_response.models.harmonised import FrozenHarmonised

        return FrozenHarmonised.load(path)
    from mri_response.models.linear import FrozenLinear

    return FrozenLinear.load(path)
