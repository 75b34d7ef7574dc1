"""How a frozen model becomes a folder that travels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mri_response import __version__
from mri_response.config.feature_kinds import feature_kind
from mri_response.config.learner_kinds import learner_kind
from mri_response.config.queries import declared_categories
from mri_response.config.travel import sets_of, why_not
from mri_response.core.provenance import versions
from mri_response.core.tables import read_people, read_tsv
from mri_response.core.vocabulary import HEADLINE
from mri_response.features.matrices import read_features
from mri_response.models.card import card
from mri_response.models.contract import (
    columns_of_people,
    feature_set,
    labels_sha256,
    programs_of,
)
from mri_response.models.folder import write_folder
from mri_response.models.harmonised import FrozenHarmonised
from mri_response.models.hashed import PathLike
from mri_response.models.linear import FrozenLinear
from mri_response.models.loading import load_frozen
from mri_response.models.ranges import ranges_of_features, ranges_of_people
from mri_response.models.stacking import FrozenStack
from mri_response.models.travelling import Travelling, made_up, made_up_features, made_up_table

#: What of a frozen model's description a reader elsewhere needs, without paths of this machine.
_DESCRIBED = ("model", "kind", "options", "n_models", "n_rows", "decision_rules")


def pack(name: str, config: Mapping[str, Any], given: Any, folder: PathLike) -> None:
    """Write the folder of a model of the run.

    Parameters
    ----------
    name : str
        The model or stack.
    config : mapping
        Sections models (as they were fitted), features, outcome, confounds, seed, licence and title
        of the configuration; ``below``, the models below a stack; ``discovery``, name and section
        of the discovery cohort.
    given : mapping with attributes
        Paths: `frozen`, the JSON files of the models below and of the model itself; `people` of the
        discovery cohort; `features`, for each of its feature sets; `images`, mask or atlas of those
        that have one, by feature set; `summary`, the table ``inputs_summary``; `performance`.
    folder : path-like
        Folder to make.
    """
    below = config["below"] or [name]
    text = _text(name, config, given)
    reason = why_not(config, below)
    if reason is not None:
        write_folder(folder, text | {"why_not": reason}, {}, card(text | {"why_not": reason}))
        return
    arrays: dict[str, np.ndarray] = {}
    frozen = [load_frozen(path) for path in given.frozen]
    for part, own in zip(below, frozen, strict=False):
        text["parts"][part] = _part(config["models"][part], own)
        arrays |= {f"formula/{part}/{key}": np.asarray(a) for key, a in own.arrays().items()}
    if isinstance(frozen[-1], FrozenStack):
        second = frozen[-1].second_level
        text["second_level"] = {key: _listed(value) for key, value in vars(second).items()}
    else:
        text["decision_rules"] = frozen[0].description.get("decision_rules")
    text["frozen_sha256"] = frozen[-1].sha256
    arrays |= _sets(text, config, given)
    _test(text, arrays, config["seed"])
    write_folder(folder, text, arrays, card(text))


def _text(name: str, config: Mapping[str, Any], given: Any) -> dict[str, Any]:
    """What stands in the folder of any model, those that do not travel included."""
    models = [config["models"][part] for part in config["below"] or [name]]
    people = read_people(given.people)
    columns = columns_of_people(config, models)
    clinical = [spec for m in models for spec in sets_of(config, m["features"]).values()]
    categories = {*declared_categories(config)}
    categories |= {column for spec in clinical for column in spec.get("categorical", ())}
    title, _ = config["discovery"]
    return {
        "name": name,
        "why_not": None,
        "made_with": f"mri-response {__version__}",
        "versions": versions(),
        "licence": config["licence"],
        "study": config["title"],
        "outcome": config["outcome"],
        "predicts_number": any(learner_kind(model).predicts_number for model in models),
        "training": {
            "cohort": title,
            "n_rows": len(people),
            "n_people": int(people["participant_id"].nunique()),
            "mean_label": float(people["label"].mean()),
        },
        "performance": _performance(given.performance, title),
        "confounds": config["confounds"],
        "people": ranges_of_people(people, columns, categories),
        "features": {},
        "parts": {},
        "second_level": None,
        "decision_rules": None,
    }


def _part(model: Mapping[str, Any], frozen: FrozenLinear | FrozenHarmonised) -> dict[str, Any]:
    """Feature set, section and formula of a model."""
    described = {key: value for key, value in frozen.description.items() if key in _DESCRIBED}
    formula = {**frozen.text(), "description": described}
    return {"features": model["features"], "model": dict(model), "formula": formula}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _sets(text: dict[str, Any], config: Mapping[str, Any], given: Any) -> dict[str, np.ndarray]:
    """Tell of every feature set, and give ranges and masks."""
    arrays: dict[str, np.ndarray] = {}
    people, summary = read_people(given.people), read_tsv(given.summary)
    title, cohort = config["discovery"]
    matrices = {_set_of(path): path for path in given.features}
    images = {_set_of(path): path for path in given.images}
    for part in text["parts"].values():
        for name, spec in sets_of(config, part["features"]).items():
            if name in text["features"]:
                continue
            own = feature_set(spec, cohort, matrices.get(name))
            own["programs"] = programs_of(summary, title, spec)
            if feature_kind(spec).has_image:
                own["grid"], more = _on_grid(images[name], name, feature_kind(spec).has_atlas)
                own |= {key: value for key, value in more.items() if isinstance(value, str)}
                arrays |= {key: a for key, a in more.items() if isinstance(a, np.ndarray)}
            text["features"][name] = own
        features = part["features"]
        if f"ranges/{features}/mean" not in arrays:
            ranges = ranges_of_features(read_features(matrices[features], people))
            arrays |= {f"ranges/{features}/{key}": a for key, a in ranges.items()}
    return arrays


def _set_of(path: PathLike) -> str:
    """Name of the feature set whose file it is."""
    return Path(path).parent.name


def _on_grid(path: PathLike, name: str, has_atlas: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Grid of an image, and its hash or, of a mask, the mask."""
    import nibabel as nib  # only models of images need it

    image = nib.load(path)
    values = np.asarray(image.dataobj)
    grid = {"shape": list(values.shape), "affine": np.asarray(image.affine, dtype=float).tolist()}
    if has_atlas:
        return grid, {"atlas_sha256": labels_sha256(values)}
    return grid, {f"mask/{name}": np.packbits(values.ravel() != 0)}


