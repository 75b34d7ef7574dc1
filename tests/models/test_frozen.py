"""The frozen model gives what the engine and plain scikit-learn give, and can be trusted later."""

import inspect
import json

import numpy as np
import oracle
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.learning.design import Design, FixedFolds, Sample, StackedRows, with_other_cohorts
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.models.fitted import FittedModels, fitted_models
from mri_response.models.frozen import Frozen
from mri_response.models.linear import FrozenLinear, freeze_linear
from mri_response.models.loading import load_frozen
from mri_response.models.recipe import Recipe
from mri_response.models.stacking import FrozenStack
from mri_response.people.rows import person_weights

N, OTHERS = 40, 13
CONFOUNDS = [{"column": "age", "knots": [30, 45, 60]}, "site"]
SCHEME = Scheme(1, 4, 1, 3)
OPTIONS = {
    "standardised": SvcOptions(tuple(2.0 ** np.arange(-8, -1))),
    "as it is": SvcOptions(tuple(2.0 ** np.arange(-8, -1)), standardize=False),
    "five components": SvcOptions(tuple(2.0 ** np.arange(-8, -1)), pca=5),
    "most of the variance": SvcOptions(
        tuple(2.0 ** np.arange(-3, 4)), C_relative=True, pca=0.8, balanced=False
    ),
}


class Run:
    """A discovery cohort with its outer models and refit, and another cohort."""

    def __init__(
        self, options: SvcOptions, p: int = 60, missing: bool = False, gaps: bool = False
    ) -> None:
        rng = np.random.default_rng(5)
        n = N + OTHERS
        people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n)]})
        people["label"] = np.append(rng.permutation(np.arange(N) % 2), np.zeros(OTHERS, int))
        people["age"] = rng.uniform(20, 70, n)
        people["site"] = rng.choice(["east", "north", "west"], n)
        if missing:
            people.loc[[3, 17, N + 2], "age"] = np.nan
            people.loc[[5, N + 4], "site"] = None
        self.features = rng.normal(50, 3, size=(n, p)) + people["label"].to_numpy()[:, None]
        self.features += people["age"].fillna(40).to_numpy()[:, None] / 20
        self.features[:, 7] = 4.2
        if gaps:
            self.features[[1, 9, N + 3], 2] = np.nan
            self.features[5:, 3] = np.nan  # none left in some training sets
        self.people, self.others = people[:N], people[N:].reset_index(drop=True)
        self.coding = ConfoundCoding.of(self.people, CONFOUNDS)
        self.confounds = self.coding.matrix(people)
        self.options = options
        labels = self.people["label"].to_numpy()
        folds = draw_folds(self.people["participant_id"], labels, SCHEME, 1)
        self.folds = [with_other_cohorts(fold, OTHERS) for fold in folds]
        for fold in self.folds:
            fold.sets.test[0, N:] = True
        stacked = StackedRows(self.features[:N], self.features[N:])
        self.job = cross_validate(
            Sample(
                None, None, np.pad(person_weights(self.people["participant_id"])[0], (0, OTHERS))
            ),
            FixedFolds(self.folds),
            Design(Exchangeability(self.people), 1),
            [range(1)],
            options,
            fold_grams(stacked, self.confounds, self.folds, options),
        )

    def frozen(self, models: slice) -> FrozenLinear:
        """Frozen model of some of the outer models, the refit being the last."""
        every = vars(fitted_models([self.job], N)).items()
        fitted = FittedModels(**{k: values[models] for k, values in every if values is not None})
        return freeze_linear(
            self.features[:N],
            self.confounds[:N],
            fitted,
            self.coding,
            {"model": "made up", "n_models": len(fitted.beta)},
            standardize=self.options.standardize,
        )

    def decision(self, frozen: FrozenLinear, **options) -> np.ndarray:
        people = self.others.drop(columns="label")  # labels are not looked at
        return frozen.decision(self.features[N:], people, **options)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("name", OPTIONS)
def test_the_frozen_refit_scores_other_cohorts_as_the_engine_and_scikit_learn_do(name, missing):
    run = Run(OPTIONS[name], missing=missing)
    scores = run.decision(run.frozen(slice(-1, None)))
    np.testing.assert_allclose(scores, run.job.decision[0, -1, N:], atol=1e-9)

    options = OPTIONS[name]
    sets = run.folds[-1].sets
    data = np.hstack([run.confounds, run.features])
    reference = oracle.nested(
        oracle.pipeline(
            run.confounds.shape[1],
            standardize=options.standardize,
            pca=options.pca,
            class_weight="balanced" if options.balanced else None,
        ),
        data,
        np.append(run.people["label"], np.zeros(OTHERS, int)),
        np.arange(N),
        [
            (np.flatnonzero(train), np.flatnonzero(test))
            for train, test in zip(sets.train[1:], sets.test[1:], strict=True)
        ],
        list(options.C),
        relative=options.C_relative,
    )
    assert run.job.candidate[0, -1] == reference.candidate
    np.testing.assert_allclose(scores, reference.model.decision_function(data[N:]), atol=1e-5)


@pytest.mark.parametrize("missing", [False, True])
def test_an_ensemble_is_the_mean_of_its_models(missing):
    run = Run(OPTIONS["standardised"], missing=missing)
    scores = run.decision(run.frozen(slice(0, -1)))
    np.testing.assert_allclose(scores, run.job.decision[0, :-1, N:].mean(axis=0), atol=1e-9)


