"""The result page: what is in it, what must not be, and how it is built."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import io
import re
import tempfile
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment, StrictUndefined
from made_up_run import LONG, MadeUpRun, made_up_run, one_cohort, six_cohorts
from matplotlib.figure import Figure
from test_facts import evidence_of

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.core.vocabulary import EXTERNAL_POOLED
from mri_response.evaluation.frozen_performance import FrozenScores, frozen_performance
from mri_response.evaluation.performance import discovery_performance
from mri_response.learning.decisions import Decisions
from mri_response.report.captions import TEMPLATES, caption, placed_figures
from mri_response.report.documents import reviewer_files, templates_of
from mri_response.report.figures import confusion, null_distribution, roc
from mri_response.report.figures.plan import FIGURES, FigureSpec, figure_plan
from mri_response.report.figures.style import contrast, save_figure
from mri_response.report.glossary import glossary, with_dagger
from mri_response.report.naming import naming
from mri_response.report.page import render_report
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Bullets, Frame, Heading, Table, Text
from mri_response.report.sections.registry import SECTIONS
from mri_response.report.sections.section import Section

RUNS = {"trial": made_up_run, "six cohorts": six_cohorts, "one cohort": one_cohort}
VOID = {"wbr", "meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page as a list of elements and its text; raises where tags do not match."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.inside_a_word = False
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside_a_word = tag in ("abbr", "wbr")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.inside_a_word = tag == "abbr"

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            if self.inside_a_word and self.texts:
                self.texts[-1] += data
            else:
                self.texts.append(data)
            self.inside_a_word = False

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def drawn(self) -> list[dict[str, str | None]]:
        """Figures of matplotlib: drawings, and images of what would be too large as a drawing."""
        drawings = [svg | {"alt": svg.get("aria-label")} for svg in self.all("svg")]
        return [*self.all("img"), *(svg for svg in drawings if svg.get("width"))]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).replace("\xa0", " ").split())


VIEWER = '<!DOCTYPE html><title>Slices</title><canvas></canvas><script>var x = "a";</script>'


@cache
def picture(spec: FigureSpec, suffix: str) -> bytes:
    """A small picture with the name of the figure in its place."""
    figure = Figure(figsize=(180 / 25.4, 2) if spec.kind != "flow" else (85 / 25.4, 2))
    figure.text(0.1, 0.5, spec.name)
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: Path(folder) / f"{spec.name}.{kind}" for kind in ("png", "svg")}
        save_figure(figure, *paths.values())
        return paths[suffix].read_bytes()


def page_inputs(run: MadeUpRun, folder: Path, **changes: Any) -> Run:
    """Inputs of the page for a made-up run, with small pictures as figures."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {}
    for spec in figure_plan(run.config):
        suffix = "png" if spec.kind == "weight_map" else "svg"
        figures[spec.name] = folder / f"{spec.name}.{suffix}"
        figures[spec.name].write_bytes(picture(spec, suffix))
    values: dict[str, Any] = {
        "figures": figures,
        "weights": {"roi_svc": run.weights},
        "versions": {"python": "3.11.9", "numpy": "2.4.0"},
        "config_hash": "0123abcd" * 8,
        "warnings": ["The chosen C lay at the edge of its grid in 3 of 100 outer folds."],
        "planted": run.planted if run.config.get("simulation") else None,
        "viewers": {"roi_svc": VIEWER},
        "planted_viewer": VIEWER if run.config.get("simulation") else None,
    }
    return run.read(**{**values, **changes})


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest) -> MadeUpRun:
    return RUNS[request.param]()


