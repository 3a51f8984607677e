"""`GET /approvals/{id}`: report the state of an approval request to the caller who made it."""

from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.requests import Request
from starlette.responses import Response

from ix_tools.approvals.repository import Approval
from ix_tools.errors import DEFAULT_RETRY_SECONDS
from ix_tools.i18n import formats
from ix_tools.interfaces.rest.endpoint import Endpoint, list_read_methods
from ix_tools.interfaces.rest.responses import build_json_response
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ServerContext, extract_account

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
        headers = {"Retry-After": str(DEFAULT_RETRY_SECONDS)} if found.state == "pending" else {}
        return build_json_response(_describe_approval(found), headers=headers)

    return Endpoint(respond, list_read_methods)


def _describe_approval(found: Approval) -> dict[str, Any]:
    """Describe an approval without revealing more than the call's own result: no preview, no approver."""
    return {
        "ok": True,
        "id": found.id,
        "status": found.state,
        "tool": found.operation,
        "summary": found.summary,
        "expires_at": formats.format_rfc3339(found.expires_at),
        **({"reason": found.reason} if found.reason else {}),
        "next": [{"tool": found.operation, "why": NEXT_STEPS[found.state]}],
    }
