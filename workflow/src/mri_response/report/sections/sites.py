"""Is it the site? Sites predicted, and performance at every site."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import ordered_models
from mri_response.core.vocabulary import HEADLINE_METRICS, Role
from mri_response.evaluation.sites.heterogeneity import FEWEST_FOR_MEAN, FEWEST_FOR_PREDICTION
from mri_response.report.naming import METRIC_NAMES, model_title
from mri_response.report.numbers import (
    interval_text,
    metric_with_limits,
    number,
    p_text,
    percent,
)
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Figures, OfModel, Table, Text
from mri_response.report.sections.section import Section
from mri_response.report.site_words import sites_sentence, told_better_prepared

#: Tables to download, with their titles.
TABLES = {
    "site_predictability": "Sites predicted from features and decision values",
    "site_performance": "Performance at every site",
    "site_spread": "How much sites differ",
    "transport": "Learned in one cohort, scored in another",
}
_HOW = (
    "Sites were predicted by a regularised linear discriminant analysis in which every site weighs "
    "alike, learned in the training part of each fold. The number is the mean over sites of the "
    "share of people who are given their site. Its interval is that of the cross-validated "
    "balanced accuracy, for any number of sites: over people, widened by the spread under the "
    "permutations (a little too narrow where nearly all people of a site have the same outcome); "
    "none where these are too few or change nothing. p is one-sided, from the same analysis with "
    "sites exchanged between people of one class (from the outcome alone: between all), so that "
    "what the outcome says of the site is no reason for a small p; the null's mean shows how much "
    "that is. Where the outcome alone tells the site, sites differ in their shares of the classes: "
    "a model that has learned the site then looks better than it is, and taking sites off takes "
    "signal with it. That a site cannot be told here does not show that no other method could "
    "tell it."
)
_SPREAD = (
    "Sites were combined by random effects on the logit scale (restricted maximum likelihood; "
    "interval of Hartung, Knapp, Sidik and Jonkman). I\u00b2 is the share of the variance that is "
    "between sites, with the interval that the profile of Cochran’s Q gives; the prediction "
    "interval says where a new site of this kind may lie. Sites of the discovery cohort share "
    "training data, so that they are not quite independent. Fewer than "
    f"{FEWEST_FOR_MEAN} sites say nothing of their differences (not estimable), and fewer than "
    f"{FEWEST_FOR_PREDICTION} nothing of the next one."
)


_TRANSPORT = (
    "The whole procedure, with its choice of hyperparameters, was learned from each cohort in turn "
    "and scored the others, whose labels it never saw. Numbers of the discovery cohort's model are "
    "those of the result: cross-validated in itself, frozen elsewhere. p is one-sided: elsewhere "
    "labels of the scored cohort are permuted and the model stays, in itself the whole procedure "
    "is. Small cohorts make poor "
    "models: a row and a column that differ say as much of sizes as of hospitals."
)


def _blocks(run: Run) -> list[Block]:
    """The sites of every model; empty where the configuration names none."""
    found: list[Block] = []
    told, sites, spread, transport = (run.numeric(name) for name in TABLES)
    config = run.config
    for model in ordered_models(config):
        own: list[Block] = []
        if told is not None:
            of_model = told[told["model"] == model]
            sentence = sites_sentence(of_model)
            sentence += told_better_prepared(of_model, config["models"][model], config)
            own += [
                Text(f"{model_title(model, config)}: {sentence}"),
                _site_table(run, sites[sites["model"] == model], model),
                _spread_table(run, spread[spread["model"] == model], model),
            ]
        if transport is not None:
            own.append(_transport_table(run, transport[transport["model"] == model], model))
        if own:
            found.append(OfModel(model, own))
    if not found:
        return []
    details = [] if told is None else [Text(_HOW), Text(_SPREAD)]
    if transport is not None:
        details.append(Text(_TRANSPORT))
    drawn = {"site_forest": told, "transport": transport}
    kinds = [kind for kind, table in drawn.items() if table is not None]
    return [*found, Figures(tuple(kinds)), Details("How sites are looked at", details)]


def _transport_table(run: Run, rows: pd.DataFrame, model: str) -> Table:
    """Who learned where and was scored where."""
    names, least = run.names, run.config["min_class_size"]
    table = Table(
        names.title(f"Learned in one cohort, scored in another, model {model}"),
        [
            "Learned in",
            "n learned",
            "Scored in",
            "n scored",
            *(f"{METRIC_NAMES[m]}{x}" for m in HEADLINE_METRICS for x in ("", ", p")),
        ],
    )
    for (learned, scored), own in rows.groupby(["trained_on", "cohort"], sort=False):
        own = own.set_index("metric")
        of_learned, of_scored = (_people(own[name].iloc[0]) for name in ("n_train", "n"))
        cells: list[Any] = [names.titles[learned], of_learned, names.titles[scored], of_scored]
        for metric in HEADLINE_METRICS:
            row = own.loc[metric]
            if np.isnan(number(row["estimate"])):
                cells.append(f"Not computed: a class has fewer than {least} people.")
                break
            cells.append(metric_with_limits(metric, row))
            cells.append(p_text(row["p_value"], row["n_permutations"]))
        table.rows.append(cells)
    return table


def _people(n: Any) -> str:
    n = number(n)
    return "" if np.isnan(n) else f"{n:.0f}"


def _site_table(run: Run, rows: pd.DataFrame, model: str) -> Table:
    """Classes and performance by site."""
    names = run.names
    table = Table(
        names.title(f"Sites, model {model}"),
        ["Cohort", "Site", "n", names.positive, *(METRIC_NAMES[m] for m in HEADLINE_METRICS)],
    )
    least = run.config["min_class_size"]
    for (cohort, site), own in rows.groupby(["cohort", "site"], sort=False):
        own = own.set_index("metric")
        first = own.iloc[0]
        cells: list[Any] = [names.titles[cohort], str(site), f"{int(first['n'])}"]
        if np.isnan(number(first["estimate"])):
            cells += ["", f"Not computed: a class has fewer than {least} people."]
        else:
            cells.append(
                f"{int(first['n_positive'])} ({percent(first['n_positive'] / first['n'])})"
            )
            cells += [metric_with_limits(metric, own.loc[metric]) for metric in HEADLINE_METRICS]
        table.rows.append(cells)
    return table


def _spread_table(run: Run, rows: pd.DataFrame, model: str) -> Table:
    """Mean over sites, heterogeneity and prediction interval."""
    table = Table(
        run.names.title(f"How much sites differ, model {model}"),
        ["Sites of", "Number", "Sites", "Mean over sites", "I\u00b2", "Prediction interval"],
    )
    for _, row in rows.iterrows():
        metric = row["metric"]
        of = "discovery" if row["role"] == Role.DISCOVERY else "external cohorts"
        cells: list[Any] = [of, METRIC_NAMES[metric], f"{int(row['n_sites'])}"]
        if np.isnan(number(row["estimate"])):
            cells.append(f"Not estimable: fewer than {FEWEST_FOR_MEAN} sites have a number.")
        else:
            cells += [
                metric_with_limits(metric, row),
                (
                    percent(row["i_squared"]),
                    interval_text("i_squared", row["i_squared_low"], row["i_squared_high"]),
                ),
                "not estimable"
                if np.isnan(row["prediction_low"])
                else interval_text(metric, row["prediction_low"], row["prediction_high"]),
            ]
        table.rows.append(cells)
    return table


SECTION = Section(
    "sites",
    "Is it the site?",
    "Sites",
    _blocks,
    TABLES,
    shows_people=True,
)