@pytest.fixture(scope="module")
def inputs(run: MadeUpRun, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return page_inputs(run, tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def html(inputs: Run) -> str:
    return render_report(inputs)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(render_report(page_inputs(made_up_run(), tmp_path_factory.mktemp("trial"))))


def decoded(html: str) -> str:
    """The page with everything that is embedded in it, decoded."""
    parts = [html]
    for data in re.findall(r"data:[\w/+-]+(?:;charset=utf-8)?;base64,([\w+/=]+)", html):
        content = base64.b64decode(data)
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        parts.append(content.decode("utf-8", errors="replace"))
    return "\n".join(parts)


def test_page_is_well_formed_and_has_every_figure(html: str, inputs: Run) -> None:
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    plan = figure_plan(inputs.config)
    assert len(page.drawn) == len(plan) >= 6
    found = {attributes["id"] for attributes in page.all("figure")}
    pictures = {"picture-hundred", "picture-intervals", "picture-explored"}
    assert found == pictures | {f"figure-{spec.name}" for spec in plan}
    for spec in plan:
        (figure,) = re.findall(rf'<figure id="figure-{spec.name}">.*?</figure>', html, re.S)
        if spec.kind == "weight_map":
            assert 'src="data:image/' in figure
        else:
            assert re.findall(r"<text[^>]*>([^<]*)</text>", figure) == [spec.name]
        for suffix in ("svg", "png"):
            assert f'href="figures/{spec.name}.{suffix}"' in figure


def test_images_have_alternative_texts_and_sizes(html: str) -> None:
    alternatives = [image["alt"] or "" for image in Page(html).drawn]
    assert all(len(text) > 40 for text in alternatives)
    assert len(set(alternatives)) == len(alternatives)
    for image in Page(html).drawn:
        assert image["width"] in ("680", "321")
        assert image["height"] == "192"


def test_no_participant_in_the_page_or_its_tables(html: str, run: MadeUpRun) -> None:
    everything = decoded(html)
    assert len(run.ids) > 80
    assert not [name for name in run.ids if name in everything]
    assert "predictions.tsv" not in everything
    assert 'download="exclusions.tsv"' not in everything


def test_participants_appear_when_the_config_says_so(tmp_path: Path) -> None:
    run = made_up_run()
    run.config["report"]["participant_level"] = True
    everything = decoded(render_report(page_inputs(run, tmp_path)))
    assert not [name for name in run.ids if name not in everything]
    assert 'download="predictions.tsv.gz"' in everything
    assert "Exclusions, person by person" in everything


def test_same_bytes_from_another_folder(html: str, run: MadeUpRun, tmp_path: Path) -> None:
    again = render_report(page_inputs(run, tmp_path / "elsewhere"))
    assert again.encode() == html.encode()
    assert str(tmp_path) not in decoded(again)
    assert str(TEMPLATES) not in decoded(again)


def test_nothing_is_loaded_from_outside(html: str) -> None:
    page = Page(html)
    assert all(set(script) <= {"type"} for script in page.all("script"))
    for tag, attributes in page.elements:
        for name in ("src", "href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#", "figures/")), (tag, value)
            assert tag == "a" or not (value or "").startswith("figures/")
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    assert not re.findall(r"url\((?!\"data:)", style)
    assert "@import" not in style


def test_links_inside_the_page_lead_somewhere(html: str) -> None:
    page = Page(html)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
    assert len(targets) > 8
    assert not set(targets) - set(ids)
    labelled = [s["aria-labelledby"] for s in page.all("section")]
    assert not set(labelled) - set(ids)


def test_landmarks_language_and_table_scopes(html: str) -> None:
    page = Page(html)
    assert page.all("html")[0]["lang"] == "en-GB"
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    assert len(page.all("h1")) == 1
    assert all(cell.get("scope") in ("col", "row") for cell in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) >= 4
    scrolling = [d for d in page.all("div") if d.get("class") == "scroll"]
    assert all(d["tabindex"] == "0" and d["aria-label"] for d in scrolling)


def test_rows_fill_their_tables(html: str) -> None:
    for table in re.findall(r"<table[^>]*>(.*?)</table>", html, re.S):
        columns = len(re.findall(r"<t[hd]\b", table.partition("</thead>")[0]))
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.S):
            cells = re.findall(r"<t[hd]\b[^>]*>", row)
            spans = [
                int(found[1]) if (found := re.search(r'colspan="(\d+)"', c)) else 1 for c in cells
            ]
            assert sum(spans) == columns


def test_pictures_of_the_first_screen_lead_to_their_intervals(html: str) -> None:
    first = html.split("<section")[1]
    for name, target in (("hundred", "usefulness"), ("intervals", "headline")):
        picture = first.split(f'id="picture-{name}"')[1].split("</figure>")[0]
        assert f'href="#{target}"' in picture
        assert f'id="{target}"' in html


