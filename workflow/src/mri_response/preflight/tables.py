"""Mistakes of several tables, told in one start, and columns that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd

from mri_response.belief_updating.study import trials_of_cohort
from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import discovery_name, source_features, used_features
from mri_response.config.source_kinds import source_path
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, shorten
from mri_response.features.comparable import scale_notes
from mri_response.inputs.missing_codes import coded_cells
from mri_response.inputs.sources.names import is_sum
from mri_response.inputs.tables import check_ids, read_roi_table, read_table
from mri_response.people.columns import unreadable_subgroups
from mri_response.people.outcomes.scores import scores_of_cohort
from mri_response.people.participants import (
    filtered_rows,
    read_participants,
    roi_table_columns,
)

# Values this many times larger or smaller than those of others are of another unit.
_UNIT = 100
_SIDE = re.compile(r"(?P<left>lh|l|left)[-_. ]|(?P<right>rh|r|right)[-_. ]", re.IGNORECASE)
# With fewer columns a feature set may be of one side on purpose.
_ENOUGH_COLUMNS = 4


def check_tables(config: Mapping[str, Any]) -> None:
    """Read every table of a run once, so that one start tells what is wrong with each.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Raises
    ------
    InputError
        One line per table that has a mistake.
    """
    mistakes: dict[str, None] = {}
    for read in _readers(config):
        try:
            read()
        except InputError as error:
            mistakes[str(error)] = None
    if mistakes:
        raise InputError("\n".join(mistakes))


def _readers(config: Mapping[str, Any]) -> Iterator[Callable[[], object]]:
    """What reads each table of a run."""
    outcome = config["outcome"] or {}
    for name, cohort in config["cohorts"].items():
        yield lambda name=name: _participants(config, name)
        if cohort["scores"] is not None and "scale" in outcome:
            yield lambda cohort=cohort: scores_of_cohort(cohort, outcome["scale"])
        if config["belief"] and cohort["trials"] is not None:
            yield lambda name=name: trials_of_cohort(config, name)
        if "table" in (cohort["tiv"] or {}):
            yield lambda tiv=cohort["tiv"]: read_table(
                tiv["table"], required=["participant_id", tiv["column"]]
            )
        for features, spec in source_features(config).items():
            if feature_kind(spec).has_table:
                path = source_path(cohort["sources"][spec["source"]])
                yield lambda path=path, features=features: read_roi_table(
                    path, roi_table_columns(config, features)
                )


def _participants(config: Mapping[str, Any], name: str) -> None:
    rows = filtered_rows(read_participants(config, name), config, name)
    keys = [key for key in ID_COLUMNS if key in rows]
    check_ids(rows, config["cohorts"][name]["participants"], keys)


def subgroup_warnings(config: Mapping[str, Any]) -> list[str]:
    """Tell of columns that would define subgroups and cannot be read.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    list of str
        One line per cohort and column.
    """
    return [
        f"cohort {name}: no subgroups by {column}, and it is not described, since its values "
        "cannot "
        f"be read ({why})"
        for name in config["cohorts"]
        for column, why in unreadable_subgroups(read_participants(config, name), config).items()
    ]


def sum_warnings(config: Mapping[str, Any]) -> list[str]:
    """Tell of sums over regions that are features beside the regions.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.

    Returns
    -------
    list of str
        One line per feature set.
    """
    warnings = []
    for features, spec in used_features(config).items():
        if not feature_kind(spec).has_table:
            continue
        columns = roi_table_columns(config, features)
        sums = [name for name in columns if is_sum(name) and name not in spec["columns"]]
        if sums:
            warnings.append(
                f"features.{features}: {shorten(sums)} are totals of regions that are features "
                "too, so that tissue counts twice; leave them out with exclude, or name them under "
                "columns"
            )
    return warnings


def side_warnings(config: Mapping[str, Any]) -> list[str]:
    """Tell of tables of one hemisphere, where that of the other may have been forgotten.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.

    Returns
    -------
    list of str
        One line per feature set whose columns are not named one by one.
    """
    warnings = []
    for features, spec in used_features(config).items():
        if not feature_kind(spec).has_table or not any("*" in name for name in spec["columns"]):
            continue
        columns = roi_table_columns(config, features)
        sides = [match.lastgroup for name in columns if (match := _SIDE.match(name))]
        wanted = [match.lastgroup for name in spec["columns"] if (match := _SIDE.match(name))]
        if len(sides) >= _ENOUGH_COLUMNS and len(set(sides)) == 1 and not wanted:
            other = "right" if sides[0] == "left" else "left"
            warnings.append(
                f"features.{features}: {len(sides)} columns are of the {sides[0]} hemisphere "
                f"({shorten(columns, 2)}) and none of the {other}: is its table missing?"
            )
    return warnings


def scale_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tell of tables whose values are of another size than those of the discovery cohort.

    The same is measured again, of maps too, with the quality of the scans; what a table shows is
    told before the first job.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of str
        One line per table, see `mri_response.features.comparable.scale_notes`.

    Raises
    ------
    InputError
        Where the values cannot be of the same unit.
    """
    discovery, warnings = discovery_name(config), []
    order = {discovery: people[discovery]} | {**people}
    levels: dict[str, dict[str, float]] = {}
    for (path, columns, table), name in zip(
        _analysed_regions(config, order), cycle(order), strict=False
    ):
        values = table[columns]
        positive = values.loc[:, (values > 0).all(axis=0)] if len(values) else values.iloc[:, :0]
        levels[name] = positive.median().to_dict()
        warnings += [
            f"cohort {name}, {path}: {note}"
            for note in scale_notes(levels[name], levels[discovery], path, discovery)
        ]
    return warnings


