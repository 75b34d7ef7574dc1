"""Which learner a model of the configuration has."""

from __future__ import annotations

from mri_response.learning.learners.sklearn import SklearnLearner
from mri_response.learning.learners.svc import SvcLearner


def learner_of(model: dict) -> SvcLearner | SklearnLearner:
    """Learner of a model.

    Parameters
    ----------
    model : dict
        The model's section of the configuration.
    """
    return SklearnLearner(model) if "estimator" in model else SvcLearner(model)
