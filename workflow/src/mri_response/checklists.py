"""TRIPOD+AI, PROBAST+AI, the model card and the methods section, filled from the facts of a run.

The items are in ``workflow/resources/reporting``, the Markdown templates beside them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mri_response.errors import InputError
from mri_response.reporting import Fact
from mri_response.tables import suggestion

RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "reporting"
NOT_PROVIDED = "Not provided"
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
METHODS_COLUMNS = ["paragraph", "source", "references"]
_APPLIES = {"D": "development", "E": "evaluation", "DE": "development and evaluation"}


@cache
def resource(name: str) -> Any:
    """Content of a file of ``workflow/resources/reporting``, by its name without suffix."""
    return yaml.safe_load((RESOURCES / f"{name}.yaml").read_text(encoding="utf-8"))


def tripod_items() -> list[str]:
    """Numbers of the items of TRIPOD+AI, in order."""
    return [entry["item"] for entry in resource("tripod")]


# --- what the authors say ---------------------------------------------------------------------


def read_answers(answers: Mapping[str, str] | str | os.PathLike[str]) -> dict[str, str]:
    """Answers of the authors to items of TRIPOD+AI.

    Parameters
    ----------
    answers : mapping or path-like
        Item to answer, or a YAML file with such a mapping (``reporting.tripod`` of the
        configuration).

    Returns
    -------
    dict of str to str

    Raises
    ------
    InputError
        One line: file, item, what was found, what was expected.
    """
    if isinstance(answers, Mapping):
        return {item: " ".join(text.split()) for item, text in answers.items()}
    path = os.fspath(answers)
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError:
        raise InputError(
            f"{path}: found no such file, expected answers to TRIPOD+AI; correct "
            "reporting.tripod of the configuration"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = " ".join(str(error).split())
        raise InputError(f"{path}: found no YAML ({line}), expected item: answer") from None
    if not isinstance(found, Mapping):
        raise InputError(
            f"{path}: found no mapping, expected lines such as 3a: answer; write one a line"
        )
    items = tripod_items()
    read = {}
    for key, text in found.items():
        item = str(key)
        if item not in items:
            raise InputError(
                f"{path}: {item}: found the unknown item {item!r}, expected one of TRIPOD+AI (1 to "
                f"{items[-1]}); {suggestion(item, items)}rename or remove it"
            )
        if not isinstance(text, str) or not text.strip():
            raise InputError(
                f"{path}: {item}: found {text!r}, expected a text; write the answer in quotes or "
                "remove the item"
            )
        read[item] = " ".join(text.split())
    return read


# --- tables -----------------------------------------------------------------------------------


def tripod_table(facts: Mapping[str, Fact], answers: Mapping[str, str]) -> pd.DataFrame:
    """TRIPOD+AI, filled in.

    Parameters
    ----------
    facts : mapping of str to Fact
        As from :func:`mri_response.reporting.gather`.
    answers : mapping of str to str
        Answers of the authors by item.

    Returns
    -------
    pandas.DataFrame
        `TRIPOD_COLUMNS`, one row an item. ``status`` is "filled", "in part" (the authors' part is
        missing) or "not provided"; what is missing is named behind "Not provided".

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
        missing = item not in answers and (entry["authors"] or not told)
        if missing:
            texts.append(f"{NOT_PROVIDED}: {entry['authors'] or 'the run has no such table'}.")
        status = "filled" if not missing else "in part" if told else "not provided"
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


def probast_table(facts: Mapping[str, Fact]) -> pd.DataFrame:
    """Evidence for the signalling questions of PROBAST+AI, domain analysis; no verdict.

    Parameters
    ----------
    facts : mapping of str to Fact

    Returns
    -------
    pandas.DataFrame
        `PROBAST_COLUMNS`, one row a question.

    References
    ----------
    Moons et al. 2025, BMJ 388: e082505.
    """
    rows = []
    for entry in resource("probast"):
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
    answers : mapping of str to str
        Answers of the authors to items of TRIPOD+AI; some belong on the card.

    Returns
    -------
    pandas.DataFrame
        `CARD_COLUMNS`, one row a statement.

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


def methods_table(
    paragraphs: Sequence[Fact], results: Sequence[Fact], versions: Mapping[str, str]
) -> pd.DataFrame:
    """The methods section: paragraphs with their sources and the keys of what they cite.

    Parameters
    ----------
    paragraphs : sequence of Fact
        As from :func:`mri_response.reporting.methods`.
    results : sequence of Fact
        What follows them.
    versions : mapping of str to str
        Software and its version.

    Returns
    -------
    pandas.DataFrame
        `METHODS_COLUMNS`; references are keys, separated by blanks.
    """
    rows = [
        {
            "paragraph": cited(fact),
            "source": fact.source,
            "references": " ".join(fact.cites) or "n/a",
        }
        for fact in (*paragraphs, *results, software(versions))
    ]
    return pd.DataFrame(rows, columns=METHODS_COLUMNS)


def software(versions: Mapping[str, str]) -> Fact:
    """Versions of the software as a sentence."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    cites = [key for name, key in _SOFTWARE.items() if name in versions]
    return Fact(f"Software: {named}.", "ro-crate-metadata.json", tuple(cites))


_SOFTWARE = {"snakemake": "snakemake", "scikit-learn": "scikit_learn", "nilearn": "nilearn"}


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


def markdown(name: str, **values: Any) -> str:
    """Render ``<name>.md.jinja``.

    Parameters
    ----------
    name : str
        tripod, probast, model_card or methods.
    **values
        What the template names: tables as lists of mappings.

    Returns
    -------
    str
    """
    environment = Environment(
        loader=FileSystemLoader(RESOURCES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown; `cell` and `prose` escape what would be markup
    )
    environment.filters |= {"cell": _cell, "prose": _prose}
    return environment.get_template(f"{name}.md.jinja").render(**values)


_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>#|"})


def _prose(text: Any) -> str:
    """Text in which nothing is markup."""
    return " ".join(str(text).split()).translate(_MARKUP)


def _cell(text: Any) -> str:
    """The same in a table."""
    return _prose("n/a" if pd.isna(text) else text)
