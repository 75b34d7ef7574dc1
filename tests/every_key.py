"""A made-up study in every format that the configuration knows, for `tests/configs/every_key`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import yaml
from belief_data import made_trials
from jsonschema import Draft202012Validator
from scipy.io import savemat
from small_study import REGIONS, ROOT, Study, block_labels, template
from travelling_folder import OTHER_PLAN, made_folder

from mri_response.config.schema import resolved

CONFIGS = ROOT / "tests" / "configs" / "every_key"
SESSIONS = ("ses-1", "ses-2", "ses-3", "ses-4")
#: Per cent of the baseline at the sessions after it, of people with and without the effect.
COURSES = {"patient": (60, 40, 30), "healthy": (95, 85, 90)}


def write_study(folder: Path) -> Study:
    """Write the study; its tables of participants have columns for every kind of analysis."""
    study = Study(folder, maps=True)
    rng = np.random.default_rng(20260211)
    for name, people in study.people.items():
        n = len(people)
        people["arm"] = ["d", "d", "p", "p"] * (n // 4) + ["d", "p"] * (n % 4 // 2)
        people["second"] = people["arm"].map({"d": "p", "p": "d"})
        people["scanner"] = (np.arange(n) // 2) % 2 + 1
        people["education"] = rng.integers(9, 19, n)
        people["stopped"] = np.where(np.arange(n) % 9 == 8, 4, np.nan)
        people["icv"] = (1000 * people["tiv"]).round().astype(int)
        people["severity"] = (50 + 8 * rng.normal(size=n)).round(1)
        study.write(name)
        _scores(study, name, rng)
        _trials(study, name)
        _programs(study, name)
        _other_tables(study, name)
    mask = nib.Nifti1Image((block_labels() > 0).astype("uint8"), template().affine)
    nib.save(mask, folder / "mask.nii.gz")
    (folder / "answers.yaml").write_text('"3a": Depression is common.\n')
    made_folder(study, "roi", folder / "made_model")
    (folder / "registration.json").write_text(json.dumps(OTHER_PLAN))
    shutil.copytree(CONFIGS, folder, dirs_exist_ok=True)
    return study


def _scores(study: Study, name: str, rng: np.random.Generator) -> None:
    """Scores by session; two people of the discovery cohort drop out before the last one."""
    people = study.people[name]
    rows = []
    for i, (person, group) in enumerate(people[["participant_id", "group"]].to_numpy()):
        start = int(rng.integers(26, 38))
        for session, percent in zip(SESSIONS, (100, *COURSES[group]), strict=True):
            if name == "discovery" and i in (4, 5) and session == "ses-4":
                continue
            score = round(start * percent / 100 + (session != "ses-1") * rng.normal(0, 1))
            rows.append((person, session, score, min(score // 7, 6)))
    columns = ["participant_id", "session_id", "MADRS", "MADRS_10"]
    scores = pd.DataFrame(rows, columns=columns)
    scores.to_csv(study.folder / name / "scores.tsv", sep="\t", index=False)
    wide = scores.pivot_table(index="participant_id", columns="session_id", values="MADRS")
    wide = wide.add_prefix("madrs_").fillna(-9).rename_axis("Code").reset_index()
    with pd.ExcelWriter(study.folder / name / "wide.xlsx") as workbook:
        wide.to_excel(workbook, sheet_name="scores", index=False)
        wide.iloc[:0].to_excel(workbook, sheet_name="notes", index=False)


def _trials(study: Study, name: str) -> None:
    ids = study.people[name]["participant_id"].to_numpy()
    trials = made_trials(len(ids), 0.5, 0.1, 5.0, len(ids), SESSIONS[:3])
    trials["participant_id"] = ids[pd.factorize(trials["participant_id"])[0]]
    rng = np.random.default_rng(len(ids))
    trials["E2"] = trials["E2"].clip(3, 77)
    trials["rt_E1"] = rng.uniform(0.4, 9, len(trials)).round(2)
    trials["BR_recall"] = (trials["BR"] + rng.normal(0, 6, len(trials))).round().clip(3, 77)
    trials.to_csv(study.folder / name / "trials.tsv", sep="\t", index=False)


def _programs(study: Study, name: str) -> None:
    """What FreeSurfer, CAT12, SPM, deepmriprep and sMRIPrep leave."""
    folder = study.folder / name
    people = study.people[name].set_index("participant_id")
    regions = pd.read_csv(folder / "regions.tsv", sep="\t").set_index("participant_id")
    for sub in ("cat12/report", "cat12/label", "spm", "deepmriprep"):
        (folder / sub).mkdir(parents=True)
    lines = []
    for i, person in enumerate(people.index):
        scan, tiv, values = f"{person}_T1w", people.loc[person, "tiv"], regions.loc[person]
        (folder / "cat12" / "report" / f"cat_{scan}.xml").write_text(
            f"<S><software><version_cat>12.9</version_cat></software><subjectmeasures><vol_TIV>"
            f"{tiv}</vol_TIV></subjectmeasures><qualityratings><IQR>{1.5 + 0.03 * i:.2f}</IQR>"
            "</qualityratings></S>\n"
        )
        items = "".join(f"<item>{region}</item>" for region in REGIONS)
        volumes = ";".join(str(value) for value in values)
        (folder / "cat12" / "label" / f"catROI_{scan}.xml").write_text(
            f"<S><neuromorphometrics><ids>[1;2;3;4;5;6;7;8]</ids><names>{items}</names>"
            f"<version>12.9</version><data><Vgm>[{volumes}]</Vgm><Vwm>[{volumes}]</Vwm></data>"
            "</neuromorphometrics></S>\n"
        )
        lines.append(f"{scan}\t{tiv}\n")
        litres = {"litres": np.array([[tiv / 2000, tiv / 4000, tiv / 4000]]), "mask": "all"}
        savemat(folder / "spm" / f"{scan}_seg8.mat", {"Affine": np.eye(4), "volumes": litres})
        (folder / "deepmriprep" / f"tiv{scan}.csv").write_text(f"tiv_cm3\n{tiv}\n")
        rows = (
            f"{k},{r},{1000 * v},{900 * v},50,2000\n" for k, (r, v) in enumerate(values.items())
        )
        (folder / "deepmriprep" / f"aal3_volumes{scan}.csv").write_text(
            "ROIid,ROIname,gmv_mm3,wmv_mm3,csfv_mm3,region_mm3\n" + "".join(rows)
        )
        _freesurfer(folder / "freesurfer" / person / "stats", round(1000 * tiv), values, i)
        anat = folder / "smriprep" / person / "anat"
        anat.mkdir(parents=True)
        image = folder / "maps" / f"mwp1{person}.nii.gz"
        space = "space-MNI152NLin2009cAsym_res-2_label-GM_probseg"
        os.link(image, anat / f"{person}_{space}.nii.gz")
        os.link(image, folder / "maps" / f"mwp1{person}_ses-2.nii.gz")
    (folder / "cat12" / "TIV.txt").write_text("".join(lines))


def _freesurfer(stats: Path, tiv: int, values: pd.Series, i: int) -> None:
    stats.mkdir(parents=True)
    (stats / "aseg.stats").write_text(
        f"# Measure EstimatedTotalIntraCranialVol, eTIV, text, {tiv}, mm^3\n"
        f"# Measure lhSurfaceHoles, lhSurfaceHoles, text, {9 + i % 7}, unitless\n"
        f"# Measure rhSurfaceHoles, rhSurfaceHoles, text, {8 + i % 5}, unitless\n"
        "# cvs_version 7.4.1\n# ColHeaders Index Volume_mm3 StructName\n"
        + "".join(f"1 {1000 * value} {region}\n" for region, value in values.items())
    )
    for side in "lr":
        own = [(region[2:], value) for region, value in values.items() if region[0] == side]
        own += [(f"gyrus{number}", 1 + 0.01 * number + 0.001 * i) for number in range(30)]
        (stats / f"{side}h.aparc.stats").write_text(
            "# Measure Cortex, MeanThickness, Mean Thickness, 2.5, mm\n"
            "# ColHeaders StructName SurfArea ThickAvg\n"
            + "".join(f"{region} {2000 * v:.1f} {2 + v:.4f}\n" for region, v in own)
        )


def _other_tables(study: Study, name: str) -> None:
    """The same in a table of a script and in a hospital's table of people."""
    folder = study.folder / name
    regions = pd.read_csv(folder / "regions.tsv", sep="\t")
    people = study.people[name]
    table = regions.rename(columns={"participant_id": "Subject"})
    table.insert(1, "Visit", "ses-2")
    table["Subject"] += "_scan"
    table["eTIV"] = people["icv"]
    table.to_csv(folder / "script.csv", sep=";", index=False)
    people.assign(session_id="ses-2").to_csv(
        folder / "visits.tsv", sep="\t", index=False, na_rep="n/a"
    )
    regions.assign(session_id="ses-2").to_csv(folder / "regions_2.tsv", sep="\t", index=False)
    hospital = people.rename(columns={"participant_id": "Code", "sex": "Geschlecht"})
    hospital["Geschlecht"] = hospital["Geschlecht"].map({"F": 2, "M": 1})
    hospital["group"] = hospital["group"].map({"patient": "MDD", "healthy": "HC"})
    hospital = hospital.astype(object).where(hospital.notna(), -9)
    hospital.to_csv(folder / "hospital.csv", sep=";", decimal=",", index=False, encoding="cp1252")


