"""Who lacks an image, a row of a table or a value of a feature set."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import placeholders
from mri_response.config.source_kinds import gives_regions, source_in, source_path
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, read_tsv, shorten
from mri_response.inputs.joins import check_same_ids
from mri_response.inputs.paths import broken_links, image_paths, near_images
from mri_response.inputs.sources.cat12_regions import check_regions
from mri_response.inputs.sources.record import State
from mri_response.inputs.tables import check_ids, read_roi_table
from mri_response.people.columns import reason_where
from mri_response.people.participants import roi_table_columns

#: Reasons by the state in a record, as they stand in ``exclusions.tsv``.
UNREAD = {
    "no_folder": "no folder",
    "no_file": "no file",
    "no_row": "no row in the table",
    "crashed": "the program did not finish",
    "incomplete": "a file is missing",
    "dangling": "a file is a link without content (datalad get)",
    "other_labels": "other regions than the other people",
    "missing_value": "a value is missing",
}


def incomplete_features(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str, features: str
) -> pd.Series:
    """The reason where a feature set is not complete.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table that match the filter, by line.
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.
    features : str
        Name of the feature set.
    """
    spec = config["features"][features]
    taken = source_in(spec, name)
    source = config["cohorts"][name]["sources"][taken]
    path = source_path(source)
    if rows.empty:
        return pd.Series(None, rows.index, dtype=object)
    if not isinstance(source, str):
        record = read_tsv(config["cohorts"][name]["record"])
        record = record[record["source"] == taken]
        reason = _unread(rows, record, taken)
        if gives_regions(spec, name):
            check_regions(path, f"cohorts.{name}.sources.{taken}")
        if feature_kind(spec).has_image or reason.notna().all():
            return reason
        columns = roi_table_columns(config, features)
        read = rows[reason.isna()]
        incomplete = _incomplete_rows(read, config, name, path, columns, taken)
        return reason.fillna(incomplete.reindex(rows.index)).astype(object)
    if feature_kind(spec).has_image:
        participants = config["cohorts"][name]["participants"]
        return _missing_images(rows, name, taken, path, participants)
    columns = roi_table_columns(config, features)
    return _incomplete_rows(rows, config, name, path, columns, taken)


def why_no_volume(
    reasons: Sequence[pd.Series], rows: pd.DataFrame, config: Mapping[str, Any], name: str
) -> list[pd.Series]:
    """Say why a file was not read in place of "tiv is missing" where the volume comes from it.

    Parameters
    ----------
    reasons : sequence of pandas.Series
        Why a row is left out, for each column, None where it is not.
    rows : pandas.DataFrame
        The rows of the cohort.
    config : mapping
        The completed configuration, with the places of what was read before.
    name : str
        The cohort.

    Returns
    -------
    list of pandas.Series
    """
    source = (config["cohorts"][name]["tiv"] or {}).get("source")
    if source is None or rows.empty:
        return list(reasons)
    record = read_tsv(config["cohorts"][name]["record"])
    why = _unread(rows, record[record["source"] == source], source)
    return [own.mask((own == "tiv is missing") & why.notna(), why) for own in reasons]


def _unread(rows: pd.DataFrame, record: pd.DataFrame, source: str) -> pd.Series:
    """Why nothing was read of a person, in the words of the record's state."""
    keys = [key for key in ID_COLUMNS if key in rows]
    state = rows[keys].merge(record[[*keys, "state"]], on=keys, how="left")["state"].to_numpy()
    words = [UNREAD.get(found, UNREAD["no_file"]) for found in state]
    reason = [
        None if found == State.READ else f"{what} (source {source})"
        for found, what in zip(state, words, strict=True)
    ]
    return pd.Series(reason, rows.index, dtype=object)


def _missing_images(
    rows: pd.DataFrame, name: str, source: str, pattern: str, participants: str
) -> pd.Series:
    key = f"cohorts.{name}.sources.{source}"
    sessions = "session_id" in placeholders(pattern)
    if sessions and "session_id" not in rows:
        raise InputError(
            f"config: {key}: found {{session_id}} in {pattern!r}, expected {{participant_id}} "
            "alone, since the participants table has no column session_id; correct one of them"
        )
    if not sessions and rows["participant_id"].duplicated().any():
        person = rows.loc[rows["participant_id"].duplicated(), "participant_id"].iloc[0]
        raise InputError(
            f"config: {key}: found no {{session_id}} in {pattern!r}, expected it, since {person} "
            "has several sessions; add it to the pattern"
        )
    paths = image_paths(pattern, rows)
    missing = pd.Series([path is None for path in paths], rows.index)
    links = pd.Series(None, rows.index, dtype=object)
    links[missing] = broken_links(pattern, rows[missing])
    n_links = links.notna().sum()
    if missing.all() and n_links:
        raise InputError(
            f"config: {key}: found {n_links} broken links (such as {links.dropna().iloc[0]}) and "
            f"no image for any of {len(rows)} rows, expected images; get their content (datalad "
            "get, git annex get)"
        )
    if missing.all():
        example = pattern.replace("{participant_id}", rows["participant_id"].iloc[0])
        if sessions:
            example = example.replace("{session_id}", rows["session_id"].iloc[0])
        raise InputError(
            f"config: {key}: found no image for any of {len(rows)} rows, expected for example "
            f"{example}; correct the pattern or the participant ids"
        )
    nobody = rows[missing & links.isna()]
    near = near_images(pattern, nobody, rows["participant_id"]) if len(nobody) else []
    if near:
        (person, path, how), others = near[0], len(near) - 1
        more = f", as do {others} more" if others else ""
        raise InputError(
            f"config: cohorts.{name}.sources.{source}: found {path}, expected the image of "
            f"{person!r} as in {participants}: the ids differ only by {how}{more}; write them alike"
        )
    reason = reason_where(missing, f"no image for the source {source}")
    reason[links.notna()] = (
        f"the image of the source {source} is a broken link (datalad get, git annex get)"
    )
    return reason


def _incomplete_rows(
    rows: pd.DataFrame,
    config: Mapping[str, Any],
    name: str,
    path: str,
    columns: Sequence[str],
    source: str,
) -> pd.Series:
    participants = config["cohorts"][name]["participants"]
    table = read_roi_table(path, columns)
    check_same_ids(rows["participant_id"], table["participant_id"], participants, path)
    keys = [key for key in ID_COLUMNS if key in rows and key in table]
    for key in keys[1:]:
        check_same_ids(rows[key].dropna(), table[key].dropna(), participants, path, key)
    check_ids(table, path, keys)
    if rows.duplicated(keys).any():
        person = rows.loc[rows.duplicated(keys), "participant_id"].iloc[0]
        raise InputError(
            f"{path}: found no column session_id, expected it, since {person} has several "
            f"sessions in {participants}; add the column"
        )
    position = pd.MultiIndex.from_frame(table[keys]).get_indexer(
        pd.MultiIndex.from_frame(rows[keys])
    )
    if (position < 0).all():
        raise InputError(
            f"{path}: found none of the {len(rows)} people of {participants}, expected rows such "
            f"as {rows['participant_id'].iloc[0]!r}; it has {shorten(table['participant_id'], 3)}"
        )
    incomplete = table[list(columns)].isna().any(axis=1).to_numpy()
    reason = pd.Series(None, rows.index, dtype=object)
    reason[incomplete[position]] = f"a value is missing in the table of the source {source}"
    reason[position < 0] = f"no row in the table of the source {source}"
    return reason
