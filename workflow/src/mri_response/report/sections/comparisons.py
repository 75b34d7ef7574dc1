"""Is it better than what the clinic knows? Models and baselines beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import (
    MAJORITY_CLASS,
    compared_pairs,
    discovery_name,
    is_clinical,
    ordered_models,
    used_baselines,
)
from mri_response.core.vocabulary import Comparison
from mri_response.evaluation.comparisons import ADDED, MAIN
from mri_response.evaluation.headline import headline_row
from mri_response.report.below_chance import below_chance
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import METRIC_NAMES, Naming, lowered, model_title, pair_title
from mri_response.report.numbers import (
    estimate_text,
    interval_text,
    number,
    p_phrase,
    p_text,
    signed,
    signed_interval,
)
from mri_response.report.pairs import main_row
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.sections.verdict import answer_of

#: Tables to download, with their titles.
TABLES = {
    "comparisons": "Comparisons of models",
}

ALPHA = 0.05
_QUESTION = (
    "A scan is worth having if it tells more than is known without it. Here every model stands "
    "beside what needs no scan, and each difference is between two models on the same people: "
    "above 0 the first is better."
)
_NO_CLINIC = (
    "No clinical model was asked for. Whether the scan tells more than severity, duration of the "
    "illness or earlier treatments remains open: a feature set of kind clinical answers it."
)
_NOT_BY_AUC = (
    "This is said of balanced accuracy; a higher AUC was not shown everywhere. Class weights or "
    "thresholds, which move the one and not the other, may be the reason."
)
METHODS = {
    Comparison.CORRECTED_RESAMPLED_T: "corrected resampled t-test",
    Comparison.EXCHANGED_WITHIN_PEOPLE: "models exchanged within people",
    Comparison.DELONG: "DeLong",
    Comparison.MCNEMAR_EXACT: "McNemar, exact",
    Comparison.SCANS_PERMUTED: "residuals of the scans permuted between people",
}


def _blocks(run: Run) -> list[Block]:
    """The section; empty without ``comparisons.tsv``."""
    names = run.names
    table = run.tables.get("comparisons")
    if table is None:
        return []
    config = run.config
    result = answer_of(run, "better_than_the_clinic")
    if not any(is_clinical(config, model) for model in config["models"]):
        result.append(Text(_NO_CLINIC))
    said: list[Block] = [Text(text) for text in (_QUESTION, *verdicts(table, config, names))]
    beside, differences = _beside(run, table, names), _differences(run, table)
    result += [Figures(("comparisons",)), *([beside] if beside.rows else [])]
    # The larger class, which is below 50 % by construction, has its word below the table.
    known = [name for name in used_baselines(config) if name != MAJORITY_CLASS]
    cohorts = names.together(table["cohort_a"])
    result += [Text(text) for text in below_chance(run, known, cohorts)]
    more = [*said, *([differences] if differences.rows else [])]
    return [*result, Details("Every difference, and how it was tested", more)]


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    names = run.names
    table = run.tables.get("comparisons")
    texts = [] if table is None else verdicts(table, run.config, names)
    return " ".join(texts) or "The tables above have the numbers."


def verdicts(table: pd.DataFrame, config: Any, names: Naming) -> list[str]:
    """What the differences of the primary model say, a sentence or two for each reference.

    Parameters
    ----------
    table : pandas.DataFrame
        comparisons.tsv.
    config : object
        The completed configuration.
    names : Naming
        How things are called in this run.
    """
    texts = []
    primary, cohorts = config["primary_model"], names.together(table["cohort_a"])
    for first, second in compared_pairs(config):
        if first != primary or not _is_reference(second, config):
            continue
        found = []
        for cohort in cohorts:
            rows = (main_row(table, (first, second), cohort, metric) for metric in MAIN)
            parts = [
                f"{lowered(METRIC_NAMES[row['metric']])} {_difference_text(row)}, {_p_text(row)}"
                for row in rows
                if row is not None
            ]
            said = ", ".join(parts) or "too few people for a comparison"
            found.append(f"{names.titles[cohort]}: {said}")
        texts.append(
            f"{model_title(first, config)} against {lowered(model_title(second, config))}, "
            f"by cohort: {'; '.join(found)}. "
            f"{_reading(table, (first, second), cohorts, config)}"
        )
    return texts + [_added_text(row, config) for row in _added(table)]


def _added(table: pd.DataFrame) -> list[pd.Series]:
    rows = table[(table["comparison"] == ADDED) & (table["metric"] == "balanced_accuracy")]
    return [row for _, row in rows.iterrows()]


def _added_text(row: pd.Series, config: Any) -> str:
    first = lowered(model_title(row["model_a"], config))
    clinic = lowered(model_title(row["model_b"], config))
    shown = number(row["p_value"]) <= ALPHA
    said = "the scans add to it" if shown else "that the scans add to it has not been shown"
    return (
        f"Given the columns of {clinic}, {said}: the features of {first}, each set weighed alike, "
        f"reach {_difference_text(row)} of balanced accuracy with everybody's own scan, compared "
        "with scans whose residuals on these columns and the confounds were permuted between "
        f"people, {_p_text(row)}, one-sided and approximate."
    )


def _reading(table: pd.DataFrame, pair: tuple[str, str], cohorts: list[str], config: Any) -> str:
    """What the differences say; of the scan only where nothing else can be the reason."""
    said = "the scan tells more" if _by_scan(pair, config) else _does_better(pair, config)
    better, by_auc = [], []
    for cohort in cohorts:
        row, auc = (main_row(table, pair, cohort, metric) for metric in MAIN)
        if row is None:
            continue
        better.append(_is_better(row))
        if better[-1] and auc is not None:
            by_auc.append(_is_better(auc))
    if not any(better):
        return f"That {said} has not been shown, which is not evidence that it does not."
    text = f"{said[0].upper()}{said[1:]}"
    if all(better):
        text = f"{text}."
    else:
        text += f" in {sum(better)} of these {len(better)} cohorts; in the others it was not shown."
    return text if all(by_auc) else f"{text} {_NOT_BY_AUC}"


def _is_better(row: pd.Series) -> bool:
    return number(row["p_holm"]) <= ALPHA and number(row["estimate"]) > 0


def _does_better(pair: tuple[str, str], config: Any) -> str:
    first, second = (lowered(model_title(name, config)) for name in pair)
    return f"{first} does better than {second}"


def _by_scan(pair: tuple[str, str], config: Any) -> bool:
    """Whether the first model knows scans alone, or what the second knows and scans."""
    first, second = pair
    if second == MAJORITY_CLASS:
        return False
    parts = set().union(*(_sets(name, config) for name in config["stacks"].get(first, [first])))
    kinds = {name: feature_kind(config["features"][name]) for name in parts}
    if any(kind.has_trials for kind in kinds.values()):
        return False
    clinic = {name for name, kind in kinds.items() if kind.is_clinical}
    known = _sets(second, config) if second in config["models"] else set()
    return parts > clinic and (not clinic or clinic == known)


def _sets(model: str, config: Any) -> set[str]:
    """Feature sets of a model, those that stand side by side each by itself."""
    features = config["models"][model]["features"]
    return set(config["features"][features].get("sets", [features]))


def _is_reference(name: str, config: Any) -> bool:
    clinical = name in config["models"] and is_clinical(config, name)
    return clinical or name in used_baselines(config)


def _difference_text(row: pd.Series) -> str:
    metric = row["metric"]
    unit = "" if metric == "auc" else " points"
    text = f"{signed(metric, number(row['estimate']))}{unit}"
    low, high = number(row["ci_low"]), number(row["ci_high"])
    return text if np.isnan(low) else f"{text} (95 % interval {signed_interval(metric, low, high)})"


def _p_text(row: pd.Series) -> str:
    holm = number(row["p_holm"])
    corrected = "" if np.isnan(holm) else f" (Holm {p_text(holm, np.nan)})"
    return f"{p_phrase(row['p_value'], row['n_permutations'])}{corrected}"


def _beside(run: Run, table: pd.DataFrame, names: Naming) -> Table:
    config, performance = run.config, run.performance
    cohorts = names.together(table["cohort_a"])
    made = Table(
        names.title("Models beside what needs no scan"),
        ["", *(f"{METRIC_NAMES[m]}, {_people(run, c)}" for c in cohorts for m in MAIN)],
    )
    present = set(performance["model"])
    for name in [*ordered_models(config), *config["stacks"], *used_baselines(config)]:
        if name not in present:
            continue
        cells: list[Any] = []
        for cohort in cohorts:
            for metric in MAIN:
                row = headline_row(performance, name, cohort, metric)
                if row is None or np.isnan(number(row["estimate"])):
                    cells.append("not computed")
                    continue
                interval = interval_text(metric, row["ci_low"], row["ci_high"])
                cells.append((estimate_text(metric, row["estimate"]), interval))
        made.rows.append([model_title(name, config), *cells])
    made.note = (
        "Small numbers: 95 % intervals over people. The confounds alone are a linear discriminant "
        "on the confounds of all models, numbers with their squares or as splines; the larger "
        "class is what most training people are in. In cross-validation it may lie below 50 %: "
        "whoever is left out makes their own class smaller."
    )
    return made


def _people(run: Run, cohort: str) -> str:
    """A cohort and its people."""
    return f"{run.names.titles[cohort]}, n = {run.counts(cohort)[0]}"


def _differences(run: Run, table: pd.DataFrame) -> Table:
    config, names = run.config, run.names
    made = Table(
        names.title("Differences between models"),
        ["First minus second", "Cohort", "Metric", "Difference", "p", "Holm p", "Test"],
    )
    for pair in compared_pairs(config):
        for cohort in names.together(table["cohort_a"]):
            for metric in MAIN:
                row = main_row(table, pair, cohort, metric)
                if row is not None:
                    label = pair_title(pair, config)
                    made.rows.append([label, _people(run, cohort), *_cells(row)])
    for added in _added(table):
        rows = table[(table["comparison"] == ADDED) & (table["model_a"] == added["model_a"])]
        label = pair_title((added["model_a"], added["model_b"]), config)
        home = _people(run, discovery_name(config))
        made.rows += [[label, home, *_cells(row)] for _, row in rows.iterrows()]
    made.note = (
        "Small numbers: 95 % intervals. p is two-sided, Holm p is corrected for the number of "
        "pairs, in each cohort and metric (that of the answer: for the number of questions). "
        "In cross-validation people share training data: the "
        "corrected resampled t-test (Nadeau and Bengio 2003) allows for it, with a standard error "
        "widened by how far its t spreads over permuted labels, where both models went through "
        "the same; its difference is that of the figures above. In external cohorts the frozen "
        "models are compared. Where "
        "residuals of the scans were permuted the difference is that to the mean of the "
        "permutations, and p is one-sided. McNemar's test and more are in comparisons.tsv."
    )
    return made


def _cells(row: pd.Series) -> list[Any]:
    metric, method = row["metric"], str(row["method"])
    low, high = number(row["ci_low"]), number(row["ci_high"])
    unit = "" if metric == "auc" else " points"
    interval = "" if np.isnan(low) else signed_interval(metric, low, high)
    return [
        METRIC_NAMES[metric],
        (f"{signed(metric, number(row['estimate']))}{unit}", interval),
        p_text(row["p_value"], row["n_permutations"]),
        p_text(row["p_holm"], np.nan),
        METHODS[method],
    ]


SECTION = Section(
    "comparisons",
    "Is it better than what the clinic knows?",
    "Better than the clinic?",
    _blocks,
    TABLES,
    _alt_text,
)
