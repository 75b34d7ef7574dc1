"""Modules, functions and signatures stay small, and docstrings name what a function is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow" / "src" / "mri_response"
MODULE_LINES, FUNCTION_LINES, PARAMETERS = 400, 60, 7
Function = ast.FunctionDef | ast.AsyncFunctionDef
MODULES = {
    str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}


def functions_of(body: list[ast.stmt], owner: ast.ClassDef | None = None) -> Iterator[tuple]:
    """Functions of a module and methods of its classes, with the class."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from functions_of(node.body, node)
        elif isinstance(node, Function):
            yield node, owner


def parameters_of(node: Function) -> list[str]:
    """Names of a function's parameters, without the object or class of a method."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [one.arg for one in given if one.arg not in ("self", "cls")]


def lines_of(node: Function) -> int:
    """Lines of a function without its docstring."""
    first = node.body[0]
    words = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0
    return node.end_lineno - node.lineno + 1 - words


def unnamed(node: Function) -> list[str]:
    """Parameters that a function's docstring does not name, or of which it says nothing.

    The summary may say what the only parameter is. Repeating the name says nothing, unless the type
    is a record of that name, which says it all.
    """
    parameters = parameters_of(node)
    text = ast.get_docstring(node)
    if text is None:
        return parameters
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-{3,}$|\Z)", text, re.M | re.S)
    if section is None:
        return parameters if len(parameters) > 1 else []
    said: dict[str, str] = {}
    entry = r"^(\*{0,2}\w[\w, *]*?)(?: : (.*))?$((?:\n(?: .*)?$)*)"
    for names, kind, words in re.findall(entry, section[1], re.M):
        for name in re.findall(r"\w+", names):
            repeated = words.strip(" \n.").lower().removeprefix("the ") == name
            said[name] = "" if repeated and kind.lower() != name else words.strip()
    return [name for name in parameters if not said.get(name)]


def bases_of(owner: ast.ClassDef) -> list[str]:
    """Names of a class's base classes."""
    return [base.id for base in owner.bases if isinstance(base, ast.Name)]


CLASSES = {
    node.name: node
    for text in MODULES.values()
    for node in ast.parse(text).body
    if isinstance(node, ast.ClassDef)
}


def documented_elsewhere(
    node: Function, owner: ast.ClassDef | None, classes: Mapping[str, ast.ClassDef]
) -> bool:
    """Whether another docstring says it: of a base class's method, or one that is referred to."""
    if owner is None:
        return False
    if (ast.get_docstring(node) or "").startswith("See :meth:"):
        return True
    return any(
        documented_elsewhere(node, classes[base], classes)
        or any(
            method.name == node.name
            and set(parameters_of(method)) == set(parameters_of(node))
            and unnamed(method) == []
            for method, _ in functions_of(classes[base].body)
        )
        for base in bases_of(owner)
        if base in classes
    )


def is_public(name: str, node: Function, owner: ast.ClassDef | None) -> bool:
    # The docstrings of facts are texts of the report.
    hidden = node.name.startswith("_") or (owner is not None and owner.name.startswith("_"))
    return not hidden and not name.startswith("report/facts/")


@pytest.mark.parametrize("name", MODULES)
def test_modules_functions_and_signatures_are_small(name: str) -> None:
    text = MODULES[name]
    assert len(text.splitlines()) <= MODULE_LINES
    for node, _ in functions_of(ast.parse(text).body):
        assert lines_of(node) <= FUNCTION_LINES, node.name
        assert len(parameters_of(node)) <= PARAMETERS, node.name


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_name_their_parameters(name: str) -> None:
    for node, owner in functions_of(ast.parse(MODULES[name]).body):
        if is_public(name, node, owner) and not documented_elsewhere(node, owner, CLASSES):
            assert unnamed(node) == [], node.name


def function(text: str) -> Function:
    return ast.parse(text).body[0]


def test_what_a_docstring_does_not_say_is_found() -> None:
    full = (
        'def f(a, b, *, c=1):\n  """Do.\n\n  Parameters\n  ----------\n  a, b : int\n      Both.\n'
    )
    assert unnamed(function(full + '  """')) == ["c"]
    assert unnamed(function(full + '  c : int\n  """')) == ["c"]
    assert unnamed(function(full + '  c : int\n\n  Returns\n  -------\n  int\n  """')) == ["c"]
    assert unnamed(function(full + '  c : int\n      The rest.\n  """')) == []
    assert unnamed(function(full + '  c : int\n      The c.\n  """')) == ["c"]
    assert unnamed(function(full + '  c : C\n      The c.\n  """')) == []
    assert unnamed(function('def f(a):\n  """Whether a is even."""')) == []
    assert unnamed(function('def f(a, b):\n  """Whether a is below b."""')) == ["a", "b"]
    assert unnamed(function("def f(a):\n  return a")) == ["a"]


@pytest.mark.parametrize(
    ("method", "said"),
    [("fits(self, a, b)", True), ("fits(self, a, c)", False), ("other(self, a, b)", False)],
)
def test_a_method_may_leave_its_parameters_to_the_base_class(method: str, said: bool) -> None:
    words = '"""Do.\n\n  Parameters\n  ----------\n  a, b : int\n      Both.\n  """'
    text = f"class A:\n def fits(self, a, b):\n  {words}\n\n"
    text += f"class B(A): pass\n\nclass C(B):\n def {method}: pass"
    classes = {node.name: node for node in ast.parse(text).body}
    assert documented_elsewhere(classes["C"].body[0], classes["C"], classes) is said


def test_lines_are_counted_without_the_docstring() -> None:
    assert lines_of(function('def f():\n  """One.\n\n  Two.\n  """\n  return 1')) == 2
    assert parameters_of(function("def f(self, a, *, b): pass")) == ["a", "b"]