def test_a_dagger_is_explained_where_it_stands(html: str) -> None:
    """In the section itself: its note, its caption, its figure or the word's own title."""
    marked = [part for part in html.split("<section")[1:] if "†" in part]
    assert marked
    assert [part[:60] for part in marked if "smallest p" not in part] == []


def test_headline_has_the_numbers_and_names_the_nulls(trial: Page) -> None:
    performance = made_up_run().performance
    row = performance[
        (performance["cohort"] == "discovery")
        & (performance["metric"] == "balanced_accuracy")
        & (performance["aggregation"] == "mean_over_repeats")
        & (performance["ci_method"] == "null_inflated")
    ].iloc[0]
    low, high = 100 * row["ci_low"], 100 * row["ci_high"]
    expected = f"99 (52) {100 * row['estimate']:.1f} % {low:.1f} to {high:.1f} % 0.001†"
    assert expected in trial.text
    assert "whole procedure permuted" in trial.text
    assert "own labels permuted" in trial.text
    assert "The smallest p that 1,000 permutations can give, 1 / 1,001" in trial.text
    assert trial.text.index("Headline") < trial.text.index("What was asked")
    assert LONG in trial.text


def test_simulated_in_banner_and_every_title_but_only_then(run: MadeUpRun, html: str) -> None:
    page = Page(html)
    captions = re.findall(r"<caption><span>(.*?)</span></caption>", html)
    headings = re.findall(r'<h3 class="hidden">(.*?)</h3>', html)
    assert captions
    assert headings
    if run.config.get("simulation"):
        assert all("(simulated data)" in text for text in [*captions, *headings])
        assert "Simulated data. Every scan and every score" in page.text
        assert "Planted beside found" in page.text
        assert all("simulated" in image["alt"] for image in page.drawn)
    else:
        assert "simulated" not in decoded(html).lower()
        assert "planted" not in decoded(html).lower()


def test_a_treatment_is_named_only_by_the_config(html: str) -> None:
    # Group labels of an open data set must not turn into claims about a drug.
    assert "ketamine" not in decoded(html).lower()
    assert not [
        path.name
        for path in TEMPLATES.iterdir()
        if "ketamine" in path.read_text(encoding="utf-8").lower()
    ]


def test_small_cohort_in_words(tmp_path: Path) -> None:
    text = Page(render_report(page_inputs(six_cohorts(), tmp_path))).text
    words = "Not computed: a class has fewer than 5 people"
    assert f"A third external cohort, ultra-high field external roi_svc 14 (3) {words}" in text
    assert "has 3 responders and 11 non-responders" in text
    assert "nan" not in re.findall(r"\bnan\b", text.lower())


def test_missing_external_and_control_cohorts_are_said(tmp_path: Path) -> None:
    text = Page(render_report(page_inputs(one_cohort(), tmp_path))).text
    assert "no external cohort: whether the result holds in other people is not known" in text
    assert "no control cohort" in text
    assert "before treatment" not in text


def test_caveats(trial: Page) -> None:
    for part in (
        "99 people, fewer than 200",
        "±10 percentage points",
        "Best of chance in Saline",
        "ithout signal, 19 of 20 permutations of the whole procedure",
        "at chance in the control group is not evidence of specificity by itself",
        "edge of its grid in 3 of 100",
        "not for one particular model",
        "not a medical device",
    ):
        assert part in trial.text


def test_best_of_chance_agrees_with_drawing(trial: Page) -> None:
    shown = float(re.search(r"Best of chance in Saline.*?up to ([\d.]+) %", trial.text)[1]) / 100
    rng = np.random.default_rng(5)
    drawn = (rng.binomial(15, 0.5, 200_000) / 15 + rng.binomial(34, 0.5, 200_000) / 34) / 2
    assert np.mean(drawn <= shown + 6e-4) >= 0.95 - 0.003
    assert np.mean(drawn < shown - 6e-4) < 0.95 + 0.003


def test_words_of_the_first_screen_are_explained_once(tmp_path: Path) -> None:
    html = render_report(page_inputs(made_up_run(), tmp_path))
    answers = html[html.index('<ol class="answers">') :]
    marked = re.findall(r"<abbr[^>]*>([^<]+)</abbr>", answers[: answers.index("</ol>")])
    assert {"Holm", "TIV", "own labels permuted", "whole procedure permuted"} <= set(marked)
    assert len({word.lower() for word in marked}) == len(marked)


