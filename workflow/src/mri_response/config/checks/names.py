"""Names of cohorts, feature sets and models, and sizes of a simulated trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mri_response.config.messages import fault
from mri_response.config.queries import (
    CONFOUNDS_ONLY,
    MAJORITY_CLASS,
    QUALITY_ONLY,
    RESERVED_COHORTS,
)
from mri_response.core.vocabulary import Role

if TYPE_CHECKING:
    pass


def check_names(config: Mapping[str, Any]) -> None:
    """Check the names of cohorts, feature sets, models and stacks.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    for section in ("cohorts", "features", "models", "stacks"):
        seen: dict[str, str] = {}
        for name in config[section]:
            other = seen.setdefault(name.lower(), name)
            if other != name:
                raise fault(
                    f"{section}.{name}",
                    f"names that differ only in case ({other}, {name})",
                    "names that stay apart on every file system",
                    "rename one",
                )
    for name in config["cohorts"]:
        if name.lower() in RESERVED_COHORTS:
            raise fault(
                f"cohorts.{name}",
                f"the name {name!r}",
                "a name that the workflow does not use itself",
                "rename the cohort",
            )
    for name in config["models"]:
        if name.lower() in (CONFOUNDS_ONLY, QUALITY_ONLY, MAJORITY_CLASS):
            raise fault(
                f"models.{name}",
                f"the name {name!r}",
                "a name that the workflow does not use itself",
                "rename the model",
            )
    discovery = [name for name, c in config["cohorts"].items() if c["role"] == Role.DISCOVERY]
    if len(discovery) != 1 and not config["apply"]:
        raise fault(
            "cohorts",
            f"{len(discovery)} cohorts with role discovery"
            + (f" ({', '.join(discovery)})" if discovery else ""),
            "exactly one",
            "give one cohort the role discovery and the others external or control",
        )
    simulated = config.get("simulation", {}).get("cohorts", {})
    for name, sizes in simulated.items():
        if name not in config["cohorts"]:
            raise fault(
                f"simulation.cohorts.{name}",
                f"the unknown cohort {name!r}",
                f"one of {', '.join(config['cohorts'])}",
                "rename or remove it",
            )
        if sizes["responders"] > sizes["n"]:
            raise fault(
                f"simulation.cohorts.{name}.responders",
                str(sizes["responders"]),
                f"at most n, which is {sizes['n']}",
                "correct one of them",
            )
    for name in config["cohorts"]:
        if simulated and name not in simulated:
            raise fault(
                f"simulation.cohorts.{name}", "nothing", "the size of every cohort", "add the key"
            )
