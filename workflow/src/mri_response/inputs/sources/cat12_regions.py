"""CAT12's names of the regions of an atlas that the workflow lays on maps itself.

CAT12 numbers and names the regions of Neuromorphometrics in its own way and cuts the vermis in two.
``data/cat12`` has its name, or both names, of each region.
"""

from __future__ import annotations

from pathlib import Path

from mri_response.core.data import data_path
from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv, shorten

ATLAS = "neuromorphometrics"


def cat12_names() -> dict[str, list[str]]:
    """CAT12's names of each region of Neuromorphometrics.

    Returns
    -------
    dict of str to list of str
        By the workflow's name, in the order of its list; the values of several names add up.
    """
    table = read_tsv(data_path("cat12", f"{ATLAS}.tsv"))
    return {
        region: names.split() for region, names in zip(table["region"], table["cat12"], strict=True)
    }


def cat12_columns() -> list[str]:
    """Columns of a table of CAT12's values that the regions are made from."""
    return [f"{ATLAS}__{name}" for names in cat12_names().values() for name in names]


def check_regions(path: str, key: str) -> None:
    """Check that a table has every region that maps of other cohorts give.

    Parameters
    ----------
    path : str
        Table into which a source ``cat12_rois`` was read.
    key : str
        Key of the source in the configuration, for the message.

    Raises
    ------
    InputError
        Naming the regions that it lacks.
    """
    with Path(path).open(encoding="utf-8") as file:
        there = set(file.readline().rstrip("\n").split("\t"))
    lacking = [column for column in cat12_columns() if column not in there]
    if lacking:
        raise InputError(
            f"config: {key}: found no number for {shorten(lacking, 3)} in CAT12's files, expected "
            "every region that the maps of the other cohorts give; run CAT12's ROI tool again, or "
            "give maps of this cohort too"
        )
