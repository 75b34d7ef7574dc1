"""Sustained response, and relapse after a response, by rules fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from mri_response.clinical_outcomes.rates import Rule, with_outcomes
from mri_response.clinical_outcomes.survival import CENSORED, EVENT, PEOPLE_COLUMNS

SUSTAINED_COLUMNS = ["participant_id", "arm", "sustained", "n_missing"]


class Relapse(NamedTuple):
    """When a person who has responded has relapsed: either, where both are given.

    Attributes
    ----------
    percent_of_baseline : float, optional
        Score from which on a person has relapsed, in per cent of the baseline.
    above : float, optional
        Score above which a person has relapsed.
    """

    percent_of_baseline: float | None = None
    above: float | None = None


def sustained_response(table: pd.DataFrame, rule: Rule, visits: int) -> pd.DataFrame:
    """Whether each person responded at the last visits, all of them.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response is.
    visits : int
        How many visits, up to the last, must show a response.

    Returns
    -------
    DataFrame
        `SUSTAINED_COLUMNS`: 1; 0 if a score of these visits is no response; NaN if none of them is,
        but some are missing (``n_missing``) or the baseline is.
    """
    rows = with_outcomes(table, rule)
    last = rows[rows["visit"] > rows["visit"].max() - visits]
    found = []
    for person, own in last.groupby("participant_id", sort=False):
        responses = own["response"].to_numpy(float)
        missing = int(np.isnan(responses).sum())
        value = 0.0 if (responses == 0).any() else np.nan if missing else 1.0
        found.append((person, own["arm"].iloc[0], value, missing))
    return pd.DataFrame(found, columns=SUSTAINED_COLUMNS)


def times_to_relapse(
    table: pd.DataFrame, rule: Rule, relapse: Relapse, times: Mapping[str, float]
) -> pd.DataFrame:
    """When each person who responded relapsed, counted from the first response.

    Responders are chosen by what happened after randomisation, so that a comparison of their
    relapses between arms is not a randomised one.

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it.
    rule : Rule
        What a response is.
    relapse : Relapse
        What a relapse is.
    times : mapping of str to float
        Session to its time.

    Returns
    -------
    DataFrame
        As `mri_response.clinical_outcomes.survival.incidence` takes it, responders alone; one
        without a later score is censored at time 0.
    """
    rows = with_outcomes(table, rule).dropna(subset=["response"])
    rows = rows.assign(time=rows["session_id"].map(times).astype(float)).sort_values("time")
    found = []
    for person, own in rows.groupby("participant_id", sort=False):
        responded = own.loc[own["response"] == 1, "time"]
        if responded.empty:
            continue
        later = own[own["time"] > responded.iloc[0]]
        again = later.loc[_relapsed(later, relapse), "time"]
        if len(again):
            time, status = again.iloc[0], EVENT
        else:
            time, status = (later["time"].max() if len(later) else responded.iloc[0]), CENSORED
        since = float(time - responded.iloc[0])
        found.append((person, own["arm"].iloc[0], since, status))
    return pd.DataFrame(found, columns=PEOPLE_COLUMNS)


def _relapsed(rows: pd.DataFrame, relapse: Relapse) -> np.ndarray:
    reached = np.zeros(len(rows), bool)
    if relapse.percent_of_baseline is not None:
        # Multiplied out, so that no division rounds.
        bound = relapse.percent_of_baseline * rows["baseline"]
        reached |= (100 * rows["score"] >= bound).to_numpy()
    if relapse.above is not None:
        reached |= (rows["score"] > relapse.above).to_numpy()
    return reached
