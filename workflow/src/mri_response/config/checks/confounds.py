"""The confounds of the models."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mri_response.config.messages import fault
from mri_response.config.queries import (
    column_of,
)
from mri_response.core.vocabulary import Role

if TYPE_CHECKING:
    pass


def check_confounds(config: Mapping[str, Any]) -> None:
    """Check the confounds of every model.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    others = [name for name, c in config["cohorts"].items() if c["role"] != Role.DISCOVERY]
    for name, model in config["models"].items():
        key = f"models.{name}.confounds"
        columns = [column_of(confound) for confound in model["confounds"]]
        for confound in columns:
            if columns.count(confound) > 1:
                raise fault(key, f"{confound!r} twice", "each column once", "remove one")
            near = next((k for k in ("age", "sex", "tiv", "site") if confound.lower() == k), None)
            if near and confound != near:
                raise fault(key, repr(confound), f"{near!r}", f"write {near}")
            if confound == config["outcome"].get("column"):
                raise fault(
                    key,
                    f"{confound!r}, which is the label",
                    "columns other than outcome.column",
                    "remove it",
                )
        for position, confound in enumerate(model["confounds"]):
            if not isinstance(confound, str):
                _check_spline(f"{key}[{position}]", confound)
        if "tiv" in columns:
            for cohort, spec in config["cohorts"].items():
                if spec["tiv"] is None:
                    raise fault(
                        f"cohorts.{cohort}.tiv",
                        "nothing",
                        f"where total intracranial volume comes from, since models.{name} names "
                        "the confound tiv",
                        "add for example {column: tiv} or remove the confound",
                    )
        if "site" in columns and others and config["confounds"]["unseen_site"] != "mean":
            raise fault(
                "confounds.unseen_site",
                config["confounds"]["unseen_site"],
                f"mean, since models.{name} names the confound site and cohort {others[0]} may "
                "have sites that the discovery cohort has not",
                "write unseen_site: mean or remove the confound",
            )


def _check_spline(key: str, spline: Mapping[str, Any]) -> None:
    column, knots = spline["column"], spline["knots"]
    if column in ("sex", "site"):
        raise fault(
            f"{key}.column", f"{column!r}", "a column of numbers", f"write {column} without knots"
        )
    for lower, upper in itertools.pairwise(knots):
        if not lower < upper:
            raise fault(f"{key}.knots", f"{upper} after {lower}", "ascending knots", "sort them")
