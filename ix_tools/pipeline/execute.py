"""THE ROAD: every call of every face comes along here, and nothing reaches InvoiceXpress by another way.

    parse ─▶ look up ─▶ names ─▶ complete ─▶ look up ─▶ guards ─▶ approval ─▶ send ─▶ read back ─▶ compare ─▶ result
             (facts)    (to ids) (updates)   (the rest)  (may      (bound to     │
                                                         only      call, account │ shielded: a cancelled caller
                                                         refuse)   and document) │ does not leave half a write

Only errors travel back, and each says what was sent.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from pydantic import BaseModel, ValidationError

from ix_tools.api_client import protocol
from ix_tools.api_client.rate_limit import prioritize_follow_up
from ix_tools.approvals.repository import CallOrigin, Reply
from ix_tools.config.settings import SANDBOX_NOTICE
from ix_tools.errors import InvalidArguments, IxError, Problem, SettingsError, StoredDifferently
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.idempotency.intents import Intent
from ix_tools.operations import file_delivery
from ix_tools.operations.access import require_enabled
from ix_tools.operations.base import BundledApproval, Operation
from ix_tools.pipeline import idempotent_write, policy_check
from ix_tools.pipeline.approval_gate import ApprovalNeeded, build_pending_response, require_scope
from ix_tools.pipeline.call_identity import identify_call
from ix_tools.pipeline.claim_session import ClaimSession
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.corrections import describe_correction
from ix_tools.pipeline.earlier_attempts import find_unresolved_attempts, warn_of_attempts
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.pipeline.fresh_read import FreshRead
from ix_tools.pipeline.operation_context import PipelineOperationContext, Progress, download_pdf
from ix_tools.pipeline.preparation import PreparedWrite, is_long, load_facts, prepare, return_approval
from ix_tools.pipeline.readback import build_difference_error, read_back, record_differences
from ix_tools.pipeline.recovery import recover_unfinished, release_intent
from ix_tools.pipeline.subject_readback import build_subject_difference_error, read_back_subject
from ix_tools.schemas.search import get_operation
from ix_tools.telemetry import observe
from ix_tools.text.sanitize import sanitize_all

if TYPE_CHECKING:
    from ix_tools.policy.context import PolicyCase
    from ix_tools.policy.evaluation import PolicyEvaluation

__all__ = [
    "ApprovalNeeded",
    "CallContext",
    "Reply",
    "build_pending_response",
    "dry_run_policy",
    "execute",
    "fetch_pdf",
    "get_operation",
    "parse",
]


async def execute(
    context: CallContext,
    name: str,
    arguments: Mapping[str, Any] | None,
    *,
    can_ask: bool = False,
    can_link: bool = False,
    reply: Reply | None = None,
    progress: Progress | None = None,
    face: str = "library",
    host: str = "",
    bundle: BundledApproval | None = None,
    claims: ClaimSession | None = None,
) -> dict[str, Any]:
    """Carry out one call; a result, or an IxError, or ApprovalNeeded for a face that can ask a person.

    `can_ask`: it can show a form and bring back the answer; `can_link`: it can send the person to a page, out of
    the model's sight; `host`: what the program on the other side calls itself; `covering`: the recipe that this call
    is a part of, where one yes covers several of its calls; `claims`: those of the workflow that it is a step of.
    """
    # Before the arguments are looked at: what may not be called need not be called rightly.
    operation = get_operation(name)
    await require_scope(context, operation.spec)
    require_enabled(operation.spec, context.settings)
    given = arguments or {}
    if not context.can_read_files:
        given = file_delivery.restrict_arguments(operation, given, face)
    if is_long(given.get("items")):
        call = await anyio.to_thread.run_sync(parse, name, given)
    else:
        call = parse(name, given)
    for step in call.list_required_operations():
        await require_scope(context, get_operation(step).spec)
        require_enabled(get_operation(step).spec, context.settings)
    asker = CallOrigin(face, host, can_show_form=can_ask, can_open_link=can_link)
    own = claims or ClaimSession(context, name)
    try:
        with observe(call.spec.name, face):
            return await _run(context, call, given, asker, reply, progress, bundle, own)
    finally:
        if claims is None:
            await own.release()


async def _run(
    desk: CallContext,
    call: Operation[Any],
    arguments: Mapping[str, Any],
    asker: CallOrigin,
    reply: Reply | None,
    progress: Progress | None,
    covering: BundledApproval | None,
    claims: ClaimSession,
) -> dict[str, Any]:
    spec = call.spec
    again = partial(
        execute,
        desk,
        can_ask=asker.can_show_form,
        can_link=asker.can_open_link,
        progress=progress,
        face=asker.face,
        host=asker.host,
        claims=claims,
    )
    await policy_check.refuse_denied(desk, call, asker.face)
    if spec.route is None:
        road = partial(again, reply=reply)
        sending = PipelineOperationContext(
            desk, Facts(now=desk.now()), progress, road, dict(arguments), asker.face
        )
        return _build_result(desk, call, await call.execute(sending), (), sending.facts)
    await _recover_once(desk)
    if not spec.effect.writes:
        looking = FactLoader(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
        call, facts, warnings, _ = await load_facts(looking, call, desk, None)
        await policy_check.evaluate_policy(desk, call, facts, asker.face, warnings)
        found = await _execute_read(call, PipelineOperationContext(desk, facts, progress, face=asker.face))
        await anyio.to_thread.run_sync(
            desk.companies.remember, desk.account.name, call.identify_company(found)
        )
        return _build_result(desk, call, found, warnings, facts)
    caller = identify_call(desk, call, asker.face, arguments, covering)
    held = await idempotent_write.lookup_previous(desk, call, caller)
    if isinstance(held, dict):
        return held
    async with idempotent_write.release_on_failure(desk, held):
        prepared = await prepare(desk, call, caller, held, asker, reply, covering, claims)
    if isinstance(prepared, dict):  # a person must approve first, or somebody else got it done meanwhile
        if held is not None:
            await release_intent(desk, held)
        return prepared
    if held is not None:
        async with idempotent_write.release_on_failure(desk, held):
            await idempotent_write.resume_intent(desk, held, prepared.approval_id, claims.holder.id)
    intent = held or await idempotent_write.start_intent(
        desk, prepared.call, caller, prepared.facts, prepared.approval_id, claims.holder.id
    )
    if not intent.mine:
        return await again(spec.name, arguments, bundle=covering)
    # A caller that goes away must not leave a write half done and its outcome unread.
    with anyio.CancelScope(shield=True):
        shown = await _send_and_verify(desk, prepared, intent, progress, asker.face, claims, held is not None)
    return shown  # noqa: RET504 - for mypy a scope may end early


async def fetch_pdf(
    desk: CallContext, document_id: int, *, second_copy: bool = False, face: str = "library"
) -> bytes:
    """The PDF itself, for faces that hand it on instead of saving it."""
    asked = {"document_id": document_id, "second_copy": second_copy, "delivery": "link"}
    found = await execute(desk, "get_pdf", asked, face=face)
    return await download_pdf(desk, found.get("link"))


async def dry_run_policy(
    desk: CallContext, name: str, arguments: Mapping[str, Any], face: str = "library"
) -> "tuple[PolicyCase, PolicyEvaluation]":
    """What the policy makes of a call as things are. The account is read; nothing is sent, asked or kept."""
    require_enabled(get_operation(name).spec, desk.settings)
    call = parse(name, arguments)
    if desk.policy is None:
        raise SettingsError("There is no policy.", code="no_policy", next="set INVOICEXPRESS_POLICY")
    looking = FactLoader(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
    call, facts, warnings, _ = await load_facts(looking, call, desk, None)
    if call.spec.effect.needs_approval:
        caller = identify_call(desk, call, face, arguments)
        tries = await find_unresolved_attempts(desk, call, caller, facts, None)
        warnings += (
            *idempotent_write.warn_of_duplicate(await idempotent_write.find_recent_duplicate(desk, caller)),
            *warn_of_attempts(tries, caller),
        )
    return await policy_check.explain_policy(desk, desk.policy, call, facts, face, warnings)


async def _execute_read(call: Operation[Any], sending: PipelineOperationContext) -> Any:
    """The result of a read; an answer of another shape is one error, not a fault of ours."""
    try:
        return await call.execute(sending)
    except ValidationError:
        raise protocol.build_unexpected_answer_error(call) from None


async def _send_and_verify(
    desk: CallContext,
    prepared: PreparedWrite,
    intent: Intent,
    progress: Progress | None,
    face: str,
    claims: ClaimSession,
    resumed: bool,
) -> dict[str, Any]:
    """Send, read back, compare, and write down what came of it, whatever came."""
    call, facts, looking = prepared.call, prepared.facts, prepared.loader
    fresh = FreshRead(looking, call, facts, claims) if call.spec.effect.needs_approval else None
    sending = PipelineOperationContext(desk, facts, progress, face=face, fresh_read=fresh)
    try:
        result = await idempotent_write.send_with_recovery(desk, call, intent, sending, resumed=resumed)
    except IxError as failure:
        if fresh is not None:
            await return_approval(desk, prepared, failure, is_unsent=fresh.is_unsent and not resumed)
        raise
    async with idempotent_write.release_on_failure(desk, intent):
        with prioritize_follow_up():
            result, differing = await read_back(looking, call, facts, result, prepared.given_fields)
            if differing is not None:  # before it counts as done: the gate must know even if we end here
                await record_differences(desk, call, result, differing)
            result, unlike = await read_back_subject(looking, call, facts, result)
        other = build_difference_error(call, result, differing) if differing else None
        if other is None and unlike:
            other = build_subject_difference_error(call, result, unlike)
        shown = other.as_dict() if other else _build_result(desk, call, result, prepared.warnings, facts)
    if not await idempotent_write.complete_intent(desk, call, intent, shown, summarize_outcome(other)):
        shown = idempotent_write.mark_unrecorded(shown)
        if other is not None:
            other.details = {**other.details, "warnings": shown["warnings"]}
    if other is not None:
        raise other
    return shown


def summarize_outcome(other: StoredDifferently | None) -> str:
    """What the audit trail says of an outcome: the fields that differ, without what stands in them."""
    return "done" if other is None else f"{other.code}: {', '.join(one.field for one in other.problems)}"


async def _recover_once(desk: CallContext) -> None:
    """At a desk's first call, find out what a crash left open."""
    if not desk.has_recovered:
        desk.has_recovered = True
        try:
            await recover_unfinished(desk)
        except BaseException:
            desk.has_recovered = False
            raise


