"""Folders of FreeSurfer and FastSurfer, person by person."""

import hashlib
import os
import re
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.freesurfer import StatsRequest, quality, read_freesurfer
from mri_response.inputs.sources.names import TIV, select

STRUCTURES = ("Left-Thalamus", "Left-Hippocampus", "5th-Ventricle")
LABELS = tuple(f"region{i:02d}" for i in range(34))


def people(*ids, sessions=None):
    frame = pd.DataFrame({"participant_id": list(ids)})
    return frame if sessions is None else frame.assign(session_id=sessions)


def write_aseg(folder, volumes=(8000.0, 4000.0, 0.0), structures=STRUCTURES, version="7.4.1"):
    path = folder / "stats" / "aseg.stats"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"# cvs_version {version}",
        "# Measure lhSurfaceHoles, lhSurfaceHoles, Number of holes, 3, unitless",
        "# Measure rhSurfaceHoles, rhSurfaceHoles, Number of holes, 5, unitless",
        "# Measure EstimatedTotalIntraCranialVol, eTIV, Estimated, 1500000.5, mm^3",
        f"# NRows {len(structures)}",
        "# ColHeaders Index SegId NVoxels Volume_mm3 StructName",
        *(
            f"{i} {i} 9 {v} {name}"
            for i, (name, v) in enumerate(zip(structures, volumes, strict=True))
        ),
    ]
    path.write_text("\n".join(lines) + "\n")


def write_aparc(folder, thickness=2.5, labels=LABELS, stem="aparc"):
    for side in ("lh", "rh"):
        path = folder / "stats" / f"{side}.{stem}.stats"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            "# cvs_version 7.4.1",
            "# Measure Cortex, MeanThickness, Mean Thickness, 2.4, mm",
            "# Measure EstimatedTotalIntraCranialVol, eTIV, Estimated, 1.0, mm^3",
            "# ColHeaders StructName NumVert SurfArea GrayVol ThickAvg",
            *(f"{label} 10 {100 + i} {300 + i} {thickness}" for i, label in enumerate(labels)),
        ]
        path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(1, 4):
        write_aseg(tmp_path / f"sub-{i:02d}", (8000.0 + i, 4000.0 + i, 0.0))
        write_aparc(tmp_path / f"sub-{i:02d}", 2.5 + i / 10)
    (tmp_path / "fsaverage").mkdir()
    return tmp_path


def only(source):
    """State and reason of the only person of a record."""
    (row,) = source.record.itertuples()
    return row.state, row.reason


# ---------------------------------------------------------------- values and record


def test_values_record_and_hash(folder):
    asked = people("sub-02", "sub-01")
    source = read_freesurfer(folder, asked, StatsRequest(("aseg", "aparc"), ("thickness", "area")))
    assert source.table["participant_id"].tolist() == ["sub-02", "sub-01"]
    assert source.table["Left-Thalamus"].tolist() == [8002.0, 8001.0]
    assert source.table["rh_region00_thickness"].tolist() == [2.7, 2.6]
    assert source.table["lh_region33_area"].tolist() == [133.0, 133.0]
    # The volume of the head is that of aseg.stats, whatever the cortical files say.
    assert source.table[TIV].tolist() == [1500000.5, 1500000.5]
    assert quality(source.table).to_dict("list") == {
        "surface_holes": [8.0, 8.0],
        "euler_number": [-12.0, -12.0],
    }
    row = source.record.iloc[0]
    assert (row.state, row.program, row.version) == ("read", "FreeSurfer", "7.4.1")
    names = ("aseg.stats", "lh.aparc.stats", "rh.aparc.stats")
    assert row.file == f"{folder}/sub-02/stats/{{{','.join(names)}}}"
    lines = "".join(
        f"{hashlib.sha256((folder / 'sub-02' / 'stats' / n).read_bytes()).hexdigest()}  {n}\n"
        for n in names
    )
    assert row.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert source.warnings == ()


