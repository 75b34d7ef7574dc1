"""Captions of the figures as files, since Snakemake's own report reads each from a file."""

from __future__ import annotations

import os
from pathlib import Path

from mri_response.core.atomic import atomic_path
from mri_response.report.figures.plan import FIGURES


def keep_captions(folder: str | os.PathLike[str]) -> None:
    """Write the caption of every figure into a file that ends in ``.rst``.

    Parameters
    ----------
    folder : path-like
        Where ``<figure>.rst`` is written; files that are as they should be are left alone.
    """
    os.makedirs(folder, exist_ok=True)
    for kind in FIGURES:
        path = Path(folder, f"{kind.name}.rst")
        if not path.is_file() or path.read_text(encoding="utf-8") != kind.plain_caption:
            with atomic_path(path) as temporary:
                temporary.write_text(kind.plain_caption, encoding="utf-8")
