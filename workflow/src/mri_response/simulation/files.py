"""Files of the demo's trial, in the layout of a real study."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import write_tsv
from mri_response.simulation.course import draw_courses
from mri_response.simulation.field import smooth_field
from mri_response.simulation.maps import LARGEST, STEP, grey_matter_map
from mri_response.simulation.people import draw_cohort

SCALE, BASELINE, ENDPOINT = "MADRS", "ses-baseline", "ses-24h"
#: Marks a folder as made here; only such a folder is ever replaced.
NOTICE = "Simulated data. No person was scanned or treated."


def simulate_cohort(
    simulation: Mapping[str, Any], cohort: str, directory: str | os.PathLike[str]
) -> None:
    """Write one cohort as a study has it.

    Parameters
    ----------
    simulation : mapping
        See :func:`mri_response.simulation.people.draw_cohort`; a cohort's ``cat12_reports`` says
        whether TIV is written into CAT12's report files instead of the participants table.
    cohort : str
        Name of the cohort, one of those in the section.
    directory : path-like
        Folder of the study. ``<directory>/<cohort>`` is made anew: ``participants.tsv``,
        ``scores.tsv``, ``dataset_description.json``, ``derivatives/cat12/mri/mwp1*.nii.gz`` and,
        where asked for, ``derivatives/cat12/report/cat_*.xml``.

    Raises
    ------
    InputError
        If the cohort's folder holds something else than simulated data.
    """
    folder = Path(directory) / cohort
    refuse_foreign(folder)
    sizes = simulation["cohorts"][cohort]
    drawn = draw_cohort(simulation, cohort)
    temporary = folder.with_name(f".tmp-{os.getpid()}-{cohort}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        courses = draw_courses(simulation, cohort, drawn.people)
        _write_tables(temporary, drawn.people, courses, cohort, not sizes["cat12_reports"])
        derivatives = temporary / "derivatives" / "cat12"
        (derivatives / "mri").mkdir(parents=True)
        if sizes["cat12_reports"]:
            (derivatives / "report").mkdir()
        affine = smooth_field(float(simulation["voxel_size_mm"])).grid.affine
        people = drawn.people.itertuples(index=False)
        for person, coefficients in zip(people, drawn.coefficients, strict=True):
            if person.status == "no_scan":
                continue
            name = f"{person.participant_id}_T1w"
            image = _stored(grey_matter_map(simulation, coefficients), affine)
            nib.save(image, derivatives / "mri" / f"mwp1{name}.nii.gz")
            if sizes["cat12_reports"]:
                report = derivatives / "report" / f"cat_{name}.xml"
                report.write_text(_cat12_report(name, person.tiv), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder that is about to be made anew and holds something else.

    Parameters
    ----------
    folder : Path
        Folder of a cohort; it may be absent.

    Raises
    ------
    InputError
        If it holds files and no description with :data:`NOTICE`.
    """
    if not folder.exists() or not any(path.is_file() for path in folder.rglob("*")):
        return
    try:
        description = (folder / "dataset_description.json").read_text(encoding="utf-8")
    except OSError:
        description = ""
    if NOTICE not in description:
        raise InputError(
            f"{folder}: found files that the simulation did not make, expected an empty or "
            "simulated folder; give simulation.directory a folder of its own"
        )


def _write_tables(
    folder: Path, people: pd.DataFrame, courses: pd.DataFrame, cohort: str, with_tiv: bool
) -> None:
    columns = ["participant_id", "age", "sex", "site"] + ["tiv"] * with_tiv
    write_tsv(people[columns], folder / "participants.tsv")
    endpoint = people["endpoint"].astype(object).where(people["status"] != "no_endpoint")
    scores = pd.concat(
        [
            pd.DataFrame(
                {
                    "participant_id": people["participant_id"],
                    "session_id": session,
                    "scale": SCALE,
                    "score": values.astype(object),
                }
            )
            for session, values in ((BASELINE, people["baseline"]), (ENDPOINT, endpoint))
        ]
    )
    courses = courses.assign(score=courses["score"].astype("Int64").astype(object))
    both = [scores.sort_index(kind="stable"), courses]
    write_tsv(pd.concat(both, ignore_index=True), folder / "scores.tsv")
    description = {
        "Name": f"mri-response demo, simulated cohort {cohort}",
        "BIDSVersion": "1.10.0",
        "DatasetType": "raw",
        "License": "CC0",
        "Acknowledgements": NOTICE,
        "GeneratedBy": [{"Name": "mri-response", "Description": NOTICE}],
    }
    text = json.dumps(description, indent=2) + "\n"
    (folder / "dataset_description.json").write_text(text, encoding="utf-8")


def _stored(values: np.ndarray, affine: np.ndarray) -> nib.Nifti1Image:
    # Integers: small files, and the same bytes wherever the last bit of a sum differs.
    steps = np.rint(np.minimum(values, LARGEST) / STEP).astype(np.int16)
    image = nib.Nifti1Image(steps, affine)
    # The image was given its integers as they are: only the header says what a step is.
    image.header.set_slope_inter(STEP, 0)
    image.header["descrip"] = NOTICE.encode()[:79]
    image.header.set_xyzt_units("mm")
    return image


def _cat12_report(name: str, tiv: float) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f"<S>\n  <!-- {NOTICE} -->\n"
        f"  <filedata><fname>{name}</fname></filedata>\n"
        f"  <subjectmeasures><vol_TIV>{tiv!r}</vol_TIV></subjectmeasures>\n</S>\n"
    )
