"""Mistakes of tables: each told in a line that helps, and all tables in one start."""

import numpy as np
import pandas as pd
import pytest
from test_checks import Study

from mri_response.core.errors import InputError
from mri_response.inputs.tables import check_ids, numbers, read_roi_table, read_table


@pytest.fixture
def study(tmp_path, root):
    return Study(tmp_path)


def written(tmp_path, text, name="table.tsv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def mistake(read, *arguments):
    with pytest.raises(InputError) as error:
        read(*arguments)
    text = str(error.value)
    assert "\n" not in text
    return text


def test_mistakes_of_several_tables_in_one_start(study):
    study.people["munich"].loc[2, "age"] = 300
    study.people["bonn"]["group"] = "ill"
    for name in study.people:
        study.write(name)
    table = pd.read_csv(study.folder / "bonn_fs.tsv", sep="\t").astype(str)
    table.loc[[1, 4, 7], "region_2"] = "low"
    table.to_csv(study.folder / "bonn_fs.tsv", sep="\t", index=False)
    (study.folder / "munich_fs.tsv").write_text("subject\tinsula\nm00\t2.5\n")
    with pytest.raises(InputError) as error:
        study.check()
    lines = str(error.value).replace(f"{study.folder}/", "").split("\n")
    assert [line.split(":")[0] for line in lines] == ["munich_fs.tsv"]
    study.__init__(study.folder)
    table.to_csv(study.folder / "bonn_fs.tsv", sep="\t", index=False)
    (study.folder / "munich.tsv").write_text("participant_id\tage\nsub-m00\t20\nsub-m00\t30\n")
    with pytest.raises(InputError) as error:
        study.check()
    lines = str(error.value).replace(f"{study.folder}/", "").split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("munich.tsv: found no column 'group'")
    assert lines[1] == (
        "bonn_fs.tsv: line 3: column region_2: found 'low', expected a number with a decimal "
        "point; "
        "correct it or write n/a (and 2 more such cells)"
    )


def test_zeros_far_from_the_others_are_told_with_the_number_of_people(study):
    table = pd.read_csv(study.folder / "bonn_fs.tsv", sep="\t")
    table["region_1"] = np.linspace(2.2, 2.9, len(table))
    table["region_3"] = np.linspace(-40, 300, len(table))
    table.loc[[2, 5], "region_1"] = 0
    table.loc[1, "region_3"] = 0  # among the others
    table.to_csv(study.folder / "bonn_fs.tsv", sep="\t", index=False)
    told = [line for line in study.check() if "have 0 in" in line]
    assert len(told) == 1
    assert told[0].replace(f"{study.folder}/", "") == (
        "warning: bonn_fs.tsv: 2 people have 0 in columns in which nobody else is near 0 "
        "('region_1'); it is taken as a measurement of 0; if it stands for a missing value, write "
        "n/a"
    )


def test_values_in_another_unit_are_told(study):
    table = pd.read_csv(study.folder / "bonn_fs.tsv", sep="\t")
    table["region_1"] = np.linspace(2.2, 2.9, len(table))
    table["region_3"] = np.linspace(-40, 300, len(table))  # signs of both kinds: no unit to tell
    table.loc[[2, 5], "region_1"] *= 1000
    table.to_csv(study.folder / "bonn_fs.tsv", sep="\t", index=False)
    (told,) = [line for line in study.check() if "another unit, convert" in line]
    assert told.replace(f"{study.folder}/", "").startswith(
        "warning: bonn_fs.tsv: 2 people have values about "
    )
    assert told.endswith(
        "times those of the others ('region_1'); if they are in another unit, convert them"
    )


def test_a_table_in_another_unit_than_the_discovery_cohorts_is_a_mistake(study):
    rng = np.random.default_rng(8)
    for name, factor in (("munich", 1), ("bonn", 1)):
        path = study.folder / f"{name}_fs.tsv"
        table = pd.read_csv(path, sep="\t")
        regions = [f"region_{i}" for i in range(4)]
        table[regions] = factor * rng.normal(2500, 200, (len(table), 4)).round(1)
        table.to_csv(path, sep="\t", index=False)
    study.check()
    table[regions] /= 1000  # cm3 in place of mm3
    table.to_csv(path, sep="\t", index=False)
    text = study.mistake()
    assert text.startswith("bonn_fs.tsv: found that values are 0.00")
    assert "times those of the discovery cohort munich (medians), expected one unit" in text
    table[regions] *= 1000
    table["region_2"] *= 8
    table.to_csv(path, sep="\t", index=False)
    (told,) = [text for text in study.check().warnings if "is the scale the same" in text]
    assert "bonn_fs.tsv: values of region_2 are 8" in told


def test_tables_of_one_hemisphere_are_told(study):
    def rename(*names):
        for cohort in ("munich", "bonn"):
            path = study.folder / f"{cohort}_fs.tsv"
            table = pd.read_csv(path, sep="\t")
            table.columns = ["participant_id", *names]
            table.to_csv(path, sep="\t", index=False)
        return [text for text in study.check().warnings if "hemisphere" in text]

    (told,) = rename("Right-Insula", "Right-Cuneus", "Right-Pallidum", "Right-Putamen")
    assert told == (
        "features.fs: 4 columns are of the right hemisphere ('Right-Insula', 'Right-Cuneus' and 2 "
        "more) and none of the left: is its table missing?"
    )
    assert rename("rh_insula", "rh_cuneus", "lh_cuneus", "rh_pallidum") == []
    study.raw["features"]["fs"]["columns"] = ["lh_*"]
    assert rename("lh_insula", "lh_cuneus", "lh_fusiform", "lh_pallidum") == []


def test_a_column_without_a_value_is_named(tmp_path):
    path = written(tmp_path, "participant_id\tinsula\tcuneus\na\t2.5\tn/a\nb\t2.7\t\n")
    text = mistake(read_roi_table, path)
    assert text.endswith("found no value in 'cuneus', expected numbers; leave it out (exclude)")
    assert list(read_roi_table(path, ["*"], ["cuneus"])) == ["participant_id", "insula"]


@pytest.mark.parametrize("word", ["Total", "MEAN", "Mean (SD)", "Gesamt", "grand total", "Std Dev"])
def test_rows_of_totals_are_no_people(tmp_path, word):
    path = written(tmp_path, f"participant_id\tinsula\na\t2.5\nb\t2.7\n{word}\t2.6\n")
    text = mistake(read_roi_table, path)
    assert (
        f"line 4: column participant_id: found {word!r}, which looks like a row of totals" in text
    )
    assert text.endswith("remove the row")


@pytest.mark.parametrize("person", ["Max", "SD", "sum01", "MW", "meanie"])
def test_initials_and_names_are_people(tmp_path, person):
    path = written(tmp_path, f"participant_id\tinsula\na\t2.5\n{person}\t2.7\n")
    assert list(read_roi_table(path)["participant_id"]) == ["a", person]


def test_merged_cells_above_the_header_and_notes_below_the_rows(tmp_path):
    rows = "participant_id;age;dose\na;30;5\nb;31;6\n"
    text = mistake(read_table, written(tmp_path, f"people;;drug\n{rows}", "a.csv"))
    assert "line 1: found 'people', 'drug' and cells without a text" in text
    assert "line 2 ('participant_id', 'age', 'dose') seems to hold them: remove what is" in text
    text = mistake(read_table, written(tmp_path, f"\n;;drug\n{rows}", "a.csv"))
    assert "line 2: found 'drug' and cells without a text" in text
    text = mistake(read_table, written(tmp_path, f"{rows}* by self-report\n", "a.csv"))
    assert "line 4: found 1 cell, expected 3" in text
    assert text.endswith("remove the line if it is a note; write n/a where a value is missing")
    # Empty columns at the right end are Excel's.
    assert len(read_table(written(tmp_path, "participant_id;arm;;\na;x;;\nb;y;;\n", "a.csv"))) == 2


def test_ids_under_another_name(tmp_path):
    path = written(tmp_path, "Subject,age\n0042,31\n", "people.csv")
    assert "if 'Subject', which begins with '0042', holds the ids" in mistake(read_table, path)
    path = written(tmp_path, "1450.2,700.1\n1380.0,650.2\n", "TIV.csv")
    assert "found '1450.2' where the name of the first column is expected" in mistake(
        read_table, path
    )
    path = written(tmp_path, "subject area\nx1 20\n", "area.txt")
    assert "separated by spaces" in mistake(read_table, path)


def test_people_with_several_rows(tmp_path):
    rows = [f"p{i}\t{hemi}_{name}\t2.{i}" for i in range(9) for hemi in "lr" for name in "ab"]
    path = written(tmp_path, "participant_id\tlabel\tvolume\n" + "\n".join(rows) + "\n")
    text = mistake(read_roi_table, path)
    assert "line 3: found participant_id 'p0' again (first on line 2), expected each once" in text
    assert "several rows (by 'label', it seems), where one per person is expected" in text
    assert text.endswith("(and 26 more such rows)")
    rows = [f"p{i}\tvisit{v}\t2.{i}" for v in range(3) for i in range(9)]
    path = written(tmp_path, "participant_id\tsession_id\tvolume\n" + "\n".join(rows) + "\n")
    text = mistake(check_ids, read_table(path), path, ["participant_id"])
    assert "several sessions ('visit0', 'visit1', 'visit2'): add session_id to the part" in text


def test_comments_quotes_units_and_rows_without_a_name(tmp_path):
    comment = written(tmp_path, "# SPSS, 3 May\nparticipant_id,age\na,3\nb,4\n", "a.csv")
    assert "line 1: found the comment '# SPSS' above the header" in mistake(read_table, comment)
    quote = written(tmp_path, 'participant_id\tnote\na\tfine\nb\t"left early\nc\t\n')
    assert "line 3: found a line break inside a cell or a quote" in mistake(read_table, quote)
    units = written(tmp_path, "participant_id\tarea\n-\tmm2\na\t800\nb\t790\n")
    assert "line 2: column area: found 'mm2'" in mistake(numbers, read_table(units), "area", units)
    assert "if the line holds units or labels, remove it" in mistake(
        numbers, read_table(units), "area", units
    )
    unnamed = written(tmp_path, ",participant_id,age\n0,a,3\n1,b,4\n", "b.csv")
    assert "remove the column of row numbers, which R and pandas write" in mistake(
        read_table, unnamed
    )


def test_a_changed_file_is_read_anew_and_nobody_changes_what_others_read(tmp_path):
    path = written(tmp_path, "participant_id\tinsula\na\t2.5\nb\t2.7\n")
    first = read_table(path)
    first["insula"] = "0"
    assert read_table(path)["insula"].tolist() == ["2.5", "2.7"]
    regions = read_roi_table(path)
    regions["insula"] = 0.0
    assert read_roi_table(path)["insula"].tolist() == [2.5, 2.7]
    written(tmp_path, "participant_id\tinsula\na\t2.25\nb\t2.75\n")
    assert read_roi_table(path)["insula"].tolist() == [2.25, 2.75]


def test_scores_of_one_row_per_person(study):
    for name, people in study.people.items():
        scores = people[["participant_id"]].assign(PANSS_pre=90.0, PANSS_week6=50.0)
        scores.to_csv(study.folder / f"{name}_scores.tsv", sep="\t", index=False)
        study.raw["cohorts"][name]["scores"] = f"{study.folder}/{name}_scores.tsv"
    study.raw["outcome"] = {
        "kind": "response",
        "scale": "PANSS",
        "baseline": "pre",
        "endpoint": "week6",
        "positive_class": "responder",
    }
    with pytest.raises(InputError) as error:
        study.check()
    assert str(error.value).count("one row per person and session, with the columns") == 2
    assert "in place of 'PANSS_pre', 'PANSS_week6'" in str(error.value)


def test_codes_of_sex_make_no_subgroups(study):
    for name, people in study.people.items():
        people["sex"] = np.arange(len(people)) // 3 % 2 + 1
        study.write(name)
    study.raw["models"]["svc"]["confounds"] = ["age"]
    told = [text for text in study.check().warnings if "no subgroups" in text]
    assert len(told) == 2
    assert told[0].startswith("cohort munich: no subgroups by sex, and it is not described, since")
    assert "found '1', expected F or M" in told[0]
    study.raw["subgroups"] = {"columns": ["site"]}
    assert not [text for text in study.check().warnings if "no subgroups" in text]


def test_impossible_volumes_are_counted_and_may_be_left_to_a_rule(study):
    for name, people in study.people.items():
        people["icv"] = 1450.0 + np.arange(len(people))
        people.loc[[1, 3, 5], "icv"] = 12.5
        study.write(name)
        study.raw["cohorts"][name]["tiv"] = {"column": "icv"}
    text = ""
    with pytest.raises(InputError) as error:
        study.check()
    text = str(error.value)
    assert "line 3: column icv: found 12.5 ml, expected a total intracranial volume" in text
    assert "with a rule under quality_control.exclude" in text
    assert "(and 2 more such values)" in text
    study.raw["quality_control"] = {"exclude": [{"measure": "tiv", "below": 900}]}
    assert study.check().lines[0].startswith("cohort munich (discovery): 24 people")
    for people in study.people.values():
        people["icv"] = 1_450_000.0
    study.write("munich")
    with pytest.raises(InputError, match="it looks like mm3"):
        study.check()
