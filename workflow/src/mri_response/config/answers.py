"""Items of the checklists, and what the authors answer to those that no run can."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mri_response.core.data import data_path
from mri_response.core.errors import InputError
from mri_response.core.tables import suggestion

RESOURCES = data_path("documents")


@cache
def resource(name: str) -> Any:
    """Content of a file of ``data/documents``, by its name without suffix."""
    return yaml.safe_load((RESOURCES / f"{name}.yaml").read_text(encoding="utf-8"))


def tripod_items() -> list[str]:
    """Numbers of the items of TRIPOD+AI, in order."""
    return [entry["item"] for entry in resource("tripod")]


def read_answers(answers: Mapping[str, str] | str | os.PathLike[str]) -> dict[str, str]:
    """Answers of the authors to items of TRIPOD+AI.

    Parameters
    ----------
    answers : mapping or path-like
        Item to answer, or a YAML file with such a mapping (``reporting.tripod`` of the
        configuration).

    Returns
    -------
    dict of str to str

    Raises
    ------
    InputError
        One line: file, item, what was found, what was expected.
    """
    if isinstance(answers, Mapping):
        return {item: " ".join(text.split()) for item, text in answers.items()}
    path = os.fspath(answers)
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError:
        raise InputError(
            f"{path}: found no such file, expected answers to TRIPOD+AI; correct "
            "reporting.tripod of the configuration"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = " ".join(str(error).split())
        raise InputError(f"{path}: found no YAML ({line}), expected item: answer") from None
    if not isinstance(found, Mapping):
        raise InputError(
            f"{path}: found no mapping, expected lines such as 3a: answer; write one per line"
        )
    items = tripod_items()
    read = {}
    for key, text in found.items():
        item = str(key)
        if item not in items:
            raise InputError(
                f"{path}: {item}: found the unknown item {item!r}, expected one of TRIPOD+AI (1 to "
                f"{items[-1]}); {suggestion(item, items)}rename or remove it"
            )
        if not isinstance(text, str) or not text.strip():
            raise InputError(
                f"{path}: {item}: found {text!r}, expected a text; write the answer in quotes or "
                "remove the item"
            )
        read[item] = " ".join(text.split())
    return read
