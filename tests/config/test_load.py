"""Tests of mri_response.config.load and of the schema."""

import copy
import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from mri_response.config.load import load_config
from mri_response.config.queries import (
    class_names,
    column_of,
    compared_pairs,
    described_confound,
    discovery_name,
    feature_columns,
    grid_of_c,
    source_features,
    used_confounds,
    used_features,
)
from mri_response.config.schema import config_schema
from mri_response.core.errors import InputError

MINIMAL = """
run: study
cohorts:
  munich:
    role: discovery
    participants: munich/participants.tsv
    sources:
      gm: "munich/mwp1{participant_id}.nii"
      fs: munich/fs.tsv
    tiv: {column: tiv}
  bonn:
    role: external
    participants: bonn/participants.tsv
    sources:
      gm: "bonn/mwp1{participant_id}.nii"
      fs: bonn/fs.tsv
    tiv: {table: bonn/fs.tsv, column: ICV}
outcome:
  kind: label
  column: group
  classes: [patient, control]
  positive_class: patient
features:
  roi: {kind: roi_maps, source: gm}
  fs: {kind: table, source: fs}
models:
  roi_svc: {features: roi, confounds: [age, sex, tiv]}
"""


@pytest.fixture
def raw():
    return yaml.safe_load(MINIMAL)


def put(raw, path, value):
    """Set (or, with ..., remove) a key given as a dotted path."""
    *parents, last = path.split(".")
    node = raw
    for part in parents:
        node = node.setdefault(part, {})
    if value is ...:
        del node[last]
    else:
        node[last] = value


def test_schema_is_valid_and_described():
    schema = config_schema()
    Draft202012Validator.check_schema(schema)

    def visit(node, path):
        for key, child in node.get("properties", {}).items():
            here = f"{path}.{key}"
            if child and "const" not in child and "$ref" not in child:
                assert child.get("description"), f"{here} has no description"
            visit(child, here)
        for part in ("additionalProperties", "items"):
            if isinstance(node.get(part), dict):
                visit(node[part], f"{path}.*")
        for part in ("anyOf", "allOf"):
            for child in node.get(part, ()):
                visit(child, path)
        # Closed at every depth: a mapping names its keys or says what their values are.
        if node.get("type") == "object" and "allOf" not in node:
            assert "additionalProperties" in node, f"{path} is open"

    visit(schema, "")
    for name, definition in schema["$defs"].items():
        visit(definition, name)


@pytest.mark.parametrize(
    "name",
    ["config/config.yaml", "tests/configs/schizophrenia.yaml", "tests/configs/depression.yaml"],
)
def test_shipped_configurations_load(root, name):
    config = load_config(yaml.safe_load((root / name).read_text()))
    assert ("simulation" in config) == (name == "config/config.yaml")


def test_the_demo_of_the_prediction_alone_is_the_demo_without_later_parts(root):
    demo = yaml.safe_load((root / "config" / "config.yaml").read_text())
    text = (root / "tests" / "configs" / "demo_prediction.yaml").read_text()
    alone = yaml.safe_load(text.replace("simulated_prediction", "simulated_trial"))
    load_config(alone)
    for key in ("seed", "outcome", "models", "primary_model", "cross_validation", "permutation"):
        assert alone[key] == demo[key]
    plain = [name for name in demo["cohorts"] if "cat12" not in demo["cohorts"][name]["sources"]]
    for name in set(plain) - {"external_a"}:
        assert alone["cohorts"][name] == demo["cohorts"][name]
    later = {"layout", "tables"}
    for part in (demo["simulation"]["cohorts"], demo["features"]):
        for entry in part.values():
            for key in later & entry.keys():
                del entry[key]
    assert alone["simulation"] == demo["simulation"]
    assert alone["features"] == demo["features"]
    assert demo.keys() - alone.keys() == {"clinical_outcomes", "sites"}


def test_demo_has_the_published_design(root):
    raw = yaml.safe_load((root / "config" / "config.yaml").read_text())
    config = load_config(raw)
    sizes = {
        name: (config["cohorts"][name]["role"], spec["responders"], spec["n"])
        for name, spec in config["simulation"]["cohorts"].items()
    }
    assert sizes == {
        "discovery": ("discovery", 52, 99),
        "external_a": ("external", 13, 26),
        "external_b": ("external", 13, 25),
        "saline": ("control", 15, 49),
    }
    assert config["outcome"]["fall_percent"] == 50


