"""Small simulated folders for the configurations of docs/beginnings.md."""

import re

import nibabel as nib
import numpy as np
import pandas as pd
from source_study import write_report, write_stats

from mri_response.inputs.images import template_map

PEOPLE = [f"sub-{number:02}" for number in range(1, 31)]
GROUPS = ["patient", "control"] * 15
SEXES = ["F", "F", "M", "M", "M"] * 6


def configurations(root):
    """Texts of the configurations of docs/beginnings.md."""
    text = (root / "docs" / "beginnings.md").read_text(encoding="utf-8")
    return re.findall(r"```yaml\n(run: \w+\n.*?)```", text, flags=re.S)


def scores():
    """MADRS before and after treatment, every second person a responder."""
    return [(30, 10 + 15 * (i % 2)) for i in range(len(PEOPLE))]


def write_map(path, rng):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = template_map(5)  # the coarsest grid on which the atlas keeps all its regions
    values = image.get_fdata(dtype=np.float32)
    noisy = values * (1 + 0.05 * rng.normal(size=values.shape))
    nib.save(nib.Nifti1Image(noisy.astype(np.float32), image.affine), path)


def write_bids(folder, rng):
    people = pd.DataFrame({"participant_id": PEOPLE, "age": range(30, 60), "sex": SEXES})
    (folder / "bids" / "phenotype").mkdir(parents=True)
    people.to_csv(folder / "bids" / "participants.tsv", sep="\t", index=False)
    rows = [
        (person, session, score)
        for person, own in zip(PEOPLE, scores(), strict=True)
        for session, score in zip(("ses-baseline", "ses-24h"), own, strict=True)
    ]
    pd.DataFrame(rows, columns=["participant_id", "session_id", "MADRS"]).to_csv(
        folder / "bids" / "phenotype" / "madrs.tsv", sep="\t", index=False
    )
    for person in PEOPLE:
        name = f"{person}_space-MNI152NLin2009cAsym_res-2_label-GM_probseg.nii.gz"
        write_map(folder / "bids" / "derivatives" / "smriprep" / person / "anat" / name, rng)


def write_freesurfer(folder, rng):
    lines = ["Code;Alter;Geschlecht;MADRS_vorher;MADRS_nachher;Stra\u00dfe"]
    for i, (person, own) in enumerate(zip(PEOPLE, scores(), strict=True)):
        write_stats(folder / "freesurfer", person)
        lines.append(f"{person};{30 + i},5;{1 + (SEXES[i] == 'F')};{own[0]};{own[1]};x")
    (folder / "hospital.csv").write_bytes("\r\n".join(lines).encode("cp1252"))


def write_cat12(folder, rng):
    people = {"participant_id": PEOPLE, "group": GROUPS, "age": range(30, 60), "sex": SEXES}
    pd.DataFrame(people).to_csv(folder / "participants.tsv", sep="\t", index=False)
    for person in PEOPLE:
        scan = f"{person}_T1w"
        write_map(folder / "cat12" / "mri" / f"mwp1{scan}.nii.gz", rng)
        write_report(folder / "cat12" / "report", scan, rng.normal(1500, 90), rng.uniform(1.5, 3))
        label = folder / "cat12" / "label"
        label.mkdir(exist_ok=True)
        (label / f"catROI_{scan}.xml").write_text(
            "<S><neuromorphometrics><names><item>lHip</item><item>rHip</item></names>"
            "<ids>[47;48]</ids>"
            f"<data><Vgm>[{rng.normal(3, 0.2)};{rng.normal(3, 0.2)}]</Vgm></data>"
            "</neuromorphometrics></S>"
        )


WRITERS = {"from_bids": write_bids, "from_freesurfer": write_freesurfer, "from_cat12": write_cat12}
