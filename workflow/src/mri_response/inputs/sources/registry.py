"""The reader of each kind of source, by the keys of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mri_response.config.source_kinds import kind_of_source
from mri_response.inputs.sources.bids import BidsRequest, find_images
from mri_response.inputs.sources.cat12 import RoiRequest, read_reports, read_rois
from mri_response.inputs.sources.cat12_text import read_tiv_text
from mri_response.inputs.sources.deepmriprep import read_region_files, read_tiv_files
from mri_response.inputs.sources.freesurfer import StatsRequest, read_freesurfer
from mri_response.inputs.sources.record import Source
from mri_response.inputs.sources.region_tables import TableRequest, read_region_tables
from mri_response.inputs.sources.spm import read_seg8
from mri_response.inputs.text import TableFormat

#: From the section of a source and people (``participant_id``, ``session_id``) to what was read.
Reader = Callable[[Mapping[str, Any], pd.DataFrame], Source]

_NO_ENTITIES = {"bids", "suffix", "datatype", "read_into"}


def _freesurfer(spec: Mapping[str, Any], people: pd.DataFrame) -> Source:
    request = StatsRequest(tuple(spec["stats"]), tuple(spec["measures"]), spec["subject"])
    return read_freesurfer(spec["freesurfer"], people, request)


def _region_tables(spec: Mapping[str, Any], people: pd.DataFrame) -> Source:
    form = TableFormat.from_config(spec["format"], separators="\t,; ")
    request = TableRequest(spec["subject"], spec["id_column"], spec["session_column"], form)
    return read_region_tables(spec["region_tables"], people, request)


def _cat12_rois(spec: Mapping[str, Any], people: pd.DataFrame) -> Source:
    request = RoiRequest(tuple(spec["atlases"]), tuple(spec["values"]), spec["name"])
    return read_rois(spec["cat12_rois"], people, request)


def _deepmriprep_rois(spec: Mapping[str, Any], people: pd.DataFrame) -> Source:
    folder = spec["deepmriprep_rois"]
    return read_region_files(folder, people, spec["atlas"], spec["values"], spec["name"])


def _bids(spec: Mapping[str, Any], people: pd.DataFrame) -> Source:
    entities = {
        key: None if value is None else str(value)
        for key, value in spec.items()
        if key not in _NO_ENTITIES
    }
    return find_images(
        spec["bids"], people, BidsRequest(spec["suffix"], entities, spec["datatype"])
    )


#: Readers of ``sources``.
SOURCES: dict[str, Reader] = {
    "freesurfer": _freesurfer,
    "region_tables": _region_tables,
    "cat12_rois": _cat12_rois,
    "deepmriprep_rois": _deepmriprep_rois,
    "bids": _bids,
}
#: Readers of ``tiv`` and ``quality`` that take a folder or file of all people.
MEASURES: dict[str, Reader] = {
    "cat12_report": lambda spec, people: read_reports(spec["cat12_report"], people, spec["name"]),
    "cat12_tiv": lambda spec, people: read_tiv_text(spec["cat12_tiv"], people, spec["name"]),
    "spm_seg8": lambda spec, people: read_seg8(spec["spm_seg8"], people, spec["name"]),
    "deepmriprep": lambda spec, people: read_tiv_files(spec["deepmriprep"], people, spec["name"]),
}


def read_source(spec: Mapping[str, Any], people: pd.DataFrame) -> Source:
    """Read a source of the configuration.

    Parameters
    ----------
    spec : mapping
        ``cohorts.<cohort>.sources.<source>``, which is a mapping.
    people : pandas.DataFrame
        ``participant_id`` and, where people have sessions, ``session_id``, as text.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        If it cannot be read or has nobody of the people.
    """
    return SOURCES[str(kind_of_source(spec))](spec, people)
