"""What a reader of a frozen model must know."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.learning.decision_rules import learned_rules
from mri_response.models.fitted import FittedModels
from mri_response.people.rows import person_weights


def describe(
    model: str,
    config: dict,
    fitted: FittedModels,
    people: pd.DataFrame,
    decision: np.ndarray,
) -> dict:
    """Say what a reader of a frozen model must know, and how its decision values are read.

    Parameters
    ----------
    model : str
        Its name.
    config : dict
        Sections outcome, external, features and operating_points of the configuration, and the
        model's own as `model`.
    fitted : FittedModels
        The models to be frozen.
    people : pandas.DataFrame
        The discovery rows.
    decision : numpy.ndarray, shape (n,)
        Their decision values as from `mri_response.learning.decision_rules.out_of_fold`.

    Returns
    -------
    dict
        ``model``, ``kind`` (refit or ensemble), ``outcome``, ``features``, ``options``,
        ``n_models``, ``n_rows``, ``candidate`` of each model and ``decision_rules``.
    """
    labels, points = people["label"].to_numpy(dtype=int), config["operating_points"]
    weights, _ = person_weights(people["participant_id"])
    rules = learned_rules(decision, labels, weights, points)
    return description_of(model, config, fitted) | {"decision_rules": rules.described()}


def description_of(model: str, config: dict, fitted: FittedModels) -> dict:
    """What a reader of any frozen model must know.

    Parameters
    ----------
    model : str
        Its name.
    config : dict
        Sections outcome, external and features of the configuration, and the model's own as
        `model`.
    fitted : FittedModels
        The models to be frozen.

    Returns
    -------
    dict
        As `describe` gives it, without ``decision_rules``.
    """
    return {
        "model": model,
        "kind": config["external"]["model"],
        "outcome": config["outcome"],
        "features": config["features"][config["model"]["features"]],
        "options": config["model"],
        "n_models": len(fitted.train),
        "n_rows": fitted.train.shape[1],
        "candidate": [int(index) for index in fitted.candidate],
    }
