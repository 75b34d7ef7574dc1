"""Compilation of functions to machine code by numba, and its cache on disk."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from numba import njit

_HOW = {"fastmath": {"contract"}, "error_model": "numpy"}

compiled = njit(**_HOW)
summed = njit(fastmath={"contract", "reassoc"}, error_model="numpy")  # sums in parallel parts


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
        return compiled(function)


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
