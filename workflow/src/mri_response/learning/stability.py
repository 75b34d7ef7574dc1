"""Refits on resampled people, and cross-validation with other seeds of the folds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.config.learner_kinds import learner_kind
from mri_response.config.messages import fault
from mri_response.core.seeds import Stream, generator
from mri_response.features.matrices import identified
from mri_response.learning.decision_rules import learned_rules, out_of_fold
from mri_response.learning.decisions import joined
from mri_response.learning.design import (
    Design,
    FixedFolds,
    Folds,
    RedrawnFolds,
    Sample,
    StackedRows,
    with_other_cohorts,
)
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import REFIT, Fold, Scheme, draw_folds, units_of
from mri_response.people.rows import person_weights

ORIGINAL = 0
MAX_DRAWS = 1000


def resampled_rows(people: pd.DataFrame, config: Mapping[str, Any], resample: int) -> NDArray:
    """Draw as many people as there are, with replacement; families are drawn whole.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    config : mapping
        Sections seed and cross_validation of the configuration.
    resample : int
        Its number; `ORIGINAL` is the people as they are.

    Returns
    -------
    numpy.ndarray of int
        A row for every copy of a row. Draws in which all outcomes are the same, or with too few
        people, sites or groups for the inner folds, are drawn again.

    Raises
    ------
    InputError
        If none of `MAX_DRAWS` draws can be learned from.
    """
    if resample == ORIGINAL:
        return np.arange(len(people))
    cv = config["cross_validation"]
    unit = pd.factorize(units_of(people, cv))[0]
    members = [np.flatnonzero(unit == number) for number in range(unit.max() + 1)]
    inner, labels = Scheme.from_config(cv, people), people["label"].to_numpy()
    apart = unit if inner.inner == "k_fold" else pd.factorize(np.array(inner.left_out_inside))[0]
    least = 2 if inner.inner == "leave_one_site_out" else inner.inner_folds
    rng = generator(config["seed"], Stream.STABILITY, resample)
    for _ in range(MAX_DRAWS):
        drawn = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[number] for number in drawn])
        if len(set(labels[rows])) > 1 and len(set(apart[rows])) >= least:
            return rows
    raise fault(
        "stability.resamples",
        f"none of {MAX_DRAWS} resamples that can be learned from",
        f"two outcomes and {least} people, sites or groups for the inner folds in some",
        "more people are needed, or remove the key",
    )


def search_of(people: pd.DataFrame, rows: NDArray, config: Mapping[str, Any], seed: int) -> Fold:
    """Inner folds of a resample: every copy of a person or family is in the same one.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    rows : numpy.ndarray of int, shape (c,)
        As from `resampled_rows`.
    config : mapping
        Section cross_validation of the configuration.
    seed : int
        Seed of the folds.

    Returns
    -------
    Fold
        Masks over the c copies; all of them train the model.
    """
    cv, copies = config["cross_validation"], people.iloc[rows]
    scheme = Scheme.from_config(cv, copies)
    units, labels = units_of(copies, cv).to_numpy(), copies["label"].to_numpy()
    (refit,) = draw_folds(units, labels, scheme, seed, repeats=[REFIT])
    return refit


def refitted_on_resamples(
    people: pd.DataFrame, features: np.ndarray, config: Mapping[str, Any]
) -> pd.DataFrame:
    """Fit the whole procedure to resampled people, and give everybody what it says.

    Hyperparameters, preparation and the map from decision value to probability are learned anew
    from the copies of each resample. Whoever is not among them is scored as well.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    features : numpy.ndarray, shape (n, p)
        Features of these rows.
    config : mapping
        Sections seed, cross_validation and stability of the configuration, and the model's own as
        `model`.

    Returns
    -------
    pandas.DataFrame
        Columns participant_id (, session_id), resample, decision and, of classes, probability;
        of an outcome that is a number, decision is the predicted number. Resample 0 is the
        procedure on all people. Nothing where no resamples are asked for.

    References
    ----------
    Riley RD, Collins GS (2023). Stability of clinical prediction models developed using statistical
    or machine learning methods. Biometrical Journal 65, 2200302.
    """
    n_resamples = config["stability"]["resamples"]
    numbers = range(n_resamples + 1) if n_resamples else ()
    parts = [identified(people, _refitted(people, features, config, number)) for number in numbers]
    if not parts:
        return pd.DataFrame(columns=["participant_id", "resample", "decision", "probability"])
    return pd.concat(parts, ignore_index=True)


def _exchanged(
    people: pd.DataFrame, model: Mapping[str, Any], confounds: NDArray
) -> Exchangeability | ExchangedResiduals:
    """What a learner takes its outcomes from; only the observed ones are used."""
    if learner_kind(model).predicts_number:
        return ExchangedResiduals(people, confounds)
    return Exchangeability(people)


def _refitted(
    people: pd.DataFrame, features: np.ndarray, config: Mapping[str, Any], resample: int
) -> pd.DataFrame:
    """What the model of one resample says of every row."""
    rows, model = resampled_rows(people, config, resample), config["model"]
    copies, seed = people.iloc[rows].reset_index(drop=True), config["seed"]
    if resample != ORIGINAL:
        seed = int(generator(seed, Stream.STABILITY, resample, 1).integers(2**31))
    coding = ConfoundCoding.of_model(people, model)
    weights = person_weights(people["participant_id"])[0][rows]
    # Rows of copies are people of their own to whom labels belong.
    alone = copies.assign(participant_id=[f"{row}" for row in range(len(copies))])
    fold = with_other_cohorts(search_of(people, rows, config, seed), len(people))
    confounds = coding.stacked(copies, people, unseen="mean")
    job = learner_of(model).run(
        Sample(
            StackedRows(np.asarray(features)[rows], np.asarray(features)),
            confounds,
            np.pad(weights, (0, len(people))),
        ),
        FixedFolds([fold]),
        Design(_exchanged(alone, model, coding.matrix(copies)), seed),
        [range(1)],
    )
    decision = rounded(job.decision[0, 0, len(rows) :])
    found = pd.DataFrame({"resample": resample, "decision": decision})
    if learner_kind(model).predicts_number:
        return found
    labels = copies["label"].to_numpy(dtype=int)
    rules = learned_rules(out_of_fold([job], len(rows)), labels, weights, [])
    return found.assign(probability=rules.platt.probability(decision))


def cross_validated_with_seeds(
    people: pd.DataFrame, features: np.ndarray, config: Mapping[str, Any]
) -> dict[str, NDArray]:
    """Cross-validate with the run's seed and with others: other folds, nothing else differs.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.
    features : numpy.ndarray, shape (n, p)
        Features of these rows.
    config : mapping
        Sections seed, cross_validation, confounds and stability of the configuration, and the
        model's own as `model`.

    Returns
    -------
    dict of str to numpy.ndarray, shape (1 + seeds, repeats, n)
        ``decision``: decision values, NaN where a row is not tested; the run's own seed first.
        Where the outcome is a number also ``reduced`` and ``mean``: predictions from baseline and
        confounds alone, and the mean outcome of those who trained the model. Nothing where no seeds
        are asked for. Observed outcomes only.
    """
    cv, model, n_seeds = config["cross_validation"], config["model"], config["stability"]["seeds"]
    if not n_seeds:
        return {}
    scheme = Scheme.from_config(cv, people)
    coding = ConfoundCoding.of_model(people, model)
    confounds = coding.stacked(people, unseen=config["confounds"]["unseen_site"])
    weights, _ = person_weights(people["participant_id"])
    sample = Sample(np.asarray(features), confounds, weights)
    units, number = units_of(people, cv).to_numpy(), learner_kind(model).predicts_number
    found: list[dict[str, NDArray]] = []
    for index in range(n_seeds + 1):
        seed = config["seed"]
        if index:
            seed = int(generator(seed, Stream.OTHER_SEEDS, index).integers(2**31))
        folds: Folds = RedrawnFolds(range(scheme.repeats * scheme.outer_folds), units, scheme)
        if number:
            folds = FixedFolds(folds.drawn_for(people["label"].to_numpy(), 0, seed))
        design = Design(_exchanged(people, model, coding.matrix(people)), seed)
        job = learner_of(model).run(sample, folds, design, [range(1)])
        result = joined([job], scheme.repeats, 1, held_out=scheme.outer == "held_out")
        found.append({"decision": result.decision[0]})
        if number:
            found[-1] |= {"reduced": result.reduced[0], "mean": result.training_means()[0]}
    return {name: np.stack([one[name] for one in found]) for name in found[0]}
