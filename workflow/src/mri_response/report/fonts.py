"""The letters of the figures, as fonts inside the page."""

from __future__ import annotations

import io
from collections.abc import Mapping

from mri_response.report.embedding import data_uri
from mri_response.report.inline_svg import FONT

_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


def font_faces(letters: Mapping[bool, set[str]]) -> str:
    """Return rules of a style sheet with the letters that figures write.

    Parameters
    ----------
    letters : mapping of bool to set of str
        Letters in bold type (True) and not.

    Returns
    -------
    str
        One rule a weight, with the font of matplotlib cut down to these letters; empty without
        letters. The same letters give the same bytes.
    """
    rules = []
    for bold, file in _FILES.items():
        if letters.get(bold):
            source = data_uri(_cut(file, letters[bold]), "font/woff")
            weight = 700 if bold else 400
            rules.append(
                f'@font-face {{ font-family: "{FONT}"; font-weight: {weight}; '
                f'src: url("{source}") format("woff"); }}'
            )
    return "\n".join(rules)


def _cut(file: str, letters: set[str]) -> bytes:
    # Imported here: only the page needs them.
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from matplotlib import get_data_path

    font = TTFont(f"{get_data_path()}/fonts/ttf/{file}", recalcTimestamp=False)
    for table in ("FFTM", "GPOS", "GSUB", "GDEF", "kern"):
        if table in font:
            del font[table]
    options = Options(hinting=False, name_IDs=[], notdef_outline=True)
    cut = Subsetter(options)
    cut.populate(text="".join(sorted(letters)))
    cut.subset(font)
    font.flavor = "woff"
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()
