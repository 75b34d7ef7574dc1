"""What if one called people positive at another probability, or among other people?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mri_response.report.naming import plural
from mri_response.report.numbers import number, percent
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Explorer, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.sections.verdict import hundred_row, people_of

#: Tables to download, with their titles.
TABLES = {
    "threshold_counts": "People called positive, by threshold of the probability",
}
_MEANING = (
    "The numbers of the answer hold for the model\u2019s own rule. Here the rule may be moved: who "
    "reaches a threshold of the probability is called {positive}. A low threshold misses few and "
    "alarms many. What a threshold is worth also depends on how many people are {positives}, which "
    "may be another share where the model would be used."
)


def _blocks(run: Run) -> list[Block]:
    """A threshold and a share to move, and the counts behind them."""
    table, row = run.numeric("threshold_counts"), hundred_row(run)
    if table is None or row is None:
        return []
    own = table[(table["model"] == run.model) & (table["cohort"] == row["cohort"])]
    if own.empty:
        return []
    names = run.names
    several = {"positives": plural(names.positive), "negatives": plural(names.negative)}
    data = {
        **several,
        "positive": names.positive,
        "cohort": names.titles[row["cohort"]],
        "n": int(row["n"]),
        "n_positive": int(row["n_positive"]),
        "prevalence": float(row["prevalence"]),
        "sensitivity": number(row["sensitivity"]),
        "specificity": number(row["specificity"]),
        "counts": [
            [None if np.isnan(number(one[name])) else number(one[name]) for name in _NAMES]
            for _, one in own.iterrows()
        ],
    }
    svg, caption = people_of(run, row, again=True)
    counts = Details("The counts behind it", [_table(run, own, row)])
    return [
        Text(_MEANING.format(positive=names.positive, positives=several["positives"])),
        Explorer(data, svg, caption),
        counts,
    ]


_NAMES = ("threshold", "true_positive", "false_positive")


def _table(run: Run, own: pd.DataFrame, row: pd.Series) -> Table:
    names = run.names
    positive, negative = int(row["n_positive"]), int(row["n"] - row["n_positive"])
    made = Table(
        names.title(f"People called {plural(names.positive)}, {names.titles[row['cohort']]}"),
        [
            "Threshold",
            f"Of {positive} {plural(names.positive)}",
            f"Of {negative} {plural(names.negative)}",
        ],
        note=(
            f"Model {run.model}. Missing where fewer than 5 people, but not nobody, stand on one "
            "side of a threshold. Of cross-validation the means over repeats."
        ),
    )
    for _, one in own.iterrows():
        counts = (number(one[name]) for name in _NAMES[1:])
        cells = ["n/a" if np.isnan(count) else f"{count:g}" for count in counts]
        made.rows.append([percent(one["threshold"]), *cells])
    return made


SECTION = Section(
    "thresholds", "What if the threshold were another?", "Try a threshold", _blocks, TABLES
)
