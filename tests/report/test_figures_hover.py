"""What marks of figures tell where a reader points: numbers of the tables, and no person's."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from made_up_run import made_up_run
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from test_figures import KINDS, MODEL, draw

from mri_response.report.figures.hover import name_points
from mri_response.report.figures.style import new_figure, save_figure, styled
from mri_response.report.inline_svg import inline_svg


def svg_of(figure: Figure, folder: Path) -> str:
    save_figure(figure, folder / "a.png", folder / "a.svg")
    return (folder / "a.svg").read_text(encoding="utf-8")


def told_by(svg: str) -> list[str]:
    _, _, group = svg.partition('<g class="told"')
    return [unescape(text) for text in re.findall("<title>(.*?)</title>", group)]


def numbers_of(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text.replace("\u2212", "-"))]


def test_a_curve_tells_the_table_and_its_interval(tmp_path: Path) -> None:
    run = made_up_run()
    table = run.tables["learning_curve"]
    table = table[(table["model"] == MODEL) & (table["metric"] == "auc")]
    told = told_by(svg_of(draw("learning_curve", run), tmp_path))
    assert len(table) > 2
    for _, row in table.iterrows():
        wanted = [row["n"], row["estimate"], row["ci_low"], row["ci_high"]]
        near = [text for text in told if f"People {row['n']}" in text]
        errors = [np.abs(np.array(numbers_of(text)) - wanted).max() for text in near]
        assert min(errors) <= 0.0006


def test_rows_of_a_forest_are_told_by_name_with_estimate_and_interval(tmp_path: Path) -> None:
    run = made_up_run()
    told = told_by(svg_of(draw("subgroups", run), tmp_path))
    table = run.tables["subgroups"]
    row = table[(table["group"] == "F") & (table["metric"] == "balanced_accuracy")].iloc[0]
    percents = [f"{100 * row[name]:.1f}\xa0%" for name in ("estimate", "ci_low", "ci_high")]
    label = f"women, n = {row['n']} ({row['n_positive']}): Balanced accuracy "
    assert f"{label}{percents[0]}" in told
    assert f"{label}{percents[1]} to {percents[2]}" in told


def test_marks_of_several_cohorts_say_which_and_which_measure(tmp_path: Path) -> None:
    told = told_by(svg_of(draw("comparisons", made_up_run()), tmp_path))
    assert sum(text.startswith("External cohorts together") for text in told) == len(told) / 2
    assert sum("AUC" in text for text in told) == len(told) / 2
    assert sum(": Difference in AUC" in text for text in told) == 4
    told = told_by(svg_of(draw("specificity", made_up_run()), tmp_path))
    # The difference stands between two rows and is of neither.
    differences = [text for text in told if "Treated minus control" in text]
    assert len(differences) == 4
    assert not [text for text in differences if "n =" in text]


def test_bars_tell_their_bin_and_height(tmp_path: Path) -> None:
    run = made_up_run()
    told = told_by(svg_of(draw("null_distribution", run), tmp_path))
    null = run.null[(run.null["model"] == MODEL) & (run.null["metric"] == "auc")]
    null = null[(null["cohort"] == "discovery")]
    values = null["value"].astype(float)
    share = 100 * ((values >= 0.5) & (values < 0.525)).mean()
    bars = [text for text in told if "AUC 0.5 to 0.525" in text]
    assert any(numbers_of(text)[-1] == pytest.approx(share, rel=0.006) for text in bars)
    assert any(text.startswith("Observed: AUC") for text in told)


@pytest.mark.parametrize("kind", ["decision_scores", "probabilities", "quality"])
def test_points_of_people_tell_nothing(kind: str, tmp_path: Path) -> None:
    figure = draw(kind, made_up_run())
    points = [one for axes in figure.axes for one in axes.collections]
    assert sum(len(one.get_offsets()) for one in points if isinstance(one, PathCollection)) > 50
    assert told_by(svg_of(figure, tmp_path)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_person_is_told_of_and_the_drawing_stays_sound(kind: str, tmp_path: Path) -> None:
    run = made_up_run()
    svg = svg_of(draw(kind, run), tmp_path)
    ElementTree.fromstring(svg)
    told = told_by(svg)
    assert not [text for text in told for person in run.ids if person in text]
    assert not [text for text in told if re.search("nan|None|\n", text)]
    assert all(re.search(r"\d", text) for text in told)


@styled
def example(named: bool = True) -> Figure:
    figure = new_figure(85, 60)
    axes = figure.add_subplot()
    axes.set(xlabel="Dose (mg)", ylabel="Share <of> all (%)", xlim=(0, 10), ylim=(0, 1))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
    axes.plot([5, 20], [0.5, 0.5], "o")
    cloud = axes.scatter([2.5], [0.25])
    if named:
        name_points(cloud, ["Left & right"])
    return figure


def test_what_is_told_is_where_the_mark_is(tmp_path: Path) -> None:
    figure = example()
    svg = svg_of(figure, tmp_path)
    # The point outside the panel is not drawn and tells nothing.
    assert told_by(svg) == [
        "Dose (mg) 5; Share <of> all 50.0\xa0%",
        "Left & right: Dose (mg) 2.5; Share <of> all 25.0\xa0%",
    ]
    height = figure.get_figheight() * 72
    place = figure.axes[0].transData.transform((5, 0.5)) * 72 / figure.dpi
    x, y = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg).groups()
    assert [float(x), height - float(y)] == pytest.approx(list(place), abs=0.006)
    # In the page they are there too.
    assert told_by(inline_svg(svg.encode(), "f1").markup) == told_by(svg)


def test_full_and_empty_marks_of_one_colour_are_told_apart(tmp_path: Path) -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1], [30], "o", color="blue", label="Retained")
    axes.plot([2], [5], "o", color="blue", markerfacecolor="white", label="Not retained")
    axes.set(xlabel="Component", ylabel="Variance")
    axes.legend()
    told = told_by(svg_of(figure, tmp_path))
    assert told == [
        "Retained: Component 1; Variance 30",
        "Not retained: Component 2; Variance 5",
    ]


def test_error_bars_say_whose_they_are_and_their_ends_once(tmp_path: Path) -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.errorbar([0, 1], [20, 30], [[2, 2], [3, 3]], marker="o", capsize=2, label="ketamine")
    axes.set_xticks([0, 1], ["day 2", "day 10"])
    axes.set(ylabel="Points")
    axes.legend()
    told = told_by(svg_of(figure, tmp_path))
    assert sorted(told) == [
        "ketamine: day 10: Points 28 to 33",
        "ketamine: day 10: Points 30",
        "ketamine: day 2: Points 18 to 23",
        "ketamine: day 2: Points 20",
    ]


def test_a_scatter_without_names_tells_nothing(tmp_path: Path) -> None:
    assert len(told_by(svg_of(example(named=False), tmp_path))) == 1
    with pytest.raises(ValueError, match="2 names for 1 points"):
        name_points(example().axes[0].collections[0], ["a", "b"])
