"""Build the OpenAPI 3.1 document of the REST interface from the catalogue.

It avoids what importers cannot read: bodies are flat, each operation is one tool under its own name, there are no header
parameters (some hosts cannot set them), no unions, and no text is longer than the strictest host accepts.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ix_tools.http_statuses import DONE, HTTP_STATUSES, WAITING
from ix_tools.operations.base import Operation
from ix_tools.operations.file_delivery import restrict_schema
from ix_tools.operations.registry import TOOLSETS, catalogue, map_toolsets
from ix_tools.schemas.batch_description import BATCH_SCHEMA, describe_batches
from ix_tools.schemas.event_description import EVENTS_SCHEMA, describe_events
from ix_tools.schemas.json_schema import (
    Schema,
    build_annotations,
    build_input_schema,
    build_result_schema,
    get_description,
)
from ix_tools.schemas.webhook_description import WEBHOOK_SCHEMA, describe_webhooks
from ix_tools.version import __version__

MAX_TEXT_LENGTH = 300
"""Upper limit for the length of an operation's summary or description."""
ABOUT = (
    "Portuguese invoices with InvoiceXpress. POST /tools/{name} with a flat JSON object runs a tool. A tool that cannot be "
    "undone answers 202 until a person approves, and is then carried out by itself: poll Location for the result. Give writes an "
    "idempotency_key, in the body or as the header Idempotency-Key: a key is executed once. Errors are problem details "
    "(RFC 9457) that say what was sent and what to do next. Tools that only read also accept GET with a query."
)
ACCOUNT: Schema = {"type": "string", "description": "One of your accounts; required if you have several."}
WHEN_APPROVED: Schema = {
    "type": "string",
    "enum": ["run", "repeat"],
    "description": "After a person's approval: run carries the call out by itself (default), repeat waits until you send it again.",
}
FIELDS: Schema = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Fields of each row to return, besides its id, e.g. number, total; default all.",
}
_FAILED: Mapping[str, Any] = {"default": {"$ref": "#/components/responses/Problem"}}
"""One response for every failure of every operation: a description of each status for each operation would be most of the document."""
FAILURES = (400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503, 504)
JSON, PROBLEM, PDF = "application/json", "application/problem+json", "application/pdf"

Json = dict[str, Any]


class UnknownToolset(ValueError):
    """A toolset that does not exist; the message names those that exist."""


def list_tool_names(toolsets: Sequence[str]) -> list[str]:
    """Return the names of the toolsets' tools in the catalogue's order; of all tools for `all` or without toolsets.

    Raises: UnknownToolset when a toolset does not exist.
    """
    wrong = [one for one in toolsets if one not in TOOLSETS and one != "all"]
    if wrong:
        raise UnknownToolset(
            f"there is no toolset {', '.join(wrong)}; there are {', '.join(TOOLSETS)} and all"
        )
    of = map_toolsets()
    return [name for name in catalogue() if not toolsets or "all" in toolsets or of[name] in toolsets]


def build_openapi(server: str = "/", toolsets: Sequence[str] = ()) -> Json:
    """Build the OpenAPI 3.1 document.

    Args:
        server: URL of the server, or a path on the host that serves the document.
        toolsets: Toolsets to describe; none means all.
    """
    chosen = list_tool_names(toolsets)
    used = {map_toolsets()[name] for name in chosen}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ix-tools",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in TOOLSETS if name in used]
        + [{"name": "approvals"}, *([] if toolsets else [{"name": "webhooks"}])],
        "paths": {
            **{f"/tools/{name}": {"post": _describe_operation(name)} for name in chosen},
            "/approvals/{id}": {"get": _APPROVAL},
            "/events": {"get": describe_events(_FAILED)},
            # Not for a program that asked for some tools: its importer may take thirty operations and no more.
            **({} if toolsets else describe_batches(_FAILED)),
            **({} if toolsets else describe_webhooks(_FAILED)),
            **({"/documents/{document_id}/pdf": {"get": _PDF}} if "get_pdf" in chosen else {}),
        },
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of this server, or of its authorization server.",
                }
            },
            "schemas": _SCHEMAS,
            "responses": _build_responses(),
        },
    }


