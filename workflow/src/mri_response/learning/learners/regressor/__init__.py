"""Regressors of scikit-learn beside predictors without penalty, one fit at a time."""
