"""Every mistake is told in the same way: what was found, what was expected and what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "workflow" / "src" / "mri_response"
#: Values that are whole messages, to which a line adds the file or the key.
MESSAGES = {"error", "reason", "link", "pointer", "told", "absent", "text"}
FOUND = re.compile(r"\bfound\b|could not be read|failed")


def raised(tree: ast.Module) -> Iterator[tuple[int, ast.JoinedStr | ast.Constant]]:
    """Lines and messages of the errors of a module that are written where they are raised."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InputError":
            message = node.args[0]
            if isinstance(message, ast.JoinedStr | ast.Constant):
                yield node.lineno, message


def is_complete(message: ast.JoinedStr | ast.Constant) -> bool:
    """Whether a message says what was found and expected, or passes on one that does."""
    parts = message.values if isinstance(message, ast.JoinedStr) else [message]
    words = "".join(part.value for part in parts if isinstance(part, ast.Constant))
    values = [part.value for part in parts if isinstance(part, ast.FormattedValue)]
    names = {getattr(v, "id", getattr(v, "attr", "")) for v in values}
    if names & MESSAGES and "expected" not in words:
        return True
    return bool(FOUND.search(words)) and "expected" in words


def test_every_mistake_says_what_was_found_and_expected():
    short = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        # What a job finds of its own files is no mistake of the user's in them.
        if path.name != "integrity.py"
        for line, message in raised(ast.parse(path.read_text(encoding="utf-8")))
        if not is_complete(message)
    ]
    assert not short


@pytest.mark.parametrize(
    ("message", "complete"),
    [
        ('f"{path}: family {name} lies in several blocks"', False),
        ('f"{path}: found {name}, expected one block; correct it"', True),
        ('f"{path}: {error}"', True),
        ('"labels must be constant"', False),
    ],
)
def test_messages_without_either_are_seen(message: str, complete: bool):
    assert is_complete(ast.parse(message, mode="eval").body) == complete
