"""Effects of treatment on the brain: what lies between two sessions of a person, region by region.

Also the features of kind effect. Each person's effect comes from the own two sessions, and nothing
is learned from others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.not_regions import not_regions
from mri_response.config.queries import discovery_name
from mri_response.config.source_kinds import source_path
from mri_response.core.errors import InputError
from mri_response.core.tables import and_more, shorten, suggestion
from mri_response.features.job import FeatureJob
from mri_response.inputs.tables import read_roi_table, table_columns

Config = Mapping[str, Any]
#: How many times a person's median value is larger or smaller in another unit than in the same one.
UNIT = 20
#: In so many regions two sessions are not the same by chance.
MANY_REGIONS = 5


def make(job: FeatureJob) -> None:
    """Write the early effects of a cohort's people.

    Parameters
    ----------
    job : FeatureJob
        With ``people`` and the tables of regions (``effects``) among its files.
    """
    people = job.people()
    job.write(effect_features(job.config, job.spec["effect"], job.cohort, people))


def session_paths(config: Config, effect: str, cohort: str) -> dict[str, str]:
    """Tables of an effect in a cohort, of folders those into which they were read.

    By ``before`` (where the effect has one) and ``after``.

    Parameters
    ----------
    config : mapping
        Sections ``effects`` and ``cohorts`` of the completed configuration.
    effect, cohort : str
        Names.

    Returns
    -------
    dict of str to str
    """
    spec, sources = config["effects"][effect], config["cohorts"][cohort]["sources"]
    return {
        when: source_path(sources[spec[when]["source"]])
        for when in ("before", "after")
        if spec[when] is not None
    }


def effect_regions(config: Config, effect: str) -> list[str]:
    """Regions of an effect: those of the discovery cohort's table after treatment.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    effect : str
        Name of the effect.

    Returns
    -------
    list of str
        In the order of the table.
    """
    spec = config["effects"][effect]
    path = session_paths(config, effect, discovery_name(config))["after"]
    return table_columns(path, spec["columns"], spec["exclude"], not_regions(config))


def session_maps(
    config: Config, effect: str, cohort: str, regions: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Maps of a cohort's people in the sessions of an effect.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    effect, cohort : str
        Names.
    regions : sequence of str
        As `effect_regions` returns them.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``before`` (where the effect has one) and ``after``: people by regions, indexed by
        ``participant_id``; a person with a missing value is not there.

    Raises
    ------
    InputError
        If a table lacks the session or a region, or has several rows for a person.
    """
    spec, made = config["effects"][effect], {}
    for when, path in session_paths(config, effect, cohort).items():
        table, session = read_roi_table(path, regions), spec[when]["session"]
        if session is not None and "session_id" in table:
            known = sorted(table["session_id"].unique())
            if session not in known:
                raise InputError(
                    f"{path}: found no row of session_id {session!r} among {shorten(known)}, "
                    f"expected some (effects.{effect}.{when}.session); {suggestion(session, known)}"
                    "correct it or the table"
                )
            table = table[table["session_id"] == session]
        twice = table["participant_id"].duplicated()
        if twice.any():
            who = table.loc[twice, "participant_id"].iloc[0]
            raise InputError(
                f"{path}: found several rows for {who}, expected one in a session; name the "
                f"session (effects.{effect}.{when}.session) or remove the others"
            )
        made[when] = table.set_index("participant_id")[list(regions)].dropna()
    return made


