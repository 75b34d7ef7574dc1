"""Options of the built-in support vector classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mri_response.config.queries import grid_of_c

# Training rows per feature from which rows are quicker than Gram matrices: measured at 150 features
# and the default grid, with independent and with correlated features.
ROWS_PER_FEATURE = 2.0


class SvcOptions(NamedTuple):
    """What a fit of the support vector classifier depends on, beside the data.

    Attributes
    ----------
    C : tuple of float
        Grid, ascending.
    C_relative : bool
        Grid values are divided by the mean squared norm of the training features.
    balanced : bool
        Classes are weighted by their inverse frequency in the training set at hand.
    standardize : bool
        Features are divided by their standard deviation in the training rows.
    pca : int or float or None
        Number of principal components, or the share of variance they exceed.
    tolerance : float
        Largest accepted optimality gap of a solution.
    """

    C: tuple[float, ...]
    C_relative: bool = False
    balanced: bool = True
    standardize: bool = True
    pca: int | float | None = None
    tolerance: float = 1e-6

    @classmethod
    def from_config(cls, model: Mapping[str, Any]) -> SvcOptions:
        """Read the options from a model's section of the configuration.

        Parameters
        ----------
        model : mapping
            The model's section, with its defaults.

        Returns
        -------
        SvcOptions
        """
        return cls(
            tuple(grid_of_c(model["C"])),
            C_relative=model["C"]["scale"] == "relative",
            balanced=model["class_weight"] == "balanced",
            standardize=model["standardize"],
            pca=model["pca"],
        )
