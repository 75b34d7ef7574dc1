"""Every configuration of docs/beginnings.md passes all checks of a start as it is written."""

import re

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from small_study import snakemake
from source_study import write_report, write_stats

from mri_response.inputs.images import template_map
from mri_response.preflight.start import command

PEOPLE = [f"sub-{number:02}" for number in range(1, 25)]
GROUPS = ["patient", "control"] * 12
SEXES = ["F", "F", "M", "M"] * 6


def configurations(root):
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
    people = pd.DataFrame({"participant_id": PEOPLE, "age": range(30, 54), "sex": SEXES})
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
    people = {"participant_id": PEOPLE, "group": GROUPS, "age": range(30, 54), "sex": SEXES}
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


@pytest.mark.parametrize("run", WRITERS)
def test_a_beginning_passes_as_written(run, root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    WRITERS[run](tmp_path, np.random.default_rng(4))
    (text,) = [text for text in configurations(root) if text.startswith(f"run: {run}\n")]
    (tmp_path / "my_study.yaml").write_text(text)
    assert command(["check", "my_study.yaml"]) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert "cohort munich (discovery): 24 people, 12 " in out
    assert "my_study.yaml: no mistake found" in out
    if run == "from_freesurfer":
        # A person without a file, and a mistake in another one, as the page says.
        (tmp_path / "freesurfer" / "sub-01" / "stats" / "aseg.stats").unlink()
        assert command(["check", "my_study.yaml"]) == 0
        assert "left out: " in capsys.readouterr().out
        target = f"results/{run}/features/thickness/munich.tsv"
        snakemake(target, "--cores", "1", "--configfile", "my_study.yaml", cwd=tmp_path)
        table = pd.read_csv(tmp_path / target, sep="\t")
        assert table.shape == (23, 1 + 2 * 34)
        path = tmp_path / "freesurfer" / "sub-02" / "stats" / "aseg.stats"
        path.write_text(path.read_text()[:-30])
        assert command(["check", "my_study.yaml"]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_page_has_these_and_no_other(root):
    names = [re.match(r"run: (\w+)", text)[1] for text in configurations(root)]
    assert names == list(WRITERS)
    assert "(docs/beginnings.md)" in (root / "README.md").read_text(encoding="utf-8")
