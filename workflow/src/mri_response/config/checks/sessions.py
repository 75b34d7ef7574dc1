"""The order of sessions, and which of them a predictor may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.messages import fault
from mri_response.config.queries import belief_features, source_features
from mri_response.core.tables import suggestion


def check_sessions(config: Mapping[str, Any]) -> None:
    """Check that sessions are in an order in which the outcome comes last.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Raises
    ------
    InputError
        If the outcome's sessions are not listed or not in this order, or a feature set names a
        session that is not known to be before the end-point.
    """
    order, outcome = config["sessions"], config["outcome"] or {}
    baseline, endpoint = outcome.get("baseline"), outcome.get("endpoint")
    for key in ("baseline", "endpoint") if order is not None else ():
        session = outcome.get(key)
        if session is not None and session not in order:
            raise fault(
                "sessions",
                f"no {session!r}, which is outcome.{key}",
                "all sessions in the order of time",
                f"{suggestion(session, order)}add it at its place",
            )
    both = order is not None and None not in (baseline, endpoint)
    if both and order.index(baseline) >= order.index(endpoint):
        raise fault(
            "sessions",
            f"{endpoint!r} (outcome.endpoint) not after {baseline!r} (outcome.baseline)",
            "all sessions in the order of time",
            "correct the order",
        )
    for name, spec in source_features(config).items():
        for session in spec["sessions"]:
            _check_named(config, f"features.{name}.sessions", session)
    for name, spec in belief_features(config).items():
        _check_named(config, f"features.{name}.session", spec["session"], "answers")


def _check_named(config: Mapping[str, Any], key: str, session: str, what: str = "scans") -> None:
    order, endpoint = config["sessions"], (config["outcome"] or {}).get("endpoint")
    if order is None:
        raise fault(
            "sessions",
            "nothing",
            f"the sessions in the order of time, since {key} names {session!r}",
            "add the key, as in sessions: [ses-baseline, ses-24h]",
        )
    if session not in order:
        raise fault(
            key,
            repr(session),
            f"some of the sessions {', '.join(order)}",
            f"{suggestion(session, order)}correct it",
        )
    if endpoint is not None and order.index(session) >= order.index(endpoint):
        raise fault(
            key,
            f"{session!r}, which is not before {endpoint!r} (outcome.endpoint)",
            "sessions before the outcome",
            f"remove it; {what} of the end-point say nothing of who will respond",
        )


def usable_sessions(config: Mapping[str, Any], sessions: tuple[str, ...]) -> set[str]:
    """Sessions whose scans may be features.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    sessions : tuple of str
        Sessions of the scans, and those that a feature set names.

    Returns
    -------
    set of str
        With an order, the baseline, what is before it and what is named; without one all but the
        end-point. An outcome without an end-point excludes none.
    """
    order, outcome = config["sessions"], config["outcome"] or {}
    baseline, endpoint = outcome.get("baseline"), outcome.get("endpoint")
    if endpoint is None:
        return set(sessions)
    if order is None:
        return set(sessions) - {endpoint}
    last = baseline if baseline is not None else endpoint
    until = order[: order.index(last) + 1]
    return set(until) - {endpoint}
