"""Controls of the removal of confounds: the model without it, and with features that say nothing.

Linear removal leaves a feature with few values as these values less a multiple of the confound. A
classifier that is not linear can read the confound off that, and with it whatever goes along with
the confound, such as the label. Features that were shuffled between people know neither: what is
predicted from them was put in by the removal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import ConfoundControl
from mri_response.learning.decisions import joined
from mri_response.learning.design import Design, FixedFolds, Sample
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.splits import Fold
from mri_response.people.rows import person_weights


def run_confound_controls(
    people: pd.DataFrame, features: np.ndarray, folds: Sequence[Fold], config: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Cross-validate a model under both controls, observed labels only.

    Parameters
    ----------
    people : pandas.DataFrame, n rows
        Analysed rows of the discovery cohort.
    features : numpy.ndarray, shape (n, p)
        Features of these rows.
    folds : sequence of Fold
        Outer folds of the model, of all repeats, with their inner folds.
    config : mapping
        Sections seed, cross_validation and confounds of the configuration, and the model's own as
        `model`.

    Returns
    -------
    dict of str to numpy.ndarray, shape (repeats, n)
        Decision values by control; NaN for rows that are in no outer test fold. In each repeat
        every feature is shuffled anew, by itself, over all rows.

    References
    ----------
    Hamdan et al. (2023). Confound-leakage: confound removal in machine learning leads to leakage.
    GigaScience 12, giad071.
    """
    cv, model = config["cross_validation"], config["model"]
    learner, features = learner_of(model), np.asarray(features)
    weights, _ = person_weights(people["participant_id"])
    unseen = config["confounds"]["unseen_site"]
    # Features of several sites are harmonised with and without the confounds.
    removed, nothing = (
        ConfoundCoding.of_model(people, {**model, "confounds": confounds}).stacked(
            people, unseen=unseen
        )
        for confounds in (model["confounds"], [])
    )
    design = Design(Exchangeability(people), config["seed"])
    jobs: dict[str, list] = {control: [] for control in ConfoundControl}
    for repeat in range(1, cv["repeats"] + 1):
        own = FixedFolds([fold for fold in folds if fold.repeat == repeat])
        rng = generator(config["seed"], Stream.CONFOUND_CONTROLS, repeat)
        shuffled = rng.permuted(features, axis=0)
        for control, sample in (
            (ConfoundControl.NOT_REMOVED, Sample(features, nothing, weights)),
            (ConfoundControl.SHUFFLED, Sample(shuffled, removed, weights)),
        ):
            jobs[control].append(learner.run(sample, own, design, [range(1)]))
    held_out = cv["outer"] == "held_out"
    return {
        str(control): joined(found, cv["repeats"], 1, held_out=held_out).decision[0]
        for control, found in jobs.items()
    }
