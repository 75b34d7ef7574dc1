"""Figures as part of the page: SVG of matplotlib with text as text, short numbers and own names.

On disk the glyphs of a figure are paths, so that it looks the same everywhere. In the page they
are text again, which can be searched, marked and read aloud and takes a tenth of the space; the
letters are those of the font inside the page (`mri_response.report.fonts`).
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Comment, Element

FONT = "Figure"  # the family's name in the page
_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_GLYPH = re.compile(r"#DejaVuSans(-Bold)?(-?Oblique)?-[0-9a-f]+$")
_PLACE = re.compile(
    r"translate\((?P<x>[-\d.e]+) (?P<y>[-\d.e]+)\)(?: rotate\((?P<turn>[-\d.e]+)\))? "
    r"scale\((?P<size>[\d.]+) -[\d.]+\)$"
)
_LIGATURE = re.compile("ff[il]|f[fil]")


@dataclass(frozen=True)
class Inline:
    """A figure that stands in the page.

    Attributes
    ----------
    markup : str
        An ``svg`` element without attributes for readers, which the template adds.
    view_box : str
        Its ``viewBox``.
    letters : dict of bool to set of str
        Letters that it writes, bold (True) and not.
    """

    markup: str
    view_box: str
    letters: dict[bool, set[str]]


def inline_svg(data: bytes, name: str) -> Inline:
    """Turn a figure of matplotlib into a part of the page.

    Parameters
    ----------
    data : bytes
        SVG in which glyphs are paths, each text behind a comment with its letters.
    name : str
        Unique in the page; what the figure refers to inside gets names that begin with it.

    Returns
    -------
    Inline
        A text whose letters the comment does not have one by one, such as a formula, stays paths.
    """
    builder = ElementTree.TreeBuilder(insert_comments=True)
    parser = ElementTree.XMLParser(target=builder)
    parser.feed(data)
    root = parser.close()
    letters: dict[bool, set[str]] = {True: set(), False: set()}
    _as_text(root, letters)
    _without_names(root)
    used = {
        found
        for element in root.iter()
        for value in element.attrib.values()
        for found in re.findall(r"(?:^#|url\(#)([\w-]+)", value)
    }
    names = {old: f"{name}-{i}" for i, old in enumerate(sorted(used))}
    parts: list[str] = []
    for child in root:
        _write(child, names, parts)
    return Inline("".join(parts), _short(root.get("viewBox", "")), letters)


def _as_text(root: Element, letters: dict[bool, set[str]]) -> None:
    """Replace drawn glyphs by the text of the comment before them."""
    kept: dict[str, Element] = {}
    for parent in list(root.iter()):
        children = list(parent)
        for before, group in pairwise(children):
            if before.tag is not Comment:
                continue
            text = _text_of(before.text or "", group)
            if text is None:
                continue
            for path in group.iter():
                if "id" in path.attrib:
                    kept[path.get("id", "")] = path
            letters[text.get("font-weight") == "bold"] |= set(text.text or "")
            parent[list(parent).index(group)] = text
    _keep_glyphs(root, kept)


def _text_of(comment: str, group: Element) -> Element | None:
    """The text element in place of a group of glyphs; None where it must stay as it is."""
    place = _PLACE.match(group.get("transform", ""))
    uses = [element for element in group if _tag(element) == "use"]
    fonts = [_GLYPH.match(use.get(_HREF, "")) for use in uses]
    text = comment[1:-1]  # matplotlib puts a blank before and behind
    # A formula has other glyphs than letters, as has "--", which no comment can hold.
    drawn = {len(text), len(_LIGATURE.sub("f", text))}
    if place is None or not fonts or not all(fonts) or len(uses) not in drawn:
        return None
    made = Element("text", {"transform": f"translate({place['x']} {place['y']})"})
    if place["turn"]:
        made.attrib["transform"] += f" rotate({place['turn']})"
    size = 100 * float(place["size"])
    made.set("font-size", f"{size:g}")
    if fonts[0][1]:
        made.set("font-weight", "bold")
    if fonts[0][2]:
        made.set("font-style", "italic")
    if "style" in group.attrib:
        made.set("style", group.get("style", ""))
    made.text = text
    return made


def _keep_glyphs(root: Element, gone: dict[str, Element]) -> None:
    """Put back glyphs that a text which stayed paths shares with one that did not."""
    there = {element.get("id") for element in root.iter() if element.tag is not Comment}
    wanted = {
        element.get(_HREF, "")[1:] for element in root.iter() if element.tag is not Comment
    } & set(gone)
    missing = sorted(wanted - there)
    if missing:
        defs = Element("defs")
        defs.extend(gone[name] for name in missing)
        root.insert(0, defs)


def _without_names(root: Element) -> None:
    """Leave out comments, metadata and the style that holds for the page."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag is Comment or _tag(child) in ("metadata", "style"):
                parent.remove(child)


def _write(element: Element, names: dict[str, str], parts: list[str]) -> None:
    tag = _tag(element)
    attributes = {}
    for key, value in element.attrib.items():
        key = "href" if key == _HREF else key.rpartition("}")[2]
        if key == "id":
            if value in names:
                attributes["id"] = names[value]
            continue
        attributes[key] = _attribute(tag, key, value, names)
    if tag == "g" and not attributes and not any(_tag(child) == "title" for child in element):
        for child in element:
            _write(child, names, parts)
        return
    children = [child for child in element if not (_tag(child) == "defs" and not len(child))]
    if tag in ("g", "defs") and not children:
        return
    written = "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items())
    text = (element.text or "") if tag in ("text", "title", "tspan") else ""
    if not children and not text:
        parts.append(f"<{tag}{written}/>")
        return
    parts.append(f"<{tag}{written}>{_escaped(text)}")
    for child in children:
        _write(child, names, parts)
    parts.append(f"</{tag}>")


def _attribute(tag: str, key: str, value: str, names: dict[str, str]) -> str:
    if key == "href":
        if value.startswith("data:image/png;base64,"):
            return small_image(value)
        return f"#{names[value[1:]]}" if value[1:] in names else value
    if key == "style":
        value = re.sub(r"([;:]) ", r"\1", value)
    if "url(#" in value:
        value = re.sub(r"url\(#([\w-]+)\)", lambda found: f"url(#{names[found[1]]})", value)
    if key == "d":
        return re.sub(r"\s*([A-Za-z])\s*", r"\1", _short(value)).strip()
    if key == "transform":
        # A scale is small and exact.
        return re.sub(r"(?:translate|rotate)\([^)]*\)", lambda found: _short(found[0]), value)
    return _short(value) if key in ("x", "y", "width", "height", "style") else value


def _short(text: str) -> str:
    """Numbers with two decimals, a hundredth of a point."""
    return _NUMBER.sub(lambda found: f"{round(float(found[0]), 2):g}", text).replace("-0 ", "0 ")


@cache
def small_image(uri: str) -> str:
    """Write a picture inside a figure as WebP where that is smaller.

    Parameters
    ----------
    uri : str
        PNG as a data URI, as matplotlib embeds pictures.

    Returns
    -------
    str
        A data URI.
    """
    from PIL import Image

    data = base64.b64decode(uri.partition(",")[2])
    made = io.BytesIO()
    Image.open(io.BytesIO(data)).save(made, "WEBP", quality=85, method=4)
    if len(made.getvalue()) >= len(data):
        return uri.replace("\n", "")
    return f"data:image/webp;base64,{base64.b64encode(made.getvalue()).decode('ascii')}"


def _tag(element: Element) -> str:
    return "" if element.tag is Comment else str(element.tag).rpartition("}")[2]


def _escaped(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text
