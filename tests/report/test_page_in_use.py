"""The page as it is used in a browser: switch between models, folded parts, contents, tables."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from made_up_run import two_models
from test_report_browser import WRAPPER, browse, chromium, look, whole_page

from mri_response.evaluation.natural_frequencies import told_of

__all__ = ["chromium"]

# Does what a reader does, one thing after the other, and notes what is then to be seen.
USE = """
<script>
const all = (what) => [...document.querySelectorAll(what)];
const shown = (element) => !element.closest("[hidden]") && element.checkVisibility();
const models = () => [...new Set(all("main [data-model]").filter(shown)
  .map((part) => part.dataset.model))].sort();
const closed = () => all("main details:not([open])").length;
const column = (table, i) => [...table.tBodies[0].rows]
  .map((row) => row.cells[i].textContent.trim());
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
addEventListener("load", async () => {
  const found = {};
  found.cut = all("caption button").filter((one) => one.checkVisibility()
    && one.getBoundingClientRect().right > innerWidth).length;
  const radios = all(".switch input");
  found.choices = radios.map((radio) => radio.value);
  found.first = models();
  radios[1].click();
  found.second = models();
  radios[2].click();
  found.both = models();
  radios[0].click();
  found.closed = closed();
  found.details = all("main details").length;
  dispatchEvent(new Event("beforeprint"));
  found.closedInPrint = closed();
  found.sideways = all("table").filter((one) => one.tHead.rows[0].cells.length < 4
    && one.closest(".scroll").scrollWidth > one.closest(".scroll").clientWidth + 1)
    .map((one) => one.caption.textContent);
  dispatchEvent(new Event("afterprint"));
  found.closedAgain = closed();
  // A link to a folded figure of the other model.
  const target = document.getElementById("figure-roc_second_svc");
  found.targetBefore = shown(target);
  location.hash = "figure-roc_second_svc";
  await pause(300);
  found.targetAfter = shown(target);
  radios[0].click();
  document.getElementById("methods").scrollIntoView({ behavior: "instant" });
  dispatchEvent(new Event("resize"));
  found.here = all("nav a[aria-current]").map((link) => link.hash);
  found.contentsOpen = document.querySelector(".contents").open;
  found.navHeight = document.querySelector("nav").getBoundingClientRect().height;
  found.navTop = document.querySelector("nav").getBoundingClientRect().top;
  const table = document.querySelector("#characteristics ~ .scroll table");
  const head = table.tHead.rows[0].cells[2];
  head.querySelector("button").click();
  found.ascending = column(table, 2);
  head.querySelector("button").click();
  found.descending = column(table, 2);
  found.sorted = head.getAttribute("aria-sort");
  const form = document.querySelector(".explorer form");
  const read = () => ({
    ...Object.fromEntries(all(".measures dt").map((name) =>
      [name.textContent, name.nextElementSibling.textContent])),
    people: ["positive right", "positive wrong", "negative right", "negative wrong"]
      .map((kind) => all(`.explorer .people g[class="${kind}"]`).length),
    said: document.querySelector(".explored").textContent,
    moved: document.querySelector(".explored").classList.contains("moved"),
  });
  const move = (name, value) => {
    form.elements[name].value = value;
    form.elements[name].dispatchEvent(new Event("input"));
    return read();
  };
  found.unmoved = read();
  found.thresholds = Object.fromEntries([16, 20, 30, 46, 54].map((t) => [t, move("threshold", t)]));
  found.prevalence = move("prevalence", 20);
  form.querySelector("button").click();
  await pause(50);
  found.reset = read();
  const range = form.elements.threshold;
  move("threshold", 54);
  found.spoken = range.getAttribute("aria-valuetext");
  // The keyboard: everything that it stops at, in turn.
  found.stops = [];
  const stops = "a[href], button, input, summary, iframe, [tabindex='0']";
  for (const stop of all(stops).filter((one) => one.checkVisibility())) {
    stop.focus({ focusVisible: true, preventScroll: true });
    const style = getComputedStyle(stop);
    found.stops.push({
      what: stop.outerHTML.slice(0, 80), got: document.activeElement === stop,
      ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
      left: stop.getBoundingClientRect().left, order: stop.tabIndex,
    });
  }
  const skip = document.querySelector(".skip");
  const start = document.getElementById(skip.hash.slice(1));
  start.focus({ preventScroll: true });
  found.skips = [all("a[href], button, input").indexOf(skip), document.activeElement === start];
  found.landmarks = ["header", "nav[aria-label]", "main", "footer", "main [role=region]"]
    .map((what) => all(what).length);
  found.unnamed = all("button, input, summary, nav, section, iframe, svg[role], [role=group]")
    .filter((one) => !((one.labels && one.labels.length) || one.title || one.textContent.trim()
      || one.getAttribute("aria-label"))).map((one) => one.outerHTML.slice(0, 60));
  // What a voice says of a control has to begin with what is written on it.
  found.misnamed = all("button[aria-label], a[aria-label]").filter((one) =>
    !one.getAttribute("aria-label").startsWith(one.textContent.trim())).length;
  found.copied = [];
  const copy = (of) => document.querySelector(`button.copy[data-of="${of}"]`);
  const clipboard = { writeText: async (words) => found.copied.push(words) };
  Object.defineProperty(navigator, "clipboard", { value: clipboard });
  copy("copy-methods").click();
  await pause(50);
  found.copyTells = copy("copy-methods").textContent;
  clipboard.writeText = () => Promise.reject(new Error("no permission"));
  copy("copy-bibtex").closest("details").open = true;
  copy("copy-bibtex").click();
  await pause(50);
  found.copied.push(String(getSelection()));
  const saved = [];
  // To read a real Blob takes time that a virtual clock does not wait for.
  window.Blob = class { constructor(parts) { saved.push(parts.join("")); } };
  URL.createObjectURL = () => "data:,";
  HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
  table.caption.querySelector("button").click();
  const link = document.querySelector("#figure-flow .save a");
  link.dispatchEvent(new MouseEvent("click", { cancelable: true, bubbles: true }));
  found.saved = [...saved];
  // The picture as PNG: what is drawn, in place of the file that a browser would write.
  HTMLCanvasElement.prototype.toBlob = function (made, kind) {
    const pixels = this.getContext("2d").getImageData(0, 0, this.width, this.height).data;
    let drawn = 0;
    for (let i = 3; i < pixels.length; i += 4) drawn += pixels[i] > 0;
    found.png = { width: this.width, height: this.height, kind, drawn };
    made(new Blob([""]));
  };
  const svg = document.querySelector("#figure-flow svg");
  found.svg = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))];
  document.querySelectorAll("#figure-flow .save a")[1]
    .dispatchEvent(new MouseEvent("click", { cancelable: true, bubbles: true }));
  for (let i = 0; i < 40 && !found.png; i += 1) await pause(100);
  found.pngName = saved.at(-1);
  // Names with numbers in them, such as those of visits.
  const rows = [...table.tBodies[0].rows];
  rows.forEach((row, i) => { row.cells[0].textContent = `day ${rows.length + 5 - i}`; });
  table.tHead.rows[0].cells[0].querySelector("button").click();
  found.days = column(table, 0);
  // As it is printed, with its scripts: what is for print counts on the screen.
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) if (rule.media && rule.media.mediaText === "print") {
      rule.media.mediaText = "all";
    }
  }
  const size = (one) => parseFloat(getComputedStyle(one).fontSize);
  found.printedHeads = all("main details[open] thead th, main > section > .scroll thead th")
    .filter((one) => one.checkVisibility() && one.querySelector("button"))
    .map((one) => {
      const range = document.createRange();
      range.selectNodeContents(one);
      const own = getComputedStyle(one.querySelector("button")).display !== "contents";
      return own ? 0 : range.getClientRects().length;
    });
  found.printedSmall = all("td small").filter((one) => size(one) > size(one.closest("table")));
  found.printedSmall = found.printedSmall.length;
  found.stranded = all("h2, h3, summary, dt, caption, thead").filter((one) =>
    getComputedStyle(one).breakAfter !== "avoid").length;
  found.headsAlone = all("tbody tr:first-child").filter((one) =>
    getComputedStyle(one).breakBefore !== "avoid").length;
  parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
