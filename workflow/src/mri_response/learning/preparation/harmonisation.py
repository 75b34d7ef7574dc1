"""ComBat: location and scale of every site brought together, learned from the training rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mri_response.learning.preparation.gaps import filled

CONSTANT = 1e-10  # share of a sum of squares left by sites and covariates at which nothing is left
CLOSE = 1e-6  # relative change of the empirical Bayes estimates at which the iteration ends
MOST_STEPS = 1000


class Sites(NamedTuple):
    """Sites of all rows, and how harmonisation learns from the training rows among them.

    Attributes
    ----------
    site : numpy.ndarray of int, shape (n,)
        Index of each row's site, -1 for sites that the discovery cohort does not have; where new
        sites show their own effects, they have indices behind those of the discovery cohort.
    covariates : numpy.ndarray, shape (n, c)
        What is kept; NaN becomes the mean of the training rows.
    learns : numpy.ndarray of bool, shape (n,)
        Rows that may be learned from, where they are training rows.
    empirical_bayes : bool
        Shrink the sites' shifts and factors.
    reference : int or None
        Site to which the others are brought.
    min_people : int
        Fewer training rows of a site are too few to learn from.
    unseen : {"error", "mean", "own"}
        Whether rows of a site that cannot be learned are an error, stay as they are, or have the
        shift and factor that this site's own rows show.
    """

    site: np.ndarray
    covariates: np.ndarray
    learns: np.ndarray
    empirical_bayes: bool = True
    reference: int | None = None
    min_people: int = 2
    unseen: str = "error"


class SiteEffects(NamedTuple):
    """What harmonisation has learned from training rows of L sites.

    Attributes
    ----------
    slopes : numpy.ndarray, shape (c, p)
        Of the covariates that are kept.
    mean, sd : numpy.ndarray, shape (p,)
        Grand mean and residual standard deviation; the latter is 1 where a feature is constant.
    shift, factor : numpy.ndarray, shape (L, p)
        Of each site, in units of `sd`: its offset and its own standard deviation.
    """

    slopes: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    shift: np.ndarray
    factor: np.ndarray

    def columns(self, columns: slice) -> SiteEffects:
        """What concerns some of the features.

        Parameters
        ----------
        columns : slice
            Which features.

        Returns
        -------
        SiteEffects
        """
        return SiteEffects(*(array[..., columns] for array in self))

    def apply(self, rows: np.ndarray, site: np.ndarray, covariates: np.ndarray) -> np.ndarray:
        """Harmonised features of any rows.

        Parameters
        ----------
        rows : numpy.ndarray, shape (n, p)
            Features of any rows.
        site : numpy.ndarray of int, shape (n,)
            Index of each row's site, -1 where the training rows had nobody of it: neither shift nor
            factor is taken off then.
        covariates : numpy.ndarray, shape (n, c)
            Covariates that are kept.

        Returns
        -------
        numpy.ndarray, shape (n, p)
        """
        kept = self.mean + covariates @ self.slopes
        shift = np.vstack([self.shift, np.zeros_like(self.mean)])[site]
        factor = np.vstack([self.factor, np.ones_like(self.mean)])[site]
        return kept + self.sd * (((rows - kept) / self.sd - shift) / factor)


def site_effects(
    rows: np.ndarray,
    site: np.ndarray,
    covariates: np.ndarray,
    *,
    empirical_bayes: bool = True,
    reference: int | None = None,
) -> SiteEffects:
    """Learn location and scale of every site from training rows.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n, p)
        Features of the training rows, without gaps.
    site : numpy.ndarray of int, shape (n,)
        Index of each row's site, from 0; every index has at least two rows.
    covariates : numpy.ndarray, shape (n, c)
        What is kept, as age and sex; never the outcome, which is unknown of the people to predict.
    empirical_bayes : bool
        Shrink the sites' shifts and factors towards their distribution over the features.
    reference : int, optional
        Site to which the others are brought; by default they meet in the middle.

    Returns
    -------
    SiteEffects

    Raises
    ------
    ValueError
        Where a site has fewer than two training rows.

    References
    ----------
    Johnson, Li and Rabinovic (2007). Biostatistics 8:118-127. Fortin et al. (2018). NeuroImage
    167:104-120. Reference site: Stein et al. (2015). BMC Bioinformatics 16:63.
    """
    n_per_site = np.bincount(site)
    if (n_per_site < 2).any():
        raise ValueError(f"site {int(np.argmin(n_per_site))} has {n_per_site.min()} training rows")
    dummies = (site[:, None] == np.arange(len(n_per_site))).astype(float)
    design = np.hstack([dummies, covariates])
    coefficients = np.linalg.lstsq(design, rows, rcond=None)[0]
    intercepts, slopes = np.split(coefficients, [len(n_per_site)])
    own = slice(None) if reference is None else site == reference
    mean = intercepts[reference] if reference is not None else n_per_site / len(site) @ intercepts
    sd = np.sqrt(np.mean((rows - design @ coefficients)[own] ** 2, axis=0))
    constant = sd**2 <= CONSTANT * rows.var(axis=0)
    sd = np.where(constant, 1.0, sd)
    standard = (rows - mean - covariates @ slopes) / sd
    shift = dummies.T @ standard / n_per_site[:, None]
    varying = ~constant
    factor = np.ones_like(shift)
    for index in range(len(n_per_site)):
        own = standard[site == index][:, varying]
        shift[index, varying], factor[index, varying] = _shift_and_factor(own, empirical_bayes)
    if reference is not None:
        shift[reference], factor[reference] = 0.0, 1.0
    return SiteEffects(slopes, mean, sd, shift, factor)


def with_own_sites(
    effects: SiteEffects, rows: np.ndarray, site: np.ndarray, covariates: np.ndarray, sites: Sites
) -> tuple[SiteEffects, np.ndarray]:
    """Give sites that could not be learned the shift and factor that their own rows show.

    Slopes, grand mean and standard deviation stay those of the training rows, and no label is
    looked at. The harmonised features of a person then depend on who else of the site is there.

    Parameters
    ----------
    effects : SiteEffects
        Of the training rows.
    rows : numpy.ndarray, shape (n, p)
        Features of all rows, without gaps.
    site : numpy.ndarray of int, shape (n,)
        Index of each row's site in `effects`, -1 where it could not be learned.
    covariates : numpy.ndarray, shape (n, c)
        Without gaps.
    sites : Sites
        Sites of all rows; a row without a site stays as it is.

    Returns
    -------
    effects : SiteEffects
        With these sites behind the others.
    site : numpy.ndarray of int, shape (n,)
        Index of each row's site in these.

    Raises
    ------
    ValueError
        Where a site has too few rows of its own.
    """
    site = site.copy()
    varying = effects.sd != 1.0  # it is 1 where a feature is constant in the training rows
    for code in np.unique(sites.site[(site < 0) & (sites.site >= 0)]):
        members = sites.site == code
        learns = members & sites.learns
        if learns.sum() < max(2, sites.min_people):
            raise ValueError(f"harmonisation: {learns.sum()} rows of a new site, which are too few")
        kept = effects.mean + covariates[learns] @ effects.slopes
        own = (rows[learns] - kept) / effects.sd
        shift, factor = own.mean(axis=0), np.ones_like(effects.sd)
        found = _shift_and_factor(own[:, varying], sites.empirical_bayes)
        shift[varying], factor[varying] = found
        site[members] = len(effects.shift)
        effects = effects._replace(
            shift=np.vstack([effects.shift, shift]), factor=np.vstack([effects.factor, factor])
        )
    return effects, site


def _shift_and_factor(standard: np.ndarray, empirical_bayes: bool) -> tuple[np.ndarray, np.ndarray]:
    """Offset and standard deviation of one site, (p,) each, from its standardised rows."""
    shift, squared = standard.mean(axis=0), standard.var(axis=0, ddof=1)
    if empirical_bayes and standard.shape[1] > 1:
        shift, squared = _shrunken(standard, shift, squared)
    # A feature without any variance at a site cannot be brought to the others' scale.
    return shift, np.sqrt(np.where(squared > 0, squared, 1.0))


def _shrunken(
    standard: np.ndarray, shift: np.ndarray, squared: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means of shift and variance of a site, with priors from all features.

    The prior of the shift is normal, that of the variance inverse gamma, both by moments.
    """
    n = len(standard)
    centre, spread = shift.mean(), shift.var(ddof=1)
    mean, variance = squared.mean(), squared.var(ddof=1)
    if variance == 0:
        return shift, squared
    shape, scale = mean**2 / variance + 2, mean * (mean**2 / variance + 1)
    about_own_mean = (n - 1) * squared
    new, old_squared = shift, squared
    for _ in range(MOST_STEPS):
        old = new
        new = (n * spread * shift + old_squared * centre) / (n * spread + old_squared)
        residual = about_own_mean + n * (shift - new) ** 2
        new_squared = (residual / 2 + scale) / (n / 2 + shape - 1)
        change = max(
            np.max(np.abs(new - old) / np.maximum(np.abs(old), 1e-12)),
            np.max(np.abs(new_squared - old_squared) / np.maximum(old_squared, 1e-12)),
        )
        old_squared = new_squared
        if change <= CLOSE:
            break
    return new, old_squared


