"""The one line that tells a mistake in the configuration."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mri_response.config.schema import described_key, expected_words, resolved
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion

if TYPE_CHECKING:
    from jsonschema import ValidationError


def fault(key: str, found: str, expected: str, advice: str) -> InputError:
    """The one line for a mistake in the configuration.

    Parameters
    ----------
    key : str
        Where the mistake is, as in ``models.svc.C``.
    found : str
        What stands there.
    expected : str
        What may stand there.
    advice : str
        What to do.
    """
    return InputError(f"config: {key}: found {found}, expected {expected}; {advice}")


def check_known(key: str, name: str, known: Iterable[str], what: str) -> None:
    """Check that a name is among those that are known.

    Parameters
    ----------
    key : str
        Key of the configuration that has the name.
    name : str
        What was found.
    known : iterable of str
        What it can be.
    what : str
        What these are, in the plural.

    Raises
    ------
    InputError
        If it is none of them.
    """
    known = list(known)
    if name not in known:
        raise fault(
            key,
            repr(name),
            f"one of the {what} {', '.join(known)}",
            f"{suggestion(name, known)}correct it",
        )


def shown(value: Any) -> str:
    """Say what was found, for a message.

    Parameters
    ----------
    value : object
        Value of a key of the configuration.

    Returns
    -------
    str
        Lists and mappings are described, long texts are cut.
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()} (YAML reads yes, no, on and off so too)"
    if isinstance(value, Mapping):
        return f"a mapping with {shorten(value, 4)}" if value else "an empty mapping"
    if isinstance(value, list) and any(isinstance(item, bool) for item in value):
        items = ", ".join(str(item).lower() for item in value)
        return f"a list of {len(value)}, {items} (YAML reads yes, no, on and off so too)"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "..."


def key_path(parts: Iterable[str | int]) -> str:
    """Write the place of a key in the configuration.

    Parameters
    ----------
    parts : iterable of str or int
        Keys and positions in lists, from the top level down.

    Returns
    -------
    str
        For instance ``models.svc.confounds[0]``.
    """
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "(top level)"


def by_position(error: ValidationError, raw: Any) -> tuple[Any, ...]:
    """Misspelt keys first (they explain missing ones), then the order of the file.

    Parameters
    ----------
    error : ValidationError
        What the schema finds wrong.
    raw : object
        The configuration as given.
    """
    position = []
    for part in error.absolute_path:
        position.append(list(raw).index(part) if isinstance(raw, dict) else part)
        raw = raw[part]
    return (error.validator != "additionalProperties", position)


def schema_fault(error: ValidationError, schema: Mapping[str, Any]) -> InputError:
    """Turn an error of the schema into a message for users.

    Parameters
    ----------
    error : jsonschema.ValidationError
        What the validation found.
    schema : mapping
        The whole schema, for its references.

    Returns
    -------
    InputError
        One line: the key, what was found, what was expected, what to do.
    """
    path = list(error.absolute_path)
    node, value = resolved(error.schema, schema), error.instance
    if error.validator == "additionalProperties":
        return _unknown_key(path, value, node["properties"], node.get("title"), schema)
    if error.validator == "anyOf" and isinstance(value, dict):
        known = {}
        for branch in node["anyOf"]:
            known.update(resolved(branch, schema).get("properties", {}))
        if known and not set(value) <= set(known):
            return _unknown_key(path, value, known, None, schema)
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        target = described_key(error.schema, missing, schema)
        what = expected_words(target, schema) if target else "a value"
        return fault(key_path([*path, missing]), "nothing", what, "add the key")
    if "propertyNames" in error.absolute_schema_path:
        return fault(
            key_path([*path, value]),
            f"the name {value!r}",
            expected_words(node, schema),
            "rename it",
        )
    if value is None and "default" in node:
        advice = "give a value or remove the key"
    elif isinstance(value, str) and _is_number(value) and "number" in expected_words(node, schema):
        number = int(float(value)) if float(value).is_integer() else float(value)
        advice = f"write {number} without quotes (YAML reads 1e-3 as text, 1.0e-3 not)"
    elif (quoted := _in_quotes(value, expected_words(node, schema))) is not None:
        advice = quoted
    elif isinstance(value, str) and expected_words(node, schema).startswith("a list"):
        items = ", ".join(part.strip() for part in value.split(","))
        advice = f"write it as a list, as in [{items}]"
    elif node.get("default") not in (None, {}, []):
        advice = f"the default is {node['default']}"
    else:
        advice = "correct it"
    return fault(key_path(path), shown(value), expected_words(node, schema), advice)


def _in_quotes(value: Any, expected: str) -> str | None:
    """What to do where a text was meant and YAML reads something else."""
    if isinstance(value, list) and any(isinstance(item, bool) for item in value):
        return 'write the values in quotes, as in ["yes", "no"]'
    if "number" in expected or "true" in expected or "list" in expected:
        return None
    if isinstance(value, bool):
        return 'write it in quotes, as in "yes"'
    if isinstance(value, int | float):
        return (
            f"YAML reads what stands there as the number {value} (and drops zeros in front and _ "
            "between digits): write it in quotes; on the command line, which drops quotes, "
            "begin it "
            "with a letter"
        )
    if isinstance(value, datetime.date):
        return "YAML reads what stands there as a date: write it in quotes"
    return None


def _unknown_key(
    path: Sequence[str | int],
    value: Mapping[str, Any],
    known: Mapping[str, Any],
    title: str | None,
    schema: Mapping[str, Any],
) -> InputError:
    key = next(key for key in value if key not in known)
    where = f" of {title}" if title else ""
    hint = suggestion(key, known)
    sections = [
        name
        for name, node in schema["properties"].items()
        if key in resolved(node, schema).get("properties", {}) and name not in path
    ]
    if not hint and key in schema["properties"] and path:
        hint = "it is a section of its own, which begins at the margin: "
    elif not hint and sections:
        hint = f"it is a key of {' and of '.join(sections)}: "
    return fault(
        key_path([*path, key]),
        f"the unknown key {key!r}",
        f"one of the keys{where}: {', '.join(known)}",
        f"{hint}{'move' if hint.startswith('it is') else 'rename'} or remove it",
    )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
