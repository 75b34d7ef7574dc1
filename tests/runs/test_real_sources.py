"""Runs of real people from tables, from folders and from ENIGMA's files end alike."""

import pandas as pd
import pytest
import yaml
from real_cuts import enigma, folders, in_enigma, tables
from small_study import snakemake

from mri_response.inputs.sources.names import TIV
from mri_response.inputs.tables import read_table

TABLES = [
    *("cohorts/nimh.tsv", "cohorts/cobre.tsv", "predictions.tsv", "performance.tsv"),
    *("null.tsv", "exclusions.tsv", "flow.tsv"),
]


@pytest.fixture(scope="module", params=[(tables, None), (enigma, in_enigma)])
def runs(request, root, shared_data, tmp_path_factory):
    """Results from the tables as they are (`today`) and as programs write them (`cut`)."""
    written, of_table = request.param
    folder = tmp_path_factory.mktemp("real")
    text = (root / "tests" / "configs" / "schizophrenia.yaml").read_text()
    config = yaml.safe_load(text.replace("../shared/data", str(shared_data)))
    config["cross_validation"] |= {"repeats": 1, "outer_folds": 5, "inner_folds": 3}
    config["permutation"]["n"] = 10
    table = read_table(config["cohorts"]["nimh"]["sources"]["freesurfer"])
    others = [c for c in table.columns[1:] if of_table and not of_table(c) and c != TIV]
    config["features"]["freesurfer"]["exclude"] = [TIV, *others]
    (folder / "today.yaml").write_text(yaml.safe_dump({**config, "run": "today"}))
    for name, write in (("nimh", written), ("cobre", folders)):
        cohort = config["cohorts"][name]
        source = write(read_table(cohort["sources"]["freesurfer"]), folder / name)
        cohort["sources"]["freesurfer"] = source
        cohort["tiv"] = {"source": "freesurfer"}
    # Volumes of the head are no features of such files.
    config["features"]["freesurfer"]["exclude"] = []
    (folder / "cut.yaml").write_text(yaml.safe_dump({**config, "run": "cut"}))
    for run in ("today", "cut"):
        targets = [f"results/{run}/{name}" for name in TABLES]
        snakemake(*targets, "--cores", "2", "--configfile", f"{run}.yaml", cwd=folder)
    return folder / "results"


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_real_people_end_alike(runs, name):
    today, cut = (pd.read_csv(runs / run / name, sep="\t") for run in ("today", "cut"))
    # Features are in another order, which moves the last digits of sums over them.
    pd.testing.assert_frame_equal(cut, today, rtol=1e-6)
