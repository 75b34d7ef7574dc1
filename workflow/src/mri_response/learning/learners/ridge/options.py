"""Options of the built-in ridge regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mri_response.config.queries import grid_of_alpha


class RidgeOptions(NamedTuple):
    """What a fit of the ridge regression depends on, beside the data.

    Attributes
    ----------
    alpha : tuple of float
        Grid of penalties, descending, so that ties go to the largest penalty.
    alpha_relative : bool
        Grid values are multiplied by the mean squared norm of the training features.
    standardize : bool
        Features are divided by their standard deviation in the training rows.
    pca : int or float or None
        Number of principal components, or the share of variance they exceed.
    """

    alpha: tuple[float, ...]
    alpha_relative: bool = True
    standardize: bool = True
    pca: int | float | None = None

    @classmethod
    def from_config(cls, model: Mapping[str, Any]) -> RidgeOptions:
        """Read the options from a model's section of the configuration.

        Parameters
        ----------
        model : mapping
            The model's section, with its defaults.

        Returns
        -------
        RidgeOptions
        """
        return cls(
            tuple(grid_of_alpha(model["alpha"])),
            alpha_relative=model["alpha"]["scale"] == "relative",
            standardize=model["standardize"],
            pca=model["pca"],
        )
