"""`/webhooks`: register addresses that are told of events, see what was delivered, and have it sent again.

A caller manages its own webhooks in one account, with the scope webhooks. `callers: all` also needs admin, as `/events` does.
"""

import time
from collections.abc import Mapping
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ix_tools.approvals.parked_calls import LIVE_STATES
from ix_tools.auth.principals import build_scope_refusal
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.events.models import EVENT_TYPES, Event
from ix_tools.http_statuses import CREATED, DONE
from ix_tools.i18n.messages import message, verbatim
from ix_tools.interfaces.rest.endpoint import Endpoint, list_read_methods
from ix_tools.interfaces.rest.requests import read_body
from ix_tools.interfaces.rest.responses import build_json_response
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ServerContext, extract_account
from ix_tools.pipeline.parking import create_queue
from ix_tools.webhooks.addresses import check_target, parse_target, read_networks
from ix_tools.webhooks.deliveries import Deliveries, build_body
from ix_tools.webhooks.endpoints import ENDING_TYPES, Endpoints
from ix_tools.webhooks.endpoints import Endpoint as Webhook

PATH = "/webhooks"
FIELDS = ("url", "events", "callers", "approval")
SAMPLE_DOCUMENT = {
    "document_type": "invoices",
    "id": 1001,
    "number": "1/2026",
    "status": "final",
    "total": "123.00",
}
SAMPLE_DATA: Mapping[str, Mapping[str, Any]] = {
    "approval.requested": {
        "approval": "K7M2QXRB",
        "place": "page",
        "expires_at": "2026-11-23T10:00:00+00:00",
    },
    "approval.decided": {"approval": "K7M2QXRB", "place": "page", "decision": "approved"},
    "approval.expired": {"approval": "K7M2QXRB", "place": "page", "state": "expired"},
    "call.done": {"call": "9b1f0c2d4e6a8b0c1d2e", "approval": "K7M2QXRB", "document": SAMPLE_DOCUMENT},
    "call.failed": {"call": "9b1f0c2d4e6a8b0c1d2e", "approval": "K7M2QXRB", "code": "refused_by_service"},
    "call.unknown": {"call": "9b1f0c2d4e6a8b0c1d2e", "approval": "K7M2QXRB"},
    "parked_call.done": {"approval": "K7M2QXRB", "document": SAMPLE_DOCUMENT},
    "parked_call.failed": {"approval": "K7M2QXRB", "code": "approval_declined"},
    "parked_call.unknown": {"approval": "K7M2QXRB", "code": "unknown_outcome"},
    "parked_call.returned": {"approval": "K7M2QXRB", "code": "asked_again", "asked_again": "P3N8WDTC"},
    "webhook.disabled": {"webhook": "whk_5f0c1b9a7d3e2f4a6b8c", "why": "ConnectError for three days"},
    "batch.done": {"batch": "K7M2QX4RAB", "state": "done", "documents": {"issued": 3}},
    "document.finalized": {
        "call": "9b1f0c2d4e6a8b0c1d2e",
        "approval": "K7M2QXRB",
        "document": SAMPLE_DOCUMENT,
    },
    "document.stored_differently": {
        "call": "9b1f0c2d4e6a8b0c1d2e",
        "document": SAMPLE_DOCUMENT,
        "fields": ["due_date"],
    },
}


def build_routes(server_context: ServerContext) -> list[Route]:
    """Build the routes of webhooks."""

    async def list_or_add(request: Request) -> Response:
        given = await read_body(request) if request.method == "POST" else dict(request.query_params)
        context, given = await _open(server_context, request, given)
        endpoints = Endpoints(context.store)
        if request.method != "POST":
            found = await anyio.to_thread.run_sync(endpoints.list_of, *_own(context))
            return build_json_response({"ok": True, "webhooks": [one.as_dict() for one in found]})
        made, has_ended = await anyio.to_thread.run_sync(_add, context, endpoints, given)
        address = f"{server_context.address}{PATH}/{made.id}"
        return _build_added(made, address, has_ended=has_ended)

    async def show_or_remove(request: Request) -> Response:
        context, _ = await _open(server_context, request, request.query_params)
        found = await _find(context, request)
        if request.method == "DELETE":
            await anyio.to_thread.run_sync(Endpoints(context.store).remove, found)
            return build_json_response({"ok": True, "id": found.id, "state": "removed"})
        return build_json_response({"ok": True, **found.as_dict()})

    async def rotate(request: Request) -> Response:
        context, _ = await _open(server_context, request, request.query_params)
        made = await anyio.to_thread.run_sync(Endpoints(context.store).rotate, await _find(context, request))
        return build_json_response({"ok": True, **made.as_dict(), "secret": made.secret})

    async def enable(request: Request) -> Response:
        context, _ = await _open(server_context, request, request.query_params)
        endpoints, found = Endpoints(context.store), await _find(context, request)
        await anyio.to_thread.run_sync(endpoints.enable, found)
        return build_json_response({"ok": True, **(await _find(context, request)).as_dict()})

    async def list_deliveries(request: Request) -> Response:
        context, _ = await _open(server_context, request, request.query_params)
        found = await anyio.to_thread.run_sync(
            Deliveries(context.store).list_of, await _find(context, request)
        )
        return build_json_response({"ok": True, "deliveries": [one.as_dict() for one in found]})

    async def replay(request: Request) -> Response:
        context, _ = await _open(server_context, request, request.query_params)
        named = (await _find(context, request), request.path_params["delivery"])
        found = await anyio.to_thread.run_sync(Deliveries(context.store).replay, *named)
        return build_json_response({"ok": True, **found.as_dict()})

    async def show_samples(request: Request) -> Response:
        context, _ = await _open(server_context, request, request.query_params)
        kind = request.path_params["type"]
        if kind not in SAMPLE_DATA:
            raise _build_refusal("type", ", ".join(EVENT_TYPES))
        return build_json_response({"ok": True, "samples": [build_sample(kind, context.account.name)]}, DONE)

    def methods(*allowed: str) -> Any:
        return lambda request: allowed

    found = f"{PATH}/{{id}}"
    return [
        Route(PATH, Endpoint(list_or_add, methods("POST", "GET", "HEAD"))),
        Route(f"{PATH}/samples/{{type}}", Endpoint(show_samples, list_read_methods)),
        Route(found, Endpoint(show_or_remove, methods("DELETE", "GET", "HEAD"))),
        Route(f"{found}/secret", Endpoint(rotate, methods("POST"))),
        Route(f"{found}/enable", Endpoint(enable, methods("POST"))),
        Route(f"{found}/deliveries", Endpoint(list_deliveries, list_read_methods)),
        Route(f"{found}/deliveries/{{delivery}}/replay", Endpoint(replay, methods("POST"))),
    ]


