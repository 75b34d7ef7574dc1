"""Bad folders and tables of programs: one line before the first job and nothing written.

Or the person is left out with the reason, or a warning tells it: what the start says in each case.
"""

import json
import os
import shutil

import pandas as pd
import pytest
import yaml
from source_study import LABELS, PEOPLE, Study, write_report

from mri_response.preflight.start import command

ASEG = "fs/sub-03/stats/aseg.stats"
CORTEX = "fs/sub-03/stats/lh.aparc.stats"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study with a folder of FreeSurfer in the working folder."""
    monkeypatch.chdir(tmp_path)
    study = Study(tmp_path)
    study.raw = json.loads(json.dumps(study.raw).replace(f"{tmp_path}/", ""))
    study.raw["cohorts"]["munich"]["tiv"] = {"source": "fs"}
    study.raw |= {
        "min_class_size": 3,
        "cross_validation": {"outer_folds": 2, "inner_folds": 2},
        "permutation": {"n": 100},
    }
    return study


def start(study, capsys):
    """Exit status and lines on both channels of the start's checks."""
    (study.folder / "study.yaml").write_text(yaml.safe_dump(study.raw))
    status = command(["check", "study.yaml"])
    said = capsys.readouterr()
    return status, said.out.splitlines(), said.err.splitlines()


def edit(study, path, change):
    """Change the text of a file."""
    file = study.folder / path
    file.write_text(change(file.read_text()))


def tables(study, changed=None):
    """Tables of scripts in place of the folder; ``changed`` gets them by name."""
    made = {
        "aseg.txt": pd.DataFrame(
            {"Measure:volume": PEOPLE, "Left-Hippocampus": 4000.0, "eTIV": 1_500_000.0}
        ),
        "lh.txt": pd.DataFrame({"lh.aparc.thickness": PEOPLE, "eTIV": 1_500_000.0}),
    }
    for position, label in enumerate(LABELS):
        made["lh.txt"][f"lh_{label}_thickness"] = 2.5 + position / 100
    for number, table in enumerate(made.values()):
        values = table.columns[1:].difference(["eTIV"])
        table[values] = table[values].mul(1 + pd.Series(range(8)) / (50 + number), axis=0)
    if changed:
        changed(made)
    for name, table in made.items():
        table.to_csv(name, sep="\t", index=False)
    study.raw["cohorts"]["munich"]["sources"]["fs"] = {"region_tables": list(made)}


def cat12(study):
    """Reports of CAT12 as the source of the volume."""
    for person in PEOPLE:
        write_report(study.folder / "cat12" / "report", f"{person}_T1w")
    study.raw["cohorts"]["munich"]["tiv"] = {"cat12_report": "cat12"}


def images(study, *names):
    """Empty images of a BIDS derivative."""
    for person in PEOPLE:
        folder = study.folder / "maps" / person / "anat"
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{person}_{name}_label-GM_probseg.nii.gz").touch()
    spec = {"bids": "maps", "suffix": "probseg", "label": "GM"}
    study.raw["cohorts"]["munich"] |= {"sources": {"fs": spec}, "tiv": None}
    study.raw["features"]["fs"] = {"kind": "roi_maps", "source": "fs"}
    study.raw["models"]["svc"]["confounds"] = []


# ---------------------------------------------------------------- the run stops
def empty_file(study):
    (study.folder / ASEG).write_text("")


def cut_file(study):
    edit(study, ASEG, lambda text: text[:-12])


def a_folder_too_deep(study):
    study.raw["cohorts"]["munich"]["sources"]["fs"]["freesurfer"] = "fs/sub-01"


def no_such_folder(study):
    study.raw["cohorts"]["munich"]["sources"]["fs"]["freesurfer"] = "fz"


def nothing_fetched(study):
    for person in PEOPLE:
        for path in (study.folder / "fs" / person / "stats").iterdir():
            path.unlink()
            path.symlink_to(f"../../../.git/annex/objects/{person}")


def other_names(study):
    for person in PEOPLE:
        os.rename(study.folder / "fs" / person, study.folder / "fs" / f"FS_{person}")


def two_folders(study):
    people = pd.read_csv("munich.tsv", sep="\t")
    people.insert(1, "session_id", "ses-1")
    people.to_csv("munich.tsv", sep="\t", index=False)
    for person in PEOPLE:
        os.rename(study.folder / "fs" / person, study.folder / "fs" / f"{person}_ses-1")
    place = study.folder / "fs"
    shutil.copytree(place / "sub-02_ses-1", place / "sub-02_ses-1.long.sub-02")


