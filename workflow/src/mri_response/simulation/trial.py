"""The demo's trial: simulated grey-matter maps, scores and tables in the layout of a real study.

A map is the ICBM 2009 grey-matter template times a smooth positive field. The field is a sum of
cubic B-splines on a grid of knots, which add up to 1 everywhere, each times the coefficient

    TIV factor * exp(person + coarse field + fine field + age + sex + scanner + response),

so that the field is positive, and any regional sum is exactly linear in the coefficients (see
:func:`roi_operator`). Nothing downstream of the files knows any of this.

Everything is drawn from generators keyed by seed, cohort and person: neither the order of the jobs
nor the size of a cohort changes a person's random numbers.
"""

import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import write_tsv
from mri_response.inputs.atlases import Atlas, load_atlas
from mri_response.inputs.images import Grid, resampled, template_map

#: Distance of the spline knots, in mm: of the fine field and of the coarse ones.
FINE_MM, COARSE_MM = 12.0, 48.0
#: Standard deviations on the log scale.
PERSON_SD, COARSE_SD, FINE_SD, SCANNER_SD = 0.04, 0.10, 0.25, 0.06
#: Correlation of the fine field between a place and its mirror image in the other hemisphere.
MIRROR_CORRELATION = 0.5
#: Loss of grey matter a year after 40, on the log scale; half as much again in the frontal lobe.
AGE_SLOPE = -0.003
#: Men have less grey matter for their TIV, on the log scale.
SEX_SHIFT = -0.02
#: Regional volumes grow with TIV a little less than in proportion.
TIV_EXPONENT, TYPICAL_TIV_ML = 0.85, 1450.0

#: Step of the stored integers, and the largest value that they can hold.
STEP, LARGEST = 1e-4, 3.2767
#: Template values below this are outside the brain.
FLOOR = 0.02

SCALE, BASELINE, ENDPOINT = "MADRS", "ses-baseline", "ses-24h"
#: Marks a folder as made here; only such a folder is ever replaced.
NOTICE = "Simulated data. No person was scanned or treated."


@dataclass(frozen=True, eq=False)
class SimulatedCohort:
    """One cohort before it is written.

    Attributes
    ----------
    people : pandas.DataFrame
        participant_id, age, sex, site, tiv (ml), responder (bool), baseline, endpoint (MADRS),
        status (``complete``, ``no_endpoint`` or ``no_scan``).
    coefficients : ndarray, shape (people, knots)
        Coefficients of the splines.
    """

    people: pd.DataFrame
    coefficients: np.ndarray


@dataclass(frozen=True, eq=False)
class _Model:
    """What all people share on one grid of voxels."""

    grid: Grid
    template: np.ndarray  # grey matter of the template, shape of the grid
    splines: tuple[np.ndarray, np.ndarray, np.ndarray]  # voxels x knots along each axis
    coarse: tuple[np.ndarray, np.ndarray, np.ndarray]  # knots x coarse knots along each axis
    frontal: np.ndarray  # part of the grey matter around each knot that is frontal
    cerebellar: np.ndarray

    @property
    def knots(self) -> tuple[int, int, int]:
        return tuple(axis.shape[1] for axis in self.splines)

    def at_knots(self, coarse: np.ndarray) -> np.ndarray:
        """A coarse field at the knots of the fine one."""
        return _expand(coarse, self.coarse)

    def field(self, coefficients: np.ndarray) -> np.ndarray:
        """The field at every voxel."""
        return _expand(coefficients.reshape(self.knots), self.splines)


