"""Models stacked: a second level that learns from their out-of-fold decision values alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mri_response.core.atomic import atomic_path
from mri_response.learning.decision_rules import out_of_fold
from mri_response.learning.decisions import Decisions
from mri_response.learning.jobs import JobResult
from mri_response.models.frozen import decision_of


@dataclass(frozen=True)
class SecondLevel:
    """Logistic regression on the decision values of k models.

    ``decision = ((values - mean) / scale) @ weights + intercept``

    Attributes
    ----------
    mean, scale, weights : tuple of float, length k
    intercept : float
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, values: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> SecondLevel:
        """Fit to decision values that the models gave people whom they had not seen.

        Parameters
        ----------
        values : numpy.ndarray, shape (n, k)
            Out-of-fold decision values.
        labels : numpy.ndarray of 0/1, shape (n,)
        weights : numpy.ndarray, shape (n,)
            Row weights, so that people count.

        Returns
        -------
        SecondLevel
            With scikit-learn's default penalty, C = 1, on values of unit variance; both classes
            weigh the same. With one class it says that class.
        """
        mean, scale = values.mean(axis=0), values.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        if len(set(labels)) == 1:
            slopes, intercept = np.zeros(values.shape[1]), 2.0 * labels[0] - 1.0
        else:
            from sklearn.linear_model import LogisticRegression  # takes a second to import

            of_class = np.bincount(labels, weights)[labels]
            balanced = weights * weights.sum() / (2 * of_class)
            model = LogisticRegression(tol=1e-8, max_iter=1000)
            model.fit((values - mean) / scale, labels, balanced)
            slopes, intercept = model.coef_[0], model.intercept_[0]
        return cls(*(tuple(map(float, x)) for x in (mean, scale, slopes)), float(intercept))

    def decision(self, values: np.ndarray) -> np.ndarray:
        """Decision values from those of the models, shape (n, k) to (n,)."""
        return ((values - self.mean) / np.array(self.scale)) @ self.weights + self.intercept


def stacked_folds(
    models: Sequence[Decisions], labels: np.ndarray, weights: np.ndarray
) -> Decisions:
    """Cross-validated decision values of the stack, for the observed labels.

    In each outer fold the second level is fitted to the training people's decision values in the
    inner folds that left them out, and applied to the decision values of the test people.

    Parameters
    ----------
    models : sequence of Decisions
        One per model.
    labels : numpy.ndarray of 0/1, shape (n,)
        Observed labels.
    weights : numpy.ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    Decisions
        Of the observed labels alone; NaN for rows in no outer test fold.

    Raises
    ------
    ValueError
        If the models were not cross-validated on the same folds.

    References
    ----------
    Wolpert DH (1992). Stacked generalization. Neural Networks 5, 241-259.
    """
    first, *others = models
    keys = list(zip(first.repeat, first.outer_fold, strict=True))
    if any(list(zip(own.repeat, own.outer_fold, strict=True)) != keys for own in others):
        raise ValueError("the models of a stack have different outer folds")
    if any((own.train != first.train).any() for own in others):
        raise ValueError("the models of a stack have different training people")
    decision = np.full((1, *first.decision.shape[1:]), np.nan)
    number = np.zeros(decision.shape, dtype=np.int16)
    for position, (repeat, outer_fold) in enumerate(keys):
        train, test = first.train[position], first.fold[0, repeat - 1] == outer_fold
        inner = np.stack([own.inner_decision[position] for own in models], axis=1)
        values = np.stack([own.decision[0, repeat - 1] for own in models], axis=1)
        second = SecondLevel.fit(inner[train], labels[train], weights[train])
        decision[0, repeat - 1, test] = second.decision(values[test])
        number[0, repeat - 1, test] = outer_fold
    observed = np.asarray(labels, dtype=np.int8)[None]
    return Decisions(decision, number, np.zeros_like(number), observed)


def refitted_stack(
    refits: Sequence[Sequence[JobResult]], labels: np.ndarray, weights: np.ndarray
) -> SecondLevel:
    """Second level fitted on all discovery people, from the searches of the refitted models.

    Parameters
    ----------
    refits : sequence of sequence of JobResult
        For each model the results of its refit jobs that hold the observed labels.
    labels : numpy.ndarray of 0/1, shape (n,)
    weights : numpy.ndarray, shape (n,)

    Returns
    -------
    SecondLevel
    """
    values = np.stack([out_of_fold(jobs, len(labels)) for jobs in refits], axis=1)
    return SecondLevel.fit(values, labels, weights)


def save_stack(path: Path, name: str, second: SecondLevel, parts: Mapping[str, Path]) -> None:
    """Write the frozen stack: its second level and the hashes of the frozen models below it."""
    below = {m: json.loads(Path(p).read_text(encoding="utf-8"))["sha256"] for m, p in parts.items()}
    text = {"stack": name, "models": below, "second_level": asdict(second)}
    digest = hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()
    with atomic_path(path) as temporary:
        content = json.dumps({"sha256": digest, **text}, indent=2)
        Path(temporary).write_text(content + "\n", encoding="utf-8")


def load_stack(path: Path) -> tuple[SecondLevel, list[str]]:
    """Read a frozen stack and verify its hash; its second level and the names of its models.

    Raises
    ------
    ValueError
        If it is not what was written.
    """
    text = json.loads(Path(path).read_text(encoding="utf-8"))
    given = text.pop("sha256")
    if hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest() != given:
        raise ValueError(f"{path}: the stack is not the one that its hash was written for")
    second = text["second_level"]
    fields = {key: tuple(v) if isinstance(v, list) else v for key, v in second.items()}
    return SecondLevel(**fields), list(text["models"])


def stack_scores(
    second: SecondLevel, scores: Sequence[pd.DataFrame], people: Mapping[str, pd.DataFrame]
) -> list[np.ndarray]:
    """Decision values of the frozen stack in other cohorts, from those of its models.

    Parameters
    ----------
    second : SecondLevel
    scores : sequence of pandas.DataFrame
        For each model its scores: cohort, participant_id, decision.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort.

    Returns
    -------
    list of numpy.ndarray
    """
    decisions = []
    for cohort, rows in people.items():
        values = [decision_of(table, cohort, rows) for table in scores]
        decisions.append(second.decision(np.stack(values, axis=1)))
    return decisions
