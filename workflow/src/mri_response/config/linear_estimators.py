"""Classifiers and regressors of scikit-learn that have weights."""

from __future__ import annotations

#: Estimators whose decision value or prediction is a weighted sum of the features.
LINEAR_ESTIMATORS = frozenset(
    {
        "sklearn.cross_decomposition.PLSRegression",
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.linear_model.ARDRegression",
        "sklearn.linear_model.BayesianRidge",
        "sklearn.linear_model.ElasticNet",
        "sklearn.linear_model.ElasticNetCV",
        "sklearn.linear_model.HuberRegressor",
        "sklearn.linear_model.Lars",
        "sklearn.linear_model.LarsCV",
        "sklearn.linear_model.Lasso",
        "sklearn.linear_model.LassoCV",
        "sklearn.linear_model.LassoLars",
        "sklearn.linear_model.LassoLarsCV",
        "sklearn.linear_model.LassoLarsIC",
        "sklearn.linear_model.LinearRegression",
        "sklearn.linear_model.LogisticRegression",
        "sklearn.linear_model.LogisticRegressionCV",
        "sklearn.linear_model.OrthogonalMatchingPursuit",
        "sklearn.linear_model.OrthogonalMatchingPursuitCV",
        "sklearn.linear_model.PassiveAggressiveClassifier",
        "sklearn.linear_model.PassiveAggressiveRegressor",
        "sklearn.linear_model.Perceptron",
        "sklearn.linear_model.QuantileRegressor",
        "sklearn.linear_model.Ridge",
        "sklearn.linear_model.RidgeClassifier",
        "sklearn.linear_model.RidgeClassifierCV",
        "sklearn.linear_model.RidgeCV",
        "sklearn.linear_model.SGDClassifier",
        "sklearn.linear_model.SGDRegressor",
        "sklearn.linear_model.TheilSenRegressor",
        "sklearn.svm.LinearSVC",
        "sklearn.svm.LinearSVR",
    }
)
#: Estimators whose decision value or prediction is such a sum if their kernel is linear.
KERNEL_ESTIMATORS = frozenset(
    {"sklearn.svm.NuSVC", "sklearn.svm.NuSVR", "sklearn.svm.SVC", "sklearn.svm.SVR"}
)
