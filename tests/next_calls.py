"""Check of the calls that results and errors suggest: a host that checks types must be able to make each as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from ix_tools.operations.registry import catalogue
from ix_tools.schemas.json_schema import build_input_schema
from ix_tools.schemas.tool_selection import RUN_OPERATION


def check_next_calls(body: Mapping[str, Any]) -> None:
    """Check that every argument of every suggested call fits the tool's schema as hosts see it."""
    for step in list_suggested_calls(body):
        tool, arguments = step["tool"], step["arguments"]
        if tool == RUN_OPERATION:
            tool, arguments = arguments["operation"], arguments["arguments"]
        for name, value in arguments.items():
            if name == "account":  # only a server of several accounts asks for it
                assert isinstance(value, str)
                continue
            _build_validator(tool, name).validate(value)


def list_suggested_calls(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the suggested calls that give arguments; an error may only say in words what to do."""
    for step in (*body.get("next", ()), *body.get("undo", {}).get("calls", ())):
        assert step["why"]
        assert "tool" in step or body["ok"] is False
        if "arguments" in step:
            yield step


@cache
def _build_validator(tool: str, argument: str) -> Draft202012Validator:
    schema = build_input_schema(catalogue()[tool])
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return Draft202012Validator({**schema["properties"][argument], **definitions})
