"""Classifiers of scikit-learn that the configuration names, fitted on the features themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mri_response.learning.jobs import FitRecord


class SklearnLearner:
    """Classifier of scikit-learn whose grid is searched on the inner folds.

    Parameters
    ----------
    model : dict
        The model's section of the configuration, with its defaults.
    """

    def __init__(self, model: dict) -> None:
        self.model = model

    def grid_words(self) -> list[str]:
        """Every candidate of the grid in words, as in ``C=0.1; l1_ratio=0.5``.

        The text is empty where nothing is chosen.
        """
        from mri_response.learning.estimators import EstimatorOptions

        return [
            "; ".join(f"{name}={json.dumps(value)}" for name, value in candidate.items())
            for candidate in EstimatorOptions.from_config(self.model).candidates
        ]

    def warnings(self, name: str, record: FitRecord) -> list[str]:
        """What a reader must know of how the model was fitted.

        Parameters
        ----------
        name : str
            Name of the model.
        record : FitRecord
            Of all its jobs.

        Returns
        -------
        list of str
        """
        if not record.unconverged:
            return []
        return [
            f"{name}: {record.unconverged:,} of {record.fits:,} fits of {self.model['estimator']} "
            "warned that they did not converge; the logs say how. More iterations or a narrower "
            "grid may help."
        ]
