"""Small studies that people could not read in: the start says how, and with that it passes."""

import shutil

import pytest
import yaml

from mri_response.preflight.start import command

SEX = "codes: {sex: {1: M, 2: F}}"
ABIDE = """
cohorts:
  abide:
    columns: {participant_id: FILE_ID, age: AGE_AT_SCAN, sex: SEX, site: SITE_ID}
    codes: {sex: {1: M, 2: F}}
    format: {missing: [-9999, no_filename]}
    sources: {fs: {region_tables: [data/aseg_table.tsv, data/brainstats.txt]}}
    tiv: {source: fs}
"""
#: Case, what its start says (None where it passes as it is), and what makes it pass.
CASES = {
    "B15": ("write own_ids: true at cohorts.bonn", "cohorts: {bonn: {own_ids: true}}"),
    "B18": (
        "wide: {MADRS: {ses-24h: MADRS_24h, ses-baseline: MADRS_baseline}}",
        "cohorts: {munich: {scores: {table: munich/scores.tsv, wide: {MADRS:"
        " {ses-baseline: MADRS_baseline, ses-24h: MADRS_24h}}}}}",
    ),
    "B19": ("columns: {participant_id: Unnamed: 0}", ABIDE),
    "B20": (
        "as in codes: {sex: {1: M, 2: F}}",
        f"cohorts: {{munich: {{{SEX}}}}}",
    ),
    "B36": (None, "{}"),
    "B40": (
        "name the source as {region_tables: [munich/fs.tsv]}",
        "cohorts: {munich: {sources: {fs: {region_tables: [munich/fs.tsv]}}}}",
    ),
    "B41": (
        "name the source as {region_tables: [munich/ROI_neuromorphometrics_Vgm.csv]}",
        "cohorts: {munich: {sources: {fs: {subject: 'catROI_{participant_id}_T1w',"
        " region_tables: [munich/ROI_neuromorphometrics_Vgm.csv]}}}}",
    ),
    "B42": (None, "{}"),
    "B51": (None, "confounds: {categorical: [scanner]}"),
}
ANALYSED = {"B19": (43, None)}


def merge(into, new):
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict) and key not in ("fs", "tiv"):
            merge(into[key], value)
        else:
            into[key] = value


@pytest.mark.parametrize("name", CASES)
def test_a_case(name, shared_data, tmp_path, monkeypatch, capsys):
    folder = tmp_path / name
    shutil.copytree(shared_data / "cases" / name, folder)
    monkeypatch.chdir(folder)
    told, change = CASES[name]
    assert command(["check", "study.yaml"]) == (told is not None)
    if told:
        assert any(told in line for line in capsys.readouterr().err.splitlines())
    config = yaml.safe_load((folder / "study.yaml").read_text())
    merge(config, yaml.safe_load(change))
    (folder / "mended.yaml").write_text(yaml.safe_dump(config))
    assert command(["check", "mended.yaml"]) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert "mended.yaml: no mistake found" in out
    discovery, external = ANALYSED.get(name, (40, 20))
    assert f"(discovery): {discovery} people" in out
    assert external is None or f"cohort bonn (external): {external} people" in out
