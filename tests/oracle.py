"""Nested cross-validation in plain scikit-learn, one fit at a time: what the engine must equal.

Nothing here is shared with the package. Confounds are regressed out by `LinearRegression`,
features scaled by `StandardScaler`, reduced by `PCA`, classified by `SVC(kernel="linear")`, and C
is searched by a literal loop or by `GridSearchCV`. Three rules, which scikit-learn leaves open, are
those of the workflow's documentation:

Ties
    The smallest C whose balanced accuracy, of the decisions of all inner folds together, is within
    1e-9 of the best.
Constant features
    A feature whose residual does not vary over the training rows drops out. A naive pipeline would
    divide rounding noise of 1e-16 by its own standard deviation and turn it into a feature.
Intercept without free support vectors
    Where every dual variable is at 0 or at its upper bound (at tiny C, all are at the upper) any
    intercept of an interval is optimal; the midpoint is taken. That is LIBSVM's own rule, but
    LIBSVM may hold a dual variable that is 1e-19 off its bound for free, and then puts the
    intercept on that variable's margin, an end of the interval. Which one it holds for free depends
    on rounding, that is on the order of rows. So dual variables within a relative 1e-9 of a bound
    count as being there, and the midpoint is computed anew. Everywhere else LIBSVM's intercept is
    used as it is.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

TIE = 1e-9
AT_BOUND = 1e-9


class ConfoundRegressor(TransformerMixin, BaseEstimator):
    """Residuals of features, given a matrix of confounds and features side by side."""

    def __init__(self, n_confounds: int) -> None:
        self.n_confounds = n_confounds

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> ConfoundRegressor:
        confounds, features = self._split(X)
        self.fill_ = np.nanmean(confounds, axis=0) if self.n_confounds else np.empty(0)
        residual = features - features.mean(axis=0)
        if self.n_confounds:
            self.regression_ = LinearRegression().fit(self._filled(confounds), features)
            residual = features - self.regression_.predict(self._filled(confounds))
        self.mean_ = features.mean(axis=0)
        size = np.sqrt(np.mean(features**2, axis=0))
        self.constant_ = residual.std(axis=0) <= 1e-12 * size
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        confounds, features = self._split(X)
        if self.n_confounds:
            residual = features - self.regression_.predict(self._filled(confounds))
        else:
            residual = features - self.mean_
        return np.where(self.constant_, 0.0, residual)

    def _split(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return X[:, : self.n_confounds], X[:, self.n_confounds :]

    def _filled(self, confounds: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(confounds), self.fill_, confounds)


class LinearSVM(ClassifierMixin, BaseEstimator):
    """`SVC(kernel="linear")` with the midpoint rule of the intercept and labels 0 and 1.

    With `in_float64` the free dual variables are solved once more in double precision: LIBSVM keeps
    its kernel in float32, by which decision values of more people than features are up to 1e-3 off.
    """

    def __init__(
        self,
        C: float = 1.0,
        class_weight: str | None = "balanced",
        tol: float = 1e-6,
        in_float64: bool = False,
    ) -> None:
        self.C = C
        self.class_weight = class_weight
        self.tol = tol
        self.in_float64 = in_float64

    def fit(self, X: np.ndarray, y: np.ndarray) -> LinearSVM:
        self.classes_ = np.array([0, 1])
        if len(set(y)) == 1:
            self.coef_, self.intercept_ = np.zeros(X.shape[1]), 2.0 * y[0] - 1
            return self
        model = SVC(kernel="linear", C=self.C, class_weight=self.class_weight, tol=self.tol)
        model.fit(X, y)
        self.coef_, self.intercept_ = model.coef_[0], model.intercept_[0]
        alpha = np.zeros(len(y))
        alpha[model.support_] = np.abs(model.dual_coef_[0])
        bound = self.C * model.class_weight_[y]
        if self.in_float64:
            signs = 2.0 * y - 1
            beta, self.intercept_ = closed(X @ X.T, signs, bound, signs * alpha)
            self.coef_ = X.T @ beta
            return self
        upper = alpha >= bound * (1 - AT_BOUND)
        lower = alpha <= bound * AT_BOUND
        if (upper | lower).all():
            margin = 2.0 * y - 1 - X @ self.coef_  # the intercept that puts each on its margin
            from_below = np.where(y == 1, lower, upper)
            self.intercept_ = (margin[from_below].max() + margin[~from_below].min()) / 2
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return X @ self.coef_ + self.intercept_

    def predict(self, X: np.ndarray) -> np.ndarray:
        return (self.decision_function(X) > 0).astype(int)


def pipeline(
    n_confounds: int,
    *,
    standardize: bool = True,
    pca: int | float | None = None,
    class_weight: str | None = "balanced",
    tol: float = 1e-6,
) -> Pipeline:
    """The whole procedure for one training set; C is set by `svm__C`."""
    steps: list[tuple] = [("confounds", ConfoundRegressor(n_confounds))]
    if standardize:
        steps.append(("scale", StandardScaler()))
    if pca is not None:
        steps.append(("pca", PCA(pca, svd_solver="full")))
    return Pipeline([*steps, ("svm", LinearSVM(class_weight=class_weight, tol=tol))])


class Nested(NamedTuple):
    """Choice of C and the model fitted with it on the outer training rows."""

    candidate: int
    scores: np.ndarray
    model: Pipeline


def nested(
    model: Pipeline,
    data: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    inner: list[tuple[np.ndarray, np.ndarray]],
    grid: list[float],
    *,
    weights: np.ndarray | None = None,
    relative: bool = False,
) -> Nested:
    """Choose C on the inner folds and fit on the outer training rows, by a literal loop.

    Parameters
    ----------
    model : Pipeline
    data : numpy.ndarray, shape (n, q + p)
        Confounds and features side by side.
    labels : numpy.ndarray of int, shape (n,)
    train : numpy.ndarray of int
        Outer training rows.
    inner : list of (train, test)
        Row indices of the inner folds.
    grid : list of float
    weights : numpy.ndarray, shape (n,), optional
    relative : bool
        Divide C by the mean squared norm of the features of the training set at hand.
    """
    predicted = [[] for _ in grid]
    for inner_train, inner_test in inner:
        prepare = clone(model[:-1]).fit(data[inner_train])
        ready, unseen = prepare.transform(data[inner_train]), prepare.transform(data[inner_test])
        for C, decisions in zip(grid, predicted, strict=True):
            svm = clone(model[-1]).set_params(C=C / _square(ready) if relative else C)
            decisions.append(svm.fit(ready, labels[inner_train]).predict(unseen))
    tested = np.concatenate([inner_test for _, inner_test in inner])
    weight = None if weights is None else weights[tested]
    with warnings.catch_warnings():
        # With one class among the tested it is the recall of that class, and says so.
        warnings.simplefilter("ignore", UserWarning)
        scores = np.array([
            balanced_accuracy_score(labels[tested], np.concatenate(decisions), sample_weight=weight)
            for decisions in predicted
        ])  # fmt: skip
    chosen = smallest_best(scores)
    C = grid[chosen]
    if relative:
        C /= _square(clone(model[:-1]).fit_transform(data[train]))
    fitted = clone(model).set_params(svm__C=C).fit(data[train], labels[train])
    return Nested(chosen, scores, fitted)


def nested_by_grid_search(
    model: Pipeline,
    data: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    inner: list[tuple[np.ndarray, np.ndarray]],
    grid: list[float] | dict[str, list],
) -> Nested:
    """Choose C by scikit-learn's own search, counts of the inner folds pooled in its `refit`.

    A grid that is no list of C names the parameters of the pipeline.
    """
    place = np.full(len(data), -1)
    place[train] = np.arange(len(train))
    search = GridSearchCV(
        model,
        grid if isinstance(grid, dict) else {"svm__C": grid},
        scoring=counts,
        cv=[(place[inner_train], place[inner_test]) for inner_train, inner_test in inner],
        refit=lambda results: smallest_best(pooled_scores(results)),
    ).fit(data[train], labels[train])
    return Nested(
        int(search.best_index_), pooled_scores(search.cv_results_), search.best_estimator_
    )


def smallest_best(scores: np.ndarray) -> int:
    """First of the candidates whose score is best, ties compared with a tolerance."""
    return int(np.flatnonzero(scores >= scores.max() - TIE)[0])


def counts(model: BaseEstimator, X: np.ndarray, y: np.ndarray) -> dict[str, int]:
    """Scorer: tested people of each class, and those of them who are told rightly."""
    y, right = np.asarray(y), model.predict(X) == y
    return {
        "positive": int((y == 1).sum()),
        "negative": int((y == 0).sum()),
        "true_positive": int((right & (y == 1)).sum()),
        "true_negative": int((right & (y == 0)).sum()),
    }


def pooled_scores(results: dict[str, np.ndarray]) -> np.ndarray:
    """Balanced accuracy of all inner folds together, from the counts of a grid search."""

    def total(name: str) -> np.ndarray:
        splits = (f"split{i}_test_{name}" for i in range(len(results)))
        return sum(results[key] for key in splits if key in results)

    recalls = [
        total(f"true_{name}") / total(name)
        for name in ("positive", "negative")
        if total(name).any()
    ]
    return np.mean(recalls, axis=0)


def _square(features: np.ndarray) -> float:
    return float((features**2).sum(axis=1).mean())


def class_bounds(signs: np.ndarray, C: float, balanced: bool) -> np.ndarray:
    """Upper bound of each dual variable."""
    if not balanced:
        return np.full(len(signs), C)
    share = np.where(signs > 0, (signs > 0).mean(), (signs < 0).mean())
    return C / (2 * share)


def optimality_gap(
    gram: np.ndarray, signs: np.ndarray, beta: np.ndarray, bound: np.ndarray
) -> float:
    """LIBSVM's m(alpha) - M(alpha), after a check of the constraints (Fan, Chen, Lin 2005)."""
    alpha = signs * beta
    assert (alpha >= 0).all()
    assert (alpha <= bound * (1 + 1e-12)).all()
    assert abs(beta.sum()) <= 1e-9 * alpha.sum()
    gradient = signs * (gram @ beta) - 1
    off_zero, off_bound = alpha > 0, alpha < bound * (1 - 1e-12)
    up = np.where(signs > 0, off_bound, off_zero)
    low = np.where(signs > 0, off_zero, off_bound)
    violation = -signs * gradient
    return max(violation[up].max(initial=-np.inf) - violation[low].min(initial=np.inf), 0.0)


