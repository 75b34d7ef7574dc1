"""The section belief, and feature sets of how people update beliefs."""

import copy

import pytest

from mri_response.config.load import load_config
from mri_response.config.modules import asked_modules, rules_of_run
from mri_response.config.queries import added_pairs, compared_pairs
from mri_response.core.errors import InputError

RAW = {
    "run": "beliefs",
    "sessions": ["before", "4h", "1w"],
    "cohorts": {
        "here": {
            "role": "discovery",
            "participants": "people.tsv",
            "scores": "scores.tsv",
            "trials": "trials.tsv",
            "sources": {"fs": "fs.tsv"},
        }
    },
    "belief": {"baseline": "before", "sessions": ["4h", "1w"]},
}
PREDICTED = {
    "outcome": {
        "kind": "response",
        "scale": "MADRS",
        "baseline": "before",
        "endpoint": "1w",
        "positive_class": "responder",
    },
    "features": {
        "own": {"kind": "belief", "session": "before"},
        "fs": {"kind": "table", "source": "fs"},
    },
    "models": {"svc": {"features": "own"}, "regions": {"features": "fs"}},
}
SCORE = {"scale": "MADRS", "baseline": "before", "endpoint": "1w"}


@pytest.fixture
def raw():
    return copy.deepcopy(RAW)


def mistake(raw):
    with pytest.raises(InputError) as error:
        load_config(raw)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_section_asks_for_its_module(raw):
    config = load_config(raw)
    assert asked_modules(config) == ["cohorts", "belief"]
    assert rules_of_run(config) == ["people", "belief_updating", "preflight", "report", "record"]
    assert config["belief"]["scale"] == [3, 77]
    assert config["belief"]["exclude"]["one_answer"]
    del raw["belief"]
    config = load_config(raw)
    assert config["belief"] is None
    assert "belief_updating" not in rules_of_run(config)


def test_a_simulated_study_brings_the_rules_of_simulation(raw):
    raw["belief"]["simulation"] = {"directory": "made"}
    assert rules_of_run(load_config(raw))[0] == "simulation"


def test_values_of_groups_are_text(raw):
    raw["belief"]["group"] = {"column": "arm", "treated": 1, "others": 0}
    assert load_config(raw)["belief"]["group"] == {"column": "arm", "treated": "1", "others": "0"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"baseline": "befor"}, "belief.baseline: found 'befor', expected one of the sessions"),
        ({"sessions": ["1w", "4h"]}, "belief.sessions: found '4h' not after '1w', expected"),
        ({"sessions": ["before"]}, "belief.sessions: found 'before' not after 'before', expected"),
        ({"scale": [77, 3]}, "belief.scale: found 77 before 3, expected the lower value first"),
        (
            {"exclude": {"limits": {"rt_E1": [30, 0.2]}}},
            "belief.exclude.limits.rt_E1: found 30 before 0.2, expected the lower value first",
        ),
        ({"exclude": {"limits": {"speed": [1, 2]}}}, "found the name 'speed', expected rt_E1"),
        ({"models": ["heuristic", "bayes"]}, "belief.models[1]: found 'bayes', expected heuristic"),
        (
            {"group": {"column": "arm", "treated": 1, "others": "1"}},
            "belief.group.others: found '1', the value of treated, expected another value",
        ),
        ({"mediation": {"session": "4h"}}, "belief.score: found nothing, expected a score"),
        (
            {"score": {**SCORE, "endpoint": "before"}},
            "belief.score.endpoint: found 'before' not after 'before', expected",
        ),
        (
            {"score": SCORE, "mediation": {"session": "before"}},
            "belief.mediation.session: found 'before', expected one of the sessions 4h, 1w",
        ),
        (
            {"score": SCORE, "mediation": {"session": "4h", "exposure": "group"}},
            "belief.mediation.exposure: found group without belief.group, expected the groups",
        ),
        (
            {"simulation": {"directory": "made", "responders": 27}},
            "belief.simulation.responders: found 27, expected at most patients, which is 26",
        ),
    ],
)
def test_mistakes_are_one_line(raw, change, expected):
    raw["belief"] |= change
    assert expected in mistake(raw)


def test_what_other_sections_must_have(raw):
    without = copy.deepcopy(raw)
    without["sessions"] = None
    assert mistake(without).startswith("config: sessions: found nothing, expected the sessions")
    without = copy.deepcopy(raw)
    del without["cohorts"]["here"]["trials"]
    assert mistake(without).startswith("config: cohorts.here.trials: found nothing, expected")
    del raw["cohorts"]["here"]["scores"]
    raw["belief"]["score"] = SCORE
    assert mistake(raw).startswith("config: belief.score: found no scores in the cohorts")


def test_a_simulated_study_stands_alone(raw):
    raw |= PREDICTED
    raw["belief"]["simulation"] = {"directory": "made"}
    assert mistake(raw).startswith("config: belief.simulation: found a simulated study beside mod")


def test_features_of_a_session_before_the_end_point(raw):
    raw |= copy.deepcopy(PREDICTED)
    assert load_config(raw)["features"]["own"]["parameters"] == ["S", "A"]
    raw["features"]["own"]["session"] = "4h"
    load_config(raw)


@pytest.mark.parametrize(
    ("endpoint", "session"), [("1w", "1w"), ("4h", "4h"), ("4h", "1w"), ("1w", "later")]
)
def test_features_of_a_later_session_are_refused_as_leaks(raw, endpoint, session):
    raw |= copy.deepcopy(PREDICTED)
    raw["sessions"] = ["before", "4h", "1w", "later"]
    raw["outcome"]["endpoint"] = endpoint
    raw["features"]["own"]["session"] = session
    assert mistake(raw) == (
        f"config: features.own.session: found {session!r}, which is not before {endpoint!r} "
        "(outcome.endpoint), expected sessions before the outcome; remove it; answers of the "
        "end-point say nothing of who will respond"
    )


def test_features_need_the_section_and_trials_of_every_cohort(raw):
    raw |= copy.deepcopy(PREDICTED)
    without = copy.deepcopy(raw)
    del without["belief"]
    assert mistake(without).startswith("config: belief: found nothing, expected a mapping")
    raw["cohorts"]["there"] = raw["cohorts"]["here"] | {"role": "external", "trials": None}
    assert mistake(raw).startswith("config: cohorts.there.trials: found nothing, expected a path")


def test_a_prediction_has_a_model_of_the_scans_too(raw):
    raw |= copy.deepcopy(PREDICTED)
    del raw["models"]["regions"]
    assert mistake(raw).startswith("config: models: found models of beliefs and the clinic alone")


def test_beliefs_are_nothing_of_the_scans(raw):
    """Whether they add to the clinic is a comparison of two models, without permuted scans."""
    raw |= copy.deepcopy(PREDICTED)
    raw["features"]["clinic"] = {"kind": "clinical", "columns": ["age"]}
    sets = {"with_scans": ["clinic", "fs"], "with_beliefs": ["clinic", "own"]}
    sets["with_both"] = ["clinic", "fs", "own"]
    for name, parts in sets.items():
        raw["features"][name] = {"kind": "concatenated", "sets": parts}
    raw["models"] |= {name: {"features": name} for name in ("clinic", *sets)}
    config = load_config(raw)
    assert added_pairs(config) == {"with_scans": "clinic"}
    assert ("with_beliefs", "clinic") in compared_pairs(config)