def test_one_file_has_its_own_hash(folder):
    source = read_freesurfer(folder, people("sub-01"), StatsRequest())
    path = folder / "sub-01" / "stats" / "aseg.stats"
    assert source.record.loc[0, "file"] == str(path)
    assert source.record.loc[0, "sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_head_is_read_where_only_the_cortex_is_asked_for(folder):
    source = read_freesurfer(folder, people("sub-01"), StatsRequest(("aparc",)))
    assert source.table[TIV].tolist() == [1500000.5]
    assert "Left-Thalamus" not in source.table
    assert len(select(list(source.table))[0]) == 68


# ---------------------------------------------------------------- which folder


def test_sessions_and_longitudinal_folders(folder):
    write_aseg(folder / "sub-04_ses-a")
    write_aseg(folder / "sub-05_ses-a.long.sub-05")
    asked = people("sub-04", "sub-05", "sub-01", sessions=["ses-a"] * 3)
    source = read_freesurfer(folder, asked, StatsRequest())
    assert source.record["state"].tolist() == ["read", "read", "no_folder"]
    assert source.table["session_id"].tolist() == ["ses-a", "ses-a"]
    # The folder without a session may hold the mean over sessions, before and after treatment.
    assert source.record["reason"][2] == "found no folder 'sub-01_ses-a', but 'sub-01'"
    write_aseg(folder / "sub-04_ses-a.long.sub-04")
    with pytest.raises(InputError, match="for sub-04, expected one folder per person and session"):
        read_freesurfer(folder, asked, StatsRequest())
    named = StatsRequest(subject="{participant_id}_{session_id}")
    assert read_freesurfer(folder, asked.iloc[:1], named).record["state"].tolist() == ["read"]


def test_names_of_folders_follow_a_pattern(folder):
    write_aseg(folder / "FS_9")
    source = read_freesurfer(folder, people("9"), StatsRequest(subject="FS_{participant_id}"))
    assert source.record["state"].tolist() == ["read"]
    with pytest.raises(InputError, match=r"subject: found \{session_id\} in .* no session for 9"):
        read_freesurfer(folder, people("9"), StatsRequest(subject="{session_id}"))


def test_ids_that_differ_in_writing_are_told_and_not_guessed(folder):
    source = read_freesurfer(folder, people("sub-01", "sub-2", "sub-7"), StatsRequest())
    assert source.record["reason"].tolist() == [
        None,
        "found no folder 'sub-2', but 'sub-02': they differ by leading zeros",
        "found no folder 'sub-7'",
    ]
    with pytest.raises(
        InputError, match=r"'01', but 'sub-01': they differ by the prefix sub-, and"
    ):
        read_freesurfer(folder, people("01", "02"), StatsRequest())


def test_a_folder_that_is_none_or_one_persons(folder):
    with pytest.raises(InputError, match="found the folder of one person"):
        read_freesurfer(folder / "sub-01", people("sub-01"), StatsRequest())
    with pytest.raises(
        InputError, match=r"could not be read .*, expected the folder of FreeSurfer"
    ):
        read_freesurfer(folder / "none", people("sub-01"), StatsRequest())


# ---------------------------------------------------------------- crashed, incomplete, dangling


def test_a_crashed_run_tells_its_last_step_without_the_date(folder):
    scripts = folder / "sub-09" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "recon-all-status.log").write_text(
        "Mon Jul 10 EDT 2017\n#@# Tessellate lh Mon Jul 10 16:20:00 EDT 2017\n"
        "#@# Fix Topology lh Mon Jul 10 16:20:55 EDT 2017\n"
    )
    state, reason = only(read_freesurfer(folder, people("sub-09"), StatsRequest()))
    assert state == "crashed"
    assert reason.endswith(
        "lacks stats/aseg.stats; FreeSurfer did not finish; the last step of its "
        "log is 'Fix Topology lh'"
    )


def test_an_incomplete_folder_names_what_it_lacks(folder):
    (folder / "sub-01" / "stats" / "lh.aparc.stats").unlink()
    state, reason = only(read_freesurfer(folder, people("sub-01"), StatsRequest(("aseg", "aparc"))))
    assert state == "incomplete"
    assert reason == f"{folder}/sub-01: lacks stats/lh.aparc.stats"
    (folder / "sub-10" / "mri").mkdir(parents=True)
    state, reason = only(read_freesurfer(folder, people("sub-10"), StatsRequest()))
    assert state == "incomplete"
    assert "there is no log of a run either" in reason


def test_links_whose_content_was_not_fetched(folder):
    path = folder / "sub-01" / "stats" / "aseg.stats"
    path.unlink()
    path.symlink_to("../../.git/annex/objects/xx/SHA256E-s1.stats")
    (folder / "sub-02" / "stats" / "aseg.stats").write_text("/annex/objects/SHA256E-s1--0.stats\n")
    (folder / "sub-03" / "stats").rename(folder / "away")
    (folder / "sub-03" / "stats").symlink_to("nowhere")
    source = read_freesurfer(folder, people("sub-01", "sub-02", "sub-03"), StatsRequest())
    assert source.record["state"].tolist() == ["dangling"] * 3
    assert source.record["reason"].str.contains(r"fetch it \(datalad get\)").all()
    assert source.table.empty


def test_empty_folders_are_parts_that_were_not_fetched(folder):
    (folder / "sub-10").mkdir()
    state, reason = only(read_freesurfer(folder, people("sub-10"), StatsRequest()))
    assert state == "dangling"
    assert reason.endswith("if it is a DataLad data set, fetch it (datalad get)")
    with pytest.raises(InputError, match=r"found an empty folder, .* fetch it \(datalad get\)"):
        read_freesurfer(folder / "sub-10", people("sub-10"), StatsRequest())


