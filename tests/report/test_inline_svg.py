"""Figures as part of the page: the same picture in fewer characters, with text as text."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mri_response.report.embedding import compressed, picture
from mri_response.report.figures.style import new_figure, save_figure, styled
from mri_response.report.fonts import font_faces
from mri_response.report.inline_svg import Inline, inline_svg


@styled
def example(with_image: bool = False) -> Figure:
    figure = new_figure(85, 60)
    axes = figure.add_subplot()
    axes.plot([0, 1, 2], [0, 3, 1])
    axes.scatter([1, 2], [2, 2])
    axes.set_title("Offices − fine\nsecond & <x> $R^2$")
    axes.set_ylabel("Upright")
    axes.text(1, 1, "Bold", weight="bold")
    axes.text(1, 2, "two -- dashes")
    if with_image:
        axes.imshow(np.random.default_rng(1).uniform(size=(300, 300)))
    return figure


def saved(folder: Path, **wanted: bool) -> Path:
    paths = folder / "a.png", folder / "a.svg"
    save_figure(example(**wanted), *paths)
    return paths[1]


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Inline, bytes]:
    data = saved(tmp_path_factory.mktemp("figure")).read_bytes()
    return inline_svg(data, "f1"), data


def parsed(inline: Inline) -> ElementTree.Element:
    return ElementTree.fromstring(f"<svg>{inline.markup}</svg>")


def test_text_is_text_in_its_place(drawing) -> None:
    inline, data = drawing
    texts = {text.text: text for text in parsed(inline).iter("text")}
    # Two letters may be drawn as one; a formula and a double dash stay as they were drawn.
    assert {"Offices − fine", "Upright", "Bold", "0.0"} <= set(texts)
    assert not [text for text in texts if "R^2" in text or "dashes" in text]
    assert texts["Bold"].get("font-weight") == "bold"
    assert texts["Upright"].get("font-size") == "8"
    assert "rotate(-90)" in texts["Upright"].get("transform")
    x, y = re.search(
        rb"<!-- Upright -->\s*<g transform=.translate\(([\d.]+) ([\d.]+)", data
    ).groups()
    place = re.match(r"translate\(([\d.]+) ([\d.]+)", texts["Upright"].get("transform")).groups()
    assert [float(a) for a in place] == pytest.approx([float(x), float(y)], abs=0.005)
    assert inline.letters[True] == set("Bold")
    assert set("Upright") <= inline.letters[False]


def test_it_is_much_smaller_and_whole(drawing) -> None:
    inline, data = drawing
    assert len(inline.markup) < 0.5 * len(data)
    root = parsed(inline)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert ids
    assert len(ids) == len(set(ids))
    assert all(name.startswith("f1-") for name in ids)
    wanted = set(re.findall(r'(?:href="#|url\(#)([\w-]+)', inline.markup))
    assert wanted == set(ids)
    assert "<metadata" not in inline.markup
    assert "<!--" not in inline.markup


def test_lines_stay_where_they_are(drawing) -> None:
    inline, data = drawing

    def ends(source: bytes) -> list[list[float]]:
        return [
            [float(n) for n in re.findall(r"-?[\d.]+", d)]
            for d in re.findall(r'd="(M[^"]+)" clip-path', source.decode())
        ]

    before, after = ends(data), ends(inline.markup.encode())
    assert len(before) == len(after) >= 1
    for old, new in zip(before, after, strict=True):
        assert new == pytest.approx(old, abs=0.0051)


def test_pictures_inside_are_compressed(tmp_path: Path) -> None:
    inline = inline_svg(saved(tmp_path, with_image=True).read_bytes(), "f1")
    (kind, data) = re.search(r"data:(image/\w+);base64,([\w+/=]+)", inline.markup).groups()
    assert kind == "image/webp"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size[0] > 50


def test_a_large_drawing_is_shown_as_its_picture(tmp_path: Path, monkeypatch) -> None:
    path = saved(tmp_path)
    assert "drawing" in picture(path, "f1")
    monkeypatch.setattr("mri_response.report.embedding.MOST_MARKUP", 100)
    shown = picture(path, "f1")
    assert shown["uri"].startswith("data:image/webp")
    assert shown["width"] == round(85 / 25.4 * 96)
    data, kind = compressed(path.with_suffix(".png").read_bytes())
    assert kind == "image/webp"
    assert len(data) < path.with_suffix(".png").stat().st_size


def test_letters_come_with_the_page(drawing) -> None:
    rules = font_faces(drawing[0].letters)
    assert rules.count("@font-face") == 2
    assert rules == font_faces(drawing[0].letters)
    assert len(rules) < 20_000
    assert font_faces({True: set(), False: set()}) == ""
