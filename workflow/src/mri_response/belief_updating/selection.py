"""Which model do people use? Random-effects Bayesian model selection over log evidences.

Model frequencies have a Dirichlet distribution, found by variational Bayes (Stephan and others
2009). The exceedance probability of a model (`xp`) is the probability that it is the most frequent,
by one-dimensional integrals (Soch and Allefeld 2016); the protected one (`pxp`) allows for all
frequencies being equal, whose probability is the Bayesian omnibus risk (`bor`; Rigoux and others
2014). The prior count matters and is always stated: ``one`` spreads a count of one over the models
(VBA toolbox), ``one_each`` gives every model a count of one (SPM).

References
----------
Stephan KE, Penny WD, Daunizeau J, Moran RJ, Friston KJ (2009). Bayesian model selection for group
studies. NeuroImage 46, 1004-1017.
Rigoux L, Stephan KE, Friston KJ, Daunizeau J (2014). Bayesian model selection for group studies -
revisited. NeuroImage 84, 971-985.
Soch J, Allefeld C (2016). Exceedance probabilities for the Dirichlet distribution.
arXiv:1611.01439.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import digamma, expit, gammainc, gammaln, logsumexp

from mri_response.core.errors import InputError

PRIOR_COUNTS = ("one", "one_each")
MAX_STEPS, TOLERANCE = 20000, 1e-12


@dataclass(frozen=True, eq=False)
class Selection:
    """Posterior of model frequencies in a group.

    Attributes
    ----------
    counts : ndarray, shape (models,)
        Parameters of the Dirichlet distribution.
    free_energy, free_energy_null : float
        Approximate log evidence of free and of fixed frequencies.
    attribution : ndarray, shape (people, models)
        Probability that a person uses a model.
    """

    counts: NDArray
    free_energy: float
    free_energy_null: float
    attribution: NDArray

    @property
    def frequency(self) -> NDArray:
        """Expected frequencies, shape (models,)."""
        return self.counts / self.counts.sum()

    @property
    def bor(self) -> float:
        """Bayesian omnibus risk: probability that all frequencies are what the prior says."""
        return float(expit(self.free_energy_null - self.free_energy))

    def protected(self, xp: NDArray) -> NDArray:
        """Protected exceedance probabilities from plain ones, of models or of families."""
        return xp * (1 - self.bor) + self.bor / len(xp)


def prior_counts(
    models: int, prior_count: str = "one", families: Sequence | None = None
) -> NDArray:
    """Prior counts of the models: split evenly over families, then within each.

    Parameters
    ----------
    models : int
        Number of models.
    prior_count : {"one", "one_each"}
        Whether the counts add up to one or to the number of models.
    families : sequence, optional
        The family of each model; without it every model is a family.

    Returns
    -------
    ndarray, shape (models,)

    Raises
    ------
    InputError
        If the prior count is unknown.
    """
    if prior_count not in PRIOR_COUNTS:
        raise InputError(
            f"belief.prior_count: found {prior_count!r}, expected one of {', '.join(PRIOR_COUNTS)}"
        )
    names = list(families) if families is not None else list(range(models))
    share = np.array([1 / len(set(names)) / names.count(name) for name in names])
    return share * (models if prior_count == "one_each" else 1.0)


def select(log_evidence: NDArray, prior: NDArray) -> Selection:
    """Model frequencies of one group.

    Parameters
    ----------
    log_evidence : ndarray, shape (people, models)
        Natural logarithms; constants of a person cancel.
    prior : ndarray, shape (models,)
        Prior counts, as :func:`prior_counts` gives them.

    Returns
    -------
    Selection
    """
    evidence = np.asarray(log_evidence, dtype=float)
    counts = prior + len(evidence) / len(prior)
    for _ in range(MAX_STEPS):
        expected = digamma(counts) - digamma(counts.sum())
        scores = evidence + expected
        attribution = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        updated = prior + attribution.sum(axis=0)
        done = np.abs(updated - counts).max() < TOLERANCE
        counts = updated
        if done:
            break
    free = _free_energy(evidence, prior, counts, attribution)
    null = logsumexp(evidence + np.log(prior / prior.sum()), axis=1).sum()
    return Selection(counts, float(free), float(null), attribution)


def _free_energy(evidence: NDArray, prior: NDArray, counts: NDArray, attribution: NDArray) -> float:
    expected = digamma(counts) - digamma(counts.sum())
    entropy = -np.sum(attribution * np.log(np.where(attribution > 0, attribution, 1.0)))
    joint = (attribution * (evidence + expected)).sum() + entropy
    of_prior = gammaln(prior.sum()) - gammaln(prior).sum() + ((prior - 1) * expected).sum()
    of_counts = gammaln(counts.sum()) - gammaln(counts).sum() + ((counts - 1) * expected).sum()
    return joint + of_prior - of_counts


def exceedance(counts: NDArray) -> NDArray:
    """Probability of each component of a Dirichlet distribution to be the largest.

    Parameters
    ----------
    counts : ndarray, shape (models,)
        Parameters of the distribution.

    Returns
    -------
    ndarray, shape (models,)

    Notes
    -----
    The components are independent gamma variables over their sum, so that the probability is an
    integral over one of them. It is taken over its logarithm, where the density is bounded even for
    a parameter far below 1.
    """
    # Where the largest of the variables can lie; a small parameter has no say above its own range.
    top = np.log(counts.max() + 12 * np.sqrt(counts.max()) + 40)
    grid = np.linspace(-60.0 / min(1.0, counts.max()), top, 40001)
    grid = grid[grid > -700]
    x = np.exp(grid)
    below = np.array([gammainc(a, x) for a in counts])
    density = np.exp(counts[:, None] * grid - x - gammaln(counts)[:, None])
    wins = np.array(
        [
            np.trapezoid(density[k] * np.delete(below, k, axis=0).prod(axis=0), grid)
            for k in range(len(counts))
        ]
    )
    return wins / wins.sum()


def family_selection(found: Selection, families: Sequence[str], prior: NDArray) -> pd.DataFrame:
    """Frequencies and exceedance probabilities of families of models.

    Parameters
    ----------
    found : Selection
        Selection among single models.
    families : sequence of str
        Family of each model.
    prior : ndarray, shape (models,)
        Prior counts that `found` was made with.

    Returns
    -------
    pandas.DataFrame
        ``family``, ``n_models``, ``prior_count``, ``frequency``, ``xp``, ``pxp``; the counts of a
        family are the sums over its models.
    """
    names = list(dict.fromkeys(families))
    inside = np.array([[family == name for family in families] for name in names])
    counts = inside @ found.counts
    xp = exceedance(counts)
    return pd.DataFrame(
        {
            "family": names,
            "n_models": inside.sum(axis=1),
            "prior_count": inside @ prior,
            "frequency": counts / counts.sum(),
            "xp": xp,
            "pxp": found.protected(xp),
        }
    )


# ---------------------------------------------------------------- between groups and sessions
def probability_same_between_groups(groups: Sequence[NDArray], prior: NDArray) -> float:
    """Probability that groups of people have the same model frequencies, at even prior odds.

    Parameters
    ----------
    groups : sequence of ndarray, shape (people, models)
        Log evidences of each group.
    prior : ndarray, shape (models,)
        Prior counts.

    Returns
    -------
    float
        Free energy of all people together against the sum of those of the groups. Two exceedance
        probabilities side by side do not answer this.
    """
    together = select(np.concatenate(groups), prior).free_energy
    apart = sum(select(group, prior).free_energy for group in groups)
    return float(expit(together - apart))


def probability_same_model(before: NDArray, after: NDArray, prior: NDArray) -> tuple[float, float]:
    """Do people use the same model in two sessions?

    Parameters
    ----------
    before, after : ndarray, shape (people, models)
        Log evidences of the same people in two sessions.
    prior : ndarray, shape (models,)
        Its sum is the total prior count of the pairs of models; half of it goes to pairs of equal
        models.

    Returns
    -------
    frequency : float
        Expected frequency of people with the same model in both.
    pxp : float
        Protected probability that they are more frequent than those who change.
    """
    models = len(prior)
    pairs = (before[:, :, None] + after[:, None, :]).reshape(len(before), -1)
    same = np.eye(models, dtype=bool).ravel()
    share = np.where(same, 0.5 / models, 0.5 / (models * (models - 1)))
    counts = share * prior.sum()
    found = select(pairs, counts)
    table = family_selection(found, np.where(same, "same", "different"), counts)
    row = table.set_index("family").loc["same"]
    return float(row["frequency"]), float(row["pxp"])


# ---------------------------------------------------------------- tables
def evidence_matrix(evidence: pd.DataFrame, session: str) -> pd.DataFrame:
    """Log evidences of one session, people in rows and models in columns, in order of appearance.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`mri_response.belief_updating.models.evidence_table` returns it.
    session : str
        Its identifier.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``.
    """
    own = evidence[evidence["session_id"] == session]
    wide = own.pivot_table("log_evidence", "participant_id", "model", aggfunc="first")
    return wide.reindex(index=own["participant_id"].unique(), columns=own["model"].unique())


def models_table(
    evidence: pd.DataFrame, groups: Mapping[str, str], prior_count: str = "one"
) -> pd.DataFrame:
    """Model selection in every session, for everybody and for each group.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`mri_response.belief_updating.models.evidence_table` returns it.
    groups : mapping of str to str
        Group of each participant; people without one are left out.
    prior_count : {"one", "one_each"}
        Whether prior counts add up to one or to the number of models.

    Returns
    -------
    pandas.DataFrame
        A row per session, group (``all`` for everybody), ``level`` (``model`` or ``family``) and
        ``name``: ``n`` people, ``prior_count`` (of this row), ``prior_total``, ``frequency``,
        ``xp``, ``pxp``, ``bor``.
    """
    family = evidence.drop_duplicates("model").set_index("model")["family"]
    tables = []
    for session in evidence["session_id"].unique():
        wide = evidence_matrix(evidence, session)
        own = pd.Series(wide.index.map(groups), index=wide.index)
        for group in ("all", *dict.fromkeys(own.dropna())):
            rows = wide[own.notna() if group == "all" else own == group]
            families = family[wide.columns].tolist()
            prior = prior_counts(len(families), prior_count, families)
            found = select(rows.to_numpy(), prior)
            xp = exceedance(found.counts)
            of_models = pd.DataFrame(
                {
                    "level": "model",
                    "name": wide.columns,
                    "prior_count": prior,
                    "frequency": found.frequency,
                    "xp": xp,
                    "pxp": found.protected(xp),
                }
            )
            of_families = family_selection(found, families, prior).assign(level="family")
            of_families = of_families.rename(columns={"family": "name"})[of_models.columns]
            both = pd.concat([of_models, of_families], ignore_index=True)
            both.insert(3, "prior_total", prior.sum())
            key = {"session_id": session, "group": group, "n": len(rows)}
            tables.append(pd.DataFrame(key, index=both.index).join(both).assign(bor=found.bor))
    return pd.concat(tables, ignore_index=True)


def same_table(
    evidence: pd.DataFrame, groups: Mapping[str, str], baseline: str, prior_count: str = "one"
) -> pd.DataFrame:
    """Are the models the same between groups, and between a session and the one before?

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`mri_response.belief_updating.models.evidence_table` returns it.
    groups : mapping of str to str
        Group of each participant.
    baseline : str
        Session before treatment.
    prior_count : {"one", "one_each"}
        Whether prior counts add up to one or to the number of models.

    Returns
    -------
    pandas.DataFrame
        ``comparison`` (``groups`` or ``sessions``), ``session_id``, ``group``, ``n``,
        ``frequency_same`` (share of people with the same model in both sessions; NaN between
        groups), ``probability_same``.
    """
    families = evidence.drop_duplicates("model")["family"].tolist()
    prior = prior_counts(len(families), prior_count, families)
    rows = []
    names = list(dict.fromkeys(groups.values()))
    matrices = {name: evidence_matrix(evidence, name) for name in evidence["session_id"].unique()}
    for session, wide in matrices.items():
        own = np.array([groups.get(person) for person in wide.index], dtype=object)
        parts = [wide.to_numpy()[own == name] for name in names]
        if len(names) > 1 and all(len(part) for part in parts):
            same = probability_same_between_groups(parts, prior)
            rows.append(("groups", session, " and ".join(names), len(wide), np.nan, same))
        for name in names if session != baseline and baseline in matrices else ():
            inside = wide.index[own == name].intersection(matrices[baseline].index, sort=False)
            if len(inside):
                pair = (matrices[baseline].loc[inside], wide.loc[inside])
                found = probability_same_model(*(part.to_numpy() for part in pair), prior)
                rows.append(("sessions", session, name, len(inside), *found))
    columns = ["comparison", "session_id", "group", "n", "frequency_same", "probability_same"]
    return pd.DataFrame(rows, columns=columns)
