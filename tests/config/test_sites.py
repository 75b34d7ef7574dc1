"""What a configuration may ask of sites."""

from __future__ import annotations

import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.core.errors import InputError

MINIMAL = """
run: study
cohorts:
  munich: {role: discovery, participants: munich.tsv, sources: {fs: munich/fs.tsv}}
  bonn: {role: external, participants: bonn.tsv, sources: {fs: bonn/fs.tsv}}
outcome: {kind: label, column: group, classes: [patient, control], positive_class: patient}
features:
  fs: {kind: table, source: fs}
models:
  svc: {features: fs}
"""
LEFT_OUT = {"outer": "leave_one_site_out", "inner": "leave_one_site_out"}


def asked(**sections):
    return load_config(yaml.safe_load(MINIMAL) | sections)


def test_nothing_is_asked_by_default():
    assert asked()["sites"] == {"column": None, "transport": False}
    assert asked(sites={"column": "site", "transport": True})["sites"]["transport"]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"sites": {"column": "group"}}, "sites.column: found 'group', which is the label"),
        ({"sites": {"column": "tiv"}}, "sites.column: found 'tiv', expected a column of categ"),
        (
            {"sites": {"transport": True}, "cross_validation": LEFT_OUT},
            "sites.transport: found true with inner leave_one_site_out, expected inner k_fold",
        ),
        (
            {
                "sites": {"transport": True},
                "confounds": {"unseen_site": "mean"},
                "models": {"m": {"features": "fs", "harmonise": {"reference": "A"}}},
            },
            "sites.transport: found true, and models.m.harmonise has a reference site",
        ),
    ],
)
def test_what_sites_cannot_be_asked(sections, message):
    with pytest.raises(InputError) as error:
        asked(**sections)
    assert message in str(error.value)


def test_other_cohorts_are_needed_to_learn_from():
    raw = yaml.safe_load(MINIMAL)
    del raw["cohorts"]["bonn"]
    with pytest.raises(InputError, match="transport: found true, and no external cohort"):
        load_config(raw | {"sites": {"transport": True}})


def test_sites_are_asked_of_models():
    raw = {key: yaml.safe_load(MINIMAL)[key] for key in ("run", "cohorts")}
    with pytest.raises(InputError, match="sites: found a question about models, and no models"):
        load_config(raw | {"sites": {"column": "site"}})
