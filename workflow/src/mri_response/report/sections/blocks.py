"""What a section of the page is made of; ``report.html.jinja`` knows how each block looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass
class Text:
    """A paragraph.

    Attributes
    ----------
    text : str
        What it says.
    code : str
        Something in the type of code behind it, such as a hash.
    """

    kind: ClassVar[str] = "text"
    text: str
    code: str = ""


@dataclass
class Lead:
    """The first paragraph of a section, in large type.

    Attributes
    ----------
    text : str
        What it says.
    """

    kind: ClassVar[str] = "lead"
    text: str


@dataclass
class Heading:
    """A heading inside a section.

    Attributes
    ----------
    text : str
        What it says.
    """

    kind: ClassVar[str] = "heading"
    text: str


@dataclass
class Bullets:
    """A list.

    Attributes
    ----------
    items : list of str
        A text per item.
    quoted : bool
        Whether the words are those of others, such as titles, which the glossary does not explain.
    """

    kind: ClassVar[str] = "bullets"
    items: list[str]
    quoted: bool = False


@dataclass
class Definitions:
    """A list of terms and what they mean.

    Attributes
    ----------
    items : list of tuple of str or None
        Term and explanation; None stands for the words of the glossary that the page has had.
    """

    kind: ClassVar[str] = "definitions"
    items: list[tuple[str, str]] | None


@dataclass
class Warnings:
    """A list that catches the eye, under a heading.

    Attributes
    ----------
    heading : str
        What is warned of.
    items : list of str
        A sentence per warning.
    """

    kind: ClassVar[str] = "warnings"
    heading: str
    items: list[str]


@dataclass
class Downloads:
    """The place of the tables to download, which the page gathers from all its sections."""

    kind: ClassVar[str] = "downloads"


@dataclass
class Table:
    """A table of the page; the first cell of each row is its header.

    Attributes
    ----------
    caption : str
        Title of the table.
    columns : list of str
        Headers of the columns.
    rows : list of list
        Cells: texts or pairs (text, smaller text under it); the last of a short row is stretched.
    note : str
        Text below the table.
    prose : bool
        Whether cells hold sentences, which wrap on a narrow screen; other tables scroll.
    label : str
        Name of the scrolling region for readers who do not see it; the caption where it is empty.
    models : list of str
        The model of each row, where rows of other models than the chosen one are not shown; found
        by itself where the table has a column ``Model``.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    note: str = ""
    prose: bool = False
    label: str = ""
    models: list[str] = field(default_factory=list)


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
        Height in pixels.
    """

    kind: ClassVar[str] = "frame"
    title: str
    html: str
    height: int = 320


@dataclass
class Beside:
    """A link to a file in the folder of the page.

    Attributes
    ----------
    text : str
        What the link leads to.
    path : str
        Relative to the page.
    """

    kind: ClassVar[str] = "beside"
    text: str
    path: str


@dataclass
class Explorer:
    """A threshold and a share of people that the reader moves.

    Attributes
    ----------
    data : dict
        What the page's script computes with: names of the classes, counts at thresholds, and
        where it begins.
    svg : str
        Picture of 100 people at the beginning.
    caption : str
        What the picture shows.
    """

    kind: ClassVar[str] = "explorer"
    data: dict[str, Any]
    svg: str
    caption: str


@dataclass
class AnswerItem:
    """A question with its answer.

    Attributes
    ----------
    question, short, text : str
        The question, its answer in a word or two, and in a sentence.
    figure : str
        The number with interval, null and people; empty where there is none.
    tone : str
        ``yes``, ``no``, ``open`` or ``none``, for its look.
    target, target_label : str
        Anchor and name of the section that has the evidence; empty without one.
    """

    question: str
    short: str
    text: str
    figure: str = ""
    tone: str = "none"
    target: str = ""
    target_label: str = ""


@dataclass
class Answers:
    """Questions with their answers, one below the other.

    Attributes
    ----------
    items : list of AnswerItem
        In the order of the page.
    """

    kind: ClassVar[str] = "answers"
    items: list[AnswerItem]


@dataclass
class Picture:
    """A small picture drawn as part of the page.

    Attributes
    ----------
    name : str
        What it is called in a file name and as anchor.
    heading : str
        Its title.
    svg : str
        An ``svg`` element, whose colours are those of the page's style.
    caption : str
        What it shows.
    target : str
        Anchor of the section that has its numbers with intervals; empty without one.
    """

    kind: ClassVar[str] = "picture"
    name: str
    heading: str
    svg: str
    caption: str
    target: str = ""


@dataclass
class Columns:
    """Blocks in two columns beside each other, below each other on a narrow screen.

    Attributes
    ----------
    left, right : list
        Blocks of each column.
    """

    kind: ClassVar[str] = "columns"
    left: list[Any]
    right: list[Any]


@dataclass
class Details:
    """Blocks behind a line that unfolds them.

    Attributes
    ----------
    summary : str
        The line that unfolds the blocks.
    blocks : list
        What is behind it.
    """

    kind: ClassVar[str] = "details"
    summary: str
    blocks: list[Any]


@dataclass
class OfModel:
    """Blocks about one model, shown where that model is chosen.

    Attributes
    ----------
    model : str
        Its name.
    blocks : list
        What is said of it.
    """

    kind: ClassVar[str] = "of_model"
    model: str
    blocks: list[Any]


@dataclass
class Lines:
    """Text whose lines stay as they are.

    Attributes
    ----------
    text : str
        What it says.
    """

    kind: ClassVar[str] = "lines"
    text: str


@dataclass
class Copy:
    """Blocks that a button copies.

    Attributes
    ----------
    name : str
        Unique in the page.
    label : str
        What the button says.
    blocks : list
        What is copied.
    """

    kind: ClassVar[str] = "copy"
    name: str
    label: str
    blocks: list[Any]


@dataclass
class Figures:
    """The place of figures of the section, those of each model together.

    Attributes
    ----------
    kinds : tuple of str
        Kinds of figures (`mri_response.report.figures.plan`) in their order, if the run has them.
    model : str
        The model whose figures they are; those of all models where it is empty.
    """

    kind: ClassVar[str] = "figures"
    kinds: tuple[str, ...]
    model: str = ""


@dataclass
class Figure:
    """A figure in its place.

    Attributes
    ----------
    figure : dict
        As from `mri_response.report.captions.placed_figures`.
    """

    kind: ClassVar[str] = "figure"
    figure: dict[str, Any]


Block = (
    Text
    | Lead
    | Heading
    | Bullets
    | Definitions
    | Warnings
    | Downloads
    | Table
    | Frame
    | Explorer
    | Beside
    | Answers
    | Picture
    | Columns
    | Copy
    | Lines
    | Details
    | OfModel
    | Figures
    | Figure
)
