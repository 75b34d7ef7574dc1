"""Tables of people and scores as hospitals keep them."""

from pathlib import Path

import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.joins import check_same_ids
from mri_response.inputs.sources.people_tables import (
    PeopleFormat,
    long_scores,
    read_people_table,
)
from mri_response.inputs.tables import numbers, read_table
from mri_response.inputs.text import TableFormat


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "participants.tsv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


# ---------------------------------------------------------------- columns and codes


def test_names_and_codes(write):
    path = write("Code\tGender\tAge\tseen\n01\t1\t30\t2020-01-02\n02\t2.0\t40\t\n03\tn/a\t50\t\n")
    layout = PeopleFormat(
        {"participant_id": "Code", "sex": "Gender", "age": "Age"}, {"sex": {"1": "M", "2": "F"}}
    )
    table = read_people_table(path, layout, required=("age",))
    assert list(table) == ["participant_id", "sex", "age", "seen"]
    assert table["participant_id"].tolist() == ["01", "02", "03"]
    assert table["sex"].tolist()[:2] == ["M", "F"]
    assert table["sex"].isna().tolist() == [False, False, True]
    assert table["seen"][2] == "2020-01-02"
    assert numbers(table, "age", path).tolist() == [30, 40, 50]


@pytest.mark.parametrize(
    ("text", "layout", "what"),
    [
        ("id\tage\na\t1\n", PeopleFormat(), "found no column 'participant_id'"),
        ("participant_id\na\n", PeopleFormat({"age": "Age"}), "found no column 'Age'"),
        (
            "participant_id\tsex\tGender\na\tM\tF\n",
            PeopleFormat({"sex": "Gender"}),
            "columns: found 'sex' beside 'Gender'",
        ),
        (
            "participant_id\tsex\na\tM\nb\t3\n",
            PeopleFormat(codes={"sex": {"M": "M"}}),
            r"line 3: column sex: found '3', expected one of 'M' \(codes\); .*\{sex: \{3: ",
        ),
        (
            "participant_id\tsex\na\tM\nb\t1\nc\t2\n",
            PeopleFormat(),
            r"line 3: column sex: found the number '1', .* as in codes: \{sex: \{1: M, 2: F\}\} if",
        ),
        ("participant_id\na\n", PeopleFormat(codes={"scanner": {"1": "A"}}), "no column 'scanner'"),
    ],
)
def test_what_is_not_guessed(write, text, layout, what):
    with pytest.raises(InputError, match=what) as caught:
        read_people_table(write(text), layout)
    assert "participants.tsv: " in str(caught.value)


def test_levels_beside_the_table_decode_the_sex(write):
    path = write("participant_id\tGender\na\t1\nb\t2\n")
    write('{"Gender": {"Levels": {"1": "Male", "2": "Female"}}}', "participants.json")
    layout = PeopleFormat({"sex": "Gender"})
    assert read_people_table(path, layout)["sex"].tolist() == ["M", "F"]
    given = PeopleFormat({"sex": "Gender"}, {"sex": {"1": "F", "2": "M"}})
    assert read_people_table(path, given)["sex"].tolist() == ["F", "M"]
    write('{"Gender": {"Levels": {"1": "Male", "2": "unknown"}}}', "participants.json")
    with pytest.raises(
        InputError, match=r"found '2', expected one of '1' \(Levels of participants"
    ):
        read_people_table(path, layout)


def test_the_table_of_abide(write):
    """Numbers of rows without a name, a code for missing, and the sex in numbers."""
    text = ",Unnamed: 0,FILE_ID,AGE_AT_SCAN,SEX,FIQ\n0,1,X_1,18.4,1,-9999\n1,2,X_2,33.8,2,101\n"
    layout = PeopleFormat(
        {"participant_id": "FILE_ID", "age": "AGE_AT_SCAN", "sex": "SEX"},
        {"sex": {"1": "M", "2": "F"}},
        TableFormat(missing=("-9999",)),
    )
    path = write(text, "pheno.csv")
    table = read_people_table(path, layout)
    assert table[["participant_id", "sex"]].to_numpy().tolist() == [["X_1", "M"], ["X_2", "F"]]
    assert table["FIQ"].isna().tolist() == [True, False]


