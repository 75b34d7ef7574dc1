"""Kinds of learners as a configuration knows them: one entry per kind, with key and properties.

A model asks for a learner by a key of its section. What learners do is in `learning.learners`,
whose registry has a class for each name here. Everything else asks an entry for a property and
never for the name of a learner. Every job reads this module with the rules: it imports nothing that
takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config.linear_estimators import KERNEL_ESTIMATORS, LINEAR_ESTIMATORS


@dataclass(frozen=True)
class LearnerKind:
    """One kind of learners.

    Attributes
    ----------
    key : str or None
        Key of a model that asks for it; None for the learner of a model without any such key.
    what : str
        What the key is, for messages.
    instead : str
        What to write instead where the outcome is of the other kind.
    powers : str or None
        Section of a model that is a grid of powers of two, if the learner has one.
    predicts_number : bool
        Whether it predicts a number; else one of two classes.
    of_sklearn : bool
        Whether it is a class of scikit-learn, with ``parameters`` and ``grid``.
    permutes_scans : bool
        Whether a model of clinic and scans can have its scans permuted beside the clinic.
    """

    key: str | None
    what: str = ""
    instead: str = ""
    powers: str | None = None
    predicts_number: bool = False
    of_sklearn: bool = False
    permutes_scans: bool = False


#: By the names of `learning.learners.registry`.
LEARNER_KINDS = {
    "svc": LearnerKind(None, powers="C", permutes_scans=True),
    "sklearn": LearnerKind(
        "estimator",
        "a key of classifiers",
        "regressor, since the outcome is a number",
        of_sklearn=True,
    ),
    "regressor": LearnerKind(
        "regressor",
        "a regressor, which predicts numbers",
        "estimator with a classifier, since the outcome has two classes",
        predicts_number=True,
        of_sklearn=True,
    ),
    "svr": LearnerKind(
        "epsilon",
        "a key of the support vector regression, which predicts numbers",
        "C for the support vector classifier, since the outcome has two classes",
        powers="C",
        predicts_number=True,
    ),
    "ridge": LearnerKind(
        "alpha",
        "a penalty of the ridge regression, which predicts numbers",
        "C for the support vector classifier, since the outcome has two classes",
        powers="alpha",
        predicts_number=True,
    ),
}


def learner_name(model: Mapping[str, Any]) -> str:
    """Name of a model's learner in `learning.learners.registry`, by the keys of its section."""
    return next((name for name, kind in LEARNER_KINDS.items() if kind.key in model), "svc")


def learner_kind(model: Mapping[str, Any]) -> LearnerKind:
    """Entry of a model's learner."""
    return LEARNER_KINDS[learner_name(model)]


def estimator_of(model: Mapping[str, Any]) -> str:
    """Dotted path of the classifier or regressor of scikit-learn that a model names."""
    return model[learner_kind(model).key]


def is_linear(model: Mapping[str, Any]) -> bool:
    """Whether a model's decision value is a weighted sum of the features, and so has weights."""
    if not learner_kind(model).of_sklearn or estimator_of(model) in LINEAR_ESTIMATORS:
        return True
    kernel = model["parameters"].get("kernel", "rbf")
    kernels = model["grid"].get("kernel", [kernel])
    return estimator_of(model) in KERNEL_ESTIMATORS and kernels == ["linear"]
