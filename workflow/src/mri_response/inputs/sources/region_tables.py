"""Tables of regions as FreeSurfer's and ENIGMA's scripts write them, one or several per source.

``asegstats2table`` and ``aparcstats2table`` put what was measured into the first cell of the header
(``Measure:volume``, ``lh.aparc.thickness``) and the name of a person's folder under it. ENIGMA's
tables begin with ``SubjID``; some hospitals split it into two columns for person and session.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.provenance import file_sha256
from mri_response.core.tables import ID_COLUMNS, shorten
from mri_response.inputs.sources.ids import NEAR, Spellings
from mri_response.inputs.sources.merged import join_tables, without_repeats
from mri_response.inputs.sources.names import TIV, canonical, canonical_enigma
from mri_response.inputs.sources.record import Entry, Source, State, fill, identities, record_of
from mri_response.inputs.sources.zeros import zeros_as_missing
from mri_response.inputs.tables import is_text, numbers
from mri_response.inputs.text import TableFormat, is_missing, read_rows
from mri_response.inputs.volumes import PLAUSIBLE_ML, UNITS, check_tiv

_FIRST_CELL = re.compile(
    r"Measure:(?P<measure>\w+)|(?P<side>[lr]h)\.(?P<parcellation>.+)\.(?P<kind>\w+)"
)
_TAB = "\t"
_ID_NAMES = {"participant_id", "subjid", "subject", "subject_id", "subjectid", "subj", "id", ""}
_CAT12_ID = "names"  # above the scans (catROI_<scan>) in the tables of CAT12's ROI tool
_SESSION_NAMES = {"session_id", "session", "visit", "timepoint"}
# A first column that holds such names is a header that was turned round.
_STRUCTURES = re.compile(r"(Left|Right)-[A-Z].*|[lr]h_.+_(area|volume|thickness)|[LR]_.+avg")
_HEMISPHERE = re.compile(r"[lr]h_.+")


@dataclass(frozen=True)
class TableRequest:
    """How tables of regions name people and numbers.

    Attributes
    ----------
    subject : str, optional
        A person's name in the first column, with ``{participant_id}`` and ``{session_id}``.
        Without it the name is ``<participant>``, and for people with sessions
        ``<participant>_<session>`` or ``<participant>_<session>.long.<participant>``.
    id_column, session_column : str, optional
        Columns of person and session; without them the first column, and a second one that is
        named as sessions usually are.
    form : TableFormat
        How the files are written.
    """

    subject: str | None = None
    id_column: str | None = None
    session_column: str | None = None
    form: TableFormat = field(default_factory=lambda: TableFormat(separators="\t,; "))


#: Tables as the scripts write them.
AS_WRITTEN = TableRequest()


@dataclass(frozen=True)
class RegionTable:
    """One file.

    Attributes
    ----------
    path : Path
    program : str
        ``FreeSurfer``, ``ENIGMA`` or ``CAT12``.
    names : pandas.Series
        A person's name in the file, or name and session joined by a tab; indexed by line.
    measures : pandas.DataFrame
        Numbers under canonical names, indexed by line.
    has_sessions : bool
        Whether the file has a column of sessions.
    """

    path: Path
    program: str
    names: pd.Series
    measures: pd.DataFrame
    has_sessions: bool


def read_region_tables(
    paths: Sequence[str | os.PathLike[str]],
    people: pd.DataFrame,
    request: TableRequest = AS_WRITTEN,
) -> Source:
    """Values of some people from tables that FreeSurfer's or ENIGMA's scripts wrote.

    Parameters
    ----------
    paths : sequence of path-like
        Tables of the same people, such as both hemispheres' thickness and the volumes.
    people : pandas.DataFrame
        ``participant_id`` and, where wanted, ``session_id``, as text.
    request : TableRequest
        How the tables name people and numbers.

    Returns
    -------
    Source
        Columns have canonical names. A 0 that stands for missing is missing and listed in
        ``zeros``; a measure that is 0 for everyone is left out with a warning.

    Raises
    ------
    InputError
        If a table is transposed or ambiguous, holds something else than numbers, names a person
        twice or a measure twice with different values, or nobody is in it.
    """
    tables = [read_region_table(path, request) for path in paths]
    measures, warnings = join_tables([(str(t.path), t.names, t.measures) for t in tables])
    warnings += _check_tiv(measures, tables)
    source = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    measures, zeros, told = zeros_as_missing(measures, str(source))
    wanted = _wanted(people, tables, request)
    rows: list[str | None] = []
    entries: list[Entry] = []
    spellings = [Spellings(table.names) for table in tables]
    held = [set(table.names) for table in tables]
    hashes = {str(table.path): file_sha256(table.path) for table in tables}
    for names in wanted:
        entry, name = _entry(names, tables, held, spellings, hashes)
        entries.append(entry)
        rows.append(name)
    _require_someone(people, entries, tables[0].names)
    known = [row for row in rows if row is not None]
    keys = [key for key in ID_COLUMNS if key in people]
    read = people.loc[[row is not None for row in rows], keys].reset_index(drop=True)
    table = pd.concat([read, measures.loc[known].reset_index(drop=True)], axis=1)
    zeros = zeros.loc[known].reset_index(drop=True)
    listed = [read[zeros[column]].assign(column=column) for column in zeros]
    nothing = pd.DataFrame(columns=[*keys, "column"], dtype=object)
    return Source(
        table,
        record_of(people, entries),
        (*warnings, *told),
        pd.concat([nothing, *listed], ignore_index=True),
    )


def read_region_table(
    path: str | os.PathLike[str], request: TableRequest = AS_WRITTEN
) -> RegionTable:
    """One table of FreeSurfer's or ENIGMA's scripts.

    Parameters
    ----------
    path : path-like
        The file; tabs, commas, semicolons or spaces separate its columns.
    request : TableRequest
        How the table names people and numbers.

    Returns
    -------
    RegionTable

    Raises
    ------
    InputError
        If the table is transposed or ambiguous, holds something else than numbers, or names a
        person or a measure twice.
    """
    path = Path(path)
    rows = read_rows(path, request.form)
    if not rows.cells:
        raise InputError(f"{path}: found a header and no rows, expected one row per person")
    columns = _numbered(rows.header)
    frame = pd.DataFrame(
        [
            [np.nan if is_missing(cell, request.form.missing) else cell for cell in row]
            for row in rows.cells
        ],
        columns=columns,
        index=pd.Index(rows.lines, name="line"),
        dtype=object,
    )
    id_column, session_column = _id_columns(path, columns, request)
    _check_layout(path, id_column, frame)
    names = _names(path, frame, id_column, session_column)
    keys = [id_column] if session_column is None else [id_column, session_column]
    program, measures = _measures(path, frame.drop(columns=keys))
    program = "CAT12" if id_column == _CAT12_ID else program
    return RegionTable(path, program, names, measures, session_column is not None)


def _numbered(header: Sequence[str]) -> list[str]:
    """Names of columns, a second ``eTIV`` as ``eTIV.1``, as R and pandas write it."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        n = seen.get(name, 0)
        seen[name] = n + 1
        names.append(f"{name}.{n}" if n else name)
    return names


