"""What is allowed but weakens the result from the start: one warning each."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.modules import asked_modules
from mri_response.config.queries import class_names, discovery_name, used_features
from mri_response.core.tables import shorten
from mri_response.learning.feasibility import (
    class_counts,
    exchangeability_of_run,
    exchanged_by,
    n_people,
)
from mri_response.learning.permutation import exchangeable_rows
from mri_response.people.size import FEW_PEOPLE
from mri_response.preflight.duplicates import (
    duplicate_warnings,
    family_warnings,
    spelling_warnings,
)
from mri_response.preflight.entangled import confound_warnings, entanglement_warnings
from mri_response.preflight.leaks import leak_warnings
from mri_response.preflight.procedures import procedure_warnings
from mri_response.preflight.programs import (
    probability_warnings,
    region_warnings,
    version_warnings,
)
from mri_response.preflight.scores import date_warnings, score_warnings
from mri_response.preflight.sessions import session_warnings
from mri_response.preflight.tables import (
    constant_columns,
    scale_warnings,
    side_warnings,
    subgroup_warnings,
    sum_warnings,
    unit_warnings,
    zero_warnings,
)


def _fold_warnings(
    cv: Mapping[str, Any], rows: pd.DataFrame, discovery: str, n: int, smallest: int
) -> list[str]:
    """What weakens the outer scheme."""
    folds = cv["outer_folds"]
    if cv["outer"] == "leave_one_out":
        return [
            "cross_validation.outer: leave_one_out has test folds of one person, which have no "
            "balanced accuracy of their own, and one estimate without repeats that varies much "
            "from sample to sample; 5 or 10 folds, repeated, are usual"
        ]
    if cv["outer"] == "held_out":
        return [
            "cross_validation.outer: held_out predicts the held-out people alone, so that its "
            "intervals are wide; k_fold predicts everybody"
        ]
    if cv["outer"] in ("leave_one_site_out", "leave_group_out"):
        column = cv["outer_column"]
        classes = rows["label"].groupby(rows[column].astype(str)).nunique()
        single = sorted(classes.index[classes == 1])
        if not single:
            return []
        return [
            f"cohort {discovery}: {len(single)} values of {column} have people of one class only "
            f"({shorten(single, 3)}): they count in the balanced accuracy of all people, their own "
            "is the share that is right, and they have no AUC of their own"
        ]
    if 2 * folds > n:
        return [
            f"cross_validation.outer_folds: {folds} folds of {n} people come near "
            "leave-one-out, which is unstable; 5 or 10 folds are usual"
        ]
    if cv["scheme"] == "label_blind" and smallest < folds:
        return [
            f"cohort {discovery}: the smaller class has {smallest} people for {folds} parts of "
            "the cross-validation (folds), so that some parts have nobody of it"
        ]
    return []


def _permutation_warnings(n: int) -> list[str]:
    """What few permutations leave open."""
    if n >= 100:
        return []
    smallest = f"{1 / (n + 1):.2g}"
    return [
        f"permutation.n: with {n} permutations no p can be below {smallest}, however strong an "
        "effect is"
    ]


def _site_warnings(column: str | None, people: Mapping[str, pd.DataFrame]) -> list[str]:
    """Cohorts in which sites cannot be compared."""
    warnings, single = [], []
    for name, rows in people.items() if column else ():
        counts = rows[column].value_counts()
        alone, without = int((counts == 1).sum()), int(rows[column].isna().sum())
        if len(counts) < 2:
            single.append(name)
        elif alone:
            warnings.append(
                f"cohort {name}: {alone} of {len(counts)} sites (sites.column: {column}) have one "
                "person, who says nothing about the site"
            )
        if without:
            warnings.append(
                f"cohort {name}: of {without} people the site (sites.column: {column}) is not known"
            )
    if single:
        cohorts = f"cohort{'s' * (len(single) > 1)} {', '.join(single)}"
        each = "each has" if len(single) > 1 else "has"
        warnings.append(
            f"{cohorts}: {each} people of one site (sites.column: {column}), so that no sites can "
            "be compared there"
        )
    return warnings


def _warnings_of_tables(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """What tables of scores and regions show beside those of other cohorts."""
    scores = score_warnings(config, people) + date_warnings(config, people)
    return scores + scale_warnings(config, people) + side_warnings(config)


def _warnings_of_prediction(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]
) -> list[str]:
    """What weakens a prediction from the start."""
    discovery = discovery_name(config)
    rows, cv = people[discovery], config["cross_validation"]
    n = n_people(rows)
    smallest = min(class_counts(rows))
    warnings = []
    if n < FEW_PEOPLE:
        warnings.append(
            f"cohort {discovery}: {n} people are few (fewer than {FEW_PEOPLE}): with about 100, a "
            "balanced accuracy is uncertain by some 10 percentage points either way"
        )
    warnings += _fold_warnings(cv, rows, discovery, n, smallest)
    warnings += entanglement_warnings(config, rows) + confound_warnings(config, rows)
    warnings += _permutation_warnings(config["permutation"]["n"])
    distinct = exchangeability_of_run(config, rows).n_distinct
    if distinct < config["permutation"]["n"]:
        warnings.append(
            f"permutation: there are only {distinct:.0f} ways to exchange outcomes between people, "
            f"fewer than the {config['permutation']['n']} permutations asked for"
        )
    for name, others in people.items():
        counts = class_counts(others)
        if name != discovery and min(counts) < config["min_class_size"]:
            named = dict(zip(class_names(config), counts, strict=True))
            text = ", ".join(f"{count} {label}" for label, count in named.items())
            warnings.append(
                f"cohort {name}: no performance will be computed, since a class has fewer than "
                f"{config['min_class_size']} people ({text})"
            )
    if config["quality_control"]["exclude"]:
        warnings.append(
            "quality_control.exclude: scans that break a rule are left out once they are measured, "
            "and listed in exclusions.tsv"
        )
    for name, model in config["models"].items():
        kind = feature_kind(config["features"][model["features"]])
        if not kind.has_names and "C" in model and model["C"]["scale"] == "absolute":
            warnings.append(
                f"models.{name}.C: with so many voxels all strengths of regularisation that are "
                "tried often give one and the same model; scale: relative tries some that differ"
            )
    for name, spec in used_features(config).items():
        if feature_kind(spec).has_image and spec.get("smoothing_fwhm_mm") == 0:
            warnings.append(
                f"features.{name}: voxels of maps that are not smoothed, while 4 to 8 mm are usual "
                "in voxel-based morphometry; set smoothing_fwhm_mm, or ignore this where the maps "
                "were smoothed before"
            )
    warnings += _site_warnings(config["sites"]["column"], people)
    warnings += _warnings_of_tables(config, people)
    warnings += session_warnings(config, people) + version_warnings(config, rows)
    warnings += probability_warnings(config) + region_warnings(config)
    warnings += leak_warnings(config, rows) + procedure_warnings(config, rows)
    warnings += duplicate_warnings(config, people) + family_warnings(config, rows)
    warnings += sum_warnings(config) + zero_warnings(config, people)
    warnings += unit_warnings(config, people)
    return warnings + constant_columns(config, rows)


def _warnings_of_numbers(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]
) -> list[str]:
    """What weakens the prediction of a number from the start."""
    discovery = discovery_name(config)
    rows = people[discovery]
    warnings = []
    if n_people(rows) < FEW_PEOPLE:
        warnings.append(
            f"cohort {discovery}: {n_people(rows)} people are few (fewer than {FEW_PEOPLE}): "
            "expect wide intervals"
        )
    warnings += _permutation_warnings(config["permutation"]["n"])
    for name, others in people.items():
        by = exchanged_by(config, others)
        # The discovery cohort was refused.
        if len(others) and max(map(len, exchangeable_rows(others, **by))) < 2:
            warnings.append(
                f"cohort {name}: its gain gets no p, since nobody may change places with anybody "
                f"(cross_validation.group: {by['group']}, permutation.within: {by['within']}); use "
                "larger blocks"
            )
    warnings += confound_warnings(config, rows)
    warnings += _warnings_of_tables(config, people)
    warnings += session_warnings(config, people)
    warnings += duplicate_warnings(config, people) + family_warnings(config, rows)
    return warnings + sum_warnings(config) + constant_columns(config, rows)


def _warnings_of_cohorts(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]
) -> list[str]:
    """What is missing in the description of the cohorts, and people who may be in two of them."""
    return spelling_warnings(config, people) + subgroup_warnings(config)


def _warnings_of_belief(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """What weakens the analysis of belief updating."""
    # Imported here: the models of beliefs take time to load.
    from mri_response.preflight.beliefs import belief_warnings

    return belief_warnings(config, people)


def _warnings_of_variability(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]
) -> list[str]:
    """What weakens the analysis of how differently brains change."""
    from mri_response.preflight.variability import variability_warnings

    return variability_warnings(config, people)


#: What each module of a run (`mri_response.config.modules`) warns of before its first job, from the
#: completed configuration and the analysed rows by cohort. A module that warns of nothing has no
#: entry.
WARNINGS = {
    "prediction": _warnings_of_prediction,
    "belief": _warnings_of_belief,
    "variability": _warnings_of_variability,
    "numbers": _warnings_of_numbers,
    "cohorts": _warnings_of_cohorts,
}


def input_warnings(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[str]:
    """What weakens the result from the start.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    people : mapping of str to pandas.DataFrame
        The analysed rows by cohort.

    Returns
    -------
    list of str
        One line each, of the modules that the configuration asks for, in the order of `WARNINGS`.
    """
    asked = asked_modules(config)
    return [text for name in WARNINGS if name in asked for text in WARNINGS[name](config, people)]
