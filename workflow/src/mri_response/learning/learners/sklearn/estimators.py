"""What a configuration names of scikit-learn, with its parameters and grid."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mri_response.config.learner_kinds import estimator_of, is_linear
from mri_response.config.messages import fault
from mri_response.core.errors import InputError
from mri_response.core.tables import suggestion

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

LOGIT_LIMIT = 20.0  # of probabilities 2e-9 from 0 or 1, so that means over repeats stay finite


class EstimatorOptions(NamedTuple):
    """What a fit of a classifier or regressor of scikit-learn depends on, beside the data.

    Attributes
    ----------
    estimator : str
        Dotted path of its class.
    parameters : dict
        Fixed parameters, as in the configuration.
    grid : dict
        Values of each parameter to choose from, as in the configuration.
    standardize : bool
        Features are divided by their standard deviation in the training rows.
    pca : int or float or None
        Number of principal components, or the share of variance they exceed.
    """

    estimator: str
    parameters: Mapping[str, Any]
    grid: Mapping[str, list]
    standardize: bool = True
    pca: int | float | None = None

    @classmethod
    def from_config(cls, model: dict) -> EstimatorOptions:
        """Read the options from a model's section of the configuration.

        Parameters
        ----------
        model : dict
            The model's section, with its defaults.

        Returns
        -------
        EstimatorOptions
        """
        keys = cls._fields[1:]
        return cls(estimator_of(model), *(model[key] for key in keys))

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """Combinations of the grid, in scikit-learn's order.

        Parameters in alphabetical order, the values of the last one changing fastest; values of a
        parameter in the order of the configuration.
        """
        from sklearn.model_selection import ParameterGrid  # takes a second to import

        return list(ParameterGrid(dict(self.grid)))

    @property
    def linear(self) -> bool:
        """Whether every candidate's decision value is a weighted sum of the features."""
        return is_linear(self._asdict())

    def build(self, candidate: Mapping[str, Any], random_state: int) -> BaseEstimator:
        """Unfitted classifier of one candidate, its random draws set.

        Parameters
        ----------
        candidate : mapping
            Parameters of the grid that the candidate sets.
        random_state : int
            Given to the classifier and to every part of it that draws at random.

        Returns
        -------
        sklearn.base.BaseEstimator
        """
        estimator = _class(self.estimator)(**_objects(self.parameters))
        estimator.set_params(**_objects(candidate))
        drawing = [name for name in estimator.get_params() if name.endswith("random_state")]
        return estimator.set_params(**dict.fromkeys(drawing, random_state))


def decision_values(estimator: BaseEstimator, features: np.ndarray) -> np.ndarray:
    """Decision values, positive exactly where the classifier predicts the positive class.

    Parameters
    ----------
    estimator : fitted classifier of the classes 0 and 1
        With a method `decision_function` or `predict_proba`.
    features : numpy.ndarray, shape (n, p)
        Prepared features of the rows to predict.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Its own decision function or, where it has none, the logit of the predicted probability,
        cut at `LOGIT_LIMIT` on either side.
    """
    if hasattr(estimator, "decision_function"):
        return estimator.decision_function(features)
    negative, positive = estimator.predict_proba(features).T
    with np.errstate(divide="ignore"):
        return np.clip(np.log(positive) - np.log(negative), -LOGIT_LIMIT, LOGIT_LIMIT)


def check_estimator(key: str, options: EstimatorOptions, kind: str = "classifier") -> None:
    """Check the classifier or regressor that a model names, by building and trying it.

    It is fitted to made-up data, with the first candidate of its grid and with all that differ
    from it in one parameter.

    Parameters
    ----------
    key : str
        Where the model stands in the configuration, as in ``models.forest``.
    options : EstimatorOptions
        What the configuration says of it.
    kind : {"classifier", "regressor"}
        Which of them is expected.

    Raises
    ------
    InputError
        One line for the first mistake.
    """
    _check_class(key, options, kind)
    _check_parameters(key, options)
    tried = _tried_classifier if kind == "classifier" else _tried_regressor
    for candidate in _neighbours(options.candidates):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                complaint = tried(options, candidate)
        except Exception as error:  # any complaint of scikit-learn is for the user to settle
            raise _refused(key, {**options.parameters, **candidate}, error) from error
        if complaint:
            found, expected = complaint
            found = f"{options.estimator!r}, {found}"
            name = "estimator" if kind == "classifier" else "regressor"
            raise fault(f"{key}.{name}", found, expected, "choose another one")