# ---------------------------------------------------------------- drawing people
def draw_cohort(simulation: Mapping[str, Any], cohort: str) -> SimulatedCohort:
    """Draw one cohort's people and the coefficients of their maps.

    Parameters
    ----------
    simulation : mapping
        The section ``simulation`` of the configuration: seed, effect, voxel_size_mm, and for each
        cohort n, responders, effect_present, scanners, missing_endpoint, missing_scan. The people
        without a score or a scan come on top of n.
    cohort : str

    Returns
    -------
    SimulatedCohort
    """
    sizes = simulation["cohorts"][cohort]
    index = list(simulation["cohorts"]).index(cohort)
    seed = simulation["seed"]
    model = _model(float(simulation["voxel_size_mm"]))
    # A seed sequence is padded with zeros, so 0 as a person would be the cohort's own stream:
    # people count from 1.
    rng = np.random.default_rng([seed, index, 0])
    n, responders = sizes["n"], sizes["responders"]
    statuses = np.array(
        [("complete", True)] * responders
        + [("complete", False)] * (n - responders)
        + [("no_endpoint", False)] * sizes["missing_endpoint"]
        + [("no_scan", False)] * sizes["missing_scan"],
        dtype=object,
    )
    statuses = statuses[rng.permutation(len(statuses))]
    status, responder = statuses[:, 0], statuses[:, 1].astype(bool)
    site = np.arange(len(status)) % sizes["scanners"]
    scanners = [
        SCANNER_SD * (rng.standard_normal() + model.at_knots(_coarse_noise(model, rng)))
        for _ in range(sizes["scanners"])
    ]
    effect = simulation["effect"] * (model.frontal - model.cerebellar)
    # The first responder falls by exactly half, the first non-responder by a point less.
    border = {int(np.flatnonzero(complete)[0]) for complete in _classes(status, responder)}

    rows, coefficients = [], []
    for person in range(len(status)):
        rng = np.random.default_rng([seed, index, person + 1])
        sex = "F" if rng.random() < 0.6 else "M"
        age = _between(rng, 42, 12, 18, 70)
        tiv = round(_between(rng, 1400 if sex == "F" else 1560, 115, 1050, 1950), 2)
        baseline, endpoint = _scores(rng, bool(responder[person]), person in border)
        log = (
            PERSON_SD * rng.standard_normal()
            + COARSE_SD * model.at_knots(_coarse_noise(model, rng))
            + FINE_SD * _fine_noise(model, rng)
            + AGE_SLOPE * (age - 40) * (1 + 0.5 * model.frontal)
            + SEX_SHIFT * (sex == "M")
            + scanners[site[person]]
        )
        if sizes["effect_present"]:
            log = log + (0.5 if responder[person] else -0.5) * effect
        factor = (tiv / TYPICAL_TIV_ML) ** TIV_EXPONENT
        coefficients.append((factor * np.exp(log)).ravel())
        rows.append(
            {
                "participant_id": f"sub-{cohort.replace('_', '')}{person + 1:03d}",
                "age": round(age),
                "sex": sex,
                "site": f"{cohort}_{site[person] + 1}",
                "tiv": tiv,
                "responder": bool(responder[person]),
                "baseline": baseline,
                "endpoint": endpoint,
                "status": status[person],
            }
        )
    return SimulatedCohort(pd.DataFrame(rows), np.array(coefficients))


def _classes(status: np.ndarray, responder: np.ndarray) -> list[np.ndarray]:
    complete = status == "complete"
    return [part for part in (complete & responder, complete & ~responder) if part.any()]


