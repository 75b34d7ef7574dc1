"""Cited works as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mri_response.config.answers import resource

# As every text of ``data/documents/references.yaml`` is written.
_WORK = re.compile(r"(?P<author>.+?) \((?P<year>\d{4})\)\. (?P<title>.+?)\. (?P<where>.+)\.$")
_WHERE = re.compile(r"(?P<journal>.+?)(?: (?P<volume>\d+))?, (?P<pages>[\w-]+)$")


def bibtex(keys: Iterable[str]) -> str:
    """Write cited works for a reference manager.

    Parameters
    ----------
    keys : iterable of str
        Keys of ``data/documents/references.yaml``.

    Returns
    -------
    str
        An entry each, sorted by key.
    """
    known = resource("references")
    return "\n".join(_entry(key, known[key]) for key in sorted(set(keys)))


def _entry(key: str, work: Mapping[str, str]) -> str:
    found = _WORK.match(work["text"])
    if found is None:
        return f"@misc{{{key},\n  note = {{{work['text']}}}\n}}\n"
    fields = {"author": _authors(found["author"]), "year": found["year"]}
    fields["title"] = f"{{{found['title']}}}"
    where = _WHERE.match(found["where"])
    fields |= where.groupdict() if where else {"journal": found["where"]}
    fields["pages"] = (fields.get("pages") or "").replace("-", "--")
    fields["doi"] = work.get("doi", "")
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@article{{{key},\n{lines}\n}}\n"


def _authors(text: str) -> str:
    """Family names before initials, as in ``Collins GS, Moons KGM, et al.``."""
    people = []
    for name in text.split(", "):
        family, _, initials = name.rpartition(" ")
        people.append("others" if name == "et al." else f"{family}, {initials}")
    return " and ".join(people)
