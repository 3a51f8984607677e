"""Read a request's arguments: a flat JSON object in a POST's body, or a GET's query."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from ix_tools.domain.json_parsing import reject_repeated_fields
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import Message, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import Operation
from ix_tools.schemas.json_schema import build_input_schema

MAX_BODY_BYTES = 1024 * 1024
"""Bytes of a body; the longest document that InvoiceXpress accepts is much shorter."""
KEY = "idempotency_key"
KEY_HEADER = "Idempotency-Key"


async def read_body(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body; an empty body means no arguments."""
    content = await read_bytes(request)
    if not content:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise InvalidArguments(
            message("The body is {kind}, and only JSON is read.", kind=kind)
            if kind
            else message("The body is of no stated type, and only JSON is read."),
            code="unsupported_media_type",
            next=message("send the arguments as one JSON object with Content-Type: application/json"),
        )
    try:
        found = json.loads(content, object_pairs_hook=reject_repeated_fields, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as fault:
        raise _build_malformed(_describe_fault(fault)) from None
    if not isinstance(found, dict):
        raise _build_malformed(message("The body is JSON, but no object."))
    return found


async def read_bytes(request: Request) -> bytes:
    """Return the body as it was sent, up to its limit."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise InvalidArguments(
                message("The body has more than {limit} bytes.", limit=MAX_BODY_BYTES),
                code="too_long",
                next=message("send less in one call"),
            )
    return bytes(content)


def _reject_constant(word: str) -> None:
    raise InvalidValue(message("{word} is no number", word=word))


def _describe_fault(fault: Exception) -> Message:
    if isinstance(fault, InvalidValue):
        return message("The body is not JSON: {reason}.", reason=fault.allowed)
    if isinstance(fault, json.JSONDecodeError):
        return message(
            "The body is not JSON (line {line}, column {column}).", line=fault.lineno, column=fault.colno
        )
    return message("The body is not JSON.")


def _build_malformed(problem: Message) -> InvalidArguments:
    return InvalidArguments(
        problem, code="malformed_request", next=message("send the arguments as one JSON object, such as {}")
    )


def read_query(request: Request, operation: type[Operation[Any]]) -> dict[str, Any]:
    """Return the arguments in the query; a repeated name is a list. The pipeline refuses values that do not fit."""
    known = build_input_schema(operation)["properties"]
    found: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        several = len(values) > 1 or known.get(name, {}).get("type") == "array"
        found[name] = values if several else values[0]
    return found


def apply_key_header(
    request: Request, operation: type[Operation[Any]], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments with the key of the `Idempotency-Key` header; operations without a key ignore it."""
    given = request.headers.getlist(KEY_HEADER)
    if not given or KEY not in operation.model_fields:
        return dict(arguments)
    # The draft standard quotes the key; most clients do not.
    keys = {one.strip().removeprefix('"').removesuffix('"') for one in given}
    if isinstance(arguments.get(KEY), str):
        keys.add(arguments[KEY].strip())
    if len(keys) > 1 or not all(keys):
        raise InvalidArguments(
            message(
                "The header {header} and the field {field} do not say the same.",
                header=KEY_HEADER,
                field=KEY,
            ),
            code="idempotency_keys_differ",
            problems=[
                Problem(
                    KEY,
                    message("is given twice, differently, or empty"),
                    message("one key, in one place or in both"),
                )
            ],
            next=message(
                "give one key: the header {header}, or the field {field} where a host cannot set headers",
                header=KEY_HEADER,
                field=KEY,
            ),
        )
    return {**arguments, KEY: keys.pop()} if arguments.get(KEY) is None else dict(arguments)
