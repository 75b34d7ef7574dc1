"""What is known of the texts of modules is kept from one process to the next."""

import ast
import json
from pathlib import Path

import pytest

from mri_response.core import source_texts
from mri_response.core.source_texts import keep_texts, known, recall_texts

TEXT = b'"""Top."""\nimport a.b\nfrom . import c\nfrom ..d import e, f\n\nVALUE = 1\n'
IMPORTS = [[0, "a.b", None], [1, "", ["c"]], [2, "d", ["e", "f"]]]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has seen no text."""
    monkeypatch.setattr(source_texts, "_KNOWN", {})
    monkeypatch.setattr(source_texts, "_ASKED", set())


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """File of an earlier process that was asked for one text."""
    known(TEXT)
    keep_texts(tmp_path / "code.json")
    source_texts._KNOWN.clear()
    source_texts._ASKED.clear()
    return tmp_path / "code.json"


def refuse(*arguments: object) -> None:
    raise AssertionError("the text was parsed")


def test_a_text_is_parsed_once(monkeypatch):
    first = known(TEXT)
    assert sorted(first.imports) == sorted(IMPORTS)
    monkeypatch.setattr(ast, "parse", refuse)
    assert known(TEXT) is first


def test_what_was_kept_is_not_parsed_again(kept, monkeypatch):
    expected = known(TEXT)
    source_texts._KNOWN.clear()
    recall_texts(kept)
    monkeypatch.setattr(ast, "parse", refuse)
    assert known(TEXT) == expected
    with pytest.raises(AssertionError, match="was parsed"):
        known(TEXT + b"\n")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"reader": "x", "texts": {}}', "cut"])
def test_a_spoilt_file_or_that_of_another_version_is_not_used(kept, content, monkeypatch):
    whole = kept.read_text()
    kept.write_text(whole[: len(whole) // 2] if content == "cut" else content)
    recall_texts(kept)
    recall_texts(kept.with_name("missing.json"))
    monkeypatch.setattr(ast, "parse", refuse)
    with pytest.raises(AssertionError, match="was parsed"):
        known(TEXT)


def test_texts_that_nobody_asks_for_any_more_are_forgotten(kept):
    recall_texts(kept)
    known(b"OTHER = 1\n")
    keep_texts(kept)
    assert len(json.loads(kept.read_text())["texts"]) == 1
