"""Feature sets, by themselves and beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.atlases import check_atlases
from mri_response.config.columns import CATEGORIES
from mri_response.config.feature_kinds import feature_kind
from mri_response.config.messages import fault
from mri_response.config.queries import (
    belief_features,
    clinical_features,
    column_of,
    effect_features,
    feature_columns,
    source_features,
    used_features,
)


def check_features(config: Mapping[str, Any]) -> None:
    """Check the feature sets that models use, and the atlases of all.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Raises
    ------
    InputError
        For the first mistake.
    """
    check_atlases(config)
    if config["models"] and not source_features(config):
        raise fault(
            "models",
            _without_scans(config),
            "a model of the scans beside them",
            "add one; clinical models are what it is compared with",
        )
    _check_categories(config)
    for name, spec in used_features(config).items():
        feature_kind(spec).check(config, name)
    for name in config["models"]:
        _check_confounds_apart(config, name)


def _without_scans(config: Mapping[str, Any]) -> str:
    """What models are made of, where no set of features is read from scans by itself."""
    others = {"effects of treatment": effect_features(config), "beliefs": belief_features(config)}
    named = [what for what, sets in others.items() if sets]
    return (
        f"models of {' and '.join([*named, 'the clinic'])} alone"
        if named
        else "clinical models alone"
    )


def _check_categories(config: Mapping[str, Any]) -> None:
    """A column is categorical in every clinical feature set or in none."""
    categories = feature_columns(config)
    for name, spec in clinical_features(config).items():
        for column in spec["columns"]:
            if categories[column] and column not in (*CATEGORIES, *spec["categorical"]):
                raise fault(
                    f"features.{name}.categorical",
                    f"no {column!r}, which is categorical in another feature set",
                    "a column to be the same everywhere",
                    "add it here or remove it there",
                )


def _check_confounds_apart(config: Mapping[str, Any], name: str) -> None:
    """No column is a confound and a feature of one model."""
    model = config["models"][name]
    confounds = set(map(column_of, model["confounds"]))
    for part in config["features"][model["features"]].get("sets", (model["features"],)):
        named = set(config["features"][part].get("columns", ()))
        both = confounds & named
        if "tiv" in confounds:
            volumes = {(cohort["tiv"] or {}).get("column") for cohort in config["cohorts"].values()}
            for column in sorted(named & volumes - both):
                raise fault(
                    f"features.{part}.columns",
                    f"{column!r}, from which cohorts.*.tiv reads the confound tiv of models.{name}",
                    "intracranial volume as a confound or as a feature",
                    "remove one of the two",
                )
        if both:
            raise fault(
                f"models.{name}.confounds",
                f"{sorted(both)[0]!r}, which is a feature of {part} too",
                "each column as a confound or as a feature",
                "remove one of the two",
            )