# The page without scripts, in a frame that the wrapper may look into.
STILL = """<!DOCTYPE html><title>frame</title><link rel="icon" href="data:,">
<pre id="probe"></pre>
<iframe sandbox="allow-same-origin" style="border: 0; width: 1280px; height: 900px"
  srcdoc="PAGE"></iframe>
<script>
addEventListener("load", () => {
  const still = document.querySelector("iframe").contentDocument;
  const all = (what) => [...still.querySelectorAll(what)];
  document.getElementById("probe").textContent = JSON.stringify({
    hidden: all("main [data-model]").filter((part) => !part.getBoundingClientRect().height
      && !part.closest("details")).length,
    models: all("main [data-model]").length,
    switch: all(".switch")[0].getBoundingClientRect().height,
    buttons: all("main button").filter((button) => button.getBoundingClientRect().height).length,
    words: still.querySelector("main").textContent.length,
  });
});
</script>
"""


def probed(chromium: str, page: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What a wrapper notes, and what the browser's console says."""
    path = folder / "frame.html"
    path.write_text(page, encoding="utf-8")
    result = browse(chromium, path, folder / "profile")
    probe = re.search(r'<pre id="probe">(.+?)</pre>', result.stdout, re.S)
    assert probe, result.stderr[-2000:]
    messages = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(unescape(probe[1])), messages


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    return whole_page(two_models, tmp_path_factory.mktemp("page") / "figures")


@pytest.fixture(scope="module", params=[1280, 390], ids=["laptop", "phone"])
def used(
    request: pytest.FixtureRequest,
    chromium: str,
    html: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Any], int]:
    folder = tmp_path_factory.mktemp("use")
    (folder / "report.html").write_text(html.replace("</body>", USE + "</body>"), encoding="utf-8")
    wrapper = WRAPPER.replace("WIDTH", str(request.param))
    found, messages = probed(chromium, wrapper, folder)
    assert messages == []
    return found, request.param


