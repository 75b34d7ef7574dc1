"""Refits on resampled people, and cross-validation with other seeds of the folds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.config.messages import fault
from mri_response.core.seeds import Stream, generator
from mri_response.features.matrices import identified
from mri_response.learning.decision_rules import learned_rules, out_of_fold
from mri_response.learning.decisions import joined
from mri_response.learning.design import (
    Design,
    FixedFolds,
    RedrawnFolds,
    Sample,
    StackedRows,
    with_other_cohorts,
)
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
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
        A row for every copy of a row. Draws with one class alone, or with too few people, sites or
        groups for the inner folds, are drawn again.

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
        if len(set(labels[rows])) == 2 and len(set(apart[rows])) >= least:
            return rows
    raise fault(
        "stability.resamples",
        f"none of {MAX_DRAWS} resamples that can be learned from",
        f"both classes and {least} people, sites or groups for the inner folds in some",
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
    units, labels = units_of(copies, cv).to_numpy(), copies["label"].to_numpy(dtype=int)
    (refit,) = draw_folds(units, labels, scheme, seed, repeats=[REFIT])
    return refit


def refitted_on_resamples(
    people: pd.DataFrame, features: np.ndarray, config: Mapping[str, Any]
) -> pd.DataFrame:
    """Fit the whole procedure to resampled people, and give everybody the probability it says.

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
        Columns participant_id (, session_id), resample, decision and probability; resample 0 is
        the model of all people. Nothing where no resamples are asked for.

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


def _refitted(
    people: pd.DataFrame, features: np.ndarray, config: Mapping[str, Any], resample: int
) -> pd.DataFrame:
    """Decision value and probability of every row from the model of one resample."""
    rows = resampled_rows(people, config, resample)
    copies, seed = people.iloc[rows].reset_index(drop=True), config["seed"]
    if resample != ORIGINAL:
        seed = int(generator(seed, Stream.STABILITY, resample, 1).integers(2**31))
    coding = ConfoundCoding.of_model(people, config["model"])
    weights = person_weights(people["participant_id"])[0][rows]
    # Rows of copies are people of their own to whom labels belong; only the observed ones are used.
    alone = copies.assign(participant_id=[f"{row}" for row in range(len(copies))])
    fold = with_other_cohorts(search_of(people, rows, config, seed), len(people))
    job = learner_of(config["model"]).run(
        Sample(
            StackedRows(np.asarray(features)[rows], np.asarray(features)),
            coding.stacked(copies, people, unseen="mean"),
            np.pad(weights, (0, len(people))),
        ),
        FixedFolds([fold]),
        Design(Exchangeability(alone), seed),
        [range(1)],
    )
    labels = copies["label"].to_numpy(dtype=int)
    rules = learned_rules(out_of_fold([job], len(rows)), labels, weights, [])
    decision = rounded(job.decision[0, 0, len(rows) :])
    return pd.DataFrame(
        {
            "resample": resample,
            "decision": decision,
            "probability": rules.platt.probability(decision),
        }
    )


def cross_validated_with_seeds(
    people: pd.DataFrame, features: np.ndarray, config: Mapping[str, Any]
) -> NDArray:
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
    numpy.ndarray, shape (1 + seeds, repeats, n)
        Decision values, NaN where a row is not tested; the run's own seed first. Shape (0, ...)
        where no seeds are asked for. Observed labels only.
    """
    cv, model, n_seeds = config["cross_validation"], config["model"], config["stability"]["seeds"]
    scheme = Scheme.from_config(cv, people)
    if not n_seeds:
        return np.empty((0, scheme.repeats, len(people)))
    coding = ConfoundCoding.of_model(people, model)
    confounds = coding.stacked(people, unseen=config["confounds"]["unseen_site"])
    weights, _ = person_weights(people["participant_id"])
    sample = Sample(np.asarray(features), confounds, weights)
    units = units_of(people, cv).to_numpy()
    found = []
    for number in range(n_seeds + 1):
        seed = config["seed"]
        if number:
            seed = int(generator(seed, Stream.OTHER_SEEDS, number).integers(2**31))
        folds = RedrawnFolds(range(scheme.repeats * scheme.outer_folds), units, scheme)
        design = Design(Exchangeability(people), seed)
        job = learner_of(model).run(sample, folds, design, [range(1)])
        result = joined([job], scheme.repeats, 1, held_out=scheme.outer == "held_out")
        found.append(result.decision[0])
    return np.stack(found)
