"""Registries of kinds: every kind of the schema has an entry, a module and what rules need."""

import pytest

from mri_response.config.feature_kinds import FEATURES
from mri_response.config.outcome_kinds import OUTCOMES
from mri_response.config.preparation_steps import PREPARATION, steps_in_words
from mri_response.config.schema import config_schema
from mri_response.people.outcomes.registry import DERIVED

SCHEMA = config_schema()["properties"]


def test_every_kind_of_feature_is_in_schema_package_and_rules(root):
    kinds = SCHEMA["features"]["additionalProperties"]["properties"]["kind"]["enum"]
    assert list(FEATURES) == kinds
    rules = (root / "workflow" / "rules" / "features.smk").read_text()
    for kind in kinds:
        assert (root / f"workflow/src/mri_response/features/{kind}.py").is_file()
        assert f'features=features_of_kind("{kind}")' in rules


@pytest.mark.parametrize(
    ("holds", "kinds"),
    {
        "has_image": {"roi_maps", "voxels"},
        "has_table": {"table"},
        "has_atlas": {"roi_maps"},
        "has_names": {"roi_maps", "table", "clinical", "belief", "concatenated"},
        "has_regions": {"roi_maps", "table"},
        "has_parts": {"concatenated"},
        "can_be_part": {"roi_maps", "table", "clinical", "belief"},
        "is_clinical": {"clinical"},
        "has_trials": {"belief"},
        "source": {"roi_maps", "voxels", "table"},
        "region_sets": {"voxels"},
    }.items(),
)
def test_properties_of_the_kinds_of_features(holds, kinds):
    assert {name for name, kind in FEATURES.items() if getattr(kind, holds)} == kinds


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
