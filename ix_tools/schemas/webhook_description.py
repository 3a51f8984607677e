"""The description of `/webhooks` in OpenAPI."""

from collections.abc import Mapping
from typing import Any

_TEXT: dict[str, Any] = {"type": "string"}
WEBHOOK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"},
        "id": _TEXT,
        "url": _TEXT,
        "events": {"type": "array", "items": _TEXT, "description": "Types; empty for all."},
        "callers": {"type": "string", "enum": ["own", "all"]},
        "created_at": _TEXT,
        "state": {"type": "string", "enum": ["active", "disabled", "removed", "ended"]},
        "approval": {"type": "string", "description": "The only approval that it is about."},
        "disabled_why": _TEXT,
        "secret": {"type": "string", "description": "Shown once; the receiver verifies signatures with it."},
    },
    "required": ["id", "state"],
}
_DELIVERY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"},
        "id": _TEXT,
        "event": {
            "type": "string",
            "description": "Also the webhook-id, by which a repetition is recognised.",
        },
        "type": _TEXT,
        "state": {"type": "string", "enum": ["waiting", "delivered", "failed"]},
        "attempts": {"type": "integer"},
        "status": {"type": "integer", "description": "HTTP status of the last answer."},
        "problem": _TEXT,
        "created_at": _TEXT,
    },
}
_ONE: dict[str, Any] = {"$ref": "#/components/schemas/Webhook"}


def describe_webhooks(failures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the paths, with the responses of their failures."""

    def describe(
        name: str, summary: str, schema: Any, *path: str, status: str = "200", **more: Any
    ) -> dict[str, Any]:
        account = {
            "name": "account",
            "in": "query",
            "description": "One of your accounts; required if you have several.",
            "schema": _TEXT,
        }
        named = [{"name": one, "in": "path", "required": True, "schema": _TEXT} for one in path]
        answer = {"description": summary, "content": {"application/json": {"schema": schema}}}
        return {
            "operationId": name,
            "tags": ["webhooks"],
            "summary": summary,
            "x-openai-isConsequential": False,
            "parameters": [*named, account],
            "responses": {status: answer, **failures},
            **more,
        }

    body = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "url": {"type": "string", "description": "Public https address."},
                        "events": {
                            "type": "array",
                            "items": _TEXT,
                            "description": "Types, such as document.finalized; default all.",
                        },
                        "callers": {
                            "type": "string",
                            "enum": ["own", "all"],
                            "description": "Whose calls; all needs the scope admin.",
                        },
                        "approval": {
                            "type": "string",
                            "description": "Only this approval's end is told, and the webhook ends with it.",
                        },
                    },
                    "required": ["url"],
                },
                "example": {"url": "https://n8n.example.com/webhook/4711", "events": ["document.finalized"]},
            }
        },
    }
    ended = {
        "description": "Nothing was registered: the approval has ended, and its state tells how.",
        "content": {"application/json": {"schema": _ONE}},
    }
    add = describe("add_webhook", "Register an address", _ONE, status="201", requestBody=body)
    return {
        "/webhooks": {
            "post": {**add, "responses": {"200": ended, **add["responses"]}},
            "get": describe("list_webhooks", "Your webhooks", _list("webhooks", _ONE)),
        },
        "/webhooks/samples/{type}": {
            "get": describe(
                "sample_webhook",
                "A body of a type, as an example",
                _list("samples", {"type": "object"}),
                "type",
            )
        },
        "/webhooks/{id}": {
            "get": describe("get_webhook", "One webhook", _ONE, "id"),
            "delete": describe("remove_webhook", "Remove a webhook", _ONE, "id"),
        },
        "/webhooks/{id}/secret": {
            "post": describe(
                "rotate_webhook_secret", "A new secret; the old one signs for another day", _ONE, "id"
            )
        },
        "/webhooks/{id}/enable": {
            "post": describe("enable_webhook", "Send to a disabled webhook again", _ONE, "id")
        },
        "/webhooks/{id}/deliveries": {
            "get": describe(
                "list_webhook_deliveries", "The newest deliveries", _list("deliveries", _DELIVERY), "id"
            )
        },
        "/webhooks/{id}/deliveries/{delivery}/replay": {
            "post": describe("replay_webhook_delivery", "Send a delivery again", _DELIVERY, "id", "delivery")
        },
    }


def _list(name: str, item: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}, name: {"type": "array", "items": item}},
        "required": ["ok", name],
    }