# --- parse ---------------------------------------------------------------------------------------------


def parse(name: str, arguments: Mapping[str, Any]) -> Operation[Any]:
    """The call, strictly; every fault at once."""
    operation = get_operation(name)
    try:
        return operation.model_validate(dict(arguments))
    except ValidationError as faults:
        problems = [
            _describe_fault(operation, fault)
            for fault in faults.errors(include_url=False, include_context=False)
        ]
    shown = problems[:20]
    more = f" ({len(problems) - len(shown)} more not shown)" if len(problems) > len(shown) else ""
    raise InvalidArguments(
        f"{name} cannot be called with these arguments{more}.",
        problems=shown,
        next="correct the fields named and call again",
    )


def _describe_fault(operation: type[Operation[Any]], fault: Mapping[str, Any]) -> Problem:
    loc = ".".join(str(part) for part in fault["loc"])
    kind, message = fault["type"], str(fault["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        top = operation.model_fields
        allowed = ", ".join(top) if len(fault["loc"]) == 1 else ""
        return Problem(loc, "unknown field: InvoiceXpress would drop it in silence", allowed)
    if kind == "missing":
        return Problem(loc, "is required")
    if kind == "value_error":
        # A rule over several fields names the one to correct: `due_date: ...`.
        name, colon, rest = message.partition(": ")
        if colon and name.isidentifier():
            return Problem(f"{loc}.{name}".lstrip("."), "is not usable", rest)
        return Problem(loc, "is not usable", message)
    return Problem(loc, "is not usable", message[:1].lower() + message[1:])


# --- results -------------------------------------------------------------------------------------------


def _build_result(
    desk: CallContext, call: Operation[Any], result: BaseModel, warnings: tuple[Finding, ...], facts: Facts
) -> dict[str, Any]:
    """The same shape for every operation: ok, the record, warnings, next steps, what would undo it, and that it is a sandbox if it is."""
    result = call.complete_result(result, facts)
    shown = {"ok": True, **result.model_dump(mode="json", exclude_none=True)}
    if warnings:
        shown["warnings"] = [one.problem.as_dict() for one in warnings]
    steps = [step.as_dict() for step in call.next_steps(result)]
    if steps:
        shown["next"] = steps
    correction = call.plan_correction(result, facts)
    if correction is not None:
        shown["undo"] = describe_correction(correction, desk.settings.language)
    if desk.settings.sandbox:
        shown["sandbox"] = SANDBOX_NOTICE
    legible: dict[str, Any] = sanitize_all(shown)
    return legible
