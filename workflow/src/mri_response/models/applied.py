"""A configuration that applies a model, with what the model's folder says that people need."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mri_response.config.checks.sources import check_paths, check_sources
from mri_response.config.feature_kinds import feature_kind
from mri_response.config.messages import fault
from mri_response.config.outcome_kinds import OUTCOMES
from mri_response.config.queries import column_of
from mri_response.core.atomic import atomic_path
from mri_response.models.contract import OF_THE_USER
from mri_response.models.folder import folder_sha256, read_numbers, read_text
from mri_response.models.travelling import require_travelling

#: Masks of the folders of models, as images, by the hash of the folder.
MASKS = ".snakemake/mri_response_masks"


def with_model(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give a configuration that applies a model what the model's folder says of people.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.

    Returns
    -------
    dict
        As it is where no model is applied. Else with the sections features and models of the
        folder, so that people are read as those whom the model was trained on; its outcome, if it
        has one, is ``apply.outcome``, since nobody needs one to be scored.

    Raises
    ------
    InputError
        If the folder is not what was written, the model does not travel, or the cohorts lack what
        the folder asks for.
    """
    asked = config["apply"]
    if asked is None:
        return dict(config)
    text = read_text(asked["model"])
    require_travelling(text, asked["model"])
    _check_outcome(config, text)
    confounds = dict(config["confounds"])
    confounds["unseen_site"] = _unseen_site(asked, text)
    confounds["categorical"] = text["confounds"]["categorical"]
    sections = {name: part["model"] for name, part in text["parts"].items()}
    completed = {
        **config,
        "features": {name: _spec(name, own, text, asked) for name, own in text["features"].items()},
        "models": {name: _without_baseline(model) for name, model in sections.items()},
        "outcome": None,
        "confounds": confounds,
        "apply": {
            **asked,
            "outcome": config["outcome"],
            "baseline_of": _baseline_of(config, text),
            "folder_sha256": folder_sha256(asked["model"]),
        },
    }
    _check_volumes(completed, text)
    check_sources(completed)
    check_paths(completed)
    return completed


def _unseen_site(asked: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """Rule for a site that training did not have; a site shows its own only to harmonisation."""
    if any(part["model"].get("harmonise") for part in text["parts"].values()):
        return asked["unseen_site"] or text["confounds"]["unseen_site"]
    if asked["unseen_site"] == "own":
        raise fault(
            "apply.unseen_site",
            "own, and the model does not harmonise its features",
            "error or mean, since nothing else is learned from the people of a new site",
            "write mean",
        )
    return asked["unseen_site"] or text["confounds"]["unseen_site"].replace("own", "mean")


def _check_outcome(config: Mapping[str, Any], text: Mapping[str, Any]) -> None:
    """Labels are of the kind that the model predicts."""
    own, known = config["outcome"], text["outcome"]
    if own is None:
        return
    numbers = OUTCOMES[own["kind"]].is_number
    if numbers != text["predicts_number"]:
        what = "a number" if text["predicts_number"] else "two classes"
        raise fault(
            "outcome.kind",
            repr(own["kind"]),
            f"{what}, which the model predicts (outcome {known['kind']})",
            "correct it, or remove outcome to score people without labels",
        )
    if own.get("positive_class") != known.get("positive_class"):
        raise fault(
            "outcome.positive_class",
            repr(own.get("positive_class")),
            f"{known['positive_class']!r}, which a score above 0 says",
            "name the class so (classes may map the name to values of your table)",
        )


def _check_volumes(config: Mapping[str, Any], text: Mapping[str, Any]) -> None:
    """Intracranial volume is told where the model knows it."""
    for name, cohort in config["cohorts"].items():
        if "tiv" in text["people"] and cohort["tiv"] is None:
            raise fault(
                f"cohorts.{name}.tiv",
                "nothing",
                "where total intracranial volume comes from, which the model knows",
                "add for example {column: tiv}",
            )


def _without_baseline(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model's section; its baseline score comes with the scores and is no column of a table."""
    others = [c for c in model["confounds"] if column_of(c) != "baseline_score"]
    return {**model, "confounds": others}


def _baseline_of(config: Mapping[str, Any], text: Mapping[str, Any]) -> dict[str, Any] | None:
    """Definition of the outcome that the baseline score is read by, None where none is needed."""
    if "baseline_score" not in text["people"]:
        return None
    for name, cohort in config["cohorts"].items():
        if cohort["scores"] is None:
            raise fault(
                f"cohorts.{name}.scores",
                "nothing",
                "the table of clinical scores, since the model knows the score before treatment",
                "add the key; scores after treatment may be missing there",
            )
    return config["outcome"] or text["outcome"]


def _spec(
    name: str, own: Mapping[str, Any], text: Mapping[str, Any], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Section of a feature set, by which the cohorts of this run get the same features."""
    spec = dict(own["spec"])
    if spec["kind"] == "table":
        return {**spec, "columns": own["columns"], "exclude": []}
    if spec["kind"] == "clinical":
        people = text["people"]
        return {**spec, "levels": {c: people[c].get("levels") for c in spec["columns"]}}
    if not feature_kind(spec).has_image:
        return spec
    if not feature_kind(spec).has_atlas:
        return {**spec, "mask": _mask(name, own, asked["model"])}
    spec["tables"] = {}
    if spec["atlas"] == OF_THE_USER:
        if asked["atlas"] is None:
            raise fault(
                "apply.atlas",
                "nothing",
                f"image and labels of the atlas, since features {name} are regions of one that "
                "its author has and this package has not",
                "get it from the author of the model and write {image: ..., labels: ...}",
            )
        spec["atlas"] = asked["atlas"]
    return spec


def _mask(name: str, own: Mapping[str, Any], folder: str) -> str:
    """Path of the folder's mask as an image."""
    path = Path(MASKS) / f"{folder_sha256(folder)}_{name}.nii.gz"
    if not path.is_file():
        import nibabel as nib  # only models of voxels need it

        shape = tuple(own["grid"]["shape"])
        bits = np.unpackbits(read_numbers(folder)[f"mask/{name}"], count=int(np.prod(shape)))
        with atomic_path(path) as temporary:
            image = nib.Nifti1Image(bits.reshape(shape), np.array(own["grid"]["affine"]))
            nib.save(image, temporary)
    return str(path)
