"""XML files of programs, read fast and without what XML can do beyond holding values."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from mri_response.core.errors import InputError


def parse_xml(raw: bytes, path: Path, what: str) -> ElementTree.Element:
    """The root element of an XML file.

    Parameters
    ----------
    raw : bytes
        The file's content.
    path : Path
        Its path, for messages.
    what : str
        What is expected, as in ``a CAT12 report``.

    Returns
    -------
    xml.etree.ElementTree.Element

    Raises
    ------
    InputError
        If the file is empty, cut or no XML, or declares a document type: that is how XML names
        other files to be read and makes a few lines fill the memory, and no program writes it here.
    """
    # Every encoding that the parser knows, but for UTF-16, writes these letters as ASCII does.
    if b"\x00" in raw or b"<!DOCTYPE" in raw:
        raise InputError(
            f"{path}: found a declaration of a document type or a binary file, expected {what}; "
            "copy the file that the program wrote"
        )
    try:
        return ElementTree.fromstring(raw)
    except ElementTree.ParseError as error:
        raise InputError(
            f"{path}: could not be read as XML ({error}), expected {what}; copy it again or run "
            "the program again for this person"
        ) from None


def text_of(root: ElementTree.Element, name: str) -> str | None:
    """Text of an element, without spaces and MATLAB's brackets around it; None where it is empty.

    Parameters
    ----------
    root : xml.etree.ElementTree.Element
        Where to look.
    name : str
        Path below it, as in ``./subjectmeasures/vol_TIV``.
    """
    element = root.find(name)
    text = "" if element is None or element.text is None else element.text
    return text.strip().strip("[]").strip() or None


def number_of(root: ElementTree.Element, name: str, path: Path, what: str) -> float | None:
    """Number in an element; None where the element is not there or empty.

    Parameters
    ----------
    root : xml.etree.ElementTree.Element
        Where to look.
    name : str
        Path below it.
    path : Path
        The file, for messages.
    what : str
        What the file is, for messages.

    Raises
    ------
    InputError
        If it is no number.
    """
    text = text_of(root, name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{path}: {name.removeprefix('./')}: found {text!r}, expected a number, as {what} has; "
            "run the program again for this person"
        ) from None
