"""Run a tool call through the pipeline, and ask a person in the way that the host's protocol supports.

    2026-07-28   execute ─▶ ApprovalRequired ─▶ InputRequiredResult(handle) ─▶ the host asks, calls again ─▶ execute(reply)
    2025-11-25   execute ─▶ ApprovalRequired ─▶ elicitation/create, mid-call ────────────────────────────▶ execute(reply)
    a page       execute ─▶ ApprovalRequired ─▶ the host sends the person to the page ─▶ wait a while ───▶ execute
    this browser execute ─▶ ApprovalRequired, the page is open ─▶ wait a while ──────────────────────────▶ execute
    none         execute ─▶ status approval_required; a person decides elsewhere; the same call goes through

A host may return an answer that no person gave (`host_answers`); the call then returns approval_required, as if the host
could not ask.

The handle is random and only our own store can resolve it, where the approval is bound to the call and used once. So the state
that travels through the host needs no seal, and a refusal can give the reason. A host's report that the person visited the
page proves nothing: the store is asked for the decision made there.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from ix_tools.approvals.host_answers import UnansweredQuestion, detect_unanswered
from ix_tools.approvals.links import wait_for_decision
from ix_tools.approvals.refusals import build_declined_refusal
from ix_tools.approvals.repository import Approval, Reply
from ix_tools.errors import IxError
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, render
from ix_tools.interfaces.mcp import elicitation, scope_challenge
from ix_tools.interfaces.mcp.callable_steps import CallableSteps
from ix_tools.interfaces.mcp.elicitation import APPROVAL_KEY, ElicitationAnswer
from ix_tools.interfaces.mcp.elicitation_form import build_form_schema, render_form_message
from ix_tools.interfaces.mcp.outgoing import build_tool_result
from ix_tools.pipeline.approval_gate import add_unanswered_notice
from ix_tools.pipeline.context_pool import extract_account
from ix_tools.pipeline.execute import (
    ApprovalRequired,
    CallContext,
    CallOrigin,
    Completed,
    ParkingTerms,
    execute,
    get_operation,
)
from ix_tools.pipeline.parking import LOCAL
from ix_tools.pipeline.truncation import get_page_size
from ix_tools.text.sanitize import sanitize_text

MODERN_PROTOCOL = "2026-07-28"
PAGE_STATE_PREFIX = "page "
"""Marks a request state that holds the hash of a page's link; a handle contains no blank."""
log = logging.getLogger(__name__)

Answer = types.CallToolResult | types.InputRequiredResult


async def handle_call(
    open_context: Callable[..., Awaitable[CallContext]],
    mcp_context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    received: float,
    language: Language,
    listed: Collection[str],
) -> Answer:
    """Return the result of a call, its refusal, or the request for a person's approval.

    Args:
        received: when the call arrived, by `time.monotonic()`; it may carry the answer to an approval form.
        language: the person's.
        listed: names of the tools that the host was given.
    """
    return await convert_errors(
        mcp_context, params.name, language, _handle_call(open_context, mcp_context, params, received, listed)
    )


async def convert_errors(
    mcp_context: ServerRequestContext[Any, Any], name: str, language: Language, call: Awaitable[Answer]
) -> Answer:
    """Return a call's response; turn errors into results, which a model can read and act on."""
    try:
        return await call
    except IxError as refusal:
        scope_challenge.remember_missing_scope(mcp_context.request, refusal)
        return build_tool_result(refusal.as_dict(language), is_error=True)
    except MCPError:
        raise
    except Exception as fault:
        # The protocol's own answer to an exception is a bare -32603, which no model can act on.
        log.exception("%s failed", name)
        return build_tool_result(_build_internal_error(fault).as_dict(language), is_error=True)


