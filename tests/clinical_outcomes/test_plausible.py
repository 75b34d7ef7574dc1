"""What no trial can have is one line before the first job."""

import numpy as np
import pandas as pd
import pytest
from outcome_files import people_and_scores, written

from mri_response.clinical_outcomes.results import outcome_part
from mri_response.clinical_outcomes.study import read_outcomes
from mri_response.core.errors import InputError
from mri_response.preflight.checks import check_inputs

TIMES = {"times": {"day1": 1, "day7": 7}, "competing": "stopped"}
CROSSOVER = {
    "arm": None,
    "items": None,
    "crossover": {
        "periods": ["first", "second"],
        "values": {"d": "drug", "p": "placebo"},
        "sessions": {"soon": {"drug": "day1", "placebo": "day7"}},
    },
}


def mistake(folder, people, scores, **section):
    """The line about a study, without the folder."""
    config = written(folder, people, scores, **section)
    with pytest.raises(InputError) as error:
        check_inputs(config)
    line = str(error.value).replace(f"{folder}/", "")
    assert "\n" not in line
    return line


def aged(people, known=lambda i: True):
    return people.assign(age=[30.0 + i % 7 if known(i) else np.nan for i in people.index])


def test_a_covariate_that_is_a_number_is_in_the_models(tmp_path):
    people, scores = people_and_scores()
    config = written(tmp_path, aged(people), scores, covariates=["age", "site"])
    check_inputs(config)
    study = read_outcomes(config)
    assert study.scores["age"].dtype == float
    fitted = outcome_part(config["clinical_outcomes"], study, "models")["fit"]
    without = written(tmp_path, aged(people), scores)["clinical_outcomes"]
    plain = outcome_part(without, study, "models")["fit"]
    assert fitted["covariance"].notna().all()
    assert (fitted["deviance"] != plain["deviance"]).all()


# ---------------------------------------------------------------- arms
@pytest.mark.parametrize(
    ("column", "section", "line"),
    [
        ("p", {}, "clinical_outcomes.arm: found nobody in arm 'drug', expected two or more in"),
        ("d", {}, "clinical_outcomes.arm: found nobody in arm 'placebo', expected two or more"),
        (
            "p",
            {"arm": {"column": "arm"}, "reference": "p"},
            "config: clinical_outcomes.arm: found everybody in arm 'p', expected two arms or more; "
            "correct the column, or remove arm and reference from a study of one group",
        ),
    ],
)
def test_an_arm_without_people(tmp_path, column, section, line):
    people, scores = people_and_scores()
    assert line in mistake(tmp_path, people.assign(arm=column), scores, **section)


def test_an_arm_that_the_configuration_alone_has(tmp_path):
    values = {"d": "drug", "p": "placebo", "m": "midazolam"}
    section = {"arm": {"column": "arm", "values": values}}
    line = mistake(tmp_path, *people_and_scores(), **section)
    assert line.startswith("config: clinical_outcomes.arm: found nobody in arm 'midazolam'")


@pytest.mark.parametrize("session", ["before", "after"])
def test_an_arm_without_a_score_before_or_after(tmp_path, session):
    people, scores = people_and_scores()
    untreated = scores["participant_id"].isin(people.loc[people["arm"] == "p", "participant_id"])
    at = (scores["session_id"] == "before") == (session == "before")
    line = mistake(tmp_path, people, scores[~(untreated & at)])
    assert line == (
        "scores.tsv: found nobody in arm 'placebo' with a MADRS score at before and one later, "
        "expected two people or more; add their scores"
    )


def test_people_of_whom_each_has_one_score(tmp_path):
    people, scores = people_and_scores()
    even = scores["participant_id"].str[-1].astype(int) % 2 == 0
    kept = scores[even == (scores["session_id"] == "before")]
    line = mistake(tmp_path, people, kept, arm=None, reference=None)
    assert line.startswith("scores.tsv: found nobody with a MADRS score at before and one later")


def test_one_person(tmp_path):
    people, scores = people_and_scores()
    line = mistake(tmp_path, people.iloc[:1], scores.iloc[:3], arm=None, reference=None)
    assert line == "people.tsv: found one person, expected two or more; add people"


def by_session(people, first, second):
    return pd.concat([people.assign(session_id=s, arm=a) for s, a in (first, second)])


def test_rows_of_a_person_that_name_two_arms(tmp_path):
    people, scores = people_and_scores()
    swapped = people["arm"].map({"d": "p", "p": "d"})
    rows = by_session(people, ("before", people["arm"]), ("day1", swapped))
    assert mistake(tmp_path, rows, scores) == (
        "people.tsv: line 18: column arm: found 'p' for sub-01, who has 'd' in another line, "
        "expected one value for each person; correct one of them or leave one of the lines out "
        "(where)"
    )


def test_an_arm_may_stand_in_one_of_a_persons_rows(tmp_path):
    people, scores = people_and_scores()
    rows = by_session(people, ("before", None), ("day1", people["arm"]))
    study = read_outcomes(written(tmp_path, rows, scores))
    arms = study.scores.drop_duplicates("participant_id")["arm"]
    assert arms.tolist() == people["arm"].map({"d": "drug", "p": "placebo"}).tolist()