def effect_values(
    maps: Mapping[str, pd.DataFrame], spec: Mapping[str, Any], paths: Mapping[str, str]
) -> pd.DataFrame:
    """Effects of those people who have every session.

    Parameters
    ----------
    maps : mapping of str to pandas.DataFrame
        As `session_maps` returns it.
    spec : mapping
        Section ``effects.<name>``: measure, center.
    paths : mapping of str to str
        Tables of the maps, as `session_paths` returns them, for messages.

    Returns
    -------
    pandas.DataFrame
        People by regions, in the order of the table after treatment.

    Raises
    ------
    InputError
        If a percentage is asked of values that are not above 0.
    """
    after = maps["after"]
    if "before" in maps:
        after = after[after.index.isin(maps["before"].index)]
        before = maps["before"].loc[after.index]
        _check_sessions(before, after, paths)
        base = {"difference": 1.0, "percent": before, "symmetric_percent": (before + after) / 2}
        below = base[spec["measure"]]
        if spec["measure"] != "difference" and (below <= 0).to_numpy().any():
            cells = np.argwhere((below <= 0).to_numpy())
            row, column = cells[0]
            values = [table.iloc[row, column] for table in (before, after)]
            raise InputError(
                f"{paths['before' if values[0] <= 0 else 'after']}: found {values[0]:g} before and "
                f"{values[1]:g} after in {after.columns[column]} of {after.index[row]}"
                f"{and_more(len(cells), 'cells')}, expected values above 0 of which a change is "
                f"so many per cent (measure: {spec['measure']}); correct them, leave the region "
                "out (exclude) or take measure: difference"
            )
        scale = 1 if spec["measure"] == "difference" else 100
        after = scale * (after - before) / below
    return after.sub(after.mean(axis=1), axis=0) if spec["center"] == "map" else after


def _check_sessions(before: pd.DataFrame, after: pd.DataFrame, paths: Mapping[str, str]) -> None:
    """Check that nobody's values are copied, or in another unit, in the second session."""
    same = (after == before).all(axis=1)
    if same.any() and after.shape[1] >= MANY_REGIONS:
        raise InputError(
            f"{paths['after']}: found the very values of {after.index[same][0]}"
            f"{and_more(same.sum(), 'people')} that are in {paths['before']} too, expected those "
            "of another session; correct the tables or the sessions (effects)"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.abs(after.to_numpy(float) / before.to_numpy(float))
    ratio = np.array(
        [np.median(own[np.isfinite(own)]) if np.isfinite(own).any() else 1.0 for own in ratios]
    )
    far = (ratio > UNIT) | (ratio < 1 / UNIT)
    if far.any():
        raise InputError(
            f"{paths['after']}: found values of {after.index[far][0]}"
            f"{and_more(far.sum(), 'people')} that are about {ratio[far][0]:.3g} times those in "
            f"{paths['before']}, expected one unit before and after; convert one of them"
        )


def effect_features(config: Config, effect: str, cohort: str, people: pd.DataFrame) -> pd.DataFrame:
    """Features of kind effect for the analysed people of one cohort.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    effect, cohort : str
        Names.
    people : pandas.DataFrame
        Analysed rows of the cohort.

    Returns
    -------
    pandas.DataFrame, shape (people, regions)

    Raises
    ------
    InputError
        If somebody lacks a session.
    """
    maps = session_maps(config, effect, cohort, effect_regions(config, effect))
    paths = session_paths(config, effect, cohort)
    values = effect_values(maps, config["effects"][effect], paths)
    missing = sorted(set(people["participant_id"]) - set(values.index))
    if missing:
        raise InputError(
            f"{paths['after']}: found no effect {effect} of {shorten(missing, 3)}, expected both "
            "sessions of each analysed person, since it is a feature; add them or exclude "
            "the person"
        )
    return values.loc[people["participant_id"]].reset_index(drop=True)


def without_confounds(maps: np.ndarray, arms: np.ndarray, confounds: np.ndarray) -> np.ndarray:
    """Effects from which what goes linearly with confounds over people is taken out.

    The means of arms stay: confounds are taken at their mean over all people.

    Parameters
    ----------
    maps : ndarray, shape (people, regions)
        Effects of people, region by region.
    arms : ndarray of bool, shape (people,)
        Who is in the control arm.
    confounds : ndarray, shape (people, confounds)
        Numbers without gaps.

    Returns
    -------
    ndarray, shape (people, regions)
    """
    if not confounds.shape[1]:
        return maps
    centred = confounds - confounds.mean(axis=0)
    groups = [np.ones(len(maps)), *([arms.astype(float)] if arms.any() else [])]
    design = np.column_stack([*groups, centred])
    slopes = np.linalg.lstsq(design, maps, rcond=None)[0][len(groups) :]
    return maps - centred @ slopes
