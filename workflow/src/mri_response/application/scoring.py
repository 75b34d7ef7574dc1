"""Scores of new people by a model from its folder, and what is unusual about the people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.tables import read_people
from mri_response.features.matrices import identified, read_features, region_names
from mri_response.models.door import COLUMNS, findings, program_findings
from mri_response.models.hashed import PathLike
from mri_response.models.travelling import Travelling


def apply_model(config: Mapping[str, Any], given: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score everybody; no label is read.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.
    given : mapping with attributes
        Paths: `people`, the analysed rows of each cohort, and `features`, of every feature set in
        every cohort, named as in ``features/<set>/<cohort>.tsv``.

    Returns
    -------
    scores : pandas.DataFrame
        ``cohort``, ``participant_id`` (, ``session_id``), ``decision`` and, where the model has
        probabilities, ``probability``.
    checks : pandas.DataFrame
        See `mri_response.models.door.findings`.
    """
    folder = config["apply"]["model"]
    model = Travelling.read(folder)
    model.self_test(folder)
    scores, checks = [], program_findings(config, model.text)
    for path in map(Path, given.people):
        people = read_people(path)
        features = features_of(model, people, given.features, path.stem)
        decision = model.decision(features, people, config["confounds"]["unseen_site"])
        table = pd.DataFrame({"decision": decision})
        if model.rules is not None:
            table["probability"] = model.rules.platt.probability(decision)
        scores.append(identified(people, table).assign(cohort=path.stem))
        checks += findings(path.stem, model, features, people)
    return pd.concat(scores, ignore_index=True), pd.DataFrame(checks, columns=COLUMNS)


def features_of(
    model: Travelling, people: pd.DataFrame, paths: Iterable[PathLike], cohort: str
) -> dict[str, np.ndarray]:
    """Features of a cohort in the order of the model's columns.

    Parameters
    ----------
    model : Travelling
        As its folder has it, with the names of its columns.
    people : pandas.DataFrame, n rows
        Analysed rows of the cohort.
    paths : iterable of path-like
        Features of every set in every cohort.
    cohort : str
        Name of the cohort.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n, p)
        By feature set.
    """
    found = {}
    for path in map(Path, paths):
        if path.stem != cohort:
            continue
        values = read_features(path, people)
        columns = model.text["features"][path.parent.name]["columns"]
        if columns is not None:
            there = region_names(path)
            values = values[:, [there.index(column) for column in columns]]
        found[path.parent.name] = values
    return found
