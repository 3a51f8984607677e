"""How a file reaches whoever asked for it: saved on this machine, or handed on where they read nothing on it.

Nobody who calls over HTTP reads the server's disk, so no file is left on it: one way for every face, and for calls inside calls.
"""

from collections.abc import Mapping
from typing import Any, get_args

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.operations.base import Operation

DELIVERY_FIELD = "delivery"
HTTP_DELIVERIES: Mapping[str, tuple[str, ...]] = {"mcp": ("link", "resource")}
"""What may be asked for over HTTP, by face; the first is what comes unasked. Only MCP has resources."""
LINK_ONLY = ("link",)
DESCRIPTIONS: Mapping[tuple[str, ...], str] = {
    ("link",): "Always link, the only way over HTTP.",
    ("link", "resource"): "Way to get it: link to InvoiceXpress, or MCP resource; default link.",
}
ALTERNATIVES: Mapping[str, str] = {
    "mcp": "leave delivery out for a link; a PDF itself is the resource ix://documents/{id}/pdf",
    "rest": "leave delivery out; a PDF itself comes from GET /documents/{id}/pdf",
}


def restrict_arguments(
    operation: type[Operation[Any]], arguments: Mapping[str, Any], face: str
) -> dict[str, Any]:
    """The arguments of somebody who reads nothing on this machine; a file to be saved on it is refused."""
    if DELIVERY_FIELD not in operation.model_fields:
        return dict(arguments)
    ways = _list_deliveries(get_args(operation.model_fields[DELIVERY_FIELD].annotation), face)
    wanted = arguments.get(DELIVERY_FIELD, ways[0])
    if wanted in ways:
        return {**arguments, DELIVERY_FIELD: wanted}
    problem = (
        f"{str(wanted)[:40]!r} is not to be had over HTTP, where a file would stay on the server's machine"
    )
    raise InvalidArguments(
        f"{operation.spec.name} cannot be called with these arguments.",
        problems=[Problem(DELIVERY_FIELD, problem, ", ".join(ways))],
        next=ALTERNATIVES.get(face, "leave delivery out"),
    )


def restrict_schema(schema: Mapping[str, Any], face: str) -> dict[str, Any]:
    """A schema of arguments that offers only what is handed on."""
    properties = schema["properties"]
    if DELIVERY_FIELD not in properties:
        return dict(schema)
    ways = _list_deliveries(properties[DELIVERY_FIELD]["enum"], face)
    field = {
        **properties[DELIVERY_FIELD],
        "enum": list(ways),
        "default": ways[0],
        "description": DESCRIPTIONS[ways],
    }
    return {**schema, "properties": {**properties, DELIVERY_FIELD: field}}


def _list_deliveries(known: tuple[str, ...] | list[str], face: str) -> tuple[str, ...]:
    return tuple(one for one in HTTP_DELIVERIES.get(face, LINK_ONLY) if one in known)
