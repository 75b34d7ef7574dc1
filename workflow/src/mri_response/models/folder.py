"""The folder of a model that travels: text, numbers, and the hash of each of its files.

Nothing in it can run: the text is JSON, the numbers are arrays without pickled objects.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.provenance import file_sha256
from mri_response.learning.jobs import load_arrays, save_arrays
from mri_response.models.hashed import PathLike

#: What a folder holds beside the list of hashes.
TEXT, NUMBERS, CARD = "model.json", "model.npz", "README.md"
FILES = (TEXT, NUMBERS, CARD)
MANIFEST = "manifest.json"
#: Version of the folder's layout; a folder of another one is refused.
FORMAT = 1


def write_folder(
    folder: PathLike, text: Mapping[str, Any], arrays: Mapping[str, np.ndarray], card: str
) -> None:
    """Write a model, and the hashes of its files last.

    Parameters
    ----------
    folder : path-like
        Folder to make.
    text : mapping
        Nested mappings, lists, texts and numbers.
    arrays : mapping of str to numpy.ndarray
        Numbers by name.
    card : str
        Model card, as Markdown.
    """
    folder = Path(folder)
    _write_text(folder / TEXT, json.dumps(text, indent=1, ensure_ascii=False) + "\n")
    save_arrays(dict(arrays), folder / NUMBERS)
    _write_text(folder / CARD, card)
    hashes = {name: file_sha256(folder / name) for name in FILES}
    _write_text(
        folder / MANIFEST, json.dumps({"format": FORMAT, "sha256": hashes}, indent=1) + "\n"
    )


def _write_text(path: Path, content: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def folder_sha256(folder: PathLike) -> str:
    """SHA-256 of a folder: that of its list of hashes.

    Parameters
    ----------
    folder : path-like
        A model's folder.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256((Path(folder) / MANIFEST).read_bytes()).hexdigest()


def check_folder(folder: PathLike) -> None:
    """Compare the files of a folder with its list of hashes.

    Parameters
    ----------
    folder : path-like
        A model's folder.

    Raises
    ------
    InputError
        If it is no such folder, is of another format, lacks a file or has another content.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found, hashes = manifest["format"], manifest["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"{folder}: found no readable {MANIFEST}, expected the folder of a model "
            "(results/<run>/models/<model>) with all its files; correct the path or copy it whole"
        ) from None
    if found != FORMAT:
        raise InputError(
            f"{folder / MANIFEST}: found format {found!r}, expected {FORMAT}; use the version of "
            "mri-response that made the folder, or make it again"
        )
    for name in FILES:
        if not (folder / name).is_file():
            raise InputError(f"{folder}: found no {name}, expected it; copy the folder whole")
        if file_sha256(folder / name) != hashes.get(name):
            raise InputError(
                f"{folder / name}: found another content than the one whose hash stands in "
                f"{MANIFEST}, expected the file as it was made; get the folder again "
                "from its author"
            )


def read_text(folder: PathLike) -> dict[str, Any]:
    """Verify a folder and read the text of its model.

    Parameters
    ----------
    folder : path-like
        A model's folder.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        As `check_folder`, and if the text is no JSON though its hash is right.
    """
    check_folder(folder)
    path = Path(folder) / TEXT
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise _unreadable(path, "JSON") from None


def _unreadable(path: Path, what: str) -> InputError:
    return InputError(
        f"{path}: found no {what}, though its hash stands in {MANIFEST}, expected the file as the "
        "workflow made it; get the folder again from its author"
    )


def read_numbers(folder: PathLike) -> dict[str, np.ndarray]:
    """Read the numbers of a folder that was verified.

    Parameters
    ----------
    folder : path-like
        A model's folder.

    Returns
    -------
    dict of str to numpy.ndarray

    Raises
    ------
    InputError
        If they cannot be read, though their hash is right.
    """
    path = Path(folder) / NUMBERS
    try:
        return load_arrays(path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise _unreadable(path, "arrays of numbers") from None
