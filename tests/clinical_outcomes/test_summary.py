"""What is said of a study before the first job."""

from outcome_files import people_and_scores, written

from mri_response.preflight.checks import check_inputs


def lines(folder, people, scores, **section):
    found = list(check_inputs(written(folder, people, scores, **section)))
    return [line.replace(f"{folder}/", "") for line in found if "cohort" not in line]


def test_people_and_scores_are_counted(tmp_path):
    assert lines(tmp_path, *people_and_scores()) == [
        "clinical outcomes: 16 people, 8 drug, 8 placebo; MADRS scores: 16 at before, 16 at day1, "
        "15 at day7"
    ]
    assert lines(tmp_path, *people_and_scores(), arm=None, reference=None) == [
        "clinical outcomes: 16 people; MADRS scores: 16 at before, 16 at day1, 15 at day7"
    ]


def test_a_session_that_is_written_wrongly_in_one_row_is_told(tmp_path):
    people, scores = people_and_scores()
    scores.loc[2, "session_id"] = "dya7"
    assert lines(tmp_path, people, scores) == [
        "clinical outcomes: 16 people, 8 drug, 8 placebo; MADRS scores: 16 at before, 16 at day1, "
        "14 at day7",
        "  scores.tsv: scores at other sessions, which are not looked at: dya7 (1)",
    ]
