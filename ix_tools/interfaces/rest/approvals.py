"""`GET /approvals/{id}`: how a question that a person must answer stands, for whoever asked it."""

from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.requests import Request
from starlette.responses import Response

from ix_tools.approvals.repository import Approval
from ix_tools.errors import SOON
from ix_tools.i18n import formats
from ix_tools.interfaces.rest.endpoint import Endpoint, only_reading
from ix_tools.interfaces.rest.responses import answer
from ix_tools.pipeline.context_pool import HEADER, Hosting, account_in

PATH = "/approvals/{id}"

NEXT = {
    "pending": "A person has not decided yet. Ask here again in some seconds.",
    "approved": "Repeat the same call: it goes through, once.",
    "rejected": "Ask the person what to change. The call, repeated once, says the same; repeated again, it asks them again.",
    "unanswered": "Nobody answered in the host's form. Repeat the same call to ask a person again.",
    "expired": "Repeat the same call to ask a person again.",
    "stale": "The document changed after the person saw it. Repeat the same call to ask again.",
    "used": "The call was carried out under this approval. Look first, before you want it a second time.",
}


def address(hosting: Hosting, identifier: str, account: str | None) -> str:
    """Where to ask how it stands."""
    query = f"?{urlencode({'account': account})}" if account is not None else ""
    return f"{hosting.address}/approvals/{identifier}{query}"


def endpoint(hosting: Hosting) -> Endpoint:
    """Every approval of the caller."""

    async def respond(request: Request) -> Response:
        account, _ = account_in(request.query_params, request.headers.get(HEADER))
        desk = await hosting.desk(request, account)
        found = await anyio.to_thread.run_sync(
            desk.approvals.standing, request.path_params["id"], desk.settings.principal, desk.account.name
        )
        headers = {"Retry-After": str(SOON)} if found.state == "pending" else {}
        return answer(_shown(found), headers=headers)

    return Endpoint(respond, only_reading)


def _shown(found: Approval) -> dict[str, Any]:
    """Nothing that the call itself was not told: not what the person read, not who they are."""
    return {
        "ok": True,
        "id": found.id,
        "status": found.state,
        "tool": found.operation,
        "summary": found.summary,
        "expires_at": formats.timestamp(found.expires_at),
        **({"reason": found.reason} if found.reason else {}),
        "next": [{"tool": found.operation, "why": NEXT[found.state]}],
    }
