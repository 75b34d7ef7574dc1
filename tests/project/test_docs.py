"""Pages for developers that are made from the code are those of the code as it is."""

from __future__ import annotations

import importlib.util
import inspect
import re
from html import unescape
from pathlib import Path

import pytest
import yaml

from mri_response.config.clinical_outcomes import OUTCOME_PARTS
from mri_response.config.feature_kinds import FEATURES
from mri_response.report.figures.plan import FIGURES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += [ROOT / "config" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def make_rules():
    spec = importlib.util.spec_from_file_location("make_rules", ROOT / "docs" / "make_rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_rules_is_current(make_rules, tmp_path: Path) -> None:
    made = make_rules.page(make_rules.rule_graph(tmp_path))
    assert made == make_rules.PAGE.read_text(encoding="utf-8"), "run `make docs`"


def test_every_rule_with_a_script_is_on_the_page(make_rules) -> None:
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    shown = set(re.findall(r"^\*\*`(\w+)`\*\*", make_rules.PAGE.read_text(), re.M))
    made = {kind.job for kind in FIGURES} | {f"{kind}_features" for kind in FEATURES}
    made |= {f"outcome_{part}" for part in OUTCOME_PARTS}
    assert shown == made | set(re.findall(r"^ *rule (\w+):", text, re.M))


def test_the_picture_of_the_rules_shows_the_graph_of_the_page(make_rules) -> None:
    (graph,) = re.findall(r"```mermaid\n(.*?)```", make_rules.PAGE.read_text(), re.S)
    edges = set(re.findall(r"^ +(\w+) --> (\w+)$", graph, re.M))
    titles = re.findall(r"<title>(.*?)</title>", make_rules.PICTURE.read_text(encoding="utf-8"))
    drawn = {tuple(unescape(title).split("->")) for title in titles if "&gt;" in title}
    assert len(edges) > 50
    assert drawn == edges, "run `make docs`, which draws it where Graphviz is installed"


def test_what_follows_from_others_is_left_out(make_rules) -> None:
    assert make_rules.reduced({("a", "b"), ("b", "c"), ("a", "c")}) == {("a", "b"), ("b", "c")}


def test_every_place_that_the_architecture_names_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "workflow" / "src" / "mri_response"
    names = set(re.findall(r"`(\w+(?:/[\w.-]+)+)`", text))
    assert len(names) > 20
    for name in names:
        places = (ROOT, ROOT / "workflow", package, package / "data")
        assert any((place / name).exists() for place in places), name


def test_documented_classifiers_weigh_classes_as_the_built_in_one_does() -> None:
    """Models that are compared differ in nothing but what they are said to differ in."""
    found = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
            models = (yaml.safe_load(block) or {}).get("models") or {}
            for model in models.values():
                if "estimator" not in model:
                    continue
                module, name = model["estimator"].rsplit(".", 1)
                estimator = getattr(importlib.import_module(module), name)
                known = "class_weight" in inspect.signature(estimator).parameters
                given = model.get("parameters", {}).get("class_weight")
                assert given == ("balanced" if known else None), (page, model)
                found += known
    assert found >= 5


# ---------------------------------------------------------------- links and pages
def slug(heading: str) -> str:
    """The anchor of a heading, as the repository's host and the website make it."""
    bare = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", bare).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", page.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}


def broken_links(page: Path) -> list[str]:
    """Links of a page that lead to no file, or to no heading of it."""
    text = re.sub(r"(?ms)^ *```.*?^ *```|`[^`\n]+`", "", page.read_text(encoding="utf-8"))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        place = page.parent / name if name else page
        found = place.exists() and (not anchor or anchor in anchors(place))
        broken += [] if found else [target]
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_page_and_to_a_heading(page) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# One `two`, *three*\n[x](#one-two-three) [y](b.md) [z](a.md#no)"
    )
    assert broken_links(tmp_path / "a.md") == ["b.md", "a.md#no"]


def test_every_page_is_on_the_website_once() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    trees = re.findall(r"```\{toctree\}\n(.*?)```", index, re.S)
    listed = [name for tree in trees for name in re.findall(r"^([\w./]+)$", tree, re.M)]
    places = [(ROOT / "docs" / f"{name}.md").resolve() for name in listed]
    others = {ROOT / "README.md", ROOT / "docs" / "index.md"}
    assert sorted(places) == sorted(set(PAGES) - others)
    captions = re.findall(r"^:caption: (.+)$", index, re.M)
    assert captions == ["Tutorial", "How to", "Reference", "Explanation"]


def test_the_readme_is_one_screen_and_leads_to_every_part() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    for page in (
        "start",
        "tutorial",
        "own_data",
        "howto",
        "reading",
        "statistics",
        "engine",
        "speed",
    ):
        assert f"(docs/{page}.md)" in text
    picture = ROOT / "docs" / "report.png"
    assert "(docs/report.png)" in text
    assert picture.stat().st_size < 300_000
