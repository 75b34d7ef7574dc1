"""Effects of people from tables, from folders of programs and from tables of effects."""

import re

import numpy as np
import pandas as pd
import pytest
from source_study import write_stats

from mri_response.config.load import load_config
from mri_response.config.source_kinds import with_values
from mri_response.core.errors import InputError
from mri_response.inputs.parcels import parcels_of
from mri_response.people.extraction import extract
from mri_response.variability.study import read_effect

PEOPLE = [f"sub-{number:02}" for number in range(1, 15)]
COLUMNS = ["lh_insula_thickness", "rh_insula_thickness", "lh_cuneus_thickness"]


def study(folder, sources, **effect):
    """Configuration of an effect of fourteen people."""
    pd.DataFrame({"participant_id": PEOPLE}).to_csv(folder / "p.tsv", sep="\t", index=False)
    effect = {"before": {"source": "one"}, "after": {"source": "two"}, **effect}
    return {
        "run": "study",
        "cohorts": {
            "drug": {
                "role": "discovery",
                "participants": str(folder / "p.tsv"),
                "sources": sources,
            }
        },
        "effects": {"change": effect},
        "variability": {"effects": ["change"], "atlas": "desikan_killiany"},
    }


def read(raw, folder):
    """The effect, after the folders of programs were read as at the start of a run."""
    config = load_config(raw)
    extract(config, folder / "read")
    return read_effect(with_values(config, str(folder / "read")), "change")


def mistake(raw, folder):
    with pytest.raises(InputError) as error:
        read(raw, folder)
    assert "\n" not in str(error.value)
    return str(error.value).replace(f"{folder}/", "")


def table(folder, name, seed, columns=COLUMNS, people=PEOPLE):
    values = np.random.default_rng(seed).normal(3, 0.1, (len(people), len(columns)))
    made = pd.DataFrame(values, columns=columns)
    made.insert(0, "participant_id", people)
    made.to_csv(folder / name, sep="\t", index=False)
    return str(folder / name)


def test_folders_of_freesurfer_give_the_differences_of_their_files(tmp_path):
    written = {}
    for visit, name in enumerate(("one", "two")):
        for person in PEOPLE[: 14 - visit]:  # the last one has no second visit
            write_stats(tmp_path / name, person)
            shift = visit * (0.01 * int(person[-2:]) - 0.05)
            for side in ("rh", "lh"):
                place = tmp_path / name / person / "stats" / f"{side}.aparc.stats"
                text = re.sub(
                    r"2000 (\S+)",
                    lambda found, shift=shift: f"2000 {float(found[1]) + shift:.3f}",
                    place.read_text(),
                )
                place.write_text(text)
            written[name, person] = float(re.search(r"insula 2000 (\S+)", text)[1])
    sources = {name: {"freesurfer": str(tmp_path / name)} for name in ("one", "two")}
    columns = ["*_insula_thickness", "*_precuneus_thickness"]
    made = read(study(tmp_path, sources, columns=columns), tmp_path)
    assert sorted(made.regions) == sorted(
        f"{side}_{name}_thickness" for side in ("lh", "rh") for name in ("insula", "precuneus")
    )
    expected = [written["two", person] - written["one", person] for person in PEOPLE[:13]]
    np.testing.assert_allclose(made.maps.loc[PEOPLE[:13], "lh_insula_thickness"], expected)
    people = made.people.set_index("participant_id")
    assert people.loc["sub-14", "reason"] == "no values after"
    assert len(parcels_of("desikan_killiany", made.regions, "atlas")) == 4


def test_a_table_may_hold_effects_already(tmp_path):
    path = table(tmp_path, "change.tsv", 1)
    made = read(study(tmp_path, {"two": path}, before=None), tmp_path)
    given = pd.read_csv(path, sep="\t").set_index("participant_id")
    np.testing.assert_allclose(made.maps[COLUMNS], given[COLUMNS])
    assert made.baseline is None


def test_columns_and_rows_in_another_order_change_no_effect(tmp_path):
    sources = {"one": table(tmp_path, "one.tsv", 1), "two": table(tmp_path, "two.tsv", 2)}
    made = read(study(tmp_path, sources), tmp_path)
    mixed = pd.read_csv(sources["one"], sep="\t").sample(frac=1, random_state=3)
    mixed[["participant_id", *COLUMNS[::-1]]].to_csv(sources["one"], sep="\t", index=False)
    again = read(study(tmp_path, sources), tmp_path)
    pd.testing.assert_frame_equal(again.maps, made.maps)


