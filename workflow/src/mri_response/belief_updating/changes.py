"""Change of learning rates and of first estimates with treatment, in groups and between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from mri_response.belief_updating.effects import Comparison
from mri_response.belief_updating.models import used_sessions
from mri_response.belief_updating.rates import LEVEL, PARAMETERS, RELIABILITY, reliable_share
from mri_response.belief_updating.trials import KEYS

#: What learning rates depend on besides the person, per session.
ANSWERS = ("E1", "eBR", "abs_error", "share_good")


def paired(
    values: pd.DataFrame, comparison: Comparison, names: Sequence[str] = PARAMETERS
) -> pd.DataFrame:
    """Values before and after, and their change, of people with both sessions.

    Parameters
    ----------
    values : pandas.DataFrame
        ``participant_id``, ``session_id``, `names` and, where known, their standard errors
        ``<name>_se``, as :func:`mri_response.belief_updating.rates.estimates` returns them.
    comparison : Comparison
        Sessions, groups and covariates.
    names : sequence of str
        Columns to compare.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``; for each name ``<name>_before``, ``<name>_after``,
        ``<name>_change`` and, with standard errors, ``<name>_change_se``, that of the change from
        those of the two sessions.
    """
    of = {name: own.set_index("participant_id") for name, own in values.groupby("session_id")}
    empty = values.iloc[:0].set_index("participant_id")
    before = of.get(comparison.baseline, empty)
    after = of.get(comparison.session, empty)
    both = before.index.intersection(after.index, sort=False)
    out = pd.DataFrame(index=both)
    for name in names:
        out[f"{name}_before"], out[f"{name}_after"] = before.loc[both, name], after.loc[both, name]
        out[f"{name}_change"] = out[f"{name}_after"] - out[f"{name}_before"]
        if f"{name}_se" in values:
            squared = before.loc[both, f"{name}_se"] ** 2 + after.loc[both, f"{name}_se"] ** 2
            out[f"{name}_change_se"] = np.sqrt(squared)
    return out


def with_scores(
    people: pd.DataFrame, scores: pd.DataFrame, scale: str, before: str, after: str
) -> pd.DataFrame:
    """People with a clinical score before and after.

    Parameters
    ----------
    people : pandas.DataFrame
        ``participant_id`` and whatever else.
    scores : pandas.DataFrame
        ``participant_id``, ``session_id``, ``scale``, ``score`` (numbers).
    scale : str
        Name of the scale.
    before, after : str
        Sessions of the score; they need not be those of the task.

    Returns
    -------
    pandas.DataFrame
        `people` with ``score_before`` and ``score_after``, NaN where missing.
    """
    own = scores[scores["scale"] == scale].set_index("participant_id")
    of = {name: part["score"] for name, part in own.groupby("session_id")}
    empty = pd.Series(dtype=float)
    return people.assign(
        score_before=people["participant_id"].map(of.get(before, empty)),
        score_after=people["participant_id"].map(of.get(after, empty)),
    )


def with_mediator(
    people: pd.DataFrame, rates: pd.DataFrame, comparison: Comparison, parameter: str = "A"
) -> pd.DataFrame:
    """People with a parameter before and after as a mediator.

    Parameters
    ----------
    people : pandas.DataFrame
        ``participant_id`` and whatever else.
    rates : pandas.DataFrame
        As :func:`mri_response.belief_updating.rates.estimates` returns it.
    comparison : Comparison
        Sessions, groups and covariates.
    parameter : {"S", "A", "LR_good", "LR_bad"}
        The mediator.

    Returns
    -------
    pandas.DataFrame
        `people` with ``mediator_before`` and ``mediator_after``, NaN without both sessions.
    """
    both = paired(rates, comparison, [parameter])
    return people.assign(
        mediator_before=people["participant_id"].map(both[f"{parameter}_before"]),
        mediator_after=people["participant_id"].map(both[f"{parameter}_after"]),
    )


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
        SD) and ``reliability`` of the change with its limits, NaN without standard errors. "After"
        alone is no change, and a p-value in one group beside none in the other is no difference.
    """
    table = _compared(paired(rates, comparison), people, comparison, PARAMETERS)
    return table.reindex(columns=list(dict.fromkeys([*table, *RELIABILITY])))


def answers_table(
    trials: pd.DataFrame, people: pd.DataFrame, comparison: Comparison
) -> pd.DataFrame:
    """Did first estimates change? If so, a change of asymmetry may come from them.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    people : pandas.DataFrame
        ``participant_id``, ``group``.
    comparison : Comparison
        Sessions, groups and covariates.

    Returns
    -------
    pandas.DataFrame
        As :func:`change_table`, without ``reliability``; ``parameter`` is the mean over used trials
        of ``E1``, ``eBR`` or ``abs_error`` (points), or the share of good news (``share_good``).
    """
    used, _, _ = used_sessions(trials)
    of = used.assign(abs_error=used["error"].abs(), share_good=used["v"] > 0)
    means = of.groupby(KEYS, sort=False)[list(ANSWERS)].mean().reset_index()
    both = paired(means, comparison, ANSWERS)
    return _compared(both, people, comparison, ANSWERS)


def _compared(
    both: pd.DataFrame, people: pd.DataFrame, comparison: Comparison, names: Sequence[str]
) -> pd.DataFrame:
    """Rows of all names and contrasts; of changes with standard errors their reliability too."""
    group = pd.Series(both.index.map(people.set_index("participant_id")["group"]), both.index)
    parts = {label: both[group == label] for label in comparison.groups}
    rows = []
    for name in names:
        changes = {label: part[f"{name}_change"].dropna() for label, part in parts.items()}
        for label, change in changes.items():
            part, n = parts[label], len(change)
            sd = change.std(ddof=1)
            own = {"estimate": change.mean(), "se": sd / np.sqrt(n) if n else np.nan}
            errors = part.get(f"{name}_change_se")
            reliable = {} if errors is None else reliable_share(change, errors[change.index])
            rows.append(
                {
                    "parameter": name,
                    "contrast": label,
                    "n": n,
                    "before": part[f"{name}_before"].mean(),
                    "after": part[f"{name}_after"].mean(),
                    **own,
                    **_tested(**own, df=n - 1.0),
                    "d_z": own["estimate"] / sd,
                    **reliable,
                }
            )
        if len(parts) == 2:
            one, other = (change.to_numpy() for change in changes.values())
            key = {"parameter": name, "contrast": " - ".join(parts), "n": len(one) + len(other)}
            rows.append(key | _welch(one, other))
    table = pd.DataFrame(rows)
    table.insert(0, "session_id", comparison.session)
    table.insert(0, "baseline", comparison.baseline)
    return table


def _tested(estimate: float, se: float, df: float) -> dict[str, float]:
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
    own = {"estimate": np.nan, "se": np.nan}
    if min(len(one), len(other)) < 2:
        return own | _tested(**own, df=0)
    parts = np.array([x.var(ddof=1) / len(x) for x in (one, other)])
    own = {"estimate": one.mean() - other.mean(), "se": np.sqrt(parts.sum())}
    spent = (parts**2 / [len(one) - 1, len(other) - 1]).sum()
    return own | _tested(**own, df=parts.sum() ** 2 / spent if spent else 0.0)
