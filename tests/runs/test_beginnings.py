"""Every configuration of docs/beginnings.md runs as it is written, through to the report."""

import numpy as np
import pandas as pd
import pytest
import yaml
from beginnings import PEOPLE, WRITERS, configurations
from small_study import snakemake

#: Few repeats and permutations, in a second file behind the one of the page.
QUICK = {
    "cross_validation": {"repeats": 1, "outer_folds": 5, "inner_folds": 3},
    "permutation": {"n": 19},
    "learning_curve": {"enabled": False},
}
#: What the report says of the files, and the models that it shows.
SHOWN = {
    "from_bids": ([], ["region_svc"]),
    "from_freesurfer": (["FreeSurfer", "7.4.1"], ["thickness_svc"]),
    "from_cat12": (["CAT12", "12.8"], ["region_svc", "cat12_svc"]),
}


# Regions of maps take some minutes more.
@pytest.mark.parametrize(
    "run",
    [
        pytest.param("from_bids", marks=pytest.mark.slow),
        "from_freesurfer",
        pytest.param("from_cat12", marks=pytest.mark.slow),
    ],
)
def test_a_beginning_ends_with_its_report(run, root, tmp_path):
    WRITERS[run](tmp_path, np.random.default_rng(4))
    (text,) = [text for text in configurations(root) if text.startswith(f"run: {run}\n")]
    (tmp_path / "my_study.yaml").write_text(text)
    (tmp_path / "quick.yaml").write_text(yaml.safe_dump(QUICK))
    given = ("--configfile", "my_study.yaml", "quick.yaml")
    snakemake("--cores", "2", *given, cwd=tmp_path)
    results = tmp_path / "results" / run
    programs, models = SHOWN[run]
    page = (results / "report.html").read_text(encoding="utf-8")
    for shown in programs:
        assert shown in page
    performance = pd.read_csv(results / "performance.tsv", sep="\t")
    assert set(models) <= set(performance["model"])
    assert set(pd.read_csv(results / "predictions.tsv", sep="\t")["participant_id"]) == set(PEOPLE)
    inputs = pd.read_csv(results / "inputs.tsv", sep="\t")
    assert inputs["state"].eq("read").all()
    assert inputs["sha256"].str.fullmatch("[0-9a-f]{64}").all()
    # Nothing is read or run again.
    assert "Nothing to be done" in snakemake("--cores", "1", "-n", *given, cwd=tmp_path).stdout
