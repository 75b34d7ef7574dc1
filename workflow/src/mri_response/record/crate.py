"""What a run came from and what it gave, for machines: a Workflow Run RO-Crate of its folder.

Names of files of single people would tell who they are, so these files stand in it as their number
and one hash over all of them.
"""

import datetime
import hashlib
import json
import mimetypes
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.queries import source_features, used_features
from mri_response.config.source_kinds import gives_regions, source_in, source_path
from mri_response.core.provenance import config_hash, file_sha256, versions
from mri_response.core.tables import ID_COLUMNS
from mri_response.inputs.paths import image_paths
from mri_response.inputs.sources.people_tables import scores_path

NAME = "ro-crate-metadata.json"
WORKFLOW = "workflow/Snakefile"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
#: Profiles that the record conforms to, with their names and versions.
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
#: Where the software that a run stands on is at home, for a reader of the record.
HOMES = {
    "python": "https://www.python.org",
    "snakemake": "https://snakemake.readthedocs.io",
    "numpy": "https://numpy.org",
    "scipy": "https://scipy.org",
    "pandas": "https://pandas.pydata.org",
    "scikit-learn": "https://scikit-learn.org",
    "nibabel": "https://nipy.org/nibabel",
    "nilearn": "https://nilearn.github.io",
    "matplotlib": "https://matplotlib.org",
    "statsmodels": "https://www.statsmodels.org",
}
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
PathLike = str | os.PathLike[str]
Entity = dict[str, Any]


def run_crate(
    config: Mapping[str, Any],
    people: Mapping[str, pd.DataFrame],
    files: Iterable[PathLike],
    run: PathLike,
    source: str,
    hashes: Mapping[str, str] = MappingProxyType({}),
) -> Entity:
    """Describe a run: software, configuration, seeds, inputs, and the files that came out.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it, without what changes no result.
    people : mapping of str to pandas.DataFrame
        The analysed rows by cohort.
    files : iterable of path-like
        Files below the run's folder, of which the crate is made; `WORKFLOW` is there too.
    run : path-like
        The run's folder.
    source : str
        Hash of the code (see :func:`mri_response.core.provenance.PackageCode`).
    hashes : mapping of str to str
        SHA-256 of files of the user by their paths, as far as ``inputs.tsv`` has them: a thousand
        maps are not read again.

    Returns
    -------
    dict
        JSON-LD. Nothing in it depends on the machine or its clock, but for the day of writing
        (see :func:`today`), which an RO-Crate must have.

    References
    ----------
    Soiland-Reyes et al. 2022, Data Science 5: 97-138. Leo et al. 2024, PLoS ONE 19: e0309210.
    """
    parts = sorted((_part(path, run) for path in files), key=lambda entity: entity["@id"])
    workflow, *software = _software(source, run)
    inputs = _inputs(config, people, hashes)
    given = [_configuration(config), *_seeds(config), *inputs]
    day = today()
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Analysis {config['run']}",
        "description": "snakemake --configfile with the configuration that is among the objects",
        "instrument": {"@id": workflow["@id"]},
        "object": _references(given),
        "result": {"@id": "./"},
        "endTime": day,
    }
    collections = [entity for entity in inputs if entity["@type"] == "Collection"]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": config.get("title", config["run"]),
        "description": _description(config),
        "datePublished": day,
        "license": "None is given here: whoever publishes these files decides.",
        "conformsTo": [{"@id": profile} for profile in PROFILES],
        "mainEntity": {"@id": workflow["@id"]},
        "hasPart": _references([workflow, *parts]),
        "mentions": _references([action, *collections]),
    }
    descriptor = {
        "@id": NAME,
        "@type": "CreativeWork",
        "conformsTo": [{"@id": SPECIFICATION}, {"@id": WORKFLOW_CRATE}],
        "about": {"@id": root["@id"]},
    }
    profiles = [
        {"@id": address, "@type": "CreativeWork", "name": name, "version": version}
        for address, (name, version) in PROFILES.items()
    ]
    context = [f"{SPECIFICATION}/context", TERMS, {"sha256": "https://schema.org/sha256"}]
    known = [descriptor, root, *profiles, action, workflow, *software, *given, *parts]
    return {"@context": context, "@graph": known}


def today() -> str:
    """Give the day in UTC, or the day of SOURCE_DATE_EPOCH where that is set.

    By the latter two runs agree to the last byte.

    Returns
    -------
    str
        As in ``2026-01-17``.
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.now(datetime.UTC)
    if seconds is not None:
        now = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    return now.date().isoformat()


def combined_sha256(
    paths: Iterable[PathLike], hashes: Mapping[str, str] = MappingProxyType({})
) -> str:
    """SHA-256 over the sorted SHA-256 of files, one per line: names and order do not count.

    Parameters
    ----------
    paths : iterable of path-like
        Files of any size.
    hashes : mapping of str to str
        Those that are known, by path.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    found = sorted(hashes.get(str(path)) or file_sha256(path) for path in paths)
    return hashlib.sha256("".join(f"{value}\n" for value in found).encode()).hexdigest()


def _description(config: Mapping[str, Any]) -> str:
    if config["models"]:
        return "Prediction from brain scans: tables, figures, models and report of a run."
    return "Who is analysed in a study: tables, figures and report of a run."


