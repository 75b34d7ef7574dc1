"""Text of figures: how wide it is, and where its lines break."""

from __future__ import annotations

import functools

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text in mm.

    Parameters
    ----------
    text : str
        One line; nothing has no width.
    size : float
        Font size in points.
    weight : str
        Font weight.
    """
    if not text:
        return 0.0
    properties = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, properties, ismath=False)
    return width / 72 * 25.4


def wrap(text: str, width: float, size: float = 8, weight: str = "normal") -> str:
    """Break text into lines of at most ``width`` mm; words too long for a line are cut.

    Parameters
    ----------
    text : str
        The text. Line breaks in it are kept.
    width : float
        Width in mm.
    size : float
        Font size in points.
    weight : str
        Font weight.

    Returns
    -------
    str
        The text with line breaks.
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            candidate = f"{line} {word}" if line else word
            if text_width(candidate, size, weight) <= width:
                line = candidate
                continue
            if line:
                lines.append(line)
            line = word
            while text_width(line, size, weight) > width and len(line) > 1:
                keep = len(line) - 1
                while keep > 1 and text_width(line[:keep], size, weight) > width:
                    keep -= 1
                # Cut after a joint of the word where there is one.
                joints = [i for i in range(2, keep) if line[i] in "_-/."]
                keep = joints[-1] + 1 if joints else keep
                lines.append(line[:keep])
                line = line[keep:]
        lines.append(line)
    return "\n".join(lines)


def hanging(mark: str, text: str, width: float) -> str:
    """Wrap an item of a list so that its lines stand to the right of its mark.

    Parameters
    ----------
    mark : str
        What stands before the item, a number say.
    text : str
        The item.
    width : float
        Width in mm, the mark included.
    """
    indent = " " * max(1, round(text_width(f"{mark}  ", 8) / text_width(" ", 8)))
    body = wrap(text, width - text_width(indent, 8))
    return f"{mark}  " + body.replace("\n", f"\n{indent}")


def line_count(text: str) -> int:
    """Number of lines of a wrapped text.

    Parameters
    ----------
    text : str
        Text with line breaks; empty text counts as a line.
    """
    return text.count("\n") + 1


def line_height(size: float = 8) -> float:
    """Height of a line of text in mm.

    Parameters
    ----------
    size : float
        Font size in points.
    """
    return size * 1.2 / 72 * 25.4
