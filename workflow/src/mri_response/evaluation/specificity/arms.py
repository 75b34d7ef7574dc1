"""The rows of an active and of a control arm, scored by one frozen model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.tables import as_categories
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.metrics import FloatArray
from mri_response.people.rows import person_weights, told_apart


@dataclass(frozen=True)
class Arms:
    """The rows of the active and of the control arm, scored by one frozen model.

    Attributes
    ----------
    active : ndarray of bool, shape (n,)
        Whether the row is of the active arm.
    labels : ndarray of 0/1, shape (n,)
        1 = positive class.
    decision, weights : ndarray, shape (n,)
        Decision values, and 1 / (rows of the person).
    person : ndarray of int, shape (n,)
        Number of each row's person, over both arms.
    cohort : ndarray of int, shape (n,), optional
        Number of each row's cohort, where an arm has several.
    site : ndarray of str, shape (n,), optional
        Only where the arms share some site.
    baseline, endpoint : ndarray, shape (n,), optional
        Clinical scores; NaN where one is missing.
    """

    active: NDArray[np.bool_]
    labels: NDArray[np.int_]
    decision: FloatArray
    weights: FloatArray
    person: NDArray[np.intp]
    cohort: NDArray[np.intp] | None = None
    site: NDArray | None = None
    baseline: FloatArray | None = None
    endpoint: FloatArray | None = None

    def __getitem__(self, rows: NDArray[np.bool_]) -> Arms:
        """Some of the rows; people have the weights of the rows that are left."""
        weights, person = person_weights(self.person[rows])
        values = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in ("active", "labels", "decision", "cohort", "site", "baseline", "endpoint")
        }
        return replace(self, **values, weights=weights, person=person)

    def arm(self, active: bool) -> Cohort:
        """Rows of one arm.

        Parameters
        ----------
        active : bool
            Of the active arm, or of the control arm.

        Returns
        -------
        Cohort
        """
        rows = self.active == active
        _, person = np.unique(self.person[rows], return_inverse=True)
        return Cohort(self.labels[rows], self.weights[rows], person)

    @property
    def smallest_class(self) -> int:
        """People in the smallest class of either arm."""
        return min(self.arm(active).smallest_class for active in (True, False))

    def sizes(self) -> dict[str, int]:
        """Columns of the numbers of people in both arms."""
        arms = {"active": self.arm(True), "control": self.arm(False)}
        return {
            f"{column}_{name}": value
            for name, arm in arms.items()
            for column, value in arm.sizes().items()
        }


NOT_RANDOMISED = (
    "Arms were not randomised: a difference may be one of sites, scanners or patients and not of "
    "the treatment."
)


def arms_of(
    config: Mapping[str, Any],
    predictions: pd.DataFrame,
    people: Mapping[str, pd.DataFrame],
    active: Sequence[str],
    control: Sequence[str],
) -> tuple[Arms, list[str]]:
    """Rows of both arms, and what must be said of them.

    Parameters
    ----------
    config : mapping
        Sections permutation and specificity of the configuration.
    predictions : pandas.DataFrame
        Of one model: cohort, participant_id, label, decision.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, in the order of their predictions.
    active, control : sequence of str
        Names of the cohorts of each arm.

    Returns
    -------
    arms : Arms
    notes : list of str
        Sentences for the column ``note``.

    Raises
    ------
    ValueError
        If the predictions of a cohort are not those of its people.
    """
    within = config["specificity"]["within"] or config["permutation"]["within"]
    parts, ids = [], {}
    for name in (*active, *control):
        ids.setdefault(name in active, set()).update(people[name]["participant_id"].astype(str))
        rows = _rows_of_cohort(name, predictions, people[name], within)
        parts.append(rows.assign(active=name in active, cohort=len(parts)))
    table = pd.concat(parts, ignore_index=True)
    weights, person = person_weights(table["person"])
    in_active = table["active"].to_numpy(dtype=bool)
    site, notes = None, [NOT_RANDOMISED]
    if within:
        site, note = _shared_sites(table["site"], in_active, within)
        notes.append(note)
    common = len(ids[True] & ids[False])
    if common:
        notes.append(
            f"{common} participant_id occur in both arms; they are taken for different people."
        )
    columns = {
        name: None if table[name].isna().all() else table[name].to_numpy(dtype=float)
        for name in ("baseline", "endpoint")
    }
    arms = Arms(
        in_active,
        table["label"].to_numpy(dtype=int),
        table["decision"].to_numpy(dtype=float),
        weights,
        person,
        table["cohort"].to_numpy() if max(len(active), len(control)) > 1 else None,
        site,
        **columns,
    )
    return arms, notes


def _rows_of_cohort(
    name: str, predictions: pd.DataFrame, rows: pd.DataFrame, within: str | None
) -> pd.DataFrame:
    """People, labels, decision values, sites and clinical scores of a cohort."""
    scored = predictions[predictions["cohort"] == name]
    if list(scored["participant_id"]) != list(rows["participant_id"]):
        raise ValueError(f"the predictions of {name} are not those of its analysed people")
    missing = pd.Series(np.nan, rows.index)
    return pd.DataFrame(
        {
            "person": told_apart(name, rows["participant_id"]),
            "label": rows["label"],
            "decision": scored["decision"].to_numpy(dtype=float),
            "site": as_categories(rows.get(within, missing)) if within else None,
            "baseline": rows.get("baseline_score", missing).astype(float),
            "endpoint": rows.get("endpoint_score", missing).astype(float),
        }
    )


def _shared_sites(
    site: pd.Series, in_active: NDArray[np.bool_], within: str
) -> tuple[NDArray | None, str]:
    """Site of each row, None where the arms share no site, and a note that says which it is."""
    sites = site.fillna("nan").to_numpy(dtype=str)
    shared = np.setdiff1d(np.intersect1d(sites[in_active], sites[~in_active]), ["nan"])
    if shared.size:
        return sites, f"Arms are permuted within {within}: the arms share {shared.size}."
    return None, f"The arms share no {within}, so that they are permuted over all."
