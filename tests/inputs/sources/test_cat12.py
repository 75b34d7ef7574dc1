"""CAT12's reports and values by region, in every layout."""

import hashlib
import math
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.cat12 import (
    RoiRequest,
    grade,
    percent,
    read_report_files,
    read_reports,
    read_rois,
)
from mri_response.inputs.sources.cat12_text import read_tiv_text
from mri_response.inputs.sources.region_tables import TableRequest, read_region_tables

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<S>
   <subjectratings><vol_TIV>2.13</vol_TIV></subjectratings>
   <qualityratings>{marks}</qualityratings>
   <software><version_cat>{version}</version_cat><revision_cat>2577</revision_cat></software>
   <subjectmeasures>
      <vol_TIV>{tiv}</vol_TIV>
      <vol_abs_CGW>[300 700 500.5 0]</vol_abs_CGW>
   </subjectmeasures>
</S>
"""
ROI = """<?xml version="1.0" encoding="utf-8"?>
<S>
   <neuromorphometrics>
      <ids>[1;2;3]</ids>
      <names><item>lHip</item><item>rHip</item><item>lAmy</item></names>
      <version>12.9</version>
      <data><Vgm>{vgm}</Vgm><Vwm>[0.5;0.25;NaN]</Vwm></data>
   </neuromorphometrics>
   <custom>
      <ids>[11;12]</ids><names><item></item><item></item></names>
      <data><Vgm>[1;2]</Vgm></data>
   </custom>
