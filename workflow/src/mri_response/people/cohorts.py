"""Who is analysed: from the participants tables to the people of each cohort.

A person is analysed if the row filter keeps the row, the outcome is known, every confound that
some model removes is there (unless it is imputed), and every feature set that some model uses is
complete. What is left are the candidates; rules of quality control (:mod:`features.quality`)
may leave some of them out. Everybody else is listed with the first reason, in that order.
"""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import (
    IMAGE_KINDS,
    class_names,
    discovery_name,
    feature_columns,
    left_out_column,
    placeholders,
    source_features,
    used_confounds,
    used_features,
)
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, shorten, suggestion
from mri_response.inputs.images import first_voxel_ml, resolve_pattern
from mri_response.inputs.tables import (
    check_ids,
    check_same_ids,
    numbers,
    read_roi_table,
    read_table,
    require_columns,
    table_columns,
)
from mri_response.inputs.tiv import read_tiv
from mri_response.people.outcomes import clinical_outcome, missing_score, read_scores

#: What is read as female and male. Numbers are not: 1 and 2 are used both ways round.
SEX_CODES = {"f": "F", "female": "F", "m": "M", "male": "M"}
OLDEST = 120
#: Columns that define subgroups where the configuration names none.
SUBGROUPS = ("sex", "age", "site")


