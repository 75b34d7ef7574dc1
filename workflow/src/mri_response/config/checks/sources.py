"""Paths of the user's files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.messages import fault
from mri_response.config.queries import (
    discovery_name,
    placeholders,
    source_features,
)
from mri_response.config.source_kinds import SOURCES, gives_regions, kind_of_source, source_in
from mri_response.core.tables import ID_COLUMNS, suggestion

#: A variable of the shell, which would be taken as a name of a folder.
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]")


def check_sources(config: Mapping[str, Any]) -> None:
    """Check that every cohort has the sources that the feature sets take.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    for features, spec in source_features(config).items():
        _check_tables(config, features)
        for name, cohort in config["cohorts"].items():
            sources = cohort["sources"]
            taken = source_in(spec, name)
            key = f"cohorts.{name}.sources.{taken}"
            if taken not in sources:
                raise fault(
                    key,
                    "nothing",
                    f"a path, since features.{features} takes the source {taken!r} from "
                    + ("this cohort" if gives_regions(spec, name) else "every cohort"),
                    f"{suggestion(taken, sources)}add the key",
                )
            source = sources[taken]
            if gives_regions(spec, name):
                _check_regions(key, source, features, spec["atlas"])
            elif not isinstance(source, str):
                _check_holds(key, source, features, feature_kind(spec).has_image)
            elif feature_kind(spec).has_image:
                _check_pattern(key, source)
            else:
                _check_plain(key, source)
    for name, cohort in config["cohorts"].items():
        for section in ("tiv", "quality"):
            own = cohort[section] or {}
            report = own.get("cat12_report", "")
            if any(sign in report for sign in "{}*") or report.endswith(".xml"):
                _check_pattern(f"cohorts.{name}.{section}.cat12_report", report)
            if "source" in own:
                _check_source_of_volumes(config, name, section)


def _check_tables(config: Mapping[str, Any], features: str) -> None:
    """Cohorts that give regional values in place of maps are known, and the values are the same."""
    spec = config["features"][features]
    key = f"features.{features}.tables"
    for name in spec.get("tables", ()):
        if name not in config["cohorts"]:
            known = list(config["cohorts"])
            raise fault(
                key,
                repr(name),
                f"cohorts of this configuration ({', '.join(known)})",
                f"{suggestion(name, known)}correct it",
            )
        if name == discovery_name(config):
            raise fault(
                f"{key}.{name}",
                "the discovery cohort, whose first map sets the grid of the atlas",
                "other cohorts",
                "remove it, or take features of kind table from all cohorts",
            )
        if (spec["atlas"], spec["statistic"]) != ("neuromorphometrics", "sum"):
            raise fault(
                f"{key}.{name}",
                "CAT12's volumes beside "
                + ("means" if spec["statistic"] == "mean" else "regions of another atlas"),
                "atlas: neuromorphometrics and statistic: sum",
                "correct these or give maps of this cohort too",
            )


def _check_regions(key: str, source: str | Mapping[str, Any], features: str, atlas: str) -> None:
    """A source has CAT12's grey-matter volumes of the atlas, and nothing else."""
    of_cat12 = not isinstance(source, str) and kind_of_source(source) == "cat12_rois"
    if not of_cat12 or (source["atlases"], source["values"]) != ([atlas], ["Vgm"]):
        given = "{cat12_rois: FOLDER, atlases: [" + atlas + "], values: [Vgm]}"
        raise fault(
            key,
            "other atlases or values" if of_cat12 else "another kind of source",
            f"{given}, since features.{features}.tables names it",
            "correct one of them",
        )


def _check_holds(key: str, source: Mapping[str, Any], features: str, has_image: bool) -> None:
    """The source holds what the kind of features is made from."""
    kind = kind_of_source(source)
    if (SOURCES[kind] == "image") != has_image:
        what = "images" if has_image else "a table of regions"
        others = ", ".join(other for other in SOURCES if SOURCES[other] != SOURCES[kind])
        raise fault(
            key,
            f"{kind}, which gives {'a table' if has_image else 'images'}",
            f"{what}, since features.{features} is made from {what}",
            f"name one of {others}, or change the kind of the features",
        )


