"""How well a number is predicted: the gain over baseline and confounds, and the total beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.outcome_kinds import outcome_kind
from mri_response.config.queries import ordered_models
from mri_response.core.vocabulary import NotComputed, Role
from mri_response.report.facts.phrases import known_without_features, listed, reduced_words
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.findings import Finding, numbers_of, p_counted
from mri_response.report.numbers import number, p_text, with_limits
from mri_response.report.run import Run
from mri_response.report.sections import warnings
from mri_response.report.sections.blocks import Block, Details, Figures, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "numbers_performance": "Predicted numbers: gain, total and intervals",
    "numbers_groups": "Predicted and observed numbers of groups of people",
    "numbers_comparisons": "Predicted numbers: models beside each other",
    "numbers_curve": "Predicted numbers: gain by number of people",
    "numbers_specificity": "Predicted numbers: slopes with and without the treatment",
}

_ALT = {
    "number_gains": "Gains of every model and cohort with their intervals, as in the table above.",
    "number_groups": "Mean observed against mean predicted number of groups of people; the table "
    "numbers_groups.tsv has them.",
    "number_curve": "Gains against the number of people with their intervals; the table "
    "numbers_curve.tsv has them.",
    "number_people": "Observed against predicted number, a point for each person.",
    "number_null": "Histograms of the gains under permutation with a line at the observed gain; "
    "the table above has the observed gains and their p.",
}


def _blocks(run: Run) -> list[Block]:
    """The question, the gain of every model in every cohort, and the total beside it."""
    table = run.tables.get("numbers_performance")
    if table is None:
        return []
    kind, outcome = outcome_kind(run.config), run.config["outcome"]
    has_baseline = "baseline" in kind.needs
    words = {"baseline": "the score before treatment", "confounds": "the confounds"}
    known = [words[name] for name in known_without_features(run.config)]
    given = f"a regression on {listed(known)} alone" if known else "the mean of the training people"
    why = (
        "A score that is high before treatment tends to fall, whatever is done, so that a model "
        "can predict change without knowing anything of the brain. "
        if has_baseline
        else ""
    )
    found: list[Block] = [
        Text(
            f"{kind.question} {kind.words(outcome)} {why}The gain is what the features add to "
            f"{given}, which every model contains and which is fitted in each training fold: "
            "the difference of R2, and by how much the mean absolute error is smaller. The total "
            "stands beside it and contains what is predicted without features."
        ),
        Figures(("number_gains",)),
        _gains(table, run),
        Details(
            "The total, and groups of people", [_totals(table, run), Figures(("number_groups",))]
        ),
    ]
    further: list[Block] = []
    pairs = run.tables.get("numbers_comparisons")
    if pairs is not None and len(pairs):
        further.append(_pairs(pairs, run))
    slopes = run.tables.get("numbers_specificity")
    if slopes is not None and len(slopes):
        further.append(_slopes(slopes))
    if further:
        found.append(Details("Models beside each other, with and without the treatment", further))
    return [*found, *warnings.SECTION.blocks(run)]


def findings(run: Run) -> list[Finding]:
    """Whether the primary model's features tell more than what is known, cohort by cohort.

    Parameters
    ----------
    run : Run
        A run that predicts a number.

    Returns
    -------
    list of Finding
        The discovery cohort first, then others that are no controls, external ones together where
        there are several. Without a p-value there is no answer.
    """
    table, names = run.tables["numbers_performance"], run.names
    own = table[(table["model"] == run.model) & (table["metric"] == "r2_gain")].set_index("cohort")
    cohorts = [c for c in names.together(own.index) if names.roles[c] != Role.CONTROL]
    n_tested = int(own.loc[cohorts, "p_value"].map(number).notna().sum())
    return [
        _of_gain(run, own.loc[cohort].to_dict() | {"cohort": cohort}, n_tested)
        for cohort in cohorts
    ]


def _of_gain(run: Run, row: Mapping[str, Any], n_tested: int) -> Finding:
    known, level = f"{reduced_words(run.config)} alone", run.config["verdict"]["level"]
    title, here = run.names.titles[row["cohort"]], row["cohort"] == run.discovery
    values, n = numbers_of(row), number(row["n"])
    subject = "The features tell" if here else "There the finished model tells"
    which = "in people of this cohort whom the model had not seen" if here else "in new people"
    unknown = f"Whether the features tell more than {known}{'' if here else ' there'} has not been "
    unknown += "shown."
    tested = not np.isnan(values["p_value"])
    p = p_counted(row["p_value"], row["n_permutations"], n_tested) if tested else "no p"
    return Finding(
        f"Do the features tell more than {known}?" if here else f"Does this hold in {title}?",
        {
            "found": f"{subject} more than {known}, {which}.",
            "reverse": f"{subject} less than {known}, {which}.",
            "cannot_tell": unknown,
            "not_asked": "No gain could be computed.",
        },
        f"Gain in R2 of model {run.model}, {title}: {_cell(row)[0]} (95 % interval "
        f"{_cell(row)[1] or 'n/a'}; above 0 the features help), {p}; n = {n:.0f}.",
        metric="r2_gain",
        **values,
        null=str(row["null"]),
        n=n,
        level=level,
        n_tested=n_tested,
        evidence="numbers_performance",
        given="" if tested or np.isnan(values["estimate"]) else "cannot_tell",
    )


def _rows_of(table: pd.DataFrame, run: Run) -> list[tuple[list[Any], dict[str, pd.Series]]]:
    """First cells of each row of a table, and the metrics of its model and cohort by name."""
    names, rows = run.names, []
    for model in (*ordered_models(run.config), *run.config["stacks"]):
        own = table[table["model"] == model]
        for cohort in names.ordered(own["cohort"]):
            values = own[own["cohort"] == cohort].set_index("metric")
            n = int(number(values["n"].iloc[0]))
            first = [(names.titles[cohort], names.roles[cohort]), model, str(n)]
            rows.append((first, {metric: values.loc[metric] for metric in values.index}))
    return rows


#: Why there is no p.
NO_P = {
    NotComputed.NOBODY_EXCHANGES: " n/a: nobody of the cohort may exchange residuals with anybody, "
    "as families and the blocks of permutation.within ask for.",
    NotComputed.STACK: " Stacks have no permutation test in the discovery cohort.",
}


def _gains(table: pd.DataFrame, run: Run) -> Table:
    rows = []
    no_p = "".join(words for reason, words in NO_P.items() if reason in set(table["null"]))
    for first, values in _rows_of(table, run):
        cells: list[Any] = []
        for metric in ("r2_gain", "mae_gain"):
            cells += [_cell(values[metric]), _p(values[metric])]
        rows.append([*first, *cells])
    return Table(
        f"Gain over {reduced_words(run.config)} alone",
        ["Cohort", "Model", "n", "Gain in R2", "p", "Gain in mean absolute error", "p"],
        rows,
        f"{_unit(run)} Small numbers: 95 % intervals over people; cross-validated ones are "
        "widened, since other training people would have made other models. p is one-sided: "
        f"residuals of the outcome given {reduced_words(run.config)} were exchanged between "
        "people, and the whole procedure run again (Freedman and Lane); in other cohorts the model "
        "stayed frozen. There p can be small where the interval holds 0: predictions that go along "
        "with the outcome, but lie too high, too low or too far apart, gain little." + no_p,
    )


def _unit(run: Run) -> str:
    """What errors are counted in."""
    return f"Errors are in {run.names.unit or 'units of the outcome'}."


def _totals(table: pd.DataFrame, run: Run) -> Table:
    metrics = ("r2", "r2_reduced", "r", "mae", "rmse", "calibration_slope")
    rows = [
        [*first, *(_cell(values[metric]) for metric in metrics)]
        for first, values in _rows_of(table, run)
    ]
    return Table(
        "Total, and without features",
        [
            *("Cohort", "Model", "n", "R2", "R2 without features", "r"),
            *("Mean absolute error", "Root mean squared error", "Calibration slope"),
        ],
        rows,
        f"R2 is against the mean of the people who trained the model. {_unit(run)} Small "
        "numbers: 95 % intervals over people; those of R2 and r in cross-validation are widened as "
        "those of gains are, the others take the models as they are. The calibration slope is that "
        "of the outcome on its prediction; below 1 predictions are too far apart.",
    )


def _pairs(table: pd.DataFrame, run: Run) -> Table:
    rows = []
    keys = ["model_a", "model_b", "cohort"]
    for (first, second, cohort), own in table.groupby(keys, sort=False):
        metrics = own.set_index("metric")
        cells: list[Any] = []
        for metric in ("r2", "mae"):
            row = metrics.loc[metric]
            cells += [_cell(row), p_text(row["p_holm"], None)]
        names = run.names
        place = (names.titles[cohort], names.roles[cohort])
        rows.append([place, f"{first} \u2212 {second}", metrics["n"].iloc[0], *cells])
    return Table(
        "Is one model better than another?",
        [
            "Cohort",
            "Models",
            "n",
            "Difference in R2",
            "p",
            "Difference in mean absolute error",
            "p",
        ],
        rows,
        "Above 0 the first model is better, in both columns. Total predictions are compared, on "
        "the same people and splits. In cross-validation by the corrected resampled t-test, which "
        "allows for the training people that folds share; elsewhere by the influence of each "
        "person. 95 % intervals; p is two-sided and corrected for the number of pairs (Holm).",
    )


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    return _ALT[spec.kind]


def _slopes(table: pd.DataFrame) -> Table:
    rows = [
        [
            str(row["model"]),
            *(str(row[f"n_{arm}"]) for arm in ("external", "control")),
            *(_slope(row, arm) for arm in ("external", "control")),
            _cell(row.rename({"difference": "estimate"})),
            _p(row),
        ]
        for _, row in table.iterrows()
    ]
    return Table(
        "Is it the treatment? Slopes of the outcome on what the features add",
        [
            *("Model", "n external", "n control", "External cohorts", "Control cohorts"),
            *("Difference", "p"),
        ],
        rows,
        "Baseline and confounds, where there are any, are held constant, and every cohort (and "
        "value of permutation.within) has an intercept of its own. A slope of 0 says that what "
        "the features add does not go along with the outcome there. Small numbers: 95 % intervals "
        "with errors that allow for unequal variances (HC3). p is one-sided; residuals "
        "were permuted within cohorts (and these values). Arms were not randomised by this "
        "analysis: other differences between cohorts may explain it.",
    )


def _slope(row: pd.Series, arm: str) -> tuple[str, str]:
    return with_limits(row, 2, tuple(f"slope_{arm}{end}" for end in ("", "_low", "_high")))


def _cell(row: Mapping[str, Any]) -> tuple[str, str]:
    if np.isnan(number(row["estimate"])):
        return "n/a", ""
    text, limits = with_limits(row, 3)
    return text, "" if np.isnan(number(row["ci_low"])) else limits


def _p(row: pd.Series) -> str:
    return p_text(row["p_value"], row["n_permutations"])


SECTION = Section(
    "numbers",
    "What the features add",
    "Result",
    _blocks,
    tables=TABLES,
    alt_text=_alt_text,
    shows_people=True,
    module="numbers",
    findings=findings,
)
