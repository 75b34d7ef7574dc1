"""What is told of new people before a model is applied to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from small_study import REGIONS, Study, block_labels, template
from travelling_folder import MODEL, OUTCOME, made_folder

from mri_response.config.load import load_config
from mri_response.core.errors import InputError
from mri_response.core.tables import write_tsv
from mri_response.learning.rounding import rounded
from mri_response.models.applied import with_model
from mri_response.models.door import findings, major, program_findings, unit_ratio
from mri_response.models.folder import CARD
from mri_response.models.travelling import Travelling
from mri_response.preflight.checks import InputSummary, check_inputs


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("door") / "study", maps=True)
    made_folder(study, "fs", study.folder / "fs_model")
    made_folder(study, "roi", study.folder / "roi_model")
    return study


@pytest.fixture
def study(made: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    copied = made.copied(tmp_path / "study")
    monkeypatch.chdir(copied.folder)
    return copied


def config_of(features: str, **changes: Any) -> dict[str, Any]:
    cohort = {
        "role": "external",
        "participants": "external/participants.tsv",
        "sources": {
            "fs": "external/regions.tsv",
            "gm": "external/maps/mwp1{participant_id}.nii.gz",
        },
        "tiv": {"column": "tiv"},
    }
    apply = {"model": f"{features}_model"}
    if features == "roi":
        apply["atlas"] = {"image": "atlas.nii.gz", "labels": "atlas.tsv"}
    return {"run": "away", "cohorts": {"external": cohort}, "apply": apply, **changes}


def checked(config: dict[str, Any]) -> InputSummary:
    return check_inputs(with_model(load_config(config)))


def told(config: dict[str, Any]) -> str:
    with pytest.raises(InputError) as error:
        checked(config)
    text = str(error.value)
    assert "\n" not in text
    assert "expected" in text
    return text


def regions(study: Study) -> pd.DataFrame:
    return pd.read_csv(study.folder / "external" / "regions.tsv", sep="\t")


@pytest.mark.parametrize("features", ["fs", "roi"])
def test_people_without_labels_pass(study, features):
    study.people["external"] = study.people["external"].drop(columns="group")
    study.write("external")
    for outcome in (None, {**OUTCOME, "classes": ["patient", "healthy"]}):
        config = config_of(features) | ({"outcome": outcome} if outcome else {})
        assert len(checked(config).people["external"]) == 16


def test_a_missing_column_is_told_with_what_it_may_be_called(study):
    table = regions(study).rename(columns={REGIONS[2]: "L_front_d", REGIONS[5]: "other"})
    write_tsv(table, study.folder / "external" / "regions.tsv")
    text = told(config_of("fs"))
    assert text.startswith("external/regions.tsv: found no column ")
    assert f"{REGIONS[5]!r}" in text
    assert "2 of 8" in text


def test_columns_in_another_order_and_further_ones_are_no_matter(study):
    table = regions(study)
    table = table[["participant_id", *REGIONS[::-1]]].assign(more=1.0)
    write_tsv(table, study.folder / "external" / "regions.tsv")
    assert len(checked(config_of("fs")).people["external"]) == 16


@pytest.mark.parametrize("factor", [1000, 0.001])
def test_another_unit_is_told_with_the_ratio(study, factor):
    table = regions(study)
    table[REGIONS] *= factor
    write_tsv(table, study.folder / "external" / "regions.tsv")
    text = told(config_of("fs"))
    ratio = float(text.split("about ")[1].split(" times")[0])
    assert ratio == pytest.approx(factor, rel=0.1)


def test_another_grid_and_another_atlas_are_told(study):
    affine = template().affine.copy()
    affine[:3, 3] += 4
    values = np.ones(template().shape)
    path = study.map("external", study.people["external"]["participant_id"][0], values, affine)
    assert told(config_of("roi")).startswith(f"{path.relative_to(study.folder)}: found a grid of")


def test_another_atlas_is_told(study):
    labels = block_labels().copy()
    labels[labels == 3] = 4
    labels[tuple(np.argwhere(labels == 4)[0])] = 3
    nib.save(nib.Nifti1Image(labels, template().affine), study.folder / "atlas.nii.gz")
    assert "atlas of features roi here is not the one" in told(config_of("roi"))
    config = config_of("roi")
    del config["apply"]["atlas"]
    assert told(config).startswith("config: apply.atlas: found nothing")


def test_a_changed_folder_is_refused(study):
    path = study.folder / "fs_model" / CARD
    path.write_text(path.read_text() + "More.\n")
    assert told(config_of("fs")).startswith("fs_model/README.md: found another content")


def test_an_installation_that_computes_otherwise_is_told(study, monkeypatch):
    monkeypatch.setattr(Travelling, "decision", lambda self, *_: np.zeros(5))
    assert "does not compute as the author's did" in told(config_of("fs"))


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"outcome": {**OUTCOME, "positive_class": "healthy"}}, "config: outcome.positive_class"),
        ({"outcome": {"kind": "score", "column": "age"}}, "config: outcome.kind: found 'score'"),
        ({"models": {"m": {"features": "fs"}}}, "config: models: found a section beside apply"),
    ],
)
def test_what_does_not_go_with_the_folder_is_told(study, changes, start):
    if "outcome" in changes and "classes" in changes["outcome"]:
        changes["outcome"]["classes"] = ["patient", "healthy"]
    assert told(config_of("fs", **changes)).startswith(start)


def test_volumes_and_roles_are_told(study):
    config = config_of("fs")
    del config["cohorts"]["external"]["tiv"]
    assert told(config).startswith("config: cohorts.external.tiv: found nothing")
    config = config_of("fs")
    config["cohorts"]["external"]["role"] = "discovery"
    assert told(config).startswith("config: cohorts.external.role: found discovery")


def test_the_rule_for_unseen_sites_is_that_of_the_folder_unless_another_is_named(study):
    config = config_of("fs")
    config["apply"]["unseen_site"] = "mean"
    assert with_model(load_config(config))["confounds"]["unseen_site"] == "mean"
    assert with_model(load_config(config_of("fs")))["confounds"]["unseen_site"] == "error"


# ---------------------------------------------------------------- sites that show their own effects
HARMONISE = {"column": "site", "keep": [], "method": "combat", "reference": None, "min_people": 4}
HARMONISED = {"harmonise": HARMONISE | {"learn_from": None}, "features": "fs"}


def new_site(study: Study, n: int) -> None:
    """The first people of the other cohort are of a site that training did not have."""
    study.people["external"]["site"] = [*["X"] * n, *["A"] * (16 - n)]
    study.write("external")


def own_config(study: Study, asked: str | None = "own", rule: str = "mean") -> dict[str, Any]:
    confounds = {"unseen_site": rule, "categorical": [], "missing": "exclude"}
    models = {"made": MODEL | HARMONISED}
    made_folder(study, "fs", study.folder / "own_model", models=models, confounds=confounds)
    config = config_of("fs")
    config["apply"] = {"model": "own_model", "unseen_site": asked}
    return config


def test_a_new_site_of_enough_people_may_show_its_own_effects(study):
    new_site(study, 4)
    assert len(checked(own_config(study)).people["external"]) == 16


def test_too_few_people_of_a_new_site_are_told_before_the_run(study):
    new_site(study, 3)
    text = told(own_config(study))
    assert text.startswith("external/participants.tsv: column site: found 3 rows of the new site")
    assert "apply.unseen_site: own" in text
    # What the folder says holds where the configuration says nothing.
    assert "found 3 rows of the new site 'X'" in told(own_config(study, asked=None, rule="own"))


def test_a_new_site_is_told_with_the_key_of_this_run(study):
    new_site(study, 1)
    text = told(own_config(study, asked="error"))
    assert "found 'X' in site" in text
    assert "apply.unseen_site: mean" in text


def test_a_model_that_does_not_harmonise_has_nothing_to_learn_of_a_site(study):
    config = config_of("fs")
    config["apply"]["unseen_site"] = "own"
    assert told(config).startswith("config: apply.unseen_site: found own, and the model does not")
    # Another model of its run harmonised, by whose rule this one takes the mean.
    confounds = {"unseen_site": "own", "categorical": [], "missing": "exclude"}
    folder = made_folder(study, "fs", study.folder / "beside_model", confounds=confounds)
    config["apply"] = {"model": "beside_model"}
    assert with_model(load_config(config))["confounds"]["unseen_site"] == "mean"
    assert "counts as the mean of the training people" in (folder / CARD).read_text()


def test_the_card_names_the_key_and_says_that_such_scores_are_transductive(study):
    own_config(study, rule="own")
    text = (study.folder / "own_model" / CARD).read_text()
    assert "(transductive)" in text
    assert "unless `apply.unseen_site` of the configuration" in text


def test_people_of_a_new_site_are_harmonised_as_the_frozen_model_does_it(study):
    new_site(study, 9)
    model = Travelling.read(own_config(study)["apply"]["model"])
    people = study.people["external"]
    features = regions(study)[REGIONS].to_numpy()
    (frozen,) = model.parts.values()
    scores = {rule: model.decision({"fs": features}, people, rule) for rule in ("own", "mean")}
    direct = rounded(frozen.decision(features, people, unseen="own"))
    np.testing.assert_array_equal(scores["own"], direct)
    assert np.abs(scores["own"] - scores["mean"])[:9].min() > 1e-4
    np.testing.assert_array_equal(scores["own"][9:], scores["mean"][9:])
    # Who is scored together matters: others of the site, and nobody of another.
    without = [*range(8), *range(9, 16)]
    fewer = model.decision(
        {"fs": features[without]}, people.iloc[without].reset_index(drop=True), "own"
    )
    assert np.abs(fewer[:8] - scores["own"][:8]).min() > 1e-6


def test_unit_ratios_are_found_and_sites_are_not_taken_for_units():
    rng = np.random.default_rng(1)
    mean, sd = rng.uniform(2, 9, 20), np.full(20, 0.5)
    ranges = {"mean": mean, "sd": sd}
    people = rng.normal(mean, sd, (30, 20))
    assert unit_ratio(people, ranges) is None
    assert unit_ratio(people + 1.5, ranges) is None
    assert unit_ratio(people * 1000, ranges) == pytest.approx(1000, rel=0.1)
    some = people.copy()
    some[:, :5] *= 1000  # a quarter of the columns
    assert unit_ratio(some, ranges) is None
    assert unit_ratio(people * 1000, {"mean": np.zeros(20), "sd": sd}) is None


def test_findings_count_values_beyond_the_range(made):
    model = Travelling.read(made.folder / "fs_model")
    mean, sd = (model.arrays[f"ranges/fs/{name}"] for name in ("mean", "sd"))
    features = np.tile(mean, (10, 1))
    features[0] += 5 * sd
    ages = model.text["people"]["age"]["mean"]
    people = pd.DataFrame({"age": [ages] * 9 + [300.0], "tiv": 1500.0, "sex": "F"})
    found = {row["about"]: row for row in findings("x", model, {"fs": features}, people)}
    assert found["features fs"]["level"] == "warning"
    assert found["features fs"]["finding"].startswith("10.0 % of the values are beyond 3 SD")
    assert "1 of 10 people" in found["features fs"]["finding"]
    assert (found["age"]["level"], found["tiv"]["level"]) == ("warning", "ok")
    near = findings("x", model, {"fs": np.tile(mean + 2 * sd, (10, 1))}, people)
    assert near[0]["level"] == "ok"


def test_another_major_version_is_a_warning(tmp_path):
    assert major("FreeSurfer 7.4.1") == "FreeSurfer 7"
    assert major("FreeSurfer v6.0.0") == "FreeSurfer 6"
    assert major("FastSurfer unknown") == "FastSurfer unknown"
    columns = ["participant_id", "source", "program", "version"]
    text = {"features": {"fs": {"spec": {"kind": "table"}, "programs": {"FreeSurfer 6.0.0": 30}}}}
    config = {"features": {"fs": {"kind": "table", "source": "own"}}}
    for version, level in (("6.0.1", "ok"), ("7.4.1", "warning")):
        record = pd.DataFrame([["a", "own", "FreeSurfer", version]], columns=columns)
        write_tsv(record, tmp_path / "record.tsv")
        cohorts = {"x": {"record": str(tmp_path / "record.tsv")}, "y": {}}
        (row,) = program_findings(config | {"cohorts": cohorts}, text)
        assert (row["cohort"], row["level"]) == ("x", level)
        assert json.dumps(row)
