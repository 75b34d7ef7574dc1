"""Tests of mri_response.people.cohorts."""

import copy

import numpy as np
import pandas as pd
import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.core.tables import read_people, write_tsv
from mri_response.inputs.paths import image_paths
from mri_response.people.cohorts import build_cohort
from mri_response.people.participants import roi_table_columns

CONFIG = """
run: study
cohorts:
  munich:
    role: discovery
    participants: {folder}/munich.tsv
    scores: {folder}/scores.tsv
    sources:
      fs: {folder}/munich_fs.tsv
      gm: "{folder}/maps/mwp1{{participant_id}}*.nii"
    tiv: {{column: icv, unit: mm3}}
  bonn:
    role: external
    participants: {folder}/bonn.csv
    sources: {{fs: {folder}/bonn_fs.tsv}}
    tiv: {{table: {folder}/bonn_fs.tsv, column: icv}}
outcome:
  kind: label
  column: group
  classes: {{patient: [MDD, PDD], control: HC}}
  positive_class: patient
features:
  fs: {{kind: table, source: fs, columns: [lh_*, rh_*]}}
models:
  svc: {{features: fs, confounds: [age, sex, tiv]}}
"""
MUNICH = """participant_id\tgroup\tage\tsex\ticv\tsite\tscanner\tfamily
sub-01\tMDD\t30\tF\t1400000\tA\t1\tf1
sub-02\tHC\t41.5\tmale\t1500000\tA\t1\tf1
sub-03\tPDD\tn/a\tm\t1450000\tB\t2\t
sub-04\tBPD\t29\tF\t1450000\tB\t2\tf2
sub-05\tn/a\t29\tF\t1450000\tB\t2\tf2
sub-06\tHC\t33\tFemale\t1350000\tB\t2\tf3
sub-07\tMDD\t55\tM\tn/a\tA\t2\tf4
sub-08\tHC\t55\tM\t1500000\tA\t2\tf4
sub-09\tMDD\t60\tM\t1500000\tA\t2\tf5
"""
MUNICH_FS = """participant_id\tlh_a\trh_a\tdate
sub-09\t2.9\t3.1\tMay
sub-01\t2.1\t3.1\tMay
sub-02\t2.2\t3.2\tMay
sub-03\t2.3\t3.3\tMay
sub-06\t2.6\tn/a\tMay
sub-08\t2.8\t3.8\tMay
"""
BONN = "participant_id,age,sex,group\r\nsub-11,20,F,HC\r\nsub-12,21,M,MDD\r\n"
BONN_FS = "participant_id\trh_a\tlh_a\ticv\nsub-11\t1\t2\t1400\nsub-12\t3\t4\t1500\n"
SCORES = """participant_id\tsession_id\tscale\tscore
sub-01\tses-0\tMADRS\t30
sub-01\tses-1\tMADRS\t15
sub-02\tses-0\tMADRS\t30
sub-02\tses-1\tMADRS\t20
sub-03\tses-0\tMADRS\t30
sub-04\tses-0\tMADRS\t0
sub-04\tses-1\tMADRS\t0
sub-08\tses-0\tMADRS\t28
sub-08\tses-1\tMADRS\t28
"""
RESPONSE = {
    "kind": "response",
    "scale": "MADRS",
    "baseline": "ses-0",
    "endpoint": "ses-1",
    "positive_class": "nonresponder",
}


