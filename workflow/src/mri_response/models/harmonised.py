"""The frozen form of a linear model of harmonised features: effects of sites, then the formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mri_response.learning.preparation.confounds import ConfoundCoding, SiteCoding
from mri_response.learning.preparation.gaps import filled
from mri_response.learning.preparation.harmonisation import (
    SiteEffects,
    Sites,
    learned_effects,
    with_own_sites,
)
from mri_response.models.frozen import Frozen
from mri_response.models.hashed import (
    PathLike,
    parameters_hash,
    read_parameters,
    write_parameters,
)
from mri_response.models.linear import FrozenLinear

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


@dataclass(frozen=True)
class FrozenHarmonised(Frozen):
    """A linear classifier behind the harmonisation that the discovery cohort has learned.

    Attributes
    ----------
    linear : FrozenLinear
        Formula of the harmonised features.
    effects : SiteEffects
        Shifts and factors of the discovery cohort's sites.
    known : tuple of bool
        Which sites of the coding the effects are of, in its order.
    feature_fill : numpy.ndarray, shape (p,)
        Training means, which stand where a feature is missing.
    covariate_fill : numpy.ndarray, shape (c,)
        Training means of the covariates that are kept.
    sites : SiteCoding
        How columns of a table of people become sites and covariates.
    """

    linear: FrozenLinear
    effects: SiteEffects
    known: tuple[bool, ...]
    feature_fill: np.ndarray
    covariate_fill: np.ndarray
    sites: SiteCoding

    @classmethod
    def learn(
        cls,
        features: np.ndarray,
        sites: Sites,
        coding: SiteCoding,
        formula: Callable[[np.ndarray], FrozenLinear],
    ) -> FrozenHarmonised:
        """Learn the effects of sites from everybody, and freeze the model of what they leave.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, p)
            Of the discovery people, NaN where missing.
        sites : Sites
            Of the discovery people.
        coding : SiteCoding
            How they were coded.
        formula : callable
            From the harmonised features of everybody to the frozen model of these.

        Returns
        -------
        FrozenHarmonised
        """
        everybody = np.ones(len(features), dtype=bool)
        own = filled(np.asarray(features, dtype=np.float64), everybody)
        effects, site, covariates = learned_effects(own, everybody, sites)
        known = tuple(bool((site[sites.site == i] >= 0).any()) for i in range(len(coding.levels)))
        # Missing values were filled with the mean of the others, so that this mean is the fill.
        fills = own.mean(axis=0), covariates[sites.learns & (site >= 0)].mean(axis=0)
        linear = formula(effects.apply(own, site, covariates))
        return cls(linear, effects, known, *fills, coding)

    @property
    def description(self) -> Mapping[str, Any]:
        """What a reader must know of the model."""
        return self.linear.description

    @property
    def coding(self) -> ConfoundCoding:
        """How columns of a table of people become confounds."""
        return self.linear.coding

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Decision values of people, positive for the positive class.

        Raises
        ------
        InputError
            If a site is refused.
        """
        rows = self.sites.rows(people, unseen=unseen)
        index = np.where(self.known, np.cumsum(self.known) - 1, -1)
        new = rows.site >= len(index)
        site = np.append(index, -1)[np.where(new, -1, rows.site)]
        missing = np.isnan(rows.covariates)
        covariates = np.where(missing, self.covariate_fill, rows.covariates)
        own = np.asarray(features[:, :], dtype=np.float64)
        own = np.where(np.isnan(own), self.feature_fill, own)
        effects = self.effects
        if unseen == "own":
            effects, site = with_own_sites(effects, own, site, covariates, rows)
        harmonised = effects.apply(own, site, covariates)
        return self.linear.decision(harmonised, people, unseen=unseen)

    @property
    def sha256(self) -> str:
        """SHA-256 over the parameters: effects of sites, numbers, codings and description."""
        return parameters_hash(self.arrays(), self.text())

    def save(self, path: PathLike) -> None:
        """Write the text of the model with its hash, and its numbers beside it."""
        write_parameters(self.arrays(), self.text(), path)

    @classmethod
    def load(cls, path: PathLike) -> FrozenHarmonised:
        """Read a model and verify its hash.

        Raises
        ------
        ValueError
            If the parameters are not those whose hash was written down.
        """
        return cls.of(*read_parameters(path))

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], text: Mapping[str, Any]) -> FrozenHarmonised:
        """Put a model together from what `arrays` and `text` have given.

        Parameters
        ----------
        arrays : mapping of str to numpy.ndarray
            Its numbers.
        text : mapping
            Its text; further keys are passed over.

        Returns
        -------
        FrozenHarmonised
        """
        rest = dict(arrays)
        effects = SiteEffects(*(rest.pop(f"site_{name}") for name in SiteEffects._fields))
        fills = rest.pop("feature_fill"), rest.pop("covariate_fill")
        sites = SiteCoding.from_json(text["harmonise"])
        return cls(FrozenLinear.of(rest, text), effects, tuple(text["known"]), *fills, sites)

    def arrays(self) -> dict[str, np.ndarray]:
        """Numbers of the model, by name."""
        return self.linear.arrays() | {
            "feature_fill": self.feature_fill,
            "covariate_fill": self.covariate_fill,
            **{f"site_{name}": getattr(self.effects, name) for name in SiteEffects._fields},
        }

    def text(self) -> dict:
        """Text of the model: codings and description."""
        text = self.linear.text()
        return text | {"known": list(self.known), "harmonise": self.sites.to_json()}
