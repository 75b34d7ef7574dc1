"""Who is analysed: from the participants tables to the people of each cohort.

A person is analysed if the row filter keeps the row, the outcome (if the run has one) is known,
every confound that some model removes is there (unless it is imputed), and every feature set that
some model uses is complete. What is left are the candidates; rules of quality control
(:mod:`features.quality`) may leave some of them out. Everybody else is listed with the first
reason, in that order.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.outcome_kinds import is_number
from mri_response.config.queries import class_names, has_classes, source_features
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS
from mri_response.inputs.tables import check_ids
from mri_response.people.columns import missing_columns, shown_columns, used_columns
from mri_response.people.completeness import incomplete_features, why_no_volume
from mri_response.people.later_labels import baseline_scores
from mri_response.people.outcomes.registry import DERIVED
from mri_response.people.participants import filtered_rows, read_participants


def build_cohort(
    config: Mapping[str, Any], name: str, quality: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The analysed rows of a cohort, who was left out, and the counts between.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it. Without the section subgroups
        the columns that `describe_people` adds are not among those of the people.
    name : str
        The cohort.
    quality : pandas.DataFrame, optional
        As :func:`features.quality.quality_table` returns it: whom it excludes is left out
        last. Without it the people are the candidates, whose scans are measured.

    Returns
    -------
    people : pandas.DataFrame
        One row per person (or person and session), in the order of the participants table:
        ``participant_id``, ``session_id`` if the table has it; where the run has an outcome
        ``label`` (1 is the positive class) and ``outcome`` (name of the class), or ``label`` alone
        where the outcome is a number, and for outcomes from
        scores ``baseline_score`` and ``endpoint_score``; then the columns that the run uses:
        confounds (``age`` in years, ``sex`` F or M, ``tiv`` in ml, ``site`` and what
        ``confounds.categorical`` names text, others numbers),
        columns that are features, family and permutation block, and those of subgroups; ``tiv``
        also where the cohort has it and no model uses it.
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
    table = read_participants(config, name)
    rows = filtered_rows(table, config, name)
    keys = [key for key in ID_COLUMNS if key in rows]
    check_ids(rows, cohort["participants"], keys)
    outcome = _outcome(rows, config, name)

    people = _labelled(rows[keys], outcome, config)
    columns = used_columns(rows, config, name, outcome["reason"].isna())
    people = people.join(columns)
    if "subgroups" in config:
        people = people.join(shown_columns(rows, config, cohort["participants"], columns.columns))

    missing = missing_columns(columns, config, name)
    reasons = [outcome["reason"], *why_no_volume(missing, rows, config, name)]
    left = pd.concat(reasons, axis=1).isna().all(axis=1)
    for features in source_features(config):
        reasons.append(incomplete_features(rows[left], config, name, features))
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
    steps = [
        ("in participants table", len(table)),
        ("matching the row filter", len(rows)),
        *counts.items(),
        ("analysed", len(people)),
    ]
    if has_classes(config):
        n_positive = int(people["label"].sum())
        steps.append(("analysed, positive", n_positive))
        steps.append(("analysed, negative", len(people) - n_positive))
    flow = pd.DataFrame(steps, columns=["step", "n"])
    flow.insert(0, "cohort", name)
    flow.insert(1, "role", cohort["role"])
    return (
        people.reset_index(drop=True),
        exclusions.reset_index(drop=True),
        flow,
    )


def _labelled(
    people: pd.DataFrame, outcome: pd.DataFrame, config: Mapping[str, Any]
) -> pd.DataFrame:
    """People with their outcome and, where the run has one, the label that models learn."""
    labels = {}
    if is_number(config):
        labels["label"] = outcome["outcome"].astype(float)
        outcome = outcome.drop(columns="outcome")
    elif config["outcome"]:
        labels["label"] = (outcome["outcome"] == class_names(config)[0]).astype(int)
    return people.assign(**labels).join(outcome.drop(columns="reason"))


def describe_people(config: Mapping[str, Any], name: str, people: pd.DataFrame) -> pd.DataFrame:
    """Add the columns by which finished predictions are looked at to the people of a cohort.

    Models do not read them, so that other subgroups change no model.

    Parameters
    ----------
    config : mapping
        The completed configuration; sections that `build_cohort` needs, specificity and subgroups.
    name : str
        The cohort.
    people : pandas.DataFrame
        As `build_cohort` returns them without these columns.

    Returns
    -------
    pandas.DataFrame
        In the order of ``people``.
    """
    rows = filtered_rows(read_participants(config, name), config, name)
    keys = [key for key in ID_COLUMNS if key in rows]
    path = config["cohorts"][name]["participants"]
    shown = shown_columns(rows, config, path, people.columns)
    return people.merge(rows[keys].join(shown), on=keys, how="left", validate="one_to_one")


def _outcome(rows: pd.DataFrame, config: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Outcome by line, with the reason where it is missing; without one nobody lacks it.

    Where a model is applied that knows the score before treatment, this is all that is needed.
    """
    if config["outcome"]:
        return DERIVED[config["outcome"]["kind"]](rows, config, name)
    applied = (config.get("apply") or {}).get("baseline_of")
    if applied:
        return baseline_scores(rows, config, name, applied)
    return pd.DataFrame({"reason": pd.Series(None, rows.index, dtype=object)})


def _quality_reasons(rows: pd.DataFrame, name: str, quality: pd.DataFrame) -> pd.Series:
    """The rule of quality control that leaves each row out."""
    own = quality[(quality["cohort"] == name) & quality["excluded"].notna()]
    keys = [key for key in ID_COLUMNS if key in rows]
    # Where scans of several sources are faulty, the first one gives the reason.
    reason = own.drop_duplicates(keys).set_index(keys)["excluded"]
    found = rows[keys].join(reason, on=keys)["excluded"].astype(object)
    return found.where(found.notna(), None)