def _references(entities: Iterable[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]


def _part(path: PathLike, run: PathLike) -> Entity:
    name = Path(os.path.relpath(path, run)).as_posix()
    entity = {
        "@id": quote(name),
        "@type": "File",
        "name": name,
        "encodingFormat": _media_type(name),
        "contentSize": str(os.path.getsize(path)),
        "sha256": file_sha256(path),
    }
    return {**entity, "about": {"@id": "./"}} if name == "README.md" else entity


def _media_type(name: str) -> str:
    """By the ending; the system's own list, which differs between machines, is not read."""
    known = mimetypes.MimeTypes(filenames=())
    own = {".npz": "application/zip", ".npy": "application/octet-stream", ".md": "text/markdown"}
    if Path(name).suffix in own:
        return own[Path(name).suffix]
    kind, compression = known.guess_type(name)
    return "application/gzip" if compression else kind or "application/octet-stream"


def _software(source: str, run: PathLike) -> list[Entity]:
    """The workflow, then its language and what it stands on."""
    found = versions()
    version = found.pop("mri-response")
    language = {
        "@id": SNAKEMAKE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
        "url": {"@id": "https://snakemake.github.io"},
        "version": found["snakemake"],
    }
    others = [
        {
            "@id": HOMES.get(name, f"#{name}"),
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version,
            **({"url": HOMES[name]} if name in HOMES else {}),
        }
        for name, version in found.items()
    ]
    workflow = {
        **_part(Path(run, WORKFLOW), run),
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "mri-response",
        "description": "The entry of the workflow without its comments; identifier is the hash of "
        "the code of this version that it includes.",
        "encodingFormat": "text/plain",
        "version": version,
        "license": {"@id": "https://spdx.org/licenses/BSD-3-Clause"},
        "identifier": f"sha256:{source}",
        "programmingLanguage": {"@id": SNAKEMAKE},
        "softwareRequirements": _references(others),
    }
    return [workflow, language, *others]


def _configuration(config: Mapping[str, Any]) -> Entity:
    """The configuration with all defaults; `identifier` is the hash that the report shows."""
    return {
        "@id": "#configuration",
        "@type": "CreativeWork",
        "name": "Configuration with all defaults",
        "encodingFormat": "application/json",
        "identifier": f"sha256:{config_hash(config)}",
        "text": json.dumps(_without_people(config), sort_keys=True, ensure_ascii=False),
    }


def _without_people(config: Mapping[str, Any]) -> Entity:
    """Configuration in which a row filter that lists people or sessions says how many."""
    cohorts = {}
    for name, cohort in config["cohorts"].items():
        where = {
            column: f"{len(wanted) if isinstance(wanted, list) else 1} given"
            if column in ID_COLUMNS
            else wanted
            for column, wanted in (cohort.get("where") or {}).items()
        }
        cohorts[name] = {**cohort, "where": where} if where else cohort
    return {**config, "cohorts": cohorts}


def _seeds(config: Mapping[str, Any]) -> list[Entity]:
    seeds = {"seed": config["seed"]}
    if "simulation" in config:
        seeds["simulation-seed"] = config["simulation"]["seed"]
    return [
        {"@id": f"#{name}", "@type": "PropertyValue", "name": name, "value": value}
        for name, value in seeds.items()
    ]


def _inputs(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame], hashes: Mapping[str, str]
) -> list[Entity]:
    """The user's files: tables one by one, files of single people as one."""
    features = used_features(config)
    found = []
    for name, cohort in config["cohorts"].items():
        tiv = cohort.get("tiv") or {}
        tables = {
            "participants": cohort["participants"],
            "scores": scores_path(cohort),
            "tiv": tiv.get("table"),
        }
        images = {"cat12-report": None if "read_into" in tiv else tiv.get("cat12_report")}
        for spec in source_features(config).values():
            taken = source_in(spec, name)
            read = feature_kind(spec).has_image and not gives_regions(spec, name)
            (images if read else tables)[f"source-{taken}"] = source_path(cohort["sources"][taken])
        found += [_table(f"{name}-{what}", path) for what, path in tables.items() if path]
        for what, pattern in images.items():
            if pattern:
                paths = [path for path in image_paths(pattern, people[name]) if path]
                found.append(_collection(f"{name}-{what}", paths, hashes))
    for name, spec in features.items():
        atlas, mask = spec.get("atlas"), spec.get("mask")
        own = dict(atlas) if isinstance(atlas, Mapping) else {}
        own |= {"mask": mask} if mask not in (None, "template") else {}
        found += [_table(f"{name}-{what}", path) for what, path in own.items()]
    return found


def _table(name: str, path: PathLike) -> Entity:
    return {
        "@id": f"#input-{quote(name)}",
        "@type": "CreativeWork",
        "name": Path(path).name,
        "sha256": file_sha256(path),
    }


def _collection(name: str, paths: list[Path], hashes: Mapping[str, str]) -> Entity:
    return {
        "@id": f"#input-{quote(name)}",
        "@type": "Collection",
        "name": f"{len(paths)} files of the analysed people",
        "description": "The hash is that of the files' hashes, sorted, one per line.",
        "collectionSize": len(paths),
        "sha256": combined_sha256(paths, hashes),
    }