def test_defaults_are_filled_at_every_depth(raw):
    before = copy.deepcopy(raw)
    config = load_config(raw)
    assert raw == before
    assert config["seed"] == 0
    assert config["title"] == "study"
    assert config["primary_model"] == "roi_svc"
    assert config["cohorts"]["munich"]["title"] == "munich"
    assert config["cohorts"]["munich"]["where"] == {}
    assert config["cohorts"]["munich"]["tiv"] == {"column": "tiv", "unit": "ml"}
    assert config["cohorts"]["bonn"]["tiv"]["unit"] == "ml"
    assert config["outcome"]["classes"] == {"patient": ["patient"], "control": ["control"]}
    assert config["features"]["roi"] == {
        "kind": "roi_maps",
        "source": "gm",
        "sessions": [],
        "atlas": "neuromorphometrics",
        "statistic": "sum",
        "grid": "native",
        "tables": {},
    }
    assert config["sessions"] is None
    assert config["features"]["fs"]["columns"] == ["*"]
    assert config["models"]["roi_svc"]["C"] == {
        "log2_min": -12,
        "log2_max": 0,
        "log2_step": 1,
        "scale": "absolute",
    }
    assert config["cross_validation"]["outer_folds"] == 10
    assert config["permutation"] == {
        "n": 1000,
        "scans": 200,
        "within": None,
        "method": "marginal",
    }
    assert config["confounds"] == {
        "missing": "exclude",
        "categorical": [],
        "unseen_site": "error",
    }
    assert config["report"] == {"participant_level": False}
    assert config["reporting"] == {"tripod": {}}
    assert "simulation" not in config
    # A filled configuration is itself valid and unchanged by filling.
    assert load_config(config) == config


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({}, ("k_fold", None, None, 10, 10)),
        ({"outer": "leave_one_site_out"}, ("leave_one_site_out", "site", None, None, 1)),
        (
            {"outer": "leave_group_out", "outer_column": "clinic", "outer_folds": 4},
            ("leave_group_out", "clinic", None, 4, 10),
        ),
        ({"outer": "leave_one_out"}, ("leave_one_out", None, None, None, 1)),
        ({"outer": "held_out", "held_out": 0.3}, ("held_out", None, 0.3, None, 1)),
        (
            {"outer": "held_out", "held_out": {"part": 2}},
            ("held_out", None, {"part": ["2"]}, None, 1),
        ),
    ],
)
def test_who_is_left_out_is_completed(raw, given, filled):
    raw["cross_validation"] = given
    config = load_config(raw)
    keys = ("outer", "outer_column", "held_out", "outer_folds", "repeats")
    assert tuple(config["cross_validation"][key] for key in keys) == filled
    assert load_config(config) == config


def test_a_site_that_no_model_has_seen_needs_a_rule(raw):
    del raw["cohorts"]["bonn"]
    raw["models"]["roi_svc"]["confounds"] = ["site"]
    raw["cross_validation"] = {"outer": "leave_one_site_out"}
    with pytest.raises(
        InputError, match=r"unseen_site: found error, expected mean.*the confound s"
    ):
        load_config(raw)
    raw["confounds"] = {"unseen_site": "mean"}
    load_config(raw)


def test_default_grid_follows_the_scale_of_c(raw):
    raw["models"]["roi_svc"]["C"] = {"scale": "relative"}
    raw["models"]["other"] = {"features": "roi", "C": {"scale": "relative", "log2_min": -3}}
    config = load_config(raw)
    first, second = (config["models"][name]["C"] for name in ("roi_svc", "other"))
    assert (first["log2_min"], first["log2_max"]) == (-5, 7)
    assert (second["log2_min"], second["log2_max"]) == (-3, 7)


def test_grid_of_c():
    c = {"log2_min": -2, "log2_max": 1, "log2_step": 1}
    assert grid_of_c(c) == [0.25, 0.5, 1.0, 2.0]
    assert len(grid_of_c(c | {"log2_step": 0.1})) == 31
    assert grid_of_c(c | {"log2_step": 2}) == [0.25, 1.0]


def test_whole_floats_become_integers(raw):
    raw["permutation"] = {"n": 100.0}
    n = load_config(raw)["permutation"]["n"]
    assert (n, type(n)) == (100, int)


def test_what_the_rest_asks_of_a_configuration(raw):
    spline = {"column": "age", "knots": [30, 45, 60]}
    raw["models"]["plain"] = {"features": "roi", "confounds": [spline, "sex", "site"]}
    raw["confounds"] = {"unseen_site": "mean"}
    config = load_config(raw)
    assert list(used_features(config)) == ["roi"]
    assert used_confounds(config) == ["age", "sex", "tiv", "site"]
    assert discovery_name(config) == "munich"
    assert class_names(config) == ("patient", "control")
    config["outcome"] = {"kind": "response", "positive_class": "nonresponder"}
    assert class_names(config) == ("nonresponder", "responder")
    config["outcome"] = {"kind": "remission", "positive_class": "remitter"}
    assert class_names(config) == ("remitter", "nonremitter")


