"""The folder of a run as a derivative of BIDS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mri_response import __version__
from mri_response.config.source_kinds import kind_of_source
from mri_response.inputs.sources.bids import read_json

BIDS_VERSION = "1.10.0"
#: Files of a run that BIDS has no names for: everything but the description and the text.
_IGNORED = ("*.tsv", "*.html", "*.json", "*.zip")


def dataset_files(config: Mapping[str, Any]) -> tuple[str, str, str]:
    """Content of the files that make a folder a derivative of BIDS.

    Parameters
    ----------
    config : mapping
        Sections run, title and cohorts of the completed configuration.

    Returns
    -------
    description, readme, ignored : str
        ``dataset_description.json``, ``README.md`` and ``.bidsignore``.
    """
    description = {
        "Name": config["title"],
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [
            {
                "Name": "mri-response",
                "Version": __version__,
                "Description": "Prediction from brain scans, nested cross-validation, permutations",
            }
        ],
    }
    sources = [{"DOI": doi} for doi in _source_dois(config)]
    if sources:
        description["SourceDatasets"] = sources
    readme = (
        f"# {config['title']}\n\n"
        "Results of a run of mri-response. `report.html` is the result on one page; `inputs.tsv` "
        "lists which file of whom was read, `exclusions.tsv` who was left out and why, and "
        "`ro-crate-metadata.json` what every file is.\n"
    )
    lines = []
    for name in _FOLDERS:
        # A folder and what is in it are told one by one.
        lines += [name, f"{name}/**"]
    ignored = "\n".join([*_IGNORED, *lines]) + "\n"
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n", readme, ignored


#: Folders of a run.
_FOLDERS = (
    *("cohorts", "inputs", "features", "kernels", "crossval", "decisions", "learning_curve"),
    *("permuted_scans", "models", "scores", "performance", "weights", "simulation", "figures"),
    *("qc", "reporting", "logs", "belief", "people", "confound_controls", "effects", "workflow"),
    "registration",
)


def _source_dois(config: Mapping[str, Any]) -> list[str]:
    """Identifiers of the data sets of the cohorts, as their descriptions tell."""
    folders: dict[Path, None] = {}
    for cohort in config["cohorts"].values():
        folders.setdefault(Path(cohort["participants"]).parent)
        for source in cohort["sources"].values():
            if kind_of_source(source) == "bids":
                folders.setdefault(Path(source["bids"]))
    found = [read_json(folder / "dataset_description.json").get("DatasetDOI") for folder in folders]
    return list(dict.fromkeys(doi for doi in found if doi))
