"""A simulated study of belief updating: patients and controls, three sessions, lumpy answers.

Base rates have mean 40, SD 13 and the range 10 to 70 of the published lists of events. First
estimates have the distribution of real ones: a mean of 33, an SD of 20 within and of 8 between
people, two thirds multiples of 5, 9 % on the lowest and 3 % on the highest answer. People follow
E2 - E1 = (S + A v)(BR - eBR) + noise, rounded and cut to the scale. Responders' asymmetry A changes
after treatment by what is planted; nobody else's does.

Everything is drawn from generators keyed by seed, group and person: the size of a group changes
nobody's random numbers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from mri_response.core.seeds import Stream, generator
from mri_response.core.tables import write_tsv
from mri_response.simulation.files import SCALE, made_anew, write_description

SESSIONS = ("ses-before", "ses-4h", "ses-1w")
GROUPS = ("patients", "controls")
LOWEST, HIGHEST = 3, 77
#: Mean of first estimates, their SD over people and within a person.
OWN_MEAN, OWN_BETWEEN, OWN_WITHIN = 33.3, 8.0, 22.5
#: Mean and SD of estimates for the average person, and how they go with those for oneself.
AVERAGE_MEAN, AVERAGE_SD, CORRELATION = 40.0, 14.0, 0.6
#: Share of answers that are given in steps of 5.
LUMPS = 0.71
#: Base rates: mean, spread of the normal quantiles, range.
BASE_MEAN, BASE_SPREAD, BASE_RANGE = 40.0, 13.2, (10, 70)
#: Scaling and asymmetry: means and SDs over people, and SD of what changes between sessions.
S_MEAN, S_SD, A_MEAN, A_SD, SESSION_SD = 0.45, 0.15, 0.05, 0.08, 0.03


@dataclass(frozen=True)
class BeliefStudy:
    """Size of a simulated study, and what is planted.

    Attributes
    ----------
    seed : int
        Seed of the run.
    patients, controls : int
        Number of people in each group.
    responders : int
        Of the patients.
    planted : float
        Change of A in responders in the sessions after treatment.
    events : int
        Trials per session; every session has a list of events of its own, whose order rotates over
        people.
    noise_sd : float
        SD of the second estimate, in points.
    event_sd : float
        SD over events of what an event adds to the move towards the base rate, in points.
    base_rates : tuple of float
        Base rates of one list of events in place of the made ones.
    """

    seed: int
    patients: int = 26
    controls: int = 30
    responders: int = 13
    planted: float = 0.12
    events: int = 40
    noise_sd: float = 10.0
    event_sd: float = 1.5
    base_rates: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class SimulatedBeliefs:
    """A drawn study.

    Attributes
    ----------
    trials : pandas.DataFrame
        As the user's table of trials.
    people : pandas.DataFrame
        ``participant_id``, ``group``, ``age``, ``education`` (years).
    scores : pandas.DataFrame
        ``participant_id``, ``session_id``, ``scale``, ``score``: MADRS of patients.
    truth : pandas.DataFrame
        ``participant_id``, ``session_id``, ``responder``, ``S``, ``A``.
    """

    trials: pd.DataFrame
    people: pd.DataFrame
    scores: pd.DataFrame
    truth: pd.DataFrame


def base_rates(events: int) -> NDArray:
    """Base rates in the manner of the published lists: quantiles of a normal distribution.

    Parameters
    ----------
    events : int
        Number of events.

    Returns
    -------
    ndarray, shape (events,)
        Whole percentages in random-looking, fixed order.
    """
    quantiles = ndtri((np.arange(events) + 0.5) / events)
    values = np.clip(np.round(BASE_MEAN + BASE_SPREAD * quantiles), *BASE_RANGE)
    # A fixed stride visits every quantile once, so that neighbours in the list differ.
    stride = next(s for s in range(events // 3 + 1, 2 * events + 2) if np.gcd(s, events) == 1)
    return values[(np.arange(events) * stride) % events]


def draw_belief_study(study: BeliefStudy) -> SimulatedBeliefs:
    """Draw people, their trials and their scores.

    Parameters
    ----------
    study : BeliefStudy
        Size and what is planted.

    Returns
    -------
    SimulatedBeliefs
    """
    shown = np.array(study.base_rates or base_rates(study.events), dtype=float)
    shared = generator(study.seed, Stream.BELIEF_STUDY)
    of_event = study.event_sd * shared.standard_normal((len(SESSIONS), len(shown)))
    people, scores, truth, answers, lists = [], [], [], [], []
    for at, (group, size) in enumerate(zip(GROUPS, (study.patients, study.controls), strict=True)):
        for person in range(size):
            rng = generator(study.seed, Stream.BELIEF_STUDY, at + 1, person + 1)
            name = f"sub-{group[:3]}{person + 1:03d}"
            responder = group == "patients" and person < study.responders
            age, education = round(rng.uniform(20, 65)), round(rng.normal(14, 2.5))
            people.append((name, group, age, max(education, 8)))
            if group == "patients":
                own = zip(SESSIONS, _madrs(rng, responder), strict=True)
                scores += [(name, session, SCALE, score) for session, score in own]
            centre = OWN_MEAN + OWN_BETWEEN * rng.standard_normal()
            usual = np.array([S_MEAN, A_MEAN]) + np.array([S_SD, A_SD]) * rng.standard_normal(2)
            for time, session in enumerate(SESSIONS):
                s, a = usual + SESSION_SD * rng.standard_normal(2)
                a += study.planted * (responder and time > 0)
                truth.append((name, session, responder, s, a))
                lists.append((time + person) % len(SESSIONS))
                answers.append(_answers(rng, study, shown, (s, a, centre), of_event[lists[-1]]))
    known = pd.DataFrame(truth, columns=["participant_id", "session_id", "responder", "S", "A"])
    return SimulatedBeliefs(
        _trials(known, np.concatenate(answers, axis=1), lists, shown),
        pd.DataFrame(people, columns=["participant_id", "group", "age", "education"]),
        pd.DataFrame(scores, columns=["participant_id", "session_id", "scale", "score"]),
        known,
    )


def _trials(
    known: pd.DataFrame, answers: NDArray, lists: list[int], shown: NDArray
) -> pd.DataFrame:
    """The user's table from the answers of all sessions, one after the other."""
    n = len(shown)
    number = np.arange(1, n + 1)
    names = np.array([[f"event-{i + 1}-{k:02d}" for k in number] for i in range(len(SESSIONS))])
    own, average, second = answers
    return pd.DataFrame(
        {
            "participant_id": np.repeat(known["participant_id"].to_numpy(), n),
            "session_id": np.repeat(known["session_id"].to_numpy(), n),
            "trial": np.tile(number, len(known)),
            "event": names[lists].ravel().astype(object),
            "event_valence": "adverse",
            "E1": own,
            "eBR": average,
            "BR": np.tile(shown, len(known)),
            "E2": second,
        }
    )


