"""The people and maps of every effect, as they are analysed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mri_response.belief_updating.changes import with_scores
from mri_response.config.columns import CATEGORIES
from mri_response.config.variability import SCORE_CHANGE, clinical_columns, cohorts_of_effect
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, and_more, read_tsv, shorten
from mri_response.features.effect import (
    MANY_REGIONS,
    effect_regions,
    effect_values,
    session_maps,
    session_paths,
    without_confounds,
)
from mri_response.inputs.covariates import check_covariates
from mri_response.inputs.joins import check_same_ids
from mri_response.inputs.measured import measured
from mri_response.inputs.sources.people_tables import (
    participants_format,
    read_people_table,
    scores_path,
)
from mri_response.inputs.tables import require_columns
from mri_response.people.outcomes.scores import scores_of_cohort
from mri_response.people.participants import filtered_rows
from mri_response.variability.run_tables import typed

Config = Mapping[str, Any]
#: People of an arm without whom nothing is analysed.
MIN_PEOPLE = 12
#: What the names of the columns of confounds begin with in the table of people.
CONFOUND = "confound_"


@dataclass(frozen=True, eq=False)
class EffectStudy:
    """One effect of the people who have it.

    Attributes
    ----------
    name : str
        Name of the effect.
    regions : list of str
        Names of the regions, in the order of the maps' columns.
    people : pandas.DataFrame
        A row per person: ``participant_id``, ``cohort``, ``is_control``, ``used``, ``reason`` (why
        not), ``block``, the clinical columns, and the confounds as columns that begin with
        `CONFOUND`.
    maps : pandas.DataFrame
        Effects by ``participant_id`` of the people who are used, confounds taken out.
    before : pandas.DataFrame
        Maps before treatment of the same people; no column where there is none.
    """

    name: str
    regions: list[str]
    people: pd.DataFrame
    maps: pd.DataFrame
    before: pd.DataFrame

    @property
    def used(self) -> pd.DataFrame:
        """People who are used, in the order of the maps."""
        return self.people[self.people["used"]].set_index("participant_id").loc[self.maps.index]

    @property
    def treated(self) -> NDArray:
        """Effects of the treated, people by regions."""
        return self.maps[~self.used["is_control"].to_numpy()].to_numpy(float)

    @property
    def control(self) -> NDArray | None:
        """Effects of the control arm, None where there is none."""
        arm = self.used["is_control"].to_numpy()
        return self.maps[arm].to_numpy(float) if arm.any() else None

    @property
    def blocks(self) -> list[str]:
        """Block of each treated person, then of each control."""
        used = self.used
        return list(used.sort_values("is_control", kind="stable")["block"].astype(str))

    @property
    def baseline(self) -> NDArray | None:
        """Maps of the treated before treatment, None where there are none."""
        if not len(self.before.columns):
            return None
        return self.before[~self.used["is_control"].to_numpy()].to_numpy(float)

    @property
    def patients(self) -> pd.DataFrame:
        """The treated, in the order of `treated`."""
        return self.used[~self.used["is_control"]].reset_index()

    @property
    def confounds(self) -> pd.DataFrame:
        """Confounds of the effect of the treated, in the order of `treated`."""
        columns = [name for name in self.people if name.startswith(CONFOUND)]
        # The table of people has the confounds of other effects too, without values here.
        return self.patients[columns].dropna(axis=1, how="all").rename(columns=_bare)


def _bare(column: str) -> str:
    return column.removeprefix(CONFOUND)


def read_effect(config: Config, name: str) -> EffectStudy:
    """Read one effect of the people of its cohorts.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    name : str
        Name of the effect.

    Returns
    -------
    EffectStudy

    Raises
    ------
    InputError
        If a table has a mistake or an arm has too few people.
    """
    spec, regions = config["effects"][name], effect_regions(config, name)
    people, maps, before = [], [], []
    for cohort in cohorts_of_effect(spec):
        sessions = session_maps(config, name, cohort, regions)
        rows = _people(config, name, cohort, sessions)
        used = rows.loc[rows["used"], "participant_id"]
        known = {when: found[found.index.isin(used)] for when, found in sessions.items()}
        paths = session_paths(config, name, cohort)
        values = effect_values(known, spec, paths)
        if len(values) < MIN_PEOPLE:
            why = rows["reason"].value_counts()
            left_out = ", ".join(f"{reason} ({n})" for reason, n in why.items())
            raise InputError(
                f"{paths['after']}: found {len(values)} people of cohort {cohort} with effect "
                f"{name}, expected {MIN_PEOPLE} or more; left out: {left_out or 'nobody'}; correct "
                "the sessions or leave the effect out"
            )
        people.append(rows)
        maps.append(values)
        if "before" in known:
            before.append(known["before"].loc[values.index])
    everybody = pd.concat(people, ignore_index=True)
    both = pd.concat(maps)
    _refuse_shared(everybody, pd.concat(before) if before else both, config, name)
    _check_blocks(everybody, config["variability"]["within"])
    rows = everybody.set_index("participant_id").loc[both.index]
    confounds = rows.filter(regex=f"^{CONFOUND}").rename(columns=_bare)
    _check_covariates(config, name, rows, confounds)
    coded = coded_confounds(confounds)
    clean = without_confounds(both.to_numpy(float), rows["is_control"].to_numpy(bool), coded)
    still = clean.std(axis=0) < 1e-12
    if still.any():
        raise InputError(
            f"effects.{name}: found no difference between people in "
            f"{shorten(np.array(regions)[still], 3)}, expected some in every region; leave it out "
            "(exclude)"
        )
    return EffectStudy(
        name,
        regions,
        everybody.assign(effect=name),
        pd.DataFrame(clean, both.index, regions),
        pd.concat(before) if before else pd.DataFrame(index=both.index),
    )


def _check_covariates(config: Config, name: str, rows: pd.DataFrame, known: pd.DataFrame) -> None:
    """Confounds and clinical columns differ between people; confounds not as the arms do."""
    spec, clinical = config["effects"][name], config["variability"]["clinical"]
    own = config["cohorts"][spec["cohort"]]["participants"]
    arm = rows["is_control"].to_numpy(float)
    beside, what = ([arm], "the arm") if arm.any() else ([], None)
    columns = {column: coded_confounds(known[[column]]) for column in known}
    check_covariates(columns, own, f"config: effects.{name}.confounds", beside, what)
    treated = rows[~rows["is_control"]]
    for column in clinical:
        check_covariates(
            {column: treated[column].to_numpy(float)}, own, "config: variability.clinical"
        )


def _refuse_shared(people: pd.DataFrame, maps: pd.DataFrame, config: Config, name: str) -> None:
    """Nobody is there twice: people, not sessions, are exchanged between arms."""
    spec = config["effects"][name]
    shared = people.loc[people["participant_id"].duplicated(), "participant_id"]
    if len(shared):
        path = config["cohorts"][spec["control"]]["participants"]
        raise InputError(
            f"{path}: found {shared.iloc[0]}{and_more(len(shared), 'people')} in both arms of "
            f"effect {name}, expected other people in the control arm; of a crossover trial, take "
            "the session under the drug as after and that under placebo as before, without control"
        )
    again = maps.duplicated()
    if again.any() and maps.shape[1] >= MANY_REGIONS:
        twin = maps.index[again][0]
        first = maps.index[(maps == maps.loc[twin]).all(axis=1)][0]
        paths = session_paths(config, name, cohorts_of_effect(spec)[-1])
        raise InputError(
            f"{paths['before' if 'before' in paths else 'after']}: found the very values of "
            f"{first} again in {twin}{and_more(again.sum(), 'people')}, expected other people; "
            "remove copies, and of a crossover trial take the session under the drug as after and "
            "that under placebo as before, without control"
        )


def _check_blocks(people: pd.DataFrame, within: str | None) -> None:
    """People can be exchanged with somebody."""
    used = people[people["used"]]
    if within and not used.duplicated(["cohort", "block"]).any():
        raise InputError(
            f"config: variability.within: found a value of {within} for each person, expected "
            "values that people share, within whom they are permuted; name another column or none"
        )
    both = used.groupby("block")["is_control"].nunique()
    if within and used["is_control"].any() and not both.gt(1).any():
        raise InputError(
            f"config: variability.within: found no value of {within} that people of both arms "
            "have, expected some, within whom they are exchanged between arms; name another column "
            "or none, or leave out the control arm"
        )


def _people(
    config: Config, name: str, cohort: str, sessions: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Rows of a cohort's participants table, with the confounds of each."""
    spec, variability, own = (
        config["effects"][name],
        config["variability"],
        config["cohorts"][cohort],
    )
    path, within = own["participants"], variability["within"]
    table = read_people_table(path, participants_format(own), strict=False)
    treated = cohort == spec["cohort"]
    columns = variability["clinical"] if treated else []
    require_columns(table, [*spec["confounds"], *columns, *filter(None, [within])], path)
    table = filtered_rows(table, config, cohort).drop_duplicates("participant_id")
    rows = table[["participant_id"]].assign(cohort=cohort, is_control=not treated)
    rows["block"] = table[within] if within else "all"
    for column in columns:
        rows[column] = measured(table, column, path)
    rows = rows.reset_index(drop=True)
    if treated and variability["score"]:
        rows = _with_score(rows, config, cohort)
    confounds = pd.DataFrame(
        {
            CONFOUND + c: table[c] if c in CATEGORIES else measured(table, c, path)
            for c in spec["confounds"]
        },
        index=table.index,
    ).reset_index(drop=True)
    reason = pd.Series("", rows.index, dtype=object)
    for confound in confounds:
        reason[confounds[confound].isna()] = f"{_bare(confound)} missing"
    reason[rows["block"].isna()] = f"{within} missing"
    for when, found in sessions.items():
        check_same_ids(
            found.index, rows["participant_id"], session_paths(config, name, cohort)[when], path
        )
        reason[~rows["participant_id"].isin(found.index)] = f"no values {when}"
    rows = rows.assign(used=reason.eq(""), reason=reason.replace("", np.nan))
    return pd.concat([rows, confounds], axis=1)


