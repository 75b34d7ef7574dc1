"""Which learner a model of the configuration has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.learner_kinds import learner_name
from mri_response.learning.learners.base import Learner
from mri_response.learning.learners.regressor.learner import RegressorLearner
from mri_response.learning.learners.ridge.learner import RidgeLearner
from mri_response.learning.learners.sklearn.learner import SklearnLearner
from mri_response.learning.learners.svc.learner import SvcLearner
from mri_response.learning.learners.svr.learner import SvrLearner

LEARNERS: dict[str, type[Learner]] = {
    "svc": SvcLearner,
    "ridge": RidgeLearner,
    "svr": SvrLearner,
    "regressor": RegressorLearner,
    "sklearn": SklearnLearner,
}


def learner_of(model: Mapping[str, Any]) -> Learner:
    """Learner of a model.

    Parameters
    ----------
    model : mapping
        The model's section of the configuration, with its defaults.

    Returns
    -------
    Learner
    """
    return LEARNERS[learner_name(model)](model)
