"""Harmonisation of the models' features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.messages import fault
from mri_response.config.queries import column_of
from mri_response.core.vocabulary import Role


def check_harmonisation(config: Mapping[str, Any]) -> None:
    """Check what is harmonised, and by what.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    label = (config["outcome"] or {}).get("column")
    if config["confounds"]["unseen_site"] == "own" and not any(
        model["harmonise"] for model in config["models"].values()
    ):
        raise fault(
            "confounds.unseen_site",
            "own, and no model harmonises its features",
            "error or mean, since nothing else is learned from the people of a new site",
            "write mean or add harmonise to a model",
        )
    others = [name for name, c in config["cohorts"].items() if c["role"] != Role.DISCOVERY]
    for name, model in config["models"].items():
        options = model["harmonise"]
        if options is None:
            continue
        key = f"models.{name}.harmonise"
        named = [options["column"], *options["keep"], *(options["learn_from"] or ())]
        _check_features(key, model["features"], config)
        if label in named:
            raise fault(
                key,
                f"{label!r}, which is the label",
                "columns other than outcome.column, since the outcome of new people is unknown",
                "remove it",
            )
        if options["column"] in options["keep"]:
            raise fault(f"{key}.keep", repr(options["column"]), "covariates", "remove the site")
        if options["column"] in map(column_of, model["confounds"]):
            raise fault(
                f"models.{name}.confounds",
                f"{options['column']!r}, by which the features are harmonised",
                "other confounds, since harmonising takes the effect of sites off",
                "remove it from one of the two",
            )
        if config["external"]["model"] == "ensemble":
            raise fault(
                "external.model",
                "ensemble",
                f"refit, since models.{name} harmonises its features",
                "write refit or remove harmonise",
            )
        if others and config["confounds"]["unseen_site"] == "error":
            raise fault(
                "confounds.unseen_site",
                config["confounds"]["unseen_site"],
                f"mean or own, since models.{name} harmonises its features by {options['column']} "
                f"and cohort {others[0]} may have sites that the discovery cohort has not",
                "write unseen_site: mean or remove harmonise",
            )


def _check_features(key: str, name: str, config: Mapping[str, Any]) -> None:
    """Columns of the clinic and trials are no scans: sites may differ in them rightly."""
    spec = config["features"].get(name, {})
    for part in spec.get("sets", (name,)):
        kind = feature_kind(config["features"][part]) if part in config["features"] else None
        if kind is not None and (kind.is_clinical or kind.has_trials):
            raise fault(
                key,
                f"the feature set {part!r}, which is not made from scans",
                "features of scans alone",
                "remove harmonise, or put a model of the scans into a stack",
            )
