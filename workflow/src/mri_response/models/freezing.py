"""How models become frozen ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from mri_response.config.learner_kinds import learner_kind
from mri_response.core.tables import read_people
from mri_response.features.matrices import read_features
from mri_response.learning.decision_rules import out_of_fold
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.models.description import describe, description_of
from mri_response.models.fitted import FittedModels, fitted_models
from mri_response.models.frozen import Frozen
from mri_response.models.harmonised import FrozenHarmonised
from mri_response.models.hashed import PathLike
from mri_response.models.linear import freeze_linear, with_unpenalised
from mri_response.models.stacking import FrozenStack, refitted_stack
from mri_response.people.rows import person_weights


def freeze(name: str, config: Mapping[str, Any], given: Any) -> Frozen:
    """Freeze a model of the configuration from the results of its jobs.

    Parameters
    ----------
    name : str
        Name of the model.
    config : mapping
        Sections seed, outcome, external, features and operating_points of the configuration, and
        the model's own as `model`.
    given : mapping with attributes
        Paths: `people` and `features` of the discovery cohort, `splits` of the run, and `fitted`,
        the results of the jobs that hold the models.

    Returns
    -------
    Frozen
        A linear formula where the model has weights, else a recipe.
    """
    people = read_people(given.people)
    jobs = [JobResult.read(path) for path in given.fitted]
    fitted = fitted_models(jobs, len(people))
    coding = ConfoundCoding.of_model(people, config["model"])
    if learner_kind(config["model"]).predicts_number:
        return _freeze_number(name, config, given, people, fitted)
    description = describe(name, config, fitted, people, out_of_fold(jobs, len(people)))
    if learner_of(config["model"]).linear:
        features, confounds = read_features(given.features, people), coding.matrix(people)
        formula = partial(
            freeze_linear,
            confounds=confounds,
            fitted=fitted,
            coding=replace(coding, sites=None),
            description=description,
            standardize=config["model"]["standardize"],
        )
        if coding.sites is None:
            return formula(features)
        sites = coding.sites.rows(people, unseen="mean")
        return FrozenHarmonised.learn(features, sites, coding.sites, formula)
    return _recipe(config, given, fitted, coding, description)


def _recipe(
    config: Mapping[str, Any],
    given: Any,
    fitted: FittedModels,
    coding: ConfoundCoding,
    description: dict,
) -> Frozen:
    """How a model without weights is fitted again."""
    from mri_response.models.recipe import recipe  # scikit-learn takes a second to import

    files = {"people": given.people, "features": given.features, "splits": given.splits}
    return recipe(fitted, files, coding, description, config["seed"])


def _freeze_number(
    name: str,
    config: Mapping[str, Any],
    given: Any,
    people: pd.DataFrame,
    fitted: FittedModels,
) -> Frozen:
    """A regression as one formula, baseline and confounds included, or as a recipe."""
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    description = description_of(name, config, fitted)
    if not learner_of(config["model"]).linear:
        return _recipe(config, given, fitted, coding, description)
    confounds = coding.matrix(people)
    frozen = freeze_linear(
        read_features(given.features, people),
        confounds,
        fitted,
        coding,
        description,
        standardize=config["model"]["standardize"],
    )
    return with_unpenalised(frozen, confounds, fitted.train[0], people["label"].to_numpy(float))


def freeze_stack(name: str, models: Mapping[str, PathLike], given: Any) -> Frozen:
    """Freeze a stack from the refits of its models.

    Parameters
    ----------
    name : str
        Name of the stack.
    models : mapping of str to path-like
        JSON file of each frozen model below, by name.
    given : mapping with attributes
        Paths: `people` of the discovery cohort and `fitted`, for each model the result of the job
        that holds its refit.

    Returns
    -------
    Frozen
    """
    people = read_people(given.people)
    refits = [[JobResult.read(path)] for path in given.fitted]
    weights, _ = person_weights(people["participant_id"])
    second = refitted_stack(refits, people["label"].to_numpy(), weights)
    return FrozenStack.of(name, second, models)
