"""Figures: the numbers in them, their text, and identical bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from made_up_run import LONG, MadeUpRun, made_up_run, one_cohort, six_cohorts
from matplotlib.figure import Figure
from matplotlib.text import Text
from sklearn.metrics import confusion_matrix

from mri_response.brain.images import paint_regions
from mri_response.report.figures import planted_map, roi_weights, scans, style
from mri_response.report.figures.brain_maps import brain_maps
from mri_response.report.figures.by_name import drawn
from mri_response.report.figures.points import number_points
from mri_response.report.figures.text import text_width, wrap
from mri_response.report.naming import naming

MODEL = "roi_svc"
RUNS = {"trial": made_up_run, "six cohorts": six_cohorts, "one cohort": one_cohort}


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest) -> MadeUpRun:
    return RUNS[request.param]()


def given(run: MadeUpRun) -> dict[str, Any]:
    """What drawing functions may ask for, by the names of their parameters."""
    of_run = {"predictions", "performance", "null", "flow", "planted", "weights"}
    return {
        **run.tables,
        **{name: getattr(run, name) for name in of_run},
        "model": MODEL,
        "names": naming(run.config),
        "config": run.config,
    }


def draw(kind: str, run: MadeUpRun, **others: Any) -> Figure:
    return drawn(kind, {**given(run), **others})


@pytest.fixture(scope="module")
def shown(run: MadeUpRun) -> Callable[[str], Figure]:
    """The figures of a run, each drawn once, for tests that look at them."""
    return cache(lambda kind: draw(kind, run))


KINDS = (
    "roc",
    "null_distribution",
    "decision_scores",
    "probabilities",
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
def test_text_is_large_enough_inside_the_page_and_free_of_ids(
    kind: str, run: MadeUpRun, shown
) -> None:
    figure = shown(kind)
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
def test_title_says_simulated_only_when_it_is(kind: str, run: MadeUpRun, shown) -> None:
    if "simulation" in run.config:
        assert any(text.endswith("(simulated data)") for text in texts(shown(kind)))
    else:
        assert "simulated" not in everything_written(shown(kind))


@pytest.mark.parametrize(
    "kind",
    [
        *("roc", "null_distribution", "confusion", "flow", "learning_curve"),
        *("calibration", "decision_curve", "specificity", "comparisons"),
    ],
)
def test_text_boxes_do_not_overlap(kind: str, shown) -> None:
    figure = shown(kind)
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
def test_places_are_rounded(kind: str, shown) -> None:
    """SVG names its clip paths by places whose last bit the layout's solver leaves to chance."""
    figure = shown(kind)
    parts = figure.subfigs
    places = [axes.get_position(original=True).bounds for axes in figure.axes]
    places += [part.bbox_relative.bounds for part in parts]
    places += [text.get_position() for part in (figure, *parts) for text in part.texts]
    for place in places:
        np.testing.assert_array_almost_equal_nulp(np.array(place), np.round(place, 9), 4)


def test_confusion_counts_people_and_not_repeats() -> None:
    run = made_up_run()
    written = texts(draw("confusion", run))
    discovery = run.predictions[run.predictions["cohort"] == "discovery"]
    person = discovery.groupby("participant_id", sort=False)[["label", "decision"]].mean()
    expected = confusion_matrix(person["label"], person["decision"] > 0, labels=[1, 0])
    first_numbers = [int(text) for text in written if text.isdigit()][:4]
    assert first_numbers == expected.ravel().tolist()
    assert expected.sum() == 99


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
        draw("roc", run, predictions=broken)


def test_flow_lists_every_reason_with_its_count(run: MadeUpRun) -> None:
    written = everything_written(draw("flow", run))
    for _, row in run.flow.iterrows():
        if row["step"].startswith("analysed, "):
            continue
        assert f"{row['n']}" in written
    assert "Excluded, n = 4: 3 no MADRS score at ses-24h 1 confound age is missing" in written