def _test(text: dict[str, Any], arrays: dict[str, np.ndarray], seed: int) -> None:
    """Make people up and write down their scores."""
    sets = dict.fromkeys(part["features"] for part in text["parts"].values())
    ranges = {
        name: {key: arrays[f"ranges/{name}/{key}"] for key in ("mean", "sd")} for name in sets
    }
    rows, features = made_up(ranges, text["people"], seed)
    arrays |= {f"made_up/{name}": values for name, values in features.items()}
    model = Travelling.of(text, arrays)
    found = model.decision(made_up_features(arrays), made_up_table(rows), "error")
    text["made_up"] = {"people": rows, "decision": [float(value) for value in found]}
    if model.rules is not None:
        shown = model.rules.platt.probability(found)
        text["made_up"]["probability"] = [float(value) for value in shown]


def _performance(path: PathLike, cohort: str) -> list[dict[str, Any]]:
    """Performance of the model in the cohort that it was trained on, by cross-validation.

    Of numbers that were not tested ``p_value`` and ``n_permutations`` are None.
    """
    table = read_tsv(path)
    own = table[(table["cohort"] == cohort) & table["ci_low"].notna()]
    if "aggregation" in own:
        own = own[own["aggregation"] == HEADLINE]
    own = own.drop_duplicates(["metric"])
    keys = ("n", "estimate", "ci_low", "ci_high", "p_value", "n_permutations")
    return [
        {"metric": row["metric"]}
        | {key: None if pd.isna(row[key]) else float(row[key]) for key in keys}
        for row in own.to_dict("records")
    ]
