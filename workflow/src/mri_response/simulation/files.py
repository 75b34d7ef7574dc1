"""Files of the demo's trial, in the layout of a real study."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import write_tsv
from mri_response.simulation.course import draw_courses
from mri_response.simulation.layouts import LAYOUTS, NOTICE
from mri_response.simulation.maps import grey_matter_map
from mri_response.simulation.people import draw_cohort

SCALE, BASELINE, ENDPOINT = "MADRS", "ses-baseline", "ses-24h"


def simulate_cohort(
    simulation: Mapping[str, Any], cohort: str, directory: str | os.PathLike[str]
) -> None:
    """Write one cohort as a study has it.

    Parameters
    ----------
    simulation : mapping
        See :func:`mri_response.simulation.people.draw_cohort`; a cohort's ``layout`` says how its
        scans are stored, see :mod:`mri_response.simulation.layouts`.
    cohort : str
        Name of the cohort, one of those in the section.
    directory : path-like
        Folder of the study. ``<directory>/<cohort>`` is made anew: ``participants.tsv``,
        ``scores.tsv``, ``dataset_description.json`` and ``derivatives``.

    Raises
    ------
    InputError
        If the cohort's folder holds something else than simulated data.
    """
    sizes = simulation["cohorts"][cohort]
    with made_anew(Path(directory) / cohort) as folder:
        drawn = draw_cohort(simulation, cohort)
        courses = draw_courses(simulation, cohort, drawn.people)
        layout = LAYOUTS[sizes["layout"]]
        _write_tables(folder, drawn.people, courses, cohort, not layout.has_tiv)
        store = layout(folder / "derivatives", float(simulation["voxel_size_mm"]))
        people = drawn.people.itertuples(index=False)
        for person, coefficients in zip(people, drawn.coefficients, strict=True):
            if person.status != "no_scan":
                values = grey_matter_map(simulation, coefficients)
                store.add(person.participant_id, values, person.tiv)


@contextmanager
def made_anew(directory: str | os.PathLike[str]) -> Iterator[Path]:
    """Fill a folder beside a simulated one, which it replaces once it is whole.

    Parameters
    ----------
    directory : path-like
        The folder; it may be absent.

    Yields
    ------
    Path
        An empty folder to be filled. Where that fails, the folder of before stays.

    Raises
    ------
    InputError
        If the folder holds something else than simulated data.
    """
    folder = Path(directory)
    refuse_foreign(folder)
    temporary = folder.with_name(f".tmp-{os.getpid()}-{folder.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_description(folder: Path, what: str, **more: Any) -> None:
    """Write the ``dataset_description.json`` of a simulated folder, by which it is known as such.

    Parameters
    ----------
    folder : Path
        Folder in which the file is written.
    what : str
        What is simulated, for the name of the data set.
    **more
        Further keys of the description.
    """
    description = {
        "Name": f"mri-response demo, {what}",
        "BIDSVersion": "1.10.0",
        "DatasetType": "raw",
        "License": "CC0",
        "Acknowledgements": NOTICE,
        **more,
    }
    text = json.dumps(description, indent=2) + "\n"
    (folder / "dataset_description.json").write_text(text, encoding="utf-8")


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
    made_by = [{"Name": "mri-response", "Description": NOTICE}]
    write_description(folder, f"simulated cohort {cohort}", GeneratedBy=made_by)
