"""What a configuration uses otherwise, and so is no region of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.columns import CATEGORIES
from mri_response.config.queries import (
    columns_of_harmonisation,
    discovery_name,
    feature_columns,
    used_confounds,
)


def not_regions(config: Mapping[str, Any]) -> dict[str, str]:
    """Names of columns that are not taken as regions unless a feature set names them.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.

    Returns
    -------
    dict of str to str
        Names in lower case and what they are, in words; the outcome's scale, in letters and digits
        alone, ends with an asterisk, since names of columns begin with it.
    """
    outcome, cohort = config.get("outcome") or {}, config["cohorts"][discovery_name(config)]
    names = dict.fromkeys(("age", *CATEGORIES, *cohort["where"]), "of the participants table")
    names |= dict.fromkeys(feature_columns(config), "a clinical feature")
    names |= dict.fromkeys(columns_of_harmonisation(config), "a column of harmonise")
    names |= dict.fromkeys(used_confounds(config), "a confound")
    if (cohort["tiv"] or {}).get("column"):
        names[cohort["tiv"]["column"]] = "intracranial volume"
    if "scale" in outcome:
        scale = "".join(sign for sign in outcome["scale"] if sign.isalnum())
        names[f"{scale}*"] = "a score of the outcome's scale"
    if "column" in outcome:
        names[outcome["column"]] = "the label"
    return {name.lower(): why for name, why in names.items()}