def test_one_model_at_a_time(used) -> None:
    found, _ = used
    assert found["choices"] == ["roi_svc", "second_svc", ""]
    assert found["first"] == ["roi_svc"]
    assert found["second"] == ["second_svc"]
    assert found["both"] == ["roi_svc", "second_svc"]


def test_details_are_folded_and_open_for_print_and_links(used) -> None:
    found, _ = used
    assert found["closed"] == found["details"] > 10
    assert found["closedInPrint"] == 0
    assert found["closedAgain"] == found["closed"]
    assert (found["targetBefore"], found["targetAfter"]) == (False, True)


def test_contents_say_where_one_is_and_fold_on_a_phone(used) -> None:
    found, width = used
    assert found["here"] == ["#methods"]
    assert found["contentsOpen"] == (width == 1280)
    assert abs(found["navTop"]) < 2, "the contents stay in sight"
    if width == 390:
        assert found["navHeight"] < 60


def test_heads_of_columns_are_printed_and_small_numbers_small(used) -> None:
    """On each sheet of a table: Chromium repeats text of a head, but no box inside it."""
    found, _ = used
    assert len(found["printedHeads"]) > 10
    assert min(found["printedHeads"]) > 0
    assert found["printedSmall"] == 0


def test_nothing_is_named_at_the_foot_of_a_printed_sheet(used) -> None:
    found, _ = used
    assert (found["stranded"], found["headsAlone"]) == (0, 0)


def test_what_saves_a_table_is_in_sight(used) -> None:
    found, _ = used
    assert found["cut"] == 0


def test_tables_sort_by_number_and_are_saved(used) -> None:
    found, _ = used
    numbers = [int(text) for text in found["ascending"]]
    assert numbers == sorted(numbers)
    assert numbers[0] < numbers[-1]
    assert [int(text) for text in found["descending"]] == sorted(numbers, reverse=True)
    assert found["sorted"] == "descending"
    table, name, drawing, file = found["saved"]
    assert name.endswith(".tsv")
    assert len(table.splitlines()) == len(numbers) + 1
    assert table.splitlines()[0].split("\t")[:3] == ["Cohort", "Group", "People"]
    assert file == "flow.svg"
    assert "@font-face" in drawing
    assert 'xmlns="http://www.w3.org/2000/svg"' in drawing


def test_names_with_numbers_sort_by_these(used) -> None:
    found, _ = used
    days = [int(name.removeprefix("day ")) for name in found["days"]]
    assert days == sorted(days)
    assert days[0] < 10 <= days[-1]


