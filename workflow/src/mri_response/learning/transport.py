"""Every cohort as the training set in turn: the whole procedure learned there, scored elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.features.matrices import identified
from mri_response.learning.design import Design, FixedFolds, Sample, StackedRows, with_other_cohorts
from mri_response.learning.feasibility import class_counts
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.rounding import rounded
from mri_response.learning.splits import REFIT, Scheme, draw_folds
from mri_response.people.rows import person_weights


def can_be_learned_from(people: pd.DataFrame, min_class_size: int) -> bool:
    """Whether a cohort has enough people of both classes.

    Parameters
    ----------
    people : pandas.DataFrame
        Its analysed rows.
    min_class_size : int
        Of the configuration.

    Returns
    -------
    bool
    """
    return min(class_counts(people)) >= max(2, min_class_size)


def transported(
    trained_on: str,
    people: Mapping[str, pd.DataFrame],
    features: Mapping[str, np.ndarray],
    config: Mapping[str, Any],
) -> pd.DataFrame:
    """Learn a model from one cohort, hyperparameters chosen there, and score the others.

    It is what the refit does with the discovery cohort: nothing of a scored cohort is learned, and
    none of its labels is looked at. Observed labels only.

    Parameters
    ----------
    trained_on : str
        Cohort to learn from.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.
    features : mapping of str to numpy.ndarray, shape (n_i, p)
        Features of these rows.
    config : mapping
        Sections seed, cross_validation and confounds of the configuration, and the model's own as
        `model`.

    Returns
    -------
    pandas.DataFrame
        Columns trained_on, cohort, participant_id (, session_id) and decision.
    """
    cv, home = config["cross_validation"], people[trained_on]
    others = [name for name in people if name != trained_on]
    tables = [home, *(people[name] for name in others)]
    units = home[cv["group"] if cv["group"] in home else "participant_id"]
    scheme = Scheme(1, 2, cv["inner_repeats"], min(cv["inner_folds"], units.nunique()))
    labels = home["label"].to_numpy(dtype=int)
    (refit,) = draw_folds(units, labels, scheme, config["seed"], repeats=[REFIT])
    coding = ConfoundCoding.of_model(home, config["model"])
    confounds = coding.stacked(*tables, unseen=config["confounds"]["unseen_site"])
    weights, _ = person_weights(home["participant_id"])
    n_others = sum(map(len, tables[1:]))
    matrices = [np.asarray(features[name]) for name in (trained_on, *others)]
    job = learner_of(config["model"]).run(
        Sample(StackedRows(*matrices), confounds, np.pad(weights, (0, n_others))),
        FixedFolds([with_other_cohorts(refit, n_others)]),
        Design(Exchangeability(home), config["seed"]),
        [range(1)],
    )
    decision = rounded(job.decision[0, 0, len(home) :])
    parts = np.split(decision, np.cumsum([len(table) for table in tables[1:-1]]))
    scored = [
        identified(people[name], pd.DataFrame({"decision": part})).assign(cohort=name)
        for name, part in zip(others, parts, strict=True)
    ]
    return pd.concat(scored, ignore_index=True).assign(trained_on=trained_on)
