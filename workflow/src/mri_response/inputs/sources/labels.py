"""Structures of stats files: who has others than most people, and which are empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mri_response.core.tables import shorten
from mri_response.inputs.sources.names import canonical, may_be_zero
from mri_response.inputs.sources.record import Entry, State, left_out
from mri_response.inputs.sources.stats import Stats

#: Labels per hemisphere of FreeSurfer's parcellations; fewer are a file that was cut.
N_LABELS = {
    "aparc": 34,
    "aparc.a2009s": 74,
    "aparc.DKTatlas": 31,
    "aparc.DKTatlas.mapped": 31,
}
# Stats of volumes by the first part of their names; every other file is one of two hemispheres.
_VOLUMES = {"aseg", "wmparc", "brainvol", "cerebellum", "hypothalamus"}


def check_labels(entries: Sequence[Entry], found: Sequence[Mapping[str, Stats]]) -> list[Entry]:
    """Leave out people whose file has other structures than most people's file of that name.

    Parameters
    ----------
    entries : sequence of Entry
        One for each person.
    found : sequence of mapping of str to Stats
        The files of each person by name, as in ``lh.aparc``.

    Returns
    -------
    list of Entry
        Those that are left out are in the state `State.OTHER_LABELS`. A volume that can be 0 may be
        absent, since FastSurfer leaves empty structures out.
    """
    counts: dict[str, Counter[str]] = {}
    numbers: Counter[str] = Counter()
    for stats in found:
        for name, item in stats.items():
            counts.setdefault(name, Counter()).update(canonical(label) for label in item.rows)
            numbers[name] += 1
    usual = {
        name: {label for label, n in labels.items() if 2 * n >= numbers[name]}
        for name, labels in counts.items()
    }
    return [
        entry
        if (reason := _other_labels(stats, usual)) is None
        else left_out(entry, reason, State.OTHER_LABELS)
        for entry, stats in zip(entries, found, strict=True)
    ]


def _other_labels(stats: Mapping[str, Stats], usual: Mapping[str, set[str]]) -> str | None:
    for name, item in stats.items():
        own = {canonical(label) for label in item.rows}
        volume = is_volume(name)
        lacks = {label for label in usual[name] - own if not (volume and may_be_zero(label))}
        extra = {label for label in own - usual[name] if not (volume and may_be_zero(label))}
        least = 0 if volume else N_LABELS.get(name.split(".", 1)[1], 0)
        if lacks or extra:
            which = f"lacks {shorten(sorted(lacks), 3)}" if lacks else ""
            more = f"has {shorten(sorted(extra), 3)} more" if extra else ""
            return f"{item.path}: {' and '.join(filter(None, (which, more)))} than most people have"
        if len(own) < least:
            return f"{item.path}: has {len(own)} regions, expected {least}"
    return None


def fill_empty(
    rows: Sequence[dict[str, float]], entries: Sequence[Entry]
) -> list[dict[str, float]]:
    """Write the volume 0 for structures that FastSurfer leaves out where they are empty.

    Parameters
    ----------
    rows : sequence of dict of str to float
        The values of each person by canonical name.
    entries : sequence of Entry
        One for each person; structures are taken from those that were read.

    Returns
    -------
    list of dict
    """
    read = [row for row, entry in zip(rows, entries, strict=True) if entry.state is State.READ]
    empty = {
        name for row in read for name in row if may_be_zero(name) and not name.endswith("Holes")
    }
    volumes = {name for name in empty if not name.startswith(("lh_", "rh_"))}
    return [{**row, **dict.fromkeys(volumes - row.keys(), 0.0)} if row else row for row in rows]


def is_volume(stats: str) -> bool:
    """Whether a stats file is of the whole brain and not of one hemisphere.

    Parameters
    ----------
    stats : str
        Its name without ending, as in ``aseg+DKT``.
    """
    return stats.replace("+", ".").split(".")[0] in _VOLUMES
