"""Whether scores, arms and covariates can be those of a trial, before anything is computed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.mmrm import covariate_columns
from mri_response.clinical_outcomes.visits import ONE_ARM
from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten, suggestion
from mri_response.people.outcomes.scores import are_copied

Section = Mapping[str, Any]
FEWEST = 2  # people of an arm


def check_scale(section: Section, table: pd.DataFrame, scale: str, paths: str) -> None:
    """Check that baseline scores of a scale differ, and that its remission is below some of them.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it, of the scale.
    scale : str
        Its name.
    paths : str
        Tables of scores, for messages.

    Raises
    ------
    InputError
        If everybody has one baseline score, or nobody could get into remission.
    """
    before = table.drop_duplicates("participant_id")["baseline"].dropna()
    if len(before) >= FEWEST and (before == before.iloc[0]).all():
        raise InputError(
            f"{paths}: found a {scale} score of {before.iloc[0]:g} at {section['baseline']} for "
            "everybody, expected scores that differ between people; correct the table or "
            "clinical_outcomes.baseline"
        )
    remission = section["scales"][scale]["remission"]
    if remission is not None and (before <= remission).all():
        raise InputError(
            f"config: clinical_outcomes.scales.{scale}.remission: found {remission:g}, while no "
            f"score at {section['baseline']} is above {before.max():g}, expected a score that "
            "people have yet to fall to; correct it"
        )


def check_copied(table: pd.DataFrame, measure: str, baseline: str, paths: str) -> None:
    """Check that no two sessions have the very same scores, as where a column is taken twice.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    measure : str
        Its name.
    baseline : str
        Session before the treatment.
    paths : str
        Tables of scores, for messages.

    Raises
    ------
    InputError
        Naming the two sessions.
    """
    people = table.drop_duplicates("participant_id").set_index("participant_id")
    columns = {baseline: people["baseline"]}
    for session, rows in table.groupby("session_id", sort=False):
        columns[session] = rows.set_index("participant_id")["score"]
    for first, second in itertools.combinations(columns, 2):
        if are_copied(columns[first], columns[second]):
            when = "before treatment" if first == baseline else f"of {first}"
            n = (columns[first].notna() & columns[second].notna()).sum()
            raise InputError(
                f"{paths}: found the {measure} score {when} at {second} again, in all {n} people, "
                "expected scores of that visit; correct the table or the columns that the scores "
                "are read from"
            )


def check_arms(section: Section, people: pd.DataFrame, arms: Mapping[str, str]) -> None:
    """Check that every arm that is named or found has people.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    people : DataFrame
        Rows of the participants tables by ``participant_id``, with ``path``.
    arms : mapping of str to str
        Person to arm.

    Raises
    ------
    InputError
        If an arm has nobody or one person, there is one arm alone, or the reference is none.
    """
    present, reference = list(dict.fromkeys(arms.values())), section["reference"]
    if reference is None:
        if len(arms) < FEWEST:
            paths = ", ".join(people["path"].unique())
            raise InputError(f"{paths}: found one person, expected two or more; add people")
        return
    of_column = section["arm"] is not None
    key = "clinical_outcomes.arm" if of_column else "clinical_outcomes.cohorts"
    values = section["arm"]["values"] if of_column else section["cohorts"]
    named = list(dict.fromkeys(values.values()))
    if reference not in (named or present):
        raise InputError(
            f"config: clinical_outcomes.reference: found {reference!r}, expected one of the arms "
            f"{shorten(present)}; {suggestion(reference, present)}correct it"
        )
    for arm in named or present:
        n = list(arms.values()).count(arm)
        if n < FEWEST:
            raise InputError(
                f"config: {key}: found {('nobody', 'one person')[n]} in arm {arm!r}, expected two "
                "or more in each; correct the column or the key, or leave the person out (where)"
            )
    if len(present) < 2:
        raise InputError(
            f"config: {key}: found everybody in arm {present[0]!r}, expected two arms or more; "
            "correct the column, or remove arm and reference from a study of one group"
        )


def check_known(
    section: Section, people: pd.DataFrame, arms: Mapping[str, str], scores: pd.DataFrame
) -> None:
    """Check that everybody with a score after baseline has an arm.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.
    people : DataFrame
        Rows of the participants tables by ``participant_id``, with ``path`` and ``line``.
    arms : mapping of str to str
        Person to arm.
    scores : DataFrame
        ``participant_id``, ``session_id``, ``score`` of the primary scale.

    Raises
    ------
    InputError
        Naming the first person without one.
    """
    after = scores["session_id"].isin(section["visits"]) & scores["score"].notna()
    lost = after & ~scores["participant_id"].isin(list(arms))
    if lost.any():
        who = scores.loc[lost, "participant_id"].unique()
        row = people.loc[who[0]]
        raise InputError(
            f"{row['path']}: line {row['line']}: column {section['arm']['column']}: found no value "
            f"for {who[0]}, who has scores after {section['baseline']}, expected the arm; fill it"
            f"{and_more(len(who), 'such people')}"
        )


def check_followed(table: pd.DataFrame, scale: str, baseline: str, paths: str) -> None:
    """Check that every arm has people with a score before treatment and one after it.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it, of the primary scale.
    scale : str
        Its name.
    baseline : str
        Session before the treatment.
    paths : str
        Tables of scores, for messages.

    Raises
    ------
    InputError
        Naming the first arm with fewer than two such people.
    """
    for arm, rows in table.groupby("arm", sort=False):
        n = rows.loc[rows["change"].notna(), "participant_id"].nunique()
        if n < FEWEST:
            where = "" if arm == ONE_ARM else f" in arm {arm!r}"
            raise InputError(
                f"{paths}: found {('nobody', 'one person')[n]}{where} with a {scale} score at "
                f"{baseline} and one later, expected two people or more; add their scores"
            )


def check_orders(
    section: Section,
    people: pd.DataFrame,
    orders: Mapping[str, tuple[str | None, ...]],
    scores: pd.DataFrame,
) -> None:
    """Check that a crossover has both orders, and scores after treatments that people had.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration, with a crossover.
    people : DataFrame
        Rows of the participants tables by ``participant_id``, with ``path`` and ``line``.
    orders : mapping of str to tuple of (str or None)
        As `mri_response.clinical_outcomes.treatments.orders_of` returns it.
    scores : DataFrame
        ``participant_id``, ``session_id``, ``score`` of one measure.

    Raises
    ------
    InputError
        Naming the first person with a score after a treatment that the periods do not list, or the
        one treatment with which everybody began.
    """
    columns = " and ".join(section["crossover"]["periods"])
    first = dict.fromkeys(order[0] for order in orders.values() if order[0] is not None)
    if len(first) == 1:
        paths = ", ".join(people["path"].unique())
        raise InputError(
            f"{paths}: column {section['crossover']['periods'][0]}: found {next(iter(first))} for "
            "everybody, expected people with either treatment first, since the treatment and its "
            "period are one otherwise; correct the column or remove crossover"
        )
    for sessions in section["crossover"]["sessions"].values():
        for treatment, session in sessions.items():
            own = scores[(scores["session_id"] == session) & scores["score"].notna()]
            lost = [p for p in own["participant_id"] if treatment not in orders.get(p, ())]
            if lost:
                row = people.loc[lost[0]]
                raise InputError(
                    f"{row['path']}: line {row['line']}: columns {columns}: found no {treatment} "
                    f"for {lost[0]}, who has a score at {session}, expected it in one of them; "
                    "fill it there or remove the score"
                )


def check_covariates(covariates: Sequence[str], table: pd.DataFrame, paths: str) -> None:
    """Check that covariates are known, and say more than arm, baseline and each other.

    Parameters
    ----------
    covariates : sequence of str
        Columns of the table.
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it, of the primary scale and
        the people whose arms are compared, with the covariates.
    paths : str
        Tables of participants, for messages.

    Raises
    ------
    InputError
        Naming the arm that has too few people with all covariates, or the covariate that follows
        from what stands before it in the models.
    """
    if not covariates:
        return
    followed = table.dropna(subset=["change", *covariates]).drop_duplicates("participant_id")
    for arm in dict.fromkeys(table["arm"]):
        n = int((followed["arm"] == arm).sum())
        if n < FEWEST:
            where = "" if arm == ONE_ARM else f" in arm {arm!r}"
            raise InputError(
                f"{paths}: found {('nobody', 'one person')[n]}{where} with all covariates "
                f"({', '.join(covariates)}) and scores before and after, expected two people or "
                "more; fill the columns, or leave covariates out (clinical_outcomes.covariates)"
            )
    arms = [followed["arm"].eq(arm).to_numpy(float) for arm in followed["arm"].unique()]
    columns = [*arms, _scaled(followed["baseline"].to_numpy(float))]
    for name in covariates:
        columns += [_scaled(c) for c in covariate_columns(followed[name], followed[name])]
        if np.linalg.matrix_rank(np.column_stack(columns)) < len(columns):
            raise InputError(
                f"{paths}: column {name}: found values that follow from arm, baseline or the "
                "covariates before it, expected a covariate that says something more; leave it out "
                "(clinical_outcomes.covariates)"
            )


def _scaled(values: np.ndarray) -> np.ndarray:
    """Values about 0 and of the size of 1, so that rounding says nothing about the rank."""
    centred = values - values.mean()
    return centred / (np.abs(centred).max() or 1.0)
