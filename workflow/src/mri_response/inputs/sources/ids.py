"""Names of people that differ only in how they are written: told, never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# A whole number that passed through a column of decimal numbers, as in 1001.0.
_DECIMAL = re.compile(r"(?<=\d)\.0+$")
# ``sub-01``, ``sub_01``, ``sub 01`` and ``sub01``; not ``subject``.
_SUB = re.compile(r"sub(?:[-_\s]+|(?=\d))", re.IGNORECASE)
_BETWEEN = re.compile(r"[-_\s]+")

#: What a reason has in it that names a near-match.
NEAR = "they differ by"


class Spellings:
    """Names that a source has, to be asked for one that it has not.

    Parameters
    ----------
    found : iterable of str
        Names of the source's rows, files or folders.
    """

    def __init__(self, found: Iterable[str]) -> None:
        self._plain: dict[str, str] = {}
        for name in found:
            self._plain.setdefault(_plain(name), name)

    def near(self, wanted: str) -> tuple[str, str] | None:
        """A name that differs only in how it is written.

        By ``sub-``, leading zeros, the case of letters, ``.0`` behind a whole number, hyphens,
        underscores and spaces between the same parts, characters that cannot be seen or the Unicode
        form of letters with accents.

        Parameters
        ----------
        wanted : str
            A name that the source has not.

        Returns
        -------
        tuple of str or None
            The source's name, and in words how the two differ.
        """
        other = self._plain.get(_plain(wanted))
        if other is None or other == wanted:
            return None
        how = []
        mine, theirs = visible(wanted), visible(other)
        if (mine, theirs) != (wanted, other):
            how.append("characters that cannot be seen or Unicode form")
        if (_DECIMAL.search(mine) is None) != (_DECIMAL.search(theirs) is None):
            how.append(".0")
        wanted, near = _DECIMAL.sub("", mine), _DECIMAL.sub("", theirs)
        mine, theirs = _bare(wanted), _bare(near)
        begun = [name[: len(name) - len(bare)] for name, bare in ((wanted, mine), (near, theirs))]
        if (begun[0] == "") != (begun[1] == ""):
            how.append("the prefix sub-")
        if ("" not in begun and begun[0].lower() != begun[1].lower()) or (
            _BETWEEN.findall(mine) != _BETWEEN.findall(theirs)
        ):
            how.append("hyphens, underscores or spaces")
        mine, theirs = _BETWEEN.sub("-", mine), _BETWEEN.sub("-", theirs)
        if mine.lower() != theirs.lower():
            how.append("leading zeros")
        elif mine != theirs or ("" not in begun and begun[0][:3] != begun[1][:3]):
            how.append("upper and lower case")
        return other, " and ".join(how)


def visible(text: str) -> str:
    """Text in one Unicode form (NFC), without characters that cannot be seen.

    Parameters
    ----------
    text : str
        As typed or copied; marks of direction, spaces without width and soft hyphens are what word
        processors and web pages leave in it.

    Returns
    -------
    str
        Tabs and line ends stay.
    """
    if text.isascii():
        return text
    shown = (sign for sign in text if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFC", "".join(shown))


def _bare(name: str) -> str:
    begun = _SUB.match(name)
    return name[begun.end() :] if begun else name


def _plain(name: str) -> str:
    # Zeros are dropped wherever a run of digits begins, as in sub-S007.
    text = _BETWEEN.sub("-", _bare(_DECIMAL.sub("", visible(name)))).lower()
    return "".join(
        sign
        for place, sign in enumerate(text)
        if not (sign == "0" and _begins(text, place) and text[place + 1 : place + 2].isdigit())
    )


def _begins(text: str, place: int) -> bool:
    before = text[:place].rstrip("0")
    return not before or not before[-1].isdigit()