# ---------------------------------------------------------------- keys of the schema
def keys(node: Mapping[str, Any], at: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Places in the schema of all keys below a part of it, each once where it is written."""
    for name, child in node.get("properties", {}).items():
        if child:  # an empty one is described where a condition is met
            yield f"{at}/properties/{name}"
            yield from keys(child, f"{at}/properties/{name}", schema)
    for word in ("then", "else", "items", "additionalProperties"):
        if isinstance(node.get(word), Mapping):
            yield from keys(node[word], f"{at}/{word}", schema)
    for word in ("allOf", "anyOf"):
        for i, part in enumerate(node.get(word, ())):
            yield from keys(part, f"{at}/{word}/{i}", schema)


def all_keys(schema: Mapping[str, Any]) -> set[str]:
    """Places of all keys."""
    found = set(keys(schema, "#", schema))
    for name, node in schema["$defs"].items():
        found |= set(keys(node, f"#/$defs/{name}", schema))
    return found


def used_keys(
    value: Any, node: Mapping[str, Any], at: str, validator: Draft202012Validator
) -> Iterator[str]:
    """Places of the keys that a value has."""
    schema = validator.schema
    while "$ref" in node:
        at = node["$ref"]
        node = resolved({"$ref": at}, schema)
    for i, part in enumerate(node.get("allOf", ())):
        yield from used_keys(value, part, f"{at}/allOf/{i}", validator)
    if "if" in node:
        word = "then" if validator.evolve(schema=node["if"]).is_valid(value) else "else"
        if word in node:
            yield from used_keys(value, node[word], f"{at}/{word}", validator)
    for i, part in enumerate(node.get("anyOf", ())):
        if validator.evolve(schema=resolved(part, schema)).is_valid(value):
            yield from used_keys(value, part, f"{at}/anyOf/{i}", validator)
            break
    if isinstance(value, list) and "items" in node:
        for item in value:
            yield from used_keys(item, node["items"], f"{at}/items", validator)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            child = node.get("properties", {}).get(name)
            if child is not None:
                if child:
                    yield f"{at}/properties/{name}"
                yield from used_keys(inner, child, f"{at}/properties/{name}", validator)
            elif isinstance(node.get("additionalProperties"), Mapping):
                others = node["additionalProperties"]
                yield from used_keys(inner, others, f"{at}/additionalProperties", validator)


def configurations() -> dict[str, dict[str, Any]]:
    """The configurations of the folder by name."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(CONFIGS.glob("*.yaml"))}