def test_images_and_arms_of_a_crossover_are_told_in_one_line(tmp_path):
    path = table(tmp_path, "two.tsv", 2)
    images = {"one": f"{tmp_path}/{{participant_id}}.nii.gz", "two": path}
    said = mistake(study(tmp_path, images), tmp_path)
    assert said.startswith(
        "config: cohorts.drug.sources.one: found images, expected values of regions, since "
        "effects.change takes it: a table, or the folder of a program that made them; write the "
        "means of the regions into a table"
    )
    raw = study(tmp_path, {"two": path}, before=None, control="placebo")
    raw["cohorts"]["placebo"] = {**raw["cohorts"]["drug"], "role": "control"}
    assert mistake(raw, tmp_path).startswith(
        "p.tsv: found sub-01 (and 13 more people) in both arms of effect change, expected other "
        "people in the control arm; of a crossover trial, take the session under the drug as after "
        "and that under placebo as before, without control"
    )


def test_one_person_under_two_names_is_told(tmp_path):
    """A crossover trial as two arms: one scan before, which is that of both names."""
    regions = [f"lh_{name}_thickness" for name in ("a", "b", "c", "d", "e")]
    others = [person.replace("sub-", "sub-p") for person in PEOPLE]
    before = table(tmp_path, "before.tsv", 1, regions)
    same = pd.read_csv(before, sep="\t").assign(participant_id=others)
    same.to_csv(tmp_path / "again.tsv", sep="\t", index=False)
    raw = study(tmp_path, {"one": before, "two": table(tmp_path, "drug.tsv", 2, regions)})
    pd.DataFrame({"participant_id": others}).to_csv(tmp_path / "q.tsv", sep="\t", index=False)
    raw["effects"]["change"]["control"] = "placebo"
    raw["cohorts"]["placebo"] = {
        "role": "control",
        "participants": str(tmp_path / "q.tsv"),
        "sources": {
            "one": str(tmp_path / "again.tsv"),
            "two": table(tmp_path, "placebo.tsv", 3, regions, others),
        },
    }
    assert mistake(raw, tmp_path).startswith(
        "again.tsv: found the very values of sub-01 again in sub-p01 (and 13 more people), "
        "expected other people; remove copies, and of a crossover trial take the session under "
        "the drug as after and that under placebo as before, without control"
    )
    table(tmp_path, "again.tsv", 4, regions, others)
    assert len(read(raw, tmp_path).control) == 14


def test_a_crossover_is_the_difference_of_its_sessions(tmp_path):
    """Drug less placebo within people, whichever came first."""
    sources = {"one": table(tmp_path, "placebo.tsv", 1), "two": table(tmp_path, "drug.tsv", 2)}
    made = read(study(tmp_path, sources), tmp_path)
    drug, placebo = (
        pd.read_csv(sources[name], sep="\t").set_index("participant_id")[COLUMNS]
        for name in ("two", "one")
    )
    np.testing.assert_allclose(made.maps[COLUMNS], drug - placebo)
    assert made.control is None


@pytest.mark.parametrize("name", ["{participant_id}.nii.gz", "all.nii.gz", "all.nii", "maps.mgz"])
def test_images_are_refused_however_they_are_named(tmp_path, name):
    (tmp_path / name).write_bytes(bytes(range(256)))
    said = mistake(
        study(tmp_path, {"one": str(tmp_path / name), "two": table(tmp_path, "two.tsv", 2)}),
        tmp_path,
    )
    assert said.startswith("config: cohorts.drug.sources.one: found images, expected values of")


def test_people_are_exchanged_between_arms_within_blocks_that_have_both(tmp_path):
    sources = {"one": table(tmp_path, "one.tsv", 1), "two": table(tmp_path, "two.tsv", 2)}
    raw = study(tmp_path, sources, control="saline")
    others = [person.replace("sub-", "sub-s") for person in PEOPLE]
    raw["cohorts"]["saline"] = {
        "role": "control",
        "participants": str(tmp_path / "q.tsv"),
        "sources": {
            name: table(tmp_path, f"s{name}.tsv", seed, COLUMNS, others)
            for seed, name in ((3, "one"), (4, "two"))
        },
    }
    raw["variability"]["within"] = "site"
    for path, ids, sites in (("p.tsv", PEOPLE, ["a", "b"]), ("q.tsv", others, ["c", "d"])):
        made = pd.DataFrame({"participant_id": ids, "site": sites * 7})
        made.to_csv(tmp_path / path, sep="\t", index=False)
    assert mistake(raw, tmp_path).startswith(
        "config: variability.within: found no value of site that people of both arms have"
    )
    made["site"] = ["b", "a"] * 7
    made.to_csv(tmp_path / "q.tsv", sep="\t", index=False)
    found = read(raw, tmp_path)
    assert found.blocks == ["a", "b"] * 7 + ["b", "a"] * 7


