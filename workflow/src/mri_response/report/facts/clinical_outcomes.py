"""How the scores themselves were analysed, as it can stand in a methods section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.clinical_outcomes import CROSSOVER, SINGLE_ARM, trial_design
from mri_response.report.facts.fact import Fact
from mri_response.report.facts.phrases import listed
from mri_response.report.run import Run

Section = Mapping[str, Any]
_DF = {
    "kenward_roger": ("Kenward and Roger's errors and degrees of freedom", "kenward_roger"),
    "kenward_roger_expected": (
        "Kenward and Roger's errors and degrees of freedom (from the expected information)",
        "kenward_roger",
    ),
    "satterthwaite": ("Satterthwaite's degrees of freedom", "satterthwaite"),
}
_STRATEGY = {
    "jump_to_reference": "jump to reference",
    "copy_reference": "copy reference",
    "copy_increments": "copy increments in reference",
}


def outcome_methods(run: Run) -> list[Fact]:
    """Return how rates, effect sizes, models, times and items came about.

    Parameters
    ----------
    run : Run
        A run that analyses the scores themselves.

    Returns
    -------
    list of Fact
        A paragraph each.
    """
    section = run.config["clinical_outcomes"]
    facts = [_rates(section), _effects(section), _models(section)]
    if section["crossover"]:
        facts.append(_crossover(section))
    if trial_design(section) != SINGLE_ARM:
        facts.append(_missing(section))
    if section["times"]:
        facts.append(_times(section))
    if section["items"]:
        facts.append(_items(section))
    return facts


def design_words(section: Section) -> str:
    """The design of the trial as a sentence.

    Parameters
    ----------
    section : mapping
        Section ``clinical_outcomes`` of the completed configuration.

    Returns
    -------
    str
    """
    design, reference = trial_design(section), section["reference"]
    if design == SINGLE_ARM:
        return (
            "One group was followed, without a comparison: changes hold the effect of treatment, "
            "the course of the illness, expectation and regression to the mean together."
        )
    if design == CROSSOVER:
        treatments = listed(list(dict.fromkeys(section["crossover"]["values"].values())))
        return (
            f"A crossover of {treatments} in two periods; differences are those from {reference}."
        )
    return f"Arms side by side, each compared with {reference}."


def covariance_words(name: str) -> str:
    """Covariances of a table in words.

    Parameters
    ----------
    name : str
        Names of `mri_response.clinical_outcomes.covariance.STRUCTURES`, perhaps in a text.

    Returns
    -------
    str
    """
    return name.replace("_", " ").replace("toeplitz", "Toeplitz")


def _rates(section: Section) -> Fact:
    first = next(iter(section["scales"]))
    words = []
    for name, scale in section["scales"].items():
        text = f"a fall of {name} by {scale['fall_percent']:g} % or more"
        if scale["remission"] is not None:
            text += f" (remission: at most {scale['remission']:g})"
        words.append(text)
    compared = (
        " Differences: Newcombe's interval, Fisher's exact test; odds ratios with score intervals."
        if trial_design(section) != SINGLE_ARM
        else ""
    )
    if trial_design(section) == CROSSOVER:
        compared += " Of the same people under both treatments: Newcombe's paired interval and "
        compared += "McNemar's exact test. Arms are compared in the first period alone."
    return Fact(
        f"Clinical outcomes: {design_words(section)} Everybody whom the cohorts' filters keep was "
        f"analysed as assigned, with or without a scan{_left_out(section)}; {first} is the "
        f"primary scale. Response was {listed(words)}, from {section['baseline']}. Rates are of "
        "the people with scores, and again with missing scores counted as no; Wilson's interval."
        f"{compared}",
        "config: clinical_outcomes; outcome_rates.tsv; outcome_rate_differences.tsv",
        ("wilson", "newcombe") if compared else ("wilson",),
    )


def _left_out(section: Section) -> str:
    """Who is not analysed although the filters keep them."""
    if section["arm"]:
        return f", but for people without an arm, who have no score after {section['baseline']}"
    return ""


def _first_period(section: Section) -> str:
    """A sentence behind what compares arms, which in a crossover are those of one period."""
    return " Arms are the first treatments of the crossover." if section["crossover"] else ""


def _effects(section: Section) -> Fact:
    under = "; between treatments, under the reference" if section["crossover"] else ""
    return Fact(
        "Effect sizes by visit name their standard deviation (of the change, the average of both "
        f"visits, or at baseline{under}) and their design, have the exact correction for "
        "small samples and noncentral t intervals; those of the baseline have Student's. Changes "
        "within people are no estimate of a difference between arms and stand apart from them.",
        "outcome_change.tsv; outcome_between.tsv; outcome_pairs.tsv",
        ("hedges",),
    )


def _models(section: Section) -> Fact:
    words, key = _DF[section["df"]]
    first, *others = map(covariance_words, section["covariance"])
    fallback = (
        f"; where it could not be fitted {listed(others)}, in this order, fixed beforehand"
        if others
        else ""
    )
    if "compound symmetry" in others:
        words += ", robust errors where the covariance fell back to compound symmetry"
    covariates = f", {listed(section['covariates'])}" if section["covariates"] else ""
    single = trial_design(section) == SINGLE_ARM
    arms = "" if single else ", arm by visit"
    of_arms = "" if single else " of which all arms have one mean"
    effect = "change" if single else "difference between treatments as assigned"
    lacking = ["a baseline", "any later score"]
    lacking += ["a covariate"] if section["covariates"] else []
    return Fact(
        f"Mixed model for repeated measures of the change: visit{arms}, baseline by visit"
        f"{covariates}; {first} covariance over a person's visits{fallback}; restricted maximum "
        f"likelihood; {words}. Estimand: the mean {effect} in everybody whom the filters keep, had "
        "nobody's score gone missing (a hypothetical strategy for who leaves early). Scores are "
        "taken as missing at random given the others; nothing is carried forward, and people "
        f"without {', '.join(lacking[:-1])} or {lacking[-1]} are not in the model. "
        f"Constrained longitudinal data analysis, with the baseline as a score{of_arms}, "
        f"stands beside it and has people without one of their scores too.{_first_period(section)}",
        "config: clinical_outcomes.covariance, clinical_outcomes.df; outcome_model.tsv; "
        "outcome_fit.tsv",
        ("mmrm", key),
    )


def _crossover(section: Section) -> Fact:
    return Fact(
        "The crossover was analysed over people with both periods (Hills and Armitage), over "
        "everybody with a baseline, a known order and a score after either treatment by a mixed "
        "model with treatment, period and baseline, and in the first period alone as a trial with "
        "two arms. Carry-over was tested and did not choose the analysis. "
        f"There is one baseline ({section['baseline']}), before the first period.",
        "config: clinical_outcomes.crossover; outcome_crossover.tsv",
        ("crossover",),
    )


def _missing(section: Section) -> Fact:
    names = listed([_STRATEGY[name] for name in section["sensitivity"]])
    other = f" and under {names}" if names else ""
    errors = (
        ": frequentist ones, and under the latter also information-anchored ones, which do not "
        "shrink by what is borrowed from the reference"
        if names
        else ""
    )
    covariates = ", and without the covariates" if section["covariates"] else ""
    return Fact(
        f"In the people of two arms who have a baseline{covariates}, missing scores were replaced "
        f"by conditional means under missing at random{other}, with the jackknife's "
        f"errors{errors}. Missing scores of the last visit were also shifted by fixed points, and "
        "the smallest shift in the arm was looked for at which the interval of "
        f"its advantage reaches 0.{_first_period(section)}",
        "config: clinical_outcomes.sensitivity, clinical_outcomes.deltas; outcome_sensitivity.tsv; "
        "outcome_tipping_point.tsv",
        ("conditional_mean",),
    )


def relapse_words(relapse: Section) -> str:
    """Say from which score on a person who has responded has relapsed.

    Parameters
    ----------
    relapse : mapping
        The section ``clinical_outcomes: relapse`` of the config.

    Returns
    -------
    str
        As in ``a score of 75 % of that at baseline or more``.
    """
    percent, above = relapse["percent_of_baseline"], relapse["above"]
    rules = []
    if percent is not None:
        rules.append(f"a score of {percent:g} % of that at baseline or more")
    if above is not None:
        rules.append(f"a score above {above:g}")
    return " or ".join(rules)


def _times(section: Section) -> Fact:
    estimator, competing = "Kaplan and Meier", ""
    if section["competing"]:
        estimator = "Aalen and Johansen"
        competing = (
            f" What the column {section['competing']} dates ends the chance of one and competes, "
            "until then taken as no response; in ratios of hazards and the log-rank test it is "
            "taken as censored."
        )
    sustained = relapse = ""
    if section["sustained"] is not None:
        sustained = (
            f" Response was called sustained if it was there at each of the last "
            f"{section['sustained']} visits; the share is of the people of whom that is known."
        )
    if section["relapse"] is not None:
        rule = relapse_words(section["relapse"])
        relapse = f" Relapse, {rule}, was counted from the first response."
    return Fact(
        f"Time to response in {section['unit']}: the share of the people "
        f"with a baseline score who had a response by each visit ({estimator}), with log-log "
        f"intervals; who had none is censored at the last score, and a missing score before a "
        f"later one counts as none.{competing} Medians are of these "
        f"people and not of responders.{sustained}{relapse}{_first_period(section)}",
        "config: clinical_outcomes.times; outcome_incidence.tsv; outcome_medians.tsv",
        ("kaplan_meier",),
    )


def _items(section: Section) -> Fact:
    names = [item["title"] or name for name, item in section["items"].items()]
    return Fact(
        f"Single items ({listed(names)}): mean changes with Student's interval, p by the exact "
        "signed rank test; shares of people with a low item, with a lower and with a higher one "
        "than before, also among those who had the symptom to begin with. Shares that would tell "
        "single people apart are hidden.",
        "config: clinical_outcomes.items; outcome_item_changes.tsv; outcome_item_shares.tsv",
    )
