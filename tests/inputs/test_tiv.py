"""Total intracranial volume from a column, from CAT12 reports and from another table."""

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.tables import read_table
from mri_response.inputs.tiv import read_cat12_report, read_tiv

# Abridged from the layout that CAT12 writes.
REPORT = """<?xml version="1.0" encoding="utf-8"?>
<S>
   <filedata><fname>sub-01_T1w</fname></filedata>
   <software><version_cat>12.9</version_cat></software>
   <subjectmeasures>
      <vol_abs_CGW>[287.1 614.2 501.7 0 0]</vol_abs_CGW>
      <vol_rel_CGW>[0.205 0.438 0.357 0 0]</vol_rel_CGW>
      <vol_TIV>{tiv}</vol_TIV>
   </subjectmeasures>
</S>
"""


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\ttiv\nsub-01\t1403.5\nsub-02\tn/a\nsub-03\t1600\n")
    return read_table(path), path


def test_column_of_the_participants_table(people):
    frame, path = people
    found = read_tiv({"column": "tiv"}, frame, path)
    assert found.name == "tiv"
    assert found.index.equals(frame.index)
    assert found.iloc[0] == 1403.5
    assert np.isnan(found.iloc[1])


@pytest.mark.parametrize(("unit", "factor"), [("ml", 1), ("mm3", 1000), ("l", 0.001)])
def test_units(people, unit, factor):
    frame, path = people
    frame = frame.assign(tiv=[str(1500 * factor)] * 3)
    found = read_tiv({"column": "tiv", "unit": unit}, frame, path)
    assert found.tolist() == pytest.approx([1500] * 3)


@pytest.mark.parametrize(
    ("value", "unit", "advice"),
    [
        ("1500000", "ml", "set unit: mm3"),
        ("1.5", "ml", "set unit: l"),
        ("1500", "mm3", "set unit: ml"),
        ("150", "ml", "correct the value"),
    ],
)
def test_implausible_values_are_told_with_a_unit(people, value, unit, advice):
    frame, path = people
    frame = frame.assign(tiv=[value, np.nan, value])
    with pytest.raises(InputError, match=advice) as error:
        read_tiv({"column": "tiv", "unit": unit}, frame, path)
    assert "participants.tsv: line 2: column tiv" in str(error.value)
    assert "\n" not in str(error.value)


def test_cat12_reports(people, tmp_path):
    frame, path = people
    for participant_id, tiv in [("sub-01", "1403.0123"), ("sub-03", "[1512.5]")]:
        report = tmp_path / "report" / f"cat_{participant_id}_T1w.xml"
        report.parent.mkdir(exist_ok=True)
        report.write_text(REPORT.format(tiv=tiv))
    pattern = f"{tmp_path}/report/cat_{{participant_id}}_T1w.xml"
    found = read_tiv({"cat12_report": pattern}, frame, path)
    assert found.iloc[[0, 2]].tolist() == [1403.0123, 1512.5]
    assert np.isnan(found.iloc[1])  # no report: missing, as a cell without a value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (REPORT[:300], "could not be read as XML"),
        (REPORT.format(tiv=""), "found '' as subjectmeasures/vol_TIV"),
        (REPORT.format(tiv="n/a"), "found 'n/a'"),
        ("<S><subjectmeasures/></S>", "found ''"),
    ],
)
def test_faulty_reports_are_told(tmp_path, text, message):
    path = tmp_path / "cat_sub-01.xml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_cat12_report(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_implausible_report_is_named(people, tmp_path):
    frame, path = people
    (tmp_path / "cat_sub-01.xml").write_text(REPORT.format(tiv="14.03"))
    with pytest.raises(InputError, match=r"cat_sub-01\.xml: subjectmeasures/vol_TIV: found 14\.03"):
        read_tiv({"cat12_report": f"{tmp_path}/cat_{{participant_id}}.xml"}, frame, path)


def test_column_of_another_table(people, tmp_path):
    frame, path = people
    table = tmp_path / "aseg.csv"
    table.write_text("participant_id,eTIV\nsub-03,1600000\nsub-01,1400000\n")
    spec = {"table": str(table), "column": "eTIV", "unit": "mm3"}
    found = read_tiv(spec, frame, path)
    assert found.iloc[[0, 2]].tolist() == pytest.approx([1400, 1600])
    assert np.isnan(found.iloc[1])
    with pytest.raises(InputError, match=r"aseg\.csv: line 3: column eTIV.*unit: mm3"):
        read_tiv({**spec, "unit": "ml"}, frame, path)


def test_faulty_columns_are_told(people, tmp_path):
    frame, path = people
    with pytest.raises(InputError, match=r"participants\.tsv: found no column 'eTIV'"):
        read_tiv({"column": "eTIV"}, frame, path)
    with pytest.raises(InputError, match=r"line 2: column tiv: found '1\.403,5'"):
        read_tiv({"column": "tiv"}, frame.assign(tiv="1.403,5"), path)
    table = tmp_path / "aseg.tsv"
    table.write_text("participant_id\teTIV\nsub-01\t1\nsub-01\t2\n")
    with pytest.raises(InputError, match="sub-01' again"):
        read_tiv({"table": str(table), "column": "eTIV"}, frame, path)


def test_freesurfer_volume_of_real_people(shared_data):
    table = shared_data / "schizophrenia" / "cobre" / "freesurfer.tsv"
    participants = shared_data / "schizophrenia" / "cobre" / "participants.tsv"
    spec = {"table": table, "column": "EstimatedTotalIntraCranialVol", "unit": "mm3"}
    frame = read_table(participants)
    found = read_tiv(spec, frame, participants)
    raw = pd.read_csv(table, sep="\t", dtype={"participant_id": str}).set_index("participant_id")
    expected = raw.loc[frame["participant_id"], "EstimatedTotalIntraCranialVol"] / 1000
    assert found.to_numpy() == pytest.approx(expected.to_numpy())
