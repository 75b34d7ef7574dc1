"""The frozen model: what is applied, unchanged, to people it has never seen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mri_response.atomic import atomic_path
from mri_response.confounds import ConfoundCoding
from mri_response.kernels import TrainingSets, fit_confounds, weight_chunks


@dataclass(frozen=True)
class FrozenModel:
    """A linear classifier with its confound regression and scaling folded into one formula.

    ``decision = features @ weights + confounds @ confound_weights + intercept``, where a missing
    confound contributes its training mean.

    Attributes
    ----------
    weights : numpy.ndarray, shape (p,)
        Per unit of the feature.
    confound_weights, confound_fill : numpy.ndarray, shape (q,)
        Weight of each confound, and its contribution where it is missing.
    intercept : float
    coding : ConfoundCoding
    description : dict
        What a reader must know: model, positive class, feature set, C, number of people.
    """

    weights: np.ndarray
    confound_weights: np.ndarray
    confound_fill: np.ndarray
    intercept: float
    coding: ConfoundCoding
    description: dict

    def decision(
        self, features: np.ndarray, people: pd.DataFrame, *, unseen: str = "error"
    ) -> np.ndarray:
        """Decision values of people, positive for the positive class.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, p)
        people : pandas.DataFrame
            Their confounds; labels are not looked at.
        unseen : {"error", "mean"}

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        confounds = self.coding.matrix(people, unseen=unseen)
        part = np.where(np.isnan(confounds), self.confound_fill, confounds * self.confound_weights)
        score = np.array([np.asarray(row, dtype=np.float64) @ self.weights for row in features])
        return score + part.sum(axis=1) + self.intercept

    @property
    def sha256(self) -> str:
        """Hash over the parameters: numbers, confound coding and description."""
        digest = hashlib.sha256()
        for name, array in self._arrays().items():
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        digest.update(json.dumps(self._text(), sort_keys=True).encode())
        return digest.hexdigest()

    def save(self, npz: Path, sidecar: Path) -> None:
        """Write the parameters, without pickle, and a JSON file that carries their hash."""
        with atomic_path(npz) as temporary:
            np.savez(temporary, **self._arrays())
        with atomic_path(sidecar) as temporary:
            text = {"sha256": self.sha256, **self._text()}
            Path(temporary).write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, npz: Path, sidecar: Path) -> FrozenModel:
        """Read a model and verify its hash.

        Raises
        ------
        ValueError
            If the parameters are not those whose hash was written down.
        """
        text = json.loads(Path(sidecar).read_text(encoding="utf-8"))
        levels, knots = (
            {key: tuple(value) for key, value in text["coding"][name].items()}
            for name in ("levels", "knots")
        )
        coding = ConfoundCoding(tuple(text["coding"]["columns"]), levels, knots)
        with np.load(npz, allow_pickle=False) as arrays:
            model = cls(
                arrays["weights"],
                arrays["confound_weights"],
                arrays["confound_fill"],
                float(arrays["intercept"]),
                coding,
                text["description"],
            )
        if model.sha256 != text["sha256"]:
            raise ValueError(f"{npz}: its parameters are not those that {sidecar} was written for")
        return model

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            "weights": self.weights,
            "confound_weights": self.confound_weights,
            "confound_fill": self.confound_fill,
            "intercept": np.array(self.intercept),
        }

    def _text(self) -> dict:
        return {"coding": asdict(self.coding), "description": self.description}


def freeze(
    features: np.ndarray,
    confounds: np.ndarray,
    sets: TrainingSets,
    beta: np.ndarray,
    intercept: np.ndarray,
    coding: ConfoundCoding,
    description: dict,
    *,
    standardize: bool = True,
) -> FrozenModel:
    """Fold fitted models, their confound regression and scaling into one linear formula.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
        Of the discovery people.
    confounds : numpy.ndarray, shape (n, q)
    sets : TrainingSets
        Training set of each model: one for the refitted model, many for an ensemble.
    beta : numpy.ndarray, shape (S, n)
        Signed dual variables, zero outside the training rows.
    intercept : numpy.ndarray, shape (S,)
    coding : ConfoundCoding
    description : dict
    standardize : bool

    Returns
    -------
    FrozenModel
        With the mean decision value of the S models.
    """
    n_models = len(beta)
    weights = np.empty(features.shape[1])
    score = np.zeros((n_models, len(features)))
    for chunk in weight_chunks(features, sets, beta, standardize=standardize):
        weights[chunk.columns] = chunk.per_unit.mean(axis=0)
        raw = np.asarray(features[:, chunk.columns], dtype=np.float64)
        score += chunk.per_unit @ raw.T
    # Confounds regressed out of every feature = regressed out of the weighted sum.
    q = confounds.shape[1]
    confound_weights, fill, constant = np.zeros(q), np.zeros(q), 0.0
    for train, one_score, one_intercept in zip(sets.train, score, intercept, strict=True):
        centred, mean, scale = fit_confounds(confounds, train)
        slope = np.linalg.pinv(centred[train], rcond=1e-8) @ one_score[train] / scale
        confound_weights -= slope / n_models
        fill -= slope * mean / n_models
        constant += (one_intercept - one_score[train].mean() + slope @ mean) / n_models
    return FrozenModel(weights, confound_weights, fill, float(constant), coding, description)


def fitted_models(jobs: list[dict[str, np.ndarray]], n: int) -> dict[str, np.ndarray]:
    """Models of the observed labels out of the results of jobs.

    Parameters
    ----------
    jobs : list of dict
        As from `mri_response.resampling.cross_validate`.
    n : int
        Discovery rows; rows behind them, which no model was trained on, are dropped.

    Returns
    -------
    dict of str to numpy.ndarray
        ``train``, ``beta``, ``fitted`` (S, n), ``intercept``, ``candidate`` (S,).
    """
    names = ("train", "beta", "fitted")
    return {
        **{name: np.concatenate([job[name][:, :n] for job in jobs]) for name in names},
        "intercept": np.concatenate([job["intercept"] for job in jobs]),
        "candidate": np.concatenate([job["candidate"][0] for job in jobs]),
    }
