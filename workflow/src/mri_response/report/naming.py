"""How cohorts, classes, metrics, models and groups are called in figures and in the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mri_response.clinical_outcomes.visits import ONE_ARM
from mri_response.config.modules import is_simulated
from mri_response.config.outcome_kinds import outcome_kind
from mri_response.config.queries import (
    CONFOUNDS_ONLY,
    MAJORITY_CLASS,
    QUALITY_ONLY,
    class_names,
    has_classes,
    quality_predictors,
    used_confounds,
)
from mri_response.core.vocabulary import EXTERNAL_POOLED, Aggregation, Interval, Null, Role

NULL_NAMES = {
    Null.WHOLE_PROCEDURE: "whole procedure permuted",
    Null.GIVEN_CONFOUNDS: "whole procedure permuted, given the confounds",
    Null.OWN_LABELS: "own labels permuted",
    Null.DISCOVERY_LABELS: "discovery labels permuted",
}
AGGREGATION_NAMES = {
    Aggregation.MEAN_OVER_REPEATS: "mean over repeats",
    Aggregation.PERSON: "per person (mean decision value over repeats)",
    Aggregation.MEAN_OVER_FOLDS: "mean over folds",
    Aggregation.FROZEN_MODEL: "frozen model",
    Aggregation.WITHIN_COHORTS: "frozen model, within cohorts",
}
CI_NAMES = {
    Interval.NULL_INFLATED: "corrected by the permutation null",
    Interval.NAIVE_BOOTSTRAP: "naive bootstrap",
    Interval.INFLUENCE: "influence of each person",
    Interval.INFLUENCE_RESAMPLED: "influence of each person, widened for shared training data",
    Interval.WILSON: "Wilson",
    Interval.MOVER_WILSON: "MOVER on Wilson limits",
    Interval.DELONG_LOGIT: "DeLong, logit scale",
    Interval.NEWCOMBE_AUC: "Newcombe",
    Interval.MOVER_COHORTS: "MOVER on the cohorts' limits",
}
BASELINE_TITLES = {
    CONFOUNDS_ONLY: "Confounds alone",
    QUALITY_ONLY: "Quality of the scans alone",
    MAJORITY_CLASS: "Larger class for everybody",
}
METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "auc": "AUC",
}
_CLASS_TITLES = {"nonresponder": "non-responder", "nonremitter": "non-remitter"}


def class_title(name: str | None) -> str | None:
    """Write a class as readers see it everywhere.

    Parameters
    ----------
    name : str or None
        As in tables, such as ``nonresponder``.

    Returns
    -------
    str or None
        None for None.
    """
    return _CLASS_TITLES.get(name, name)


@dataclass(frozen=True)
class Naming:
    """Names used in every figure and table of one run.

    Attributes
    ----------
    titles : dict of str to str
        Title of each cohort, in the order of the config; the pooled external cohort is last.
    roles : dict of str to str
        Role of each cohort: discovery, external or control. The pooled cohort is external.
    positive, negative : str or None
        The two classes as written for a reader; None where the run has no outcome.
    simulated : bool
        Whether the data were made by the simulation.
    number, unit : str
        Where the outcome is a number what it is, for axes, and the unit of its differences where it
        is known; else empty.
    """

    titles: dict[str, str]
    roles: dict[str, str]
    positive: str | None
    negative: str | None
    simulated: bool
    number: str = ""
    unit: str = ""

    def title(self, text: str) -> str:
        """Return a figure or table title, marked when the data are simulated."""
        return f"{text} (simulated data)" if self.simulated else text

    def ordered(self, cohorts: Iterable[str]) -> list[str]:
        """Return the cohorts present, discovery first, then external, pooled, control."""
        present = set(cohorts)
        rank = {Role.DISCOVERY: 0, Role.EXTERNAL: 1, Role.CONTROL: 3}
        names = [name for name in self.titles if name in present]
        return sorted(names, key=lambda c: 2 if c == EXTERNAL_POOLED else rank[self.roles[c]])

    def leaning(self, value: float) -> str:
        """Return the class, or of a number the values, that a weight or pattern leans towards."""
        if self.positive is None:
            return "higher values" if value > 0 else "lower values"
        return self.positive if value > 0 else self.negative

    def together(self, cohorts: Iterable[str]) -> list[str]:
        """Return the cohorts present in order, for external ones the pooled one if it is there."""
        names = self.ordered(cohorts)
        if EXTERNAL_POOLED not in names:
            return names
        return [c for c in names if c == EXTERNAL_POOLED or self.roles[c] != Role.EXTERNAL]


def naming(config: Mapping[str, Any]) -> Naming:
    """Derive the names of a run from its validated config.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.

    Returns
    -------
    Naming
    """
    titles = {name: spec.get("title") or name for name, spec in config["cohorts"].items()}
    roles = {name: spec["role"] for name, spec in config["cohorts"].items()}
    titles[EXTERNAL_POOLED] = "External cohorts together"
    roles[EXTERNAL_POOLED] = Role.EXTERNAL
    classes = class_names(config) if has_classes(config) else (None, None)
    positive, negative = map(class_title, classes)
    kind = outcome_kind(config) if config.get("outcome") else None
    return Naming(
        titles=titles,
        roles=roles,
        positive=positive,
        negative=negative,
        simulated=is_simulated(config),
        number=kind.number.format(**config["outcome"]) if kind else "",
        unit=kind.unit if kind else "",
    )


# Words for people, as the last part of a word: non-responder.
_PEOPLE = re.compile(
    r"(?:[a-z]+-)*(?:(?:respond|remitt|relaps|convert|complet|us|smok|carri)er|survivor|control|"
    r"case|patient|participant)"
)
_BEHIND = re.compile(r" (?:with|without|of|on|in|at|after|before|to|under) ")


def plural(name: str) -> str:
    """Write the name of a class for several people.

    Parameters
    ----------
    name : str
        As in ``non-responder`` or ``patient with major depression``.

    Returns
    -------
    str
        With an s behind the word for a person; as it is where the name has no word that is known to
        be one, as in ``MDD`` or ``remitted``.
    """
    found = _BEHIND.search(name)
    end = found.start() if found else len(name)
    word = name[:end].rpartition(" ")[2]
    return f"{name[:end]}s{name[end:]}" if _PEOPLE.fullmatch(word) else name


def arm_words(arm: str) -> str:
    """How the people of an arm of a trial are called.

    Parameters
    ----------
    arm : str
        As in the tables of clinical outcomes.

    Returns
    -------
    str
    """
    return "everybody" if arm == ONE_ARM else arm


def counted(n: int | str, name: str) -> str:
    """Write how many people of a class there are, as in ``1 responder`` and ``52 responders``.

    Parameters
    ----------
    n : int or str
        Number of people.
    name : str
        The class.

    Returns
    -------
    str
    """
    return f"{n} {name if str(n) == '1' else plural(name)}"


def lowered(text: str) -> str:
    """Write a title inside a sentence: its first letter small, unless it is an acronym."""
    return text if text.isupper() else text[0].lower() + text[1:]


def model_title(name: str, config: Mapping[str, Any]) -> str:
    """Write a model, stack or baseline in words.

    Parameters
    ----------
    name : str
        Name of the model, stack or baseline.
    config : mapping
        The completed configuration.
    """
    if name == CONFOUNDS_ONLY:
        written = ("TIV" if name == "tiv" else name for name in used_confounds(config))
        return f"{BASELINE_TITLES[name]} ({', '.join(written)})"
    if name == QUALITY_ONLY:
        return f"{BASELINE_TITLES[name]} ({', '.join(quality_predictors(config))})"
    if name == MAJORITY_CLASS:
        return BASELINE_TITLES[name]
    if name in config["stacks"]:
        return f"Stack {name} ({' and '.join(config['stacks'][name])})"
    return f"Model {name}"


def short_title(name: str, config: Mapping[str, Any]) -> str:
    """Write a model, stack or baseline in words, a baseline without what it knows.

    Parameters
    ----------
    name : str
        Name of the model, stack or baseline.
    config : mapping
        The completed configuration.
    """
    return BASELINE_TITLES.get(name) or model_title(name, config)


def pair_title(pair: tuple[str, str], config: Mapping[str, Any]) -> str:
    """Write the difference of two models in words.

    Parameters
    ----------
    pair : tuple of str
        Names of the model and of its reference.
    config : mapping
        The completed configuration.
    """
    return f"{model_title(pair[0], config)} − {lowered(model_title(pair[1], config))}"


def too_small(config: Mapping[str, Any]) -> str:
    """Say why a cohort has no numbers."""
    return (
        f"Not computed: a class has fewer than {config['min_class_size']} people, "
        "too few for a meaningful number."
    )


def group_name(variable: str, group: str) -> str:
    """Write a subgroup as readable text, as in ``women``, ``age 30 to 44`` or ``site A``.

    Parameters
    ----------
    variable : str
        Column that defines the subgroups.
    group : str
        The subgroup as in subgroups.tsv.
    """
    if variable == "sex" and group in ("F", "M"):
        return "women" if group == "F" else "men"
    return f"{variable} {group}"
