"""Units of volumes, and what a total intracranial volume (TIV) can be."""

import pandas as pd

from mri_response.core.errors import InputError
from mri_response.core.tables import and_more

#: ml in one unit.
UNITS = {"ml": 1.0, "mm3": 1e-3, "l": 1e3}
#: What a person's TIV can be; the bounds are wide, they are there to catch units.
PLAUSIBLE_ML = (500.0, 3000.0)


def check_tiv(values: pd.Series, where: pd.Series, unit: str, lenient: bool = False) -> None:
    """Check that values can be total intracranial volumes.

    Parameters
    ----------
    values : pandas.Series
        In ml, NaN where missing.
    where : pandas.Series
        File and place of each value, for the message, indexed as the values.
    unit : str
        One of `UNITS`, in which the file has the values.
    lenient : bool
        Whether up to half of the values may be impossible, since a rule of quality control leaves
        them out later.

    Raises
    ------
    InputError
        Naming the first value that cannot be one, and the unit that would make it one.
    """
    low, high = PLAUSIBLE_ML
    wrong = values.notna() & ~values.between(low, high)
    if not wrong.any() or (lenient and 2 * wrong.sum() < values.notna().sum()):
        return
    row, more = wrong.idxmax(), and_more(int(wrong.sum()), "such values")
    advice = (
        "correct the value or write n/a, or leave such people out with a rule under "
        f"quality_control.exclude, as in {{measure: tiv, below: {low:g}}}"
    )
    for other, factor in UNITS.items():
        if other != unit and (values / UNITS[unit] * factor)[wrong].between(low, high).all():
            advice = f"it looks like {other}: set unit: {other}"
    raise InputError(
        f"{where[row]}: found {values[row] / UNITS[unit]:g} {unit}, expected a total intracranial "
        f"volume from {low:g} to {high:g} ml; {advice}{more}"
    )
