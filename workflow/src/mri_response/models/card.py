"""The model card in the folder of a model, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.outcome_kinds import OUTCOMES
from mri_response.config.preparation_steps import PREPARATION

_NO_LICENCE = "none was stated: ask the authors before you use or pass on the model"


def card(text: Mapping[str, Any]) -> str:
    """Write the card of a model.

    Parameters
    ----------
    text : mapping
        What stands in the folder, see `mri_response.models.packing.pack`.

    Returns
    -------
    str
        Markdown.
    """
    parts = [f"# {text['name']}", *_what(text), *card_of_stack(text), *_performance(text)]
    if text["why_not"] is not None:
        parts += [
            "## It does not travel",
            f"It cannot be applied from this folder: {text['why_not']}.",
        ]
    else:
        parts += [*_needs(text), *_preparation(text), *_use(text)]
    return "\n\n".join(parts) + "\n"


def _what(text: Mapping[str, Any]) -> list[str]:
    outcome, training = text["outcome"], text["training"]
    positive = outcome.get("positive_class")
    what = (
        "The score is the predicted number."
        if text["predicts_number"]
        else f"A score above 0 says {positive}."
    )
    return [
        f"A model of the study “{text['study']}”, made with {text['made_with']}. "
        f"{OUTCOMES[outcome['kind']].words(outcome)} {what}",
        f"Trained on {training['n_people']} people of {training['cohort']}. This folder holds no "
        "row of any of them: formulas, means, standard deviations, quantiles to 3 digits, and "
        "people who were made up from these.",
        f"Licence: {text['licence'] or _NO_LICENCE}.",
        "This is research software and no medical device. Its predictions are not meant for "
        "decisions about a patient.",
    ]


def card_of_stack(text: Mapping[str, Any]) -> list[str]:
    """How the scores of the models below a stack become its own, with their weights.

    Parameters
    ----------
    text : mapping
        As `card` takes it.

    Returns
    -------
    list of str
        Paragraphs in Markdown; none for a model that is no stack.
    """
    second = text["second_level"]
    if second is None:
        return []
    rows = zip(text["parts"], second["weights"], second["mean"], second["scale"], strict=True)
    if text["predicts_number"]:
        what = (
            "Mean of the numbers that its models predict, with weights that are not negative and "
            "have a sum of 1. All of them have the same baseline and confounds inside."
        )
        lines = [f"| {name} | {weight:.3f} |" for name, weight, _, _ in rows]
        head = ["| model | weight |", "|---|---|"]
    else:
        what = (
            "Logistic regression on the decision values of its models, each less its mean and "
            f"over its standard deviation in the training; intercept {second['intercept']:.3f}."
        )
        lines = [f"| {name} | {w:.3f} | {m:.3f} | {s:.3f} |" for name, w, m, s in rows]
        head = ["| model | weight | mean | standard deviation |", "|---|---|---|---|"]
    return ["## How the models of the stack are put together", what, "\n".join([*head, *lines])]


def _performance(text: Mapping[str, Any]) -> list[str]:
    if not text["performance"]:
        return []
    rows = [
        f"| {row['metric']} | {row['n']:.0f} | {row['estimate']:.3f} | "
        f"{row['ci_low']:.3f} to {row['ci_high']:.3f} | {_p(row)} |"
        for row in text["performance"]
    ]
    head = ["| metric | n | estimate | 95 % interval | p by permutation |", "|---|---|---|---|---|"]
    return ["## Performance in cross-validation, in the training cohort", "\n".join([*head, *rows])]


def _p(row: Mapping[str, Any]) -> str:
    if row["p_value"] is None:
        return "not tested"
    return f"{row['p_value']:.3g} ({row['n_permutations']:.0f} permutations)"


def _needs(text: Mapping[str, Any]) -> list[str]:
    lines = []
    for column, own in text["people"].items():
        if "levels" in own:
            lines.append(f"- {column}: one of {', '.join(own['levels'])}")
        else:
            low, high = own["quantiles"][0], own["quantiles"][-1]
            lines.append(f"- {column}: a number; nine of ten training people {low} to {high}")
    sets = []
    for name, own in text["features"].items():
        count = f"{len(own['columns'])} columns" if own["columns"] else "voxels of a mask"
        made = ", ".join(own["programs"]) or "not known"
        sets.append(
            f"- {name}: kind {own['spec']['kind']}, {count}, unit: {own['unit']}; programs of the "
            f"training scans: {made}"
        )
    return [
        "## What new people need",
        "\n".join(lines) or "No column of the participants table.",
        "\n".join(sets),
    ]


def _preparation(text: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, part in text["parts"].items():
        steps = [
            step.words(part["model"])
            for step in PREPARATION.values()
            if step.is_asked(part["model"])
        ]
        lines.append(f"- {name}: {'; '.join(steps) or 'none'}")
    unseen = text["confounds"]["unseen_site"]
    if not any(part["model"].get("harmonise") for part in text["parts"].values()):
        unseen = unseen.replace("own", "mean")
    rule = {
        "error": "is refused",
        "mean": "counts as the mean of the training people, and harmonisation leaves it as it is",
        "own": "is harmonised by the shift and scale of its own people, without labels, so that "
        "the score of one person depends on the others of the site and nobody can be scored alone "
        "(transductive)",
    }[unseen]
    return [
        "## Preparation, folded into the formula",
        "\n".join(lines),
        f"A site or category that training did not have {rule}, unless `apply.unseen_site` of the "
        "configuration says otherwise.",
    ]


def _use(text: Mapping[str, Any]) -> list[str]:
    return [
        "## How to apply it",
        "Write a configuration with `apply: {model: THIS_FOLDER}` and your cohorts, and start the "
        "workflow; docs/travel.md of mri-response has an example. `manifest.json` has the SHA-256 "
        "of each file; a folder in which one differs is refused. Before anybody is scored, the "
        "made-up people of the folder are, and their scores are compared.",
    ]
