"""The tables of components and of how alike people are, effect by effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage

from mri_response.core.correlations import correlation_limits
from mri_response.core.seeds import Stream, generator
from mri_response.inputs.parcels import POSITION, parcels_of
from mri_response.variability.components import (
    Components,
    Resampled,
    leave_one_out_cosines,
    principal_components,
    rank_test,
    resampled_components,
    split_half_cosines,
    subspace_angle,
)
from mri_response.variability.dimensions import (
    mean_similarity,
    participation_ratio,
    ratio_at_equal_n,
    ratio_difference_p,
    ratio_with_interval,
    shares_of_variance,
    similarity,
    similarity_p,
    similarity_to_others,
)
from mri_response.variability.families import orders_within
from mri_response.variability.study import EffectStudy
from mri_response.variability.surrogates import modes_of, people_surrogates

Config = Mapping[str, Any]
Tables = dict[str, pd.DataFrame]
#: Sets of smooth maps whose components are set beside those before treatment.
BEFORE_OF_NULL = 199
#: Sets of smooth maps whose components are split into halves, and splits of each.
HALVES_OF_NULL, SPLITS_OF_NULL = 99, 10
#: Samples of people of equal size, and permutations where each is slow.
SUBSAMPLES, SLOW_PERMUTATIONS = 200, 999


def component_tables(config: Config, studies: Sequence[EffectStudy]) -> Tables:
    """Components of every effect: how many, how stable, and what they are in space.

    Parameters
    ----------
    config : mapping
        Sections ``variability`` and ``seed`` of the completed configuration.
    studies : sequence of EffectStudy
        Every effect, with the people who have it.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``components``, ``loadings``, ``scores``.
    """
    parts = [_components(config, place, study) for place, study in enumerate(studies)]
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def _components(config: Config, place: int, study: EffectStudy) -> Tables:
    asked, seed = config["variability"], config["seed"]
    given, stability, maps = asked["components"], asked["stability"], study.treated
    parcels = parcels_of(asked["atlas"], study.regions, "variability.atlas")
    rng = generator(seed, Stream.VARIABILITY_NULL, place)
    source = people_surrogates(maps, modes_of(parcels), given["null_maps"], rng)
    tested = rank_test(maps, source, given["n"], alpha=given["alpha"], largest=given["max"])
    found = principal_components(maps, given["max"])
    rng = generator(seed, Stream.VARIABILITY_BOOTSTRAP, place)
    drawn = resampled_components(maps, found, stability["bootstrap"], rng)
    halves = _halves(maps, source, len(found.loadings), stability["split_half"], (seed, place))
    table = pd.DataFrame(
        {
            "effect": study.name,
            "component": np.arange(1, len(found.loadings) + 1),
            "n": len(maps),
            "n_regions": len(study.regions),
            "null_maps": given["null_maps"],
            "explained": tested.explained,
            "null_median": tested.null_median,
            "null_95": tested.null_95,
            "p_value": tested.p_value,
            "retained": np.arange(len(found.loadings)) < tested.retained,
            **_stability(found, drawn, halves, tested.retained),
            **_influence(maps, found),
            **_beside_baseline(study, maps, found, source),
        }
    )
    shown = max(tested.retained, 1)
    return {
        "components": table,
        "loadings": _loadings(study, parcels, found, drawn, shown),
        "scores": _scores(study, found, shown),
    }


def _halves(
    maps: NDArray, source: Any, k: int, n: int, key: tuple[int, int]
) -> tuple[NDArray, NDArray]:
    """Cosines of halves, and the 95 % quantile of those of smooth maps; NaN beyond half of n."""
    rng = generator(key[0], Stream.VARIABILITY_HALVES, key[1])
    own = split_half_cosines(maps, k, n, rng)
    null = [
        split_half_cosines(source(1)[0], k, min(n, SPLITS_OF_NULL), rng)
        for _ in range(HALVES_OF_NULL)
    ]
    rest = np.full(k - len(own), np.nan)
    return np.append(own, rest), np.append(np.quantile(null, 0.95, axis=0), rest)


def _stability(
    found: Components, drawn: Resampled, halves: tuple[NDArray, NDArray], retained: int
) -> dict[str, Any]:
    low, median = np.quantile(drawn.cosines, [0.05, 0.5], axis=0)
    angles = [subspace_angle(found.loadings[:retained], own[:retained]) for own in drawn.loadings]
    return {
        "rank_kept": drawn.rank_kept.mean(axis=0),
        "cos_median": median,
        "cos_low": low,
        "subspace_angle": np.median(angles),
        "split_half": halves[0],
        "split_half_null_95": halves[1],
        "returns": halves[0] > halves[1],
    }


def _influence(maps: NDArray, found: Components) -> dict[str, NDArray]:
    squares = found.scores**2
    return {
        "top_person_share": (squares / squares.sum(axis=0)).max(axis=0),
        "cos_without_one": leave_one_out_cosines(maps, found).min(axis=0),
        "r_map_mean": _columnwise(found.scores, maps.mean(axis=1)),
    }


def _columnwise(scores: NDArray, values: NDArray) -> NDArray:
    """Correlations of columns with a vector or with columns of the same place."""
    if values.std(axis=0).min() < 1e-9 * np.abs(scores).max():
        return np.full(scores.shape[1], np.nan)  # a centred map has no mean of its own
    left, right = (x - x.mean(axis=0) for x in (scores, values.reshape(len(values), -1)))
    return (left * right).sum(axis=0) / np.sqrt((left**2).sum(axis=0) * (right**2).sum(axis=0))


#: Columns about the maps before treatment.
BEFORE = (
    *("before_component", "before_cos", "before_cos_null_95", "before_cos_p"),
    *("before_r", "before_r_low", "before_r_high"),
)


def _beside_baseline(
    study: EffectStudy, maps: NDArray, found: Components, source: Any
) -> dict[str, Any]:
    """How far a component of the effect is one of the maps before: regression to the mean.

    The cosine with the nearest of them is judged beside that of the component of the same rank of
    random maps. The limits of the correlation are those of this component, the people alone being
    drawn again.
    """
    baseline = study.baseline
    if baseline is None:
        return dict.fromkeys(BEFORE, np.nan)
    before = principal_components(baseline, len(found.loadings))
    cosines = np.abs(found.loadings @ before.loadings.T)
    projected = (baseline - baseline.mean(axis=0)) @ found.loadings.T
    r = _columnwise(found.scores, projected)
    limits = np.array([correlation_limits(one, len(maps) - 2) for one in r]).T
    nearest, own = cosines.argmax(axis=1) + 1, cosines.max(axis=1)
    random = [principal_components(source(1)[0], len(own)).loadings for _ in range(BEFORE_OF_NULL)]
    null = np.abs(np.stack(random) @ before.loadings.T).max(axis=2)
    p = (1 + (null >= own).sum(axis=0)) / (BEFORE_OF_NULL + 1)
    values = (nearest, own, np.quantile(null, 0.95, axis=0), p, r, *limits)
    return dict(zip(BEFORE, values, strict=True))


def _loadings(
    study: EffectStudy, parcels: pd.DataFrame, found: Components, drawn: Resampled, shown: int
) -> pd.DataFrame:
    low, high = np.quantile(drawn.loadings[:, :shown], [0.025, 0.975], axis=0)
    rows = [
        pd.DataFrame(
            {
                "effect": study.name,
                "component": place + 1,
                "n": len(study.treated),
                "region": study.regions,
                "side": parcels["side"].replace("", "middle"),
                "tissue": parcels["tissue"],
                **{axis: parcels[axis] for axis in POSITION},
                "loading": found.loadings[place],
                "ci_low": low[place],
                "ci_high": high[place],
            }
        )
        for place in range(shown)
    ]
    return pd.concat(rows, ignore_index=True)


def _scores(study: EffectStudy, found: Components, shown: int) -> pd.DataFrame:
    people = study.patients["participant_id"]
    return pd.DataFrame(
        {
            "effect": study.name,
            "participant_id": np.repeat(people.to_numpy(), shown),
            "component": np.tile(np.arange(1, shown + 1), len(people)),
            "score": found.scores[:, :shown].ravel(),
        }
    )


# ---------------------------------------------------------------- people beside each other
def people_tables(config: Config, studies: Sequence[EffectStudy]) -> Tables:
    """How many dimensions maps have in each arm, how alike people are, and who decides that.

    Parameters
    ----------
    config : mapping
        Sections ``variability`` and ``seed`` of the completed configuration.
    studies : sequence of EffectStudy
        Every effect, with the people who have it.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``dimensions``, and of single people ``influence`` and ``similarity``.
    """
    dimensions, influence, pairs = [], [], []
    for place, study in enumerate(studies):
        rng = generator(config["seed"], Stream.VARIABILITY_PEOPLE, place)
        dimensions += _dimensions(config["variability"], study, rng)
        influence.append(_people_of(study))
        pairs.append(_pairs(study))
    return {
        "dimensions": pd.DataFrame(dimensions),
        "influence": pd.concat(influence, ignore_index=True),
        "similarity": pd.concat(pairs, ignore_index=True),
    }


def _dimensions(
    asked: Mapping[str, Any], study: EffectStudy, rng: np.random.Generator
) -> list[dict[str, Any]]:
    groups = {"treated": study.treated, "control": study.control, "before": study.baseline}
    groups = {name: maps for name, maps in groups.items() if maps is not None}
    size = min(map(len, groups.values()))
    n, rows = min(asked["permutations"], SLOW_PERMUTATIONS), []
    for name, maps in groups.items():
        ratio = ratio_with_interval(maps)
        row = {
            "effect": study.name,
            "maps": name,
            "n": len(maps),
            "pr": participation_ratio(maps),
            "n_equal": size,
            "pr_equal_n": ratio_at_equal_n(maps, size, SUBSAMPLES, rng),
            "pr_unbiased": ratio.value,
            "pr_low": ratio.low,
            "pr_high": ratio.high,
            "p_difference": np.nan,
            "n_permutations": n,
            "largest_share": shares_of_variance(maps).max(),
            **dict.fromkeys(["similarity", "similarity_low", "similarity_high"], np.nan),
            "similarity_p": np.nan,
        }
        if name == "control":
            orders = orders_within(study.blocks, n, rng)
            row["p_difference"] = ratio_difference_p(groups["treated"], maps, orders)
        if name != "before":  # maps of anatomy are alike in everybody
            alike = mean_similarity(maps)
            row |= {"similarity": alike.value, "similarity_low": alike.low}
            row |= {"similarity_high": alike.high, "similarity_p": similarity_p(maps, n, rng)}
        rows.append(row)
    return rows


def _people_of(study: EffectStudy) -> pd.DataFrame:
    maps = study.treated
    return pd.DataFrame(
        {
            "effect": study.name,
            "participant_id": study.patients["participant_id"],
            "similarity_to_others": similarity_to_others(maps),
            "share_of_variance": shares_of_variance(maps),
        }
    )


def _pairs(study: EffectStudy) -> pd.DataFrame:
    """Correlations of all pairs of people, ordered so that those who are alike are near."""
    table, people = similarity(study.treated), study.patients["participant_id"].to_numpy()
    distance = (1 - table)[np.triu_indices(len(table), 1)]
    order = leaves_list(linkage(np.maximum(distance, 0), "average"))
    one, other = (index.ravel() for index in np.indices(table.shape))
    return pd.DataFrame(
        {
            "effect": study.name,
            "place": one + 1,
            "place_other": other + 1,
            "participant_id": people[order][one],
            "other": people[order][other],
            "r": table[np.ix_(order, order)].ravel(),
        }
    )
