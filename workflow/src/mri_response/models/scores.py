"""Decision values of frozen models in cohorts that they have never seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from mri_response.core.tables import read_people, read_tsv
from mri_response.features.matrices import identified, read_features
from mri_response.learning.rounding import rounded
from mri_response.models.hashed import PathLike

if TYPE_CHECKING:
    from mri_response.models.frozen import Frozen


class NewPeople(NamedTuple):
    """A cohort that a frozen model has never seen.

    Attributes
    ----------
    cohort : str
        Its name.
    people : pandas.DataFrame, n rows
        Its analysed rows without their labels.
    features : numpy.ndarray, shape (n, p)
        What the model reads: features, or the decision values of the models below a stack.
    """

    cohort: str
    people: pd.DataFrame
    features: np.ndarray


def new_people(
    cohorts: Sequence[str], tables: Sequence[PathLike], features: Sequence[PathLike]
) -> Iterator[NewPeople]:
    """Read cohorts one by one; their labels are put away as soon as their tables are read.

    Parameters
    ----------
    cohorts : sequence of str
        Names.
    tables : sequence of path-like
        Table of the analysed people of each cohort.
    features : sequence of path-like
        Features of each cohort.

    Yields
    ------
    NewPeople
    """
    for cohort, table, matrix in zip(cohorts, tables, features, strict=True):
        people = _without_labels(table)
        yield NewPeople(cohort, people, read_features(matrix, people))


def new_people_of_stack(
    cohorts: Sequence[str], tables: Sequence[PathLike], below: Sequence[PathLike]
) -> Iterator[NewPeople]:
    """Read cohorts whose features are the scores of the models below a stack.

    Parameters
    ----------
    cohorts : sequence of str
        Names.
    tables : sequence of path-like
        Table of the analysed people of each cohort.
    below : sequence of path-like
        Table of scores of each model below the stack, in the stack's order.

    Yields
    ------
    NewPeople
    """
    scored = [read_tsv(path, {"decision": float}) for path in below]
    for cohort, table in zip(cohorts, tables, strict=True):
        people = _without_labels(table)
        values = [decision_of(scores, cohort, people) for scores in scored]
        yield NewPeople(cohort, people, np.stack(values, axis=1))


def _without_labels(table: PathLike) -> pd.DataFrame:
    return read_people(table).drop(columns=["label", "outcome"], errors="ignore")


def scores(frozen: Frozen, cohorts: Iterable[NewPeople], unseen: str) -> pd.DataFrame:
    """Apply a frozen model to cohorts.

    Parameters
    ----------
    frozen : Frozen
        Made ready to score.
    cohorts : iterable of NewPeople
        Cohorts to score, read when they are asked for.
    unseen : {"error", "mean", "own"}
        Whether a category of a confound that the discovery cohort does not have is refused, or
        contributes the training mean.

    Returns
    -------
    pandas.DataFrame
        Columns cohort, participant_id (, session_id) and decision.
    """
    return score_table(
        (cohort, people, frozen.decision(features, people, unseen=unseen))
        for cohort, people, features in cohorts
    )


def score_table(parts: Iterable[tuple[str, pd.DataFrame, np.ndarray]]) -> pd.DataFrame:
    """Put decision values of cohorts beside the people they belong to.

    Parameters
    ----------
    parts : iterable of (str, pandas.DataFrame, numpy.ndarray)
        Name of a cohort, its n analysed rows and their n decision values.

    Returns
    -------
    pandas.DataFrame
        Columns cohort, participant_id (, session_id) and decision.
    """
    tables = [pd.DataFrame(columns=["cohort", "participant_id", "decision"])]
    for cohort, people, decision in parts:
        values = identified(people, pd.DataFrame({"decision": rounded(decision)}))
        tables.append(values.assign(cohort=cohort))
    return pd.concat(tables, ignore_index=True)


def decision_of(scores: pd.DataFrame, cohort: str, people: pd.DataFrame) -> np.ndarray:
    """Take the decision values of one cohort out of a table of several cohorts' scores.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns cohort, participant_id and decision.
    cohort : str
        Name of the cohort.
    people : pandas.DataFrame
        Its n analysed rows.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Raises
    ------
    ValueError
        If the scores are not those of these people.
    """
    own = scores[scores["cohort"] == cohort]
    if list(own["participant_id"]) != list(people["participant_id"]):
        raise ValueError(f"the scores of {cohort} are not those of its analysed people")
    return own["decision"].to_numpy(dtype=float)
