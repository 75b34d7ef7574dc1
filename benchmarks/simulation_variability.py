"""Level of the nulls of the module variability on maps that have nothing in common.

    python benchmarks/simulation_variability.py         # half an hour of one core; --help

A data set of a scenario of components has 40 people with independent maps of the 148 regions of
the Destrieux cortex, homotopic regions correlated by 0.9, and is compared with 199 random sets of
maps of each null. Counted is p <= 0.05 of the first component:

- `smooth`, `moran`, `within_region`: the nulls that are shipped;
- `leak_shuffled_regions`: regions shuffled within people, as published, to show what it does.

A data set of a scenario of genes has one map of the 74 regions of the left side and one gene with
no relation to it, and 199 surrogates of the map. Counted is p <= 0.05, two-sided:

- `spin`, `moran`: the nulls that are shipped;
- `leak_published_recipe`: both sides, the gene a copy of itself on the other side and the map
  nearly so, hemispheres turned apart, surrogates padded with zeros to twice the length, one side
  in the direction seen, the odds of the counts as p;
- `leak_no_null`: p of a correlation of independent regions.

Scenarios: an exponential correlation of range 10, 25 or 50 mm; `unequal`, sizes of people's maps
differ (log SD 0.5); `skewed`, maps are exponentials of such maps; `growing`, the range grows from
10 mm at the back to 50 mm at the front.

Parts of 10 data sets each are files of their own: what is there is not computed again. Writes
`variability_levels.tsv`.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from scipy.stats import pearsonr

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "src"))

from mri_response.inputs.parcels import POSITION, SPHERE, atlas_parcels, common_side, pairs_of
from mri_response.variability.components import explained_shares, rank_test
from mri_response.variability.genes import correlations, two_sided
from mri_response.variability.spins import spin_orders
from mri_response.variability.surrogates import modes_of, moran_surrogates, people_surrogates

SEED = 20261127  # fixed before the first run
ALPHA, SURROGATES, PEOPLE, HOMOTOPIC, PART = 0.05, 199, 40, 0.9, 10
SCENARIOS = {
    "range 10 mm": {"reach": 10},
    "range 25 mm": {"reach": 25},
    "range 50 mm": {"reach": 50},
    "range 25 mm, unequal": {"reach": 25, "unequal": 0.5},
    "range 25 mm, skewed": {"reach": 25, "skewed": True},
    "growing range": {"reach": None},
}
KINDS = ("components", "genes")


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


def of_components(cortex: Cortex, scenario: dict, rng: np.random.Generator) -> dict[str, bool]:
    """Which nulls the first component of independent maps exceeds."""
    maps = cortex.maps(PEOPLE, scenario, rng)
    found = {}
    for null in ("smooth", "moran", "within_region"):
        source = people_surrogates(maps, cortex.modes, null, rng)
        found[null] = rank_test(maps, source, SURROGATES, alpha=ALPHA, largest=1).retained > 0
    shuffled = rng.permuted(np.broadcast_to(maps, (SURROGATES, *maps.shape)), axis=2)
    beyond = explained_shares(shuffled, 1) >= explained_shares(maps, 1)
    found["leak_shuffled_regions"] = (1 + beyond.sum()) / (1 + SURROGATES) <= ALPHA
    return found


def of_genes(cortex: Cortex, scenario: dict, rng: np.random.Generator) -> dict[str, bool]:
    """Which tests find a gene in a map that has nothing to do with it."""
    both, expressed = cortex.maps(2, scenario, rng)
    values, gene = both[cortex.pairs[0]], expressed[cortex.pairs[0]]
    r = correlations(values, gene[:, None])
    orders = spin_orders(cortex.sphere, SURROGATES, rng)
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
    apart = np.concatenate([values[orders], other[spin_orders(cortex.sphere, SURROGATES, rng)]], 1)
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


def part(kind: str, name: str, index: int, folder: Path) -> None:
    """Count one part and write it."""
    path = folder / f"{kind}_{name.replace(' ', '_').replace(',', '')}_{index:03d}.tsv"
    if path.exists():
        return
    cortex, count = Cortex(), {"components": of_components, "genes": of_genes}[kind]
    rows = []
    for data_set in range(PART):
        key = [SEED, crc32(f"{kind} {name}".encode()), index, data_set]
        rows.append(count(cortex, SCENARIOS[name], np.random.default_rng(key)))
    table = pd.DataFrame(rows).astype(int).assign(kind=kind, scenario=name)
    table.to_csv(path.with_suffix(".tmp"), sep="\t", index=False)
    os.replace(path.with_suffix(".tmp"), path)


def joined(folder: Path) -> pd.DataFrame:
    """Share of rejections of every null in every scenario, with its standard error."""
    rows = []
    for kind in KINDS:
        parts = [pd.read_csv(path, sep="\t") for path in sorted(folder.glob(f"{kind}_*.tsv"))]
        if not parts:
            continue
        table = pd.concat(parts, ignore_index=True)
        for scenario, own in table.groupby("scenario", sort=False):
            for null in own.columns.drop(["kind", "scenario"]):
                share = own[null].mean()
                error = np.sqrt(max(share, 1 / len(own)) * (1 - share) / len(own))
                rows.append((kind, scenario, null, len(own), share, error))
    columns = ["kind", "scenario", "null", "data_sets", "rejected", "standard_error"]
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
        for kind in KINDS
        for name in SCENARIOS
    ]
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