def _id_columns(
    path: Path, columns: Sequence[str], request: TableRequest
) -> tuple[str, str | None]:
    for key, name in (("id_column", request.id_column), ("session_column", request.session_column)):
        if name is not None and name not in columns:
            raise InputError(
                f"{path}: {key}: found no column {name!r}, expected it among "
                f"{shorten(columns, 4)}; correct it"
            )
    first = request.id_column or columns[0]
    if request.id_column is None and not (
        _FIRST_CELL.fullmatch(first) or first.lower() in _ID_NAMES | {_CAT12_ID}
    ):
        raise InputError(
            f"{path}: line 1: found {first!r} above the first column, expected what FreeSurfer's "
            "scripts write there (Measure:volume, lh.aparc.thickness), SubjID or participant_id; "
            "name the column of people with id_column"
        )
    second = columns[1] if len(columns) > 1 and columns[1].lower() in _SESSION_NAMES else None
    return first, request.session_column or second


def _check_layout(path: Path, id_column: str, frame: pd.DataFrame) -> None:
    """Refuse a table whose rows are regions or whose columns do not say what they measure."""
    turned = frame[id_column].dropna().map(lambda cell: bool(_STRUCTURES.fullmatch(cell)))
    if turned.any():
        line = int(turned.idxmax())
        raise InputError(
            f"{path}: line {line}: found the region {frame.loc[line, id_column]!r} in the first "
            "column, expected people there; the table was made with --transpose: make it without"
        )
    first = _FIRST_CELL.fullmatch(id_column)
    if first is None:
        return
    if first["measure"] not in (None, "volume"):
        raise InputError(
            f"{path}: line 1: found {id_column!r}, expected Measure:volume, since the columns are "
            "named alike for all measures; make the table with --meas volume"
        )
    if first["side"] and not any(_HEMISPHERE.fullmatch(name) for name in frame.columns):
        raise InputError(
            f"{path}: line 1: found names without hemisphere and measure "
            f"({shorten(frame.columns[1:], 2)}), expected lh_..._{first['kind']}; the table was "
            "made with --parcid-only: make it without"
        )


def _names(path: Path, frame: pd.DataFrame, id_column: str, session: str | None) -> pd.Series:
    for column in filter(None, (id_column, session)):
        if frame[column].isna().any():
            line = int(frame[column].isna().idxmax())
            raise InputError(
                f"{path}: line {line}: column {column!r}: found no name, expected one in every "
                "row; fill it or remove the row"
            )
    names = frame[id_column] if session is None else frame[id_column] + "\t" + frame[session]
    again = names.duplicated()
    if again.any():
        line = int(again.idxmax())
        raise InputError(
            f"{path}: line {line}: found {_told(names[line])} again (first on line "
            f"{int(names.index[(names == names[line]).argmax()])}), expected each once; remove one "
            "of the rows, or name the column of sessions with session_column"
        )
    return names.rename("name")


