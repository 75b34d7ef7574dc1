"""The section "Where in the brain": its numbers are those of the tables, in words."""

from __future__ import annotations

import re

import nibabel as nib
import numpy as np
import pytest
from flat_blocks import flat
from made_up_run import made_up_run

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.report.figures.viewer import slice_viewer
from mri_response.report.naming import naming
from mri_response.report.sections.blocks import (
    Bullets,
    Details,
    Frame,
    Heading,
    OfModel,
    Table,
    Text,
)
from mri_response.report.sections.brain import SECTION, regions_verdict, sets_verdict

MODEL = "roi_svc"


def section(run, **changes):
    return flat(SECTION.blocks(run.read(**{"weights": {MODEL: run.weights}, **changes})))


def of_kind(made, kind):
    return [block for block in made if isinstance(block, kind)]


def test_regions_beyond_chance_are_counted_and_named():
    run = made_up_run()
    names = naming(run.config)
    weights = run.weights.copy()
    weights[["p_max", "p_fdr"]] = 1.0
    weights.loc[0, "p_max"], weights.loc[[0, 4], "p_fdr"] = 0.05, 0.04
    weights.loc[0, "haufe"] = -0.5
    text = regions_verdict(weights, MODEL, names)
    assert "1 with a pattern beyond chance" in text
    assert "2 with about 5 % of them expected" in text
    assert text.endswith("Strongest: Accumbens area, right (towards non-responder).")
    weights["p_max"] = 0.06
    assert "Strongest: Accumbens area, right" in regions_verdict(weights, MODEL, names)
    weights["p_fdr"] = 0.06
    assert "no single region has a pattern beyond chance" in regions_verdict(weights, MODEL, names)
    weights[["p_max", "p_fdr"]] = np.nan
    assert "nothing can be said of chance" in regions_verdict(weights, MODEL, names)


def test_sets_beyond_chance_and_those_that_are_not_covered():
    run = made_up_run()
    names = naming(run.config)
    table = run.tables["roi_sets"].copy()
    table["p_fdr"] = table["p_fdr"].where(table["p_fdr"].isna(), 1.0)
    assert "none of 8 has" in sets_verdict(table, MODEL, names)
    cerebellum = table["region_set"] == "cerebellum"
    table.loc[cerebellum, "p_fdr"] = 0.05
    assert "beyond chance, of 8 (false discovery rate): cerebellum (towards non-responder)." in (
        sets_verdict(table, MODEL, names)
    )
    table.loc[table["region_set"] == "thalamus", "n_regions"] = 0
    text = sets_verdict(table, MODEL, names)
    assert "of 7" in text
    assert text.endswith("Not covered by the atlas or table, so not tested: thalamus.")
    table["n_regions"] = 0
    assert sets_verdict(table, MODEL, names).endswith("covers none of the sets.")


def test_tables_have_the_numbers_and_what_chance_gives(tmp_path):
    run = made_up_run()
    # As the page reads them.
    write_tsv(run.tables["roi_sets"], tmp_path / "sets.tsv")
    write_tsv(run.weights, tmp_path / "weights.tsv")
    tables = {"roi_sets": read_tsv(tmp_path / "sets.tsv")}
    made = section(run, tables=tables, weights={MODEL: read_tsv(tmp_path / "weights.tsv")})
    regions, sets = of_kind(made, Table)
    row = next(row for row in sets.rows if row[0][0] == "Rostral anterior cingulate")
    assert row[0][1].startswith("the whole anterior cingulate gyrus")
    assert row[1] == 1
    assert row[2][1] == "chance: −0.100 to +0.100"
    assert row[5] == ("100 %", "chance: 81 %, p = 0.300")
    first = run.weights.iloc[np.abs(run.weights["haufe"].to_numpy()).argmax()]
    pattern = f"{first['haufe']:+.3f}".replace("-", "−")
    assert regions.rows[0][1] == (pattern, "chance: −0.200 to +0.200")
    assert "all 99 people of the discovery cohort" in regions.note
    assert "2.5 to 97.5 % of the pattern in 1,000 permutations" in sets.note
    assert regions.rows[0][2:5] == ["0.001", "0.020", "0.030"]
    assert len(regions.rows) == 10
    assert "agree without any signal" in regions.note
    assert [block.text for block in of_kind(made, Heading)] == ["Model roi_svc (simulated data)"]
    assert len(of_kind(made, Bullets)[0].items) == 3


