"""The folder of a run as a derivative of BIDS."""

import json

from mri_response import __version__
from mri_response.record.bids import dataset_files

COHORT = {"sources": {"gm": "{participant_id}.nii"}}


def test_description(tmp_path):
    (tmp_path / "dataset_description.json").write_text('{"DatasetDOI": "10.18112/x"}')
    cohorts = {"munich": {**COHORT, "participants": str(tmp_path / "participants.tsv")}}
    config = {"run": "r", "title": "A trial", "cohorts": cohorts}
    description, readme, ignored = dataset_files(config)
    assert json.loads(description) == {
        "Name": "A trial",
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [
            {
                "Name": "mri-response",
                "Version": __version__,
                "Description": "Prediction from brain scans, nested cross-validation, permutations",
            }
        ],
        "SourceDatasets": [{"DOI": "10.18112/x"}],
    }
    assert readme.startswith("# A trial\n")
    lines = ignored.splitlines()
    assert {"cohorts", "cohorts/**", "*.tsv"} <= set(lines)
    cohorts["munich"]["participants"] = "elsewhere/participants.tsv"
    assert "SourceDatasets" not in dataset_files(config)[0]


def test_every_folder_of_a_run_is_named(root):
    """Rules write into no folder that the file does not name."""
    import re

    text = (root / "workflow" / "rules" / "paths.smk").read_text()
    folders = set(re.findall(r"\{RUN\}/([a-z_]+)/", text))
    assert len(folders) > 10
    config = {"run": "r", "title": "T", "cohorts": {}}
    assert folders <= set(dataset_files(config)[2].splitlines())