def test_titles_of_works_are_not_explained(tmp_path: Path) -> None:
    """A word in a title may mean something else, as in "gene specificity"."""
    page = render_report(page_inputs(made_up_run(), tmp_path))
    works = page[page.index("<summary>References</summary>") :]
    works = works[: works.index("</details>")]
    assert "Permutation" in works
    assert "<abbr" not in works


def test_a_table_tells_its_words_although_the_section_has_told_them(tmp_path: Path) -> None:
    """The answer above it has them first, and the table is folded."""
    page = render_report(page_inputs(made_up_run(), tmp_path))
    section = page[page.index('id="comparisons"') :]
    section = section[: section.index("</section>")]
    assert f'<th scope="col"><abbr title="{glossary()["Holm"]}">Holm</abbr> p</th>' in section
    table = section[section.index("Differences between models") :]
    tests = re.findall(r"<td[^>]*><abbr[^>]*>(corrected resampled t|DeLong)</abbr>", table)
    assert sorted(tests, key=str.lower) == ["corrected resampled t", "DeLong"], "once a table"


@pytest.mark.parametrize("width", [321, 529, 680])
def test_text_in_figures_of_any_width_has_one_size(width: int) -> None:
    environment = templates_of(TEMPLATES, autoescape=True)
    figure = {"name": "n", "heading": "h", "uri": "data:,", "alt": "a", "caption": "c"}
    environment.filters |= {"with_dagger": with_dagger, "terms": str}
    macros = environment.get_template("blocks.html.jinja").module
    drawn = macros.figure_of({**figure, "width": width, "height": 99})
    shown = re.search(r'width="(\d+)"[^>]* style="--width: (\d+)px"', drawn)
    assert shown
    assert int(shown[1]) == width
    assert int(shown[2]) / width == pytest.approx(1.318, abs=0.005)
    assert ('class="wide"' in drawn) == (width > 500)


def test_no_line_begins_with_a_sign_of_a_number(tmp_path: Path) -> None:
    html = render_report(page_inputs(made_up_run(), tmp_path))
    main = re.sub(r"<(style|script|pre|code|svg)\b.*?</\1>", "", html, flags=re.S)
    assert re.findall(r".{9} (?:=|&lt;|\u2265) ?\d|\d %", main) == []
    assert "n\xa0=\xa099" in main


def test_how_far_the_sample_carries(trial: Page) -> None:
    assert "How far can this sample carry it?" in trial.text
    for part in (
        "The corrected one is the one to quote",
        "%) with 40 people, ",
        "with all 99",
        "that fewer people would be enough is not shown",
        "People for ±5 points",
        "Best of permutations",
    ):
        assert part in trial.text, part


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        (
            {"outer": "leave_one_site_out", "outer_column": "clinic", "repeats": 1},
            (
                "balanced accuracy of nested cross-validation that leaves out one clinic at a time",
                "one outer fold for each value of clinic, of all people with that value, 10 inner",
            ),
        ),
        (
            {"outer": "leave_group_out", "outer_column": "clinic", "outer_folds": 4},
            (
                "mean balanced accuracy over 10 repeats of 4-fold nested cross-validation by whole",
                "10 repeats of 4 outer folds, each of all people with some values of clinic",
            ),
        ),
        (
            {"outer": "leave_one_out", "repeats": 1},
            ("leave-one-person-out", "one outer fold for each person, 10 inner folds"),
        ),
        (
            {"outer": "held_out", "held_out": {"part": ["2", "3"]}, "repeats": 1},
            (
                "balanced accuracy of the held-out people",
                "one split: those with part 2 or 3, were held out and predicted by a model",
                "model roi_svc: the people held out",
                "Discovery figures are of the people held out",
            ),
        ),
        (
            {"outer": "held_out", "held_out": 0.25, "repeats": 1},
            ("one split: 25.0 % of the people, drawn without looking at the labels, were held",),
        ),
    ],
)
def test_methods_say_who_was_left_out(changed, parts, tmp_path: Path) -> None:
    run = made_up_run()
    folds = {} if "outer_folds" in changed else {"outer_folds": None}
    run.config["cross_validation"] |= changed | folds
    text = Page(render_report(page_inputs(run, tmp_path))).text.replace("\xa0", " ")
    for part in parts:
        assert part in text, part


