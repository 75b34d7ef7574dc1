"""Covariates that say nothing, or nothing more than what a model has beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mri_response.core.errors import InputError

# Part of a column's sum of squares below which nothing is left of it but rounding.
_NOTHING = 1e-10


def redundant(columns: Mapping[str, NDArray], beside: Sequence[NDArray] = ()) -> dict[str, str]:
    """Covariates that are constant, or follow from others.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,) or (n, k)
        Each covariate as numbers, a category as its indicators (none where it has one level), in
        the order of the model; rows with NaN in any of them are left out.
    beside : sequence of ndarray, shape (n,) or (n, k)
        What the model has before them, such as indicators of arms or sites.

    Returns
    -------
    dict of str to str
        Name to what was found: ``no value``, ``12 for everybody``, or ``values that follow from``
        and the names of the covariates before it (from a constant and ``beside`` where it is the
        first).
    """
    parts = {name: _two_dimensional(values) for name, values in columns.items()}
    before = [name for name in parts if np.isfinite(parts[name]).any()]
    found = {
        name: "no value" if values.shape[1] else "one value for everybody"
        for name, values in parts.items()
        if name not in before
    }
    if not before:
        return found
    known = np.isfinite(np.hstack([parts[name] for name in before])).all(axis=1)
    model = [np.ones((int(known.sum()), 1)), *(_two_dimensional(one)[known] for one in beside)]
    for place, name in enumerate(before):
        own = parts[name][known]
        centred = own - own.mean(axis=0) if len(own) else own
        if not centred.any():
            one = f"{own[0, 0]:g} for everybody" if len(own) else "no value beside the others"
            found[name] = "one value for everybody" if own.shape[1] > 1 else one
            continue
        size = np.sqrt((centred**2).sum(axis=0))
        scaled = centred[:, size > 0] / size[size > 0]
        design = np.hstack(model)
        left = scaled - design @ np.linalg.lstsq(design, scaled, rcond=None)[0]
        if (left**2).sum() < _NOTHING * scaled.shape[1]:
            others = [other for other in before[:place] if other not in found]
            found[name] = f"values that follow from {', '.join(others) or 'what is beside it'}"
        model.append(scaled)
    return found


def check_covariates(
    columns: Mapping[str, NDArray],
    path: str,
    key: str,
    beside: Sequence[NDArray] = (),
    what: str | None = None,
) -> None:
    """Check that every covariate says something.

    Parameters
    ----------
    columns, beside
        See `redundant`.
    path : str
        The table, for the message.
    key : str
        Key of the configuration that names the covariates.
    what : str, optional
        What stands beside them, in words.

    Raises
    ------
    InputError
        Naming the first that does not.
    """
    for column, found in redundant(columns, beside).items():
        shown = found.replace("what is beside it", what or "a constant")
        also = f" and {what}" if what and "follow from" in shown and what not in shown else ""
        raise InputError(
            f"{path}: column {column}: found {shown}{also}, expected values that differ between "
            f"people and say something more; leave it out ({key})"
        )


def _two_dimensional(values: NDArray) -> NDArray:
    array = np.asarray(values, dtype=float)
    return array[:, None] if array.ndim == 1 else array
