"""The station between the jobs of a model and its tables: joined decision values in one file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import Null
from mri_response.learning.jobs import FitRecord, JobResult, load_arrays, save_arrays
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import null_name
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import REFIT


@dataclass(frozen=True, eq=False)
class Decisions:
    """Cross-validated decision values of a model, baseline or stack, and what made them.

    There are 1 + M labellings, of which the first is the observed one, R repeats and n rows of the
    discovery cohort. Of the F outer models of the observed labels there are the inner decision
    values; baselines and stacks have none of them (F = 0).

    Attributes
    ----------
    decision : numpy.ndarray of float64, shape (1 + M, R, n)
        Decision value of each row when it was in the outer test fold. NaN for rows that are never
        in one, as where one split holds other people out. All decision values are `rounded`.
    fold : numpy.ndarray of int16, shape (1 + M, R, n)
        Outer fold in which the row was tested, from 1; 0 where it was never tested.
    candidate : numpy.ndarray of int16, shape (1 + M, R, n)
        Position of the candidate that this fold chose.
    labels : numpy.ndarray of int8, shape (1 + M, n)
        Labels (1 = positive class) of each labelling; float64 where the outcome is a number.
    null : str
        Name of the permuted labellings, as in performance.tsv.
    grid : numpy.ndarray of str, shape (n_candidates,)
        Candidates in words; an empty text where nothing was to be chosen.
    repeat, outer_fold : numpy.ndarray of int, shape (F,)
        Which outer models of the observed labels.
    train : numpy.ndarray of bool, shape (F, n)
        Their training rows.
    inner_decision : numpy.ndarray, shape (F, n)
        Decision values of their training rows in the inner folds; NaN for all other rows.
    frozen_candidate : int
        Position of the candidate that the refit chose; -1 where no refitted model is frozen.
    null_others : numpy.ndarray, shape (M or 0, n_others)
        Decision values of the rows of all other cohorts, one cohort behind the other, by the
        models refitted to permuted labels. No row where there are no such models.
    reduced : numpy.ndarray of float64, shape (1 + M, R, n), optional
        Predictions from baseline and confounds alone, as `decision`; where the outcome is a number.
    warnings : numpy.ndarray of str, shape (n_warnings,)
        What a reader must know of how the models were fitted.
    """

    decision: np.ndarray
    fold: np.ndarray
    candidate: np.ndarray
    labels: np.ndarray
    null: str = Null.WHOLE_PROCEDURE
    grid: np.ndarray = field(default_factory=lambda: np.array([""]))
    repeat: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    outer_fold: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    train: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))
    inner_decision: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    frozen_candidate: int = -1
    null_others: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    reduced: np.ndarray | None = None
    warnings: np.ndarray = field(default_factory=lambda: np.array([], dtype=str))

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write all fields into an ``.npz`` file, whole or not at all.

        Parameters
        ----------
        path : path-like
            File to make.
        """
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        known = {name: np.asarray(value) for name, value in given.items() if value is not None}
        save_arrays(known, path)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Decisions:
        """Read what `write` has written.

        Parameters
        ----------
        path : path-like
            File that `write` has made.

        Returns
        -------
        Decisions
        """
        arrays = load_arrays(path)
        plain = {name: arrays[name].item() for name in ("null", "frozen_candidate")}
        return cls(**(arrays | plain))

    @property
    def tested(self) -> np.ndarray:
        """Rows that were in an outer test fold, bool, shape (n,)."""
        return self.fold[0, 0] > 0

    def of_tested(self, people: pd.DataFrame) -> tuple[Decisions, pd.DataFrame]:
        """Keep the rows that were in an outer test fold.

        Parameters
        ----------
        people : pandas.DataFrame, n rows
            Table of the discovery cohort.

        Returns
        -------
        decisions : Decisions
        people : pandas.DataFrame
            The rows in question, numbered from 0.
        """
        rows = self.tested
        by_row = {
            name: getattr(self, name)[..., rows]
            for name in ("decision", "fold", "candidate", "labels", "reduced")
            if getattr(self, name) is not None
        }
        if len(self.repeat):
            by_row |= {name: getattr(self, name)[:, rows] for name in ("train", "inner_decision")}
        return replace(self, **by_row), people[rows].reset_index(drop=True)

    def training_means(self) -> np.ndarray:
        """Mean outcome of the people who trained the model of each row, shape (1 + M, R, n).

        These are the people of the other folds of the repeat, and those who were never tested; NaN
        for the latter.
        """
        mean = np.full(self.decision.shape, np.nan)
        for repeat, fold in enumerate(self.fold[0]):
            for number in np.unique(fold[fold > 0]):
                test = fold == number
                mean[:, repeat, test] = self.labels[:, ~test].mean(axis=1)[:, None]
        return mean

    def first(self, n_labellings: int) -> Decisions:
        """Keep the first labellings alone, so that the memory of the others is freed.

        Parameters
        ----------
        n_labellings : int
            How many; the first is the observed one.

        Returns
        -------
        Decisions
        """
        names = ("decision", "fold", "candidate", "labels")
        kept = {name: getattr(self, name)[:n_labellings].copy() for name in names}
        if self.reduced is not None:
            kept["reduced"] = self.reduced[:n_labellings].copy()
        return replace(self, **kept)

    def chosen(self, position: int) -> str | None:
        """Words of a candidate, None where nothing was to be chosen.

        Parameters
        ----------
        position : int
            Position in the grid; -1 where there is no model.

        Returns
        -------
        str or None
        """
        return str(self.grid[position]) or None if position >= 0 else None


