"""Cohorts as a model has scored them: labels, probabilities and answers of each repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.vocabulary import EXTERNAL_POOLED, HEADLINE, Aggregation, Role
from mri_response.evaluation.cohort import Cohort
from mri_response.people.rows import told_apart


@dataclass(frozen=True)
class Scored(Cohort):
    """A cohort's rows and what one model says of them.

    Attributes
    ----------
    cohort, role, aggregation : str
        Name; discovery, external or control; `mean_over_repeats` or `frozen_model`.
    cross_validated : bool
        Whether several models have scored the people, who so share training data: intervals over
        people are then too narrow.
    probability : ndarray, shape (repeats, n)
        Of the positive class; a frozen model has one repeat.
    threshold : dict of str to ndarray, shape (repeats, n)
        Operating point to the threshold of each row's training set.
    answer : dict of str to ndarray of bool, shape (repeats, n)
        Operating point to whether the decision value is above its threshold.
    """

    cohort: str
    role: str
    aggregation: str
    cross_validated: bool
    probability: NDArray
    threshold: Mapping[str, NDArray]
    answer: Mapping[str, NDArray]

    def about(self, model: str) -> dict[str, str | int]:
        """Columns that every row about the cohort has in a table.

        Parameters
        ----------
        model : str
            Name of the model that has scored the cohort.

        Returns
        -------
        dict
            Column to value: model, cohort, role, aggregation, n, n_positive.
        """
        return {
            "model": model,
            "cohort": self.cohort,
            "role": self.role,
            "aggregation": self.aggregation,
            **self.sizes(),
        }


def scored_cohorts(
    predictions: pd.DataFrame, rules: pd.DataFrame, roles: Mapping[str, str]
) -> Iterator[Scored]:
    """Cohorts of one model in the order of the configuration, external ones also together.

    Parameters
    ----------
    predictions, rules : pandas.DataFrame
        Of one model, as in `predictions.tsv` and `decision_rules.tsv`.
    roles : mapping of str to str
        Cohort to role.

    Yields
    ------
    Scored

    Raises
    ------
    ValueError
        If the repeats do not hold the same people.
    """
    keys = ["repeat", "outer_fold"]
    # The frozen model has neither repeat nor outer fold; 0 stands for both in the merge.
    rows, points = predictions.assign(**predictions[keys].fillna(0)), []
    for point, given in rules.assign(**rules[keys].fillna(0)).groupby(
        "operating_point", sort=False
    ):
        points.append(point)
        threshold = given[[*keys, "threshold"]].rename(columns={"threshold": point})
        rows = rows.merge(threshold, on=keys, validate="many_to_one")
    external = [name for name, role in roles.items() if role == Role.EXTERNAL]
    for cohort, role in roles.items():
        yield _scored(cohort, role, rows[rows["cohort"] == cohort], points)
    if len(external) > 1:
        together = rows[rows["cohort"].isin(external)]
        names = told_apart(together["cohort"], together["participant_id"])
        together = together.assign(participant_id=names)
        yield _scored(EXTERNAL_POOLED, Role.EXTERNAL, together, points, together["cohort"])


def _scored(
    cohort: str,
    role: str,
    rows: pd.DataFrame,
    points: list[str],
    stratum: pd.Series | None = None,
) -> Scored:
    parts = [part for _, part in rows.groupby("repeat", sort=True)]
    first = parts[0]
    if any(list(part["participant_id"]) != list(first["participant_id"]) for part in parts):
        raise ValueError(f"the repeats of {cohort} do not hold the same people")
    decision = np.array([part["decision"] for part in parts], dtype=float)
    threshold = {point: np.array([part[point] for part in parts], dtype=float) for point in points}
    return Scored(
        **vars(Cohort.of(first, None if stratum is None else stratum.to_numpy(str))),
        cohort=cohort,
        role=role,
        aggregation=HEADLINE if role == Role.DISCOVERY else Aggregation.FROZEN_MODEL,
        cross_validated=len(rows[["repeat", "outer_fold"]].drop_duplicates()) > 1,
        probability=np.array([part["probability"] for part in parts], dtype=float),
        threshold=threshold,
        answer={point: decision > value for point, value in threshold.items()},
    )