def regions_twice(study):
    for person in PEOPLE:
        for side in ("lh", "rh"):
            stats = study.folder / "fs" / person / "stats"
            shutil.copy(stats / f"{side}.aparc.stats", stats / f"{side}.aparc.DKTatlas.stats")
    study.raw["cohorts"]["munich"]["sources"]["fs"]["stats"] = ["aparc", "aparc.DKTatlas"]


def millilitres(study):
    for person in PEOPLE:
        path = f"fs/{person}/stats/aseg.stats"
        edit(study, path, lambda text: text.replace("0000, mm^3", ", mm^3"))


def no_volume(study):
    for person in PEOPLE:
        edit(study, f"fs/{person}/stats/aseg.stats", lambda text: text.partition("\n")[2])


def transposed(study):
    tables(study)
    pd.read_csv("aseg.txt", sep="\t", index_col=0).T.to_csv("aseg.txt", sep="\t")
    edit(study, "aseg.txt", lambda text: "Measure:volume" + text)


def names_without_measure(study):
    def change(made):
        made["lh.txt"].columns = made["lh.txt"].columns.str.replace(
            r"lh_(.*)_thickness", r"\1", regex=True
        )

    tables(study, change)


def two_volumes(study):
    tables(study, lambda made: made["lh.txt"].__setitem__("eTIV", 1_600_000.0))


def mixed_parcellations(study):
    def change(made):
        made["dkt.txt"] = (
            made["lh.txt"]
            .iloc[:, :4]
            .rename(columns={"lh.aparc.thickness": "lh.aparc.DKTatlas.thickness"})
        )
        made["dkt.txt"].iloc[:, 2:] += 0.1

    tables(study, change)


def a_pointer(study):
    tables(study)
    (study.folder / "lh.txt").write_text("/annex/objects/SHA256E-s1--0.txt\n")


def a_word(study):
    tables(study)
    edit(study, "aseg.txt", lambda text: text.replace("4000.0", "four", 1))


def two_reports(study):
    cat12(study)
    write_report(study.folder / "cat12" / "report", "sub-02_run-2_T1w")


def a_mark_alone(study):
    cat12(study)
    edit(study, "cat12/report/cat_sub-02_T1w.xml", lambda t: t.replace("subjectmeas", "subjectrat"))


def a_cut_report(study):
    cat12(study)
    edit(study, "cat12/report/cat_sub-02_T1w.xml", lambda text: text[:40])


def bare_volumes(study):
    (study.folder / "TIV.txt").write_text("1500.1\n" * 8)
    study.raw["cohorts"]["munich"]["tiv"] = {"cat12_tiv": "TIV.txt"}


def two_images(study):
    images(study, "space-MNI152NLin2009cAsym", "space-MNI152NLin2009cAsym_res-2")


def images_in_native_space(study):
    images(study, "desc-preproc")


def no_people_in_the_folder(study):
    images(study, "space-MNI152NLin2009cAsym")
    os.rename(study.folder / "maps", study.folder / "x")
    (study.folder / "maps").mkdir()


def sex_in_numbers(study):
    people = pd.read_csv("munich.tsv", sep="\t").assign(sex=[1, 2] * 4)
    people.to_csv("munich.tsv", sep="\t", index=False)
    study.raw["models"]["svc"]["confounds"] = ["sex"]


def an_age_without_a_number(study):
    people = pd.read_csv("munich.tsv", sep="\t").assign(age=[*["30"] * 7, "89+"])
    people.to_csv("munich.tsv", sep="\t", index=False)
    study.raw["models"]["svc"]["confounds"] = ["age"]


#: What is wrong, and the file, the row or person and the advice in the one line that tells it.
STOPS = {
    empty_file: (ASEG, "run the program again"),
    cut_file: (ASEG, "again"),
    a_folder_too_deep: ("fs/sub-01", "give the folder above"),
    no_such_folder: ("fz", "correct the path"),
    nothing_fetched: ("fs/sub-01", "datalad get"),
    other_names: ("fs: found no folder 'sub-01'", "correct subject"),
    two_folders: ("'sub-02_ses-1.long.sub-02' for sub-02", "name it with the key subject"),
    regions_twice: ("lh.aparc.DKTatlas.stats: found lh_insula_thickness", "ask for one of them"),
    millilitres: ("aseg.stats", "mm3"),
    no_volume: ("munich.tiv.source", "read aseg.stats too (stats), or give tiv in another way"),
    transposed: ("aseg.txt: line 2: found the region", "--transpose: make it without"),
    names_without_measure: ("lh.txt: line 1", "--parcid-only: make it without"),
    two_volumes: ("lh.txt: EstimatedTotalIntraCranialVol: found 1.6e+06", "remove the column"),
    mixed_parcellations: ("dkt.txt", "lh_insula_thickness"),
    a_pointer: ("lh.txt", "annex"),
    a_word: ("aseg.txt: line 2", "'four'"),
    two_reports: ("'report/cat_sub-02_run-2_T1w.xml' for sub-02", "with the key name"),
    a_mark_alone: ("cat_sub-02_T1w.xml: found ''", "run the TIV estimation of CAT12 again"),
    a_cut_report: ("cat_sub-02_T1w.xml", "again"),
    bare_volumes: ("TIV.txt: line 1", "name"),
    two_images: ("maps: found 2 images of sub-01 that differ in res (absent, 2)", "give these"),
    images_in_native_space: ("maps: found no image label-GM probseg of sub-01", "entities"),
    no_people_in_the_folder: ("maps: found no folder sub-*", "give the folder that holds"),
    sex_in_numbers: ("munich.tsv: line 2: column sex: found '1'", "codes: {sex: {1: M, 2: F}}"),
    an_age_without_a_number: ("munich.tsv: line 9: column age: found '89+'", "write"),
}


