"""Where in the brain: weights, patterns, which of them are more than chance, and slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import has_classes, ordered_models
from mri_response.learning.learners.registry import learner_of
from mri_response.report.facts.phrases import reduced_words
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import Naming
from mri_response.report.numbers import as_number, number, p_phrase, p_text, with_sign
from mri_response.report.region_names import readable_regions
from mri_response.report.run import Run
from mri_response.report.sections.blocks import (
    Beside,
    Block,
    Bullets,
    Details,
    Figures,
    Frame,
    Heading,
    OfModel,
    Table,
    Text,
)
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {
    "weights": "Weights by region, model {model}",
    "roi_sets": "Sets of regions",
}

ALPHA = 0.05
_HEIGHT = 280  # of a slice viewer in pixels
TOP = 10  # regions in the table of a model
_QUESTIONS = [
    "Weights say how the model computes its score. A region may have a large weight without any "
    "signal of its own, because it cancels noise that it shares with another: weights do not say "
    "where the signal is.",
    "The pattern (Haufe) says in which regions the measures rise and fall with the score. This is "
    "the map to read as “where”.",
    "The p value says whether a pattern is more than chance gives. {permuted} of the discovery "
    "cohort were permuted and the model was made anew each time, its hyperparameters chosen again. "
    "No direction was expected beforehand: every p is two-sided.",
]
_CAUTION = (
    "A pattern says that a region goes along with the score of this model, in these people. It "
    "does not say that the region causes the outcome, nor that a region without a pattern plays no "
    "part: in a small sample much that is real stays below the threshold."
)


def _blocks(run: Run) -> list[Block]:
    """The section, for all models."""
    names = run.names
    config = run.config
    models = ordered_models(config)
    result: list[Block] = []
    meaning: list[Block] = []
    if any(learner_of(config["models"][model]).linear for model in models):
        meaning += [
            Text("A linear model leads to three questions about the brain, with three answers."),
            Bullets([text.format(permuted=_permuted(run)) for text in _QUESTIONS]),
        ]
    result += [Text(text) for text in _without_weights(config)]
    sets = run.tables.get("roi_sets")
    for model in models:
        if not learner_of(config["models"][model]).linear:
            continue
        own: list[Block] = []
        if model in run.weights:
            own.append(Text(regions_verdict(run.weights[model], model, names)))
        if sets is not None and (sets["model"] == model).any():
            own.append(Text(sets_verdict(sets, model, names)))
        own.append(Figures(("weight_map",), model))
        more: list[Block] = []
        if model in run.weights:
            own.append(_weights_table(run, model))
            more.append(Figures(("roi_weights",), model))
        more.append(Figures(("region_sets",), model))
        if sets is not None and (sets["model"] == model).any():
            more.append(_sets_table(run, sets, model))
        if model in run.viewers:
            # Each is half a megabyte: those of other models stand beside the page.
            more += (
                _viewer(run.viewers[model], f"Haufe pattern of model {model}", names)
                if model == run.model
                else [Beside("Slices to click through", f"figures/viewer_{model}.html")]
            )
        slices = "slices to click through, " * (model in run.viewers)
        own.append(Details(f"Model {model}: {slices}regions and their sets", more))
        result.append(OfModel(model, [Heading(names.title(f"Model {model}")), *own]))
    if run.planted_viewer:
        result += _viewer(run.planted_viewer, "What the simulation planted", names)
    if run.weights or sets is not None:
        meaning.append(Text(_CAUTION))
    return [*result, Details("How to read patterns and weights", meaning)] if meaning else result


def _permuted(run: Run) -> str:
    """What was permuted, at the beginning of a sentence."""
    if run.names.positive is None:
        return f"The residuals of the outcome given {reduced_words(run.config)}"
    if run.config["permutation"]["method"] == "conditional":
        return "The labels (drawn given the confounds of models that have some)"
    return "The labels"


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    names = run.names
    if spec.kind == "region_sets" and "roi_sets" in run.tables:
        return sets_verdict(run.tables["roi_sets"], spec.model, names)
    if spec.kind in ("roi_weights", "planted_vs_found") and spec.model in run.weights:
        weights = run.weights[spec.model]
        haufe = as_number(weights["haufe"]).to_numpy()
        regions = readable_regions(weights["region"])
        order = np.argsort(-np.abs(haufe), kind="stable")[:3]
        top = "; ".join(f"{regions[i]} (towards {names.leaning(haufe[i])})" for i in order)
        return f"Strongest Haufe patterns: {top}."
    return "Slices of the brain with colour for each voxel or region."


def regions_verdict(weights: pd.DataFrame, model: str, names: Naming) -> str:
    """What the tests of single regions say, in a sentence or two.

    Parameters
    ----------
    weights : pandas.DataFrame
        Table of the weights of the model.
    model : str
        Name of the model.
    names : Naming
        How things are called in this run.
    """
    start = f"Model {model}, {len(weights)} regions: "
    p_max, p_fdr = (as_number(weights[column]).to_numpy() for column in ("p_max", "p_fdr"))
    if np.isnan(p_max).all():
        return start + "without permutations nothing can be said of chance."
    by_max, by_fdr = np.flatnonzero(p_max <= ALPHA), np.flatnonzero(p_fdr <= ALPHA)
    if not len(by_max) and not len(by_fdr):
        return start + (
            "no single region has a pattern beyond chance once it is counted that so many were "
            "looked at. The list of the strongest ones describes this model; it is not a finding."
        )
    haufe = as_number(weights["haufe"]).to_numpy()
    regions = readable_regions(weights["region"])
    text = start + (
        f"{len(by_max)} with a pattern beyond chance, the chance of even one false alarm among all "
        f"regions held at 5 % (maximum statistic); {len(by_fdr)} with about 5 % of them expected "
        "to be false alarms (false discovery rate)."
    )
    found = by_max if len(by_max) else by_fdr
    found = found[np.argsort(-np.abs(haufe[found]), kind="stable")][:5]
    return f"{text} Strongest: " + "; ".join(
        f"{regions[i]} (towards {names.leaning(haufe[i])})"
        for i in found
    ) + "."  # fmt: skip


def sets_verdict(table: pd.DataFrame, model: str, names: Naming) -> str:
    """What the tests of sets of regions say, and which sets are not covered.

    Parameters
    ----------
    table : pandas.DataFrame
        roi_sets.tsv.
    model : str
        Name of the model.
    names : Naming
        How things are called in this run.
    """
    own = table[table["model"] == model]
    covered = own[as_number(own["n_regions"]) > 0]
    absent = own.loc[as_number(own["n_regions"]) == 0, "region_set"]
    text = f"Model {model}: the atlas or table covers none of the sets."
    if len(covered):
        p = as_number(covered["p_fdr"])
        found = covered[p <= ALPHA]
        text = f"Model {model}, sets of regions: "
        if p.isna().all():
            text += "without permutations nothing can be said of chance."
        elif not len(found):
            text += (
                f"none of {len(covered)} has a mean pattern beyond chance (false discovery rate)."
            )
        else:
            parts = [
                f"{row['region_set']} (towards {names.leaning(number(row['haufe']))})"
                for _, row in found.iterrows()
            ]
            text += f"beyond chance, of {len(covered)} (false discovery rate): {'; '.join(parts)}."
    if len(covered) and len(absent):
        text += f" Not covered by the atlas or table, so not tested: {', '.join(absent)}."
    return text


def _sets_table(run: Run, table: pd.DataFrame, model: str) -> Table:
    names = run.names
    own = table[(table["model"] == model) & (as_number(table["n_regions"]) > 0)]
    made = Table(
        names.title(f"Sets of regions, model {model}"),
        ["Set", "Regions", "Mean pattern", "p", "p (FDR)", "Agreement of signs", "Leans towards"],
    )
    for _, row in own.iterrows():
        note = row["note"] if isinstance(row["note"], str) else ""
        haufe = number(row["haufe"])
        made.rows.append(
            [
                (_capital(row["region_set"]), note),
                int(number(row["n_regions"])),
                _pattern(row),
                p_text(row["p_value"], row["n_permutations"]),
                p_text(row["p_fdr"], None),
                _agreement(row),
                names.leaning(haufe),
            ]
        )
    made.note = f"{_base(run)} {_NOTE_ON_SIGNS}"
    return made


def _base(run: Run) -> str:
    """In how many people patterns were found, and what stands beside them."""
    flow, n_permutations = run.flow, run.config["permutation"]["n"]
    here = (flow["cohort"] == run.discovery) & (flow["step"] == "analysed")
    n = int(number(flow.loc[here, "n"].iloc[0]))
    text = f"Patterns and weights are of the model fitted to all {n} people of the discovery cohort"
    if not n_permutations:
        return f"{text}; without permutations they have no range of chance."
    return f"{text}; chance: 2.5 to 97.5 % of the pattern in {n_permutations:,} permutations."


_NOTE_ON_SIGNS = (
    "Agreement of signs: in how many of the models of cross-validation the weight has its commoner "
    "sign, and in small numbers how many that are on average under permutation, with the p of the "
    "agreement, not adjusted for the number of rows. These models share most of their people and "
    "agree without any signal, so only the excess over chance says something."
)


def _weights_table(run: Run, model: str) -> Table:
    weights, names = run.weights[model], run.names
    haufe = as_number(weights["haufe"]).to_numpy()
    regions = readable_regions(weights["region"])
    n_permutations = run.config["permutation"]["n"]
    made = Table(
        names.title(f"Strongest patterns, model {model}"),
        [
            "Region",
            "Haufe pattern",
            "p",
            "p (FDR)",
            "p (maximum)",
            "Weight",
            "CVR",
            "Agreement of signs",
            "Leans towards",
        ],
    )
    for i in np.argsort(-np.abs(haufe), kind="stable")[:TOP]:
        row = weights.iloc[i]
        made.rows.append(
            [
                regions[i],
                _pattern(row),
                p_text(row["p_value"], n_permutations),
                p_text(row["p_fdr"], None),
                p_text(row["p_max"], n_permutations),
                with_sign(number(row["weight"]), 3),
                with_sign(number(row["cvr"]), 1),
                _agreement(row),
                names.leaning(haufe[i]),
            ]
        )
    made.note = (
        f"The {len(made.rows)} of {len(weights)} regions with the strongest pattern; all are in "
        f"the table to download. {_base(run)} p (maximum) accounts for every region "
        "that was looked at, p (FDR) for the share of false alarms among those called. CVR "
        "(cross-validation ratio): mean weight over the models of cross-validation divided by its "
        "standard error over them; it "
        f"ranks regions and is not a test, since these models share people. {_NOTE_ON_SIGNS}"
    )
    return made


def _pattern(row: pd.Series) -> tuple[str, str]:
    """Pattern of a region or set, and where 95 % of the permutations lie."""
    low, high = number(row["null_low"]), number(row["null_high"])
    chance = "" if np.isnan(low) else f"chance: {with_sign(low, 3)} to {with_sign(high, 3)}"
    return with_sign(number(row["haufe"]), 3), chance


def _agreement(row: pd.Series) -> tuple[str, str]:
    """Share of models with the commoner sign, and that under permuted labels, with p."""
    share, null = (
        50 * (1 + abs(number(row[column])))
        for column in ("sign_consistency", "sign_consistency_null")
    )
    if np.isnan(null):
        return f"{share:.0f} %", "no null"
    return f"{share:.0f} %", f"chance: {null:.0f} %, {p_phrase(row['sign_consistency_p'], None)}"


def _viewer(html: str, title: str, names: Naming) -> list[Block]:
    text = (
        f"{title}, on slices of the MNI152 template: click or drag to move through the brain. Red: "
        f"towards {names.leaning(1)}; blue: towards {names.leaning(-1)}."
    )
    return [Text(text), Frame(names.title(f"{title}, slices"), html, _HEIGHT)]


def _without_weights(config: Mapping[str, Any]) -> list[str]:
    """Why some models have no place in the section."""
    what = (
        "decision value of its classifier" if has_classes(config) else "prediction of its learner"
    )
    return [
        f"Model {model} has no weights and no pattern here: the {what} "
        f"({learner_of(config['models'][model]).name}) is not a weighted sum of the features, so "
        "that there is no single number for a region or voxel."
        for model in ordered_models(config)
        if not learner_of(config["models"][model]).linear
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


SECTION = Section(
    "brain",
    "Where in the brain",
    "Brain",
    _blocks,
    TABLES,
    _alt_text,
    module=None,  # of classes and of numbers
    applies=lambda run: run.applied is None,
)
