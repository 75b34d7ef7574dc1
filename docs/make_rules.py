"""Write docs/rules.md: every rule with its docstring, by stage, and the graph of the demo's rules.

`make docs` runs this; a test compares the page with what is made anew. The graph is also drawn, by
Graphviz's `dot`, into docs/rules.svg, which the website shows.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "src"))

from mri_response.config.clinical_outcomes import OUTCOME_PARTS  # noqa: E402
from mri_response.config.feature_kinds import FEATURES  # noqa: E402
from mri_response.report.figures.plan import FIGURES  # noqa: E402

PAGE = ROOT / "docs" / "rules.md"
PICTURE = ROOT / "docs" / "rules.svg"
STAGES = ("simulation", "people", "clinical_outcomes", "belief_updating", "features")
STAGES += ("variability", "learning", "models", "preflight", "evaluation", "application", "brain")
STAGES += ("report", "record")
# One for each stage, all light enough for black letters.
COLOURS = ("#e0e0e0", "#cfe3f5", "#fde2c8", "#f6d5e5", "#d5efd3", "#f2e0ff", "#fff3b8")
COLOURS += ("#d9d4ef", "#e0e0e0", "#c9ece9", "#dfe8c9", "#f7cfc6", "#e8e2d0", "#e0e0e0")
RULE = re.compile(
    r'^( *)rule (\w+):\n +"""(.*?)"""\n.*?^ +script:\n +"\.\./scripts/(\S+)"', re.M | re.S
)
HEAD = """\
# The rules

Made from the rules' own docstrings by `make docs`. A stage has one name: its rules are in
`workflow/rules/<stage>.smk`, their scripts in `workflow/scripts/<stage>/`, the functions that these
call in `workflow/src/mri_response/<stage>/`, the tests in `tests/<stage>/`.

The demo's rules, an arrow from each to those that read what it makes. Figures and slice viewers are
one box; arrows that follow from others are left out.

"""


def rules_of(stage: str) -> list[tuple[str, str, str]]:
    """Name, docstring and script of every rule of a stage."""
    text = (ROOT / "workflow" / "rules" / f"{stage}.smk").read_text(encoding="utf-8")
    return [
        (name, textwrap.dedent(f"{indent}    {words}").strip(), script)
        for indent, name, words, script in RULE.findall(text)
    ]


def rules_of_figures() -> list[tuple[str, str, str]]:
    """Name, what the figures show, and script of the rules that are made from their entries."""
    pictures: dict[str, list[str]] = {}
    for kind in FIGURES:
        pictures.setdefault(kind.job, []).extend([kind.name, *kind.beside])
    return [
        (job, "\n".join(map(shown, names)), "report/figure.py") for job, names in pictures.items()
    ]


def shown(figure: str) -> str:
    """What a figure shows, as the function that draws it says in its first sentence."""
    return first_sentence(f"report/figures/{figure}.py", "draw")


def rules_of_features() -> list[tuple[str, str, str]]:
    """Name, what is made, and script of the rules that are made from the kinds of features."""
    return [
        (f"{kind}_features", first_sentence(f"features/{kind}.py", "make"), "features/features.py")
        for kind in FEATURES
    ]


def rules_of_outcomes() -> list[tuple[str, str, str]]:
    """Name, what is said of the scores, and script of the rules that are made from their parts."""
    return [
        (f"outcome_{part}", f"{words}.", "clinical_outcomes/part.py")
        for part, words in OUTCOME_PARTS.items()
    ]


def first_sentence(path: str, function: str) -> str:
    """First line of the docstring of a function in a file of the package."""
    file = ROOT / "workflow" / "src" / "mri_response" / path
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (found,) = [node for node in tree.body if getattr(node, "name", None) == function]
    return ast.get_docstring(found).partition("\n")[0]


#: Rules that are made in a loop, by stage.
FROM_ENTRIES = {
    "clinical_outcomes": rules_of_outcomes,
    "features": rules_of_features,
    "report": rules_of_figures,
}


def rule_graph(folder: Path) -> str:
    """The graph of the demo's rules as Snakemake prints it, in Mermaid's language."""
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "mermaid-js", "--nolock"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--configfile", str(ROOT / "config" / "config.yaml")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def edges_of(graph: str) -> set[tuple[str, str]]:
    """Pairs of rules of which the second reads what the first makes."""
    names = dict(re.findall(r"^\s*(id\d+)\[(\w+)", graph, re.M))
    drawn = re.compile(r"_figures?$|_viewer$")
    merged = {
        key: "figures" if drawn.search(name) else name
        for key, name in names.items()
        if name not in ("all", "default")
    }
    pairs = re.findall(r"^\s*(id\d+) --> (id\d+)", graph, re.M)
    return {
        (merged[a], merged[b])
        for a, b in pairs
        if a in merged and b in merged and merged[a] != merged[b]
    }


def reduced(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Edges without those that a longer way between the same two rules implies."""

    def reaches(start: str, end: str, skip: tuple[str, str]) -> bool:
        waiting, seen = [start], set()
        while waiting:
            node = waiting.pop()
            for a, b in edges:
                if a == node and (a, b) != skip and b not in seen:
                    if b == end:
                        return True
                    seen.add(b)
                    waiting.append(b)
        return False

    return {edge for edge in edges if not reaches(*edge, skip=edge)}


def picture(graph: str) -> str:
    """The graph in Graphviz's language, each rule in the colour of its stage.

    Parameters
    ----------
    graph : str
        As `rule_graph` returns it.
    """
    stage_of = {name: stage for stage in STAGES for name, _, _ in rules_of(stage)}
    stage_of |= {name: stage for stage, rules in FROM_ENTRIES.items() for name, _, _ in rules()}
    edges = sorted(reduced(edges_of(graph)))
    lines = ["digraph rules {", "  nodesep=0.12; ranksep=0.3; bgcolor=white"]
    lines.append('  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11]')
    lines.append('  node [height=0.3, margin="0.1,0.03", penwidth=0.6]; edge [arrowsize=0.5]')
    for name in sorted({name for edge in edges for name in edge}):
        colour = COLOURS[STAGES.index(stage_of.get(name, "report"))]
        lines.append(f'  {name} [fillcolor="{colour}", tooltip="{stage_of.get(name, "report")}"]')
    return "\n".join([*lines, *(f"  {a} -> {b}" for a, b in edges), "}"])


def page(graph: str) -> str:
    """The whole page.

    Parameters
    ----------
    graph : str
        As `rule_graph` returns it.
    """
    lines = ["```mermaid", "flowchart TB"]
    lines += [f"    {a} --> {b}" for a, b in sorted(reduced(edges_of(graph)))]
    lines.append("```")
    for stage in STAGES:
        lines += ["", f"## {stage}"]
        made = FROM_ENTRIES.get(stage, list)()
        for name, words, script in [*made, *rules_of(stage)]:
            lines += ["", f"**`{name}`** (`scripts/{script}`): {words}"]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    rules = rule_graph(ROOT)
    PAGE.write_text(page(rules), encoding="utf-8")
    if shutil.which("dot") is None:
        sys.exit("docs/rules.svg is not made anew: Graphviz's dot is missing; install graphviz")
    command = ["dot", "-Tsvg", "-o", str(PICTURE)]
    subprocess.run(command, input=picture(rules), text=True, check=True)
