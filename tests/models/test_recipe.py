"""Frozen estimators: weights where there are some, else a recipe that proves itself."""

from __future__ import annotations

import json
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_up_people import ENGINE, KINDS, OTHERS, SEED, SVC, N, Study

from mri_response.brain.weights import weight_evidence
from mri_response.learning.design import Design, FixedFolds, Sample, StackedRows, with_other_cohorts
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.models.fitted import FittedModels, fitted_models
from mri_response.models.linear import freeze_linear
from mri_response.models.loading import load_frozen
from mri_response.models.recipe import Recipe, recipe
from mri_response.people.rows import person_weights


class Frozen:
    """A made-up study with tables on disk, its fitted models and their recipe."""

    def __init__(self, folder, kind: str, frozen: str = "refit") -> None:
        study = Study()
        self.study, (self.options, _) = study, KINDS[kind]
        names = ["age", "tiv"]
        for name, values in zip(names, study.confounds[:N].T, strict=True):
            study.people[name] = values
        self.others = study.people[:OTHERS][["participant_id", *names]].copy()
        self.others[names] = study.confounds[N:]
        self.paths = {name: folder / name for name in ("people", "features", "splits")}
        study.people.to_csv(self.paths["people"])
        np.save(folder / "features", study.features)
        (folder / "features.npy").rename(self.paths["features"])
        self.paths["splits"].write_text("made up")
        self.folds = [*study.folds, study.refit]
        self.job = study.refitted(self.options) if frozen == "refit" else study.run(self.options)
        self.fitted = fitted_models([self.job], N)
        coding = ConfoundCoding.of(study.people, names)
        description = {
            "model": "made up", "kind": frozen, "options": self.options._asdict(),
            "candidate": self.fitted.candidate.tolist(),
        }  # fmt: skip
        self.recipe = recipe(self.fitted, self.paths, coding, description, SEED)

    def decision(self, frozen: Recipe) -> np.ndarray:
        study = self.study
        model = frozen.refit(study.features[:N], study.people, self.folds)
        return model.decision(study.features[N:], self.others)


@pytest.mark.parametrize("kind", ["forest", "Gaussian process", "boosting"])
def test_fitted_again_it_scores_other_cohorts_as_the_refit_did(tmp_path, kind):
    frozen = Frozen(tmp_path, kind)
    frozen.recipe.save(tmp_path / "model.json")
    loaded = load_frozen(tmp_path / "model.json")
    assert loaded == frozen.recipe
    with pytest.raises(ValueError, match="made up is a recipe: fit it again first"):
        loaded.decision(frozen.study.features[N:], frozen.others)
    loaded.verify_inputs(frozen.paths)
    expected = frozen.job.decision[0, 0, N:]
    np.testing.assert_allclose(frozen.decision(loaded), expected, atol=1e-9)


def test_an_ensemble_is_the_mean_of_the_outer_models(tmp_path):
    frozen = Frozen(tmp_path, "forest", "ensemble")
    study = frozen.study
    # The outer models with the people of other cohorts in their test folds.
    folds = [with_other_cohorts(fold, OTHERS) for fold in study.folds]
    for fold in folds:
        fold.sets.test[0, N:] = True
    from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator

    job = cross_validate_estimator(
        Sample(
            StackedRows(study.features[:N], study.features[N:]),
            study.confounds,
            np.pad(person_weights(study.people["participant_id"])[0], (0, OTHERS)),
        ),
        FixedFolds(folds),
        Design(study.exchangeability, SEED),
        [0],
        frozen.options,
    )
    expected = job.decision[0, :, N:].mean(axis=0)
    np.testing.assert_allclose(frozen.decision(frozen.recipe), expected, atol=1e-9)


@pytest.mark.parametrize("what", ["feature", "label", "candidate", "seed"])
def test_another_model_is_refused(tmp_path, what):
    frozen = Frozen(tmp_path, "forest")
    study, changed = frozen.study, frozen.recipe
    if what == "feature":
        study.features[:N, 0] = study.features[:N, 0][::-1]
    elif what == "label":
        study.people.loc[:3, "label"] = 1 - study.people.loc[:3, "label"]
    elif what == "candidate":
        other = {"candidate": [3 - changed.description["candidate"][0]]}
        changed = Recipe(**{**vars(changed), "description": changed.description | other})
    else:
        changed = Recipe(**{**vars(changed), "seed": SEED + 1})
    with pytest.raises(ValueError, match="its decision values in the discovery cohort are not"):
        frozen.decision(changed)


