"""Nothing that the project says makes genes explain or predict a person's response."""

import ast

import pytest
from claims import claims

SOURCES = "workflow/src/mri_response"


def literals(path) -> str:
    """Texts of a module, docstrings among them, a paragraph each."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [
        "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        if isinstance(node, ast.JoinedStr)
        else node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    ]
    return ". ".join(texts)


def test_a_claim_is_found():
    assert claims("The gene SST explains who responds.")
    assert claims("Maps of change follow genes.\nExpression of SST <b>predicts</b> response.")
    assert not claims("A resemblance says nothing about genes of those who respond.")
    assert not claims("The gene resembles the map. People respond.")


@pytest.mark.parametrize("pattern", ["docs/*.md", "README.md", "CHANGELOG.md", "config/README.md"])
def test_documents_claim_nothing(root, pattern):
    for path in root.glob(pattern):
        assert claims(path.read_text(encoding="utf-8")) == [], path.name


@pytest.mark.parametrize("folder", ["report", "variability", "simulation", "preflight", "config"])
def test_texts_and_figures_claim_nothing(root, folder):
    files = [
        *(root / SOURCES / folder).rglob("*variab*"),
        *(root / SOURCES / folder).rglob("gene*"),
    ]
    assert files
    for path in files:
        if path.suffix == ".py":
            assert claims(literals(path)) == [], path.name
