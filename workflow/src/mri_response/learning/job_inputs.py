"""What a job of cross-validation or of a refit reads: people, folds and features."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from mri_response.core.tables import read_people, read_tsv
from mri_response.core.vocabulary import Null
from mri_response.features.matrices import read_features
from mri_response.learning.design import (
    Design,
    FixedFolds,
    Folds,
    RedrawnFolds,
    Sample,
    StackedRows,
    with_other_cohorts,
)
from mri_response.learning.jobs import load_arrays, save_arrays
from mri_response.learning.learners.base import Learner
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability, null_name
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.split_tables import folds_from_table
from mri_response.learning.splits import Scheme, units_of

ROWS = "features"  # name of the features in a file of prepared matrices


class JobInputs(NamedTuple):
    """What a learner is given.

    Attributes
    ----------
    learner : Learner
        Of the model.
    sample : Sample
        The discovery cohort and, in a refit, the cohorts to be scored behind it.
    folds : FixedFolds or RedrawnFolds
        Outer folds of the job, or the refit.
    design : Design
        Who may exchange labels, and the seed.
    prepared : list of numpy.ndarray, optional
        What the learner has prepared of each fold, in a job of its own.
    """

    learner: Learner
    sample: Sample
    folds: Folds
    design: Design
    prepared: list[np.ndarray] | None = None


def read_job(given: Any, params: Any, *, redrawn: bool = False) -> JobInputs:
    """Read the inputs of a job.

    Parameters
    ----------
    given : mapping with attributes
        Paths: `people` of the discovery cohort, `others` of the cohorts behind it, `splits`, and
        `features` of all of them or, in their place, `prepared` as `write_prepared` makes it.
    params : mapping with attributes
        `config`: sections seed, cross_validation, permutation and confounds of the configuration,
        and the model's own as `model`; `folds`: first outer fold, counted through all repeats, and
        the one after the last, or ``refit``.
    redrawn : bool
        Whether folds are redrawn for every labelling.

    Returns
    -------
    JobInputs
    """
    config = params.config
    tables = [read_people(path) for path in (given.people, *given.others)]
    people, *others = tables
    arrays = load_arrays(given.prepared) if getattr(given, "prepared", None) else None
    if arrays is None:
        matrices = [read_features(*pair) for pair in zip(given.features, tables, strict=True)]
        features = StackedRows(*matrices) if others else matrices[0]
    else:
        features = arrays.pop(ROWS, None)
    coding = ConfoundCoding.of_model(people, config["model"])
    sample = Sample.of(tables, features, coding, config["confounds"]["unseen_site"])
    if redrawn:
        cv = config["cross_validation"]
        scheme = Scheme.from_config(cv, people)
        folds: Folds = RedrawnFolds(range(*params.folds), units_of(people, cv), scheme)
    else:
        folds = FixedFolds(_fixed(read_tsv(given.splits), people, params.folds, others))
    design = Design(_exchanged(people, config, coding), config["seed"])
    prepared = None if arrays is None else list(arrays.values())
    return JobInputs(learner_of(config["model"]), sample, folds, design, prepared)


def write_prepared(job: JobInputs, path: str | os.PathLike[str]) -> None:
    """Let the learner prepare its folds, and write all that its fits need in place of the features.

    Parameters
    ----------
    job : JobInputs
        With the features.
    path : path-like
        File to make. The features are in it only where a fold is fitted on their rows, which are
        fewer numbers than a matrix of products would be.
    """
    arrays = job.learner.prepare(job.sample, job.folds.folds)
    kept = {str(index): array for index, array in enumerate(arrays)}
    if not all(array.size for array in arrays):
        kept[ROWS] = job.sample.features[:, :]
    save_arrays(kept, path)


def _exchanged(
    people: Any, config: Any, coding: ConfoundCoding
) -> Exchangeability | ExchangedResiduals:
    """Who exchanges labels or, where the outcome is a number, residuals given the confounds."""
    if null_name(config) != Null.RESIDUALS:
        return Exchangeability.from_config(people, config)
    group, within = config["cross_validation"]["group"], config["permutation"]["within"]
    return ExchangedResiduals(people, coding.matrix(people), group=group, within=within)


def _fixed(table: Any, people: Any, wanted: str | list[int], others: list) -> list:
    """Outer folds of a job out of the table of splits, or the refit with others behind it."""
    folds = folds_from_table(table, people)
    if wanted == "refit":
        return [with_other_cohorts(folds[-1], sum(map(len, others)))]
    return folds[slice(*wanted)]