def _measures(path: Path, frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    texts = [column for column in frame if is_text(frame[column])]
    taken = {column: numbers(frame, column, path) for column in frame if column not in texts}
    if not taken:
        raise InputError(
            f"{path}: found no column of numbers beside the people, expected one per region"
        )
    enigma = any(canonical_enigma(name) != canonical(name) for name in taken)
    measures = without_repeats(pd.DataFrame(taken, index=frame.index), str(path))
    rename = canonical_enigma if enigma else canonical
    renamed = [rename(name) for name in measures]
    for place, name in enumerate(renamed):
        if name in renamed[:place]:
            raise InputError(
                f"{path}: line 1: found {measures.columns[renamed.index(name)]!r} and "
                f"{measures.columns[place]!r}, two names of one measure, expected one of them; "
                "remove the other column"
            )
    return ("ENIGMA" if enigma else "FreeSurfer"), measures.set_axis(renamed, axis=1)


def _check_tiv(measures: pd.DataFrame, tables: Sequence[RegionTable]) -> list[str]:
    """Stop where the volumes of most heads cannot be in mm3; a warning where those of a few."""
    if TIV not in measures:
        return []
    path = next(table.path for table in tables if TIV in table.measures)
    values = measures[TIV].mask(measures[TIV] == 0) * UNITS["mm3"]
    wrong = values.notna() & ~values.between(*PLAUSIBLE_ML)
    if 2 * wrong.sum() > values.notna().sum():
        where = pd.Series([f"{path}: {_told(name)}" for name in values.index], index=values.index)
        check_tiv(values, where, "mm3")
    if not wrong.any():
        return []
    told = [f"{name} ({value:g} ml)" for name, value in values[wrong].items()]
    return [
        f"{path}: found a total intracranial volume outside {PLAUSIBLE_ML[0]:g} to "
        f"{PLAUSIBLE_ML[1]:g} ml for {shorten(told, 3)}; look at these scans and leave them out"
    ]


def _wanted(
    people: pd.DataFrame, tables: Sequence[RegionTable], request: TableRequest
) -> list[list[str]]:
    """For each person the names under which a table may have them."""
    has_sessions = {table.has_sessions for table in tables}
    if len(has_sessions) > 1:
        raise InputError(
            f"{tables[0].path}: found tables with and without a column of sessions, expected all "
            "alike; name the column with session_column"
        )
    with_sessions = has_sessions == {True}
    if with_sessions and "session_id" not in people:
        raise InputError(
            f"{tables[0].path}: found a column of sessions, expected session_id beside every "
            "participant_id; add it to the table of people"
        )
    names = []
    for person, session in identities(people):
        if request.subject is not None:
            name = fill(request.subject, person, session, "subject")
            names.append([f"{name}\t{session}" if with_sessions else name])
        elif session is None:
            names.append([person])
        elif with_sessions:
            names.append([f"{person}\t{session}"])
        else:
            names.append([f"{person}_{session}", f"{person}_{session}.long.{person}"])
    return names


def _entry(
    names: Sequence[str],
    tables: Sequence[RegionTable],
    held: Sequence[set[str]],
    spellings: Sequence[Spellings],
    hashes: dict[str, str],
) -> tuple[Entry, str | None]:
    there = [name for name in names if any(name in found for found in held)]
    if len(there) > 1:
        raise InputError(
            f"{tables[0].path}: found {_told(there[0])} and {_told(there[1])}, expected one row "
            "per person and session; name it with the key subject"
        )
    name = there[0] if there else names[0]
    for table, found, near in zip(tables, held, spellings, strict=True):
        if name not in found:
            reason = f"{table.path}: found no row {_told(name)}"
            other = near.near(name)
            if other:
                reason += f", but {_told(other[0])}: {NEAR} {other[1]}"
            elif beside := [row for row in found if row.startswith(name.split("\t")[0] + "\t")]:
                reason += f", but {', '.join(map(_told, sorted(beside)[:3]))}"
            return Entry(State.NO_ROW, reason=reason), None
    return Entry(State.READ, hashes, tables[0].program), name


def _require_someone(people: pd.DataFrame, entries: Sequence[Entry], names: pd.Series) -> None:
    if len(people) and all(entry.state is not State.READ for entry in entries):
        raise InputError(
            f"{entries[0].reason}, and none of anyone else; the rows are "
            f"{shorten(names.str.replace(_TAB, ' '), 2)}: correct the key subject, as in subject: "
            f'"{_pattern(people, names)}"'
        )


def _pattern(people: pd.DataFrame, names: pd.Series) -> str:
    """How rows are named after people, where the first row says it, else an example."""
    first = names.iloc[0].partition(_TAB)[0]
    person = next((who for who in people["participant_id"] if who in first), None)
    return first.replace(person, "{participant_id}") if person else "FS_{participant_id}"


def _told(name: str) -> str:
    person, _, session = name.partition("\t")
    return f"{person!r} session {session!r}" if session else repr(person)
