"""Files that a path pattern of the configuration names."""

import glob
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from mri_response.config.source_kinds import IMAGES
from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, read_tsv, shorten
from mri_response.inputs.pointers import is_broken_link
from mri_response.inputs.sources.ids import Spellings


def resolve_pattern(
    pattern: str | os.PathLike[str], participant_id: str, session_id: str | None = None
) -> Path | None:
    """The one file of a participant that a pattern names.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and, for participants with sessions, ``{session_id}``;
        ``*``, ``?`` and ``[...]`` match as in a shell, ``**`` any folders. An identifier beside
        ``*`` or ``?`` is never part of a longer run of letters or digits: ``{participant_id}*`` of
        ``sub-1`` is not ``sub-12.nii``.
    participant_id : str
        Identifier as in the participants table, which takes the place in braces.
    session_id : str, optional
        Identifier of the session; None where the table has no sessions.

    Returns
    -------
    pathlib.Path or None
        None if there is no such file with content: the caller excludes the person. A broken link
        counts as no file, see `broken_links`.

    Raises
    ------
    InputError
        If the pattern has no or an unknown placeholder, or matches several files.
    """
    pattern = os.fspath(pattern)
    found = _with_content(_named(pattern, participant_id, session_id))
    if len(found) > 1:
        raise InputError(
            f"source {pattern}: found {len(found)} files for {participant_id}"
            f"{f' {session_id}' if session_id else ''} ({shorten(found, 2)}), expected one; make "
            "the pattern narrower"
        )
    return Path(found[0]) if found else None


def files_of_anyone(pattern: str | os.PathLike[str]) -> list[str]:
    """Every file that `resolve_pattern` may find for anyone: what a rule depends on.

    Parameters
    ----------
    pattern : str
        Path, path with placeholders in braces, or a table of images as `image_paths` reads it.

    Returns
    -------
    list of str
        In alphabetical order; a path without placeholders is given back as it is. Of a table of
        images that is not written yet none.
    """
    pattern = os.fspath(pattern)
    if pattern.endswith(IMAGES):
        return _with_content(read_tsv(pattern)["path"]) if os.path.isfile(pattern) else []
    if "{" not in pattern:
        return [pattern]
    return _with_content(glob.glob(re.sub(r"\{.*?\}", "*", pattern), recursive=True))


def broken_links(pattern: str | os.PathLike[str], people: pd.DataFrame) -> list[Path | None]:
    """The broken link of each row of a table of people that has no file, as git-annex leaves it.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and perhaps ``{session_id}``, see `resolve_pattern`.
    people : pandas.DataFrame
        Rows for which `image_paths` found no file.

    Returns
    -------
    list of pathlib.Path or None
        In the order of the rows; None where there is no link either.
    """
    sessions = people["session_id"] if "session_id" in people else [None] * len(people)
    found = []
    for who in zip(people["participant_id"], sessions, strict=True):
        links = sorted(filter(is_broken_link, _named(os.fspath(pattern), *who)))
        found.append(Path(links[0]) if links else None)
    return found


def near_images(
    pattern: str | os.PathLike[str], people: pd.DataFrame, known: Iterable[str] = ()
) -> list[tuple[str, str, str]]:
    """Images whose names differ from those of people without one only in how the id is written.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and perhaps ``{session_id}``, see `resolve_pattern`.
    people : pandas.DataFrame
        Rows for which `image_paths` found no file.
    known : iterable of str
        Ids of everybody: an image of somebody else is no near-match.

    Returns
    -------
    list of tuple of str
        The id, the path of the image and in words how the two ids differ.
    """
    pattern = _plain(os.fspath(pattern))
    parts = list(_PARTS.finditer(pattern))
    # Beside wildcards an id is a run of letters and digits, behind one only with `sub-`.
    plain = not any(char in pattern for char in "*?[")
    text, seen = "", set()
    for before, part in zip([None, *parts], parts, strict=False):
        name = part["id"]
        if name:
            begin = "sub-" if before and before[0] in ("*", "?") else "(?:sub-|ses-|(?<![^\\W_]))"
            identifier = "[^/]+?" if plain else rf"{begin}[^\W_]+(?![^\W_])"
            text += f"(?P={name})" if name in seen else f"(?P<{name}>{identifier})"
            seen.add(name)
        else:
            text += _meaning(part)
    whole = re.compile(text, re.S)
    found: dict[str, str] = {}
    for path in files_of_anyone(pattern):
        match = whole.fullmatch(_plain(path))
        if match:
            found.setdefault(match["participant_id"], path)
    spellings = Spellings(sorted(found.keys() - set(known)))
    near = ((who, spellings.near(who)) for who in dict.fromkeys(people["participant_id"]))
    return [(who, found[other[0]], other[1]) for who, other in near if other]


def _with_content(paths: Iterable[str]) -> list[str]:
    """Paths that are files, and neither folders nor links to nothing."""
    return sorted(path for path in paths if os.path.isfile(path))


