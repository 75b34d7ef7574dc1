"""How far can this sample carry it? Intervals, chance at each size, the learning curve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.config.queries import curve_models, discovery_name
from mri_response.core.vocabulary import HEADLINE_METRICS, Interval
from mri_response.evaluation.headline import rows_of
from mri_response.evaluation.learning_curve import MARGIN
from mri_response.evaluation.sample_size import MARGIN as HALF_WIDTH
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.lookup import enough_people, is_computed
from mri_response.report.naming import METRIC_NAMES, NULL_NAMES, Naming, lowered, plural
from mri_response.report.numbers import (
    as_number,
    estimate_text,
    interval_text,
    metric_with_limits,
    number,
    percent,
    signed,
    signed_interval,
)
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, OfModel, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "learning_curve": "Performance by number of people",
    "precision": "Best of chance, and people for a narrow interval",
}


def curve_verdict(table: pd.DataFrame, model: str) -> str:
    """What the learning curve of a model says, in words.

    Parameters
    ----------
    table : pandas.DataFrame
        learning_curve.tsv.
    model : str
        Name of the model.
    """
    own = table[table["model"] == model]
    sizes = as_number(own["n"])
    if sizes.nunique() < 2:
        return (
            f"Model {model}: no learning curve, since parts of so few people are too small for the "
            "folds or for both classes."
        )
    curve = own.assign(n=sizes)
    whole, points = int(sizes.max()), 100 * MARGIN
    parts = []
    for metric in HEADLINE_METRICS:
        name = lowered(METRIC_NAMES[metric])
        rows = curve[curve["metric"] == metric].sort_values("n")
        first = rows.iloc[0]
        fewest = enough_people(curve, metric)
        text = (
            f"{name} {_with_interval(metric, first)} with {first['n']:.0f} people, "
            f"{_with_interval(metric, rows.iloc[-1])} with all {whole}; "
        )
        text += (
            f"that fewer people would be enough is not shown: with {rows.iloc[-2]['n']:.0f} the "
            f"interval of the difference to all people does not lie within ±{points:.0f} points"
            if fewest is None
            else f"from {fewest} people on the interval of the difference to all {whole} lies "
            f"within ±{points:.0f} points"
        )
        parts.append(text)
    return f"Model {model}: {'. '.join(part[0].upper() + part[1:] for part in parts)}."


def _with_interval(metric: str, row: pd.Series) -> str:
    interval = interval_text(metric, row["ci_low"], row["ci_high"])
    return f"{estimate_text(metric, row['estimate'])} (95 % interval {interval})"


def _blocks(run: Run) -> list[Block]:
    """The section; empty without ``precision.tsv``."""
    names = run.names
    precision = run.tables.get("precision")
    if precision is None:
        return []
    models = run.models
    said: list[Block] = [Text(text) for text in _two_intervals(run, names, models[0])]
    table = _precision(precision, names, models)
    curve = run.tables.get("learning_curve")
    if curve is None:
        result = [*said, table]
    else:
        of_models = [model for model in models if model in curve_models(run.config)]
        cv = run.config["cross_validation"]
        drawn = _STRATIFIED if cv["scheme"] == "stratified" else _LABEL_BLIND
        text = _CURVE.format(drawn=drawn) + _HELD_OUT * (cv["outer"] == "held_out")
        result = [
            *(OfModel(model, [Text(curve_verdict(curve, model))]) for model in of_models),
            Figures(("learning_curve",)),
            table,
            Details(
                "The learning curve in numbers, and the two intervals of the discovery figure",
                [Text(text), _curve(curve, names, of_models), *said],
            ),
        ]
    return result


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    table = run.tables.get("learning_curve")
    return "Not computed." if table is None else curve_verdict(table, spec.model)


_CURVE = (
    "Learning curve: the whole procedure was run again on parts of the discovery people, drawn "
    "{drawn}. Differences to all people are paired, person by person. The "
    "curve says how this model does with fewer people of the same kind; what more people, another "
    "model or another hospital would do it does not say."
)
_LABEL_BLIND = "without looking at their outcome"
_STRATIFIED = "so that both classes keep their share, as in the folds"


_HELD_OUT = (
    " People are those learned from; the people held out are the same throughout, and the "
    "intervals are over them."
)


def _two_intervals(run: Run, names: Naming, model: str) -> list[str]:
    """Naive and corrected interval of the discovery figure, beside each other."""
    performance = run.performance
    discovery = discovery_name(run.config)
    if not is_computed(performance, model, discovery):
        return []
    rows = rows_of(performance, model, discovery, "balanced_accuracy").set_index("ci_method")
    if not {Interval.NULL_INFLATED, Interval.NAIVE_BOOTSTRAP} <= set(rows.index):
        return []
    corrected, naive = (
        interval_text("balanced_accuracy", rows.loc[method, "ci_low"], rows.loc[method, "ci_high"])
        for method in (Interval.NULL_INFLATED, Interval.NAIVE_BOOTSTRAP)
    )
    if corrected == "n/a":
        return []
    estimate = estimate_text("balanced_accuracy", rows["estimate"].iloc[0])
    return [
        f"The discovery figure of model {model}, {estimate}, has two 95 % intervals: {naive} if "
        "people are taken for independent (naive), and "
        f"{corrected} once it is allowed for that they share the people their models learned from "
        "(corrected, by how much more the figure spreads when labels are permuted). The corrected "
        "one is the one to quote. Both are for models that learned from a part of these people, "
        "as in the folds: the model of all of them tends to be better, the more so the fewer the "
        "folds. Neither tells what other hospitals would bring."
    ]


def _precision(table: pd.DataFrame, names: Naming, models: list[str]) -> Table:
    made = Table(
        names.title("What chance gives at these sizes, and people for a narrow interval"),
        [
            "Cohort",
            "Model",
            f"n ({plural(names.positive)})",
            "Number",
            "Estimate",
            "Best of coins",
            "Best of permutations",
            f"People for ±{100 * HALF_WIDTH:.0f} points",
        ],
    )
    for model in models:
        of_model = table[table["model"] == model]
        for cohort in names.ordered(of_model["cohort"]):
            for _, row in of_model[of_model["cohort"] == cohort].iterrows():
                n, n_positive = int(number(row["n"])), int(number(row["n_positive"]))
                metric = str(row["metric"])
                first = [names.titles[cohort], model, f"{n} ({n_positive})", METRIC_NAMES[metric]]
                if np.isnan(number(row["estimate"])):
                    made.rows.append([*first, "Not computed: too few people in a class."])
                    continue
                coins, null = number(row["best_of_chance"]), number(row["best_of_null"])
                made.rows.append(
                    [
                        *first,
                        metric_with_limits(metric, row),
                        "" if np.isnan(coins) else percent(coins),
                        ""
                        if np.isnan(null)
                        else (
                            estimate_text(metric, null),
                            NULL_NAMES.get(str(row["null"]), str(row["null"])),
                        ),
                        f"{int(number(row['n_for_margin'])):,}",
                    ]
                )
    made.note = (
        "Best of coins: what tossing a coin for each person stays at or below in 19 of 20 cohorts "
        "of this size. Best of permutations: what 19 of 20 permutations stayed at or below, under "
        "the null named. People: with so many, the same share of classes and the same figures as "
        "seen here, the 95 % interval would be ±5 points; it takes the observed figures for the "
        "truth, so it is an order of magnitude. Where the interval is corrected for "
        "cross-validation, so is this number."
    )
    return made


def _curve(table: pd.DataFrame, names: Naming, models: list[str]) -> Table:
    made = Table(
        names.title("Learning curve"),
        ["Model", "People", "Number", "Estimate", "Difference to all people", "Parts"],
    )
    for model in models:
        for _, row in table[table["model"] == model].iterrows():
            metric = str(row["metric"])
            difference = number(row["difference"])
            limits = number(row["difference_low"]), number(row["difference_high"])
            made.rows.append(
                [
                    model,
                    int(number(row["n"])),
                    METRIC_NAMES[metric],
                    metric_with_limits(metric, row),
                    "all people"
                    if np.isnan(difference)
                    else (
                        signed(metric, difference) + " points" * (metric != "auc"),
                        signed_interval(metric, *limits),
                    ),
                    int(number(row["draws"])),
                ]
            )
    made.note = (
        "Small numbers: 95 % intervals over people, widened by the factor by which the corrected "
        "interval of the discovery figure is wider than the naive one; at smaller sizes this "
        "factor is a guess. Estimates with all people are those of the run itself; their parts are "
        "its repeats."
    )
    return made


SECTION = Section(
    "sample",
    "How far can this sample carry it?",
    "The sample",
    _blocks,
    TABLES,
    _alt_text,
)
