"""The section clinical_outcomes: what its keys ask of each other and of the cohorts."""

import copy

import pytest

from mri_response.config.clinical_outcomes import outcome_tables, outcome_visits, trial_design
from mri_response.config.load import load_config
from mri_response.config.modules import asked_modules, rules_of_run
from mri_response.core.errors import InputError

RAW = {
    "run": "trial",
    "cohorts": {"here": {"role": "discovery", "participants": "p.tsv", "scores": "s.tsv"}},
    "clinical_outcomes": {
        "baseline": "b0",
        "visits": ["d1", "d7"],
        "scales": {"MADRS": {"remission": 10}},
    },
}
CROSSOVER = {
    "periods": ["one", "two"],
    "values": {"d": "drug", "p": "placebo"},
    "sessions": {"day 1": {"drug": "d1", "placebo": "d7"}},
}


def raw(**keys):
    changed = copy.deepcopy(RAW)
    changed["clinical_outcomes"] |= keys
    return changed


def test_a_run_may_ask_for_nothing_else():
    config = load_config(raw())
    assert asked_modules(config) == ["cohorts", "clinical_outcomes"]
    assert rules_of_run(config) == [
        *("people", "clinical_outcomes", "preflight", "report", "record")
    ]
    section = config["clinical_outcomes"]
    assert trial_design(section) == "single_arm"
    assert section["scales"]["MADRS"] == {"fall_percent": 50, "remission": 10, "highest": None}
    assert section["df"] == "kenward_roger"
    assert "times" not in outcome_tables(section)


def test_without_the_section_nothing_is_asked():
    config = load_config({key: RAW[key] for key in ("run", "cohorts")})
    assert config["clinical_outcomes"] is None
    assert asked_modules(config) == ["cohorts"]


def test_designs():
    arms = load_config(raw(arm={"column": "arm"}, reference="placebo"))["clinical_outcomes"]
    assert trial_design(arms) == "parallel"
    assert outcome_visits(arms) == ["d1", "d7"]
    crossed = load_config(raw(crossover=CROSSOVER, reference="placebo"))["clinical_outcomes"]
    assert trial_design(crossed) == "crossover"
    assert outcome_visits(crossed) == ["day 1"]
    assert outcome_tables(crossed)["scores"] == ("scores", "periods")


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            {"visits": ["b0", "d1"]},
            "clinical_outcomes.visits: found 'b0', which is the baseline too, expected sessions "
            "after the baseline; correct one of them",
        ),
        (
            {"cohorts": ["there"]},
            "clinical_outcomes.cohorts: found 'there', expected one of the cohorts here; did you "
            "mean 'here'? correct it",
        ),
        (
            {"reference": "placebo"},
            "clinical_outcomes.reference: found 'placebo' without arms, expected arms to compare "
            "with it; add arm, crossover or the arms of the cohorts, or remove the key",
        ),
        (
            {"arm": {"column": "arm"}},
            "clinical_outcomes.reference: found nothing, expected the arm that the others are "
            "compared with; add the key",
        ),
        (
            {"arm": {"column": "arm"}, "crossover": CROSSOVER, "reference": "placebo"},
            "clinical_outcomes: found arm and crossover, expected one way to say what people were "
            "given; remove the others",
        ),
        (
            {
                "arm": {"column": "arm", "values": {"d": "drug", "p": "saline"}},
                "reference": "salin",
            },
            "clinical_outcomes.reference: found 'salin', expected one of the arms drug, saline; "
            "did you mean 'saline'? correct it",
        ),
        (
            {"cohorts": {"here": "drug"}, "reference": "drug"},
            "clinical_outcomes: found the one arm 'drug', expected two arms or more; name the "
            "other one",
        ),
        (
            {"times": {"d1": 1}},
            "clinical_outcomes.times.d7: found nothing, expected the time of every visit; add the "
            "key",
        ),
        (
            {"times": {"d1": 7, "d7": 1}},
            "clinical_outcomes.times.d7: found 1, expected more than at d1, which is 7; correct "
            "one of them",
        ),
        (
            {"relapse": {"above": 20}},
            "clinical_outcomes.times: found nothing, expected the time of every visit, since "
            "clinical_outcomes.relapse counts time; add the key, as in times: {ses-24h: 1}",
        ),
        (
            {"times": {"d1": 1, "d7": 7}, "relapse": {"above": None}},
            "clinical_outcomes.relapse: found no rule, expected percent_of_baseline, above or "
            "both; add one, as in relapse: {percent_of_baseline: 80}",
        ),
        (
            {"times": {"d1": 1, "d7": 7}, "relapse": {"percent_of_baseline": 40}},
            "clinical_outcomes.relapse.percent_of_baseline: found 40, at which a person may still "
            "be a responder (clinical_outcomes.scales.MADRS), expected more than 50; correct one "
            "of them",
        ),
        (
            {"scales": {"MADRS": {"fall_percent": 0.5}}},
            "clinical_outcomes.scales.MADRS.fall_percent: found 0.5, expected a number at least 1 "
            "and at most 100; the default is 50",
        ),
        (
            {"covariates": ["participant_id"]},
            "clinical_outcomes.covariates: found 'participant_id', which tells rows apart, "
            "expected another column of the participants tables; correct it or leave it out",
        ),
        (
            {"arm": {"column": "arm"}, "reference": "p", "covariates": ["arm"]},
            "clinical_outcomes.covariates: found 'arm', which clinical_outcomes.arm.column takes, "
            "expected another column of the participants tables; correct it or leave it out",
        ),
        (
            {"reference": "placebo", "crossover": CROSSOVER | {"values": {"d": "x", "p": "x"}}},
            "clinical_outcomes: found the one arm 'x', expected two arms or more; name the other "
            "one",
        ),
        (
            {"reference": "placebo", "crossover": CROSSOVER | {"sessions": {"1": {"drug": "d1"}}}},
            "clinical_outcomes.crossover.sessions.1: found a mapping with 'drug', expected the "
            "session of either treatment, as in {ketamine: ses-d2, placebo: ses-p2}; correct it",
        ),
        (
            {"sustained": 3},
            "clinical_outcomes.sustained: found 3, expected at most the number of visits, which is "
            "2; correct it",
        ),
        (
            {"items": {"m10": {"low": 3}}},
            "clinical_outcomes.items.m10.low: found 3, expected at most present, which is 2; "
            "correct one of them",
        ),
        (
            {
                "reference": "placebo",
                "crossover": CROSSOVER | {"sessions": {"day 1": {"drug": "d1", "placebo": "d1"}}},
            },
            "clinical_outcomes.crossover.sessions.day 1.placebo: found 'd1', which is the session "
            "of day 1.drug too, expected each session once; correct one of them",
        ),
    ],
)
def test_a_mistake_is_one_line(keys, line):
    with pytest.raises(InputError) as error:
        load_config(raw(**keys))
    assert str(error.value) == f"config: {line}"


def test_the_order_of_sessions_is_that_of_the_study():
    changed = raw() | {"sessions": ["b0", "d7", "d1"]}
    with pytest.raises(InputError, match="visits: found 'd7' not after 'd1', expected the order"):
        load_config(changed)


def test_scores_are_needed():
    changed = raw()
    del changed["cohorts"]["here"]["scores"]
    with pytest.raises(InputError, match=r"cohorts\.here\.scores: found nothing, expected the"):
        load_config(changed)
