"""Turn a missing OAuth scope into 403 insufficient_scope (step-up authorization).

MCP authorization in 2025-11-25 and 2026-07-28; RFC 6750, section 3.1. A static token cannot gain scopes, so its caller gets
the refusal as a tool error, which a model can read.
"""

import json
from typing import Any

from mcp_types import INVALID_REQUEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from ix_tools.auth.principals import Principal
from ix_tools.errors import IxError
from ix_tools.operations.scopes import Scope as Word


def remember_missing_scope(request: Request | None, refusal: IxError) -> None:
    """Remember the missing scope for the response, unless something was already sent."""
    if request is not None and refusal.code == "scope_missing" and refusal.sent == "nothing":
        request.state.scope_missing = refusal


def wrap_send(scope: Scope, receive: Receive, send: Send, body: bytes, metadata: str) -> Send:
    """Return a send that holds the response's head until its first bytes, when a missing scope is known."""
    head: Message | None = None
    replaced = False

    async def send_after_first_bytes(message: Message) -> None:
        nonlocal head, replaced
        if message["type"] == "http.response.start":
            head = message
            return
        if head is not None:
            refusal = scope["state"].get("scope_missing")
            if refusal is not None:
                replaced = True
                await _build_challenge(refusal, scope["state"]["principal"], body, metadata)(
                    scope, receive, send
                )
            else:
                await send(head)
            head = None
        if not replaced:
            await send(message)

    return send_after_first_bytes


def _build_challenge(refusal: IxError, principal: Principal, body: bytes, metadata: str) -> Response:
    # The token's scopes are repeated, because some clients request exactly the scopes listed here.
    wanted = " ".join(one for one in Word if one in principal.scopes or one == refusal.details["scope"])
    words = {
        "error": "insufficient_scope",
        "scope": wanted,
        "resource_metadata": metadata,
        "error_description": str(refusal),
    }
    challenge = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in words.items())
    error = {"code": INVALID_REQUEST, "message": str(refusal), "data": refusal.as_dict()}
    return JSONResponse(
        {"jsonrpc": "2.0", "id": _read_request_id(body), "error": error}, 403, {"WWW-Authenticate": challenge}
    )


def _read_request_id(body: bytes) -> Any:
    return json.loads(body).get("id")  # the body holds a call, or no scope would be missing