def exact(gram: np.ndarray, signs: np.ndarray, C: float, balanced: bool = True) -> np.ndarray:
    """Decision values of all rows by scikit-learn, free dual variables solved in float64.

    LIBSVM keeps its kernel in float32, so that even at tolerance 1e-9 its margins are off by up to
    1e-5. Which dual variables are at a bound it gets right: the others follow from the equations
    that they satisfy.
    """
    weight = "balanced" if balanced else None
    model = SVC(kernel="precomputed", C=C, class_weight=weight, tol=1e-9).fit(gram, signs)
    beta = np.zeros(len(signs))
    beta[model.support_] = model.dual_coef_[0]
    beta, intercept = closed(gram, signs, class_bounds(signs, C, balanced), beta)
    return gram @ beta + intercept


def closed(
    gram: np.ndarray, signs: np.ndarray, bound: np.ndarray, beta: np.ndarray
) -> tuple[np.ndarray, float]:
    """Dual variables and intercept of a fit by LIBSVM, the free ones solved in float64.

    Parameters
    ----------
    gram : numpy.ndarray, shape (n, n)
    signs : numpy.ndarray, shape (n,)
        1 or -1.
    bound : numpy.ndarray, shape (n,)
        Upper bound of each dual variable.
    beta : numpy.ndarray, shape (n,)
        Dual variables times the sign of the label, by LIBSVM.
    """
    upper = np.abs(beta) >= bound * (1 - 1e-9)
    lower = np.abs(beta) <= bound * 1e-9
    beta = np.where(upper, bound * signs, np.where(lower, 0.0, beta))
    free = ~(upper | lower)
    if free.any():
        n = free.sum()
        matrix = np.ones((n + 1, n + 1))
        matrix[:n, :n], matrix[n, n] = gram[np.ix_(free, free)], 0.0
        target = np.append(
            signs[free] - gram[np.ix_(free, ~free)] @ beta[~free], -beta[~free].sum()
        )
        solved = np.linalg.lstsq(matrix, target, rcond=1e-12)[0]
        beta[free], intercept = solved[:n], solved[n]
    else:
        margin = signs - gram @ beta
        from_below = np.where(signs > 0, lower, upper)
        intercept = (margin[from_below].max() + margin[~from_below].min()) / 2
    slack = 1 - signs * (gram @ beta + intercept)
    alpha = np.where(free, 0.5 * bound, signs * beta)
    # The conditions of Karush, Kuhn and Tucker, or the reference itself would be wrong.
    assert slack[alpha == 0].max(initial=-1) <= 1e-9
    assert slack[upper].min(initial=1) >= -1e-9
    np.testing.assert_allclose(slack[free], 0, atol=1e-9)
    return beta, intercept
