"""A model in a folder of its own: it scores as the frozen model, and holds nobody's row."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.core.provenance import file_sha256
from mri_response.core.tables import write_tsv
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.rounding import rounded
from mri_response.models.card import card_of_stack
from mri_response.models.folder import FILES, MANIFEST, NUMBERS, TEXT, folder_sha256
from mri_response.models.linear import FrozenLinear
from mri_response.models.packing import pack
from mri_response.models.ranges import beyond, ranges_of_features, significant
from mri_response.models.stacking import FrozenStack, SecondLevel
from mri_response.models.travelling import Travelling

N, P = 41, 6
REGIONS = [f"region_{i}" for i in range(P)]
RULES = {"n": N, "platt": {"slope": 1.5, "intercept": -0.25}, "thresholds": {"decision_zero": 0.0}}


class Packed:
    """A discovery cohort of made-up people, frozen models and their folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rng = np.random.default_rng(11)
        self.people = pd.DataFrame({
            "participant_id": [f"sub-secret{i:03}" for i in range(N)],
            "outcome": ["patient", "healthy"] * 20 + ["patient"],
            "label": [1, 0] * 20 + [1],
            "age": rng.uniform(20, 70, N).round(3),
            "sex": rng.choice(["F", "M"], N),
        })  # fmt: skip
        self.features = rng.normal(50, 4, (N, P))
        self.coding = ConfoundCoding.of(self.people, ["age", "sex"])
        write_tsv(self.people, folder / "people.tsv")
        table = pd.DataFrame(self.features, columns=REGIONS)
        (folder / "features" / "fs").mkdir(parents=True)
        table.insert(0, "participant_id", self.people["participant_id"])
        write_tsv(table, folder / "features" / "fs" / "home.tsv")
        columns = ["cohort", "source", "program", "version", "site", "class", "n"]
        made = [
            ["home", "fs", "FreeSurfer", "7.4.1", None, c, n] for c, n in (("a", 30), ("b", 11))
        ]
        write_tsv(pd.DataFrame(made, columns=columns), folder / "summary.tsv")
        found = {"cohort": "home", "aggregation": "mean_over_repeats", "metric": "auc"}
        found |= {"n": N, "estimate": 0.7, "ci_low": 0.5, "ci_high": 0.9}
        found |= {"p_value": 0.012, "n_permutations": 999}
        untested = found | {"metric": "sensitivity", "p_value": np.nan, "n_permutations": np.nan}
        write_tsv(pd.DataFrame([found, untested]), folder / "performance.tsv")
        for name in ("one", "two"):
            self.linear(rng, name).save(folder / f"{name}.json")

    def linear(self, rng: np.random.Generator, name: str) -> FrozenLinear:
        numbers = (
            rng.normal(0, 0.1, P),
            rng.normal(size=P),
            rng.normal(size=2),
            rng.normal(size=2),
        )
        text = {"model": name, "decision_rules": RULES, "features": {"path": "/machine/secret"}}
        return FrozenLinear(*numbers, 0.3, self.coding, text)

    def config(self, **changes: Any) -> dict[str, Any]:
        model = {"features": "fs", "confounds": ["age", "sex"], "pca": None, "harmonise": None}
        model |= {"standardize": True, "C": {}}
        outcome = {"kind": "label", "column": "group", "positive_class": "patient"}
        return {
            "models": {"one": dict(model), "two": dict(model)},
            "features": {"fs": {"kind": "table", "source": "fs", "columns": ["*"], "exclude": []}},
            "outcome": outcome | {"classes": {"patient": ["patient"], "healthy": ["healthy"]}},
            "confounds": {"unseen_site": "error", "categorical": [], "missing": "exclude"},
            "seed": 5,
            "licence": "CC-BY-4.0",
            "title": "A made-up study",
            "below": [],
            "discovery": ["home", {"sources": {"fs": "regions.tsv"}}],
            **changes,
        }

    def pack(self, name: str, **changes: Any) -> Path:
        config = self.config(**changes)
        models = [*config["below"], name]
        given = SimpleNamespace(
            frozen=[self.folder / f"{model}.json" for model in models],
            people=self.folder / "people.tsv",
            features=[self.folder / "features" / "fs" / "home.tsv"],
            images=[],
            summary=self.folder / "summary.tsv",
            performance=self.folder / "performance.tsv",
        )
        out = self.folder / "models" / name
        pack(name, config, given, out)
        return out


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("packed"))