</S>
"""


def people(*ids, sessions=None):
    frame = pd.DataFrame({"participant_id": list(ids)})
    return frame if sessions is None else frame.assign(session_id=sessions)


def write_report(path: Path, tiv="1500.5", marks="<IQR>2</IQR>", version="12.9") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(REPORT.format(tiv=tiv, marks=marks, version=version))
    return path


def write_roi(path: Path, vgm="[4.5;4.25;1.5]") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ROI.format(vgm=vgm))
    return path


# ---------------------------------------------------------------- layouts

LAYOUTS = [
    "report",  # subfolders
    "",  # beside the scans
    "sub-01/anat",  # derivatives of BIDS
    "sub-01/report",
    "sub-01/anat/report",
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(tmp_path, layout):
    path = write_report(tmp_path / layout / "cat_sub-01_T1w.xml")
    source = read_reports(tmp_path, people("sub-01"))
    assert source.table.to_dict("records") == [
        {
            "participant_id": "sub-01",
            "tiv_ml": 1500.5,
            "csf_ml": 300.0,
            "gm_ml": 700.0,
            "wm_ml": 500.5,
            "iqr_percent": 85.0,
            "siqr_percent": pytest.approx(math.nan, nan_ok=True),
        }
    ]
    row = source.record.iloc[0]
    assert (row.program, row.version, row.file) == ("CAT12", "12.9 r2577", str(path))
    assert row.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_thousand_people_are_read_in_seconds(tmp_path):
    names = [f"sub-{i:04d}" for i in range(1000)]
    for folder, write, kind in (("label", write_roi, "catROI"), ("report", write_report, "cat")):
        first = write(tmp_path / folder / f"{kind}_{names[0]}_T1w.xml")
        for name in names[1:]:
            os.link(first, tmp_path / folder / f"{kind}_{name}_T1w.xml")
    start = time.process_time()
    found = read_rois(tmp_path, people(*names), RoiRequest(("neuromorphometrics",)))
    reports = read_reports(tmp_path, people(*names))
    assert time.process_time() - start < 20
    assert (len(found.table), len(reports.table)) == (1000, 1000)


def test_sessions_and_longitudinal_names(tmp_path):
    for session in ("a", "b"):
        folder = tmp_path / "sub-01" / f"ses-{session}" / "anat"
        write_report(folder / f"cat_rsub-01_ses-{session}_T1w.xml", tiv=f"150{ord(session)}")
    asked = people("sub-01", "sub-01", "sub-01", sessions=["ses-b", "ses-a", "ses-c"])
    source = read_reports(tmp_path, asked)
    assert source.table["tiv_ml"].tolist() == [15098, 15097]
    assert source.record["reason"][2].endswith("found no cat_*.xml of sub-01 ses-c")
    with pytest.raises(InputError, match="for sub-01, expected one file per person and session"):
        read_reports(tmp_path, people("sub-01"))
    named = "r{participant_id}_{session_id}_T1w"
    assert read_reports(tmp_path, asked.iloc[:2], named).record["state"].eq("read").all()


def test_who_has_no_file(tmp_path):
    write_report(tmp_path / "cat_sub-01_T1w.xml")
    write_report(tmp_path / "cat_sub-010_T1w.xml")
    source = read_reports(tmp_path, people("sub-01", "sub-2", "sub-1"))
    assert source.record["state"].tolist() == ["read", "no_file", "no_file"]
    assert source.record["reason"][2].endswith("but of 'sub-01': they differ by leading zeros")
    with pytest.raises(
        InputError, match=r"of 01, but of 'sub-01': .* prefix sub-, and none of any"
    ):
        read_reports(tmp_path, people("01"))
    with pytest.raises(
        InputError, match=r"found no catROI_\*\.xml, expected CAT12's values by reg"
    ):
        read_rois(tmp_path, people("sub-01"), RoiRequest(("hammers",)))
    with pytest.raises(InputError, match="folder not found, expected CAT12 reports"):
        read_reports(tmp_path / "none", people("sub-01"))


def test_links_whose_content_was_not_fetched(tmp_path):
    write_report(tmp_path / "cat_sub-01.xml")
    (tmp_path / "cat_sub-02.xml").symlink_to("nowhere")
    (tmp_path / "cat_sub-03.xml").write_text("/annex/objects/SHA256E-s1--0.xml\n")
    source = read_reports(tmp_path, people("sub-01", "sub-02", "sub-03"))
    assert source.record["state"].tolist() == ["read", "dangling", "dangling"]
    assert source.record["reason"][1].endswith("fetch it (datalad get)")


def test_reports_whose_paths_are_known_are_read_alike(tmp_path):
    report = write_report(tmp_path / "cat_sub-01.xml")
    pointer = tmp_path / "cat_sub-02.xml"
    pointer.write_text("/annex/objects/SHA256E-s1--0.xml\n")
    everybody = people("sub-01", "sub-02", "sub-03")
    source = read_report_files([report, pointer, None], everybody)
    assert source.record["state"].tolist() == ["read", "dangling", "no_file"]
    assert source.record["reason"][1].endswith("fetch it (datalad get)")
    alike = read_reports(tmp_path, everybody)
    pd.testing.assert_frame_equal(source.table, alike.table)
    pd.testing.assert_frame_equal(source.record.iloc[:2], alike.record.iloc[:2])


# ---------------------------------------------------------------- reports


def test_both_qualities(tmp_path):
    write_report(tmp_path / "cat_a.xml", marks="<IQR>2</IQR><SIQR>[2.5]</SIQR>", version="26.0.rc3")
    write_report(tmp_path / "cat_b.xml", marks="")
    source = read_reports(tmp_path, people("a", "b"))
    assert source.table["iqr_percent"].tolist()[:1] == [85.0]
    assert source.table["siqr_percent"].tolist()[:1] == [80.0]
    assert source.table[["iqr_percent", "siqr_percent"]].loc[1].isna().all()
    (warning,) = source.warnings
    assert "(1 CAT12 26.0.rc3 r2577, 1 CAT12 12.9 r2577)" in warning


@pytest.mark.parametrize(
    ("mark", "value", "letter"),
    [(0.5, 100, "A"), (1.6, 89, "B"), (3, 75, "C"), (4, 65, "D"), (1.5, 90, "B"), (5.5, 50, "F")],
)
def test_marks(mark, value, letter):
    assert percent(mark) == pytest.approx(value)
    assert grade(percent(mark)) == letter


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "could not be read as XML"),
        (REPORT[:200], "could not be read as XML"),
        (REPORT.replace("{tiv}", ""), "found '' as subjectmeasures/vol_TIV, expected a number"),
        (REPORT.replace("{tiv}", "many"), "found 'many' as subjectmeasures/vol_TIV"),
        (REPORT.replace("300 700", "300 x"), "expected numbers as MATLAB writes them"),
    ],
)
def test_damaged_reports(tmp_path, text, what):
    (tmp_path / "cat_a.xml").write_text(text.replace("{tiv}", "1500").replace("{marks}", ""))
    with pytest.raises(InputError, match=what) as caught:
        read_reports(tmp_path, people("a"))
    assert "cat_a.xml: " in str(caught.value)


# ---------------------------------------------------------------- regions


def test_regions_of_atlases(tmp_path):
    write_roi(tmp_path / "label" / "catROI_a.xml")
    write_roi(tmp_path / "label" / "catROI_b.xml", vgm="[4;5;6]")
    request = RoiRequest(("neuromorphometrics", "custom"))
    source = read_rois(tmp_path, people("a", "b"), request)
    assert source.table.to_dict("list") == {
        "participant_id": ["a", "b"],
        "neuromorphometrics__lHip": [4.5, 4.0],
        "neuromorphometrics__rHip": [4.25, 5.0],
        "neuromorphometrics__lAmy": [1.5, 6.0],
        "custom__region11": [1.0, 1.0],
        "custom__region12": [2.0, 2.0],
    }
    assert source.record["version"].tolist() == ["12.9", "12.9"]


def test_regions_without_a_number(tmp_path):
    write_roi(tmp_path / "catROI_a.xml")
    write_roi(tmp_path / "catROI_b.xml", vgm="[4;NaN;6]")
    source = read_rois(
        tmp_path, people("a", "b"), RoiRequest(("neuromorphometrics",), ("Vgm", "Vwm"))
    )
    assert "neuromorphometrics__lHip__Vwm" in source.table
    assert "neuromorphometrics__lAmy__Vwm" not in source.table
    assert source.warnings == (
        f"{tmp_path}: 'neuromorphometrics__lAmy__Vwm': no number in anyone: left out",
    )
    assert source.record["state"].tolist() == ["read", "missing_value"]
    assert source.record["reason"][1].endswith(
        "found no number for 'neuromorphometrics__rHip__Vgm'"
    )
    assert source.table["participant_id"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("request_", "vgm", "what"),
    [
        (RoiRequest(("neuromorphometric",)), "[1;2;3]", "did you mean 'neuromorphometrics'"),
        (RoiRequest(("../S",)), "[1;2;3]", "found no atlas '../S'"),
        (
            RoiRequest(("custom",), ("Vwm",)),
            "[1;2;3]",
            "atlas custom: found no 'Vwm'.* among 'Vgm'",
        ),
        (RoiRequest(("neuromorphometrics",)), "[1;2]", "found 3 names for 2 values"),
        (RoiRequest(("neuromorphometrics",)), "[1;x;2]", "expected numbers as MATLAB"),
    ],
)
def test_requests_that_cannot_be_met(tmp_path, request_, vgm, what):
    write_roi(tmp_path / "catROI_a.xml", vgm=vgm)
    with pytest.raises(InputError, match=what):
        read_rois(tmp_path, people("a"), request_)


# ---------------------------------------------------------------- CAT12's own tables


def test_the_table_of_the_roi_tool(tmp_path):
    path = tmp_path / "ROI_neuromorphometrics_Vgm.csv"
    path.write_text("names,lHip,rHip\ncatROI_sub-01_T1w,4.5,0\ncatROI_sub-02_T1w,4,5\n")
    with pytest.raises(InputError, match=r'as in subject: "catROI_\{participant_id\}_T1w"'):
        read_region_tables([path], people("sub-01"))
    request = TableRequest(subject="catROI_{participant_id}_T1w")
    source = read_region_tables([path], people("sub-02", "sub-01"), request)
    assert source.table["lHip"].tolist() == [4.0, 4.5]
    assert source.table["rHip"].tolist() == [5.0, 0.0]
    assert source.record["program"].tolist() == ["CAT12", "CAT12"]


def test_the_text_file_of_volumes(tmp_path):
    path = tmp_path / "TIV.txt"
    path.write_text(
        "/data/report/cat_sub-01_T1w.xml\t1500\t700\t500\t300\t0\nsub-02_T1w\t1400\t1\t2\t3\t0\n"
    )
    source = read_tiv_text(path, people("sub-01", "sub-02", "sub-03"))
    assert source.table.to_dict("list") == {
        "participant_id": ["sub-01", "sub-02"],
        "tiv_ml": [1500.0, 1400.0],
        "gm_ml": [700.0, 1.0],
        "wm_ml": [500.0, 2.0],
        "csf_ml": [300.0, 3.0],
    }
    assert source.record["state"].tolist() == ["read", "read", "no_row"]
    with pytest.raises(InputError, match="found no row of sub-3, and none of anyone else"):
        read_tiv_text(path, people("sub-3"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1500.5\n1400.2\n", "line 1: found numbers without the name of a scan"),
        ("1500.5\t700\t500\t300\t0\n", "line 1: found numbers without the name of a scan"),
        ("a\t1500\t700\n", "line 1: found 2 volumes, expected the total alone or with"),
        ("a\t1500\na\t1400\n", "line 2: found 'a' again"),
        ("a\tmany\n", "line 1: found 'many', expected a volume in ml"),
    ],
)
def test_text_files_that_do_not_say_who(tmp_path, text, what):
    path = tmp_path / "TIV.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=what):
        read_tiv_text(path, people("a"))


# ---------------------------------------------------------------- real files


def test_real_reports(shared_data):
    names = ("IXI017-Guys-0698-T1", "IXI002-Guys-0828-T1")
    source = read_reports(shared_data / "inputs" / "cat12", people(*names))
    assert source.table["tiv_ml"].round(6).tolist() == [1627.185303, 1439.186279]
    # CAT12 of this revision rates no structural quality; the volume is the sum of the tissues.
    assert source.table["iqr_percent"].round(2).tolist() == [84.68, 85.28]
    assert [grade(value) for value in source.table["iqr_percent"]] == ["B", "B"]
    assert source.table["siqr_percent"].isna().all()
    tissues = source.table[["csf_ml", "gm_ml", "wm_ml"]].sum(axis=1)
    np.testing.assert_allclose(tissues, source.table["tiv_ml"], rtol=2e-5)
    assert source.record["version"].tolist() == ["1126", "1126"]


@pytest.mark.parametrize(
    ("atlas", "n", "total"), [("hammers", 68, 725.24125), ("lpba40", 56, 693.92209)]
)
def test_real_regions(shared_data, atlas, n, total):
    folder = shared_data / "inputs" / "cat12"
    asked = people("IXI017-Guys-0698-T1")
    source = read_rois(folder, asked, RoiRequest((atlas,)))
    values = source.table.drop(columns="participant_id").iloc[0]
    assert len(values) == n
    assert round(values.sum(), 5) == total
    if atlas == "hammers":
        assert values["hammers__lHip"] == 2.2129889951542
        white = read_rois(folder, asked, RoiRequest((atlas,), ("Twm",)))
        assert len(white.table.columns) - 1 == 68 - 23
        assert "and 20 more: no number in anyone" in white.warnings[0]
