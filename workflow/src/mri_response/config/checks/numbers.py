"""What a configuration may ask where the outcome is a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.learner_kinds import LEARNER_KINDS, learner_kind
from mri_response.config.messages import fault
from mri_response.config.queries import described_confound

#: Sections and keys that say how classes are told apart or used, and mean nothing for numbers.
_OF_CLASSES = (
    *("operating_points", "prevalence", "verdict", "subgroups", "specificity", "sites"),
    "min_class_size",
)


def refuse_for_classes(raw: Mapping[str, Any]) -> None:
    """Refuse what a configuration asks for that is there for classes alone.

    Parameters
    ----------
    raw : mapping
        The configuration as given: what has a default is seen only if somebody wrote it.

    Raises
    ------
    InputError
        About the first of these keys.
    """
    given = [key for key in _OF_CLASSES if raw.get(key) is not None]
    if (raw.get("permutation") or {}).get("scans"):
        given.append("permutation.scans")
    if given:
        raise fault(
            given[0],
            "what is for classes",
            "no such key, since the outcome is a number",
            "remove it",
        )


def add_ridge(raw: Mapping[str, Any]) -> None:
    """Give every model without another learner the ridge regression, before defaults are filled in.

    Parameters
    ----------
    raw : mapping
        The configuration as given, which is changed.

    Raises
    ------
    InputError
        If a model has a key of a classifier, or those of two learners.
    """
    for name, model in (raw.get("models") or {}).items():
        kinds = [kind for kind in LEARNER_KINDS.values() if kind.key in model]
        for kind in kinds:
            if not kind.predicts_number:
                raise fault(
                    f"models.{name}.{kind.key}",
                    f"{model[kind.key]!r}, {kind.what}",
                    kind.instead,
                    "name a regressor of scikit-learn there",
                )
        given = [kind.key for kind in kinds]
        if len(given) > 1:
            raise fault(
                f"models.{name}.{given[1]}",
                f"{given[1]} beside {given[0]}, each of which asks for a learner of its own",
                "one of them",
                "remove the other",
            )
        asked = learner_kind(model)
        if asked.of_sklearn:
            continue
        if asked.predicts_number and asked.powers == "C":
            if "class_weight" in model:
                raise fault(
                    f"models.{name}.class_weight",
                    "a key of the support vector classifier",
                    "no weights of classes, since the outcome is a number",
                    "remove it",
                )
            continue
        for key in ("C", "class_weight"):
            if key in model:
                raise fault(
                    f"models.{name}.{key}",
                    "a key of the support vector classifier",
                    "alpha, the penalty of the ridge regression, since the outcome is a number",
                    "remove it, write alpha, or epsilon for support vector regression",
                )
        model.setdefault("alpha", {})


def check_numbers(config: Mapping[str, Any]) -> None:
    """Check that everything asked for is there for numbers too.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    for name, model in config["models"].items():
        key = f"models.{name}"
        if model["harmonise"]:
            raise fault(
                f"{key}.harmonise",
                "the harmonisation of sites, which is there for classes",
                "null, since the outcome is a number; site may be a confound",
                "remove it",
            )
    _check_scheme(config)
    _check_stacks(config)


def _check_stacks(config: Mapping[str, Any]) -> None:
    """The gain of a stack is over the baseline and confounds of its models, which share them."""
    confounds = {
        name: sorted(map(described_confound, model["confounds"]))
        for name, model in config["models"].items()
    }
    for stack, (first, *others) in config["stacks"].items():
        for other in others:
            if confounds[other] != confounds[first]:
                raise fault(
                    f"stacks.{stack}",
                    f"{first!r} and {other!r}, which have different confounds",
                    "models with the same confounds, over which the gain of the stack is",
                    "give them the same confounds or take one out",
                )


def _check_scheme(config: Mapping[str, Any]) -> None:
    """Keys of the whole run that mean something for classes only."""
    for found, key, expected in (
        (
            config["cross_validation"]["scheme"] == "stratified",
            "cross_validation.scheme",
            "label_blind, since a number has no classes to stratify on",
        ),
        (
            config["permutation"]["method"] == "conditional",
            "permutation.method",
            "marginal, since residuals given baseline and confounds are permuted",
        ),
        (
            config["external"]["model"] == "ensemble",
            "external.model",
            "refit, since the outcome is a number",
        ),
    ):
        if found:
            raise fault(key, "what is for classes", expected, "correct or remove it")
