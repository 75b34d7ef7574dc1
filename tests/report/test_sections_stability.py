"""The section on the stability of answers and of the result."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flat_blocks import flat
from made_up_run import made_up_run

from mri_response.evaluation.stability import instability, other_seeds
from mri_response.report.facts.gathered import gather
from mri_response.report.facts.methods import methods, results
from mri_response.report.figures.instability import draw
from mri_response.report.sections.stability import SECTION


@pytest.fixture(scope="module")
def tables():
    n, rng = 99, np.random.default_rng(1)
    probability = np.clip(rng.random(n) + rng.normal(0, 0.1, (21, n)), 0, 1)
    fits = [
        pd.DataFrame({"resample": number, "decision": values - 0.5, "probability": values})
        for number, values in enumerate(probability)
    ]
    people = pd.DataFrame({
        "participant_id": [f"p{i}" for i in range(n)], "label": np.arange(n) % 2,
    })  # fmt: skip
    decision = rng.normal(size=(6, 2, n)) + people["label"].to_numpy()
    return {
        "instability": instability("roi_svc", pd.concat(fits)),
        "other_seeds": other_seeds("roi_svc", people, decision),
    }


@pytest.fixture(scope="module")
def made_up():
    made = made_up_run()
    made.config["stability"] = {"resamples": 20, "seeds": 5, "models": ["roi_svc"]}
    return made


def test_page_methods_and_results_have_both(made_up, tables):
    run = made_up.read(tables=tables)
    blocks = flat(SECTION.blocks(run))
    texts = " ".join(block.text for block in blocks if hasattr(block, "text"))
    row = tables["instability"].iloc[0]
    assert "in 20 refits on resampled people" in texts
    assert f"{100 * row['mape']:.1f}" in texts
    assert "under 5 other seeds of the folds the balanced accuracy was" in texts
    of_bands, of_seeds = (block for block in blocks if hasattr(block, "rows"))
    assert of_bands.rows[0][0] == "all"
    assert len(of_bands.rows) == 6
    assert len(of_seeds.rows) == 2
    told = gather(run)["stability"]
    assert "in 20 refits" in told.text
    assert told in results(gather(run))
    assert any("bootstrap samples of the discovery people" in one.text for one in methods(run))
    assert SECTION.blocks(made_up.read(tables={})) == []
    assert "stability" not in gather(made_up.read())


@pytest.mark.parametrize("name", ["instability", "other_seeds"])
def test_one_of_the_two_is_enough(made_up, tables, name):
    run = made_up.read(tables={key: t if key == name else t[:0] for key, t in tables.items()})
    blocks = flat(SECTION.blocks(run))
    assert len([block for block in blocks if hasattr(block, "rows")]) == 1


def test_the_figure_is_about_bands(made_up, tables):
    figure = draw(tables["instability"], "roi_svc", made_up.read().names)
    (axes,) = [one for one in figure.axes if one.get_xlabel()]
    assert len(axes.collections) == 10
