"""A fact: sentences about a run with their source. Functions that make one register here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mri_response.report.run import Run


@dataclass(frozen=True)
class Fact:
    """A sentence or more about a run.

    Attributes
    ----------
    text : str
        The sentences.
    source : str
        The tables with their rows, files and keys of the configuration that it was taken from.
    cites : tuple of str
        Keys of ``data/documents/references.yaml``.
    applies : bool
        False where the run has nothing of the kind that is asked about.
    """

    text: str
    source: str
    cites: tuple[str, ...] = ()
    applies: bool = True


MAKERS: dict[str, Callable[[Run], Fact | None]] = {}


def fact(make: Callable[[Run], Fact | None]) -> Callable[[Run], Fact | None]:
    """Register a function as the maker of the fact of its name.

    Parameters
    ----------
    make : callable
        Takes a run and returns its fact, or None where the run cannot tell it.

    Returns
    -------
    callable
        The function itself.
    """
    MAKERS[make.__name__.lstrip("_")] = make
    return make


def not_applicable(source: str) -> Fact:
    """What is said of other cohorts where there is none.

    Parameters
    ----------
    source : str
        Where this can be seen.

    Returns
    -------
    Fact
    """
    return Fact("Not applicable: no cohort but the one of development.", source, applies=False)
