"""How scans of the demo are stored: as CAT12 names them, with its XML, or as a BIDS derivative."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

import nibabel as nib
import numpy as np

from mri_response import __version__
from mri_response.inputs.atlases import load_atlas
from mri_response.inputs.images import load_map
from mri_response.inputs.region_values import region_values
from mri_response.inputs.sources.cat12_regions import ATLAS, cat12_names
from mri_response.simulation.field import smooth_field
from mri_response.simulation.maps import LARGEST, STEP

#: Marks a folder as made here; only such a folder is ever replaced.
NOTICE = "Simulated data. No person was scanned or treated."
#: In place of a version of CAT12, which wrote none of this.
VERSION = "simulated"


class Cat12:
    """Maps in a folder, as CAT12 names them: ``cat12/mri/mwp1<scan>.nii.gz``.

    Parameters
    ----------
    derivatives : Path
        Folder of the derivatives, which may not exist.
    voxel_size_mm : float
        Edge of a voxel.
    """

    #: Whether intracranial volumes are among the files.
    has_tiv = False

    def __init__(self, derivatives: Path, voxel_size_mm: float) -> None:
        self.folder = derivatives / "cat12"
        self.affine = smooth_field(voxel_size_mm).grid.affine
        (self.folder / "mri").mkdir(parents=True)

    def add(self, participant_id: str, values: np.ndarray, tiv: float) -> None:
        """Store one person's scan.

        Parameters
        ----------
        participant_id : str
            Whose scan it is.
        values : numpy.ndarray, shape of the grid
            The map of grey matter.
        tiv : float
            Intracranial volume in ml, for layouts that have it.
        """
        self.add_map(participant_id, values)

    def add_map(self, participant_id: str, values: np.ndarray) -> Path:
        """Store the map; the path of its file.

        Parameters
        ----------
        participant_id : str
            Id of the person.
        values : numpy.ndarray
            Grey matter on the grid of the maps.
        """
        path = self.folder / "mri" / f"mwp1{participant_id}_T1w.nii.gz"
        nib.save(stored(values, self.affine), path)
        return path


class Cat12Xml(Cat12):
    """Maps with CAT12's report and values by region: ``report/cat_*``, ``label/catROI_*``.

    Parameters
    ----------
    derivatives, voxel_size_mm
        See :class:`Cat12`.
    """

    has_tiv = True

    def __init__(self, derivatives: Path, voxel_size_mm: float) -> None:
        super().__init__(derivatives, voxel_size_mm)
        for name in ("report", "label"):
            (self.folder / name).mkdir()
        self.grid = smooth_field(voxel_size_mm).grid
        # On a grid of coarse voxels some regions have none, and are not in the files.
        self.atlas = load_atlas(ATLAS, self.grid, every_region=False)
        self.values_of = region_values(self.atlas)

    def add(self, participant_id: str, values: np.ndarray, tiv: float) -> None:
        """See :meth:`Cat12.add`."""
        path = self.add_map(participant_id, values)
        scan = f"{participant_id}_T1w"
        report = self.folder / "report" / f"cat_{scan}.xml"
        report.write_text(_report(scan, tiv), encoding="utf-8")
        label = self.folder / "label" / f"catROI_{scan}.xml"
        label.write_text(self._regions(load_map(path, self.grid)), encoding="utf-8")

    def _regions(self, values: np.ndarray) -> str:
        """Volumes under CAT12's names."""
        volumes = dict(zip(self.atlas.regions["region"], self.values_of(values), strict=True))
        indices = dict(zip(self.atlas.regions["region"], self.atlas.regions["index"], strict=True))
        found: dict[str, float] = {}
        for region, names in cat12_names().items():
            if region not in volumes:
                continue
            volume = float(volumes[region])
            if len(names) == 1:
                found[names[0]] = volume
            else:
                found |= dict(
                    zip(names, self._halves(values, indices[region], volume), strict=True)
                )
        items = "".join(f"      <item>{escape(name)}</item>\n" for name in found)
        numbers = ";".join(map(repr, found.values()))
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f"<S>\n  <!-- {NOTICE} -->\n  <{ATLAS}>\n    <version>{VERSION}</version>\n"
            f"    <ids>[{';'.join(str(i + 1) for i in range(len(found)))}]</ids>\n"
            f"    <names>\n{items}    </names>\n"
            f"    <data>\n      <Vgm>[{numbers}]</Vgm>\n    </data>\n  </{ATLAS}>\n</S>\n"
        )

    def _halves(self, values: np.ndarray, index: int, volume: float) -> tuple[float, float]:
        """Left and right part of a region on the midline, whose sum is its volume exactly."""
        place = np.argwhere(self.atlas.labels == index)
        left = nib.affines.apply_affine(self.grid.affine, place)[:, 0] < 0
        part = float(values[tuple(place[left].T)].sum(dtype=float))
        part *= self.grid.voxel_volume_mm3 / 1000
        # The difference between a number and more than half of it is exact in floats.
        larger = max(part, volume - part)
        smaller = volume - larger
        return (larger, smaller) if part >= volume / 2 else (smaller, larger)


