"""Wire protocol: build requests from operations, read content from responses, and turn every error format into one error.

Only this file knows envelopes, `date[from]`, dd/mm/yyyy and that InvoiceXpress wants ids as text (trap 32). The third
version of the API (treasury) differs: dates are ISO dates there and amounts are numbers.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from ix_tools import errors
from ix_tools.api_client.advice import suggest_next
from ix_tools.api_client.retry_after import parse_retry_after
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.json_parsing import parse_json
from ix_tools.domain.types import collect_secrets
from ix_tools.errors import IxError, Problem
from ix_tools.i18n.formats import format_plain
from ix_tools.i18n.messages import join_messages, message, verbatim
from ix_tools.operations.base import Operation
from ix_tools.operations.spec import Route, WirePath


@dataclass(frozen=True, slots=True)
class Request:
    """A request without host and key, which the client adds."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    xml: bool = False
    reads_by_post: bool = False
    """Whether it is a POST that only reads: its filter is in the body."""

    @property
    def writes(self) -> bool:
        """Whether it can change anything."""
        return self.method != "GET" and not self.reads_by_post


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it was received."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


# --- requests ------------------------------------------------------------------------------------------


def build_request(call: Operation[Any]) -> Request:
    """Build the request of a call."""
    route = call.spec.route
    if route is None:
        raise TypeError(f"{call.spec.name} is answered here and has no request")
    content = _collect_content(call, _list_path_fields(route))
    if route.path.startswith(V3_PREFIX):
        content = [(place, _to_v3(value)) for place, value in content]
    names = _collect_path_values(call)
    path = route.path.format_map({name: quote(value, safe="") for name, value in names.items()})
    if route.method == "GET":
        return Request("GET", path, tuple(_build_query(content)))
    envelope = route.envelope.format_map(names)
    if route.xml:
        return Request(route.method, path, body=_build_xml(envelope, content), xml=True)
    query = tuple(_build_query([(place[1:], value) for place, value in content if place.startswith("?")]))
    body = _build_body([pair for pair in content if not pair[0].startswith("?")], envelope)
    sent = json.dumps(body, ensure_ascii=False).encode() if body else None
    return Request(route.method, path, query, sent, reads_by_post=not call.spec.effect.writes)


V3_PREFIX = "/api/v3/"


def _to_v3(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    # A float writes an amount of at most two decimals and twelve digits as it was given.
    return float(value) if isinstance(value, Decimal) else value


def build_get(path: str, query: Iterable[tuple[str, str]] = ()) -> Request:
    """Build a GET request for a look-up of the pipeline."""
    return Request("GET", path, tuple(query))


def _list_path_fields(route: Route) -> set[str]:
    return {part[1:].split("}")[0] for part in route.path.split("/") if part.startswith("{")}


def _collect_path_values(call: Operation[Any]) -> dict[str, str]:
    names = {name: _format_scalar(value) for name, value in call if isinstance(value, str | int)}
    kind = names.get("document_type")
    return {**names, "key": get_document_kind(kind).singular} if kind else names


def _collect_content(call: BaseModel, skip: set[str]) -> list[tuple[str, Any]]:
    """Return the place on the wire and the value of every field that has one; fields marked as local are left out."""
    placed = []
    for name, info in type(call).model_fields.items():
        value = getattr(call, name)
        at = _get_wire_path(name, info)
        if name not in skip and at.path and value is not None:
            placed.append(
                (at.path, _encode_base64(value) if at.base64 else _translate_words(value, at.translations))
            )
    return placed


def _get_wire_path(name: str, info: FieldInfo) -> WirePath:
    return next((mark for mark in info.metadata if isinstance(mark, WirePath)), WirePath(name))


def _encode_base64(secret: SecretStr) -> SecretStr:
    return SecretStr(b64encode(secret.get_secret_value().encode()).decode())


def _translate_words(value: Any, words: Mapping[str, str]) -> Any:
    if not words:
        return value
    return [words.get(one, one) for one in value] if isinstance(value, list) else words.get(value, value)


def _format_scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return format_plain(value)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, datetime):
        return f"{value:%d/%m}/{value.year:04} {value:%H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%d/%m}/{value.year:04}"
    return str(value)


def _build_query(content: list[tuple[str, Any]]) -> Iterable[tuple[str, str]]:
    for place, value in content:
        for one in value if isinstance(value, list | tuple) else [value]:
            yield place, str(one).lower() if isinstance(one, bool) else _format_scalar(one)


def _build_body(content: list[tuple[str, Any]], envelope: str) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for place, value in content:
        # A leading slash means outside the envelope, where proprietary_uid must be.
        keys = (
            place[1:].split(".") if place.startswith("/") else [*filter(None, [envelope]), *place.split(".")]
        )
        here = body
        for key in keys[:-1]:
            here = here.setdefault(key, {})
        here[keys[-1]] = _to_json_value(value)
    return body


