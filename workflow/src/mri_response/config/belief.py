"""What the section belief asks for: its groups and its sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Group of all people where the configuration names none.
EVERYBODY = "everybody"


def group_names(belief: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the groups, the treated one first.

    Parameters
    ----------
    belief : mapping
        Section ``belief`` of the completed configuration.

    Returns
    -------
    tuple of str
        One or two names.
    """
    group = belief["group"]
    return (group["treated"], group["others"]) if group else (EVERYBODY,)


def sessions_of(belief: Mapping[str, Any]) -> list[str]:
    """Sessions of the task in the order of time, the one before treatment first.

    Parameters
    ----------
    belief : mapping
        Section ``belief`` of the completed configuration.

    Returns
    -------
    list of str
    """
    return [belief["baseline"], *belief["sessions"]]
