"""Figures: the numbers in them, their text, and identical bytes."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from made_up_run import LONG, MadeUpRun, made_up_run, one_cohort, six_cohorts
from matplotlib.figure import Figure
from matplotlib.text import Text
from sklearn.metrics import confusion_matrix, roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from mri_response.people.rows import person_weights
from mri_response.report.figures import (
    brain,
    cohorts,
    comparisons,
    performance,
    quality,
    region_sets,
    sample,
    specificity,
    style,
    subgroups,
    usefulness,
)
from mri_response.report.naming import naming

MODEL = "roi_svc"
RUNS = {"trial": made_up_run, "six cohorts": six_cohorts, "one cohort": one_cohort}


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest) -> MadeUpRun:
    return RUNS[request.param]()


def draw(kind: str, run: MadeUpRun) -> Figure:
    names = naming(run.config)
    return {
        "roc": lambda: performance.roc(run.predictions, run.performance, MODEL, names, seed=7),
        "null_distribution": lambda: performance.null_distribution(
            run.null, run.performance, MODEL, names
        ),
        "decision_scores": lambda: performance.decision_scores(run.predictions, MODEL, names),
        "confusion": lambda: performance.confusion(run.performance, MODEL, names),
        "roi_weights": lambda: brain.roi_weights(run.weights, MODEL, names),
        "region_sets": lambda: region_sets.region_sets(run.tables["roi_sets"], MODEL, names),
        "flow": lambda: cohorts.flow(run.flow, names),
        "comparisons": lambda: comparisons.comparisons(
            run.tables["comparisons"], run.performance, run.config, names
        ),
        "quality": lambda: quality.quality(run.tables["qc"], names),
        "subgroups": lambda: subgroups.subgroups(
            run.tables["subgroups"], run.performance, MODEL, names
        ),
        "learning_curve": lambda: sample.learning_curve(run.tables["learning_curve"], MODEL, names),
        "calibration": lambda: usefulness.calibration(
            run.tables["calibration"], run.predictions, MODEL, names
        ),
        "decision_curve": lambda: usefulness.decision_curve(
            run.tables["decision_curve"], MODEL, names
        ),
        "specificity": lambda: specificity.specificity(run.tables["specificity"], MODEL, names),
        "planted_vs_found": lambda: brain.planted_vs_found(run.planted, run.weights, MODEL, names),
    }[kind]()


KINDS = (
    "roc",
    "null_distribution",
    "decision_scores",
    "confusion",
    "region_sets",
    "roi_weights",
    "flow",
    "planted_vs_found",
    "quality",
    "subgroups",
    "learning_curve",
    "calibration",
    "decision_curve",
    "specificity",
    "comparisons",
)


def texts(figure: Figure) -> list[str]:
    found = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    return [" ".join(text.get_text().replace("\xa0", " ").split()) for text in found]


def everything_written(figure: Figure) -> str:
    return " | ".join(texts(figure))


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_large_enough_inside_the_page_and_free_of_ids(kind: str, run: MadeUpRun) -> None:
    figure = draw(kind, run)
    renderer = figure.canvas.get_renderer()
    width_mm = figure.get_figwidth() * 25.4
    assert min(abs(width_mm - w) for w in (85, 120, 180)) < 0.01
    page = figure.bbox.padded(1)
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible():
            continue
        assert text.get_fontsize() >= 8, text.get_text()
        box = text.get_window_extent(renderer)
        # Tick labels outside the limits of their axis are not drawn.
        if box.width == 0 or _undrawn_tick(text, figure):
            continue
        assert page.x0 <= box.x0, text.get_text()
        assert box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0, text.get_text()
        assert box.y1 <= page.y1, text.get_text()
    written = everything_written(figure)
    assert not [name for name in run.ids if name in written]


def _undrawn_tick(text: Text, figure: Figure) -> bool:
    for axes in figure.findobj(lambda artist: hasattr(artist, "get_xticklabels")):
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in axis.get_major_ticks():
                if text in (tick.label1, tick.label2):
                    low, high = sorted(limits)
                    return not low <= tick.get_loc() <= high
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_title_says_simulated_only_when_it_is(kind: str) -> None:
    assert any(text.endswith("(simulated data)") for text in texts(draw(kind, made_up_run())))
    assert "simulated" not in everything_written(draw(kind, one_cohort()))


@pytest.mark.parametrize(
    "kind",
    [
        *("roc", "null_distribution", "confusion", "flow", "learning_curve"),
        *("calibration", "decision_curve", "specificity", "comparisons"),
    ],
)
def test_text_boxes_do_not_overlap(kind: str, run: MadeUpRun) -> None:
    figure = draw(kind, run)
    renderer = figure.canvas.get_renderer()
    boxes = []
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible() or _undrawn_tick(text, figure):
            continue
        boxes.append((text.get_text(), text.get_window_extent(renderer).padded(-1)))
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[i + 1 :]:
            # Ticks of neighbouring axes at a shared corner ("0.0" and "0.0") may touch.
            assert not (a.overlaps(b) and first != second), (first, second)


@pytest.mark.parametrize("kind", ["roc", "flow"])
def test_same_bytes_twice_and_whole_files(kind: str, tmp_path, run: MadeUpRun) -> None:
    written = []
    for attempt in ("first", "second"):
        paths = [tmp_path / attempt / f"{kind}.{suffix}" for suffix in ("png", "svg")]
        style.save_figure(draw(kind, run), *paths)
        written.append([path.read_bytes() for path in paths])
        assert sorted(p.name for p in (tmp_path / attempt).iterdir()) == [
            f"{kind}.png",
            f"{kind}.svg",
        ]
    assert written[0] == written[1]
    svg = written[0][1].decode()
    ElementTree.fromstring(svg)
    assert "<dc:date>" not in svg
    assert str(tmp_path) not in svg


@pytest.mark.parametrize("kind", KINDS)
def test_places_are_rounded(kind: str, run: MadeUpRun) -> None:
    """SVG names its clip paths by places whose last bit the layout's solver leaves to chance."""
    figure = draw(kind, run)
    parts = figure.subfigs
    places = [axes.get_position(original=True).bounds for axes in figure.axes]
    places += [part.bbox_relative.bounds for part in parts]
    places += [text.get_position() for part in (figure, *parts) for text in part.texts]
    for place in places:
        np.testing.assert_array_almost_equal_nulp(np.array(place), np.round(place, 9), 4)