def test_a_changed_recipe_and_changed_inputs_are_refused(tmp_path):
    frozen = Frozen(tmp_path, "forest")
    path = tmp_path / "model.json"
    frozen.recipe.save(path)
    frozen.paths["splits"].write_text("others")
    with pytest.raises(ValueError, match="splits: not the file that made up is of"):
        frozen.recipe.verify_inputs(frozen.paths)
    text = json.loads(path.read_text())
    path.write_text(json.dumps(text | {"seed": SEED + 1}))
    with pytest.raises(ValueError, match="not the one that its hash was written for"):
        Recipe.load(path)


def test_the_recipe_has_nothing_of_any_person(tmp_path):
    frozen = Frozen(tmp_path, "forest")
    frozen.recipe.save(tmp_path / "model.json")
    text = (tmp_path / "model.json").read_text()
    assert "sub-" not in text
    assert len(text) < 3000
    assert not [number for number in frozen.study.features[:, 0] if f"{number:.4f}"[:6] in text]


# ------------------------------------------------------------ linear ones
@pytest.fixture(scope="module", params=[{}, {"pca": 6}, {"standardize": False}])
def both(request) -> SimpleNamespace:
    """A linear support vector classifier by the engine and by scikit-learn, outer and refit."""
    study = Study(p=20)
    svc, engine = SVC._replace(**request.param), ENGINE._replace(**request.param)
    folds = [study.refit, *study.folds]
    features, confounds = study.features[:N], study.confounds[:N]
    dual = cross_validate(
        Sample(None, None, person_weights(study.people["participant_id"])[0]),
        FixedFolds(folds),
        Design(study.exchangeability, SEED),
        [range(1)],
        engine,
        fold_grams(features, confounds, folds, engine),
    )
    study.folds = folds
    return SimpleNamespace(
        study=study,
        features=features,
        confounds=confounds,
        standardize=svc.standardize,
        dual=fitted_models([dual], N),
        primal=fitted_models([study.run(svc)], N),
    )


def test_weights_are_those_of_the_engine(both):
    members = np.eye(both.features.shape[1], dtype=bool)[:, :3]
    expected, actual = (
        weight_evidence(
            both.features,
            both.confounds,
            [_folds(job, 0)],
            [_folds(job, slice(1, None))],
            members,
            standardize=both.standardize,
        )
        for job in (both.dual, both.primal)
    )
    scale = expected.features.abs().max()
    pd.testing.assert_frame_equal(
        actual.features / scale, expected.features / scale, check_exact=False, atol=1e-4, rtol=0
    )
    pd.testing.assert_frame_equal(actual.sets, expected.sets, check_exact=False, atol=1e-4)


def _folds(models, rows):
    """Some models as the result of a job that had no permuted labels."""
    job = dict.fromkeys(field.name for field in fields(JobResult))
    job |= {name: values[rows] for name, values in vars(models).items() if values is not None}
    if rows == 0:
        job |= {name: job[name][None] for name in vars(models) if job[name] is not None}
        job["null_fitted"] = np.zeros((0, N))
    return SimpleNamespace(**{**job, "candidate": job["candidate"][None]})


def test_the_frozen_formula_is_that_of_the_engine_and_of_the_models(both):
    coding = ConfoundCoding(("age", "tiv"))
    dual, primal = both.dual, both.primal
    expected = freeze_linear(
        both.features, both.confounds, dual, coding, {}, standardize=both.standardize
    )
    actual = freeze_linear(both.features, both.confounds, primal, coding, {})
    for name in ("weights", "confound_weights", "confound_fill", "intercept"):
        scale = np.abs(getattr(expected, name)).max()
        np.testing.assert_allclose(
            getattr(actual, name), getattr(expected, name), atol=1e-5 * max(1.0, scale)
        )
    people = both.study.people.assign(age=both.confounds[:, 0], tiv=both.confounds[:, 1])
    first = {name: values[:1] for name, values in vars(primal).items() if values is not None}
    one = freeze_linear(both.features, both.confounds, FittedModels(**first), coding, {})
    in_sample = primal.fitted[0] + primal.intercept[0]
    np.testing.assert_allclose(one.decision(both.features, people), in_sample, atol=1e-9)