class Study:
    """A small study on disk, to be spoilt by the tests."""

    def __init__(self, folder):
        self.folder = folder
        self.raw = yaml.safe_load(CONFIG.format(folder=folder))
        for name, text in {
            "munich.tsv": MUNICH,
            "munich_fs.tsv": MUNICH_FS,
            "bonn.csv": BONN,
            "bonn_fs.tsv": BONN_FS,
            "scores.tsv": SCORES,
        }.items():
            (folder / name).write_text(text)

    def replace(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    @property
    def config(self):
        return load_config(copy.deepcopy(self.raw))

    def build(self, name="munich"):
        return build_cohort(self.config, name)

    def mistake(self, name="munich"):
        with pytest.raises(InputError) as error:
            self.build(name)
        text = str(error.value)
        assert "\n" not in text
        assert "expected" in text
        return text.replace(f"{self.folder}/", "")


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def test_people_exclusions_and_flow(study):
    people, exclusions, flow = study.build()
    assert list(people) == ["participant_id", "label", "outcome", "age", "sex", "tiv", "site"]
    assert people["participant_id"].tolist() == ["sub-01", "sub-02", "sub-08", "sub-09"]
    assert people["label"].tolist() == [1, 0, 0, 1]
    assert people["outcome"].tolist() == ["patient", "control", "control", "patient"]
    assert people["age"].tolist() == [30, 41.5, 55, 60]
    assert people["sex"].tolist() == ["F", "M", "M", "M"]
    np.testing.assert_allclose(people["tiv"], [1400, 1500, 1500, 1500])
    assert exclusions.to_dict("split")["data"] == [
        ["munich", "sub-03", "age is missing"],
        ["munich", "sub-04", "group is BPD, which is in neither class"],
        ["munich", "sub-05", "group is missing"],
        ["munich", "sub-06", "a value is missing in the table of the source fs"],
        ["munich", "sub-07", "tiv is missing"],
    ]
    assert list(exclusions) == ["cohort", "participant_id", "reason"]
    assert set(flow["role"]) == {"discovery"}
    assert flow[["step", "n"]].to_dict("split")["data"] == [
        ["in participants table", 9],
        ["matching the row filter", 9],
        ["group is BPD, which is in neither class", 1],
        ["group is missing", 1],
        ["age is missing", 1],
        ["tiv is missing", 1],
        ["a value is missing in the table of the source fs", 1],
        ["analysed", 4],
        ["analysed, positive", 2],
        ["analysed, negative", 2],
    ]


def test_people_with_several_mistakes_count_once(study):
    _, exclusions, flow = study.build()
    counts = dict(zip(flow["step"], flow["n"], strict=True))
    removed = flow["n"].iloc[2:-3].sum()
    assert counts["matching the row filter"] - removed == counts["analysed"]
    assert removed == len(exclusions)


def test_external_cohort_takes_the_discovery_columns(study):
    people, _, flow = study.build("bonn")
    assert people["tiv"].tolist() == [1400, 1500]
    assert set(flow["role"]) == {"external"}
    assert roi_table_columns(study.config, "fs") == ["lh_a", "rh_a"]
    study.replace("bonn_fs.tsv", "lh_a", "Lh_a")
    assert study.mistake("bonn").startswith(
        "bonn_fs.tsv: found no column matching 'lh_a', expected at least one; did you mean 'Lh_a'?"
    )


def test_missing_confounds_may_be_imputed(study):
    study.raw["confounds"] = {"missing": "impute"}
    study.replace("munich_fs.tsv", "sub-08", "sub-07")
    people, exclusions, _ = study.build()
    assert people["participant_id"].tolist() == ["sub-01", "sub-02", "sub-03", "sub-07", "sub-09"]
    assert people["age"].isna().tolist() == [False, False, True, False, False]
    assert people["tiv"].isna().tolist() == [False, False, False, True, False]
    assert "no row in the table of the source fs" in exclusions["reason"].tolist()


def test_cohort_table_survives_the_round_trip(study, tmp_path):
    study.raw["models"]["svc"]["confounds"] = ["age", "sex", "site", "scanner", "tiv"]
    study.raw["confounds"] = {"unseen_site": "mean", "missing": "impute"}
    study.raw["permutation"] = {"within": "site"}
    people, _, _ = study.build()
    path = tmp_path / "out.tsv"
    write_tsv(people, path)
    back = read_people(path)
    pd.testing.assert_frame_equal(back, people, check_dtype=False)
    assert back["scanner"].dtype == float
    assert back["label"].dtype == int


def test_row_filter(study):
    study.raw["cohorts"]["munich"]["where"] = {"site": "A", "scanner": [2, 3]}
    people, exclusions, flow = study.build()
    assert people["participant_id"].tolist() == ["sub-08", "sub-09"]
    assert exclusions["participant_id"].tolist() == ["sub-07"]
    assert flow["n"].tolist()[:2] == [9, 3]
    study.raw["cohorts"]["munich"]["where"] = {"site": "a"}
    assert study.mistake() == (
        "munich.tsv: column site: found 'A', 'B', expected rows with 'a' "
        "(cohorts.munich.where.site); did you mean 'A'? correct the filter or the table"
    )


def test_the_filter_may_choose_one_of_several_rows_a_person(study):
    study.replace("munich.tsv", "sub-02\tHC", "sub-01\tHC")
    assert study.mistake().startswith(
        "munich.tsv: line 3: found participant_id 'sub-01' again (first on line 2)"
    )
    study.raw["cohorts"]["munich"]["where"] = {"group": ["MDD", "PDD"]}
    assert study.build()[0]["participant_id"].tolist() == ["sub-01", "sub-09"]


def test_families_and_blocks(study):
    study.raw["cross_validation"] = {"group": "family"}
    study.raw["permutation"] = {"within": "scanner"}
    study.raw["models"]["svc"]["confounds"] = []
    study.replace("munich.tsv", "A\t1\tf1\nsub-03", "A\t\tf1\nsub-03")
    people, exclusions, _ = study.build()
    expected = ["participant_id", "label", "outcome", "tiv", "family", "scanner"]
    assert list(people) == [*expected, "sex", "age", "site"]
    # Nobody's family: a family alone.
    assert people["family"].tolist() == ["f1", "sub-03", "f4", "f5"]
    assert exclusions["reason"].tolist().count("scanner is missing") == 1
    # Another cohort needs neither column.
    expected = ["participant_id", "label", "outcome", "tiv", "sex", "age"]
    assert list(study.build("bonn")[0]) == expected


def test_column_of_the_comparison_with_controls(study):
    study.raw["specificity"] = {"within": "centre"}
    study.raw["models"]["svc"]["confounds"] = []
    assert study.mistake("bonn").startswith("bonn.csv: found no column 'centre', expected")
    study.replace("bonn.csv", "sex,group", "centre,group")
    assert study.build("bonn")[0]["centre"].tolist() == ["F", "M"]
    # The discovery cohort has no part in it.
    assert "centre" not in study.build()[0]


# ---------------------------------------------------------------- outcomes
def test_response(study):
    study.raw["outcome"] = RESPONSE
    study.raw["cohorts"]["bonn"]["scores"] = "none.tsv"
    people, exclusions, _ = study.build()
    assert list(people)[:5] == [
        "participant_id",
        "label",
        "outcome",
        "baseline_score",
        "endpoint_score",
    ]
    assert people["outcome"].tolist() == ["responder", "nonresponder", "nonresponder"]
    assert people["label"].tolist() == [0, 1, 1]
    assert people["endpoint_score"].tolist() == [15, 20, 28]
    assert dict(zip(exclusions["participant_id"], exclusions["reason"], strict=True)) == {
        "sub-03": "no MADRS score at ses-1",
        "sub-04": "MADRS score at ses-0 is 0",
        "sub-05": "no MADRS score at ses-0",
        "sub-06": "no MADRS score at ses-0",
        "sub-07": "no MADRS score at ses-0",
        "sub-09": "no MADRS score at ses-0",
    }
    assert study.mistake("bonn").startswith("none.tsv: file not found")


def test_known_answers_of_a_real_trial_through_the_cohort(study, shared_data):
    folder = shared_data / "ketamine_ds005917"
    people = pd.read_csv(folder / "participants.tsv", sep="\t")
    fs = study.folder / "made_up_fs.tsv"
    people[["participant_id"]].assign(lh_a=1.0, rh_a=2.0).to_csv(fs, sep="\t", index=False)
    study.raw["cohorts"] = {
        "moa": {
            "role": "discovery",
            "participants": str(folder / "participants.tsv"),
            "scores": str(folder / "phenotype.tsv"),
            "where": {"group": ["MDD", "BP"]},
            "sources": {"fs": str(fs)},
        }
    }
    study.raw["models"]["svc"]["confounds"] = []
    study.raw["outcome"] = RESPONSE | {
        "scale": "MADRS_Total",
        "baseline": "ses-b0",
        "positive_class": "responder",
    }
    found = {}
    for endpoint in ("d2", "d10", "p2", "p10"):
        study.raw["outcome"]["endpoint"] = f"ses-{endpoint}"
        analysed, _, flow = study.build("moa")
        found[endpoint] = (int(analysed["label"].sum()), len(analysed))
        assert flow["n"].tolist()[:2] == [58, 36]
    assert found == {"d2": (6, 29), "d10": (3, 26), "p2": (1, 28), "p10": (0, 28)}


def test_without_an_outcome_nobody_is_left_out_for_it(study):
    for section in ("outcome", "features", "models"):
        del study.raw[section]
    people, exclusions, flow = study.build()
    assert list(people) == ["participant_id", "tiv", "sex", "age", "site"]
    assert len(people) == len(flow) + 6 == 9
    assert exclusions.empty
    assert flow["step"].tolist() == ["in participants table", "matching the row filter", "analysed"]


def test_an_outcome_without_models_says_who_is_analysed(study):
    for section in ("features", "models"):
        del study.raw[section]
    people, exclusions, flow = study.build()
    assert list(people)[:3] == ["participant_id", "label", "outcome"]
    assert exclusions["reason"].tolist() == [
        "group is BPD, which is in neither class",
        "group is missing",
    ]
    assert flow["step"].tolist()[-2:] == ["analysed, positive", "analysed, negative"]


# ---------------------------------------------------------------- sessions
def test_several_sessions_a_person(study):
    (study.folder / "munich.tsv").write_text(
        "participant_id\tsession_id\tgroup\tage\tsex\ticv\n"
        "s1\tses-1\tMDD\t30\tF\t1400000\ns1\tses-2\tMDD\t31\tF\t1400000\n"
        "s2\tses-1\tHC\t30\tF\t1400000\ns2\tses-2\tHC\tn/a\tF\t1400000\n"
    )
    fs = "participant_id\tsession_id\tlh_a\trh_a\n" + "".join(
        f"s{p}\tses-{s}\t{p}.{s}\t1\n" for p in (1, 2) for s in (1, 2)
    )
    (study.folder / "munich_fs.tsv").write_text(fs)
    people, exclusions, flow = study.build()
    assert list(people)[:3] == ["participant_id", "session_id", "label"]
    assert len(people) == 3
    assert list(exclusions) == ["cohort", "participant_id", "session_id", "reason"]
    assert exclusions.iloc[0, 1:3].tolist() == ["s2", "ses-2"]
    assert flow["n"].tolist() == [4, 4, 1, 3, 2, 1]

    study.replace("munich_fs.tsv", "session_id", "visit")
    assert "munich_fs.tsv: line 3: found participant_id 's1' again" in study.mistake()
    (study.folder / "munich_fs.tsv").write_text("participant_id\tlh_a\trh_a\ns1\t1\t1\ns2\t2\t2\n")
    assert study.mistake().startswith("munich_fs.tsv: found no column session_id, expected it")
    study.replace("munich.tsv", "s2\tses-2", "s2\tses-1")
    assert "line 5: found participant_id 's2', session_id 'ses-1' again" in study.mistake()


# ---------------------------------------------------------------- images
@pytest.fixture
def mapped(study):
    study.raw["features"] = {"roi": {"kind": "roi_maps", "source": "gm"}}
    study.raw["models"] = {"svc": {"features": "roi"}}
    study.raw["cohorts"]["munich"]["tiv"] = None
    del study.raw["cohorts"]["bonn"]
    (study.folder / "maps").mkdir()
    for number in (1, 2, 3, 6, 7, 8):
        (study.folder / "maps" / f"mwp1sub-0{number}_T1w.nii").touch()
    return study


def test_missing_image_leaves_one_person_out(mapped):
    people, exclusions, _ = mapped.build()
    assert people["participant_id"].tolist() == [f"sub-0{n}" for n in (1, 2, 3, 6, 7, 8)]
    assert (
        dict(zip(exclusions["participant_id"], exclusions["reason"], strict=True))["sub-09"]
        == "no image for the source gm"
    )
    paths = image_paths(mapped.config["cohorts"]["munich"]["sources"]["gm"], people)
    assert [path.name for path in paths][:2] == ["mwp1sub-01_T1w.nii", "mwp1sub-02_T1w.nii"]


def test_a_broken_link_leaves_one_person_out_and_says_so(mapped):
    (mapped.folder / "maps" / "mwp1sub-09_T1w.nii").symlink_to("../.git/annex/objects/ab/MD5E-1")
    people, exclusions, _ = mapped.build()
    assert "sub-09" not in set(people["participant_id"])
    assert (
        dict(zip(exclusions["participant_id"], exclusions["reason"], strict=True))["sub-09"]
        == "the image of the source gm is a broken link (datalad get, git annex get)"
    )


def test_nothing_but_broken_links_is_told_with_their_number(mapped):
    for path in (mapped.folder / "maps").iterdir():
        path.unlink()
        path.symlink_to(f"../.git/annex/objects/{path.name}")
    assert mapped.mistake().startswith(
        "config: cohorts.munich.sources.gm: found 6 broken links (such as maps/mwp1sub-01_T1w.nii) "
        "and no image for any of 7 rows, expected images; get their content (datalad get"
    )


def test_two_images_for_one_person(mapped):
    (mapped.folder / "maps" / "mwp1sub-02_T1w_old.nii").touch()
    assert "found 2 files for sub-02" in mapped.mistake()


def test_no_image_at_all_names_one_that_was_looked_for(mapped):
    mapped.raw["cohorts"]["munich"]["sources"]["gm"] = f"{mapped.folder}/mwp2{{participant_id}}.nii"
    assert mapped.mistake() == (
        "config: cohorts.munich.sources.gm: found no image for any of 7 rows, expected for example "
        "mwp2sub-01.nii; correct the pattern or the participant ids"
    )


def test_sessions_in_patterns(mapped):
    mapped.raw["cohorts"]["munich"]["sources"]["gm"] = "{participant_id}_{session_id}.nii"
    assert mapped.mistake().startswith(
        "config: cohorts.munich.sources.gm: found {session_id} in '{participant_id}_{session_id}"
    )
    (mapped.folder / "munich.tsv").write_text(
        "participant_id\tsession_id\tgroup\ns1\tses-1\tMDD\ns1\tses-2\tMDD\ns2\tses-1\tHC\n"
    )
    mapped.raw["cohorts"]["munich"]["sources"]["gm"] = f"{mapped.folder}/{{participant_id}}.nii"
    assert "found no {session_id}" in mapped.mistake()
    assert "since s1 has several sessions; add it to the pattern" in mapped.mistake()


# ---------------------------------------------------------------- mistakes in tables
@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("munich.tsv", "41.5", "41,5", "munich.tsv: line 3: column age: found '41,5', expected a"),
        (
            "munich.tsv",
            "41.5",
            "415",
            "munich.tsv: line 3: column age: found 415, expected years f",
        ),
        ("munich.tsv", "41.5", "-1", "munich.tsv: line 3: column age: found -1, expected years"),
        (
            "munich.tsv",
            "male",
            "X",
            "munich.tsv: line 3: column sex: found 'X', expected F or M (or female, male); recode "
            "it or write n/a",
        ),
        (
            "munich.tsv",
            "\tm\t",
            "\tw\t",
            "or say what each text means, as in codes: {sex: {w: F}}",
        ),
        (
            "munich.tsv",
            "\tm\t",
            "\t2\t",
            "munich.tsv: line 4: column sex: found '2', expected F or",
        ),
        (
            "munich.tsv",
            "sub-02",
            "sub-01",
            "munich.tsv: line 3: found participant_id 'sub-01' agai",
        ),
        (
            "munich.tsv",
            "sub-02",
            "n/a",
            "munich.tsv: line 3: column participant_id: found no value",
        ),
        ("munich.tsv", "age\t", "Age\t", "munich.tsv: found no column 'age', expected it among "),
        ("munich.tsv", "group", "diagnosis", "munich.tsv: found no column 'group', expected it"),
        ("munich.tsv", "icv", "ICV", "munich.tsv: found no column 'icv'"),
        (
            "munich.tsv",
            "1500000",
            "1500",
            "munich.tsv: line 3: column icv: found 1500 mm3, expected",
        ),
        (
            "munich.tsv",
            "\tHC\t",
            "\thc\t",
            "line 3: column group: found 'hc', expected 'HC' as in ",
        ),
        (
            "munich_fs.tsv",
            "2.2",
            "2.2.",
            "munich_fs.tsv: line 4: column lh_a: found '2.2.', expect",
        ),
        (
            "munich_fs.tsv",
            "sub-",
            "",
            "munich_fs.tsv: found participant_id '01', expected 'sub-01' ",
        ),
        (
            "munich_fs.tsv",
            "sub-",
            "P",
            "munich_fs.tsv: found none of the 5 people of munich.tsv, ex",
        ),
        ("munich_fs.tsv", "sub-09", "sub-01", "line 3: found participant_id 'sub-01' again (first"),
        ("munich_fs.tsv", "lh_", "left_", "munich_fs.tsv: found no column matching 'lh_*', expect"),
    ],
)
def test_mistake_in_a_table_names_the_row(study, file, old, new, expected):
    study.replace(file, old, new)
    assert expected in study.mistake()


