"""A run from folders of programs ends as one from tables and patterns of the same data does."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from small_study import REGIONS, SIZES, Study, snakemake

# Whatever follows depends on these files alone.
TABLES = [
    *("cohorts/discovery.tsv", "cohorts/external.tsv", "features/roi/control.tsv"),
    *("features/fs/discovery.tsv", "features/fs/external.tsv", "exclusions.tsv"),
]


def move_into_folders(study: Study) -> None:
    """Maps as sMRIPrep names them, regions and volumes as FreeSurfer and its scripts write them."""
    for name in SIZES:
        people = study.people[name].set_index("participant_id")
        regions = pd.read_csv(study.folder / name / "regions.tsv", sep="\t", dtype=str)
        regions = regions.set_index("participant_id")
        for person in people.index:
            anat = study.folder / name / "derivatives" / "smriprep" / person / "anat"
            anat.mkdir(parents=True)
            shutil.copy(
                study.folder / name / "maps" / f"mwp1{person}.nii.gz",
                anat / f"{person}_space-MNI152NLin2009cAsym_label-GM_probseg.nii.gz",
            )
            stats = study.folder / name / "freesurfer" / person / "stats"
            stats.mkdir(parents=True)
            (stats / "aseg.stats").write_text(
                f"# Measure x, eTIV, text, {round(people.loc[person, 'tiv'] * 1000)}, mm^3\n"
                f"# cvs_version 7.4.1\n# ColHeaders Index Volume_mm3 StructName\n"
                + "".join(f"1 {regions.loc[person, region]} {region}\n" for region in REGIONS)
            )
        table = regions.rename_axis("Measure:volume").reset_index()
        table["eTIV"] = [round(people.loc[person, "tiv"] * 1000) for person in regions.index]
        table.to_csv(study.folder / name / "aseg.txt", sep="\t", index=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folder with the run from tables and patterns (`plain`) and that from folders (`folders`)."""
    study = Study(tmp_path_factory.mktemp("sources") / "study", maps=True)
    move_into_folders(study)
    for name, cohort in study.config["cohorts"].items():
        study.people[name]["icv"] = (1000 * study.people[name]["tiv"]).round().astype(int)
        study.write(name)
        cohort["tiv"] = {"column": "icv", "unit": "mm3"}
    study.model("roi_svc", "roi")
    study.model("fs_svc", "fs")
    study.config["features"]["roi"]["statistic"] = "mean"
    study.save("plain.yaml", run="plain")
    for name, cohort in study.config["cohorts"].items():
        cohort["sources"] = {
            "gm": {
                "bids": f"{name}/derivatives/smriprep",
                "suffix": "probseg",
                "label": "GM",
                "space": "MNI152NLin2009cAsym",
            },
            "fs": {"freesurfer": f"{name}/freesurfer", "stats": ["aseg"]},
        }
        cohort["tiv"] = {"source": "fs"}
    study.config["cohorts"]["external"]["sources"]["fs"] = {"region_tables": ["external/aseg.txt"]}
    study.save("folders.yaml", run="folders")
    for run in ("plain", "folders"):
        make(run, study.folder, "--cores", "2")
    return study.folder / "results"


def make(run: str, folder: Path, *options: str) -> str:
    """Make the tables of a run; what Snakemake says."""
    tables = [f"results/{run}/{table}" for table in TABLES]
    done = snakemake(*tables, *options, "--configfile", f"{run}.yaml", cwd=folder)
    return done.stdout + done.stderr


@pytest.mark.parametrize("table", TABLES)
def test_the_same_numbers(runs, table):
    assert (runs / "folders" / table).read_bytes() == (runs / "plain" / table).read_bytes()


def test_nothing_is_read_or_run_again(runs):
    assert "Nothing to be done" in make("folders", runs.parent, "--cores", "1", "-n")


def test_a_job_reads_no_folder(runs):
    """A job parses the rules too, which opens none of the programs' files."""
    folder = runs.parent
    moved = [folder / name / "freesurfer" for name in ("discovery", "control")]
    moved.append(folder / "discovery" / "derivatives")
    for path in moved:
        path.rename(f"{path}_away")
    try:
        options = ("-n", "--mode", "subprocess", "--target-jobs", "verify:")
        options = (*options, "--allowed-rules", "verify", "--cores", "1")
        snakemake(*options, "--configfile", "folders.yaml", cwd=folder)
        with pytest.raises(AssertionError, match="freesurfer: could not be read"):
            make("folders", folder, "--cores", "1", "-n")
    finally:
        for path in moved:
            Path(f"{path}_away").rename(path)
