"""The people of the demo's trial: drawn with their scores and the coefficients of their maps.

The smooth field of a person (see `mri_response.simulation.field`) has the coefficients

    TIV factor * exp(person + coarse field + fine field + age + sex + scanner + response).

Everything is drawn from generators keyed by seed, cohort and person: neither the order of the jobs
nor the size of a cohort changes a person's random numbers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mri_response.simulation.field import SmoothField, smooth_field

#: Standard deviations on the log scale.
PERSON_SD, COARSE_SD, FINE_SD, SCANNER_SD = 0.04, 0.10, 0.25, 0.06
#: Correlation of the fine field between a place and its mirror image in the other hemisphere.
MIRROR_CORRELATION = 0.5
#: Change of grey matter per year after 40, on the log scale; by half more in the frontal lobe.
AGE_SLOPE = -0.003
#: Men have less grey matter for their TIV, on the log scale.
SEX_SHIFT = -0.02
#: Regional volumes grow with TIV a little less than in proportion.
TIV_EXPONENT, TYPICAL_TIV_ML = 0.85, 1450.0


@dataclass(frozen=True, eq=False)
class SimulatedCohort:
    """One cohort before it is written.

    Attributes
    ----------
    people : pandas.DataFrame
        participant_id, age, sex, site, tiv (ml), responder (bool), baseline, endpoint (MADRS),
        status (``complete``, ``no_endpoint`` or ``no_scan``).
    coefficients : numpy.ndarray, shape (people, knots)
        Coefficients of the splines.
    """

    people: pd.DataFrame
    coefficients: np.ndarray


def draw_cohort(simulation: Mapping[str, Any], cohort: str) -> SimulatedCohort:
    """Draw one cohort's people and the coefficients of their maps.

    Parameters
    ----------
    simulation : mapping
        The section ``simulation`` of the configuration: seed, effect, voxel_size_mm, and for each
        cohort n, responders, effect_present, scanners, missing_endpoint, missing_scan. The people
        without a score or a scan come on top of n.
    cohort : str
        Name of the cohort, one of those in the section.

    Returns
    -------
    SimulatedCohort
    """
    sizes = simulation["cohorts"][cohort]
    index = list(simulation["cohorts"]).index(cohort)
    seed = simulation["seed"]
    model = smooth_field(float(simulation["voxel_size_mm"]))
    # A seed sequence is padded with zeros, so 0 as a person would be the cohort's own stream:
    # people count from 1.
    rng = np.random.default_rng([seed, index, 0])
    n, responders = sizes["n"], sizes["responders"]
    statuses = np.array(
        [("complete", True)] * responders
        + [("complete", False)] * (n - responders)
        + [("no_endpoint", False)] * sizes["missing_endpoint"]
        + [("no_scan", False)] * sizes["missing_scan"],
        dtype=object,
    )
    statuses = statuses[rng.permutation(len(statuses))]
    status, responder = statuses[:, 0], statuses[:, 1].astype(bool)
    site = np.arange(len(status)) % sizes["scanners"]
    scanners = [
        SCANNER_SD * (rng.standard_normal() + model.at_knots(_coarse_noise(model, rng)))
        for _ in range(sizes["scanners"])
    ]
    effect = simulation["effect"] * (model.frontal - model.cerebellar)
    # The first responder falls by exactly half, the first non-responder by a point less.
    border = {int(np.flatnonzero(complete)[0]) for complete in _classes(status, responder)}

    rows, coefficients = [], []
    for person in range(len(status)):
        rng = np.random.default_rng([seed, index, person + 1])
        sex = "F" if rng.random() < 0.6 else "M"
        age = _between(rng, 42, 12, 18, 70)
        tiv = round(_between(rng, 1400 if sex == "F" else 1560, 115, 1050, 1950), 2)
        baseline, endpoint = _scores(rng, bool(responder[person]), person in border)
        log = (
            PERSON_SD * rng.standard_normal()
            + COARSE_SD * model.at_knots(_coarse_noise(model, rng))
            + FINE_SD * _fine_noise(model, rng)
            + AGE_SLOPE * (age - 40) * (1 + 0.5 * model.frontal)
            + SEX_SHIFT * (sex == "M")
            + scanners[site[person]]
        )
        if sizes["effect_present"]:
            log = log + (0.5 if responder[person] else -0.5) * effect
        factor = (tiv / TYPICAL_TIV_ML) ** TIV_EXPONENT
        coefficients.append((factor * np.exp(log)).ravel())
        rows.append(
            {
                "participant_id": f"sub-{cohort.replace('_', '')}{person + 1:03d}",
                "age": round(age),
                "sex": sex,
                "site": f"{cohort}_{site[person] + 1}",
                "tiv": tiv,
                "responder": bool(responder[person]),
                "baseline": baseline,
                "endpoint": endpoint,
                "status": status[person],
            }
        )
    return SimulatedCohort(pd.DataFrame(rows), np.array(coefficients))


def _classes(status: np.ndarray, responder: np.ndarray) -> list[np.ndarray]:
    complete = status == "complete"
    return [part for part in (complete & responder, complete & ~responder) if part.any()]


def _scores(rng: np.random.Generator, responder: bool, border: bool) -> tuple[int, int]:
    """MADRS before and 24 h after, on the right side of a fall by half."""
    baseline = round(_between(rng, 32, 5, 20, 50))
    fall = 0.5 + 0.5 * rng.beta(2.0, 1.8) if responder else _between(rng, 0.20, 0.16, -0.15, 0.49)
    if border:
        baseline += baseline % 2
        return baseline, baseline // 2 + (not responder)
    if responder:
        return baseline, min(math.floor(baseline * (1 - fall)), baseline // 2)
    return baseline, min(max(math.ceil(baseline * (1 - fall)), baseline // 2 + 1), 60)


def _between(
    rng: np.random.Generator, mean: float, sd: float, lowest: float, highest: float
) -> float:
    """A normal draw, repeated until it lies between two bounds."""
    while True:
        value = rng.normal(mean, sd)
        if lowest <= value <= highest:
            return value


def _coarse_noise(model: SmoothField, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(tuple(axis.shape[1] for axis in model.coarse))


def _fine_noise(model: SmoothField, rng: np.random.Generator) -> np.ndarray:
    """Noise of variance 1 that correlates with its mirror image (off the midline)."""
    noise = rng.standard_normal(model.knots)
    mirrored = noise[::-1]
    alike, apart = (1 + MIRROR_CORRELATION) / 2, (1 - MIRROR_CORRELATION) / 2
    return (
        math.sqrt(alike) * (noise + mirrored) + math.sqrt(apart) * (noise - mirrored)
    ) / math.sqrt(2)
