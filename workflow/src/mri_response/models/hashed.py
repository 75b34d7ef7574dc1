"""JSON files that carry the hash of what they say."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from mri_response.core.atomic import atomic_path

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
        The hash.
    """
    with open(path, encoding="utf-8") as stream:
        text = json.load(stream)
    sha256 = text.pop("sha256")
    return text, sha256
