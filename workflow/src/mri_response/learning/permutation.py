"""Labels permuted among those who are exchangeable under the null hypothesis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from mri_response.config.learner_kinds import learner_kind
from mri_response.core.errors import InputError
from mri_response.core.seeds import Stream, generator
from mri_response.core.tables import shorten
from mri_response.core.vocabulary import Null
from mri_response.learning.preparation.flexible_confounds import flexible_matrix
from mri_response.learning.preparation.training_sets import training_sets

RIDGE_C = 1.0  # inverse penalty of the regression on uncorrelated confounds of unit variance
STEPS = 50  # steps of a chain of labellings; in each step everybody is paired with somebody


class Exchangeability:
    """Which rows may exchange labels.

    Parameters
    ----------
    people : pandas.DataFrame
        Columns participant_id and label (1, 0), one row per scan.
    group : str, optional
        Column of families, which are permuted whole among families of equal size.
    within : str, optional
        Column of blocks (site, cohort) inside which labels are permuted. If it is the column of
        families, people are permuted inside their family.
    given : numpy.ndarray, shape (n, q), optional
        Confounds. Labellings are then drawn from their distribution given the confounds (and the
        number of each label) instead of being equally likely. Labels must be constant within
        people, and families must not be permuted whole.

    Attributes
    ----------
    null : str
        Name of the null hypothesis's labellings, as in performance.tsv.

    Raises
    ------
    InputError
        If the labels leave nothing to exchange, or vary within some people and not others.

    Notes
    -----
    A label that is constant within people is permuted between people with equal numbers of rows;
    one that varies within people is permuted within each person.

    Given confounds, pairs of people swap labels with the odds of the swapped against the present
    labels under a logistic regression. The observed labelling walks to a hub, from which each
    permutation walks on by itself: observed and permuted labellings are exchangeable if the
    regression is right, which is only estimated; the test is then approximate.

    References
    ----------
    Winkler et al. (2015). Multi-level block permutation. NeuroImage 123, 253-268.
    Berrett, Wang, Barber and Samworth (2020). The conditional permutation test for independence
    while controlling for confounders. J. R. Stat. Soc. B 82, 175-197 (section 3, algorithm 1).
    """

    def __init__(
        self,
        people: pd.DataFrame,
        *,
        group: str | None = None,
        within: str | None = None,
        given: np.ndarray | None = None,
    ) -> None:
        self.labels = people["label"].to_numpy(dtype=int)
        person = people["participant_id"].astype(str).to_numpy()
        block = people[within].astype(str).to_numpy() if within else np.full(len(people), "")
        rows = pd.Series(range(len(people))).groupby(person, sort=False).agg(list)
        varies = np.array([len(set(self.labels[index])) > 1 for index in rows])
        several = np.array([len(index) > 1 for index in rows])
        if varies.any():
            if (several & ~varies).any():
                stays = rows.index[several & ~varies][0]
                raise InputError(
                    f"outcome: found labels that differ between rows of some people but not of "
                    f"{stays}, expected one label for each person, or different ones for all who "
                    "have several rows; correct the labels, or keep one row for each person (where)"
                )
            unit = np.arange(len(people))
            block = np.array([f"{who} {where}" for who, where in zip(person, block, strict=True)])
        elif group and group != within:
            unit = people[group].astype(str).to_numpy()
        else:
            unit = person
        self.null = Null.WHOLE_PROCEDURE if given is None else Null.GIVEN_CONFOUNDS
        if given is not None and (varies.any() or (group and group != within)):
            raise InputError(
                "permutation.method: found conditional with labels that differ within "
                "people or with cross_validation.group, expected one label for each person and no "
                "group; write marginal"
            )
        self._log_odds = None if given is None else log_odds(self.labels, given, person)
        self._hubs: dict[tuple[int, Stream], np.ndarray] = {}
        self._strata = _strata(unit, person, block)
        self.n_distinct = self._count()
        if self.n_distinct < 2:
            raise InputError(
                "permutation: found one labelling alone where people exchange labels as "
                f"cross_validation.group ({group}) and permutation.within ({within}) allow, "
                "expected several; use larger blocks"
            )

    @classmethod
    def from_config(cls, people: pd.DataFrame, config: dict) -> Exchangeability:
        """Read who may exchange labels from the configuration of a model.

        Parameters
        ----------
        people : pandas.DataFrame
            Analysed rows of the discovery cohort.
        config : dict
            Sections cross_validation and permutation of the configuration, and the model's own as
            `model`.

        Returns
        -------
        Exchangeability
        """
        group, permutation = config["cross_validation"]["group"], config["permutation"]
        confounds = config["model"]["confounds"]
        conditional = null_name(config) == Null.GIVEN_CONFOUNDS
        given = flexible_matrix(people, confounds) if conditional else None
        return cls(people, group=group, within=permutation["within"], given=given)

    def permuted(
        self, seed: int, permutation: int, *, stream: Stream = Stream.LABELS
    ) -> np.ndarray:
        """Labels of one permutation, shape (n,); permutation 0 is the observed labelling.

        Parameters
        ----------
        seed : int
            Seed of the run, or of the cohort.
        permutation : int
            Number of the permutation.
        stream : Stream
            Purpose of the draw, so that draws for different purposes are independent.

        Returns
        -------
        numpy.ndarray of 0/1, shape (n,)
        """
        if permutation == 0:
            return self.labels.copy()
        rng = generator(seed, stream, permutation)
        if self._log_odds is not None:
            key = (seed, stream)
            if key not in self._hubs:
                hub_rng = generator(seed, Stream.HUB, int(stream))
                self._hubs[key] = self._walked(self.labels, hub_rng)
            return self._walked(self._hubs[key], rng)
        labels = self.labels.copy()
        for rows in self._strata:
            labels[rows] = self.labels[rows[rng.permutation(len(rows))]]
        return labels

    def labellings(
        self, seed: int, permutations: Sequence[int], *, stream: Stream = Stream.LABELS
    ) -> np.ndarray:
        """Labels of several permutations.

        Parameters
        ----------
        seed : int
            Seed of the run, or of the cohort.
        permutations : sequence of int, length m
            From 1; 0 is the observed labelling.
        stream : Stream
            Purpose of the draw, so that draws for different purposes are independent.

        Returns
        -------
        numpy.ndarray of int, shape (n, m)
        """
        return np.stack([self.permuted(seed, index, stream=stream) for index in permutations], 1)

    def rows(self, seed: int, permutation: int) -> np.ndarray:
        """Whose row each row gets where something else than labels is exchanged, shape (n,).

        It is exchanged among those who may exchange labels; permutation 0 leaves everything.

        Parameters
        ----------
        seed : int
            Seed of the run.
        permutation : int
            Number of the permutation.

        Returns
        -------
        numpy.ndarray of int, shape (n,)
        """
        index = np.arange(len(self.labels))
        if permutation == 0:
            return index
        rng = generator(seed, Stream.SCANS, permutation)
        for rows in self._strata:
            index[rows] = rows[rng.permutation(len(rows))]
        return index

    def _walked(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A labelling some steps of pairwise swaps further on the chain."""
        labels = labels.copy()
        for rows in self._strata:
            label, odds = labels[rows[:, 0]], self._log_odds[rows].mean(axis=1)
            half = len(rows) // 2
            for _ in range(STEPS):
                one, other = rng.permutation(len(rows))[: 2 * half].reshape(2, half)
                # Zero for pairs with equal labels, for whom a swap changes nothing.
                gain = (label[one] - label[other]) * (odds[other] - odds[one])
                swap = rng.random(half) < expit(gain)
                one, other = one[swap], other[swap]
                label[one], label[other] = label[other], label[one]
            labels[rows] = label[:, None]
        return labels

    def _count(self) -> float:
        """Number of distinct labellings, infinite where it exceeds a float."""
        total = 1
        for rows in self._strata:
            _, repeats = np.unique(self.labels[rows], axis=0, return_counts=True)
            total *= math.factorial(len(rows)) // math.prod(map(math.factorial, repeats.tolist()))
        return float(total) if total < 2**1023 else math.inf