def test_confounds_of_an_effect_are_columns_of_the_participants(tmp_path):
    """Numbers and categories are taken out; without a value a person is left out, and told."""
    sources = {"one": table(tmp_path, "one.tsv", 1), "two": table(tmp_path, "two.tsv", 2)}
    raw = study(tmp_path, sources, confounds=["age", "sex"])
    assert mistake(raw, tmp_path).startswith("p.tsv: found no column 'age'")
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"participant_id": PEOPLE, "age": rng.integers(20, 60, 14)})
    people["sex"] = ["F", "M"] * 7
    people.to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    found = read(raw, tmp_path)
    raw["effects"]["change"]["confounds"] = []
    plain = read(raw, tmp_path)
    design = np.column_stack([np.ones(14), people["age"], people["sex"] == "M"])
    fitted = design @ np.linalg.lstsq(design, plain.maps.to_numpy(), rcond=None)[0]
    expected = plain.maps - fitted + plain.maps.mean()
    np.testing.assert_allclose(found.maps, expected, atol=1e-12)
    raw["effects"]["change"]["confounds"] = ["age"]
    people["age"] = people["age"].astype(object)
    people.loc[0, "age"] = "n/a"
    people.to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    left = read(raw, tmp_path).people.set_index("participant_id")
    assert left["reason"].dropna().to_dict() == {"sub-01": "age missing"}
    people.loc[0, "age"] = "forty"
    people.to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    assert re.match("p.tsv: line 2: .*'forty'", mistake(raw, tmp_path))


def test_confounds_and_clinical_columns_differ_between_people(tmp_path):
    sources = {"one": table(tmp_path, "one.tsv", 1), "two": table(tmp_path, "two.tsv", 2)}
    raw = study(tmp_path, sources, confounds=["age", "dose"])
    rng = np.random.default_rng(4)
    people = pd.DataFrame({"participant_id": PEOPLE, "age": rng.integers(20, 60, 14)})

    def told(**columns):
        people.assign(**columns).to_csv(tmp_path / "p.tsv", sep="\t", index=False)
        return mistake(raw, tmp_path)

    assert told(dose=5).startswith("p.tsv: column dose: found 5 for everybody, expected values")
    assert "dose: found values that follow from age, expected" in told(dose=people["age"] / 2 + 1)
    assert "left out: dose missing (14); correct the sessions or" in told(dose="n/a")
    raw["effects"]["change"]["confounds"] = []
    raw["variability"]["clinical"] = ["dose"]
    assert told(dose=5).endswith("say something more; leave it out (config: variability.clinical)")
    assert "column dose: found no value" in told(dose="n/a")


def test_sessions_in_another_unit_or_copied_are_told(tmp_path):
    regions = [f"lh_{name}_thickness" for name in ("a", "b", "c", "d", "e")]
    sources = {
        name: table(tmp_path, f"{name}.tsv", seed, regions)
        for seed, name in enumerate(("one", "two"))
    }
    raw = study(tmp_path, sources)
    values = pd.read_csv(tmp_path / "two.tsv", sep="\t")
    values.loc[[2, 5], regions] *= 1000
    values.to_csv(tmp_path / "two.tsv", sep="\t", index=False)
    told = (
        r"two.tsv: found values of sub-03 \(and 1 more people\) that are about \S+ times those in"
    )
    assert re.match(told, mistake(raw, tmp_path))
    values.loc[[2, 5], regions] = pd.read_csv(tmp_path / "one.tsv", sep="\t").loc[[2, 5], regions]
    values.to_csv(tmp_path / "two.tsv", sep="\t", index=False)
    told = "two.tsv: found the very values of sub-03 (and 1 more people) that are in one.tsv too"
    assert mistake(raw, tmp_path).startswith(told)


def test_people_who_can_be_exchanged_with_nobody_are_told(tmp_path):
    sources = {"one": table(tmp_path, "one.tsv", 1), "two": table(tmp_path, "two.tsv", 2)}
    raw = study(tmp_path, sources)
    people = pd.DataFrame({"participant_id": PEOPLE, "pair": [f"p{i}" for i in range(14)]})
    people.to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    raw["variability"]["within"] = "pair"
    assert mistake(raw, tmp_path).startswith(
        "config: variability.within: found a value of pair for each person"
    )
    people["pair"] = [f"p{i // 2}" for i in range(14)]
    people.to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    assert read(raw, tmp_path).people["used"].all()