def test_roc_curve_equals_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 60)
    decision = np.round(rng.normal(size=60) + label, 1)  # with ties
    fpr, tpr = performance.roc_curve(label, decision)
    expected_fpr, expected_tpr, _ = sklearn_roc_curve(label, decision, drop_intermediate=False)
    np.testing.assert_allclose(fpr[0], expected_fpr, atol=1e-15)
    np.testing.assert_allclose(tpr[0], expected_tpr, atol=1e-15)


def test_weighting_people_equals_repeating_them() -> None:
    rng = np.random.default_rng(1)
    label = np.repeat([0, 1], 20)
    decision = rng.normal(size=40)
    counts = rng.integers(0, 4, 40)
    grid = np.linspace(0.005, 0.995, 67)
    weighted = performance.mean_roc(label, decision[None], grid, counts[None].astype(float))
    repeated = performance.mean_roc(
        np.repeat(label, counts), np.repeat(decision, counts)[None], grid
    )
    np.testing.assert_allclose(weighted, repeated, atol=1e-12)


def test_area_of_the_mean_roc_is_the_mean_auc() -> None:
    rng = np.random.default_rng(2)
    label = np.repeat([0, 1], [47, 52])
    decisions = rng.normal(size=(5, 99)) + 0.8 * label
    grid = np.linspace(0, 1, 200_001)
    area = np.trapezoid(performance.mean_roc(label, decisions, grid)[0], grid)
    expected = np.mean([roc_auc_score(label, decision) for decision in decisions])
    # The grid's step blurs each of the 47 jumps of the curve by half a step.
    assert area == pytest.approx(expected, abs=1e-4)


