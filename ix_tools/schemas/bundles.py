"""Write tools in the form that a model vendor's API takes, from the list as MCP has it.

    openai            Chat Completions, also for the many services that take the same form
    openai_strict     Chat Completions in strict mode: the model can only send what the schema allows
    openai_responses  Responses API, in strict mode
    anthropic         Messages API
    gemini            function declarations with `parameters`, whose schema has few keywords

Strict mode wants every parameter to be sent, so the optional ones may be null, which means left out. Where it or Gemini cannot
describe an object, its place takes the object as JSON text. Calls made from any of these forms are read alike.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Tool = Mapping[str, Any]
Schema = dict[str, Any]

JSON_TEXT = "As JSON text, e.g. {}."
STRICT_KEYWORDS = frozenset({"description", "enum", "minimum", "maximum", "minItems"})
"""Keywords that strict mode understands besides the type. Others would make it refuse the tool."""
GEMINI_KEYWORDS = frozenset({"description", "minimum", "maximum", "minItems", "minLength"})
"""Keywords of Gemini's Schema besides the type. It takes an enum of texts only, and no format that is not a date."""


def use_plain_keywords(schema: Schema) -> Schema:
    """Return a schema with keywords that every consumer takes: a bound is always included, and no text is an e-mail address.

    What they do not say any more the description says, and the validation knows. Gemini refuses a bound that is excluded, and a
    client that makes types of schemas (AutoGen) does not start where its library for e-mail addresses is not installed.
    """

    def convert(node: Schema) -> Schema:
        return {
            ("minimum" if key == "exclusiveMinimum" else key): value
            for key, value in node.items()
            if (key, value) != ("format", "email")
        }

    return _convert(schema, convert)


def build_bundle(name: str, tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return tools in a vendor's form, in their order.

    Args:
        name: one of BUNDLES.
        tools: as MCP lists them.
    """
    return [BUNDLES[name](tool) for tool in tools]


def _to_openai(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": _name(tool, "parameters", tool["inputSchema"])}


def _to_openai_strict(tool: Tool) -> dict[str, Any]:
    function = _name(tool, "parameters", build_strict_schema(tool["inputSchema"]))
    return {"type": "function", "function": {**function, "strict": True}}


def _to_openai_responses(tool: Tool) -> dict[str, Any]:
    return {
        "type": "function",
        **_name(tool, "parameters", build_strict_schema(tool["inputSchema"])),
        "strict": True,
    }


def _to_anthropic(tool: Tool) -> dict[str, Any]:
    return _name(tool, "input_schema", tool["inputSchema"])


def _to_gemini(tool: Tool) -> dict[str, Any]:
    return _name(tool, "parameters", _convert(tool["inputSchema"], _build_gemini_node))


def _name(tool: Tool, parameters: str, schema: Schema) -> dict[str, Any]:
    return {"name": tool["name"], "description": tool["description"], parameters: schema}


BUNDLES: Mapping[str, Callable[[Tool], dict[str, Any]]] = {
    "openai": _to_openai,
    "openai_strict": _to_openai_strict,
    "openai_responses": _to_openai_responses,
    "anthropic": _to_anthropic,
    "gemini": _to_gemini,
}
"""How one tool is written, by the name of the form."""


def _convert(node: Schema, convert: Callable[[Schema], Schema]) -> Schema:
    """Return a schema with all its nodes converted, the inner ones first."""
    inner = dict(node)
    if "properties" in inner:
        inner["properties"] = {name: _convert(one, convert) for name, one in inner["properties"].items()}
    if "items" in inner:
        inner["items"] = _convert(inner["items"], convert)
    return convert(inner)


def build_strict_schema(schema: Schema) -> Schema:
    """Return a schema for hosts that require every parameter to be sent: the optional ones may be null."""
    return _convert(schema, _build_strict_node)


def _build_strict_node(node: Schema) -> Schema:
    kept: Schema = {
        "type": node["type"],
        **{key: value for key, value in node.items() if key in STRICT_KEYWORDS},
    }
    if "items" in node:
        kept["items"] = node["items"]
    if node["type"] != "object":
        return kept
    if "properties" not in node:
        return _build_json_text(kept)
    required = node.get("required", ())
    kept["properties"] = {
        name: one if name in required else _allow_null(one) for name, one in node["properties"].items()
    }
    return {**kept, "required": list(kept["properties"]), "additionalProperties": False}


def _allow_null(node: Schema) -> Schema:
    if node["type"] in {"object", "array"}:
        described = {"description": node["description"]} if "description" in node else {}
        inner = {key: value for key, value in node.items() if key != "description"}
        return {**described, "anyOf": [inner, {"type": "null"}]}
    nullable = {**node, "type": [node["type"], "null"]}
    return {**nullable, "enum": [*node["enum"], None]} if "enum" in node else nullable


def _build_gemini_node(node: Schema) -> Schema:
    kept: Schema = {
        "type": node["type"].upper(),
        **{key: value for key, value in node.items() if key in GEMINI_KEYWORDS},
    }
    if node["type"] == "string" and "enum" in node:
        kept["enum"] = node["enum"]
    if "items" in node:
        kept["items"] = node["items"]
    if node["type"] != "object":
        return kept
    if not node.get("properties"):
        return {**_build_json_text(kept), "type": "STRING"} if "description" in node else kept
    required = {"required": node["required"]} if node.get("required") else {}
    return {**kept, "properties": node["properties"], **required}


def _build_json_text(node: Schema) -> Schema:
    """Return the schema of an object whose properties are unknown, which is sent as text."""
    return {**node, "type": "string", "description": f"{node.get('description', '')} {JSON_TEXT}".strip()}
