"""How a file reaches whoever asked for it: saved on this machine, or handed on where they read nothing on it.

Nobody who calls over HTTP reads the server's disk, so no file is left on it: one way for every face, and for calls inside calls.
"""

from collections.abc import Mapping
from typing import Any, get_args

from ix_tools.errors import InvalidArguments, Problem
from ix_tools.operations.base import Operation

FIELD = "delivery"
HANDED_ON: Mapping[str, tuple[str, ...]] = {"mcp": ("link", "resource")}
"""What may be asked for over HTTP, by face; the first is what comes unasked. Only MCP has resources."""
LINK_ALONE = ("link",)
TOLD: Mapping[tuple[str, ...], str] = {
    ("link",): "Always link, the only way over HTTP.",
    ("link", "resource"): "Way to get it: link to InvoiceXpress, or MCP resource; default link.",
}
INSTEAD: Mapping[str, str] = {
    "mcp": "leave delivery out for a link; a PDF itself is the resource ix://documents/{id}/pdf",
    "rest": "leave delivery out; a PDF itself comes from GET /documents/{id}/pdf",
}


def without_files(operation: type[Operation[Any]], arguments: Mapping[str, Any], face: str) -> dict[str, Any]:
    """The arguments of somebody who reads nothing on this machine; a file to be saved on it is refused."""
    if FIELD not in operation.model_fields:
        return dict(arguments)
    ways = _ways(get_args(operation.model_fields[FIELD].annotation), face)
    wanted = arguments.get(FIELD, ways[0])
    if wanted in ways:
        return {**arguments, FIELD: wanted}
    problem = (
        f"{str(wanted)[:40]!r} is not to be had over HTTP, where a file would stay on the server's machine"
    )
    raise InvalidArguments(
        f"{operation.spec.name} cannot be called with these arguments.",
        problems=[Problem(FIELD, problem, ", ".join(ways))],
        next=INSTEAD.get(face, "leave delivery out"),
    )


def described(schema: Mapping[str, Any], face: str) -> dict[str, Any]:
    """A schema of arguments that offers only what is handed on."""
    properties = schema["properties"]
    if FIELD not in properties:
        return dict(schema)
    ways = _ways(properties[FIELD]["enum"], face)
    field = {**properties[FIELD], "enum": list(ways), "default": ways[0], "description": TOLD[ways]}
    return {**schema, "properties": {**properties, FIELD: field}}


def _ways(known: tuple[str, ...] | list[str], face: str) -> tuple[str, ...]:
    return tuple(one for one in HANDED_ON.get(face, LINK_ALONE) if one in known)
