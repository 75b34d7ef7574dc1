"""A small study of belief updating in files, and the configuration that describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.simulation.belief_study import SESSIONS, BeliefStudy, simulate_belief_study

SIZES = {"patients": 12, "controls": 12, "responders": 6, "planted": 0.3, "events": 30}


def write_study(folder: Path, seed: int = 4, **belief: Any) -> dict[str, Any]:
    """Simulate a study into a folder.

    Parameters
    ----------
    folder : Path
        Holds ``participants.tsv``, ``scores.tsv`` and ``trials.tsv`` afterwards.
    seed : int
        Seed of the simulated data.
    **belief : object
        Keys of the section ``belief``.

    Returns
    -------
    dict
        Configuration of a run that compares how beliefs are updated.
    """
    simulate_belief_study(BeliefStudy(seed, **SIZES), folder)
    return {
        "run": "beliefs",
        "sessions": list(SESSIONS),
        "cohorts": {
            "here": {
                "role": "discovery",
                **{
                    name: str(folder / f"{name}.tsv")
                    for name in ("participants", "scores", "trials")
                },
            }
        },
        "belief": {
            "baseline": SESSIONS[0],
            "sessions": list(SESSIONS[1:]),
            "group": {"column": "group", "treated": "patients", "others": "controls"},
            "score": {"scale": "MADRS", "baseline": SESSIONS[0], "endpoint": SESSIONS[2]},
            "mediation": {"session": SESSIONS[1], "bootstrap": 200},
            "min_trials": 5,
            "permutations": 99,
            "draws": 20,
            **belief,
        },
    }


def edited(folder: Path, name: str, edit) -> None:
    """Change a table of the study."""
    path = folder / f"{name}.tsv"
    write_tsv(edit(read_tsv(path)), path)