def test_band_holds_the_curve_and_depends_on_the_seed_alone() -> None:
    run = made_up_run()
    names = naming(run.config)
    label, decisions, person = performance._rows_by_repeat(
        run.predictions, MODEL, "discovery", names
    )
    assert decisions.shape == (10, 99)
    grid = np.linspace(0, 1, 21)
    low, high = performance.roc_band(label, decisions, person, grid, seed=1, n_bootstrap=300)
    mean = performance.mean_roc(label, decisions, grid)[0]
    assert np.all(low <= mean + 1e-12)
    assert np.all(mean <= high + 1e-12)
    again = performance.roc_band(label, decisions, person, grid, seed=1, n_bootstrap=300)
    np.testing.assert_array_equal(low, again[0])


def test_rows_of_a_person_stay_together_and_weigh_as_one() -> None:
    run = made_up_run()
    names = naming(run.config)
    saline = run.predictions[run.predictions["cohort"] == "saline"]
    visits = pd.concat(
        [saline.assign(session_id=np.nan), saline.iloc[:20].assign(session_id="2")],
        ignore_index=True,
    )
    label, decisions, person = performance._rows_by_repeat(visits, MODEL, "saline", names)
    assert decisions.shape == (1, 69)
    assert len(set(person)) == 49
    weights = person_weights(person)[0]
    fpr, tpr = performance.roc_curve(label, decisions[0], weights[None])
    once = performance._rows_by_repeat(saline, MODEL, "saline", names)
    expected = performance.roc_curve(once[0], once[1][0])
    np.testing.assert_allclose(fpr, expected[0], atol=1e-12)
    np.testing.assert_allclose(tpr, expected[1], atol=1e-12)


def test_confusion_counts_people_and_not_repeats() -> None:
    run = made_up_run()
    names = naming(run.config)
    written = texts(performance.confusion(run.performance, MODEL, names))
    discovery = run.predictions[run.predictions["cohort"] == "discovery"]
    person = discovery.groupby("participant_id", sort=False)[["label", "decision"]].mean()
    expected = confusion_matrix(person["label"], person["decision"] > 0, labels=[1, 0])
    first_numbers = [int(text) for text in written if text.isdigit()][:4]
    assert first_numbers == expected.ravel().tolist()
    assert expected.sum() == 99


def test_people_with_several_rows_are_one_point() -> None:
    run = made_up_run()
    names = naming(run.config)
    twice = pd.concat([run.predictions, run.predictions], ignore_index=True)
    pd.testing.assert_frame_equal(
        performance.person_scores(twice, MODEL, "saline", names),
        performance.person_scores(run.predictions, MODEL, "saline", names),
    )
    pooled = performance.person_scores(run.predictions, MODEL, "external_pooled", names)
    assert len(pooled) == 51


def test_null_figure_names_null_permutations_and_p() -> None:
    run = made_up_run()
    written = everything_written(draw("null_distribution", run))
    assert "1,000 permutations" in written
    assert "p = 0.001† (whole procedure permuted)" in written
    assert "p = 0.024 (own labels permuted)" in written
    assert "p = 0.036 (discovery labels permuted)" in written
    assert "the smallest p that this number of permutations can give" in written
    assert LONG in written.replace("_ ", "_")


def test_small_cohort_is_said_in_words() -> None:
    run = six_cohorts()
    assert "no curve, a class is too small" in everything_written(draw("roc", run))
    assert "a class has too few people" in everything_written(draw("confusion", run))
    assert "third external" not in everything_written(draw("null_distribution", run))


def test_missing_repeat_is_an_error() -> None:
    run = made_up_run()
    rows = run.predictions
    broken = rows.drop(rows.index[(rows["cohort"] == "discovery") & (rows["repeat"] == "3")][:1])
    with pytest.raises(ValueError, match="not every person"):
        performance.roc(broken, run.performance, MODEL, naming(run.config), seed=1)


def test_flow_lists_every_reason_with_its_count(run: MadeUpRun) -> None:
    written = everything_written(draw("flow", run))
    for _, row in run.flow.iterrows():
        if row["step"].startswith("analysed, "):
            continue
        assert f"{row['n']}" in written
    assert "Excluded, n = 4: 3 no MADRS score at ses-24h 1 confound age is missing" in written


def test_bars_are_the_strongest_regions() -> None:
    run = made_up_run()
    figure = brain.roi_weights(run.weights, MODEL, naming(run.config), top=5)
    strongest = run.weights.iloc[np.argsort(-np.abs(run.weights["haufe"].to_numpy()))[:5]]
    left, right = figure.axes[:2]
    np.testing.assert_allclose(
        sorted(bar.get_width() for bar in left.patches), np.sort(strongest["haufe"])
    )
    np.testing.assert_allclose(
        sorted(bar.get_width() for bar in right.patches), np.sort(strongest["weight"])
    )


