"""One name for a measure in every spelling, and which measures a pattern takes."""

import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.names import (
    TIV,
    canonical,
    canonical_enigma,
    is_global,
    is_sum,
    may_be_zero,
    repeated,
    select,
    spelled_as,
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Left-Thalamus-Proper", "Left-Thalamus"),
        ("lh_G&S_cingul-Ant_thickness", "lh_G_and_S_cingul-Ant_thickness"),
        ("rh_S_oc_middle&Lunatus_area", "rh_S_oc_middle_and_Lunatus_area"),
        ("lhCorticalWhiteMatterVol", "lhCerebralWhiteMatterVol"),
        ("CorticalWhiteMatterVol", "CerebralWhiteMatterVol"),
        ("IntraCranialVol", TIV),
        ("EstimatedTotalintraCranialVol", TIV),
        ("eTIV", TIV),
        ("Left-Hippocampus", "Left-Hippocampus"),
    ],
)
def test_spellings_of_versions(old, new):
    assert canonical(old) == new
    assert canonical(new) == new


@pytest.mark.parametrize(
    ("enigma", "name"),
    [
        ("L_bankssts_thickavg", "lh_bankssts_thickness"),
        ("R_insula_surfavg", "rh_insula_area"),
        ("LThickness", "lh_MeanThickness_thickness"),
        ("RSurfArea", "rh_WhiteSurfArea_area"),
        ("Lthal", "Left-Thalamus"),
        ("Rhippo", "Right-Hippocampus"),
        ("Lhipp", "Left-Hippocampus"),
        ("RLatVent", "Right-Lateral-Ventricle"),
        ("Laccumb", "Left-Accumbens-area"),
        ("ICV", TIV),
        ("Lesions", "Lesions"),
    ],
)
def test_spellings_of_enigma(enigma, name):
    assert canonical_enigma(enigma) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "eTIV",
            "IntraCranialVol",
            "BrainSegVolNotVent",
            "SupraTentorialVolNotVentVox",
            "MaskVol",
        ),
        *("MaskVol-to-eTIV", "BrainSegVol-to-eTIV", "lhSurfaceHoles", "SurfaceHoles"),
        *("lh_MeanThickness_thickness", "rh_WhiteSurfArea_area"),
    ],
)
def test_global_measures(name):
    assert is_global(name)
    assert select([name, "Left-Caudate"])[0] == ["Left-Caudate"]
    assert select([name, "Left-Caudate"], [name, "*"])[0] == [name, "Left-Caudate"]


def test_regions_and_sums_are_not_global():
    assert not any(map(is_global, ["lh_insula_thickness", "Left-Caudate", "TotalGrayVol"]))
    assert [name for name in ("TotalGrayVol", "lhCortexVol", "Left-Caudate") if is_sum(name)] == [
        "TotalGrayVol",
        "lhCortexVol",
    ]
    assert may_be_zero("5th-Ventricle")
    assert not may_be_zero("Left-Hippocampus")


def test_patterns_in_either_spelling_find_either_spelling():
    old = ["participant_id", "lh_G&S_cingul-Ant_thickness", "Left-Thalamus-Proper", "eTIV"]
    new = ["lh_G_and_S_cingul-Ant_thickness", "Left-Thalamus"]
    for columns in (old, new):
        taken = columns[-3:-1] if columns is old else columns
        for pattern in (["lh_G&S_*", "Left-Thalamus-Proper"], ["*_and_*", "*-Thalamus"]):
            assert select(columns, pattern)[0] == taken
    assert select(new, ["*"], exclude=["Left-Thalamus-Proper"])[0] == new[:1]


def test_sums_are_taken_and_told():
    assert select(["Left-Caudate", "TotalGrayVol"]) == (
        ["Left-Caudate", "TotalGrayVol"],
        ["TotalGrayVol"],
    )


def test_repeats_of_merged_tables_are_not_taken():
    columns = ["lh_insula_thickness", "eTIV", "lh_insula_thickness.1", "x.1"]
    assert repeated("lh_insula_thickness.1", columns) == "lh_insula_thickness"
    assert repeated("x.1", columns) is None
    assert select(columns)[0] == ["lh_insula_thickness", "x.1"]


def test_a_pattern_that_finds_nothing_is_told():
    with pytest.raises(InputError, match=r"aseg: found no measure matching 'Left-Hipocampus'.*did"):
        select(["Left-Hippocampus"], ["Left-Hipocampus"], source="aseg")


def test_one_table_in_the_spelling_of_another():
    frame = pd.DataFrame(
        {"Left-Thalamus": [1.0], "lh_G_and_S_x_area": [2.0], "Left-Caudate": [3.0]}
    )
    names = ["lh_G&S_x_area", "Left-Thalamus-Proper", "Right-Caudate"]
    assert list(spelled_as(frame, names)) == [
        "Left-Thalamus-Proper",
        "lh_G&S_x_area",
        "Left-Caudate",
    ]
    with pytest.raises(InputError, match="'Left-Thalamus-Proper' and 'Left-Thalamus', two spell"):
        spelled_as(frame, ["Left-Thalamus-Proper", "Left-Thalamus"])
