"""The configuration: checked against its schema, completed with defaults, cross-checked.

Everything that can be said about a configuration without opening a file is said here; what needs
the files is in :mod:`mri_response.preflight.checks`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from mri_response.config.checks.apply import refuse_beside_apply
from mri_response.config.checks.belief import check_belief
from mri_response.config.checks.clinical_outcomes import check_clinical_outcomes
from mri_response.config.checks.columns import check_columns
from mri_response.config.checks.features import check_features
from mri_response.config.checks.fitted_outcomes import refuse_fitted
from mri_response.config.checks.folds import check_inner, check_outer, check_permutation
from mri_response.config.checks.models import check_comparisons, check_models, check_stacks
from mri_response.config.checks.names import check_names
from mri_response.config.checks.numbers import (
    add_ridge,
    check_numbers,
    refuse_for_classes,
)
from mri_response.config.checks.quality import check_quality_control
from mri_response.config.checks.sessions import check_sessions
from mri_response.config.checks.sources import check_paths, check_sources
from mri_response.config.checks.variability import check_effects, check_variability
from mri_response.config.columns import CATEGORIES
from mri_response.config.learner_kinds import learner_kind
from mri_response.config.messages import by_position, fault, key_path, schema_fault
from mri_response.config.modules import check_modules
from mri_response.config.outcome_kinds import is_number, outcome_kind
from mri_response.config.preparation_steps import PREPARATION
from mri_response.config.queries import discovery_name
from mri_response.config.schema import config_schema, filled

_CODED = "codes"


def load_config(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check a configuration and fill in its defaults.

    Parameters
    ----------
    raw : mapping
        The configuration as read from YAML.

    Returns
    -------
    dict
        A new configuration in which every optional key has a value (except ``simulation``, here,
        in ``belief`` and in ``variability``, and a model's ``estimator``, which are there only if
        they were given, and what goes with them),
        sections without which the run does what it is asked are empty (``outcome`` is None),
        titles and ``primary_model`` are filled, ``outcome["classes"]`` maps each class name to the
        list of its values (as text) and ``where`` each column to the list of accepted values (as
        text).

    Raises
    ------
    InputError
        ``config: key: found X, expected Y; do Z``, for the first mistake.
    """
    from jsonschema import Draft202012Validator  # takes time to import; only needed here

    schema = config_schema()
    raw = _plain(raw)
    refuse_fitted(raw)
    validator = Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(raw), key=lambda error: by_position(error, raw))
    if errors:
        raise schema_fault(errors[0], schema)
    check_modules(raw)
    refuse_beside_apply(raw)
    for model in raw.get("models", {}).values():
        if isinstance(model.get("harmonise"), str):
            model["harmonise"] = {"column": model["harmonise"]}
    if is_number(raw):
        refuse_for_classes(raw)
        add_ridge(raw)
    _scale_of_voxels(raw)
    config = filled(raw, schema, validator)
    _normalise(config)
    _cross_check(config)
    return config


def _scale_of_voxels(raw: dict[str, Any]) -> None:
    """Take the relative grid of C for voxels, to which the whole absolute one is a hard margin."""
    for model in raw.get("models", {}).values():
        kind = raw.get("features", {}).get(model["features"], {}).get("kind")
        given = model.get("C", {})
        is_given = {"scale", "log2_min", "log2_max"} & set(given)
        if kind == "voxels" and learner_kind(model).powers == "C" and not is_given:
            model["C"] = {**given, "scale": "relative"}


def _plain(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """A deep copy of plain dicts and lists; YAML keys that are not text are an error."""
    if isinstance(value, Mapping):
        if _CODED in path:
            # Codes are compared with cells, which are text.
            value = {f"{key}" if type(key) in (int, float) else key: v for key, v in value.items()}
        for key in value:
            if not isinstance(key, str):
                raise fault(
                    key_path(path),
                    f"the key {key!r} (read by YAML as {type(key).__name__})",
                    "text",
                    f'write it in quotes, as "{str(key).lower()}"',
                )
        return {key: _plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, number)) for number, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise fault(key_path(path), repr(value), "a finite number", "correct it")
    return copy.copy(value)


def _normalise(config: dict[str, Any]) -> None:
    """One form for what may be written in several, and empty sections for what is not asked."""
    config.setdefault("title", config["run"])
    config.setdefault("outcome", None)
    for section in ("features", "models"):
        config.setdefault(section, {})
    config.setdefault("primary_model", next(iter(config["models"]), None))
    for name, cohort in config["cohorts"].items():
        cohort.setdefault("title", name)
        cohort["where"] = {column: _texts(values) for column, values in cohort["where"].items()}
        cohort[_CODED] = {
            column: {code: str(value) for code, value in codes.items()}
            for column, codes in cohort[_CODED].items()
        }
        if isinstance(cohort["scores"], str):
            cohort["scores"] = {"table": cohort["scores"], "columns": {}, "wide": {}}
    outcome = config["outcome"]
    if outcome and "positive_class" in outcome:
        outcome["positive_class"] = str(outcome["positive_class"])
    if outcome and "classes" in outcome:
        classes = outcome["classes"]
        if isinstance(classes, list):
            classes = {str(value): value for value in classes}
        outcome["classes"] = {name: _texts(values) for name, values in classes.items()}
    for model in config["models"].values():
        model["confounds"] = [
            {"column": confound, "categorical": True}
            if confound in config["confounds"]["categorical"] and confound not in CATEGORIES
            else confound
            for confound in model["confounds"]
        ]
    for effect in config["effects"].values():
        if effect["cohort"] is None:
            effect["cohort"] = discovery_name(config)
    group = (config["belief"] or {}).get("group")
    if group:
        group.update({key: str(group[key]) for key in ("treated", "others")})
    cv = config["cross_validation"]
    random = cv["outer"] in ("k_fold", "leave_group_out")
    if cv["repeats"] is None:
        cv["repeats"] = 10 if random else 1
    if cv["outer_folds"] is None and random:
        cv["outer_folds"] = 10
    if cv["outer_column"] is None and cv["outer"] == "leave_one_site_out":
        cv["outer_column"] = "site"
    if cv["inner"] != "leave_one_site_out" and cv["inner_folds"] is None:
        cv["inner_folds"] = 10
    if cv["inner"] != "k_fold" and cv["inner_column"] is None:
        cv["inner_column"] = cv["outer_column"] or "site"
    if isinstance(cv["held_out"], dict):
        cv["held_out"] = {column: _texts(values) for column, values in cv["held_out"].items()}


def _texts(values: Any) -> list[str]:
    return [str(value) for value in (values if isinstance(values, list) else [values])]


# ---------------------------------------------------------------- cross-checks
def _cross_check(config: Mapping[str, Any]) -> None:
    """What concerns several keys at once."""
    check_names(config)
    if config["outcome"]:
        outcome_kind(config).check(config)
    check_models(config)
    if is_number(config):
        check_numbers(config)
    check_features(config)
    check_sessions(config)
    check_belief(config)
    check_effects(config)
    check_variability(config)
    check_clinical_outcomes(config)
    for step in PREPARATION.values():
        if step.check:
            step.check(config)
    check_outer(config)
    check_inner(config)
    check_permutation(config)
    check_stacks(config)
    check_comparisons(config)
    check_columns(config)
    check_sources(config)
    check_quality_control(config)
    check_paths(config)
