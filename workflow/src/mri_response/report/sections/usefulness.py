"""Can the scores be read as probabilities, and would they help? Calibration, decision curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import EXTERNAL_POOLED, Interval, NotComputed
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import Naming, plural, too_small
from mri_response.report.numbers import MINUS, as_number, interval_text, minus, number, percent
from mri_response.report.run import Run
from mri_response.report.sections.blocks import (
    Block,
    Bullets,
    Details,
    Figures,
    OfModel,
    Table,
    Text,
)
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "calibration": "Calibration of the probabilities",
    "decision_curve": "Decision curves",
    "decision_rules": "Probabilities and thresholds that each training set taught",
    "operating_points": "Operating points",
}

_MEANING = (
    "A decision value is not a probability. It was turned into one by Platt scaling: a logistic "
    "curve learned inside the training data, from people whom the inner model had not seen, and "
    "applied unchanged to others. Probabilities are calibrated if of the people who are given "
    "30\u00a0%, about 30\u00a0% turn out to be of the class {positive}."
)
_HELP = (
    "Whether a model would help depends on what is done with its answer. A decision curve asks: if "
    "a person were acted on (as one would for a {positive}) whenever the probability reaches a "
    "threshold, which share of all people would be rightly chosen, once those chosen wrongly are "
    "subtracted at the odds of that threshold? A model is of use only where it does better than "
    "acting on everybody and than acting on nobody. Whether it is at any threshold is judged by a "
    "band that holds for all of them together (pointwise, chance alone passes in about one of "
    "nine studies of 51 people); limits in the figure are of each threshold by itself. Both are "
    "too narrow in cross-validation, where people share training data."
)
_POINTS = {
    "decision_zero": "decision value 0",
    "youden": "Youden’s index",
}
_RATIOS = ("likelihood_ratio_positive", "likelihood_ratio_negative")


def point_text(point: str) -> str:
    """An operating point in words, as in ``sensitivity ≥ 90 %``."""
    if point in _POINTS:
        return _POINTS[point]
    metric, _, value = point.partition("_")
    return f"{metric} ≥\u00a0{100 * float(value):g}\u00a0%"


def calibration_verdict(table: pd.DataFrame, model: str, cohort: str, names: Naming) -> str | None:
    """Calibration of a model in a cohort, in words; None where it was not computed.

    Parameters
    ----------
    table : pandas.DataFrame
        ``calibration.tsv``.
    model, cohort : str
        Names of the model and of the cohort in the table.
    names : Naming
        How the page names models and cohorts.

    Returns
    -------
    str or None
    """
    rows = _rows(table, model, cohort).drop_duplicates("metric").set_index("metric")
    if "brier" not in rows.index or np.isnan(number(rows.loc["brier", "estimate"])):
        return None
    together, own = cohort == EXTERNAL_POOLED, "cohort's own share"
    scaled = _numbers(rows.loc["scaled_brier"])
    if scaled[1] > 0:
        words = "nearer to what happened than"
    elif scaled[2] < 0:
        words = "further from what happened than"
    else:
        words = "not shown to be nearer to what happened than"
    parts = [
        f"{names.titles[cohort]}: scaled Brier score {minus(100 * scaled[0], 1)} % "
        f"({minus(100 * scaled[1], 1)} to {minus(100 * scaled[2], 1)}): the probabilities are "
        f"{words} giving everybody the {'share of their cohort' if together else own}"
    ]
    large = _numbers(rows.loc["calibration_in_the_large"])
    if large[1] > 0:
        parts.append("on average the probabilities are too low")
    elif large[2] < 0:
        parts.append("on average the probabilities are too high")
    slope = _numbers(rows.loc["calibration_slope"])
    if np.isnan(slope[0]):
        parts.append("a slope cannot be estimated")
    else:
        words = "not shown to be too extreme or too timid"
        if slope[2] < 1:
            words = "they are too extreme" if slope[2] > 0 else "they point the wrong way"
        elif slope[1] > 1:
            words = "they are too timid"
        interval = f"{minus(slope[1])} to {minus(slope[2])}"
        parts.append(f"calibration slope {minus(slope[0])} ({interval}; 1 is right): {words}")
    return "; ".join(parts) + "."


def benefit_verdict(table: pd.DataFrame, model: str, cohort: str, names: Naming) -> str | None:
    """Where a model's net benefit is above both defaults, in words; None where not computed.

    Parameters
    ----------
    table : pandas.DataFrame
        ``decision_curve.tsv``.
    model, cohort : str
        Names of the model and of the cohort in the table.
    names : Naming
        How the page names models and cohorts.

    Returns
    -------
    str or None
    """
    rows = _rows(table, model, cohort)
    thresholds = as_number(rows["threshold"]).to_numpy()
    if not len(rows) or np.isnan(thresholds).any():
        return None
    title = names.titles[cohort]
    certain = thresholds[as_number(rows["band_low"]).to_numpy() > 0]
    if len(certain):
        return (
            f"{title}: better than acting on everybody or on nobody, with the 95 % band of all "
            f"thresholds together above 0, at threshold probabilities {_ranges(certain)}."
        )
    above = thresholds[as_number(rows["advantage"]).to_numpy() > 1e-9]
    if not len(above):
        return f"{title}: at no threshold better than acting on everybody or on nobody."
    return (
        f"{title}: at no threshold shown to be better than acting on everybody or on nobody (the "
        f"estimate is above both at {_ranges(above)}, the band of all thresholds "
        "together includes 0)."
    )


def _blocks(run: Run) -> list[Block]:
    """The section; empty without ``calibration.tsv``."""
    names = run.names
    tables = [run.tables.get(n) for n in ("calibration", "operating_points", "decision_curve")]
    if any(table is None for table in tables):
        return []
    calibration, points, curves = tables
    models, reason = run.models, too_small(run.config)
    return [
        *_said(curves, benefit_verdict, models, names),
        Figures(("decision_curve",)),
        _point_table(points, models, names, reason),
        Details("What net benefit is", [Text(_HELP.format(positive=names.positive))]),
        Details(
            "Are the probabilities right? Calibration",
            [
                Text(_MEANING.format(positive=names.positive)),
                *_said(calibration, calibration_verdict, models, names),
                Figures(("calibration",)),
                _calibration_table(calibration, models, names, reason),
            ],
        ),
    ]


def _said(
    table: pd.DataFrame,
    verdict: Callable[[pd.DataFrame, str, str, Naming], str | None],
    models: list[str],
    names: Naming,
) -> list[Block]:
    """What a verdict says of every model, cohort by cohort."""
    found: list[Block] = []
    for model in models:
        said = [verdict(table, model, c, names) for c in _cohorts(table, model, names)]
        if any(said):
            lines = [Text(f"Model {model}:"), Bullets(list(filter(None, said)))]
            found.append(OfModel(model, lines))
    return found


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    names = run.names
    table, performance = run.tables.get(spec.kind, pd.DataFrame()), run.performance
    said = {"calibration": calibration_verdict, "decision_curve": benefit_verdict}[spec.kind]
    cohorts = performance.loc[performance["model"] == spec.model, "cohort"]
    parts = [said(table, spec.model, c, names) for c in names.together(cohorts) if len(table)]
    return " ".join(filter(None, parts)) or "Not computed; the text above says why."


def _calibration_table(table: pd.DataFrame, models: list[str], names: Naming, reason: str) -> Table:
    made = Table(
        names.title("Are the probabilities right?"),
        [
            "Cohort",
            "Model",
            f"n ({plural(names.positive)})",
            "Brier score",
            "of the share alone",
            "Scaled Brier",
            "Calibration in the large",
            "Calibration slope",
        ],
    )
    for model in models:
        for cohort in names.ordered(table.loc[table["model"] == model, "cohort"]):
            rows = _rows(table, model, cohort).drop_duplicates("metric").set_index("metric")
            first = _first_cells(rows.iloc[0], cohort, model, names)
            if rows["ci_method"].iloc[0] == NotComputed.SMALL_CLASS:
                made.rows.append([*first, reason])
                continue
            scaled = [minus(100 * x, 1) for x in _numbers(rows.loc["scaled_brier"])]
            made.rows.append(
                [
                    *first,
                    _cell(rows.loc["brier"]),
                    f"{number(rows.loc['brier_prevalence', 'estimate']):.2f}",
                    (f"{scaled[0]} %", f"{scaled[1]} to {scaled[2]}"),
                    _cell(rows.loc["calibration_in_the_large"]),
                    _cell(rows.loc["calibration_slope"]),
                ]
            )
    made.note = (
        "Brier score: mean squared error of the probabilities, 0 is perfect; beside it that of "
        "giving everybody their cohort's own share. Scaled Brier: 1 minus their ratio; 0 % is no "
        "better than the share. Calibration in the large (log odds): 0 is right, above 0 the "
        "probabilities are too low. Slope: 1 is right, below 1 they are too extreme; of external "
        "cohorts together it is within cohorts, each with its own intercept. Small "
        "numbers: 95 % intervals over people; those of cross-validation ignore that people share "
        "training data and are too narrow."
    )
    return made


def _point_table(table: pd.DataFrame, models: list[str], names: Naming, reason: str) -> Table:
    made = Table(
        names.title("What an answer is worth, by operating point"),
        [
            "Cohort, model",
            "Threshold chosen for",
            "Sensitivity",
            "Specificity",
            "LR+",
            f"LR{MINUS}",
            "PPV",
            "NPV",
            "Number needed to predict",
        ],
    )
    for model in models:
        for cohort in _cohorts(table, model, names):
            own = _rows(table, model, cohort)
            people = _first_cells(own.iloc[0], cohort, model, names)[-1]
            who = (names.titles[cohort], f"{names.roles[cohort]}, {model}, n = {people}")
            if own["ci_method"].iloc[0] == NotComputed.SMALL_CLASS:
                made.rows.append([who, reason])
                made.models.append(model)
                continue
            for point in own["operating_point"].drop_duplicates():
                rows = _best_interval(own[own["operating_point"] == point])
                made.rows.append(
                    [
                        who,
                        point_text(point),
                        *(_cell(rows.loc[m], share=True) for m in ("sensitivity", "specificity")),
                        *(_cell(rows.loc[m]) for m in _RATIOS),
                        *(_cell(rows.loc[m], share=True) for m in ("ppv", "npv")),
                        _cell(rows.loc["number_needed_to_predict"]),
                    ]
                )
                made.models.append(model)
    stated = table.loc[table["prevalence_from"] == "config", "prevalence"]
    if len(stated):
        at = f"a share of {percent(stated.iloc[0])} {plural(names.positive)}, as the config states"
    else:
        at = (
            f"each cohort's own share of {plural(names.positive)}; in a clinic with another share "
            "they are others (config: prevalence)"
        )
    made.note = (
        f"LR+: by how much the odds of being {names.positive} are multiplied when the model says "
        f"so; LR{MINUS}: when it says {names.negative}; 1 says nothing. PPV, NPV: share of these "
        f"answers that are right, at {at}. Number needed to predict: people who must be examined "
        "for one more right answer than chance gives; missing where there is none to gain. "
        "Thresholds were chosen inside the training data, where Youden’s index (the sum of "
        "sensitivity and specificity) is highest or one of the two reaches what is wanted, and "
        "applied unchanged. n: people, in "
        f"brackets {plural(names.positive)}. Small numbers: "
        "95 % intervals over people, of cross-validation corrected by the permutation null where "
        "there is one. External cohorts together are counted here as one group of people; the "
        "headline is the mean of the cohorts. operating_points.tsv also has each of them by itself."
    )
    return made


def _cohorts(table: pd.DataFrame, model: str, names: Naming) -> list[str]:
    return names.together(table.loc[table["model"] == model, "cohort"])


def _rows(table: pd.DataFrame, model: str, cohort: str) -> pd.DataFrame:
    return table[(table["model"] == model) & (table["cohort"] == cohort)]


def _best_interval(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per metric: with the corrected interval where there is one, else the naive one."""
    corrected = rows["ci_method"].astype(str).str.startswith(Interval.NULL_INFLATED)
    known = rows[~corrected | as_number(rows["ci_low"]).notna()]
    return known.drop_duplicates("metric").set_index("metric")


