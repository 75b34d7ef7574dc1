"""Region sets: the named parts of the brain that the literature speaks of, in terms of an atlas.

What ships for an atlas is a file of ``data/region_sets``; a configuration adds sets
of its own. Nothing here has a direction: the literature disagrees on signs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from mri_response.config.atlases import SHIPPED_ATLASES, region_sets_file
from mri_response.config.feature_kinds import feature_kind
from mri_response.config.messages import fault
from mri_response.config.queries import used_features
from mri_response.core.data import data_path
from mri_response.core.errors import InputError
from mri_response.core.tables import matches, shorten, suggestion
from mri_response.inputs.atlases import listed_regions, load_atlas
from mri_response.inputs.images import Grid, open_image, read_values
from mri_response.people.participants import roi_table_columns

RESOURCES = data_path("region_sets")

#: Columns of ``roi_sets.tsv``.
COLUMNS = [
    "model",
    "region_set",
    "own",
    "n_regions",
    "n_features",
    "haufe",
    "weight",
    "weight_mean",
    "sign_consistency",
    "sign_consistency_null",
    "sign_consistency_p",
    "p_value",
    "p_fdr",
    "null_low",
    "null_high",
    "null_sd",
    "n_permutations",
    "note",
]


class RegionSet(NamedTuple):
    """Some regions of an atlas under one name.

    Attributes
    ----------
    name : str
    patterns : tuple of str
        Names of regions or glob patterns (``*``, ``?``); none where the atlas has no such region.
    note : str
        What must be known of it in this atlas.
    own : bool
        Whether the configuration asks for it: then it must be covered.
    """

    name: str
    patterns: tuple[str, ...]
    note: str = ""
    own: bool = False


def region_sets(spec: Mapping[str, Any], given: Mapping[str, Any]) -> list[RegionSet]:
    """Sets of a feature set: those that ship for its atlas, then those of the configuration.

    Parameters
    ----------
    spec, given : mapping
        Sections ``features`` and ``region_sets`` of the feature set in the configuration; the
        latter may be empty.

    Returns
    -------
    list of RegionSet
        Own sets take the place of shipped ones with the same name.
    """
    shipped = region_sets_file(spec, given)
    text = {}
    if shipped:
        text = yaml.safe_load((RESOURCES / f"{shipped}.yaml").read_text(encoding="utf-8"))
    found = {
        name: RegionSet(name, tuple(entry["regions"]), entry.get("note", ""))
        for name, entry in text.items()
    }
    for name, patterns in given.get("own", {}).items():
        found[name] = RegionSet(name, tuple(patterns), own=True)
    return list(found.values())


def check_region_sets(config: Mapping[str, Any]) -> None:
    """Check that every set of the configuration's own has its regions, before the first job.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        One line for the first mistake. Regions of an atlas that is downloaded are known only
        later, and checked then.
    """
    for features, given in config["region_sets"].items():
        key = f"region_sets.{features}"
        if features not in config["features"]:
            near = suggestion(features, config["features"])
            raise fault(key, repr(features), "a name in features", f"{near}correct it")
        spec = config["features"][features]
        shipped = region_sets_file(spec, given)
        if not feature_kind(spec).has_names and shipped not in SHIPPED_ATLASES:
            expected = f"{' or '.join(SHIPPED_ATLASES)}, whose images are at hand"
            raise fault(f"{key}.atlas", repr(shipped), expected, "write one of them")
        if feature_kind(spec).source is None:
            expected = "a feature set that is read from scans or their tables"
            raise fault(key, f"one of kind {spec['kind']}", expected, "remove it")
        if features not in used_features(config):
            continue
        if feature_kind(spec).has_table:
            regions = roi_table_columns(config, features)
        else:
            regions = listed_regions(spec.get("atlas", shipped))
        if regions is not None:
            memberships(regions, [one for one in region_sets(spec, given) if one.own])


def memberships(regions: Sequence[str], sets: Sequence[RegionSet]) -> np.ndarray:
    """Which regions belong to which set.

    Parameters
    ----------
    regions : sequence of str, length r
        Names of the regions.
    sets : sequence of RegionSet, length k
        The sets of regions.

    Returns
    -------
    numpy.ndarray of bool, shape (r, k)

    Raises
    ------
    InputError
        If a pattern of an own set matches no region. A shipped set may be empty.
    """
    for one in sets:
        for pattern in one.patterns if one.own else ():
            if not any(matches(region, [pattern]) for region in regions):
                raise InputError(
                    f"region_sets: own set {one.name!r}: found no region matching {pattern!r}, "
                    f"expected at least one; {suggestion(pattern, regions)}the regions are "
                    f"{shorten(regions, 4)}"
                )
    rows = [[matches(region, one.patterns) for one in sets] for region in regions]
    return np.array(rows, dtype=bool).reshape(len(regions), len(sets))


def memberships_in_mask(
    mask: str | os.PathLike[str],
    given: Mapping[str, Any],
    sets: Sequence[RegionSet],
) -> tuple[np.ndarray, np.ndarray]:
    """Which voxels belong to which set.

    Parameters
    ----------
    mask : path-like
        Image whose voxels above 0 are the features, in C order.
    given : mapping
        Section ``region_sets`` of the feature set, which may name an atlas.
    sets : sequence of RegionSet, length k
        The sets of regions.

    Returns
    -------
    members : numpy.ndarray of bool, shape (p, k)
    n_regions : numpy.ndarray of int, shape (k,)
        Regions of each set that have a voxel in the mask.

    Raises
    ------
    InputError
        As `memberships`.
    """
    image = open_image(mask)
    inside = read_values(image, mask) > 0
    atlas = region_sets_file({"kind": "voxels"}, given)
    found = load_atlas(atlas, Grid.of(image), every_region=False)
    labels = found.labels[inside]
    present = found.regions[found.regions["index"].isin(np.unique(labels))]
    of_region = memberships(list(present["region"]), sets)
    of_label = np.zeros((found.labels.max() + 1, len(sets)), dtype=bool)
    of_label[present["index"]] = of_region
    return of_label[labels], of_region.sum(axis=0)


def set_table(
    model: str,
    sets: Sequence[RegionSet],
    members: np.ndarray,
    n_regions: Sequence[int],
    evidence: pd.DataFrame,
) -> pd.DataFrame:
    """Rows of ``roi_sets.tsv`` for one model.

    Parameters
    ----------
    model : str
        Name of the model.
    sets : sequence of RegionSet, length k
        The sets of regions.
    members : numpy.ndarray of bool, shape (p, k)
        Which features belong to each set.
    n_regions : sequence of int, length k
        Number of regions of the atlas in each set.
    evidence : pandas.DataFrame
        Of the sets with at least one feature, see `mri_response.brain.weights.WeightEvidence`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. A set that the atlas does not cover has ``n_regions`` 0 and no values.
    """
    table = pd.DataFrame(
        {
            "model": model,
            "region_set": [one.name for one in sets],
            "own": ["yes" if one.own else "no" for one in sets],
            "n_regions": n_regions,
            "n_features": members.sum(axis=0),
            "note": [one.note or None for one in sets],
        }
    )
    evidence = evidence.set_index(np.flatnonzero(members.any(axis=0)))
    return table.join(evidence).reindex(columns=COLUMNS)
