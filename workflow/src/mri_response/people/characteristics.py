"""Who the analysed people are: the table that stands first in a clinical paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.columns import CATEGORIES, RESERVED_COLUMNS
from mri_response.config.outcome_kinds import is_number
from mri_response.config.queries import (
    categorical_confounds,
    class_names,
    feature_columns,
    has_classes,
    used_confounds,
)
from mri_response.core.tables import as_categories
from mri_response.core.vocabulary import EVERYBODY
from mri_response.people.rows import person_weights

_OUTCOME = "outcome"  # the variable's name where it is a number
ROUNDING = 1e-9  # thirds of a person add up to one, but for the last digit
COLUMNS = [
    "cohort",
    "role",
    "group",
    "variable",
    "level",
    "n",
    "n_missing",
    "mean",
    "sd",
    "share",
]


def characteristics(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Describe the analysed people of each cohort, together and by class.

    Parameters
    ----------
    config : mapping
        Sections cohorts, models, features, outcome, subgroups and min_class_size of the
        configuration.
    people : mapping of str to pandas.DataFrame
        The analysed rows by cohort.

    Returns
    -------
    pandas.DataFrame
        ``cohort``, ``role``, ``group`` ("all" or the name of a class), ``variable`` (an outcome
        that is a number, baseline score, confounds and clinical features; without models all
        columns of the tables),
        ``level`` of a category, ``n`` (people), ``n_missing`` (people without a value), ``mean``
        and ``sd`` of a number, ``share`` of a level among those with a value.
        A person with several rows counts once, with the mean over them. Nothing is said of fewer
        than ``min_class_size`` people, be it a group or a level: it could tell who they are.
    """
    variables = _variables(config, people)
    groups: dict[str, int | None] = {EVERYBODY: None}
    if has_classes(config):
        groups |= dict(zip(class_names(config), (1, 0), strict=True))
    rows = []
    for cohort, table in people.items():
        role = config["cohorts"][cohort]["role"]
        if is_number(config):
            table = table.assign(**{_OUTCOME: table["label"]})
        known = [variable for variable in variables if variable in table]
        for group, label in groups.items():
            members = table if label is None else table[table["label"] == label]
            for variable in known:
                category = variables[variable]
                for row in _described(members, variable, category, config["min_class_size"]):
                    rows.append({"cohort": cohort, "role": role, "group": group, **row})
    return pd.DataFrame(rows, columns=COLUMNS)


def _variables(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> dict[str, bool]:
    """Variables to describe, and whether they hold categories."""
    columns = feature_columns(config)
    categories = {*CATEGORIES, *(column for column, category in columns.items() if category)}
    categories |= {*categorical_confounds(config)}
    wanted = [_OUTCOME] if is_number(config) else []
    wanted += ["baseline_score", *used_confounds(config), *columns]
    if not config["models"]:
        own = [column for table in people.values() for column in table]
        wanted += [column for column in own if column not in RESERVED_COLUMNS]
        categories |= {*(config["subgroups"]["columns"] or ())} - {"age"}
    return {variable: variable in categories for variable in dict.fromkeys(wanted)}


def _described(
    members: pd.DataFrame, variable: str, category: bool, smallest: float
) -> list[dict[str, Any]]:
    weights, _ = person_weights(members["participant_id"])
    smallest -= ROUNDING
    values = members[variable]
    known = values.notna().to_numpy()
    n, n_known = weights.sum(), weights[known].sum()
    row = {"variable": variable, "n": round(n), "n_missing": round(n - n_known)}
    enough = n_known >= smallest
    if not category:
        number, w = values[known].to_numpy(dtype=float), weights[known]
        if not enough:
            return [row]
        mean = np.average(number, weights=w)
        # Frequency weights that sum to the people, so that n - 1 is the usual divisor.
        variance = np.sum(w * (number - mean) ** 2) / (n_known - 1)
        return [row | {"mean": mean, "sd": np.sqrt(variance)}]
    values = as_categories(values)
    levels = sorted(values[known].unique())
    shares = {
        level: weights[known & (values == level).to_numpy(bool, na_value=False)].sum()
        for level in levels
    }
    told = enough and all(count >= smallest for count in shares.values())
    return [
        row | {"level": level, "share": count / n_known if told else np.nan}
        for level, count in shares.items()
    ]
