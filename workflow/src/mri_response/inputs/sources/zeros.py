"""Zeros that stand for missing values.

``asegstats2table`` and ``aparcstats2table`` write 0.0 for a measure that a person's stats file does
not have, and ENIGMA's scripts do so for a name that they do not find.
"""

from __future__ import annotations

import re

import pandas as pd

from mri_response.inputs.sources.names import canonical, may_be_zero

# Only measures of FreeSurfer are looked at: elsewhere (a diagnosis, a count) 0 is a value.
_MEASURES = re.compile(
    r"[lr]h_.+_(area|volume|thickness)|(Left|Right|ctx|wm)-.+|(3rd|4th)-Ventricle|Brain-Stem|CSF"
    r"|CC_.+|.+Vol|(BrainSeg|Mask|SupraTentorial).*"
)


def zeros_as_missing(
    measures: pd.DataFrame, source: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Make zeros missing where 0 cannot be a measurement.

    Parameters
    ----------
    measures : pandas.DataFrame
        Numbers under names in any spelling, one row per person.
    source : str
        What the table is from, for the warnings.

    Returns
    -------
    measures : pandas.DataFrame
        NaN in place of such zeros; a measure that is 0 for everyone is left out.
    zeros : pandas.DataFrame
        Boolean, the measures that have such zeros, indexed as ``measures``.
    warnings : list of str
        One line for each such measure.
    """
    zeros, warnings, empty = {}, [], []
    for column in measures:
        if not _MEASURES.fullmatch(canonical(column)) or may_be_zero(column):
            continue
        zero = measures[column] == 0
        n, known = int(zero.sum()), int(measures[column].notna().sum())
        if n and n == known:
            empty.append(column)
            warnings.append(
                f"{source}: {column} is 0 for everyone, which stands for missing: it is left out"
            )
        elif n:
            zeros[column] = zero
            warnings.append(
                f"{source}: {column} is 0 for {n:,} of {known:,} people, which stands for missing"
            )
    mask = pd.DataFrame(zeros, index=measures.index, dtype=bool)
    kept = measures.drop(columns=empty)
    return kept.mask(mask.reindex(columns=kept.columns, fill_value=False)), mask, warnings