async def _handle_call(
    open_context: Callable[..., Awaitable[CallContext]],
    mcp_context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    received: float,
    listed: Collection[str],
) -> Answer:
    modern = mcp_context.protocol_version >= MODERN_PROTOCOL
    account, arguments = extract_account(params.arguments or {})
    steps = CallableSteps(listed, account)
    params = params.model_copy(update={"arguments": arguments})
    context = await open_context(mcp_context.request, account)
    returned = await elicitation.read_returned_answer(context.approvals, params, received) if modern else None
    state, nobody = params.request_state or "", None
    sent = returned is not None and state.startswith(PAGE_STATE_PREFIX)
    if returned is not None and sent:
        there = await anyio.to_thread.run_sync(
            context.links.find_by_hash, state.removeprefix(PAGE_STATE_PREFIX)
        )
        nobody = await _handle_page_return(context, returned, *there) if there else None
    host = _describe_host(mcp_context)
    outcome = await _execute(
        context,
        mcp_context,
        params,
        CallOrigin(
            "mcp",
            host,
            can_show_form=not sent and _supports_forms(mcp_context, modern),
            can_open_link=not sent and _supports_links(mcp_context, modern),
            credential=_get_credential(mcp_context),
        ),
        reply=returned.to_reply(state) if returned is not None and state and not sent else None,
    )
    if isinstance(outcome, ApprovalRequired) and outcome.is_asked_by_interface:
        approval = outcome.approval
        if approval.channel != "form":
            return await _ask_on_page(context, mcp_context, params, approval, steps)
        await anyio.to_thread.run_sync(context.approvals.record_question_put, approval.id)
        if modern:
            return _build_form_request(approval, context.settings.language)
        reply = await _elicit_form(context, mcp_context, approval)
        outcome = await _execute(
            context, mcp_context, params, CallOrigin("mcp", host, can_show_form=True), reply=reply
        )
    outcome = _note_unanswered(outcome, nobody, host, context.settings.language)
    if isinstance(outcome, ApprovalRequired) and outcome.is_page_open:
        outcome = await _await_open_page(context, mcp_context, params, outcome)
    return _build_result(params, outcome, steps)


async def _await_open_page(
    context: CallContext,
    mcp_context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    required: ApprovalRequired,
) -> Completed | ApprovalRequired:
    """Wait a while for the decision on the page in this machine's browser, so that nobody must ask for the call again."""
    await _wait_for_decision(context, required.approval.id)
    if await anyio.to_thread.run_sync(context.links.is_pending, required.approval.id):
        return required
    origin = CallOrigin("mcp", _describe_host(mcp_context), credential=_get_credential(mcp_context))
    return await _execute(context, mcp_context, params, origin)


def _build_result(
    params: types.CallToolRequestParams, outcome: Completed | ApprovalRequired, steps: CallableSteps
) -> types.CallToolResult:
    size = get_page_size(get_operation(params.name), params.arguments or {})
    return build_tool_result(steps.rewrite(outcome.body), per_page=size)


async def _execute(
    context: CallContext,
    mcp_context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    origin: CallOrigin,
    *,
    reply: Reply | None = None,
) -> Completed | ApprovalRequired:
    async def progress(done: float, total: float, message: str) -> None:
        await mcp_context.session.report_progress(done, total, sanitize_text(message))

    return await execute(
        context,
        params.name,
        params.arguments,
        origin=origin,
        reply=reply,
        progress=progress,
        when_approved=_build_parking_terms(context, mcp_context),
    )


def _build_parking_terms(
    context: CallContext, mcp_context: ServerRequestContext[Any, Any]
) -> ParkingTerms | None:
    """Return the wish that a call is carried out when it is approved, if the settings want that of this interface."""
    if context.settings.when_approved != "run":
        return None
    return ParkingTerms(_get_credential(mcp_context), context.account_label)


def _get_credential(mcp_context: ServerRequestContext[Any, Any]) -> str:
    """Return what the caller signed in with."""
    request = mcp_context.request
    return str(request.state.principal.credential) if request is not None else LOCAL


def _describe_host(mcp_context: ServerRequestContext[Any, Any]) -> str:
    """Return the host's own name and version."""
    client_params = mcp_context.session.client_params
    return (
        f"{client_params.client_info.name} {client_params.client_info.version}".strip()
        if client_params
        else ""
    )


def _supports_forms(mcp_context: ServerRequestContext[Any, Any], modern: bool) -> bool:
    """Return whether the host declared that it shows forms (an empty elicitation capability means it does)."""
    capabilities = mcp_context.session.client_capabilities
    asking = capabilities.elicitation if capabilities else None
    form = asking is not None and (asking.form is not None or asking.url is None)
    return form and (modern or mcp_context.session.can_send_request)


