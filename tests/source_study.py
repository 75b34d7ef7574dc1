"""A small study in folders of programs, to be spoilt by tests."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.config.source_kinds import with_values
from mri_response.core.errors import InputError
from mri_response.people.cohorts import build_cohort
from mri_response.people.extraction import extract

CONFIG = """
run: study
cohorts:
  munich:
    role: discovery
    participants: {folder}/munich.tsv
    sources:
      fs: {{freesurfer: {folder}/fs}}
outcome: {{kind: label, column: group, classes: [patient, control], positive_class: patient}}
features:
  fs: {{kind: table, source: fs}}
models:
  svc: {{features: fs, confounds: [tiv]}}
"""
LABELS = ["insula", "precuneus", *(f"gyrus{number}" for number in range(32))]
PEOPLE = [f"sub-{number:02}" for number in range(1, 9)]
TIV_MM3 = {person: 1_400_000 + 10_000 * i for i, person in enumerate(PEOPLE)}


def write_stats(folder: Path, person: str, *, version="7.4.1", holes=20, stats=("aseg", "aparc")):
    """A folder of FreeSurfer with the lines that are read."""
    place = folder / person
    (place / "stats").mkdir(parents=True)
    (place / "scripts").mkdir()
    (place / "scripts" / "build-stamp.txt").write_text(f"freesurfer-linux-centos7-{version}\n")
    rng = np.random.default_rng(int(person[-2:]))
    volume = TIV_MM3.get(person, 1_500_000)
    if "aseg" in stats:
        (place / "stats" / "aseg.stats").write_text(
            f"# Measure EstimatedTotalIntraCranialVol, eTIV, text, {volume}, mm^3\n"
            f"# Measure lhSurfaceHoles, lhSurfaceHoles, text, {holes}, unitless\n"
            f"# Measure rhSurfaceHoles, rhSurfaceHoles, text, {holes + 2}, unitless\n"
            "# NRows 2\n# ColHeaders Index Volume_mm3 StructName\n"
            f"1 {rng.normal(4000, 200):.1f} Left-Hippocampus\n"
            f"2 {rng.normal(7000, 200):.1f} Left-Thalamus\n"
        )
    for side in ("lh", "rh") if "aparc" in stats else ():
        (place / "stats" / f"{side}.aparc.stats").write_text(
            "# Measure Cortex, MeanThickness, Mean Thickness, 2.5, mm\n"
            "# ColHeaders StructName SurfArea ThickAvg\n"
            + "".join(f"{label} 2000 {rng.normal(3, 0.1):.3f}\n" for label in LABELS)
        )


def write_report(folder: Path, scan: str, tiv=1500.0, mark=2.0):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"cat_{scan}.xml").write_text(
        f"<S><software><version_cat>12.8</version_cat></software><subjectmeasures><vol_TIV>{tiv}"
        f"</vol_TIV></subjectmeasures><qualityratings><IQR>{mark}</IQR></qualityratings></S>"
    )


class Study:
    """A study whose sources are spoilt by the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = yaml.safe_load(CONFIG.format(folder=folder))
        groups = ["patient", "control"] * 4
        people = pd.DataFrame({"participant_id": PEOPLE, "group": groups})
        people.to_csv(folder / "munich.tsv", sep="\t", index=False)
        for person in PEOPLE:
            write_stats(folder / "fs", person)

    def set(self, text: str) -> None:
        self.raw["cohorts"]["munich"] |= yaml.safe_load(text.replace("FOLDER", str(self.folder)))

    def read(self):
        """The configuration with the tables that were read, and the warnings."""
        config = load_config(copy.deepcopy(self.raw))
        into = self.folder / "read"
        warnings = extract(config, into)
        return with_values(config, str(into)), warnings

    def build(self):
        config, _ = self.read()
        return build_cohort(config, "munich")

    def mistake(self) -> str:
        with pytest.raises(InputError) as error:
            self.build()
        assert "\n" not in str(error.value)
        return str(error.value).replace(f"{self.folder}/", "")
