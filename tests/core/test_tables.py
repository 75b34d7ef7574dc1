"""Tests of mri_response.core.tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mri_response.core.errors import InputError
from mri_response.core.tables import as_categories, read_people, read_tsv, write_tsv
from mri_response.inputs.joins import check_same_ids
from mri_response.inputs.tables import (
    check_ids,
    numbers,
    read_roi_table,
    read_table,
    require_columns,
)


def message(error) -> str:
    """The error's text, which must be one line."""
    text = str(error.value)
    assert "\n" not in text
    return text


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


# ---------------------------------------------------------------- own tables
def test_long_codes_of_people_stay_apart(tmp_path):
    """A float has 15 digits, and Python's own reads 1_1 as 11."""
    frame = pd.DataFrame(
        {
            "participant_id": ["a", "b", "c"],
            "family": ["12345678901234567", "12345678901234568", "3"],
            "ward": ["1_1", "11", None],
            "scanner": ["7654321", "7654322", "7654322"],
            "score": [0.1 + 0.2, np.nan, 1e22],
        }
    )
    write_tsv(frame, tmp_path / "people.tsv")
    people = read_people(tmp_path / "people.tsv")
    assert as_categories(people["family"]).tolist() == frame["family"].tolist()
    assert as_categories(people["ward"]).tolist() == ["1_1", "11", pd.NA]
    assert as_categories(people["scanner"]).tolist() == frame["scanner"].tolist()
    assert people["score"].equals(frame["score"])


def test_own_tables_survive_the_round_trip(tmp_path):
    frame = pd.DataFrame(
        {
            "participant_id": ["01", "NA", "x"],
            "value": [0.1 + 0.2, np.nan, 1e-300],
            "n": [1, 2, 3],
            "text": ["a b", None, "nan"],
        }
    )
    path = tmp_path / "t.tsv"
    write_tsv(frame, path)
    lines = path.read_bytes().split(b"\n")
    assert lines[0] == b"participant_id\tvalue\tn\ttext"
    assert lines[1] == b"01\t0.30000000000000004\t1\ta b"
    assert lines[2] == b"NA\tn/a\t2\tn/a"
    back = read_tsv(path, {"value": float, "n": int})
    assert back["participant_id"].tolist() == ["01", "NA", "x"]
    assert back["value"].tolist()[::2] == frame["value"].tolist()[::2]
    assert np.isnan(back["value"][1])
    assert back["n"].dtype == int
    assert back["text"].isna().tolist() == [False, True, False]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_round_trip_exactly(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("floats") / "t.tsv"
    write_tsv(pd.DataFrame({"session_id": "1", "x": values}), path)
    back = read_tsv(path, float)
    assert back["x"].tolist() == values
    assert back["session_id"][0] == "1"


# ---------------------------------------------------------------- user's tables
@pytest.mark.parametrize(
    "text",
    [
        "participant_id\tage\nsub-1\t30\nsub-2\tn/a\n",
        "participant_id,age\nsub-1,30\nsub-2,\n",
        "participant_id;age\nsub-1;30\nsub-2;NA\n",
        "\ufeffparticipant_id\tage\r\nsub-1\t30\r\nsub-2\tNaN\r\n",
        "participant_id \t age\nsub-1  \t 30 \nsub-2\t \n",
        '"participant_id"\t"age"\n"sub-1"\t"30"\n"sub-2"\tn/a',
        "participant_id\tage\t\t\nsub-1\t30\t\t\nsub-2\t\t\t\n",
    ],
    ids=["tsv", "comma", "semicolon", "bom-crlf", "spaces", "quotes", "excel-tail"],
)
def test_what_people_save_is_read(tmp_path, text):
    table = read_table(write(tmp_path / "p.tsv", text))
    assert list(table) == ["participant_id", "age"]
    assert table["participant_id"].tolist() == ["sub-1", "sub-2"]
    assert table["age"].isna().tolist() == [False, True]
    assert numbers(table, "age", "p.tsv").tolist()[0] == 30
    assert table.index.tolist() == [2, 3]


def test_blank_lines_do_not_shift_the_line_numbers(tmp_path):
    table = read_table(
        write(tmp_path / "p.tsv", "participant_id\tage\n\nsub-1\t30\n\n\nsub-2\tx\n")
    )
    with pytest.raises(InputError) as error:
        numbers(table, "age", "p.tsv")
    assert message(error) == (
        "p.tsv: line 6: column age: found 'x', expected a number with a decimal point; "
        "correct it or write n/a"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "found an empty file"),
        (b"participant_id\tage\n", "found a header and no rows"),
        (b"participant_id\tage\nsub-1\n", "line 2: found 1 cell, expected 2 as in the header"),
        (b"participant_id\tage\nsub-1\t3\t4\n", "line 2: found 3 cells, expected 2"),
        (b"participant_id\tage\tage\nsub-1\t3\t4\n", "line 1: found column 'age' twice"),
        (b"participant_id\t\tage\nsub-1\t3\t4\n", "line 1: found no name for column 2"),
        (b"Participant_ID\tage\nsub-1\t3\n", "did you mean 'Participant_ID'?"),
        (b"id\tage\nsub-1\t3\n", "found no column 'participant_id' (read as tab-separated)"),
        (b"participant_id\tage\nsub-\xe9\t3\n", "line 2: found a byte that is not UTF-8"),
        ("participant_id\tage\n".encode("utf-16"), "found UTF-16 text, expected UTF-8 text"),
        (b"PK\x03\x04\x00\x00", "found an Excel workbook or another binary file"),
        (b'participant_id\tage\n"sub-1\t3\nsub-2\t4\n', "a quote that is not closed"),
    ],
)
def test_unreadable_table_is_one_line(tmp_path, content, expected):
    path = tmp_path / "p.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_table(path)
    assert message(error).startswith(f"{path}: ")
    assert expected in message(error)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError) as error:
        read_table(tmp_path / "none.tsv")
    assert message(error).startswith(f"{tmp_path / 'none.tsv'}: file not found, expected a table")
    with pytest.raises(InputError) as error:
        read_table(tmp_path)
    assert "is a directory" in message(error)


