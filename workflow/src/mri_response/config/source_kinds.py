"""Kinds of sources that are read by their makers' layout: one entry per kind.

A source is a text (the path of a table, or a pattern of images) or a mapping whose first key names
its kind. A mapping is read once, before the first job, into a table of the run; `with_values` says
where that is. The readers are in `inputs.sources.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

#: What a source of each kind holds.
SOURCES: dict[str, Literal["image", "table"]] = {
    "freesurfer": "table",
    "region_tables": "table",
    "cat12_rois": "table",
    "deepmriprep_rois": "table",
    "bids": "image",
}
#: Keys of ``tiv`` and ``quality`` whose files are read once, before the first job. A pattern of
#: reports is read person by person where the volume is needed.
MEASURED = ("source", "cat12_report", "cat12_tiv", "spm_seg8", "deepmriprep")
#: Measures of quality by where they come from.
QUALITY = {"cat12_report": ("cat12_iqr", "cat12_siqr"), "source": ("euler_number", "surface_holes")}
#: Every measure of quality that a cohort may have, in words.
QUALITY_WORDS = {
    "cat12_iqr": "image quality by CAT12 (IQR, %)",
    "cat12_siqr": "structural image quality by CAT12 (SIQR, %)",
    "euler_number": "Euler number of both surfaces (FreeSurfer)",
    "surface_holes": "holes of the surfaces (FreeSurfer)",
}
#: Measures by which quality alone predicts: one per program, since the others say the same.
QUALITY_PREDICTORS = ("cat12_iqr", "euler_number")

Source = str | Mapping[str, Any]


def kind_of_source(source: Source) -> str | None:
    """Kind of a source; None for a text."""
    if isinstance(source, str):
        return None
    return next(kind for kind in SOURCES if kind in source)


def source_path(source: Source) -> str:
    """What a source is read from: its path or pattern, or the table into which it was read.

    Parameters
    ----------
    source : str or mapping
        ``cohorts.<cohort>.sources.<source>``, after `with_values`.
    """
    return source if isinstance(source, str) else source["read_into"]


def gives_regions(spec: Mapping[str, Any], cohort: str) -> bool:
    """Whether a cohort gives regional values of a program where the others give maps.

    Parameters
    ----------
    spec : mapping
        ``features.<name>`` of the configuration.
    cohort : str
        Name of the cohort.
    """
    return cohort in spec.get("tables", ())


def source_in(spec: Mapping[str, Any], cohort: str) -> str:
    """Name of the source that a feature set takes from a cohort.

    Parameters
    ----------
    spec : mapping
        ``features.<name>`` of the configuration, of a kind that has a source.
    cohort : str
        Name of the cohort.
    """
    return spec["tables"][cohort] if gives_regions(spec, cohort) else spec["source"]


def sources_of_effect(effect: Mapping[str, Any]) -> list[str]:
    """Names of the sources that an effect takes from a cohort.

    Parameters
    ----------
    effect : mapping
        ``effects.<name>`` of the completed configuration.
    """
    return [effect[when]["source"] for when in ("before", "after") if effect[when] is not None]


def is_read_before(section: Mapping[str, Any] | None) -> bool:
    """Whether a section ``tiv`` or ``quality`` is read before the first job.

    Parameters
    ----------
    section : mapping or None
        As the configuration has it; None where a cohort has none.
    """
    if not section:
        return False
    return any(key in section and "{" not in str(section[key]) for key in MEASURED)


def read_before(config: Mapping[str, Any], cohort: str) -> list[str]:
    """Names of a cohort's sources that are read before the first job.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    cohort : str
        Name of the cohort.

    Returns
    -------
    list of str
        Those that feature sets of models, effects, ``tiv`` or ``quality`` take.
    """
    own = config["cohorts"][cohort]
    used = {model["features"] for model in config["models"].values()}
    used |= {part for name in used for part in config["features"][name].get("sets", ())}
    specs = [config["features"][name] for name in used]
    names = {source_in(spec, cohort) for spec in specs if "source" in spec}
    names |= {(own[key] or {}).get("source") for key in ("tiv", "quality")}
    effects = [spec["effect"] for spec in specs if "effect" in spec]
    effects += [
        name
        for name in (config["variability"] or {"effects": ()})["effects"]
        if cohort in (config["effects"][name]["cohort"], config["effects"][name]["control"])
    ]
    names |= {name for effect in effects for name in sources_of_effect(config["effects"][effect])}
    return [
        name for name, spec in own["sources"].items() if name in names and not isinstance(spec, str)
    ]


def with_values(config: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """A configuration that says where sources were read into.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    folder : str
        Folder of the tables, in which each cohort has its own.

    Returns
    -------
    dict
        A mapping among ``sources``, and ``tiv`` and ``quality`` that are read before the first job,
        have a key ``read_into``: the path of a table. A cohort with such a source has ``record``,
        the path of the table of who was read from where.
    """
    cohorts = {}
    for name, cohort in config["cohorts"].items():
        cohort = dict(cohort)
        place = f"{folder}/{name}"
        cohort["sources"] = {
            source: spec
            if isinstance(spec, str)
            else {**spec, "read_into": f"{place}/{table_of_source(source, spec)}"}
            for source, spec in cohort["sources"].items()
        }
        for key in ("tiv", "quality"):
            if is_read_before(cohort[key]) or (key == "quality" and cohort[key]):
                cohort[key] = {**cohort[key], "read_into": f"{place}/measures.tsv"}
        if files_of_cohort(config, name, folder):
            cohort["record"] = f"{place}/record.tsv"
        cohorts[name] = cohort
    return {**config, "cohorts": cohorts}


#: How the names of tables end; `inputs.paths` knows a table of images by its end.
IMAGES = ".images.tsv"
_ENDS = {"table": ".tsv", "image": IMAGES}


def table_of_source(source: str, spec: Mapping[str, Any]) -> str:
    """Name of the table into which a source is read.

    Parameters
    ----------
    source : str
        Name of the source.
    spec : mapping
        ``cohorts.<cohort>.sources.<source>``.
    """
    return f"{source}{_ENDS[SOURCES[kind_of_source(spec)]]}"


def files_of_cohort(config: Mapping[str, Any], cohort: str, folder: str) -> list[str]:
    """Tables into which a cohort's sources are read.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    cohort : str
        Name of the cohort.
    folder : str
        As for `with_values`.

    Returns
    -------
    list of str
        Empty where all of the cohort's sources are texts.
    """
    own = config["cohorts"][cohort]
    place = f"{folder}/{cohort}"
    paths = [
        f"{place}/{table_of_source(source, own['sources'][source])}"
        for source in read_before(config, cohort)
    ]
    if is_read_before(own["tiv"]) or own["quality"]:
        paths.append(f"{place}/measures.tsv")
    return [*paths, f"{place}/record.tsv", f"{place}/warnings.tsv"] if paths else []
