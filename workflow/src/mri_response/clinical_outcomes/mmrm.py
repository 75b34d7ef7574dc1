"""Mixed model for repeated measures (MMRM) of a trial, and constrained longitudinal data analysis.

Both give the mean of each arm and the difference between arms at every visit, from all scores of
all people, with a covariance matrix over the visits that is as free as it can be; missing scores
are taken as missing at random. They differ in the baseline:

- `mmrm`: the change from baseline, with the baseline as a covariate whose slope differs by visit;
  people without baseline, or without any later score, do not count;
- `constrained`: the baseline is a score like the others, of which all arms have the same mean, as
  randomisation makes it; these people count too.

References
----------
Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP (2008). Recommendations for the primary
analysis of continuous endpoints in longitudinal clinical trials. Drug Information Journal 42,
303-319.
Liang KY, Zeger SL (2000). Longitudinal data analysis of continuous and discrete responses for
pre-post designs. Sankhya B 62, 134-148.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.clinical_outcomes.covariance import STRUCTURES
from mri_response.clinical_outcomes.kenward_roger import ROBUST, contrast, robust_contrast
from mri_response.clinical_outcomes.likelihood import RepeatedScores, repeated_scores
from mri_response.clinical_outcomes.reml import NotFitted, fit_with_fallback
from mri_response.clinical_outcomes.visits import ONE_ARM

Array = NDArray[np.float64]
ESTIMATE_COLUMNS = [
    *("model", "quantity", "visit", "session_id", "arm", "reference", "n", "n_reference"),
    *("estimate", "se", "df", "ci_low", "ci_high", "p_value", "covariance", "df_method"),
]
FIT_COLUMNS = [
    *("model", "covariance", "df_method", "n_people", "n_scores", "n_parameters", "deviance"),
    *("iterations", "decrement", "not_fitted"),
]


@dataclass(frozen=True)
class Analysis:
    """What is fixed before a model is fitted.

    Attributes
    ----------
    reference : str
        Arm that the others are compared with.
    structures : tuple of str
        Covariances in the order in which they are tried.
    df_method : str
        Of `mri_response.clinical_outcomes.kenward_roger.METHODS`. Compound symmetry, which is
        seldom true of visits, gets robust errors in its place where it is not the first choice.
    covariates : tuple of str
        Further columns of the table, numbers or categories, such as what stratified the
        randomisation.
    """

    reference: str
    structures: tuple[str, ...] = tuple(STRUCTURES)
    df_method: str = "kenward_roger"
    covariates: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelTables:
    """Result of a model.

    Attributes
    ----------
    estimates : DataFrame
        `ESTIMATE_COLUMNS`: rows of ``quantity`` ``mean`` (adjusted mean of an arm) and
        ``difference`` (`arm` minus `reference`); `n` counts people with a score at the visit.
        Empty if no structure can be fitted.
    fit : DataFrame
        `FIT_COLUMNS`, one row: how the model converged, and in ``not_fitted`` the structures that
        were tried before, each with its reason.
    """

    estimates: pd.DataFrame
    fit: pd.DataFrame


class _Quantity(NamedTuple):
    """A mean or difference: where it stands in the table, and its weights of the effects."""

    quantity: str
    visit: int
    session_id: str
    arm: str
    reference: str | None
    n: int
    n_reference: float
    weights: Array


class _Design:
    """Rows of the model, their design, and the weights of the quantities asked for."""

    def __init__(self, rows: pd.DataFrame, analysis: Analysis, constrained: bool) -> None:
        self.rows, self.reference = rows, analysis.reference
        self.sessions = dict(sorted(set(zip(rows["visit"], rows["session_id"], strict=True))))
        self.visits = list(self.sessions)
        self.arms = list(dict.fromkeys(rows["arm"]))
        at = (rows["visit"].to_numpy()[:, None] == self.visits).astype(float)
        columns = [*at.T]
        self._effects: dict[tuple[str, int], int] = {}
        for arm in self.arms:
            for i, visit in enumerate(self.visits):
                if arm != self.reference and visit > 0:
                    self._effects[arm, visit] = len(columns)
                    columns.append((rows["arm"] == arm).to_numpy(float) * at[:, i])
        # Centred over people, so that means are those of people with the mean covariates.
        people = rows.drop_duplicates("participant_id")
        if not constrained:
            centred = (rows["baseline"] - people["baseline"].mean()).to_numpy()
            columns += [*(centred[:, None] * at).T]
        for name in analysis.covariates:
            columns += covariate_columns(rows[name], people[name])
        self.x = np.column_stack(columns)

    def scores(self, values: str) -> RepeatedScores:
        index = self.rows["visit"].map({visit: i for i, visit in enumerate(self.visits)})
        return repeated_scores(self.rows[values], self.x, self.rows["participant_id"], index)

    def quantities(self) -> Iterator[_Quantity]:
        counts = self.rows.groupby(["arm", "visit"]).size()
        for i, (visit, session) in enumerate(self.sessions.items()):
            own = np.zeros(self.x.shape[1])
            own[i] = 1
            if visit == 0:  # all arms have one mean
                n = int((self.rows["visit"] == 0).sum())
                yield _Quantity("mean", visit, session, ONE_ARM, None, n, np.nan, own)
                continue
            for arm in self.arms:
                weights = own.copy()
                if (arm, visit) in self._effects:
                    weights[self._effects[arm, visit]] = 1
                n = int(counts.get((arm, visit), 0))
                yield _Quantity("mean", visit, session, arm, None, n, np.nan, weights)
        for (arm, visit), column in self._effects.items():
            n, n_0 = (int(counts.get((name, visit), 0)) for name in (arm, self.reference))
            weights = np.eye(self.x.shape[1])[column]
            session = self.sessions[visit]
            yield _Quantity("difference", visit, session, arm, self.reference, n, n_0, weights)


def covariate_columns(values: pd.Series, of_people: pd.Series) -> list[Array]:
    """Columns of a covariate in the design, centred on people.

    Parameters
    ----------
    values : Series, shape (rows,)
        Numbers, or categories as text.
    of_people : Series, shape (people,)
        The same, once per person.

    Returns
    -------
    list of ndarray, shape (rows,)
        A number itself; of categories one column for each but the first.
    """
    if pd.api.types.is_numeric_dtype(values):
        return [(values - of_people.mean()).to_numpy(float)]
    names = sorted(of_people.unique())[1:]
    return [((values == name) - (of_people == name).mean()).to_numpy(float) for name in names]


def mmrm(table: pd.DataFrame, analysis: Analysis) -> ModelTables:
    """Mixed model for repeated measures of the change from baseline.

    ``change ~ visit + arm x visit + baseline x visit + covariates``

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it, with the covariates.
        With one arm, the reference, there are means alone.
    analysis : Analysis
        What was fixed beforehand.

    Returns
    -------
    ModelTables
    """
    rows = table.dropna(subset=["change", *analysis.covariates])
    return _tables("mmrm", rows, "change", analysis)


def constrained(table: pd.DataFrame, analysis: Analysis) -> ModelTables:
    """Constrained longitudinal data analysis: the score, at baseline with one mean of all arms.

    ``score ~ visit + arm x visit after baseline + covariates``

    Parameters
    ----------
    table : DataFrame
        As `mri_response.clinical_outcomes.visits.visit_table` returns it, with the covariates.
    analysis : Analysis
        What was fixed beforehand.

    Returns
    -------
    ModelTables
        Means are of the score, not of its change; visit 0 is the baseline.
    """
    before = table.drop_duplicates("participant_id")
    before = before.assign(visit=0, session_id="baseline", score=before["baseline"])
    rows = pd.concat([before, table], ignore_index=True)
    rows = rows.dropna(subset=["score", *analysis.covariates])
    return _tables("constrained", rows, "score", analysis)


def _tables(model: str, rows: pd.DataFrame, values: str, analysis: Analysis) -> ModelTables:
    design = _Design(rows, analysis, model == "constrained")
    scores = design.scores(values)
    try:
        fit = fit_with_fallback(scores, analysis.structures)
    except NotFitted as error:
        row = (model, None, None, len(scores.people), scores.n_rows, *[np.nan] * 4, str(error))
        fitted = pd.DataFrame([row], columns=FIT_COLUMNS)
        return ModelTables(pd.DataFrame(columns=ESTIMATE_COLUMNS), fitted)
    name = fit.structure.name
    fallen_back = name == "compound_symmetry" and bool(fit.attempts)
    method = ROBUST if fallen_back else analysis.df_method
    found = []
    for *place, weights in design.quantities():
        if fallen_back:
            effect = robust_contrast(scores, fit, weights)
        else:
            effect = contrast(fit, weights, method)
        found.append((model, *place, *effect, name, method))
    tried = "; ".join(f"{name}: {reason}" for name, reason in fit.attempts) or None
    size = (len(scores.people), scores.n_rows, len(fit.theta))
    row = (model, name, method, *size, fit.deviance, fit.iterations, fit.decrement, tried)
    return ModelTables(
        pd.DataFrame(found, columns=ESTIMATE_COLUMNS), pd.DataFrame([row], columns=FIT_COLUMNS)
    )
