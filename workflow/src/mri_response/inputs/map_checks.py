"""Whether grey-matter maps can be analysed; maps that passed are not read again."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.threads import in_threads
from mri_response.inputs.images import Grid, open_image, other_grid, read_values

#: A grey-matter map has no value below this ...
LOWEST_VALUE = -0.5
#: ... and 99 % of its positive values are below this (modulation can exceed 1, seldom 2).
HIGHEST_USUAL_VALUE = 2.0
#: Least part of the atlas or mask in which a map must be above 0.
LEAST_COVERAGE = 0.25
# Part of every cached verdict: raise it when a check changes.
_CHECK_VERSION = 2


def check_map(
    path: str | os.PathLike[str],
    grid: Grid,
    inside: np.ndarray | None = None,
    resample: bool = False,
) -> None:
    """Check that a file is a grey-matter map that can be analysed; reads all of it.

    Parameters
    ----------
    path : path-like
        The map's file.
    grid : Grid
        The reference grid.
    inside : ndarray of bool, shape of the grid, optional
        Voxels of the atlas or mask.
    resample : bool, default False
        Whether the map may be on another grid.

    Raises
    ------
    InputError
        One line: the file, what was found, what was expected, what to do.
    """
    image = open_image(path)
    own = Grid.of(image)
    same = grid.matches(own.shape, own.affine)
    if not same and not resample:
        raise InputError(other_grid(path, own, grid))
    values = read_values(image, path)
    finite = np.isfinite(values)
    if not finite.any():
        raise InputError(
            f"{path}: found no number in any voxel (all NaN or infinite), expected a grey-matter "
            "map; make it again"
        )
    if np.isinf(values).any():
        raise InputError(
            f"{path}: found infinite values, expected numbers (or NaN outside the brain); make it "
            "again"
        )
    numbers = values[finite]
    lowest, highest = float(numbers.min()), float(numbers.max())
    if lowest == highest:
        raise InputError(
            f"{path}: found an empty image (the value {lowest:g} everywhere), expected a "
            "grey-matter map; make it again"
        )
    positive = numbers[numbers > 0]
    usual = float(np.quantile(positive, 0.99)) if positive.size else 0.0
    if lowest < LOWEST_VALUE or usual > HIGHEST_USUAL_VALUE:
        raise InputError(
            f"{path}: found values from {lowest:.4g} to {highest:.4g} (99 % of the positive ones "
            f"up to {usual:.4g}), expected grey matter from 0 to about 1; give a grey-matter map, "
            "not a T1w image or a statistic"
        )
    if inside is None:
        return
    if not same:
        inside = _inside_on(own, grid, inside)
    total = int(inside.sum())
    missing = int((~finite & inside).sum())
    if missing:
        raise InputError(
            f"{path}: found NaN in {missing} of {total} voxels of the atlas or mask, expected "
            "numbers there; write 0 where there is no grey matter or use a narrower mask"
        )
    covered = int((inside & (np.where(finite, values, 0) > 0)).sum())
    if covered < LEAST_COVERAGE * total or total == 0:
        part = 100 * covered / total if total else 0
        raise InputError(
            f"{path}: found grey matter in {part:.0f} % of the voxels of the atlas or mask, "
            f"expected at least {100 * LEAST_COVERAGE:.0f} %; give a map in template (MNI) space"
        )


def check_maps(
    paths: Sequence[str | os.PathLike[str]],
    grid: Grid,
    inside: np.ndarray | None = None,
    resample: bool = False,
    cache: str | os.PathLike[str] | None = None,
    threads: int = 2,
) -> None:
    """Check many maps; those that passed before and did not change are not read again.

    Parameters
    ----------
    paths : sequence of path-like
        The maps' files.
    grid, inside, resample
        As in :func:`check_map`.
    cache : path-like, optional
        JSON file in which maps that passed are remembered by path, size, modification time and
        what they were checked against. An unreadable cache counts as none.
    threads : int, default 2
        Maps read at a time.

    Raises
    ------
    InputError
        About the first map that does not pass, with the number of others.
    """
    context = _context(grid, inside, resample)
    passed = _read_cache(cache)
    keys = {os.fspath(path): _cache_key(path, context) for path in paths}
    todo = [path for path, key in keys.items() if key is None or passed.get(key[0]) != key[1]]

    def problem(path: str) -> str | None:
        try:
            check_map(path, grid, inside, resample)
        except InputError as error:
            return str(error)
        return None

    problems = []
    for path, found in zip(todo, in_threads(problem, todo, threads), strict=True):
        if found is not None:
            problems.append(found)
        elif keys[path] is not None:
            passed[keys[path][0]] = keys[path][1]
    if cache is not None and todo:
        with atomic_path(cache) as temporary:
            temporary.write_text(json.dumps(passed, indent=0, sort_keys=True), encoding="utf-8")
    if problems:
        others = len(problems) - 1
        more = f" ({others} more {'map fails' if others == 1 else 'maps fail'} too)"
        raise InputError(problems[0] + (more if others else ""))


def _context(grid: Grid, inside: np.ndarray | None, resample: bool) -> str:
    """Digest of everything but the file on which a verdict depends."""
    digest = hashlib.sha256(repr((_CHECK_VERSION, grid.shape, resample)).encode())
    digest.update(np.round(grid.affine, 6).tobytes())
    if inside is not None:
        digest.update(np.packbits(inside).tobytes())
    return digest.hexdigest()[:16]


def _cache_key(path: str | os.PathLike[str], context: str) -> tuple[str, list[int]] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return f"{context} {os.path.abspath(path)}", [status.st_size, status.st_mtime_ns]


def _read_cache(cache: str | os.PathLike[str] | None) -> dict[str, list[int]]:
    if cache is None:
        return {}
    try:
        content = json.loads(Path(cache).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _inside_on(own: Grid, grid: Grid, inside: np.ndarray) -> np.ndarray:
    """The mask at the centres of another grid's voxels (nearest neighbour)."""
    to_reference = np.linalg.inv(grid.affine) @ own.affine
    result = np.zeros(own.shape, dtype=bool)
    index = np.indices(own.shape[:2]).reshape(2, -1)
    for k in range(own.shape[2]):  # slice by slice: the coordinates of all voxels would be large
        points = np.vstack([index, np.full((1, index.shape[1]), k), np.ones((1, index.shape[1]))])
        nearest = np.rint((to_reference @ points)[:3]).astype(int)
        valid = ((nearest >= 0) & (nearest < np.array(grid.shape)[:, None])).all(axis=0)
        hit = np.zeros(index.shape[1], dtype=bool)
        hit[valid] = inside[tuple(nearest[:, valid])]
        result[:, :, k] = hit.reshape(own.shape[:2])
    return result
