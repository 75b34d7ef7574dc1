"""What a section of the page is made of; ``report.html.jinja`` knows how each block looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass
class Bullets:
    """A list."""

    kind: ClassVar[str] = "bullets"
    items: list[str]


@dataclass
class Table:
    """A table of the page; the first cell of each row is its header.

    Attributes
    ----------
    caption : str
        Title.
    columns : list of str
        Headers of the columns.
    rows : list of list
        Cells: a text, or a pair (text, smaller text under it). A row shorter than the columns
        has its last cell stretched over the rest.
    note : str
        Text below the table.
    prose : bool
        Whether cells hold sentences, which wrap on a narrow screen; other tables scroll.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    note: str = ""
    prose: bool = False


@dataclass
class Frame:
    """A page within the page, shut off from it and from the network.

    Attributes
    ----------
    title : str
        What it shows, for readers who do not see it.
    html : str
        Complete and self-contained.
    height : int
        In pixels.
    """

    kind: ClassVar[str] = "frame"
    title: str
    html: str
    height: int = 320


Block = Text | Heading | Bullets | Table | Frame
