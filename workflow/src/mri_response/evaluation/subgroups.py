"""Whether models work alike for everybody: their performance by sex, age, site and the like.

A group is a set of people of one cohort. There is no test of a group by itself: with the few people
of most groups it would say little, and the more groups the more often it would be wrong. Where a
variable has two groups, their difference is given with its interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.proportions import mover_difference
from mri_response.core.tables import as_categories
from mri_response.core.vocabulary import (
    EXTERNAL_POOLED,
    HEADLINE,
    Aggregation,
    Interval,
    NotComputed,
    Role,
)
from mri_response.evaluation.bootstrap import null_inflated_intervals, null_inflation
from mri_response.evaluation.cohort import Cohort
from mri_response.evaluation.frozen_performance import estimates_of
from mri_response.evaluation.metrics import METRICS
from mri_response.evaluation.performance import with_standard_errors
from mri_response.evaluation.performance_rows import TESTED
from mri_response.learning.decisions import Decisions
from mri_response.models.scores import decision_of
from mri_response.people.columns import SUBGROUPS
from mri_response.people.rows import pooled

SUBGROUP_COLUMNS = [
    "model",
    "cohort",
    "role",
    "variable",
    "group",
    "reference",
    "metric",
    "aggregation",
    "n",
    "n_positive",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_method",
]
#: Group of the people of whom the variable is not known.
UNKNOWN = "not known"
DIFFERENCE = Interval.MOVER_DIFFERENCE

#: Estimate, limits and method of each metric.
Estimates = dict[str, tuple[float, float, float, str]]


def age_band(age: float, bands: Sequence[float]) -> str:
    """The band of an age, as in ``30 to 44`` (completed years) or ``60 and over``.

    Parameters
    ----------
    age : float
        Age in years.
    bands : sequence of float
        Ages at which a new band begins, ascending.

    Returns
    -------
    str
        ``not known`` if the age is missing.
    """
    if np.isnan(age):
        return UNKNOWN
    position = int(np.searchsorted(bands, age, side="right"))
    if position == 0:
        return f"under {bands[0]:g}"
    if position == len(bands):
        return f"{bands[-1]:g} and over"
    low, high = bands[position - 1], bands[position]
    whole = float(low).is_integer() and float(high).is_integer()
    return f"{low:g} to {high - 1:g}" if whole else f"{low:g} to under {high:g}"


def groups_of(people: pd.DataFrame, settings: Mapping[str, Any]) -> dict[str, NDArray]:
    """The group of each row, for every variable that divides a cohort.

    Parameters
    ----------
    people : DataFrame
        ``participant_id`` and the columns of the variables, one line per row of the cohort. A
        person with several rows belongs where the first value that is known says.
    settings : mapping
        Section ``subgroups`` of the configuration.

    Returns
    -------
    dict of str to ndarray of str, shape (n,)
        Variables of which the cohort has one group are left out: that group is the cohort.
    """
    named = settings["columns"]
    groups = {}
    for variable in SUBGROUPS if named is None else named:
        if variable not in people:
            continue
        values = people.groupby("participant_id", sort=False)[variable].transform("first")
        if variable == "age":
            names = [age_band(value, settings["age_bands"]) for value in values.astype(float)]
        else:
            names = list(as_categories(values).fillna(UNKNOWN))
        if len(set(names)) > 1:
            groups[variable] = np.array(names)
    return groups


def _ordered(variable: str, names: NDArray, settings: Mapping[str, Any]) -> list[str]:
    """Groups in the order of the table: bands by age, others by name, the unknown last."""
    present = set(names)
    if variable == "age":
        bands = settings["age_bands"]
        edges = [-1.0, *bands]
        order = [age_band(edge, bands) for edge in edges]
    else:
        order = sorted(present - {UNKNOWN})
    return [name for name in [*order, UNKNOWN] if name in present]


def discovery_subgroups(
    people: pd.DataFrame,
    decision: NDArray,
    fold: NDArray,
    labels: NDArray,
    base: Mapping[str, Any],
    settings: Mapping[str, Any],
    min_class_size: int,
) -> pd.DataFrame:
    """Cross-validated performance in groups of the discovery cohort.

    Parameters
    ----------
    people : DataFrame
        The cohort's n analysed rows.
    decision : ndarray, shape (1 + M, repeats, n)
        Labelling 0 is the observed one, the others are permutations of the whole procedure.
    fold : ndarray of int, shape (repeats, n) or (1 + M, repeats, n)
        Outer fold in which each row was tested.
    labels : ndarray of 0/1, shape (1 + M, n)
        Labels of each labelling.
    base : mapping
        ``model``, ``cohort`` and ``role`` of the rows.
    settings : mapping
        Section ``subgroups`` of the configuration.
    min_class_size : int
        With fewer people in either class nothing is computed for a group.

    Returns
    -------
    DataFrame
        `SUBGROUP_COLUMNS`; aggregation `mean_over_repeats`.

    Notes
    -----
    Intervals are those of the headline (`evaluation.bootstrap.null_inflated_intervals`), with the
    factor that the permutations show for the group itself: the fewer people, the less their common
    training data matter. Permutations that leave a class of the group with less than two people
    are not counted. Differences take the limits of two groups as independent.
    """
    fold = np.broadcast_to(fold, decision.shape)

    def estimates(rows: NDArray) -> Estimates:
        """Estimates and limits of some rows."""
        group = Cohort.of(people.iloc[rows])
        n_positive = labels[:, rows].sum(axis=1)
        drawn = np.minimum(n_positive, len(rows) - n_positive) > 1
        drawn[0] = False  # the observed labels
        both, inflation = {}, {}
        for metric in METRICS:
            wanted = slice(None) if metric in TESTED else slice(1)
            values, errors = with_standard_errors(
                metric,
                HEADLINE,
                decision[wanted][:, :, rows],
                fold[wanted][:, :, rows],
                labels[wanted][:, rows],
                group,
            )
            both[metric] = values, errors
            if metric in TESTED:
                inflation[metric] = null_inflation(values[drawn], errors[drawn])
        estimate = {metric: float(values[0]) for metric, (values, _) in both.items()}
        error = {metric: float(errors[0]) for metric, (_, errors) in both.items()}
        limits = null_inflated_intervals(
            estimate, error, inflation, group.n_positive, group.n_negative
        )
        return {m: (estimate[m], *limits[m], Interval.NULL_INFLATED) for m in METRICS}

    base = {**base, "aggregation": HEADLINE}
    return _table(people, estimates, base, settings, min_class_size)


def frozen_subgroups(
    people: pd.DataFrame,
    decision: NDArray,
    base: Mapping[str, Any],
    settings: Mapping[str, Any],
    min_class_size: int,
    stratum: NDArray | None = None,
) -> pd.DataFrame:
    """Performance of a frozen model in groups of another cohort; its people are independent.

    Parameters
    ----------
    people : DataFrame
        The cohort's n analysed rows.
    decision : ndarray, shape (n,)
        Decision value of each row.
    base : mapping
        ``model``, ``cohort`` and ``role`` of the rows, and ``aggregation`` where it is not that of
        a frozen model.
    settings : mapping
        Section ``subgroups`` of the configuration.
    min_class_size : int
        With fewer people in either class nothing is computed for a group.
    stratum : ndarray of str, shape (n,), optional
        Name of the cohort of each row where several are taken together: the people of a group are
        then compared within their cohort only.

    Returns
    -------
    DataFrame
        `SUBGROUP_COLUMNS`; intervals as from `estimates_of`.
    """

    def estimates(rows: NDArray) -> Estimates:
        """Estimates and limits of some rows."""
        own = None if stratum is None else stratum[rows]
        return estimates_of(decision[rows], Cohort.of(people.iloc[rows], own))

    one = stratum is None
    base = {"aggregation": Aggregation.FROZEN_MODEL if one else Aggregation.WITHIN_COHORTS, **base}
    return _table(people, estimates, base, settings, min_class_size)


def _table(
    people: pd.DataFrame,
    estimates: Any,
    base: Mapping[str, Any],
    settings: Mapping[str, Any],
    min_class_size: int,
) -> pd.DataFrame:
    """Every group of every variable, and the difference where there are two."""
    rows: list[dict[str, Any]] = []
    for variable, names in groups_of(people, settings).items():
        found: dict[str, Estimates | None] = {}
        sizes = {}
        for name in _ordered(variable, names, settings):
            inside = np.flatnonzero(names == name)
            group = Cohort.of(people.iloc[inside])
            sizes[name] = group.n, group.n_positive
            enough = not group.too_small(min_class_size)
            found[name] = estimates(inside) if enough else None
            about = {**base, "variable": variable, "group": name}
            rows += _rows(about, sizes[name], found[name])
        known = [name for name in found if name != UNKNOWN]
        if len(known) == 2:
            about = {**base, "variable": variable, "group": known[0], "reference": known[1]}
            size = tuple(np.add(*(sizes[name] for name in known)).tolist())
            first, second = (found[name] for name in known)
            difference = None
            if first is not None and second is not None:
                difference = {
                    m: (*mover_difference(first[m][:3], second[m][:3]), DIFFERENCE) for m in METRICS
                }
            rows += _rows(about, size, difference)
    table = pd.DataFrame(rows, columns=SUBGROUP_COLUMNS)
    return table.astype({"n_positive": "Int64"})


def _rows(
    about: Mapping[str, Any], size: Sequence[int], found: Estimates | None
) -> list[dict[str, Any]]:
    rows = []
    for metric in METRICS:
        row = {**about, "metric": metric, "n": size[0], "n_positive": size[1]}
        if found is None:
            # The outcome of a single person must not be deducible from a row of the table.
            row |= {"n_positive": None, "ci_method": NotComputed.SMALL_CLASS}
        else:
            row |= dict(
                zip(("estimate", "ci_low", "ci_high", "ci_method"), found[metric], strict=True)
            )
        rows.append(row)
    return rows


def subgroup_table(
    model: str,
    config: Mapping[str, Any],
    people: Mapping[str, pd.DataFrame],
    decisions: Decisions,
    scores: pd.DataFrame,
) -> pd.DataFrame:
    """Performance of one model in the groups of every cohort.

    Parameters
    ----------
    model : str
        Name of the model.
    config : mapping
        Sections cohorts, subgroups, min_class_size and cross_validation of the configuration.
        Discovery people who are held out were predicted by one model that has seen none of them:
        they are independent.
    people : mapping of str to DataFrame
        Analysed rows by cohort, the discovery cohort first.
    decisions : Decisions
        Of the discovery cohort.
    scores : DataFrame
        Decision values of the frozen model: ``cohort``, ``participant_id``, ``decision``.

    Returns
    -------
    DataFrame
        `SUBGROUP_COLUMNS`: for each cohort, variable and group the four metrics with intervals;
        where a variable has two groups, also their differences (``group`` minus ``reference``,
        which is missing in all other rows). Groups in which a class has fewer than
        ``min_class_size`` people have ``not_computed_small_class`` in ``ci_method`` and no number.
        Two or more external cohorts are also taken together (``external_pooled``; not by
        site), and compared within their cohort.
    """
    settings, least = config["subgroups"], config["min_class_size"]
    discovery, *others = people
    about = {"model": model, "cohort": discovery, "role": Role.DISCOVERY}
    decisions, predicted = decisions.of_tested(people[discovery])
    decision = decisions.decision
    if config["cross_validation"]["outer"] == "held_out":
        about["aggregation"] = HEADLINE
        first = frozen_subgroups(predicted, decision[0, 0], about, settings, least)
    else:
        arrays = decision, decisions.fold, decisions.labels
        first = discovery_subgroups(predicted, *arrays, about, settings, least)
    tables = [first]
    external = {}
    for name in others:
        role = config["cohorts"][name]["role"]
        values = decision_of(scores, name, people[name])
        about = {"model": model, "cohort": name, "role": role}
        tables.append(frozen_subgroups(people[name], values, about, settings, least))
        if role == Role.EXTERNAL:
            external[name] = values
    if len(external) > 1:
        together = pooled({name: people[name] for name in external})
        together = together.drop(columns="site", errors="ignore")
        about = {"model": model, "cohort": EXTERNAL_POOLED, "role": Role.EXTERNAL}
        values = np.concatenate(list(external.values()))
        stratum = np.repeat(list(external), [len(people[name]) for name in external])
        tables.append(frozen_subgroups(together, values, about, settings, least, stratum))
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
