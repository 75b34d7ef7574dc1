"""Regressors of scikit-learn beside a baseline, in plain scikit-learn: what learners must equal.

Nothing here is shared with the package.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler


class BesideBaseline(RegressorMixin, BaseEstimator):
    """A regressor of residual features, beside a regression on the last columns."""

    def __init__(self, regressor, n_given=0):
        self.regressor, self.n_given = regressor, n_given

    def _split(self, table):
        return table[:, : -self.n_given], table[:, -self.n_given :]

    def fit(self, table, outcome):
        features, given = self._split(table)
        self.of_features = LinearRegression().fit(given, features)
        self.of_outcome = LinearRegression().fit(given, outcome)
        residual = features - self.of_features.predict(given)
        self.scaler = StandardScaler().fit(residual)
        left = outcome - self.of_outcome.predict(given)
        self.fitted = clone(self.regressor).fit(self.scaler.transform(residual), left)
        return self

    def predict(self, table):
        features, given = self._split(table)
        residual = self.scaler.transform(features - self.of_features.predict(given))
        return self.of_outcome.predict(given) + self.fitted.predict(residual)


def summed_squares(model, table, outcome):
    return -np.sum((model.predict(table) - outcome) ** 2)


def searched(regressor, grid, table, outcome, fold, n_given=2):
    """GridSearchCV of one outer fold, on its inner folds, fitted to its training rows."""
    train = fold.sets.train[0]
    place = np.cumsum(train) - 1
    splits = [
        (place[a], place[b]) for a, b in zip(fold.sets.train[1:], fold.sets.test[1:], strict=True)
    ]
    grid = {f"regressor__{name}": values for name, values in grid.items()}
    model = BesideBaseline(regressor, n_given=n_given)
    search = GridSearchCV(model, grid, scoring=summed_squares, cv=splits)
    return search.fit(table[train], outcome[train])
