"""A tool call: performed on the road, with a person asked in whichever way the host's protocol knows.

    2026-07-28   perform ─▶ ApprovalNeeded ─▶ InputRequiredResult(handle) ─▶ the host asks, calls again ─▶ perform(reply)
    2025-11-25   perform ─▶ ApprovalNeeded ─▶ elicitation/create, mid-call ────────────────────────────▶ perform(reply)
    a page       perform ─▶ ApprovalNeeded ─▶ the host sends the person to the page ─▶ wait a while ───▶ perform
    none         perform ─▶ status approval_required; a person decides elsewhere; the same call goes through

What comes back may be nobody's answer (`host_answers`): the call then answers approval_required as if the host could not ask.

The handle is random and means something only in our own store, where the approval is bound and used once;
so the state that travels through the host needs no seal, and a refusal can say why. That a host sent the person to a
page says nothing: only what the person decides there counts, and it is looked up.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from ix_tools.approvals.host_answers import Unanswered, unanswered
from ix_tools.approvals.links import decided
from ix_tools.approvals.repository import Approval, Reply, declined
from ix_tools.errors import IxError
from ix_tools.i18n.words import LABELS
from ix_tools.interfaces.mcp import elicitation, scope_challenge
from ix_tools.interfaces.mcp.elicitation import QUESTION, Answered
from ix_tools.interfaces.mcp.elicitation_form import form_message, form_schema
from ix_tools.interfaces.mcp.outgoing import tool_result
from ix_tools.pipeline.approval_gate import not_answered
from ix_tools.pipeline.context_pool import account_in
from ix_tools.pipeline.execute import ApprovalNeeded, Desk, known, perform
from ix_tools.pipeline.truncation import page_size
from ix_tools.text.sanitize import legible

if TYPE_CHECKING:
    from ix_tools.i18n.words import Language

MODERN = "2026-07-28"
SENT = "page "
"""Begins what travels with a link, before the link's mark; a handle has no blank."""
log = logging.getLogger(__name__)

Answer = types.CallToolResult | types.InputRequiredResult


async def called(
    open_desk: Callable[..., Awaitable[Desk]],
    context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    received: float,
) -> Answer:
    """The result of a call, its refusal, or the question a person must answer first.

    `received`: when the call came, by `time.monotonic()`; it may bring the answer to a question.
    """
    return await answered(context, params.name, _called(open_desk, context, params, received))


async def answered(context: ServerRequestContext[Any, Any], name: str, call: Awaitable[Answer]) -> Answer:
    """What comes of a call of a tool; what goes wrong is a result too, which a model can read and act on."""
    try:
        return await call
    except IxError as refusal:
        scope_challenge.noted(context.request, refusal)
        return tool_result(refusal.as_dict(), is_error=True)
    except MCPError:
        raise
    except Exception as fault:
        # The protocol's own answer to an exception is a bare -32603, which no model can act on.
        log.exception("%s failed", name)
        return tool_result(_fault(fault).as_dict(), is_error=True)


async def _called(
    open_desk: Callable[..., Awaitable[Desk]],
    context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    received: float,
) -> Answer:
    modern = context.protocol_version >= MODERN
    account: str | None = None
    if context.request is not None:  # over HTTP a call may say in which of the caller's accounts
        account, arguments = account_in(params.arguments or {})
        params = params.model_copy(update={"arguments": arguments})
    desk = await open_desk(context.request, account)
    came = await elicitation.carried_back(desk.approvals, params, received) if modern else None
    state, nobody = params.request_state or "", None
    sent = came is not None and state.startswith(SENT)
    if came is not None and sent:
        there = await anyio.to_thread.run_sync(desk.links.marked, state.removeprefix(SENT))
        nobody = await _back_from_the_page(desk, came, *there) if there else None
    try:
        body = await _performed(
            desk,
            context,
            params,
            can_ask=not sent and _can_ask(context, modern),
            can_link=not sent and _can_link(context, modern),
            reply=came.of_a_form(state) if came is not None and state and not sent else None,
        )
    except ApprovalNeeded as needed:
        if needed.approval.channel != "form":
            return await _at_the_page(desk, context, params, needed.approval, modern)
        await anyio.to_thread.run_sync(desk.approvals.put_now, needed.approval.id)
        if modern:
            return _question(needed.approval, desk.settings.language)
        reply = await _asked(desk, context, needed.approval)
        body = await _performed(desk, context, params, can_ask=True, reply=reply)
    return _done(params, _with(body, nobody, _host(context)))


def _done(params: types.CallToolRequestParams, body: dict[str, Any]) -> types.CallToolResult:
    size = page_size(known(params.name), params.arguments or {})
    return tool_result(body, per_page=size)


