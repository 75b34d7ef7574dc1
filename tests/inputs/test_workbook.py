"""Excel workbooks as tables of people."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from mri_response.core.errors import InputError
from mri_response.inputs.sources.people_tables import PeopleFormat, read_people_table
from mri_response.inputs.tables import numbers, read_table
from mri_response.inputs.text import TableFormat


@pytest.fixture
def book(tmp_path):
    """Write sheets of rows to a workbook."""

    def write(**sheets):
        workbook = Workbook()
        workbook.remove(workbook.active)
        for name, rows in sheets.items():
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "study.xlsx"
        workbook.save(path)
        return path

    return write


PEOPLE = [
    ["participant_id", "Alter", "sex", "scanned", "MADRS"],
    ["sub-01", 41, "F", datetime.datetime(2020, 3, 1), 28.5],
    [],
    ["sub-02", 37.25, "M", datetime.date(2020, 4, 30), None],
]


def test_a_sheet_as_a_table(book):
    table = read_people_table(book(People=PEOPLE), PeopleFormat({"age": "Alter"}))
    assert list(table.index) == [2, 4]
    assert numbers(table, "age", "").tolist() == [41, 37.25]
    assert table["scanned"].tolist() == ["2020-03-01", "2020-04-30"]
    assert table["MADRS"].isna().tolist() == [False, True]
    assert table["MADRS"].iloc[0] == "28.5"


def test_whole_numbers_have_no_point(book):
    path = book(People=[["participant_id", "visit"], [1001.0, 1.0], [1002, 2]])
    assert read_table(path).to_numpy().tolist() == [["1001", "1"], ["1002", "2"]]


def test_the_sheet_is_named_where_there_are_several(book):
    path = book(People=PEOPLE, Notes=[["what", "why"], ["a", "b"]], Empty=[])
    with pytest.raises(InputError, match=r"2 sheets \('People', 'Notes'\), expected one or the"):
        read_table(path)
    assert len(read_table(path, form=TableFormat(sheet="People"))) == 2
    with pytest.raises(InputError, match="no sheet 'People ', expected it among"):
        read_table(path, form=TableFormat(sheet="People "))


def test_a_formula_in_error_is_told(book):
    path = book(People=[["participant_id", "age"], ["sub-01", "#N/A"]])
    with pytest.raises(InputError, match="line 2: found the error #N/A of a formula"):
        read_table(path)


def test_a_sheet_of_text_and_a_damaged_workbook(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("participant_id\tage\nsub-01\t3\n")
    with pytest.raises(InputError, match=r"format\.sheet: found 'A' for a file that is no Excel"):
        read_table(path, form=TableFormat(sheet="A"))
    path = tmp_path / "p.xlsx"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("readme", "no workbook")
    path.write_bytes(content.getvalue())
    with pytest.raises(InputError, match="found an Excel workbook or another binary file that"):
        read_table(path)
