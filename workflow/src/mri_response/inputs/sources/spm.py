"""SPM: tissue volumes in ``*_seg8.mat``, where its utility *Tissue Volumes* has put them."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.inputs.sources.record import Source, State, source_of
from mri_response.inputs.sources.scans import Content, Kind, read_scans

SEG8 = Kind("", "_seg8.mat", "anat", "SPM's segmentation (*_seg8.mat)")
_ADVICE = "run Tissue Volumes (Batch, SPM, Util) on the _seg8.mat files"


def read_seg8(
    folder: str | os.PathLike[str], people: pd.DataFrame, name: str | None = None
) -> Source:
    """Intracranial and tissue volumes from SPM's files of segmentation.

    Parameters
    ----------
    folder : path-like
        The scans' folder, or one with folders of people.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    name : str, optional
        The scan's name with ``{participant_id}`` and ``{session_id}``, as in
        ``{participant_id}_T1w``.

    Returns
    -------
    Source
        Columns ``tiv_ml``, ``gm_ml``, ``wm_ml`` and ``csf_ml``. The intracranial volume is the sum
        of the first three classes; SPM writes litres.

    Raises
    ------
    InputError
        If the folder holds no such file, two fit one person, a file cannot be read, or none of them
        has volumes.
    """
    entries, rows = read_scans(Path(folder), people, SEG8, name, _read)
    without = [entry for entry in entries if entry.state is State.MISSING_VALUE]
    if without and all(not row for row in rows):
        raise InputError(f"{without[0].reason}, and none of anyone else has them")
    return source_of(people, entries, rows)


def _read(raw: bytes, path: Path) -> Content:
    # scipy.io takes long to import and is needed here alone.
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(
            io.BytesIO(raw), squeeze_me=True, struct_as_record=False, variable_names=["volumes"]
        )
    except NotImplementedError:
        raise InputError(
            f"{path}: found MATLAB's format 7.3, expected 7 or older; save it in MATLAB with "
            "save(..., '-v7')"
        ) from None
    except (MatReadError, ValueError, TypeError, EOFError, OSError) as error:
        raise InputError(
            f"{path}: could not be read ({' '.join(str(error).split())[:80]}), expected SPM's file "
            "of segmentation; copy it again or segment the scan again"
        ) from None
    volumes = content.get("volumes")
    if volumes is None:
        reason = f"{path}: found no volumes, expected volumes.litres: {_ADVICE}"
        return Content(program="SPM", reason=reason)
    litres = np.atleast_1d(np.asarray(getattr(volumes, "litres", []), dtype=float))
    if litres.ndim != 1 or len(litres) < 3 or not np.isfinite(litres[:3]).all():
        raise InputError(
            f"{path}: found volumes.litres of shape {litres.shape}, expected finite volumes of at "
            f"least grey matter, white matter and CSF; {_ADVICE}"
        )
    gm, wm, csf = 1000 * litres[:3]
    row = {"tiv_ml": 1000 * litres[:3].sum(), "gm_ml": gm, "wm_ml": wm, "csf_ml": csf}
    return Content({key: float(value) for key, value in row.items()}, "SPM")
