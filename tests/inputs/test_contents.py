"""Digests of what a user's table says."""

import gzip

import pytest

from mri_response.inputs.contents import table_digest

TABLE = b"participant_id\tage\nsub-1\t30\nsub-2\t41\n"


def digest(tmp_path, content):
    path = tmp_path / "table.tsv"
    path.write_bytes(content)
    return table_digest(path)


@pytest.mark.parametrize(
    "other",
    [
        TABLE + b"\n",
        TABLE.removesuffix(b"\n"),
        b"\xef\xbb\xbf" + TABLE.replace(b"\n", b"\r\n"),
        TABLE.replace(b"sub-2", b"\t\nsub-2"),
        TABLE.replace(b"30\n", b"30  \n"),
        gzip.compress(TABLE, mtime=0),
    ],
)
def test_what_nobody_reads_changes_nothing(tmp_path, other):
    assert digest(tmp_path, other) == digest(tmp_path, TABLE)


@pytest.mark.parametrize(
    "other",
    [
        TABLE.replace(b"30", b"31"),
        TABLE.replace(b"30", b""),
        TABLE.replace(b"age", b"Age"),
        b"participant_id\tage\nsub-2\t41\nsub-1\t30\n",
        TABLE + b"sub-3\t\n",
        TABLE.decode().encode("utf-16"),
    ],
)
def test_what_a_cell_says_changes_the_digest(tmp_path, other):
    assert digest(tmp_path, other) not in (None, digest(tmp_path, TABLE))


def test_a_table_that_is_not_there_has_none(tmp_path):
    assert table_digest(tmp_path / "table.tsv") is None