def test_decimal_comma_is_named_with_its_remedy(tmp_path):
    table = read_table(write(tmp_path / "p.csv", "participant_id;age\nsub-1;29,5\n"))
    with pytest.raises(InputError) as error:
        numbers(table, "age", "p.csv")
    assert message(error) == (
        "p.csv: line 2: column age: found '29,5', expected a number with a decimal point; "
        "write 29.5"
    )


@pytest.mark.parametrize("cell", ["inf", "1_000", "0x10", "thirty", "1e999", "1,234.5", "--"])
def test_what_is_not_a_number(tmp_path, cell):
    table = read_table(write(tmp_path / "p.tsv", f"participant_id\tage\nsub-1\t{cell}\n"))
    with pytest.raises(InputError):
        numbers(table, "age", "p.tsv")


def test_missing_column_names_the_nearest():
    with pytest.raises(InputError) as error:
        require_columns(["participant_id", "sex", "Age"], ["age"], "p.tsv")
    assert message(error) == (
        "p.tsv: found no column 'age', expected it among 'participant_id', 'sex', 'Age'; "
        "did you mean 'Age'? add or rename the column"
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            "s1\ta\ns2\ta\ns1\ta\n",
            "p.tsv: line 4: found participant_id 's1' again (first on line 2), expected each "
            "once; remove or correct one of the rows",
        ),
        ("s1\ta\nn/a\ta\n", "p.tsv: line 3: column participant_id: found no value"),
        ("s1\ta\ns/2\ta\n", "p.tsv: line 3: column participant_id: found 's/2', expected no slash"),
    ],
)
def test_ids(tmp_path, rows, expected):
    table = read_table(write(tmp_path / "p.tsv", "participant_id\tx\n" + rows))
    with pytest.raises(InputError) as error:
        check_ids(table, "p.tsv", ["participant_id"])
    assert message(error).startswith(expected)


def test_sessions_of_one_person_are_no_duplicates(tmp_path):
    text = "participant_id\tsession_id\ns1\tses-1\ns1\tses-2\n"
    table = read_table(write(tmp_path / "p.tsv", text))
    check_ids(table, "p.tsv", ["participant_id", "session_id"])
    table.loc[3, "session_id"] = "ses-1"
    with pytest.raises(InputError) as error:
        check_ids(table, "p.tsv", ["participant_id", "session_id"])
    assert "found participant_id 's1', session_id 'ses-1' again" in message(error)


