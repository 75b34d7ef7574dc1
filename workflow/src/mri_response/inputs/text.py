"""Text files of users as rows of cells, in the formats that hospitals and programs write."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.inputs.pointers import LONGEST_POINTER, broken_link, pointer
from mri_response.inputs.sources.ids import visible
from mri_response.inputs.workbook import SIGNATURE, read_sheet

#: Separators of a table and how messages call them.
SEPARATORS = {"\t": "tab", ",": "comma", ";": "semicolon", " ": "space"}
#: What is read as a missing value in a user's table, beside the empty cell.
MISSING_TEXTS = frozenset({"", "n/a", "na", "nan"})

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GZIP = b"\x1f\x8b"
# How files begin that go by the name of a table, in lower case.
_OTHER_FILES = {
    b"$fl2@(#)": "a data file of SPSS",
    b"$fl3@(#)": "a data file of SPSS",
    b"<stata_dta>": "a data file of Stata",
    b"<!doctype html": "a page of HTML, which some programs call .xls",
    b"<html": "a page of HTML, which some programs call .xls",
    b"<table": "a page of HTML, which some programs call .xls",
    b"<?xml": "a document of XML",
    b"{\\rtf": "a text document (RTF)",
    b"%pdf": "a PDF",
}


@dataclass(frozen=True)
class TableFormat:
    """How a user's table is written, where that cannot be seen in it.

    Attributes
    ----------
    separators : str
        Those that may be, first the preferred: the first that the header has is taken. A space
        stands for any number of spaces or tabs.
    encoding : str
        Of the text, by Python's name: ``utf-8``, ``cp1252`` (Windows in western Europe),
        ``latin-1``, ``utf-16``.
    decimal : {".", ",", "auto"}
        Sign between whole and part in numbers. With a comma, every cell that is such a number is
        read with a point; ``auto`` is a comma in tables that semicolons separate, as spreadsheets
        write them where the comma is the decimal sign, and a point in all others.
    missing : tuple of str
        Texts that stand for a missing value, beside the empty cell, ``n/a``, ``NA`` and ``NaN``,
        as in ``-9999``.
    row_names : bool
        Whether a first column without a name holds the numbers of rows, which R and pandas write
        there, and is passed over.
    sheet : str, optional
        Sheet of an Excel workbook; None where it has one.
    """

    separators: str = "\t,;"
    encoding: str = "utf-8"
    decimal: str = "."
    missing: tuple[str, ...] = ()
    row_names: bool = False
    sheet: str | None = None

    @classmethod
    def from_config(cls, section: Mapping[str, Any], separators: str = separators) -> TableFormat:
        """The format that a section of the configuration gives.

        Parameters
        ----------
        section : mapping
            Section ``format`` of a cohort, of its scores or of a source.
        separators : str
            See the attribute.
        """
        return cls(
            separators=separators,
            encoding=section["encoding"],
            decimal=section["decimal"],
            missing=tuple(str(code) for code in section["missing"]),
            sheet=section["sheet"],
        )


#: UTF-8 with decimal points, separated by tabs, commas or semicolons.
PLAIN = TableFormat()


@dataclass(frozen=True)
class Rows:
    """Cells of a table.

    Attributes
    ----------
    header : list of str
        Without empty cells at the right end.
    cells : list of list of str
        As long as the header, without spaces around the text.
    lines : list of int
        Line of each row in the file; the header is usually line 1.
    separator : str
        One of `SEPARATORS`.
    """

    header: list[str]
    cells: list[list[str]]
    lines: list[int]
    separator: str


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Text of a file, compressed by gzip or not, with the line ends of Unix.

    Letters with accents are brought to one Unicode form (NFC) and characters that cannot be seen
    are left out, since names would differ by them that look alike.

    Parameters
    ----------
    path : Path
        A byte order mark is passed over.
    encoding : str
        Python's name of it.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the file is missing, cannot be read or is no text of this encoding.
    """
    return _decoded(path, _read_bytes(path), encoding)


def _decoded(path: Path, raw: bytes, encoding: str) -> str:
    if raw.startswith(_GZIP):
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(
                f"{path}: found a damaged gzip file ({error}), expected a table; copy it again"
            ) from None
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise InputError(
            f"{path}: encoding: found {encoding!r}, expected a name that Python knows, such as "
            "utf-8, cp1252 or utf-16; correct it"
        ) from None
    if not name.startswith("utf-16"):
        _refuse_binary(path, raw)
    try:
        text = raw.decode("utf-8-sig" if name == "utf-8" else name)
    except UnicodeDecodeError as error:
        if name == "utf-8":
            line = raw.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"{path}: line {line}: found a byte that is not UTF-8, expected UTF-8 text; save "
                "the table as UTF-8"
            ) from None
        raise InputError(
            f"{path}: found bytes that are not {encoding}, expected {encoding} text; correct the "
            "encoding"
        ) from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return visible(text)