def _small_atlas() -> tuple[nib.Nifti1Image, pd.DataFrame]:
    labels = np.zeros((20, 24, 20), dtype=np.int16)
    labels[5:9, 8:14, 6:12] = 4
    labels[11:15, 8:14, 6:12] = 9
    affine = np.diag([9.0, 9.0, 9.0, 1.0])
    affine[:3, 3] = [-90, -126, -72]
    return (
        nib.Nifti1Image(labels, affine),
        pd.DataFrame({"index": ["4", "9"], "region": ["Left_Amygdala", "Right_Amygdala"]}),
    )


def test_painted_atlas_holds_each_regions_value() -> None:
    atlas, regions = _small_atlas()
    painted = brain.paint_regions(atlas, regions, {"Left_Amygdala": -0.5, "Right_Amygdala": 2})
    labels, values = np.asarray(atlas.dataobj), painted.get_fdata()
    assert np.unique(values[labels == 4]).tolist() == [-0.5]
    assert np.unique(values[labels == 9]).tolist() == [2.0]
    assert not values[labels == 0].any()


def test_brain_maps_have_slices_units_and_same_bytes(tmp_path) -> None:
    atlas, regions = _small_atlas()
    image = brain.paint_regions(atlas, regions, {"Left_Amygdala": -0.5, "Right_Amygdala": 2})
    names = naming(made_up_run().config)
    written = []
    for attempt in "ab":
        figure = brain.brain_maps(
            {"Planted": (image, "Difference (%)")}, "Map", names, axial=(-10, 6), sagittal=(-30, 30)
        )
        style.save_figure(figure, tmp_path / f"{attempt}.png", tmp_path / f"{attempt}.svg")
        written.append([(tmp_path / f"{attempt}.{s}").read_bytes() for s in ("png", "svg")])
    assert written[0] == written[1]
    text = everything_written(figure)
    for part in ("z = −10 mm", "x = 30 mm", "Difference (%)", "Map (simulated data)", "L", "R"):
        assert part in text
    assert min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text().strip()) >= 8


def test_wrap_keeps_every_character_and_the_width() -> None:
    for text in (LONG, "x" * 200, "short", "two\nlines", "non-responder_or_else"):
        wrapped = style.wrap(text, 30)
        assert re.sub(r"\s", "", wrapped) == re.sub(r"\s", "", text)
        assert all(style.text_width(line, 8) <= 30 for line in wrapped.split("\n"))


def test_contrast_known_values() -> None:
    assert style.contrast("black", "white") == pytest.approx(21)
    assert style.contrast("#777777", "white") == pytest.approx(4.478, abs=0.001)


def test_with_and_without_the_treatment_shows_the_numbers_of_its_table() -> None:
    run = made_up_run()
    table = run.tables["specificity"]
    figure = draw("specificity", run)
    written = everything_written(figure)
    main = table[(table["analysis"] == "difference") & (table["metric"] == "auc")].iloc[0]
    assert f"+{main['estimate']:.2f} (" in written
    assert f"p = {main['p_value']:.3f}" in written
    assert "External cohorts together n = 51, 26 responder" in written
    assert "Saline n = 49, 15 responder" in written
    drawn = {round(float(line.get_xdata()[0]), 6) for ax in figure.axes for line in ax.lines}
    for analysis in ("arm", "difference"):
        shown = (table["analysis"] == analysis) & table["metric"].isin(["auc", "balanced_accuracy"])
        estimates = table.loc[shown, "estimate"]
        assert {round(value, 6) for value in estimates} <= drawn


def test_with_and_without_the_treatment_has_room_for_long_titles() -> None:
    run = made_up_run()
    table = run.tables["specificity"].replace({"external_pooled": "external_b"})
    figure = specificity.specificity(table, MODEL, naming(run.config))
    assert any(text.startswith(LONG[:30]) for text in texts(figure))
    renderer = figure.canvas.get_renderer()
    labels = [label.get_window_extent(renderer) for label in figure.axes[0].get_yticklabels()]
    for upper, lower in pairwise(labels):
        assert upper.y0 >= lower.y1


