"""Total intracranial volume (TIV), in ml."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS
from mri_response.inputs.paths import image_paths
from mri_response.inputs.pointers import without_content
from mri_response.inputs.sources import cat12
from mri_response.inputs.sources.record import read_bytes
from mri_response.inputs.sources.safe_xml import parse_xml
from mri_response.inputs.tables import check_ids, numbers, read_table
from mri_response.inputs.volumes import UNITS, check_tiv


def read_tiv(
    spec: Mapping[str, Any],
    people: pd.DataFrame,
    source: str | os.PathLike[str],
    lenient: bool = False,
) -> pd.Series:
    """Total intracranial volume of one cohort's people.

    Parameters
    ----------
    spec : mapping
        One of ``{column}``: a column of the participants table; ``{cat12_report}``: pattern of
        CAT12 report files (XML, value in ml); ``{table, column}``: a column of another table, for
        example FreeSurfer's ``EstimatedTotalIntraCranialVol``. With ``unit`` ml (default), mm3
        or l. With ``read_into``, the table of the run into which volumes were read and checked.
    people : pandas.DataFrame
        The cohort's participants table, as :func:`mri_response.inputs.tables.read_table` returns it
        (text; the index is the line in the file).
    source : path-like
        The participants table's path, for messages.
    lenient : bool
        See `mri_response.inputs.volumes.check_tiv`.

    Returns
    -------
    pandas.Series
        float64, in ml, named ``tiv``, indexed as the people; NaN where missing.

    Raises
    ------
    InputError
        If a value is no number or cannot be a volume in the unit, or a report cannot be read.
    """
    if "read_into" in spec:
        return _from_table(spec["read_into"], "tiv", people)[0].rename("tiv")
    if "cat12_report" in spec:
        values, where = _from_reports(spec["cat12_report"], people)
    elif "table" in spec:
        values, where = _from_table(spec["table"], spec["column"], people)
    else:
        if spec["column"] not in people:
            raise InputError(
                f"{source}: found no column {spec['column']!r}, expected it for tiv; correct the "
                "key tiv or add the column"
            )
        values = numbers(people, spec["column"], source)
        where = pd.Series(
            [f"{source}: line {line}: column {spec['column']}" for line in people.index],
            index=people.index,
            dtype=object,
        )
    unit = spec.get("unit", "ml")
    values = values * UNITS[unit]
    check_tiv(values, where, unit, lenient)
    return values.rename("tiv")


def read_cat12_report(path: str | os.PathLike[str]) -> float:
    """TIV from the XML report that CAT12 writes for each scan.

    Parameters
    ----------
    path : path-like
        ``report/cat_<name>.xml``; the value is ``subjectmeasures/vol_TIV``, in ml.

    Returns
    -------
    float
        In ml.

    Raises
    ------
    InputError
        If the file is no such report.
    """
    path = Path(path)
    absent = without_content(path, "a report of CAT12")
    if absent is not None:
        raise InputError(f"{path}: {absent}")
    return cat12.tiv_of(parse_xml(read_bytes(path), path, cat12.REPORT.what), path)


def _from_reports(pattern: str, people: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    paths = image_paths(pattern, people)
    values = [float("nan") if path is None else read_cat12_report(path) for path in paths]
    where = [f"{path}: subjectmeasures/vol_TIV" for path in paths]
    return (
        pd.Series(values, index=people.index, dtype=float),
        pd.Series(where, index=people.index, dtype=object),
    )


def _from_table(path: str, column: str, people: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    table = read_table(path, required=["participant_id", column])
    keys = [key for key in ID_COLUMNS if key in table and key in people]
    check_ids(table, path, keys)
    identity = pd.MultiIndex.from_frame(table[keys])
    rows = identity.get_indexer(pd.MultiIndex.from_frame(people[keys]))
    values = numbers(table, column, path).to_numpy()
    found = [values[row] if row >= 0 else float("nan") for row in rows]
    where = [f"{Path(path)}: line {table.index[row]}: column {column}" for row in rows]
    return (
        pd.Series(found, index=people.index, dtype=float),
        pd.Series(where, index=people.index, dtype=object),
    )
