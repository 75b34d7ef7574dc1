"""What is known of the texts of modules: their code as a hash, and what they import.

Parsing a text takes milliseconds, and the rules, which every job of a cluster reads, ask for
several hundred. What is known of a text holds for ever: the main process keeps it in a file.
"""

import ast
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mri_response.core.atomic import atomic_path


class SourceText(NamedTuple):
    """What is known of the text of a module.

    Attributes
    ----------
    code : str
        SHA-256 of its syntax tree; comments, docstrings, formatting and the Python version do not
        change it.
    imports : list of list
        Its imports but for those for annotations alone: the number of dots, the module, and the
        names that are taken from it, None where the module itself is imported.
    """

    code: str
    imports: list[list[Any]]


_KNOWN: dict[str, SourceText] = {}
_ASKED: set[str] = set()


def known(source: bytes) -> SourceText:
    """What is known of a text; it is read where nothing is known yet.

    Parameters
    ----------
    source : bytes
        Content of a Python file.

    Returns
    -------
    SourceText
    """
    key = hashlib.sha256(source).hexdigest()
    if key not in _KNOWN:
        tree = ast.parse(source)
        code = hashlib.sha256(_dump(tree).encode()).hexdigest()
        _KNOWN[key] = SourceText(code, list(_imports(tree)))
    _ASKED.add(key)
    return _KNOWN[key]


def recall_texts(path: str | os.PathLike[str]) -> None:
    """Take what an earlier process kept, if it was made by this module as it is now.

    Parameters
    ----------
    path : path-like
        File of `keep_texts`, which may be missing or spoilt.
    """
    try:
        kept = json.loads(Path(path).read_text(encoding="utf-8"))
        if kept["reader"] == _reader():
            _KNOWN.update((key, SourceText(*value)) for key, value in kept["texts"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return


def keep_texts(path: str | os.PathLike[str]) -> None:
    """Keep what this process was asked for.

    Parameters
    ----------
    path : path-like
        JSON file, which is replaced.
    """
    kept = {"reader": _reader(), "texts": {key: _KNOWN[key] for key in sorted(_ASKED)}}
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(kept), encoding="utf-8")


def _reader() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _imports(tree: ast.Module) -> Iterator[list[Any]]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ([0, alias.name, None] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield [node.level, node.module or "", [alias.name for alias in node.names]]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse  # names for annotations: nothing of theirs runs
        elif not isinstance(node, ast.expr):  # no expression holds a statement
            waiting += ast.iter_child_nodes(node)


def _dump(node: Any) -> str:
    """A syntax tree as text without positions, docstrings and empty fields.

    `ast.dump` would do but for the empty fields: they come and go with the Python version.
    """
    if isinstance(node, list):
        return "[" + ",".join(_dump(item) for item in node) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and _has_docstring(node):
            value = value[1:]
        if value is not None and value != []:
            fields.append(f"{name}={_dump(value)}")
        elif name == "value" and isinstance(node, ast.Constant):
            fields.append("value=None")
    return f"{type(node).__name__}({','.join(fields)})"


def _has_docstring(node: ast.AST) -> bool:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None
