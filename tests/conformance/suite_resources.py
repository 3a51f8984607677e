"""Resources and prompts of the official suite."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import mcp_types as types

from tests.conformance.input_request_tools import PROMPT
from tests.conformance.suite_tool import PNG

Json = dict[str, Any]

RESOURCES: list[Json] = [
    {"uri": "test://static-text", "name": "text", "description": "A line.", "mimeType": "text/plain"},
    {"uri": "test://static-binary", "name": "dot", "description": "A red dot.", "mimeType": "image/png"},
    {"uri": "test://watched-resource", "name": "watched", "description": "A line.", "mimeType": "text/plain"},
]
TEMPLATES: list[Json] = [
    {
        "uriTemplate": "test://template/{id}/data",
        "name": "data",
        "description": "Data by id.",
        "mimeType": "application/json",
    }
]
_DATA = re.compile(r"test://template/([^/]+)/data")


def find_resource(uri: str) -> types.TextResourceContents | types.BlobResourceContents | None:
    """Return the content of one of the suite's URIs."""
    if uri == "test://static-text":
        line = "This is the content of the static text resource."
        return types.TextResourceContents(uri=uri, mime_type="text/plain", text=line)
    if uri == "test://static-binary":
        return types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
    if uri == "test://watched-resource":
        return types.TextResourceContents(uri=uri, mime_type="text/plain", text="Nothing has changed.")
    if found := _DATA.fullmatch(uri):
        data = {"id": found[1], "templateTest": True, "data": f"Data for ID: {found[1]}"}
        return types.TextResourceContents(uri=uri, mime_type="application/json", text=json.dumps(data))
    return None


def _build_argument(name: str, what: str) -> Json:
    return {"name": name, "description": what, "required": True}


PROMPTS: list[Json] = [
    {"name": "test_simple_prompt", "description": "A line."},
    {
        "name": "test_prompt_with_arguments",
        "description": "A line with two words filled in.",
        "arguments": [
            _build_argument("arg1", "First test argument"),
            _build_argument("arg2", "Second test argument"),
        ],
    },
    {
        "name": "test_prompt_with_embedded_resource",
        "description": "A resource, and what to do with it.",
        "arguments": [_build_argument("resourceUri", "URI of the resource to embed")],
    },
    {"name": "test_prompt_with_image", "description": "A picture, and what to do with it."},
    {"name": "test_input_required_result_prompt", "description": "A prompt that asks first."},
]


def _build_messages(name: str, given: Mapping[str, str]) -> list[types.ContentBlock] | None:
    match name:
        case "test_simple_prompt":
            return [types.TextContent(text="This is a simple prompt for testing.")]
        case "test_prompt_with_arguments":
            words = f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"
            return [types.TextContent(text=words)]
        case "test_prompt_with_embedded_resource":
            line = "Embedded resource content for testing."
            resource = types.TextResourceContents(uri=given["resourceUri"], mime_type="text/plain", text=line)
            return [
                types.EmbeddedResource(resource=resource),
                types.TextContent(text="Please process the embedded resource above."),
            ]
        case "test_prompt_with_image":
            return [
                types.ImageContent(data=PNG, mime_type="image/png"),
                types.TextContent(text="Please analyze the image above."),
            ]
    return None


def find_prompt(
    params: types.GetPromptRequestParams,
) -> types.GetPromptResult | types.InputRequiredResult | None:
    """Return a prompt of the suite, or the input that it requests first."""
    if params.name == "test_input_required_result_prompt":
        said = PROMPT.next_round(params)
        if isinstance(said, types.InputRequiredResult):
            return said
        found: list[types.ContentBlock] | None = [types.TextContent(text="; ".join(said))]
    else:
        found = _build_messages(params.name, params.arguments or {})
    if found is None:
        return None
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=one) for one in found])
