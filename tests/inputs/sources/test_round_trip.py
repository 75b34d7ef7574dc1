"""Real people's table, cut into the files that programs write, gives the same features again."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mri_response.inputs.sources.freesurfer import StatsRequest, read_freesurfer
from mri_response.inputs.sources.names import TIV, canonical_enigma, select, spelled_as
from mri_response.inputs.sources.record import Source
from mri_response.inputs.sources.region_tables import read_region_tables
from mri_response.inputs.tables import read_roi_table, read_table

SUMS = ("SubCortGrayVol", "TotalGrayVol", TIV)
ENIGMA = {
    "Lateral-Ventricle": "LatVent",
    "Thalamus-Proper": "thal",
    "Caudate": "caud",
    "Putamen": "put",
    "Pallidum": "pal",
    "Hippocampus": "hippo",
    "Amygdala": "amyg",
    "Accumbens-area": "accumb",
}


@pytest.fixture(params=["nimh", "cobre"])
def table(shared_data: Path, request: pytest.FixtureRequest) -> Path:
    return shared_data / "schizophrenia" / request.param / "freesurfer.tsv"


@pytest.fixture
def today(table: Path) -> pd.DataFrame:
    """Features as a run takes them from the table today."""
    return read_roi_table(table, exclude=[TIV]).reset_index(drop=True)


def cut(name: str, spelling: str) -> str:
    """A column's name as an old or a new version of FreeSurfer writes it."""
    if spelling == "old":
        return name
    return name.replace("&", "_and_").replace("-Proper", "")


def assert_same(found: pd.DataFrame, today: pd.DataFrame) -> None:
    found = spelled_as(found, today.columns)
    pd.testing.assert_frame_equal(found[list(today)], today, check_exact=True)


def without_zeros(today: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Features of today but for the thickness of one sulcus that one person does not have.

    Its 0 mm in the table of COBRE is what the scripts write for a region that is not there.
    """
    zero = today == 0
    where = [(today["participant_id"][row], today.columns[i]) for row, i in np.argwhere(zero)]
    assert [column for _, column in where] in ([], ["lh_S_interm_prim-Jensen_thickness"])
    listed = source.zeros[["participant_id", "column"]].to_numpy().tolist()
    assert [[person, column] for person, column in where] == listed
    return today.mask(zero)


@pytest.mark.parametrize("spelling", ["old", "new"])
def test_folders_of_freesurfer(table, today, tmp_path, spelling):
    texts = read_table(table)
    structures = [c for c in texts.columns[1:] if not c.startswith(("lh_", "rh_", *SUMS))]
    for _, row in texts.iterrows():
        folder = tmp_path / row["participant_id"] / "stats"
        folder.mkdir(parents=True)
        (folder / "aseg.stats").write_text(
            "".join(
                f"# Measure x, {'eTIV' if name == TIV else name}, text, {row[name]}, mm^3\n"
                for name in SUMS
            )
            + f"# NRows {len(structures)}\n# ColHeaders Index Volume_mm3 StructName\n"
            + "".join(f"1 {row[name]} {cut(name, spelling)}\n" for name in structures)
        )
        for side in ("lh", "rh"):
            (folder / f"{side}.aparc.a2009s.stats").write_text(
                "# ColHeaders StructName SurfArea ThickAvg\n"
                + "".join(
                    f"{cut(name, spelling)[3:-10]} 1 {row[name]}\n"
                    for name in texts
                    if name.startswith(f"{side}_")
                )
            )
    source = read_freesurfer(
        tmp_path, texts[["participant_id"]], StatsRequest(("aparc.a2009s", "aseg"))
    )
    assert source.record["state"].eq("read").all()
    assert_same(source.table, today)
    taken, sums = select(list(source.table))
    assert set(spelled_as(source.table[taken], today.columns)) == set(today.columns[1:])
    assert sums == ["SubCortGrayVol", "TotalGrayVol"]
    assert source.table[TIV].tolist() == texts[TIV].astype(float).tolist()


@pytest.mark.parametrize(
    ("separator", "spelling"), [("\t", "old"), (",", "new"), (";", "old"), (" ", "new")]
)
def test_tables_of_freesurfer(table, today, tmp_path, separator, spelling):
    texts = read_table(table)
    parts = {
        "aseg.txt": ("Measure:volume", [c for c in texts if c[:3] not in ("lh_", "rh_")][1:]),
        "lh.txt": ("lh.aparc.a2009s.thickness", [c for c in texts if c[:3] == "lh_"]),
        "rh.txt": ("rh.aparc.a2009s.thickness", [c for c in texts if c[:3] == "rh_"]),
    }
    for name, (first, columns) in parts.items():
        own = texts[["participant_id", *columns]].rename(columns=lambda c: cut(c, spelling))
        own = own.rename(columns={"participant_id": first})
        if name != "aseg.txt":
            own = own.assign(BrainSegVolNotVent="1200000.0", eTIV=texts[TIV])
        own.iloc[::-1].to_csv(tmp_path / name, sep=separator, index=False)
    source = read_region_tables([tmp_path / name for name in parts], texts[["participant_id"]])
    assert len(source.warnings) == len(source.zeros)
    assert_same(source.table, without_zeros(today, source))
    taken = spelled_as(source.table[select(list(source.table))[0]], today.columns)
    assert list(taken) == [*today.columns[149:], *today.columns[1:149]]


def test_tables_of_enigma(table, today, tmp_path):
    texts = read_table(table)
    sides = {"Left": "L", "Right": "R"}
    own = {
        name: f"{name[0].upper()}{name[2:].removesuffix('thickness')}thickavg"
        for name in texts
        if name.startswith(("lh_", "rh_"))
    }
    cortical = texts.rename(columns={**own, "participant_id": "SubjID", TIV: "ICV"})
    volumes = {
        name: sides[name.partition("-")[0]] + ENIGMA[name.partition("-")[2]]
        for name in texts
        if name.partition("-")[2] in ENIGMA
    }
    subcortical = texts.rename(columns={**volumes, "participant_id": "SubjID", TIV: "ICV"})
    assert len(volumes) == 16
    paths = [tmp_path / "CorticalMeasuresENIGMA_ThickAvg.csv", tmp_path / "LandRvolumes.csv"]
    cortical[["SubjID", *own.values(), "ICV"]].to_csv(paths[0], index=False)
    subcortical[["SubjID", *volumes.values(), "ICV"]].to_csv(paths[1], index=False)
    source = read_region_tables(paths, texts[["participant_id"]])
    assert source.record["program"].eq("ENIGMA").all()
    kept = ["participant_id", *own, *volumes]
    assert_same(source.table, without_zeros(today[kept], source))
    assert canonical_enigma("ICV") in source.table
