"""The result page in a browser, at the width of a laptop and of a phone.

It fits, shows every figure, is silent, and can be read by people who see little or nothing.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from made_up_run import MadeUpRun, made_up_run, one_cohort, six_cohorts
from test_facts import evidence_of, further_tables
from test_page import page_inputs

from mri_response.report.documents import reviewer_files
from mri_response.report.figures.viewer import slice_viewer
from mri_response.report.page import render_report

# Runs in a copy of the page; only frames in the page have scripts. The copy stands in a frame of
# the wanted width, since a window cannot be as narrow as a phone.
PROBE = """
<script>
// Contrast as in WCAG 2.2: relative luminance of text and of the ground behind it.
function numbers(colour) { return (colour.match(/[\\d.]+/g) || []).map(Number); }
function luminance(colour) {
  const [r, g, b] = numbers(colour).slice(0, 3).map((value) => {
    value /= 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(element) {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    const alpha = numbers(colour)[3];
    if (alpha === undefined || alpha > 0) return colour;
  }
  return "rgb(255, 255, 255)";
}
function pale() {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, svg, .skip")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(style.color), luminance(ground(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) {
      found.add(ratio.toFixed(2) + " " + walker.currentNode.data.trim().slice(0, 40));
    }
  }
  return [...found];
}
// What a screen reader would say of an element that it stops at.
function nameOf(element) {
  if (element.matches("[role=img]")) return element.getAttribute("aria-label");
  const by = element.getAttribute("aria-labelledby");
  const heading = by && document.getElementById(by);
  return (element.getAttribute("aria-label") || element.alt || element.title
    || (heading && heading.textContent) || element.textContent || "").trim();
}
function nameless() {
  const what = "a, img, iframe, table, nav, section, [role], [tabindex]";
  return [...document.querySelectorAll(what)].filter((element) => {
    if (element.matches("img, iframe") && !element.alt && !element.title) return true;
    if (element.matches("table") && !(element.caption && element.caption.textContent.trim())) {
      return true;
    }
    return !nameOf(element);
  }).map((element) => element.outerHTML.slice(0, 60));
}
addEventListener("load", () => {
  const root = document.documentElement;
  const wide = [...document.body.querySelectorAll("*")].filter((element) => {
    if (element.closest(".scroll") || element.matches(".skip, .hidden")) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > root.clientWidth + 1 || box.left < -1);
  });
  const images = [...document.images];
  const drawn = [...images, ...document.querySelectorAll("figure .scroll > svg")];
  const all = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const links = [...document.querySelectorAll('a[href^="#"]')];
  const found = {
    width: innerWidth,
    scrollWidth: root.scrollWidth,
    clientWidth: root.clientWidth,
    wide: wide.map((element) => element.tagName + " " + element.textContent.slice(0, 40)),
    images: images.length,
    empty: [...document.querySelectorAll("figure")]
      .filter((figure) => !figure.querySelector("img, svg, iframe")).length,
    broken: images.filter((image) => !image.complete || image.naturalWidth === 0).length,
    drawn: drawn.length,
    narrowest: Math.min(...drawn.map((image) => image.getBoundingClientRect().width)
      .filter((width) => width)),
    requests: performance.getEntriesByType("resource")
      .map((entry) => entry.name).filter((name) => !name.startsWith("data:")),
    headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
      .map((heading) => [Number(heading.tagName[1]), heading.textContent.trim()]),
    pale: pale(),
    nameless: nameless(),
    twice: all.filter((id, i) => all.indexOf(id) !== i),
    nowhere: links.map((link) => link.hash.slice(1)).filter((id) => !all.includes(id)),
    answered: Math.max(...[...document.querySelectorAll("#verdict ~ .columns > *")]
      .map((column) => column.lastElementChild.getBoundingClientRect().bottom)),
    unscoped: document.querySelectorAll("th:not([scope])").length,
    language: root.lang,
    smallest: Math.min(...[...document.querySelectorAll("p, li, td, th, dd, figcaption, small")]
      .filter((element) => element.textContent.trim())
      .map((element) => parseFloat(getComputedStyle(element).fontSize))),
  };
  parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
WRAPPER = """<!DOCTYPE html><title>frame</title><link rel="icon" href="data:,">
<pre id="probe"></pre>
<script>
addEventListener("message", (event) => {
  document.getElementById("probe").textContent = event.data;
});
</script>
<iframe src="report.html" style="border: 0; width: WIDTHpx; height: 900px"></iframe>
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no browser: chromium is not installed")


def whole_page(make: Callable[[], MadeUpRun], figures: Path) -> str:
    """Page of a made-up run with all tables, so that every section is there."""
    run = make()
    evidence = evidence_of(run)
    tables = {**run.tables, **evidence.tables}
    if make is not one_cohort:
        evidence = dataclasses.replace(evidence, tables={**tables, **further_tables()})
    documents, _ = reviewer_files(evidence, {"17": "Approved."})
    further = {"tables": {**tables, **documents}, "viewers": {"roi_svc": small_viewer()}}
    return render_report(page_inputs(run, figures, **further))


@functools.cache
def small_viewer() -> str:
    values = np.zeros((20, 24, 20))
    values[4:8, 10:14, 8:12] = 0.5
    affine = np.diag([9.0, 9.0, 9.0, 1.0])
    affine[:3, 3] = [-90, -126, -72]
    return slice_viewer(nib.Nifti1Image(values, affine))


def look(chromium: str, html: str, width: int, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What the probe finds in a page, and what the browser's console says."""
    page = folder / "report.html"
    page.write_text(html.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    wrapper = folder / "frame.html"
    wrapper.write_text(WRAPPER.replace("WIDTH", str(width)), encoding="utf-8")
    result = browse(chromium, wrapper, folder / "profile")
    probe = re.search(r'<pre id="probe">(.+?)</pre>', result.stdout, re.S)
    assert probe, result.stderr[-2000:]
    messages = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(unescape(probe[1])), messages


def browse(chromium: str, path: Path, profile: Path) -> subprocess.CompletedProcess[str]:
    """The document as it stands at the end, and the log."""
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--enable-logging=stderr",
        f"--user-data-dir={profile}",
        "--window-size=1400,1000",
        "--virtual-time-budget=10000",
        "--dump-dom",
        path.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)


@pytest.fixture(scope="module", params=[six_cohorts, one_cohort], ids=["six", "one"])
def html(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    page = whole_page(request.param, folder / "figures")
    shutil.rmtree(folder / "figures")  # everything must be inside the page
    return page


@pytest.fixture(scope="module", params=[1280, 390], ids=["laptop", "phone"])
def seen(
    request: pytest.FixtureRequest,
    chromium: str,
    html: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Any], list[str], int]:
    folder = tmp_path_factory.mktemp("browser")
    return *look(chromium, html, request.param, folder), request.param


def test_page_fits_loads_and_is_silent(seen) -> None:
    found, messages, width = seen
    assert found["width"] == width
    assert found["scrollWidth"] <= found["clientWidth"]
    assert found["wide"] == []
    assert found["drawn"] >= 6
    assert found["empty"] == 0
    assert found["broken"] == 0
    assert found["narrowest"] > 250
    assert found["requests"] == []
    assert messages == []


def test_the_answer_is_on_the_first_screen_of_a_laptop(seen) -> None:
    found, _, width = seen
    assert found["answered"] > 200
    if width == 1280:
        assert found["answered"] <= 700, "a screen of 1280 x 800 has about 700 for the page"


#: Answers as long as those of a run with all cohorts.
LONG_ANSWERS = [
    (
        "It tells responders from non-responders better than chance, in people of this cohort whom "
        "the model had not seen. That it is of use (65.0 % or more, as set for this run) is not "
        "shown.",
        "Balanced accuracy 72.1 % (95 % interval 61.3 to 80.9 %), p = 0.001†, Holm p = 0.003 "
        "(whole procedure permuted, 1,000 permutations); Discovery (ketamine), n = 99 (52 "
        "responders).",
    ),
    (
        "The finished model does better than chance in people of other cohorts. That it is of use "
        "(65.0 % or more) is not shown. Above chance in 1 of 2 alone.",
        "Balanced accuracy 72.3 % (95 % interval 59.5 to 80.8 %), p = 0.002, Holm p = 0.004 (own "
        "labels permuted, 1,000 permutations); External cohorts together, n = 51 (26 responders).",
    ),
    (
        "The model does better in treated people than in controls. Who was treated was not drawn "
        "by lot, so hospitals or patients may also explain it.",
        "Difference in AUC +0.31 (95 % interval +0.09 to +0.54), p = 0.012, Holm p = 0.012 "
        "(studentised permutation, 1,000 permutations); External cohorts together and control "
        "(saline) together, n = 100 (41 responders).",
    ),
    (
        "In this cohort it does better than confounds alone. The AUC of confounds alone, 0.32, is "
        "below chance, as happens in cross-validation to what knows nothing. No score or other "
        "clinical measure was compared.",
        "Difference in AUC +0.49 (0.81 against 0.32; 95 % interval +0.30 to +0.68), p < 0.001, "
        "Holm p < 0.001 (corrected resampled t); Discovery (ketamine), n = 99 (52 responders).",
    ),
    (
        "The groups compared are too small to say. How well it does may differ most between women "
        "and men: by up to 24.1 points.",
        "Difference in balanced accuracy +3.5 points (95 % interval −15.6 to +24.1), interval "
        "widened for all groups compared, no p; Discovery (ketamine), n = 99 (52 responders).",
    ),
]


def test_long_answers_are_on_the_first_screen_too(chromium, html, tmp_path) -> None:
    answers = re.search(r'<ol class="answers">.*?</ol>', html, re.S)
    long = "".join(
        '<li class="yes"><h3>A question as long as most are? <strong class="short">Yes.</strong>'
        f'</h3><p>{text}</p><p class="number">{figure} <a href="#verdict">Evidence: comparisons'
        "</a></p></li>"
        for text, figure in LONG_ANSWERS
    )
    page = html.replace(answers[0], f'<ol class="answers">{long}</ol>', 1)
    found, _ = look(chromium, page, 1280, tmp_path)
    assert 600 < found["answered"] <= 700


def test_headings_lead_through_the_page(seen) -> None:
    headings = seen[0]["headings"]
    levels = [level for level, _ in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert levels.count(2) >= 12
    steps = [b - a for a, b in pairwise(levels)]
    assert max(steps) == 1, "a level is left out"
    assert all(text for _, text in headings)
    sections = [text for level, text in headings if level == 2]
    assert len(set(sections)) == len(sections)


def test_text_is_dark_enough_and_not_tiny(seen) -> None:
    assert seen[0]["pale"] == []
    assert seen[0]["smallest"] >= 11.5


def test_everything_has_a_name_and_links_lead_somewhere(seen) -> None:
    found = seen[0]
    assert found["nameless"] == []
    assert found["twice"] == []
    assert found["nowhere"] == []
    assert found["unscoped"] == 0
    assert found["language"] == "en-GB"


# ---------------------------------------------------------------- would faults be seen?
@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    return whole_page(made_up_run, tmp_path_factory.mktemp("sound") / "figures")


def test_faults_are_seen(chromium: str, sound: str, tmp_path: Path) -> None:
    """Every fault that the tests above are to find, made at once."""
    spoilt = sound
    figures = re.findall(r"<figure.*?</figure>", sound, re.S)
    drawn = [figure for figure in figures if "viewBox" in figure and "download" in figure]
    pixels = [figure for figure in figures if "base64" in figure]
    for figure, fault in (
        (pixels[0], lambda text: re.sub(r"base64,[^\"]+", "base64,AAAA", text)),
        (drawn[0], lambda text: re.sub(r"<svg.+?</svg>", "", text, flags=re.S)),
        (drawn[1], lambda text: re.sub(r'(<svg[^>]*) aria-label="[^"]+"', r"\1", text)),
    ):
        assert fault(figure) != figure
        spoilt = spoilt.replace(figure, fault(figure))
    spoilt = spoilt.replace("--soft: #4a5460", "--soft: #aab4c0")
    spoilt = spoilt.replace('<th scope="col">', "<th>", 1)
    spoilt = spoilt.replace('<h3 class="hidden">', '<h5 class="hidden">', 1)
    spoilt = spoilt.replace(
        "</main>",
        '<div id="tables" style="width: 3000px">wide</div><p style="font-size: 8px">tiny</p>'
        '<a href="#nowhere">x</a><script>console.error("a fault")</script></main>',
    )
    found, messages = look(chromium, spoilt, 390, tmp_path)
    assert (found["broken"], found["empty"]) == (1, 1)
    assert len(found["nameless"]) == 1
    assert found["pale"]
    assert found["unscoped"] == 1
    assert found["twice"] == ["tables"]
    assert found["nowhere"] == ["nowhere"]
    assert found["smallest"] == 8
    assert any("wide" in text for text in found["wide"])
    assert any("a fault" in line for line in messages)
    levels = [level for level, _ in found["headings"]]
    assert any(b - a > 1 for a, b in pairwise(levels))


def probed(chromium: str, probe: str, folder: Path, start: str = "<body>") -> tuple[list[int], str]:
    """Numbers that a script writes into a viewer's element ``probe``, and the browser's log."""
    path = folder / "viewer.html"
    page = small_viewer().replace("<body>", start).replace("</body>", probe)
    path.write_text(page, encoding="utf-8")
    result = browse(chromium, path, folder / "profile")
    found = re.search(r'<pre id="probe">(\d+(?: \d+)*)</pre>', result.stdout)
    assert found, result.stderr[-2000:]
    return [int(number) for number in found[1].split()], result.stderr


def test_the_viewer_draws_slices_and_moves(chromium: str, tmp_path: Path) -> None:
    """Counts coloured pixels before and after a click elsewhere."""
    probe = """
    <script>
    addEventListener("load", () => setTimeout(() => {
      const canvas = document.getElementById("3Dviewer");
      const coloured = () => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let n = 0;
        for (let i = 0; i < pixels.length; i += 4) n += pixels[i] - pixels[i + 2] > 60;
        return n;
      };
      const before = coloured();
      const box = canvas.getBoundingClientRect();
      const place = { clientX: box.left + 12, clientY: box.top + box.height / 2, bubbles: true };
      canvas.dispatchEvent(new MouseEvent("click", place));
      const found = document.createElement("pre");
      found.id = "probe";
      found.textContent = `${canvas.width} ${before} ${coloured()}`;
      document.body.append(found);
    }, 500));
    </script></body>"""
    (width, before, after), log = probed(chromium, probe, tmp_path)
    assert width > 300
    assert before > 100
    assert after != before
    messages = [line for line in log.splitlines() if "CONSOLE" in line]
    # Chromium advises how the probe could read pixels faster.
    assert [line for line in messages if "getImageData" not in line] == []


def test_the_viewer_draws_when_its_frame_is_laid_out_late(chromium: str, tmp_path: Path) -> None:
    """Without a width at first, as a frame that is loaded before it is in sight.

    Headless and in virtual time no sizes are observed: the probe does it when the frame has one.
    """
    probe = """
    <style>#div_viewer { display: none; }</style>
    <script>
    const width = () => document.getElementById("3Dviewer").width;
    addEventListener("load", () => setTimeout(() => {
      const found = document.createElement("pre");
      found.id = "probe";
      const before = width();
      observed.element.style.display = "block";
      observed.tell();
      found.textContent = `${before} ${width()}`;
      document.body.append(found);
    }, 500));
    </script></body>"""
    observer = """<script>
    const observed = {};
    window.ResizeObserver = class {
      constructor(tell) { observed.tell = tell; }
      observe(element) { observed.element = element; }
    };
    </script><body>"""
    (before, after), _ = probed(chromium, probe, tmp_path, observer)
    assert before < 400 < after