def test_prefix_disagreement_is_named():
    check_same_ids(["sub-1", "sub-2"], ["sub-1", "3"], "p.tsv", "fs.tsv")
    with pytest.raises(InputError) as error:
        check_same_ids(["sub-1", "sub-2"], ["1", "2"], "p.tsv", "fs.tsv")
    assert message(error) == (
        "fs.tsv: found participant_id '1', expected 'sub-1' as in p.tsv: the ids differ only by "
        "the prefix sub-, as do 1 more; write them alike in both"
    )
    with pytest.raises(InputError):
        check_same_ids(["1"], ["sub-1"], "p.tsv", "fs.tsv")


# ---------------------------------------------------------------- ROI tables
ROI = (
    "participant_id\tsite\tlh_a_thickness\tlh_b_thickness\tICV\n"
    "s1\tX\t2.5\tn/a\t1e6\n"
    "s2\tY\t3\t2\t2e6\n"
)


def test_roi_table_takes_numeric_columns_by_default(tmp_path):
    table = read_roi_table(write(tmp_path / "fs.tsv", ROI))
    assert list(table) == ["participant_id", "lh_a_thickness", "lh_b_thickness"]
    assert table.attrs["left_out"] == {"ICV": "intracranial volume"}
    both = read_roi_table(tmp_path / "fs.tsv", ["*", "ICV"])
    assert list(both) == ["participant_id", "lh_a_thickness", "lh_b_thickness", "ICV"]
    assert np.isnan(table["lh_b_thickness"].iloc[0])
    assert table["lh_a_thickness"].tolist() == [2.5, 3.0]
    assert list(table.attrs["left_out"]) == ["ICV"]
    # Whoever asks for the intracranial volume by its name gets it.
    named = read_roi_table(tmp_path / "fs.tsv", ["*_thickness", "ICV"])
    assert list(named)[1:] == ["lh_a_thickness", "lh_b_thickness", "ICV"]
    assert named["ICV"].tolist() == [1e6, 2e6]


def test_roi_table_patterns(tmp_path):
    path = write(tmp_path / "fs.tsv", ROI)
    assert list(read_roi_table(path, ["*_thickness"], ["lh_b*"])) == [
        "participant_id",
        "lh_a_thickness",
    ]
    assert list(read_roi_table(path, ["*"], ["ICV"]))[1:] == ["lh_a_thickness", "lh_b_thickness"]


@pytest.mark.parametrize(
    ("old", "new", "columns", "exclude", "expected"),
    [
        ("", "", ["*_area"], [], "found no column matching '*_area', expected at least one"),
        ("", "", ["*"], ["lCV"], "found no column matching 'lCV', expected at least one; did you"),
        ("", "", ["site"], [], "line 2: column site: found 'X', expected a number"),
        ("2.5", "2.5x", ["*"], [], "line 2: column lh_a_thickness: found '2.5x'"),
        ("2.5", "2,5", ["*_thickness"], [], "line 2: column lh_a_thickness: found '2,5'"),
        ("s2", "s1", ["*"], [], "line 3: found participant_id 's1' again"),
        ("", "", ["ICV"], ["ICV"], "found no column of numbers to take"),
    ],
)
def test_roi_table_mistakes(tmp_path, old, new, columns, exclude, expected):
    path = write(tmp_path / "fs.tsv", ROI.replace(old, new))
    with pytest.raises(InputError) as error:
        read_roi_table(path, columns, exclude)
    assert message(error).startswith(f"{path}: {expected}")


def test_column_of_decimal_commas_is_not_taken_for_text(tmp_path):
    path = write(tmp_path / "fs.tsv", "participant_id\ta\tb\ns1\t2,5\t1\ns2\t3,5\t1\n")
    with pytest.raises(InputError) as error:
        read_roi_table(path)
    assert "column a: found '2,5', expected a number with a decimal point; write 2.5" in message(
        error
    )