def _first_cells(row: pd.Series, cohort: str, model: str, names: Naming) -> list[Any]:
    people = f"{int(number(row['n']))} ({int(number(row['n_positive']))})"
    return [(names.titles[cohort], names.roles[cohort]), model, people]


def _numbers(row: pd.Series) -> list[float]:
    return [number(row[column]) for column in ("estimate", "ci_low", "ci_high")]


def _cell(row: pd.Series, *, share: bool = False) -> tuple[str, str]:
    estimate, low, high = _numbers(row)
    if np.isnan(estimate):
        return ("n/a", "")
    if share:
        return percent(estimate), interval_text("share", low, high)
    limits = "n/a" if np.isnan(low) else f"{_ratio(low)} to {_ratio(high)}"
    return _ratio(estimate), limits


def _ratio(value: float) -> str:
    return "∞" if value == np.inf else minus(value, 2 if abs(value) < 10 else 1)


def _ranges(thresholds: np.ndarray) -> str:
    """Thresholds on the grid of 1 % as ranges: ``20 to 34 % and 40 %``."""
    percents = np.round(100 * thresholds).astype(int)
    runs = np.split(percents, np.flatnonzero(np.diff(percents) > 1) + 1)
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return " %, ".join(parts[:-1]) + " % and " * (len(parts) > 1) + parts[-1] + " %"


SECTION = Section(
    "usefulness",
    "Can the scores be read as probabilities, and would they help?",
    "Usefulness",
    _blocks,
    TABLES,
    _alt_text,
    shows_people=True,
)
