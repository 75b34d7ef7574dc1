"""What a model must beat: the confounds alone, and the class that most people are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mri_response.config.queries import CONFOUNDS_ONLY, QUALITY_ONLY, Confound
from mri_response.core.vocabulary import HEADLINE
from mri_response.learning.decisions import Decisions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.flexible_confounds import flexible_confounds, flexible_matrix
from mri_response.learning.preparation.training_sets import Confounds, training_sets
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import Scheme, draw_folds, units_of
from mri_response.models.scores import score_table
from mri_response.people.rows import person_weights

ALPHA = 0.05  # at or below this p the report warns


def baseline_decisions(
    baseline: str,
    config: dict,
    people: Mapping[str, pd.DataFrame],
    confounds: Sequence[Confound] = (),
) -> tuple[Decisions, pd.DataFrame]:
    """Decision values of a baseline, through the splits and labellings of the models.

    Parameters
    ----------
    baseline : {"confounds_only", "quality_only", "majority_class"}
        Which baseline.
    config : dict
        Sections seed, cross_validation, permutation and confounds of the configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, the discovery cohort first. The labels of the others are not used.
    confounds : sequence of str or mapping
        Columns that predict: confounds of all models, or measures of the scans' quality.

    Returns
    -------
    decisions : Decisions
        The majority class has no permutations: it cannot tell anybody apart.
    scores : pandas.DataFrame
        Decision values of the other cohorts, see `mri_response.models.scores.score_table`.
    """
    (_, home), *others = people.items()
    # Whether confounds predict the outcome is tested by plain permutations, also where the labels
    # of the models are permuted given the confounds.
    within, group = config["permutation"]["within"], config["cross_validation"]["group"]
    exchangeability = Exchangeability(home, group=group, within=within)
    cv = config["cross_validation"]
    scheme, units = Scheme.from_config(cv, home), units_of(home, cv)
    seed = config["seed"]
    unseen = config["confounds"]["unseen_site"]
    if baseline in (CONFOUNDS_ONLY, QUALITY_ONLY):
        matrix = flexible_matrix(home, confounds)
        decisions = cross_validate_discriminant(
            flexible_confounds(home, confounds, unseen=unseen),
            units,
            scheme,
            exchangeability,
            config["permutation"]["n"],
            seed,
        )
        unknown = [flexible_matrix(rows, confounds, home, unseen=unseen) for _, rows in others]
        scores = discriminant_scores(matrix, exchangeability.labels, unknown)
    else:
        decisions = cross_validate_majority(home, units, scheme, seed)
        constant = majority(exchangeability.labels, person_weights(home["participant_id"])[0])
        scores = [np.full(len(rows), constant) for _, rows in others]
    decisions = replace(decisions, decision=rounded(decisions.decision))
    parts = ((*own, decision) for own, decision in zip(others, scores, strict=True))
    return decisions, score_table(parts)


def majority(labels: np.ndarray, weights: np.ndarray) -> float:
    """Decision value of the class that most training people are in: 1, -1, or 0 for a tie.

    Parameters
    ----------
    labels : numpy.ndarray of 0/1, shape (n,)
        Labels of the training rows.
    weights : numpy.ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    float
    """
    return float(np.sign(np.round(np.average(2.0 * labels - 1.0, weights=weights), 12)))


def cross_validate_majority(
    people: pd.DataFrame, units: Sequence[str], scheme: Scheme, seed: int
) -> Decisions:
    """Predict the majority class of the training rows, on the outer folds of the models.

    Parameters
    ----------
    people : pandas.DataFrame
        Columns participant_id and label.
    units : sequence of str, length n
        Person or family of each row.
    scheme : Scheme
        How the folds of the models are drawn; inner folds are not used.
    seed : int
        Seed of the run.

    Returns
    -------
    Decisions
        Of the observed labels.
    """
    scheme = scheme._replace(inner_repeats=0)
    labels, weights = (
        people["label"].to_numpy(dtype=int),
        person_weights(people["participant_id"])[0],
    )
    decision = np.full((1, scheme.repeats, len(labels)), np.nan)
    number = np.zeros(decision.shape, dtype=np.int16)
    repeats = range(1, scheme.repeats + 1)
    for fold in draw_folds(units, labels, scheme, seed, permutation=0, repeats=repeats):
        train, test = fold.sets.train[0], fold.sets.test[0]
        decision[0, fold.repeat - 1, test] = majority(labels[train], weights[train])
        number[0, fold.repeat - 1, test] = fold.outer_fold
    observed = labels.astype(np.int8)[None]
    return Decisions(decision, number, np.zeros_like(number), observed)


def discriminant_scores(
    confounds: np.ndarray, labels: np.ndarray, others: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Scores of other people by the discriminant of all discovery people.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q)
        Of the discovery people; NaN, here and elsewhere, is filled with their mean.
    labels : numpy.ndarray of 0/1, shape (n,)
        Labels of the discovery people.
    others : sequence of numpy.ndarray, shape (n_i, q)
        Confounds of the people of each other cohort.

    Returns
    -------
    list of numpy.ndarray, shape (n_i,)
    """
    everyone = np.vstack([confounds, *others])
    train = np.arange(len(everyone)) < len(labels)
    sets = training_sets(everyone, train[None])
    fitted = sets.design[0] @ (sets.coefficients[0][:, train] @ labels[:, None])
    score = (fitted - _midway(fitted[train], labels[:, None]))[:, 0]
    score[np.abs(score) < 1e-12] = 0.0
    return np.split(score, np.cumsum([len(part) for part in (confounds, *others)]))[1:-1]


