"""Can these trials tell models apart, find their parameters, and do the models fit the answers?

Answers are simulated with the cohort's own estimates, base rates and number of trials, so that what
is recovered is what this cohort can recover. Noise is normal; with `answers` they are rounded and
cut to the scale as real ones are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.belief_updating.models import (
    MODELS,
    Prior,
    Sums,
    available_models,
    moves,
    posterior,
    sums,
    used_sessions,
)
from mri_response.belief_updating.rates import estimates, least_squares
from mri_response.belief_updating.selection import prior_counts, select
from mri_response.belief_updating.trials import SCALE
from mri_response.core.seeds import Stream, generator


@dataclass(frozen=True, eq=False)
class _Cohort:
    """Used trials of a cohort as arrays."""

    first: NDArray
    v: NDArray
    number: NDArray[np.intp]
    moves: dict[str, NDArray]  # by family
    scale: tuple[float, float]

    def answered(self, moved: NDArray) -> NDArray:
        """E2 - E1 as answered: whole numbers on the scale."""
        return np.clip(np.round(self.first + moved), *self.scale) - self.first

    def sums(self, family: str, moved: NDArray) -> Sums:
        return sums(self.number, moved, self.v, self.moves[family])


def _cohort(trials: pd.DataFrame, models: Sequence[str], scale: tuple[float, float]) -> _Cohort:
    used, _, number = used_sessions(trials)
    families = dict.fromkeys(MODELS[name][0] for name in models)
    of = {family: moves(used, family, scale) for family in families}
    return _Cohort(used["E1"].to_numpy(), used["v"].to_numpy(), number, of, scale)


# ---------------------------------------------------------------- parameters
def parameter_recovery(
    trials: pd.DataFrame,
    family: str = "heuristic",
    n_draws: int = 20,
    seed: int = 0,
    scale: tuple[float, float] = SCALE,
) -> pd.DataFrame:
    """Simulate every session with its own S, A and noise, and estimate them again.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    family : {"heuristic", "heuristic_pr", "bayesian"}
        What the move that the news calls for is made of.
    n_draws : int
        Simulated cohorts.
    seed : int
        Seed of the run.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        A row per ``answers`` (``normal``: as the model says; ``on_scale``: rounded and cut) and
        ``parameter`` (``S``, ``A``): ``r`` (correlation of true and found over sessions), ``rmse``,
        ``bias`` (found minus true), ``spread`` (SD of the true ones), means over the draws;
        ``coverage`` (share of true values within 1.96 standard errors), ``n_sessions``,
        ``n_draws``.
    """
    of = _cohort(trials, [family], scale)
    rates = estimates(trials, family, scale)
    true = rates[["S", "A"]].to_numpy()
    own, sigma = true[of.number], rates["sigma"].fillna(0).to_numpy()[of.number]
    rng = generator(seed, Stream.BELIEF_RECOVERY, 0)
    found: dict[str, list] = {"normal": [], "on_scale": []}
    for _ in range(n_draws):
        moved = (own[:, 0] + own[:, 1] * of.v) * of.moves[family]
        moved = moved + sigma * rng.standard_normal(len(moved))
        for kind, answer in (("normal", moved), ("on_scale", of.answered(moved))):
            found[kind].append(least_squares(of.sums(family, answer)))
    rows = []
    for kind, tables in found.items():
        for at, name in enumerate(("S", "A")):
            value = np.array([table[name] for table in tables])
            error = np.array([table[f"{name}_se"] for table in tables])
            gap = value - true[:, at]
            several = len(true) > 1
            rows.append(
                {
                    "answers": kind,
                    "parameter": name,
                    "r": np.mean([np.corrcoef(true[:, at], x)[0, 1] for x in value])
                    if several
                    else np.nan,
                    "rmse": np.sqrt((gap**2).mean()),
                    "bias": gap.mean(),
                    "spread": true[:, at].std(ddof=1) if several else np.nan,
                    "coverage": (np.abs(gap) <= 1.96 * error).mean(),
                    "n_sessions": len(true),
                    "n_draws": n_draws,
                }
            )
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- models
def model_recovery(
    trials: pd.DataFrame,
    models: Sequence[str] | None = None,
    prior: Prior | None = None,
    n_draws: int = 10,
    seed: int = 0,
    scale: tuple[float, float] = SCALE,
) -> pd.DataFrame:
    """Simulate every session under every model, and find the model again.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    models : sequence of str, optional
        By default all that the estimates at hand allow.
    prior : Prior, optional
        Of the fits. Parameters that are simulated are each session's posterior means under the
        simulated model, with its noise.
    n_draws : int
        Simulated cohorts per model.
    seed : int
        Seed of the run.
    scale : tuple of float
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        A row per pair of models ``simulated`` and ``fitted``: ``p_fitted_given_simulated`` (share
        of sessions in which the fitted one has the highest evidence; sums to 1 over `fitted`),
        ``p_simulated_given_fitted`` (of the sessions that speak for the fitted one, those that it
        is right for, all models being equally likely before), ``frequency`` (expected frequency of
        the fitted model by model selection over the sessions of a draw), ``n_sessions``,
        ``n_draws``. Answers are rounded and cut to the scale.
    """
    names = list(models or available_models(trials))
    prior = prior or Prior()
    of = _cohort(trials, names, scale)
    used, sessions, _ = used_sessions(trials)
    observed = (used["E2"] - used["E1"]).to_numpy()
    families = [MODELS[name][0] for name in names]
    counts = prior_counts(len(names), "one", families)
    wins, frequency = np.zeros((2, len(names), len(names)))
    for row, name in enumerate(names):
        family, free = MODELS[name]
        own = posterior(of.sums(family, observed), free, prior)
        noise = np.sqrt(own.rate / own.shape)[of.number]
        slope = own.mean[of.number, 0] + own.mean[of.number, 1] * of.v
        rng = generator(seed, Stream.BELIEF_RECOVERY, 1, row)
        for _ in range(n_draws):
            moved = slope * of.moves[family] + noise * rng.standard_normal(len(slope))
            moved = of.answered(moved)
            total = {key: of.sums(key, moved) for key in of.moves}
            evidence = np.stack(
                [
                    posterior(total[MODELS[key][0]], MODELS[key][1], prior).log_evidence
                    for key in names
                ],
                axis=1,
            )
            best = np.bincount(evidence.argmax(axis=1), minlength=len(names))
            wins[row] += best / len(sessions) / n_draws
            frequency[row] += select(evidence, counts).frequency / n_draws
    columns = wins.sum(axis=0)
    backwards = np.divide(wins, columns, out=np.full_like(wins, np.nan), where=columns > 0)
    return pd.DataFrame(
        {
            "simulated": np.repeat(names, len(names)),
            "fitted": names * len(names),
            "p_fitted_given_simulated": wins.ravel(),
            "p_simulated_given_fitted": backwards.ravel(),
            "frequency": frequency.ravel(),
            "n_sessions": len(sessions),
            "n_draws": n_draws,
        }
    )


# ---------------------------------------------------------------- posterior predictive check
def predictive_check(
    trials: pd.DataFrame,
    model: str = "heuristic",
    prior: Prior | None = None,
    n_draws: int = 500,
    seed: int = 0,
    scale: tuple[float, float] = SCALE,
) -> pd.DataFrame:
    """Observed updates against those that a model predicts, by news and size of the error.

    Parameters
    ----------
    trials : pandas.DataFrame
        As :func:`mri_response.belief_updating.trials.selected` returns it.
    model : str
        Of :data:`mri_response.belief_updating.models.MODELS`.
    prior : Prior, optional
        By default the one with the values of :class:`Prior`.
    n_draws : int
        Draws of parameters and noise from every session's posterior.
    seed : int
        Seed of the run.
    scale : tuple of float
        Lowest and highest answer; simulated answers are rounded and cut to it.

    Returns
    -------
    pandas.DataFrame
        A row per ``statistic``, ``news`` (``good``, ``bad``) and ``bin`` (fifths of |error|, with
        ``from`` and ``to``): the mean signed update (``update``), the share of answers that did not
        change (``unchanged``) and of those that moved away (``away``); ``n`` trials, ``observed``,
        ``predicted`` (median of the draws), ``low``, ``high`` (2.5 and 97.5 %), ``p_value``
        (two-sided, of the observed among the draws). Real answers are often unchanged, which normal
        noise does not predict.
    """
    of = _cohort(trials, [model], scale)
    used, _, _ = used_sessions(trials)
    family, free = MODELS[model]
    observed = (used["E2"] - used["E1"]).to_numpy()
    own = posterior(of.sums(family, observed), free, prior or Prior())
    factor = np.linalg.cholesky(own.scale + 1e-15 * np.eye(2))
    rng = generator(seed, Stream.BELIEF_PREDICTIVE)
    size = used["error"].abs()
    edges = np.unique(np.quantile(size, np.linspace(0, 1, 6)))
    inside = np.clip(np.searchsorted(edges, size, side="right") - 1, 0, len(edges) - 2)
    cell = inside * 2 + (of.v < 0)
    sign = np.sign(used["error"].to_numpy())

    def cells(moved: NDArray) -> NDArray:
        signed = moved * sign
        n = np.bincount(cell, minlength=2 * (len(edges) - 1))
        kinds = (signed, moved == 0, signed < 0)
        with np.errstate(invalid="ignore"):
            return np.array([np.bincount(cell, kind, len(n)) / n for kind in kinds])

    draws = np.empty((n_draws, 3, 2 * (len(edges) - 1)))
    for at in range(n_draws):
        noise = np.sqrt(own.rate / rng.gamma(own.shape))
        parameters = own.mean + noise[:, None] * np.einsum(
            "pij,pj->pi", factor, rng.standard_normal(own.mean.shape)
        )
        slope = parameters[of.number, 0] + parameters[of.number, 1] * of.v
        moved = slope * of.moves[family] + noise[of.number] * rng.standard_normal(len(slope))
        draws[at] = cells(of.answered(moved))
    return _checked(cells(observed), draws, edges, np.bincount(cell, minlength=draws.shape[2]))


def _checked(seen: NDArray, draws: NDArray, edges: NDArray, n: NDArray) -> pd.DataFrame:
    rows = []
    for at, statistic in enumerate(("update", "unchanged", "away")):
        for cell in np.flatnonzero(n):
            own = draws[:, at, cell]
            below = (1 + (own <= seen[at, cell]).sum()) / (1 + len(own))
            above = (1 + (own >= seen[at, cell]).sum()) / (1 + len(own))
            low, middle, high = np.quantile(own, [0.025, 0.5, 0.975])
            rows.append(
                {
                    "statistic": statistic,
                    "news": ("good", "bad")[cell % 2],
                    "bin": cell // 2 + 1,
                    "from": edges[cell // 2],
                    "to": edges[cell // 2 + 1],
                    "n": n[cell],
                    "observed": seen[at, cell],
                    "predicted": middle,
                    "low": low,
                    "high": high,
                    "p_value": min(1.0, 2 * min(below, above)),
                }
            )
    return pd.DataFrame(rows).sort_values(
        ["statistic", "news", "bin"], ascending=[False, False, True], ignore_index=True
    )
