"""Describe the parameters of an operation in a sentence each, within a limit of bytes.

required: {"date": "text. Date of the document, e.g. 2026-11-30, or today."}
optional: {"client": "{id?, name?, code?, …}. Customer, found by …"}
further: ["plugin_id", …]   the rest by name; describe_operation gives any one whole
"""

import json
from collections.abc import Mapping
from typing import Any

GENERAL = ("accept", "idempotency_key")
"""Parameters that many operations share, so that they are described last."""
WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def describe_parameters(schema: Mapping[str, Any], room: int) -> dict[str, Any]:
    """Return every required parameter, and as many optional ones as fit into `room` bytes; the others by name."""
    required = set(schema.get("required", ()))
    properties: Mapping[str, Any] = schema["properties"]
    shown: dict[str, dict[str, str]] = {"required": {}, "optional": {}}
    further: list[str] = []
    room -= sum(len(name) + 3 for name in properties)
    for name in sorted(properties, key=lambda one: (one not in required, one in GENERAL)):
        text = _describe(properties[name])
        cost = len(json.dumps(text, ensure_ascii=False).encode()) + 1
        if name not in required and cost > room:
            further.append(name)
            continue
        room -= cost
        shown["required" if name in required else "optional"][name] = text
    found: dict[str, Any] = {key: value for key, value in shown.items() if value}
    return {**found, "further": further} if further else found


def _describe(one: Mapping[str, Any]) -> str:
    form, text = _describe_form(one), str(one.get("description", ""))
    return f"{form}. {text}" if form else text


def _describe_form(one: Mapping[str, Any]) -> str:
    if one.get("type") == "array":
        return f"list of {_describe_form(one['items'])}"
    if "properties" in one:
        required = set(one.get("required", ()))
        names = (f"{name}{'' if name in required else '?'}" for name in one["properties"])
        return "{" + ", ".join(names) + "}"
    if "enum" in one:
        return "|".join(str(word) for word in one["enum"])
    return WORDS.get(str(one.get("type")), "")
