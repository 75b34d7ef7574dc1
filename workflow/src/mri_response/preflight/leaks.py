"""Features that know the outcome: columns of tables that are left out, refused or told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.not_regions import not_regions
from mri_response.config.queries import (
    declared_categories,
    discovery_name,
    used_confounds,
    used_features,
)
from mri_response.config.source_kinds import source_path
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.features.clinical import clinical_features
from mri_response.features.effect import effect_features, session_paths
from mri_response.features.separation import separating, separating_words
from mri_response.features.table import table_features
from mri_response.inputs.tables import read_roi_table

# Correlation from which two columns are one, and values up to which one may be codes of categories.
_ALIKE = 0.99999
_LEVELS = 30


def leak_warnings(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Tell columns that are not taken as regions, and features that separate the classes alone.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    list of str
        One line per feature set and kind of finding. A feature counts that separates the classes
        where chance would hardly do so among so many features.
    """
    warnings = []
    for name, path, values, left_out in columns_of_sets(config, people):
        if left_out:
            which = ", ".join(f"{column} ({why})" for column, why in [*left_out.items()][:8])
            more = f" and {len(left_out) - 8} more" if len(left_out) > 8 else ""
            warnings.append(
                f"features.{name}: columns of {path} that are not taken as regions: {which}{more}; "
                "to use one, name it under columns"
            )
        named = config["features"][name].get("columns") or []
        same = disguised_columns(values.drop(columns=named, errors="ignore"), people)
        if same and not feature_kind(config["features"][name]).is_clinical:
            which = ", ".join(f"{column} (as {other})" for column, other in [*same.items()][:5])
            more = f" and {len(same) - 5} more" if len(same) > 5 else ""
            warnings.append(
                f"features.{name}: columns of {path} that hold what the participants table has: "
                f"{which}{more}; they are used as regions: leave them out with exclude, or name "
                "them under columns"
            )
        areas = separating(values, people["label"].to_numpy())
        if len(areas):
            warnings.append(f"features.{name}: {separating_words(areas, f' of {path}')}")
    return warnings


def disguised_columns(values: pd.DataFrame, people: pd.DataFrame) -> dict[str, str]:
    """Find columns that hold another column of the people under another name.

    Parameters
    ----------
    values : pandas.DataFrame, shape (rows, features)
        Numbers, NaN where missing.
    people : pandas.DataFrame
        The same rows with age, sex, total intracranial volume and confounds.

    Returns
    -------
    dict of str to str
        Feature to the column that it is, up to its unit or coding.
    """
    found = {}
    few = [column for column in values if 2 <= values[column].nunique() <= _LEVELS]
    for name in [column for column in people if column in ("age", "sex", "site", "tiv")]:
        cells = people[name].reset_index(drop=True)
        if name == "site" and 2 * cells.nunique() > cells.notna().sum():
            continue  # where sites have a person each, every feature tells them apart
        if name in ("age", "tiv"):
            other = cells.astype(float)
            if other.nunique() > 2:
                alike = values.corrwith(other).abs() > _ALIKE
                found |= dict.fromkeys(alike.index[alike], name)
        else:
            for column in few:
                pairs = pd.DataFrame({"a": values[column], "b": cells}).dropna().drop_duplicates()
                levels = {len(pairs), *pairs.nunique(), cells.nunique()}
                if len(levels) == 1 and len(pairs) > 1:
                    found.setdefault(column, name)
    return found


def check_leaks(config: Mapping[str, Any], people: pd.DataFrame) -> None:
    """Check that no feature or confound is the outcome or the score at the end of treatment.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Raises
    ------
    InputError
        Naming the columns.
    """
    label = (config["outcome"].get("column") or "").lower()
    for name, path, values, _ in columns_of_sets(config, people):
        same = [column for column in values if column.lower() == label]
        what = "the label (outcome.column)"
        if not same and "endpoint_score" in people:
            end = people["endpoint_score"].to_numpy(dtype=float)
            same = [column for column in values if np.array_equal(values[column], end)]
            what = "the score at outcome.endpoint, from which the outcome is made"
        if same:
            effect = config["features"][name].get("effect")
            section = f"features.{name}" if effect is None else f"effects.{effect}"
            raise InputError(
                f"config: {section}.columns: found {shorten(same, 3)} of {path}, which is "
                f"{what}, expected what is known before treatment; leave it out with exclude or "
                "name other columns"
            )
    _check_confounds(config, people)


def _check_confounds(config: Mapping[str, Any], people: pd.DataFrame) -> None:
    """A confound that holds the outcome would take it out of the features, or predict it."""
    ends = [name for name in ("label", "endpoint_score") if name in people]
    for column in used_confounds(config):
        if column in declared_categories(config) or column not in people:
            continue
        values = people[column].to_numpy(dtype=float)
        if any(np.array_equal(values, people[name].to_numpy(dtype=float)) for name in ends):
            raise InputError(
                f"config: models: found the confound {column!r}, which holds the outcome or the "
                "score at outcome.endpoint, expected what is known before treatment; remove it"
            )


def columns_of_sets(
    config: Mapping[str, Any], people: pd.DataFrame
) -> Iterator[tuple[str, str, pd.DataFrame, Mapping[str, str]]]:
    """Go through the feature sets that are made from tables of the user.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Yields
    ------
    name : str
        The feature set.
    path : str
        The user's file; of an effect, that of the later session.
    values : pandas.DataFrame, shape (rows, features)
        Of the people.
    left_out : mapping of str to str
        Columns that are not taken as regions, and why.
    """
    cohort = config["cohorts"][discovery_name(config)]
    for name, spec in used_features(config).items():
        kind = feature_kind(spec)
        if kind.has_table:
            path = source_path(cohort["sources"][spec["source"]])
            table = read_roi_table(path, spec["columns"], spec["exclude"], not_regions(config))
            columns = [c for c in table if c not in ("participant_id", "session_id")]
            # It is known what the files of programs hold beside regions: nothing is told of it.
            plain = isinstance(cohort["sources"][spec["source"]], str)
            left_out = table.attrs["left_out"] if plain else {}
            yield name, path, table_features(path, columns, people), left_out
        elif kind.is_clinical:
            yield name, cohort["participants"], clinical_features(people, people, spec), {}
        elif kind.has_effect:
            effect = spec["effect"]
            path = session_paths(config, effect, discovery_name(config))["after"]
            yield name, path, effect_features(config, effect, discovery_name(config), people), {}
