"""JSON files that carry the hash of what they say, with arrays beside them or without."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mri_response.core.atomic import atomic_path
from mri_response.learning.jobs import load_arrays, save_arrays

PathLike = str | os.PathLike[str]


def text_hash(text: dict[str, Any]) -> str:
    """SHA-256 of a text, whatever the order of its keys.

    Parameters
    ----------
    text : dict
        Nested dictionaries, lists, strings and numbers.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()


def write_hashed(text: dict[str, Any], sha256: str, path: PathLike) -> None:
    """Write a text with its hash, whole or not at all.

    Parameters
    ----------
    text : dict
        What is to be written, in this order of keys.
    sha256 : str
        Hash of the model, which may cover more than the text.
    path : path-like
        JSON file to make.
    """
    with atomic_path(path) as temporary:
        content = json.dumps({"sha256": sha256, **text}, indent=2)
        temporary.write_text(content + "\n", encoding="utf-8")


def read_hashed(path: PathLike) -> tuple[dict[str, Any], str]:
    """Read a text and the hash that was written with it; whether they agree is not checked here.

    Parameters
    ----------
    path : path-like
        JSON file that `write_hashed` has written.

    Returns
    -------
    text : dict
        All keys but the hash.
    sha256 : str
        The hash that was written with the text.
    """
    with open(path, encoding="utf-8") as stream:
        text = json.load(stream)
    sha256 = text.pop("sha256")
    return text, sha256


def parameters_hash(arrays: Mapping[str, np.ndarray], text: dict[str, Any]) -> str:
    """SHA-256 of the numbers and the text of a model.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        Numbers by name, in the order in which they are written.
    text : dict
        Nested dictionaries, lists, strings and numbers.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    digest.update(json.dumps(text, sort_keys=True).encode())
    return digest.hexdigest()


def write_parameters(
    arrays: Mapping[str, np.ndarray], text: dict[str, Any], path: PathLike
) -> None:
    """Write the text of a model with its hash, and its numbers in an ``.npz`` file beside it.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        Numbers by name.
    text : dict
        What else decides which decision values people get, and what a reader must know.
    path : path-like
        JSON file to make.
    """
    save_arrays(arrays, Path(path).with_suffix(".npz"))
    write_hashed(text, parameters_hash(arrays, text), path)


def read_parameters(path: PathLike) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_parameters` has written, and verify its hash.

    Parameters
    ----------
    path : path-like
        JSON file; the ``.npz`` file stands beside it.

    Returns
    -------
    arrays : dict of str to numpy.ndarray
    text : dict

    Raises
    ------
    ValueError
        If the parameters are not those whose hash was written down.
    """
    text, sha256 = read_hashed(path)
    arrays = load_arrays(Path(path).with_suffix(".npz"))
    if parameters_hash(arrays, text) != sha256:
        raise ValueError(f"{path}: its parameters are not those that its hash was written for")
    return arrays, text