def test_a_crossover_in_one_order(tmp_path):
    people, scores = people_and_scores()
    people = people.assign(first="d", second="p")
    assert mistake(tmp_path, people, scores, **CROSSOVER) == (
        "people.tsv: column first: found drug for everybody, expected people with either treatment "
        "first, since the treatment and its period are one otherwise; correct the column or remove "
        "crossover"
    )


# ---------------------------------------------------------------- scores
@pytest.mark.parametrize("score", [0, 20])
def test_one_baseline_score_of_everybody(tmp_path, score):
    people, scores = people_and_scores()
    before = scores["session_id"] == "before"
    scores = scores.assign(MADRS=scores["MADRS"].mask(before, score))
    assert mistake(tmp_path, people, scores, items=None) == (
        f"scores.tsv: found a MADRS score of {score} at before for everybody, expected scores that "
        "differ between people; correct the table or clinical_outcomes.baseline"
    )


def test_a_remission_that_everybody_is_in_already(tmp_path):
    section = {"scales": {"MADRS": {"remission": 50}}}
    line = mistake(tmp_path, *people_and_scores(), **section)
    assert line.startswith("config: clinical_outcomes.scales.MADRS.remission: found 50, while no")


def test_two_visits_with_the_same_scores(tmp_path):
    people, scores = people_and_scores()
    first = scores[scores["session_id"] == "day1"].assign(session_id="day7")
    copied = pd.concat([scores[scores["session_id"] != "day7"], first])
    assert mistake(tmp_path, people, copied) == (
        "scores.tsv: found the MADRS score of day1 at day7 again, in all 16 people, expected "
        "scores of that visit; correct the table or the columns that the scores are read from"
    )


def test_sessions_of_one_cohort_with_other_names(tmp_path):
    people, scores = people_and_scores()
    config = written(tmp_path, people, scores)
    other = people.assign(participant_id=people["participant_id"].str.replace("sub", "new"))
    theirs = scores.assign(
        participant_id=scores["participant_id"].str.replace("sub", "new"),
        session_id=scores["session_id"].map({"before": "T0", "day1": "T1", "day7": "T2"}),
    )
    for name, table in (("others", other), ("their_scores", theirs)):
        table.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False)
    tables = {"participants": "others.tsv", "scores": "their_scores.tsv"}
    own = {key: str(tmp_path / name) for key, name in tables.items()}
    cohort = config["cohorts"]["here"]
    own["scores"] = cohort["scores"] | {"table": own["scores"]}
    config["cohorts"]["there"] = cohort | own | {"role": "external"}
    config["clinical_outcomes"]["cohorts"] = ["here", "there"]
    with pytest.raises(InputError, match=r"their_scores\.tsv: found no MADRS score at session_id"):
        read_outcomes(config)


# ---------------------------------------------------------------- columns
@pytest.mark.parametrize(
    ("name", "values", "line"),
    [
        (
            "centre",
            lambda people: people["arm"].map({"d": "x", "p": "y"}),
            "people.tsv: column centre: found values that follow from arm, baseline or the "
            "covariates before it, expected a covariate that says something more; leave it out "
            "(clinical_outcomes.covariates)",
        ),
        (
            "place",
            lambda people: people["site"].map({"a": "x", "b": "y"}),
            "people.tsv: column place: found values that follow from arm, baseline or the",
        ),
        (
            "place",
            lambda people: ["A", *people["site"][1:]],
            "people.tsv: line 2: column place: found 'A', expected 'a' as in other rows",
        ),
        (
            "age",
            lambda people: aged(people, lambda i: i % 2 == 0)["age"],
            "people.tsv: found nobody in arm 'placebo' with all covariates (site, age) and scores "
            "before and after, expected two people or more; fill the columns, or leave covariates "
            "out (clinical_outcomes.covariates)",
        ),
        (
            "age",
            lambda people: ["old", *range(30, 45)],
            "people.tsv: line 2: column age: found 'old', expected a number with a decimal point",
        ),
    ],
)
def test_covariates_that_cannot_be_in_a_model(tmp_path, name, values, line):
    people, scores = people_and_scores()
    people = people.assign(**{name: values(people)})
    assert mistake(tmp_path, people, scores, covariates=["site", name]).startswith(line)


def test_the_baseline_is_no_covariate(tmp_path):
    people, scores = people_and_scores()
    before = scores.loc[scores["session_id"] == "before", "MADRS"].to_numpy()
    line = mistake(tmp_path, people.assign(start=before), scores, covariates=["start"])
    assert line.startswith("people.tsv: column start: found values that follow from arm, baseline")


@pytest.mark.parametrize("value", [0, -3])
def test_competing_times_lie_after_the_baseline(tmp_path, value):
    people, scores = people_and_scores()
    people = people.assign(stopped=[np.nan, value, *[np.nan] * 14])
    line = mistake(tmp_path, people, scores, **TIMES)
    assert line.startswith(
        f"people.tsv: line 3: column stopped: found '{value}.0', expected a time"
    )
