"""Files inside the page, as data URIs."""

from __future__ import annotations

import base64
import re
import struct
from pathlib import Path
from typing import Any


def data_uri(data: bytes, kind: str) -> str:
    """Write bytes as a data URI.

    Parameters
    ----------
    data : bytes
        Content of a file.
    kind : str
        Its media type.

    Returns
    -------
    str
    """
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def image(path: Path | str) -> dict[str, Any]:
    """Read a figure as an image that can stand in the page.

    Parameters
    ----------
    path : path-like
        SVG with its size in points, or PNG with 300 pixels per inch.

    Returns
    -------
    dict
        ``uri``, and ``width`` and ``height`` in CSS pixels at print size.

    Raises
    ------
    ValueError
        If an SVG does not say its size in points.
    """
    path = Path(path)
    data = path.read_bytes()
    if path.suffix == ".svg":
        width, height = (round(value * 96 / 72) for value in _svg_size(path.name, data))
        return {"uri": data_uri(data, "image/svg+xml"), "width": width, "height": height}
    width, height = (round(value * 96 / 300) for value in struct.unpack(">II", data[16:24]))
    return {"uri": data_uri(data, "image/png"), "width": width, "height": height}


def _svg_size(name: str, data: bytes) -> tuple[float, float]:
    """Width and height in points, whichever the file says first."""
    element = re.search(r"<svg[^>]*", data[:4000].decode("utf-8", errors="replace"))
    sizes = [
        element and re.search(rf'\b{key}="([\d.]+)pt"', element[0]) for key in ("width", "height")
    ]
    if not all(sizes):
        raise ValueError(f"{name}: no width and height in pt in the SVG element")
    return float(sizes[0][1]), float(sizes[1][1])
