"""Parts of a procedure that do not go together: trees and confounds, unequal class weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.learner_kinds import is_linear, learner_kind
from mri_response.core.tables import shorten
from mri_response.learning.feasibility import class_counts
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.preflight.leaks import columns_of_sets

FEW_VALUES = 10  # distinct values of a feature, up to which confound removal can leave a trace
UNEQUAL = 0.45  # share of the smaller class below which class weights matter


def procedure_warnings(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Warn where a model's confounds, features, classifier and class weights do not go together.

    Parameters
    ----------
    config : mapping
        Sections cohorts, outcome, features and models of the completed configuration.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    list of str
        One line per model and finding.

    References
    ----------
    Hamdan et al. (2023). Confound-leakage: confound removal in machine learning leads to leakage.
    GigaScience 12, giad071.
    """
    return [*_discrete(config, people), *_unweighted(config, people)]


def _discrete(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Models that can read a confound off the residuals of a feature with few values.

    The residual of such a feature is its few values less a multiple of the confound. It is unequal
    for equal values, and a tree finds the confound in what follows after the decimal point.
    """
    asked = {
        name: model
        for name, model in config["models"].items()
        if model["confounds"] and not is_linear(model)
    }
    if not asked:
        return []
    few = {
        name: [column for column in values if 2 <= values[column].nunique() <= FEW_VALUES]
        for name, _, values, _ in columns_of_sets(config, people)
    }
    warnings = []
    for name, model in asked.items():
        used = model["features"]
        parts = config["features"][used].get("sets", [used])
        columns = [column for part in parts for column in few.get(part, [])]
        if columns:
            warnings.append(
                f"models.{name}: confounds are removed from {len(columns)} features with few "
                f"values ({shorten(columns, 3)}) for a classifier that is not linear, which can "
                "read the confounds off what is left, so that balanced accuracy and p may be far "
                "too good; read confound_controls.tsv, in which features are shuffled before the "
                "removal, or leave these features out"
            )
    return warnings


def _unweighted(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Classifiers without class weights beside those that have them, where classes are unequal."""
    counts, models = class_counts(people), config["models"]
    share = min(counts) / max(1, sum(counts))
    balanced = [name for name, m in models.items() if m.get("class_weight") == "balanced"]
    if share >= UNEQUAL or not balanced:
        return []
    warnings = []
    for name, model in models.items():
        if not learner_kind(model).of_sklearn or "class_weight" in model["grid"]:
            continue
        parameters = EstimatorOptions.from_config(model).build({}, 0).get_params()
        if parameters.get("class_weight", "balanced") is None:
            warnings.append(
                f"models.{name}: classes are not weighted, but those of {balanced[0]} are, and the "
                f"smaller class has {100 * share:.0f} % of the people: a difference of their "
                "balanced accuracies is then one of weights too; set parameters: {class_weight: "
                "balanced}, or compare the AUC"
            )
    return warnings