def null_name(config: dict) -> str:
    """Name of a model's permuted labellings, as in performance.tsv.

    Parameters
    ----------
    config : dict
        Section permutation of the configuration, and the model's own as `model`.

    Returns
    -------
    str
        `Null.RESIDUALS` where the outcome is a number, `Null.GIVEN_CONFOUNDS` where labels are
        permuted given the confounds, otherwise `Null.WHOLE_PROCEDURE`.
    """
    if learner_kind(config["model"]).predicts_number:
        return Null.RESIDUALS
    conditional = config["permutation"]["method"] == "conditional" and config["model"]["confounds"]
    return Null.GIVEN_CONFOUNDS if conditional else Null.WHOLE_PROCEDURE


def log_odds(labels: np.ndarray, confounds: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Log odds of the label given the confounds, by logistic regression on all rows.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (n,)
        1 = positive class, 0 = the other.
    confounds : numpy.ndarray, shape (n, q)
        NaN is filled with the mean.
    person : numpy.ndarray of str, shape (n,)
        Rows of a person count as one.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Up to a constant. A weak ridge penalty keeps them finite where classes are separated.
    """
    # Imported here, since it takes a second and the checks before the first job seldom need it.
    from sklearn.linear_model import LogisticRegression

    n = len(labels)
    # Made uncorrelated and of unit variance, since a confound and its square are nearly collinear.
    basis = np.sqrt(n) * training_sets(confounds, np.ones((1, n), dtype=bool)).basis[0, 1:].T
    _, index, rows = np.unique(person, return_inverse=True, return_counts=True)
    regression = LogisticRegression(C=RIDGE_C, max_iter=1000, tol=1e-8)
    return regression.fit(basis, labels, 1 / rows[index]).decision_function(basis)


def exchangeable_rows(
    people: pd.DataFrame, group: str | None, within: str | None
) -> list[np.ndarray]:
    """Rows of people (or families) who may exchange what is constant within people.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Column participant_id, and the columns that the others name.
    group : str or None
        Column of families, which stay whole.
    within : str or None
        Column of blocks inside which people exchange. If it is the column of families, people
        exchange inside their family.

    Returns
    -------
    list of numpy.ndarray of int, shape (units, rows of a unit)
    """
    person = people["participant_id"].astype(str).to_numpy()
    block = people[within].astype(str).to_numpy() if within else np.full(len(people), "")
    families = group and group != within
    return _strata(people[group].astype(str).to_numpy() if families else person, person, block)


def _strata(unit: np.ndarray, person: np.ndarray, block: np.ndarray) -> list[np.ndarray]:
    """Row indices of units that may exchange labels: arrays of shape (units, rows of a unit)."""
    strata: dict[tuple, list[np.ndarray]] = {}
    for index in pd.Series(range(len(unit))).groupby(unit, sort=False).agg(list):
        # Rows are sorted by person, so that nobody gets labels of two people.
        who = pd.factorize(person[index])[0]
        index = np.array(index)[np.argsort(who, kind="stable")]
        shape = tuple(np.bincount(who))
        blocks = set(block[index])
        if len(blocks) > 1:
            raise InputError(
                f"permutation.within: found family {unit[index[0]]} (cross_validation.group) in "
                f"the blocks {shorten(sorted(blocks))}, expected each family in one; correct the "
                "table, or name a column of larger blocks"
            )
        strata.setdefault((blocks.pop(), shape), []).append(index)
    return [np.array(members) for members in strata.values()]