def _to_json_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _build_body(_collect_content(value, set()), "")
    if isinstance(value, list | tuple):
        return [_to_json_value(one) for one in value]
    return value if isinstance(value, float) else _format_scalar(value)


def _build_xml(root: str, content: list[tuple[str, Any]]) -> bytes:
    from xml.etree import ElementTree as Xml  # only for building; responses are parsed with defusedxml

    top = Xml.Element(root)
    for place, value in content:
        Xml.SubElement(top, place).text = _format_scalar(value)
    written: bytes = Xml.tostring(top, encoding="UTF-8", xml_declaration=True)
    return written


# --- answers -------------------------------------------------------------------------------------------


def parse_response(call: Operation[Any], request: Request, response: Response) -> Any:
    """Return the content of a response without its envelope, or None when it is empty.

    Raises: the error that the response means.
    """
    if response.status >= 300:
        raise build_error(request, _redact_secrets(call, response), call.spec.name)
    route = call.spec.route
    if response.status == 202 or route is None:
        return None
    body = read_xml(response) if route.xml else read_json(request, response)
    content = unwrap(body, route.answer.format_map(_collect_path_values(call)))
    if not call.spec.effect.writes and not (isinstance(content, dict | list) and content):
        raise build_unexpected_answer_error(
            call
        )  # the response to a change may be empty, the response to a read may not
    return content


def _redact_secrets(call: Operation[Any], response: Response) -> Response:
    """Remove the call's secrets from a response: a refusal may repeat the values that it refuses."""
    body = response.body
    for secret in filter(None, collect_secrets(call).values()):
        for form in (secret, b64encode(secret.encode()).decode(), json.dumps(secret)[1:-1]):
            body = body.replace(form.encode(), b"***")
    return Response(response.status, body, response.headers)


def unwrap(body: Any, key: str) -> Any:
    """Return the content of an envelope: under its own key, the key the description wrongly names, or the only object."""
    if not key or not isinstance(body, dict):
        return body
    for name in (key, "invoice"):
        if name in body:
            return body[name]
    inside = [value for value in body.values() if isinstance(value, dict | list)]
    return inside[0] if len(inside) == 1 else body


def build_unexpected_answer_error(call: Operation[Any]) -> errors.Unreadable:
    """Build the error for a success status whose content is not what the operation returns."""
    writes = call.spec.effect.writes
    return errors.Unreadable(
        message("InvoiceXpress accepted {name}, but its response cannot be read.", name=call.spec.name),
        sent="unknown" if writes else "refused",
        next=(CHECK_FIRST if writes else message("try again; if it fails again, the service may be down")),
        retryable=not writes,
    )


def read_json(request: Request, response: Response) -> Any:
    """Parse the JSON of a response with exact amounts; None when it is empty."""
    if not response.body.strip():
        return None
    try:
        return parse_json(response.body)
    except (ValueError, RecursionError):
        raise errors.Unreadable(
            message(
                "InvoiceXpress answered {status} with something that is not JSON.",
                status=response.status,
            )
            if b"<html" not in response.body[:500].lower()
            else message(
                "InvoiceXpress answered {status} with something that is not JSON (an HTML page).",
                status=response.status,
            ),
            status=response.status,
            sent="unknown" if request.writes else "refused",
            next=(
                CHECK_FIRST
                if request.writes
                else message("try again; if it fails again, the service may be down")
            ),
            retryable=not request.writes,
        ) from None


def read_xml(response: Response) -> Any:
    """Parse the XML of a version 1 response into a flat dictionary; None when it is empty."""
    from defusedxml import (
        ElementTree as Xml,
    )  # not the standard parser, because of entities and external references
    from defusedxml.common import DefusedXmlException

    if not response.body.strip():
        return None
    try:
        root = Xml.fromstring(response.body)
    except (Xml.ParseError, DefusedXmlException, ValueError, LookupError):  # LookupError: no such encoding
        raise errors.Unreadable(
            message(
                "InvoiceXpress answered {status} with something that is not plain XML.",
                status=response.status,
            ),
            status=response.status,
            sent="unknown",
            next=CHECK_FIRST,
        ) from None
    if root.tag == "errors":
        return {"errors": [node.text or "" for node in root]}
    return {root.tag: {node.tag: node.text for node in root}}


CHECK_FIRST = message(
    "do not repeat it: look first whether it happened (get_document, list_invoices, get_related_documents)"
)


# --- errors --------------------------------------------------------------------------------------------