@pytest.mark.parametrize("spoil", STOPS, ids=lambda spoil: spoil.__name__)
def test_a_mistake_is_one_line_and_nothing_is_written(study, spoil, capsys):
    spoil(study)
    status, _, said = start(study, capsys)
    assert status == 1
    assert len(said) == 1, said
    for part in STOPS[spoil]:
        assert part in said[0]
    assert not (study.folder / "results").exists()


# ---------------------------------------------------------------- a person is left out
def no_folder(study):
    shutil.rmtree(study.folder / "fs" / "sub-03")


def crashed(study):
    for path in (study.folder / "fs" / "sub-03" / "stats").iterdir():
        path.unlink()
    (study.folder / "fs/sub-03/scripts/recon-all-status.log").write_text("#@# Fix Topology lh\n")


def incomplete(study):
    (study.folder / CORTEX).unlink()


def dangling(study):
    (study.folder / ASEG).unlink()
    (study.folder / ASEG).symlink_to("../../../.git/annex/objects/none")


def wrong_labels(study):
    edit(study, CORTEX, lambda text: text.replace("insula ", "insola "))


def not_a_number(study):
    edit(study, ASEG, lambda text: text.replace(text.split("\n1 ")[1].split()[0], "nan"))


def a_zero(study):
    tables(study, lambda made: made["aseg.txt"].__setitem__("Left-Hippocampus", [0, *[4e3] * 7]))


LEFT_OUT = {
    no_folder: "no folder",
    crashed: "the program did not finish",
    incomplete: "a file is missing",
    dangling: "a file is a link without content (datalad get)",
    wrong_labels: "other regions than the other people",
    not_a_number: "a value is missing",
    a_zero: "a value is missing in the table of",
}


@pytest.mark.parametrize("spoil", LEFT_OUT, ids=lambda spoil: spoil.__name__)
def test_a_person_is_left_out_with_the_reason(study, spoil, capsys):
    spoil(study)
    status, said, mistakes = start(study, capsys)
    assert status == 0, mistakes
    assert said[0].startswith("cohort munich (discovery): 7 people, ")
    assert f"  left out: {LEFT_OUT[spoil]}" in said[1]
    assert said[1].endswith("(1)")
    if spoil is a_zero:
        assert any("which stands for missing" in line for line in said)


# ---------------------------------------------------------------- a warning
def two_versions(study):
    stamp = "freesurfer-linux-centos6-6.0.0\n"
    (study.folder / "fs" / "sub-03" / "scripts" / "build-stamp.txt").write_text(stamp)


def zero_for_everyone(study):
    tables(study, lambda made: made["aseg.txt"].__setitem__("Left-Amygdala", 0.0))


def one_folder_for_two_sessions(study):
    for session in ("ses-1", "ses-2"):
        folder = study.folder / "sub-03" / session / "anat"
        folder.mkdir(parents=True)
        (folder / f"sub-03_{session}_T1w.nii.gz").touch()


WARNED = {
    two_versions: "people were processed by different versions (7 FreeSurfer 7, 1 FreeSurfer 6)",
    zero_for_everyone: "Left-Amygdala is 0 for everyone, which stands for missing",
    one_folder_for_two_sessions: "1 people have one image and scans in several sessions, as sub-03",
}


@pytest.mark.parametrize("spoil", WARNED, ids=lambda spoil: spoil.__name__)
def test_a_warning_tells_it(study, spoil, capsys):
    spoil(study)
    status, said, mistakes = start(study, capsys)
    assert status == 0, mistakes
    assert sum(WARNED[spoil] in line for line in said) == 1, said
