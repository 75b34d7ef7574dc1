"""How stable are the answer for one person, and the result under other folds?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from mri_response.config.queries import stability_models
from mri_response.evaluation.stability import ALL
from mri_response.report.naming import METRIC_NAMES, model_title
from mri_response.report.numbers import estimate_text, interval_text, percent
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, OfModel, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.stability_words import instability_sentence, seeds_sentence

#: Tables to download, with their titles.
TABLES = {
    "instability": "Probabilities and classes in refits on resampled people",
    "other_seeds": "The result under other seeds of the folds",
}
_REFITS = (
    "The whole procedure, with the choice of hyperparameters, the preparation and the map to "
    "probabilities, was fitted again to people drawn from the discovery cohort with replacement "
    "(Riley and Collins 2023); copies of a person, and families, stayed together in the inner "
    "folds. Every refit then scored everybody. The mean absolute error is the mean distance "
    "between the probability by a refit and that by the model of all people; of the other class "
    "are the "
    "refits that put a person on the other side of the threshold. It says how far another sample "
    "of the same people would have moved the answer, not how far the answer is from the truth: "
    "the people are those whom the models have learned from."
)
_SEEDS = (
    "Other seeds draw other folds and leave everything else as it is; nothing was permuted. The "
    "result of this page is that of the seed in the configuration. No seed was chosen by its "
    "result if the run's own lies anywhere among the others; one that lies far above them would "
    "have to be explained."
)


def _blocks(run: Run) -> list[Block]:
    """The stability of every model that is looked at; empty without the tables."""
    moved, seeds = (run.numeric(name) for name in TABLES)
    if moved is None or seeds is None:
        return []
    found: list[Block] = []
    for model in stability_models(run.config):
        own, of_seeds = moved[moved["model"] == model], seeds[seeds["model"] == model]
        blocks: list[Block] = []
        title = model_title(model, run.config)
        if len(own):
            blocks += [Text(f"{title}: {instability_sentence(own)}"), _bands(run, own, model)]
        if len(of_seeds):
            blocks += [Text(f"{title}: {seeds_sentence(of_seeds)}"), _seeds(run, of_seeds, model)]
        found.append(OfModel(model, blocks))
    details = [Text(_REFITS)] * bool(len(moved)) + [Text(_SEEDS)] * bool(len(seeds))
    figures = [Figures(("instability",))] if len(moved) else []
    return [*found, *figures, Details("How stability is looked at", details)]


def _bands(run: Run, rows: pd.DataFrame, model: str) -> Table:
    """What refits say, by the probability of the model of all people."""
    table = Table(
        run.names.title(f"Refits on resampled people, model {model}"),
        [
            *("Probability by the model", "n", "Mean absolute error", "Of the other class"),
            *("Median of refits", "Half of refits", "90 % of refits"),
        ],
    )
    for _, row in rows.iterrows():
        low, high = (percent(row[f"probability_{end}"]) for end in ("low", "high"))
        name = "all" if row["band"] == ALL else f"{low} to {high}"
        cells: list[Any] = [
            name,
            f"{int(row['n'])}",
            *(percent(row[c]) for c in ("mape", "changed")),
        ]
        cells.append(percent(row["q50"]))
        for low, high in (("q25", "q75"), ("q05", "q95")):
            cells.append(f"{percent(row[low])} to {percent(row[high])}")
        table.rows.append(cells)
    return table


def _seeds(run: Run, rows: pd.DataFrame, model: str) -> Table:
    """The run among the other seeds."""
    table = Table(
        run.names.title(f"Other seeds of the folds, model {model}"),
        ["", "Seeds", "This run", "Mean of others", "Standard deviation", "Lowest to highest"],
    )
    for _, row in rows.iterrows():
        metric = row["metric"]
        texts = [estimate_text(metric, row[name]) for name in ("run", "mean", "sd")]
        spread = interval_text(metric, row["lowest"], row["highest"])
        table.rows.append([METRIC_NAMES[metric], f"{int(row['n_seeds'])}", *texts, spread])
    return table


SECTION = Section(
    "stability",
    "How stable is one person's answer?",
    "Stability",
    _blocks,
    TABLES,
)
