"""Outcome, features, steps of preparation and outer splits of a run in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.queries import described_confound, left_out_column
from mri_response.report.naming import Naming
from mri_response.report.numbers import percent


def outcome_definition(config: Mapping[str, Any], names: Naming) -> str:
    """Return the outcome in words.

    Parameters
    ----------
    config : mapping
        The configuration.
    names : Naming
        Names of the run.

    Returns
    -------
    str
    """
    outcome = config["outcome"]
    if outcome["kind"] == "label":
        return (
            f"The two classes are values of the column “{outcome['column']}” of the participants "
            "tables."
        )
    if outcome["kind"] == "response":
        return (
            f"A responder is a person whose {outcome['scale']} score falls by at least "
            f"{outcome['fall_percent']:g} % from {outcome['baseline']} to {outcome['endpoint']}."
        )
    return (
        f"A remitter is a person whose {outcome['scale']} score is at most "
        f"{outcome['threshold']:g} at {outcome['endpoint']}."
    )


def feature_text(spec: Mapping[str, Any]) -> str:
    """Return a feature set in words.

    Parameters
    ----------
    spec : mapping
        The configuration of the set.

    Returns
    -------
    str
    """
    if spec["kind"] == "table":
        return "regional values from a table"
    if spec["kind"] == "clinical":
        return f"clinical variables ({', '.join(spec['columns'])})"
    if spec["kind"] == "concatenated":
        return f"the feature sets {' and '.join(spec['sets'])} side by side"
    grid = spec["grid"]
    where = "" if grid == "native" else f", resampled to {grid:g} mm"
    if spec["kind"] == "roi_maps":
        atlas = spec["atlas"]
        atlas = atlas if isinstance(atlas, str) else "a label image of the user"
        what = "volumes (sums)" if spec["statistic"] == "sum" else "means"
        return f"regional {what} of grey-matter maps, atlas {atlas}{where}"
    smoothing = spec["smoothing_fwhm_mm"]
    smooth = f"smoothed with {smoothing:g} mm FWHM" if smoothing else "not smoothed"
    mask = (
        f"grey-matter template above {spec['mask_threshold']:g}"
        if spec["mask"] == "template"
        else "a mask of the user"
    )
    return f"voxels of grey-matter maps, {smooth}, within {mask}{where}"


def learned_steps(spec: Mapping[str, Any]) -> list[str]:
    """Return what is learned before the classifier.

    Parameters
    ----------
    spec : mapping
        The configuration of a model.

    Returns
    -------
    list of str
        A phrase per step, in the order in which they are applied.
    """
    steps = []
    if spec["confounds"]:
        steps.append(
            f"linear regression on {', '.join(map(described_confound, spec['confounds']))}"
        )
    if spec["standardize"]:
        steps.append("standardisation of each feature")
    if spec["pca"] is not None:
        pca = spec["pca"]
        steps.append(
            f"principal components explaining {100 * pca:g} % of the variance"
            if isinstance(pca, float) and pca < 1
            else f"{pca:g} principal components"
        )
    return steps


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
    column, repeats = left_out_column(cv), cv["repeats"]
    if cv["outer"] == "k_fold":
        return f"{repeats} repeats of {cv['outer_folds']} outer folds"
    if cv["outer"] == "leave_group_out":
        return (
            f"{repeats} repeats of {cv['outer_folds']} outer folds, each of all people with some "
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
    return (
        f"over {cv['repeats']} repeats of {cv['outer_folds']}-fold nested cross-validation{groups}"
    )
