"""How often the permutation test of the whole procedure says p <= 0.05 where nothing is there.

    python benchmarks/calibration.py              # everything, an hour or two on 2 cores; --help
    python benchmarks/calibration.py --scenarios sites --datasets 200

Null data sets of each scenario go through what the workflow runs: splits, Gram matrices, the choice
of C in the inner folds, labels permuted among those who are exchangeable, once with `label_blind`
folds and once with `stratified` folds redrawn in every permutation. The share of data sets with
p <= 0.05 is compared with the central 99.9 % of the binomial distribution around 5 %. Ties of the
balanced accuracy count against the observed labelling, which lowers that share; `ties_split` is the
share that would remain if they were broken at random, 5 % exactly where the test is exact.

Where the outcome is a number, residuals given baseline and age are permuted (Freedman and
Lane), and what is tested is the gain over a regression on these two.

Of harmonised sites effects are learned by ComBat in the training rows of each fold. In `transport`
a model is learned in one cohort and scored in another, whose labels are permuted.

Planted signals give the power. The scenarios `leak_*` break the procedure on purpose. Beside each
cross-validated balanced accuracy stands that of the refitted model on fresh people: a leak that is
repeated in every permutation keeps p valid, and only this comparison tells.

Writes a table (TSV and Markdown) and, for each scenario and scheme, the p-values of all data sets.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from mri_response.core.permutation import permutation_p_value
from mri_response.core.vocabulary import HEADLINE
from mri_response.evaluation.baselines import cross_validate_discriminant
from mri_response.evaluation.frozen_performance import FrozenScores, frozen_performance
from mri_response.evaluation.metrics import cross_validated
from mri_response.evaluation.numbers.metrics import GAINS, estimates
from mri_response.evaluation.numbers.performance import cross_validated_numbers
from mri_response.evaluation.performance_rows import TESTED
from mri_response.learning.decisions import joined
from mri_response.learning.design import (
    Design,
    FixedFolds,
    RedrawnFolds,
    Sample,
    with_other_cohorts,
)
from mri_response.learning.fold_grams import fold_grams
from mri_response.learning.jobs import JobResult
from mri_response.learning.learners.ridge.cross_validation import (
    cross_validate as cross_validate_numbers,
)
from mri_response.learning.learners.ridge.options import RidgeOptions
from mri_response.learning.learners.sklearn.cross_validation import cross_validate_estimator
from mri_response.learning.learners.sklearn.estimators import EstimatorOptions
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.learners.svc.permuted_scans import cross_validate_permuted_scans
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.preparation.flexible_confounds import flexible_matrix
from mri_response.learning.preparation.harmonisation import site_effects
from mri_response.learning.recalls import balanced_accuracy
from mri_response.learning.residual_permutation import ExchangedResiduals
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.learning.transport import transported
from mri_response.people.rows import person_weights

SEED = 20260117  # fixed before the first run
ALPHA = 0.05
N, P = 40, 20  # people and features; a scenario may have others
N_FRESH = 200
MIN_CLASS = 10  # rows; a draw with fewer in either class is drawn again
SCHEMES = {
    "label_blind": Scheme(repeats=1, outer_folds=3, inner_repeats=1, inner_folds=2),
    "stratified": Scheme(1, 3, 1, 2, stratified=True),
}
OPTIONS = SvcOptions(C=(2.0**-8, 2.0**-4))
TREE = EstimatorOptions("sklearn.tree.DecisionTreeClassifier", {"max_depth": 5}, {})
RIDGE = RidgeOptions(tuple(2.0**power for power in range(12, -7, -3)))


class Drawn(NamedTuple):
    """Rows of people: participant_id, label and further columns; features, shape (rows, p)."""

    people: pd.DataFrame
    features: np.ndarray


Draw = Callable[[np.random.Generator, int], Drawn]


# ---------------------------------------------------------------- data sets
def no_signal(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Features follow age, the label follows nothing."""
    z = rng.uniform(-1.7, 1.7, n)
    features = rng.normal(size=(n, p)) + np.outer(z, rng.normal(size=p))
    return _drawn(rng.random(n) < 0.45, features, age=45 + 15 * z)


