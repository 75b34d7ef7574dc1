"""Pages for developers that are made from the code are those of the code as it is."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path

import pytest
import yaml

from mri_response.config.feature_kinds import FEATURES
from mri_response.report.figures.plan import FIGURES

ROOT = Path(__file__).resolve().parents[2]


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
    assert shown == made | set(re.findall(r"^ *rule (\w+):", text, re.M))


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
    for page in ("README.md", "config/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
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