def _answers(
    rng: np.random.Generator,
    study: BeliefStudy,
    shown: NDArray,
    person: tuple[float, float, float],
    of_event: NDArray,
) -> NDArray:
    """E1, eBR and E2 of a person with S, A and a mean of first estimates; events are adverse."""
    s, a, centre = person
    both = rng.standard_normal((2, len(shown)))
    average = _said(rng, AVERAGE_MEAN + AVERAGE_SD * both[0])
    mixed = CORRELATION * both[0] + np.sqrt(1 - CORRELATION**2) * both[1]
    own = _said(rng, centre + OWN_WITHIN * mixed)
    error = shown - average
    towards = np.sign(error)
    moved = (s - a * towards) * error + towards * of_event
    second = own + moved + study.noise_sd * rng.standard_normal(len(shown))
    return np.array([own, average, _said(rng, second)])


def _said(rng: np.random.Generator, meant: NDArray) -> NDArray:
    """Answers as people give them: whole numbers of the scale, mostly multiples of 5."""
    step = np.where(rng.random(len(meant)) < LUMPS, 5, 1)
    return np.clip(np.round(meant / step) * step, LOWEST, HIGHEST)


def _madrs(rng: np.random.Generator, responder: bool) -> list[int]:
    """Scores before, after 4 h and after a week; a responder has half or less after a week."""
    before = int(np.clip(round(rng.normal(32, 5)), 20, 50))
    fall = 0.5 + 0.4 * rng.beta(2, 2) if responder else np.clip(rng.normal(0.18, 0.14), -0.2, 0.48)
    early = np.clip(fall * rng.uniform(0.5, 1.1) + rng.normal(0, 0.08), -0.2, 0.95)
    late = before * (1 - fall)
    after = min(int(late), before // 2) if responder else max(round(late), before // 2 + 1)
    return [before, round(before * (1 - early)), after]


def planted_changes(study: BeliefStudy) -> pd.DataFrame:
    """What was planted, in the form in which it is found.

    Parameters
    ----------
    study : BeliefStudy
        Size and what is planted.

    Returns
    -------
    pandas.DataFrame
        ``session_id``, ``parameter``, ``contrast`` (a group or their difference), ``planted``: mean
        change since the session before treatment.
    """
    mean = study.planted * study.responders / study.patients
    rows = [
        (session, parameter, contrast, mean * (parameter == "A") * (contrast != "controls"))
        for session in SESSIONS[1:]
        for parameter in ("S", "A")
        for contrast in (*GROUPS, " - ".join(GROUPS))
    ]
    return pd.DataFrame(rows, columns=["session_id", "parameter", "contrast", "planted"])


def simulate_belief_study(study: BeliefStudy, directory: str | os.PathLike[str]) -> None:
    """Write a study as one has it.

    Parameters
    ----------
    study : BeliefStudy
        Size and what is planted.
    directory : path-like
        Made anew: ``participants.tsv``, ``scores.tsv``, ``trials.tsv``, ``planted.tsv`` and
        ``dataset_description.json``.

    Raises
    ------
    InputError
        If the folder holds something else than simulated data.
    """
    with made_anew(directory) as folder:
        drawn = draw_belief_study(study)
        write_tsv(drawn.people, folder / "participants.tsv")
        write_tsv(drawn.scores, folder / "scores.tsv")
        write_tsv(drawn.trials.astype({"E1": int, "eBR": int, "E2": int}), folder / "trials.tsv")
        write_tsv(planted_changes(study), folder / "planted.tsv")
        write_description(folder, "simulated study of belief updating")