def visits_constant(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Two rows a person, much alike; the label belongs to the person."""
    label = np.repeat(rng.random(n) < 0.45, 2)
    return _drawn(label, _visits(rng, n, p), participant_id=np.repeat(np.arange(n), 2))


def visits_varying(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Two rows a person, one of either class in random order."""
    first = rng.random(n) < 0.5
    label = np.stack([first, ~first], axis=1).ravel()
    return _drawn(label, _visits(rng, n, p), participant_id=np.repeat(np.arange(n), 2))


def sites(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Three sites that differ in the share of responders and in every feature."""
    site = np.arange(n) % 3
    label = rng.random(n) < np.array([0.3, 0.5, 0.7])[site]
    features = rng.normal(size=(n, p)) + rng.normal(size=(3, p))[site]
    return _drawn(label, features, site=np.array(["A", "B", "C"])[site])


def scanners(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Three scanners with a shift and a scale of their own, and the same share of responders."""
    site = np.arange(n) % 3
    features = rng.normal(size=(n, p)) * rng.uniform(0.7, 1.5, (3, p))[site]
    features += rng.normal(size=(3, p))[site]
    return _drawn(rng.random(n) < 0.45, features, site=np.array(["A", "B", "C"])[site])


def small_sites(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Eight sites that differ in every feature; mostly responders in half of them."""
    site = np.arange(n) % 8
    label = rng.random(n) < np.where(site % 2, 0.75, 0.25)
    features = rng.normal(size=(n, p)) + rng.normal(size=(8, p))[site]
    return _drawn(label, features, site=np.array(list("ABCDEFGH"))[site])


def confound_linear(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Label and features both rise or fall with age."""
    z = rng.uniform(-1.7, 1.7, n)
    features = rng.normal(size=(n, p)) + np.outer(z, rng.normal(size=p))
    return _drawn(rng.random(n) < expit(1.5 * z), features, age=45 + 15 * z)


def confound_discrete(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """The label rises with age; features of two values know neither."""
    z = rng.uniform(-1.7, 1.7, n)
    features = (rng.random((n, p)) < 0.5).astype(float)
    return _drawn(rng.random(n) < expit(2 * z), features, age=45 + 15 * z)


def confound_u(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Label and features are both U-shaped in age: both ends against the middle."""
    z = rng.uniform(-1.7, 1.7, n)
    features = rng.normal(size=(n, p)) + np.outer(z**2 - 1, rng.normal(size=p))
    return _drawn(rng.random(n) < expit(2 * (z**2 - 1)), features, age=45 + 15 * z)


def confound_interaction(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """Label and features rise with age at one site and fall with it at the other."""
    z, site = rng.uniform(-1.7, 1.7, n), np.arange(n) % 2
    turned = np.where(site == 1, z, -z)
    features = rng.normal(size=(n, p)) + np.outer(turned, rng.normal(size=p))
    site = np.array(["A", "B"])[site]
    return _drawn(rng.random(n) < expit(1.5 * turned), features, age=45 + 15 * z, site=site)


def signal(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """A difference of 0.35 standard deviations in every feature, beside the effect of age."""
    people, features = no_signal(rng, n, p)
    return Drawn(people, features + 0.35 * people["label"].to_numpy()[:, None])


def scans_follow_clinic(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """A clinical score tells the label; scans repeat the score and know nothing else."""
    z = rng.normal(size=n)
    features = 0.6 * z[:, None] + 0.8 * rng.normal(size=(n, p))
    return _drawn(rng.random(n) < expit(1.5 * z), features, score=z)


def number_given_baseline(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """A fall that follows baseline and age; features follow both too, and know nothing else."""
    baseline, z = rng.normal(size=(2, n))
    fall = 0.5 * baseline + 0.3 * z + rng.normal(size=n)
    features = rng.normal(size=(n, p)) + np.column_stack([baseline, z]) @ rng.normal(size=(2, p))
    return _drawn(fall, features, baseline=baseline, age=45 + 15 * z)


def number_signal(rng: np.random.Generator, n: int, p: int = P) -> Drawn:
    """The same, and a share of the outcome that baseline and age do not tell is in all features."""
    people, features = number_given_baseline(rng, n, p)
    added = rng.normal(size=n)
    label = people["label"] + added
    return Drawn(people.assign(label=label), features + 0.35 * added[:, None])


def _visits(rng: np.random.Generator, n: int, p: int) -> np.ndarray:
    return np.repeat(rng.normal(size=(n, p)), 2, axis=0) + 0.5 * rng.normal(size=(2 * n, p))


def _drawn(label: np.ndarray, features: np.ndarray, **columns: np.ndarray) -> Drawn:
    label = label.astype(int) if label.dtype == bool else label
    people = {"participant_id": np.arange(len(label)), "label": label, **columns}
    people["participant_id"] = [f"sub-{i:04d}" for i in people["participant_id"]]
    return Drawn(pd.DataFrame(people), features)


# ---------------------------------------------------------------- scenarios
class Scenario(NamedTuple):
    """What is drawn, how it is analysed, and what the test should do.

    Attributes
    ----------
    draw : callable
    expected : {"inside", "not above", "above", "power"}
        Share of p <= 0.05 against the band around 5 %; power is only reported.
    n : int
        People.
    confounds : tuple
        As in a model's section of the configuration.
    within : str, optional
        Column of exchangeability blocks.
    conditional : bool
        Labels are drawn given the confounds instead of permuted at random.
    rows_as_people : bool
        The leak of a person on both sides of a split: every row counts as somebody else.
    select : {None, "observed", "each"}
        The leak of features selected on all rows: by the observed labels, or in every permutation
        by its labels.
    schemes : tuple of str
        Fold schemes it is run with by default.
    clinic : tuple of str
        Columns of a clinical model. What is tested is then whether the features add to it.
    tree : bool
        A decision tree of scikit-learn in place of the built-in classifier.
    number : bool
        The outcome is a number, and residuals given the confounds are permuted.
    harmonise : {None, "folds", "all"}
        Sites are harmonised by ComBat inside the folds or, as a leak, once on all rows and with
        the observed labels kept.
    inner : {"k_fold", "leave_one_site_out"}
        Inner folds.
    transport : bool
        The first half of the people are one cohort, which is learned from, and the other half
        another, which is scored and whose labels are permuted.
    """

    draw: Draw
    expected: str
    n: int = N
    confounds: tuple = ()
    within: str | None = None
    conditional: bool = False
    rows_as_people: bool = False
    select: str | None = None
    schemes: tuple[str, ...] = ("label_blind",)
    clinic: tuple[str, ...] = ()
    tree: bool = False
    number: bool = False
    harmonise: str | None = None
    inner: str = "k_fold"
    transport: bool = False

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is tested."""
        return GAINS if self.number else TESTED


BOTH = tuple(SCHEMES)
HARMONISE = {
    **{"column": "site", "keep": [], "method": "combat", "reference": None},
    **{"min_people": 2, "learn_from": None},
}
AGE_SPLINE = {"column": "age", "knots": [22, 34, 45, 56, 68]}
SELECTED = 20  # features that a leak selects, of MANY
MANY = 400
SCENARIOS = {
    "no_signal": Scenario(no_signal, "inside", confounds=("age",), schemes=BOTH),
    "visits_constant": Scenario(visits_constant, "inside", n=30, schemes=BOTH),
    "visits_varying": Scenario(visits_varying, "inside", n=24),
    "sites": Scenario(sites, "inside", n=42, within="site", schemes=BOTH),
    "sites_permuted_over_all": Scenario(sites, "above", n=42),
    "harmonised": Scenario(scanners, "inside", n=42, harmonise="folds"),
    "harmonised_with_class": Scenario(sites, "inside", n=42, within="site", harmonise="folds"),
    "inner_sites": Scenario(sites, "inside", n=42, within="site", inner="leave_one_site_out"),
    "transport": Scenario(no_signal, "inside", n=80, confounds=("age",), transport=True),
    "leak_harmonised": Scenario(
        partial(small_sites, p=MANY), "above", n=48, within="site", harmonise="all"
    ),
    "confound_linear": Scenario(confound_linear, "not above", confounds=("age",), schemes=BOTH),
    "confound_discrete": Scenario(confound_discrete, "not above", confounds=("age",)),
    "confound_discrete_tree": Scenario(
        confound_discrete, "above", n=80, confounds=("age",), tree=True
    ),
    "confound_discrete_tree_not_removed": Scenario(confound_discrete, "inside", n=80, tree=True),
    "confound_u": Scenario(confound_u, "above", confounds=("age",), schemes=BOTH),
    "confound_u_spline": Scenario(confound_u, "not above", confounds=(AGE_SPLINE,)),
    "confound_u_conditional": Scenario(
        confound_u, "not above", confounds=("age",), conditional=True
    ),
    "confound_interaction_conditional": Scenario(
        confound_interaction, "above", confounds=("age", "site"), conditional=True
    ),
    "signal": Scenario(signal, "power", confounds=("age",), schemes=BOTH),
    "signal_conditional": Scenario(signal, "power", confounds=("age",), conditional=True),
    "leak_selection": Scenario(partial(no_signal, p=MANY), "above", select="observed"),
    "leak_person": Scenario(visits_constant, "above", n=30, rows_as_people=True),
    "scans_follow_clinic": Scenario(scans_follow_clinic, "inside", clinic=("score",)),
    "number_given_baseline": Scenario(
        number_given_baseline, "inside", confounds=("baseline", "age"), number=True
    ),
    "number_signal": Scenario(number_signal, "power", confounds=("baseline", "age"), number=True),
    "leak_selection_each": Scenario(partial(no_signal, p=MANY), "inside", select="each"),
}


# ---------------------------------------------------------------- one data set
def analysed(name: str, scheme: str, index: int, n_permutations: int) -> dict[str, float]:
    """The p-values and accuracies of one data set, from its number alone."""
    scenario = SCENARIOS[name]
    rng = np.random.default_rng([SEED, crc32(name.encode()), index])
    if scenario.number:
        return _of_number(*scenario.draw(rng, scenario.n), scenario, index, n_permutations)
    people, features, fresh = _data_set(scenario, rng)
    if scenario.transport:
        return _transported(people, features, scenario, index, n_permutations)
    if scenario.harmonise == "all":
        features, fresh = _harmonised_on_all(people, features, fresh)
    analysis = _Analysis(scenario, SCHEMES[scheme], people, features, index)
    labels = analysis.exchangeability.labellings(index, range(n_permutations + 1)).T
    if scenario.clinic:
        decision = analysis.added(n_permutations)
        labels = np.broadcast_to(labels[0], labels.shape)
        fold = np.ones(decision.shape[1:], dtype=int)
    else:
        resampled = joined(
            analysis.jobs(n_permutations), SCHEMES[scheme].repeats, n_permutations + 1
        )
        decision, fold = resampled.decision, resampled.fold
    row: dict[str, float] = {"index": index}
    for metric in TESTED:
        values = cross_validated(metric, HEADLINE, decision, fold, labels, analysis.weights)
        row[f"p_{metric}"] = permutation_p_value(values[0], values[1:])
        row[f"split_{metric}"] = _rejection_ties_split(values[0], values[1:])
        row[metric] = values[0]
    row["p_confounds_only"] = analysis.confounds_only(n_permutations)
    if scenario.tree:
        return row
    row["fresh_balanced_accuracy"] = float(
        balanced_accuracy(
            fresh.people["label"].to_numpy(),
            analysis.fresh_decision(fresh) > 0,
            person_weights(fresh.people["participant_id"])[0],
        )
    )
    return row


def _transported(
    people: pd.DataFrame, features: np.ndarray, scenario: Scenario, index: int, n_permutations: int
) -> dict[str, float]:
    """p-values of a cohort that another cohort's model scores, and the accuracies there."""
    home = np.arange(len(people)) < len(people) // 2
    model = {"features": "made up", "confounds": list(scenario.confounds), "harmonise": None}
    model |= {"standardize": True, "pca": None, "class_weight": "balanced"}
    model["C"] = {"log2_min": -8, "log2_max": -4, "log2_step": 4, "scale": "absolute"}
    cohorts = {
        name: people[rows].reset_index(drop=True) for name, rows in (("a", home), ("b", ~home))
    }
    config = {
        **{"seed": index, "model": model, "confounds": {"unseen_site": "error"}},
        "cross_validation": {"inner_folds": 2, "inner_repeats": 1, "group": None},
    }
    scores = transported("a", cohorts, {"a": features[home], "b": features[~home]}, config)
    scored = FrozenScores("b", "external", cohorts["b"], scores["decision"].to_numpy(dtype=float))
    table, null = frozen_performance(
        "m", [scored], seed=index, n_permutations=n_permutations, min_class_size=1
    )
    found = table.drop_duplicates("metric").set_index("metric")
    row: dict[str, float] = {"index": index, "p_confounds_only": np.nan}
    for metric in TESTED:
        row[metric] = found.loc[metric, "estimate"]
        row[f"p_{metric}"] = found.loc[metric, "p_value"]
        values = null.loc[null["metric"] == metric, "value"].to_numpy(dtype=float)
        row[f"split_{metric}"] = _rejection_ties_split(row[metric], values)
    row["fresh_balanced_accuracy"] = row["balanced_accuracy"]
    return row


def _harmonised_on_all(
    people: pd.DataFrame, features: np.ndarray, fresh: Drawn
) -> tuple[np.ndarray, Drawn]:
    """The leak: ComBat on all rows, which keeps the effect of the observed label.

    The labels of fresh people are not known: to them the mean label is given.
    """
    codes = [pd.factorize(table["site"], sort=True)[0] for table in (people, fresh.people)]
    label = people[["label"]].to_numpy(dtype=float)
    effects = site_effects(features, codes[0], label)
    unknown = np.full((len(fresh.people), 1), label.mean())
    ours = effects.apply(features, codes[0], label)
    return ours, Drawn(fresh.people, effects.apply(fresh.features, codes[1], unknown))


def _of_number(
    people: pd.DataFrame, features: np.ndarray, scenario: Scenario, index: int, n_permutations: int
) -> dict[str, float]:
    """p-values of the gains over baseline and age, and the gains."""
    given, scheme = people[list(scenario.confounds)].to_numpy(), SCHEMES["label_blind"]
    folds = draw_folds(people["participant_id"], people["label"].to_numpy(), scheme, index)[:-1]
    job = cross_validate_numbers(
        Sample(features, given, np.ones(len(people))),
        FixedFolds(folds),
        Design(ExchangedResiduals(people, given), index),
        [range(1), range(1, 1 + n_permutations)],
        RIDGE,
    )
    decisions = joined([job], scheme.repeats, 1 + n_permutations)
    predicted = cross_validated_numbers(people, decisions)
    row: dict[str, float] = {"index": index}
    for metric in scenario.metrics:
        values = estimates(metric, predicted).value
        row[f"p_{metric}"] = permutation_p_value(values[0], values[1:])
        row[f"split_{metric}"] = _rejection_ties_split(values[0], values[1:])
        row[metric] = values[0]
    return row


class _Analysis:
    """The workflow's steps on one data set, or the same with a leak."""

    def __init__(
        self,
        scenario: Scenario,
        scheme: Scheme,
        people: pd.DataFrame,
        features: np.ndarray,
        seed: int,
    ) -> None:
        if scenario.rows_as_people:
            people = people.assign(participant_id=[f"row-{i}" for i in range(len(people))])
        if scenario.inner == "leave_one_site_out":
            sites = tuple(people["site"])
            scheme = scheme._replace(
                inner=scenario.inner, left_out_inside=sites, inner_folds=len(set(sites))
            )
        self.scenario, self.scheme, self.seed = scenario, scheme, seed
        self.people, self.features = people, features
        removed = {"confounds": list(scenario.confounds)}
        if scenario.harmonise == "folds":
            removed["harmonise"] = HARMONISE
        self.coding = ConfoundCoding.of_model(people, removed)
        self.unseen = "mean" if scenario.harmonise == "folds" else "error"
        self.confounds = flexible_matrix(people, scenario.confounds)
        given = self.confounds if scenario.conditional else None
        self.exchangeability = Exchangeability(people, within=scenario.within, given=given)
        self.weights = person_weights(people["participant_id"])[0]

    def jobs(self, n_permutations: int) -> list[JobResult]:
        """Decision values of the observed labelling and all permutations."""
        everyone = range(1, n_permutations + 1)
        if self.scenario.tree:
            sample = Sample(self.features, self.coding.matrix(self.people), self.weights)
            folds, design = FixedFolds(self._folds()[:-1]), Design(self.exchangeability, self.seed)
            return [cross_validate_estimator(sample, folds, design, [0, *everyone], TREE)]
        if self.scenario.select != "each":
            return [self._job(self._selected(0), [range(1), everyone])]
        return [self._job(self._selected(i), [range(i, i + 1)]) for i in [0, *everyone]]

    def added(self, n_permutations: int) -> np.ndarray:
        """Decision values of clinic and features, residuals of the features permuted."""
        clinic = self.people[list(self.scenario.clinic)].to_numpy()
        return cross_validate_permuted_scans(
            self.features,
            Sample(clinic, self.coding.matrix(self.people), self.weights),
            self._folds()[:-1],
            Design(self.exchangeability, self.seed),
            range(n_permutations + 1),
            OPTIONS,
        )

    def confounds_only(self, n_permutations: int) -> float:
        """The p-value of the confounds alone, of which the report warns; NaN without confounds."""
        if not self.scenario.confounds:
            return np.nan
        plain = Exchangeability(self.people, within=self.scenario.within)
        units = self.people["participant_id"]
        resampled = cross_validate_discriminant(
            self.confounds, units, self.scheme, plain, n_permutations, self.seed
        )
        labels = plain.labellings(self.seed, range(n_permutations + 1)).T
        values = cross_validated(
            *("balanced_accuracy", HEADLINE, resampled.decision, resampled.fold),
            labels,
            self.weights,
        )
        return permutation_p_value(values[0], values[1:])

    def fresh_decision(self, fresh: Drawn) -> np.ndarray:
        """Decision values of the refitted model for people it has not seen."""
        columns = self._selected(0)
        refit = with_other_cohorts(self._folds()[-1], len(fresh.people))
        tables = (self.people, fresh.people)
        grams = fold_grams(
            np.vstack([self.features[:, columns], fresh.features[:, columns]]),
            self.coding.stacked(*tables, unseen=self.unseen),
            [refit],
            OPTIONS,
        )
        weights = np.pad(self.weights, (0, len(fresh.people)))
        result = cross_validate(
            Sample(None, None, weights),
            FixedFolds([refit]),
            Design(self.exchangeability, self.seed),
            [range(1)],
            OPTIONS,
            grams,
        )
        return result.decision[0, 0, len(self.people) :]

    def _folds(self) -> list:
        labels = self.people["label"].to_numpy()
        return draw_folds(self.people["participant_id"], labels, self.scheme, self.seed)

    def _job(self, columns: np.ndarray | slice, blocks: list[range]) -> JobResult:
        features = self.features[:, columns]
        confounds = self.coding.stacked(self.people, unseen=self.unseen)
        sample = Sample(features, confounds, self.weights)
        if self.scheme.stratified:
            members = range(self.scheme.repeats * self.scheme.outer_folds)
            units = self.people["participant_id"]
            folds = RedrawnFolds(members, units, self.scheme)
        else:
            folds = FixedFolds(self._folds()[:-1])
        design = Design(self.exchangeability, self.seed)
        return cross_validate(sample, folds, design, blocks, OPTIONS)

    def _selected(self, permutation: int) -> np.ndarray | slice:
        """All features or, as a leak, those that differ most between the classes of all rows."""
        if self.scenario.select is None:
            return slice(None)
        labels = self.exchangeability.permuted(self.seed, permutation) == 1
        difference = self.features[labels].mean(axis=0) - self.features[~labels].mean(axis=0)
        return np.argsort(-np.abs(difference) / self.features.std(axis=0))[:SELECTED]


def _data_set(
    scenario: Scenario, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray, Drawn]:
    """People of a study, their features, and fresh people of the same population."""
    while True:
        people, features = scenario.draw(rng, scenario.n + N_FRESH)
        ours = people["participant_id"].isin(people["participant_id"].unique()[: scenario.n])
        count = people["label"][ours].sum()
        if MIN_CLASS <= count <= ours.sum() - MIN_CLASS:
            break
    ours = ours.to_numpy()
    fresh = Drawn(people[~ours].reset_index(drop=True), features[~ours])
    return people[ours].reset_index(drop=True), features[ours], fresh


def _rejection_ties_split(observed: float, null: np.ndarray) -> float:
    """Probability of p <= 0.05 if ties of the observed with null values are broken at random."""
    tied = np.abs(null - observed) <= 1e-9
    greater = (null > observed) & ~tied
    room = ALPHA * (1 + null.size) - greater.sum()
    return float(np.clip(room / (1 + tied.sum()), 0.0, 1.0))


# ---------------------------------------------------------------- tables
def summary(name: str, scheme: str, rows: pd.DataFrame, n_permutations: int) -> list[dict]:
    """Rows of the table, one a metric, from the results of all data sets."""
    scenario = SCENARIOS[name]
    n_sets = len(rows)
    low, high = (limit / n_sets for limit in binom(n_sets, ALPHA).interval(0.999))
    table = []
    shown, elsewhere = scenario.metrics[0], f"fresh_{scenario.metrics[0]}"
    for metric in scenario.metrics:
        rate = (rows[f"p_{metric}"] <= ALPHA + 1e-9).mean()
        split = rows[f"split_{metric}"].mean()
        verdict = "below" if rate < low else "above" if rate > high else "inside"
        if verdict == "below" and split >= low:
            verdict = "below by ties"
        table.append(
            {
                "scenario": name,
                "scheme": scheme,
                "metric": metric,
                "people": scenario.n,
                "features": P if not scenario.select and scenario.harmonise != "all" else MANY,
                "permutations": n_permutations,
                "data_sets": n_sets,
                "rejected": rate,
                "band_low": low,
                "band_high": high,
                "ties_split": split,
                "verdict": "power" if scenario.expected == "power" else verdict,
                "expected": scenario.expected,
                # The report warns where the confounds alone predict the label.
                "warned": (rows["p_confounds_only"] <= ALPHA).mean()
                if scenario.confounds and not scenario.number
                else np.nan,
                "cross_validated": rows[shown].mean(),
                "fresh_people": rows[elsewhere].mean() if elsewhere in rows else np.nan,
            }
        )
    return table


def markdown(table: pd.DataFrame) -> str:
    """The table for the README, shares in percent."""
    lines = [
        "| scenario | folds | tested | people x features | data sets x permutations "
        "| p <= 0.05 | band | ties split | verdict (expected) "
        "| BAC or gain in R2: cross-validated, fresh | warned of confounds |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.scenario} | {row.scheme} | {row.metric} | {row.people} x {row.features} "
        f"| {row.data_sets} x {row.permutations} | {row.rejected:.1%} "
        f"| {row.band_low:.1%} to {row.band_high:.1%} | {row.ties_split:.1%} "
        f"| {row.verdict} ({row.expected}) | {row.cross_validated:.1%}, {_share(row.fresh_people)} "
        f"| {_share(row.warned)} |"
        for row in table.itertuples()
    ]
    return "\n".join(lines).replace("%", " %") + "\n"


def _share(value: float) -> str:
    """A share in percent, nothing where there is none."""
    return "" if np.isnan(value) else f"{value:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument(
        "--schemes", nargs="+", choices=SCHEMES, help="by default each scenario's own"
    )
    parser.add_argument("--datasets", type=int, default=2000)
    parser.add_argument(
        "--permutations", type=int, default=19, help="M, with 0.05 (M + 1) a whole number"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--resume", action="store_true", help="keep the scenarios already there")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/calibration"))
    arguments = parser.parse_args()
    if (arguments.permutations + 1) % 20:
        parser.error(f"0.05 (M + 1) must be whole: not so with M = {arguments.permutations}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    table = []
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for name in arguments.scenarios:
            for scheme in arguments.schemes or SCENARIOS[name].schemes:
                size = f"{arguments.datasets}x{arguments.permutations}"
                part = arguments.out / f"{name}_{scheme}_{size}.tsv"
                if not (arguments.resume and part.exists()):
                    start = time.monotonic()
                    one = partial(analysed, name, scheme, n_permutations=arguments.permutations)
                    rows = pool.map(one, range(arguments.datasets), chunksize=10)
                    text = pd.DataFrame(rows).to_csv(sep="\t", index=False)
                    part.write_text(text, encoding="utf-8")
                    print(f"{part.name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
                rows = pd.read_csv(part, sep="\t")
                table += summary(name, scheme, rows, arguments.permutations)
    frame = pd.DataFrame(table)
    frame.to_csv(arguments.out / "calibration.tsv", sep="\t", index=False)
    (arguments.out / "calibration.md").write_text(markdown(frame), encoding="utf-8")
    print(markdown(frame))


if __name__ == "__main__":
    main()
