"""Classifiers of scikit-learn: their parameters, fits and nested cross-validation."""
