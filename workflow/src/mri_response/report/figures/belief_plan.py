"""Entries of the figures of belief updating; one job draws those that every run has."""

from __future__ import annotations

from typing import Any

from mri_response.report.figures.kind import SIMULATED_BELIEF, Config, FigureKind

_BELIEF: dict[str, Any] = {"per_model": False, "module": "belief"}
# Figures that one job draws are there together or not at all.
_ALWAYS = _BELIEF | {"together": "belief_figures"}


def _with_mediation(config: Config, model: str | None) -> bool:
    return bool(config["belief"]["mediation"])


def _of_simulated_beliefs(config: Config, model: str | None) -> bool:
    return "simulation" in config["belief"]


#: The figures of belief updating, in the order of the page.
BELIEF_FIGURES = (
    FigureKind(
        "belief_updates",
        "belief",
        "Updates after good and bad news",
        ("belief_agents",),
        settings=("belief",),
        **_ALWAYS,
        caption=SIMULATED_BELIEF
        + """Mean update of the second estimate towards the base rate, in points of the scale, by
        kind of news, session and group, with 95 % intervals over people (t). Grey: the same
        mean of agents who treat good and bad news alike, with the people's own estimates,
        base rates, scaling and noise (95 % of draws); dashes: agents who follow Bayes' rule
        with the private knowledge that the estimates imply. Where people lie in the grey, the
        estimates alone would do: nothing shows that the kind of news matters.""",
    ),
    FigureKind(
        "belief_rates",
        "belief",
        "Learning rates before and after",
        ("belief_reliability", "belief_rates", "belief_people"),
        settings=("belief", "report"),
        **_ALWAYS,
        caption=SIMULATED_BELIEF
        + """Learning rates after good news (S + A) and bad news (S − A): least-squares slopes of
        the update on the error, means over people with 95 % intervals (t), before treatment
        and in every later session. A learning rate after treatment is no change, and a change
        is no effect of treatment without a group that is
        compared.{% if (snakemake.config.get("report") or {}).get("participant_level") %} Thin
        lines are people.{% endif %}""",
    ),
    FigureKind(
        "belief_mediation",
        "belief",
        "Does the score change through beliefs?",
        ("belief_mediation", "belief_sensitivity"),
        settings=("belief",),
        when=_with_mediation,
        **_BELIEF,
        caption=SIMULATED_BELIEF
        + """Left: the change of the score that goes along with the change of the mediator (a b),
        what is left (c′) and the whole change (c), with percentile and BCa bootstrap
        intervals over people. The BCa interval excludes 0 too often where one of the paths is
        0 and people are few. Right: a b if the errors of mediator and score were correlated
        by something unmeasured; the point is where nothing is left. The mediator was not
        randomised: an interval without 0 is compatible with mediation and no proof.""",
    ),
    FigureKind(
        "belief_models",
        "belief",
        "Which model people use",
        ("belief_models",),
        settings=("belief",),
        **_ALWAYS,
        caption=SIMULATED_BELIEF
        + """Expected frequency of each model among people by random-effects Bayesian model
        selection, in each session. Omnibus risk: the probability that the frequencies are
        what the prior says, in the order of the sessions. Prior counts
        {% if (snakemake.config.get("belief") or {}).get("prior_count") == "one_each" %}add
        up to the number of models{% else %}add up to one{% endif %}, split evenly over
        the families; with few people they matter. Names of models: heuristic, learning from
        the error; bayesian, by Bayes' rule; _pr, with relative personal knowledge; _asy0, A
        fixed at 0; _sca1, S fixed at 1; _null, both fixed.""",
    ),
    FigureKind(
        "belief_recovery",
        "belief",
        "Which model is found",
        ("belief_model_recovery",),
        **_ALWAYS,
        caption=SIMULATED_BELIEF
        + """Answers of every session were simulated under each model with the people's own
        estimates and parameters, rounded and cut to the scale, and every model was fitted to
        them. Left: where the model of a row was simulated, the share of sessions in which the
        model of a column had the highest evidence. Right: where the model of a column was
        found, the share in which that of a row had been simulated. Shares below 5 % are left
        blank.""",
    ),
    FigureKind(
        "belief_predictions",
        "belief",
        "Answers beside those of the model",
        ("belief_predictions",),
        **_ALWAYS,
        caption=SIMULATED_BELIEF
        + """Points: observed mean updates, shares of answers that did not change, and shares that
        moved away from the news, in fifths of the size of the error. Bands: 95 % of draws
        from the posterior of the model with S and A free. Real answers often do not change at
        all, which normal noise does not predict.""",
    ),
    FigureKind(
        "belief_found",
        "belief",
        "Planted beside found",
        ("belief_found",),
        settings=("belief",),
        when=_of_simulated_beliefs,
        **_BELIEF,
        caption=SIMULATED_BELIEF
        + """Mean changes of A and S since the session before treatment that the simulation planted
        (upright lines), and what was found by least squares and by the tobit likelihood,
        which knows that answers are cut at the ends of the scale; 95 % intervals over people
        (t, between groups Welch's). The analysis knew nothing of what was planted.""",
    ),
)
