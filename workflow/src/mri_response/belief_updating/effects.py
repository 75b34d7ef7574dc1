"""What treatment does to updates: differences between groups, times and valences, trial by trial.

Times are a session before treatment and one after it. All codes are halves of a difference, so that
a coefficient is the mean of one level minus that of the other, averaged over the rest, and an
interaction is a difference of differences; every row names what is minus what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from mri_response.belief_updating.mixed import DF_METHOD, MixedFit, RandomTerm, fit_mixed
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten


@dataclass(frozen=True)
class Comparison:
    """What is compared with what.

    Attributes
    ----------
    baseline : str
        Session before treatment.
    session : str
        Session after it.
    groups : tuple of str
        Treated group and the one it is compared with; the first alone where there is no other.
    covariates : sequence of str
        Columns of people, such as age and education, whose means over people are taken off.
    """

    baseline: str
    session: str
    groups: tuple[str, ...] = ("patients", "controls")
    covariates: Sequence[str] = ("age", "education")

    def coded(self) -> dict[str, str]:
        """Words of every code, as ``patients - controls``."""
        words = {"group": " - ".join(self.groups)} if len(self.groups) > 1 else {}
        return words | {"time": f"{self.session} - {self.baseline}", "valence": "good - bad"}


def update_effects(
    trials: pd.DataFrame, people: pd.DataFrame, comparison: Comparison
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group x time x valence of signed updates, trial by trial.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    people : pandas.DataFrame
        ``participant_id``, ``group`` and the covariates. People without one of them are left out.
    comparison : Comparison
        Sessions, groups and covariates.

    Returns
    -------
    effects : pandas.DataFrame
        A row per coefficient: ``baseline``, ``session_id``, ``term``, ``coding``, ``estimate``
        (points of the scale), ``se``, ``df``, ``df_method``, ``statistic``, ``p_value``,
        ``ci_low``, ``ci_high``, ``n_people``, ``n_trials``, ``n_events``, ``converged``.
    variances : pandas.DataFrame
        ``baseline``, ``session_id``, ``term``, ``sd`` (points) of the random effects.

    Raises
    ------
    InputError
        If a group has nobody in the two sessions, a column is missing, or covariates tell the
        group.

    Notes
    -----
    Fixed: all main effects and interactions, the size of the error (``abs_error``, per point) and
    the covariates. Random: events; people, and people's differences between times, between
    valences, and between times in the difference between valences. Without the last ones every
    trial of a person would count as evidence of its own about how treatment changes people.
    """
    rows = compared_trials(trials, people, comparison)
    design, coding = _design(rows, comparison)
    fit = fit_mixed(rows["update"].to_numpy(), design.to_numpy(), list(design), _random_terms(rows))
    key = {"baseline": comparison.baseline, "session_id": comparison.session}
    counts = {
        "n_people": rows["participant_id"].nunique(),
        "n_trials": len(rows),
        "n_events": rows["event"].nunique(),
        "converged": fit.converged,
    }
    table = pd.DataFrame(
        {**key, "term": name, "coding": coding[name], **_tested(fit, at), **counts}
        for at, name in enumerate(design)
    )
    names = list(fit.variances)
    spread = np.sqrt(list(fit.variances.values()))
    return table, pd.DataFrame({**key, "term": names, "sd": spread})


def _tested(fit: MixedFit, at: int) -> dict[str, float | str]:
    found = fit.contrast(np.eye(len(fit.names))[at])
    names = ["estimate", "se", "df"]
    return {
        **{name: found[name] for name in names},
        "df_method": DF_METHOD,
        **{name: value for name, value in found.items() if name not in names},
    }


def compared_trials(
    trials: pd.DataFrame, people: pd.DataFrame, comparison: Comparison
) -> pd.DataFrame:
    """Used trials of the two sessions, of people in the groups who have all covariates.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    people : pandas.DataFrame
        ``participant_id``, ``group`` and the covariates.
    comparison : Comparison
        Sessions, groups and covariates.

    Returns
    -------
    pandas.DataFrame
        The trials with the columns of people, and ``group_code``, ``time_code`` and
        ``valence_code``, each one half or minus one half.

    Raises
    ------
    InputError
        If a group has nobody in one of the sessions, or a column is missing.
    """
    for name in ("participant_id", "group", *comparison.covariates):
        if name not in people:
            raise InputError(
                f"belief.covariates: found no column {name!r} in the table of people, expected it "
                f"among {shorten(people.columns)}; add it or leave it out"
            )
    sessions = [comparison.baseline, comparison.session]
    chosen = trials[trials["used"] & trials["session_id"].isin(sessions)]
    known = people[["participant_id", "group", *comparison.covariates]].dropna()
    known = known[known["group"].isin(comparison.groups)]
    rows = chosen.merge(known, on="participant_id")
    for group in comparison.groups:
        for session in sessions:
            if not ((rows["group"] == group) & (rows["session_id"] == session)).any():
                raise InputError(
                    f"belief updating: found nobody of group {group!r} with used trials in session "
                    f"{session!r}, expected some; correct the groups or the sessions"
                )
    codes = {
        "group": rows["group"] == comparison.groups[0],
        "time": rows["session_id"] == comparison.session,
        "valence": rows["v"] > 0,
    }
    return rows.assign(**{f"{name}_code": code - 0.5 for name, code in codes.items()})


def _design(rows: pd.DataFrame, comparison: Comparison) -> tuple[pd.DataFrame, dict[str, str]]:
    words = comparison.coded()
    columns, coding = {"intercept": np.ones(len(rows))}, {"intercept": "mean of all cells"}
    for size in range(1, len(words) + 1):
        for names in combinations(words, size):
            name = " x ".join(names)
            columns[name] = np.prod([rows[f"{n}_code"] for n in names], axis=0)
            coding[name] = "; ".join(f"{n}: {words[n]}" for n in names)
    columns["abs_error"] = rows["error"].abs() - rows["error"].abs().mean()
    coding["abs_error"] = "per point of |base rate - estimate|"
    for name in comparison.covariates:
        own = rows.drop_duplicates("participant_id")[name].mean()
        columns[name], coding[name] = rows[name].astype(float) - own, "per unit of the covariate"
    return pd.DataFrame(columns), coding


def _random_terms(rows: pd.DataFrame) -> list[RandomTerm]:
    person = pd.factorize(rows["participant_id"])[0]
    time, valence = rows["time_code"].to_numpy(), rows["valence_code"].to_numpy()
    one = np.ones(len(rows))
    return [
        RandomTerm("person", person, one),
        RandomTerm("person: time", person, time),
        RandomTerm("person: valence", person, valence),
        RandomTerm("person: time x valence", person, time * valence),
        RandomTerm("event", pd.factorize(rows["event"])[0], one),
    ]
