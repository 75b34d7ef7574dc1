"""What new people must have for a model that travels: columns, units, grid, atlas, programs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import column_of
from mri_response.config.source_kinds import kind_of_source
from mri_response.config.travel import sets_of
from mri_response.features.matrices import region_names
from mri_response.models.hashed import PathLike

OF_THE_USER = "of the user"


def feature_set(
    spec: Mapping[str, Any], cohort: Mapping[str, Any], matrix: PathLike | None
) -> dict[str, Any]:
    """What a feature set is, for whoever makes it elsewhere.

    Parameters
    ----------
    spec : mapping
        ``features.<name>`` of the configuration.
    cohort : mapping
        Section of the discovery cohort.
    matrix : path-like or None
        Its features in the discovery cohort.

    Returns
    -------
    dict
        ``spec`` without paths of this machine, ``columns`` (None for voxels), ``unit``.
    """
    own = {key: value for key, value in spec.items() if key != "tables"}
    for key in ("atlas", "mask"):
        if isinstance(own.get(key), Mapping) or (
            key == "mask" and own.get(key) not in (None, "template")
        ):
            own[key] = OF_THE_USER
    columns = None
    if feature_kind(spec).has_names:
        columns = region_names(matrix)
    return {"spec": own, "columns": columns, "unit": _unit(spec, cohort)}


def _unit(spec: Mapping[str, Any], cohort: Mapping[str, Any]) -> str:
    if spec["kind"] == "roi_maps":
        return "ml" if spec["statistic"] == "sum" else "mean of the map"
    if spec["kind"] == "voxels":
        return "value of the map"
    if spec["kind"] != "table":
        return "as in the training table"
    kind = kind_of_source(cohort["sources"][spec["source"]])
    if kind in ("freesurfer", "region_tables"):
        return "mm3, mm2 and mm, as FreeSurfer writes them"
    return "ml" if kind else "as in the training table"


def programs_of(summary: pd.DataFrame, cohort: str, spec: Mapping[str, Any]) -> dict[str, int]:
    """Programs and versions that made the source of a feature set, with the rows of each.

    Parameters
    ----------
    summary : pandas.DataFrame
        The run's table ``inputs_summary``.
    cohort : str
        Name of the discovery cohort.
    spec : mapping
        ``features.<name>`` of the configuration.

    Returns
    -------
    dict of str to int
        Empty where the files do not tell.
    """
    own = summary[(summary["cohort"] == cohort) & (summary["source"] == spec.get("source"))]
    made = own["program"] + " " + own["version"].fillna("unknown")
    return own["n"].astype(int).groupby(made).sum().to_dict()


def labels_sha256(labels: np.ndarray) -> str:
    """SHA-256 of the labels of an atlas on its grid.

    Parameters
    ----------
    labels : numpy.ndarray of int
        Three-dimensional.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(np.ascontiguousarray(labels, dtype="<i4").tobytes()).hexdigest()


def columns_of_people(config: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns of a table of people that models read.

    Parameters
    ----------
    config : mapping
        Section features of the completed configuration.
    models : sequence of mapping
        Sections of the models as they were fitted.

    Returns
    -------
    list of str
        Confounds, sites and what is kept of them, and clinical features, each once.
    """
    columns: list[str] = []
    for model in models:
        columns += [column_of(confound) for confound in model["confounds"]]
        if model.get("harmonise"):
            columns += [model["harmonise"]["column"], *model["harmonise"]["keep"]]
        for spec in sets_of(config, model["features"]).values():
            columns += spec["columns"] if spec["kind"] == "clinical" else []
    return list(dict.fromkeys(columns))
