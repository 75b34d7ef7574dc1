"""Documents for the reviewer: TRIPOD+AI, PROBAST+AI, the model card and the methods.

They are composed of the facts of a run (:mod:`mri_response.report.facts`); items and templates of
Markdown are in ``data/documents``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mri_response.config.answers import RESOURCES, resource
from mri_response.report.facts.fact import Fact
from mri_response.report.facts.gathered import gather
from mri_response.report.facts.methods import methods, results
from mri_response.report.numbers import unbroken
from mri_response.report.run import Run

NOT_PROVIDED = "Not provided"
STATUSES = ("filled", "in part", "not provided", "not applicable")
TRIPOD_COLUMNS = [
    "item",
    "section",
    "topic",
    "applies_to",
    "asks",
    "answer",
    "source",
    "status",
]
PROBAST_COLUMNS = ["part", "item", "topic", "asks", "evidence", "source"]
CARD_COLUMNS = ["section", "statement", "source"]
_APPLIES = {"D": "development", "E": "evaluation", "DE": "development and evaluation"}


def reviewer_files(
    run: Run, answers: Mapping[str, str]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Tables and Markdown of all documents.

    Parameters
    ----------
    run : Run
        The run.
    answers : mapping of str to str
        As from :func:`mri_response.config.answers.read_answers`.

    Returns
    -------
    tables : dict of str to DataFrame
        ``tripod``, ``probast``, ``cobidas``, ``model_card``.
    texts : dict of str to str
        ``tripod``, ``probast``, ``model_card`` and ``methods``.
    """
    facts = gather(run)
    tables = {
        "tripod": tripod_table(facts, answers),
        "probast": evidence_table(facts, "probast"),
        "cobidas": evidence_table(facts, "cobidas"),
        "model_card": model_card(facts, answers),
    }
    return tables, documents(
        tables,
        methods(run),
        results(facts),
        title=run.config["title"],
        run=run.config["run"],
        simulated=run.names.simulated,
    )


# --- tables -----------------------------------------------------------------------------------


def tripod_table(facts: Mapping[str, Fact], answers: Mapping[str, str]) -> pd.DataFrame:
    """TRIPOD+AI, filled in.

    Parameters
    ----------
    facts : mapping of str to Fact
        As from :func:`mri_response.report.facts.gather`.
    answers : mapping of str to str
        Answers of the authors by item.

    Returns
    -------
    pandas.DataFrame
        `TRIPOD_COLUMNS`, one row per item. ``status`` is one of `STATUSES`: "in part" where the
        authors' part is missing. What is missing is named behind "Not provided".

    References
    ----------
    Collins et al. 2024, BMJ 385: e078378.
    """
    rows = []
    for entry in resource("tripod"):
        item = entry["item"]
        told = [facts[name] for name in entry["facts"] if name in facts]
        texts, sources = [fact.text for fact in told], [fact.source for fact in told]
        if item in answers:
            texts.append(answers[item])
            sources.append(f"config: reporting.tripod.{item}")
        applies = all(fact.applies for fact in told)
        missing = item not in answers and applies and (entry["authors"] or not told)
        if missing:
            texts.append(f"{NOT_PROVIDED}: {entry['authors'] or 'the run has no such table'}.")
        if applies:
            status = STATUSES[0 if not missing else 1 if told else 2]
        else:
            status = STATUSES[3]
        rows.append(
            {
                **{key: entry[key] for key in ("item", "section", "topic", "asks")},
                "applies_to": _APPLIES[entry["applies"]],
                "answer": " ".join(texts),
                "source": _once(sources) or "n/a",
                "status": status,
            }
        )
    return pd.DataFrame(rows, columns=TRIPOD_COLUMNS)


def evidence_table(facts: Mapping[str, Fact], name: str) -> pd.DataFrame:
    """Evidence for the questions of PROBAST+AI, domain analysis, or of COBIDAS; no verdict.

    Parameters
    ----------
    facts : mapping of str to Fact
        Facts of the run by name.
    name : str
        ``probast`` or ``cobidas``.

    Returns
    -------
    pandas.DataFrame
        `PROBAST_COLUMNS`, one row per question.

    References
    ----------
    Moons et al. 2025, BMJ 388: e082505. Nichols et al. 2017, Nature Neuroscience 20: 299-303.
    """
    rows = []
    for entry in resource(name):
        told = [facts[name] for name in entry["facts"] if name in facts]
        rows.append(
            {
                **{key: entry[key] for key in ("part", "item", "topic", "asks")},
                "evidence": " ".join(fact.text for fact in told)
                or f"{NOT_PROVIDED}: the run has nothing on this.",
                "source": _once(fact.source for fact in told) or "n/a",
            }
        )
    return pd.DataFrame(rows, columns=PROBAST_COLUMNS)


