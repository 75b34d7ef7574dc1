"""Classifiers of scikit-learn that the configuration names, fitted on the features themselves."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mri_response.config.learner_kinds import estimator_of, is_linear
from mri_response.learning.learners.base import JobSize, Learner, Work

if TYPE_CHECKING:
    import numpy as np

    from mri_response.learning.design import Design, Folds, Sample
    from mri_response.learning.jobs import FitRecord, JobResult
    from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
    from mri_response.learning.splits import Fold


class SklearnLearner(Learner):
    """Classifier of scikit-learn whose grid is searched on the inner folds.

    Parameters
    ----------
    model : mapping
        The model's section of the configuration, with its defaults.
    """

    kind = "classifier"
    chosen_by = "balanced accuracy of the decisions"
    prepares = False
    citations = ("scikit_learn",)

    @property
    def linear(self) -> bool:
        """Whether every candidate's decision value is a weighted sum of the features."""
        return is_linear(self.model)

    @property
    def options(self) -> EstimatorOptions:
        """What the fits must know of the model."""
        from mri_response.learning.learners.sklearn.estimators import EstimatorOptions

        return EstimatorOptions.from_config(self.model)

    @property
    def name(self) -> str:
        """Name of the classifier in words, as in ``random forest classifier``."""
        name = estimator_of(self.model).split(".")[-1]
        # Words of a class name; acronyms stay together: SGDClassifier, LinearSVC, GaussianNB.
        words = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z]+|[A-Z]+", name)
        return " ".join(word if word.isupper() else word.lower() for word in words)

    def prepare(self, sample: Sample, folds: Sequence[Fold]) -> list[np.ndarray]:
        """Nothing: every fit begins with the features."""
        return []

    def run(
        self,
        sample: Sample,
        folds: Folds,
        design: Design,
        blocks: Sequence[range],
        prepared: Sequence[np.ndarray] | None = None,
    ) -> JobResult:
        """Search and fit in some outer folds for the labellings of some blocks."""
        from mri_response.learning.learners.sklearn.cross_validation import (
            cross_validate_estimator,
        )

        permutations = [index for block in blocks for index in block]
        return cross_validate_estimator(sample, folds, design, permutations, self.options)

    def grid_words(self) -> list[str]:
        """Every candidate of the grid in words, as in ``C=0.1; l1_ratio=0.5``.

        The text is empty where nothing is chosen.
        """
        return [
            "; ".join(f"{name}={json.dumps(value)}" for name, value in candidate.items())
            for candidate in self.options.candidates
        ]

    def words(self) -> str:
        """Sentences for the methods: the classifier, and what it was tuned over."""
        model = self.model
        given = ", ".join(f"{name} = {_value(v)}" for name, v in model["parameters"].items())
        text = (
            f"{self.kind.capitalize()} {estimator_of(model)} of scikit-learn, "
            f"{given or 'no parameter changed'}"
        )
        if not model["grid"]:
            return f"{text}; nothing was tuned."
        tuned = "; ".join(
            f"{name} from {', '.join(map(_value, values))}"
            for name, values in sorted(model["grid"].items())
        )
        return (
            f"{text}. Chosen by the {self.chosen_by} of all inner folds together, "
            f"out of all combinations, ties to the first of them: {tuned}."
        )

    def fits_words(self, result: JobResult) -> str:
        """One line for the log about the fits of a job."""
        return f"{result.fits} fits, {result.unconverged} of them not converged"

    def check(self, key: str) -> None:
        """Check the classifier by building and trying it.

        Raises
        ------
        InputError
            One line for the first mistake.
        """
        from mri_response.learning.learners.sklearn.estimators import check_estimator

        check_estimator(key, self.options, self.kind)

    def work(self, scheme: Mapping[str, Any], n: int, p: int) -> Work:
        """Estimate the work of the model.

        Notes
        -----
        One fit is taken to last 30 ms at n = 100: a logistic regression is quicker, a forest
        slower.
        """
        n_sets = 1 + scheme["inner_repeats"] * scheme["inner_folds"]
        n_fits = n_sets * math.prod(map(len, self.model["grid"].values()))
        return Work(gram_s=0.0, gram_mb=0.0, solver_s=0.03 * n / 100 * n_fits)

    def memory_mb(self, size: JobSize) -> float:
        """Some copies of the features as float64, and of what the classifier makes of them."""
        return math.ceil(1500 + 15 * size.input_mb)

    def minutes(self, size: JobSize) -> float:
        """Every fit of every labelling."""
        return 60 + 5 * size.folds * size.labellings * size.work.solver_s / 60

    def warnings(self, name: str, record: FitRecord) -> list[str]:
        """What a reader must know of how the model was fitted."""
        if not record.unconverged:
            return []
        return [
            f"{name}: {record.unconverged:,} of {record.fits:,} fits of {estimator_of(self.model)} "
            "warned that they did not converge; the logs say how. More iterations or a narrower "
            "grid may help."
        ]


def _value(value: Any) -> str:
    """A parameter of scikit-learn as in a configuration."""
    if isinstance(value, Mapping):
        parts = (f"{name}: {_value(part)}" for name, part in value.items())
        return "{" + ", ".join(parts) + "}"
    return value if isinstance(value, str) else json.dumps(value)