def learned_effects(
    features: np.ndarray, train: np.ndarray, sites: Sites
) -> tuple[SiteEffects, np.ndarray, np.ndarray]:
    """Learn the effects of sites from the training rows, and say what each row is given.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Features of all rows, without gaps.
    train : numpy.ndarray of bool, shape (n,)
        Training rows.
    sites : Sites
        Sites of all rows.

    Returns
    -------
    effects : SiteEffects
    site : numpy.ndarray of int, shape (n,)
        Index of each row's site in `effects`, -1 where it could not be learned.
    covariates : numpy.ndarray, shape (n, c)
        Without gaps.

    Raises
    ------
    ValueError
        Where a site cannot be learned and must be, or nobody is left to learn from.
    """
    learned = train & sites.learns & (sites.site >= 0)
    n_per_site = np.bincount(sites.site[learned], minlength=sites.site.max(initial=-1) + 1)
    enough = n_per_site >= max(2, sites.min_people)
    known = np.append(enough, False)[sites.site]
    if sites.unseen == "error" and not known.all():
        found = n_per_site[sites.site[~known][0]] if sites.site[~known][0] >= 0 else 0
        raise ValueError(f"harmonisation: {found} training rows of a site, which are too few")
    if not enough.any():
        raise ValueError("harmonisation: no site has enough training rows")
    index = np.append(np.where(enough, np.cumsum(enough) - 1, -1), -1)
    if sites.reference is not None and not enough[sites.reference]:
        raise ValueError("harmonisation: too few training rows of the reference site")
    site, learned = index[sites.site], learned & known
    covariates = filled(sites.covariates, learned)
    effects = site_effects(
        features[learned],
        site[learned],
        covariates[learned],
        empirical_bayes=sites.empirical_bayes,
        reference=None if sites.reference is None else int(index[sites.reference]),
    )
    if sites.unseen == "own":
        effects, site = with_own_sites(effects, features, site, covariates, sites)
    return effects, site, covariates


class HarmonisedRows:
    """Features as one training set sees them, harmonised some columns at a time.

    Every training set has features of its own. Those of many sets would not fit into memory side by
    side; what the sets have learned does.

    Parameters
    ----------
    features : numpy.ndarray or StackedRows, shape (n, p)
        Features of all rows; missing values are NaN.
    train : numpy.ndarray of bool, shape (n,)
        Training rows, from which everything is learned.
    sites : Sites
        Sites of all rows.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, features: np.ndarray, train: np.ndarray, sites: Sites) -> None:
        self.shape = features.shape
        self._features, self._train = features, train
        whole = slice(None)
        self._effects, *self._rows = learned_effects(self._complete(whole), train, sites)

    def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
        rows, columns = key
        if rows != slice(None):
            raise IndexError("only whole columns can be taken")
        return self._effects.columns(columns).apply(self._complete(columns), *self._rows)

    def _complete(self, columns: slice) -> np.ndarray:
        raw = np.asarray(self._features[:, columns], dtype=np.float64)
        return filled(raw, self._train)
