"""The methods of a run whose outcome is a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.preparation_steps import steps_in_words
from mri_response.config.queries import fitted_model
from mri_response.core.vocabulary import Role
from mri_response.learning.learners.registry import learner_of
from mri_response.report.facts.fact import Fact
from mri_response.report.facts.phrases import (
    has_numbers,
    known_without_features,
    listed,
    reduced_words,
)
from mri_response.report.facts.stability import METHODS_OF_STABILITY
from mri_response.report.procedure_words import (
    families_text,
    left_out_inside_text,
    left_out_text,
)
from mri_response.report.run import Run


def number_methods(run: Run) -> list[Fact]:
    """How a number was predicted, tested and predicted elsewhere.

    Parameters
    ----------
    run : Run
        A run whose outcome is a number.

    Returns
    -------
    list of Fact
        A paragraph each.
    """
    config = run.config
    paragraphs = [
        *(_model(config, model) for model in run.models),
        *(_stack(stack, members) for stack, members in config["stacks"].items()),
        _validation(config),
        number_test(config),
    ]
    if run.others:
        paragraphs.append(_elsewhere(config))
    paragraphs += [fact for name, fact in METHODS_OF_STABILITY.items() if has_numbers(run, name)]
    return paragraphs


def _model(config: Mapping[str, Any], model: str) -> Fact:
    spec = config["models"][model]
    # The baseline is regressed out as confounds are.
    steps = steps_in_words(fitted_model(config, model))
    features = config["features"][spec["features"]]
    learned = f"Learned from training rows alone: {'; '.join(steps)}. " if steps else ""
    return Fact(
        f"Model {model}: {feature_kind(features).words(features)}. {learned}"
        f"{learner_of(spec).words()}",
        f"config: models.{model}, features.{spec['features']}",
        ("confounds",) if spec["confounds"] else (),
    )


def _stack(stack: str, members: Sequence[str]) -> Fact:
    return Fact(
        f"Stack {stack}: the mean of the numbers that {listed(members)} predict, with weights that "
        "are not negative and have a sum of 1. In each outer fold the weights had the smallest "
        "squared error of the predictions in the inner folds, of people whom the models had not "
        "seen. It has no permutation test in the discovery cohort.",
        f"config: stacks.{stack}",
    )


def _validation(config: Mapping[str, Any]) -> Fact:
    cv = config["cross_validation"]
    once = cv["outer"] == "held_out"
    repeats = "; figures are means over repeats" if cv["repeats"] > 1 else ""
    families = f" Families (column {cv['group']}) stayed on one side of every split."
    widened = (
        "; those of gains, R2 and r in cross-validation are multiplied by \u221a(1 + people "
        "predicted / people of a training set), since other training people would have made other "
        "models"
    )
    return Fact(
        f"{'Validation' if once else 'Nested cross-validation'}: {left_out_text(cv)}, "
        f"{left_out_inside_text(cv)}, drawn without looking at the outcome. All rows of a person "
        f"were on one side of every split.{families if cv['group'] else ''} R2 is one minus the "
        "sum of squared errors over that of distances from the mean of the training people"
        f"{repeats}. The standard errors of intervals come from the influence of each person, the "
        f"models being taken as they are{'' if once else widened}.",
        "config: cross_validation",
        () if once else ("nadeau_bengio",),
    )


def number_test(config: Mapping[str, Any]) -> Fact:
    """How the gain was tested.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    Fact
    """
    permutation, given = config["permutation"], reduced_words(config)
    what = (
        f"the residuals of the outcome given {given}"
        if known_without_features(config)
        else "the differences of the outcome from its mean"
    )
    within = f" within the values of {permutation['within']}" if permutation["within"] else ""
    return Fact(
        f"Permutation test of the gain over {given}: {permutation['n']:,} times {what} were "
        f"exchanged between people{families_text(config)}{within} and added to its fitted values, "
        "and the whole procedure was run again; "
        "p\u00a0=\u00a0(1 + number of permutations at or above the observed gain) / (1 + number of "
        "permutations).",
        "config: permutation",
        ("permutation_p", "freedman_lane", "winkler_residuals"),
    )


def _elsewhere(config: Mapping[str, Any]) -> Fact:
    roles = {cohort["role"] for cohort in config["cohorts"].values()}
    within = config["permutation"]["within"]
    own = f"every cohort and value of {within} in it" if within else "every cohort"
    text = (
        "The model, refitted to all discovery people and frozen, predicted the other cohorts; "
        "their own residuals were exchanged while its predictions stayed."
    )
    if {Role.EXTERNAL, Role.CONTROL} <= roles:
        text += (
            " Treated and untreated people were compared by the slopes of the outcome on what the "
            f"features add, {reduced_words(config)} held constant and with an intercept for {own}; "
            "the t-statistic of their difference, with a standard error that allows for unequal "
            "variances (HC3), was tested by permuting residuals within these."
        )
    return Fact(text, "config: cohorts, external", ("freedman_lane",))
