"""Facts of a run whose outcome is a number, in place of those that speak of classes."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from mri_response.config.outcome_kinds import outcome_kind
from mri_response.config.preparation_steps import steps_in_words
from mri_response.config.queries import categorical_confounds, described_confound, fitted_model
from mri_response.core.vocabulary import Role
from mri_response.people.size import FEW_PEOPLE
from mri_response.report.facts.fact import Fact, not_applicable
from mri_response.report.facts.phrases import (
    formula_of,
    kept_together,
    listed,
    p_words,
    people,
    predictors,
    reduced_words,
    warned,
    where,
)
from mri_response.report.facts.predicted_numbers import number_test
from mri_response.report.numbers import minus, number, p_phrase
from mri_response.report.procedure_words import validation_text
from mri_response.report.run import Run

#: Facts of other runs that say nothing of classes, and so are facts of these runs too.
SHARED = frozenset(
    {
        *("intended_use", "data_sources", "sites", "eligibility", "arms", "features"),
        *("outcome_blind", "no_rater", "missing_handling", "missing_counts", "flow", "quality"),
        *("characteristics", "characteristics_discovery", "data_use", "validation", "stability"),
        *("classifier", "inside_folds", "people_apart", "updating", "regularisation"),
        *("specification", "frozen_first", "input_quality", "users", "apply", "privacy", "code"),
    }
)
MAKERS: dict[str, Callable[[Run], Fact | None]] = {}
_METRICS = {
    "r2_gain": "gain in R2",
    "mae_gain": "gain in mean absolute error",
    "r2": "total R2",
    "r2_reduced": "R2 without features",
    "r": "r",
    "mae": "mean absolute error",
    "calibration_slope": "calibration slope",
}


def _fact(make: Callable[[Run], Fact | None]) -> Callable[[Run], Fact | None]:
    MAKERS[make.__name__] = make
    return make


def _rows(run: Run, model: str | None = None) -> pd.DataFrame:
    table = run.tables["numbers_performance"]
    return table[table["model"] == (model or run.model)].set_index(["cohort", "metric"])


def _n(run: Run, cohort: str) -> int:
    return int(number(_rows(run).loc[(cohort, "r2_gain"), "n"]))


def _size(run: Run, cohort: str) -> str:
    names = run.names
    return f"{names.titles[cohort]} ({names.roles[cohort]}, n = {_n(run, cohort)})"


def _given(run: Run) -> str:
    return reduced_words(run.config)


def _estimate(row: pd.Series) -> str:
    value, low, high = (minus(number(row[c]), 3) for c in ("estimate", "ci_low", "ci_high"))
    return f"{value} (95 % interval {low} to {high})"


_SIZES = where("numbers_performance", column="n")


@_fact
def study(run: Run) -> Fact:
    titles = run.names.titles
    others = listed(titles[cohort] for cohort in run.others)
    simulated = " All data are simulated." if run.names.simulated else ""
    return Fact(
        f"Run “{run.title}”: development of a regression in {titles[run.discovery]}, with internal "
        f"validation{f', and evaluation of the frozen model in {others}' if others else ''}."
        f"{simulated}",
        "config: title, outcome, cohorts",
    )


@_fact
def objective(run: Run) -> Fact:
    elsewhere = " and evaluation in people the model had not seen" if run.others else ""
    return Fact(
        f"To predict a number from {predictors(run.config)}, and to say what they add to "
        f"{_given(run)} alone: development with internal validation{elsewhere}. "
        f"{outcome_kind(run.config).words(run.config['outcome'])} The primary model, named in the "
        f"configuration, is {run.model}.",
        "config: outcome, cohorts, primary_model",
    )


@_fact
def outcome(run: Run) -> Fact:
    return Fact(
        f"{outcome_kind(run.config).words(run.config['outcome'])} It stays a number and is not cut "
        "into classes.",
        "config: outcome",
    )


@_fact
def confounds(run: Run) -> Fact:
    parts = []
    for model in run.models:
        named = ", ".join(map(described_confound, run.config["models"][model]["confounds"]))
        parts.append(f"{model}: {named or 'none'}")
    categories = categorical_confounds(run.config)
    coded = f" Coded as categories: {listed(categories)}; the others are numbers."
    return Fact(
        f"Outcome and features are regressed on {_given(run)} in the training rows: predictors "
        f"without penalty in every model. Confounds of {'; '.join(parts)}."
        f"{coded if categories else ''}",
        "config: models.*.confounds, outcome",
    )


@_fact
def predictor_choice(run: Run) -> Fact:
    return Fact(
        "All features of a set are given to the regression; this analysis selected none by the "
        "outcome. What a regression selects by itself, it selects inside the training folds. A "
        "selection that was made before this analysis is not known to it.",
        "config: features, models.*.pca",
    )


@_fact
def transformations(run: Run) -> Fact:
    parts = []
    for model in run.models:
        steps = "; ".join(steps_in_words(fitted_model(run.config, model)))
        parts.append(f"{model}: {steps or 'features as they are'}")
    return Fact(
        "Numbers stay numbers, none was cut into categories. Learned in the training fold and "
        f"applied to the test fold: {'. '.join(parts)}.",
        "config: models",
    )


@_fact
def sample_size(run: Run) -> Fact:
    n = _n(run, run.discovery)
    text = f"Development: {people(n)}."
    features = run.config["models"][run.model]["features"]
    if features in run.n_features:
        text += f" {run.n_features[features]:,} features."
    text += "".join(f" {_size(run, cohort)}." for cohort in run.others)
    if n < FEW_PEOPLE:
        text += f" Development has fewer than {FEW_PEOPLE} people."
    return Fact(text, _SIZES, ("cv_error_bars",) if n < FEW_PEOPLE else ())


@_fact
def precision(run: Run) -> Fact:
    rows = _rows(run)
    parts = []
    for cohort in run.cohorts_of(run.model):
        row = rows.loc[(cohort, "r2_gain")]
        width = number(row["ci_high"]) - number(row["ci_low"])
        parts.append(f"{run.names.titles[cohort]} {width:.3f}")
    return Fact(
        f"Width of the 95 % interval of the gain in R2: {', '.join(parts)}.",
        where("numbers_performance", model=run.model, metric="r2_gain", column="ci_low, ci_high"),
    )


@_fact
def permutation(run: Run) -> Fact:
    return number_test(run.config)


@_fact
def clusters(run: Run) -> Fact:
    within = run.config["permutation"]["within"]
    parts = kept_together(run.config)
    parts += [f"residuals were permuted within the values of {within}"] * bool(within)
    parts += ["cohorts are reported apart"] * bool(run.others)
    text = "; ".join(parts) or "nothing was done about clusters"
    return Fact(f"Clusters: {text}.", "config: cross_validation, permutation.within, cohorts")


@_fact
def measures(run: Run) -> Fact:
    return Fact(
        f"Headline: the gain over {_given(run)} alone, as a difference of R2 and "
        "as the fall of the mean absolute error; only these have a permutation test. Beside it "
        "total R2 (against the mean of the training people), r, errors and the calibration slope. "
        "95 % intervals from the influence of each person. Plots: gains, values under permutation, "
        "observed against predicted means of groups of people.",
        "numbers_performance.tsv: metric, ci_method; figures/",
    )


@_fact
def prediction(run: Run) -> Fact | None:
    frozen = run.frozen.get(run.model)
    if frozen is None:
        return None
    text = (
        f"models/{run.model}.json is a recipe: the regression is fitted again from the discovery "
        "people and must give the predictions whose hash is recorded."
        if "decision_sha256" in frozen
        else f"predicted number = {formula_of(run)}, the numbers in models/{run.model}.npz."
    )
    return Fact(f"Prediction: {text}", f"models/{run.model}.json")


@_fact
def class_imbalance(run: Run) -> Fact:
    return Fact("Not applicable: the outcome is a number.", "config: outcome", applies=False)


@_fact
def evaluation_balance(run: Run) -> Fact:
    sizes = "; ".join(_size(run, cohort) for cohort in run.cohorts_of(run.model))
    return Fact(
        "Test people were taken as they are, none resampled, all rows of a person counting as one: "
        f"{sizes}.",
        _SIZES,
    )


@_fact
def fairness(run: Run) -> Fact:
    return Fact(
        "No method that enforces fairness was used, and groups of people are not reported apart.",
        "config: models.*.confounds",
    )


@_fact
def factors(run: Run) -> Fact:
    return Fact("Performance is reported by cohort alone.", "numbers_performance.tsv: cohort")


@_fact
def model_output(run: Run) -> Fact:
    return Fact(
        "A number in the units of the outcome. It contains what is predicted from "
        f"{_given(run)} alone.",
        "numbers_predictions.tsv: predicted, reduced",
    )


@_fact
def cohort_differences(run: Run) -> Fact:
    if not run.others:
        return not_applicable("config: cohorts")
    return Fact(
        "Outcome and features have one definition for all cohorts, whose people stand side by side "
        "in characteristics.tsv.",
        "config: outcome, features; characteristics.tsv",
    )


@_fact
def training_data(run: Run) -> Fact:
    return Fact(f"{_size(run, run.discovery)}.", _SIZES)


@_fact
def evaluation_data(run: Run) -> Fact:
    if not run.others:
        how = validation_text(run.config["cross_validation"])
        return Fact(f"None: the model was evaluated by {how} alone.", "config: cohorts")
    return Fact(f"{'; '.join(_size(run, cohort) for cohort in run.others)}.", _SIZES)


@_fact
def analysis_sizes(run: Run) -> Fact:
    sizes = "; ".join(_size(run, cohort) for cohort in run.cohorts_of(run.model))
    return Fact(f"People analysed: {sizes}.", _SIZES)


@_fact
def performance(run: Run) -> Fact:
    rows, sentences = _rows(run), []
    for cohort in run.cohorts_of(run.model):
        parts = []
        for metric, words in _METRICS.items():
            row = rows.loc[(cohort, metric)]
            tested = f", {p_words(row)}" if number(row["p_value"]) == number(row["p_value"]) else ""
            parts.append(f"{words} {_estimate(row)}{tested}")
        sentences.append(f"{_size(run, cohort)}: {'; '.join(parts)}.")
    return Fact(
        f"Model {run.model}, gain over {_given(run)} alone and total. {' '.join(sentences)}",
        where("numbers_performance", model=run.model),
        ("freedman_lane",),
    )


@_fact
def heterogeneity(run: Run) -> Fact:
    cohorts = run.cohorts_of(run.model)
    if len(cohorts) < 2:
        return Fact("Not examined: one cohort has figures.", _SIZES)
    rows, titles = _rows(run), run.names.titles
    parts = [
        f"{titles[c]} {minus(number(rows.loc[(c, 'r2_gain'), 'estimate']), 3)}" for c in cohorts
    ]
    return Fact(
        f"Gain in R2 by cohort: {', '.join(parts)}.",
        where("numbers_performance", model=run.model, metric="r2_gain"),
    )


@_fact
def comparisons(run: Run) -> Fact | None:
    table = run.tables.get("numbers_comparisons")
    if table is None or table.empty:
        return None
    own = table[table["metric"] == "r2"]
    parts = [
        f"{row['model_a']} minus {row['model_b']} in {run.names.titles[row['cohort']]} "
        f"{_estimate(row)}, {p_phrase(row['p_holm'], None)} by Holm"
        for _, row in own.iterrows()
    ]
    return Fact(
        f"Paired differences in R2, two-sided: {'; '.join(parts)}.",
        "numbers_comparisons.tsv: metric=r2",
        ("nadeau_bengio",),
    )


@_fact
def specificity(run: Run) -> Fact | None:
    table = run.tables.get("numbers_specificity")
    own = None if table is None else table[table["model"] == run.model]
    if own is None or own.empty:
        return None
    row = own.iloc[0].rename({"difference": "estimate"})
    return Fact(
        "Slopes of the outcome on what the features add, with minus without the treatment: "
        f"{_estimate(row)}, {p_words(row)}.",
        where("numbers_specificity", model=run.model),
    )


@_fact
def learning_curve(run: Run) -> Fact | None:
    table = run.tables.get("numbers_curve")
    own = None if table is None else table[table["model"] == run.model]
    if own is None or own.empty:
        return None
    rows = own[own["metric"] == "r2_gain"]
    parts = [f"{row['n']} people {_estimate(row)}" for _, row in rows.iterrows()]
    return Fact(
        f"Gain in R2 by number of people: {', '.join(parts)}.",
        where("numbers_curve", model=run.model, metric="r2_gain"),
    )


@_fact
def no_apparent(run: Run) -> Fact:
    return Fact(
        "Performance in the people whom a model was fitted to is neither computed nor shown.",
        "numbers_performance.tsv",
    )


@_fact
def confounds_baseline(run: Run) -> Fact:
    row = _rows(run).loc[(run.discovery, "r2_reduced")]
    return Fact(
        f"R2 of {_given(run)} alone in {run.names.titles[run.discovery]}: {_estimate(row)}.",
        where("numbers_performance", model=run.model, cohort=run.discovery, metric="r2_reduced"),
    )


@_fact
def limitations(run: Run) -> Fact:
    found = [
        "No interval over people covers what other scanners, hospitals or recruiting would change.",
        f"Totals contain what is predicted from {_given(run)} alone; they are not to be read "
        "without gains.",
    ]
    untreated = Role.CONTROL in run.names.roles.values()
    if "baseline" in outcome_kind(run.config).needs and not untreated:
        found.append("Without an untreated cohort nothing says that what is predicted is the drug.")
    if len(run.models) > 1:
        found.append(f"{len(run.models)} models are shown; p values are not corrected for that.")
    source = "numbers_performance.tsv" + ("; warnings" if run.warnings else "")
    return Fact(" ".join([*found, *warned(run)]), source)
