"""What a run can be asked, and the form of an answer: a fact with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import discovery_name
from mri_response.core.vocabulary import Null
from mri_response.report.lookup import people_counts
from mri_response.report.naming import Naming, naming
from mri_response.report.numbers import as_number, number, p_phrase


@dataclass(frozen=True)
class Evidence:
    """What facts are drawn from.

    Attributes
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.
    performance, null, flow : DataFrame
        The tables of the same names.
    tables : mapping of str to DataFrame
        Further tables of the run by name, ``characteristics`` for one; any may be absent.
    frozen : mapping of str to mapping
        Model to the content of ``models/<model>.json``.
    n_features : mapping of str to int
        Feature set to the number of its features.
    warnings : sequence of str
        What the run warned of.
    versions : mapping of str to str
        Software and its version.
    config_hash : str
        Hash of the config.
    """

    config: Mapping[str, Any]
    performance: pd.DataFrame
    null: pd.DataFrame
    flow: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    frozen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    n_features: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    config_hash: str = ""

    @property
    def names(self) -> Naming:
        """Names of cohorts and classes."""
        return naming(self.config)

    @property
    def model(self) -> str:
        """The primary model."""
        return self.config["primary_model"]

    @property
    def discovery(self) -> str:
        """The discovery cohort."""
        return discovery_name(self.config)

    @property
    def others(self) -> list[str]:
        """The cohorts that the frozen model scored."""
        return [name for name in self.config["cohorts"] if name != self.discovery]

    @property
    def cohorts(self) -> list[str]:
        """Cohorts of the primary model in the performance table, pooled ones included."""
        return self.names.ordered(
            self.performance.loc[self.performance["model"] == self.model, "cohort"]
        )

    def counts(self, cohort: str) -> tuple[int, int]:
        """People of a cohort, and those in the positive class."""
        return people_counts(self.performance, self.model, cohort)


@dataclass(frozen=True)
class Fact:
    """A sentence or more about a run.

    Attributes
    ----------
    text : str
    source : str
        The tables with their rows, files and keys of the configuration that it was taken from.
    cites : tuple of str
        Keys of ``data/documents/references.yaml``.
    applies : bool
        False where the run has nothing of the kind that is asked about.
    """

    text: str
    source: str
    cites: tuple[str, ...] = ()
    applies: bool = True


MAKERS: dict[str, Callable[[Evidence], Fact | None]] = {}


def fact(make: Callable[[Evidence], Fact | None]) -> Callable[[Evidence], Fact | None]:
    """Register a function as the maker of the fact of its name."""
    MAKERS[make.__name__.lstrip("_")] = make
    return make


def not_applicable(source: str) -> Fact:
    """What is said of other cohorts where there is none."""
    return Fact("Not applicable: no cohort but the one of development.", source, applies=False)


def listed(items: Iterable[str]) -> str:
    items = list(items)
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""


def people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"


def p_words(row: pd.Series) -> str:
    text = p_phrase(row["p_value"], row["n_permutations"])
    m = number(row["n_permutations"])
    return text.replace("†", f", the smallest that {m:,.0f} permutations can give")


def where(table: str, **keys: str) -> str:
    return f"{table}.tsv: " + ", ".join(f"{key}={value}" for key, value in keys.items())


def cohort_size(evidence: Evidence, cohort: str) -> str:
    n, n_positive = evidence.counts(cohort)
    names = evidence.names
    role = names.roles[cohort]
    return f"{names.titles[cohort]} ({role}, n = {n}, {n_positive} {names.positive})"


def rows_of(run: Evidence, name: str) -> pd.DataFrame | None:
    """A table with its numbers as numbers; None where the run has it not."""
    table = run.tables.get(name)
    if table is None:
        return None
    return table.assign(**{c: as_number(table[c]) for c in _NUMBERS if c in table})


_NUMBERS = (
    "estimate",
    "ci_low",
    "ci_high",
    "p_value",
    "p_holm",
    "power",
    "net_benefit",
    "threshold",
    "advantage",
    "advantage_low",
    "difference",
    "difference_low",
    "difference_high",
    "p_fdr",
    "haufe",
    "n_regions",
    "n_for_margin",
    "n",
)


def words(name: str) -> str:
    return str(name).replace("_", " ")


def given(column: pd.Series) -> pd.Series:
    """Whether a cell holds something."""
    return column.notna() & ~column.isin(["", "n/a"])


def null_values(null: pd.DataFrame, model: str, cohort: str, aggregation: str) -> np.ndarray:
    """Return balanced accuracies of a model under permutation of the whole procedure."""
    rows = null[
        (null["model"] == model)
        & (null["cohort"] == cohort)
        & (null["metric"] == "balanced_accuracy")
        & null["null"].str.startswith(Null.WHOLE_PROCEDURE)
        & (null["aggregation"] == aggregation)
    ]
    return as_number(rows["value"]).dropna().to_numpy()


# Rows of flow.tsv that are no reason to leave someone out.
FLOW_STEPS = (
    "in participants table",
    "matching the row filter",
    "analysed",
    "analysed, positive",
    "analysed, negative",
)
