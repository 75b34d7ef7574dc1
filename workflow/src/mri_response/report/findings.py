"""Answers of the modules that predict no classes: a rule, from a row of a table to a word.

The five questions about a prediction have their answers in ``verdict.tsv``. Those here follow the
same rules; the numbers, their intervals and p-values are those of the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mri_response.report.numbers import number, p_phrase
from mri_response.report.undecided import not_enough

#: Columns of ``answers.tsv``.
ANSWER_COLUMNS = [
    *("section", "question", "answer", "text", "number", "metric", "estimate", "ci_low", "ci_high"),
    *("p_value", "n_tested", "null", "n", "null_value", "useful", "level", "evidence"),
]
#: Answer in a word or two, and its look.
SHORT = {
    "found": ("Yes.", "yes"),
    "found_but_small": ("Yes, but too little.", "open"),
    "reverse": ("No, the reverse.", "no"),
    "not_found": ("No.", "no"),
    "cannot_tell": ("Can’t tell.", "open"),
    "not_asked": ("Not asked.", "none"),
}


@dataclass(frozen=True)
class Finding:
    """A question that a module answers from one row of a table.

    Attributes
    ----------
    question : str
        In words.
    words : mapping of str to str
        The sentence of each answer that is possible.
    number : str
        The number behind it, with interval, p-value, null and people, as the page writes it.
    metric : str
        What the number is.
    estimate, ci_low, ci_high : float
        The number and its 95 % limits; NaN where there are none.
    p_value : float
        Before it is multiplied by `n_tested`; NaN without a test, where the interval alone counts.
    null : str
        Null or test of the p-value.
    n : float
        People.
    null_value : float
        The number without any effect.
    useful : float
        Smallest number that would matter; NaN where none is fixed, so that the answer is never no.
    either : bool
        Whether a number below `null_value` answers the question with yes too.
    lower : bool
        Whether it is asked if the number lies below `null_value`.
    level : float
        Of the test.
    n_tested : int
        Tests of which this is one (Bonferroni).
    evidence : str
        The table of the run that has it.
    given : str
        The answer itself, where it does not follow from the interval.
    """

    question: str
    words: dict[str, str]
    number: str = ""
    metric: str = ""
    estimate: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    p_value: float = np.nan
    null: str = ""
    n: float = np.nan
    null_value: float = 0.0
    useful: float = np.nan
    either: bool = False
    lower: bool = False
    level: float = 0.05
    n_tested: int = 1
    evidence: str = ""
    given: str = ""

    @property
    def answer(self) -> str:
        """Found, found_but_small, reverse, not_found, cannot_tell or not_asked.

        Found: p, times the number of tests, is at most the level and the interval lies above the
        null value. Found but small: so too, and the interval ends below what would matter. Reverse:
        the interval lies below. Not found: none of these, and the interval ends below what would
        matter. Cannot tell: all else. Above and below change places where lower numbers are asked
        for.
        """
        if self.given:
            return self.given
        if np.isnan(self.estimate):
            return "not_asked"
        tested = np.isnan(self.p_value) or self.n_tested * self.p_value <= self.level
        small = self.ci_high < self.useful
        if tested and self.ci_low > self.null_value:
            if self.lower:
                return "reverse"
            return "found_but_small" if small else "found"
        if tested and self.ci_high < self.null_value:
            return "found" if self.either or self.lower else "reverse"
        return "not_found" if small else "cannot_tell"

    @property
    def text(self) -> str:
        """The sentence of the answer, with why the interval or p alone is not enough for one."""
        said = self.words[self.answer]
        if self.answer != "cannot_tell" or self.given:
            return said
        p_values = (self.p_value, min(1.0, self.n_tested * self.p_value))
        limits = (self.ci_low, self.ci_high)
        return said + not_enough(limits, self.null_value, p_values, self.level, self.n_tested)


def answers_table(findings: Sequence[tuple[str, Finding]]) -> pd.DataFrame:
    """The content of ``answers.tsv``.

    Parameters
    ----------
    findings : sequence of tuple of str and Finding
        Each with the id of its section of the page.

    Returns
    -------
    DataFrame
        `ANSWER_COLUMNS`, one row per question.
    """
    numbers = ("estimate", "ci_low", "ci_high", "p_value", "n", "null_value", "useful", "level")
    words = ("question", "answer", "text", "number", "metric", "null", "evidence")
    rows = [
        {
            "section": section,
            **{name: getattr(one, name) or None for name in words},
            **{name: getattr(one, name) for name in (*numbers, "n_tested")},
        }
        for section, one in findings
    ]
    return pd.DataFrame(rows, columns=ANSWER_COLUMNS).astype({"n": float}).astype({"n": "Int64"})


def numbers_of(row: Mapping[str, Any], p: str = "p_value") -> dict[str, float]:
    """Estimate, limits and p of a row of a table, by the names of `Finding`.

    Parameters
    ----------
    row : mapping
        With ``estimate``, ``ci_low``, ``ci_high`` and `p`.
    p : str
        Column of the p-value.

    Returns
    -------
    dict of str to float
    """
    names = {"estimate": "estimate", "ci_low": "ci_low", "ci_high": "ci_high", "p_value": p}
    return {name: number(row[column]) for name, column in names.items()}


def p_counted(p: Any, n_permutations: Any, n_tested: int) -> str:
    """Write a p value, and behind it the one that is compared with the level where several count.

    Parameters
    ----------
    p : str or number
        The p by itself.
    n_permutations : str, number or None
        Permutations behind it, see `p_text`.
    n_tested : int
        How many tests are looked at.

    Returns
    -------
    str
        As in ``p = 0.015, p = 0.030 counted for 2 tests``.
    """
    text, counted = p_phrase(p, n_permutations), min(1.0, n_tested * number(p))
    if n_tested < 2 or np.isnan(counted):
        return text
    return f"{text}, {p_phrase(counted, None)} counted for {n_tested} tests"
