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
from mri_response.evaluation.baselines import scored_tables
from mri_response.evaluation.performance import decision_of
from mri_response.learning.decision_rules import out_of_fold
from mri_response.learning.procedure import Resampled, row_weights

Jobs = Sequence[Mapping[str, np.ndarray]]


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
    models: Sequence[Jobs], labels: np.ndarray, weights: np.ndarray, repeats: int
) -> Resampled:
    """Cross-validated decision values of the stack, for the observed labels.

    In each outer fold the second level is fitted to the training people's decision values in the
    inner folds that left them out, and applied to the decision values of the test people.

    Parameters
    ----------
    models : sequence of sequence of dict
        For each model the results of its cross-validation jobs that hold the observed labels, with
        ``inner_decision`` (see `mri_response.learning.procedure.cross_validate`).
    labels : numpy.ndarray of 0/1, shape (n,)
    weights : numpy.ndarray, shape (n,)
    repeats : int

    Returns
    -------
    Resampled
        NaN for rows in no outer test fold.

    Raises
    ------
    ValueError
        If the models were not cross-validated on the same folds.

    References
    ----------
    Wolpert DH (1992). Stacked generalization. Neural Networks 5, 241-259.
    """
    folds = [_by_fold(jobs) for jobs in models]
    if any(own.keys() != folds[0].keys() for own in folds):
        raise ValueError("the models of a stack have different outer folds")
    decision = np.full((1, repeats, len(labels)), np.nan)
    number = np.zeros(decision.shape, dtype=np.int16)
    for repeat, outer_fold in folds[0]:
        members = [own[repeat, outer_fold] for own in folds]
        train, values = members[0]["train"], np.stack([m["decision"] for m in members], axis=1)
        if any((member["train"] != train).any() for member in members):
            raise ValueError("the models of a stack have different training people")
        test = ~np.isnan(values).any(axis=1)
        inner = np.stack([m["inner_decision"] for m in members], axis=1)
        second = SecondLevel.fit(inner[train], labels[train], weights[train])
        decision[0, repeat - 1, test] = second.decision(values[test])
        number[0, repeat - 1, test] = outer_fold
    return Resampled(decision, number, np.zeros_like(number))


def refitted_stack(refits: Sequence[Jobs], labels: np.ndarray, weights: np.ndarray) -> SecondLevel:
    """Second level fitted on all discovery people, from the searches of the refitted models.

    Parameters
    ----------
    refits : sequence of sequence of dict
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


def stack_tables(
    stack: str,
    config: dict,
    people: Mapping[str, pd.DataFrame],
    jobs: Mapping[str, Jobs],
    second: SecondLevel,
    scores: Sequence[pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Tables of a stack.

    Parameters
    ----------
    stack : str
    config : dict
        Sections seed, cross_validation, permutation, cohorts and min_class_size of the
        configuration.
    people : mapping of str to pandas.DataFrame
        Analysed rows by cohort, the discovery cohort first.
    jobs : mapping of str to sequence of dict
        For each model, see `stacked_folds`.
    second : SecondLevel
        Frozen.
    scores : sequence of pandas.DataFrame
        See `stack_scores`.

    Returns
    -------
    dict of str to pandas.DataFrame
        predictions, performance, null and warnings. The discovery cohort has no permutation test.
    """
    (discovery, home), *_ = people.items()
    labels, weights = home["label"].to_numpy(dtype=int), row_weights(home)
    repeats = config["cross_validation"]["repeats"]
    resampled = stacked_folds(list(jobs.values()), labels, weights, repeats)
    others = {name: rows for name, rows in people.items() if name != discovery}
    frozen = stack_scores(second, scores, others)
    tables = scored_tables(stack, config, people, resampled, frozen, labels[None])
    return tables | {"warnings": pd.DataFrame(columns=["model", "warning"])}


def _by_fold(jobs: Jobs) -> dict[tuple[int, int], dict[str, np.ndarray]]:
    """Training rows, inner and outer decision values of the observed labels by outer fold."""
    found = {}
    for job in jobs:
        for position, key in enumerate(zip(job["repeat"], job["outer_fold"], strict=True)):
            found[int(key[0]), int(key[1])] = {
                "train": job["train"][position],
                "inner_decision": job["inner_decision"][position],
                "decision": job["decision"][0, position],
            }
    return dict(sorted(found.items()))
