"""The section belief: what concerns several of its keys, and what other sections must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.config.messages import check_known, fault
from mri_response.config.queries import belief_features

Config = Mapping[str, Any]


def check_belief(config: Config) -> None:
    """Check the section ``belief``, its sessions, and the trials that it takes.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    _check_features(config)
    if not config["belief"]:
        return
    _check_order(config)
    _check_values(config)
    _check_trials(config)
    _check_score(config)
    _check_simulation(config)


def _check_features(config: Config) -> None:
    """Feature sets of beliefs need trials in every cohort."""
    for name in belief_features(config):
        if not config["belief"]:
            raise fault(
                "belief",
                "nothing",
                f"a mapping (key: value), since features.{name} takes what it says of news and "
                "trials",
                "add the section",
            )
        for cohort, own in config["cohorts"].items():
            if own["trials"] is None:
                raise fault(
                    f"cohorts.{cohort}.trials",
                    "nothing",
                    f"a path, since features.{name} takes trials from every cohort",
                    "add the key",
                )


def _check_order(config: Config) -> None:
    belief, order = config["belief"], config["sessions"]
    if order is None:
        raise fault(
            "sessions",
            "nothing",
            "the sessions in the order of time, since belief compares them",
            "add the key, as in sessions: [ses-before, ses-4h]",
        )
    check_known("belief.baseline", belief["baseline"], order, "sessions")
    before = belief["baseline"]
    for session in belief["sessions"]:
        check_known("belief.sessions", session, order, "sessions")
        if order.index(session) <= order.index(before):
            raise fault(
                "belief.sessions",
                f"{session!r} not after {before!r}",
                "sessions after belief.baseline, in the order of sessions",
                "correct the order",
            )
        before = session


def _check_values(config: Config) -> None:
    belief = config["belief"]
    _check_ascending("belief.scale", *belief["scale"])
    for column, (low, high) in belief["exclude"]["limits"].items():
        if None not in (low, high):
            _check_ascending(f"belief.exclude.limits.{column}", low, high)
    group = belief["group"]
    if group and str(group["treated"]) == str(group["others"]):
        raise fault(
            "belief.group.others",
            f"{group['others']!r}, the value of treated",
            "another value of the column",
            "correct one of the two",
        )


def _check_ascending(key: str, low: float, high: float) -> None:
    if low >= high:
        raise fault(key, f"{low:g} before {high:g}", "the lower value first", "correct it")


def _check_trials(config: Config) -> None:
    if all(cohort["trials"] is None for cohort in config["cohorts"].values()):
        raise fault(
            f"cohorts.{next(iter(config['cohorts']))}.trials",
            "nothing",
            "a path in one cohort at least, since belief takes trials",
            "add the key or remove belief",
        )


def _check_score(config: Config) -> None:
    belief, order = config["belief"], config["sessions"]
    score, mediation = belief["score"], belief["mediation"]
    if mediation and not score:
        raise fault(
            "belief.score", "nothing", "a score, since belief.mediation asks for one", "add the key"
        )
    if not score:
        return
    for key in ("baseline", "endpoint"):
        check_known(f"belief.score.{key}", score[key], order, "sessions")
    if order.index(score["baseline"]) >= order.index(score["endpoint"]):
        raise fault(
            "belief.score.endpoint",
            f"{score['endpoint']!r} not after {score['baseline']!r}",
            "a session after belief.score.baseline",
            "correct it",
        )
    cohorts = [cohort for cohort in config["cohorts"].values() if cohort["trials"] is not None]
    if all(cohort["scores"] is None for cohort in cohorts):
        raise fault(
            "belief.score",
            "no scores in the cohorts with trials",
            "cohorts.COHORT.scores in one of them",
            "add the key or remove belief.score",
        )
    if not mediation:
        return
    check_known("belief.mediation.session", mediation["session"], belief["sessions"], "sessions")
    if mediation["exposure"] == "group" and not belief["group"]:
        raise fault(
            "belief.mediation.exposure",
            "group without belief.group",
            "the groups, or time",
            "add belief.group or write time",
        )


def _check_simulation(config: Config) -> None:
    simulation = config["belief"].get("simulation")
    if not simulation:
        return
    for other, what in (("models", "models"), ("simulation", "the simulated trial")):
        if config.get(other):
            raise fault(
                "belief.simulation",
                f"a simulated study beside {what}",
                "a run that describes and compares",
                f"remove one of belief.simulation and {other}",
            )
    if simulation["responders"] > simulation["patients"]:
        raise fault(
            "belief.simulation.responders",
            str(simulation["responders"]),
            f"at most patients, which is {simulation['patients']}",
            "correct one of them",
        )