class Bids:
    """Maps of a BIDS derivative, found by the entities of their names.

    Parameters
    ----------
    derivatives, voxel_size_mm
        See :class:`Cat12`.
    """

    has_tiv = False

    def __init__(self, derivatives: Path, voxel_size_mm: float) -> None:
        self.folder = derivatives / "maps"
        self.affine = smooth_field(voxel_size_mm).grid.affine
        self.folder.mkdir(parents=True)
        description = {
            "Name": "mri-response demo, simulated maps of grey matter",
            "BIDSVersion": "1.10.0",
            "DatasetType": "derivative",
            "License": "CC0",
            "GeneratedBy": [
                {"Name": "mri-response", "Version": __version__, "Description": NOTICE}
            ],
        }
        text = json.dumps(description, indent=2) + "\n"
        (self.folder / "dataset_description.json").write_text(text, encoding="utf-8")

    def add(self, participant_id: str, values: np.ndarray, tiv: float) -> None:
        """See :meth:`Cat12.add`."""
        folder = self.folder / participant_id / "anat"
        folder.mkdir(parents=True)
        entities = "space-MNI152NLin2009cAsym_label-GM_desc-modulated"
        nib.save(
            stored(values, self.affine), folder / f"{participant_id}_{entities}_probseg.nii.gz"
        )


#: Layouts by their names in the configuration.
LAYOUTS: dict[str, type[Cat12 | Bids]] = {"cat12": Cat12, "cat12_xml": Cat12Xml, "bids": Bids}


def stored(values: np.ndarray, affine: np.ndarray) -> nib.Nifti1Image:
    """A map in steps of :data:`mri_response.simulation.maps.STEP`.

    Parameters
    ----------
    values : numpy.ndarray
        Values of the map's voxels.
    affine : numpy.ndarray, shape (4, 4)
        From voxels to millimetres.
    """
    # Integers: small files, and the same bytes wherever the last bit of a sum differs.
    steps = np.rint(np.minimum(values, LARGEST) / STEP).astype(np.int16)
    image = nib.Nifti1Image(steps, affine)
    # The image was given its integers as they are: only the header says what a step is.
    image.header.set_slope_inter(STEP, 0)
    image.header["descrip"] = NOTICE.encode()[:79]
    image.header.set_xyzt_units("mm")
    return image


def _report(scan: str, tiv: float) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f"<S>\n  <!-- {NOTICE} -->\n"
        f"  <filedata><fname>{scan}</fname></filedata>\n"
        f"  <software><version_cat>{VERSION}</version_cat></software>\n"
        f"  <subjectmeasures><vol_TIV>{tiv!r}</vol_TIV></subjectmeasures>\n</S>\n"
    )
