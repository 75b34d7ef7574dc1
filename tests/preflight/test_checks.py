"""Tests of mri_response.preflight.checks: everything is found before the first job, in one line."""

import copy
import json
import os
import re

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.inputs import map_checks
from mri_response.learning.feasibility import check_discovery
from mri_response.preflight.checks import check_inputs

SHAPE = (8, 9, 10)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


class Study:
    """Two cohorts with maps and tables on disk, to be spoilt by the tests."""

    def __init__(self, folder):
        self.folder = folder
        self.rng = np.random.default_rng(3)
        self.people = {
            "munich": self.cohort("m", 24),
            "bonn": self.cohort("b", 12),
        }
        mask = np.zeros(SHAPE, dtype=np.uint8)
        mask[2:6, 2:6, 2:6] = 1
        nib.save(nib.Nifti1Image(mask, AFFINE), folder / "mask.nii.gz")
        for name, people in self.people.items():
            self.write(name)
            table = people[["participant_id"]].assign(
                **{f"region_{i}": self.rng.normal(size=len(people)) for i in range(4)}
            )
            table.to_csv(folder / f"{name}_fs.tsv", sep="\t", index=False)
            for person in people["participant_id"]:
                self.map(person)
        self.raw = yaml.safe_load(
            f"""
            run: study
            cohorts:
              munich:
                role: discovery
                participants: {folder}/munich.tsv
                sources: {{gm: "{folder}/{{participant_id}}.nii.gz", fs: {folder}/munich_fs.tsv}}
              bonn:
                role: external
                participants: {folder}/bonn.tsv
                sources: {{gm: "{folder}/{{participant_id}}.nii.gz", fs: {folder}/bonn_fs.tsv}}
            outcome: {{kind: label, column: group, classes: [patient, control],
                       positive_class: patient}}
            features:
              fs: {{kind: table, source: fs}}
              voxels: {{kind: voxels, source: gm, mask: {folder}/mask.nii.gz}}
            models:
              svc: {{features: fs, confounds: [age, sex]}}
            cross_validation: {{outer_folds: 4, inner_folds: 3, repeats: 1}}
            """
        )

    def cohort(self, letter, n):
        return pd.DataFrame(
            {
                "participant_id": [f"sub-{letter}{i:02d}" for i in range(n)],
                "group": ["patient", "control"] * (n // 2),
                "age": self.rng.integers(18, 60, n),
                "sex": ["F", "F", "M", "M"] * (n // 4),
                "site": ["A", "A", "B", "B"] * (n // 4),
                "family": [f"f{i // 2}" for i in range(n)],
            }
        )

    def write(self, name):
        self.people[name].to_csv(self.folder / f"{name}.tsv", sep="\t", index=False)

    def map(self, person, values=None, affine=AFFINE):
        if values is None:
            values = self.rng.uniform(0.1, 1, SHAPE)
        image = nib.Nifti1Image(np.asarray(values, dtype=np.float32), affine)
        path = self.folder / f"{person}.nii.gz"
        nib.save(image, path)
        return path

    def use_maps(self):
        self.raw["models"]["svc"]["features"] = "voxels"

    @property
    def config(self):
        return load_config(copy.deepcopy(self.raw))

    def check(self, cache=None):
        return check_inputs(self.config, cache)

    def mistake(self):
        with pytest.raises(InputError) as error:
            self.check()
        text = str(error.value)
        assert "\n" not in text
        return text.replace(f"{self.folder}/", "")


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def test_a_sound_study_passes_and_is_summed_up(study):
    study.people["munich"].loc[[3, 4, 5], "age"] = None
    del study.people["munich"]["family"]
    study.write("munich")
    summary = study.check()
    assert summary.lines == [
        "cohort munich (discovery): 21 people, 11 patient, 10 control, 3 left out",
        "  left out: age is missing (3)",
        "cohort bonn (external): 12 people, 6 patient, 6 control",
    ]
    assert len(summary.people["munich"]) == 21
    assert summary.exclusions["participant_id"].tolist() == ["sub-m03", "sub-m04", "sub-m05"]
    assert summary.warnings == [
        "cohort munich: 21 people are few (fewer than 200): with about 100, a balanced accuracy is "
        "uncertain by some 10 percentage points either way"
    ]
    assert [*summary] == [*summary.lines, f"warning: {summary.warnings[0]}"]


# ---------------------------------------------------------------- people
@pytest.mark.parametrize("prefix", ["sub-", ""])
def test_person_in_two_cohorts(study, prefix):
    study.people["bonn"].loc[[2, 5], "participant_id"] = [f"{prefix}m03", f"{prefix}m04"]
    study.write("bonn")
    fs = pd.read_csv(study.folder / "bonn_fs.tsv", sep="\t")
    fs["participant_id"] = study.people["bonn"]["participant_id"]
    fs.to_csv(study.folder / "bonn_fs.tsv", sep="\t", index=False)
    assert study.mistake() == (
        f"bonn.tsv: found participant_id '{prefix}m03' and 1 others in cohort bonn and in cohort "
        "munich, expected each person in one cohort; remove one; if they are different people, "
        "write own_ids: true at cohorts.bonn, or begin the ids of one cohort with a prefix, in all "
        "its tables and in the names of its images"
    )
    study.raw["cohorts"]["bonn"]["own_ids"] = True
    assert study.check().people["bonn"].loc[2, "participant_id"] == f"{prefix}m03"


def test_second_visit_as_an_external_cohort_is_caught(root, shared_data):
    raw = yaml.safe_load((root / "tests" / "configs" / "schizophrenia.yaml").read_text())
    folder = shared_data / "schizophrenia"
    raw["cohorts"] = {
        name: {
            "role": role,
            "participants": str(folder / name / "participants.tsv"),
            "sources": {"freesurfer": str(folder / name / "freesurfer.tsv")},
        }
        for name, role in {"nimh": "discovery", "nimh_visit2": "external"}.items()
    }
    raw["models"]["freesurfer_svc"]["confounds"] = ["age", "sex"]
    with pytest.raises(InputError) as error:
        check_inputs(load_config(raw))
    assert (
        "found participant_id 'sub-NIMHP000' and 164 others in cohort nimh_visit2 and in cohort "
        "nimh, expected each person in one cohort"
    ) in str(error.value)


@pytest.mark.parametrize(
    ("name", "expected", "predictors", "columns"),
    [
        (
            "schizophrenia",
            [
                "cohort nimh (discovery): 165 people, 98 patient, 67 control",
                "cohort cobre (external): 124 people, 61 patient, 63 control",
            ],
            ["sex", "tiv"],  # and not the column that is read as tiv once more
            ["'SubCortGrayVol', 'TotalGrayVol' are totals of regions that are features too"],
        ),
        (
            "depression",
            [
                "cohort ds003653 (discovery): 86 people, 39 patient, 47 control, 1 left out",
                "  left out: group is HCconvertedMDD, which is in neither class (1)",
            ],
            [],
            [
                "lh_MeanThickness_thickness (a measure of the whole head, brain or surface), rh_",
                "'TotalGrayVol' are totals of regions that are features too",
            ],
        ),
    ],
)
def test_real_configurations_pass(
    root, shared_data, monkeypatch, name, expected, predictors, columns
):
    monkeypatch.chdir(root)
    raw = yaml.safe_load((root / "tests" / "configs" / f"{name}.yaml").read_text())
    summary = check_inputs(load_config(raw))
    assert summary.lines == expected
    few, *others = summary.warnings
    assert "people are few" in few
    of_columns = [text for text in others if text.startswith("features.")]
    assert len(of_columns) == len(columns)
    assert all(what in text for what, text in zip(columns, of_columns, strict=True))
    zeros = [text for text in others if "1 person has 0 in columns in which nobody else" in text]
    assert ["cobre/freesurfer.tsv" in text for text in zeros] == [True] * (name == "schizophrenia")
    others = [text for text in others if text not in (*of_columns, *zeros)]
    assert [
        re.search(r": (\w+) goes along with the outcome", other)[1] for other in others
    ] == predictors


def test_one_class_only(study):
    study.people["munich"]["group"] = "patient"
    study.write("munich")
    assert study.mistake() == (
        "munich.tsv: found nobody of the class 'control' among 24 analysed people, expected both "
        "classes; see outcome and where in the config"
    )


def test_small_class_in_discovery(study):
    study.people["munich"].loc[4:, "group"] = "patient"
    study.write("munich")
    assert study.mistake() == (
        "munich.tsv: found 2 analysed people of the class 'control', expected at least 5 "
        "(min_class_size); add people"
    )


@pytest.mark.parametrize(
    ("cross_validation", "expected"),
    [
        (
            {"outer_folds": 25},
            "munich.tsv: found 24 people, expected at least as many as "
            "cross_validation.outer_folds, which is 25; use fewer folds",
        ),
        (
            {"outer_folds": 2, "inner_folds": 13},
            "munich.tsv: found 12 people in an outer training set, expected at least as many as "
            "cross_validation.inner_folds, which is 13; use fewer folds",
        ),
        (
            {"outer_folds": 13, "scheme": "stratified"},
            "munich.tsv: found 12 people of the class 'patient' (scheme stratified), expected at",
        ),
        (
            {"outer_folds": 6, "inner_folds": 11, "scheme": "stratified"},
            "munich.tsv: found 10 people of the class 'patient' (scheme stratified) in an outer tr",
        ),
        (
            {"outer_folds": 13, "group": "family"},
            "munich.tsv: found 12 families (column family), expected at least as many as cross_va",
        ),
    ],
)
def test_fewer_people_than_folds(study, cross_validation, expected):
    study.raw["cross_validation"] |= cross_validation
    assert study.mistake().startswith(expected)


def test_folds_that_just_fit(study):
    study.raw["cross_validation"] = {"outer_folds": 12, "inner_folds": 11, "scheme": "stratified"}
    check_discovery(study.config, study.check().people["munich"])


LEAVE_SITE = {"outer": "leave_one_site_out", "outer_folds": ...}


def change(study, options):
    cv = study.raw["cross_validation"] | options
    study.raw["cross_validation"] = {key: value for key, value in cv.items() if value is not ...}


@pytest.mark.parametrize(
    ("cross_validation", "expected"),
    [
        (
            LEAVE_SITE | {"inner_folds": 13},
            "munich.tsv: found 12 people in an outer training set, expected at least as many as",
        ),
        (
            LEAVE_SITE | {"outer_column": "family", "group": "site"},
            "munich.tsv: column family: found several values for A, expected one, since people and",
        ),
        (
            LEAVE_SITE | {"outer_column": "clinic"},
            "munich.tsv: found no column 'clinic', expected it among 'participant_id', 'group', ",
        ),
        (
            {"outer": "leave_group_out", "outer_column": "site", "outer_folds": 3},
            "munich.tsv: column site: found 2 values, expected at least 3 to leave out",
        ),
        (
            {"outer": "held_out", "outer_folds": ..., "held_out": {"site": ["A", "C"]}},
            "munich.tsv: column site: found nobody analysed with 'C', expected the values of cros",
        ),
        (
            {"outer": "held_out", "outer_folds": ..., "held_out": {"site": ["A", "B"]}},
            "munich.tsv: column site: found everybody held out, expected people to learn from",
        ),
        (
            {"outer": "held_out", "outer_folds": ..., "held_out": {"family": ["f0", "f1"]}},
            "munich.tsv: found 2 held-out people of the class 'patient', expected at least 5",
        ),
        (
            {"outer": "leave_one_out", "outer_folds": ..., "inner_folds": 24},
            "munich.tsv: found 23 people in an outer training set, expected at least as many as",
        ),
    ],
)
def test_who_cannot_be_left_out(study, cross_validation, expected):
    change(study, cross_validation)
    assert study.mistake().startswith(expected)


INNER = {"inner": "leave_one_site_out", "inner_folds": ...}


@pytest.mark.parametrize(
    ("cross_validation", "expected"),
    [
        (
            LEAVE_SITE | INNER,
            "munich.tsv: column site: found 1 values in an outer training set, expected at least 2 "
            "to leave out in the inner folds (cross_validation.inner leave_one_site_out)",
        ),
        (
            {"inner": "leave_group_out", "inner_folds": 3},
            "munich.tsv: column site: found 2 values in an outer training set, expected at least 3",
        ),
        (
            INNER | {"inner_column": "family", "group": "site", "outer_folds": 2},
            "munich.tsv: column family: found several values for A, expected one, since people and",
        ),
        (
            INNER
            | {"inner_column": "participant_id", "outer": "leave_one_out", "outer_folds": ...},
            None,
        ),
        (
            INNER | {"inner_column": "clinic"},
            "munich.tsv: found no column 'clinic', expected it among 'participant_id', 'group', ",
        ),
        (INNER, None),
    ],
)
def test_sites_of_the_inner_folds(study, cross_validation, expected):
    change(study, cross_validation)
    if expected is None:
        study.check()
    else:
        assert study.mistake().startswith(expected)


def test_a_site_of_one_person_is_no_inner_fold_of_every_training_set(study):
    study.people["munich"]["site"] = [f"s{i}" for i in [0, 1, *[2, 3] * 11]]
    study.write("munich")
    change(study, INNER)
    assert study.mistake().startswith(
        "munich.tsv: column site: found 3 values in one outer training set and 4 in another, expec"
    )


def test_one_class_is_not_enough_to_learn_from(study):
    study.people["munich"]["site"] = study.people["munich"]["group"].map({"patient": "A"})
    study.people["munich"]["site"] = study.people["munich"]["site"].fillna("B")
    study.write("munich")
    change(study, LEAVE_SITE)
    assert study.mistake().startswith(
        "munich.tsv: found nobody of the class 'patient' to learn from where 'A' are left out"
    )


@pytest.mark.parametrize(
    ("cross_validation", "expected"),
    [
        ({"outer": "leave_one_out", "outer_folds": ...}, "cross_validation.outer: leave_one_out h"),
        (
            {"outer": "held_out", "outer_folds": ..., "held_out": 0.5},
            "cross_validation.outer: held_out predicts the held-out people alone",
        ),
        (LEAVE_SITE, "cohort munich: 1 values of site have people of one class only ('C'): they"),
    ],
)
def test_outer_schemes_are_warned_of(study, cross_validation, expected):
    study.people["munich"].loc[[0, 2], "site"] = "C"
    study.write("munich")
    change(study, cross_validation)
    assert study.check().warnings[1].startswith(expected)


@pytest.mark.parametrize("size", [19, 24])
def test_a_part_of_the_people_is_large_enough_and_not_all_of_them(study, size):
    study.raw["learning_curve"] = {"sizes": [21, size]}
    assert study.mistake().startswith(
        f"config: learning_curve.sizes: found {size}, expected 20 (for the folds and both classes) "
        "to 23 people, since munich.tsv has 24 to analyse; correct"
    )


def test_who_is_at_no_site_is_left_out_and_listed(study):
    study.people["munich"].loc[[3, 4], "site"] = None
    study.write("munich")
    change(study, LEAVE_SITE)
    assert study.check().lines[1] == "  left out: site is missing (2)"


def test_nothing_to_permute(study):
    study.people["munich"]["site"] = study.people["munich"]["group"]
    study.write("munich")
    study.raw["permutation"] = {"within": "site"}
    assert "munich.tsv: permutation: found one labelling alone" in study.mistake()


def test_few_labellings_are_told(study):
    study.people["munich"]["site"] = [*range(2, 12), *range(2, 12), 0, 0, 1, 1]
    study.people["munich"]["group"] = [*["patient", "control"] * 5] * 2 + ["patient", "control"] * 2
    study.write("munich")
    study.raw["permutation"] = {"within": "site"}
    told = "permutation: there are only 4 ways to exchange outcomes between people, fewer than the"
    assert f"{told} 1000 permutations asked for" in study.check().warnings


def test_one_person_alone_at_a_site(study):
    study.raw["cohorts"].pop("bonn")
    study.raw["models"]["svc"]["confounds"] = ["site"]
    study.people["munich"].loc[7, "site"] = "C"
    study.write("munich")
    assert study.mistake().startswith("munich.tsv: column site: found one person alone at 'C', exp")
    study.raw["confounds"] = {"unseen_site": "mean"}
    study.check()


def test_sex_that_the_discovery_cohort_does_not_have(study):
    study.people["munich"]["sex"] = "F"
    study.write("munich")
    assert study.mistake().startswith("bonn.tsv: confounds: found 'M' in sex of sub-b02, expected")


def test_clinical_columns_are_looked_at_before_the_first_job(study):
    study.raw["features"]["clinic"] = {"kind": "clinical", "columns": ["stage"]}
    study.raw["models"]["clinic"] = {"features": "clinic"}
    with pytest.raises(InputError) as error:
        study.check()
    lines = str(error.value).replace(f"{study.folder}/", "").split("\n")
    assert [line.split(":")[0] for line in lines] == ["munich.tsv", "bonn.tsv"]
    assert all("stage" in line for line in lines)
    for name, rows in study.people.items():
        rows["stage"] = ["1", "2"] * (len(rows) // 2)
        study.write(name)
    study.check()
    study.people["bonn"]["stage"] = "n/a"
    study.write("bonn")
    assert study.mistake().startswith("bonn.tsv: column stage: found no value for any of 12 analys")
    study.people["bonn"]["stage"] = "late"
    study.write("bonn")
    assert study.mistake().startswith(
        "bonn.tsv: line 2: column stage: found 'late', expected a num"
    )
    study.raw["features"]["clinic"]["categorical"] = ["stage"]
    assert study.mistake().startswith(
        "bonn.tsv: column stage: found 'late' for sub-b00, expected a"
    )
    study.people["bonn"].loc[3:, "stage"] = "1"
    study.write("bonn")
    study.raw["features"]["clinic"]["unseen"] = "mean"
    study.check()


def test_knots_lie_inside_the_observed_range(study):
    ages = study.people["munich"]["age"].astype(float)
    inside = [round(ages.quantile(q), 2) for q in (0.25, 0.5, 0.75)]
    study.raw["models"]["svc"]["confounds"] = [{"column": "age", "knots": inside}]
    study.check()
    study.raw["models"]["svc"]["confounds"][0]["knots"] = [*inside, ages.max() + 5]
    mistake = study.mistake()
    assert mistake.startswith("config: models.svc.confounds: age: found the knot ")
    assert f"expected knots between {ages.min():g} and {ages.max():g}, the values of" in mistake


def test_weak_designs_are_warned_of(study):
    study.people["bonn"].loc[2:, "group"] = "control"
    study.write("bonn")
    study.raw["cross_validation"] = {"outer_folds": 20, "inner_folds": 3}
    study.raw["permutation"] = {"n": 19}
    fs = pd.read_csv(study.folder / "munich_fs.tsv", sep="\t").assign(region_2=0.0)
    fs.to_csv(study.folder / "munich_fs.tsv", sep="\t", index=False)
    absolute = {"scale": "absolute", "log2_min": -12, "log2_max": 0}
    study.raw["models"]["voxel_svc"] = {"features": "voxels", "C": absolute}
    warnings = [text.replace(f"{study.folder}/", "") for text in study.check().warnings]
    assert [text.split(":")[0] for text in warnings] == [
        "cohort munich",
        "cross_validation.outer_folds",
        "permutation.n",
        "cohort bonn",
        "models.voxel_svc.C",
        "features.voxels",
        "cohort munich",  # families
        "munich_fs.tsv",
    ]
    assert "20 folds of 24 people come near leave-one-out" in warnings[1]
    assert "no p can be below 0.05" in warnings[2]
    assert "no performance will be computed" in warnings[3]
    assert "(1 patient, 11 control)" in warnings[3]
    assert "1 columns hold one value for everybody and say nothing ('region_2')" in warnings[7]
    assert "not smoothed, while 4 to 8 mm are usual" in warnings[5]
    study.raw["models"]["voxel_svc"] = {"features": "voxels"}
    study.raw["features"]["voxels"]["smoothing_fwhm_mm"] = 6
    told = study.check().warnings
    assert not [text for text in told if "voxel" in text]  # the defaults warn of nothing
    study.raw["cross_validation"] = {"outer_folds": 12}
    study.people["munich"]["group"] = ["patient"] * 8 + ["control"] * 16
    study.write("munich")
    assert "the smaller class has 8 people for 12 parts" in study.check().warnings[1]


# ---------------------------------------------------------------- images
def test_sound_maps_pass_and_a_missing_one_leaves_its_person_out(study):
    study.use_maps()
    (study.folder / "sub-m05.nii.gz").unlink()
    summary = study.check()
    assert summary.lines[1] == "  left out: no image for the source gm (1)"
    assert len(summary.people["munich"]) == 23


def truncate(study):
    path = study.folder / "sub-m05.nii.gz"
    path.write_bytes(path.read_bytes()[:-200])


BAD_MAPS = {
    "truncated": truncate,
    "no image": lambda study: (study.folder / "sub-m05.nii.gz").write_text("nothing"),
    "4-D": lambda study: study.map("sub-m05", study.rng.uniform(0, 1, (*SHAPE, 2))),
    "empty": lambda study: study.map("sub-m05", np.zeros(SHAPE)),
    "all NaN": lambda study: study.map("sub-m05", np.full(SHAPE, np.nan)),
    "other grid": lambda study: study.map("sub-m05", np.ones((8, 9, 11)) * np.arange(11)),
    "other orientation": lambda study: study.map(
        "sub-m05", study.rng.uniform(0, 1, SHAPE), np.diag([-2.0, 2.0, 2.0, 1.0])
    ),
    "outside the mask": lambda study: study.map(
        "sub-m05", np.where(np.indices(SHAPE)[0] > 6, 0.5, 0)
    ),
}


@pytest.mark.parametrize("kind", BAD_MAPS)
def test_bad_map_is_one_line_that_names_it(study, kind):
    study.use_maps()
    BAD_MAPS[kind](study)
    text = study.mistake()
    assert text.startswith("sub-m05.nii.gz: ")
    assert "expected" in text


def test_bad_map_of_an_external_cohort_is_found_too(study):
    study.use_maps()
    study.map("sub-b03", study.rng.uniform(0, 1, (9, 9, 9)))
    assert study.mistake().startswith("sub-b03.nii.gz: found another grid")


def test_two_people_with_one_image(study):
    study.use_maps()
    path = study.folder / "sub-m05.nii.gz"
    path.unlink()
    os.symlink(study.folder / "sub-m06.nii.gz", path)
    text = study.mistake()
    assert "found for munich sub-m05 and for munich sub-m06, expected one image per person" in text


def test_second_start_reads_only_what_changed(study, tmp_path, monkeypatch):
    study.use_maps()
    cache = tmp_path / "state" / "checked.json"
    read = []
    original = map_checks.check_map

    def recorded(path, *args, **kwargs):
        read.append(os.path.basename(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(map_checks, "check_map", recorded)
    study.check(cache)
    assert len(read) == 36
    read.clear()
    study.check(cache)
    assert read == []
    study.map("sub-m07")
    study.check(cache)
    assert read == ["sub-m07.nii.gz"]
    # A new mask means new questions to every map.
    read.clear()
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[1:4, 1:4, 1:4] = 1
    nib.save(nib.Nifti1Image(mask, AFFINE), study.folder / "mask.nii.gz")
    study.check(cache)
    assert len(read) == 36
    # What failed is not remembered; an unreadable cache is none.
    study.map("sub-m07", np.zeros(SHAPE))
    for _ in range(2):
        with pytest.raises(InputError, match="found an empty image"):
            study.check(cache)
    study.map("sub-m07")
    cache.write_text("{")
    study.check(cache)
    assert json.loads(cache.read_text())


def test_the_file_of_answers_is_read_before_the_first_job(study, tmp_path):
    answers = tmp_path / "answers.yaml"
    answers.write_text("3d: x\n")
    study.raw["reporting"] = {"tripod": str(answers)}
    with pytest.raises(InputError, match=r"answers\.yaml: 3d: found the unknown item"):
        study.check()
    answers.write_text("3c: x\n")
    study.check()