def _with_score(rows: pd.DataFrame, config: Config, cohort: str) -> pd.DataFrame:
    score, own = config["variability"]["score"], config["cohorts"][cohort]
    table, path = scores_of_cohort(own, score["scale"]), scores_path(own)
    known = sorted(table["session_id"].dropna().unique())
    for key in ("baseline", "endpoint"):
        if score[key] not in known:
            raise InputError(
                f"{path}: found no {score['scale']} score at session_id {score[key]!r} among "
                f"{shorten(known)}, expected some (variability.score.{key}); correct it"
            )
    scored = with_scores(
        rows,
        table.assign(scale=score["scale"]),
        score["scale"],
        score["baseline"],
        score["endpoint"],
    )
    change = scored["score_after"] - scored["score_before"]
    return rows.assign(**{SCORE_CHANGE: change})


def coded_confounds(confounds: pd.DataFrame) -> NDArray:
    """Confounds as numbers; categories as indicators of all values but the first.

    Parameters
    ----------
    confounds : pandas.DataFrame
        A column per confound, without gaps.

    Returns
    -------
    ndarray, shape (people, numbers)
    """
    parts = []
    for column, values in confounds.items():
        if column in CATEGORIES:
            levels = sorted(values.unique())[1:]
            parts += [(values == level).to_numpy(float) for level in levels]
        else:
            parts.append(values.to_numpy(float))
    return np.column_stack(parts) if parts else np.empty((len(confounds), 0))


