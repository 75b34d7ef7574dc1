"""How stable are the answer for one person, and the result under other folds?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from mri_response.config.queries import stability_models
from mri_response.evaluation.stability import ALL, NUMBER
from mri_response.report.figures.number_panels import gains
from mri_response.report.naming import METRIC_NAMES, model_title
from mri_response.report.numbers import percent
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, OfModel, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.stability_words import (
    instability_sentence,
    said_text,
    seed_text,
    seeds_sentence,
)

#: Tables to download, with their titles.
TABLES = {
    "instability": "What refits on resampled people say",
    "other_seeds": "The result under other seeds of the folds",
}
_REFITS = (
    "The whole procedure, with the choice of hyperparameters, the preparation and, of classes, the "
    "map to probabilities, was fitted again to people drawn from the discovery cohort with "
    "replacement (Riley and Collins 2023); copies of a person, and families, stayed together in "
    "the inner folds. Every refit then scored everybody. The mean absolute error is the mean "
    "distance between what a refit says and what the procedure fitted to all people says; of the "
    "other class are the refits that put a person on the other side of the threshold. It says how "
    "far another sample of the same people would have moved the answer, not how far the answer is "
    "from the truth: the people are those whom the models have learned from."
)
_ENSEMBLE = (
    " The model that scored other cohorts is the mean of the models of the outer folds "
    "(external.model: ensemble), which moves less from sample to sample than one refit does; the "
    "table is about single refits."
)
#: Columns of what is said of people, and of differences of it.
_SAID = ("low", "high", "mape", "q05", "q25", "q50", "q75", "q95")
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
            words = instability_sentence(own, run.names.unit)
            blocks += [Text(f"{title}: {words}"), _bands(run, own, model)]
        if len(of_seeds):
            blocks += [Text(f"{title}: {seeds_sentence(of_seeds)}"), _seeds(run, of_seeds, model)]
        found.append(OfModel(model, blocks))
    ensemble = run.config["external"]["model"] == "ensemble"
    refits = Text(_REFITS + _ENSEMBLE * ensemble)
    details = [refits] * bool(len(moved)) + [Text(_SEEDS)] * bool(len(seeds))
    figures = [Figures(("instability", "instability_people"))] if len(moved) else []
    return [*found, *figures, Details("How stability is looked at", details)]


def _bands(run: Run, rows: pd.DataFrame, model: str) -> Table:
    """What refits say, by what the procedure on all people says."""
    quantity = rows["quantity"].iloc[0]
    of_class = [] if quantity == NUMBER else ["Of the other class"]
    table = Table(
        run.names.title(f"Refits on resampled people, model {model}"),
        [
            *(f"{quantity.capitalize()} by all people", "n", "Mean absolute error", *of_class),
            *("Median of refits", "Half of refits", "90 % of refits"),
        ],
    )
    for _, row in rows.iterrows():
        said = {name: said_text(quantity, row[name]) for name in _SAID}
        name = "all" if row["band"] == ALL else f"{said['low']} to {said['high']}"
        cells: list[Any] = [name, f"{int(row['n'])}", said["mape"]]
        cells += [percent(row["changed"]) for _ in of_class]
        cells += [said["q50"], f"{said['q25']} to {said['q75']}", f"{said['q05']} to {said['q95']}"]
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
        texts = [seed_text(metric, row[name]) for name in ("run", "mean", "sd")]
        spread = " to ".join(seed_text(metric, row[name]) for name in ("lowest", "highest"))
        name = METRIC_NAMES.get(metric) or gains(run.names)[metric]
        table.rows.append([name, f"{int(row['n_seeds'])}", *texts, spread])
    return table


SECTION = Section(
    "stability",
    "How stable is one person's answer?",
    "Stability",
    _blocks,
    TABLES,
    module=None,
)
