"""What a run can prove about leakage, and what it measures that leakage would move."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import discovery_name
from mri_response.core.tables import read_people, read_tsv
from mri_response.core.vocabulary import ConfoundControl, Null
from mri_response.features.resemblance import ALIKE
from mri_response.learning.split_tables import folds_from_table
from mri_response.learning.splits import Fold

LEAKAGE_COLUMNS = ["check", "scope", "n_checked", "n_found", "value", "limit", "passed"]
#: One-sided standard normal quantile of 99.9 %: one run of a thousand is told by chance.
_Z = 3.09


def certificate(config: Mapping[str, Any], given: Any) -> pd.DataFrame:
    """Look at everything that a run has to show.

    Parameters
    ----------
    config : mapping
        Sections cohorts, cross_validation and permutation of the configuration.
    given : mapping with attributes
        Paths: `splits`; `people`, the analysed rows of every cohort in their order; and, each
        empty where a run has none, `qc`, `null`, `controls` (of the removal of confounds) and
        `numbers_null`.

    Returns
    -------
    DataFrame
        Columns `LEAKAGE_COLUMNS`.
    """
    people = dict(zip(config["cohorts"], map(read_people, given.people), strict=True))
    discovery, free = discovery_name(config), config["permutation"]["within"] is None
    home = people.pop(discovery)
    own = [name for name in people if config["cohorts"][name]["own_ids"]]
    folds = folds_from_table(read_tsv(given.splits), home)
    rows = split_checks(folds, home, config["cross_validation"]["group"])
    rows += shared_ids(home, people, own)
    if given.qc:
        rows += scan_checks(read_tsv(given.qc, {"resemblance": float}))
    if given.null:
        null = read_tsv(given.null, {"value": float})
        controls = read_tsv(given.controls, {"estimate": float}) if given.controls else None
        rows += null_checks(null, discovery, free=free) + removal_checks(controls, null)
    if given.numbers_null:
        null = read_tsv(given.numbers_null, {"value": float})
        rows += gain_checks(null, discovery, free=free)
    return leakage_table(rows)


def split_checks(
    folds: Sequence[Fold], people: pd.DataFrame, group: str | None
) -> list[dict[str, Any]]:
    """Look for people, and families, on both sides of a split.

    Parameters
    ----------
    folds : sequence of Fold
        All splits of the run, the inner ones and those of the refit included.
    people : DataFrame
        Analysed rows of the discovery cohort, in the order of the masks.
    group : str, optional
        Column that names the family.

    Returns
    -------
    list of dict
        Rows of the table `LEAKAGE_COLUMNS`.
    """
    train = np.concatenate([fold.sets.train for fold in folds])
    test = np.concatenate([fold.sets.test for fold in folds])
    # The refit has no outer test rows, and its outer mask is no split.
    is_split = test.any(axis=1)
    rows = []
    for check, column in (("people_split", "participant_id"), ("families_split", group)):
        if column is None:
            continue
        codes, names = pd.factorize(people[column])
        member = np.zeros((len(people), len(names)), dtype=np.float32)
        member[np.arange(len(people)), codes] = 1
        both = ((train @ member > 0) & (test @ member > 0)).any(axis=1)
        n_found = int((both & is_split).sum())
        rows.append(_row(check, "discovery", int(is_split.sum()), n_found, passed=n_found == 0))
    return rows


def shared_ids(
    discovery: pd.DataFrame, others: Mapping[str, pd.DataFrame], own: Sequence[str]
) -> list[dict[str, Any]]:
    """Look for people of the discovery cohort in the cohorts that a model is tested on.

    Parameters
    ----------
    discovery : DataFrame
        Analysed rows with ``participant_id``.
    others : mapping of str to DataFrame
        Analysed rows of the other cohorts, by name.
    own : sequence of str
        Cohorts whose ids name other people than the same ids elsewhere.

    Returns
    -------
    list of dict
        Rows of the table `LEAKAGE_COLUMNS`, one per other cohort.
    """
    known = set(discovery["participant_id"])
    rows = []
    for name, people in others.items():
        ids = set(people["participant_id"])
        n_found = len(ids & known)
        rows.append(_row("ids_shared", name, len(ids), n_found, passed=n_found == 0 or name in own))
    return rows


def scan_checks(qc: pd.DataFrame) -> list[dict[str, Any]]:
    """Look for scans that are almost those of other people, among those that were analysed.

    Parameters
    ----------
    qc : DataFrame
        The table ``qc.tsv``; ``resemblance`` as numbers, NaN where it was not measured.

    Returns
    -------
    list of dict
        Rows of the table `LEAKAGE_COLUMNS`, one per cohort and source; ``value`` is the highest
        correlation between two people.
    """
    rows = []
    for (cohort, source), own in qc[qc["excluded"].isna()].groupby(
        ["cohort", "source"], sort=False
    ):
        known = own["resemblance"].dropna()
        alike = int((known > ALIKE).sum())
        rows.append(
            _row(
                "scans_alike",
                f"{cohort}, {source}",
                len(known),
                alike if len(known) else None,
                value=known.max() if len(known) else math.nan,
                limit=ALIKE,
                passed=alike == 0 if len(known) else None,
            )
        )
    return rows


def null_checks(null: pd.DataFrame, discovery: str, *, free: bool) -> list[dict[str, Any]]:
    """Compare the mean of the permutations with chance.

    Parameters
    ----------
    null : DataFrame
        The table ``null.tsv``, values as numbers.
    discovery : str
        Name of the discovery cohort.
    free : bool
        Whether everybody may exchange labels with everybody. Labels that are exchanged within
        sites keep what the sites say of them, and the mean may rightly be above chance.

    Returns
    -------
    list of dict
        Rows of the table `LEAKAGE_COLUMNS`, one per model whose whole procedure was permuted.
        ``value`` is the mean balanced accuracy and ``limit`` chance and 3.09 standard errors of the
        mean: labels that say nothing are not told from scans, unless the labels leak.
    """
    chosen = null[
        (null["cohort"] == discovery)
        & (null["metric"] == "balanced_accuracy")
        & (null["null"] == str(Null.WHOLE_PROCEDURE))
    ]
    first = chosen.groupby("model", sort=False)["aggregation"].transform("first")
    return _centres("null_centre", chosen[chosen["aggregation"] == first], 0.5, free=free)


def _centres(check: str, null: pd.DataFrame, chance: float, *, free: bool) -> list[dict[str, Any]]:
    """Mean over permutations of each model beside what chance allows."""
    rows = []
    for model, own in null.groupby("model", sort=False):
        values = own["value"].dropna()
        if len(values) < 2:
            continue
        mean = float(values.mean())
        limit = chance + _Z * float(values.std()) / math.sqrt(len(values)) if free else math.nan
        found = {"value": mean, "limit": limit, "passed": mean <= limit if free else None}
        rows.append(_row(check, model, len(values), None, **found))
    return rows


def gain_checks(null: pd.DataFrame, discovery: str, *, free: bool) -> list[dict[str, Any]]:
    """Compare the mean gain of predicted numbers over permutations with 0.

    Parameters
    ----------
    null : DataFrame
        The table ``numbers_null.tsv``, values as numbers.
    discovery : str
        Name of the discovery cohort.
    free : bool
        As in `null_checks`.

    Returns
    -------
    list of dict
        Rows of the table `LEAKAGE_COLUMNS`, one per model whose whole procedure was permuted.
        ``value`` is the mean gain in R2 over baseline and confounds, ``limit`` 3.09 standard errors
        of the mean: features that say nothing of exchanged residuals gain nothing, or less.
    """
    chosen = null[
        (null["cohort"] == discovery)
        & (null["metric"] == "r2_gain")
        & (null["null"] == str(Null.RESIDUALS))
    ]
    return _centres("gain_centre", chosen, 0.0, free=free)


def removal_checks(controls: pd.DataFrame | None, null: pd.DataFrame) -> list[dict[str, Any]]:
    """Compare what is predicted from shuffled features, confounds removed, with permutations.

    Parameters
    ----------
    controls : DataFrame, optional
        The table ``confound_controls.tsv``, estimates as numbers.
    null : DataFrame
        The table ``null.tsv``, values as numbers.

    Returns
    -------
    list of dict
        Rows of the table `LEAKAGE_COLUMNS`, one per model with controls; ``limit`` is the 95 %
        quantile of the permutations of the whole procedure.
    """
    rows = []
    shuffled = (
        None
        if controls is None
        else controls[
            (controls["control"] == str(ConfoundControl.SHUFFLED))
            & (controls["metric"] == "balanced_accuracy")
        ]
    )
    for row in () if shuffled is None else shuffled.itertuples():
        own = null[
            (null["model"] == row.model)
            & (null["cohort"] == row.cohort)
            & (null["metric"] == "balanced_accuracy")
            & null["null"].str.startswith(str(Null.WHOLE_PROCEDURE))
        ]["value"].dropna()
        limit = float(own.quantile(0.95)) if len(own) else math.nan
        passed = row.estimate <= limit if len(own) else None
        found = {"value": row.estimate, "limit": limit, "passed": passed}
        rows.append(_row("removal_of_confounds", row.model, 1, None, **found))
    return rows


def _row(
    check: str,
    scope: str,
    n_checked: int,
    n_found: int | None,
    *,
    value: float = math.nan,
    limit: float = math.nan,
    passed: bool | None,
) -> dict[str, Any]:
    verdict = "not_measured" if passed is None else "yes" if passed else "no"
    return dict(
        zip(LEAKAGE_COLUMNS, (check, scope, n_checked, n_found, value, limit, verdict), strict=True)
    )


def leakage_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Put the rows of all checks together.

    Parameters
    ----------
    rows : sequence of mapping
        As the other functions of this module return them.

    Returns
    -------
    DataFrame
        Columns `LEAKAGE_COLUMNS`.
    """
    return pd.DataFrame(rows, columns=LEAKAGE_COLUMNS).astype({"n_found": "Int64"})
