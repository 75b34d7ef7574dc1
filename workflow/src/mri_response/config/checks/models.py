"""The sections models, stacks and comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mri_response.config.learner_kinds import LEARNER_KINDS, learner_kind
from mri_response.config.messages import check_known, fault, shown
from mri_response.config.outcome_kinds import is_number
from mri_response.config.queries import (
    CONFOUNDS_ONLY,
    MAJORITY_CLASS,
    QUALITY_ONLY,
    grid_of_c,
    used_baselines,
)
from mri_response.core.tables import suggestion

_MAX_GRID = 200


def check_models(config: Mapping[str, Any]) -> None:
    """Check the features and the learner of every model.

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
        check_known(
            f"models.{name}.features", model["features"], config["features"], "feature sets"
        )
        if not is_number(config):
            _check_for_classes(f"models.{name}", model)
        kind = learner_kind(model)
        if kind.of_sklearn:
            _check_estimator(f"models.{name}", model)
        elif kind.powers == "C":
            _check_support_vectors(f"models.{name}", model)
        if kind.powers:
            check_powers(f"models.{name}.{kind.powers}", model[kind.powers])
        if isinstance(model["pca"], float) and model["pca"] >= 1:
            raise fault(
                f"models.{name}.pca",
                str(model["pca"]),
                "a whole number of components from 1 or a fraction of variance below 1",
                "write a whole number without a point, or null for no PCA",
            )
    if not config["models"] and (config["stability"]["resamples"] or config["stability"]["seeds"]):
        raise fault(
            "stability",
            "a question about models, and no models",
            "models that are fitted again",
            "add models or remove the section",
        )
    for key in ("learning_curve", "stability"):
        for name in config[key]["models"] or []:
            if name in config["stacks"]:
                raise fault(
                    f"{key}.models",
                    f"the stack {name!r}, which is not fitted again",
                    f"some of its models {', '.join(config['stacks'][name])}",
                    "name these",
                )
            if name not in config["models"]:
                raise fault(
                    f"{key}.models",
                    repr(name),
                    f"some of the models {', '.join(config['models'])}",
                    f"{suggestion(name, config['models'])}correct it",
                )
    if config["models"]:
        check_known("primary_model", config["primary_model"], config["models"], "models")


def _check_for_classes(key: str, model: Mapping[str, Any]) -> None:
    """Keys of a model that predicts numbers, where the outcome has two classes."""
    for kind in LEARNER_KINDS.values():
        if kind.predicts_number and kind.key in model:
            raise fault(f"{key}.{kind.key}", kind.what, kind.instead, "remove it")


def _check_support_vectors(key: str, model: Mapping[str, Any]) -> None:
    for other in ("parameters", "grid"):
        if other in model:
            raise fault(
                f"{key}.{other}",
                f"{shown(model[other])} without estimator",
                f"no {other}: the built-in support vector classifier has C and class_weight",
                "name the estimator or remove it",
            )


def check_powers(key: str, section: Mapping[str, Any]) -> None:
    """Check a grid of powers of two.

    Parameters
    ----------
    key : str
        Where the section stands, as in ``models.classifier.C``.
    section : mapping
        Keys log2_min, log2_max and log2_step.

    Raises
    ------
    InputError
        If the grid ends before it starts, or has too many values.
    """
    if section["log2_min"] > section["log2_max"]:
        raise fault(
            f"{key}.log2_min",
            str(section["log2_min"]),
            f"at most log2_max, which is {section['log2_max']}",
            "correct one of them",
        )
    count = len(grid_of_c(section))
    if count > _MAX_GRID:
        raise fault(
            f"{key}.log2_step",
            f"{section['log2_step']}, which makes {count} values of {key.split('.')[-1]}",
            f"at most {_MAX_GRID} values",
            "use a larger step",
        )


def _check_estimator(key: str, model: Mapping[str, Any]) -> None:
    """What can be said without loading scikit-learn, which takes every job a second."""
    for other, instead in (
        ("C", "grid: {C: [0.1, 1, 10]}, if the estimator has a C"),
        ("class_weight", "parameters: {class_weight: balanced}, if the estimator has it"),
    ):
        if other in model:
            raise fault(
                f"{key}.{other}",
                f"{shown(model[other])} beside estimator",
                f"no {other}, which belongs to the built-in support vector classifier",
                f"write {instead}",
            )
    for name in [*model["parameters"], *model["grid"]]:
        if name.split("__")[-1] in ("n_jobs", "random_state"):
            raise fault(
                f"{key}.{'grid' if name in model['grid'] else 'parameters'}.{name}",
                "a value",
                "none: jobs have one thread, and random states come from seed",
                "remove it",
            )
        if name in model["parameters"] and name in model["grid"]:
            raise fault(
                f"{key}.grid.{name}",
                "a parameter that is under parameters too",
                "it in one place",
                "remove one of the two",
            )
    count = math.prod(map(len, model["grid"].values()))
    if count > _MAX_GRID:
        raise fault(
            f"{key}.grid",
            f"{count} combinations",
            f"at most {_MAX_GRID}",
            "use fewer values",
        )


def check_stacks(config: Mapping[str, Any]) -> None:
    """Check the names and the models of every stack.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    for name, models in config["stacks"].items():
        key = f"stacks.{name}"
        others = (*config["models"], CONFOUNDS_ONLY, QUALITY_ONLY, MAJORITY_CLASS)
        taken = {other.lower() for other in others}
        if name.lower() in taken:
            raise fault(key, f"the name {name!r} of another model", "a new name", "rename it")
        for model in models:
            if model not in config["models"]:
                near = suggestion(model, config["models"])
                expected = f"some of the models {', '.join(config['models'])}"
                raise fault(key, repr(model), expected, f"{near}correct it")
        if config["external"]["model"] != "refit":
            raise fault(
                "external.model",
                config["external"]["model"],
                "refit, since a stack is frozen on top of single models",
                "write refit or remove stacks",
            )


def check_comparisons(config: Mapping[str, Any]) -> None:
    """Check that compared models exist and that every pair is named once.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    known = [*config["models"], *config["stacks"], *used_baselines(config)]
    seen: set[frozenset[str]] = set()
    for position, pair in enumerate(config["comparisons"] or ()):
        key = f"comparisons[{position}]"
        for name in pair:
            if name not in known:
                raise fault(
                    key,
                    repr(name),
                    f"two of {', '.join(known)}",
                    f"{suggestion(name, known)}correct it",
                )
        if frozenset(pair) in seen:
            raise fault(key, f"{' and '.join(pair)} again", "each pair once", "remove it")
        seen.add(frozenset(pair))
