"""Files that ship with the package: the schema, lists of regions, templates and captions."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"


def data_path(*parts: str) -> Path:
    """Path of a file or folder that ships with the package.

    Parameters
    ----------
    *parts : str
        Names below the folder ``data`` of the package, as in ``data_path("atlases", "aal.tsv")``.

    Returns
    -------
    pathlib.Path
        The path; it is not checked that anything is there.
    """
    return DATA.joinpath(*parts)
