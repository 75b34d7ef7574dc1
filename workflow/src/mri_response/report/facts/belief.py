"""How beliefs were compared, as it can stand in a methods section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.report.facts.fact import Fact
from mri_response.report.facts.phrases import listed
from mri_response.report.run import Run


def belief_methods(run: Run) -> list[Fact]:
    """Return how learning rates, models, effects and controls came about.

    Parameters
    ----------
    run : Run
        A run that compares how beliefs are updated.

    Returns
    -------
    list of Fact
        A paragraph each.
    """
    belief = run.config["belief"]
    return [
        _trials(belief),
        _models(belief),
        _effects(belief),
        *([_score(belief)] if belief["score"] else []),
        _agents(belief),
    ]


def _trials(belief: Mapping[str, Any]) -> Fact:
    low, high = belief["scale"]
    rules = belief["exclude"]
    same = ", nor those in which all first or all second estimates are equal"
    recalled = ", nor those in which base rates were recalled no better than by chance"
    further = same * rules["one_answer"] + recalled * rules["recall"]
    if rules["limits"]:
        further += (
            f"; trials outside limits of {listed(list(rules['limits']))} were not used either"
        )
    return Fact(
        "Belief updating: news was good where the base rate was better than "
        f"{'the own estimate' if belief['news'] == 'E1' else 'the estimate for the average person'}"
        f" ({belief['news']}); updates were signed towards the news, and moves away from it stayed "
        f"in. Answers lay between {low:g} and {high:g} %. Trials without an estimate or without "
        f"news were not used, nor sessions with fewer than {belief['min_trials']} trials of either "
        f"kind of news{further}. Learning rates are least-squares slopes of the update on the "
        "error; scaling S is their mean and asymmetry A half their difference, good minus bad.",
        "config: belief; belief_trials.tsv: reason; belief_sessions.tsv: reason",
        ("belief_asymmetry",),
    )


def _models(belief: Mapping[str, Any]) -> Fact:
    prior = belief["prior"]
    total = "one" if belief["prior_count"] == "one" else "the number of models"
    counts = f"add up to {total}"
    return Fact(
        "Models of the update (learning from the error, with or without relative personal "
        "knowledge, or from Bayes' rule; S and A free or fixed) are linear, so that posteriors and "
        f"evidences are exact; prior: S {prior['mean'][0]:g}, A {prior['mean'][1]:g}, SD "
        f"{prior['sd']:g} at noise of {prior['noise_sd']:g} points. Model frequencies: "
        f"random-effects Bayesian model selection with prior counts that {counts}, split evenly "
        "over families and then within. Parameters and models were recovered from answers that "
        "were simulated with the cohort's own estimates.",
        "config: belief.models, belief.prior, belief.prior_count; belief_models.tsv; "
        "belief_recovery.tsv; belief_model_recovery.tsv",
        ("belief_models", "bms"),
    )


def _effects(belief: Mapping[str, Any]) -> Fact:
    groups = "group x " if belief["group"] else ""
    adjusted = ["the size of the error", *belief["covariates"]]
    return Fact(
        f"Effects on updates: {groups}time x valence by a mixed model over trials, adjusted for "
        f"{listed(adjusted)}, with random effects of events, of people, and of people's "
        "differences between times, between valences, and between times in the difference between "
        "valences; restricted maximum likelihood, Satterthwaite's degrees of freedom. Changes of "
        f"learning rates since {belief['baseline']}: t-tests within groups"
        f"{', Welch between them' if belief['group'] else ''}.",
        "config: belief; belief_effects.tsv; belief_changes.tsv",
        ("satterthwaite",),
    )


def _score(belief: Mapping[str, Any]) -> Fact:
    score, mediation = belief["score"], belief["mediation"]
    text = (
        f"Changes of S and A were set beside that of {score['scale']} ({score['baseline']} to "
        f"{score['endpoint']}): partial correlations with Fisher's intervals, "
        f"{belief['permutations']:,} permutations of residuals, corrected for all sessions and "
        "parameters by the largest statistic."
    )
    if mediation:
        exposure = "time, since one arm was analysed" * (mediation["exposure"] == "time")
        together = " and was measured with the score" * (mediation["session"] == score["endpoint"])
        text += (
            f" Mediation by the change of {mediation['parameter']} in {mediation['session']} "
            f"(exposure: {exposure or 'group'}): product of paths, percentile and BCa intervals "
            f"over {mediation['bootstrap']:,} samples of people; the correlation of the errors of "
            f"mediator and score was varied. The mediator was not randomised{together}, which no "
            "interval repairs."
        )
    return Fact(
        text,
        "config: belief.score, belief.mediation; belief_association.tsv; belief_mediation.tsv",
        ("freedman_lane", *(("causal_mediation",) if mediation else ())),
    )


def _agents(belief: Mapping[str, Any]) -> Fact:
    return Fact(
        "Beside people stand agents without any bias, with the same first estimates and base rates "
        "and by the same code: one kind moves by the person's S times the error, the other follows "
        f"Bayes' rule. {belief['draws']} draws of noise ({belief['draws'] // 10} for the mixed "
        "model).",
        "config: belief.draws; belief_agents.tsv; belief_agents_effects.tsv",
        ("belief_artefact",),
    )