async def _performed(
    desk: Desk,
    context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    *,
    can_ask: bool,
    can_link: bool = False,
    reply: Reply | None = None,
) -> dict[str, Any]:
    async def progress(done: float, total: float, message: str) -> None:
        await context.session.report_progress(done, total, legible(message))

    return await perform(
        desk,
        params.name,
        params.arguments,
        can_ask=can_ask,
        can_link=can_link,
        reply=reply,
        progress=progress,
        face="mcp",
        host=_host(context),
    )


def _host(context: ServerRequestContext[Any, Any]) -> str:
    """What the host calls itself."""
    told = context.session.client_params
    return f"{told.client_info.name} {told.client_info.version}".strip() if told else ""


def _can_ask(context: ServerRequestContext[Any, Any], modern: bool) -> bool:
    """Whether the host said that it can show a form (an empty elicitation capability means form)."""
    capabilities = context.session.client_capabilities
    asking = capabilities.elicitation if capabilities else None
    form = asking is not None and (asking.form is not None or asking.url is None)
    return form and (modern or context.session.can_send_request)


def _can_link(context: ServerRequestContext[Any, Any], modern: bool) -> bool:
    """Whether the host said that it can send the person to a page."""
    capabilities = context.session.client_capabilities
    asking = capabilities.elicitation if capabilities else None
    return asking is not None and asking.url is not None and (modern or context.session.can_send_request)


# --- on a page ------------------------------------------------------------------------------------------


async def _at_the_page(
    desk: Desk,
    context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    approval: Approval,
    modern: bool,
) -> Answer:
    """Let the host send the person to the page; the call goes on only with what is decided there."""
    url = await anyio.to_thread.run_sync(desk.links.made, approval, "host")
    message = f"{LABELS['on_the_page'].in_(desk.settings.language)}\n{approval.summary}"
    if modern:
        there = types.ElicitRequestURLParams(message=message, url=url)
        return types.InputRequiredResult(
            request_state=f"{SENT}{desk.links.mark(url)}",
            input_requests={QUESTION: types.ElicitRequest(params=there)},
        )
    asked_at = await anyio.to_thread.run_sync(desk.approvals.store_time, time.monotonic())
    came = await elicitation.put(
        desk.approvals, context.session.elicit_url(message, url, approval.id, context.request_id)
    )
    nobody = await _back_from_the_page(desk, came, approval.id, asked_at)
    body = await _performed(desk, context, params, can_ask=False)
    return _done(params, _with(body, nobody, _host(context)))


async def _back_from_the_page(
    desk: Desk, came: Answered, identifier: str, asked_at: float
) -> Unanswered | None:
    """After the host was to send the person to the page: wait for what they decide there, where they agreed to go.

    ApprovalRefused where they did not want to go; why it is nobody's answer where it is.
    """
    nobody = unanswered(came.answer, asked_at, desk.settings.approval_min_seconds)
    if nobody is None and came.answer.action == "decline":
        whose = (identifier, desk.settings.principal, desk.account.name)
        found = await anyio.to_thread.run_sync(desk.approvals.standing, *whose)
        raise declined(found.summary, "")
    if nobody is None:
        await _waited(desk, identifier)
    return nobody


def _with(body: dict[str, Any], nobody: Unanswered | None, host: str) -> dict[str, Any]:
    """A result, which says that nobody answered the host where it still waits for a person."""
    if nobody is None or body.get("status") != "approval_required":
        return body
    return not_answered(body, nobody, host)


async def _waited(desk: Desk, identifier: str) -> None:
    """Wait a while for the person's decision. What the id names was not checked, and nothing is told of it."""
    if identifier:
        await decided(desk.links, identifier, desk.settings.approval_wait_seconds)


# --- in the host's form ---------------------------------------------------------------------------------


def _question(approval: Approval, language: "Language") -> types.InputRequiredResult:
    asked = types.ElicitRequestFormParams(
        message=form_message(approval, language), requested_schema=form_schema(approval, language)
    )
    return types.InputRequiredResult(
        request_state=approval.handle, input_requests={QUESTION: types.ElicitRequest(params=asked)}
    )


async def _asked(desk: Desk, context: ServerRequestContext[Any, Any], approval: Approval) -> Reply:
    language = desk.settings.language
    message, schema = form_message(approval, language), form_schema(approval, language)
    question = context.session.elicit_form(message, schema, context.request_id)
    return (await elicitation.put(desk.approvals, question)).of_a_form(approval.handle)


def _fault(fault: Exception) -> IxError:
    return IxError(
        f"ix-tools failed ({type(fault).__name__}); this is a fault of ours.",
        code="internal_error",
        sent="unknown",
        next="look whether it happened (get_document, list_invoices) before repeating; the server's log on standard error has the details",
    )
