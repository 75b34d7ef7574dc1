"""Registries of kinds: every kind of the schema has an entry, a module and what rules need."""

import importlib
import inspect
import re

import pytest

from mri_response.config.atlases import ATLASES, SHIPPED_ATLASES, region_set_files
from mri_response.config.feature_kinds import FEATURES
from mri_response.config.outcome_kinds import OUTCOMES
from mri_response.config.preparation_steps import PREPARATION, steps_in_words
from mri_response.config.schema import config_schema
from mri_response.people.outcomes.registry import DERIVED

SCHEMA = config_schema()["properties"]


def test_every_kind_of_feature_is_in_schema_package_and_rules(root):
    kinds = SCHEMA["features"]["additionalProperties"]["properties"]["kind"]["enum"]
    assert list(FEATURES) == kinds
    for kind in kinds:
        make = importlib.import_module(f"mri_response.features.{kind}").make
        assert list(inspect.signature(make).parameters) == ["job"]


def test_inputs_of_the_kinds_of_features_have_their_files_in_the_rules(root):
    paths = (root / "workflow" / "rules" / "user_files.smk").read_text()
    entries = re.search(r"^FEATURE_FILES = \{\n(.*?)^\}", paths, re.M | re.S)[1]
    listed = set(re.findall(r'^    "(\w+)":', entries, re.M))
    assert listed == {name for kind in FEATURES.values() for name in kind.inputs}


def test_one_rule_makes_the_features_of_every_kind(root):
    rules = (root / "workflow" / "rules" / "features.smk").read_text()
    assert rules.count("features_of_cohort(kind)") == 1
    assert not re.search(r"features_(table|array)\(", rules)


@pytest.mark.parametrize(
    ("holds", "kinds"),
    {
        "has_image": {"roi_maps", "voxels"},
        "has_table": {"table"},
        "has_atlas": {"roi_maps"},
        "has_names": {"roi_maps", "table", "clinical", "belief", "effect", "concatenated"},
        "has_regions": {"roi_maps", "table"},
        "has_parts": {"concatenated"},
        "can_be_part": {"roi_maps", "table", "clinical", "belief", "effect"},
        "is_clinical": {"clinical"},
        "has_trials": {"belief"},
        "is_light": {"clinical", "belief", "effect", "concatenated"},
        "has_effect": {"effect"},
        "source": {"roi_maps", "voxels", "table"},
        "region_sets": {"voxels"},
    }.items(),
)
def test_properties_of_the_kinds_of_features(holds, kinds):
    assert {name for name, kind in FEATURES.items() if getattr(kind, holds)} == kinds


def test_every_atlas_has_its_files_and_is_named_for_users(root):
    data = root / "workflow" / "src" / "mri_response" / "data"
    assert sorted(SHIPPED_ATLASES) == sorted(path.stem for path in (data / "atlases").glob("*.tsv"))
    assert {atlas.region_sets for atlas in ATLASES.values()} - {None} <= set(region_set_files())
    for name, atlas in ATLASES.items():
        assert bool(atlas.licence) != bool(atlas.fetcher), name
        assert atlas.ships != name.startswith("nilearn:"), name
    schema = config_schema()
    asked = schema["$defs"]["features_roi_maps"]["properties"]["atlas"]
    for name in SHIPPED_ATLASES:
        assert name in asked["description"]
        assert name in asked["x-expected"]
    asked = SCHEMA["region_sets"]["additionalProperties"]["properties"]["atlas"]["x-expected"]
    page = (root / "docs" / "brain.md").read_text(encoding="utf-8")
    for name in region_set_files():
        assert name in asked
        assert name in page


def test_every_kind_of_outcome_is_in_schema_and_package(root):
    kinds = SCHEMA["outcome"]["properties"]["kind"]["enum"]
    assert list(OUTCOMES) == list(DERIVED) == kinds
    for kind in kinds:
        assert (root / f"workflow/src/mri_response/people/outcomes/{kind}.py").is_file()


def test_kinds_of_outcomes_name_their_classes_and_sessions():
    assert OUTCOMES["label"].classes is None
    assert not OUTCOMES["label"].has_scores
    assert OUTCOMES["response"].needs == ("baseline", "endpoint")
    assert OUTCOMES["remission"].needs == ("endpoint",)


def test_steps_of_preparation_come_in_their_order():
    assert list(PREPARATION) == ["harmonisation", "confounds", "scale", "components"]
    plain = {"column": "site", "keep": [], "method": "combat", "reference": None}
    plain |= {"min_people": 5, "learn_from": None}
    model = {"confounds": ["age", "sex"], "standardize": True, "pca": 0.9, "harmonise": plain}
    assert steps_in_words(model) == [
        "harmonisation by site (ComBat, shift and scale of every site shrunken by empirical Bayes)",
        "linear regression on age, sex",
        "standardisation of each feature",
        "principal components explaining 90 % of the variance",
    ]
    bare = {"confounds": [], "standardize": False, "pca": None, "harmonise": None}
    assert steps_in_words(bare) == []
    assert steps_in_words(bare | {"pca": 5}) == ["5 principal components"]
    section = plain | {"method": "location_scale", "keep": ["age"], "reference": "A"}
    section["learn_from"] = {"healthy": ["yes", "maybe"]}
    assert steps_in_words(bare | {"harmonise": section}) == [
        "harmonisation by site (shift and scale of every site, effects of age kept, to the site A, "
        "learned from people with healthy yes or maybe)"
    ]
