"""What the confounds alone say of the outcome: the baseline that stands beside the models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.config import CONFOUNDS_ONLY, Confound, column_of
from mri_response.confounds import flexible_matrix
from mri_response.kernels import training_sets
from mri_response.performance import HEADLINE, discovery_performance
from mri_response.permutation import Exchangeability
from mri_response.resampling import Resampled
from mri_response.splits import Scheme, draw_folds

ALPHA = 0.05  # at or below this p the report warns


def confounds_only_tables(
    config: dict, cohort: str, people: pd.DataFrame, confounds: Sequence[Confound]
) -> dict[str, pd.DataFrame]:
    """Performance of the confounds alone, through the splits and labellings of the models.

    Parameters
    ----------
    config : dict
        Sections seed, cross_validation, permutation and min_class_size of the configuration.
    cohort : str
        Name of the discovery cohort.
    people : pandas.DataFrame
        Its analysed rows.
    confounds : sequence of str or mapping
        Those of all models.

    Returns
    -------
    dict of str to pandas.DataFrame
        performance, null and warnings, as of a model named `CONFOUNDS_ONLY`.
    """
    # Whether they say anything is asked of the plain permutations, whatever the models' are.
    exchangeability = Exchangeability(
        people, group=config["cross_validation"]["group"], within=config["permutation"]["within"]
    )
    n_permutations = config["permutation"]["n"]
    resampled = cross_validate_discriminant(
        flexible_matrix(people, confounds),
        people[config["cross_validation"]["group"] or "participant_id"],
        Scheme.from_config(config["cross_validation"]),
        exchangeability,
        n_permutations,
        config["seed"],
    )
    performance, null = discovery_performance(
        CONFOUNDS_ONLY,
        cohort,
        people,
        resampled.decision,
        resampled.fold,
        exchangeability.labellings(config["seed"], range(1 + n_permutations)).T,
        seed=config["seed"],
        min_class_size=config["min_class_size"],
    )
    warnings = confound_warnings(performance, list(dict.fromkeys(map(column_of, confounds))))
    return {
        "performance": performance,
        "null": null,
        "warnings": pd.DataFrame({"model": CONFOUNDS_ONLY, "warning": warnings}),
    }


def cross_validate_discriminant(
    confounds: np.ndarray,
    units: Sequence[str],
    scheme: Scheme,
    exchangeability: Exchangeability,
    n_permutations: int,
    seed: int,
) -> Resampled:
    """Repeated cross-validation of Fisher's linear discriminant, for all labellings.

    The outer folds are those of the models. Nothing is tuned, so there is no inner search.

    Parameters
    ----------
    confounds : numpy.ndarray, shape (n, q)
        NaN is filled with the mean of the training rows.
    units : sequence of str, length n
        Person or family of each row.
    scheme : Scheme
    exchangeability : Exchangeability
    n_permutations : int
    seed : int

    Returns
    -------
    Resampled

    Notes
    -----
    For two classes the discriminant is the least-squares regression on the label; its threshold
    lies midway between the fitted means of the classes, so that both count alike whatever their
    sizes (Hastie, Tibshirani and Friedman 2009, exercise 4.2).
    """
    scheme = scheme._replace(inner_repeats=0)
    labels = exchangeability.labellings(seed, range(1 + n_permutations))
    n, n_labellings = labels.shape
    decision = np.empty((n_labellings, scheme.repeats, n))
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
    # Where confounds tell nobody apart, what is left of zero is rounding.
    decision[np.abs(decision) < 1e-12] = 0.0
    return Resampled(decision, number, np.zeros_like(number))


def confound_warnings(performance: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Warn where the confounds alone predict the outcome.

    Parameters
    ----------
    performance : pandas.DataFrame
        As from `mri_response.performance.discovery_performance`.
    names : sequence of str
        Columns of the confounds.

    Returns
    -------
    list of str
        At most one.
    """
    tested = performance[
        (performance["metric"] == "balanced_accuracy")
        & (performance["aggregation"] == HEADLINE)
        & (performance["p_value"] <= ALPHA)
    ]
    if tested.empty:
        return []
    row = tested.iloc[0]
    return [
        f"The confounds alone ({', '.join(names)}) predict the outcome: cross-validated balanced "
        f"accuracy {100 * row['estimate']:.1f} %, p = {row['p_value']:.2g}. A model may have found "
        "what the removal of confounds left of them in the features, and its p-value would not "
        "tell: linear regression removes the straight part of an effect alone. Consider splines "
        "(knots, at a model's confounds) and permutation.method: conditional."
    ]


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
