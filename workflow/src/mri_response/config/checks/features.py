"""Feature sets that are made from others or from clinical columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mri_response.config.messages import fault
from mri_response.config.queries import (
    CATEGORIES,
    RESERVED_COLUMNS,
    clinical_features,
    column_of,
    feature_columns,
    source_features,
    used_features,
)
from mri_response.core.tables import suggestion

if TYPE_CHECKING:
    pass


def check_derived_features(config: Mapping[str, Any]) -> None:
    if not source_features(config):
        raise fault(
            "models",
            "clinical models alone",
            "a model of the scans beside them",
            "add one; clinical models are what it is compared with",
        )
    for name, spec in used_features(config).items():
        for part in spec.get("sets", ()):
            kinds = {other: s["kind"] for other, s in config["features"].items()}
            allowed = [o for o, kind in kinds.items() if kind not in ("voxels", "concatenated")]
            if part not in allowed:
                what = f"{part!r}, a set of kind {kinds[part]}" if part in kinds else repr(part)
                raise fault(
                    f"features.{name}.sets",
                    what,
                    f"feature sets with a table: {', '.join(allowed)}",
                    "correct it",
                )
    outcome = config["outcome"]
    categories = feature_columns(config)
    for name, spec in clinical_features(config).items():
        key = f"features.{name}.columns"
        for column in spec["columns"]:
            if categories[column] and column not in (*CATEGORIES, *spec["categorical"]):
                raise fault(
                    f"features.{name}.categorical",
                    f"no {column!r}, which is categorical in another feature set",
                    "a column to be the same everywhere",
                    "add it here or remove it there",
                )
        for column in spec["categorical"]:
            if column not in spec["columns"]:
                raise fault(
                    f"features.{name}.categorical",
                    repr(column),
                    f"some of the columns {', '.join(spec['columns'])}",
                    f"{suggestion(column, spec['columns'])}add it to columns or correct it",
                )
        for column in spec["columns"]:
            if column == outcome.get("column"):
                raise fault(key, f"{column!r}, which is the label", "other columns", "remove it")
            if column == "baseline_score" and outcome.get("baseline") is None:
                raise fault(
                    key,
                    "'baseline_score'",
                    "it only with an outcome from scores that has a baseline",
                    "add outcome.baseline or name a column of the participants table",
                )
            if column in RESERVED_COLUMNS and column != "baseline_score":
                raise fault(
                    key,
                    repr(column),
                    "what is known before treatment",
                    "remove it, or rename the column in the table",
                )
            for cohort, own in config["cohorts"].items():
                if column == "tiv" and own["tiv"] is None:
                    raise fault(
                        f"cohorts.{cohort}.tiv",
                        "nothing",
                        f"where total intracranial volume comes from, since features.{name} has it",
                        "add for example {column: tiv} or remove it there",
                    )
    for name, model in config["models"].items():
        parts = config["features"][model["features"]].get("sets", (model["features"],))
        clinical = clinical_features(config)
        for part in parts:
            both = {column_of(c) for c in model["confounds"]} & set(
                clinical.get(part, {}).get("columns", ())
            )
            if both:
                raise fault(
                    f"models.{name}.confounds",
                    f"{sorted(both)[0]!r}, which is a feature of {part} too",
                    "each column as a confound or as a feature",
                    "remove one of the two",
                )