def joined(
    jobs: Iterable[JobResult], repeats: int, n_labellings: int, *, held_out: bool = False
) -> Decisions:
    """Put the outer folds and labellings of all jobs of a model together.

    Parameters
    ----------
    jobs : iterable of JobResult
        In any order. Each is let go before the next is asked for, so that a generator that reads
        files holds one of them in memory.
    repeats : int
        Repeats of the outer folds.
    n_labellings : int
        Labellings, the observed one included.
    held_out : bool
        Some rows are never predicted.

    Returns
    -------
    Decisions

    Raises
    ------
    ValueError
        If a row was predicted twice, or not at all or not under every labelling.
    """
    decision, observed = None, []
    for job in jobs:
        if decision is None:
            shape = n_labellings, repeats, job.decision.shape[2]
            decision = np.full(shape, np.nan)
            fold, candidate = np.zeros((2, *shape), dtype=np.int16)
            labels = np.zeros((n_labellings, job.labels.shape[1]), dtype=job.labels.dtype)
            reduced = None if job.reduced is None else np.full(shape, np.nan)
        rows = job.permutation
        labels[rows] = job.labels
        for position, (repeat, number) in enumerate(zip(job.repeat, job.outer_fold, strict=True)):
            values = job.decision[:, position]
            tested = ~np.isnan(values)
            if (tested & ~np.isnan(decision[rows, repeat - 1])).any():
                raise ValueError(f"repeat {repeat}: a row was predicted twice")
            decision[rows, repeat - 1] = np.where(tested, values, decision[rows, repeat - 1])
            if reduced is not None:
                own = job.reduced[:, position]
                reduced[rows, repeat - 1] = np.where(tested, own, reduced[rows, repeat - 1])
            fold[rows, repeat - 1] += (tested * number).astype(np.int16)
            chosen = tested * job.candidate[:, position, None]
            candidate[rows, repeat - 1] += chosen.astype(np.int16)
        if job.train is not None:
            observed.append((job.repeat, job.outer_fold, job.train, job.inner_decision))
    absent = np.isnan(decision)
    if held_out and not absent.all():
        absent = absent != absent[0, 0]
    if absent.any():
        raise ValueError("some rows were never in an outer test fold")
    decision = rounded(decision)
    if not observed:
        return Decisions(decision, fold, candidate, labels, reduced=reduced)
    repeat, number, train, inner = (np.concatenate(parts) for parts in zip(*observed, strict=True))
    order = np.lexsort((number, repeat))
    return Decisions(
        decision,
        fold,
        candidate,
        labels,
        repeat=repeat[order],
        outer_fold=number[order],
        train=train[order],
        inner_decision=rounded(inner[order]),
        reduced=reduced,
    )


def with_refits(decisions: Decisions, refits: Iterable[JobResult]) -> Decisions:
    """Add what the refits to all discovery people say of other cohorts.

    Parameters
    ----------
    decisions : Decisions
        Of the cross-validation.
    refits : iterable of JobResult
        In any order.

    Returns
    -------
    Decisions
    """
    n = decisions.decision.shape[2]
    permutation, others, chosen = [], [], -1
    for job in refits:
        if list(job.repeat) != [REFIT]:
            raise ValueError("a job of the cross-validation stands among the refits")
        permutation.append(job.permutation)
        others.append(job.decision[:, 0, n:])
        if job.permutation[0] == 0:
            chosen = int(job.candidate[0, 0])
    order = np.argsort(np.concatenate(permutation))
    null = rounded(np.concatenate(others)[order][1:])
    return replace(decisions, frozen_candidate=chosen, null_others=null)


def decisions_of_model(
    name: str,
    config: dict,
    jobs: Iterable[JobResult],
    refits: Iterable[JobResult],
) -> Decisions:
    """Join all jobs of a model of the configuration.

    Parameters
    ----------
    name : str
        Name of the model.
    config : dict
        Sections cross_validation, permutation and external of the configuration, and the model's
        own as `model`.
    jobs : iterable of JobResult
        All jobs of its cross-validation.
    refits : iterable of JobResult
        All jobs of its refit to all discovery people.

    Returns
    -------
    Decisions
    """
    cv, record = config["cross_validation"], FitRecord()
    decisions = joined(
        record.noting(jobs),
        cv["repeats"],
        1 + config["permutation"]["n"],
        held_out=cv["outer"] == "held_out",
    )
    refitted = with_refits(decisions, record.noting(refits))
    # The refits to permuted labels say nothing of an ensemble of the outer models.
    if config["external"]["model"] == "refit":
        decisions = refitted
    learner = learner_of(config["model"])
    return replace(
        decisions,
        null=null_name(config),
        grid=np.array(learner.grid_words()),
        warnings=np.array(learner.warnings(name, record), dtype=str),
    )
