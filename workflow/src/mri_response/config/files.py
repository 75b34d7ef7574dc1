"""The configuration as a file: what YAML would read without a word is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from mri_response.core.errors import InputError


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A configuration as YAML reads it.

    Parameters
    ----------
    path : path-like
        YAML or JSON in UTF-8.

    Returns
    -------
    dict
        As it stands in the file, without defaults and unchecked.

    Raises
    ------
    InputError
        If the file is missing, is no UTF-8 text or no YAML, holds no keys, or has a key twice, of
        which YAML would silently take the last.
    """
    text = _text(Path(path))
    try:
        content = yaml.load(text, Loader=_OnceLoader)
    except _KeyAgain as again:
        key, first, line = again.args
        raise InputError(
            f"{path}: line {line}: found the key {key!r} again (first on line {first}), expected "
            "each key once in a section; put both under one key or remove one"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputError(
            f"{path}: {where}found text that is not YAML ({problem}), expected a configuration; "
            "correct it or the line above (keys of a section begin below each other, indented with "
            "spaces; a space stands behind each colon; texts with special characters are quoted)"
        ) from None
    if not isinstance(content, dict):
        raise InputError(
            f"{path}: found no keys, expected a configuration (key: value); if it is a target of "
            "snakemake, name it before --configfile, which takes all that follows as configurations"
        )
    return content


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"{path}: file not found, expected a configuration (YAML); correct the path. If "
            "it is a "
            "target of snakemake, name it before --configfile, which takes all that follows as "
            "configurations"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{path}: could not be read ({reason}), expected a configuration (YAML); correct the "
            "path or the permissions"
        ) from None
    try:
        text = raw.decode("utf-8-sig")
        line, what = raw.count(b"\n", 0, raw.find(b"\0")) + 1, "a byte 0"
    except UnicodeDecodeError as error:
        text, line, what = "\0", raw.count(b"\n", 0, error.start) + 1, "a byte that is not UTF-8"
    if "\0" not in text:
        return text
    if b"\0" in raw[:4]:  # a mark of the byte order, or a Latin letter in two bytes or four
        line, what = 1, "UTF-16 or UTF-32 text"
    raise InputError(
        f"{path}: line {line}: found {what}, expected UTF-8 text; save the file as UTF-8"
    )


class _KeyAgain(Exception):
    """A key, and the lines where it stands first and again."""


class _OnceLoader(yaml.SafeLoader):
    """Reads what `yaml.SafeLoader` reads, where every key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            # Keys that an anchor brings in may be there again; that is what it is for.
            if key.tag == "tag:yaml.org,2002:merge" or not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            if lines.setdefault(key.value, line) != line:
                raise _KeyAgain(key.value, lines[key.value], line)
        return super().construct_mapping(node, deep=deep)