def test_with_and_without_the_treatment_says_why_it_is_empty() -> None:
    assert "There is no control cohort" in everything_written(draw("specificity", one_cohort()))


# --- quality and subgroups ------------------------------------------------------------------


def points_of(figure: Figure) -> np.ndarray:
    """Places of all points of scatter plots."""
    found = [np.asarray(part.get_offsets()) for axes in figure.axes for part in axes.collections]
    return np.concatenate(found)


def test_every_scan_is_a_point_and_the_bad_one_is_named_only_where_asked(run: MadeUpRun) -> None:
    table = run.tables["qc"]
    figure = draw("quality", run)
    # Four measures.
    assert len(points_of(figure)) == 4 * len(table)
    written = everything_written(figure)
    assert f"flagged ({table['flag'].notna().sum()})" in written
    assert not [who for who in table["participant_id"] if who in written]
    named = quality.quality(table, naming(run.config), identified=True)
    written = everything_written(named).replace(" ", "")
    flagged = table[table["flag"].notna()]
    assert len(flagged)
    assert all(who in written for who in flagged["participant_id"])
    others = table.loc[table["flag"].isna(), "participant_id"]
    assert not [who for who in others if f"{who}(" in written]


def test_measures_that_nobody_has_are_not_drawn() -> None:
    run = one_cohort()
    table = run.tables["qc"].assign(map_mean=np.nan, mean_correlation=np.nan, tiv=np.nan)
    figure = quality.quality(table, naming(run.config))
    assert len(points_of(figure)) == len(table)


def test_the_forest_shows_the_numbers_of_the_table() -> None:
    run = made_up_run()
    table = run.tables["subgroups"]
    figure = draw("subgroups", run)
    groups = table[table["reference"].isna() & (table["metric"] == "auc")]
    shown = {
        round(line.get_xdata()[0], 9)
        for line in figure.axes[1].get_lines()
        if line.get_marker() == "o"
    }
    assert shown == set(groups["estimate"].dropna().round(9))
    written = everything_written(figure)
    small = groups[groups["estimate"].isna()]
    assert len(small)
    for _, row in small.iterrows():
        assert f"n = {row['n']}" in written
        assert pd.isna(row["n_positive"])
    assert "too few people" in written
    assert "women, n = " in written


def test_a_learning_curve_without_intervals_is_drawn() -> None:
    run = made_up_run()
    curve = run.tables["learning_curve"].assign(estimate=1.0, ci_low=np.nan, ci_high=np.nan)
    figure = sample.learning_curve(curve, MODEL, naming(run.config))
    assert figure.axes[0].get_ylim() == (0.4, 1)


def test_without_groups_the_forest_says_so() -> None:
    run = made_up_run()
    figure = subgroups.subgroups(
        run.tables["subgroups"].iloc[:0], run.performance, MODEL, naming(run.config)
    )
    assert "No cohort has a variable" in everything_written(figure)


def test_slices_of_flagged_scans_stand_below_the_one_most_like_its_cohort(tmp_path) -> None:
    run = one_cohort()
    qc = run.tables["qc"]
    rows = quality.shown_scans(qc)
    assert rows[0] == qc["mean_correlation"].idxmax()
    assert set(rows[1:]) == set(qc.index[qc["flag"].notna()])
    assert 2 in rows
    paths = {}
    for row in rows:
        values = np.full((8, 9, 10), row / 100, dtype=np.float32)
        paths[row] = tmp_path / f"{row}.nii"
        nib.save(nib.Nifti1Image(values, np.eye(4)), paths[row])
    names = naming(run.config)
    figure = quality.scans(qc, paths, names)
    assert len(figure.axes) == 5 * len(rows)
    shown = [axes.get_images()[0].get_array().max() for axes in figure.axes[::5]]
    np.testing.assert_allclose(shown, np.array(rows) / 100)
    written = everything_written(figure)
    assert all(qc.loc[row, "participant_id"] in written for row in rows)
    none = quality.scans(qc.assign(flag=None), {}, names)
    assert "No map is flagged" in everything_written(none)
    assert quality.shown_scans(qc.assign(mean_correlation=np.nan)) == []