def cross_validate_discriminant(
    confounds: np.ndarray | Confounds,
    units: Sequence[str],
    scheme: Scheme,
    exchangeability: Exchangeability,
    n_permutations: int,
    seed: int,
) -> Decisions:
    """Repeated cross-validation of Fisher's linear discriminant, for all labellings.

    The outer folds are those of the models. Nothing is tuned, so there is no inner search.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q), or Confounds
        NaN is filled with the mean of the training rows.
    units : sequence of str, length n
        Person or family of each row.
    scheme : Scheme
        How the folds of the models are drawn; inner folds are not used.
    exchangeability : Exchangeability
        Who may exchange labels.
    n_permutations : int
        Number of permuted labellings, beside the observed one.
    seed : int
        Seed of the run.

    Returns
    -------
    Decisions

    Notes
    -----
    For two classes the discriminant is the least-squares regression on the label; its threshold
    lies midway between the fitted means of the classes, so that both count alike whatever their
    sizes (Hastie, Tibshirani and Friedman 2009, exercise 4.2).
    """
    scheme = scheme._replace(inner_repeats=0)
    labels = exchangeability.labellings(seed, range(1 + n_permutations))
    n, n_labellings = labels.shape
    decision = np.full((n_labellings, scheme.repeats, n), np.nan)
    number = np.zeros(decision.shape, dtype=np.int16)
    together = (
        [slice(i, i + 1) for i in range(n_labellings)]
        if scheme.stratified
        else [slice(0, n_labellings)]
    )
    for block in together:
        folds = draw_folds(
            units,
            labels[:, block.start],
            scheme,
            seed,
            permutation=block.start,
            repeats=range(1, scheme.repeats + 1),
        )
        sets = training_sets(confounds, np.array([fold.sets.train[0] for fold in folds]))
        for fold, design, coefficients in zip(folds, sets.design, sets.coefficients, strict=True):
            train, test = fold.sets.train[0], fold.sets.test[0]
            fitted = design @ (coefficients[:, train] @ labels[train, block])
            scores = fitted[test] - _midway(fitted[train], labels[train, block])
            decision[block, fold.repeat - 1, test] = scores.T
            number[block, fold.repeat - 1, test] = fold.outer_fold
    # Where confounds do not separate the classes, values differ from zero by rounding alone.
    decision[np.abs(decision) < 1e-12] = 0.0
    return Decisions(decision, number, np.zeros_like(number), labels.T.astype(np.int8))


def confound_warnings(performance: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Warn where the confounds alone predict the outcome.

    Parameters
    ----------
    performance : pandas.DataFrame
        As from `mri_response.evaluation.performance.discovery_performance`.
    names : sequence of str
        Columns of the confounds.

    Returns
    -------
    list of str
        At most one.
    """
    row = _significant(performance)
    if row is None:
        return []
    return [
        f"The confounds alone ({', '.join(names)}) predict the outcome: cross-validated balanced "
        f"accuracy {100 * row['estimate']:.1f} %, p = {row['p_value']:.2g}. A model may have found "
        "what the removal of confounds left of them in the features, and its p-value would not "
        "tell: linear regression removes the straight part of an effect alone. Consider splines "
        "(knots, at a model's confounds) and permutation.method: conditional."
    ]


def quality_warnings(performance: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Warn where the quality of the scans alone predicts the outcome.

    Parameters
    ----------
    performance : pandas.DataFrame
        As from `mri_response.evaluation.performance.discovery_performance`.
    names : sequence of str
        Measures of quality.

    Returns
    -------
    list of str
        At most one.
    """
    row = _significant(performance)
    if row is None:
        return []
    return [
        f"The quality of the scans alone ({', '.join(names)}) predicts the outcome: "
        f"cross-validated balanced accuracy {100 * row['estimate']:.1f} %, "
        f"p = {row['p_value']:.2g}. People of one class may have moved more in the scanner, and a "
        "model may have learned that. Look at the scans, leave bad ones out by a rule that was "
        "fixed beforehand, or name the measure among the confounds."
    ]


def _significant(performance: pd.DataFrame) -> pd.Series | None:
    """The headline row of a baseline that predicts the outcome."""
    tested = performance[
        (performance["metric"] == "balanced_accuracy")
        & (performance["aggregation"] == HEADLINE)
        & (performance["p_value"] <= ALPHA)
    ]
    return None if tested.empty else tested.iloc[0]


def _midway(fitted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Midpoint of the mean fitted values of both classes, shape (m,).

    Where a class is absent everybody is given the other: a threshold below or above all.
    """
    positive = labels == 1
    n_positive = positive.sum(axis=0)
    n_negative = len(labels) - n_positive
    with np.errstate(invalid="ignore"):
        upper = (fitted * positive).sum(axis=0) / n_positive
        lower = (fitted * ~positive).sum(axis=0) / n_negative
    return np.where(n_negative == 0, 0.0, np.where(n_positive == 0, 1.0, (upper + lower) / 2))
