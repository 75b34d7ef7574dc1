"""Made-up brains: regions spread over two mirrored spheres, and maps of a known smoothness."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from mri_response.inputs.parcels import POSITION, SPHERE


def made_parcels(pairs: int = 40) -> pd.DataFrame:
    """Pairs of regions on a spiral over the sphere, left and mirrored right."""
    step = np.arange(pairs) + 0.5
    height, turn = 1 - 2 * step / pairs, np.pi * (1 + 5**0.5) * step
    flat = np.sqrt(1 - height**2)
    left = np.column_stack([flat * np.cos(turn), flat * np.sin(turn), height])
    rows = []
    for side, points in (("left", left), ("right", left * [-1, 1, 1])):
        own = pd.DataFrame(points, columns=SPHERE)
        own[POSITION] = 50 * points + [{"left": -55, "right": 55}[side], 0, 0]
        own = own.assign(region=[f"{side[0]}h_area{i:02d}" for i in range(pairs)], side=side)
        rows.append(own.assign(name=[f"area{i:02d}" for i in range(pairs)], tissue="cortex"))
    return pd.concat(rows, ignore_index=True)


def smooth_maps(
    parcels: pd.DataFrame, people: int, rng: np.random.Generator, reach: float = 25.0
) -> np.ndarray:
    """Independent Gaussian maps: exponential correlation, homotopic regions at 0.8."""
    half = len(parcels) // 2
    points = parcels[POSITION].to_numpy()[:half]
    root = np.linalg.cholesky(np.exp(-cdist(points, points) / reach))
    shared, left, right = rng.standard_normal((3, people, half)) @ root.T
    return np.hstack([0.8**0.5 * shared + 0.2**0.5 * left, 0.8**0.5 * shared + 0.2**0.5 * right])