def _scores(rng: np.random.Generator, responder: bool, border: bool) -> tuple[int, int]:
    """MADRS before and 24 h after, on the right side of a fall by half."""
    baseline = round(_between(rng, 32, 5, 20, 50))
    fall = 0.5 + 0.5 * rng.beta(2.0, 1.8) if responder else _between(rng, 0.20, 0.16, -0.15, 0.49)
    if border:
        baseline += baseline % 2
        return baseline, baseline // 2 + (not responder)
    if responder:
        return baseline, min(math.floor(baseline * (1 - fall)), baseline // 2)
    return baseline, min(max(math.ceil(baseline * (1 - fall)), baseline // 2 + 1), 60)


def _between(
    rng: np.random.Generator, mean: float, sd: float, lowest: float, highest: float
) -> float:
    """A normal draw, repeated until it lies between two bounds."""
    while True:
        value = rng.normal(mean, sd)
        if lowest <= value <= highest:
            return value


def _coarse_noise(model: _Model, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(tuple(axis.shape[1] for axis in model.coarse))


def _fine_noise(model: _Model, rng: np.random.Generator) -> np.ndarray:
    """Noise of variance 1 that correlates with its mirror image (off the midline)."""
    noise = rng.standard_normal(model.knots)
    mirrored = noise[::-1]
    alike, apart = (1 + MIRROR_CORRELATION) / 2, (1 - MIRROR_CORRELATION) / 2
    return (
        math.sqrt(alike) * (noise + mirrored) + math.sqrt(apart) * (noise - mirrored)
    ) / math.sqrt(2)


# ---------------------------------------------------------------- maps and regions
def grey_matter_map(simulation: Mapping[str, Any], coefficients: np.ndarray) -> np.ndarray:
    """The map of one person, before it is stored in steps of :data:`STEP`.

    Parameters
    ----------
    simulation : mapping
    coefficients : ndarray, shape (knots,)

    Returns
    -------
    ndarray, shape of the grid
    """
    model = _model(float(simulation["voxel_size_mm"]))
    return model.template * model.field(coefficients)


def roi_operator(simulation: Mapping[str, Any], atlas: Atlas) -> np.ndarray:
    """Regional grey matter as a linear function of the coefficients.

    Parameters
    ----------
    simulation : mapping
    atlas : Atlas
        On the simulation's grid.

    Returns
    -------
    ndarray, shape (regions, knots)
        In ml: ``roi_operator(...) @ coefficients`` is what
        :func:`features.roi_maps.roi_features` finds in the map, up to its storage in integers.
    """
    model = _model(float(simulation["voxel_size_mm"]))
    if not atlas.grid.matches(model.grid.shape, model.grid.affine):
        raise ValueError(f"atlas on {atlas.grid}, simulation on {model.grid}")
    factor = model.grid.voxel_volume_mm3 / 1000
    return np.array(
        [
            factor * _project(model, np.where(atlas.labels == index, model.template, 0)).ravel()
            for index in atlas.regions["index"]
        ]
    )


def planted_table(simulation: Mapping[str, Any], atlas: Atlas) -> pd.DataFrame:
    """What was planted, by region.

    Parameters
    ----------
    simulation : mapping
    atlas : Atlas
        On any grid.

    Returns
    -------
    pandas.DataFrame
        ``region`` and ``planted``: relative difference in grey matter, responders minus
        non-responders, in % of the latter.
    """
    model, maps = _planted_maps(simulation)
    sums = []
    for values in maps:
        if not atlas.grid.matches(model.grid.shape, model.grid.affine):
            values = resampled(values.astype(np.float32), model.grid, atlas.grid)
        sums.append(
            [values[atlas.labels == index].sum(dtype=float) for index in atlas.regions["index"]]
        )
    responders, others = np.array(sums)
    return pd.DataFrame(
        {"region": atlas.regions["region"], "planted": 100 * (responders / others - 1)}
    )


def planted_image(simulation: Mapping[str, Any]) -> nib.Nifti1Image:
    """What was planted, at every voxel: in %, as in :func:`planted_table`; 0 outside the brain."""
    model, (responders, others) = _planted_maps(simulation)
    difference = np.zeros(model.grid.shape, dtype=np.float32)
    brain = others > 0
    difference[brain] = 100 * (responders[brain] / others[brain] - 1)
    return nib.Nifti1Image(difference, model.grid.affine)


def _planted_maps(simulation: Mapping[str, Any]) -> tuple[_Model, list[np.ndarray]]:
    """Maps of a responder and of a non-responder without any noise."""
    model = _model(float(simulation["voxel_size_mm"]))
    effect = simulation["effect"] * (model.frontal - model.cerebellar)
    return model, [model.template * model.field(np.exp(half * effect)) for half in (0.5, -0.5)]


# ---------------------------------------------------------------- files
def simulate_cohort(
    simulation: Mapping[str, Any], cohort: str, directory: str | os.PathLike[str]
) -> None:
    """Write one cohort as a study has it.

    Parameters
    ----------
    simulation : mapping
        See :func:`draw_cohort`; a cohort's ``cat12_reports`` says whether TIV is written into
        CAT12's report files instead of the participants table.
    cohort : str
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
        _write_tables(temporary, drawn.people, cohort, with_tiv=not sizes["cat12_reports"])
        derivatives = temporary / "derivatives" / "cat12"
        (derivatives / "mri").mkdir(parents=True)
        if sizes["cat12_reports"]:
            (derivatives / "report").mkdir()
        affine = _model(float(simulation["voxel_size_mm"])).grid.affine
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


def _write_tables(folder: Path, people: pd.DataFrame, cohort: str, with_tiv: bool) -> None:
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
    write_tsv(scores.sort_index(kind="stable"), folder / "scores.tsv")
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


# ---------------------------------------------------------------- splines
@lru_cache(maxsize=2)
def _model(voxel_size_mm: float) -> _Model:
    template = template_map(voxel_size_mm)
    grid = Grid.of(template)
    grey = template.get_fdata()
    grey = np.where(grey < FLOOR, 0.0, np.minimum(grey, 1.0))
    axes = [
        grid.affine[axis, 3] + grid.affine[axis, axis] * np.arange(grid.shape[axis])
        for axis in range(3)
    ]
    knots = [_knots(axis, FINE_MM) for axis in axes]
    splines = tuple(
        _splines(axis, points, FINE_MM) for axis, points in zip(axes, knots, strict=True)
    )
    coarse = tuple(_splines(points, _knots(points, COARSE_MM), COARSE_MM) for points in knots)
    model = _Model(grid, grey, splines, coarse, np.zeros(1), np.zeros(1))
    atlas = load_atlas("neuromorphometrics", grid)
    parts = {}
    total = _project(model, grey)
    for lobe in ("frontal", "cerebellum"):
        indices = atlas.regions["index"][atlas.regions["lobe"] == lobe]
        part = _project(model, np.where(np.isin(atlas.labels, indices), grey, 0))
        parts[lobe] = np.divide(part, total, out=np.zeros_like(total), where=total > 0)
    return _Model(grid, grey, splines, coarse, parts["frontal"], parts["cerebellum"])


def _knots(points: np.ndarray, distance: float) -> np.ndarray:
    """Knots at multiples of the distance, alike on both sides of 0, whose splines cover all."""
    reach = math.ceil(np.abs(points).max() / distance) + 1
    return distance * np.arange(-reach, reach + 1)


def _splines(points: np.ndarray, knots: np.ndarray, distance: float) -> np.ndarray:
    """Cubic B-splines of equidistant knots, shape (points, knots); rows sum to 1."""
    t = np.abs(points[:, None] - knots) / distance
    return np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.where(t < 2, (2 - t) ** 3 / 6, 0.0))


# np.einsum without its optimiser adds in a fixed order; a threaded matrix product may not.
def _expand(coefficients: np.ndarray, axes: tuple[np.ndarray, ...]) -> np.ndarray:
    values = np.einsum("xi,ijk->xjk", axes[0], coefficients)
    values = np.einsum("yj,xjk->xyk", axes[1], values)
    return np.einsum("zk,xyk->xyz", axes[2], values)


def _project(model: _Model, weights: np.ndarray) -> np.ndarray:
    """Sum over the voxels of weight times spline, for each spline."""
    values = np.einsum("zk,xyz->xyk", model.splines[2], weights)
    values = np.einsum("yj,xyk->xjk", model.splines[1], values)
    return np.einsum("xi,xjk->ijk", model.splines[0], values)
