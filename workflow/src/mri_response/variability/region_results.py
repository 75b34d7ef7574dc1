"""The tables of regions, of named sets of them, and of symptoms, effect by effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import linregress, norm
from scipy.stats import t as student

from mri_response.config.variability import COMPONENTS_BEFORE, clinical_columns
from mri_response.core.correlations import (
    correlation_limits,
    degrees_of_freedom,
    partial_correlations,
)
from mri_response.core.permutation import permutation_p_value
from mri_response.core.seeds import Stream, generator
from mri_response.features.region_sets import memberships, region_sets
from mri_response.variability.components import principal_components
from mri_response.variability.families import (
    error_of_log_sd,
    family_p,
    log_variance_ratio,
    means_under_signs,
    orders_within,
    ratios_under_exchange,
    sd_of_response,
    t_of_correlation,
    t_of_means,
)
from mri_response.variability.study import EffectStudy, coded_confounds

Config = Mapping[str, Any]
Tables = dict[str, pd.DataFrame]
#: Sets of regions that the literature on ketamine names, and works that name them.
NAMED = {
    "subgenual anterior cingulate": ("ketamine_subgenual",),
    "rostral anterior cingulate": ("ketamine_cingulate",),
    "hippocampus": ("ketamine_hippocampus",),
    "amygdala": ("ketamine_amygdala",),
    "nucleus accumbens": ("ketamine_accumbens",),
    "thalamus": ("ketamine_thalamus",),
}
#: People that an association needs beyond what is adjusted for.
MIN_DF = 8


def region_tables(config: Config, studies: Sequence[EffectStudy]) -> Tables:
    """Mean change and its spread, of regions and of the sets that the literature names.

    Parameters
    ----------
    config : mapping
        Sections ``variability`` and ``seed`` of the completed configuration.
    studies : sequence of EffectStudy
        Every effect, with the people who have it.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``regions``, ``region_sets``, ``spread``.
    """
    n = config["variability"]["permutations"]
    regions, sets, spread = [], [], []
    for place, study in enumerate(studies):
        rng = generator(config["seed"], Stream.VARIABILITY_REGIONS, place)
        made = changes(study.treated, study.control, n, rng, study.blocks)
        regions.append(made.assign(effect=study.name, region=study.regions))
        sets.append(_set_rows(config["variability"]["atlas"], study, n, rng))
        spread += _spread(study)
    return {
        "regions": _first(pd.concat(regions, ignore_index=True), ["effect", "region"]),
        "region_sets": _first(
            pd.concat(sets, ignore_index=True), ["effect", "region_set", "n_regions", "cites"]
        ),
        "spread": pd.DataFrame(spread, columns=["effect", "maps", "n_regions", "slope", "r"]),
    }


def _first(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return table[[*columns, *table.columns.difference(columns, sort=False)]]


def changes(
    treated: NDArray,
    control: NDArray | None,
    n: int,
    rng: np.random.Generator,
    blocks: Sequence[str],
) -> pd.DataFrame:
    """Mean and spread of effects of a family of regions, or of sets of regions.

    Parameters
    ----------
    treated : ndarray, shape (people, members)
        Effects of the treated, by region or set of regions.
    control : ndarray or None
        Effects of the control arm.
    n : int
        Number of permutations.
    rng : numpy.random.Generator
        Source of random numbers.
    blocks : sequence of str
        Block of each treated person, then of each control, within which they are exchanged.

    Returns
    -------
    pandas.DataFrame
        ``n``, ``mean``, ``ci_low``, ``ci_high``, ``t``, ``p_value``, ``p_max`` (signs of people at
        random), ``sd``; of the control arm ``n_control``, ``mean_control``, ``sd_control``; and
        ``sd_response``, ``ln_vr``, ``ln_vr_low``, ``ln_vr_high``, ``p_value_vr``, ``p_max_vr``
        (people exchanged between arms), NaN without a control arm.
    """
    size = len(treated)
    t = t_of_means(treated)
    null = np.abs(means_under_signs(treated, n, rng))
    sd, mean = treated.std(axis=0, ddof=1), treated.mean(axis=0)
    reach = student.ppf(0.975, size - 1) * sd / np.sqrt(size)
    made = pd.DataFrame({"n": size, "mean": mean, "ci_low": mean - reach, "ci_high": mean + reach})
    p_value, p_max = permutation_p_value(np.abs(t), null), family_p(np.abs(t), null)
    made = made.assign(t=t, p_value=p_value, p_max=p_max)
    made["sd"] = sd
    names = ["n_control", "mean_control", "sd_control", "sd_response"]
    names += ["ln_vr", "ln_vr_low", "ln_vr_high", "p_value_vr", "p_max_vr"]
    if control is None:
        return made.assign(**dict.fromkeys(names, np.nan))
    ratio = log_variance_ratio(treated, control)
    drawn = np.abs(ratios_under_exchange(treated, control, orders_within(blocks, n, rng)))
    error = norm.ppf(0.975) * np.hypot(error_of_log_sd(treated), error_of_log_sd(control))
    values = [
        *(len(control), control.mean(axis=0), control.std(axis=0, ddof=1)),
        *(sd_of_response(treated, control), ratio, ratio - error, ratio + error),
        *(permutation_p_value(np.abs(ratio), drawn), family_p(np.abs(ratio), drawn)),
    ]
    return made.assign(**dict(zip(names, values, strict=True)))


def _set_rows(
    atlas: str | Mapping[str, str], study: EffectStudy, n: int, rng: np.random.Generator
) -> pd.DataFrame:
    """The named sets that the regions of the effect cover, each the mean of its regions."""
    given = {"atlas": atlas if isinstance(atlas, str) else None}
    sets = [one for one in region_sets({"kind": "table"}, given) if one.name in NAMED]
    members = memberships(study.regions, sets)
    covered = members.any(axis=0)
    if not covered.any():
        return pd.DataFrame(columns=["effect", "region_set", "n_regions", "cites"])
    weights = members[:, covered] / members[:, covered].sum(axis=0)
    control = None if study.control is None else study.control @ weights
    made = changes(study.treated @ weights, control, n, rng, study.blocks)
    kept = [one for one, is_in in zip(sets, covered, strict=True) if is_in]
    return made.assign(
        effect=study.name,
        region_set=[one.name for one in kept],
        n_regions=members[:, covered].sum(axis=0),
        cites=[", ".join(NAMED[one.name]) for one in kept],
    )


def _spread(study: EffectStudy) -> list[dict[str, Any]]:
    """Whether regions with larger values before simply vary more: log SD on log mean."""
    baseline = study.baseline
    if baseline is None or (baseline.mean(axis=0) <= 0).any():
        return []
    level, rows = np.log(baseline.mean(axis=0)), []
    for name, maps in (("treated", study.treated), ("control", study.control)):
        if maps is not None:
            fit = linregress(level, np.log(maps.std(axis=0, ddof=1)))
            rows.append(
                {
                    "effect": study.name,
                    "maps": name,
                    "n_regions": len(level),
                    "slope": fit.slope,
                    "r": fit.rvalue,
                }
            )
    return rows


# ---------------------------------------------------------------- symptoms
def association_table(
    config: Config,
    studies: Sequence[EffectStudy],
    scores: pd.DataFrame,
    components: pd.DataFrame,
    loadings: pd.DataFrame,
) -> pd.DataFrame:
    """Retained components of every effect beside the clinical columns, as one family.

    Parameters
    ----------
    config : mapping
        Sections ``variability`` and ``seed`` of the completed configuration.
    studies : sequence of EffectStudy
        Every effect, with the people who have it.
    scores, components, loadings : pandas.DataFrame
        Tables of :func:`mri_response.variability.results.component_tables`.

    Returns
    -------
    pandas.DataFrame
        ``effect``, ``component``, ``column``, ``n``, ``r`` (partial correlation), ``ci_low``,
        ``ci_high``, ``p_value``, ``p_max`` (all rows of the effect), ``family_size``,
        ``adjusted_for``, ``n_permutations``; no row where no component is retained.
    """
    made = []
    for place, study in enumerate(studies):
        kept = components[(components["effect"] == study.name) & components["retained"]]
        own = scores[scores["effect"] == study.name]
        wide = own.pivot_table("score", "participant_id", "component")
        patterns = loadings[loadings["effect"] == study.name]
        patterns = patterns.pivot_table("loading", "component", "region")
        rng = generator(config["seed"], Stream.VARIABILITY_ASSOCIATION, place)
        chosen = list(kept["component"].astype(int))
        made += _associations(
            config["variability"],
            study,
            wide[chosen] if chosen else None,
            patterns[study.regions],
            rng,
        )
    return pd.DataFrame(made, columns=ASSOCIATION)


#: Columns of the table of associations.
ASSOCIATION = [
    *("effect", "component", "column", "n", "r", "ci_low", "ci_high", "p_value", "p_max"),
    *("family_size", "adjusted_for", "n_permutations"),
]


def _associations(
    asked: Mapping[str, Any],
    study: EffectStudy,
    scores: pd.DataFrame | None,
    patterns: pd.DataFrame,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    columns = clinical_columns(asked)
    if scores is None or not columns:
        return []
    people = study.patients.set_index("participant_id")
    known = people[columns].notna().all(axis=1).to_numpy()
    people, baseline, n = people[known], study.baseline, int(known.sum())
    confounds, adjusts = study.confounds[known], asked["adjust_baseline"] and baseline is not None
    common = [np.ones(n), *_block_means(people["block"]), *coded_confounds(confounds).T]
    if adjusts:
        common += [*map_before(baseline[known]).T]
    if n - len(common) - adjusts - 1 < MIN_DF:
        return []
    orders = orders_within(people["block"].astype(str), asked["permutations"], rng)
    rows, drawn = [], []
    for component in scores.columns:
        own = scores.loc[people.index, component].to_numpy(float)
        before = [baseline[known] @ patterns.loc[component].to_numpy(float)] if adjusts else []
        nuisance = np.column_stack([*common, *before])
        df = degrees_of_freedom(nuisance)
        for column in columns:
            r = partial_correlations(own, people[column].to_numpy(float), nuisance, orders)
            drawn.append(t_of_correlation(r, df))
            low, high = correlation_limits(r[0], df)
            rows.append(
                {
                    "effect": study.name,
                    "component": component,
                    "column": column,
                    "n": n,
                    "r": r[0],
                    "ci_low": low,
                    "ci_high": high,
                }
            )
    statistics = np.array(drawn).T
    p_value = permutation_p_value(statistics[0], statistics[1:])
    p_max = family_p(statistics[0], statistics[1:])
    given = [*confounds, *(["map before"] if adjusts else []), *filter(None, [asked["within"]])]
    adjusted = ", ".join(dict.fromkeys(given))
    return [
        row
        | {
            "p_value": p_value[i],
            "p_max": p_max[i],
            "family_size": len(rows),
            "adjusted_for": adjusted or "nothing",
            "n_permutations": asked["permutations"],
        }
        for i, row in enumerate(rows)
    ]


def map_before(baseline: NDArray) -> NDArray:
    """What symptoms are adjusted for beside the map before treatment projected on a component.

    Components of change are learned from the changes that they are tested with, which leaves a part
    of the regression to the mean that the projection alone does not take out.

    Parameters
    ----------
    baseline : ndarray, shape (people, regions)
        Maps before treatment.

    Returns
    -------
    ndarray, shape (people, `COMPONENTS_BEFORE`)
        Places of people on the first components of these maps.
    """
    return principal_components(baseline, COMPONENTS_BEFORE).scores


def _block_means(blocks: pd.Series) -> list[NDArray]:
    """Indicators of all blocks but the first: people are compared within blocks."""
    return [(blocks == level).to_numpy(float) for level in sorted(blocks.unique())[1:]]