@cache
def _describe_operation(name: str) -> Json:
    operation = catalogue()[name]
    body = _build_body_schema(operation)
    spec = operation.spec
    content = {JSON: {"schema": _build_result_schema(operation)}}
    if name == "get_pdf":
        content[PDF] = {"schema": {"type": "string", "format": "binary"}}
    waiting = {"202": {"$ref": "#/components/responses/Waiting"}} if spec.effect.may_need_approval else {}
    return {
        "operationId": name,
        "tags": [map_toolsets()[name]],
        "summary": spec.title,
        "description": shorten(get_description(operation)),
        "x-openai-isConsequential": build_annotations(operation)["destructiveHint"],
        "requestBody": {
            "required": "required" in body,
            "content": {JSON: {"schema": body, "example": dict(spec.example)}},
        },
        "responses": {
            "200": {"description": HTTP_STATUSES[DONE].meaning, "content": content},
            **waiting,
            **_FAILED,
        },
    }


def shorten(text: str, limit: int = MAX_TEXT_LENGTH) -> str:
    """Cut a text after as many whole sentences as fit; cut the first sentence if it is too long."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    ends = [found.end(1) for found in re.finditer(r"(\.)(?:\s|$)", text) if found.end(1) <= limit]
    return text[: max(ends)] if ends else f"{text[: limit - 2].rsplit(' ', 1)[0]} …"


def _build_body_schema(operation: type[Operation[Any]]) -> Schema:
    schema = restrict_schema(build_input_schema(operation), "rest")
    effect = operation.spec.effect
    ours = {"account": ACCOUNT}
    if effect.may_need_approval:
        ours["when_approved"] = WHEN_APPROVED
    if "per_page" in operation.model_fields:
        ours["fields"] = FIELDS
    return {**schema, "properties": {**schema["properties"], **ours}}


def _build_result_schema(operation: type[Operation[Any]]) -> Schema:
    writes = not operation.spec.effect.only_reads
    properties = {"ok": {"type": "boolean"}, **build_result_schema(operation)}
    if "pages" in properties:
        properties["next_page"] = {"type": "string", "description": "Where the next page of this list is."}
    properties |= {"warnings": _named("Problems"), "next": _named("Steps")}
    if writes:
        properties["undo"] = _named("Undo")
        properties["replayed"] = {
            "type": "boolean",
            "description": "Whether this is the result of an earlier, equal call.",
        }
    return {"type": "object", "properties": {**properties, "sandbox": _TEXT}, "required": ["ok"]}


def _named(kind: str) -> Schema:
    return {"$ref": f"#/components/schemas/{kind}"}


def _build_responses() -> Json:
    waiting = {
        "description": HTTP_STATUSES[WAITING].meaning,
        "headers": {
            "Location": {"description": "URL of the approval's state.", "schema": {"type": "string"}},
            "Retry-After": {"description": "Seconds to wait before asking.", "schema": {"type": "integer"}},
        },
        "content": {JSON: {"schema": _named("Waiting")}},
    }
    titles = "; ".join(f"{status} {HTTP_STATUSES[status].title}" for status in FAILURES)
    problem = {
        "description": f"A problem; its fields say what was sent and what to do next. {titles}.",
        "content": {PROBLEM: {"schema": _named("Problem"), "example": _REFUSED}},
    }
    return {"Waiting": waiting, "Problem": problem}


_TEXT: Schema = {"type": "string"}
_STEPS: Schema = {
    "type": "array",
    "description": "Next calls.",
    "items": {
        "type": "object",
        "properties": {"tool": _TEXT, "arguments": {"type": "object"}, "why": _TEXT},
    },
}
_FAULTS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"field": _TEXT, "problem": _TEXT, "allowed": _TEXT, "for_person": _TEXT},
    },
}
_SCHEMAS: Mapping[str, Schema] = {
    "Problems": {"description": "Problems or warnings, by field.", **_FAULTS},
    "Steps": _STEPS,
    "Undo": {"type": "object", "description": "How to correct this result, with deadline and law."},
    "Waiting": {
        "type": "object",
        "description": "A person must approve first; nothing was sent.",
        "properties": {
            "ok": {"type": "boolean"},
            "status": {"type": "string", "enum": ["approval_required"]},
            "approval": {
                "type": "object",
                "properties": {
                    "id": _TEXT,
                    "expires_at": _TEXT,
                    "summary": _TEXT,
                    "account": {"type": "string", "description": "The account, if several are set up."},
                    "company": {"type": "string", "description": "The company of the account."},
                    "nif": {"type": "string", "description": "That company's tax number."},
                    "command": {
                        "type": "string",
                        "description": "Command that a person runs in a terminal of the server.",
                    },
                    "url": {
                        "type": "string",
                        "description": "Approval page, if it requires a PIN or sign-in.",
                    },
                    "poll": {
                        "type": "string",
                        "description": "URL of the approval's state; also in Location.",
                    },
                },
            },
            "when_approved": {
                "type": "string",
                "enum": ["run"],
                "description": "Present if the call is carried out by itself when a person approves.",
            },
            "preview": {"type": "string", "description": "Text that the person reads."},
            "sent": {"type": "string", "enum": ["nothing"]},
            "next": _named("Steps"),
        },
        "required": ["ok", "status", "approval"],
    },
    "Approval": {
        "type": "object",
        "properties": {
            "ok": {"type": "boolean"},
            "id": _TEXT,
            "status": {
                "type": "string",
                "enum": ["pending", "approved", "rejected", "unanswered", "expired", "stale", "used"],
            },
            "tool": _TEXT,
            "summary": _TEXT,
            "expires_at": _TEXT,
            "reason": _TEXT,
            "call": {
                "type": "object",
                "description": "The call that is carried out when it is approved.",
                "properties": {
                    "tool": _TEXT,
                    "state": {
                        "type": "string",
                        "enum": ["waiting", "running", "unknown", "done", "failed", "returned", "ended"],
                    },
                    "result": {"type": "object", "description": "What the call returned, or its problem."},
                    "asked_again": {"type": "string", "description": "Id of the approval asked for instead."},
                },
            },
            "poll": {
                "type": "string",
                "description": "URL to ask next: this one, or that of the question asked instead.",
            },
            "next": _named("Steps"),
        },
        "required": ["ok", "id", "status", "tool"],
    },
    "Events": EVENTS_SCHEMA,
    "Batch": BATCH_SCHEMA,
    "Webhook": WEBHOOK_SCHEMA,
    "Problem": {
        "type": "object",
        "description": "Problem details (RFC 9457), with the fields that errors have in every interface.",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "The error; also in message."},
            "ok": {"type": "boolean"},
            "code": {"type": "string", "description": "Error code."},
            "message": _TEXT,
            "problems": _named("Problems"),
            "sent": {
                "type": "string",
                "enum": ["nothing", "refused", "stored", "unknown"],
                "description": "Whether anything reached InvoiceXpress.",
            },
            "for_person": {
                "type": "string",
                "description": "`message` in the person's language, where the settings name another than English.",
            },
            "next": _named("Steps"),
            "retryable": {"type": "boolean", "description": "Whether the same call may simply be repeated."},
        },
        "required": ["status", "code", "detail"],
    },
}
_REFUSED: Json = {
    "type": "/problems#refused",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "Refused: due_date: 2026-11-19 is before the document's date 2026-11-20. Nothing was sent.",
    "ok": False,
    "code": "refused",
    "message": "Refused: due_date: 2026-11-19 is before the document's date 2026-11-20. Nothing was sent.",
    "problems": [{"field": "due_date", "problem": "2026-11-19 is before the document's date 2026-11-20"}],
    "sent": "nothing",
    "next": [{"why": "correct the fields named and call again"}],
    "retryable": False,
}
_APPROVAL: Json = {
    "operationId": "get_approval",
    "tags": ["approvals"],
    "summary": "State of an approval",
    "description": "Whether a person has decided on a call that returned approval_required, and the result once it was carried out.",
    "x-openai-isConsequential": False,
    "parameters": [
        {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The approval's id.",
            "schema": {"type": "string"},
        },
        {
            "name": "account",
            "in": "query",
            "description": ACCOUNT["description"],
            "schema": {"type": "string"},
        },
    ],
    "responses": {
        "200": {
            "description": "The approval's state.",
            "content": {JSON: {"schema": _named("Approval")}},
        },
        **_FAILED,
    },
}
_PDF: Json = {
    "operationId": "get_document_pdf",
    "tags": ["core"],
    "summary": "A PDF as a file",
    "description": "The PDF of an issued document, as application/pdf. 503 while InvoiceXpress is still creating it.",
    "x-openai-isConsequential": False,
    "parameters": [
        {
            "name": "document_id",
            "in": "path",
            "required": True,
            "description": "Document's id.",
            "schema": {"type": "integer"},
        },
        {"name": "second_copy", "in": "query", "description": "2.ª via.", "schema": {"type": "boolean"}},
        {
            "name": "account",
            "in": "query",
            "description": ACCOUNT["description"],
            "schema": {"type": "string"},
        },
    ],
    "responses": {
        "200": {
            "description": "The PDF.",
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        },
        **_FAILED,
    },
}