def test_several_values_a_class_and_numbers_as_values(raw):
    raw["outcome"] |= {"classes": {"patient": ["MDD", "PDD"], "control": 0}}
    raw["cohorts"]["munich"]["where"] = {"included": 1, "site": ["A", 2]}
    config = load_config(raw)
    assert config["outcome"]["classes"] == {"patient": ["MDD", "PDD"], "control": ["0"]}
    assert config["cohorts"]["munich"]["where"] == {"included": ["1"], "site": ["A", "2"]}


RESPONSE = {
    "kind": "response",
    "scale": "MADRS",
    "baseline": "ses-0",
    "endpoint": "ses-1",
    "positive_class": "responder",
}
RELATED = {"features": "roi", "confounds": ["site"]}

MISTAKES = [
    ("operating_points", ["yuden"], "config: operating_points[0]: found 'yuden'"),
    ("operating_points", [{"sensitivity": 90}], "config: operating_points[0]: found"),
    ("prevalence", 30, "config: prevalence: found 30, expected a number or null above 0"),
    # misspelt and unknown keys
    (
        "sed",
        3,
        "expected one of the keys of the configuration: run, title, seed, ",
    ),
    ("sed", 3, "; did you mean 'seed'? rename or remove it"),
    (
        "models.roi_svc.standardise",
        True,
        "config: models.roi_svc.standardise: found the unknown key 'standardise', expected one of "
        "the keys of a model: features, confounds, harmonise, standardize, pca, estimator, "
        "regressor, parameters, grid, C, class_weight, epsilon, alpha; did you mean "
        "'standardize'? rename or remove it",
    ),
    ("cohorts.munich.particpants", "x.tsv", "did you mean 'participants'? rename"),
    ("cross_validation.outer_fold", 5, "config: cross_validation.outer_fold: found the unknown"),
    (
        "features.roi.smoothing_fwhm_mm",
        8,
        "config: features.roi.smoothing_fwhm_mm: found the unknown key 'smoothing_fwhm_mm', "
        "expected one of the keys of a feature set of kind roi_maps: ",
    ),
    ("outcome.scale", "MADRS", "expected one of the keys of an outcome of kind label: kind, "),
    (
        "models.roi_svc.outer_column",
        "ward",
        "config: models.roi_svc.outer_column: found the unknown key 'outer_column', expected one "
        "of the keys of a model: ",
    ),
    ("models.roi_svc.outer_column", "ward", "; it is a key of cross_validation: move or remove it"),
    (
        "models.roi_svc.permutation",
        {"n": 9},
        "; it is a section of its own, which begins at the margin: move or remove it",
    ),
    (
        "models.roi_svc.confounds",
        "age, sex",
        "expected a list with each item once; write it as a list, as in [age, sex]",
    ),
    ("cohorts.bonn.tiv.colum", "x", "config: cohorts.bonn.tiv.colum: found the unknown key"),
    ("simulation", {"directory": "d", "cohorts": {}, "efect": 1}, "did you mean 'effect'?"),
    # missing keys
    ("cohorts", ..., "config: cohorts: found nothing, expected a mapping (key: value) that is not"),
    (
        "cohorts.bonn.participants",
        ...,
        "config: cohorts.bonn.participants: found nothing, expected a path of a TSV or CSV file; "
        "add the key",
    ),
    ("outcome.positive_class", ..., "config: outcome.positive_class: found nothing"),
    ("outcome.classes", ..., "config: outcome.classes: found nothing, expected two classes, such"),
    ("features.roi.source", ..., "config: features.roi.source: found nothing"),
    # types and ranges
    ("run", "my study", "config: run: found 'my study', expected a name of letters, digits, _ and"),
    ("run", "../x", "config: run: found '../x', expected a name"),
    ("seed", -1, "config: seed: found -1, expected a whole number at least 0; the default is 0"),
    ("seed", "1e-3", "config: seed: found '1e-3', expected a whole number at least 0; write 0.001"),
    ("seed", True, "config: seed: found true (YAML reads yes, no, on and off so too), expected"),
    ("cross_validation.outer_folds", 1, "found 1, expected a whole number or null at least 2"),
    ("cross_validation.repeats", 2.5, "config: cross_validation.repeats: found 2.5, expected a"),
    ("cross_validation.scheme", "kfold", "found 'kfold', expected label_blind or stratified"),
    ("cross_validation", None, "config: cross_validation: found nothing, expected a mapping"),
    ("permutation.n", 0, "config: permutation.n: found 0, expected a whole number at least 1"),
    ("permutation.n", float("nan"), "config: permutation.n: found nan, expected a finite number"),
    ("models.roi_svc.pca", 0, "config: models.roi_svc.pca: found 0, expected null, a whole number"),
    ("models.roi_svc.pca", 1.0, "config: models.roi_svc.pca: found 1.0, expected a whole number"),
    ("models.roi_svc.pca", 1.5, "config: models.roi_svc.pca: found 1.5, expected null, a whole"),
    ("models.roi_svc.confounds", "age", "found 'age', expected a list with each item once"),
    ("models.roi_svc.confounds", ["age", "age"], "found a list of 2, expected a list with each"),
    (
        "models.roi_svc.confounds",
        ["sex", {"column": "age", "knots": [30, 60]}],
        "config: models.roi_svc.confounds[1]: found a mapping with 'column', 'knots', expected ",
    ),
    (
        "models.roi_svc.confounds",
        [{"column": "age", "knot": [30, 45, 60]}],
        "config: models.roi_svc.confounds[0].knot: found the unknown key 'knot', expected",
    ),
    ("models.roi_svc.class_weight", "none", "found 'none', expected balanced or null"),
    ("models.roi_svc.C", 1, "config: models.roi_svc.C: found 1, expected a mapping (key: value)"),
    ("features.roi.kind", "roi", "config: features.roi.kind: found 'roi', expected roi_maps,"),
    ("features.roi.atlas", "aal3", "expected neuromorphometrics, aal, nilearn:NAME or {image"),
    ("features.roi.atlas", "nilearn:juelch", "did you mean 'nilearn:juelich'? correct it; known"),
    ("region_sets", {"roi": {"atlas": "destriuex"}}, "did you mean 'destrieux'? correct it"),
    ("features.roi.grid", 0, "config: features.roi.grid: found 0, expected native or a number"),
    ("min_class_size", 1, "config: min_class_size: found 1, expected a whole number at least 2"),
    ("cohorts.bonn.role", "test", "found 'test', expected discovery, external or control"),
    ("cohorts.bonn.sources.gm", 3, "config: cohorts.bonn.sources.gm: found 3, expected a path"),
    ("cohorts.bonn.tiv", "tiv", "config: cohorts.bonn.tiv: found 'tiv', expected a mapping with"),
    ("cohorts.bonn.where", {"group": True}, "config: cohorts.bonn.where.group: found true (YAML"),
    (
        "cohorts.new-site",
        {},
        "config: cohorts.new-site: found the name 'new-site', expected a name",
    ),
    ("report.participant_level", "yes", "found 'yes', expected true or false"),
    (
        "outcome.classes",
        {True: "a", False: "b"},
        "found the key True (read by YAML as bool), expec",
    ),
    (
        "outcome.classes",
        ["a", "b", "c"],
        "config: outcome.classes: found a list of 3, expected two",
    ),
    # several keys at once
    (
        "cohorts.bonn.role",
        "discovery",
        "found 2 cohorts with role discovery (munich, bonn), expect",
    ),
    ("cohorts.munich.role", "control", "config: cohorts: found 0 cohorts with role discovery, exp"),
    ("models.roi_svc.features", "rois", "config: models.roi_svc.features: found 'rois', expected"),
    ("models.roi_svc.features", "rois", "did you mean 'roi'? correct it"),
    ("primary_model", "svc", "config: primary_model: found 'svc', expected one of the models roi"),
    (
        "comparisons",
        [["roi_svc", "clinic"]],
        "config: comparisons[0]: found 'clinic', expected two of roi_svc, confounds_only, majority",
    ),
    (
        "comparisons",
        [["roi_svc", "roi_svc"]],
        "config: comparisons[0]: found a list of 2, expected a pair of two models, such as",
    ),
    (
        "comparisons",
        [["roi_svc", "majority_class"], ["majority_class", "roi_svc"]],
        "config: comparisons[1]: found majority_class and roi_svc again, expected each pair once",
    ),
    ("outcome.positive_class", "patients", "expected one of the classes patient, control; did you"),
    ("outcome.classes", {"patient": ["a", "b"], "control": "b"}, "found 'b' in both classes"),
    (
        "outcome.classes",
        {"patient": ["a"], "All": "b"},
        "outcome.classes: found the name 'All', ex",
    ),
    ("outcome", RESPONSE, "config: cohorts.munich.scores: found nothing, expected the table of cl"),
    ("outcome", RESPONSE | {"endpoint": "ses-0"}, "found 'ses-0', which is the baseline too"),
    ("outcome", RESPONSE | {"positive_class": "remitter"}, "expected responder or nonresponder"),
    (
        "outcome",
        {"kind": "remission", "positive_class": "remitter"},
        "outcome.scale: found nothing",
    ),
    (
        "features.roi.source",
        "t1",
        "config: cohorts.munich.sources.t1: found nothing, expected a pa",
    ),
    ("cohorts.bonn.sources", {"gm": "a.nii"}, "found 'a.nii' without {participant_id}, expected a"),
    ("cohorts.bonn.sources", {"gm": "{participant}.nii"}, "found {participant}, expected {partici"),
    ("cohorts.bonn.sources", {"gm": "{participant_id.nii"}, "expected braces in pairs"),
    ("models.roi_svc.features", "gm_table", "config: models.roi_svc.features: found 'gm_table'"),
    ("cohorts.bonn.tiv", None, "config: cohorts.bonn.tiv: found nothing, expected where total in"),
    ("cohorts.bonn.tiv", {"cat12_report": "a.xml"}, "found 'a.xml' without {participant_id}"),
    ("models.roi_svc.confounds", ["Age"], "config: models.roi_svc.confounds: found 'Age', expecte"),
    ("models.roi_svc.confounds", ["group"], "found 'group', which is the label, expected columns"),
    ("models.roi_svc.confounds", ["label"], "found 'label', expected a column that the workflow"),
    (
        "models.roi_svc.confounds",
        ["age", {"column": "age", "knots": [30, 45, 60]}],
        "config: models.roi_svc.confounds: found 'age' twice, expected each column once",
    ),
    (
        "models.roi_svc.confounds",
        [{"column": "age", "knots": [30, 60, 45]}],
        "config: models.roi_svc.confounds[0].knots: found 45 after 60, expected ascending knots",
    ),
    (
        "models.roi_svc.confounds",
        [{"column": "sex", "knots": [30, 45, 60]}],
        "config: models.roi_svc.confounds[0].column: found 'sex', expected a column of numbers",
    ),
    (
        "models.roi_svc.confounds",
        ["site"],
        "config: confounds.unseen_site: found error, expected m",
    ),
    (
        "models.roi_svc.C",
        {"log2_min": 1},
        "config: models.roi_svc.C.log2_min: found 1, expected at",
    ),
    ("models.roi_svc.C", {"log2_step": 0.01}, "found 0.01, which makes 1201 values of C, expected"),
    (
        "models.ROI_svc",
        RELATED,
        "found names that differ only in case (roi_svc, ROI_svc), expected",
    ),
    ("cross_validation.group", "participant_id", "config: cross_validation.group: found 'particip"),
    (
        "permutation.within",
        "group",
        "config: permutation.within: found 'group', which is the label",
    ),
    (
        "specificity.within",
        "group",
        "config: specificity.within: found 'group', which is the label",
    ),
    ("specificity.within", "label", "config: specificity.within: found 'label', expected a column"),
    ("learning_curve", {"models": ["svc"]}, "learning_curve.models: found 'svc', expected some of"),
    (
        "learning_curve",
        {"sizes": [3]},
        "config: learning_curve.sizes[0]: found 3, expected a whole",
    ),
    # who is left out
    (
        "cross_validation.outer",
        "kfold",
        "found 'kfold', expected k_fold, leave_one_site_out, leave",
    ),
    (
        "cross_validation",
        {"outer": "leave_group_out"},
        "cross_validation.outer_column: found nothi",
    ),
    ("cross_validation", {"outer": "held_out"}, "cross_validation.held_out: found nothing, expect"),
    (
        "cross_validation",
        {"outer": "held_out", "held_out": 1.0},
        "held_out: found 1.0, expected n",
    ),
    ("cross_validation", {"held_out": 0.3}, "held_out: found 0.3 with outer k_fold, expected no h"),
    (
        "cross_validation",
        {"outer": "leave_one_out", "outer_folds": 5},
        "config: cross_validation.outer_folds: found 5 with outer leave_one_out, expected no outer",
    ),
    (
        "cross_validation",
        {"outer": "leave_one_site_out", "repeats": 10},
        "config: cross_validation.repeats: found 10 with outer leave_one_site_out, expected 1, sin",
    ),
    (
        "cross_validation",
        {"outer": "leave_one_out", "scheme": "stratified"},
        "config: cross_validation.scheme: found stratified with outer leave_one_out, expected labe",
    ),
    (
        "cross_validation",
        {"outer": "leave_one_site_out", "outer_column": "group"},
        "found 'group', which is the label, expected a column that is not predicted",
    ),
    (
        "cross_validation",
        {"inner": "leave_one_site_out", "inner_folds": 5},
        "cross_validation.inner_folds: found 5 with inner leave_one_site_out, expected no inn",
    ),
    (
        "cross_validation",
        {"inner_column": "clinic"},
        "cross_validation.inner_column: found 'clinic' with inner k_fold, expected no inner_column",
    ),
    (
        "cross_validation",
        {"inner": "leave_one_site_out", "inner_repeats": 2},
        "cross_validation.inner_repeats: found 2 with inner leave_one_site_out, expected 1, since",
    ),
    (
        "cross_validation",
        {
            "outer": "leave_group_out",
            "outer_column": "clinic",
            "outer_folds": 3,
            "inner": "leave_one_site_out",
        },
        "cross_validation.inner: found leave_one_site_out with outer leave_group_out, expected lea",
    ),
    (
        "cross_validation",
        {"inner": "leave_group_out", "scheme": "stratified"},
        "cross_validation.scheme: found stratified with inner leave_group_out, expected label_blin",
    ),
    (
        "cross_validation",
        {"inner": "leave_one_site_out", "inner_column": "group"},
        "found 'group', which is the label, expected a column that is not predicted",
    ),
    (
        "cross_validation",
        {"outer": "held_out", "held_out": {"a": 1, "b": 2}},
        "expected null, a number above 0 and below 1, or {column: [values]} with one column",
    ),
    ("cohorts.bonn.participants", "results/study/p.tsv", "expected an input outside results/study"),
    # what only the authors can say
    (
        "reporting.tripod",
        {"3d": "x"},
        "config: reporting.tripod.3d: found the name '3d', expected an item of TRIPOD+AI in quotes",
    ),
    (
        "reporting.tripod",
        {"3a": ""},
        "config: reporting.tripod.3a: found '', expected a text that is not empty",
    ),
    ("reporting.tripod", {17: "x"}, "config: reporting.tripod: found the key 17 (read by YAML as"),
    ("reporting.tripod", 3, "config: reporting.tripod: found 3, expected answers by item, as in"),
    ("reporting.tripod", "results/study/a.yaml", "expected an input outside results/study"),
]