@pytest.fixture
def new_people() -> tuple[np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(12)
    people = pd.DataFrame({"participant_id": ["a", "b", "c"], "age": [30.0, np.nan, 64.5]})
    features = rng.normal(50, 4, (3, P))
    features[2, 1] = np.nan
    return features, people.assign(sex=["M", "F", "F"])


def test_a_folder_scores_new_people_as_the_frozen_model_does(packed, new_people):
    features, people = new_people
    folder = packed.pack("one")
    model = Travelling.read(folder)
    frozen = FrozenLinear.load(packed.folder / "one.json")
    expected = rounded(frozen.decision(features, people))
    np.testing.assert_array_equal(model.decision({"fs": features}, people, "error"), expected)
    odds = 1.5 * expected - 0.25
    np.testing.assert_allclose(
        model.rules.platt.probability(expected), 1 / (1 + np.exp(-odds)), atol=1e-12
    )
    assert model.text["frozen_sha256"] == frozen.sha256


def test_a_stack_travels_with_the_models_below_it(packed, new_people):
    features, people = new_people
    second = SecondLevel((0.1, -0.2), (1.5, 2.0), (0.7, 0.4), 0.05)
    below = {name: packed.folder / f"{name}.json" for name in ("one", "two")}
    FrozenStack.of("both", second, below).save(packed.folder / "both.json")
    folder = packed.pack("both", below=["one", "two"])
    model = Travelling.read(folder)
    scores = [
        rounded(FrozenLinear.load(path).decision(features, people)) for path in below.values()
    ]
    expected = rounded(second.decision(np.stack(scores, axis=1)))
    np.testing.assert_array_equal(model.decision({"fs": features}, people, "error"), expected)
    assert model.rules is None
    shown = (folder / "README.md").read_text()
    assert "Logistic regression on the decision values of its models" in shown
    assert "| one | 0.700 | 0.100 | 1.500 |" in shown
    assert "| two | 0.400 | -0.200 | 2.000 |" in shown


def test_the_card_of_a_stack_of_numbers_has_its_weights():
    second = {"mean": [0.0, 0.0], "scale": [1.0, 1.0], "weights": [0.625, 0.375], "intercept": 0.0}
    text = {"second_level": second, "parts": {"brain": {}, "clinic": {}}, "predicts_number": True}
    assert card_of_stack(text)[-1].splitlines()[2:] == ["| brain | 0.625 |", "| clinic | 0.375 |"]
    assert card_of_stack(text | {"second_level": None}) == []


def test_performance_travels_with_interval_n_and_p(packed):
    folder = packed.pack("one")
    tested, untested = Travelling.read(folder).text["performance"]
    assert tested == {
        **{"metric": "auc", "n": N, "estimate": 0.7, "ci_low": 0.5, "ci_high": 0.9},
        **{"p_value": 0.012, "n_permutations": 999},
    }
    assert (untested["p_value"], untested["n_permutations"]) == (None, None)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"| auc | {N} | 0.700 | 0.500 to 0.900 | 0.012 (999 permutations) |" in card
    assert "| not tested |" in card


def test_no_row_and_no_name_of_a_training_person_is_in_the_folder(packed):
    folder = packed.pack("one")
    text = "".join((folder / name).read_text() for name in (MANIFEST, "model.json", "README.md"))
    assert "secret" not in text
    numbers = np.load(folder / "model.npz", allow_pickle=False)
    rows = np.vstack([array.reshape(-1, P) for array in numbers.values() if array.size % P == 0])
    for person in packed.features:
        # Not one value of anybody to more than 3 digits, so no row either.
        assert not np.isin(person, rows).any()
        assert np.abs(rows - person).max(axis=1).min() > 0.1
    ages = json.loads((folder / "model.json").read_text())["people"]["age"]
    assert not np.isin(packed.people["age"], [ages["mean"], ages["sd"], *ages["quantiles"]]).any()
    assert sum(array.nbytes for array in numbers.values()) < 8 * 20 * P


def test_the_ranges_are_those_of_the_training_people(packed):
    model = Travelling.read(packed.pack("one"))
    found = {name: model.arrays[f"ranges/fs/{name}"] for name in ("mean", "sd", "quantiles")}
    np.testing.assert_allclose(found["mean"], packed.features.mean(axis=0), rtol=5e-3)
    np.testing.assert_allclose(found["sd"], packed.features.std(axis=0, ddof=1), rtol=5e-3)
    quantiles = np.percentile(packed.features, [5, 25, 50, 75, 95], axis=0)
    np.testing.assert_allclose(found["quantiles"], quantiles, rtol=5e-3)
    assert model.text["features"]["fs"]["columns"] == REGIONS
    assert model.text["features"]["fs"]["programs"] == {"FreeSurfer 7.4.1": 41}
    assert model.text["people"]["sex"] == {"levels": ["F", "M"]}


def test_a_value_is_beyond_the_range_from_some_standard_deviations_on():
    ranges = ranges_of_features(np.array([[1.0, 7.0], [3.0, 7.0], [2.0, np.nan]]))
    assert list(ranges["sd"]) == [1.0, 0.0]
    new = np.array([[5.5, 7.0], [-1.5, 9.0], [4.5, np.nan]])
    assert beyond(new, ranges, 3).tolist() == [[True, False], [True, True], [False, False]]
    np.testing.assert_array_equal(
        significant(np.array([1234.0, -0.0123456, 0])), [1230, -0.0123, 0]
    )


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_folder_that_was_changed_is_refused(packed, name):
    folder = packed.pack("one")
    Travelling.read(folder).self_test(folder)
    before = folder_sha256(folder)
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        Travelling.read(folder)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)
    assert name != MANIFEST or folder_sha256(folder) != before
    path.unlink()
    with pytest.raises(InputError, match=f"found no (readable )?{name}"):
        Travelling.read(folder)


