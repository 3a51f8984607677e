"""Tools of the official suite that respond at once: text, pictures, sound, resources, progress, errors."""

from __future__ import annotations

import json

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.errors import IxError
from ix_tools.i18n.messages import verbatim
from ix_tools.interfaces.mcp.server import Context
from ix_tools.interfaces.mcp.tool_calls import Answer
from tests.conformance.suite_tool import PNG, WAV, Answers, Call, SuiteTool, build_text_result

PICTURE = types.ImageContent(data=PNG, mime_type="image/png")
SOUND = types.AudioContent(data=WAV, mime_type="audio/wav")


def _resource(uri: str, kind: str, words: str) -> types.EmbeddedResource:
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, mime_type=kind, text=words))


def _answer_with(*content: types.ContentBlock) -> Answers:
    async def answer(context: Context, call: Call) -> Answer:
        return types.CallToolResult(content=list(content))

    return answer


async def _fail(context: Context, call: Call) -> Answer:
    # Refused as the product refuses: what turns it into a result is the product's own.
    raise IxError(
        verbatim("This tool intentionally returns an error for testing"),
        code="intended",
        next=verbatim("do nothing: it was meant to fail"),
    )


async def _report_progress(context: Context, call: Call) -> Answer:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100, f"{done} of 100")
    return build_text_result("All of it is done.")


async def _require_sampling(context: Context, call: Call) -> Answer:
    declared = context.session.client_capabilities
    if declared is None or declared.sampling is None:
        missing = types.MissingRequiredClientCapabilityErrorData(
            required_capabilities=types.ClientCapabilities(sampling=types.SamplingCapability())
        )
        raise MCPError(
            types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This tool needs a client that declares sampling.",
            missing.model_dump(by_alias=True, exclude_none=True),
        )
    return build_text_result("The client declares sampling.")


async def _repeat_arguments(context: Context, call: Call) -> Answer:
    return build_text_result(json.dumps(call.arguments or {}))


NEW_KEYWORDS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""JSON Schema keywords that must pass unchanged through a list of tools."""

TOOLS = (
    SuiteTool(
        "test_simple_text",
        "Answers with text.",
        _answer_with(types.TextContent(text="This is a simple text response for testing.")),
    ),
    SuiteTool("test_image_content", "Answers with a picture.", _answer_with(PICTURE)),
    SuiteTool("test_audio_content", "Answers with a sound.", _answer_with(SOUND)),
    SuiteTool(
        "test_embedded_resource",
        "Answers with a resource.",
        _answer_with(
            _resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")
        ),
    ),
    SuiteTool(
        "test_multiple_content_types",
        "Answers with text, a picture and a resource.",
        _answer_with(
            types.TextContent(text="Multiple content types test:"),
            PICTURE,
            _resource(
                "test://mixed-content-resource",
                "application/json",
                json.dumps({"test": "data", "value": 123}),
            ),
        ),
    ),
    SuiteTool("test_error_handling", "Always refuses.", _fail),
    SuiteTool("test_tool_with_progress", "Says how far it is, three times.", _report_progress),
    SuiteTool("test_missing_capability", "Wants a client that declares sampling.", _require_sampling),
    SuiteTool(
        "json_schema_2020_12_tool",
        "Tool with JSON Schema 2020-12 features",
        _repeat_arguments,
        schema=NEW_KEYWORDS,
    ),
    SuiteTool(
        "test_parameter_in_header",
        "Its parameter travels in a header too.",
        _repeat_arguments,
        {"region": {"type": "string", "x-mcp-header": "Region"}},
    ),
)
