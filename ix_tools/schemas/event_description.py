"""The description of `GET /events` in OpenAPI."""

from collections.abc import Mapping
from typing import Any

EVENTS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"},
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "position": {"type": "integer"},
                    "type": {"type": "string"},
                    "time": {"type": "string"},
                    "subject": {"type": "string", "description": "The approval, call or document."},
                    "sequence": {"type": "integer", "description": "Number among the subject's events."},
                    "account": {"type": "string"},
                    "caller": {"type": "string"},
                    "operation": {"type": "string"},
                    "data": {"type": "object", "description": "Ids, states, numbers and totals."},
                },
            },
        },
        "next": {"type": "integer", "description": "Where to continue: send it as `after`."},
        "has_more": {"type": "boolean", "description": "Whether more is there now."},
        "has_missed": {
            "type": "boolean",
            "description": "Whether events after `after` were deleted for their age.",
        },
    },
    "required": ["ok", "events", "next"],
}


def describe_events(failures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the operation, with the responses of its failures."""
    return {
        "operationId": "list_events",
        "tags": ["approvals"],
        "summary": "What happened, from a cursor on",
        "description": "Events of your approvals, calls and documents, oldest first. Store `next` and send it as `after` the next time. "
        "An event may come twice: recognise it by its id.",
        "x-openai-isConsequential": False,
        "parameters": [
            {
                "name": "after",
                "in": "query",
                "description": "`next` of the answer before; 0 for all that is stored.",
                "schema": {"type": "integer"},
            },
            {
                "name": "limit",
                "in": "query",
                "description": "At most 500; default 100.",
                "schema": {"type": "integer"},
            },
            {
                "name": "types",
                "in": "query",
                "description": "Types of events, separated by commas; default all.",
                "schema": {"type": "string"},
            },
            {
                "name": "callers",
                "in": "query",
                "description": "own, or all with the scope admin.",
                "schema": {"type": "string", "enum": ["own", "all"]},
            },
            {
                "name": "account",
                "in": "query",
                "description": "One of your accounts; required if you have several.",
                "schema": {"type": "string"},
            },
        ],
        "responses": {
            "200": {
                "description": "The events.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Events"}}},
            },
            **failures,
        },
    }
