"""Every configuration of docs/beginnings.md passes all checks of a start as it is written."""

import re

import numpy as np
import pandas as pd
import pytest
from beginnings import WRITERS, configurations
from small_study import snakemake

from mri_response.preflight.start import command


@pytest.mark.parametrize("run", WRITERS)
def test_a_beginning_passes_as_written(run, root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    WRITERS[run](tmp_path, np.random.default_rng(4))
    (text,) = [text for text in configurations(root) if text.startswith(f"run: {run}\n")]
    (tmp_path / "my_study.yaml").write_text(text)
    assert command(["check", "my_study.yaml"]) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert "cohort munich (discovery): 30 people, 15 " in out
    assert "my_study.yaml: no mistake found" in out
    if run == "from_freesurfer":
        # A person without a file, and a mistake in another one, as the page says.
        (tmp_path / "freesurfer" / "sub-01" / "stats" / "aseg.stats").unlink()
        assert command(["check", "my_study.yaml"]) == 0
        assert "left out: " in capsys.readouterr().out
        target = f"results/{run}/features/thickness/munich.tsv"
        snakemake(target, "--cores", "1", "--configfile", "my_study.yaml", cwd=tmp_path)
        table = pd.read_csv(tmp_path / target, sep="\t")
        assert table.shape == (29, 1 + 2 * 34)
        path = tmp_path / "freesurfer" / "sub-02" / "stats" / "aseg.stats"
        path.write_text(path.read_text()[:-30])
        assert command(["check", "my_study.yaml"]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_page_has_these_and_no_other(root):
    names = [re.match(r"run: (\w+)", text)[1] for text in configurations(root)]
    assert names == list(WRITERS)
    assert "(docs/beginnings.md)" in (root / "README.md").read_text(encoding="utf-8")
