"""Probabilities and outcomes of forty people, and a cohort made of such arrays."""

import numpy as np

from mri_response.evaluation.scored import Scored
from mri_response.people.rows import person_weights

PROBABILITY = np.array([
    0.68, 0.77, 0.24, 0.58, 0.38, 0.36, 0.18, 0.55, 0.57, 0.21, 0.34, 0.63, 0.31, 0.36, 0.83, 0.68,
    0.91, 0.28, 0.3, 0.18, 0.51, 0.15, 0.29, 0.19, 0.62, 0.53, 0.38, 0.93, 0.19, 0.24, 0.63, 0.51,
    0.22, 0.31, 0.08, 0.59, 0.53, 0.51, 0.54, 0.44,
])  # fmt: skip
OUTCOME = np.array([
    1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0,
    0, 0, 0, 1, 0, 0, 0, 0,
])  # fmt: skip


def scored(probability=PROBABILITY, labels=OUTCOME, *, person=None, cohort="away", **points):
    """A cohort; without operating points, one at 0.5 of the probability."""
    probability = np.atleast_2d(probability)
    person = np.arange(len(labels)) if person is None else person
    weights, person = person_weights(person)
    thresholds = {
        name: np.full(probability.shape, value) for name, value in (points or {"half": 0.5}).items()
    }
    answers = {name: probability > threshold for name, threshold in thresholds.items()}
    role, aggregation = "external", "frozen_model"
    if len(probability) > 1:
        role, aggregation = "discovery", "mean_over_repeats"
    return Scored(
        labels,
        weights,
        person,
        cohort,
        role,
        aggregation,
        len(probability) > 1,
        probability,
        thresholds,
        answers,
    )
