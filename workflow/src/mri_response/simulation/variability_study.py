"""A simulated trial of brain change: a treated and a control arm, two sessions, made-up genes.

Regions are those of the Destrieux cortex and some below it, at their real places; values are made
up, in percent of a usual one. A change is noise, smooth over the cortex and alike on both sides,
and in the treated also what is planted: two axes of change, on each of which every person has a
place of the own; a mean change of the rostral anterior cingulate; and a response of the hippocampus
that differs between people. The score falls more in people who are further along the first axis.
The gene MADE1 resembles the first axis, all others were drawn without looking at it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from mri_response.core.seeds import Stream, generator
from mri_response.core.tables import write_tsv
from mri_response.inputs.parcels import POSITION, atlas_parcels, common_side, pairs_of
from mri_response.simulation.files import SCALE, made_anew, write_description

SESSIONS = ("ses-before", "ses-24h")
ARMS = ("treated", "control")
#: Genes whose resemblance is planted and is not.
PLANTED_GENE, OTHER_GENE, GENES = "MADE1", "MADE2", 60
#: Range of the correlation of noise, anatomy, axes and genes over the cortex (mm), and of sides.
NOISE_REACH, AXIS_REACH, HOMOTOPIC = 15.0, 40.0, 0.8
#: Mean of values, SD of anatomy over people, and spread of the size of noise over people.
LEVEL, ANATOMY, PERSON = 100.0, 5.0, 0.2
#: Mean change of the rostral anterior cingulate of the treated, in SDs of the noise.
MEAN_CHANGE = 0.6
#: Correlation of the fall of the score with places on the first axis, and of gene with axis.
SCORE_R, GENE_R = 0.6, 0.8
_CINGULATE = "gandscingulant"
_BELOW = ("hippocampus", "amygdala", "accumbens", "thalamusproper", "caudate", "putamen")


@dataclass(frozen=True)
class VariabilityStudy:
    """Size of a simulated trial, and what is planted.

    Attributes
    ----------
    seed : int
        Seed of the trial.
    treated, control : int
        Number of people in each arm.
    axis_sd : tuple of float
        SD of people's places on both axes, in SDs of the noise.
    responder_sd : float
        SD of the response of the hippocampus, in SDs of the noise.
    """

    seed: int
    treated: int = 60
    control: int = 40
    axis_sd: tuple[float, float] = (0.8, 0.5)
    responder_sd: float = 0.8


class Brain:
    """Regions of the trial, and smooth patterns over them."""

    def __init__(self) -> None:
        atlas = atlas_parcels("destrieux")
        cortex = atlas["tissue"] == "cortex"
        below = atlas["name"].isin(_BELOW)
        self.parcels = atlas[cortex | below].reset_index(drop=True)

    @cached_property
    def cortex(self) -> NDArray:
        """Which regions are cortex."""
        return (self.parcels["tissue"] == "cortex").to_numpy()

    def named(self, name: str) -> NDArray:
        """Which regions have a name, on both sides."""
        return (self.parcels["name"] == name).to_numpy()

    def correlation(self, reach: float) -> NDArray:
        """Correlation of a smooth pattern between regions; sides are alike but not equal."""
        pairs = pairs_of(self.parcels)
        points = common_side(self.parcels, pairs, POSITION)
        own = np.exp(-cdist(points, points) / reach)
        cortex = self.cortex[pairs[0]]
        own *= cortex[:, None] == cortex  # cortex and what is below go apart
        made = np.empty((len(self.parcels),) * 2)
        for side in (0, 1):
            for other in (0, 1):
                share = 1 if side == other else HOMOTOPIC
                made[np.ix_(pairs[side], pairs[other])] = own * share
        return made

    def smooth(self, n: int, reach: float, rng: np.random.Generator) -> NDArray:
        """Draw smooth patterns with variance 1 in every region.

        Parameters
        ----------
        n : int
            How many patterns are drawn.
        reach : float
            Distance in mm at which the correlation has fallen to 1/e.
        rng : numpy.random.Generator
            Source of the draws.

        Returns
        -------
        ndarray, shape (n, regions)
        """
        root = np.linalg.cholesky(self.correlation(reach) + 1e-9 * np.eye(len(self.parcels)))
        return rng.standard_normal((n, len(root))) @ root.T

    def axes(self, seed: int) -> NDArray:
        """The two planted axes: orthogonal, with mean 0 and variance 1 over the cortex."""
        drawn = self.smooth(2, AXIS_REACH, generator(seed, Stream.VARIABILITY_STUDY, 1))
        drawn = drawn * self.cortex
        drawn -= drawn.sum(axis=1, keepdims=True) / self.cortex.sum() * self.cortex
        made = np.linalg.qr(drawn.T)[0].T * np.sqrt(self.cortex.sum())
        return made


@dataclass(frozen=True, eq=False)
class SimulatedChange:
    """A drawn trial.

    Attributes
    ----------
    people, scores, regions : dict of str to pandas.DataFrame
        Tables of each arm, as those of a user.
    genes : pandas.DataFrame
        ``region``, then one column per gene.
    axes : pandas.DataFrame
        ``region``, ``axis``, ``loading``.
    planted : pandas.DataFrame
        ``quantity``, ``what``, ``planted``.
    """

    people: dict[str, pd.DataFrame]
    scores: dict[str, pd.DataFrame]
    regions: dict[str, pd.DataFrame]
    genes: pd.DataFrame
    axes: pd.DataFrame
    planted: pd.DataFrame


def draw_variability_study(study: VariabilityStudy) -> SimulatedChange:
    """Draw people, their brains and scores, and genes.

    Parameters
    ----------
    study : VariabilityStudy
        Size and what is planted.

    Returns
    -------
    SimulatedChange
    """
    brain = Brain()
    axes = brain.axes(study.seed)
    people, scores, regions = {}, {}, {}
    for place, (arm, size) in enumerate(zip(ARMS, (study.treated, study.control), strict=True)):
        rng = generator(study.seed, Stream.VARIABILITY_STUDY, 2, place)
        names = [f"sub-{arm[:3]}{i + 1:03d}" for i in range(size)]
        places = rng.standard_normal((size, 2))
        before, after = _sessions(brain, size, rng)
        if arm == "treated":
            after += (places * study.axis_sd) @ axes
            after += MEAN_CHANGE * brain.named(_CINGULATE)
            response = study.responder_sd * rng.standard_normal((size, 1))
            after += response * brain.named("hippocampus")
        people[arm] = pd.DataFrame(
            {
                "participant_id": names,
                "age": rng.integers(20, 65, size),
                "sex": rng.choice(["F", "M"], size),
            }
        )
        scores[arm] = _scores(names, places[:, 0] * (arm == "treated"), rng)
        regions[arm] = _region_table(names, brain, before, after)
    genes = _genes(brain, axes[0], study.seed)
    frame = pd.DataFrame(axes.T, columns=[1, 2]).assign(region=brain.parcels["region"])
    long = frame.melt("region", var_name="axis", value_name="loading")
    return SimulatedChange(
        people, scores, regions, genes, long, _planted(study, brain, axes, genes)
    )


def _sessions(brain: Brain, size: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Values before and after without treatment: their difference has variance 1."""
    anatomy = LEVEL + ANATOMY * brain.smooth(size, AXIS_REACH, rng)
    own = np.exp(PERSON * rng.standard_normal((size, 1)) - PERSON**2)
    noise = [own * brain.smooth(size, NOISE_REACH, rng) / np.sqrt(2) for _ in SESSIONS]
    return anatomy + noise[0], anatomy + noise[1]