def test_methods_have_the_numbers_of_the_config(tmp_path: Path) -> None:
    run = made_up_run()
    run.config["cross_validation"] |= {
        "repeats": 3,
        "outer_folds": 7,
        "inner_folds": 4,
        "inner": "k_fold",
        "inner_repeats": 2,
        "scheme": "stratified",
        "group": "family",
    }
    run.config["permutation"] |= {"n": 1000, "within": "site"}
    run.config["external"] = {"model": "ensemble"}
    run.config["models"]["roi_svc"] |= {"pca": 0.9, "class_weight": None}
    run.config["models"]["roi_svc"]["C"] |= {"log2_min": -5, "log2_max": 7, "scale": "relative"}
    text = Page(render_report(page_inputs(run, tmp_path))).text
    for part in (
        "3 repeats of 7 outer folds, 4 inner folds repeated 2 times",
        "stratified on the labels and drawn anew in every permutation",
        "parts of the discovery people, drawn so that both classes keep their share",
        "that were drawn so that both classes keep their share",
        "Families (column family)",
        "1,000 permutations of the labels (families of equal size as a whole) within the values of",
        "the mean decision value of all outer models",
        "components explaining 90 % of the variance",
        "classes not weighted",
        "C from 2⁻⁵ to 2⁷ in steps of a factor of 2, each divided by the mean squared norm",
        "linear regression on age, sex, tiv",
        "Seed 7.",
    ):
        assert part in text, part
    assert "drawn without looking at their outcome" not in text


def test_user_texts_are_escaped(tmp_path: Path) -> None:
    run = made_up_run()
    run.config["title"] = "<script>alert(1)</script>"
    run.config["cohorts"]["saline"]["title"] = 'A & B <b>"c"'
    inputs = page_inputs(run, tmp_path, warnings=["<img src=x>"])
    html = render_report(inputs)
    page = Page(html)
    assert "<script>alert" not in html
    assert not page.all("b")
    assert 'A & B <b>"c"' in page.text
    assert len(page.drawn) == len(inputs.figures)


def test_downloads_are_the_tables(trial: Page) -> None:
    links = {a["download"]: a["href"] for a in trial.all("a") if "download" in a}
    links = {name: link for name, link in links.items() if ".tsv" in name}
    assert set(links) == {
        "performance.tsv",
        "flow.tsv",
        "exclusions_by_reason.tsv",
        "weights_roi_svc.tsv",
        "planted.tsv",
        "calibration.tsv",
        "learning_curve.tsv",
        "precision.tsv",
        "decision_curve.tsv.gz",
        "threshold_counts.tsv",
        "operating_points.tsv",
        "specificity.tsv",
        "subgroups.tsv",
        "roi_sets.tsv",
        "comparisons.tsv",
        "verdict.tsv",
        "natural_frequencies.tsv",
        "leakage.tsv",
    }
    data = base64.b64decode(links["performance.tsv"].split("base64,")[1]).decode()
    table = pd.read_csv(io.StringIO(data), sep="\t", dtype=str, keep_default_na=False)
    performance = made_up_run().performance
    assert list(table.columns) == list(performance.columns)
    computed = performance["estimate"].astype(float)
    np.testing.assert_array_equal(table["estimate"].astype(float), computed)
    reasons = base64.b64decode(links["exclusions_by_reason.tsv"].split("base64,")[1]).decode()
    assert reasons.splitlines()[:2] == [
        "cohort\treason\tn",
        "discovery\tno MADRS score at ses-24h\t3",
    ]


def test_missing_or_unknown_figure_is_an_error(tmp_path: Path) -> None:
    inputs = page_inputs(made_up_run(), tmp_path)
    figures = dict(inputs.figures)
    del figures["flow"]
    with pytest.raises(ValueError, match="figure flow is missing"):
        render_report(dataclasses.replace(inputs, figures=figures))
    with pytest.raises(ValueError, match="roc_other"):
        render_report(
            dataclasses.replace(
                inputs, figures={**inputs.figures, "roc_other": inputs.figures["flow"]}
            )
        )


