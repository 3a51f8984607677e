"""The description for other programs: valid, whole, and within what the strictest importer takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

from ix_tools.http_statuses import HTTP_STATUSES
from ix_tools.operations.registry import TOOLSETS, catalogue
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.execute import parse
from ix_tools.schemas.openapi import FAILURES, UnknownToolset, build_openapi, list_tool_names, shorten
from ix_tools.schemas.openapi2 import convert_to_swagger
from tests.harness import Json


@pytest.fixture(scope="module")
def whole() -> Json:
    return build_openapi("https://invoices.example.com")


@pytest.fixture(scope="module")
def old(whole: Json) -> Json:
    return convert_to_swagger(whole)


def operations(described: Json) -> dict[str, Json]:
    return {one["operationId"]: one for methods in described["paths"].values() for one in methods.values()}


def test_both_documents_are_what_they_say_they_are(whole: Json, old: Json) -> None:
    assert [str(fault) for fault in OpenAPIV31SpecValidator(whole).iter_errors()] == []
    assert [str(fault) for fault in OpenAPIV2SpecValidator(old).iter_errors()] == []


def test_every_tool_is_one_operation_under_its_own_name(whole: Json, old: Json) -> None:
    others = {
        path: methods
        for path, methods in whole["paths"].items()
        if path.startswith(("/batches", "/webhooks"))
    }
    extra = {"get_approval", "get_document_pdf", "list_events", *operations({"paths": others})}
    assert operations(whole).keys() == operations(old).keys() == catalogue().keys() | extra
    assert all(path in whole["paths"] for path in (f"/tools/{name}" for name in catalogue()))


@pytest.mark.parametrize("name", list(catalogue()))
def test_an_operation_is_within_what_every_importer_takes(whole: Json, name: str) -> None:
    one = operations(whole)[name]
    assert 0 < len(one["summary"]) <= 300
    assert 0 < len(one["description"]) <= 300
    assert one["description"].endswith((".", "…"))
    assert "parameters" not in one  # a header is what some importers cannot set
    content = one["requestBody"]["content"]["application/json"]
    for text in descriptions(content["schema"]):
        assert len(text) <= 700
    assert not {"anyOf", "oneOf", "allOf", "$ref"} & words(content["schema"])
    assert content["schema"]["type"] == "object"
    parse(name, content["example"])
    effect = catalogue()[name].spec.effect
    waits = effect.needs_approval or effect is Effect.ANY
    assert one["x-openai-isConsequential"] is (waits or name.startswith("delete_"))
    assert ("202" in one["responses"]) is waits
    assert one["responses"]["default"] == {"$ref": "#/components/responses/Problem"}


def descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield value
            else:
                yield from descriptions(value)
    elif isinstance(node, list):
        for one in node:
            yield from descriptions(one)


def words(node: Any) -> set[str]:
    """Keywords of a schema, at every depth."""
    if isinstance(node, list):
        return set().union(*map(words, node))
    if not isinstance(node, dict):
        return set()
    return {*node}.union(*(words(one) for one in node.values()))


def test_a_program_in_three_toolsets_gets_no_more_than_it_asked_for() -> None:
    chosen = operations(build_openapi(toolsets=["core", "payments"]))
    assert chosen.keys() - {"get_approval", "get_document_pdf", "list_events"} == {
        one.spec.name for toolset in ("core", "payments") for one in TOOLSETS[toolset]
    }
    assert len(chosen) <= 30  # what an Action of ChatGPT takes
    assert "get_document_pdf" not in operations(build_openapi(toolsets=["treasury"]))


def test_a_toolset_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownToolset, match=r"no toolset sales; there are core, .+ and all"):
        list_tool_names(["core", "sales"])


@pytest.mark.parametrize(
    ("server", "place"),
    [
        ("https://x.example.com", {"host": "x.example.com", "basePath": "/", "schemes": ["https"]}),
        ("http://127.0.0.1:8765/", {"host": "127.0.0.1:8765", "basePath": "/", "schemes": ["http"]}),
        ("https://x.example.com/ix", {"host": "x.example.com", "basePath": "/ix", "schemes": ["https"]}),
        ("/", {"basePath": "/"}),
    ],
)
def test_the_older_form_says_where_the_server_is_in_its_own_way(server: str, place: Json) -> None:
    found = convert_to_swagger(build_openapi(server, ["core"]))
    assert {key: found[key] for key in ("host", "basePath", "schemes") if key in found} == place


def test_the_older_form_has_no_word_of_the_newer_one(old: Json) -> None:
    text = json.dumps(old)
    assert "#/components/" not in text
    assert "requestBody" not in text
    bounds = list(find_values(old, "exclusiveMinimum"))
    assert bounds
    assert all(one["exclusiveMinimum"] is True and "minimum" in one for one in bounds)


def find_values(node: Any, key: str) -> Iterator[Json]:
    if isinstance(node, dict):
        if key in node:
            yield node
        for one in node.values():
            yield from find_values(one, key)
    elif isinstance(node, list):
        for one in node:
            yield from find_values(one, key)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One. Two.", "One. Two."),
        ("One two three. Four five.", "One two three."),
        ("One two three four five six", "One two three …"),
        ("2.ª via of a document, please", "2.ª via of a …"),
        ("A  b\nc.", "A b c."),
    ],
)
def test_a_description_is_shortened_by_whole_sentences(text: str, shown: str) -> None:
    assert shorten(text, 18) == shown


# --- statuses ------------------------------------------------------------------------------------------------


def test_a_failure_is_described_once_with_every_status(whole: Json) -> None:
    described = whole["components"]["responses"]["Problem"]["description"]
    for status in FAILURES:
        assert f"{status} {HTTP_STATUSES[status].title}" in described
    given = [one["responses"] for methods in whole["paths"].values() for one in methods.values()]
    assert all(set(one) <= {"200", "201", "202", "default"} for one in given)


def test_the_examples_of_batches_fit_their_schema(whole: Json, old: Json) -> None:
    schema = whole["components"]["schemas"]["Batch"]
    shown = [
        content["example"]
        for path, methods in whole["paths"].items()
        for one in methods.values()
        for response in one["responses"].values()
        for content in response.get("content", {}).values()
        if path.startswith("/batches") and "example" in content
    ]
    assert len(shown) >= 4
    for one in shown:
        Draft202012Validator(schema).validate(one)
        assert one.keys() <= schema["properties"].keys()
    assert old["paths"]["/batches/{id}/report"]["get"]["produces"][0] == "text/csv"