@pytest.mark.parametrize(("path", "value", "expected"), MISTAKES)
def test_mistake_is_one_line(raw, path, value, expected):
    put(raw, path, value)
    with pytest.raises(InputError) as error:
        load_config(raw)
    message = str(error.value)
    assert re.fullmatch(r"config: \S.*: found .+, expected .+; .+", message), message
    assert expected in message


def test_reserved_cohort_names(raw):
    for name in ("external_pooled", "control_pooled", "regions"):
        changed = copy.deepcopy(raw)
        changed["cohorts"][name] = changed["cohorts"].pop("bonn")
        with pytest.raises(InputError, match=f"config: cohorts.{name}: found the name '{name}'"):
            load_config(changed)


def test_a_table_source_is_a_plain_path(raw):
    raw["models"]["fs_svc"] = {"features": "fs"}
    raw["cohorts"]["bonn"]["sources"]["fs"] = "bonn/{participant_id}.tsv"
    with pytest.raises(InputError, match=r"sources\.fs: found .*, expected the plain path of one"):
        load_config(raw)


def test_simulated_cohorts_are_those_of_the_run(root):
    demo = yaml.safe_load((root / "config" / "config.yaml").read_text())
    extra = copy.deepcopy(demo)
    extra["simulation"]["cohorts"]["placebo"] = {"n": 5, "responders": 1}
    with pytest.raises(InputError, match=r"simulation\.cohorts\.placebo: found the unknown cohort"):
        load_config(extra)
    fewer = copy.deepcopy(demo)
    del fewer["simulation"]["cohorts"]["saline"]
    with pytest.raises(InputError, match=r"simulation\.cohorts\.saline: found nothing"):
        load_config(fewer)
    wrong = copy.deepcopy(demo)
    wrong["simulation"]["cohorts"]["saline"]["responders"] = 50
    with pytest.raises(InputError, match="found 50, expected at most n, which is 49"):
        load_config(wrong)


