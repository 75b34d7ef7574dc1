"""Whether scans can be analysed together: field of view, scale of the values, space of the maps.

Each map and cohort is measured, whatever is conspicuous is told, and what cannot be analysed ends
the run before a model is fitted. No label is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import nibabel as nib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.inputs.images import Grid

#: Part of the grey-matter template outside a map from which it is flagged, and refused.
OUTSIDE_FLAGGED, OUTSIDE_REFUSED = 0.01, 0.10
#: Times the discovery cohort's level, or one part of it, beyond which a cohort's is told: the mean
#: of the map or the median over all regions, and a single region. Brains differ by less.
SCALE_TOLD, REGION_TOLD = 1.5, 5.0
#: Times the discovery cohort's level, or one part of it, beyond which a cohort is refused.
SCALE_REFUSED, REGION_REFUSED = 3.0, 50.0
#: Correlation of the mean map with the grey-matter template, inside it, below which a cohort is
#: told, and refused. Grey matter of adults in template space is far above; white matter is below 0.
TEMPLATE_TOLD, TEMPLATE_REFUSED = 0.5, 0.3
#: Voxels below this part of a map's usual values (99th percentile) are empty.
_EMPTY = 0.05


def outside_part(values: NDArray, own: Grid, grid: Grid, mask: NDArray[np.bool_]) -> float:
    """Part of a mask that a map does not show.

    Parameters
    ----------
    values : ndarray, shape of ``grid``
        The map, 0 outside its field of view.
    own, grid : Grid
        The map's own grid, and the one that it was brought to.
    mask : ndarray of bool, shape of ``grid``
        Voxels that are analysed.

    Returns
    -------
    float
        0 to 1: voxels of the mask outside the map's own box, or in slices at the edges of the box
        in which the map is empty, since programs fill a cropped image up with zeros.
    """
    places = np.argwhere(mask)
    outside = np.zeros(len(places), dtype=bool)
    if own.shape != grid.shape or not np.array_equal(own.affine, grid.affine):
        to_own = np.linalg.inv(own.affine) @ grid.affine
        there = nib.affines.apply_affine(to_own, places)
        outside = ((there < -0.5) | (there > np.array(own.shape) - 0.5)).any(axis=1)
    positive = values[values > 0]
    if positive.size:
        full = values > _EMPTY * np.quantile(positive, 0.99)
        for axis in range(3):
            shown = np.flatnonzero(
                full.any(axis=tuple(other for other in range(3) if other != axis))
            )
            outside |= (places[:, axis] < shown[0]) | (places[:, axis] > shown[-1])
    return float(outside.mean())


def likeness(voxels: NDArray, template: NDArray) -> float:
    """Correlation of a cohort's mean map with the grey-matter template.

    Parameters
    ----------
    voxels : ndarray, shape (n, q)
        Maps in some voxels of the template.
    template : ndarray, shape (q,)
        The template in these voxels.

    Returns
    -------
    float
        NaN where either is the same everywhere.
    """
    mean = voxels.mean(axis=0, dtype=float)
    if len(mean) < 2 or mean.std() == 0 or template.std() == 0:
        return float("nan")
    return float(np.corrcoef(mean, template)[0, 1])


def refuse_cropped(outside: Sequence[float], people: pd.DataFrame, where: str) -> None:
    """Stop where scans that would be analysed do not show the brain.

    Parameters
    ----------
    outside : sequence of float, shape (n,)
        As from `outside_part`.
    people : DataFrame
        Rows with ``participant_id``.
    where : str
        Cohort and source, for the message.

    Raises
    ------
    InputError
        Naming the first people and the number of all.
    """
    parts = np.asarray(outside, dtype=float)
    cut = parts > OUTSIDE_REFUSED
    if cut.any():
        names = shorten(people["participant_id"][cut], 3)
        raise InputError(
            f"{where}: found {cut.sum()} maps whose field of view leaves out up to "
            f"{100 * parts.max():.0f} % of the grey-matter template ({names}), expected at most "
            f"{100 * OUTSIDE_REFUSED:.0f} %; make them again, or leave these people out (where)"
        )


def view_note(outside: pd.Series) -> str | None:
    """What to say of a cohort some of whose scans do not show the whole brain.

    Parameters
    ----------
    outside : Series of float, shape (n,)
        As from `outside_part`, of the scans that rules of quality control keep.

    Returns
    -------
    str or None
    """
    cut = outside > OUTSIDE_FLAGGED
    if not cut.any():
        return None
    return (
        f"{cut.sum()} of {len(outside)} maps leave out more than {100 * OUTSIDE_FLAGGED:g} % of "
        f"the grey-matter template, at most {100 * outside.max():.0f} % (map_outside in qc.tsv): "
        "do all scans show the same part of the brain, whatever the outcome?"
    )


def space_note(likeness: float, where: str) -> str | None:
    """What to say of a cohort whose mean map hardly looks like grey matter in template space.

    Parameters
    ----------
    likeness : float
        As from `likeness`; NaN where not known.
    where : str
        Cohort and source.

    Returns
    -------
    str or None

    Raises
    ------
    InputError
        Below `TEMPLATE_REFUSED`.
    """
    if not likeness < TEMPLATE_TOLD:
        return None
    found = f"the mean map correlates {likeness:.2f} with the grey-matter template"
    if likeness < TEMPLATE_REFUSED:
        raise InputError(
            f"{where}: found that {found}, expected at least {TEMPLATE_REFUSED:g}; give maps of "
            "grey matter (not of white matter) in template (MNI) space"
        )
    return f"{found} (below {TEMPLATE_TOLD:g}): are these maps of grey matter in template space?"


def scale_notes(
    levels: Mapping[str, float], reference: Mapping[str, float], where: str, discovery: str
) -> list[str]:
    """What to say of a cohort whose values are on another scale than those of the discovery cohort.

    Parameters
    ----------
    levels, reference : mapping of str to float
        Median of each measure in the cohort and in the discovery cohort, by its name; those of
        measures that are not positive throughout are left out by the caller.
    where : str
        Cohort and source.
    discovery : str
        Name of the discovery cohort.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        Beyond `SCALE_REFUSED`, or `REGION_REFUSED` for a single measure.
    """
    ratios = {
        name: levels[name] / reference[name]
        for name in levels
        if name in reference and levels[name] > 0 and reference[name] > 0
    }
    if not ratios:
        return []
    overall = float(np.exp(np.median(np.log(list(ratios.values())))))
    farthest = max(ratios, key=lambda name: abs(np.log(ratios[name])))
    most = ratios[farthest]
    advice = "expected one unit and one scale in all cohorts; bring them to the same"
    notes = []
    for what, ratio, told, refused in (
        ("values", overall, SCALE_TOLD, SCALE_REFUSED),
        (f"values of {farthest}", most, REGION_TOLD, REGION_REFUSED),
    ):
        shown = float(f"{ratio:.3g}")
        text = f"{what} are {shown:g} times those of the discovery cohort {discovery}"
        beyond = max(ratio, 1 / ratio)
        if beyond > refused:
            raise InputError(f"{where}: found that {text} (medians), {advice}")
        if beyond > told:
            notes.append(f"{text} (medians): is the scale the same?")
    return notes
