"""Five questions about a run and what its tables answer, by rules fixed before the numbers.

Each is answered from one figure of the primary model, with its 95 % interval and its p-value, which
is adjusted over the questions that were tested (Holm). The interval counts as well: a small p-value
alone does not say that a model is of use, and a large one does not say that it is of none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from mri_response.core.vocabulary import EXTERNAL_POOLED, Interval, Role
from mri_response.evaluation.comparisons import MAIN, MODELS
from mri_response.evaluation.headline import headline_row
from mri_response.evaluation.paired import holm

CHANCE = 0.5  # balanced accuracy, and AUC


class Question(StrEnum):
    """What is asked of every run, in this order."""

    PREDICTS = "predicts"
    HOLDS = "holds_elsewhere"
    DRUG = "is_it_the_drug"
    CLINIC = "better_than_the_clinic"
    ALIKE = "differs_between_groups"


class Answer(StrEnum):
    """What the tables say to a question."""

    FOUND = "found"
    SMALL = "found_but_small"
    NOT_FOUND = "not_found"
    CANNOT_TELL = "cannot_tell"
    NOT_ABOVE_CHANCE = "not_above_chance"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class Figure:
    """A number that answers a question.

    Attributes
    ----------
    cohort : str
        The cohort, or the active cohort of a difference between arms.
    against : str
        What it is compared with: a control cohort, a model, a group; empty for chance.
    metric : str
        ``balanced_accuracy`` or ``auc``, or a difference of two.
    estimate, ci_low, ci_high : float
        The number and its 95 % limits, as proportions; NaN where there are none.
    ci_method : str
        Method of the interval.
    p_value : float
        Before it is adjusted; NaN without a test.
    null : str
        The null of the p-value, or the name of its test.
    n_permutations : float
        Behind the p-value; NaN for a p-value of another kind.
    n, n_positive : float
        People, and those in the positive class; of both arms of a difference.
    null_value : float
        What the figure is without any effect.
    evidence : str
        The table of the run that has it.
    """

    cohort: str
    against: str
    metric: str
    estimate: float
    ci_low: float
    ci_high: float
    ci_method: str
    p_value: float
    null: str
    n_permutations: float
    n: float
    n_positive: float
    null_value: float
    evidence: str


#: Columns of the tables behind the verdict that hold numbers.
NUMBERS = (
    *("estimate", "ci_low", "ci_high", "p_value", "n_permutations", "n", "n_positive"),
    *("n_active", "n_positive_active", "n_control", "n_positive_control", "prevalence"),
)
VERDICT_COLUMNS = [
    *("question", "answer", "model"),
    *("cohort", "against", "metric", "estimate", "ci_low", "ci_high", "ci_method"),
    *("p_value", "p_holm", "null", "n_permutations", "n", "n_positive"),
    *("null_value", "useful", "level", "evidence"),
]


def answer_of(figure: Figure | None, p_holm: float, useful: float, level: float) -> Answer:
    """Answer a question whether something is above its null value.

    Parameters
    ----------
    figure : Figure or None
        The number; None where the run does not have it.
    p_holm : float
        Its p-value, adjusted over the questions; NaN without a test.
    useful : float
        Smallest value that would be of use.
    level : float
        Of the tests, as in 0.05.

    Returns
    -------
    Answer
        Found: the p-value is at most `level` and the interval lies above the null value. Found but
        small: so too, and the interval ends below `useful`. Not found: the interval ends below
        `useful` without that. Cannot tell: all else. The naive bootstrap interval of
        cross-validation is too narrow to answer anything.
    """
    if figure is None or np.isnan(figure.estimate):
        return Answer.NOT_ASKED
    if figure.ci_method == Interval.NAIVE_BOOTSTRAP:
        return Answer.CANNOT_TELL
    shown = p_holm <= level and figure.ci_low > figure.null_value
    small = figure.ci_high < useful
    if shown:
        return Answer.SMALL if small else Answer.FOUND
    return Answer.NOT_FOUND if small else Answer.CANNOT_TELL


def answer_of_groups(figures: Collection[Figure], margin: float) -> tuple[Figure | None, Answer]:
    """Answer whether the model does better in some groups of people than in others.

    Parameters
    ----------
    figures : collection of Figure
        Differences between two groups whose limits hold together, see :func:`group_figures`.
    margin : float
        Largest difference that does not matter.

    Returns
    -------
    figure : Figure or None
        The difference whose limits are furthest from 0 in the answer's sense; None without any.
    answer : Answer
        Found: an interval excludes 0. Not found: all intervals lie within the margin.
    """
    known = [figure for figure in figures if not np.isnan(figure.ci_low)]
    if not known:
        return None, Answer.NOT_ASKED
    clear = max(known, key=lambda f: max(f.ci_low, -f.ci_high))
    if max(clear.ci_low, -clear.ci_high) > 0:
        return clear, Answer.FOUND
    widest = max(known, key=lambda f: max(f.ci_high, -f.ci_low))
    alike = max(widest.ci_high, -widest.ci_low) < margin
    return widest, Answer.NOT_FOUND if alike else Answer.CANNOT_TELL


def verdict_table(
    tables: Mapping[str, pd.DataFrame],
    roles: Mapping[str, str],
    model: str,
    clinical: Collection[str],
    settings: Mapping[str, float],
) -> pd.DataFrame:
    """The content of ``verdict.tsv``.

    A difference of two AUC counts only where the model's own lies above chance by its interval.
    What knows nothing falls below chance in cross-validation, and by accident in a small control
    cohort; to be better than that is no answer.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``performance``, ``comparisons``, ``specificity`` and ``subgroups``, numbers as numbers.
    roles : mapping of str to str
        Cohort to role.
    model : str
        The primary model, which alone is judged.
    clinical : collection of str
        Models that know what the clinic knows; those that the primary model is compared with
        answer whether it is better than the clinic, the hardest to beat first of all.
    settings : mapping of str to float
        ``level``, ``useful_performance`` (balanced accuracy) and ``useful_difference``.

    Returns
    -------
    DataFrame
        `VERDICT_COLUMNS`, one row per `Question`. ``p_holm`` is adjusted over the questions.
    """
    discovery = next(name for name, role in roles.items() if role == Role.DISCOVERY)
    external = [name for name, role in roles.items() if role == Role.EXTERNAL]
    elsewhere = EXTERNAL_POOLED if len(external) > 1 else next(iter(external), "")
    figures = {
        Question.PREDICTS: performance_figure(tables["performance"], model, discovery),
        Question.HOLDS: performance_figure(tables["performance"], model, elsewhere),
        Question.DRUG: drug_figure(tables["specificity"], model),
        Question.CLINIC: clinic_figure(tables, model, discovery, clinical),
    }
    p_values = [figure.p_value if figure else np.nan for figure in figures.values()]
    level, difference = settings["level"], settings["useful_difference"]
    rows = []
    for (question, figure), p_holm in zip(figures.items(), holm(p_values), strict=True):
        above_chance = question in (Question.PREDICTS, Question.HOLDS)
        useful = settings["useful_performance"] if above_chance else difference
        answer = answer_of(figure, p_holm, useful, level)
        if question in (Question.DRUG, Question.CLINIC) and answer in (Answer.FOUND, Answer.SMALL):
            row = headline_row(tables["performance"], model, figure.cohort, "auc")
            if row is None or not row["ci_low"] > CHANCE:
                answer = Answer.NOT_ABOVE_CHANCE
        rows.append(_row(question, answer, figure, useful) | {"p_holm": p_holm})
    figure, answer = answer_of_groups(
        group_figures(tables["subgroups"], model, discovery, level), difference
    )
    rows.append(_row(Question.ALIKE, answer, figure, difference))
    table = pd.DataFrame(rows, columns=VERDICT_COLUMNS).assign(model=model, level=level)
    whole = ["n_permutations", "n", "n_positive"]
    return table.astype(dict.fromkeys(whole, float)).astype(dict.fromkeys(whole, "Int64"))


def performance_figure(performance: pd.DataFrame, model: str, cohort: str) -> Figure | None:
    """The balanced accuracy of a model in a cohort, in the aggregation that is read first.

    Parameters
    ----------
    performance : DataFrame
        ``performance.tsv``, numbers as numbers.
    model, cohort : str
        What to look up.

    Returns
    -------
    Figure or None
        With the corrected interval where there is one; None without a row.
    """
    row = headline_row(performance, model, cohort, "balanced_accuracy")
    if row is None:
        return None
    return _figure(row, cohort, "", "balanced_accuracy", CHANCE, "performance", row["null"])


def drug_figure(specificity: pd.DataFrame, model: str) -> Figure | None:
    """The difference in AUC between the treated external cohorts and the control cohorts.

    Parameters
    ----------
    specificity : DataFrame
        ``specificity.tsv``, numbers as numbers.
    model : str
        Name of the model.

    Returns
    -------
    Figure or None
        That within cohorts where an arm has several, since scores that are shifted between pooled
        cohorts look like an effect of the treatment; None where nothing was computed.
    """
    rows = specificity[
        (specificity["model"] == model)
        & (specificity["analysis"] == "difference")
        & specificity["metric"].isin(["auc", "auc_within_cohorts"])
        & specificity["estimate"].notna()
    ]
    if not len(rows):
        return None
    row = rows.sort_values("metric").iloc[-1]
    within = row["metric"] == "auc_within_cohorts"
    method = Interval.DELONG_WITHIN if within else Interval.MOVER_DIFFERENCE
    sizes = {name: row[f"{name}_active"] + row[f"{name}_control"] for name in ("n", "n_positive")}
    given = row.to_dict() | sizes | {"ci_method": method}
    metric = "auc_difference"
    return _figure(given, row["active"], row["control"], metric, 0.0, "specificity", row["method"])


def clinic_figure(
    tables: Mapping[str, pd.DataFrame], model: str, cohort: str, clinical: Collection[str]
) -> Figure | None:
    """The difference in AUC between a model and what the clinic knows without a scan.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``comparisons`` and ``performance``, numbers as numbers.
    model, cohort : str
        The model, and the cohort in which the two are compared.
    clinical : collection of str
        Models to compare with; the one with the smallest difference is taken.

    Returns
    -------
    Figure or None
        None where the two were not compared.
    """
    comparisons = tables["comparisons"]
    rows = comparisons[
        (comparisons["comparison"] == MODELS)
        & (comparisons["model_a"] == model)
        & comparisons["model_b"].isin(list(clinical))
        & (comparisons["cohort_a"] == cohort)
        & (comparisons["metric"] == "auc")
        & comparisons["estimate"].notna()
    ]
    methods = [method for method in MAIN["auc"] if (rows["method"] == method).any()]
    if not methods:
        return None
    row = rows[rows["method"] == methods[0]].sort_values("estimate", kind="stable").iloc[0]
    performance = tables["performance"]
    own = performance[(performance["model"] == model) & (performance["cohort"] == cohort)].iloc[0]
    given = row.to_dict() | {"ci_method": row["method"]}
    given |= {name: own[name] for name in ("n", "n_positive")}
    return _figure(
        given, cohort, row["model_b"], "auc_difference", 0.0, "comparisons", row["method"]
    )


def group_figures(subgroups: pd.DataFrame, model: str, cohort: str, level: float) -> list[Figure]:
    """Differences in balanced accuracy between two groups, with limits that hold together.

    Parameters
    ----------
    subgroups : DataFrame
        ``subgroups.tsv``, numbers as numbers.
    model, cohort : str
        What to look up.
    level : float
        Chance that any of the intervals misses its truth (Bonferroni).

    Returns
    -------
    list of Figure
        The 95 % limits of the table, moved outwards by the ratio of the normal quantiles.
    """
    rows = subgroups[
        (subgroups["model"] == model)
        & (subgroups["cohort"] == cohort)
        & (subgroups["metric"] == "balanced_accuracy")
        & subgroups["reference"].notna()
        & subgroups["ci_low"].notna()
    ]
    wider = ndtri(1 - level / (2 * max(len(rows), 1))) / ndtri(0.975)
    found = []
    for _, row in rows.iterrows():
        given = row.to_dict() | {"p_value": np.nan, "n_permutations": np.nan}
        for limit in ("ci_low", "ci_high"):
            given[limit] = row["estimate"] + wider * (row[limit] - row["estimate"])
        groups = f"{row['variable']}: {row['group']} - {row['reference']}"
        metric = "balanced_accuracy_difference"
        found.append(_figure(given, cohort, groups, metric, 0.0, "subgroups", ""))
    return found


def _figure(
    row: Mapping[str, Any],
    cohort: str,
    against: str,
    metric: str,
    null_value: float,
    evidence: str,
    null: Any,
) -> Figure:
    """A row of a table as a figure."""
    names = ("estimate", "ci_low", "ci_high", "p_value", "n_permutations", "n", "n_positive")
    values = {name: np.nan if pd.isna(row[name]) else float(row[name]) for name in names}
    return Figure(
        cohort=cohort,
        against=against,
        metric=metric,
        ci_method="" if pd.isna(row["ci_method"]) else str(row["ci_method"]),
        null="" if pd.isna(null) else str(null),
        null_value=null_value,
        evidence=evidence,
        **values,
    )


def _row(question: str, answer: str, figure: Figure | None, useful: float) -> dict[str, Any]:
    given = {} if figure is None else asdict(figure)
    empty = {name: None for name, value in given.items() if value == ""}
    return {"question": question, "answer": answer, "useful": useful, **given, **empty}
