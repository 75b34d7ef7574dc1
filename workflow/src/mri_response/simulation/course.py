"""Scores of the demo's trial beside those that decide: 40 and 230 min, 3 and 7 days, and an item.

They follow from the score before and 24 h after: the fall builds up within hours and fades within
days. Who drops out does so after 24 h, more often without a response. All draws are from generators
of their own, so that labels and maps of the trial are what they are without them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

#: Share of the fall at 24 h that is seen at the other sessions, and their order.
SHARES = {"ses-40min": 0.55, "ses-230min": 0.8, "ses-24h": 1.0, "ses-3d": 0.75, "ses-7d": 0.35}
ENDPOINT = "ses-24h"
#: Standard deviation of a score about its course, in shares of the baseline.
NOISE = 0.07
#: Probability of having left before each session after the end-point, among those who are there.
DROP_OUT = {True: 0.03, False: 0.12}
SCALE, ITEM = "MADRS", "MADRS_10"
HIGHEST, HIGHEST_ITEM = 60, 6
#: Sets the draws of this module apart from those of `people`, whose keys end with the person.
_OWN = 1


def draw_courses(simulation: Mapping[str, Any], cohort: str, people: pd.DataFrame) -> pd.DataFrame:
    """Draw the scores of a cohort at all sessions but those that decide.

    Parameters
    ----------
    simulation : mapping
        The section ``simulation`` of the configuration, see
        :func:`mri_response.simulation.people.draw_cohort`.
    cohort : str
        Name of the cohort, one of those in the section.
    people : DataFrame
        As :func:`mri_response.simulation.people.draw_cohort` draws them.

    Returns
    -------
    DataFrame
        ``participant_id``, ``session_id``, ``scale``, ``score`` (missing after a person left), by
        person: the scale at the sessions of `SHARES` but the end-point, and the item at all and
        before treatment (``ses-baseline``).
    """
    index = list(simulation["cohorts"]).index(cohort)
    rows: list[tuple[str, str, str, float]] = []
    for number, person in enumerate(people.itertuples(index=False)):
        rng = np.random.default_rng([simulation["seed"], index, number + 1, _OWN])
        scores = _scores(rng, person)
        items = _items(rng, person.baseline, scores)
        name = person.participant_id
        rows += [(name, s, SCALE, score) for s, score in scores.items() if s != ENDPOINT]
        rows += [(name, session, ITEM, item) for session, item in items.items()]
    return pd.DataFrame(rows, columns=["participant_id", "session_id", "scale", "score"])


def _scores(rng: np.random.Generator, person: Any) -> dict[str, float]:
    """Scores by session, the end-point as it is; NaN after a person left."""
    fall = 1 - person.endpoint / person.baseline
    left = False
    found: dict[str, float] = {}
    for session, share in SHARES.items():
        noise, leaving = NOISE * rng.standard_normal(), rng.random()
        if session == ENDPOINT:
            found[session] = float(person.endpoint)
            left = person.status == "no_endpoint"
            found[session] = np.nan if left else found[session]
            continue
        after = ENDPOINT in found
        left = left or (after and leaving < DROP_OUT[bool(person.responder)])
        value = person.baseline * (1 - share * fall + noise)
        found[session] = np.nan if left else float(np.clip(round(value), 0, HIGHEST))
    return found


def _items(
    rng: np.random.Generator, baseline: float, scores: Mapping[str, float]
) -> dict[str, float]:
    """Item by session: it falls with the total, and now and then rises."""
    before = int(rng.binomial(HIGHEST_ITEM, min(0.9, baseline / HIGHEST)))
    found = {"ses-baseline": float(before)}
    for session, score in scores.items():
        kept, more = rng.random(before), rng.random() < 0.06
        if np.isnan(score):
            found[session] = np.nan
            continue
        item = int((kept < min(1.0, score / baseline)).sum()) + int(more)
        found[session] = float(min(item, HIGHEST_ITEM, score))
    return found
