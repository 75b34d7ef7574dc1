"""The schema of the configuration: what it asks for in words, and its defaults."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from mri_response.core.data import data_path

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def config_schema() -> dict[str, Any]:
    """The JSON schema of the configuration, which ships with the package."""
    text = data_path("config.schema.yaml").read_text(encoding="utf-8")
    return yaml.load(
        text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )  # C: in a tenth of the time


def expected_words(node: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a part of the schema asks for, in words.

    Parameters
    ----------
    node : mapping
        Part of the schema.
    schema : mapping
        The whole schema, to which references point.
    """
    node = resolved(node, schema)
    if "x-expected" in node:
        return node["x-expected"]
    if "enum" in node:
        items = ["null" if item is None else str(item) for item in node["enum"]]
        return " or ".join(filter(None, [", ".join(items[:-1]), items[-1]]))
    if "const" in node:
        return str(node["const"])
    kinds = node.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = {
        "object": "a mapping (key: value)",
        "array": "a list",
        "string": "a text",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "null": "null",
    }
    text = " or ".join(words[kind] for kind in kinds)
    bounds = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
    }
    limits = [phrase.format(node[name]) for name, phrase in bounds.items() if name in node]
    if node.get("minItems") or node.get("minProperties"):
        limits.append("that is not empty")
    if "array" in kinds and node.get("uniqueItems"):
        limits.append("with each item once")
    if node.get("minLength"):
        text = text.replace("a text", "a text that is not empty")
    return f"{text} {' and '.join(limits)}" if limits else text


def resolved(node: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A part of the schema with its reference (``#/$defs/...``) written out.

    Parameters
    ----------
    node : mapping
        Part of the schema.
    schema : mapping
        The whole schema, to which references point.
    """
    if "$ref" not in node:
        return dict(node)
    target: Any = schema
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**resolved(target, schema), **{k: v for k, v in node.items() if k != "$ref"}}


def described_key(
    node: Mapping[str, Any], name: str, schema: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The schema of a key, also where it is described under a condition.

    Parameters
    ----------
    node : mapping
        Part of the schema that describes a mapping.
    name : str
        Key of the mapping.
    schema : mapping
        The whole schema, to which references point.
    """
    node = resolved(node, schema)
    if node.get("properties", {}).get(name):
        return resolved(node["properties"][name], schema)
    return None


def filled(value: Any, node: Mapping[str, Any], validator: Draft202012Validator) -> Any:
    """The value with the schema's defaults, at every depth.

    Parameters
    ----------
    value : object
        Value of the configuration, which is valid.
    node : mapping
        Part of the schema that describes it.
    validator : Draft202012Validator
        Of the whole schema; it says which branch of a choice a value takes.
    """
    schema = validator.schema
    node = resolved(node, schema)
    if node.get("type") == "integer" and isinstance(value, float):
        return int(value)  # JSON Schema counts 10.0 as an integer
    # Only to complete mappings: the choice between "1" and "1.0" (pca) is the user's.
    for branch in node.get("anyOf", ()) if isinstance(value, dict) else ():
        if validator.evolve(schema=resolved(branch, schema)).is_valid(value):
            value = filled(value, branch, validator)
            break
    if isinstance(value, dict):
        properties = node.get("properties", {})
        value = dict(value)
        for key, child in properties.items():
            child = resolved(child, schema)
            if key not in value and "default" in child:
                value[key] = copy.deepcopy(child["default"])
            if key in value:
                value[key] = filled(value[key], child, validator)
        others = node.get("additionalProperties")
        if isinstance(others, dict):
            for key in value.keys() - properties.keys():
                value[key] = filled(value[key], others, validator)
        for condition in [node, *node.get("allOf", ())]:
            if "if" in condition:
                met = validator.evolve(schema=condition["if"]).is_valid(value)
                then = condition.get("then" if met else "else")
                if then:
                    value = filled(value, then, validator)
    return value
