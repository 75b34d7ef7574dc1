"""Words that a reader may not know, explained where they stand and in a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml
from markupsafe import Markup, escape

from mri_response.core.data import data_path
from mri_response.report.numbers import unbroken


@cache
def glossary() -> dict[str, str]:
    """Terms and what they mean, in alphabetical order.

    Returns
    -------
    dict of str to str
    """
    text = data_path("report", "glossary.yaml").read_text(encoding="utf-8")
    entries = yaml.safe_load(text)
    return {term: unbroken(entries[term]) for term in sorted(entries, key=str.lower)}


@cache
def _terms() -> re.Pattern[str]:
    longest = sorted(glossary(), key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, longest))})\b|†", re.IGNORECASE)


def with_dagger(note: str, rows: Sequence[Sequence[Any]]) -> str:
    """Say below a table what a dagger in it means.

    Parameters
    ----------
    note : str
        What stands below it already.
    rows : sequence of sequence
        Its cells.

    Returns
    -------
    str
        The note alone where no cell has a dagger, or where it explains one.
    """
    marked = any("†" in str(cell) for row in rows for cell in row)
    return f"{note} † {glossary()['†']}".lstrip() if marked and "†" not in note else note


@dataclass
class Marker:
    """Marks the first place of each term in a section.

    Attributes
    ----------
    seen : set of str
        Terms that the section has had.
    met : set of str
        Terms that the page has had.
    """

    seen: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)

    def begin(self) -> str:
        """Begin a section.

        Returns
        -------
        str
            Nothing, as a template writes it.
        """
        self.seen.clear()
        return ""

    def mark(self, text: str) -> Markup:
        """Write a text in which terms have their meaning as a title.

        Parameters
        ----------
        text : str
            Plain text.

        Returns
        -------
        Markup
            HTML.
        """
        parts, end = [], 0
        text = unbroken(text)
        known = {term.lower(): meaning for term, meaning in glossary().items()}
        for found in _terms().finditer(text):
            term = found[0].lower()
            if term in self.seen:
                continue
            self.seen.add(term)
            self.met.add(term)
            parts += [escape(text[end : found.start()])]
            parts += [Markup('<abbr title="{}">{}</abbr>').format(known[term], found[0])]
            end = found.end()
        return Markup("").join([*parts, escape(text[end:])])

    def words(self) -> list[tuple[str, str]]:
        """Terms that the page has had, and those in their meanings.

        Returns
        -------
        list of tuple of str
            Term and meaning, in alphabetical order.
        """
        meanings = {term.lower(): meaning for term, meaning in glossary().items()}
        listed, waiting = set(), set(self.met)
        while waiting:
            term = waiting.pop()
            listed.add(term)
            waiting |= {found[0].lower() for found in _terms().finditer(meanings[term])} - listed
        return [(term, meaning) for term, meaning in glossary().items() if term.lower() in listed]
