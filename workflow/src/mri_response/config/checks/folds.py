"""The sections cross_validation and permutation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mri_response.config.messages import fault, shown
from mri_response.config.queries import (
    column_of,
    left_out_column,
)

if TYPE_CHECKING:
    pass


def check_outer(config: Mapping[str, Any]) -> None:
    """Check that the outer folds have the keys that they need in ``cross_validation``.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    cv = config["cross_validation"]
    outer, column = cv["outer"], left_out_column(cv)
    needs = {
        "outer_column": outer in ("leave_one_site_out", "leave_group_out"),
        "held_out": outer == "held_out",
        "outer_folds": outer in ("k_fold", "leave_group_out"),
    }
    for name, needed in needs.items():
        if cv[name] is not None and not needed:
            raise fault(
                f"cross_validation.{name}",
                f"{shown(cv[name])} with outer {outer}",
                f"no {name}, which outer {outer} does not have",
                "remove it or name another outer",
            )
    if outer == "leave_group_out" and column is None:
        raise fault(
            "cross_validation.outer_column",
            "nothing",
            "the column whose values are left out together (outer leave_group_out)",
            "add the key",
        )
    if outer == "held_out" and cv["held_out"] is None:
        raise fault(
            "cross_validation.held_out",
            "nothing",
            "who is held out: a share such as 0.3 or {column: [values]}",
            "add the key",
        )
    if cv["repeats"] > 1 and outer in ("leave_one_site_out", "leave_one_out", "held_out"):
        raise fault(
            "cross_validation.repeats",
            f"{cv['repeats']} with outer {outer}",
            "1, since people are left out in one way only",
            "remove the key",
        )
    if cv["scheme"] == "stratified" and outer != "k_fold":
        raise fault(
            "cross_validation.scheme",
            f"stratified with outer {outer}",
            "label_blind, since folds that are given cannot follow the labels",
            "remove the key",
        )
    if outer in ("leave_one_site_out", "leave_group_out"):
        _check_unseen(config, column, f"outer {outer}")


def check_inner(config: Mapping[str, Any]) -> None:
    """Check that the inner folds have the keys that they need in ``cross_validation``.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    cv = config["cross_validation"]
    inner = cv["inner"]
    needs = {
        "inner_column": inner != "k_fold",
        "inner_folds": inner != "leave_one_site_out",
    }
    for name, needed in needs.items():
        if cv[name] is not None and not needed:
            raise fault(
                f"cross_validation.{name}",
                f"{shown(cv[name])} with inner {inner}",
                f"no {name}, which inner {inner} does not have",
                "remove it or name another inner",
            )
    if inner == "k_fold":
        return
    if inner == "leave_one_site_out" and cv["inner_repeats"] > 1:
        raise fault(
            "cross_validation.inner_repeats",
            f"{cv['inner_repeats']} with inner {inner}",
            "1, since people are left out in one way only",
            "remove the key",
        )
    if inner == "leave_one_site_out" and cv["outer"] == "leave_group_out":
        raise fault(
            "cross_validation.inner",
            f"{inner} with outer leave_group_out",
            "leave_group_out, since the training sets would have different numbers of inner folds",
            "write inner: leave_group_out with inner_folds",
        )
    if cv["scheme"] == "stratified":
        raise fault(
            "cross_validation.scheme",
            f"stratified with inner {inner}",
            "label_blind, since folds that are given cannot follow the labels",
            "remove the key",
        )
    _check_unseen(config, cv["inner_column"], f"inner {inner}")


def _check_unseen(config: Mapping[str, Any], column: str | None, folds: str) -> None:
    """What models learn per site, where some sites are left out as a whole."""
    for name, model in config["models"].items():
        harmonised = (model["harmonise"] or {}).get("column") == column
        confound = column in map(column_of, model["confounds"])
        if (harmonised or confound) and config["confounds"]["unseen_site"] == "error":
            use = f"harmonises by {column}" if harmonised else f"names the confound {column}"
            raise fault(
                "confounds.unseen_site",
                config["confounds"]["unseen_site"],
                f"mean{' or own' if harmonised else ''}, since models.{name} {use} and no model "
                f"has seen the {column} of the people that it is tested on ({folds})",
                f"write unseen_site: mean or remove the {'key' if harmonised else 'confound'}",
            )


def check_permutation(config: Mapping[str, Any]) -> None:
    """Check that labels can be permuted in the way that is asked for.

    Parameters
    ----------
    config : mapping
        The configuration with its defaults.

    Raises
    ------
    InputError
        About the first key that is at fault.
    """
    group, permutation = config["cross_validation"]["group"], config["permutation"]
    if permutation["method"] == "conditional" and group not in (None, permutation["within"]):
        raise fault(
            "permutation.method",
            f"conditional, with families (cross_validation.group: {group})",
            "marginal, since labels of whole families cannot be drawn given confounds",
            "write marginal",
        )
