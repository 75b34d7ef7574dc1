"""Site, scanner, sex, age and intracranial volume against the label, before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, mannwhitneyu

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import (
    discovery_name,
    left_out_column,
    used_confounds,
    used_features,
)
from mri_response.config.source_kinds import source_path
from mri_response.core.errors import InputError
from mri_response.core.tables import as_categories, shorten
from mri_response.inputs.covariates import redundant
from mri_response.inputs.tables import read_table
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.people.participants import read_participants

ALPHA = 0.05
#: Names of columns that say where or how people were scanned, in lower case.
PLACES = ("site", "scanner", "center", "centre", "study_site", "scanner_id", "site_id")
#: Names of columns that say what is known of everybody, in lower case.
PERSONAL = ("sex", "gender", "age", "tiv", "etiv", "icv", "estimatedtotalintracranialvol")
_FEW_VALUES = 10  # a confound with as few whole numbers may hold codes of categories


def check_entangled(config: Mapping[str, Any], people: pd.DataFrame) -> None:
    """Check that the label is not the same as the site or scanner.

    Parameters
    ----------
    config : mapping
        Sections cohorts, cross_validation, permutation, features and models.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Raises
    ------
    InputError
        If there are two sites or more with at least two people, and each has one class only.
    """
    persons = _persons(people)
    for column, values in _columns(config, persons).items():
        if not _is_place(column, config):
            continue
        one, several = _single_class(values, persons["label"])
        if len(one) > 1 and not several:
            raise InputError(
                f"{config['cohorts'][discovery_name(config)]['participants']}: found people of "
                f"one class only for every value of {column} ({shorten(one, 3)}), so that site and "
                "outcome cannot be told apart, expected both classes at some site; analyse people "
                "of sites that have both (where, in the config)"
            )


def entanglement_warnings(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Warn where site, scanner, sex, age or intracranial volume and the label go together.

    Parameters
    ----------
    config : mapping
        Sections cohorts, cross_validation, permutation, features and models.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    list of str
        One line per column and finding. Columns are tried whether they are confounds or not, one
        by one and without a correction for their number: categories by Pearson's chi-squared test,
        numbers by the test of Mann and Whitney.
    """
    persons, warnings = _persons(people), []
    cv, discovery = config["cross_validation"], discovery_name(config)
    outer = left_out_column(cv) if cv["outer"] == "leave_one_site_out" else None
    for column, values in _columns(config, persons).items():
        place = _is_place(column, config)
        # With leave_one_site_out the folds tell sites of one class already.
        if place and column != outer:
            one, several = _single_class(values, persons["label"])
            if one:
                warnings.append(
                    f"cohort {discovery}: {len(one)} of {len(one) + len(several)} values of "
                    f"{column} with two people or more have one outcome only ({shorten(one, 3)}; "
                    f"{int(values.isin(one).sum())} people)"
                )
        p = association(values, persons["label"].to_numpy())
        if outer == column and config["permutation"]["within"] != column:
            warnings.append(
                "cross_validation.outer: p of leave_one_site_out is too small where outcomes are "
                f"permuted over all sites and {column} goes along with the outcome (here p = "
                f"{p:.2g}); set permutation.within: {column}"
            )
        elif p <= ALPHA:
            found = f"cohort {discovery}: {column} goes along with the outcome (p = {p:.2g})"
            warnings.append(found + _advice(column, place, config))
    return warnings + _coded(config, persons)


