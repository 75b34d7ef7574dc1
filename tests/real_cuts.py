"""A real table of regions, cut into the files that programs write."""

from pathlib import Path

import pandas as pd

from mri_response.inputs.sources.names import TIV, canonical


def folders(table: pd.DataFrame, folder: Path) -> dict:
    structures = [c for c in table.columns[1:] if not c.startswith(("lh_", "rh_"))]
    volumes = [c for c in structures if "-" in c or c == "CSF"]
    for _, row in table.iterrows():
        stats = folder / row["participant_id"] / "stats"
        stats.mkdir(parents=True)
        lines = [f"# Measure x, {c}, text, {row[c]}, mm^3" for c in structures if c not in volumes]
        lines += ["# ColHeaders Index Volume_mm3 StructName"]
        lines += [f"1 {row[c]} {canonical(c)}" for c in volumes]
        (stats / "aseg.stats").write_text("\n".join(lines) + "\n")
        for side in ("lh", "rh"):
            lines = ["# ColHeaders StructName ThickAvg"]
            lines += [f"{canonical(c)[3:-10]} {row[c]}" for c in table if c.startswith(side)]
            (stats / f"{side}.aparc.a2009s.stats").write_text("\n".join(lines) + "\n")
    return {"freesurfer": str(folder), "stats": ["aparc.a2009s", "aseg"]}


def tables(table: pd.DataFrame, folder: Path) -> dict:
    folder.mkdir()
    parts = {"lh.aparc.a2009s.thickness": "lh_", "rh.aparc.a2009s.thickness": "rh_"}
    paths = []
    for first, start in parts.items():
        columns = [c for c in table if c.startswith(start)]
        own = table[["participant_id", *columns, TIV]].rename(columns={TIV: "eTIV"})
        paths.append(folder / f"{start}table.txt")
        own.rename(columns={"participant_id": first}).to_csv(paths[-1], sep="\t", index=False)
    columns = [c for c in table if not c.startswith(("lh_", "rh_"))]
    own = table[columns].rename(columns={"participant_id": "Measure:volume"})
    paths.append(folder / "aseg.csv")
    own.to_csv(paths[-1], index=False)
    return {"region_tables": [str(path) for path in paths]}


#: Volumes that ENIGMA's script writes, by FreeSurfer's names without the side.
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


def in_enigma(column: str) -> bool:
    return column.startswith(("lh_", "rh_")) or column.partition("-")[2] in ENIGMA


def enigma(table: pd.DataFrame, folder: Path) -> dict:
    """The two files of the protocol, with the totals that both repeat."""
    folder.mkdir()
    names = {"participant_id": "SubjID", TIV: "ICV"}
    for column in table:
        if column.startswith(("lh_", "rh_")):
            names[column] = f"{column[0].upper()}{column[2:].removesuffix('thickness')}thickavg"
        elif in_enigma(column):
            side, _, structure = column.partition("-")
            names[column] = side[0] + ENIGMA[structure]
    own = table[list(names)].rename(columns=names)
    thick = [c for c in own if c.endswith("thickavg")]
    volumes = [c for c in own if c not in (*thick, "SubjID", "ICV")]
    totals = own[["ICV"]].assign(LThickness="2.5", RThickness="2.5", LSurfArea="9", RSurfArea="9")
    paths = [folder / "CorticalMeasuresENIGMA_ThickAvg.csv", folder / "LandRvolumes.csv"]
    pd.concat([own[["SubjID", *thick]], totals], axis=1).to_csv(paths[0], index=False)
    own[["SubjID", *volumes, "ICV"]].to_csv(paths[1], index=False)
    return {"region_tables": [str(path) for path in paths]}
