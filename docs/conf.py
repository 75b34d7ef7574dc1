"""The documentation as a website: `make site` builds it, offline, into the folder site.

The pages are the Markdown files that stand in the repository, in their places, so that their links
work in both. Sphinx warns of every link or anchor that leads nowhere, and a warning is an error.
"""

import html
import os
import re
import shutil
import tomllib
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

ROOT = Path(__file__).resolve().parents[1]

project = "mri-response"
author = copyright = "The mri-response developers"
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

# The source is the whole repository, of which these pages are read.
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "config/README.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
]
extensions = ["myst_parser"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
# Titles of pages begin with the first heading of the README, which is no part of the tree of pages.
suppress_warnings = ["toc.not_included"]

html_theme = "furo"
html_title = f"mri-response {release}"
html_show_sourcelink = False
html_copy_source = False
# As in the repository: no address of the site is known, and nothing is fetched from elsewhere.
html_baseurl = ""

#: Runs whose report is shown, where they have been made; the first one must be.
EXAMPLES = {
    "small": "The try-out: few simulated people, 99 permutations",
    "demo": "The demo: a simulated trial with two models, four cohorts and 1,000 permutations",
    "open": "The tutorial: schizophrenia against controls, open data of real people",
}


class Graph(Directive):
    """The graph of the rules, which the repository's host draws, as the picture made from it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        image = nodes.image(uri="rules.svg", alt="The demo's rules and what reads from what")
        return [nodes.reference("", "", image, refuri="../_images/rules.svg")]


def add_examples(app, exception) -> None:
    """Copy the reports of runs into the site, with a page that lists them."""
    if exception is not None:
        return
    made = {"small": Path(os.environ.get("MRI_RESPONSE_SMALL_RUN", ROOT / "results" / "small"))}
    pages = {name: made.get(name, ROOT / "results" / name) / "report.html" for name in EXAMPLES}
    if not pages["small"].is_file():
        raise SystemExit(f"{pages['small']}: not found; `make small` makes it")
    folder = Path(app.outdir) / "example"
    folder.mkdir(exist_ok=True)
    items = []
    for name, page in pages.items():
        if page.is_file():
            shutil.copyfile(page, folder / f"{name}.html")
            items.append(f'<li><a href="{name}.html">{html.escape(EXAMPLES[name])}</a></li>')
    template = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><body style="font-family: sans-serif; '
        'max-width: 40em; margin: 3em auto; padding: 0 1em">{body}</body></html>'
    )
    body = (
        "<h1>Reports of mri-response</h1><p>Each is one page, as a run leaves it.</p>"
        f'<ul>{"".join(items)}</ul><p><a href="../docs/index.html">Documentation</a></p>'
    )
    (folder / "index.html").write_text(template.format(title="Reports", body=body))
    start = '<meta http-equiv="refresh" content="0; url=docs/index.html">'
    link = '<a href="docs/index.html">Documentation of mri-response</a>'
    text = template.format(title="mri-response", body=link)
    (Path(app.outdir) / "index.html").write_text(re.sub("(<title>)", rf"{start}\1", text, count=1))


def setup(app) -> None:
    """Register what is the project's own."""
    app.add_directive("mermaid", Graph)
    app.connect("build-finished", add_examples)
