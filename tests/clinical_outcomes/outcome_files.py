"""A small trial on disk: tables of people and scores, and the configuration that names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.load import load_config

SESSIONS = ["before", "day1", "day7"]
SECTION = {
    "baseline": "before",
    "visits": ["day1", "day7"],
    "scales": {"MADRS": {"remission": 10}},
    "arm": {"column": "arm", "values": {"d": "drug", "p": "placebo"}},
    "reference": "placebo",
    "items": {"MADRS_10": {}},
}


def people_and_scores(n: int = 16) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Half with the drug, after which scores fall more; the last person drops out after day 1."""
    random = np.random.default_rng(5)
    names = [f"sub-{i:02d}" for i in range(1, n + 1)]
    people = pd.DataFrame(
        {
            "participant_id": names,
            "arm": ["d", "p"] * (n // 2),
            "site": ["a", "b", "b", "a"] * (n // 4),
        }
    )
    falls = {"before": 0, "day1": 14, "day7": 10}
    rows = []
    for person, arm in people[["participant_id", "arm"]].itertuples(index=False):
        level = random.integers(26, 38)
        for session in SESSIONS:
            fall = falls[session] * (1 if arm == "d" else 0.3)
            score = max(int(level - fall + random.integers(-3, 4)), 4)
            rows.append((person, session, score, min(score // 8, 6)))
    scores = pd.DataFrame(rows, columns=["participant_id", "session_id", "MADRS", "MADRS_10"])
    return people, scores[:-1]


def written(
    folder: Path, people: pd.DataFrame, scores: pd.DataFrame, **changes: Any
) -> dict[str, Any]:
    """Write the tables; returns the completed configuration."""
    for name, table in (("people", people), ("scores", scores)):
        table.to_csv(folder / f"{name}.tsv", sep="\t", index=False, na_rep="n/a")
    return load_config(raw(folder, **changes))


def raw(folder: Path, **changes: Any) -> dict[str, Any]:
    """The configuration as a user writes it; keys of the section that are None are left out."""
    section = {key: value for key, value in (SECTION | changes).items() if value is not None}
    cohort = {
        "role": "discovery",
        "participants": str(folder / "people.tsv"),
        "scores": str(folder / "scores.tsv"),
    }
    return {"run": "trial", "cohorts": {"here": cohort}, "clinical_outcomes": section}
