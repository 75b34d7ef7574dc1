"""Regions that CAT12 summed in one cohort, where the others give maps."""

import copy
import shutil

import pandas as pd
import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.config.source_kinds import with_values
from mri_response.core.errors import InputError
from mri_response.features.quality import quality_table
from mri_response.features.roi_maps import cat12_regions, roi_features
from mri_response.inputs.atlases import RESOURCES, load_atlas, read_regions
from mri_response.inputs.images import Grid, template_map
from mri_response.inputs.paths import map_paths
from mri_response.inputs.sources.cat12_regions import cat12_columns, cat12_names
from mri_response.people.cohorts import build_cohort
from mri_response.people.extraction import extract
from mri_response.preflight.start import checks_of_run
from mri_response.record.crate import _inputs
from mri_response.simulation.files import simulate_cohort

MM = 5  # the coarsest grid on which the atlas keeps all its regions
SIZES = {
    "n": 10,
    "responders": 5,
    "effect_present": True,
    "scanners": 1,
    "missing_endpoint": 0,
    "missing_scan": 0,
}
CONFIG = """
run: study
cohorts:
  munich:
    role: discovery
    participants: munich/participants.tsv
    scores: munich/scores.tsv
    sources: {gm: "munich/derivatives/cat12/mri/mwp1{participant_id}_T1w.nii.gz"}
  bonn:
    role: external
    participants: bonn/participants.tsv
    scores: bonn/scores.tsv
    sources:
      rois: {cat12_rois: bonn/derivatives/cat12, atlases: [neuromorphometrics]}
outcome:
  kind: response
  scale: MADRS
  baseline: ses-baseline
  endpoint: ses-24h
  positive_class: responder
features:
  roi: {kind: roi_maps, source: gm, tables: {bonn: rois}}
models:
  svc: {features: roi}
cross_validation: {outer_folds: 5, inner_folds: 3}
permutation: {n: 20}
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    cohorts = {"munich": {**SIZES, "layout": "cat12"}, "bonn": {**SIZES, "layout": "cat12_xml"}}
    trial = {"seed": 1, "voxel_size_mm": MM, "effect": 0.05, "cohorts": cohorts}
    for name in cohorts:
        simulate_cohort(trial, name, folder)
    return folder


@pytest.fixture
def study(written, tmp_path, monkeypatch):
    """The configuration of a study in the working folder; bonn's maps are not at hand."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    (tmp_path / "bonn" / "derivatives" / "cat12" / "mri").rename(tmp_path / "mri")
    monkeypatch.chdir(tmp_path)
    return yaml.safe_load(CONFIG)


def start(raw):
    """What the start says, and the configuration with what was read."""
    config = load_config(copy.deepcopy(raw))
    said = list(checks_of_run(config, "cache.json"))
    extract(config, "read")
    return said, with_values(config, "read")


def label(person):
    return f"bonn/derivatives/cat12/label/catROI_{person}_T1w.xml"


def test_every_region_has_cat12s_names():
    regions = read_regions(RESOURCES / "neuromorphometrics.tsv")["region"]
    names = cat12_names()
    assert list(names) == list(regions)
    assert len(set(cat12_columns())) == len(cat12_columns()) == len(regions) + 3
    for region, own in names.items():
        sides = {"Left": ["l"], "Right": ["r"], "Cerebellar": ["l", "r"]}[region.split("_")[0]]
        assert [name[0] for name in own] == sides
        other = names.get(region.replace("Left_", "Right_", 1), own)
        assert [name[1:] for name in other] == [name[1:] for name in own]
    assert names["Left_Hippocampus"] == ["lHip"]
    assert names["Right_MFC_medial_frontal_cortex"] == ["rMedFroCbr"]


def test_they_are_the_sums_over_the_maps(study):
    said, config = start(study)
    assert any("regions of 'bonn' were measured by CAT12" in line for line in said)
    people = build_cohort(config, "bonn")[0]
    assert len(people) == 10
    found = cat12_regions("read/bonn/rois.tsv", people)
    paths = map_paths("mri/mwp1{participant_id}_T1w.nii.gz", people)
    atlas = load_atlas("neuromorphometrics", Grid.of(template_map(MM)))
    pd.testing.assert_frame_equal(found, roi_features(paths, atlas), check_exact=True)
    named = [entity["@id"] for entity in _inputs(config, {"munich": people, "bonn": people}, {})]
    assert "#input-bonn-source-rois" in named


def test_quality_is_that_of_the_regions(study):
    _, config = start(study)
    table = quality_table(config)
    own = table[table["cohort"] == "bonn"]
    assert len(own) == 10
    assert own["map_mean"].isna().all()
    assert table.loc[table["cohort"] == "munich", "map_mean"].notna().all()
    # Cubic millimetres in place of millilitres are refused, as in any table.
    read = pd.read_csv("read/bonn/rois.tsv", sep="\t", index_col="participant_id") * 1000
    read.to_csv("read/bonn/rois.tsv", sep="\t")
    with pytest.raises(InputError, match=r"cohort bonn, source gm: .* are 10\d\d times"):
        quality_table(config)


def test_who_has_no_file_is_left_out(study, tmp_path):
    person = pd.read_csv("bonn/participants.tsv", sep="\t")["participant_id"][0]
    (tmp_path / label(person)).unlink()
    said, _ = start(study)
    assert "  left out: no file (source rois) (1)" in said


def test_a_region_that_nobody_has_is_told(study, tmp_path):
    for person in pd.read_csv("bonn/participants.tsv", sep="\t")["participant_id"]:
        path = tmp_path / label(person)
        path.write_text(path.read_text().replace("<item>lHip</item>", "<item>lOther</item>"))
    with pytest.raises(InputError) as error:
        start(study)
    assert str(error.value) == (
        "config: cohorts.bonn.sources.rois: found no number for 'neuromorphometrics__lHip' in "
        "CAT12's files, expected every region that the maps of the other cohorts give; run CAT12's "
        "ROI tool again, or give maps of this cohort too"
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("features: {roi: {tables: {boon: rois}}}", "features.roi.tables: found 'boon', .* 'bonn'"),
        ("features: {roi: {tables: {munich: gm}}}", "tables.munich: found the discovery cohort"),
        ("features: {roi: {statistic: mean}}", "found CAT12's volumes beside means, expected"),
        ("features: {roi: {atlas: aal}}", "beside regions of another atlas, expected atlas: neuro"),
        ("features: {roi: {tables: {bonn: roi}}}", "sources.roi: found nothing, .* 'rois'"),
        (
            "cohorts: {bonn: {sources: {rois: {values: [Vgm, Vwm]}}}}",
            r"sources.rois: found other atlases or values, expected \{cat12_rois: FOLDER",
        ),
        (
            "cohorts: {bonn: {sources: {rois: regions.tsv}}}",
            "sources.rois: found another kind of source, expected",
        ),
    ],
)
def test_mistakes(study, changed, told):
    def merge(into, new):
        for key, value in new.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict) and key != "tables":
                merge(into[key], value)
            else:
                into[key] = value

    merge(study, yaml.safe_load(changed))
    with pytest.raises(InputError, match=told) as error:
        load_config(study)
    assert "\n" not in str(error.value)
