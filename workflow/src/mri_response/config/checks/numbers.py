"""What a configuration may ask where the outcome is a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.checks.models import check_powers
from mri_response.config.messages import fault


def add_ridge(raw: Mapping[str, Any]) -> None:
    """Give every model without an estimator the ridge regression, before defaults are filled in.

    Parameters
    ----------
    raw : mapping
        The configuration as given, which is changed.

    Raises
    ------
    InputError
        If a model has a key of the support vector classifier.
    """
    for name, model in (raw.get("models") or {}).items():
        if "estimator" in model:
            continue
        for key in ("C", "class_weight"):
            if key in model:
                raise fault(
                    f"models.{name}.{key}",
                    "a key of the support vector classifier",
                    "alpha, the penalty of the ridge regression, since the outcome is a number",
                    "remove it or write alpha",
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
        if "estimator" in model:
            raise fault(
                f"{key}.estimator",
                repr(model["estimator"]),
                "no estimator, since numbers are predicted by the built-in ridge regression",
                "remove it",
            )
        if model["harmonise"]:
            raise fault(
                f"{key}.harmonise",
                "the harmonisation of sites, which is there for classes",
                "null, since the outcome is a number; site may be a confound",
                "remove it",
            )
        check_powers(f"{key}.alpha", model["alpha"])
    _check_scheme(config)


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
        (bool(config["stacks"]), "stacks", "none, since they are of classifiers"),
        (bool(config["comparisons"]), "comparisons", "none, since the outcome is a number"),
    ):
        if found:
            raise fault(key, "what is for classes", expected, "correct or remove it")
