"""The configuration as a file."""

import pytest

from mri_response.config.files import read_config
from mri_response.core.errors import InputError


def mistake(tmp_path, content):
    path = tmp_path / "trial.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_config(path)
    text = str(error.value)
    assert "\n" not in text
    return text.replace(f"{tmp_path}/", "")


def test_a_file_is_read_as_yaml_reads_it(tmp_path):
    path = tmp_path / "trial.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"run": "a", "models": {"m": {"pca": null}}}')
    assert read_config(path) == {"run": "a", "models": {"m": {"pca": None}}}
    path.write_text("base: &b {pca: 1, C: 2}\nm: {<<: *b, pca: 3}\n")
    assert read_config(path)["m"] == {"pca": 3, "C": 2}


def test_a_key_that_stands_twice_at_any_depth(tmp_path):
    text = b"run: a\noutcome:\n  kind: label\n  column: dx\n  kind: response\n"
    assert mistake(tmp_path, text) == (
        "trial.yaml: line 5: found the key 'kind' again (first on line 3), expected each key "
        "once in a "
        "section; put both under one key or remove one"
    )
    assert "line 3: found the key 'seed' again (first on line 1)" in mistake(
        tmp_path, b"seed: 1\nrun: a\nseed: 2\n"
    )
    assert "'run' again" in mistake(tmp_path, b'{"run": "a",\n"run": "b"}')


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "a: 1\ntitle: Größe".encode("latin-1"),
            "line 2: found a byte that is not UTF-8",
        ),
        (
            "title: Größe".encode("utf-16"),
            "trial.yaml: line 1: found UTF-16 or UTF-32 text, expected UTF-8",
        ),
        ("run: a".encode("utf-16-le"), "trial.yaml: line 1: found UTF-16 or UTF-32 text, expected"),
        ("run: a".encode("utf-32"), "trial.yaml: line 1: found UTF-16 or UTF-32 text, expected"),
        (b"seed: 1\nrun: a\0\n", "trial.yaml: line 2: found a byte 0, expected UTF-8"),
        (b"a: [1, 2\nb: 3\n", "trial.yaml: line 2: found text that is not YAML ("),
        (b"model\tcohort\nsvc\tmunich\n", "trial.yaml: "),
        (b"just words\n", "trial.yaml: found no keys, expected a configuration (key: value); if"),
    ],
)
def test_what_is_no_configuration(tmp_path, content, expected):
    assert expected in mistake(tmp_path, content)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: file not found, expected a configuration"):
        read_config(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="could not be read"):
        read_config(tmp_path)
