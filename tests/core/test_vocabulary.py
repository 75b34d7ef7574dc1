"""Words of the vocabulary are text wherever they are written or compared."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pandas as pd
import pytest

from mri_response.core import vocabulary
from mri_response.core.tables import read_tsv, write_tsv

WORDS = [
    word
    for kind in vars(vocabulary).values()
    if isinstance(kind, type) and issubclass(kind, vocabulary.StrEnum)
    for word in kind
]


def test_words_are_written_as_their_values(tmp_path: Path) -> None:
    values = [word.value for word in WORDS]
    for name, words in (("words", WORDS), ("values", values)):
        write_tsv(pd.DataFrame([{"word": word, "n": 1} for word in words]), tmp_path / name)
    assert (tmp_path / "words").read_bytes() == (tmp_path / "values").read_bytes()
    assert list(read_tsv(tmp_path / "words")["word"]) == values
    assert json.dumps({word: word for word in WORDS}) == json.dumps(
        {value: value for value in values}
    )
    assert [f"{word}" for word in WORDS] == values


def test_words_select_rows_like_text() -> None:
    table = pd.DataFrame({"word": [word.value for word in WORDS]})
    for word in WORDS:
        assert table.loc[table["word"] == word, "word"].tolist() == [str(word)]
        assert table["word"].isin([word]).sum() == 1
    assert dict.fromkeys(WORDS, 1)[WORDS[0].value] == 1


@pytest.mark.parametrize("word", [vocabulary.EXTERNAL_POOLED, vocabulary.CONTROL_POOLED])
def test_pooled_names_are_spelled_once(word: str) -> None:
    package = Path(vocabulary.__file__).parents[1]
    spelled = [
        path.name
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == word
    ]
    assert spelled == ["vocabulary.py"]
