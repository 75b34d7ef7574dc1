"""Names of people that differ only in how they are written: told, never guessed."""

from __future__ import annotations

from collections.abc import Iterable


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
        """A name that differs only by ``sub-``, leading zeros or the case of letters.

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
        if wanted.lower().startswith("sub-") != other.lower().startswith("sub-"):
            how.append("the prefix sub-")
        mine, theirs = _bare(wanted), _bare(other)
        if mine.lower() != theirs.lower():
            how.append("leading zeros")
        elif mine != theirs:
            how.append("upper and lower case")
        return other, " and ".join(how)


def _bare(name: str) -> str:
    return name[4:] if name.lower().startswith("sub-") else name


def _plain(name: str) -> str:
    # Zeros are dropped wherever a run of digits begins, as in sub-S007.
    text = _bare(name).lower()
    return "".join(
        sign
        for place, sign in enumerate(text)
        if not (sign == "0" and _begins(text, place) and text[place + 1 : place + 2].isdigit())
    )


def _begins(text: str, place: int) -> bool:
    before = text[:place].rstrip("0")
    return not before or not before[-1].isdigit()