def test_labels_that_are_not_there(study):
    study.raw["outcome"]["classes"] = {"patient": "MDD1", "control": "HC1"}
    assert study.mistake() == (
        "munich.tsv: column group: found 'MDD', 'HC', 'PDD', 'BPD', expected 'MDD1', 'HC1' "
        "(outcome.classes); did you mean 'MDD'? correct the config or the table"
    )


def test_ids_of_scores_and_tiv_tables(study):
    study.raw["outcome"] = RESPONSE
    study.raw["cohorts"]["bonn"]["scores"] = "none.tsv"
    study.replace("scores.tsv", "sub-", "")
    assert study.mistake().startswith("scores.tsv: found participant_id '01', expected 'sub-01' as")
    study.raw["outcome"] = yaml.safe_load(CONFIG.format(folder="."))["outcome"]
    (study.folder / "tiv.tsv").write_text("participant_id\ticv\n11\t1400\n12\t1500\n")
    study.raw["cohorts"]["bonn"]["tiv"]["table"] = str(study.folder / "tiv.tsv")
    assert study.mistake("bonn").startswith(
        "tiv.tsv: found participant_id '11', expected 'sub-11' as in bonn.csv"
    )


def test_person_in_two_families(study):
    study.raw["cross_validation"] = {"group": "family"}
    study.raw["models"]["svc"]["confounds"] = []
    study.raw["cohorts"]["munich"]["tiv"] = None
    (study.folder / "munich.tsv").write_text(
        "participant_id\tsession_id\tgroup\tfamily\ns1\tses-1\tMDD\tf1\ns1\tses-2\tMDD\tf2\n"
        "s2\tses-1\tHC\tf3\n"
    )
    assert study.mistake().startswith(
        "munich.tsv: line 3: column family: found 'f2' for s1, expected 'f1' as in that person's"
    )