def test_bars_are_the_strongest_regions() -> None:
    run = made_up_run()
    figure = roi_weights.draw(run.weights, MODEL, naming(run.config), top=5)
    strongest = run.weights.iloc[np.argsort(-np.abs(run.weights["haufe"].to_numpy()))[:5]]
    left, right = figure.axes[:2]
    bands, bars = left.patches[:5], left.patches[5:]
    np.testing.assert_allclose(sorted(bar.get_width() for bar in bars), np.sort(strongest["haufe"]))
    drawn = [[band.get_x(), band.get_width()] for band in bands]
    np.testing.assert_allclose(drawn, [[-0.2, 0.4]] * 5)
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


def test_brain_maps_have_slices_units_and_same_bytes(tmp_path) -> None:
    atlas, regions = _small_atlas()
    image = paint_regions(atlas, regions, {"Left_Amygdala": -0.5, "Right_Amygdala": 2})
    names = naming(made_up_run().config)
    written = []
    for attempt in "ab":
        figure = brain_maps(
            {"Planted": (image, "Difference (%)")}, "Map", names, axial=(-10, 6), sagittal=(-30, 30)
        )
        style.save_figure(figure, tmp_path / f"{attempt}.png", tmp_path / f"{attempt}.svg")
        written.append([(tmp_path / f"{attempt}.{s}").read_bytes() for s in ("png", "svg")])
    assert written[0] == written[1]
    text = everything_written(figure)
    for part in ("z = −10 mm", "x = 30 mm", "Difference (%)", "Map (simulated data)", "L", "R"):
        assert part in text
    assert min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text().strip()) >= 8


def test_no_figure_writes_smaller_than_seven_points() -> None:
    files = sorted(Path(style.__file__).parent.glob("*.py"))
    asked = re.compile(r"""(?:font|label)size["']?(?:=|: )([\d.]+)""")
    sizes = {path.stem: asked.findall(path.read_text(encoding="utf-8")) for path in files}
    assert [name for name, of in sizes.items() if of and min(map(float, of)) < 7] == []
    assert sizes["style"]


def test_wrap_keeps_every_character_and_the_width() -> None:
    for text in (LONG, "x" * 200, "short", "two\nlines", "non-responder_or_else"):
        wrapped = wrap(text, 30)
        assert re.sub(r"\s", "", wrapped) == re.sub(r"\s", "", text)
        assert all(text_width(line, 8) <= 30 for line in wrapped.split("\n"))


def test_contrast_known_values() -> None:
    assert style.contrast("black", "white") == pytest.approx(21)
    assert style.contrast("#777777", "white") == pytest.approx(4.478, abs=0.001)


def test_with_and_without_the_treatment_shows_the_numbers_of_its_table() -> None:
    run = made_up_run()
    table = run.tables["specificity"]
    figure = draw("specificity", run)
    written = everything_written(figure)
    main = table[
        (table["analysis"] == "difference") & (table["metric"] == "auc_within_cohorts")
    ].iloc[0]
    assert f"+{main['estimate']:.2f} (" in written
    assert f"p = {main['p_value']:.3f}" in written
    assert "External cohorts together n = 51, 26 responders" in written
    assert "Saline n = 49, 15 responders" in written
    drawn = {round(float(line.get_xdata()[0]), 6) for ax in figure.axes for line in ax.lines}
    # Of several cohorts the difference within them is the one that is shown.
    for analysis, auc in (("arm", "auc"), ("difference", "auc_within_cohorts")):
        shown = (table["analysis"] == analysis) & table["metric"].isin([auc, "balanced_accuracy"])
        estimates = table.loc[shown, "estimate"]
        assert {round(value, 6) for value in estimates} <= drawn


def test_with_and_without_the_treatment_has_room_for_long_titles() -> None:
    run = made_up_run()
    table = run.tables["specificity"].replace({"external_pooled": "external_b"})
    figure = draw("specificity", run, specificity=table)
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
    named = draw("people", run)
    written = everything_written(named).replace(" ", "")
    flagged = table[table["flag"].notna()]
    assert len(flagged)
    assert all(who in written for who in flagged["participant_id"])
    others = table.loc[table["flag"].isna(), "participant_id"]
    assert not [who for who in others if f"{who}(" in written]


