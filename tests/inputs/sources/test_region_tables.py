"""Tables of FreeSurfer's and ENIGMA's scripts, one or several per source."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.names import TIV, select
from mri_response.inputs.sources.region_tables import (
    TableRequest,
    read_region_table,
    read_region_tables,
)
from mri_response.inputs.text import TableFormat

ASEG = "Measure:volume\tLeft-Hippocampus\t5th-Ventricle\tEstimatedTotalIntraCranialVol\n"
THICKNESS = "lh.aparc.thickness\tlh_insula_thickness\tBrainSegVolNotVent\teTIV\n"


def people(*ids, sessions=None):
    frame = pd.DataFrame({"participant_id": list(ids)})
    return frame if sessions is None else frame.assign(session_id=sessions)


@pytest.fixture
def write(tmp_path: Path):
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def aseg(write):
    return write("aseg.txt", ASEG + "a\t4000.5\t0.0\t1500000\nb\t4100\t1.5\t1600000\n")


# ---------------------------------------------------------------- layouts


@pytest.mark.parametrize("separator", ["\t", ",", ";", " ", "   "])
def test_every_delimiter(write, separator):
    text = (ASEG + "a\t4000.5\t0.0\t1500000\n").replace("\t", separator)
    source = read_region_tables([write("aseg.txt", text)], people("a"))
    assert source.table.to_dict("records") == [
        {"participant_id": "a", "Left-Hippocampus": 4000.5, "5th-Ventricle": 0.0, TIV: 1500000.0}
    ]
    assert source.warnings == ()


def test_tables_beside_each_other_with_what_repeats(write, aseg):
    lh = write("lh.txt", THICKNESS + "b\t2.5\t1200000\t1600000\na\t2.4\t1100000\t1500000.0001\n")
    rh = write("rh.txt", (THICKNESS + "b\t2.6\t1\t1600000\na\t2.5\t1100000\t1500000\n").replace(
        "lh", "rh"))  # fmt: skip
    source = read_region_tables([lh, rh, aseg], people("a", "b"))
    assert source.table["lh_insula_thickness"].tolist() == [2.4, 2.5]
    assert source.table["rh_insula_thickness"].tolist() == [2.5, 2.6]
    assert source.table[TIV].tolist() == [1500000, 1600000]
    assert select(list(source.table))[0] == [
        "Left-Hippocampus",
        "5th-Ventricle",
        "lh_insula_thickness",
        "rh_insula_thickness",
    ]
    # FastSurfer itself writes two values of BrainSegVolNotVent for a person.
    assert source.warnings == (
        f"{rh}: BrainSegVolNotVent has other values than in {lh}, which count",
    )
    assert source.record["file"][0] == f"{lh.parent}/{{aseg.txt,lh.txt,rh.txt}}"


@pytest.mark.parametrize("second", ["eTIV.1", "eTIV"])
def test_a_merged_table_repeats_the_volume_of_the_head(write, second):
    header = THICKNESS.replace("eTIV", f"eTIV\trh_insula_thickness\t{second}")
    path = write("all.txt", header + "a\t2.4\t1100000\t1500000\t2.5\t1500000\n")
    assert list(read_region_table(path).measures) == [
        "lh_insula_thickness",
        "BrainSegVolNotVent",
        TIV,
        "rh_insula_thickness",
    ]
    path = write("all.txt", header + "a\t2.4\t1100000\t1500000\t2.5\t1400000\n")
    with pytest.raises(InputError, match=r"eTIV: found 1\.4e\+06 .* in eTIV\.1, expected the same"):
        read_region_table(path)


def test_mixed_parcellations_are_refused(write):
    first = write("lh.txt", THICKNESS + "a\t2.4\t1100000\t1500000\n")
    second = write(
        "dkt.txt", THICKNESS.replace("aparc", "aparc.DKTatlas") + "a\t2.6\t1100000\t1500000\n"
    )
    with pytest.raises(
        InputError, match=r"lh_insula_thickness: found 2\.6 for row a and 2.4 in .*lh"
    ):
        read_region_tables([first, second], people("a"))


def test_versions_have_one_name(write):
    old = "Measure:volume\tLeft-Thalamus-Proper\tCorticalWhiteMatterVol\tIntraCranialVol\n"
    path = write("aseg.txt", old + "a\t8000\t450000\t1500000\n")
    assert list(read_region_table(path).measures) == [
        "Left-Thalamus",
        "CerebralWhiteMatterVol",
        TIV,
    ]
    path = write("aseg.txt", "Measure:volume\tLeft-Thalamus-Proper\tLeft-Thalamus\na\t1\t2\n")
    with pytest.raises(InputError, match="'Left-Thalamus-Proper' and 'Left-Thalamus', two names"):
        read_region_table(path)


def test_columns_of_text_are_passed_over_and_one_bad_cell_is_told(write):
    header = ASEG.replace("\n", "\tsite\n")
    path = write("aseg.txt", header + "a\t4000.5\t0.0\t1500000\tBonn\n")
    assert "site" not in read_region_table(path).measures
    path = write("aseg.txt", ASEG + "a\t4000\t0\t1500000\nb\tx\t0\t1500000\n")
    with pytest.raises(
        InputError, match="line 3: column Left-Hippocampus: found 'x', expected a num"
    ):
        read_region_table(path)


def test_decimal_commas_and_codes_of_missing(write):
    form = TableFormat(separators=";", decimal=",", missing=("-1",))
    path = write("aseg.csv", (ASEG + "a\t4000,5\t-1\t1500000\n").replace("\t", ";"))
    measures = read_region_table(path, TableRequest(form=form)).measures
    assert measures["Left-Hippocampus"].tolist() == [4000.5]
    assert measures["5th-Ventricle"].isna().all()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "Measure:volume\tsubject0\nLeft-Lateral-Ventricle\t8670.45\n",
            "line 2: found the region 'Left-Lateral-Ventricle' .* --transpose: make it without",
        ),
        (
            "lh.aparc.thickness\ta\tb\nlh_bankssts_thickness\t2.5\t2.6\n",
            "found the region 'lh_bankssts_thickness' in the first column",
        ),
        (
            "lh.aparc.thickness\tbankssts\tinsula\na\t2.5\t2.6\n",
            r"\('bankssts', 'insula'\), expected lh_\.\.\._thickness; .*--parcid-only",
        ),
        ("Measure:mean\tLeft-Caudate\na\t80\n", "found 'Measure:mean', expected Measure:volume"),
        ("who\tLeft-Caudate\na\t80\n", "found 'who' above the first column, .* with id_column"),
        (ASEG, "found a header and no rows"),
        (
            ASEG + "a\t1\t0\t1500000\na\t1\t0\t1500000\n",
            r"line 3: found 'a' again \(first on line 2\)",
        ),
        (ASEG + "\t1\t0\t1500000\n", "line 2: column 'Measure:volume': found no name"),
        ("SubjID\tsite\na\tBonn\n", "found no column of numbers"),
    ],
)
def test_tables_that_cannot_be_understood(write, text, what):
    with pytest.raises(InputError, match=what) as caught:
        read_region_table(write("aseg.txt", text))
    assert "aseg.txt: " in str(caught.value)
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------- who


def test_who_is_not_in_a_table(aseg):
    source = read_region_tables([aseg], people("b", "c", "A"))
    assert source.record["state"].tolist() == ["read", "no_row", "no_row"]
    assert source.record["reason"].tolist()[1:] == [
        f"{aseg}: found no row 'c'",
        f"{aseg}: found no row 'A', but 'a': they differ by upper and lower case",
    ]
    assert source.table["participant_id"].tolist() == ["b"]
    with pytest.raises(
        InputError, match=r"found no row 'sub-a', but 'a': .*, and none of anyone else"
    ):
        read_region_tables([aseg], people("sub-a", "sub-b"))


def test_names_follow_a_pattern(write):
    path = write("aseg.txt", ASEG + "FS_1\t4000\t0\t1500000\n")
    source = read_region_tables([path], people("1"), TableRequest(subject="FS_{participant_id}"))
    assert source.table["participant_id"].tolist() == ["1"]


def test_sessions_in_the_name_or_in_a_column(write):
    rows = "a_s1\t1\t0\t1500000\na_s2.long.a\t2\t0\t1500000\n"
    path = write("aseg.txt", ASEG + rows)
    asked = people("a", "a", "a", sessions=["s1", "s2", "s3"])
    source = read_region_tables([path], asked)
    assert source.table["Left-Hippocampus"].tolist() == [1.0, 2.0]
    path = write("aseg.txt", ASEG + rows + "a_s1.long.a\t1\t0\t1500000\n")
    with pytest.raises(
        InputError, match=r"found 'a_s1' and 'a_s1.long.a', expected one row per pers"
    ):
        read_region_tables([path], asked)
    split = ASEG.replace("Measure:volume", "id\tsession")
    path = write("split.txt", split + "a\ts1\t1\t0\t1500000\na\ts2\t2\t0\t1500000\n")
    source = read_region_tables([path], asked)
    assert source.table["Left-Hippocampus"].tolist() == [1.0, 2.0]
    assert source.record["reason"][2] == (
        f"{path}: found no row 'a' session 's3', but 'a' session 's1', 'a' session 's2'"
    )
    with pytest.raises(InputError, match="found a column of sessions, expected session_id"):
        read_region_tables([path], people("a"))


# ---------------------------------------------------------------- zeros and units


def test_a_zero_that_stands_for_missing(write):
    header = ASEG.replace("5th-Ventricle", "5th-Ventricle\tLeft-Thalamus\tDx")
    path = write(
        "aseg.txt",
        header + "a\t4000\t0\t0\t0\t1500000\nb\t0\t0\t0\t0\t1500000\nc\t1\t0\t0\t1\tNaN\n",
    )
    source = read_region_tables([path], people("a", "b", "c"))
    assert source.table["Left-Hippocampus"].isna().tolist() == [False, True, False]
    assert source.table["5th-Ventricle"].tolist() == [0, 0, 0]
    assert source.table["Dx"].tolist() == [0, 0, 1]
    assert "Left-Thalamus" not in source.table
    assert source.zeros.to_dict("records") == [
        {"participant_id": "b", "column": "Left-Hippocampus"}
    ]
    assert source.warnings == (
        f"{path}: Left-Hippocampus is 0 for 1 of 3 people, which stands for missing",
        f"{path}: Left-Thalamus is 0 for everyone, which stands for missing: it is left out",
    )


def test_a_factor_in_place_of_a_volume_is_refused(write):
    # The example of ENIGMA's protocol has a factor of Talairach space under ICV.
    path = write("LandRvolumes.csv", "SubjID,Lhippo,ICV\na,4000,0.908\nb,4100,0.95\n")
    with pytest.raises(
        InputError, match=r"'a': found 0\.908 mm3, expected a total intracranial vol"
    ):
        read_region_tables([path], people("a", "b"))
    path = write("LandRvolumes.csv", "SubjID,Lhippo,ICV\na,4000,1500\nb,4100,1600\n")
    with pytest.raises(InputError, match="it looks like ml"):
        read_region_tables([path], people("a", "b"))


# ---------------------------------------------------------------- real tables


@pytest.fixture
def real(shared_data: Path) -> Path:
    return shared_data / "inputs"


def test_a_real_persons_three_tables(real):
    tables = real / "freesurfer" / "tables"
    names = ("aseg.volume", "aparc.area", "aparc.volume")
    paths = [tables / f"ggseg_bert_{name}.table" for name in names]
    source = read_region_tables(paths, people("bert"))
    assert source.warnings == ()
    row = source.table.iloc[0]
    assert row[TIV] == 1602572.13129
    # The stats file that the table was made of says 1602572.131295.
    assert abs(row[TIV] - 1602572.131295) < 1e-5
    assert row["Left-Hippocampus"] == 4308.9
    assert row["rh_superiorfrontal_area"] == 6117.0


def test_two_versions_in_one_real_table(real):
    """ABIDE: measures that one version does not have are 0 for the people of the other."""
    path = real / "freesurfer" / "tables" / "abide_fs5.1_aseg_stats.txt"
    names = read_region_table(path).names
    assert len(names) == 1097
    assert names.str.extract(r"^FS_(.+)_\d+$")[0].nunique() == 24
    source = read_region_tables([path], people(*names))
    assert source.table[TIV].isna().sum() == 4
    assert source.zeros["column"].value_counts().to_dict() == {"BrainSegVol": 1093, TIV: 4}
    assert set(source.zeros.loc[source.zeros["column"] == TIV, "participant_id"]) == {
        *("FS_OHSU_0050155", "FS_OHSU_0050165", "FS_USM_0050432", "FS_USM_0050513")
    }
    assert len(source.warnings) == 3
    assert "for 'FS_NYU_0050955 (248.695 ml)', " in source.warnings[0]
    assert "IntraCranialVol is 0 for 4 of 1,097 people" in source.warnings[1]


def test_a_real_transposed_table(real):
    path = real / "freesurfer" / "tables" / "coinstac_transposed_subject0_aseg_stats.txt"
    with pytest.raises(InputError, match="line 2: found the region 'Left-Lateral-Ventricle'"):
        read_region_table(path)


def test_real_tables_of_enigma_with_two_visits(real):
    names = ("CorticalMeasuresENIGMA_ThickAvg", "CorticalMeasuresENIGMA_SurfAvg", "Subcort_vol")
    paths = [real / "enigma" / f"nzbri_{name}.csv" for name in names]
    lines = [path.read_text().splitlines() for path in paths]
    assert [len(rows) - 1 for rows in lines] == [59, 59, 59]
    assert [len(rows[0].split(",")) for rows in lines] == [75, 75, 24]
    asked = people("PH_001", "PH_001", sessions=["F0", "F1"])
    source = read_region_tables(paths, asked)
    assert source.record["program"].tolist() == ["ENIGMA", "ENIGMA"]
    row = source.table.iloc[0]
    assert row["lh_bankssts_thickness"] == 2.642
    assert row["Left-Thalamus"] == 6842.2
    assert row["Left-Hippocampus"] == 3489.754864
    assert row["rh_WhiteSurfArea_area"] == 81420.9
    assert row[TIV] == 1447457.852
    assert sum(name.startswith(("lh_", "rh_")) for name in select(list(source.table))[0]) == 136
    with pytest.raises(
        InputError, match="no row 'PH_001' session 'ses-F0', but 'PH_001' session 'F0'"
    ):
        read_region_tables(paths, people("PH_001", sessions=["ses-F0"]))


def test_the_example_of_the_enigma_toolbox(real):
    paths = sorted((real / "enigma").glob("mica_metr*.csv"))
    subcortical = read_region_table(paths[0])
    assert subcortical.measures.shape == (20, 17)  # and the column of people
    assert subcortical.program == "ENIGMA"
    source = read_region_tables(paths, people("sub-PX003"))
    assert source.table.loc[0, "lh_bankssts_thickness"] == 2.564
    assert source.table.loc[0, "lh_bankssts_area"] == 736
    assert source.table.loc[0, TIV] == 1684160
    assert np.isfinite(source.table.drop(columns="participant_id").to_numpy()).all()


def test_zeros_are_judged_on_the_whole_table(write):
    path = write("aseg.txt", ASEG + "a\t0\t0\t1500000\nb\t4000\t0\t1500000\n")
    source = read_region_tables([path], people("a"))
    assert source.table["Left-Hippocampus"].isna().all()
    assert source.zeros["column"].tolist() == ["Left-Hippocampus"]
    assert read_region_tables([path], people("b")).zeros.empty