def _named(pattern: str, participant_id: str, session_id: str | None) -> list[str]:
    """Paths on disk that a pattern names for a person, whatever is there."""
    known = {"participant_id": participant_id, "session_id": session_id}
    names = re.findall(r"\{(.*?)\}", pattern)
    for name in names:
        if name not in known:
            raise InputError(
                f"source {pattern}: found the placeholder {{{name}}}, expected {{participant_id}} "
                "or {session_id}; correct the path"
            )
    if "participant_id" not in names:
        raise InputError(
            f"source {pattern}: found no {{participant_id}}, expected it in a pattern of image "
            "files; without it all people would share one image"
        )
    if "session_id" in names and session_id is None:
        raise InputError(
            f"source {pattern}: found {{session_id}}, expected a column session_id in the "
            "participants table; add the column or write the session into the path"
        )
    found = {}
    # Tables are read in the form NFC; file names that macOS wrote may have letters in the form NFD.
    forms = [
        {key: unicodedata.normalize(form, known[key]) for key in set(names)}
        for form in ("NFC", "NFD")
    ]
    for given in forms[: 1 + (forms[0] != forms[1])]:
        filled = pattern
        for key, value in given.items():
            filled = filled.replace(f"{{{key}}}", glob.escape(value))
        matches = glob.glob(filled, recursive=True)
        if matches and set("*?[") & set(pattern):  # else the path is the pattern's very own
            whole = _whole_ids(pattern, given)
            matches = [path for path in matches if whole.fullmatch(_plain(path))]
        found |= dict.fromkeys(matches)
    return list(found)


def _plain(path: str) -> str:
    """A path or pattern without repeated slashes, of which `glob` may leave one."""
    return re.sub("/+", "/", path)


_PARTS = re.compile(
    r"\{(?P<id>.*?)\}|(?P<folders>(?<![^/])\*\*(?:/|$))|\*+|\?|\[!?\]?[^\]]*\]|.", re.S
)


def _whole_ids(pattern: str, given: Mapping[str, str]) -> re.Pattern[str]:
    """What a pattern means, with identifiers that end where a run of letters or digits ends.

    A name may begin with letters of a program (``mwp1sub-01``), so that an identifier which begins
    with ``sub-`` or ``ses-`` may follow anything. Of all others, one that begins with a digit may
    not follow a digit, and one that begins with a letter no letter.
    """
    parts = list(_PARTS.finditer(_plain(pattern)))
    text = ""
    for i, part in enumerate(parts):
        if part["id"]:
            value = given[part["id"]]
            before = parts[i - 1][0] if i else ""
            after = parts[i + 1][0] if i + 1 < len(parts) else ""
            if before[-1:] in ("*", "?") and not value.startswith(("sub-", "ses-")):
                text += r"(?<!\d)" if value[:1].isdigit() else ""
                text += r"(?<![^\W\d_])" if value[:1].isalpha() else ""
            text += re.escape(value)
            if after[:1] in ("*", "?") and value[-1:].isalnum():
                text += r"(?![^\W_])"
        else:
            text += _meaning(part)
    return re.compile(text, re.S)


def _meaning(part: re.Match[str]) -> str:
    """Regular expression of a part of a pattern that is no identifier."""
    if part["folders"]:
        return "(?:.*/)?" if part[0].endswith("/") else ".*"
    if part[0].startswith("*"):
        return "[^/]*"
    if part[0] == "?":
        return "[^/]"
    if len(part[0]) > 1:
        return "[" + re.sub("^!", "^", part[0][1:-1]).replace("\\", r"\\") + "]"
    return re.escape(part[0])


def image_paths(pattern: str | os.PathLike[str], people: pd.DataFrame) -> list[Path | None]:
    """The file of each row of a table of people, or None where there is none.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and perhaps ``{session_id}``, see `resolve_pattern`; or a
        table of the run in which images were found by their entities (`IMAGES`).
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    list of pathlib.Path or None
        In the order of the rows.

    Raises
    ------
    InputError
        If several files match for one row.
    """
    if os.fspath(pattern).endswith(IMAGES):
        table = read_tsv(pattern)
        keys = [key for key in ID_COLUMNS if key in table]
        paths = dict(
            zip(table[keys].itertuples(index=False, name=None), table["path"], strict=True)
        )
        wanted = people[keys].itertuples(index=False, name=None)
        return [Path(paths[who]) if who in paths else None for who in wanted]
    sessions = people["session_id"] if "session_id" in people else [None] * len(people)
    return [
        resolve_pattern(pattern, participant_id, session_id)
        for participant_id, session_id in zip(people["participant_id"], sessions, strict=True)
    ]


def map_paths(pattern: str | os.PathLike[str], people: pd.DataFrame) -> list[Path]:
    """The file of each analysed row, all of which have one.

    Parameters
    ----------
    pattern : str
        Path with ``{participant_id}`` and perhaps ``{session_id}``, see `resolve_pattern`.
    people : pandas.DataFrame
        ``participant_id`` and, where people have several rows, ``session_id``.

    Returns
    -------
    list of pathlib.Path
        In the order of the rows.

    Raises
    ------
    InputError
        If somebody has no file, or several.
    """
    paths = image_paths(pattern, people)
    for participant_id, path in zip(people["participant_id"], paths, strict=True):
        if path is None:
            raise InputError(
                f"source {pattern}: found no image of {participant_id}, expected one; "
                "run the workflow again so that the person is excluded"
            )
    return paths
