"""Compilation of functions to machine code by numba, and its cache on disk."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import numpy as np
from numba import njit

_HOW = {"fastmath": {"contract"}, "error_model": "numpy"}
# Functions that allocate nothing need not count who refers to an array at each of their calls,
# which takes a tenth of the time (numba's issue 2345 names this option).
_LEAN = {"_nrt": False, "error_model": "numpy"}

with_memory = njit(**_HOW)
compiled = njit(fastmath={"contract"}, **_LEAN)
summed = njit(fastmath={"contract", "reassoc"}, **_LEAN)  # sums in parallel parts


@njit(fastmath={"nnan", "nsz", "reassoc"}, **_LEAN)
def smallest(values):
    """Smallest of some numbers, none of which is missing.

    Parameters
    ----------
    values : numpy.ndarray
        Vector.

    Returns
    -------
    float
        Infinite if there is none.
    """
    least = np.inf
    for a in range(len(values)):
        least = min(least, values[a])
    return least


def cached(function: Callable) -> Callable:
    """Compile a function that Python calls, and keep it beside the source or in the user's cache.

    Parameters
    ----------
    function : callable
        Encloses `sources` of the modules whose functions it calls: numba notices what a function
        encloses, but not when functions change in other files.

    Returns
    -------
    callable
    """
    try:
        return njit(cache=True, **_HOW)(function)
    except RuntimeError:  # no folder can be written
        return with_memory(function)


def sources(*modules: ModuleType) -> str:
    """Hash of the source of some modules.

    Parameters
    ----------
    *modules : module
        Modules with a file each.

    Returns
    -------
    str
    """
    return sha256(b"".join(Path(m.__file__).read_bytes() for m in modules)).hexdigest()
