"""Features of kind roi_maps: grey matter in the regions of an atlas."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mri_response.config.source_kinds import gives_regions
from mri_response.core.threads import in_threads
from mri_response.features.job import FeatureJob
from mri_response.features.matrices import PathLike
from mri_response.features.table import table_features
from mri_response.inputs.atlases import Atlas, load_atlas
from mri_response.inputs.images import Grid, load_map, open_image
from mri_response.inputs.region_values import region_values
from mri_response.inputs.sources.cat12_regions import ATLAS, cat12_columns, cat12_names


def make(job: FeatureJob) -> None:
    """Grey matter of each region and person.

    Parameters
    ----------
    job : FeatureJob
        With the files ``image`` and ``regions`` of the atlas on the grid of the maps.
    """
    image, spec = job.files["image"], job.spec
    atlas = load_atlas({"image": image, "labels": job.files["regions"]}, Grid.of(open_image(image)))
    if gives_regions(spec, job.cohort):
        regions = cat12_regions(job.pattern, job.people())
        job.write(regions[list(atlas.regions["region"])])
        return
    resample = spec["grid"] != "native"
    job.write(roi_features(job.maps(), atlas, spec["statistic"], resample, job.threads))


def roi_features(
    paths: Sequence[PathLike],
    atlas: Atlas,
    statistic: str = "sum",
    resample: bool = False,
    threads: int = 1,
) -> pd.DataFrame:
    """Grey matter by region.

    Parameters
    ----------
    paths : sequence of path-like
        The maps of one cohort.
    atlas : Atlas
        On the reference grid.
    statistic : {"sum", "mean"}
        ``sum``: for modulated maps the grey-matter volume in ml, sum(value) * voxel volume in mm3
        / 1000. ``mean``: the mean value over the region's voxels.
    resample : bool, default False
        Whether maps may be on another grid than the atlas.
    threads : int, default 1
        Maps read at a time.

    Returns
    -------
    pandas.DataFrame, shape (maps, regions)
        Rows in the order of the paths, columns in the order of the atlas's table.

    Raises
    ------
    InputError
        If a map cannot be read on the grid of the atlas.
    """
    values_of = region_values(atlas, statistic)

    def row(path: PathLike) -> np.ndarray:
        return values_of(load_map(path, atlas.grid, resample))

    rows = list(in_threads(row, paths, threads))
    return pd.DataFrame(np.array(rows), columns=list(atlas.regions["region"]))


def cat12_regions(path: PathLike, people: pd.DataFrame) -> pd.DataFrame:
    """CAT12's volumes of the regions of Neuromorphometrics, as maps of other cohorts give them.

    Parameters
    ----------
    path : path-like
        Table into which a source ``cat12_rois`` was read.
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    pandas.DataFrame, shape (people, regions)
        In ml, under the workflow's names; both halves of the vermis are added.
    """
    names = cat12_names()
    values = table_features(path, cat12_columns(), people)
    own = {
        region: sum(values[f"{ATLAS}__{part}"] for part in parts) for region, parts in names.items()
    }
    return pd.DataFrame(own)
