"""What a configuration asks for, and what this needs."""

import copy
import re

import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.config.modules import MODULES, RULES, asked_modules, rules_of_run
from mri_response.core.errors import InputError

PEOPLE = {"role": "discovery", "participants": "people.tsv"}
COHORTS = {"here": PEOPLE | {"sources": {"fs": "fs.tsv"}}}
OUTCOME = {
    "kind": "label",
    "column": "group",
    "classes": ["patient", "control"],
    "positive_class": "patient",
}
WHOLE = {
    "run": "study",
    "cohorts": COHORTS,
    "outcome": OUTCOME,
    "features": {"fs": {"kind": "table", "source": "fs"}},
    "models": {"svc": {"features": "fs"}},
}


def test_cohorts_alone_are_described():
    config = load_config({"run": "study", "cohorts": {"here": PEOPLE}})
    assert asked_modules(config) == ["cohorts"]
    assert rules_of_run(config) == ["people", "preflight", "report", "record"]
    assert config["outcome"] is None
    assert config["primary_model"] is None
    assert config["models"] == config["features"] == {}


def test_with_models_the_outcome_is_predicted():
    config = load_config(WHOLE)
    assert asked_modules(config) == ["cohorts", "prediction"]
    others = ("simulation", "clinical_outcomes", "belief_updating", "variability", "application")
    assert rules_of_run(config) == [stage for stage in RULES if stage not in others]


def test_a_model_is_applied_and_none_is_learned():
    cohorts = {"there": {**PEOPLE, "role": "external"}}
    config = load_config({"run": "study", "cohorts": cohorts, "apply": {"model": "folder"}})
    assert asked_modules(config) == ["cohorts", "apply"]
    # The folder says what models are; they are not learned either.
    assert asked_modules({**config, "models": WHOLE["models"]}) == ["cohorts", "apply"]
    assert "learning" not in rules_of_run(config)
    assert "application" in rules_of_run(config)


def test_an_outcome_is_checked_without_models_too():
    raw = {"run": "study", "cohorts": COHORTS, "outcome": OUTCOME | {"positive_class": "patients"}}
    with pytest.raises(InputError, match=r"outcome\.positive_class: found 'patients', expected"):
        load_config(raw)


@pytest.mark.parametrize("key", ["cohorts", "outcome", "features"])
def test_what_models_need_is_told_in_one_line(key):
    raw = {name: section for name, section in WHOLE.items() if name != key}
    with pytest.raises(InputError) as error:
        load_config(raw)
    assert str(error.value) == (
        f"config: {key}: found nothing, expected a mapping (key: value) that is not empty, since "
        "models asks to predict the outcome; add the key or remove models"
    )


def test_stacks_ask_for_models():
    raw = {name: section for name, section in WHOLE.items() if name != "models"}
    with pytest.raises(InputError, match=r"config: models: found nothing, .* since stacks asks to"):
        load_config(raw | {"stacks": {"both": ["a", "b"]}})


def test_nothing_asked_for_is_told_in_one_line():
    with pytest.raises(InputError) as error:
        load_config({"run": "study"})
    assert str(error.value) == (
        "config: (top level): found nothing that is asked for, expected a section that asks for "
        "something: cohorts to describe who is analysed, clinical_outcomes to analyse the scores "
        "themselves, belief to compare how beliefs are updated, variability to describe how "
        "differently brains change, apply to apply a model from its folder, models to predict the "
        "outcome; add one; config/README.md describes them"
    )


def test_rules_of_quality_control_need_models():
    raw = {"run": "study", "cohorts": COHORTS}
    raw["quality_control"] = {"exclude": [{"measure": "mahalanobis", "above": 9}]}
    with pytest.raises(InputError, match=r"quality_control\.exclude: found rules without models"):
        load_config(raw)


def test_a_configuration_is_not_changed_by_the_check():
    raw = copy.deepcopy(WHOLE)
    load_config(raw)
    assert raw == WHOLE


def test_every_module_has_its_files_and_rules(root):
    text = (root / "workflow" / "rules" / "lists.smk").read_text()
    for files in ("FINAL_FILES", "PAGE_FILES"):
        names = yaml.safe_load(re.search(rf"{files} = (\{{.*?\}})", text, re.S)[1])
        assert list(names) == list(MODULES)
    rules = {path.stem for path in (root / "workflow" / "rules").glob("*.smk")}
    assert {stage for module in MODULES.values() for stage in module.rules} <= set(RULES) <= rules
