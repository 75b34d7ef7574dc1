"""Outer splits of a run in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.queries import left_out_column
from mri_response.report.numbers import percent


def left_out_text(cross_validation: Mapping[str, Any]) -> str:
    """Return who is left out together in the outer splits of a run, for the methods.

    Parameters
    ----------
    cross_validation : mapping
        The section of the configuration.

    Returns
    -------
    str
    """
    cv = cross_validation
    column, repeats = left_out_column(cv), _repeats(cv)
    if cv["outer"] == "k_fold":
        return f"{repeats} of {cv['outer_folds']} outer folds"
    if cv["outer"] == "leave_group_out":
        return (
            f"{repeats} of {cv['outer_folds']} outer folds, each of all people with some "
            f"values of {column}"
        )
    if cv["outer"] == "leave_one_site_out":
        return f"one outer fold for each value of {column}, of all people with that value"
    if cv["outer"] == "leave_one_out":
        return f"one outer fold for each {'family' if cv['group'] else 'person'}"
    if column is None:
        who = f"{percent(cv['held_out'])} of the people, drawn without looking at the labels"
    elif column == "participant_id":
        who = "people listed in the config"
    else:
        who = f"those with {column} {' or '.join(cv['held_out'][column])}"
    return f"one split: {who}, were held out and predicted by a model that learned from the others"


def validation_text(cross_validation: Mapping[str, Any]) -> str:
    """Return what the discovery people who were predicted are called by, as in ``by ...``.

    Parameters
    ----------
    cross_validation : mapping
        The section of the configuration.

    Returns
    -------
    str
    """
    held_out = cross_validation["outer"] == "held_out"
    return "people held out of the discovery cohort" if held_out else "cross-validation"


def left_out_inside_text(cross_validation: Mapping[str, Any]) -> str:
    """Return what the inner splits of a run are, for the methods.

    Parameters
    ----------
    cross_validation : mapping
        The section of the configuration.

    Returns
    -------
    str
    """
    cv = cross_validation
    if cv["inner"] == "leave_one_site_out":
        return f"one inner fold for each value of {cv['inner_column']} in the training set"
    folds = f"{cv['inner_folds']} inner folds"
    if cv["inner"] == "leave_group_out":
        folds += f", each of all people with some values of {cv['inner_column']}"
    return folds + (f" repeated {cv['inner_repeats']} times" if cv["inner_repeats"] > 1 else "")


def families_text(config: Mapping[str, Any]) -> str:
    """Return that families exchange labels or residuals as a whole, where they do.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    str
    """
    group = config["cross_validation"]["group"]
    whole = group and group != config["permutation"]["within"]
    return " (families of equal size as a whole)" if whole else ""


def own_sites_text(config: Mapping[str, Any]) -> str:
    """Return what was learned from the people of other cohorts, as an exception in a sentence.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    str
        Empty where nothing was.
    """
    if config["confounds"]["unseen_site"] != "own" or not any(
        model.get("harmonise") for model in config["models"].values()
    ):
        return ""
    return (
        ", but that sites which the discovery cohort does not have were harmonised by the shift "
        "and scale of their own people, without labels"
    )


def validated_text(cross_validation: Mapping[str, Any]) -> str:
    """Return what the discovery figure is of, as in ``over 10 repeats of 10-fold nested...``.

    Parameters
    ----------
    cross_validation : mapping
        The section of the configuration.

    Returns
    -------
    str
    """
    cv = cross_validation
    column = left_out_column(cv)
    if cv["outer"] == "held_out":
        return "of the held-out people"
    if cv["outer"] == "leave_one_site_out":
        return f"of nested cross-validation that leaves out one {column} at a time"
    if cv["outer"] == "leave_one_out":
        return f"of nested leave-one-{'family' if cv['group'] else 'person'}-out cross-validation"
    groups = f" by whole values of {column}" if cv["outer"] == "leave_group_out" else ""
    return f"over {_repeats(cv)} of {cv['outer_folds']}-fold nested cross-validation{groups}"


def _repeats(cv: Mapping[str, Any]) -> str:
    return "1 repeat" if cv["repeats"] == 1 else f"{cv['repeats']} repeats"
