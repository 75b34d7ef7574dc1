"""Cohorts from tables of people that name, code and write things in their own way."""

import copy
import gzip

import pandas as pd
import pytest
import yaml
from openpyxl import Workbook
from pandas.testing import assert_frame_equal

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.people.cohorts import build_cohort

CONFIG = """
run: study
cohorts:
  munich:
    role: discovery
    participants: {folder}/munich.tsv
    scores: {folder}/scores.tsv
    sources: {{fs: {folder}/fs.tsv}}
outcome:
  {{kind: response, scale: MADRS, baseline: ses-0, endpoint: ses-1, positive_class: responder}}
features:
  fs: {{kind: table, source: fs}}
models:
  svc: {{features: fs, confounds: [age, sex]}}
"""
PEOPLE = [("sub-01", "30.5", "F"), ("sub-02", "41", "M"), ("sub-03", "n/a", "M")]
SCORES = {"sub-01": (30, 10), "sub-02": (28, 27), "sub-03": (30, 15)}


def table(header, rows, separator="\t"):
    return "".join(separator.join(map(str, row)) + "\n" for row in [header, *rows])


@pytest.fixture
def study(tmp_path):
    """Folder, configuration and what the plain tables of the study give."""
    long = [(p, f"ses-{i}", s[i]) for p, s in SCORES.items() for i in (0, 1)]
    files = {
        "munich.tsv": table(("participant_id", "age", "sex"), PEOPLE),
        "scores.tsv": table(("participant_id", "session_id", "MADRS"), long),
        "fs.tsv": table(("participant_id", "lh_a"), [(p, 2.5 + i) for i, p in enumerate(SCORES)]),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    raw = yaml.safe_load(CONFIG.format(folder=tmp_path))
    return tmp_path, raw, build_cohort(load_config(raw), "munich")[0]


def people_of(raw, text):
    """The discovery cohort where its section is changed by some YAML."""
    raw = copy.deepcopy(raw)
    raw["cohorts"]["munich"] |= yaml.safe_load(text)
    return build_cohort(load_config(raw), "munich")[0]


WIDE = "wide: {MADRS: {ses-0: MADRS_baseline, ses-1: MADRS_24h}}"


def wide_rows(comma=False):
    """Everything in one table with a column per session, sexes as numbers."""
    for code, age, sex in PEOPLE:
        age = "-9999" if age == "n/a" else age
        age = age.replace(".", ",") if comma else age
        yield (code, age, {"F": 2, "M": 1}[sex], *SCORES[code])


HEADER = ("Code", "Alter in Jahren", "Geschlecht", "MADRS_baseline", "MADRS_24h")
NAMES = """
columns: {participant_id: Code, age: Alter in Jahren, sex: Geschlecht}
codes: {sex: {1: M, 2: F}}
"""


def test_german_spreadsheet(study):
    folder, raw, expected = study
    text = table(HEADER, wide_rows(comma=True), ";").replace("Geschlecht", "Gesch\u00e4fchen")
    (folder / "m.csv").write_bytes(b"" + text.replace("\n", "\r\n").encode("cp1252"))
    changed = (
        NAMES.replace("Geschlecht", "Gesch\u00e4fchen")
        + f"""
participants: {folder}/m.csv
format: {{encoding: cp1252, missing: [-9999]}}
scores: {{{WIDE}}}
"""
    )
    assert_frame_equal(people_of(raw, changed), expected)


def test_compressed_text(study):
    folder, raw, expected = study
    (folder / "m.csv.gz").write_bytes(gzip.compress(table(HEADER, wide_rows(), ",").encode()))
    changed = f"{NAMES}\nparticipants: {folder}/m.csv.gz\nformat: {{missing: [-9999]}}"
    assert_frame_equal(people_of(raw, changed), expected)


def test_sheets_of_a_workbook(study):
    folder, raw, expected = study
    book = Workbook()
    book.active.title = "People"
    book.create_sheet("Scores")
    for code, age, sex, *_ in wide_rows():
        book["People"].append([code, float(age), sex])
    book["People"].insert_rows(1)
    for column, name in enumerate(HEADER[:3], start=1):
        book["People"].cell(1, column, name)
    book["Scores"].append(["ID", "visit", "MADRS"])
    for person, scores in SCORES.items():
        for session, score in enumerate(scores):
            book["Scores"].append([person, f"ses-{session}", score])
    book.save(folder / "m.xlsx")
    changed = (
        NAMES
        + f"""
participants: {folder}/m.xlsx
format: {{sheet: People, missing: [-9999]}}
scores:
  table: {folder}/m.xlsx
  columns: {{participant_id: ID, session_id: visit}}
  format: {{sheet: Scores}}
"""
    )
    assert_frame_equal(people_of(raw, changed), expected)


def test_levels_of_bids_decode_the_sex(study):
    folder, raw, expected = study
    rows = [(p, age, {"F": 2, "M": 1}[sex]) for p, age, sex in PEOPLE]
    (folder / "munich.tsv").write_text(table(("participant_id", "age", "sex"), rows))
    with pytest.raises(InputError, match=r"found '2', expected F or M .*sex: \{1: M, 2: F\}"):
        people_of(raw, "{}")
    (folder / "munich.json").write_text('{"sex": {"Levels": {"1": "Male", "2": "Female"}}}')
    assert_frame_equal(people_of(raw, "{}"), expected)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("columns: {age: Age}", "munich.tsv: found no column 'Age'"),
        ("columns: {years: age}", "munich.tsv: found no column 'age'"),
        ("codes: {sex: {1: M}}", "munich.tsv: line 2: column sex: found 'F', expected one of '1'"),
        ("codes: {sex: {yes: M}}", r"config: cohorts.munich.codes.sex: found the key True"),
        ("scores: {wide: {MADRS: {ses-0: x}}}", "munich.tsv: scores: MADRS: ses-0: found no col"),
        ("format: {decimal: ';'}", "cohorts.munich.format.decimal: found ';', expected"),
        ("format: {encoding: klingon}", "munich.tsv: encoding: found 'klingon', expected a name"),
        ("format: {sheet: A}", "munich.tsv: format.sheet: found 'A' for a file that is no Excel"),
    ],
)
def test_mistakes(study, changed, told):
    _, raw, _ = study
    with pytest.raises(InputError, match=told) as caught:
        people_of(raw, changed)
    assert "\n" not in str(caught.value)


def test_a_code_in_place_of_an_id_is_no_person(study):
    folder, raw, expected = study
    rows = [*PEOPLE, ("no_filename", "33", "F"), ("no_filename", "34", "F")]
    (folder / "munich.tsv").write_text(table(("participant_id", "age", "sex"), rows))
    with pytest.raises(InputError, match="found participant_id 'no_filename' again"):
        people_of(raw, "{}")
    assert_frame_equal(people_of(raw, "format: {missing: [no_filename]}"), expected)
    (folder / "munich.tsv").write_text(table(("participant_id", "age", "sex"), [*rows, ("", 1, 2)]))
    with pytest.raises(InputError, match="line 7: column participant_id: found no value"):
        people_of(raw, "format: {missing: [no_filename]}")


def test_a_wide_table_is_shown_how_to_be_read(study):
    folder, raw, _ = study
    wide = pd.DataFrame(list(wide_rows()), columns=["participant_id", *HEADER[1:]])
    wide.to_csv(folder / "scores.tsv", sep="\t", index=False)
    with pytest.raises(
        InputError, match=r"\{MADRS: \{ses-baseline: MADRS_baseline, ses-24h: MADRS_24h\}\}\}"
    ):
        people_of(raw, "{}")
