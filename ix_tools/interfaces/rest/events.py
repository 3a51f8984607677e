"""`GET /events`: what happened to the caller's approvals and calls, from a cursor on.

A caller sees the events of its own calls in the account. With the scope admin, `callers=all` shows those of all callers.
"""

from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import Response

from ix_tools.auth.principals import build_scope_refusal
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.events.models import EVENT_TYPES
from ix_tools.events.repository import MAX_LIMIT, EventBatch, EventFilter
from ix_tools.i18n.messages import Message, message, verbatim
from ix_tools.interfaces.rest.endpoint import Endpoint, list_read_methods
from ix_tools.interfaces.rest.responses import build_json_response
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ServerContext, extract_account

PATH = "/events"
PARAMETERS = ("after", "limit", "types", "callers", "account")


def build_endpoint(server_context: ServerContext) -> Endpoint:
    """Build the endpoint for events."""

    async def respond(request: Request) -> Response:
        account, given = extract_account(request.query_params, request.headers.get(ACCOUNT_HEADER))
        context = await server_context.open_context(request, account)
        unknown = sorted(set(given) - set(PARAMETERS))
        if unknown:
            raise _build_refusal(unknown[0], message("unknown field"), verbatim(", ".join(PARAMETERS)))
        wanted = EventFilter(
            context.account.name,
            "" if _wants_all_callers(context, given) else context.settings.principal,
            tuple(filter(None, str(given.get("types", "")).split(","))),
        )
        after, limit = _read_number(given, "after", 0, 2**62), _read_number(given, "limit", 100, MAX_LIMIT)
        batch = await anyio.to_thread.run_sync(context.events.read_after, after, limit, wanted)
        return build_json_response(_describe(batch))

    return Endpoint(respond, list_read_methods)


def _wants_all_callers(context: CallContext, given: dict[str, Any]) -> bool:
    asked = str(given.get("callers", "own"))
    if asked not in {"own", "all"}:
        raise _build_refusal("callers", message("is none of the allowed words"), verbatim("own, all"))
    needed = Scope.ADMIN if asked == "all" else Scope.READ
    if needed not in context.scopes:
        raise build_scope_refusal(needed, PATH, context.scopes)
    return asked == "all"


def _read_number(given: dict[str, Any], name: str, default: int, most: int) -> int:
    text = str(given.get(name, default)).strip() or str(default)
    least = 0 if name == "after" else 1
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or not least <= int(text) <= most:
        raise _build_refusal(
            name,
            message("is not usable"),
            message("a whole number from {low} to {high}", low=least, high=most),
        )
    return int(text)


def _build_refusal(name: str, problem: Message, allowed: Message) -> InvalidArguments:
    return InvalidArguments(
        message("{path} cannot be read with these parameters.", path=PATH),
        problems=[Problem(name, problem, allowed)],
        next=message(
            "correct it and ask again; the types of events are {types}",
            types=", ".join(EVENT_TYPES),
        ),
    )


def _describe(batch: EventBatch) -> dict[str, Any]:
    return {
        "ok": True,
        "events": [one.as_dict() for one in batch.events],
        "next": batch.next,
        "has_more": batch.has_more,
        "has_missed": batch.has_missed,
    }
