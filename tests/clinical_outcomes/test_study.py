"""Scores, arms and periods as they are read from the tables of users, and their mistakes."""

import pandas as pd
import pytest
from outcome_files import people_and_scores, written

from mri_response.clinical_outcomes.study import (
    FIRST_PERIOD,
    STUDY_COLUMNS,
    WHOLE,
    read_outcomes,
    study_of,
)
from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv, write_tsv
from mri_response.preflight.checks import check_inputs

CROSSOVER = {
    "arm": None,
    "items": None,
    "crossover": {
        "periods": ["first", "second"],
        "values": {"d": "drug", "p": "placebo"},
        "sessions": {"soon": {"drug": "day1", "placebo": "day7"}},
    },
}


def of_periods():
    people, scores = people_and_scores()
    other = people["arm"].map({"d": "p", "p": "d"})
    return people.assign(first=people["arm"], second=other), scores


def test_everybody_is_there_with_arm_visit_and_the_total_without_the_item(tmp_path):
    people, scores = people_and_scores()
    study = read_outcomes(written(tmp_path, people, scores))
    assert list(study.scores) == [*STUDY_COLUMNS, "competing"]
    kinds = study.scores.drop_duplicates("measure").set_index("measure")["kind"].to_dict()
    assert kinds == {"MADRS": "scale", "MADRS_10": "item", "MADRS without MADRS_10": "without_item"}
    own = study.scores[study.scores["measure"] == "MADRS"].set_index(["participant_id", "visit"])
    assert len(own) == 2 * len(people)
    wide = scores.set_index(["participant_id", "session_id"])
    assert own.loc[("sub-01", 2), "change"] == (
        wide.loc[("sub-01", "day7"), "MADRS"] - wide.loc[("sub-01", "before"), "MADRS"]
    )
    assert set(own["arm"]) == {"drug", "placebo"}
    assert own["score"].isna().sum() == 1
    rest = study.scores[study.scores["measure"] == "MADRS without MADRS_10"]
    first = wide.loc[("sub-01", "day1")]
    assert rest["score"].iloc[0] == first["MADRS"] - first["MADRS_10"]


def test_the_study_survives_its_tables(tmp_path):
    people, scores = of_periods()
    study = read_outcomes(written(tmp_path, people, scores, covariates=["site"], **CROSSOVER))
    tables = {"scores": study.scores, "periods": study.periods}
    for name, table in tables.items():
        write_tsv(table, tmp_path / f"{name}.tsv")
    again = study_of({name: read_tsv(tmp_path / f"{name}.tsv") for name in tables})
    pd.testing.assert_frame_equal(again.scores, study.scores, check_dtype=False)
    pd.testing.assert_frame_equal(again.periods, study.periods, check_dtype=False)


def test_the_first_period_of_a_crossover_is_a_trial_with_arms(tmp_path):
    people, scores = of_periods()
    study = read_outcomes(written(tmp_path, people, scores, **CROSSOVER))
    whole = study.scores[study.scores["part"] == WHOLE]
    assert set(whole["arm"]) == {"all"}
    first = study.scores[study.scores["part"] == FIRST_PERIOD].set_index("participant_id")
    assert first["session_id"].unique().tolist() == ["soon"]
    value = scores.set_index(["participant_id", "session_id"])["MADRS"]
    assert first.loc["sub-01", "arm"] == "drug"
    assert first.loc["sub-01", "score"] == value["sub-01", "day1"]
    assert first.loc["sub-02", "arm"] == "placebo"
    assert first.loc["sub-02", "score"] == value["sub-02", "day7"]
    own = study.periods[study.periods["participant_id"] == "sub-02"]
    assert own["treatment"].tolist() == ["placebo", "drug"]


def test_someone_without_arm_and_without_scores_after_baseline_is_left_out(tmp_path):
    people, scores = people_and_scores()
    people.loc[3, "arm"] = None
    known = (scores["participant_id"] != "sub-04") | (scores["session_id"] == "before")
    study = read_outcomes(written(tmp_path, people, scores[known]))
    assert "sub-04" not in set(study.scores["participant_id"])
    assert study.scores["participant_id"].nunique() == len(people) - 1


def test_arms_of_cohorts(tmp_path):
    people, scores = people_and_scores()
    config = written(tmp_path, people, scores, arm=None, reference=None)
    drugged = people["arm"] == "d"
    cohort = config["cohorts"]["here"]
    for name, rows in (("a", people[drugged]), ("b", people[~drugged])):
        rows.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False)
        config["cohorts"][name] = cohort | {"participants": str(tmp_path / f"{name}.tsv")}
    config["clinical_outcomes"] |= {"cohorts": {"a": "drug", "b": "saline"}, "reference": "saline"}
    study = read_outcomes(config)
    arms = study.scores.drop_duplicates("participant_id").set_index("participant_id")["arm"]
    assert arms["sub-01"] == "drug"
    assert arms["sub-02"] == "saline"


# ---------------------------------------------------------------- mistakes
def copied(scores, session):
    """The scores before treatment again in another session."""
    before = scores[scores["session_id"] == "before"].assign(session_id=session)
    return pd.concat([scores[scores["session_id"] != session], before])


def changed(scores, line, column, value):
    scores = scores.astype(object)
    scores.loc[line - 2, column] = value
    return scores


