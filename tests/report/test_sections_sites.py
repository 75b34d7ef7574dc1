"""What page, documents and figure say of sites."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from flat_blocks import flat
from made_up_run import made_up_run

from mri_response.evaluation.sites.performance import site_spread
from mri_response.report.facts.gathered import gather
from mri_response.report.facts.methods import methods
from mri_response.report.figures.site_forest import draw
from mri_response.report.figures.transport import draw as draw_transport
from mri_response.report.sections.blocks import Table, Text
from mri_response.report.sections.sites import SECTION
from mri_response.report.site_words import told_better_prepared


@pytest.fixture(scope="module")
def made_up():
    return made_up_run()


def tables(n_sites=6):
    sources = {"features": (0.9, 0.001), "prepared_features": (0.31, 0.7)}
    sources |= {"decision_values": (0.3, 0.6), "outcome": (0.4, 0.02)}
    told = [
        {
            **{"model": "roi_svc", "cohort": "discovery", "predicted_from": source, "n": 99},
            **{"n_sites": 3, "folds": "outer", "estimate": estimate, "chance": 1 / 3},
            **{"ci_low": estimate - 0.1, "ci_high": estimate + 0.05},
            **{"ci_method": "null_inflated", "null_mean": 0.33, "p_value": p},
            **{"n_permutations": 1000, "note": np.nan},
        }
        for source, (estimate, p) in sources.items()
    ]
    sites = [
        {
            **{"model": "roi_svc", "cohort": "discovery", "role": "discovery", "site": f"S{i}"},
            **{"metric": metric, "aggregation": "mean_over_repeats", "n": 20, "n_positive": 9},
            **{"estimate": 0.6 + 0.04 * i, "ci_low": 0.4 + 0.04 * i, "ci_high": 0.75 + 0.04 * i},
            "ci_method": "null_inflated",
        }
        for i in range(n_sites)
        for metric in ("balanced_accuracy", "auc")
    ]
    small = {"estimate": np.nan, "ci_low": np.nan, "ci_high": np.nan, "n_positive": np.nan}
    sites += [row | small | {"site": "tiny", "n": 7} for row in sites[:2]]
    sites = pd.DataFrame(sites)
    return {
        "site_predictability": pd.DataFrame(told),
        "site_performance": sites,
        "site_spread": site_spread(sites),
    }


def test_page_and_documents_say_whether_it_is_the_site(made_up):
    run = made_up.read(tables=tables())
    shown = flat(SECTION.blocks(run))
    text = next(block.text for block in shown if isinstance(block, Text))
    expected = "The site of 99 people (3 sites, chance 33.3\u00a0%) can be told with a mean recall"
    assert expected in text
    interval = "95\u00a0% interval 80.0\u00a0to\u00a095.0\u00a0%"
    assert f"90.0\u00a0% from features as measured ({interval}, p\u00a0=\u00a00.001)" in text
    sites, spread = (block for block in shown if isinstance(block, Table))
    assert sites.rows[0][1:4] == ["S0", "20", "9 (45.0\u00a0%)"]
    assert sites.rows[-1][-1] == "Not computed: a class has fewer than 5 people."
    assert spread.rows[0][2] == "6"
    row = tables()["site_spread"].iloc[0]
    low, high = 100 * row["i_squared_low"], 100 * row["i_squared_high"]
    assert spread.rows[0][4][1] == f"{low:.1f}\u00a0to\u00a0{high:.1f}\u00a0%"
    told = gather(run)["sites_told"]
    assert expected.replace("\u00a0", " ") in told.text
    said = " ".join(fact.text for fact in methods(run))
    assert "exchanging sites between people of one class (from the outcome, between all" in said
    assert "Sites were combined by random effects" in said


def test_who_learned_and_who_was_scored_is_counted(made_up):
    row = {"model": "roi_svc", "trained_on": "discovery", "n_train": 99, "cohort": "saline"}
    row |= {"n": 49, "n_positive": 15, "estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    row |= {"p_value": 0.4, "n_permutations": 1000}
    counted = [row | {"metric": metric} for metric in ("balanced_accuracy", "auc")]
    small = {"trained_on": "saline", "n_train": 49, "cohort": "discovery"}
    small |= dict.fromkeys(("n", "n_positive", "estimate", "ci_low", "ci_high"), np.nan)
    table = pd.DataFrame([*counted, *(one | small for one in counted)])
    shown = flat(SECTION.blocks(made_up.read(tables={"transport": table})))
    (made,) = (block for block in shown if isinstance(block, Table))
    assert [made.rows[0][i] for i in (1, 3)] == ["99", "49"]
    assert [made.rows[1][i] for i in (1, 3)] == ["49", ""]
    assert "Not computed" in made.rows[1][-1]


def test_without_an_interval_none_is_written(made_up):
    given = tables()
    given["site_predictability"] = given["site_predictability"].assign(ci_low=np.nan)
    text = flat(SECTION.blocks(made_up.read(tables=given)))[0].text
    assert "90.0\u00a0% from features as measured (p\u00a0=\u00a00.001)" in text


def test_too_few_sites_are_not_estimable(made_up):
    shown = flat(SECTION.blocks(made_up.read(tables=tables(n_sites=2))))
    _, spread = (block for block in shown if isinstance(block, Table))
    assert "Not estimable: fewer than 3 sites" in spread.rows[0][-1]
    said = methods(made_up.read(tables=tables(n_sites=2)))
    assert not any("Sites were combined" in fact.text for fact in said)
    four = flat(SECTION.blocks(made_up.read(tables=tables(n_sites=4))))
    _, spread = (block for block in four if isinstance(block, Table))
    assert spread.rows[0][-1] == "not estimable"


def test_one_site_cannot_be_told(made_up):
    given = tables()
    given["site_predictability"] = (
        given["site_predictability"].iloc[:1].assign(n_sites=1, note="not_estimable")
    )
    run = made_up.read(tables=given)
    assert "Not estimable" in flat(SECTION.blocks(run))[0].text
    assert not any("exchanging sites" in fact.text for fact in methods(run))


def test_without_sites_nothing_is_said(made_up):
    assert SECTION.blocks(made_up.read(tables={})) == []
    assert "sites_told" not in gather(made_up.read(tables={}))


def test_the_forest_has_sites_means_and_the_prediction_interval(made_up):
    given = tables()
    figure = draw(given["site_performance"], given["site_spread"], "roi_svc", made_up.read().names)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert any(label.startswith("S0") for label in labels)
    assert any("Mean over discovery sites, 6 sites" in label.replace("\n", " ") for label in labels)
    row = given["site_spread"].set_index("metric").loc["auc"]
    bars = [line.get_xdata() for line in figure.axes[1].lines if line.get_linewidth() == 5]
    np.testing.assert_allclose(bars, [[row["prediction_low"], row["prediction_high"]]])


def test_numbers_of_transport_stay_in_their_cells_beside_long_titles(made_up):
    names = made_up.read().names
    cohorts = [*names.roles]
    rows = [
        {"model": "roi_svc", "trained_on": own, "n_train": "99", "cohort": other, "metric": metric}
        | {"estimate": "0.606", "ci_low": "0.506", "ci_high": "0.706", "p_value": "0.475"}
        | {"n_permutations": "1000"}
        for own in cohorts
        for other in cohorts
        for metric in ("balanced_accuracy", "auc")
    ]
    figure = draw_transport(pd.DataFrame(rows), "roi_svc", names)
    figure.draw_without_rendering()
    k = len(cohorts)
    for axes in figure.axes:
        assert len(axes.texts) == k * k
        cell = axes.get_window_extent()
        for text in axes.texts:
            box = text.get_window_extent()
            assert box.width < cell.width / k
            assert box.height < cell.height / k
        titles = [label.get_window_extent() for label in axes.get_yticklabels()]
        assert not any(a.overlaps(b) for a, b in pairwise(titles))


def told(before, after, p, **model):
    rows = tables()["site_predictability"].set_index("predicted_from")
    rows.loc["features", "estimate"] = before
    rows.loc["prepared_features", ["estimate", "p_value"]] = (after, p)
    confounds = ["age", {"column": "sex", "categorical": True}, "tiv"]
    section = {"confounds": confounds, "harmonise": None} | model
    config = {"sites": {"column": "site"}, "verdict": {"level": 0.05}}
    return told_better_prepared(rows.reset_index(), section, config)


def test_why_sites_are_told_better_after_preparation_than_before():
    """As in the demo: what is removed hides the site, which is then more of what is left."""
    text = told(0.71, 0.91, 0.001)
    assert "Preparation removes age, sex and TIV, in which people of one site differ" in text
    assert text.startswith(" Sites are told better after preparation than before")
    for confounds in (["age", "site"], [{"column": "site", "categorical": True}]):
        assert "was to take the site off" in told(0.71, 0.91, 0.001, confounds=confounds)
    assert "was to take the site off" in told(0.71, 0.91, 0.05, harmonise={"column": "site"})


@pytest.mark.parametrize(
    ("before", "after", "p"),
    [
        (0.91, 0.71, 0.001),
        (0.71, 0.71, 0.001),
        (0.71, 0.7104, 0.001),  # both are written as 71.0 %
        (0.48, 0.54, 0.0501),  # neither is told from chance
        (np.nan, 0.91, 0.001),
    ],
)
def test_nothing_is_said_where_sites_are_not_told_better(before, after, p):
    assert told(before, after, p) == ""


def test_without_preparation_there_is_nothing_to_compare():
    rows = tables()["site_predictability"]
    rows = rows[rows["predicted_from"] != "prepared_features"]
    assert told_better_prepared(rows, {}, {}) == ""


def test_the_section_says_it_of_its_model(made_up):
    given = tables()
    rows = given["site_predictability"]
    prepared = rows["predicted_from"] == "prepared_features"
    rows.loc[prepared, ["estimate", "p_value"]] = (0.95, 0.001)
    run = made_up.read(tables=given)
    config = run.config | {"sites": {"column": "site"}}
    text = flat(SECTION.blocks(made_up.read(tables=given, config=config)))[0].text
    assert "Sites are told better after preparation" in text
