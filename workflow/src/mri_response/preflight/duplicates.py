"""People who are not alone: one under two ids, and families that folds would separate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.not_regions import not_regions
from mri_response.config.queries import discovery_name, used_features
from mri_response.config.source_kinds import source_path
from mri_response.core.tables import shorten
from mri_response.inputs.sources.ids import Spellings
from mri_response.inputs.tables import read_roi_table
from mri_response.people.participants import read_participants

#: Names of columns that say whose relatives people are, in lower case without spaces and lines.
FAMILIES = ("family", "familyid", "famid", "fid", "twinpair", "twinid", "pairid", "household")
#: With fewer columns of many distinct values, equal rows may be chance.
FEW_COLUMNS = 3


def duplicate_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Warn of different people with equal rows in a table of regions, within and across cohorts.

    Parameters
    ----------
    config : mapping
        Sections cohorts, features and models of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of str
        One line per feature set with such people.
    """
    warnings = []
    for name, spec in used_features(config).items():
        if not feature_kind(spec).has_table:
            continue
        parts = []
        for cohort, rows in people.items():
            path = source_path(config["cohorts"][cohort]["sources"][spec["source"]])
            table = read_roi_table(path, spec["columns"], spec["exclude"], not_regions(config))
            table = table[table["participant_id"].isin(rows["participant_id"])]
            parts.append(table.drop(columns="session_id", errors="ignore").assign(cohort_=cohort))
        joined = pd.concat(parts, ignore_index=True, join="inner")
        features = joined.columns.difference(["participant_id", "cohort_"])
        found = same_rows(joined, list(features))
        if found:
            shown = [" = ".join(group) for group in found]
            warnings.append(
                f"features.{name}: {sum(map(len, found))} people have the very values of another "
                f"({shorten(shown, 3)}); if they are one person under several ids, the person is "
                "on both sides of a split and no result is valid: keep one"
            )
    return warnings


def spelling_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Warn of people of two cohorts whose ids differ only in how they are written.

    Parameters
    ----------
    config : mapping
        Section cohorts of the completed configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort; nobody is in two of them under the very same id.

    Returns
    -------
    list of str
        One line per cohort with such people, unless it has ids of its own (``own_ids``).
    """
    seen: dict[str, str] = {}
    warnings = []
    for name, rows in people.items():
        if config["cohorts"][name]["own_ids"]:
            continue
        ids = rows["participant_id"].unique()
        spellings = Spellings(seen)
        near = [(who, *other) for who in ids if (other := spellings.near(who))]
        if near:
            who, other, how = near[0]
            more = f", and so do {len(near) - 1} more" if len(near) > 1 else ""
            warnings.append(
                f"cohort {name}: participant_id {who!r} and {other!r} of cohort {seen[other]} "
                f"differ only by {how}{more}; if they are one person, the person is on both sides "
                f"of a split: keep one; if not, write own_ids: true at cohorts.{name}"
            )
        seen |= dict.fromkeys(ids, name)
    return warnings


def same_rows(table: pd.DataFrame, features: list[str]) -> list[list[str]]:
    """Groups of people with equal features.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns participant_id, cohort_ and the features, one row per scan.
    features : list of str
        Names of the features. Those with fewer distinct values than half the rows do not count.

    Returns
    -------
    list of list of str
        People as in ``cohort/participant_id``; empty where fewer than `FEW_COLUMNS` features count.
    """
    telling = [column for column in features if 2 * table[column].nunique() >= len(table)]
    complete = table.dropna(subset=telling)
    if len(telling) < FEW_COLUMNS:
        return []
    groups = []
    copies = complete[complete.duplicated(telling, keep=False)]
    for _, rows in copies.groupby(telling, sort=False) if len(copies) else ():
        who = (rows["cohort_"] + "/" + rows["participant_id"]).unique().tolist()
        if len(set(rows["participant_id"])) > 1:
            groups.append(who)
    return groups


def family_warnings(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Warn of a column of families that no key names, so that folds may separate relatives.

    Parameters
    ----------
    config : mapping
        Sections cohorts and cross_validation of the completed configuration.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    list of str
        One line where some of the analysed people share a value of such a column. Where all share
        one, or the folds keep other groups together, there is nothing to tell.
    """
    if config["cross_validation"]["group"] is not None:
        return []
    name = discovery_name(config)
    table = read_participants(config, name).drop_duplicates("participant_id")
    table = table[table["participant_id"].isin(people["participant_id"])]
    for column in table:
        if re.sub(r"[\s_-]", "", column.lower()) not in FAMILIES:
            continue
        sizes = table[column].value_counts()
        shared = sizes[sizes > 1]
        if len(shared) and len(sizes) > 1:
            return [
                f"cohort {name}: {shared.sum()} people share one of {len(shared)} values of "
                f"{column}, and folds may separate them; where relatives are alike results are "
                f"too good: write cross_validation: {{group: {column}}}"
            ]
    return []