def build_sample(kind: str, account: str) -> dict[str, Any]:
    """Return the body of a webhook of a type, as an example to map fields by."""
    import json

    subjects = {"document": "invoices/1001", "webhook": "webhook/whk_5f0c1b9a7d3e2f4a6b8c"}
    subject = subjects.get(kind.partition(".")[0], "approval/K7M2QXRB")
    event = Event(
        "evt_sample", 1, 1, kind, subject, account, "n8n", "change_state", time.time(), SAMPLE_DATA[kind]
    )
    body: dict[str, Any] = json.loads(build_body(event))
    return body


def _build_added(made: Webhook, address: str, *, has_ended: bool) -> Response:
    if has_ended:
        return build_json_response({"ok": True, "id": made.id, "approval": made.approval, "state": "ended"})
    shown = {"ok": True, **made.as_dict(), "secret": made.secret}
    return build_json_response(shown, CREATED, {"Location": address})


async def _open(
    server_context: ServerContext, request: Request, given: Mapping[str, Any]
) -> tuple[CallContext, dict[str, Any]]:
    account, rest = extract_account(given, request.headers.get(ACCOUNT_HEADER))
    context = await server_context.open_context(request, account)
    if Scope.WEBHOOKS not in context.scopes:
        raise build_scope_refusal(Scope.WEBHOOKS, PATH, context.scopes)
    return context, rest


def _own(context: CallContext) -> tuple[str, str]:
    return context.settings.principal, context.account.name


async def _find(context: CallContext, request: Request) -> Webhook:
    named = (request.path_params["id"], *_own(context))
    return await anyio.to_thread.run_sync(Endpoints(context.store).find, *named)


def _add(context: CallContext, endpoints: Endpoints, given: Mapping[str, Any]) -> tuple[Webhook, bool]:
    """Register an address; tell also whether it is about an approval that has ended, and was removed again."""
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        raise _build_refusal(unknown[0], ", ".join(FIELDS))
    url, events, callers = given.get("url"), given.get("events") or [], given.get("callers") or "own"
    if not isinstance(url, str) or not url:
        raise _build_refusal("url", "https://n8n.example.com/webhook/4711")
    if not isinstance(events, list) or not all(isinstance(one, str) for one in events):
        raise _build_refusal("events", ", ".join(EVENT_TYPES))
    if callers not in {"own", "all"}:
        raise _build_refusal("callers", "own, all")
    needed = Scope.ADMIN if callers == "all" else Scope.READ
    if needed not in context.scopes:
        raise build_scope_refusal(needed, PATH, context.scopes)
    check_target(parse_target(url), read_networks(context.settings.webhook_networks))
    approval = given.get("approval") or ""
    if approval:
        _check_parked(context, approval)
    made = endpoints.add(
        *_own(context),
        url,
        events or (ENDING_TYPES if approval else ()),
        all_callers=callers == "all" and not approval,
        approval=approval,
    )
    return made, bool(approval) and _has_ended(context, made)


def _check_parked(context: CallContext, approval: object) -> None:
    """Check that an approval is the caller's own, and that its call is carried out by itself."""
    if not isinstance(approval, str):
        raise _build_refusal("approval", "K7M2QXRB")
    context.approvals.find_for_requester(approval, *_own(context))
    if create_queue(context).find(approval) is None:
        raise InvalidArguments(
            message(
                "The call of {approval} is not carried out by itself, so nothing would be told of it.",
                approval=approval,
            ),
            problems=[Problem("approval", message("is not usable"))],
            next=message("make the call with when_approved: run, or read the approval's state"),
        )


def _has_ended(context: CallContext, made: Webhook) -> bool:
    """Tell whether a webhook's approval has ended, and remove it then. Looked at after it was registered, so that no end is missed."""
    endpoints, parked = Endpoints(context.store), create_queue(context).find(made.approval)
    while parked is not None and parked.follow_up:
        endpoints.follow_up(made, parked.follow_up)
        parked = create_queue(context).find(parked.follow_up)
    if parked is not None and parked.state in LIVE_STATES:
        return False
    endpoints.remove(made)
    return True


def _build_refusal(name: str, allowed: str) -> InvalidArguments:
    return InvalidArguments(
        message("{path} does not take this.", path=PATH),
        problems=[Problem(name, message("is not usable"), verbatim(allowed))],
        next=message("correct these fields and call again"),
    )
