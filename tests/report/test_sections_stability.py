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
from mri_response.report.figures.instability_people import draw as draw_people
from mri_response.report.figures.plan import figure_plan
from mri_response.report.sections.stability import SECTION
from mri_response.report.stability_words import instability_sentence, seeds_sentence


def refits(probability):
    fits = [
        pd.DataFrame({"resample": number, "decision": values - 0.5, "probability": values})
        for number, values in enumerate(probability)
    ]
    return pd.concat(fits)


@pytest.fixture(scope="module")
def tables():
    n, rng = 99, np.random.default_rng(1)
    probability = np.clip(rng.random(n) + rng.normal(0, 0.1, (21, n)), 0, 1)
    fits = refits(probability)
    people = pd.DataFrame({
        "participant_id": [f"p{i}" for i in range(n)], "label": np.arange(n) % 2,
    })  # fmt: skip
    decision = rng.normal(size=(6, 2, n)) + people["label"].to_numpy()
    return {
        "instability": instability("roi_svc", fits),
        "other_seeds": other_seeds("roi_svc", people, {"decision": decision}),
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
    text = " ".join(fact.text for fact in methods(run))
    assert ("bootstrap samples of the discovery people" in text) == (name == "instability")
    assert ("with other seeds of the folds" in text) == (name == "other_seeds")


def test_the_figure_is_about_bands(made_up, tables):
    figure = draw(tables["instability"], "roi_svc", made_up.read().names)
    (axes,) = [one for one in figure.axes if one.get_xlabel()]
    assert len(axes.collections) == 10


@pytest.mark.parametrize("of_numbers", [False, True])
def test_single_people_are_points_without_labels(made_up, of_numbers):
    probability = np.random.default_rng(2).random((5, 30))
    fits = refits(probability).astype(str).assign(participant_id=[f"p{i % 30}" for i in range(150)])
    if of_numbers:
        fits = fits.drop(columns="probability")
    figure = draw_people(fits, "roi_svc", made_up.read().names)
    assert len(figure.axes) == (2 if of_numbers else 3)
    _, error, *changed = figure.axes
    x, y = error.collections[0].get_offsets().T
    said = probability - 0.5 if of_numbers else probability
    np.testing.assert_allclose(x, said[0])
    np.testing.assert_allclose(y, np.abs(said[1:] - said[0]).mean(axis=0))
    for axes in changed:
        other = (probability[1:] > 0.5) != (probability[0] > 0.5)
        np.testing.assert_allclose(axes.collections[0].get_offsets()[:, 1], other.mean(axis=0))
    assert not [text for axes in figure.axes for text in axes.texts]


def test_single_people_are_drawn_only_where_they_may_be_shown(made_up):
    def drawn(shown):
        config = made_up.config | {"report": {"participant_level": shown}}
        return {figure.kind for figure in figure_plan(config)}

    assert drawn(shown=True) - drawn(shown=False) == {"instability_people"}


def test_a_number_has_its_unit_and_no_other_class(made_up):
    rng = np.random.default_rng(1)
    fits = [
        pd.DataFrame({"resample": number, "decision": values})
        for number, values in enumerate(-10 + 4 * rng.normal(size=(3, 50)))
    ]
    moved = instability("roi_svc", pd.concat(fits))
    # As they are read from files.
    tables = {"instability": moved.astype(str), "other_seeds": seeds().astype(str)}
    run = made_up.read(tables=tables)
    blocks = flat(SECTION.blocks(run))
    (bands, of_seeds) = (block for block in blocks if hasattr(block, "rows"))
    assert bands.columns[0] == "Number by all people"
    assert "Of the other class" not in bands.columns
    assert {len(row) for row in bands.rows} == {len(bands.columns)}
    assert [row[0] for row in of_seeds.rows] == ["Gain in R2", "Gain in mean absolute error"]
    rows = run.numeric("instability")
    words = instability_sentence(rows, "points")
    assert f"was {moved['mape'].iloc[0]:.2f} points away" in words
    assert "the gain in R2 was" in seeds_sentence(run.numeric("other_seeds"))
    draw(run.tables["instability"], "roi_svc", run.names)


def seeds():
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"participant_id": range(20), "label": rng.normal(size=20)})
    arrays = dict(zip(("decision", "reduced", "mean"), rng.normal(size=(3, 3, 2, 20)), strict=True))
    return other_seeds("roi_svc", people, arrays)