def test_a_figure_is_saved_as_png_at_print_resolution(used) -> None:
    found, _ = used
    png, (width, height) = found["png"], found["svg"]
    assert found["pngName"] == "flow.png"
    assert png["kind"] == "image/png"
    assert [png["width"], png["height"]] == [int(side * 300 / 96) for side in (width, height)]
    assert png["drawn"] > 0.5 * png["width"] * png["height"]


def test_words_are_copied_with_and_without_the_clipboard(used) -> None:
    found, _ = used
    methods, references = found["copied"]
    assert "permut" in methods
    assert len(methods.split()) > 200
    assert references.lstrip().startswith("@")
    assert found["copyTells"] == "Copied"


def test_the_keyboard_reaches_everything_in_order_and_is_seen(used) -> None:
    found, _ = used
    assert len(found["stops"]) > 60
    assert [stop for stop in found["stops"] if not stop["got"]] == []
    assert [stop for stop in found["stops"] if stop["ring"] < 2] == []
    assert {stop["order"] for stop in found["stops"]} == {0}, "the order is that of the page"
    assert all(stop["left"] >= 0 for stop in found["stops"][:1]), "the skip link shows itself"
    assert found["skips"] == [0, True]


def test_a_screen_reader_hears_names_landmarks_and_numbers(used) -> None:
    found, _ = used
    assert found["landmarks"] == [1, 1, 1, 1, 0]
    assert found["unnamed"] == []
    assert found["misnamed"] == 0
    seen = found["thresholds"]["54"]
    assert found["spoken"] == (
        f"54.0\xa0%: sensitivity {seen['Sensitivity']}, specificity {seen['Specificity']}"
    )


def test_a_page_has_at_most_four_megabytes(html: str) -> None:
    # The demo's page has both models and the viewer of slices, with all figures.
    assert len(html.encode()) <= 4_000_000


def percent(value: float) -> str:
    return f"{100 * value:.1f}\xa0%"


def test_a_moved_threshold_follows_the_tables(used) -> None:
    found, _ = used
    tables = two_models().tables
    counts = tables["threshold_counts"]
    counts = counts[(counts["model"] == "roi_svc") & (counts["cohort"] == "external_pooled")]
    curve = tables["decision_curve"]
    curve = curve[(curve["model"] == "roi_svc") & (curve["cohort"] == "external_pooled")]
    told = 0
    for threshold, seen in found["thresholds"].items():
        row = counts[counts["threshold"] == int(threshold) / 100].iloc[0]
        positive, negative = row["n_positive"], row["n"] - row["n_positive"]
        hit, alarm = row["true_positive"], row["false_positive"]
        if row.isna().any():
            assert "Too few people" in seen["said"]
            assert "Sensitivity" not in seen
            continue
        told += 1
        assert seen["Sensitivity"] == percent(hit / positive)
        assert seen["Specificity"] == percent(1 - alarm / negative)
        assert seen["Called responders who are"] == percent(hit / (hit + alarm))
        rest = (negative - alarm) / (positive - hit + negative - alarm)
        assert seen["Called non-responders who are"] == percent(rest)
        benefit = curve[curve["threshold"] == int(threshold) / 100].iloc[0]
        assert float(seen["Net benefit"]) == pytest.approx(benefit["net_benefit"], abs=6e-4)
        all_treated = float(seen["of acting on everybody"])
        assert all_treated == pytest.approx(benefit["treat_all"], abs=6e-4)
        expected = told_of(hit / positive, 1 - alarm / negative, positive / row["n"])
        assert tuple(seen["people"]) == expected
        assert seen["moved"]
        assert "Exploration" in seen["said"]
        assert "No interval" in seen["said"]
    assert told == 4


def test_a_moved_share_changes_what_answers_are_worth(used) -> None:
    found, _ = used
    seen, before = found["prevalence"], found["thresholds"]["54"]
    assert seen["Sensitivity"] == before["Sensitivity"]
    sensitivity, specificity = (
        float(seen[name].removesuffix("\xa0%")) / 100 for name in ("Sensitivity", "Specificity")
    )
    hit, alarm = 0.2 * sensitivity, 0.8 * (1 - specificity)
    shown = float(seen["Called responders who are"].removesuffix("\xa0%")) / 100
    assert shown == pytest.approx(hit / (hit + alarm), abs=2e-3)
    assert sum(seen["people"][:2]) == 20


def test_three_columns_fit_a_phone(used) -> None:
    assert used[0]["sideways"] == []


