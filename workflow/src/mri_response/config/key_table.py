"""The table of configuration keys in ``config/README.md``, made from the schema.

``PYTHONPATH=workflow/src python -m mri_response.config.key_table`` writes it anew.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mri_response.config.schema import expected_words, resolved
from mri_response.core.atomic import atomic_path
from mri_response.core.data import data_path

#: Lines of config/README.md between which the table stands.
BEGIN = "<!-- keys: made from workflow/src/mri_response/data/config.schema.yaml -->"
END = "<!-- end of keys -->"

_NAMES = {
    "cohorts": "COHORT",
    "features": "FEATURES",
    "region_sets": "FEATURES",
    "models": "MODEL",
    "where": "COLUMN",
    "sources": "SOURCE",
    "scales": "SCALE",
    "items": "ITEM",
    "path": "SESSION",
}


def key_table(schema: Mapping[str, Any]) -> str:
    """One table per section of the configuration, in Markdown.

    Parameters
    ----------
    schema : mapping
        The configuration's JSON schema.

    Returns
    -------
    str
        Columns: key, meaning, allowed values, default.
    """
    sections: dict[str, list[str]] = {"General": []}
    # A key that several kinds share has one row that names them.
    kinds: dict[tuple[str, ...], list[str]] = {}
    for path, node, required, kind in _keys(schema, schema, ""):
        default = "required" if required else _default(node)
        meaning = " ".join(node.get("description", "").split())
        kinds.setdefault((path, meaning, _allowed(node, schema), default), []).append(kind)
    for (path, meaning, allowed, default), of in kinds.items():
        top = path.split(".")[0]
        section = (
            top if "." in path or _is_section(schema["properties"][top], schema) else "General"
        )
        named = f"({', '.join(of)}) " if any(of) else ""
        cells = [f"`{path}`", named + meaning, allowed, default]
        row = "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        sections.setdefault(section, []).append(row)
    head = "| key | meaning | allowed | default |\n|---|---|---|---|\n"
    return "\n".join(
        f"### {name if name == 'General' else f'`{name}`'}\n\n{head}" + "\n".join(rows) + "\n"
        for name, rows in sections.items()
    )


def _keys(
    node: Mapping[str, Any], schema: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, dict[str, Any], bool, str]]:
    """Path, schema, whether it is required, and kind, of every key below a part of the schema."""
    node = resolved(node, schema)
    variants = [(node, "")]
    for part in node.get("allOf", ()):
        asked = part.get("if", {}).get("properties", {}).get("kind", {})
        kinds = asked.get("enum") or [asked.get("const", "")]
        variants.append((resolved(part["then"], schema), ", ".join(kinds)))
    if "else" in node:
        variants.append((resolved(node["else"], schema), ""))
    for part, kind in variants:
        for key, child in part.get("properties", {}).items():
            child = resolved(child, schema)
            if not child.get("description"):
                continue  # what a variant describes
            path = f"{prefix}{key}"
            yield path, child, key in part.get("required", ()), kind
            yield from _keys(child, schema, f"{path}.")
            if isinstance(child.get("additionalProperties"), dict):
                name = f"{path}.{_NAMES.get(key, 'COHORT')}."
                others = child["additionalProperties"]
                for branch in (others, *others.get("anyOf", ())):
                    yield from _keys(branch, schema, name)
            for branch in [*child.get("anyOf", ()), *child.get("items", {}).get("anyOf", ())]:
                for inner, spec, _, _ in _keys(branch, schema, f"{path}."):
                    yield inner, spec, False, ""
            yield from _keys(child.get("items", {}), schema, f"{path}.")


def _is_section(node: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    return resolved(node, schema).get("type") == "object"


def _allowed(node: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if node.get("type") == "object" and "x-expected" not in node:
        return ""
    return expected_words(node, schema)


def _default(node: Mapping[str, Any]) -> str:
    if "default" not in node or node["default"] == {}:
        return ""
    return f"`{yaml.safe_dump(node['default'], default_flow_style=True).splitlines()[0]}`"


def write(readme: Path, schema: Path) -> None:
    """Put the table into the file, between its two marks.

    Parameters
    ----------
    readme : path-like
        File that has both marks.
    schema : path-like
        Schema from which the table is made.
    """
    table = key_table(yaml.safe_load(schema.read_text(encoding="utf-8")))
    text = readme.read_text(encoding="utf-8")
    marks = re.compile(f"(?<={re.escape(BEGIN)}\n).*(?={re.escape(END)})", re.DOTALL)
    with atomic_path(readme) as temporary:
        temporary.write_text(marks.sub(lambda _: f"\n{table}\n", text), encoding="utf-8")


if __name__ == "__main__":
    project = Path(__file__).resolve().parents[4]
    write(
        project / "config" / "README.md",
        data_path("config.schema.yaml"),
    )
