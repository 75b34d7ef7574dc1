"""What programs wrote: versions that go with the label, and maps that hold no volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.queries import discovery_name, source_features
from mri_response.config.source_kinds import source_in
from mri_response.core.tables import ID_COLUMNS, read_tsv, shorten
from mri_response.inputs.sources.bids import is_probability
from mri_response.inputs.sources.record import State
from mri_response.preflight.entangled import ALPHA, association


def version_warnings(config: Mapping[str, Any], people: pd.DataFrame) -> list[str]:
    """Tell where the version of a program goes with the label.

    Parameters
    ----------
    config : mapping
        The completed configuration, with the places of what was read before.
    people : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    list of str
        One line per source, by Pearson's chi-squared test or where every version has one class.
    """
    name = discovery_name(config)
    path = config["cohorts"][name].get("record")
    if path is None:
        return []
    record = read_tsv(path)
    warnings = []
    for source, own in record[record["state"] == State.READ].groupby("source", sort=False):
        keys = [key for key in ID_COLUMNS if key in people]
        made = (own["program"].fillna("") + " " + own["version"].fillna("unknown")).str.strip()
        joined = people[[*keys, "label"]].astype(dict.fromkeys(keys, str))
        joined = joined.merge(own[keys].assign(version=made), on=keys)
        joined = joined.drop_duplicates("participant_id")
        if joined["version"].nunique() < 2:
            continue
        p = association(joined["version"], joined["label"].to_numpy())
        if p <= ALPHA:
            versions = shorten(joined["version"].value_counts().index, 3)
            warnings.append(
                f"cohort {name}, source {source}: the version of the program ({versions}) goes "
                f"with the class (p = {p:.2g}): a model may predict the version in place of the "
                "outcome; process everybody with one version"
            )
    return warnings


def probability_warnings(config: Mapping[str, Any]) -> list[str]:
    """Tell where probabilities are summed as if they were volumes.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    list of str
        One line per feature set.
    """
    warnings = []
    for name, spec in source_features(config).items():
        if spec.get("statistic") != "sum":
            continue
        for cohort, own in config["cohorts"].items():
            source = own["sources"][source_in(spec, cohort)]
            if _is_probability(source):
                warnings.append(
                    f"features.{name}: the maps of cohort {cohort} are probabilities in the "
                    "template's space (probseg), not modulated, so that their sum is no volume of "
                    "the person; write statistic: mean"
                )
                break
    return warnings


def _is_probability(source: str | Mapping[str, Any]) -> bool:
    """Whether a source holds probabilities that are not modulated, by the names of its images."""
    if isinstance(source, str):
        return is_probability(source)
    return source.get("suffix") == "probseg" and source.get("desc") != "modulated"


def region_warnings(config: Mapping[str, Any]) -> list[str]:
    """Tell where regions were summed by CAT12 in some cohorts and by the workflow in others.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Returns
    -------
    list of str
        One line per feature set.
    """
    return [
        f"features.{name}: regions of {shorten(spec['tables'])} were measured by CAT12 with its "
        "own version of the atlas, those of other cohorts from their maps with the version of this "
        "workflow: borders of regions differ a little, and values with them; with maps of every "
        "cohort there is one version"
        for name, spec in source_features(config).items()
        if spec.get("tables")
    ]
