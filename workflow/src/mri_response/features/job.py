"""What a job that makes the features of one cohort is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.core.tables import read_tsv, write_tsv
from mri_response.features.matrices import identified
from mri_response.inputs.paths import map_paths


@dataclass(frozen=True)
class FeatureJob:
    """Features of one set and one cohort, to be made by ``make`` of the module of their kind.

    Attributes
    ----------
    spec : mapping
        The feature set's section of the configuration.
    files : mapping of str to path or list of path
        ``people``, the table of the cohort's analysed rows, and what the entry of the kind lists
        as its ``inputs``.
    cohort : str
        Its name.
    out : str
        The file to write.
    threads : int
        Images read at a time.
    pattern : str, optional
        Where a person's image is, for kinds with images; or the table of a cohort that has regions
        in their place.
    never : sequence of str
        Columns of a table that are no regions, for kinds with a table.
    config : mapping, optional
        Sections of the configuration that say what an effect is, for kinds with one.
    """

    spec: Mapping[str, Any]
    files: Mapping[str, Any]
    cohort: str
    out: str
    threads: int = 1
    pattern: str | None = None
    never: Sequence[str] = ()
    config: Mapping[str, Any] | None = None

    def people(self) -> pd.DataFrame:
        """Read the cohort's analysed rows, everything as it is written."""
        return read_tsv(self.files["people"])

    def maps(self) -> list[Path]:
        """Paths of the cohort's images in the order of its rows."""
        return map_paths(self.pattern, self.people())

    def write(self, features: pd.DataFrame) -> None:
        """Write features that have names behind the columns that identify people.

        Parameters
        ----------
        features : pandas.DataFrame, shape (people, features)
            In the order of the cohort's rows.
        """
        write_tsv(identified(self.people(), features), self.out)
