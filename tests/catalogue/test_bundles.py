"""The tools in the forms of the model vendors: their own packages accept them, and calls made from them are read as meant."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.arguments import parse
from ix_tools.schemas.bundles import BUNDLES, build_bundle
from ix_tools.schemas.json_schema import build_tool
from tests.rows import every_row

Json = dict[str, Any]

NAMES = list(catalogue())


@cache
def tools() -> dict[str, Json]:
    """Every tool by its name; built when a test runs, not when it is collected."""
    return {name: build_tool(one) for name, one in catalogue().items()}


@cache
def parameters(form: str) -> dict[str, Json]:
    """The parameters of every tool in the form of a vendor."""
    return {one["name"]: one["parameters"] for one in build_bundle(form, tools().values())}


def walk(node: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every schema in a schema, with its path."""
    yield path, node
    for name, one in node.get("properties", {}).items():
        yield from walk(one, f"{path}.{name}")
    for inner in (*([node["items"]] if "items" in node else ()), *node.get("anyOf", ())):
        yield from walk(inner, f"{path}[]")


# --- the vendors' own packages


def validators() -> dict[str, Callable[[Json], Any]]:
    """How each vendor's package reads one tool. Imported here, because they take seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from anthropic.types import ToolParam
        from google.genai.types import FunctionDeclaration
        from openai.types.chat import ChatCompletionFunctionToolParam
        from openai.types.responses import FunctionTool
    chat = TypeAdapter(ChatCompletionFunctionToolParam)
    return {
        "openai": chat.validate_python,
        "openai_strict": chat.validate_python,
        "openai_responses": FunctionTool.model_validate,
        "anthropic": TypeAdapter(ToolParam).validate_python,
        "gemini": FunctionDeclaration.model_validate,
    }


def test_every_vendor_accepts_its_own_form_of_every_tool() -> None:
    read = validators()
    assert set(read) == set(BUNDLES)
    for form in BUNDLES:
        for tool in build_bundle(form, tools().values()):
            read[form](tool)
    with pytest.raises(ValueError, match="exclusiveMinimum"):
        read["gemini"]({"name": "x", "parameters": {"type": "NUMBER", "exclusiveMinimum": 0}})
    with pytest.raises(ValueError, match="name"):
        read["openai_responses"](build_bundle("openai", tools().values())[0])


@every_row("name", NAMES)
def test_a_listed_tool_has_only_keywords_that_every_consumer_takes(name: str) -> None:
    tool = tools()[name]
    plain = {
        "type", "description", "properties", "required", "additionalProperties", "items", "enum", "default", "format",
        "minimum", "maximum", "minLength", "minItems",
    }  # fmt: skip
    for path, node in walk(tool["inputSchema"]):
        assert node.keys() <= plain, path
        assert isinstance(node["type"], str), path
        assert node.get("format", "password") == "password", path
    assert len(tool["description"]) <= 1024
    assert len(tool["name"]) <= 64


# --- strict mode


@every_row("name", NAMES)
def test_a_strict_schema_keeps_to_what_strict_mode_takes(name: str) -> None:
    """As OpenAI's guide on structured outputs lists it: types, keywords, depth and sizes."""
    schema = parameters("openai_responses")[name]
    Draft202012Validator.check_schema(schema)
    allowed = {
        "type", "description", "properties", "required", "additionalProperties", "items", "enum", "anyOf",
        "minimum", "maximum", "minItems",
    }  # fmt: skip
    properties = words = 0
    for path, node in walk(schema):
        assert node.keys() <= allowed, path
        assert path.count(".") + path.count("[]") <= 10, path
        if node.get("type") == "object":
            assert node["additionalProperties"] is False, path
            assert node["required"] == list(node["properties"]), path
            properties += len(node["properties"])
        words += len(node.get("enum", ()))
    assert schema["type"] == "object"
    assert properties <= 5000
    assert words <= 1000


def null_fill(schema: Json, given: Any) -> Any:
    """A value as strict mode makes a model send it: null wherever nothing was meant, text where an object cannot be described."""
    if "anyOf" in schema:
        return None if given is None else null_fill(schema["anyOf"][0], given)
    if isinstance(given, Mapping) and "string" in schema["type"]:
        return json.dumps(given)
    if isinstance(given, Mapping):
        assert given.keys() <= schema["properties"].keys()
        return {name: null_fill(one, given.get(name)) for name, one in schema["properties"].items()}
    if isinstance(given, list | tuple):
        return [null_fill(schema["items"], one) for one in given]
    return given


def empty_fill(schema: Json, given: Any) -> Any:
    """A value as models send it that fill in every parameter without knowing null: empty texts and lists, nested ones too."""
    if schema["type"] == "object" and isinstance(given, Mapping) and "properties" in schema:
        empty = {"string": "", "array": []}
        filled = {
            name: empty_fill(one, given[name]) if name in given else empty.get(one["type"])
            for name, one in schema["properties"].items()
        }
        return {name: value for name, value in filled.items() if name in given or value is not None}
    if schema["type"] == "array" and isinstance(given, list | tuple):
        return [empty_fill(schema["items"], one) for one in given]
    return given


@every_row("name", NAMES)
def test_what_a_model_fills_in_is_read_as_the_same_call(name: str) -> None:
    example = json.loads(json.dumps(catalogue()[name].spec.example, default=str))
    meant = parse(name, example)
    strict = null_fill(parameters("openai_responses")[name], example)
    Draft202012Validator(parameters("openai_responses")[name]).validate(strict)
    assert parse(name, strict) == meant
    schema = build_tool(catalogue()[name])["inputSchema"]
    assert parse(name, empty_fill(schema, example)) == meant


def test_a_currency_without_a_rate_is_filled_with_zero() -> None:
    example = dict(catalogue()["create_invoice"].spec.example)
    assert parse("create_invoice", {**example, "currency_code": "", "rate": 0}) == parse(
        "create_invoice", example
    )


# --- Gemini


@every_row("name", NAMES)
def test_a_gemini_schema_has_enums_of_texts_and_no_empty_object(name: str) -> None:
    for path, node in walk(parameters("gemini")[name]):
        assert node["type"] in {"OBJECT", "ARRAY", "STRING", "NUMBER", "INTEGER", "BOOLEAN"}, path
        assert "format" not in node, path
        assert node["type"] == "STRING" or "enum" not in node, path
        assert all(isinstance(one, str) and one for one in node.get("enum", ())), path
        assert path == "" or node["type"] != "OBJECT" or node["properties"], path


def test_an_object_that_a_form_cannot_describe_is_sent_as_text() -> None:
    inner = {"client_id": 501}
    meant = parse("run_operation", {"operation": "get_client", "arguments": inner})
    for schema in (parameters("openai_responses")["run_operation"], parameters("gemini")["run_operation"]):
        node = schema["properties"]["arguments"]
        assert "JSON text" in node["description"]
        assert "STRING" in str(node).upper()
    assert parse("run_operation", {"operation": "get_client", "arguments": json.dumps(inner)}) == meant
