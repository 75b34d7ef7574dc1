"""Names of regions as readable text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

# Abbreviations of the AAL and Destrieux atlases and of FreeSurfer's tables.
_EXPAND = {
    "ant": "anterior",
    "cent": "central",
    "cerebelum": "cerebellum",
    "cingul": "cingulate",
    "circ": "circular",
    "fis": "fissure",
    "front": "frontal",
    "frontopol": "frontopolar",
    "inf": "inferior",
    "ins": "insula",
    "intrapariet": "intraparietal",
    "lat": "lateral",
    "lg": "long",
    "med": "medial",
    "mid": "middle",
    "oc": "occipital",
    "occ": "occipital",
    "ofcant": "orbitofrontal anterior",
    "ofclat": "orbitofrontal lateral",
    "ofcmed": "orbitofrontal medial",
    "ofcpost": "orbitofrontal posterior",
    "oper": "opercular",
    "orb": "orbital",
    "pariet": "parietal",
    "parahippocampal": "parahippocampal",
    "plan": "planum",
    "post": "posterior",
    "sup": "superior",
    "supramarginal": "supramarginal",
    "supp": "supplementary",
    "temp": "temporal",
    "tempo": "temporal",
    "transv": "transverse",
    "tri": "triangular",
    "triangul": "triangular",
    "trans": "transverse",
    "vent": "ventricle",
}
_FORM = {"G": "gyrus", "S": "sulcus", "G&S": "gyrus and sulcus"}


_SIDES = {"left": "left", "right": "right", "lh": "left", "rh": "right", "l": "left", "r": "right"}
_MEASURES = ("thickness", "volume", "area", "meancurv")


def _side(tokens: list[str]) -> tuple[str, list[str]]:
    if len(tokens) > 1 and tokens[0].lower() in _SIDES:
        return _SIDES[tokens[0].lower()], tokens[1:]
    if len(tokens) > 1 and tokens[-1] in ("L", "R"):
        return _SIDES[tokens[-1].lower()], tokens[:-1]
    return "", tokens


def _word(part: str) -> str:
    """Expand an abbreviation; keep acronyms, Roman numerals and names in camel case."""
    if part.lower() in _EXPAND:
        return _EXPAND[part.lower()]
    keeps_case = part.isupper() or re.search(r"[a-z][A-Z]|^[IVX]+-[IVX]+$", part)
    return part if keeps_case else part.lower()


def readable_region(name: str) -> str:
    """Write a region's name from an atlas or a FreeSurfer table as readable text.

    Parameters
    ----------
    name : str
        For example ``Left_SFG_superior_frontal_gyrus``, ``Frontal_Sup_2_L`` or
        ``lh_G_front_sup_thickness``.

    Returns
    -------
    str
        For example ``Superior frontal gyrus, left``. A name of an unknown style keeps its
        words.
    """
    separator = r"[_\s]+" if "_" in name or " " in name else "-"
    side, tokens = _side([token for token in re.split(separator, name) if token])
    measure = ""
    if name.startswith(("lh_", "rh_")) and len(tokens) > 1 and tokens[-1] in _MEASURES:
        measure, tokens = tokens[-1], tokens[:-1]
    elif (
        # Neuromorphometrics puts a capitalised abbreviation before the words in lower case.
        side
        and "_" in name
        and len(tokens) > 1
        and not tokens[0].islower()
        and all(re.fullmatch(r"[a-z]+", token) for token in tokens[1:])
    ):
        tokens = tokens[1:]
    form = ""
    if len(tokens) > 1 and tokens[0] in _FORM:
        form, tokens = _FORM[tokens[0]], tokens[1:]
    words: list[str] = []
    for token in tokens:
        numeral = re.fullmatch(r"[IVX]+-[IVX]+", token)
        for part in [token] if numeral else re.split("-|(?=&)|(?<=&)", token):
            if part == "&":
                words.append("and")
            elif part.isdigit() and words and words[-1].isdigit():
                words[-1] = f"{words[-1]}/{part}"
            else:
                words.append(_word(part))
    text = " ".join([*words, form]).strip() or name
    return ", ".join(part for part in (text[0].upper() + text[1:], measure, side) if part)


def readable_regions(names: Iterable[str]) -> list[str]:
    """Write regions' names as readable text; names that would collide stay as they are."""
    names = list(names)
    texts = [readable_region(name) for name in names]
    counts = pd.Series(texts).value_counts()
    return [text if counts[text] == 1 else name for text, name in zip(texts, names, strict=True)]