def confound_warnings(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Warn of confounds that are constant or follow from others, and so remove nothing.

    Parameters
    ----------
    config : mapping
        Sections cohorts and models of the completed configuration.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    list of str
        One line per confound and finding, with the models that have it.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for name, model in config["models"].items():
        coding = ConfoundCoding.of(people, model["confounds"])
        columns = {c: replace(coding, columns=(c,)).matrix(people) for c in coding.columns}
        for column, what in redundant(columns).items():
            found.setdefault((column, what), []).append(f"models.{name}")
    return [
        f"confound {column} ({', '.join(models)}): found {what} in cohort "
        f"{discovery_name(config)}, so that it removes nothing; leave it out"
        for (column, what), models in found.items()
    ]


def _advice(column: str, place: bool, config: Mapping[str, Any]) -> str:
    """What is done about a column that predicts the label, and what could be done."""
    if config["permutation"]["within"] == column:
        return (
            ": outcomes are permuted within its values, which makes p right; the balanced accuracy "
            "still has what the features know of it"
        )
    if column in used_confounds(config):
        more = f"; permutation.within: {column} allows for them in p" if place else ""
        return (
            ": models that name it as a confound remove its straight-line effect from the features "
            "(learned in the training people alone), other effects of it stay, and a model may "
            f"tell it in place of the outcome{more}"
        )
    remedy = f"set permutation.within: {column}, or name" if place else "name"
    return (
        " and is no confound of any model, so that a model may tell it in place of the "
        f"outcome; {remedy} it among the confounds"
    )


def association(values: pd.Series, labels: np.ndarray) -> float:
    """P-value of a column against the label.

    Parameters
    ----------
    values : pandas.Series, shape (n,)
        Categories as text, or numbers; missing values are left out.
    labels : numpy.ndarray of 0/1, shape (n,)
        1 for the positive class, 0 for the other.

    Returns
    -------
    float
        Of Pearson's chi-squared test without continuity correction for categories, of the
        two-sided Mann-Whitney test for numbers; NaN where nothing varies.
    """
    known = values.notna().to_numpy()
    values, labels = values[known], labels[known]
    if values.nunique() < 2 or len(set(labels)) < 2:
        return float("nan")
    if pd.api.types.is_numeric_dtype(values):
        return float(mannwhitneyu(values[labels == 1], values[labels == 0]).pvalue)
    counts = pd.crosstab(values.to_numpy(), labels).to_numpy()
    return float(chi2_contingency(counts, correction=False).pvalue)


def _persons(people: pd.DataFrame) -> pd.DataFrame:
    return people.drop_duplicates("participant_id").reset_index(drop=True)


def _is_place(column: str, config: Mapping[str, Any]) -> bool:
    cv = config["cross_validation"]
    outer = left_out_column(cv) if cv["outer"] == "leave_one_site_out" else None
    named = (config["permutation"]["within"], outer, *config["confounds"]["categorical"])
    return column.lower() in PLACES or column in named


def _columns(config: Mapping[str, Any], persons: pd.DataFrame) -> dict[str, pd.Series]:
    """Columns by name: those of the analysed people first, then those of the user's tables."""
    cohort = config["cohorts"][discovery_name(config)]
    tables = [persons, _by_person(read_participants(config, discovery_name(config)), persons)]
    paths = []
    for spec in used_features(config).values():
        if feature_kind(spec).has_table:
            paths.append(source_path(cohort["sources"][spec["source"]]))
    for path in dict.fromkeys(paths):
        tables.append(_by_person(read_table(path), persons))
    # The user's table has the volumes that became the people's tiv under a name of its own.
    again = (cohort.get("tiv") or {}).get("column") if "tiv" in persons else None
    found: dict[str, pd.Series] = {}
    for table in tables:
        for column in table:
            if column == again and column != "tiv":
                continue
            personal = column.lower() in PERSONAL
            if column in found or not (personal or _is_place(column, config)):
                continue
            values = table[column]
            if _is_place(column, config):
                # Codes of sites are categories, however they are written.
                values = as_categories(values).astype(object)
            elif column.lower() not in ("sex", "gender"):
                values = pd.to_numeric(values, errors="coerce")
            else:
                values = values.astype(object)
            # A column in which nearly everybody has a value of their own holds names and no sites.
            if not _is_place(column, config) or 2 * values.nunique() <= values.notna().sum():
                found[column] = values
    return found


def _by_person(table: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    rows = table.drop_duplicates("participant_id").set_index("participant_id")
    return rows.reindex(persons["participant_id"]).reset_index(drop=True)


def _single_class(values: pd.Series, labels: pd.Series) -> tuple[list[str], list[str]]:
    """Values with two people or more that have one class only, and those that have both."""
    groups = labels.groupby(values.to_numpy())
    classes, sizes = groups.nunique(), groups.size()
    several = sizes >= 2
    one = sorted(map(str, classes.index[several & (classes == 1)]))
    return one, sorted(map(str, classes.index[several & (classes > 1)]))


def _coded(config: Mapping[str, Any], persons: pd.DataFrame) -> list[str]:
    """Confounds of numbers that may be codes.

    With two values number and category are the same, but codes 1 and 3 have one between them, which
    another cohort may have.
    """
    warnings = []
    named = [confound for model in config["models"].values() for confound in model["confounds"]]
    bent = {confound["column"] for confound in named if isinstance(confound, Mapping)}
    for column in used_confounds(config):
        values = persons[column].dropna() if column in persons else pd.Series(dtype=object)
        if not pd.api.types.is_numeric_dtype(values) or column in ("age", "tiv", *bent):
            continue
        distinct = np.unique(values)
        several = len(distinct) > 2 or np.ptp(distinct) > 1
        whole = (distinct == np.round(distinct)).all()
        if 2 <= len(distinct) <= _FEW_VALUES and several and whole:
            shown = ", ".join(as_categories(pd.Series(distinct)))
            warnings.append(
                f"confound {column}: its values ({shown}) are taken as a number with a straight "
                "effect; if they are codes of categories (scanners, centres), write "
                f"confounds: {{categorical: [{column}]}}"
            )
    return warnings