@pytest.mark.parametrize(
    ("change", "section", "line"),
    [
        (
            lambda people, scores: (people, changed(scores, 3, "MADRS", 61)),
            {},
            "scores.tsv: line 3: column MADRS: found 61 for sub-01 at day1, expected a MADRS score "
            "of 0 to 60; correct it or write n/a",
        ),
        (
            lambda people, scores: (people, changed(scores, 3, "MADRS_10", 7)),
            {},
            "scores.tsv: line 3: column MADRS_10: found 7 for sub-01 at day1, expected a MADRS_10 "
            "score of 0 to 6; correct it or write n/a",
        ),
        (
            lambda people, scores: (people, changed(scores, 3, "MADRS", 45)),
            {"scales": {"MADRS": {"highest": 40}}},
            "scores.tsv: line 3: column MADRS: found 45 for sub-01 at day1, expected a MADRS score "
            "of 0 to 40; correct it or write n/a",
        ),
        (
            lambda people, scores: (people, changed(scores, 4, "session_id", "day1")),
            {},
            "scores.tsv: line 4: found participant_id 'sub-01', session_id 'day1' again (first on "
            "line 3), expected each once; remove or correct one of the rows",
        ),
        (
            lambda people, scores: (people, changed(scores, 4, "session_id", None)),
            {},
            "scores.tsv: line 4: column session_id: found no value, expected one in every row; "
            "fill it or remove the row",
        ),
        (
            lambda people, scores: (people, scores),
            {"visits": ["day1", "day8"]},
            "scores.tsv: found no MADRS score at session_id 'day8' among 'before', 'day1', 'day7', "
            "expected some (clinical_outcomes.visits); did you mean 'day7'? correct the config or "
            "the table",
        ),
        (
            lambda people, scores: (changed(people, 5, "arm", None), scores),
            {},
            "people.tsv: line 5: column arm: found no value for sub-04, who has scores after "
            "before, expected the arm; fill it",
        ),
        (
            lambda people, scores: (changed(people, 5, "arm", "x"), scores),
            {},
            "people.tsv: line 5: column arm: found 'x', expected one of 'd', 'p' "
            "(clinical_outcomes.arm.values); correct one of them",
        ),
        (
            lambda people, scores: (changed(people, 5, "arm", "P"), scores),
            {"arm": {"column": "arm"}, "reference": "p"},
            "people.tsv: line 5: column arm: found 'P', expected 'p' as in other rows: the two "
            "differ only by upper and lower case; write them alike",
        ),
        (
            lambda people, scores: (people, scores),
            {"arm": {"column": "arm"}, "reference": "control"},
            "config: clinical_outcomes.reference: found 'control', expected one of the arms 'd', "
            "'p'; correct it",
        ),
        (
            lambda people, scores: (people, scores),
            {"covariates": ["sites"]},
            "people.tsv: found no column 'sites', expected it among 'participant_id', 'arm', "
            "'site'; did you mean 'site'? add or rename the column",
        ),
        (
            lambda people, scores: (people, scores),
            {"scales": {"MADRZ": {}}},
            "scores.tsv: found no column 'MADRZ' (clinical_outcomes.scales) and no columns scale "
            "and score, expected one or the other among 'MADRS', 'MADRS_10'; did you mean 'MADRS'? "
            "correct the config or the table",
        ),
        (
            lambda people, scores: (people, changed(scores, 2, "MADRS", 2)),
            {},
            "scores.tsv: found an item of 4 above the total of 2 for sub-01 at before, "
            "expected an item of that scale; correct clinical_outcomes.scales in the config or the "
            "table",
        ),
        (
            lambda people, scores: (people.assign(age=40), scores),
            {"covariates": ["site", "age"]},
            "people.tsv: column age: found 40.0 for everybody, expected values that differ between "
            "people in a covariate; leave it out (clinical_outcomes.covariates)",
        ),
        (
            lambda people, scores: (people.assign(name=[f"n{i}" for i in people.index]), scores),
            {"covariates": ["name"]},
            "people.tsv: column name: found 16 texts in 16 people, expected numbers or few "
            "categories in a covariate; leave it out (clinical_outcomes.covariates)",
        ),
        (
            lambda people, scores: (people.assign(arm=["p"] + ["d"] * (len(people) - 1)), scores),
            {},
            "config: clinical_outcomes.arm: found one person in arm 'placebo', expected two or "
            "more in each; correct the column or the key, or leave the person out (where)",
        ),
        (
            lambda people, scores: (people, copied(scores, "day7")),
            {},
            "scores.tsv: found the MADRS score before treatment at day7 again, in all 16 people, "
            "expected scores of that visit; correct the table or the columns that the scores are "
            "read from",
        ),
    ],
)
def test_a_mistake_is_one_line_before_the_first_job(tmp_path, change, section, line):
    config = written(tmp_path, *change(*people_and_scores()), **section)
    with pytest.raises(InputError) as error:
        check_inputs(config)
    assert str(error.value).replace(f"{tmp_path}/", "") == line


@pytest.mark.parametrize(
    ("column", "value", "line"),
    [
        (
            "second",
            "d",
            "people.tsv: line 2: column second: found 'd' as in first, expected the other "
            "treatment; correct one of them",
        ),
        (
            "second",
            None,
            "people.tsv: line 2: columns first and second: found no placebo for sub-01, who has a "
            "score at day7, expected it in one of them; fill it there or remove the score",
        ),
    ],
)
def test_mistakes_of_a_crossover(tmp_path, column, value, line):
    people, scores = of_periods()
    config = written(tmp_path, changed(people, 2, column, value), scores, **CROSSOVER)
    with pytest.raises(InputError) as error:
        check_inputs(config)
    assert str(error.value).replace(f"{tmp_path}/", "") == line