def test_measures_that_nobody_has_are_not_drawn() -> None:
    run = one_cohort()
    table = run.tables["qc"].assign(map_mean=np.nan, mean_correlation=np.nan, tiv=np.nan)
    figure = draw("quality", run, qc=table)
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
    figure = draw("learning_curve", run, learning_curve=curve)
    assert figure.axes[0].get_ylim() == (0.4, 1)


def test_where_nothing_was_planted_the_figures_say_so_and_write_no_correlation() -> None:
    run = made_up_run()
    said = everything_written(draw("planted_vs_found", run))
    assert re.search(r"regions, correlation r = 0\.\d\d", said)
    assert "Planted: more in responders" in said
    nothing = run.planted.assign(planted=0.0)
    said = everything_written(draw("planted_vs_found", run, planted=nothing))
    assert f"{len(nothing)} regions, nothing planted" in said
    assert "nan" not in said
    assert "Planted: more in" not in said
    alike = everything_written(
        draw("planted_vs_found", run, planted=run.planted.assign(planted=2.0))
    )
    assert "regions, no correlation: all alike" in alike


@pytest.mark.parametrize(("most", "heading"), [(0.0, "Planted: nothing"), (3.0, "Planted")])
def test_a_map_without_anything_planted_says_so(most: float, heading: str, monkeypatch) -> None:
    image = nib.Nifti1Image(np.full((2, 2, 2), most, dtype=np.float32), np.eye(4))
    monkeypatch.setattr(planted_map, "weight_image", lambda inputs, kind: image)
    monkeypatch.setattr(planted_map, "brain_maps", lambda images, title, names: list(images))
    headings = planted_map.draw(image, {}, MODEL, naming(made_up_run().config))
    assert headings == [heading, "Found: Haufe pattern"]


def test_without_groups_the_forest_says_so() -> None:
    run = made_up_run()
    figure = draw("subgroups", run, subgroups=run.tables["subgroups"].iloc[:0])
    assert "No cohort has a variable" in everything_written(figure)


def test_slices_of_flagged_scans_stand_below_the_one_most_like_its_cohort(tmp_path) -> None:
    run = one_cohort()
    qc = run.tables["qc"]
    rows = scans.shown_scans(qc)
    assert rows[0] == qc["mean_correlation"].idxmax()
    assert set(rows[1:]) == set(qc.index[qc["flag"].notna()])
    assert 2 in rows
    paths = {}
    for row in rows:
        values = np.full((8, 9, 10), row / 100, dtype=np.float32)
        paths[row] = tmp_path / f"{row}.nii"
        nib.save(nib.Nifti1Image(values, np.eye(4)), paths[row])
    names = naming(run.config)
    figure = scans.draw_maps(qc, paths, names)
    assert len(figure.axes) == 5 * len(rows)
    shown = [axes.get_images()[0].get_array().max() for axes in figure.axes[::5]]
    np.testing.assert_allclose(shown, np.array(rows) / 100)
    written = everything_written(figure)
    assert all(qc.loc[row, "participant_id"] in written for row in rows)
    none = scans.draw_maps(qc.assign(flag=None), {}, names)
    assert "No map is flagged" in everything_written(none)
    assert scans.shown_scans(qc.assign(mean_correlation=np.nan)) == []


def test_numbers_of_crowded_points_stay_inside_the_axes() -> None:
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    x, y = np.full(8, 0.5), np.linspace(0.98, 1.0, 8)
    axes.scatter(np.r_[x, 0.2], np.r_[y, 0.0])
    number_points(axes, x, y)
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert len(boxes) == 8
    assert max(box.y1 for box in boxes) <= axes.bbox.y1 + 1
    middles = sorted((box.y0 + box.y1) / 2 for box in boxes)
    assert min(np.diff(middles)) * 72 / figure.dpi > 7