def _scores(names: list[str], places: NDArray, rng: np.random.Generator) -> pd.DataFrame:
    before = np.clip(np.round(rng.normal(32, 4, len(names))), 20, 50)
    fall = 10 + 6 * (SCORE_R * places + np.sqrt(1 - SCORE_R**2) * rng.standard_normal(len(names)))
    after = np.clip(np.round(before - fall), 0, 60)
    rows = [
        (name, session, SCALE, int(value))
        for name, *values in zip(names, before, after, strict=True)
        for session, value in zip(SESSIONS, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["participant_id", "session_id", "scale", "score"])


def _region_table(names: list[str], brain: Brain, before: NDArray, after: NDArray) -> pd.DataFrame:
    parts = []
    for session, values in zip(SESSIONS, (before, after), strict=True):
        table = pd.DataFrame(values.round(4), columns=brain.parcels["region"])
        table.insert(0, "session_id", session)
        table.insert(0, "participant_id", names)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _genes(brain: Brain, axis: NDArray, seed: int) -> pd.DataFrame:
    """Smooth expression with a main axis of its own; one gene resembles the axis of change."""
    rng = generator(seed, Stream.VARIABILITY_STUDY, 3)
    main, *others = brain.smooth(GENES + 1, AXIS_REACH, rng)
    shares = rng.uniform(-0.8, 0.8, GENES)
    values = [s * main + np.sqrt(1 - s**2) * own for s, own in zip(shares, others, strict=True)]
    values[0] = GENE_R * axis + np.sqrt(1 - GENE_R**2) * others[0]
    names = [f"MADE{i + 1}" for i in range(GENES)]
    table = pd.DataFrame(np.array(values).T.round(5), columns=names)
    table.insert(0, "region", brain.parcels["region"])
    return table[brain.cortex].reset_index(drop=True)


def _planted(
    study: VariabilityStudy, brain: Brain, axes: NDArray, genes: pd.DataFrame
) -> pd.DataFrame:
    """What was planted, in the form in which it is found."""
    noise, cortex = brain.correlation(NOISE_REACH), brain.cortex.sum()
    unit = axes[0] / np.sqrt(cortex)
    signal = study.axis_sd[0] ** 2 * cortex
    # Noise along the axis hides a part of people's places.
    seen = np.sqrt(signal / (signal + unit @ noise @ unit))
    mean_noise = (1 + HOMOTOPIC) / 2
    more = np.log((mean_noise + study.responder_sd**2) / mean_noise) / 2
    pairs = pairs_of(brain.parcels)
    left = brain.cortex[pairs[0]]
    average = axes[0][pairs].mean(axis=0)[left]
    expressed = genes.set_index("region")
    rows = expressed.loc[brain.parcels["region"].to_numpy()[pairs[0]][left]]
    r = [np.corrcoef(average, rows[gene])[0, 1] for gene in (PLANTED_GENE, OTHER_GENE)]
    count = sum(size > 0 for size in study.axis_sd)
    return pd.DataFrame(
        [
            ("axes", "retained", count),
            *(("cosine", f"component {i + 1}", float(i < count)) for i in range(2)),
            ("ln_vr", "hippocampus", more),
            ("ln_vr", "thalamus", 0.0),
            ("mean", "rostral anterior cingulate", MEAN_CHANGE),
            ("mean", "thalamus", 0.0),
            ("r_score", "component 1", SCORE_R * seen * (study.axis_sd[0] > 0)),
            ("r_score", "component 2", 0.0),
            ("r_gene", PLANTED_GENE, r[0]),
            ("r_gene", OTHER_GENE, r[1]),
        ],
        columns=["quantity", "what", "planted"],
    )


def simulate_variability_study(study: VariabilityStudy, directory: str | os.PathLike[str]) -> None:
    """Write a trial as one has it.

    Parameters
    ----------
    study : VariabilityStudy
        Size and what is planted.
    directory : path-like
        Made anew: for each arm a folder with ``participants.tsv``, ``scores.tsv`` and
        ``regions.tsv``; ``genes.tsv``, ``planted.tsv``, ``axes.tsv`` and
        ``dataset_description.json``.

    Raises
    ------
    InputError
        If the folder holds something else than simulated data.
    """
    with made_anew(directory) as folder:
        drawn = draw_variability_study(study)
        for arm in ARMS:
            (folder / arm).mkdir()
            write_tsv(drawn.people[arm], folder / arm / "participants.tsv")
            write_tsv(drawn.scores[arm], folder / arm / "scores.tsv")
            write_tsv(drawn.regions[arm], folder / arm / "regions.tsv")
        for name in ("genes", "planted", "axes"):
            write_tsv(getattr(drawn, name), folder / f"{name}.tsv")
        write_description(folder, "simulated trial of brain change")