def _analysed_regions(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]
) -> Iterator[tuple[str, list[str], pd.DataFrame]]:
    """Path, regions and analysed rows of every table of some cohorts that is a feature set."""
    for features, spec in used_features(config).items():
        if not feature_kind(spec).has_table:
            continue
        columns = roi_table_columns(config, features)
        for name, rows in people.items():
            path = source_path(config["cohorts"][name]["sources"][spec["source"]])
            table = read_roi_table(path, columns)
            yield path, columns, table[table["participant_id"].isin(rows["participant_id"])]


def zero_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tell of zeros among regions that are far from everybody else's values.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of str
        One line per table.
    """
    warnings = []
    for path, columns, table in _analysed_regions(config, people):
        zeros = coded_cells(table[columns].to_numpy(dtype=float), codes=[0])
        if zeros.any():
            n = table["participant_id"][zeros.any(axis=1)].nunique()
            told = [columns[column] for column in np.flatnonzero(zeros.any(axis=0))]
            warnings.append(
                f"{path}: {'1 person has' if n == 1 else f'{n} people have'} 0 in columns in which "
                f"nobody else is near 0 ({shorten(told, 3)}); it is taken as a measurement of "
                "0; if it stands for a missing value, write n/a"
            )
    return warnings


def unit_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tell of positive values among regions that look as if they were in another unit.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of str
        One line per table with values of more than a hundred times, or less than a hundredth of,
        the median of their column.
    """
    warnings = []
    for path, columns, table in _analysed_regions(config, people):
        values = table[columns].to_numpy(dtype=float)
        values = np.where(values > 0, values, np.nan)
        with np.errstate(invalid="ignore"), catch_warnings():
            simplefilter("ignore", RuntimeWarning)  # columns without a positive value
            times = values / np.nanmedian(values, axis=0)
        far = (times > _UNIT) | (times < 1 / _UNIT)
        if far.any():
            n = table["participant_id"][far.any(axis=1)].nunique()
            told = [columns[column] for column in np.flatnonzero(far.any(axis=0))]
            warnings.append(
                f"{path}: {'1 person has' if n == 1 else f'{n} people have'} values about "
                f"{times[far][0]:.2g} times those of the others ({shorten(told, 3)}); if they are "
                "in another unit, convert them"
            )
    return warnings


def constant_columns(config: Mapping[str, Any], rows: pd.DataFrame) -> list[str]:
    """Tell of regions of tables that are the same for everybody.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    rows : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    list of str
        One line per table.
    """
    warnings = []
    for path, columns, table in _analysed_regions(config, {discovery_name(config): rows}):
        constant = [column for column in columns if table[column].nunique() < 2]
        if constant:
            warnings.append(
                f"{path}: {len(constant)} columns hold one value for everybody and say "
                f"nothing ({shorten(constant, 3)}); leave them out with exclude"
            )
    return warnings