def test_unmoved_it_is_the_answer_of_the_first_screen(used) -> None:
    found, _ = used
    table = two_models().tables["natural_frequencies"]
    row = table[
        (table["cohort"] == "external_pooled") & (table["operating_point"] == "decision_zero")
    ].iloc[0]
    names = ("true_positive", "false_negative", "true_negative", "false_positive")
    for seen in (found["unmoved"], found["reset"]):
        assert seen["people"] == [row[name] for name in names]
        assert not seen["moved"]
        assert "Net benefit" not in seen


def test_without_scripts_everything_is_shown(chromium: str, html: str, tmp_path: Path) -> None:
    found, messages = probed(chromium, STILL.replace("PAGE", escape(html)), tmp_path)
    assert found["models"] > 10
    assert found["hidden"] == 0
    assert found["switch"] == 0
    assert found["buttons"] == 0
    assert found["words"] > 20_000
    # Chromium says of each script that it was not run.
    assert [line for line in messages if "Blocked script execution" not in line] == []


def test_in_dark_mode_text_is_light_enough(chromium: str, html: str, tmp_path: Path) -> None:
    dark = html.replace("@media screen and (prefers-color-scheme: dark)", "@media screen")
    assert dark != html
    found, _ = look(chromium, dark, 1280, tmp_path)
    assert found["pale"] == []
    spoilt = dark.replace("--soft: #aab4bf", "--soft: #4a5460")
    assert look(chromium, spoilt, 1280, tmp_path)[0]["pale"]


def test_in_print_nothing_is_hidden(chromium: str, html: str, tmp_path: Path) -> None:
    """Without the page's own event, as where a program prints a page without scripts."""
    print_only = html.replace("@media print", "@media all")
    found, _ = probed(chromium, STILL.replace("PAGE", escape(print_only)), tmp_path)
    assert found["hidden"] == 0


def test_the_first_printed_page_has_the_answers_and_the_pictures(
    chromium: str, html: str, tmp_path: Path
) -> None:
    """A page of A4 less a centimetre on each side has 718 x 1047 px."""
    paper = html.replace("@media screen", "@media tty").replace("@media print", "@media all")
    found, _ = look(chromium, paper, 718, tmp_path)
    assert 300 < found["answered"] < 1047


# What a finger and the keyboard do with words that are explained.
WORDS = """<script>
const show = () => {
  const said = document.querySelector(".meaning");
  return said.checkVisibility() ? said.textContent : "";
};
addEventListener("load", () => {
  const words = [...document.querySelectorAll("main abbr")].filter((one) => one.checkVisibility());
  const found = { words: words.length, title: words[0].title, before: show(), covered: 0 };
  words[0].click();
  found.tapped = show();
  document.querySelector("h1").click();
  found.left = show();
  words[1].focus();
  found.focused = show();
  dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  found.escaped = show();
  for (const word of words) {
    word.scrollIntoView({ block: "end", behavior: "instant" });
    (word.closest("th button") || word).focus({ preventScroll: true });
    const [a, b] = [word, document.querySelector(".meaning")]
      .map((one) => one.getBoundingClientRect());
    const over = a.top < b.bottom && b.top < a.bottom;
    if (!show().includes(word.title) || over || b.right > innerWidth) found.covered += 1;
  }
  const head = document.querySelector("th button:has(abbr)");
  document.querySelector("h1").click();
  head.click();
  found.head = [head.textContent, head.querySelector("abbr").title, show()];
  found.order = head.closest("th").ariaSort;
  parent.postMessage(JSON.stringify(found), "*");
});
</script>"""


def test_a_word_is_explained_at_a_tap_and_to_the_keyboard(
    chromium: str, html: str, tmp_path: Path
) -> None:
    page = html.replace("</body>", WORDS + "</body>")
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    found, messages = probed(chromium, WRAPPER.replace("WIDTH", "390"), tmp_path)
    assert found["words"] > 10
    assert found["title"] in found["tapped"]
    assert found["focused"] not in ("", found["tapped"])
    assert (found["before"], found["left"], found["escaped"]) == ("", "", "")
    assert found["covered"] == 0
    name, title, told = found["head"]
    assert title in told
    assert name.strip()
    assert found["order"] == "ascending", "the head of a column sorts all the same"
    assert messages == []
