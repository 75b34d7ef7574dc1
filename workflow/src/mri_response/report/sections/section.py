"""The form of a section of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mri_response.report.figures.plan import FigureSpec
from mri_response.report.findings import Finding
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block


def always(run: Run) -> bool:
    """Whether a section that every run can have belongs on the page.

    Parameters
    ----------
    run : Run
        Any run.

    Returns
    -------
    bool
        True.
    """
    return True


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    id : str
        Anchor of the section, and what `FigureSpec.section` says of its figures, which stand
        behind its blocks.
    heading, label : str
        Heading, and its short form in the table of contents.
    blocks : callable
        Takes a `Run` and returns the list of blocks; without any the section is left out.
    tables : mapping of str to str
        Tables to download that belong to it, by name without suffix, with their titles.
    alt_text : callable, optional
        Takes a `FigureSpec` and a `Run` and describes the figure, with numbers of the run, to
        readers who do not see it; needed for figures whose entries have no ``alt``.
    shows_people : bool
        Whether the figures of a model show the people of every cohort, whom the captions then
        count; the others show the model that was fitted to the discovery cohort.
    module : str or None
        The module of a run (`mri_response.config.modules`) to which the section belongs; None for
        a section of every run.
    findings : callable, optional
        Takes a `Run` and returns the questions that the section answers by rule, for the beginning
        of the page and ``answers.tsv``.
    applies : callable
        Takes a `Run` that asks for the module and returns whether the section belongs on its page.
    """

    id: str
    heading: str
    label: str
    blocks: Callable[[Run], list[Block]]
    tables: Mapping[str, str] = field(default_factory=dict)
    alt_text: Callable[[FigureSpec, Run], str] | None = None
    shows_people: bool = False
    module: str | None = "prediction"
    findings: Callable[[Run], list[Finding]] | None = None
    applies: Callable[[Run], bool] = always

    def blocks_of(self, run: Run) -> list[Block]:
        """What the section says of a run.

        Parameters
        ----------
        run : Run
            Any run.

        Returns
        -------
        list of Block
            Empty where the section does not belong on the page or has nothing to say.
        """
        asked = self.module is None or self.module in run.asked
        return self.blocks(run) if asked and self.applies(run) else []
