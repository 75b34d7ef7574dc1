"""The sections quality_control and subgroups."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.messages import fault
from mri_response.config.queries import (
    column_of,
    used_features,
)
from mri_response.config.source_kinds import QUALITY, QUALITY_WORDS

if TYPE_CHECKING:
    pass


def _check_measured(config: Mapping[str, Any], cohort: str, measure: str, key: str) -> None:
    """Quality that a rule or a model names is known in every cohort."""
    given = [kind for kind in QUALITY if kind in (config["cohorts"][cohort]["quality"] or {})]
    if any(measure in QUALITY[kind] for kind in given):
        return
    kind = next(kind for kind in QUALITY if measure in QUALITY[kind])
    raise fault(
        f"cohorts.{cohort}.quality",
        given[0] if given else "nothing",
        f"where {measure} comes from, since {key} names it",
        f"add {{{kind}: ...}} or remove {measure} there",
    )


def check_quality_control(config: Mapping[str, Any]) -> None:
    """Check the limits and rules of ``quality_control``.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    settings = config["quality_control"]
    if settings["tiv_min_ml"] >= settings["tiv_max_ml"]:
        raise fault(
            "quality_control.tiv_min_ml",
            f"{settings['tiv_min_ml']:g}",
            f"less than tiv_max_ml, which is {settings['tiv_max_ml']:g}",
            "correct one of them",
        )
    if settings["exclude"] and not (config["models"] or config["apply"]):
        raise fault(
            "quality_control.exclude",
            "rules without models",
            "models, whose scans are measured",
            "add models or remove the rules",
        )
    images = any(feature_kind(spec).has_image for spec in used_features(config).values())
    for position, rule in enumerate(settings["exclude"]):
        key = f"quality_control.exclude[{position}]"
        if "below" in rule and "above" in rule and rule["below"] > rule["above"]:
            raise fault(
                f"{key}.below",
                f"{rule['below']:g}, more than above, which is {rule['above']:g}",
                "limits between which scans are kept",
                "correct one of them",
            )
        if rule["measure"] in ("map_mean", "mean_correlation") and not images:
            raise fault(
                f"{key}.measure",
                f"{rule['measure']!r}, which is measured on maps",
                "a measure of this run, whose models use tables alone",
                "name tiv or mahalanobis, or remove the rule",
            )
        for name, cohort in config["cohorts"].items():
            if rule["measure"] in QUALITY_WORDS:
                _check_measured(config, name, rule["measure"], key)
            if rule["measure"] == "tiv" and cohort["tiv"] is None:
                raise fault(
                    f"cohorts.{name}.tiv",
                    "nothing",
                    f"where total intracranial volume comes from, since {key} names it",
                    "add for example {column: tiv} or remove the rule",
                )
    for model, spec in config["models"].items():
        for column in map(column_of, spec["confounds"]):
            for name in config["cohorts"] if column in QUALITY_WORDS else ():
                _check_measured(config, name, column, f"models.{model}.confounds")
    bands = config["subgroups"]["age_bands"]
    for lower, upper in itertools.pairwise(bands):
        if not lower < upper:
            raise fault(
                "subgroups.age_bands", f"{upper:g} after {lower:g}", "ascending ages", "sort them"
            )
