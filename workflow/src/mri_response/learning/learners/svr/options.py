"""Options of the support vector regression."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

from mri_response.config.queries import grid_of_c


class SvrOptions(NamedTuple):
    """What a fit of the support vector regression depends on, beside the data.

    Attributes
    ----------
    C : tuple of float
        Grid, ascending. The outcome's residuals are in units of their standard deviation in the
        training rows.
    epsilon : tuple of float
        Half widths of the tube, in the same units.
    C_relative : bool
        Grid values are divided by the mean squared norm of the training features.
    standardize : bool
        Features are divided by their standard deviation in the training rows.
    pca : int or float or None
        Number of principal components, or the share of variance they exceed.
    tolerance : float
        Largest violation of the optimality conditions.
    """

    C: tuple[float, ...]
    epsilon: tuple[float, ...] = (0.1,)
    C_relative: bool = False
    standardize: bool = True
    pca: int | float | None = None
    tolerance: float = 1e-6

    @classmethod
    def from_config(cls, model: Mapping[str, Any]) -> SvrOptions:
        """Read the options from a model's section of the configuration.

        Parameters
        ----------
        model : mapping
            The model's section, with its defaults.

        Returns
        -------
        SvrOptions
        """
        return cls(
            tuple(grid_of_c(model["C"])),
            tuple(model["epsilon"]),
            C_relative=model["C"]["scale"] == "relative",
            standardize=model["standardize"],
            pca=model["pca"],
        )

    @property
    def candidates(self) -> list[tuple[float, float]]:
        """Every C with every epsilon; the smallest C first, and epsilon in the order given."""
        return list(product(self.C, self.epsilon))
