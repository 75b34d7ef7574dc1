"""SPM's files of segmentation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from mri_response.core.errors import InputError
from mri_response.inputs.sources.spm import read_seg8


def people(*ids):
    return pd.DataFrame({"participant_id": list(ids)})


def write(path: Path, litres=(0.7, 0.5, 0.3), **more) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"lkp": np.arange(6), "Affine": np.eye(4), **more}
    if litres is not None:
        content["volumes"] = {"litres": np.array([litres]), "mask": "all"}
    savemat(path, content)


@pytest.mark.parametrize("layout", ["", "sub-01/anat", "anat"])
def test_litres_become_ml(tmp_path, layout):
    # Six classes: bone, soft tissue and air do not belong to the intracranial volume.
    write(tmp_path / layout / "sub-01_T1w_seg8.mat", (0.7, 0.5, 0.3, 0.4, 0.9, 2.0))
    source = read_seg8(tmp_path, people("sub-01"))
    assert source.table.loc[0, "participant_id"] == "sub-01"
    assert source.table.drop(columns="participant_id").iloc[0].to_dict() == pytest.approx(
        {"tiv_ml": 1500.0, "gm_ml": 700.0, "wm_ml": 500.0, "csf_ml": 300.0}
    )
    assert source.record.loc[0, "program"] == "SPM"


def test_files_without_volumes(tmp_path):
    write(tmp_path / "a_seg8.mat")
    write(tmp_path / "b_seg8.mat", litres=None)
    source = read_seg8(tmp_path, people("a", "b"))
    assert source.record["state"].tolist() == ["read", "missing_value"]
    assert "b_seg8.mat: found no volumes" in source.record["reason"][1]
    with pytest.raises(
        InputError, match=r"run Tissue Volumes .*, and none of anyone else has them"
    ):
        read_seg8(tmp_path, people("b"))


@pytest.mark.parametrize(
    ("litres", "what"),
    [((0.7, 0.5), r"found volumes\.litres of shape \(2,\)"), ((0.7, np.nan, 1), "expected finite")],
)
def test_volumes_that_cannot_be(tmp_path, litres, what):
    write(tmp_path / "a_seg8.mat", litres)
    with pytest.raises(InputError, match=what):
        read_seg8(tmp_path, people("a"))


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "could not be read"),
        (b"no file of MATLAB at all, but long enough for a header" * 9, "could not be read"),
        (
            b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(384),
            r"found MATLAB's format 7\.3",
        ),
    ],
)
def test_files_that_cannot_be_read(tmp_path, raw, what):
    (tmp_path / "a_seg8.mat").write_bytes(raw)
    with pytest.raises(InputError, match=what):
        read_seg8(tmp_path, people("a"))
