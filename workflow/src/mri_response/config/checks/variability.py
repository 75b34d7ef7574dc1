"""The sections effects and variability: what concerns several keys, and other sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.messages import check_known, fault
from mri_response.config.queries import effect_features
from mri_response.config.source_kinds import SOURCES, kind_of_source
from mri_response.config.variability import SIMULATED_ARMS, cohorts_of_effect
from mri_response.core.tables import suggestion
from mri_response.core.vocabulary import Role

Config = Mapping[str, Any]
#: Ends of the names of files that hold images and no table.
_IMAGES = (".nii", ".nii.gz", ".mgh", ".mgz", ".img", ".hdr", ".gii")


def check_effects(config: Config) -> None:
    """Check every effect that is named, and the feature sets that are effects.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    for features, spec in effect_features(config).items():
        key = f"features.{features}.effect"
        check_known(key, spec["effect"], config["effects"], "effects")
        for cohort in config["cohorts"]:
            _check_sources(config, spec["effect"], cohort)
        _check_early(config, features, spec["effect"])
    for name in (config["variability"] or {"effects": ()})["effects"]:
        check_known("variability.effects", name, config["effects"], "effects")
        _check_cohorts(config, name)
        for cohort in cohorts_of_effect(config["effects"][name]):
            _check_sources(config, name, cohort)


def _check_early(config: Config, features: str, name: str) -> None:
    """An effect that is a feature lies before the end-point, as far as is known."""
    effect = config["effects"][name]
    for when in ("before", "after"):
        if effect[when] is not None and effect[when]["session"] is None:
            raise fault(
                f"effects.{name}.{when}.session",
                "nothing",
                f"a session before the end-point, since features.{features} has the effect",
                "name the session; an effect of the end-point says nothing of who will respond",
            )


def _check_cohorts(config: Config, name: str) -> None:
    effect, cohorts = config["effects"][name], config["cohorts"]
    check_known(f"effects.{name}.cohort", effect["cohort"], cohorts, "cohorts")
    if effect["control"] is None:
        return
    check_known(f"effects.{name}.control", effect["control"], cohorts, "cohorts")
    role = cohorts[effect["control"]]["role"]
    if effect["control"] == effect["cohort"] or role != Role.CONTROL:
        raise fault(
            f"effects.{name}.control",
            f"{effect['control']!r}, a cohort of role {role}",
            "another cohort than the treated one, of role control",
            "correct it or the role",
        )


def _check_sources(config: Config, name: str, cohort: str) -> None:
    """The sources of an effect are tables that the cohort has."""
    effect, sources = config["effects"][name], config["cohorts"][cohort]["sources"]
    sessions = [effect[when] for when in ("before", "after") if effect[when] is not None]
    for session in sessions:
        source = session["source"]
        key = f"cohorts.{cohort}.sources.{source}"
        if source not in sources:
            raise fault(
                key,
                "nothing",
                f"the path of a table, since effects.{name} takes the source {source!r}",
                f"{suggestion(source, sources)}add the key",
            )
        given = sources[source]
        kind = kind_of_source(given)
        if SOURCES[kind] == "image" if kind else "{" in given or given.lower().endswith(_IMAGES):
            raise fault(
                key,
                "images",
                f"values of regions, since effects.{name} takes it: a table, or the folder of a "
                "program that made them",
                "write the means of the regions into a table, a row per person and session, and "
                "name that",
            )
    if len(sessions) == 2 and sessions[0] == sessions[1]:
        raise fault(
            f"effects.{name}.before",
            "the source and session of after",
            "another source or another session",
            "correct one of the two",
        )
    if len(sessions) == 1 and effect["measure"] != "difference":
        raise fault(
            f"effects.{name}.measure",
            f"{effect['measure']} without before",
            "difference, since the table holds effects already",
            "remove the key or add before",
        )


def check_variability(config: Config) -> None:
    """Check the section ``variability``.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    variability = config["variability"]
    if not variability:
        return
    _check_clinical(config)
    score = variability["score"]
    if score:
        if score["baseline"] == score["endpoint"]:
            raise fault(
                "variability.score.endpoint",
                f"{score['endpoint']!r}, the session before treatment",
                "another session than variability.score.baseline",
                "correct it",
            )
        order = [one for one in config["sessions"] or [] if one in score.values()]
        if order == [score["endpoint"], score["baseline"]]:
            raise fault(
                "variability.score.endpoint",
                f"{score['endpoint']!r} not after {score['baseline']!r}",
                "the order of sessions",
                "correct one of them",
            )
        for name in variability["effects"]:
            cohort = config["effects"][name]["cohort"]
            if config["cohorts"][cohort]["scores"] is None:
                raise fault(
                    f"cohorts.{cohort}.scores",
                    "nothing",
                    "a table of scores, since variability.score takes a scale from it",
                    "add the key or remove variability.score",
                )
    _check_simulation(config)


def _check_clinical(config: Config) -> None:
    """What is taken out of an effect goes with nothing of it any more."""
    for name in config["variability"]["effects"]:
        taken = config["effects"][name]["confounds"]
        for column in config["variability"]["clinical"]:
            if column in taken:
                raise fault(
                    "variability.clinical",
                    f"{column!r}, a confound of effects.{name}",
                    "columns that are not taken out of the effect",
                    "remove it here or there",
                )


def _check_simulation(config: Config) -> None:
    if "simulation" not in config["variability"]:
        return
    for other, what in (("models", "models"), ("simulation", "the simulated trial")):
        if config.get(other):
            raise fault(
                "variability.simulation",
                f"a simulated trial beside {what}",
                "a run that describes and compares",
                f"remove one of variability.simulation and {other}",
            )
    if list(config["cohorts"]) != list(SIMULATED_ARMS):
        raise fault(
            "variability.simulation",
            f"cohorts {', '.join(config['cohorts'])}",
            f"the cohorts that are simulated: {', '.join(SIMULATED_ARMS)}",
            "name them so",
        )
    for key in ("score", "genes"):
        if not config["variability"][key]:
            raise fault(
                f"variability.{key}",
                "nothing",
                "a mapping, since the simulated trial plants something there",
                "add the key or remove variability.simulation",
            )