def test_without_a_null_of_signs_the_page_says_so():
    run = made_up_run()
    missing = ["null_low", "null_high", "sign_consistency_null", "cvr"]
    weights = run.weights.assign(**dict.fromkeys(missing, np.nan))
    (regions,) = of_kind(section(run, weights={MODEL: weights}, tables={}), Table)
    assert regions.rows[0][1][1] == ""
    assert regions.rows[0][7][1] == "no null"
    assert regions.rows[0][6] == "n/a"


def test_a_model_without_weights_is_explained_and_nothing_else_is_said():
    run = made_up_run()
    run.config["models"] = {
        MODEL: {
            "features": "roi",
            "estimator": "sklearn.ensemble.RandomForestClassifier",
            "parameters": {},
            "grid": {},
            "pca": None,
        }
    }
    (text,) = section(run, weights={}, tables={})
    assert isinstance(text, Text)
    assert "Model roi_svc has no weights and no pattern here" in text.text


def test_viewers_stand_in_frames():
    run = made_up_run()
    made = section(run, viewers={MODEL: "<p>one</p>"}, planted_viewer="<p>two</p>")
    assert [frame.html for frame in of_kind(made, Frame)] == ["<p>one</p>", "<p>two</p>"]
    assert "What the simulation planted" in of_kind(made, Frame)[1].title


def test_slices_are_named_where_they_are():
    run = made_up_run()
    for viewers, said in (({MODEL: "<p>one</p>"}, True), ({}, False)):
        blocks = SECTION.blocks(run.read(weights={MODEL: run.weights}, viewers=viewers))
        (own,) = of_kind(blocks, OfModel)
        (line,) = (one.summary for one in of_kind(own.blocks, Details))
        assert ("slices" in line) == said
        assert line.endswith("regions and their sets")


@pytest.fixture(scope="module")
def viewer() -> str:
    values = np.zeros((20, 24, 20))
    values[4:8, 10:14, 8:12], values[12, 12, 12] = 0.5, np.nan
    affine = np.diag([9.0, 9.0, 9.0, 1.0])
    affine[:3, 3] = [-90, -126, -72]
    return slice_viewer(nib.Nifti1Image(values, affine))


def test_a_viewer_needs_nothing_from_outside_and_is_small(viewer):
    assert "brainsprite" in viewer
    markup = re.sub(r"<script>.*?</script>", "", viewer, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)""", markup)
    assert "<script src" not in viewer
    assert not re.findall(r"https?://", viewer)
    assert "default-src 'none'" in viewer[: viewer.index("<title>")]
    assert len(viewer) < 600_000


def test_a_viewer_starts_at_the_peak(viewer):
    # The block spans −58.5 to −22.5, −40.5 to −4.5 and −4.5 to 31.5 mm (voxels 8 to 11 of 9 mm).
    first = re.search(r'"numSlice": \{"X": ([\d.]+), "Y": ([\d.]+), "Z": ([\d.]+)\}', viewer)
    assert first
    mm = np.array([-90, -126, -72]) + 3 * np.array([float(x) for x in first.groups()])
    np.testing.assert_allclose(mm, [-40.5, -18, 13.5], atol=9)


def test_an_empty_map_has_a_viewer_too():
    image = nib.Nifti1Image(np.zeros((10, 12, 10)), np.diag([18.0, 18.0, 18.0, 1.0]))
    viewer = slice_viewer(image)
    assert "brainsprite" in viewer
    # In the middle of the brain and not in the corner of the picture, where there is nothing.
    first = re.search(r'"numSlice": \{"X": ([\d.]+), "Y": ([\d.]+), "Z": ([\d.]+)\}', viewer)
    assert first
    np.testing.assert_allclose(
        [float(number) for number in first.groups()], [90 / 3, 126 / 3, 72 / 3], atol=1
    )