def _check_class(key: str, options: EstimatorOptions, kind: str) -> None:
    from sklearn.utils import all_estimators  # takes a second to import

    path = options.estimator
    # Searches of scikit-learn are refused: their folds would tear the rows of a person apart.
    known = {
        _public_path(found): found
        for _, found in all_estimators(kind)
        if not found.__module__.startswith("sklearn.model_selection")
    }
    if path in known:
        return
    # Compared by the class name, since few users know the modules of scikit-learn by heart.
    names = {other.split(".")[-1].lower(): other for other in known}
    own = names.get(path.split(".")[-1].lower())
    near = f"did you mean {own!r}? " if own else suggestion(path, known)
    name = "estimator" if kind == "classifier" else "regressor"
    raise fault(f"{key}.{name}", repr(path), f"a {kind} of scikit-learn", f"{near}correct it")


def _check_parameters(key: str, options: EstimatorOptions) -> None:
    known = list(inspect.signature(_class(options.estimator)).parameters)
    for name in options.parameters:
        if name not in known:
            raise _unknown_parameter(f"{key}.parameters.{name}", name, known, options)
    try:
        estimator = _class(options.estimator)(**_objects(options.parameters))
    except (TypeError, ValueError, ImportError, AttributeError) as error:
        raise _refused(f"{key}.parameters", options.parameters, error) from error
    for name in options.grid:
        if name not in estimator.get_params():
            raise _unknown_parameter(f"{key}.grid.{name}", name, estimator.get_params(), options)


def _unknown_parameter(
    key: str, name: str, known: Mapping | list, options: EstimatorOptions
) -> InputError:
    known = sorted(set(known) - {"n_jobs", "random_state"})
    return fault(
        key,
        f"the unknown parameter {name!r}",
        f"one of the parameters of {options.estimator}: {', '.join(known)}",
        f"{suggestion(name, known)}rename or remove it",
    )


def _tried_classifier(
    options: EstimatorOptions, candidate: Mapping[str, Any]
) -> tuple[str, str] | None:
    """What speaks against a classifier that was fitted to made-up data, and what is expected."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 25))
    labels = (features[:, 0] + rng.normal(size=200) > 0).astype(int)
    estimator = options.build(candidate, random_state=0).fit(features, labels)
    same = (decision_values(estimator, features) > 0) == (estimator.predict(features) == 1)
    if same.all():
        return None
    return (
        "whose decision value does not tell the class by its sign",
        "a classifier that predicts the positive class where it is above 0",
    )


def _tried_regressor(
    options: EstimatorOptions, candidate: Mapping[str, Any]
) -> tuple[str, str] | None:
    """What speaks against a regressor that was fitted to made-up data, and what is expected."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 25))
    outcome = features[:, 0] + rng.normal(size=200)
    regressor = options.build(candidate, random_state=0).fit(features, outcome)
    predicted = regressor.predict(features)
    if predicted.shape == outcome.shape and np.isfinite(predicted).all():
        return None
    return "which does not predict one finite number per person", "a regressor that does"


def _neighbours(candidates: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The first candidate and those that differ from it in one parameter."""
    first = candidates[0]
    for candidate in candidates:
        if sum(candidate[name] != first[name] for name in first) <= 1:
            yield candidate


def _refused(key: str, values: Mapping[str, Any], error: Exception) -> InputError:
    text = " ".join(str(error).split()) or type(error).__name__
    shown = ", ".join(f"{name}: {value}" for name, value in values.items()) or "the defaults"
    return fault(key, shown, "parameters that scikit-learn takes", f"it says: {text}")


def _public_path(found: type) -> str:
    """Dotted path under which the documentation of scikit-learn has a class."""
    parts = []
    for part in found.__module__.split("."):
        if part.startswith("_"):
            break
        parts.append(part)
    return ".".join([*parts, found.__name__])


def _class(path: str) -> type:
    """The class of a dotted path in scikit-learn."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def _objects(values: Any) -> Any:
    """Values of parameters; ``{sklearn.module.Class: {...}}`` becomes an object of that class."""
    if isinstance(values, list):
        return [_objects(value) for value in values]
    if not isinstance(values, Mapping):
        return values
    if len(values) == 1:
        ((path, arguments),) = values.items()
        if path.startswith("sklearn."):
            return _class(path)(**_objects(arguments or {}))
    return {name: _objects(value) for name, value in values.items()}