def build_cohort(
    config: Mapping[str, Any], name: str, quality: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The analysed rows of a cohort, who was left out, and the counts between.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.
    name : str
        The cohort.
    quality : pandas.DataFrame, optional
        As :func:`features.quality.quality_table` returns it: whom it excludes is left out
        last. Without it the people are the candidates, whose scans are measured.

    Returns
    -------
    people : pandas.DataFrame
        One row a person (or a person and session), in the order of the participants table:
        ``participant_id``, ``session_id`` if the table has it, ``label`` (1 is the positive class),
        ``outcome`` (name of the class), ``baseline_score`` and ``endpoint_score`` for outcomes from
        scores, then the columns that the run uses: confounds (``age`` in years, ``sex`` F or M,
        ``tiv`` in ml, ``site`` text, others numbers), columns that are features, family and
        permutation block, and those of subgroups; ``tiv`` also where the cohort has it and no model
        uses it.
    exclusions : pandas.DataFrame
        ``cohort``, ``participant_id``, ``session_id`` if the table has it, ``reason``.
    flow : pandas.DataFrame
        ``cohort``, ``role``, ``step``, ``n`` (rows): what was there, what each reason took away,
        what is analysed.

    Raises
    ------
    InputError
        For a mistake in a table, or if nobody is left.
    """
    cohort = config["cohorts"][name]
    table = _read_participants(config, name)
    rows = _filtered(table, config, name)
    keys = [key for key in ID_COLUMNS if key in rows]
    check_ids(rows, cohort["participants"], keys)
    outcome = _outcome(rows, config, name)
    positive, _ = class_names(config)

    people = rows[keys].copy()
    people["label"] = (outcome["outcome"] == positive).astype(int)
    people = people.join(outcome.drop(columns="reason"))
    columns = _used_columns(rows, config, name, outcome["reason"].isna())
    people = people.join(columns)

    reasons = [outcome["reason"], *_missing_columns(columns, config, name)]
    left = pd.concat(reasons, axis=1).isna().all(axis=1)
    for features in source_features(config):
        reasons.append(_incomplete_features(rows[left], config, name, features))
    if quality is not None:
        reasons.append(_quality_reasons(rows, name, quality))
    reason = pd.concat(reasons, axis=1).reindex(rows.index).bfill(axis=1).iloc[:, 0]

    excluded = reason.notna()
    exclusions = rows.loc[excluded, keys].assign(reason=reason[excluded])
    exclusions.insert(0, "cohort", name)
    # In the order in which they are judged, not by frequency.
    order = list(dict.fromkeys(text for column in reasons for text in column.dropna()))
    counts = reason.value_counts().reindex(order).dropna().astype(int)
    people = people[~excluded]
    if people.empty:
        why = ", ".join(f"{text} ({n})" for text, n in counts.items())
        raise InputError(
            f"{cohort['participants']}: found nobody to analyse among {len(rows)} rows of cohort "
            f"{name}, expected some; left out: {why}"
        )
    n_positive = int(people["label"].sum())
    steps = [
        ("in participants table", len(table)),
        ("matching the row filter", len(rows)),
        *counts.items(),
        ("analysed", len(people)),
        ("analysed, positive", n_positive),
        ("analysed, negative", len(people) - n_positive),
    ]
    flow = pd.DataFrame(steps, columns=["step", "n"])
    flow.insert(0, "cohort", name)
    flow.insert(1, "role", cohort["role"])
    return (
        people.reset_index(drop=True),
        exclusions.reset_index(drop=True),
        flow,
    )


def image_paths(pattern: str, people: pd.DataFrame) -> list[Path | None]:
    """The image of each row, or None where there is none.

    Parameters
    ----------
    pattern : str
        With ``{participant_id}`` and perhaps ``{session_id}``.
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    list of pathlib.Path or None

    Raises
    ------
    InputError
        If several files match for one row.
    """
    sessions = people["session_id"] if "session_id" in people else [None] * len(people)
    return [
        resolve_pattern(pattern, participant_id, session_id)
        for participant_id, session_id in zip(people["participant_id"], sessions, strict=True)
    ]


def roi_table_columns(config: Mapping[str, Any], features: str) -> list[str]:
    """The columns of a feature set of kind table, as the discovery cohort's table decides."""
    spec = config["features"][features]
    source = config["cohorts"][discovery_name(config)]["sources"][spec["source"]]
    return table_columns(source, spec["columns"], spec["exclude"])


def discovery_size(config: Mapping[str, Any]) -> tuple[int, dict[str, int], int]:
    """Roughly how large the discovery cohort is, read from its tables within milliseconds.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.

    Returns
    -------
    n : int
        Rows that match the filter; some of them may yet be left out.
    p : dict of str to int
        Features of each feature set that is used. For images it is an estimate: 140 regions, or
        1,450 ml of voxels of the size of the first map (of 1.5 mm if there is none).
    outer_folds : int
        Outer folds of a repeat. Where people of a table are left out, no fewer than there will be.
    """
    discovery = discovery_name(config)
    simulation, cv = config.get("simulation"), config["cross_validation"]
    column = cv["outer_column"]
    if simulation:
        sizes = simulation["cohorts"][discovery]
        n = sizes["n"]
        n_left_out = sizes["scanners"] if column == "site" else n
    else:
        rows = _filtered(_read_participants(config, discovery), config, discovery)
        n = len(rows)
        n_left_out = rows[column].nunique() if column else 0
    outer_folds = {"leave_one_site_out": n_left_out, "leave_one_out": n, "held_out": 1}.get(
        cv["outer"], cv["outer_folds"]
    )
    p = {}
    used = used_features(config).items()
    # A concatenated set after those that it consists of.
    for features, spec in sorted(used, key=lambda item: item[1]["kind"] == "concatenated"):
        if spec["kind"] == "clinical":
            p[features] = len(spec["columns"])
        elif spec["kind"] == "concatenated":
            p[features] = sum(p[part] for part in spec["sets"])
        elif spec["kind"] == "table":
            p[features] = len(roi_table_columns(config, features))
        elif spec["kind"] == "roi_maps":
            p[features] = 140
        else:
            pattern = config["cohorts"][discovery]["sources"][spec["source"]]
            cube = simulation["voxel_size_mm"] ** 3 / 1000 if simulation else None
            voxel = cube or first_voxel_ml(pattern) or 1.5**3 / 1000
            p[features] = round(1450 / voxel)
    return n, p, outer_folds


# ---------------------------------------------------------------- rows
def _read_participants(config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """The participants table, with the columns that the run needs."""
    cohort = config["cohorts"][name]
    required = ["participant_id", *cohort["where"]]
    if config["outcome"]["kind"] == "label":
        required.append(config["outcome"]["column"])
    named = [*used_confounds(config), *feature_columns(config)]
    required += [c for c in dict.fromkeys(named) if c not in ("tiv", "baseline_score")]
    if cohort["role"] == "discovery":
        required += [column for column in _structure(config) if column is not None]
    elif config["specificity"]["within"] is not None:
        required.append(config["specificity"]["within"])
    table = read_table(cohort["participants"])
    require_columns(table, required, cohort["participants"])
    return table


def _structure(config: Mapping[str, Any]) -> list[str | None]:
    """The columns of families, of permutation blocks and of who is left out together."""
    cv = config["cross_validation"]
    return [cv["group"], config["permutation"]["within"], left_out_column(cv)]


def _filtered(table: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
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
    return table[keep]


# ---------------------------------------------------------------- outcome
def _outcome(rows: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """By line: ``outcome``, ``reason`` where it is missing, and the scores if there are any."""
    if config["outcome"]["kind"] == "label":
        return _outcome_from_label(rows, config, name)
    return _outcome_from_scores(rows, config, name)


def _outcome_from_label(rows: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    path = config["cohorts"][name]["participants"]
    column, classes = config["outcome"]["column"], config["outcome"]["classes"]
    class_of = {value: label for label, values in classes.items() for value in values}
    cells = rows[column]
    folded = {value.casefold(): value for value in class_of}
    for line, cell in cells.dropna().items():
        if cell not in class_of and cell.casefold() in folded:
            raise InputError(
                f"{path}: line {line}: column {column}: found {cell!r}, expected "
                f"{folded[cell.casefold()]!r} as in outcome.classes; write it in the same case"
            )
    if not cells.isin(list(class_of)).any():
        present = cells.dropna().unique()
        raise InputError(
            f"{path}: column {column}: found {shorten(present) or 'no value'}, expected "
            f"{shorten(class_of)} (outcome.classes); {suggestion(next(iter(class_of)), present)}"
            "correct the config or the table"
        )
    reason = pd.Series(None, rows.index, dtype=object)
    other = cells.notna() & ~cells.isin(list(class_of))
    reason[other] = [f"{column} is {cell}, which is in neither class" for cell in cells[other]]
    reason[cells.isna()] = f"{column} is missing"
    return pd.DataFrame({"outcome": cells.map(class_of), "reason": reason})


def _outcome_from_scores(rows: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    cohort, spec = config["cohorts"][name], config["outcome"]
    path = cohort["scores"]
    scores = read_scores(path, spec["scale"])
    check_same_ids(rows["participant_id"], scores["participant_id"], cohort["participants"], path)
    outcome = clinical_outcome(scores, spec, path).reindex(rows["participant_id"])
    outcome.index = rows.index
    absent = ~rows["participant_id"].isin(scores["participant_id"])
    first = "endpoint" if spec["kind"] == "remission" else "baseline"
    outcome.loc[absent, "reason"] = missing_score(spec, first)
    return outcome


# ---------------------------------------------------------------- columns
def _used_columns(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str, known: pd.Series
) -> pd.DataFrame:
    """Confounds, clinical features, family, block and subgroups by line, each in its type."""
    cohort = config["cohorts"][name]
    path = cohort["participants"]
    columns: dict[str, pd.Series] = {}
    for confound in used_confounds(config):
        if confound != "tiv":
            columns[confound] = _column(rows, confound, path)
    for column, categorical in feature_columns(config).items():
        if column not in (*columns, "tiv", "baseline_score"):
            columns[column] = _column(rows, column, path, categories=categorical)
    if cohort["tiv"] is not None:
        # Reports of people without an outcome need not be there.
        tiv = read_tiv(cohort["tiv"], rows[known], path)
        if "table" in cohort["tiv"]:
            table = cohort["tiv"]["table"]
            found = read_table(table)["participant_id"]
            check_same_ids(rows.loc[known, "participant_id"], found, path, table)
        columns["tiv"] = tiv.reindex(rows.index)
    group, *others = _structure(config)
    if group is not None and group in rows:
        _check_families(rows, group, path)
        columns.setdefault(group, rows[group].fillna(rows["participant_id"]))
    for column in (*others, config["specificity"]["within"]):
        if column in rows and column != "participant_id":
            columns.setdefault(column, rows[column])
    for column in subgroup_columns(rows, config):
        if column not in columns:
            columns[column] = _column(rows, column, path, categories=column != "age")
    return pd.DataFrame(columns, index=rows.index)


def subgroup_columns(rows: pd.DataFrame, config: Mapping[str, Any]) -> list[str]:
    """The columns of a participants table that define subgroups.

    Parameters
    ----------
    rows : pandas.DataFrame
        Text, as :func:`mri_response.inputs.tables.read_table` returns it.
    config : mapping

    Returns
    -------
    list of str
        Those named in the configuration that the table has; if none are named, those of `SUBGROUPS`
        that it has in a form that can be read.
    """
    named = config["subgroups"]["columns"]
    if named is not None:
        return [column for column in named if column in rows]
    readable = []
    for column in SUBGROUPS:
        if column in rows:
            with contextlib.suppress(InputError):
                _column(rows, column, "")
                readable.append(column)
    return readable


def _column(rows: pd.DataFrame, column: str, path: str, categories: bool = False) -> pd.Series:
    """A column of the participants table in its type."""
    if column == "sex":
        return _sex(rows, path)
    if column == "site" or categories:
        return rows[column]
    values = numbers(rows, column, path)
    if column == "age":
        _check_age(values, path)
    return values


def _sex(rows: pd.DataFrame, path: str) -> pd.Series:
    codes = rows["sex"].map(lambda cell: SEX_CODES.get(str(cell).lower())).astype(object)
    unknown = rows["sex"].notna() & codes.isna()
    if unknown.any():
        line = int(unknown.idxmax())
        raise InputError(
            f"{path}: line {line}: column sex: found {rows.loc[line, 'sex']!r}, expected F or M "
            "(or female, male); recode it or write n/a"
        )
    return codes


def _check_age(age: pd.Series, path: str) -> None:
    wrong = age.notna() & ~age.between(0, OLDEST)
    if wrong.any():
        line = int(wrong.idxmax())
        raise InputError(
            f"{path}: line {line}: column age: found {age[line]:g}, expected years from 0 to "
            f"{OLDEST}; correct it or write n/a"
        )


def _check_families(rows: pd.DataFrame, group: str, path: str) -> None:
    pairs = rows[["participant_id", group]].drop_duplicates()
    several = pairs["participant_id"].duplicated()
    if several.any():
        line = int(several.idxmax())
        person, family = rows.loc[line, ["participant_id", group]]
        first = rows.loc[rows["participant_id"] == person, group].iloc[0]
        raise InputError(
            f"{path}: line {line}: column {group}: found {family!r} for {person}, expected "
            f"{first!r} as in that person's other rows (cross_validation.group); correct one"
        )


def _missing_columns(
    columns: pd.DataFrame, config: Mapping[str, Any], name: str
) -> list[pd.Series]:
    """For each column that must be there, the reason where it is not."""
    required = list(used_confounds(config)) if config["confounds"]["missing"] == "exclude" else []
    if config["cohorts"][name]["role"] == "discovery":
        _, *structure = _structure(config)
        required += [column for column in structure if column in columns]
    return [_reason(columns[c].isna(), f"{c} is missing") for c in dict.fromkeys(required)]


def _reason(where: pd.Series, text: str) -> pd.Series:
    return pd.Series(np.where(where, text, None), where.index, dtype=object)


# ---------------------------------------------------------------- features
def _incomplete_features(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str, features: str
) -> pd.Series:
    """The reason where a feature set is not complete."""
    spec = config["features"][features]
    path = config["cohorts"][name]["sources"][spec["source"]]
    if rows.empty:
        return pd.Series(None, rows.index, dtype=object)
    if spec["kind"] in IMAGE_KINDS:
        return _missing_images(rows, name, spec["source"], path)
    columns = roi_table_columns(config, features)
    return _incomplete_rows(rows, config, name, path, columns, spec["source"])


def _missing_images(rows: pd.DataFrame, name: str, source: str, pattern: str) -> pd.Series:
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
    if missing.all():
        example = pattern.replace("{participant_id}", rows["participant_id"].iloc[0])
        if sessions:
            example = example.replace("{session_id}", rows["session_id"].iloc[0])
        raise InputError(
            f"config: {key}: found no image for any of {len(rows)} rows, expected for example "
            f"{example}; correct the pattern or the participant ids"
        )
    return _reason(missing, f"no image for the source {source}")


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


def _quality_reasons(rows: pd.DataFrame, name: str, quality: pd.DataFrame) -> pd.Series:
    """The rule of quality control that leaves each row out."""
    own = quality[(quality["cohort"] == name) & quality["excluded"].notna()]
    keys = [key for key in ID_COLUMNS if key in rows]
    # Of several sources the first that is faulty.
    reason = own.drop_duplicates(keys).set_index(keys)["excluded"]
    found = rows[keys].join(reason, on=keys)["excluded"].astype(object)
    return found.where(found.notna(), None)
