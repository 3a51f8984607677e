"""Delivery of files: saved on this machine, or over HTTP as a link or MCP resource.

A caller over HTTP cannot read the server's disk, so no file is saved there, whatever the interface and also inside
workflows.
"""

from collections.abc import Mapping
from typing import Any, get_args

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import Message, message, verbatim
from ix_tools.operations.base import Operation

DELIVERY_FIELD = "delivery"
HTTP_DELIVERIES: Mapping[str, tuple[str, ...]] = {"mcp": ("link", "resource")}
"""Allowed deliveries over HTTP by interface, the default first. Only MCP has resources."""
LINK_ONLY = ("link",)
DESCRIPTIONS: Mapping[tuple[str, ...], str] = {
    ("link",): "Always link, the only way over HTTP.",
    ("link", "resource"): "Way to get it: link to InvoiceXpress, or MCP resource; default link.",
}
ALTERNATIVES: Mapping[str, Message] = {
    "mcp": message(
        "leave delivery out for a link; a PDF itself is the resource {address}",
        address="ix://documents/{id}/pdf",
    ),
    "rest": message(
        "leave delivery out; a PDF itself comes from {address}", address="GET /documents/{id}/pdf"
    ),
}


def restrict_arguments(
    operation: type[Operation[Any]], arguments: Mapping[str, Any], interface: str
) -> dict[str, Any]:
    """Return the arguments with a delivery that works over HTTP.

    Raises:
        InvalidArguments: The caller asked for a file on the server's machine.
    """
    if DELIVERY_FIELD not in operation.model_fields:
        return dict(arguments)
    ways = _list_deliveries(get_args(operation.model_fields[DELIVERY_FIELD].annotation), interface)
    wanted = arguments.get(DELIVERY_FIELD, ways[0])
    if wanted in ways:
        return {**arguments, DELIVERY_FIELD: wanted}
    problem = message(
        "'{wanted}' is not available over HTTP, where a file would stay on the server's machine",
        wanted=str(wanted)[:40],
    )
    raise InvalidArguments(
        message("{name} cannot be called with these arguments.", name=operation.spec.name),
        problems=[Problem(DELIVERY_FIELD, problem, verbatim(", ".join(ways)))],
        next=ALTERNATIVES.get(interface, message("leave delivery out")),
    )


def restrict_schema(schema: Mapping[str, Any], interface: str) -> dict[str, Any]:
    """Return the schema of the arguments with only the deliveries that work over HTTP."""
    properties = schema["properties"]
    if DELIVERY_FIELD not in properties:
        return dict(schema)
    ways = _list_deliveries(properties[DELIVERY_FIELD]["enum"], interface)
    field = {
        **properties[DELIVERY_FIELD],
        "enum": list(ways),
        "default": ways[0],
        "description": DESCRIPTIONS[ways],
    }
    return {**schema, "properties": {**properties, DELIVERY_FIELD: field}}


def _list_deliveries(known: tuple[str, ...] | list[str], interface: str) -> tuple[str, ...]:
    return tuple(one for one in HTTP_DELIVERIES.get(interface, LINK_ONLY) if one in known)
