"""`GET /approvals/{id}`: report the state of an approval request to the caller who made it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.requests import Request
from starlette.responses import Response

from ix_tools.approvals.parked_calls import LIVE_STATES, ParkedCall, ParkedState
from ix_tools.approvals.repository import Approval
from ix_tools.errors import DEFAULT_RETRY_SECONDS
from ix_tools.i18n import formats
from ix_tools.interfaces.rest.endpoint import Endpoint, list_read_methods
from ix_tools.interfaces.rest.responses import build_json_response
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ServerContext, extract_account
from ix_tools.pipeline.parking import create_queue

PATH = "/approvals/{id}"

NEXT_STEPS = {
    "pending": "A person has not decided yet. Ask here again in some seconds.",
    "approved": "Repeat the same call: it goes through, once.",
    "rejected": "Ask the person what to change. The call, repeated once, says the same; repeated again, it asks them again.",
    "unanswered": "Nobody answered in the host's form. Repeat the same call to ask a person again.",
    "expired": "Repeat the same call to ask a person again.",
    "stale": "The document changed after the person saw it. Repeat the same call to ask again.",
    "used": "The call was carried out under this approval. Look first, before you want it a second time.",
}

PARKED_STEPS: Mapping[ParkedState, str] = {
    "waiting": "It is carried out when a person approves. Ask here again in some seconds, or read the events.",
    "running": "It is being carried out. Ask here again in some seconds.",
    "unknown": "Its outcome is not known yet and is being looked up. Ask here again in a minute; do not send it again.",
    "done": "It was carried out; call.result is what it returned.",
    "failed": "It was not carried out; call.result says why, and whether to repeat it.",
    "returned": "The document or the rules changed after the question, so a person is asked again: go on at poll.",
    "ended": "It was rejected, or its time ended, and nothing was sent. Repeat the call to ask a person again.",
}


def build_poll_url(server_context: ServerContext, identifier: str, account: str | None) -> str:
    """Build the address at which a caller polls an approval's state."""
    query = f"?{urlencode({'account': account})}" if account is not None else ""
    return f"{server_context.address}/approvals/{identifier}{query}"


def build_endpoint(server_context: ServerContext) -> Endpoint:
    """Build the endpoint for the caller's approvals."""

    async def respond(request: Request) -> Response:
        account, _ = extract_account(request.query_params, request.headers.get(ACCOUNT_HEADER))
        context = await server_context.open_context(request, account)
        found = await anyio.to_thread.run_sync(
            context.approvals.find_for_requester,
            request.path_params["id"],
            context.settings.principal,
            context.account.name,
        )
        parked = await anyio.to_thread.run_sync(create_queue(context).find, found.id)
        follow_up = parked.follow_up if parked is not None else ""
        waits = found.state == "pending" if parked is None else parked.state in LIVE_STATES or bool(follow_up)
        headers = {"Retry-After": str(DEFAULT_RETRY_SECONDS)} if waits else {}
        # Where a person is asked again, a flow that polls this address goes on at the new question.
        poll = build_poll_url(server_context, follow_up or found.id, account)
        return build_json_response({**_describe_approval(found, parked), "poll": poll}, headers=headers)

    return Endpoint(respond, list_read_methods)


def _describe_approval(found: Approval, parked: ParkedCall | None) -> dict[str, Any]:
    """Describe an approval without revealing more than the call's own result: no preview, no approver."""
    why = NEXT_STEPS[found.state] if parked is None else PARKED_STEPS[parked.state]
    return {
        "ok": True,
        "id": found.id,
        "status": found.state,
        "tool": found.operation,
        "summary": found.summary,
        "expires_at": formats.format_rfc3339(found.expires_at),
        **({"reason": found.reason} if found.reason else {}),
        **({"call": _describe_call(parked)} if parked is not None else {}),
        "next": [{"tool": found.operation if parked is None else parked.operation, "why": why}],
    }


def _describe_call(parked: ParkedCall) -> dict[str, Any]:
    """Describe a call that is carried out when it is approved: its state, and its result or error once there is one."""
    result = parked.result if parked.state in {"done", "failed"} else None
    return {
        "tool": parked.operation,
        "state": parked.state,
        **({"result": dict(result)} if result is not None else {}),
        **({"asked_again": parked.follow_up} if parked.follow_up else {}),
    }
