"""Models stacked: a second level that learns from their out-of-fold decision values alone.

Where the outcome is a number, decision values are predicted numbers and the second level is their
weighted mean. Baseline and confounds are inside every model, so that they keep their full weight,
and the stack can gain over them by the features alone: a regression on the predictions could also
gain by shrinking what baseline and confounds say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from mri_response.core.vocabulary import NotComputed, Null
from mri_response.learning.decision_rules import out_of_fold
from mri_response.learning.decisions import Decisions
from mri_response.learning.jobs import JobResult
from mri_response.learning.rounding import rounded
from mri_response.models.frozen import Frozen
from mri_response.models.hashed import PathLike, read_hashed, text_hash, write_hashed


@dataclass(frozen=True)
class SecondLevel:
    """Logistic regression on the decision values of k models, or weighted mean of their numbers.

    ``decision = ((values - mean) / scale) @ weights + intercept``

    Attributes
    ----------
    mean, scale : tuple of float, length k
        By which the decision values of each model are standardised.
    weights : tuple of float, length k
        Of the standardised decision values.
    intercept : float
        Decision value where all models are at their means.
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
            1 for the positive class.
        weights : numpy.ndarray, shape (n,)
            1 / (rows of the person), so that every person counts once.

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

    @classmethod
    def of_numbers(
        cls, values: np.ndarray, outcome: np.ndarray, weights: np.ndarray
    ) -> SecondLevel:
        """Weigh predicted numbers that the models gave people whom they had not seen.

        Parameters
        ----------
        values : numpy.ndarray, shape (n, k)
            Out-of-fold predictions.
        outcome : numpy.ndarray, shape (n,)
            What was to be predicted.
        weights : numpy.ndarray, shape (n,)
            1 / (rows of the person), so that every person counts once.

        Returns
        -------
        SecondLevel
            The mean with the smallest squared error, of weights that are not negative and have a
            sum of 1. Where several have it, as with models that predict the same, one of them.

        Notes
        -----
        With a sum of 1 the errors of the mean are the mean of the errors e of the models. The least
        squares of [e; c] w = [0; c] without negative weights have the same direction as those with
        a sum of 1, whatever c is: in w = s v, where v has a sum of 1, they are smallest for the
        smallest error of v.

        References
        ----------
        Breiman L (1996). Stacked regressions. Machine Learning 24, 49-64.
        van der Laan MJ, Polley EC, Hubbard AE (2007). Super learner. Statistical Applications in
        Genetics and Molecular Biology 6, 25.
        """
        from scipy.optimize import nnls  # takes time to import

        error = np.sqrt(weights)[:, None] * (outcome[:, None] - values)
        size = np.sqrt((error**2).sum(axis=0).max()) or 1.0
        last = np.ones((1, values.shape[1]))
        found, _ = nnls(np.vstack([error / size, last]), np.eye(len(error) + 1)[-1])
        of_models = tuple(map(float, found / found.sum()))
        k = len(of_models)
        return cls((0.0,) * k, (1.0,) * k, of_models, 0.0)

    def decision(self, values: np.ndarray) -> np.ndarray:
        """Combine the decision values of the models.

        Parameters
        ----------
        values : numpy.ndarray, shape (n, k)
            Decision values of n people by k models.

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
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
    labels : numpy.ndarray, shape (n,)
        Observed labels, 0 or 1, or numbers.
    weights : numpy.ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    Decisions
        Of the observed labels alone; NaN for rows in no outer test fold. Of numbers also what
        baseline and confounds predict alone, which the models have in common.

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
    of_numbers = first.reduced is not None
    if of_numbers and not all(
        np.allclose(own.reduced[0], first.reduced[0], equal_nan=True) for own in others
    ):
        raise ValueError("the models of a stack have different predictors without penalty")
    fit = SecondLevel.of_numbers if of_numbers else SecondLevel.fit
    decision = np.full((1, *first.decision.shape[1:]), np.nan)
    number = np.zeros(decision.shape, dtype=np.int16)
    for position, (repeat, outer_fold) in enumerate(keys):
        train, test = first.train[position], first.fold[0, repeat - 1] == outer_fold
        inner = np.stack([own.inner_decision[position] for own in models], axis=1)
        values = np.stack([own.decision[0, repeat - 1] for own in models], axis=1)
        second = fit(inner[train], labels[train], weights[train])
        decision[0, repeat - 1, test] = second.decision(values[test])
        number[0, repeat - 1, test] = outer_fold
    observed = np.asarray(labels, dtype=float if of_numbers else np.int8)[None]
    return Decisions(
        rounded(decision),
        number,
        np.zeros_like(number),
        observed,
        null=NotComputed.STACK if of_numbers else Null.WHOLE_PROCEDURE,
        reduced=first.reduced[:1] if of_numbers else None,
    )


def refitted_stack(
    refits: Sequence[Sequence[JobResult]], labels: np.ndarray, weights: np.ndarray
) -> SecondLevel:
    """Second level fitted on all discovery people, from the searches of the refitted models.

    Parameters
    ----------
    refits : sequence of sequence of JobResult
        For each model the results of its refit jobs that hold the observed labels.
    labels : numpy.ndarray, shape (n,)
        Of the discovery people, 1 for the positive class and 0, or numbers.
    weights : numpy.ndarray, shape (n,)
        1 / (rows of the person).

    Returns
    -------
    SecondLevel
    """
    values = np.stack([out_of_fold(jobs, len(labels)) for jobs in refits], axis=1)
    of_numbers = refits[0][0].reduced is not None
    return (SecondLevel.of_numbers if of_numbers else SecondLevel.fit)(values, labels, weights)


@dataclass(frozen=True)
class FrozenStack(Frozen):
    """A second level and the hashes of the frozen models whose decision values it reads.

    Attributes
    ----------
    stack : str
        Name of the stack.
    models : dict of str to str
        SHA-256 of each frozen model below, in the order of the second level's weights.
    second_level : SecondLevel
        How their decision values are combined.
    """

    stack: str
    models: dict[str, str]
    second_level: SecondLevel

    @classmethod
    def of(
        cls, stack: str, second_level: SecondLevel, below: Mapping[str, PathLike]
    ) -> FrozenStack:
        """Freeze a second level together with the hashes of the models below.

        Parameters
        ----------
        stack : str
            Name of the stack.
        second_level : SecondLevel
            Fitted to the decision values of these models.
        below : mapping of str to path-like
            JSON file of each frozen model, by name.
        """
        hashes = {model: read_hashed(path)[1] for model, path in below.items()}
        return cls(stack, hashes, second_level)

    @property
    def description(self) -> dict:
        """What a reader must know: the name and the models below."""
        return {"stack": self.stack, "models": self.models}

    @property
    def sha256(self) -> str:
        """SHA-256 over everything that is written."""
        return text_hash(asdict(self))

    def save(self, path: PathLike) -> None:
        """Write the stack with its hash."""
        write_hashed(asdict(self), self.sha256, path)

    @classmethod
    def load(cls, path: PathLike) -> FrozenStack:
        """Read a stack and verify its hash.

        Raises
        ------
        ValueError
            If it is not what was written.
        """
        text, sha256 = read_hashed(path)
        if text_hash(text) != sha256:
            raise ValueError(f"{path}: the stack is not the one that its hash was written for")
        second = text["second_level"].items()
        fields = {key: tuple(v) if isinstance(v, list) else v for key, v in second}
        return cls(**(text | {"second_level": SecondLevel(**fields)}))

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Decision values of people, from the decision values of the models below."""
        return self.second_level.decision(features)
