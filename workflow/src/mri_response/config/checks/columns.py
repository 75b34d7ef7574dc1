"""Columns of the user that would overwrite those of the workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mri_response.config.columns import RESERVED_COLUMNS
from mri_response.config.messages import fault
from mri_response.config.queries import (
    column_of,
    left_out_columns,
)
from mri_response.core.vocabulary import Role

if TYPE_CHECKING:
    pass


def check_columns(config: Mapping[str, Any]) -> None:
    """Columns of the user that would overwrite those of the cohort tables."""
    named = {
        f"models.{name}.confounds": [column_of(confound) for confound in model["confounds"]]
        for name, model in config["models"].items()
    }
    named["cross_validation.group"] = [config["cross_validation"]["group"]]
    named["permutation.within"] = [config["permutation"]["within"]]
    named["specificity.within"] = [config["specificity"]["within"]]
    named["subgroups.columns"] = config["subgroups"]["columns"] or []
    named["sites.column"] = [config["sites"]["column"]]
    _check_sites(config)
    left_out = left_out_columns(config["cross_validation"])
    named["cross_validation: who is left out"] = [
        column for column in left_out if column != "participant_id"
    ]
    for key, columns in named.items():
        for column in columns:
            if column in RESERVED_COLUMNS:
                raise fault(
                    key,
                    repr(column),
                    "a column that the workflow does not define itself "
                    f"({', '.join(RESERVED_COLUMNS)})",
                    "rename the column in the table",
                )
            if not key.endswith("confounds") and column == "tiv":
                raise fault(key, "'tiv'", "a column of categories", "name another column")
    both = "a column within whose values both classes occur"
    for key, column, expected in (
        ("permutation.within", config["permutation"]["within"], both),
        ("specificity.within", config["specificity"]["within"], both),
        ("sites.column", config["sites"]["column"], "a column that is not predicted"),
        *(
            ("cross_validation: who is left out", column, "a column that is not predicted")
            for column in left_out
        ),
    ):
        if column is not None and column == (config["outcome"] or {}).get("column"):
            raise fault(
                key,
                f"{column!r}, which is the label",
                expected,
                "name another column or write null",
            )


def _check_sites(config: Mapping[str, Any]) -> None:
    """Models, and other cohorts to learn from in the way of the discovery cohort."""
    if any(config["sites"].values()) and not config["models"]:
        raise fault(
            "sites",
            "a question about models, and no models",
            "models whose predictions are looked at by site",
            "add models or remove the section",
        )
    if not config["sites"]["transport"]:
        return
    if not any(cohort["role"] == Role.EXTERNAL for cohort in config["cohorts"].values()):
        raise fault(
            "sites.transport",
            "true, and no external cohort",
            "an external cohort at least, which is learned from in its turn",
            "add one or remove the key",
        )
    if config["cross_validation"]["inner"] != "k_fold":
        raise fault(
            "sites.transport",
            f"true with inner {config['cross_validation']['inner']}",
            "inner k_fold, since other cohorts have few sites",
            "remove one of the two",
        )
    for name, model in config["models"].items():
        if (model["harmonise"] or {}).get("reference") is not None:
            raise fault(
                "sites.transport",
                f"true, and models.{name}.harmonise has a reference site",
                "no reference, since other cohorts do not have the site",
                "write reference: null or remove the key",
            )
