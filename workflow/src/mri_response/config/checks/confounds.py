"""The confounds of the models."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Any

from mri_response.config.messages import fault
from mri_response.config.queries import column_of, declared_categories, used_confounds
from mri_response.core.tables import shorten, suggestion
from mri_response.core.vocabulary import Role


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
    _check_categorical(config)
    categorical = declared_categories(config)
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
            if "knots" in confound and not isinstance(confound, str):
                _check_spline(f"{key}[{position}]", confound, categorical)
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
        if "site" in columns and others and config["confounds"]["unseen_site"] == "error":
            raise fault(
                "confounds.unseen_site",
                config["confounds"]["unseen_site"],
                f"mean, since models.{name} names the confound site and cohort {others[0]} may "
                "have sites that the discovery cohort has not",
                "write unseen_site: mean or remove the confound",
            )


def _check_categorical(config: Mapping[str, Any]) -> None:
    used = used_confounds(config)
    for position, column in enumerate(config["confounds"]["categorical"]):
        key = f"confounds.categorical[{position}]"
        if column in ("age", "tiv"):
            raise fault(
                key, f"{column!r}, which is a number", "a column of categories", "remove it"
            )
        if column not in used:
            raise fault(
                key,
                repr(column),
                f"a confound of some model ({shorten(used) or 'none has one'})",
                f"{suggestion(column, used)}correct it or remove it",
            )


def _check_spline(key: str, spline: Mapping[str, Any], categorical: Collection[str]) -> None:
    column, knots = spline["column"], spline["knots"]
    if column in categorical:
        raise fault(
            f"{key}.column", f"{column!r}", "a column of numbers", f"write {column} without knots"
        )
    for lower, upper in itertools.pairwise(knots):
        if not lower < upper:
            raise fault(f"{key}.knots", f"{upper} after {lower}", "ascending knots", "sort them")