def test_a_file_that_cannot_be_read_is_one_line(folder):
    path = folder / "sub-01" / "stats" / "aseg.stats"
    with (
        mock.patch.object(Path, "read_bytes", side_effect=PermissionError(13, "Permission denied")),
        pytest.raises(InputError, match=r"aseg\.stats: could not be read \(permission denied\)"),
    ):
        read_freesurfer(folder, people("sub-01"), StatsRequest())
    assert path.is_file()


def test_a_thousand_people_are_read_in_seconds(folder, tmp_path_factory):
    many = tmp_path_factory.mktemp("many")
    for i in range(1000):
        stats = many / f"sub-{i:04d}" / "stats"
        stats.mkdir(parents=True)
        for path in (folder / "sub-01" / "stats").iterdir():
            os.link(path, stats / path.name)
    asked = people(*(f"sub-{i:04d}" for i in range(1000)))
    start = time.process_time()
    source = read_freesurfer(many, asked, StatsRequest(("aseg", "aparc"), ("thickness", "area")))
    assert time.process_time() - start < 20
    assert len(source.table) == 1000


def test_other_labels_than_most_people_have(folder):
    for i in (2, 3, 4):
        write_aparc(folder / f"sub-{i:02d}", labels=(*LABELS[1:], "more"))
    source = read_freesurfer(
        folder, people(*(f"sub-{i:02d}" for i in range(1, 5))), StatsRequest(("aparc",))
    )
    assert source.record["state"].tolist() == ["other_labels", "read", "read", "read"]
    assert source.record["reason"][0].endswith(
        "lh.aparc.stats: lacks 'more' and has 'region00' more than most people have"
    )


def test_a_cut_parcellation_of_everyone(folder):
    write_aparc(folder / "sub-01", labels=LABELS[:20])
    state, reason = only(read_freesurfer(folder, people("sub-01"), StatsRequest(("aparc",))))
    assert state == "other_labels"
    assert reason.endswith("lh.aparc.stats: has 20 regions, expected 34")


def test_an_empty_structure_that_is_left_out_is_0(folder):
    write_aseg(folder / "sub-01", (8001.0, 4001.0), STRUCTURES[:2])
    source = read_freesurfer(folder, people("sub-01", "sub-02", "sub-03"), StatsRequest())
    assert source.table["5th-Ventricle"].tolist() == [0.0, 0.0, 0.0]
    write_aseg(folder / "sub-01", (8001.0, 0.0), STRUCTURES[::2])
    source = read_freesurfer(folder, people("sub-01", "sub-02", "sub-03"), StatsRequest())
    assert source.record["state"].tolist() == ["other_labels", "read", "read"]


def test_a_value_that_is_no_number_leaves_the_person_out(folder):
    write_aseg(folder / "sub-01", (float("nan"), 4001.0, 0.0))
    source = read_freesurfer(folder, people("sub-01", "sub-02"), StatsRequest())
    assert source.record["state"].tolist() == ["missing_value", "read"]
    assert "'Left-Thalamus': found no number" in source.record["reason"][0]


def test_regions_of_the_same_names_are_refused(folder):
    write_aparc(folder / "sub-01", stem="aparc.DKTatlas", labels=LABELS[:31])
    request = StatsRequest(("aparc", "aparc.DKTatlas"))
    with pytest.raises(InputError, match="lh_region00_thickness a second time"):
        read_freesurfer(folder, people("sub-01"), request)


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (StatsRequest(measures=("thick",)), "measures: found 'thick', expected some of area, vol"),
        (StatsRequest(stats=()), "stats: found none"),
    ],
)
def test_a_request_that_cannot_be(folder, request_, what):
    with pytest.raises(InputError, match=what):
        read_freesurfer(folder, people("sub-01"), request_)


def test_two_major_versions_are_warned_of(folder):
    write_aseg(folder / "sub-01", version="7.1.0")
    write_aseg(folder / "sub-03", version="$Id: mri_segstats.c,v 1.121 2016/05/31 x Exp $")
    source = read_freesurfer(folder, people("sub-01", "sub-02"), StatsRequest())
    assert source.warnings == ()
    source = read_freesurfer(folder, people("sub-01", "sub-02", "sub-03"), StatsRequest())
    assert source.record["version"].tolist() == ["7.1.0", "7.4.1", "6.0"]
    (warning,) = source.warnings
    assert "(2 FreeSurfer 7, 1 FreeSurfer 6)" in warning


