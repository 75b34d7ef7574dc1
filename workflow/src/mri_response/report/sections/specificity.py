"""Is it the drug? External cohorts against control cohorts under the frozen model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.evaluation.specificity.power import ALPHA, ASSUMED
from mri_response.report.arms import arm_row, arm_title, leading_difference, people_of
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import METRIC_NAMES, Naming
from mri_response.report.numbers import (
    estimate_text,
    interval_text,
    number,
    p_phrase,
    p_text,
    signed,
    signed_interval,
    with_sign,
)
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, OfModel, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.sections.verdict import answer_of

#: Tables to download, with their titles.
TABLES = {
    "specificity": "External against control cohorts",
}

_FITS = {
    "logistic_hc3_z": "logistic regression, HC3 errors",
    "firth_profile_likelihood": "logistic regression with Firth's penalty, since the classes are "
    "separated; profile likelihood",
    "ols_hc3_t": "analysis of covariance, HC3 errors",
}
_QUESTION = (
    "A model that is at chance in the control group may still not be specific to the treatment: "
    "the control group may just be small. What counts is whether the same frozen model does better "
    "in treated than in untreated people. Tested is the difference of the AUC: it is the same when "
    "all scores of a group are shifted, as another scanner may do."
)
_ALLOCATION = (
    "This analysis allocated nobody to these groups. Unless a trial did so at random, other "
    "hospitals, scanners, patients or expectations may explain a difference as well as the "
    "treatment does; only a randomised trial can tell them apart."
)


def verdict(table: pd.DataFrame, model: str, names: Naming) -> str | None:
    """What the primary test says of a model, in words; None where it was not computed.

    Parameters
    ----------
    table : pandas.DataFrame
        specificity.tsv.
    model : str
        Name of the model.
    names : Naming
        How things are called in this run.
    """
    pooled, main = arm_row(table, model, "difference", "auc"), leading_difference(table, model)
    if main is None or pooled is None:
        return None
    several = main["metric"] != "auc"
    parts = []
    for arm, where in (("active", "with the treatment"), ("control", "without")):
        row = arm_row(table, model, arm, "auc")
        title = arm_title(str(row[arm]), names)
        estimate = estimate_text("auc", row["estimate"])
        parts.append(f"{estimate} {where} ({title}, {people_of(row, arm, names)})")
    estimate, low, high, p = (
        number(main[column]) for column in ("estimate", "ci_low", "ci_high", "p_value")
    )
    n_permutations = int(number(main["n_permutations"]))
    text = (
        f"Model {model}: AUC {parts[0]} and {parts[1]}. The difference"
        f"{', people compared within their own cohort,' if several else ''} is "
        f"{signed('auc', estimate)} (95 % interval {signed_interval('auc', low, high)}); "
        f"{p_phrase(p, n_permutations)}, one-sided (better with the treatment), from "
        f"{n_permutations:,} permutations of the group within each outcome. "
    )
    if p <= ALPHA:
        text += (
            "The model tells the outcome better in these treated people than in these untreated "
            "ones; this p is of one model and not corrected for the number of models."
        )
    else:
        text += (
            "That it does better in treated people has not been shown, which is not evidence "
            "that it does not."
        )
    if several:
        p = p_phrase(pooled["p_value"], pooled["n_permutations"])
        text += (
            " Across all people of the cohorts together the difference is "
            f"{signed('auc', number(pooled['estimate']))}, {p}: where this disagrees, the pooled "
            "cohorts differ in their scores and in how many respond, and the pooled AUC is not to "
            "be trusted."
        )
    return (
        f"{text} In studies of this size the test finds a true difference, of {ASSUMED[0]:.2f} "
        f"with against {ASSUMED[1]:.2f} without the treatment, "
        f"{100 * number(pooled['power']):.0f} % of the time."
    )


def _blocks(run: Run) -> list[Block]:
    """The section; empty without ``specificity.tsv``."""
    names = run.names
    table = run.tables.get("specificity")
    if table is None:
        return []
    models = run.models
    texts = {model: verdict(table, model, names) for model in models}
    tables = (_differences(table, models, names), _interactions(table, models, names))
    if not any(texts.values()):
        reasons = [_not_computed(table, model, len(models) > 1) for model in models]
        said = [Text(reason) for reason in dict.fromkeys(reasons)]
        return [*said, *(made for made in tables if made.rows)]
    result = answer_of(run, "is_it_the_drug")
    for model, text in texts.items():
        said = Text(text or _not_computed(table, model, len(models) > 1))
        result.append(OfModel(model, [said, Figures(("specificity",), model)]))
    differences, interactions = tables
    result += [differences] if differences.rows else []
    more: list[Block] = [Text(_QUESTION), Text(_ALLOCATION)]
    more += [interactions] if interactions.rows else []
    return [*result, Details("What was tested, what it cannot tell, and interactions", more)]


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    names = run.names
    table = run.tables.get("specificity")
    text = None if table is None else verdict(table, spec.model, names)
    return text or "Not computed; the text above says why."


def _not_computed(table: pd.DataFrame, model: str, several: bool) -> str:
    rows = table[(table["model"] == model) & (table["analysis"] == "difference")]
    note = str(rows["note"].iloc[0])
    # Where a cohort is missing the reason is that of every model, which need not be named.
    same = len(set(table.loc[table["analysis"] == "difference", "method"])) == 1
    return note if same or not several else f"Model {model}: {note}"


def _differences(table: pd.DataFrame, models: list[str], names: Naming) -> Table:
    made = Table(
        names.title("Treated against untreated people, frozen model"),
        ["Model", "Number", "n", "Treated", "Control", "Difference", "p", "How to read it"],
    )
    several = (table["metric"] == "auc_within_cohorts").any()
    readings = {
        "auc": "all people of the cohorts together; one-sided" if several else "primary; one-sided",
        "auc_within_cohorts": "primary: only people of the same cohort are compared; one-sided",
        "balanced_accuracy": "secondary: a shift of all scores in one hospital changes it, so no p",
    }
    for model in models:
        for metric, reading in readings.items():
            row = arm_row(table, model, "difference", metric)
            if row is None:
                continue
            cells: list = []
            for arm in ("active", "control"):
                of_arm = arm_row(table, model, arm, metric)
                if of_arm is None:
                    cells.append("")
                    continue
                interval = interval_text(metric, of_arm["ci_low"], of_arm["ci_high"])
                cells.append((estimate_text(metric, of_arm["estimate"]), interval))
            low, high = number(row["ci_low"]), number(row["ci_high"])
            unit = " points" if metric == "balanced_accuracy" else ""
            difference = signed(metric, number(row["estimate"])) + unit
            cells.append((difference, signed_interval(metric, low, high)))
            tested = not np.isnan(number(row["p_value"]))
            p = p_text(row["p_value"], row["n_permutations"]) if tested else ""
            name = METRIC_NAMES.get(metric, "AUC within cohorts")
            made.rows.append([model, name, _counts(row), *cells, p, reading])
        row = arm_row(table, model, "discovery_minus_control", "auc")
        if row is not None:
            cells = [signed("auc", number(row["estimate"])), ""]
            reading = "description only: cross-validated scores are not a frozen model's"
            name = "AUC, discovery minus control"
            made.rows.append([model, name, _counts(row), "", "", *cells, reading])
    made.note = (
        "Small numbers: 95 % intervals over people (AUC: DeLong, logit scale; balanced accuracy: "
        "Wilson; differences: MOVER of the two, within cohorts DeLong). In the permutation test "
        "people of the same outcome exchange their groups, and the difference is divided by its "
        "DeLong error. The test is one-sided, the interval two-sided: p may be below 0.05 where 0 "
        "is in the interval."
    )
    if several:
        made.note += (
            " Of several cohorts of an arm all people count here as one group, so that these "
            "numbers differ a little from the headline, which compares people within their cohort."
        )
    return made


def _interactions(table: pd.DataFrame, models: list[str], names: Naming) -> Table:
    made = Table(
        names.title("Does the score say more with the treatment than without?"),
        ["Model", "Outcome", "n", "Interaction of score and treatment", "p", "Method"],
    )
    for model in models:
        for analysis, metric in (
            ("interaction_outcome", "log_odds_ratio"),
            ("interaction_endpoint", "points"),
        ):
            own = table[(table["model"] == model) & (table["analysis"] == analysis)]
            if not len(own):
                continue
            first = [model, names.positive if metric == "log_odds_ratio" else "score at the end"]
            row = arm_row(table, model, analysis, metric)
            if row is None:
                made.rows.append([*first, str(own["note"].iloc[0])])
                continue
            values = [number(row[column]) for column in ("estimate", "ci_low", "ci_high")]
            made.rows.append(
                [
                    *first,
                    _counts(row),
                    _effect(metric, values),
                    p_text(row["p_value"], None),
                    _FITS[str(row["method"])],
                ]
            )
    made.note = (
        "Per standard deviation of the decision values in the discovery cohort, given the score "
        "at baseline where there is one, and with an intercept for every cohort where an arm has "
        "several: by how much more the odds of the outcome are multiplied with the treatment than "
        "without (1 is no interaction), and by how many points more the score at the end changes "
        "(0 is none). Two-sided; in small groups a check of the primary test rather than a result "
        "of its own."
    )
    return made


def _counts(row: pd.Series) -> str:
    """People of either group of a difference or interaction."""
    return "\u00a0and\u00a0".join(f"{number(row[f'n_{arm}']):.0f}" for arm in ("active", "control"))


def _effect(metric: str, values: list[float]) -> tuple[str, str]:
    if metric == "log_odds_ratio":
        estimate, low, high = map(_odds, values)
        return f"odds × {estimate}", f"{low} to {high}"
    estimate, low, high = (with_sign(value, 1) for value in values)
    return f"{estimate} points", f"{low} to {high}"


def _odds(log: float) -> str:
    """A ratio of odds, whose size beyond some thousands says no more than that it is large."""
    if log > np.log(10_000):
        return ">\u00a010,000"
    ratio = np.exp(log)
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2f}"


SECTION = Section(
    "specificity",
    "Is it the drug?",
    "The drug",
    _blocks,
    TABLES,
    _alt_text,
)