def test_figure_plan_follows_features_and_simulation() -> None:
    run = made_up_run()
    run.config["features"] |= {
        "voxels": {"kind": "voxels"},
        "fs": {"kind": "table"},
    }
    run.config["models"] |= {
        "voxel_svc": {"features": "voxels", "confounds": []},
        "fs_svc": {"features": "fs", "confounds": []},
    }
    run.config["primary_model"] = "voxel_svc"
    plan = figure_plan(run.config)
    kinds = {
        model: {spec.kind for spec in plan if spec.model == model} for model in run.config["models"]
    }
    everywhere = {"roc", "null_distribution", "decision_scores", "probabilities", "confusion"}
    everywhere |= {"calibration", "decision_curve", "specificity", "subgroups"}
    assert kinds["roi_svc"] == everywhere | {
        "region_sets",
        "roi_weights",
        "weight_map",
        "planted_vs_found",
        "planted_map",
    }
    # The primary model alone has a learning curve unless the config names others.
    primary = {"learning_curve", "region_sets", "weight_map", "planted_map"}
    assert kinds["voxel_svc"] == everywhere | primary
    assert kinds["fs_svc"] == everywhere | {"roi_weights"}
    assert [spec.name for spec in plan[:4]] == ["flow", "quality", "comparisons", "roc_voxel_svc"]
    run.config["region_sets"] = {"fs": {"atlas": "destrieux"}}
    assert "region_sets_fs_svc" in [spec.name for spec in figure_plan(run.config)]
    del run.config["simulation"]
    assert not [spec for spec in figure_plan(run.config) if "planted" in spec.kind]
    for role in ("external", "control"):
        cohorts = {k: v for k, v in run.config["cohorts"].items() if v["role"] != role}
        plan = figure_plan(run.config | {"cohorts": cohorts})
        assert not [spec for spec in plan if spec.kind == "specificity"]


TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.rst"))}
TEXTS |= {kind.name: kind.plain_caption for kind in FIGURES}


@pytest.mark.parametrize("name", TEXTS)
def test_captions_render_and_say_simulated(name: str) -> None:
    docutils = pytest.importorskip("docutils.core")
    for run in (made_up_run(), one_cohort()):
        # Snakemake renders captions with the user's config, in which defaults are not filled.
        raw = {k: run.config[k] for k in ("run", "outcome", "simulation") if k in run.config}
        snakemake = type("Job", (), {"config": raw})
        text = (
            Environment(undefined=StrictUndefined)
            .from_string(TEXTS[name])
            .render(snakemake=snakemake)
        )
        assert ("Simulated data" in text) == bool(raw.get("simulation"))
        settings = {"halt_level": 2, "report_level": 2, "warning_stream": io.StringIO()}
        docutils.publish_string(text, writer="html", settings_overrides=settings)


def test_every_kind_of_figure_has_a_caption(tmp_path: Path) -> None:
    run = page_inputs(made_up_run(), tmp_path)
    for spec in figure_plan(run.config):
        assert len(caption(spec, run)) > 80
    assert "class responder" in caption(FigureSpec("roc_m", "roc", "m"), run)
    # The class as readers know it, not as the configuration spells it.
    run.config["outcome"]["positive_class"] = "nonresponder"
    run = dataclasses.replace(run)
    assert "class non-responder" in caption(FigureSpec("roc_m", "roc", "m"), run)


def test_captions_count_the_people_who_are_drawn(tmp_path: Path) -> None:
    run = page_inputs(made_up_run(), tmp_path)
    titles = run.names.titles
    apart = {titles["external_a"], titles["external_b"]}
    together = {titles[EXTERNAL_POOLED]}
    placed = placed_figures(run, SECTIONS)
    texts = {figure["kind"]: figure["caption"] for own in placed.values() for figure in own}
    for kind, shown in {
        "roc": apart | together,
        "confusion": apart | together,
        "decision_scores": apart,
        "probabilities": apart,
        "calibration": together,
        "decision_curve": together,
    }.items():
        people = texts[kind].split(" People: ")[1]
        assert {title for title in apart | together if f"{title} n = " in people} == shown, kind
        assert f"{titles['discovery']} n = " in people


