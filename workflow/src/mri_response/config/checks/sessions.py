"""The order of sessions, and which of them a predictor may use."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from mri_response.config.messages import fault
from mri_response.config.outcome_kinds import deciding_sessions, outcome_sessions
from mri_response.config.queries import belief_features, effect_features, source_features
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
    named = outcome_sessions(outcome)
    for session, key in named.items() if order is not None else ():
        if session not in order:
            raise fault(
                "sessions",
                f"no {session!r}, which is {key}",
                "all sessions in the order of time",
                f"{suggestion(session, order)}add it at its place",
            )
    for before, after in itertools.pairwise(named) if order is not None else ():
        if order.index(before) >= order.index(after):
            raise fault(
                "sessions",
                f"{after!r} ({named[after]}) not after {before!r} ({named[before]})",
                "all sessions in the order of time",
                "correct the order",
            )
    if order is not None and outcome.get("kind") == "early_response":
        first = order[order.index(baseline) + 1]
        if endpoint != first:
            raise fault(
                "outcome.endpoint",
                repr(endpoint),
                f"the first session after {baseline!r}, which is {first!r} (sessions)",
                "correct it, or take kind: response",
            )
    for name, spec in source_features(config).items():
        for session in spec["sessions"]:
            _check_named(config, f"features.{name}.sessions", session)
    for name, spec in belief_features(config).items():
        _check_named(config, f"features.{name}.session", spec["session"], "answers")
    for name in effect_features(config):
        _check_effect(config, name)


def _check_effect(config: Mapping[str, Any], features: str) -> None:
    """Both sessions of an effect that is a feature, which another check has found to be named."""
    name = config["features"][features]["effect"]
    effect, order = config["effects"].get(name), config["sessions"]
    if effect is None:
        return  # `check_effects` tells of an effect that is not there
    named = {
        when: effect[when]["session"]
        for when in ("before", "after")
        if effect[when] is not None and effect[when]["session"] is not None
    }
    for when, session in named.items():
        _check_named(config, f"effects.{name}.{when}.session", session, "effects")
    if len(named) == 2 and order.index(named["before"]) >= order.index(named["after"]):
        raise fault(
            f"effects.{name}.after.session",
            f"{named['after']!r} not after {named['before']!r}",
            "a session after effects.*.before, in the order of sessions",
            "correct the order",
        )


def _check_named(config: Mapping[str, Any], key: str, session: str, what: str = "scans") -> None:
    order, deciding = config["sessions"], deciding_sessions(config["outcome"] or {})
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
    first = next(iter(deciding), None)
    if first is not None and order.index(session) >= order.index(first):
        raise fault(
            key,
            f"{session!r}, which is not before {first!r} ({deciding[first]})",
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
        return set(sessions) - set(deciding_sessions(outcome))
    last = baseline if baseline is not None else endpoint
    until = order[: order.index(last) + 1]
    return set(until) - set(deciding_sessions(outcome))
