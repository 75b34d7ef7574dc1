"""Sheets of Excel workbooks (.xlsx) as rows of text."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion

#: First bytes of a workbook, which is a zip file.
SIGNATURE = b"PK\x03\x04"


def read_sheet(path: Path, raw: bytes, sheet: str | None) -> tuple[list[list[str]], list[int]]:
    """Cells of a sheet, with the rows where they stand.

    Parameters
    ----------
    path : Path
        For messages.
    raw : bytes
        Content of the file.
    sheet : str or None
        Name of the sheet; None where the workbook has one with content.

    Returns
    -------
    cells : list of list of str
        Whole numbers without a decimal point, dates as ``2026-01-31``; empty rows are left out.
    lines : list of int
        Number of each row in the sheet, from 1.

    Raises
    ------
    InputError
        If the file is no workbook, the sheet is not there, several sheets may be meant, or a cell
        holds an error of Excel such as ``#N/A``.
    """
    damaged = InputError(
        f"{path}: found an Excel workbook or another binary file that cannot be read, expected "
        ".xlsx or text; save it again as .xlsx or as tab-separated text (UTF-8)"
    )
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        raise damaged
    from openpyxl import load_workbook  # takes time to import; only needed here
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise damaged from None
    names = book.sheetnames
    if sheet is not None:
        if sheet not in names:
            raise InputError(
                f"{path}: found no sheet {sheet!r}, expected it among {shorten(names)}; "
                f"{suggestion(sheet, names)}correct format.sheet"
            )
        return _rows(path, book[sheet])
    filled = {name: rows for name in names if (rows := _rows(path, book[name]))[0]}
    if len(filled) > 1:
        raise InputError(
            f"{path}: found {len(filled)} sheets ({shorten(filled)}), expected one or the name of "
            "one; name it, as in format: {sheet: " + next(iter(filled)) + "}"
        )
    return next(iter(filled.values()), ([], []))


def _rows(path: Path, sheet: Any) -> tuple[list[list[str]], list[int]]:
    # Sheets say how large they are, some of them wrongly.
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    rows, lines = [], []
    for line, row in enumerate(getattr(sheet, "values", ()), start=1):
        cells = [_text(value) for value in row]
        if any(cells):
            rows.append(cells)
            lines.append(line)
    width = max(map(len, rows), default=0)
    rows = [cells + [""] * (width - len(cells)) for cells in rows]
    for line, cells in zip(lines, rows, strict=True):
        broken = next((cell for cell in cells if cell in _ERRORS), None)
        if broken:
            raise InputError(
                f"{path}: line {line}: found the error {broken} of a formula, expected a value; "
                "correct the formula or write n/a"
            )
    return rows, lines


_ERRORS = {"#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()
