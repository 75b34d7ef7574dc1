"""deepmriprep's small tables."""

from pathlib import Path

import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.deepmriprep import read_region_files, read_tiv_files

REGIONS = """ROIid,ROIname,gmv_mm3,wmv_mm3,csfv_mm3,region_mm3
1,lHip,3500.5,100,50,3650.5
2,rHip,3600,{wm},50,3700
"""


def people(*ids):
    return pd.DataFrame({"participant_id": list(ids)})


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    "folder",
    [
        "sub-01/anat/label",  # derivatives of BIDS
        "sub-01/ses-1/anat/label",
        "sub-01_T1w/label",  # dir_format cat
        "sub-01_T1w",  # dir_format sub
        "",  # dir_format flat
    ],
)
def test_every_layout(tmp_path, folder):
    write(tmp_path / folder / "tivsub-01_T1w.csv", "tiv_cm3\n1542.25\n")
    write(tmp_path / folder / "aal3_volumessub-01_T1w.csv", REGIONS.format(wm="90"))
    assert read_tiv_files(tmp_path, people("sub-01")).table["tiv_ml"].tolist() == [1542.25]
    source = read_region_files(tmp_path, people("sub-01"), "aal3")
    assert source.table.to_dict("records") == [
        {"participant_id": "sub-01", "aal3__lHip": 3.5005, "aal3__rHip": 3.6}
    ]
    assert source.record.loc[0, "program"] == "deepmriprep"


def test_several_values_and_one_that_is_missing(tmp_path):
    write(tmp_path / "aal3_volumesa.csv", REGIONS.format(wm="90"))
    write(tmp_path / "aal3_volumesb.csv", REGIONS.format(wm=""))
    source = read_region_files(tmp_path, people("a", "b"), "aal3", ("Vgm", "Vwm"))
    assert source.table.loc[0, "aal3__rHip__Vwm"] == 0.09
    assert source.record["state"].tolist() == ["read", "missing_value"]
    with pytest.raises(InputError, match="values: found 'Vxx', expected some of Vgm"):
        read_region_files(tmp_path, people("a"), "aal3", ("Vxx",))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "found no column 'tiv_cm3'"),
        ("tiv_cm3\n", "found no row"),
        ("tiv_cm3\n1\n2\n", "found 2 rows"),
        ("tiv_cm3\nx\n", "found 'x' under tiv_cm3"),
        ("tiv_cm3\n\xff\n", "found no table"),
    ],
)
def test_damaged_tables(tmp_path, text, what):
    (tmp_path / "tiva.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=what):
        read_tiv_files(tmp_path, people("a"))