def test_nobody_left_says_why(study):
    study.replace("munich_fs.tsv", "2.", "n/a\t")
    study.replace("munich_fs.tsv", "lh_a\t", "lh_a\tlh_b\t")
    told = "munich_fs.tsv: found no value in 'lh_a', expected numbers; leave it out (exclude)"
    assert study.mistake() == told
    with (study.folder / "munich_fs.tsv").open("a") as table:
        table.write("sub-77\t2.5\t1\t1\tMay\n")  # somebody else
    assert study.mistake() == (
        "munich.tsv: found nobody to analyse among 9 rows of cohort munich, expected some; left "
        "out: group is BPD, which is in neither class (1), group is missing (1), age is missing "
        "(1), tiv is missing (1), a value is missing in the table of the source fs (5)"
    )


# ---------------------------------------------------------------- subgroups
def test_columns_of_subgroups_are_those_that_can_be_read(study):
    study.raw["models"]["svc"]["confounds"] = []
    study.replace("munich.tsv", "\t41.5\t", "\t40-45\t")
    people, _, _ = study.build()
    assert "age" not in people
    assert people["participant_id"].str[-2:].tolist() == ["01", "02", "03", "08", "09"]
    assert people["sex"].tolist() == ["F", "M", "M", "M", "M"]
    assert people["site"].tolist() == ["A", "A", "B", "A", "A"]


def test_named_columns_of_subgroups_are_categories_and_must_be_readable(study):
    study.raw["models"]["svc"]["confounds"] = ["tiv"]
    study.raw["subgroups"] = {"columns": ["scanner", "age"]}
    people, _, _ = study.build()
    assert people["scanner"].tolist() == ["1", "1", "2", "2", "2"]
    assert "sex" not in people
    assert list(study.build("bonn")[0].columns)[-2:] == ["tiv", "age"]
    study.replace("munich.tsv", "\t41.5\t", "\t40-45\t")
    assert "column age: found '40-45'" in study.mistake()