def test_a_build_stamp_tells_the_version(folder):
    scripts = folder / "sub-01" / "scripts"
    scripts.mkdir()
    (scripts / "build-stamp.txt").write_text(
        "freesurfer-linux-centos7_x86_64-7.3.2-20220804-6354275\n"
    )
    source = read_freesurfer(folder, people("sub-01"), StatsRequest())
    assert source.record.loc[0, "version"] == "7.3.2"


# ---------------------------------------------------------------- real folders


@pytest.fixture
def real(shared_data: Path) -> Path:
    return shared_data / "inputs" / "freesurfer"


@pytest.mark.parametrize(
    ("name", "tiv_ml", "hippocampus", "version"),
    [
        ("fs6.0_bert", 1602.572131, 4308.9, "6.0"),
        ("fs6.0_downs7002", 1341.730704, 3180.2, "6.0"),
        ("fs7.0_soichi", 1420.434161, 4333.5, "7.0.0"),
        ("fs7.4.1_dasb_sub-01", 1243.990210, 4207.5, "7.4.1"),
        ("fastsurfer_OAS1_0001-3", 1730.854888, 3567.0, "with FreeSurfer 7.4.1"),
        ("fs5.1_michael", 1218.205206, 4035.0, "5.1"),
    ],
)
def test_known_volumes(real, name, tiv_ml, hippocampus, version):
    source = read_freesurfer(real, people(name), StatsRequest())
    row = source.table.iloc[0]
    assert round(row[TIV] / 1000, 6) == tiv_ml
    assert row["Left-Hippocampus"] == hippocampus
    assert row["Left-Thalamus"] > 5000
    assert source.record.loc[0, "version"] == version
    # 45 structures; the sums beside them differ between versions, the size of the head is not among
    # them.
    taken, sums = select(list(source.table))
    assert len(taken) - len(sums) == 45


@pytest.mark.parametrize(
    ("name", "insula"),
    [("fs6.0_fabian", 3.158), ("fs7.0_soichi", 2.897), ("fs7.4.1_dasb_sub-01", 3.088)],
)
def test_known_thickness(real, name, insula):
    source = read_freesurfer(real, people(name), StatsRequest(("aparc",)))
    assert source.table.loc[0, "lh_insula_thickness"] == insula


@pytest.mark.parametrize(
    ("stem", "n"), [("aparc", 34), ("aparc.a2009s", 74), ("aparc.DKTatlas", 31)]
)
def test_labels_are_the_same_in_all_versions(real, stem, n):
    """FreeSurfer 6 writes ``G&S_...``, version 7 ``G_and_S_...``: the columns agree."""
    names = ("fs6.0_fabian", "fs7.0_soichi", "fs7.4.1_dasb_sub-01")
    source = read_freesurfer(real, people(*names), StatsRequest((stem,)))
    assert source.record["state"].eq("read").all()
    columns = select(list(source.table))[0]
    assert len([c for c in columns if c.startswith("lh_")]) == n
    assert source.table[[c for c in columns if c.startswith(("lh_", "rh_"))]].notna().all(axis=None)


def test_fastsurfers_own_files(real):
    name = "fastsurfer_OAS1_0001-3"
    request = StatsRequest(("aseg+DKT", "aparc.DKTatlas.mapped"), ("thickness", "volume"))
    source = read_freesurfer(real, people(name), request)
    row = source.table.iloc[0]
    assert row["Left-Hippocampus"] == 3634.91
    assert row["lh_insula_thickness"] == 2.926
    assert round(row[TIV] / 1000, 6) == 1730.854888
    assert sum(c.startswith("ctx-") for c in source.table) == 62
    assert source.record.loc[0, "program"] == "FastSurfer"
    state, reason = only(read_freesurfer(real, people(name), StatsRequest(("aparc",))))
    assert state == "incomplete"
    assert "FastSurfer wrote 'lh.aparc.DKTatlas.mapped.stats'" in reason


def test_folders_without_a_file(real):
    asked = people("fs6.0_downs7002", "fs6.0_bert")
    source = read_freesurfer(real, asked, StatsRequest(("aseg", "aparc")))
    assert source.record["state"].tolist() == ["incomplete", "read"]
    assert source.record["reason"][0].endswith("lacks stats/lh.aparc.stats")


def test_nine_of_ten_people_of_a_training_folder(real):
    asked = people(*(f"sub-{i:02d}" for i in range(1, 11)))
    source = read_freesurfer(real / "fs6.0_training", asked, StatsRequest())
    assert len(source.table) == 9
    crashed = source.record[source.record["state"] != "read"]
    assert crashed["participant_id"].tolist() == ["sub-05"]
    assert crashed["state"].tolist() == ["crashed"]
    assert re.search(r"the last step of its log is 'Fix Topology lh'$", crashed["reason"].iloc[0])
    assert np.isfinite(source.table[TIV]).all()
    assert quality(source.table)["surface_holes"].notna().all()