@pytest.mark.parametrize(("name", "what"), [(TEXT, "JSON"), (NUMBERS, "arrays of numbers")])
def test_a_broken_file_whose_hash_is_right_is_refused(packed, name, what):
    folder = packed.pack("one")
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / name).write_bytes((folder / name).read_bytes()[:90])
    manifest["sha256"][name] = file_sha256(folder / name)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=f"{name}: found no {what}, though its hash"):
        Travelling.read(folder)
    manifest["format"] += 1
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="found format 2, expected 1; use the version of"):
        Travelling.read(folder)


def test_the_self_test_notices_an_installation_that_computes_otherwise(packed, monkeypatch):
    folder = packed.pack("one")
    model = Travelling.read(folder)
    model.text["made_up"]["decision"][2] += 1e-6
    with pytest.raises(InputError, match="does not compute as the author's did"):
        model.self_test(folder)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            {"estimator": "sklearn.ensemble.RandomForestClassifier"},
            "is a program and no formula",
        ),
        ({"estimator": "sklearn.svm.SVC"}, "kernel of one is not linear"),
        ({"features": "effects"}, "features of kind effect are made from more"),
    ],
)
def test_what_is_no_formula_says_why_it_does_not_travel(packed, model, reason):
    config = packed.config()
    own = {"parameters": {}, "grid": {}} | config["models"]["one"] | model
    sets = config["features"] | {"effects": {"kind": "effect", "effect": "early"}}
    folder = packed.pack("one", models={"one": own}, features=sets)
    assert reason in (folder / "README.md").read_text()
    with pytest.raises(InputError, match=reason):
        Travelling.read(folder)
    assert not np.load(folder / "model.npz").files