# ---------------------------------------------------------------- files of the run
def people_columns(config: Config) -> list[str]:
    """Columns of the table of people.

    Parameters
    ----------
    config : mapping
        Sections ``effects`` and ``variability`` of the completed configuration.

    Returns
    -------
    list of str
    """
    own = ["effect", "participant_id", "cohort", "is_control", "used", "reason", "block"]
    effects = [config["effects"][name] for name in config["variability"]["effects"]]
    confounds = dict.fromkeys(CONFOUND + name for effect in effects for name in effect["confounds"])
    return [*own, *clinical_columns(config["variability"]), *confounds]


def map_table(maps: pd.DataFrame) -> pd.DataFrame:
    """Maps as a table of the run.

    Parameters
    ----------
    maps : pandas.DataFrame
        People by regions.

    Returns
    -------
    pandas.DataFrame
        ``participant_id``, then the regions.
    """
    return maps.rename_axis("participant_id").reset_index()


def load_effects(names: Sequence[str], files: Any) -> list[EffectStudy]:
    """Effects from the tables of the run.

    Parameters
    ----------
    names : sequence of str
        Names of the effects.
    files : namedlist of Snakemake
        ``people``, and ``maps`` and ``before`` of every effect in the order of the names.

    Returns
    -------
    list of EffectStudy
    """
    rows, made = typed(read_tsv(files.people)), []
    for name, *paths in zip(names, files.maps, files.before, strict=True):
        own = rows[rows["effect"] == name].reset_index(drop=True)
        maps, before = (read_tsv(path, float).set_index(ID_COLUMNS[0]) for path in paths)
        made.append(EffectStudy(name, list(maps.columns), own, maps, before))
    return made