def _supports_links(mcp_context: ServerRequestContext[Any, Any], modern: bool) -> bool:
    """Return whether the host declared that it opens pages."""
    capabilities = mcp_context.session.client_capabilities
    asking = capabilities.elicitation if capabilities else None
    return asking is not None and asking.url is not None and (modern or mcp_context.session.can_send_request)


# --- on a page ------------------------------------------------------------------------------------------


async def _ask_on_page(
    context: CallContext,
    mcp_context: ServerRequestContext[Any, Any],
    params: types.CallToolRequestParams,
    approval: Approval,
    steps: CallableSteps,
) -> Answer:
    """Let the host send the person to the page; only the decision made there counts."""
    url = await anyio.to_thread.run_sync(context.links.create, approval, "host")
    message = f"{render(LABELS['on_the_page'], context.settings.language)}\n{approval.summary}"
    if mcp_context.protocol_version >= MODERN_PROTOCOL:
        there = types.ElicitRequestURLParams(message=message, url=url)
        return types.InputRequiredResult(
            request_state=f"{PAGE_STATE_PREFIX}{context.links.hash_url(url)}",
            input_requests={APPROVAL_KEY: types.ElicitRequest(params=there)},
        )
    asked_at = await anyio.to_thread.run_sync(context.approvals.to_store_time, time.monotonic())
    returned = await elicitation.elicit(
        context.approvals, mcp_context.session.elicit_url(message, url, approval.id, mcp_context.request_id)
    )
    nobody = await _handle_page_return(context, returned, approval.id, asked_at)
    origin = CallOrigin("mcp", _describe_host(mcp_context), credential=_get_credential(mcp_context))
    outcome = await _execute(context, mcp_context, params, origin)
    shown = _note_unanswered(outcome, nobody, _describe_host(mcp_context), context.settings.language)
    return _build_result(params, shown, steps)


async def _handle_page_return(
    context: CallContext, returned: ElicitationAnswer, identifier: str, asked_at: float
) -> UnansweredQuestion | None:
    """Wait for the decision on the page if the person agreed to go there.

    Return why the answer counts as nobody's, if it does. Raises ApprovalRefused if the person declined to go.
    """
    nobody = detect_unanswered(returned.answer, asked_at, context.settings.approval_min_seconds)
    if nobody is None and returned.answer.action == "decline":
        whose = (identifier, context.settings.principal, context.account.name)
        found = await anyio.to_thread.run_sync(context.approvals.find_for_requester, *whose)
        raise build_declined_refusal(found.summary, "")
    if nobody is None:
        await _wait_for_decision(context, identifier)
    return nobody


def _note_unanswered(
    outcome: Completed | ApprovalRequired, nobody: UnansweredQuestion | None, host: str, language: Language
) -> Completed | ApprovalRequired:
    """Add to a call that still waits for approval that nobody answered in the host."""
    if nobody is None or not isinstance(outcome, ApprovalRequired):
        return outcome
    return add_unanswered_notice(outcome, nobody, host, language)


async def _wait_for_decision(context: CallContext, identifier: str) -> None:
    """Wait a while for the person's decision. The id is not verified, and nothing about it is revealed."""
    if identifier:
        await wait_for_decision(context.links, identifier, context.settings.approval_wait_seconds)


# --- in the host's form ---------------------------------------------------------------------------------


def _build_form_request(approval: Approval, language: Language) -> types.InputRequiredResult:
    asked = types.ElicitRequestFormParams(
        message=render_form_message(approval, language),
        requested_schema=build_form_schema(approval, language),
    )
    return types.InputRequiredResult(
        request_state=approval.handle, input_requests={APPROVAL_KEY: types.ElicitRequest(params=asked)}
    )


async def _elicit_form(
    context: CallContext, mcp_context: ServerRequestContext[Any, Any], approval: Approval
) -> Reply:
    language = context.settings.language
    message, schema = render_form_message(approval, language), build_form_schema(approval, language)
    question = mcp_context.session.elicit_form(message, schema, mcp_context.request_id)
    return (await elicitation.elicit(context.approvals, question)).to_reply(approval.handle)


def _build_internal_error(fault: Exception) -> IxError:
    return IxError(
        message("ix-tools failed ({name}); this is a fault of ours.", name=type(fault).__name__),
        code="internal_error",
        sent="unknown",
        next=message(
            "check whether it happened (get_document, list_invoices) before you repeat it; the "
            "server's log on standard error has the details"
        ),
    )
