"""Steps that prepare the features inside every training fold: one entry per step.

What a step learns, it learns from the training rows; `learning.preparation` makes it so. The
entries stand in the order in which the steps are applied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.config.checks.confounds import check_confounds
from mri_response.config.checks.harmonisation import check_harmonisation
from mri_response.config.queries import described_confound

Model = Mapping[str, Any]


def _words_of_confounds(model: Model) -> str:
    return f"linear regression on {', '.join(map(described_confound, model['confounds']))}"


def _words_of_scale(model: Model) -> str:
    return "standardisation of each feature"


def _words_of_components(model: Model) -> str:
    pca = model["pca"]
    if isinstance(pca, float) and pca < 1:
        return f"principal components explaining {100 * pca:g} % of the variance"
    return f"{pca:g} principal components"


@dataclass(frozen=True)
class PreparationStep:
    """One step of preparation.

    Attributes
    ----------
    is_asked : callable
        From the section of a model to whether the model takes the step.
    words : callable
        From the section of a model that takes the step to its description in a report.
    check : callable or None
        From the configuration; raises ``InputError`` for what concerns several keys.
    """

    is_asked: Callable[[Model], bool]
    words: Callable[[Model], str]
    check: Callable[[Mapping[str, Any]], None] | None = None


def _words_of_harmonisation(model: Model) -> str:
    options = model["harmonise"]
    kept = f", effects of {', '.join(options['keep'])} kept" if options["keep"] else ""
    how = {
        "combat": "ComBat, shift and scale of every site shrunken by empirical Bayes",
        "location_scale": "shift and scale of every site",
    }[options["method"]]
    to = f", to the site {options['reference']}" if options["reference"] is not None else ""
    whom = ""
    if options["learn_from"]:
        ((column, values),) = options["learn_from"].items()
        whom = f", learned from people with {column} {' or '.join(map(str, values))}"
    return f"harmonisation by {options['column']} ({how}{kept}{to}{whom})"


PREPARATION = {
    "harmonisation": PreparationStep(
        lambda model: model.get("harmonise") is not None,
        _words_of_harmonisation,
        check_harmonisation,
    ),
    "confounds": PreparationStep(
        lambda model: bool(model["confounds"]), _words_of_confounds, check_confounds
    ),
    "scale": PreparationStep(lambda model: model["standardize"], _words_of_scale),
    "components": PreparationStep(lambda model: model["pca"] is not None, _words_of_components),
}


def steps_in_words(model: Model) -> list[str]:
    """Steps that a model takes before its learner, in words.

    Parameters
    ----------
    model : mapping
        Section ``models.<name>`` of the configuration.

    Returns
    -------
    list of str
        In the order in which they are applied.
    """
    return [step.words(model) for step in PREPARATION.values() if step.is_asked(model)]
