"""The participants table of a cohort and the rows that its filter keeps."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.not_regions import not_regions
from mri_response.config.outcome_kinds import outcome_kind
from mri_response.config.queries import (
    columns_of_harmonisation,
    discovery_name,
    feature_columns,
    left_out_columns,
    used_confounds,
)
from mri_response.config.source_kinds import QUALITY_WORDS, source_path
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.core.vocabulary import Role
from mri_response.inputs.joins import check_levels
from mri_response.inputs.sources.people_tables import participants_format, read_people_table
from mri_response.inputs.tables import require_columns, table_columns


def read_participants(config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """The participants table, with the columns that the run needs.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.
    """
    within = config["specificity"]["within"] if "specificity" in config else None
    cohort = config["cohorts"][name]
    required = ["participant_id", *cohort["where"]]
    if config["outcome"] and not outcome_kind(config).has_scores:
        required.append(config["outcome"]["column"])
    named = [
        *used_confounds(config),
        *columns_of_harmonisation(config),
        *feature_columns(config),
    ]
    required += [
        c for c in dict.fromkeys(named) if c not in ("tiv", "baseline_score", *QUALITY_WORDS)
    ]
    if cohort["role"] == Role.DISCOVERY:
        structure = [*structure_columns(config), config.get("sites", {}).get("column")]
        required += [column for column in structure if column is not None]
    elif within is not None:
        required.append(within)
    table = read_people_table(
        cohort["participants"],
        participants_format(cohort),
        # A sex that cannot be read is told where the sex is used.
        strict=False,
    )
    require_columns(table, required, cohort["participants"])
    return table


def structure_columns(config: Mapping[str, Any]) -> list[str | None]:
    """Columns of families, of permutation blocks, of who is left out and who is learned from."""
    cv = config["cross_validation"]
    options = [model["harmonise"] for model in config["models"].values() if model["harmonise"]]
    learn_from = [column for one in options for column in one["learn_from"] or ()]
    return [cv["group"], config["permutation"]["within"], *left_out_columns(cv), *learn_from]


def filtered_rows(table: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Keep the rows of a cohort that match its filter.

    Parameters
    ----------
    table : pandas.DataFrame
        The cohort's participants table, as `read_participants` returns it.
    config : mapping
        The configuration with its defaults.
    name : str
        Name of the cohort.

    Returns
    -------
    pandas.DataFrame
        Rows that have one of the wanted values in every column of ``where``.

    Raises
    ------
    InputError
        If no row matches, or a value differs from a wanted one only in its spelling.
    """
    cohort = config["cohorts"][name]
    keep = pd.Series(True, table.index)
    for column, values in cohort["where"].items():
        keep &= table[column].isin(values)
        if not keep.any():
            present = table[column].dropna().unique()
            raise InputError(
                f"{cohort['participants']}: column {column}: found {shorten(present)}, expected "
                f"rows with {shorten(values)} (cohorts.{name}.where.{column}); "
                f"{suggestion(values[0], present)}correct the filter or the table"
            )
        where = f"cohorts.{name}.where.{column}"
        check_levels(table[column], values, cohort["participants"], where)
    return table[keep]


def roi_table_columns(config: Mapping[str, Any], features: str) -> list[str]:
    """Names of the regions of a feature set of kind table, which the discovery cohort decides.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    features : str
        Name of the feature set.

    Returns
    -------
    list of str
        Columns of the discovery cohort's table, in its order.
    """
    spec = config["features"][features]
    source = source_path(config["cohorts"][discovery_name(config)]["sources"][spec["source"]])
    return table_columns(source, spec["columns"], spec["exclude"], not_regions(config))