def _check_source_of_volumes(config: Mapping[str, Any], cohort: str, section: str) -> None:
    """``tiv`` and ``quality`` take a source of FreeSurfer's measures."""
    own = config["cohorts"][cohort]
    name = own[section]["source"]
    allowed = [
        source
        for source, spec in own["sources"].items()
        if kind_of_source(spec) in ("freesurfer", "region_tables")
    ]
    if name not in allowed:
        raise fault(
            f"cohorts.{cohort}.{section}.source",
            repr(name),
            "one of the cohort's sources with freesurfer or region_tables"
            + (f": {', '.join(allowed)}" if allowed else ", of which there is none"),
            f"{suggestion(name, allowed)}correct it"
            + (", or give {table: ..., column: ...}" if section == "tiv" else ""),
        )


def _names_in_braces(key: str, pattern: str) -> list[str]:
    try:
        return placeholders(pattern)
    except ValueError:
        raise fault(
            key, repr(pattern), "braces in pairs, as in {participant_id}", "correct the braces"
        ) from None


def _check_pattern(key: str, pattern: str) -> None:
    names = _names_in_braces(key, pattern)
    for name in names:
        if name not in ID_COLUMNS:
            raise fault(
                key,
                f"{{{name}}}",
                "{participant_id} or {session_id}",
                f"{suggestion(name, ID_COLUMNS)}correct it",
            )
    if "participant_id" not in names:
        raise fault(
            key,
            f"{pattern!r} without {{participant_id}}",
            "a pattern that names one image per person",
            "put {participant_id} where the file names differ",
        )


def _check_plain(key: str, path: str) -> None:
    if _names_in_braces(key, path) or "*" in path:
        raise fault(
            key,
            repr(path),
            "the plain path of one table",
            "remove the braces and asterisks, or use a feature kind that reads images",
        )


def input_paths(config: Mapping[str, Any]) -> dict[str, str]:
    """Key and path of every input that the configuration names (patterns as they are)."""
    paths: dict[str, str] = {}
    for name, cohort in config["cohorts"].items():
        key = f"cohorts.{name}"
        paths[f"{key}.participants"] = cohort["participants"]
        if cohort["scores"] is not None and cohort["scores"]["table"] is not None:
            paths[f"{key}.scores"] = cohort["scores"]["table"]
        if cohort["trials"] is not None:
            paths[f"{key}.trials"] = cohort["trials"]
        for source, spec in cohort["sources"].items():
            named = spec if isinstance(spec, str) else spec[kind_of_source(spec)]
            for path in named if isinstance(named, list) else [named]:
                paths[f"{key}.sources.{source}" + (f" ({path})" if path != named else "")] = path
        for section in ("tiv", "quality"):
            for kind in ("cat12_report", "table", "cat12_tiv", "spm_seg8", "deepmriprep"):
                if kind in (cohort[section] or {}):
                    paths[f"{key}.{section}.{kind}"] = cohort[section][kind]
    for name, spec in config["features"].items():
        if isinstance(spec.get("atlas"), dict):
            for part in ("image", "labels"):
                paths[f"features.{name}.atlas.{part}"] = spec["atlas"][part]
        if spec.get("mask", "template") != "template":
            paths[f"features.{name}.mask"] = spec["mask"]
    variability = config["variability"] or {}
    if isinstance(variability.get("atlas"), dict):
        paths["variability.atlas.coordinates"] = variability["atlas"]["coordinates"]
    for key in ("table", "sets"):
        if (variability.get("genes") or {}).get(key):
            paths[f"variability.genes.{key}"] = variability["genes"][key]
    if isinstance(config["reporting"]["tripod"], str):
        paths["reporting.tripod"] = config["reporting"]["tripod"]
    return paths


def check_paths(config: Mapping[str, Any]) -> None:
    """Check that no input path needs expansion or lies in the run's folder.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    results = os.path.abspath(os.path.join("results", config["run"]))
    for key, path in input_paths(config).items():
        if path.startswith("~") or _VARIABLE.search(path):
            raise fault(
                key,
                repr(path),
                "a path without ~ and $, which are not expanded here",
                "write it out, or from the folder in which the run is started",
            )
        if os.path.commonpath([results, os.path.abspath(path)]) == results:
            raise fault(
                key,
                repr(path),
                f"an input outside results/{config['run']}, which this run writes",
                "move the input or rename the run",
            )
