"""What treatment does to updates, and to S and A: differences between groups, times and valences.

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
from numpy.typing import NDArray
from scipy.stats import t as student

from mri_response.belief_updating.mixed import DF_METHOD, LEVEL, MixedFit, RandomTerm, fit_mixed
from mri_response.belief_updating.rates import PARAMETERS
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


# ---------------------------------------------------------------- trial by trial
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
    rows = _rows(trials, people, comparison)
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


def _rows(trials: pd.DataFrame, people: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
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


# ---------------------------------------------------------------- change of learning rates
def paired(rates: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Learning rates before and after, and their change, of people with both sessions.

    Parameters
    ----------
    rates : pandas.DataFrame
        As :func:`mri_response.belief_updating.rates.estimates` returns it.
    comparison : Comparison
        Sessions, groups and covariates.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``; for each parameter ``<p>_before``, ``<p>_after``, ``<p>_change``
        and ``<p>_change_se``, the standard error of the change from those of the two sessions.
    """
    of = {name: own.set_index("participant_id") for name, own in rates.groupby("session_id")}
    empty = rates.iloc[:0].set_index("participant_id")
    before = of.get(comparison.baseline, empty)
    after = of.get(comparison.session, empty)
    both = before.index.intersection(after.index, sort=False)
    out = pd.DataFrame(index=both)
    for name in PARAMETERS:
        out[f"{name}_before"], out[f"{name}_after"] = before.loc[both, name], after.loc[both, name]
        out[f"{name}_change"] = out[f"{name}_after"] - out[f"{name}_before"]
        squared = before.loc[both, f"{name}_se"] ** 2 + after.loc[both, f"{name}_se"] ** 2
        out[f"{name}_change_se"] = np.sqrt(squared)
    return out


def change_table(rates: pd.DataFrame, people: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Change of learning rates with treatment: within groups, and the difference between them.

    Parameters
    ----------
    rates : pandas.DataFrame
        As :func:`mri_response.belief_updating.rates.estimates` returns it.
    people : pandas.DataFrame
        ``participant_id``, ``group``; covariates are not used here.
    comparison : Comparison
        Sessions, groups and covariates.

    Returns
    -------
    pandas.DataFrame
        A row per parameter and contrast: ``baseline``, ``session_id``, ``parameter``, ``contrast``
        (a group, or ``patients - controls``), ``n``, ``before``, ``after`` (means; NaN for the
        difference of groups), ``estimate``, ``se``, ``df``, ``statistic``, ``p_value``,
        ``ci_low``, ``ci_high`` (t of the changes; Welch's between groups), ``d_z`` (change over its
        SD) and ``reliability`` of the change. "After" alone is no change, and a p-value in one
        group beside none in the other is no difference.
    """
    both = paired(rates, comparison)
    group = pd.Series(both.index.map(people.set_index("participant_id")["group"]), both.index)
    rows = []
    for name in PARAMETERS:
        parts = [both[group == g] for g in comparison.groups]
        changes = [part[f"{name}_change"].dropna().to_numpy() for part in parts]
        for label, part, change in zip(comparison.groups, parts, changes, strict=True):
            sd = change.std(ddof=1) if len(change) > 1 else np.nan
            error = (part[f"{name}_change_se"] ** 2).mean()
            own = _t_test(change.mean() if len(change) else np.nan, sd**2 / max(len(change), 1))
            own |= _with_df(own, len(change) - 1.0)
            means = {"before": part[f"{name}_before"].mean(), "after": part[f"{name}_after"].mean()}
            extra = {"d_z": own["estimate"] / sd, "reliability": 1 - error / sd**2}
            rows.append({"parameter": name, "contrast": label, "n": len(change)} | means | own)
            rows[-1] |= extra
        if len(parts) == 2:
            own = _welch(*changes)
            n = sum(len(change) for change in changes)
            rows.append(
                {"parameter": name, "contrast": " - ".join(comparison.groups), "n": n, **own}
            )
    table = pd.DataFrame(rows)
    table.insert(0, "session_id", comparison.session)
    table.insert(0, "baseline", comparison.baseline)
    return table


def _t_test(estimate: float, variance: float) -> dict[str, float]:
    return {"estimate": float(estimate), "se": float(np.sqrt(variance))}


def _with_df(own: dict[str, float], df: float) -> dict[str, float]:
    estimate, se = own["estimate"], own["se"]
    if not (df > 0 and se > 0):
        empty = ("df", "statistic", "p_value", "ci_low", "ci_high")
        return dict.fromkeys(empty, np.nan)
    half = student.ppf((1 + LEVEL) / 2, df) * se
    return {
        "df": df,
        "statistic": estimate / se,
        "p_value": float(2 * student.sf(abs(estimate / se), df)),
        "ci_low": estimate - half,
        "ci_high": estimate + half,
    }


def _welch(one: NDArray, other: NDArray) -> dict[str, float]:
    if min(len(one), len(other)) < 2:
        own = _t_test(np.nan, np.nan)
        return own | _with_df(own, 0)
    parts = np.array([x.var(ddof=1) / len(x) for x in (one, other)])
    own = _t_test(one.mean() - other.mean(), parts.sum())
    spent = (parts**2 / [len(one) - 1, len(other) - 1]).sum()
    return own | _with_df(own, parts.sum() ** 2 / spent if spent else 0.0)
