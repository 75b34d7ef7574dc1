"""The frozen model: what is applied, unchanged, to people it has never seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mri_response.core.atomic import atomic_path
from mri_response.core.tables import read_people
from mri_response.features.extract import identified, read_features
from mri_response.learning.decision_rules import learned_rules
from mri_response.learning.gram import CHUNK, TrainingSets, filled, fit_confounds, weight_chunks
from mri_response.learning.jobs import JobResult
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.people.rows import person_weights


@dataclass(frozen=True)
class FrozenModel:
    """A linear classifier with its confound regression and scaling folded into one formula.

    ``decision = features @ weights + confounds @ confound_weights + intercept``, where a missing
    confound or feature contributes its training mean.

    Attributes
    ----------
    weights : numpy.ndarray, shape (p,)
        Per unit of the feature.
    fill : numpy.ndarray, shape (p,)
        Contribution of each feature where it is missing.
    confound_weights, confound_fill : numpy.ndarray, shape (q,)
        Weight of each confound, and its contribution where it is missing.
    intercept : float
    coding : ConfoundCoding
    description : dict
        What a reader must know: model, positive class, feature set, C, number of people.
    """

    weights: np.ndarray
    fill: np.ndarray
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
            NaN where missing.
        people : pandas.DataFrame
            Their confounds; labels are not looked at.
        unseen : {"error", "mean"}

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        confounds = self.coding.matrix(people, unseen=unseen)
        part = np.where(np.isnan(confounds), self.confound_fill, confounds * self.confound_weights)
        score = np.array([self._score(np.asarray(row, dtype=np.float64)) for row in features])
        return score + part.sum(axis=1) + self.intercept

    def _score(self, row: np.ndarray) -> float:
        """Weighted sum of one person's features."""
        missing = np.isnan(row)
        if not missing.any():
            return row @ self.weights
        return np.where(missing, 0.0, row) @ self.weights + self.fill[missing].sum()

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
        coding = ConfoundCoding.from_json(text["coding"])
        with np.load(npz, allow_pickle=False) as arrays:
            model = cls(
                arrays["weights"],
                arrays["fill"],
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
            "fill": self.fill,
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
    weights, fill = np.empty((2, features.shape[1]))
    score = np.zeros((len(beta), len(features)))
    for chunk in weight_chunks(features, sets, beta, standardize=standardize):
        raw = np.asarray(features[:, chunk.columns], dtype=np.float64)
        weights[chunk.columns] = chunk.per_unit.mean(axis=0)
        fill[chunk.columns], part = _contributions(raw, sets.train, chunk.per_unit)
        score += part
    return _folded(weights, fill, score, confounds, sets.train, intercept, coding, description)


def freeze_weights(
    features: np.ndarray,
    confounds: np.ndarray,
    train: np.ndarray,
    per_unit: np.ndarray,
    intercept: np.ndarray,
    coding: ConfoundCoding,
    description: dict,
) -> FrozenModel:
    """The same from the weights of the models themselves.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, p)
    confounds : numpy.ndarray, shape (n, q)
    train : numpy.ndarray of bool, shape (S, n)
    per_unit : numpy.ndarray, shape (S, p)
        Weights of residual features, per unit of the feature.
    intercept : numpy.ndarray, shape (S,)
    coding : ConfoundCoding
    description : dict

    Returns
    -------
    FrozenModel
    """
    fill, score = np.empty(features.shape[1]), np.zeros((len(per_unit), len(features)))
    for start in range(0, len(fill), CHUNK):
        columns = slice(start, start + CHUNK)
        raw = np.asarray(features[:, columns], dtype=np.float64)
        fill[columns], part = _contributions(raw, train, per_unit[:, columns])
        score += part
    weights = per_unit.mean(axis=0)
    return _folded(weights, fill, score, confounds, train, intercept, coding, description)


def _contributions(
    raw: np.ndarray, train: np.ndarray, per_unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What features contribute where they are missing, and the weighted sums of S models.

    Of shapes (c,) and (S, n).
    """
    if not np.isnan(raw).any():
        means = np.array([raw[rows].mean(axis=0) for rows in train])
        return (per_unit * means).mean(axis=0), per_unit @ raw.T
    complete = [filled(raw, rows) for rows in train]
    means = np.array([own[rows].mean(axis=0) for own, rows in zip(complete, train, strict=True)])
    score = np.array([own @ weight for own, weight in zip(complete, per_unit, strict=True)])
    return (per_unit * means).mean(axis=0), score


def _folded(
    weights: np.ndarray,
    fill: np.ndarray,
    score: np.ndarray,
    confounds: np.ndarray,
    train: np.ndarray,
    intercept: np.ndarray,
    coding: ConfoundCoding,
    description: dict,
) -> FrozenModel:
    """Mean of S models, given its weights and the weighted sums of the raw features of each."""
    # Confounds regressed out of every feature = regressed out of the weighted sum.
    n_models, q = len(score), confounds.shape[1]
    confound_weights, confound_fill, constant = np.zeros(q), np.zeros(q), 0.0
    for rows, one_score, one_intercept in zip(train, score, intercept, strict=True):
        centred, mean, scale = fit_confounds(confounds, rows)
        slope = np.linalg.pinv(centred[rows], rcond=1e-8) @ one_score[rows] / scale
        confound_weights -= slope / n_models
        confound_fill -= slope * mean / n_models
        constant += (one_intercept - one_score[rows].mean() + slope @ mean) / n_models
    return FrozenModel(
        weights, fill, confound_weights, confound_fill, float(constant), coding, description
    )


def scores(frozen: Any, cohorts: Iterable[tuple[str, str, str]], unseen: str) -> pd.DataFrame:
    """Decision values of cohorts, whose labels are put away as soon as their tables are read.

    Parameters
    ----------
    frozen : FrozenModel or RefittedModel
    cohorts : iterable of (name, path of the table, path of the features)
    unseen : {"error", "mean"}

    Returns
    -------
    pandas.DataFrame
        Columns cohort, participant_id (, session_id) and decision.
    """
    parts = []
    for cohort, table, matrix in cohorts:
        people = read_people(table).drop(columns=["label", "outcome"])
        decision = frozen.decision(read_features(matrix, people), people, unseen=unseen)
        parts.append((cohort, people, decision))
    return score_table(parts)


def score_table(parts: Iterable[tuple[str, pd.DataFrame, np.ndarray]]) -> pd.DataFrame:
    """Put decision values of cohorts beside the people they belong to.

    Parameters
    ----------
    parts : iterable of (str, pandas.DataFrame, numpy.ndarray)
        Name of a cohort, its n analysed rows and their n decision values.

    Returns
    -------
    pandas.DataFrame
        Columns cohort, participant_id (, session_id) and decision.
    """
    tables = [pd.DataFrame(columns=["cohort", "participant_id", "decision"])]
    for cohort, people, decision in parts:
        values = identified(people, pd.DataFrame({"decision": decision}))
        tables.append(values.assign(cohort=cohort))
    return pd.concat(tables, ignore_index=True)


def decision_of(scores: pd.DataFrame, cohort: str, people: pd.DataFrame) -> np.ndarray:
    """Take the decision values of one cohort out of a table of several cohorts' scores.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns cohort, participant_id and decision.
    cohort : str
        Name of the cohort.
    people : pandas.DataFrame
        Its n analysed rows.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Raises
    ------
    ValueError
        If the scores are not those of these people.
    """
    own = scores[scores["cohort"] == cohort]
    if list(own["participant_id"]) != list(people["participant_id"]):
        raise ValueError(f"the scores of {cohort} are not those of its analysed people")
    return own["decision"].to_numpy(dtype=float)


def describe(
    model: str,
    config: dict,
    fitted: FittedModels,
    people: pd.DataFrame,
    decision: np.ndarray,
) -> dict:
    """What a reader of a frozen model must know, and how its decision values are read.

    Parameters
    ----------
    model : str
    config : dict
        Sections outcome, external, features and operating_points of the configuration, and the
        model's own as `model`.
    fitted : FittedModels
    people : pandas.DataFrame
        The discovery rows.
    decision : numpy.ndarray, shape (n,)
        Their decision values as from `mri_response.learning.decision_rules.out_of_fold`.

    Returns
    -------
    dict
    """
    labels, points = people["label"].to_numpy(dtype=int), config["operating_points"]
    weights, _ = person_weights(people["participant_id"])
    rules = learned_rules(decision, labels, weights, points)
    return {
        "model": model,
        "kind": config["external"]["model"],
        "outcome": config["outcome"],
        "features": config["features"][config["model"]["features"]],
        "options": config["model"],
        "n_models": len(fitted.train),
        "n_rows": fitted.train.shape[1],
        "candidate": [int(index) for index in fitted.candidate],
        "decision_rules": rules.described(),
    }


@dataclass(frozen=True, eq=False)
class FittedModels:
    """S models of the observed labels, taken from the results of jobs.

    Attributes
    ----------
    train : numpy.ndarray of bool, shape (S, n)
        Training rows.
    fitted : numpy.ndarray, shape (S, n)
        Decision values of the training rows without the intercept, 0 for all other rows.
    intercept : numpy.ndarray, shape (S,)
    candidate : numpy.ndarray of int, shape (S,)
        Position of the chosen candidate in the grid.
    beta : numpy.ndarray, shape (S, n), optional
        Signed dual variables of models fitted on Gram matrices.
    per_sd, per_unit : numpy.ndarray, shape (S, p), optional
        Weights of linear models fitted on the features themselves.
    """

    train: np.ndarray
    fitted: np.ndarray
    intercept: np.ndarray
    candidate: np.ndarray
    beta: np.ndarray | None = None
    per_sd: np.ndarray | None = None
    per_unit: np.ndarray | None = None


def fitted_models(jobs: Sequence[JobResult], n: int) -> FittedModels:
    """Put the models of the observed labels together.

    Parameters
    ----------
    jobs : sequence of JobResult
        All with the observed labels first.
    n : int
        Discovery rows; rows behind them, which no model was trained on, are dropped.

    Returns
    -------
    FittedModels
    """

    def put_together(name: str, columns: slice = slice(None)) -> np.ndarray | None:
        if getattr(jobs[0], name) is None:
            return None
        return np.concatenate([getattr(job, name)[..., columns] for job in jobs])

    of_rows = {name: put_together(name, slice(n)) for name in ("train", "fitted", "beta")}
    whole = {name: put_together(name) for name in ("intercept", "per_sd", "per_unit")}
    return FittedModels(
        **of_rows, **whole, candidate=np.concatenate([job.candidate[0] for job in jobs])
    )