PAIRS = [
    ("ink", "paper"),
    ("ink", "band"),
    ("soft", "paper"),
    ("soft", "band"),
    ("link", "paper"),
    ("warn-ink", "warn-paper"),
    ("yes", "paper"),
    ("no", "paper"),
]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast_of_the_colours(text: str, ground: str, mode: str) -> None:
    source = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    light, dark = source.split("prefers-color-scheme: dark", 1)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if mode == "light" else dark))
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_every_text_colour_of_the_style_is_among_the_tested() -> None:
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    assert not re.findall(r"(?<!-)\bcolor: (?!var\()", style)
    used = set(re.findall(r"(?<!-)\bcolor: var\(--([\w-]+)\)", style))
    assert used == {text for text, _ in PAIRS}
    grounds = set(re.findall(r"background: var\(--([\w-]+)\)", style))
    assert grounds == {ground for _, ground in PAIRS}


def test_tables_read_from_disk_give_the_same_text(tmp_path: Path) -> None:
    run = made_up_run()
    inputs = page_inputs(run, tmp_path / "figures")
    changes = {}
    for name in ("performance", "flow", "exclusions", "planted"):
        write_tsv(getattr(run, name), tmp_path / f"{name}.tsv")
        changes[name] = read_tsv(tmp_path / f"{name}.tsv")
    changes["summaries"] = {}
    for name, table in run.summaries.items():
        write_tsv(table, tmp_path / f"{name}.tsv")
        changes["summaries"][name] = read_tsv(tmp_path / f"{name}.tsv")
    write_tsv(run.weights, tmp_path / "weights.tsv")
    changes["weights"] = {"roi_svc": read_tsv(tmp_path / "weights.tsv")}
    from_disk = render_report(dataclasses.replace(inputs, **changes))
    assert Page(from_disk).text == Page(render_report(inputs)).text


def test_page_of_tables_that_the_workflow_computes(tmp_path: Path) -> None:
    """The real tables of performance.py, not made-up ones, in every place of the page."""
    run = made_up_run()
    rng = np.random.default_rng(11)

    scored, performance = [], []
    for cohort, spec in run.config["cohorts"].items():
        rows = run.predictions[run.predictions["cohort"] == cohort]
        people = rows[["participant_id", "label"]].drop_duplicates().reset_index(drop=True)
        label = people["label"].to_numpy()
        if spec["role"] != "discovery":
            scored.append(FrozenScores(cohort, spec["role"], people, rows["decision"].to_numpy()))
            continue
        observed = rows["decision"].to_numpy().reshape(1, 10, 99)
        decision = np.concatenate([observed, rng.normal(size=(30, 10, 99))])
        labels = np.stack([label, *(rng.permutation(label) for _ in range(30))])
        fold = np.tile(np.arange(99) % 10, (10, 1))
        performance.append(
            discovery_performance(
                "roi_svc",
                cohort,
                people,
                Decisions(decision, fold, np.zeros_like(fold), labels),
                seed=1,
                min_class_size=5,
            )
        )
    performance.append(
        frozen_performance("roi_svc", scored, seed=1, n_permutations=30, min_class_size=5)
    )
    for i, name in enumerate(("performance", "null")):
        table = pd.concat([tables[i] for tables in performance], ignore_index=True)
        write_tsv(table, tmp_path / f"{name}.tsv")
        setattr(run, name, read_tsv(tmp_path / f"{name}.tsv"))
    names = naming(run.config)
    roc.draw(run.predictions, run.performance, "roi_svc", names, {"seed": 1})
    null_distribution.draw(run.null, run.performance, "roi_svc", names)
    confusion.draw(run.performance, "roi_svc", names)
    text = Page(render_report(page_inputs(run, tmp_path / "figures"))).text
    assert "nan" not in text.split()
    assert "Of 30 permutations of the whole procedure" in text


