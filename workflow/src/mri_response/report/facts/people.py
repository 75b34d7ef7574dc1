"""Facts about the people of each cohort."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.report.facts.fact import Fact, fact, not_applicable
from mri_response.report.facts.phrases import cohort_size, where
from mri_response.report.naming import plural
from mri_response.report.numbers import (
    number,
    percent,
)
from mri_response.report.procedure_words import validation_text
from mri_response.report.run import Run


@fact
def characteristics(run: Run) -> Fact | None:
    return _described(run, [run.discovery, *run.others])


@fact
def characteristics_discovery(run: Run) -> Fact | None:
    return _described(run, [run.discovery])


def _described(run: Run, cohorts: Sequence[str]) -> Fact | None:
    table = run.tables.get("characteristics")
    if table is None:
        return None
    parts = []
    for cohort in cohorts:
        rows = table[(table["cohort"] == cohort) & (table["group"] == "all")]
        cells = [text for _, row in rows.iterrows() if (text := _characteristic(row))]
        if cells:
            parts.append(f"{run.names.titles[cohort]}: {', '.join(cells)}")
    if not parts:
        return None
    return Fact(f"{'; '.join(parts)} (number: mean (SD)).", where("characteristics", group="all"))


def _characteristic(row: pd.Series) -> str:
    missing = int(number(row["n_missing"]))
    note = f" [{missing} missing]" if missing else ""
    if pd.isna(row["level"]) or row["level"] == "n/a":
        if np.isnan(number(row["mean"])):
            return ""
        return f"{row['variable']} {number(row['mean']):.1f} ({number(row['sd']):.1f}){note}"
    if np.isnan(number(row["share"])):
        return ""
    return f"{row['variable']} {row['level']} {percent(row['share'])}{note}"


@fact
def cohort_differences(run: Run) -> Fact:
    if not run.others:
        return not_applicable("config: cohorts")
    shares = [
        f"{run.names.titles[c]} {percent(run.counts(c)[1] / run.counts(c)[0])}"
        for c in [run.discovery, *run.others]
    ]
    text = (
        f"Share of {plural(run.names.positive)}: {', '.join(shares)}. Outcome and features "
        "have one definition for all cohorts."
    )
    source = where("performance", model=run.model, column="n and n_positive")
    if "characteristics" in run.tables:
        text += " The people of all cohorts stand side by side in characteristics.tsv."
        source += "; characteristics.tsv"
    return Fact(text, source)


@fact
def training_data(run: Run) -> Fact:
    return Fact(
        f"{cohort_size(run, run.discovery)}.",
        where("performance", model=run.model, cohort=run.discovery, column="n and n_positive"),
    )


@fact
def evaluation_data(run: Run) -> Fact:
    if not run.others:
        return Fact(
            "None: the model has been evaluated by "
            f"{validation_text(run.config['cross_validation'])} alone.",
            "config: cohorts",
        )
    return Fact(
        f"{'; '.join(cohort_size(run, c) for c in run.others)}.",
        where("performance", model=run.model, column="n and n_positive"),
    )