def model_card(facts: Mapping[str, Fact], answers: Mapping[str, str]) -> pd.DataFrame:
    """The model card as statements.

    Parameters
    ----------
    facts : mapping of str to Fact
        Facts of the run by name.
    answers : mapping of str to str
        Answers of the authors to items of TRIPOD+AI; some belong on the card.

    Returns
    -------
    pandas.DataFrame
        `CARD_COLUMNS`, one row per statement.

    References
    ----------
    Mitchell et al. 2019, Model cards for model reporting, FAT* 2019: 220-229.
    """
    asked = {entry["item"]: entry for entry in resource("tripod")}
    rows = []
    for entry in resource("model_card"):
        section = entry["section"]
        told = [facts[name] for name in entry["facts"] if name in facts]
        rows += [(section, fact.text, fact.source) for fact in told]
        for item in entry["authors"]:
            if item in answers:
                rows.append((section, answers[item], f"config: reporting.tripod.{item}"))
            else:
                text = f"{NOT_PROVIDED}: {asked[item]['authors']}."
                rows.append((section, text, f"TRIPOD+AI item {item}"))
        if not told and not entry["authors"]:
            rows.append((section, f"{NOT_PROVIDED}: the run has no such table.", "n/a"))
    return pd.DataFrame(rows, columns=CARD_COLUMNS)


def cited(fact: Fact) -> str:
    """Text of a fact with what it cites, in brackets before its last full stop."""
    if not fact.cites:
        return fact.text
    known = resource("references")
    names = "; ".join(known[key]["short"] for key in fact.cites)
    return f"{fact.text.removesuffix('.')} ({names})."


def references(keys: Iterable[str]) -> list[str]:
    """Cited works in full, sorted, each once."""
    known = resource("references")
    return sorted(
        known[key]["text"] + (f" doi:{known[key]['doi']}" if "doi" in known[key] else "")
        for key in set(keys)
    )


def _once(sources: Iterable[str]) -> str:
    parts = [part for source in sources for part in source.split("; ")]
    return "; ".join(dict.fromkeys(parts))


# --- Markdown ---------------------------------------------------------------------------------


def documents(
    tables: Mapping[str, pd.DataFrame],
    methods: Sequence[Fact],
    results: Sequence[Fact],
    title: str,
    run: str,
    simulated: bool,
) -> dict[str, str]:
    """Write the documents for the reviewer.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``tripod``, ``probast`` and ``model_card``.
    methods, results : sequence of Fact
        Paragraphs of the methods section, and of what it led to.
    title, run : str
        Of the configuration.
    simulated : bool
        Whether the data were made by the simulation.

    Returns
    -------
    dict of str to str
        Name without suffix to Markdown.
    """
    head = {"title": title, "run": run, "simulated": simulated}
    rows = {name: table.to_dict("records") for name, table in tables.items()}
    sections: dict[str, list[dict[str, Any]]] = {}
    for row in rows["model_card"]:
        sections.setdefault(row["section"], []).append(row)
    counts = tables["tripod"]["status"].value_counts()
    return {
        "tripod": _markdown(
            "tripod",
            rows=rows["tripod"],
            counts={status: int(counts.get(status, 0)) for status in STATUSES},
            references=references(["tripod_ai"]),
            **head,
        ),
        "probast": _markdown(
            "probast", rows=rows["probast"], references=references(["probast_ai"]), **head
        ),
        "model_card": _markdown(
            "model_card", sections=sections, references=references(["model_cards"]), **head
        ),
        "methods": _markdown(
            "methods",
            methods=[(cited(fact), fact.source) for fact in methods],
            results=[(cited(fact), fact.source) for fact in results],
            references=references(key for fact in (*methods, *results) for key in fact.cites),
            **head,
        ),
    }


def templates_of(folder: Path, *, autoescape: bool) -> Environment:
    """Templates of a folder, in which what is not given is an error.

    Parameters
    ----------
    folder : path-like
        Folder of the templates.
    autoescape : bool
        Whether values are escaped for HTML, in which numbers then stay with their unit.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=autoescape,
        finalize=unbroken if autoescape else None,
    )


def _markdown(name: str, **values: Any) -> str:
    # Markdown, not HTML: `prose` escapes what would be markup.
    environment = templates_of(RESOURCES, autoescape=False)
    environment.filters["prose"] = _prose
    return environment.get_template(f"{name}.md.jinja").render(**values)


_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>#|"})


def _prose(text: Any) -> str:
    """Text in one line in which nothing is markup, also inside a table."""
    return " ".join(str(text).split()).translate(_MARKUP)