def test_excels_german_table(write):
    text = "participant_id;tiv;age\na;1439,2;-99\nb;1500;40\n"
    form = TableFormat(decimal=",", missing=("-99",))
    path = write(text, "participants.csv")
    table = read_people_table(path, PeopleFormat(form=form))
    assert numbers(table, "tiv", path).tolist() == [1439.2, 1500]
    assert table["age"].isna().tolist() == [True, False]


# ---------------------------------------------------------------- who is who


@pytest.mark.parametrize(
    ("wanted", "found", "told"),
    [
        (
            ["001", "002"],
            ["1", "2"],
            r"found participant_id '1', expected '001' .* leading zeros, as do 1 more",
        ),
        (
            ["sub-1", "sub-2"],
            ["sub-1", "2"],
            "found participant_id '2', expected 'sub-2' .*the prefix sub-; write",
        ),
        (["sub-A"], ["sub-a"], "upper and lower case"),
    ],
)
def test_the_same_people_in_two_spellings(wanted, found, told):
    with pytest.raises(InputError, match=told):
        check_same_ids(wanted, found, "participants.tsv", "scores.csv")


def test_people_who_are_in_one_table_alone_are_fine():
    check_same_ids(["sub-1", "sub-2", "sub-3"], ["sub-1", "sub-4"], "a.tsv", "b.tsv")


# ---------------------------------------------------------------- scores


def test_a_column_per_session(write):
    path = write("participant_id\tMADRS_b\tMADRS_24h\tBDI_b\na\t35\t28\t9\nb\t24\tn/a\t8.5\n")
    scales = {"MADRS": {"ses-b": "MADRS_b", "ses-24h": "MADRS_24h"}, "BDI": {"ses-b": "BDI_b"}}
    scores = long_scores(read_table(path), scales, path)
    assert scores.to_numpy().tolist() == [
        ["a", "ses-b", "MADRS", 35.0],
        ["a", "ses-24h", "MADRS", 28.0],
        ["a", "ses-b", "BDI", 9.0],
        ["b", "ses-b", "MADRS", 24.0],
        ["b", "ses-b", "BDI", 8.5],
    ]
    assert scores.index.tolist() == [2, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("scales", "what"),
    [
        ({"M": {"s": "MADRS_B"}}, "M: s: found no column 'MADRS_B'.*did you mean 'MADRS_b'"),
        ({"M": {"s": "MADRS_b", "t": "MADRS_b"}}, r"M: t: found 'MADRS_b' again \(first for M s\)"),
        ({"M": {"s": "site"}}, "column site: found 'Bonn', expected a number"),
    ],
)
def test_scores_that_cannot_be(write, scales, what):
    path = write("participant_id\tMADRS_b\tsite\na\t35\tBonn\n")
    with pytest.raises(InputError, match=what):
        long_scores(read_table(path), scales, path)


# ---------------------------------------------------------------- participants of public data sets


@pytest.fixture
def odd(shared_data: Path) -> Path:
    return shared_data / "inputs" / "bids" / "participants_odd"


def test_a_sex_that_is_neither(odd):
    with pytest.raises(InputError, match=r"ds102_participants.tsv: line 8: column sex: found 'D'"):
        read_people_table(odd / "ds102_participants.tsv")


@pytest.mark.parametrize(
    ("name", "line", "cell"), [("genetics_ukbb", 6, "89[+]"), ("mrs_fmrs", 2, "35-40")]
)
def test_ages_that_are_no_numbers(odd, name, line, cell):
    path = odd / f"{name}_participants.tsv"
    table = read_people_table(path)
    with pytest.raises(InputError, match=rf"line {line}: column age: found '{cell}'"):
        numbers(table, "age", path)


@pytest.mark.parametrize(
    ("name", "columns", "sexes"),
    [
        ("ds000246", {}, [None, "M"]),  # Male, and the empty room
        ("ds009", {"age": "Age", "sex": "Gender"}, ["F", "F", "M"]),
        ("ieeg_filtered_speech", {"sex": "gender"}, ["f", "f", "f"]),  # no Levels
        ("mrs_biggaba", {}, ["M", "M", "M"]),
    ],
)
def test_other_real_tables(odd, name, columns, sexes):
    table = read_people_table(odd / f"{name}_participants.tsv", PeopleFormat(columns))
    found = [None if cell != cell else cell for cell in table["sex"]]
    assert found[: len(sexes)] == sexes
