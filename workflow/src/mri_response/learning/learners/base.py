"""What every learner does, and the records of what it costs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mri_response.learning.batches import PERMUTATIONS_PER_BLOCK

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.design import Design, Folds, Sample
    from mri_response.learning.jobs import FitRecord, JobResult
    from mri_response.learning.splits import Fold


@dataclass(frozen=True)
class Work:
    """Estimated work of a model, on one core.

    Attributes
    ----------
    gram_s : float
        Seconds for the Gram matrices of an outer fold.
    gram_mb : float
        Size of these matrices, in MB.
    solver_s : float
        Seconds for an outer fold and labelling: every inner fold and every candidate.
    pass_s : float
        Seconds for an outer fold that labellings share which are solved together, however many
        they are. With few of them this is most of the work.
    """

    gram_s: float
    gram_mb: float
    solver_s: float
    pass_s: float = 0.0

    def fold_s(self, labellings: int, passes: int = 1) -> float:
        """Seconds for an outer fold without its Gram matrices.

        Parameters
        ----------
        labellings : int
            How many there are.
        passes : int
            Blocks in which they are solved together.

        Returns
        -------
        float
        """
        return passes * self.pass_s + labellings * self.solver_s

    def redrawn_s(self, labellings: int) -> float:
        """Seconds for an outer fold that is drawn anew for every labelling.

        Parameters
        ----------
        labellings : int
            How many there are.

        Returns
        -------
        float
        """
        return labellings * (self.gram_s + self.fold_s(1))


def gram_seconds(n_sets: int, n: int, p: int) -> float:
    """Seconds for the Gram matrices of some training sets, on one core.

    Parameters
    ----------
    n_sets : int
        Number of training sets.
    n, p : int
        Rows and features.

    Returns
    -------
    float
        Measured on a server of the 2020s (n = 100 to 500, p = 100 to 400,000).
    """
    return n_sets * (n**2 * p / 3.5e10 + n**3 / 5e9)


@dataclass(frozen=True)
class JobSize:
    """What the resources of a job depend on.

    Attributes
    ----------
    work : Work
        Of the model.
    folds, labellings : int
        Outer folds and labellings of the job; the refit is one fold.
    rows : int
        Rows of the discovery cohort.
    input_mb : float
        Size of the input files, in MB.
    redrawn : bool
        Folds are redrawn for every labelling.
    """

    work: Work
    folds: int
    labellings: int
    rows: int
    input_mb: float
    redrawn: bool

    @property
    def fold_s(self) -> float:
        """Seconds for an outer fold; the observed labelling is a block of its own."""
        if self.redrawn:
            return self.work.redrawn_s(self.labellings)
        return self.work.fold_s(
            self.labellings, 1 + math.ceil(self.labellings / PERMUTATIONS_PER_BLOCK)
        )


class Learner(ABC):
    """A kind of model. To add one, write a class with these methods and enter it in the registry.

    The modules of learners are read by the rules: they import what takes time inside methods.

    Parameters
    ----------
    model : mapping
        The model's section of the configuration, with its defaults.

    Attributes
    ----------
    name : str
        The classifier in words, as in ``random forest classifier``.
    prepares : bool
        Whether `prepare` makes something that many labellings share.
    linear : bool
        Whether decision values are weighted sums of the features, so that there are weights.
    citations : tuple of str
        Keys of the references that a report of the model cites.
    """

    name: str
    prepares: bool
    linear: bool
    citations: tuple[str, ...]

    def __init__(self, model: Mapping[str, Any]) -> None:
        self.model = model

    @abstractmethod
    def prepare(self, sample: Sample, folds: Sequence[Fold]) -> list[np.ndarray]:
        """Compute what does not depend on labels, per outer fold.

        Parameters
        ----------
        sample : Sample
            People with features and confounds.
        folds : sequence of Fold
            Outer folds, as masks over all rows.

        Returns
        -------
        list of numpy.ndarray
            One array per fold; empty where `prepares` is false.
        """

    @abstractmethod
    def run(
        self,
        sample: Sample,
        folds: Folds,
        design: Design,
        blocks: Sequence[range],
        prepared: Sequence[np.ndarray] | None = None,
    ) -> JobResult:
        """Search and fit in some outer folds for the labellings (or outcomes) of some blocks.

        Parameters
        ----------
        sample : Sample
            People. Features and confounds may be None where `prepared` is given.
        folds : FixedFolds or RedrawnFolds
            Outer folds or the refit; learners of numbers have fixed folds alone.
        design : Design
            Who may exchange labels (or residuals), and the seed.
        blocks : sequence of range
            Permutation indices that are solved together, by block; 0 is the observed labelling.
        prepared : sequence of numpy.ndarray, optional
            As from `prepare`, for fixed folds; by default they are made here.

        Returns
        -------
        JobResult
        """

    @abstractmethod
    def grid_words(self) -> list[str]:
        """Every candidate of the grid in words, an empty text where nothing is chosen."""

    @abstractmethod
    def words(self) -> str:
        """Sentences for the methods: the classifier, and what it was tuned over."""

    @abstractmethod
    def fits_words(self, result: JobResult) -> str:
        """One line for the log about the fits of a job.

        Parameters
        ----------
        result : JobResult
            What the job has found.

        Returns
        -------
        str
        """

    @abstractmethod
    def warnings(self, name: str, record: FitRecord) -> list[str]:
        """What a reader must know of how the model `name` was fitted.

        Parameters
        ----------
        name : str
            Name of the model.
        record : FitRecord
            What was noted of the fits of all its jobs.

        Returns
        -------
        list of str
        """

    def check(self, key: str) -> None:  # noqa: B027  most have nothing left to check
        """Check what the first check of the configuration cannot, as by trying a classifier.

        Parameters
        ----------
        key : str
            Where the model stands in the configuration, as in ``models.forest``.
        """

    @abstractmethod
    def work(self, scheme: Mapping[str, Any], n: int, p: int) -> Work:
        """Estimate the work for n rows and p features.

        Parameters
        ----------
        scheme : mapping
            Section cross_validation of the configuration.
        n : int
            Number of rows.
        p : int
            Number of features.

        Returns
        -------
        Work
        """

    @abstractmethod
    def memory_mb(self, size: JobSize) -> float:
        """Memory that a job of `run` asks for, in MB.

        Parameters
        ----------
        size : JobSize
            What the resources of the job depend on.

        Returns
        -------
        float
        """

    @abstractmethod
    def minutes(self, size: JobSize) -> float:
        """Time that a job of `run` asks for.

        Parameters
        ----------
        size : JobSize
            What the resources of the job depend on.

        Returns
        -------
        float
        """
