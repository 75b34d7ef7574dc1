"""What a job of cross-validation or of a refit reads: people, folds and features."""

from __future__ import annotations

from typing import Any, NamedTuple

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
from mri_response.learning.learners.base import Learner
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability, null_name
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Scheme, folds_from_table, units_of


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
    """

    learner: Learner
    sample: Sample
    folds: Folds
    design: Design


def read_job(given: Any, params: Any, *, redrawn: bool = False) -> JobInputs:
    """Read the inputs of a job.

    Parameters
    ----------
    given : mapping with attributes
        Paths: `people` of the discovery cohort, `others` of the cohorts behind it, `splits`, and
        `features` of all of them.
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
    matrices = [read_features(*pair) for pair in zip(given.features, tables, strict=True)]
    features = StackedRows(*matrices) if others else matrices[0]
    coding = ConfoundCoding.of_model(people, config["model"])
    sample = Sample.of(tables, features, coding, config["confounds"]["unseen_site"])
    if redrawn:
        cv = config["cross_validation"]
        scheme = Scheme.from_config(cv, people)
        folds: Folds = RedrawnFolds(range(*params.folds), units_of(people, cv), scheme)
    else:
        folds = FixedFolds(_fixed(read_tsv(given.splits), people, params.folds, others))
    design = Design(_exchanged(people, config, coding), config["seed"])
    return JobInputs(learner_of(config["model"]), sample, folds, design)


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