def test_snakemake_may_hand_over_an_empty_configuration():
    with pytest.raises(InputError, match="config: run: found nothing, expected a name of letters"):
        load_config({})


def test_a_confound_in_words():
    assert described_confound("age") == "age"
    spline = {"column": "age", "knots": [30, 45.5, 60]}
    assert described_confound(spline) == "age (natural cubic spline with knots at 30, 45.5, 60)"
    assert (column_of("age"), column_of(spline)) == ("age", "age")


def test_voxels_have_a_relative_grid_unless_one_is_given(raw):
    raw["features"]["maps"] = {"kind": "voxels", "source": raw["features"]["roi"]["source"]}
    for given, scale in (
        ({}, "relative"),
        ({"log2_step": 2}, "relative"),
        ({"log2_max": 3}, "absolute"),
        ({"scale": "absolute"}, "absolute"),
    ):
        raw["models"]["of_voxels"] = {"features": "maps", "C": given}
        models = load_config(raw)["models"]
        assert models["of_voxels"]["C"]["scale"] == scale
        assert {m["C"]["scale"] for n, m in models.items() if n != "of_voxels"} == {"absolute"}


def test_intracranial_volume_is_a_confound_or_a_feature(raw):
    for own in raw["cohorts"].values():
        own["sources"]["fs"] = "fs.tsv"
        own["tiv"] = {"table": "fs.tsv", "column": "EstimatedTotalIntraCranialVol", "unit": "mm3"}
    columns = ["EstimatedTotalIntraCranialVol", "lh_*"]
    raw["features"]["volumes"] = {"kind": "table", "source": "fs", "columns": columns}
    raw["models"]["of_volumes"] = {"features": "volumes", "confounds": ["age"]}
    load_config(raw)
    raw["models"]["of_volumes"]["confounds"] = ["age", "tiv"]
    with pytest.raises(InputError, match="'EstimatedTotalIntraCranialVol', from which cohorts"):
        load_config(raw)