@pytest.mark.parametrize("name", OPTIONS)
def test_gaps_in_features_are_filled_as_the_engine_fills_them(name):
    run = Run(OPTIONS[name], missing=True, gaps=True)
    for models in (slice(-1, None), slice(0, -1)):
        expected = run.job.decision[0, models, N:].mean(axis=0)
        np.testing.assert_allclose(run.decision(run.frozen(models)), expected, atol=1e-9)


def test_more_features_than_a_chunk_and_float32():
    run = Run(OPTIONS["standardised"], p=2500)
    run.features = run.features.astype(np.float32)
    scores = run.decision(run.frozen(slice(-1, None)))
    np.testing.assert_allclose(scores, run.job.decision[0, -1, N:], atol=1e-5)


def test_no_confounds():
    run = Run(OPTIONS["standardised"])
    run.coding = ConfoundCoding.of(run.people, [])
    run.confounds = run.coding.matrix(run.people)
    frozen = run.frozen(slice(-1, None))
    assert frozen.confound_weights.shape == (0,)
    decision = frozen.decision(run.features[N:], run.others)
    np.testing.assert_allclose(decision, run.features[N:] @ frozen.weights + frozen.intercept)


def test_a_missing_confound_contributes_its_training_mean():
    run = Run(OPTIONS["standardised"], missing=True)
    frozen = run.frozen(slice(-1, None))
    ours, theirs = run.confounds[:N], run.confounds[N:]
    filled = np.where(np.isnan(theirs), np.nanmean(ours, axis=0), theirs)
    decision = run.features[N:] @ frozen.weights + filled @ frozen.confound_weights
    np.testing.assert_allclose(decision + frozen.intercept, run.decision(frozen), atol=1e-10)


def test_a_missing_feature_contributes_its_training_mean():
    run = Run(OPTIONS["standardised"], missing=True, gaps=True)
    frozen = run.frozen(slice(-1, None))
    mean = np.nanmean(run.features[:N, 2])
    run.features[N:, 2] = mean
    known = run.decision(frozen)
    run.features[N:, 2] = np.nan
    np.testing.assert_allclose(run.decision(frozen), known, atol=1e-9)


def test_an_unseen_site_is_an_error_unless_it_may_count_as_the_mean():
    run = Run(OPTIONS["standardised"])
    frozen = run.frozen(slice(-1, None))
    run.others.loc[2, "site"] = "moon"
    with pytest.raises(InputError, match="found 'moon' in site of sub-42"):
        run.decision(frozen)
    unseen = run.decision(frozen, unseen="mean")
    run.others.loc[2, "site"] = None
    np.testing.assert_array_equal(unseen, run.decision(frozen))


def test_a_person_is_scored_alone_as_in_company():
    run = Run(OPTIONS["standardised"])
    frozen = run.frozen(slice(-1, None))
    together = run.decision(frozen)
    for index in (0, 5):
        alone = frozen.decision(run.features[N + index : N + index + 1], run.others[index:][:1])
        np.testing.assert_array_equal(alone, together[[index]])


@pytest.mark.parametrize("kind", [FrozenLinear, Recipe, FrozenStack])
def test_every_kind_does_what_the_protocol_says(kind):
    for name, wanted in inspect.getmembers(Frozen, inspect.isroutine):
        if not name.startswith("_"):
            own = inspect.signature(getattr(kind, name))
            assert list(own.parameters) == list(inspect.signature(wanted).parameters), name
    assert {"description", "sha256"} <= {*dir(kind), *kind.__annotations__}


def test_it_is_read_as_it_was_written(tmp_path):
    run = Run(OPTIONS["standardised"], missing=True)
    frozen = run.frozen(slice(-1, None))
    frozen.save(tmp_path / "model.json")
    read = load_frozen(tmp_path / "model.json")
    assert read.sha256 == frozen.sha256
    assert read.coding == frozen.coding
    assert read.description == frozen.description
    np.testing.assert_array_equal(run.decision(read), run.decision(frozen))
    # The files have no other content that could differ between runs.
    frozen.save(tmp_path / "again.json")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


@pytest.mark.parametrize("what", ["weights", "intercept", "levels", "description"])
def test_a_changed_model_is_refused(tmp_path, what):
    run = Run(OPTIONS["standardised"])
    npz, sidecar = tmp_path / "model.npz", tmp_path / "model.json"
    run.frozen(slice(-1, None)).save(sidecar)
    text = json.loads(sidecar.read_text())
    with np.load(npz) as stored:
        arrays = dict(stored)
    if what in arrays:
        arrays[what] = arrays[what] + 1e-12
        np.savez(npz, **arrays)
    elif what == "levels":
        text["coding"]["levels"]["site"].reverse()
    else:
        text["description"]["n_models"] = 2
    sidecar.write_text(json.dumps(text))
    with pytest.raises(ValueError, match="its parameters are not those"):
        load_frozen(sidecar)


def test_models_of_several_jobs_stand_together_without_other_cohorts():
    run = Run(OPTIONS["standardised"])
    fitted = fitted_models([run.job, run.job], N)
    assert fitted.train.shape == fitted.beta.shape == fitted.fitted.shape == (10, N)
    np.testing.assert_array_equal(fitted.candidate, np.tile(run.job.candidate[0], 2))
    assert fitted.intercept.shape == (10,)
