"""What balanced accuracy to expect of the demo's primary model, over many simulated trials.

The demo plants a difference between responders and non-responders. Its size is chosen so that the
expected cross-validated balanced accuracy of the discovery cohort is 0.70, over trials with seeds
of their own, never the demo's: the demo's own trial is one draw, and may come out above or below.

Check the effect in config/config.yaml, or find it anew:

    PYTHONPATH=workflow/src python benchmarks/demo_effect.py
    PYTHONPATH=workflow/src python benchmarks/demo_effect.py --search 0.03 0.06 --trials 400

A trial is the demo's discovery cohort drawn anew, the regional sums taken by their linear form
(equal to those of the maps, see tests/test_simulate.py), and one repeat of the demo's nested
cross-validation by the workflow's own engine. The expectation does not depend on the number of
repeats; only the spread over trials does (one repeat scatters more than the mean of ten).

Found with effect 0.05: 0.6995 (SE 0.0029) over the 400 trials of the search (first seed 2000000)
and 0.6985 (SE 0.0018, SD 0.058) over 1000 others (first seed 3000000), with C chosen by the mean of
the balanced accuracies of the inner folds. With the present choice of C, by the decisions of all
inner folds together: 0.6988 (SE 0.0018, SD 0.058) over the latter.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

# Before numpy: many small problems, one thread each.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import yaml

from mri_response.config.load import load_config
from mri_response.config.queries import discovery_name
from mri_response.inputs.atlases import load_atlas
from mri_response.inputs.images import Grid, template_map
from mri_response.learning.gram import gram_matrices
from mri_response.learning.learners.svc.nested import nested_fold
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.preparation.training_sets import training_sets
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.simulation.maps import roi_operator
from mri_response.simulation.people import draw_cohort

ROOT = Path(__file__).resolve().parents[1]


@lru_cache
def demo() -> dict:
    """The demo's configuration, checked and completed."""
    raw = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    config = load_config(raw)
    model = config["models"][config["primary_model"]]
    features = config["features"][model["features"]]
    # What trial() computes; a demo that changes must change it too.
    assert features["kind"] == "roi_maps"
    assert (features["statistic"], features["grid"]) == ("sum", "native")
    assert model["confounds"] == ["age", "sex", "tiv"]
    assert model["standardize"]
    assert model["pca"] is None
    return config


@lru_cache
def operator() -> np.ndarray:
    """Regional sums as a linear function of a map's coefficients."""
    config = demo()
    features = config["features"][config["models"][config["primary_model"]]["features"]]
    simulation = config["simulation"]
    grid = Grid.of(template_map(simulation["voxel_size_mm"]))
    return roi_operator(simulation, load_atlas(features["atlas"], grid))


def trial(seed: int, effect: float) -> float:
    """Balanced accuracy of one repeat of nested cross-validation in one simulated trial."""
    config = demo()
    if seed == config["simulation"]["seed"]:
        raise ValueError("the demo's own trial must not be looked at here")
    model = config["models"][config["primary_model"]]
    simulation = {**config["simulation"], "seed": seed, "effect": effect}
    drawn = draw_cohort(simulation, discovery_name(config))
    complete = (drawn.people["status"] == "complete").to_numpy()
    people = drawn.people[complete]
    features = drawn.coefficients[complete] @ operator().T
    labels = people["responder"].to_numpy().astype(int)
    confounds = np.column_stack([people["age"], people["sex"] == "M", people["tiv"]]).astype(float)

    scheme = Scheme.from_config(config["cross_validation"], people)
    folds = draw_folds(people["participant_id"], labels, scheme, seed, repeats=[1])
    options = SvcOptions.from_config(model)
    predicted = np.empty(len(labels), dtype=bool)
    for fold in folds:
        gram = gram_matrices(features, training_sets(confounds, fold.sets.train))
        result = nested_fold(gram, fold.sets, labels[:, None], np.ones(len(labels)), options)
        predicted[fold.sets.test[0]] = result.decision[:, 0] > 0
    return (predicted[labels == 1].mean() + (~predicted[labels == 0]).mean()) / 2


def trials(seeds: range, effect: float, processes: int) -> np.ndarray:
    """Balanced accuracies of many trials, in the order of their seeds."""
    with ProcessPoolExecutor(processes) as pool:
        return np.array(list(pool.map(partial(trial, effect=effect), seeds, chunksize=5)))


def described(effect: float, values: np.ndarray) -> str:
    error = values.std(ddof=1) / np.sqrt(len(values))
    return (
        f"effect {effect:.5f}: mean balanced accuracy {values.mean():.4f} (SE {error:.4f}, "
        f"SD {values.std(ddof=1):.4f}, 5 % to 95 % {np.quantile(values, 0.05):.3f} to "
        f"{np.quantile(values, 0.95):.3f}) over {len(values)} trials"
    )


def search(low: float, high: float, target: float, seeds: range, processes: int) -> float:
    """False position, with the same trials at every effect, so that only the effect differs."""
    means: dict[float, float] = {}
    effects = [low, high]
    while True:
        for effect in effects:
            values = trials(seeds, effect, processes)
            print(described(effect, values), flush=True)
            means[effect] = values.mean() - target
            if abs(means[effect]) < 0.001:
                return effect
        if means[low] > 0 or means[high] < 0:
            raise SystemExit(f"{target} is not reached between {low} and {high}: widen --search")
        below = max(effect for effect, mean in means.items() if mean < 0)
        above = min(effect for effect, mean in means.items() if mean > 0)
        slope = (means[above] - means[below]) / (above - below)
        effects = [round(below - means[below] / slope, 4)]
        if effects[0] in means:
            return effects[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effect", type=float, help="default: the one in config/config.yaml")
    parser.add_argument("--search", type=float, nargs=2, metavar=("LOW", "HIGH"))
    parser.add_argument("--target", type=float, default=0.70)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.trials)
    if arguments.search:
        low, high = arguments.search
        found = search(low, high, arguments.target, seeds, arguments.processes)
        print(f"effect for {arguments.target}: {found:.4f}")
        return
    effect = demo()["simulation"]["effect"] if arguments.effect is None else arguments.effect
    print(described(effect, trials(seeds, effect, arguments.processes)))


if __name__ == "__main__":
    main()