def test_confounds_that_are_categories(raw):
    (model,) = raw["models"].values()
    model["confounds"] = ["age", "scanner", "sex"]
    raw["confounds"] = {"categorical": ["scanner", "sex"]}
    (completed,) = load_config(raw)["models"].values()
    declared = {"column": "scanner", "categorical": True}
    assert completed["confounds"] == ["age", declared, "sex"]
    assert described_confound(declared) == "scanner (categories)"
    for column, message in (
        (
            "scaner",
            r"categorical\[0\]: found 'scaner', expected a confound .*'scanner'",
        ),
        ("age", "found 'age', which is a number"),
    ):
        raw["confounds"] = {"categorical": [column]}
        with pytest.raises(InputError, match=message):
            load_config(raw)
    raw["confounds"] = {"categorical": ["scanner"]}
    model["confounds"] = [{"column": "scanner", "knots": [1, 2, 3]}]
    with pytest.raises(InputError, match="write scanner without knots"):
        load_config(raw)


def test_labels_of_families_are_not_drawn_given_confounds(raw):
    raw["permutation"] = {"method": "conditional"}
    load_config(raw)
    raw["cross_validation"] = {"group": "family"}
    with pytest.raises(InputError, match=r"permutation\.method: found conditional, with families"):
        load_config(raw)


