"""Stats files of every version, read by the names of their columns."""

import json
import math
from pathlib import Path

import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.stats import parse_stats, release

PATH = Path("aseg.stats")
ASEG = """# Title Segmentation Statistics
# cvs_version 7.4.1
# Measure BrainSeg, BrainSegVol, Brain Segmentation Volume, 1009498.000000, mm^3
# Measure Cortex, CortexVol Total cortical gray matter volume, 491582.219712, mm^3
# NRows 2
# ColHeaders  Index SegId NVoxels Volume_mm3 StructName normMean
  1   4      5305     5645.4  Left-Lateral-Ventricle   31.3776
  2  17       136      164.9  Left-Hippocampus         45.9779
"""


def test_measures_and_columns():
    stats = parse_stats(ASEG.encode(), PATH)
    assert stats.measures == {"BrainSegVol": 1009498.0, "CortexVol": 491582.219712}
    assert stats.values("Volume_mm3") == {
        "Left-Lateral-Ventricle": 5645.4,
        "Left-Hippocampus": 164.9,
    }
    assert stats.version == "7.4.1"


def test_columns_are_found_by_name_and_not_by_place():
    # FastSurfer writes other columns in another order than FreeSurfer.
    text = "# ColHeaders StructName Volume_mm3 SegId\nLeft-Caudate 12.5 11\n"
    assert parse_stats(text.encode(), PATH).values("Volume_mm3") == {"Left-Caudate": 12.5}


def test_known_answers(shared_data):
    """Every number that another parser read from 54 files of eight versions."""
    known = json.loads((shared_data / "inputs" / "known_answers.json").read_text())
    assert len(known) == 54
    compared = 0
    for name, answers in known.items():
        path = shared_data / "inputs" / "freesurfer" / name
        stats = parse_stats(path.read_bytes(), path)
        assert len(stats.rows) == answers.pop("rows"), name
        for key, value in answers.items():
            if isinstance(value, dict):
                assert {column: stats.values(column)[key] for column in value} == value, name
                compared += len(value)
            else:
                found = stats.measures.get(key)
                assert (stats.values("Volume_mm3")[key] if found is None else found) == value, name
                compared += 1
    assert compared > 300


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda text: "", "an empty file"),
        (lambda text: text[: text.index("164.9")], "3 values on line 8 under 6 columns"),
        (lambda text: text[: text.index("  2  17")], "1 rows where the header says 2"),
        (
            lambda text: text[: text.index("  1   4")].replace("# NRows 2\n", ""),
            "header without rows",
        ),
        (lambda text: text.rstrip("\n"), "no end of the last line"),
        (lambda text: text.replace("1009498.000000", "n/a"), "cannot be read on line 3"),
        (lambda text: text.replace("Left-Hippocampus", "Left-Lateral-Ventricle"), "twice"),
        (lambda text: "\n".join(f"{i}\t{i}" for i in range(3)), "values on line 1 under 0 columns"),
    ],
)
def test_damaged_files_are_told_in_one_line(change, what):
    with pytest.raises(InputError, match=what) as caught:
        parse_stats(change(ASEG).encode(), PATH)
    assert str(caught.value).startswith("aseg.stats: found ")
    assert "\n" not in str(caught.value)


def test_bytes_that_are_not_text():
    with pytest.raises(InputError, match="bytes that are not text"):
        parse_stats(b"\xff\xfe\x00", PATH)


def test_cells_that_are_no_numbers_and_columns_that_are_not_there():
    stats = parse_stats(ASEG.replace("164.9", "many").encode(), PATH)
    with pytest.raises(InputError, match="Left-Hippocampus: column Volume_mm3: found 'many'"):
        stats.values("Volume_mm3")
    with pytest.raises(InputError, match="found no column 'ThickAvg'"):
        stats.values("ThickAvg")
    stats = parse_stats(ASEG.replace("164.9", "nan").encode(), PATH)
    assert math.isnan(stats.values("Volume_mm3")["Left-Hippocampus"])


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("7.4.1", "7.4.1"),
        ("$Id: mri_segstats.c,v 1.121 2016/05/31 17:27:11 greve Exp $", "6.0"),
        ("$Id: mri_segstats.c,v 1.75 2011/03/02 00:04:24 nicks Exp $", "5.1"),
        ("$Id: mri_segstats.c,v 1.33 2009/01/01 nicks Exp $", "mri_segstats.c 1.33"),
        ("freesurfer-macOS-darwin_x86_64-7.4.1-20230614-7eb8460", "7.4.1"),
        ("freesurfer-Darwin-OSX-stable-pub-v6.0.0-2beb96c", "6.0.0"),
        ("freesurfer-Linux-centos6_x86_64-stable-pub-v5.3.0", "5.3.0"),
        (None, None),
    ],
)
def test_releases(told, version):
    assert release(told) == version