def test_a_topic_adds_its_section_and_its_table(tmp_path):
    run = made_up_run()
    frames = {
        "counts": pd.DataFrame({"cohort": ["a"], "n": [12]}),
        "people": pd.DataFrame({"participant_id": ["sub-secret"], "x": [1.5]}),
    }

    def blocks(run):
        rows = run.tables["counts"].to_numpy().tolist()
        return [
            Text("As said."),
            Heading("More"),
            Bullets(["one point"]),
            Table("How many", ["Cohort", "n"], rows),
            Frame("A viewer", '<p title="x">inside</p>'),
        ]

    titles = {"counts": "Counts", "people": "People"}
    spoken = Section("topic", "A topic", "Topic", blocks, titles)
    silent = Section("silence", "Nothing", "Nothing", lambda run: [])
    absent = Section("absence", "Absent", "Absent", blocks, applies=lambda run: False)
    behind = [section.id for section in SECTIONS].index("control") + 1
    sections = (*SECTIONS[:behind], spoken, silent, absent, *SECTIONS[behind:])
    html = render_report(page_inputs(run, tmp_path, tables=frames), sections)
    page = Page(html)
    assert html.index('id="control"') < html.index('id="topic"') < html.index('id="caveats"')
    assert '<a href="#topic">Topic</a>' in html
    assert "silence" not in html
    assert "absence" not in html
    for text in ("As said.", "More", "one point", "How many", "12"):
        assert text in page.text
    (frame,) = (found for found in page.all("iframe") if "A viewer" in found["title"])
    assert frame["srcdoc"] == '<p title="x">inside</p>'
    assert frame["sandbox"] == "allow-scripts"
    names = [link.get("download") for link in page.all("a")]
    assert "counts.tsv" in names
    assert "people.tsv" not in names
    config = {**run.config, "report": {"participant_level": True}}
    html = render_report(page_inputs(run, tmp_path, tables=frames, config=config), sections)
    assert "people.tsv" in [link.get("download") for link in Page(html).all("a")]


# ---------------------------------------------------------------- for the reviewer
@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, str, dict[str, pd.DataFrame]]:
    run = made_up_run()
    evidence = evidence_of(run)
    tables, _ = reviewer_files(evidence, {"17": "Approved by <b>nobody</b>."})
    tables = {"characteristics": evidence.tables["characteristics"], **tables}
    folder = tmp_path_factory.mktemp("reviewed")
    for name, table in tables.items():
        write_tsv(table, folder / f"{name}.tsv")
        tables[name] = read_tsv(folder / f"{name}.tsv")
    html = render_report(page_inputs(run, folder / "figures", tables=tables))
    return Page(html), html, tables


def test_documents_for_the_reviewer_stand_behind_the_methods(reviewed) -> None:
    page, html, tables = reviewed
    headings = re.findall(r'<h2 id="(\w+)"', html)
    assert headings[headings.index("methods") + 1] == "reviewer"
    assert headings[headings.index("cohorts") + 1] == "characteristics"
    behind = headings[headings.index("characteristics") + 1]
    people = html[html.index('<h2 id="characteristics"') : html.index(f'<h2 id="{behind}"')]
    section = html[html.index('<h2 id="reviewer"') : html.index('<h2 id="tables"')]
    captions = re.findall(r"<caption><span>(.*?)</span>", people + section)
    assert [text.split(" (")[0] for text in captions] == [
        "Characteristics of the analysed people",
        "TRIPOD+AI",
        "PROBAST+AI, domain analysis",
        "COBIDAS, predictive models",
        "Model card",
    ]
    rows = [len(re.findall(r"<tr>", part)) - 1 for part in (people + section).split("<table")[1:]]
    assert rows == [
        12,
        *(len(tables[name]) for name in ("tripod", "probast", "cobidas", "model_card")),
    ]
    for answer in tables["tripod"]["answer"]:
        assert answer in page.text
    assert "nan" not in page.text.split()
    assert "Approved by <b>nobody</b>." in page.text
    assert not page.all("b")
    links = {a["download"] for a in page.all("a") if "download" in a}
    assert {"tripod.tsv", "probast.tsv", "model_card.tsv", "characteristics.tsv"} <= links


def test_characteristics_on_the_page_are_those_of_the_table(reviewed) -> None:
    page, _, tables = reviewed
    row = tables["characteristics"].iloc[0]
    assert row["variable"] == "age"
    assert f"Drug, discovery all 99 {float(row['mean']):.1f} ({float(row['sd']):.1f})" in page.text


def test_nothing_to_describe_is_no_table(tmp_path: Path) -> None:
    tables = {"characteristics": evidence_of(made_up_run()).tables["characteristics"].iloc[:0]}
    text = Page(render_report(page_inputs(made_up_run(), tmp_path, tables=tables))).text
    assert "Who the people are" not in text


def test_without_its_tables_the_section_is_left_out(trial: Page, tmp_path: Path) -> None:
    assert "For the reviewer" not in trial.text
    assert "Varma and Simon 2006" in trial.text
    assert "doi:10.1186/1471-2105-7-91" in trial.text
