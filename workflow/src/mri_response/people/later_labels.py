"""Labels of people to whom a model is applied, who need none to be scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.outcome_kinds import OUTCOMES
from mri_response.config.queries import class_names
from mri_response.core.tables import ID_COLUMNS
from mri_response.inputs.sources.people_tables import scores_path
from mri_response.people.columns import reason_where
from mri_response.people.outcomes.registry import DERIVED
from mri_response.people.outcomes.scores import scores_of_cohort, session_scores
from mri_response.people.participants import filtered_rows, read_participants


def baseline_scores(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str, outcome: Mapping[str, Any]
) -> pd.DataFrame:
    """Scores before treatment, where a model knows them; those after treatment are not looked at.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table, by line.
    config : mapping
        The completed configuration.
    name : str
        Name of the cohort.
    outcome : mapping
        Section ``outcome`` that says which score it is.

    Returns
    -------
    pandas.DataFrame
        By line: ``baseline_score`` and ``reason``, why it is missing.
    """
    cohort = config["cohorts"][name]
    scores = scores_of_cohort(cohort, outcome["scale"])
    before = session_scores(scores, outcome["baseline"], outcome, scores_path(cohort))
    found = rows["participant_id"].map(before)
    reason = reason_where(found.isna(), f"no {outcome['scale']} score at {outcome['baseline']}")
    return pd.DataFrame({"baseline_score": found.astype(float), "reason": reason})


def later_labels(config: Mapping[str, Any], name: str) -> pd.DataFrame | None:
    """Labels of the people of a cohort to whom a model is applied.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.
    name : str
        Name of the cohort.

    Returns
    -------
    pandas.DataFrame or None
        Columns that identify people, and ``label`` (1 for the positive class, or the number) of
        those who have one; None where the cohort has no labels yet.

    Raises
    ------
    InputError
        For a mistake in the tables.
    """
    outcome = config["apply"]["outcome"]
    rows = filtered_rows(read_participants(config, name), config, name)
    if outcome is None or not _are_there(config["cohorts"][name], outcome, rows):
        return None
    whole = {**config, "outcome": outcome}
    found = DERIVED[outcome["kind"]](rows, whole, name)
    label = found["outcome"]
    if not OUTCOMES[outcome["kind"]].is_number:
        label = (label == class_names(whole)[0]).astype(int)
    keys = [key for key in ID_COLUMNS if key in rows]
    known = found["reason"].isna()
    return rows.loc[known, keys].assign(label=label[known]).reset_index(drop=True)


def _are_there(cohort: Mapping[str, Any], outcome: Mapping[str, Any], rows: pd.DataFrame) -> bool:
    """Whether anybody has what the outcome is read from."""
    if not OUTCOMES[outcome["kind"]].has_scores:
        return outcome["column"] in rows and bool(rows[outcome["column"]].notna().any())
    if cohort["scores"] is None:
        return False
    scores = scores_of_cohort(cohort, outcome["scale"])
    at_end = scores["session_id"] == outcome["endpoint"]
    return bool((at_end & scores["score"].notna()).any())
