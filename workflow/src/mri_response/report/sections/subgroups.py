"""Does it work alike for everybody?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import ordered_models
from mri_response.report.naming import METRIC_NAMES, Naming, group_name, plural
from mri_response.report.numbers import (
    metric_with_limits,
    number,
    with_sign,
)
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Bullets, Details, Figures, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.sections.verdict import answer_of

#: Tables to download, with their titles.
TABLES = {
    "subgroups": "Performance in subgroups",
}


def _blocks(run: Run) -> list[Block]:
    """The primary model in the groups of every cohort, and differences where there are two."""
    names = run.names
    if "subgroups" not in run.tables:
        return []
    subgroups, config = run.tables["subgroups"], run.config
    model = ordered_models(config)[0]
    own = subgroups[subgroups["model"] == model]
    if own.empty:
        return [
            Text(
                "Not shown: the participants tables have no sex, age or site (or other columns "
                "named under subgroups in the configuration) that divides a cohort into groups."
            )
        ]
    meaning = [
        Text(
            "The same predictions, looked at in groups of people. Groups are small, so that most "
            "intervals are wide: a wide interval says that the answer is not known, not that the "
            "model works alike. No group is tested by itself, and nothing was fitted, chosen or "
            "given another threshold within a group."
        )
    ]
    differences = _differences(own, names)
    if differences:
        meaning.append(Bullets(differences))
    if len(config["models"]) > 1:
        meaning.append(Text("The other models are in the figures and in subgroups.tsv."))
    return [
        *answer_of(run, "differs_between_groups"),
        Figures(("subgroups",)),
        _table(own, model, names, config),
        Details("How to read it, and differences between two groups", meaning),
    ]


def _differences(own: pd.DataFrame, names: Naming) -> list[str]:
    """One sentence per cohort and per variable of two groups, on the balanced accuracy."""
    rows = own[own["reference"].notna() & (own["metric"] == "balanced_accuracy")]
    sentences = []
    for cohort in names.ordered(rows["cohort"]):
        for _, row in rows[rows["cohort"] == cohort].iterrows():
            estimate, low, high = (number(row[c]) for c in ("estimate", "ci_low", "ci_high"))
            first, second = (group_name(row["variable"], row[c]) for c in ("group", "reference"))
            if np.isnan(estimate) or np.isnan(low):
                continue
            text = (
                f"{names.titles[cohort]}: balanced accuracy in {first} minus that in {second} "
                f"{with_sign(100 * estimate, 1)} percentage points (95 % interval "
                f"{with_sign(100 * low, 1)} to {with_sign(100 * high, 1)}). "
            )
            text += (
                "The interval includes 0: neither a difference nor its absence is shown."
                if low <= 0 <= high
                else "The interval does not include 0. One of many comparisons: to be confirmed."
            )
            sentences.append(text)
    return sentences


def _table(own: pd.DataFrame, model: str, names: Naming, config: Mapping[str, Any]) -> Table:
    least, cv = config["min_class_size"], config["cross_validation"]
    table = Table(
        names.title(f"Subgroups, model {model}"),
        ["Cohort", "Group", f"n ({plural(names.positive)})", *METRIC_NAMES.values()],
    )
    groups = own[own["reference"].isna()]
    for cohort in names.ordered(groups["cohort"]):
        of_cohort = groups[groups["cohort"] == cohort]
        for (variable, group), rows in of_cohort.groupby(["variable", "group"], sort=False):
            rows = rows.set_index("metric")
            first = rows.iloc[0]
            cells = [
                names.titles[cohort],
                group_name(variable, group),
                f"{int(number(first['n']))}",
            ]
            if np.isnan(number(first["estimate"])):
                cells.append(f"Not computed: a class has fewer than {least} people.")
            else:
                cells[-1] += f" ({int(number(first['n_positive']))})"
                cells += [metric_with_limits(metric, rows.loc[metric]) for metric in METRIC_NAMES]
            table.rows.append(cells)
    discovery = (
        f"Discovery: {'mean over the repeats of ' if cv['repeats'] > 1 else ''}cross-validation, "
        "the interval corrected by the spread of the group under permutation; missing with too "
        "few permutations."
    )
    if cv["outer"] == "held_out":
        discovery = "Discovery: the people held out."
    table.note = (
        f"Small numbers: 95 % intervals over people. {discovery} "
        "Other cohorts: the frozen model; Wilson, MOVER and DeLong intervals. Age in completed "
        "years. Differences: MOVER, from the intervals of the two groups."
    )
    return table


SECTION = Section(
    "subgroups",
    "Does it work alike for everybody?",
    "Subgroups",
    _blocks,
    TABLES,
    shows_people=True,
)