def build_error(request: Request, response: Response, what: str) -> IxError:
    """Build the error for a response with an error status."""
    status = response.status
    said, code = extract_messages(response)
    if status == 404 and _is_html_page(response):
        # A proxy in front of InvoiceXpress or a wrong account name leads to an HTML page: it says nothing about the request.
        return errors.Unreadable(
            message(
                "The host answered 404 with an HTML page instead of a response of the API ({what}).",
                what=what,
            ),
            status=status,
            sent="unknown" if request.writes else "refused",
            next=(CHECK_FIRST if request.writes else message("check INVOICEXPRESS_ACCOUNT, then try again")),
            retryable=not request.writes,
        )
    text = join_messages(said) if said else message("it gave no reason")
    # InvoiceXpress's own words, in the language of the account.
    problems = [Problem(field, verbatim(words)) for field, words in map(_split_field, said)]
    details: dict[str, Any] = {"service_code": code} if code else {}
    match status:
        case 401 | 403:
            return errors.AccessDenied(
                message("InvoiceXpress refused the API key."),
                status=status,
                next=message(
                    "check INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_API_KEY (`ix-tools doctor` tries them)"
                ),
            )
        case 404:
            return errors.NotFound(
                message("InvoiceXpress has nothing there ({what}).", what=what),
                status=status,
                problems=problems,
                details=details,
                next=message(
                    "check the id and the document type: each type answers only for its own documents"
                ),
            )
        case 409:
            return errors.Conflict(
                message("InvoiceXpress reports that it is already done or in progress: {text}.", text=text),
                status=status,
                problems=problems,
                details=details,
                next=message("wait and read the document or series again before repeating"),
            )
        case 429:
            wait = parse_retry_after(response.headers.get("retry-after", ""))
            return errors.RateLimited(
                message("InvoiceXpress allows no more requests from this account for the moment."),
                status=status,
                next=message(
                    "wait {seconds} seconds and repeat the same call",
                    seconds=60 if wait is None else ceil(wait),
                ),
                details={} if wait is None else {"retry_after": ceil(wait)},
            )
        case 301 | 302 | 303 | 307 | 308:
            return errors.Unreadable(
                message(
                    "The host answered with a redirect, which is never followed, because its target would "
                    "receive the key."
                ),
                status=status,
                next=message("check INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_BASE_URL"),
            )
        case _ if status >= 500:
            return errors.Unavailable(
                message("InvoiceXpress failed ({status}).", status=status),
                status=status,
                sent="unknown" if request.writes else "refused",
                retryable=not request.writes,
                next=(CHECK_FIRST if request.writes else message("try again in a minute")),
            )
    return errors.Rejected(
        message("InvoiceXpress refused it ({status}): {text}. Nothing was stored.", status=status, text=text),
        status=status,
        problems=problems,
        details=details,
        next=suggest_next(said),
    )


def extract_messages(response: Response) -> tuple[list[str], str]:
    """Return every message in an error body, in any of its formats (docs/concepts/traps.md), and the code if it has one."""
    body = response.body.strip()
    if not body:
        return [], ""
    if body[:1] == b"<":
        return _extract_from_markup(response)
    try:
        return _extract_from_json(json.loads(body))
    except (ValueError, RecursionError):
        return [body[:200].decode("utf-8", "replace")], ""


def _is_html_page(response: Response) -> bool:
    start = response.body.lstrip()[:100].lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _extract_from_markup(response: Response) -> tuple[list[str], str]:
    try:
        read = read_xml(response)
    except IxError:
        return ["an HTML page instead of a response"], ""
    if isinstance(read, dict) and "errors" in read:
        return read["errors"], ""
    return ["an HTML page instead of a response"] if isinstance(read, dict) and "html" in read else [], ""


_FIELD_NAMES = ("base", "error", "errors", "reason", "message")


def _extract_from_json(body: Any, under: str = "") -> tuple[list[str], str]:
    if isinstance(body, str):
        return [f"{under}: {body}" if under and under not in _FIELD_NAMES else body], ""
    if isinstance(body, list):
        # The payment endpoint answers ["payment_mechanism", "is invalid"]: field and message, flattened.
        if (
            len(body) % 2 == 0
            and body
            and all(isinstance(one, str) for one in body)
            and body[0].replace("_", "").isalpha()
            and body[0].islower()
        ):
            return [f"{name}: {text}" for name, text in zip(body[::2], body[1::2], strict=True)], ""
        found = [_extract_from_json(one, under) for one in body]
        return [line for lines, _ in found for line in lines], next((code for _, code in found if code), "")
    if isinstance(body, dict):
        code = str(body.get("code", ""))
        found = [_extract_from_json(value, key) for key, value in body.items() if key != "code"]
        return [line for lines, _ in found for line in lines], code or next(
            (inner for _, inner in found if inner), ""
        )
    return [], ""


def _split_field(line: str) -> tuple[str, str]:
    name, colon, rest = line.partition(": ")
    return (name, rest) if colon and name.replace("_", "").isalpha() and name.islower() else ("", line)
