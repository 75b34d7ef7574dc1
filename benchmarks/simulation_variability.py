"""Level of the nulls of the module variability on maps that have nothing in common.

    python benchmarks/simulation_variability.py                                       # --help

A data set of a scenario of components has 40 people with independent maps of the 148 regions of
the Destrieux cortex, homotopic regions correlated by 0.9, and is compared with 199 random sets of
maps of each null. Counted is p <= 0.05 of the first component; drawing stops where a p that small
can no longer be reached, which changes no count:

- `smooth`, `moran`, `within_region`: the nulls that are shipped;
- `leak_shuffled_regions`: regions shuffled within people, as published, to show what it does, in
  every fifth part.

A data set of a scenario of axes has such maps and one axis, a map of the same smoothness on which
people's places have half the SD of the noise; in every fifth part. Counted is how often `smooth`
retains a component (`axis_found`) and how often more than the one that is there (`axis_too_many`).

A data set of a scenario of genes has one map of the 74 regions of the left side and one gene with
no relation to it, and 199 surrogates of the map; the data sets of a part share their rotations.
Counted is p <= 0.05, two-sided:

- `spin`, `moran`: the nulls that are shipped;
- `leak_published_recipe`: both sides, the gene a copy of itself on the other side and the map
  nearly so, hemispheres turned apart, surrogates padded with zeros to twice the length, one side
  in the direction seen, the odds of the counts as p;
- `leak_no_null`: p of a correlation of independent regions.

A data set of a scenario of people has two sessions of 40 treated people and of 40 controls, with
nothing between the sessions but noise as large as what stays, and a clinical score that goes with
the mean of the first map (r about 0.7). Counted is p <= 0.05 of the largest statistic of a family,
199 permutations:

- `mean_change`, `variance`: all 148 regions (signs at random; people exchanged between arms);
- `dimensions`, `similarity`: participation ratio against controls, likeness of people;
- `associations`: the score and the first three components, given the map before as in a run;
- `leak_projection_alone`: the same, given only its projection on the component;
- `leak_without_baseline`: the same, the map before left out;
- `leak_samples_as_people`: participation ratios of 50 samples of 22 people of either arm, compared
  by a t-test as if samples were people.

Scenarios: an exponential correlation of range 10, 25 or 50 mm; `unequal`, sizes of people's maps
differ (log SD 0.5); `skewed`, maps are exponentials of such maps; `growing`, the range grows from
10 mm at the back to 50 mm at the front.

Parts of 10 data sets each are files of their own: what is there is not computed again. Writes
`variability_levels.tsv`, in which `too_many` says that the count lies above the central 99.9 % of
the binomial distribution around 5 %.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from scipy.stats import binom, pearsonr, ttest_ind

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from mri_response.core.correlations import partial_correlations
from mri_response.core.permutation import reached
from mri_response.inputs.parcels import POSITION, SPHERE, atlas_parcels, common_side, pairs_of
from mri_response.variability.components import (
    explained_shares,
    principal_components,
    rank_test,
)
from mri_response.variability.dimensions import (
    participation_ratio,
    ratio_difference_p,
    similarity_p,
)
from mri_response.variability.families import (
    family_p,
    log_variance_ratio,
    means_under_signs,
    orders_within,
    ratios_under_exchange,
    t_of_correlation,
    t_of_means,
)
from mri_response.variability.genes import correlations, two_sided
from mri_response.variability.region_results import map_before
from mri_response.variability.spins import spin_orders
from mri_response.variability.surrogates import modes_of, moran_surrogates, people_surrogates

SEED = 20261127  # fixed before the first run
ALPHA, SURROGATES, PEOPLE, HOMOTOPIC, PART = 0.05, 199, 40, 0.9, 10
#: SD of places on a planted axis; samples that are taken for people, and people in each.
AXIS, SAMPLES, SAMPLE = 0.5, 50, 22
SCENARIOS = {
    "range 10 mm": {"reach": 10},
    "range 25 mm": {"reach": 25},
    "range 50 mm": {"reach": 50},
    "range 10 mm, unequal": {"reach": 10, "unequal": 0.5},
    "range 25 mm, unequal": {"reach": 25, "unequal": 0.5},
    "range 50 mm, unequal": {"reach": 50, "unequal": 0.5},
    "range 25 mm, skewed": {"reach": 25, "skewed": True},
    "growing range": {"reach": None},
}
UNEQUAL = {name for name, scenario in SCENARIOS.items() if "unequal" in scenario}
RANGES = {"range 10 mm", "range 25 mm", "range 50 mm"}
# The size of a map changes no correlation, and one range is enough for tests over people.
COUNTED = {
    "components": set(SCENARIOS),
    "axes": RANGES,
    "genes": set(SCENARIOS) - UNEQUAL,
    "people": {"range 25 mm", "range 25 mm, unequal", "range 25 mm, skewed", "growing range"},
    "shuffled": set(SCENARIOS),
}
LEAK_EVERY = 5


class Cortex:
    """Regions of the cortex and independent smooth maps over them."""

    def __init__(self) -> None:
        atlas = atlas_parcels("destrieux")
        self.parcels = atlas[atlas["tissue"] == "cortex"].reset_index(drop=True)
        self.pairs = pairs_of(self.parcels)
        self.points = common_side(self.parcels, self.pairs, POSITION)
        self.sphere = common_side(self.parcels, self.pairs, SPHERE)
        self.modes = modes_of(self.parcels)
        left = self.parcels.iloc[self.pairs[0]].reset_index(drop=True)
        self.left_modes = modes_of(left)

    def root(self, reach: float | None) -> np.ndarray:
        """Root of the correlation of the regions of one side."""
        distance = cdist(self.points, self.points)
        if reach is None:
            front = self.points[:, 1]
            own = 10 + 40 * (front - front.min()) / np.ptp(front)
            # A kernel of two ranges that stays positive definite (Paciorek and Schervish 2006).
            mean = (own[:, None] ** 2 + own**2) / 2
            scale = (np.outer(own, own) / mean) ** 1.5
            kernel = scale * np.exp(-distance / np.sqrt(mean))
        else:
            kernel = np.exp(-distance / reach)
        values, vectors = np.linalg.eigh(kernel)
        return vectors * np.sqrt(np.maximum(values, 0))

    def maps(self, n: int, scenario: dict, rng: np.random.Generator) -> np.ndarray:
        """Maps of both sides."""
        root = self.root(scenario["reach"])
        shared, left, right = rng.standard_normal((3, n, len(root))) @ root.T
        made = np.empty((n, len(self.parcels)))
        for own, places in zip((left, right), self.pairs, strict=True):
            made[:, places] = HOMOTOPIC**0.5 * shared + (1 - HOMOTOPIC) ** 0.5 * own
        if scenario.get("skewed"):
            made = np.exp(made)
        return made * np.exp(scenario.get("unequal", 0) * rng.standard_normal((n, 1)))


def exceeds(maps: np.ndarray, source: Callable[[int], np.ndarray]) -> bool:
    """Whether `rank_test` gives the first component p <= 0.05, as soon as that is certain."""
    observed, beyond, left = explained_shares(maps, 1), 0, SURROGATES
    while left and 1 + beyond <= ALPHA * (1 + SURROGATES):
        n = min(20, left)
        beyond += int(reached(observed, explained_shares(source(n), 1))[0])
        left -= n
    return 1 + beyond <= ALPHA * (1 + SURROGATES)


def of_components(cortex: Cortex, scenario: dict, rng: np.random.Generator) -> dict[str, bool]:
    """Which nulls the first component of independent maps exceeds."""
    maps = cortex.maps(PEOPLE, scenario, rng)
    return {
        null: exceeds(maps, people_surrogates(maps, cortex.modes, null, rng))
        for null in ("smooth", "moran")
    }


def of_shuffled(
    cortex: Cortex, scenario: dict, rng: np.random.Generator, leaks: bool
) -> dict[str, bool]:
    """The same of nulls that keep nothing of how smooth maps are; `leaks`: also of the leak."""
    maps = cortex.maps(PEOPLE, scenario, rng)
    found = {"within_region": exceeds(maps, people_surrogates(maps, None, "within_region", rng))}
    if leaks:

        def shuffled(n: int) -> np.ndarray:
            return rng.permuted(np.broadcast_to(maps, (n, *maps.shape)), axis=2)

        found["leak_shuffled_regions"] = exceeds(maps, shuffled)
    return found


def of_axes(cortex: Cortex, scenario: dict, rng: np.random.Generator) -> dict[str, bool]:
    """Whether an axis is found that is there, and whether more than that are."""
    axis = cortex.maps(1, scenario, rng)[0]
    axis *= AXIS / np.sqrt((axis**2).mean())
    maps = cortex.maps(PEOPLE, scenario, rng) + rng.standard_normal((PEOPLE, 1)) * axis
    source = people_surrogates(maps, cortex.modes, "smooth", rng)
    retained = rank_test(maps, source, SURROGATES, alpha=ALPHA, largest=2).retained
    return {"axis_found": retained > 0, "axis_too_many": retained > 1}


def of_genes(
    cortex: Cortex, scenario: dict, rng: np.random.Generator, turned: list[np.ndarray]
) -> dict[str, bool]:
    """Which tests find a gene in a map that has nothing to do with it; `turned`: two sets."""
    both, expressed = cortex.maps(2, scenario, rng)
    values, gene = both[cortex.pairs[0]], expressed[cortex.pairs[0]]
    r = correlations(values, gene[:, None])
    orders, of_other = turned
    drawn = {
        "spin": values[orders],
        "moran": moran_surrogates(values, cortex.left_modes, SURROGATES, rng),
    }
    found = {
        name: bool(two_sided(r, correlations(maps, gene[:, None]))[0] <= ALPHA)
        for name, maps in drawn.items()
    }
    # The other side: the gene copied, the map nearly so, each side turned by rotations of its own.
    other = both[cortex.pairs[1]]
    whole, copied = np.concatenate([values, other]), np.concatenate([gene, gene])
    apart = np.concatenate([values[orders], other[of_other]], axis=1)
    padded = np.concatenate([apart, np.zeros_like(apart)], axis=1)
    longer = np.concatenate([copied, rng.permutation(copied)])
    seen = correlations(whole, copied[:, None])[0]
    null = correlations(padded, longer[:, None])[:, 0] * np.sign(seen)
    beyond = int((null >= abs(seen)).sum())
    odds = beyond / max(SURROGATES - beyond, 1)
    return found | {
        "leak_published_recipe": odds <= ALPHA,
        "leak_no_null": pearsonr(values, gene).pvalue <= ALPHA,
    }


def of_people(cortex: Cortex, scenario: dict, rng: np.random.Generator) -> dict[str, bool]:
    """Which tests over people find something in two sessions without any effect."""
    stays, *noise = (cortex.maps(2 * PEOPLE, scenario, rng) for _ in range(3))
    before, after = (stays + own for own in noise)
    treated, control = np.split(after - before, 2)
    first = before[:PEOPLE]
    level = first.mean(axis=1)
    score = (level - level.mean()) / level.std() + rng.standard_normal(PEOPLE)
    signs = np.abs(means_under_signs(treated, SURROGATES, rng))
    exchanged = orders_within(["all"] * 2 * PEOPLE, SURROGATES, rng)
    ratios = np.abs(ratios_under_exchange(treated, control, exchanged))
    smallest = {
        "mean_change": family_p(np.abs(t_of_means(treated)), signs).min(),
        "variance": family_p(np.abs(log_variance_ratio(treated, control)), ratios).min(),
        "dimensions": ratio_difference_p(treated, control, exchanged),
        "similarity": similarity_p(treated, SURROGATES, rng),
    }
    found = principal_components(treated, 3)
    orders = orders_within(["all"] * PEOPLE, SURROGATES, rng)
    before = map_before(first).T
    nuisance = {
        "associations": lambda pattern: [*before, first @ pattern],
        "leak_projection_alone": lambda pattern: [first @ pattern],
        "leak_without_baseline": lambda pattern: [],
    }
    for name, adjusted in nuisance.items():
        drawn = []
        for own, pattern in zip(found.scores.T, found.loadings, strict=True):
            given = np.column_stack([np.ones(PEOPLE), *adjusted(pattern)])
            r = partial_correlations(own, score, given, orders)
            drawn.append(t_of_correlation(r, PEOPLE - given.shape[1] - 1))
        drawn = np.array(drawn).T
        smallest[name] = family_p(drawn[0], drawn[1:]).min()
    ratios = [
        [participation_ratio(arm[rng.permutation(PEOPLE)[:SAMPLE]]) for _ in range(SAMPLES)]
        for arm in (treated, control)
    ]
    smallest["leak_samples_as_people"] = ttest_ind(*ratios).pvalue
    return {name: bool(p <= ALPHA) for name, p in smallest.items()}


# What keeps no smoothness is counted after the rest: it takes the longest and its level is known.
COUNTS = {
    "components": of_components,
    "axes": of_axes,
    "genes": of_genes,
    "people": of_people,
    "shuffled": of_shuffled,
}


def part(kind: str, name: str, index: int, folder: Path) -> None:
    """Count one part and write it."""
    path = folder / f"{kind}_{name.replace(' ', '_').replace(',', '')}_{index:03d}.tsv"
    if path.exists():
        return
    cortex, key = Cortex(), [SEED, crc32(f"{kind} {name}".encode()), index]
    rngs = [np.random.default_rng([*key, data_set]) for data_set in range(PART + 1)]
    given = {
        "shuffled": lambda: [index % LEAK_EVERY == 0],
        "genes": lambda: [[spin_orders(cortex.sphere, SURROGATES, rngs[-1]) for _ in range(2)]],
    }.get(kind, list)()
    rows = [COUNTS[kind](cortex, SCENARIOS[name], rng, *given) for rng in rngs[:PART]]
    table = pd.DataFrame(rows).astype(int).assign(kind=kind, scenario=name)
    table.to_csv(path.with_suffix(".tmp"), sep="\t", index=False)
    os.replace(path.with_suffix(".tmp"), path)


def joined(folder: Path) -> pd.DataFrame:
    """Share of rejections of every null in every scenario, with its standard error."""
    rows = []
    for kind in COUNTS:
        parts = [pd.read_csv(path, sep="\t") for path in sorted(folder.glob(f"{kind}_*.tsv"))]
        if not parts:
            continue
        table = pd.concat(parts, ignore_index=True)
        for scenario, own in table.groupby("scenario", sort=False):
            for null in own.columns.drop(["kind", "scenario"]):
                n, share = own[null].count(), own[null].mean()
                if n:
                    error = np.sqrt(max(share, 1 / n) * (1 - share) / n)
                    above = n * share > binom(n, ALPHA).interval(0.999)[1]
                    rows.append((kind, scenario, null, n, share, error, above))
    columns = ["kind", "scenario", "null", "data_sets", "rejected", "standard_error", "too_many"]
    return pd.DataFrame(rows, columns=columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-sets", type=int, default=1000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=180, help="no part begins after these")
    parser.add_argument("--out", type=Path, default=Path("results/simulation_study"))
    given = parser.parse_args()
    folder, end = given.out / "variability_levels", time.monotonic() + 60 * given.minutes
    folder.mkdir(parents=True, exist_ok=True)
    todo = [
        (kind, name, index)
        for index in range(-(-given.data_sets // PART))
        for kind in COUNTS
        for name in SCENARIOS
        if name in COUNTED[kind] and (kind != "axes" or index % LEAK_EVERY == 0)
    ]
    todo.sort(key=lambda one: one[0] == "shuffled")
    with ProcessPoolExecutor(given.cores) as pool:
        for start in range(0, len(todo), given.cores):
            if time.monotonic() > end:
                break
            now = todo[start : start + given.cores]
            for job in [pool.submit(part, *one, folder) for one in now]:
                job.result()
    table = joined(folder)
    table.to_csv(given.out / "variability_levels.tsv", sep="\t", index=False)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
