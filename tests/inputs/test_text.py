"""Tables in the encodings, separators and number formats of hospitals and programs."""

import gzip
from pathlib import Path

import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.tables import numbers, read_table
from mri_response.inputs.text import Rows, TableFormat, read_rows

PLAIN_TABLE = "participant_id\tage\nsub-Jürgen\t29.5\n"


def written(tmp_path: Path, raw: bytes, name: str = "p.tsv") -> Path:
    path = tmp_path / name
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_encodings_by_name(tmp_path, encoding):
    path = written(tmp_path, PLAIN_TABLE.encode(encoding))
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    table = read_table(path, form=TableFormat(encoding=name))
    assert table["participant_id"].tolist() == ["sub-Jürgen"]
    assert list(table) == ["participant_id", "age"]


@pytest.mark.parametrize(
    ("encoding", "what"),
    [
        ("utf-9", "encoding: found 'utf-9', expected a name that Python knows"),
        ("ascii", "found bytes that are not ascii"),
    ],
)
def test_other_encodings_are_told(tmp_path, encoding, what):
    path = written(tmp_path, PLAIN_TABLE.encode())
    with pytest.raises(InputError, match=what):
        read_table(path, form=TableFormat(encoding=encoding))


def test_gzip_is_read_and_a_cut_file_is_told(tmp_path):
    raw = gzip.compress(PLAIN_TABLE.encode())
    assert read_table(written(tmp_path, raw, "p.tsv.gz"))["age"].tolist() == ["29.5"]
    for damaged in (raw[:-9], raw[:30] + b"\x00" * 20):
        with pytest.raises(InputError, match="found a damaged gzip file"):
            read_table(written(tmp_path, damaged, "p.tsv.gz"))


def test_decimal_commas_where_they_are_announced(tmp_path):
    text = "participant_id;age;tiv;note\na;29,5;1439,2;1,2 mg\nb;30;-1,5e3;,5\n"
    path = written(tmp_path, text.encode(), "p.csv")
    table = read_table(path, form=TableFormat(decimal=","))
    assert numbers(table, "age", path).tolist() == [29.5, 30.0]
    assert numbers(table, "tiv", path).tolist() == [1439.2, -1500.0]
    assert table["note"].tolist() == ["1,2 mg", ".5"]
    with pytest.raises(InputError, match=r"column age: found '29,5', .*write 29\.5"):
        numbers(read_table(path), "age", path)
    automatic = TableFormat(decimal="auto")
    assert read_table(path, form=automatic).equals(table)
    path = written(tmp_path, b'participant_id,age\na,"29,5"\n', "p.csv")
    assert read_table(path, form=automatic)["age"].tolist() == ["29,5"]


def test_texts_that_stand_for_missing(tmp_path):
    path = written(tmp_path, b"participant_id\tage\na\t-9999\nb\t999\nc\t.\n")
    table = read_table(path, form=TableFormat(missing=("-9999", ".")))
    assert table["age"].isna().tolist() == [True, False, True]
    assert read_table(path)["age"].notna().all()


def test_any_number_of_spaces(tmp_path):
    path = written(tmp_path, b"Measure:volume  Left-Caudate\n\na   12.5\nb \t13\n", "aseg.txt")
    assert read_rows(path, TableFormat(separators="\t,; ")) == Rows(
        ["Measure:volume", "Left-Caudate"], [["a", "12.5"], ["b", "13"]], [3, 4], " "
    )


@pytest.mark.parametrize(
    ("name", "separator"), [("a.csv", ","), ("a.csv.gz", ","), ("a.tsv", "\t")]
)
def test_the_suffix_decides_between_separators(tmp_path, name, separator):
    path = written(tmp_path, b"a,b\tc\n1,2\t3\n", name)
    assert read_rows(path).separator == separator


# ---------------------------------------------------------------- participants of public data sets


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("ds000246", 2, ["participant_id", "age", "sex", "dominant_hand"]),  # Windows line ends
        ("ds000248", 2, ["participant_id", "age", "sex", "hand"]),  # byte order mark
        ("eyetracking_binocular", 1, ["participant_id"]),  # a last column without a name
    ],
)
def test_participants_as_they_are(shared_data, name, rows, columns):
    path = shared_data / "inputs" / "bids" / "participants_odd" / f"{name}_participants.tsv"
    table = read_table(path)
    assert list(table) == columns
    assert len(table) == rows


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"$FL2@(#) SPSS DATA FILE MS Windows", "a data file of SPSS"),
        (b"\n<HTML><body><table>", "a page of HTML, which some programs call .xls"),
        (b"<?xml version='1.0'?>", "a document of XML"),
        (b"%PDF-1.7", "a PDF"),
    ],
)
def test_files_of_other_programs_are_named(tmp_path, start, what):
    path = tmp_path / "people.tsv"
    path.write_bytes(start)
    with pytest.raises(InputError, match=f"people.tsv: found {what}, expected a table; open it"):
        read_rows(path)