def read_rows(path: Path, form: TableFormat = PLAIN) -> Rows:
    """Cells of a table, with the lines where they stand.

    Parameters
    ----------
    path : Path
        A byte order mark, Windows line ends, spaces around cells, quotes, blank lines and empty
        columns at the right end (Excel leaves them) are accepted.
    form : TableFormat
        How the table is written.

    Returns
    -------
    Rows

    Raises
    ------
    InputError
        If the file cannot be read, is empty or has rows of unequal length.
    """
    raw = _read_bytes(path)
    if raw.startswith(SIGNATURE):
        found, lines = read_sheet(path, raw, form.sheet)
        separator, cells = "\t", [[visible(cell) for cell in row] for row in found]
    elif form.sheet is not None:
        raise InputError(
            f"{path}: format.sheet: found {form.sheet!r} for a file that is no Excel workbook "
            "(.xlsx), expected none; remove the key"
        )
    else:
        text = _decoded(path, raw, form.encoding)
        separator = _separator(path, next(iter(text.strip().splitlines()), ""), form.separators)
        cells, lines = _split(path, text, separator)
    if not cells:
        raise InputError(f"{path}: found an empty file, expected a table with a header")
    if not (form.row_names and not cells[0][0]):
        _refuse_header_below(path, cells, lines)
    header, first_line, cells, lines = cells[0], lines[0], cells[1:], lines[1:]
    other_width = bool(cells) and len(cells[0]) != len(header)
    if header[0].startswith("# ") or (header[0].startswith("#") and other_width):
        raise InputError(
            f"{path}: line {first_line}: found the comment {header[0][:40]!r} above the header, "
            "expected the names of the columns in the first line; remove the comment"
        )
    width = len(header)
    while width and not header[width - 1]:
        width -= 1
    for line, row in zip(lines, cells, strict=True):
        if len(row) < width or any(row[width:]):
            n = f"{len(row)} {'cell' if len(row) == 1 else 'cells'}"
            raise InputError(
                f"{path}: line {line}: found {n}, expected {width} as in the header "
                f"({SEPARATORS[separator]}-separated); {_width_advice(row)}"
            )
    first = int(form.row_names and width > 1 and not header[0])
    cells = [row[first:width] for row in cells]
    if form.decimal == "," or (form.decimal == "auto" and separator == ";"):
        cells = [[_with_point(cell) for cell in row] for row in cells]
    return Rows(header[first:width], cells, lines, separator)


def _width_advice(row: Sequence[str]) -> str:
    if len(row) == 1:
        return "remove the line if it is a note; write n/a where a value is missing"
    return "write n/a where a value is missing"


def _refuse_header_below(path: Path, cells: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
    """Refuse merged cells above the header, as Excel has them: one text for several columns."""
    above, row = cells[0], cells[1] if len(cells) > 1 else []
    names = len(row) > 1 and "" not in row and len(set(row)) == len(row)
    if names and "" in above and not any(re.search(r"^[\W\d]", cell) for cell in row):
        raise InputError(
            f"{path}: line {lines[0]}: found {shorten([c for c in above if c], 3)} and cells "
            f"without a text, expected the names of all columns; line {lines[1]} "
            f"({shorten(row, 3)}) seems to hold them: remove what is above it"
        )


def is_missing(cell: str, codes: Collection[str] = ()) -> bool:
    """Whether a cell holds no value.

    Parameters
    ----------
    cell : str
        Text without spaces around it.
    codes : collection of str
        Texts that stand for a missing value in this table.
    """
    return cell.lower() in MISSING_TEXTS or cell in codes


def _read_bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        link = broken_link(path, "a table")
        if link is not None:
            raise InputError(f"{path}: {link}") from None
        raise InputError(
            f"{path}: file not found, expected a table; correct the path in the config (relative "
            "paths start at the working directory)"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{path}: could not be read ({reason}), expected a table; correct the path in the "
            "config or the file's permissions"
        ) from None
    told = pointer(raw[:LONGEST_POINTER], "a table")
    if told is not None:
        raise InputError(f"{path}: {told}")
    return raw


def _refuse_binary(path: Path, raw: bytes) -> None:
    start = raw[:4096].lstrip().lower()
    for begin, program in _OTHER_FILES.items():
        if start.startswith(begin):
            raise InputError(
                f"{path}: found {program}, expected a table; open it there and save it as "
                "tab-separated text (UTF-8)"
            )
    if raw.startswith(_UTF16) or b"\x00" in raw[:4096]:
        kind = "an Excel workbook or another binary file"
        if raw.startswith(_UTF16):
            kind = "UTF-16 text"
        raise InputError(
            f"{path}: found {kind}, expected UTF-8 text; save it as tab-separated text (UTF-8)"
        )


def _separator(path: Path, header: str, separators: str) -> str:
    """The suffix's separator where the header has it, else the first that the header has."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    first = "," if ".csv" in suffixes else ""
    order = first + separators.replace(first, "") if first in separators else separators
    for separator in order:
        if separator in header:
            return separator
    return order[0]


def _split(path: Path, text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    if separator == " ":
        found = [(line.split(), n) for n, line in enumerate(text.split("\n"), start=1)]
        return [row for row, _ in found if row], [n for row, n in found if row]
    lines: list[int] = []
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    begins = 1
    try:
        for row in reader:
            line, begins = begins, reader.line_num + 1
            cells = [cell.strip() for cell in row]
            if any("\n" in cell for cell in cells):
                raise InputError(
                    f"{path}: line {line}: found a line break inside a cell or a quote "
                    'that is not closed, expected one row per line; remove the " or the line break'
                )
            if any(cells):
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(
            f"{path}: line {reader.line_num}: found a row that cannot be read ({error}), "
            "expected a plain table; save it again as tab-separated text"
        ) from None
    return rows, lines


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def check_header(path: Path, header: Sequence[str]) -> None:
    """Check that every column has a name of its own.

    Parameters
    ----------
    path : Path
        For the message.
    header : sequence of str
        Names of the columns.

    Raises
    ------
    InputError
        Naming the first column without a name, or whose name was there before.
    """
    for position, name in enumerate(header, start=1):
        if not name:
            rows = " of row numbers, which R and pandas write" if position == 1 else ""
            raise InputError(
                f"{path}: line 1: found no name for column {position}, expected a name for every "
                f"column; add it or remove the column{rows}"
            )
        if header.index(name) != position - 1:
            raise InputError(
                f"{path}: line 1: found column {name!r} twice, expected each name once; remove or "
                "rename one"
            )
