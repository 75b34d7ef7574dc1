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