# ---------------------------------------------------------------- comparisons
def test_every_model_is_compared_with_the_confounds_and_the_primary_one_with_all(raw):
    raw["models"] |= {"a": {"features": "fs"}, "b": {"features": "fs"}}
    raw["primary_model"] = "a"
    assert compared_pairs(load_config(raw)) == [
        ("roi_svc", "confounds_only"),
        ("a", "confounds_only"),
        ("b", "confounds_only"),
        ("a", "roi_svc"),
        ("a", "b"),
    ]
    raw["comparisons"] = [["b", "majority_class"]]
    assert compared_pairs(load_config(raw)) == [("b", "majority_class")]


def test_stacks_are_compared_like_models(raw):
    raw["models"]["a"] = {"features": "fs"}
    raw["stacks"] = {"both": ["roi_svc", "a"]}
    assert compared_pairs(load_config(raw)) == [
        ("roi_svc", "confounds_only"),
        ("a", "confounds_only"),
        ("both", "confounds_only"),
        ("roi_svc", "a"),
        ("roi_svc", "both"),
    ]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("stacks", {"both": ["roi_svc", "b"]}, "config: stacks.both: found 'b', expected some of"),
        ("stacks", {"a": ["roi_svc", "a"]}, "stacks.a: found the name 'a' of another model"),
        (
            "stacks",
            {"both": ["roi_svc", "voxel_svc"], "Both": ["roi_svc", "voxel_svc"]},
            "config: stacks.Both: found names that differ only in case (both, Both), expected",
        ),
        ("stacks", {"both": ["a"]}, "config: stacks.both: found a list of 1, expected a list of t"),
        ("external.model", "ensemble", "config: external.model: found ensemble, expected refit, s"),
        (
            "stability",
            {"models": ["both"]},
            "config: stability.models: found the stack 'both', which is not fitted again, expected "
            "some of its models roi_svc, a; name these",
        ),
    ],
)
def test_mistake_in_stacks_is_one_line(raw, path, value, expected):
    raw["models"]["a"] = {"features": "fs"}
    raw["stacks"] = {"both": ["roi_svc", "a"]}
    test_mistake_is_one_line(raw, path, value, expected)


