"""Made-up people, features and classifiers that tests of several stages share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression

from mri_response.learning.design import Design, FixedFolds, Sample, StackedRows, with_other_cohorts
from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.people.rows import person_weights

SEED, N, OTHERS = 11, 36, 7
SCHEME = Scheme(1, 3, 1, 3)
RBF_PATH = "sklearn.gaussian_process.kernels.RBF"
# Fitted to permuted labels, a length scale runs to its bound, where decision values are rounding.
FIXED = {"length_scale_bounds": "fixed"}


class Study:
    """People with a signal, confounds and a constant feature, and a second cohort behind them."""

    def __init__(self, p: int = 12, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)]})
        self.people["label"] = rng.permutation(np.arange(N) % 2)
        self.confounds = rng.normal(size=(N + OTHERS, 2))
        self.features = rng.normal(30, 2, size=(N + OTHERS, p))
        self.features[:N, :3] += 2.5 * self.people["label"].to_numpy()[:, None]
        self.features += self.confounds @ rng.normal(size=(2, p))
        self.features[:, 5] = 0.1
        self.exchangeability = Exchangeability(self.people)
        labels = self.people["label"].to_numpy()
        *self.folds, self.refit = draw_folds(self.people["participant_id"], labels, SCHEME, SEED)

    def run(self, options: EstimatorOptions, permutations=(0,), folds=slice(None)):
        return cross_validate_estimator(
            Sample(
                self.features[:N],
                self.confounds[:N],
                person_weights(self.people["participant_id"])[0],
            ),
            FixedFolds(self.folds[folds]),
            Design(self.exchangeability, SEED),
            permutations,
            options,
        )

    def refitted(self, options: EstimatorOptions, permutations=(0,)):
        return cross_validate_estimator(
            Sample(
                StackedRows(self.features[:N], self.features[N:]),
                self.confounds,
                np.pad(person_weights(self.people["participant_id"])[0], (0, OTHERS)),
            ),
            FixedFolds([with_other_cohorts(self.refit, OTHERS)]),
            Design(self.exchangeability, SEED),
            permutations,
            options,
        )


def made_up(n=30, p=40, dtype=np.float64, seed=0):
    """People with two classes, features that differ a little between them, and confounds."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(n)]})
    people["label"] = rng.permutation(np.arange(n) % 2)
    confounds = rng.normal(size=(n, 2))
    features = rng.normal(size=(n, p)) + 0.4 * people["label"].to_numpy()[:, None]
    return people, features.astype(dtype), confounds


KINDS = {
    "elastic net": (
        EstimatorOptions(
            "sklearn.linear_model.LogisticRegression",
            {"solver": "saga", "max_iter": 5000, "class_weight": "balanced"},
            {"C": [0.05, 1], "l1_ratio": [0.1, 0.9]},
        ),
        LogisticRegression(solver="saga", max_iter=5000, class_weight="balanced"),
    ),
    "forest": (
        EstimatorOptions(
            "sklearn.ensemble.RandomForestClassifier",
            {"n_estimators": 15},
            {"max_depth": [1, None], "max_features": ["sqrt", 1.0]},
        ),
        RandomForestClassifier(n_estimators=15),
    ),
    "Gaussian process": (
        EstimatorOptions(
            "sklearn.gaussian_process.GaussianProcessClassifier",
            {},
            {"kernel": [{RBF_PATH: {"length_scale": scale, **FIXED}} for scale in (2, 9)]},
        ),
        GaussianProcessClassifier(),
    ),
    "boosting": (
        EstimatorOptions(
            "sklearn.ensemble.HistGradientBoostingClassifier",
            {"max_iter": 8, "min_samples_leaf": 4},
            {"learning_rate": [0.02, 0.5], "max_depth": [1, 3]},
        ),
        HistGradientBoostingClassifier(max_iter=8, min_samples_leaf=4),
    ),
}


SVC = EstimatorOptions(
    "sklearn.svm.SVC",
    {"kernel": "linear", "class_weight": "balanced", "tol": 1e-8},  # no error of its own
    {"C": [2.0**k for k in range(-4, 1)]},
)
ENGINE = SvcOptions(tuple(2.0**k for k in range(-4, 1)))
