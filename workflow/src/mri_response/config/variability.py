"""What the sections effects and variability ask for: effects, cohorts and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mri_response.config.source_kinds import source_path, sources_of_effect

#: Name of the column of the change of a score.
SCORE_CHANGE = "score_change"
#: Components of the maps before treatment that symptoms are adjusted for.
COMPONENTS_BEFORE = 3
#: Cohorts of a simulated trial.
SIMULATED_ARMS = ("treated", "control")


def cohorts_of_effect(effect: Mapping[str, Any]) -> list[str]:
    """Cohorts of an effect, the treated one first.

    Parameters
    ----------
    effect : mapping
        Section ``effects.<name>`` of the completed configuration.

    Returns
    -------
    list of str
        One or two names.
    """
    return [effect["cohort"], *filter(None, [effect["control"]])]


def clinical_columns(variability: Mapping[str, Any]) -> list[str]:
    """Columns that components are correlated with.

    Parameters
    ----------
    variability : mapping
        Section ``variability`` of the completed configuration.

    Returns
    -------
    list of str
        The change of the score last.
    """
    return [*variability["clinical"], *([SCORE_CHANGE] if variability["score"] else [])]


def effect_tables(
    config: Mapping[str, Any], effects: Iterable[str], cohorts: Iterable[str] = ()
) -> list[str]:
    """Tables of regions of some effects.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    effects : iterable of str
        Names of the effects.
    cohorts : iterable of str
        Names of the cohorts; none are the cohorts of each effect.

    Returns
    -------
    list of str
        Each once.
    """
    paths = []
    for name in effects:
        effect = config["effects"][name]
        for cohort in list(cohorts) or cohorts_of_effect(effect):
            sources = config["cohorts"][cohort]["sources"]
            paths += [source_path(sources[name]) for name in sources_of_effect(effect)]
    return list(dict.fromkeys(paths))


def own_geometry(variability: Mapping[str, Any]) -> list[str]:
    """The user's table of coordinates, if there is one.

    Parameters
    ----------
    variability : mapping
        Section ``variability`` of the completed configuration.

    Returns
    -------
    list of str
    """
    atlas = variability["atlas"]
    return [atlas["coordinates"]] if isinstance(atlas, Mapping) else []


def gene_files(variability: Mapping[str, Any]) -> list[str]:
    """Tables of expression and of sets of genes.

    Parameters
    ----------
    variability : mapping
        Section ``variability`` of the completed configuration.

    Returns
    -------
    list of str
    """
    genes = variability["genes"] or {}
    return [genes[key] for key in ("table", "sets") if genes.get(key)]