def test_without_confounds_nothing_is_compared_with_them(raw):
    raw["models"] = {"a": {"features": "fs"}}
    assert compared_pairs(load_config(raw)) == []
    raw["comparisons"] = [["a", "confounds_only"]]
    with pytest.raises(InputError, match=r"comparisons\[0\]: found 'confounds_only'"):
        load_config(raw)


# ---------------------------------------------------------------- clinical features
@pytest.fixture
def with_clinic(raw):
    raw["features"] |= {
        "clinic": {"kind": "clinical", "columns": ["age", "stage"], "categorical": ["stage"]},
        "both": {"kind": "concatenated", "sets": ["fs", "clinic"]},
    }
    raw["models"] |= {"clinic": {"features": "clinic"}, "both": {"features": "both"}}
    return raw


CLINICAL_MISTAKES = [
    (
        "models",
        {"clinic": {"features": "clinic"}},
        "config: models: found clinical models alone, expected a model of the scans beside them",
    ),
    (
        "features.clinic.columns",
        ["age", "stage", "group"],
        "config: features.clinic.columns: found 'group', which is the label, expected other col",
    ),
    (
        "features.clinic.columns",
        ["stage", "endpoint_score"],
        "config: features.clinic.columns: found 'endpoint_score', expected what is known before",
    ),
    (
        "features.clinic.columns",
        ["stage", "baseline_score"],
        "config: features.clinic.columns: found 'baseline_score', expected it only with an outcome",
    ),
    (
        "features.clinic.categorical",
        ["stages"],
        "config: features.clinic.categorical: found 'stages', expected some of the columns age, st",
    ),
    ("models.clinic.confounds", ["age"], "found 'age', which is a feature of clinic too"),
    ("models.both.confounds", ["age"], "found 'age', which is a feature of clinic too"),
    (
        "features.both.sets",
        ["roi", "clinics"],
        "config: features.both.sets: found 'clinics', expected feature sets with a table: roi, fs",
    ),
    (
        "features.both.sets",
        ["roi", "both"],
        "config: features.both.sets: found 'both', a set of kind concatenated, expected feature",
    ),
]


@pytest.mark.parametrize(("path", "value", "expected"), CLINICAL_MISTAKES)
def test_mistake_in_clinical_features_is_one_line(with_clinic, path, value, expected):
    load_config(with_clinic)
    test_mistake_is_one_line(with_clinic, path, value, expected)


def test_sets_of_a_concatenated_one_are_used(with_clinic):
    with_clinic["models"].pop("clinic")
    config = load_config(with_clinic)
    assert list(used_features(config)) == ["roi", "fs", "clinic", "both"]
    assert list(source_features(config)) == ["roi", "fs"]
    assert feature_columns(config) == {"age": False, "stage": True}


def test_models_are_compared_with_the_clinical_ones(with_clinic):
    assert compared_pairs(load_config(with_clinic)) == [
        ("roi_svc", "confounds_only"),
        ("clinic", "confounds_only"),
        ("both", "confounds_only"),
        ("roi_svc", "clinic"),
        ("both", "clinic"),
        ("roi_svc", "both"),
    ]


@pytest.mark.parametrize("given", ["scanner", {"column": "scanner"}])
def test_harmonisation_is_completed_in_either_form(raw, given):
    name = next(iter(raw["models"]))
    raw["models"][name]["harmonise"] = given
    raw["confounds"] = {"unseen_site": "mean"}
    raw["models"][name]["confounds"] = []
    assert load_config(raw)["models"][name]["harmonise"] == {
        "column": "scanner",
        "keep": [],
        "method": "combat",
        "reference": None,
        "min_people": 5,
        "learn_from": None,
    }
