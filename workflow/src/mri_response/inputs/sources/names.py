"""One name for a FreeSurfer measure, however its version, its table or ENIGMA's script spells it.

Canonical names are those of FreeSurfer 7: ``Left-Thalamus``, ``lh_G_and_S_cingul-Ant_thickness``,
``CerebralWhiteMatterVol``, ``EstimatedTotalIntraCranialVol``. Older spellings are recognised
everywhere, so that a table of FreeSurfer 5 or 6 and a folder of FreeSurfer 7 can serve one model;
`spelled_as` gives a table the spelling of another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, matches, shorten, suggestion

#: The intracranial volume that FreeSurfer estimates, in mm3.
TIV = "EstimatedTotalIntraCranialVol"
_TIV_SPELLINGS = {"estimatedtotalintracranialvol", "etiv", "intracranialvol", "icv"}

#: Measures of a whole hemisphere or brain that no pattern takes: the size of the head and of the
#: surface, and the quality of the surface. They are taken by their full names only.
GLOBALS = (
    *(TIV, "BrainSeg*", "SupraTentorial*", "Mask*", "*-to-eTIV", "*Holes", "NumVert"),
    *("[lr]h_MeanThickness_*", "[lr]h_WhiteSurfArea_*", "[lr]h_NumVert_*"),
)
#: Sums over regions that stand beside the regions themselves. Patterns take them, with a warning.
SUMS = (
    *("TotalGrayVol", "SubCortGrayVol", "CortexVol", "[lr]hCortexVol", "VentricleChoroidVol"),
    *("CerebralWhiteMatterVol", "[lr]hCerebralWhiteMatterVol"),
)
#: Where 0 can be a measurement: structures that many brains do not show, and counts of holes.
MAY_BE_ZERO = (
    *("*WM-hypointensities", "5th-Ventricle", "*-vessel", "Optic-Chiasm", "*-Inf-Lat-Vent"),
    *("*Holes", "*_meancurv", "*_gauscurv", "*_foldind", "*_curvind", "*_thicknessstd"),
)

_ENIGMA_STRUCTURES = {
    "latvent": "Lateral-Ventricle",
    "thal": "Thalamus",
    "caud": "Caudate",
    "put": "Putamen",
    "pal": "Pallidum",
    "hippo": "Hippocampus",
    "hipp": "Hippocampus",
    "amyg": "Amygdala",
    "accumb": "Accumbens-area",
}
_ENIGMA_MEASURES = {"thickavg": "thickness", "surfavg": "area"}
_ENIGMA_GLOBALS = {"Thickness": "MeanThickness_thickness", "SurfArea": "WhiteSurfArea_area"}
_REPEAT = re.compile(r"^(?P<name>.+?)\.(?P<number>[1-9][0-9]?)$")


@lru_cache(maxsize=8192)
def canonical(name: str) -> str:
    """The canonical name of a FreeSurfer measure.

    Parameters
    ----------
    name : str
        A column of a table, a structure of ``aseg.stats`` or a glob pattern over such names.

    Returns
    -------
    str
        The name itself where no older spelling is known.
    """
    if name.lower() in _TIV_SPELLINGS:
        return TIV
    name = name.replace("&", "_and_").replace("Thalamus-Proper", "Thalamus")
    return re.sub(r"^((?:lh|rh)?)CorticalWhiteMatter(Vol)?$", r"\1CerebralWhiteMatter\2", name)


def canonical_enigma(name: str) -> str:
    """The canonical name of a column of ENIGMA's tables.

    Parameters
    ----------
    name : str
        As in ``L_bankssts_thickavg``, ``Rhippo``, ``LSurfArea`` or ``ICV``.

    Returns
    -------
    str
        ``lh_bankssts_thickness``, ``Right-Hippocampus``, ``lh_WhiteSurfArea_area`` and
        `TIV`; any other name is that of `canonical`.
    """
    cortical = re.fullmatch(r"([LR])_(.+)_(thickavg|surfavg)", name)
    if cortical:
        side, label, measure = cortical.groups()
        return canonical(f"{side.lower()}h_{label}_{_ENIGMA_MEASURES[measure]}")
    side, rest = name[:1], name[1:]
    if side in ("L", "R") and rest in _ENIGMA_GLOBALS:
        return f"{side.lower()}h_{_ENIGMA_GLOBALS[rest]}"
    if side in ("L", "R") and rest.lower() in _ENIGMA_STRUCTURES:
        return f"{'Left' if side == 'L' else 'Right'}-{_ENIGMA_STRUCTURES[rest.lower()]}"
    return canonical(name)


def repeated(name: str, names: Iterable[str]) -> str | None:
    """The column that a column such as ``eTIV.1`` repeats; None where it repeats none.

    Parameters
    ----------
    name : str
        A column of a table that R or pandas merged from several.
    names : iterable of str
        All columns of the table.
    """
    found = _REPEAT.match(name)
    return found["name"] if found and found["name"] in set(names) else None


def is_global(name: str) -> bool:
    """Whether a measure is one of `GLOBALS`, which no pattern takes; ``name`` in any spelling."""
    return _listed(name, GLOBALS)


def is_sum(name: str) -> bool:
    """Whether a measure is one of `SUMS`, over regions beside it; ``name`` in any spelling."""
    return _listed(name, SUMS)


@lru_cache(maxsize=8192)
def may_be_zero(name: str) -> bool:
    """Whether 0 can be a measurement under this name and need not stand for a missing value."""
    return _listed(name, MAY_BE_ZERO)


def select(
    columns: Sequence[str],
    patterns: Sequence[str] = ("*",),
    exclude: Sequence[str] = (),
    source: str = "source",
) -> tuple[list[str], list[str]]:
    """The measures that a feature set takes, by patterns in any spelling.

    Parameters
    ----------
    columns : sequence of str
        Measures of a source; columns of identifiers are passed over.
    patterns : sequence of str
        Names or glob patterns (``*``, ``?``), as in ``lh_G&S_*_thickness``. A pattern takes no
        measure of `GLOBALS` and no repeat such as ``eTIV.1``; a full name takes any.
    exclude : sequence of str
        Names or patterns of measures to leave out.
    source : str
        What the measures are from, for messages.

    Returns
    -------
    taken : list of str
        In the order and spelling of ``columns``.
    sums : list of str
        Those of them that are sums over regions, for a warning.

    Raises
    ------
    InputError
        If a name or pattern matches nothing.
    """
    measures = [column for column in columns if column not in ID_COLUMNS]
    for pattern in (*patterns, *exclude):
        if not any(_matches(column, pattern) for column in measures):
            raise InputError(
                f"{source}: found no measure matching {pattern!r}, expected at least one; "
                f"{suggestion(pattern, measures)}the measures are {shorten(measures, 4)}"
            )
    by_name = {canonical(pattern) for pattern in patterns if not _is_pattern(pattern)}
    taken = []
    for column in measures:
        wanted = canonical(column) in by_name or (
            any(_matches(column, pattern) for pattern in patterns)
            and not is_global(column)
            and repeated(column, measures) is None
        )
        if wanted and not any(_matches(column, pattern) for pattern in exclude):
            taken.append(column)
    return taken, [column for column in taken if is_sum(column)]


def spelled_as(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """A table with the spelling of another one.

    Parameters
    ----------
    frame : pandas.DataFrame
        Measures in columns, in any spelling.
    names : iterable of str
        The wanted names, as in a model's features: what means the same measure is renamed to it.

    Returns
    -------
    pandas.DataFrame
        All columns in the order of the frame.

    Raises
    ------
    InputError
        If two of the names, or two of the columns, mean one measure.
    """
    wanted = _by_canonical(names)
    own = _by_canonical(frame.columns)
    return frame.rename(
        columns={column: wanted[measure] for measure, column in own.items() if measure in wanted}
    )


def spelled_for(table: pd.DataFrame, patterns: Iterable[str]) -> pd.DataFrame:
    """A table of regions in the spelling of what is asked of it.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns in any version's spelling.
    patterns : iterable of str
        Names or glob patterns. One that fits a column as it is written changes nothing.

    Returns
    -------
    pandas.DataFrame
        Where a name fits one column in its canonical spelling alone, the column has that name.
        Where a pattern does, the columns have their canonical names written as in the pattern.
    """
    names = {}
    for pattern in patterns:
        if any(matches(column, [pattern]) for column in table):
            continue
        fitting = [column for column in table if _matches(column, pattern)]
        if len(fitting) == 1 and not _is_pattern(pattern):
            names[fitting[0]] = pattern
        for column in fitting if _is_pattern(pattern) else ():
            other = next((name for name in _spellings(column) if matches(name, [pattern])), None)
            if other:
                names[column] = other
    return table.rename(columns=names)


def _spellings(name: str) -> list[str]:
    """A canonical name as older versions write it."""
    name = canonical(name)
    return [
        name.replace("_and_", "&"),
        re.sub("-Thalamus$", "-Thalamus-Proper", name),
        re.sub("CerebralWhiteMatter", "CorticalWhiteMatter", name),
    ]


def _by_canonical(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        other = found.setdefault(canonical(name), name)
        if other != name:
            raise InputError(
                f"found {other!r} and {name!r}, two spellings of one measure, expected one of "
                "them; remove the other column"
            )
    return found


def _listed(name: str, patterns: Sequence[str]) -> bool:
    return matches(canonical(name), patterns)


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _matches(column: str, pattern: str) -> bool:
    return matches(column, [pattern]) or matches(canonical(column), [canonical(pattern)])
