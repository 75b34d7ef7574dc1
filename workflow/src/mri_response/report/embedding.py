"""Files inside the page, as data URIs."""

from __future__ import annotations

import base64
import io
import re
import struct
from pathlib import Path
from typing import Any

from mri_response.report.inline_svg import inline_svg

# A drawing with more characters than this is shown as the picture of it, which is smaller.
MOST_MARKUP = 150_000
PIXELS_PER_INCH = 180


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


def picture(path: Path | str, name: str) -> dict[str, Any]:
    """Read a figure as something that can stand in the page.

    Parameters
    ----------
    path : path-like
        SVG with its size in points, or PNG with 300 pixels per inch. Beside a large SVG, such as
        one of slices of the brain, its PNG is looked for.
    name : str
        Unique among the figures of the page.

    Returns
    -------
    dict
        ``width`` and ``height`` in CSS pixels at print size, and either ``drawing``
        (`mri_response.report.inline_svg.Inline`) or ``uri`` of an image.

    Raises
    ------
    ValueError
        If an SVG does not say its size in points.
    """
    path = Path(path)
    data = path.read_bytes()
    if path.suffix == ".svg":
        width, height = (round(value * 96 / 72) for value in _svg_size(path.name, data))
        drawing = inline_svg(data, name)
        pixels = path.with_suffix(".png")
        if len(drawing.markup) <= MOST_MARKUP or not pixels.exists():
            return {"drawing": drawing, "width": width, "height": height}
        data = pixels.read_bytes()
    width, height = (round(value * 96 / 300) for value in struct.unpack(">II", data[16:24]))
    return {"uri": data_uri(*compressed(data)), "width": width, "height": height}


def compressed(data: bytes) -> tuple[bytes, str]:
    """Write a picture of the page as small as it can be shown sharply at twice its size.

    Parameters
    ----------
    data : bytes
        PNG with 300 pixels per inch.

    Returns
    -------
    tuple of bytes and str
        WebP, or the PNG where that is smaller, and the media type.
    """
    # Imported here: only pages with such pictures need it.
    from PIL import Image

    shown = Image.open(io.BytesIO(data)).convert("RGB")
    size = round(shown.width * PIXELS_PER_INCH / 300), round(shown.height * PIXELS_PER_INCH / 300)
    made = io.BytesIO()
    shown.resize(size, Image.Resampling.LANCZOS).save(made, "WEBP", quality=75, method=6)
    if len(made.getvalue()) < len(data):
        return made.getvalue(), "image/webp"
    return data, "image/png"


def _svg_size(name: str, data: bytes) -> tuple[float, float]:
    """Width and height in points, whichever the file says first."""
    element = re.search(r"<svg[^>]*", data[:4000].decode("utf-8", errors="replace"))
    sizes = [
        element and re.search(rf'\b{key}="([\d.]+)pt"', element[0]) for key in ("width", "height")
    ]
    if not all(sizes):
        raise ValueError(f"{name}: no width and height in pt in the SVG element")
    return float(sizes[0][1]), float(sizes[1][1])
