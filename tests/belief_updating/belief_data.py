"""Tables of trials that the tests of belief updating share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mri_response.belief_updating.trials import Rules, selected

SESSIONS = ("ses-before", "ses-after")
#: Base rates of 20 made-up events.
BASE_RATES = np.linspace(10, 70, 20).round()


def made_trials(
    people: int, S: float, A: float, noise: float = 0.0, seed: int = 0, sessions=SESSIONS
) -> pd.DataFrame:
    """Trials of people who all update by the same S and A, news by eBR, adverse events."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        for session in sessions:
            average = np.clip(rng.normal(40, 14, len(BASE_RATES)).round(), 3, 77)
            average += average == BASE_RATES
            own = np.clip((average + rng.normal(-3, 8, len(average))).round(), 3, 77)
            error = BASE_RATES - average
            move = (S - A * np.sign(error)) * error + noise * rng.standard_normal(len(error))
            rows.append(
                pd.DataFrame(
                    {
                        "participant_id": f"sub-{person:02d}",
                        "session_id": session,
                        "trial": np.arange(1, len(error) + 1),
                        "event": [f"{session}-event-{i}" for i in range(len(error))],
                        "event_valence": "adverse",
                        "E1": own,
                        "eBR": average,
                        "BR": BASE_RATES,
                        "E2": own + move,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def used_trials(trials: pd.DataFrame, news: str = "eBR") -> pd.DataFrame:
    """Trials with their news, none left out but those without any."""
    return selected(trials, Rules(min_trials=1), news)[0]


def vba_trials(folder: Path) -> pd.DataFrame:
    """50 trials made by the VBA toolbox from the heuristic model, S .808878 and A .211736."""
    trials = pd.read_csv(folder / "belief" / "ifg_recovery_trials.tsv", sep="\t", dtype=float)
    return trials.assign(
        participant_id="sub-01",
        session_id="ses-1",
        event=trials["trial"].map("event-{:.0f}".format),
        event_valence="adverse",
    )
