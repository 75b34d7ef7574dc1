"""The result page: one self-contained HTML file that opens without a network.

Sections of `mri_response.report.sections` say what is on it, ``data/report/report.html.jinja`` how
it looks. Captions stand with the figures' entries (`mri_response.report.figures.plan`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mri_response.report.arrangement import arranged
from mri_response.report.captions import TEMPLATES, placed_figures
from mri_response.report.documents import templates_of
from mri_response.report.downloads import downloads
from mri_response.report.fonts import font_faces
from mri_response.report.glossary import Marker, with_dagger
from mri_response.report.run import Run
from mri_response.report.sections.registry import SECTIONS
from mri_response.report.sections.section import Section


def render_report(
    run: Run, sections: Sequence[Section] = SECTIONS, templates: Path = TEMPLATES
) -> str:
    """Render the result page.

    Parameters
    ----------
    run : Run
        Configuration, tables and figures of the run.
    sections : sequence of Section
        Sections of the page in their order. Those that do not apply to the run or have nothing to
        say are left out.
    templates : Path
        Folder of ``report.html.jinja``.

    Returns
    -------
    str
        HTML with everything inside: no date, no path, nothing to load, which its policy forbids
        too. Without scripts it is a plain document that shows everything; with them there is one
        model at a time. The same run gives the same bytes. Rows of single people are in it only
        when the configuration has ``report: participant_level: true``.

    Raises
    ------
    ValueError
        If a figure of :func:`figure_plan` is missing or one is unknown.
    """
    figures = placed_figures(run, sections)
    several = len(run.models) > 1
    shown = []
    for section in sections:
        said = section.blocks_of(run)
        if said:
            blocks = arranged(said, figures.get(section.id, []), several)
            shown.append({"section": section, "blocks": blocks})
    drawn = [f["drawing"] for of in figures.values() for f in of if "drawing" in f]
    letters = {bold: set().union(*(one.letters[bold] for one in drawn)) for bold in (False, True)}
    environment, marker = templates_of(templates, autoescape=True), Marker()
    environment.filters["terms"] = marker.mark
    environment.filters["with_dagger"] = with_dagger
    environment.globals["new_section"] = marker.begin
    # A table tells its words again: the place before it may be folded or far away.
    environment.globals["table_marker"] = lambda: Marker(met=marker.met).mark
    environment.globals["words_met"] = marker.words
    return environment.get_template("report.html.jinja").render(
        title=run.names.title(run.title),
        run=run.config["run"],
        simulated=run.names.simulated,
        sections=shown,
        models=run.models if several else [],
        fonts=font_faces(letters),
        downloads=downloads(run, sections),
    )
