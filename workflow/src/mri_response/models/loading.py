"""Frozen models read from their files, whatever their kind."""

from __future__ import annotations

from mri_response.models.frozen import Frozen
from mri_response.models.hashed import PathLike, read_hashed


def load_frozen(path: PathLike) -> Frozen:
    """Read a frozen model of any kind and verify its hash.

    Parameters
    ----------
    path : path-like
        JSON file of the model; what its keys are tells which kind it is.

    Returns
    -------
    Frozen

    Raises
    ------
    ValueError
        If the file is not what was written.
    """
    text, _ = read_hashed(path)
    if "second_level" in text:
        from mri_response.models.stacking import FrozenStack

        return FrozenStack.load(path)
    if "decision_sha256" in text:
        from mri_response.models.recipe import Recipe  # scikit-learn takes a second to import

        return Recipe.load(path)
    if "harmonise" in text:
        from mri_response.models.harmonised import FrozenHarmonised

        return FrozenHarmonised.load(path)
    from mri_response.models.linear import FrozenLinear

    return FrozenLinear.load(path)
