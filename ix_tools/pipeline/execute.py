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
from ix_tools.api_client.rate_limit import owed
from ix_tools.approvals.repository import Asker, Reply
from ix_tools.config.settings import SANDBOX_NOTICE
from ix_tools.errors import InvalidArguments, IxError, Problem, SettingsError, StoredDifferently
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.idempotency.intents import Intent
from ix_tools.operations import file_delivery
from ix_tools.operations.access import allowed
from ix_tools.operations.base import Covering, Operation
from ix_tools.pipeline import idempotent_write, policy_check
from ix_tools.pipeline.approval_gate import ApprovalNeeded, approval_required, permitted
from ix_tools.pipeline.call_identity import caller_of
from ix_tools.pipeline.claiming import Claiming
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.corrections import plan
from ix_tools.pipeline.fact_loader import LookUps
from ix_tools.pipeline.fresh_read import FreshRead
from ix_tools.pipeline.operation_context import Progress, Sending, handed_on
from ix_tools.pipeline.preparation import Prepared, is_long, load_facts, prepare, return_approval
from ix_tools.pipeline.readback import hold, read_back, stored_differently
from ix_tools.pipeline.recovery import let_go, resolve_left_open
from ix_tools.pipeline.subjects import reread, subject_stored_differently
from ix_tools.pipeline.unsettled import find_unsettled, warn_of_unsettled
from ix_tools.schemas.search import known
from ix_tools.telemetry import observed
from ix_tools.text.sanitize import all_legible

if TYPE_CHECKING:
    from ix_tools.policy.context import Case
    from ix_tools.policy.evaluation import Explained

__all__ = [
    "ApprovalNeeded",
    "Desk",
    "Reply",
    "approval_required",
    "examined",
    "known",
    "parse",
    "pdf_content",
    "perform",
]


async def perform(
    desk: Desk,
    name: str,
    arguments: Mapping[str, Any] | None,
    *,
    can_ask: bool = False,
    can_link: bool = False,
    reply: Reply | None = None,
    progress: Progress | None = None,
    face: str = "library",
    host: str = "",
    covering: Covering | None = None,
    claims: Claiming | None = None,
) -> dict[str, Any]:
    """Carry out one call; a result, or an IxError, or ApprovalNeeded for a face that can ask a person.

    `can_ask`: it can show a form and bring back the answer; `can_link`: it can send the person to a page, out of
    the model's sight; `host`: what the program on the other side calls itself; `covering`: the recipe that this call
    is a part of, where one yes covers several of its calls; `claims`: those of the workflow that it is a step of.
    """
    # Before the arguments are looked at: what may not be called need not be called rightly.
    operation = known(name)
    await permitted(desk, operation.spec)
    allowed(operation.spec, desk.settings)
    given = arguments or {}
    if not desk.reads_files:
        given = file_delivery.without_files(operation, given, face)
    if is_long(given.get("items")):
        call = await anyio.to_thread.run_sync(parse, name, given)
    else:
        call = parse(name, given)
    for step in call.goes_through():
        await permitted(desk, known(step).spec)
        allowed(known(step).spec, desk.settings)
    asker = Asker(face, host, form=can_ask, link=can_link)
    own = claims or Claiming(desk, name)
    try:
        with observed(call.spec.name, face):
            return await _performed(desk, call, given, asker, reply, progress, covering, own)
    finally:
        if claims is None:
            await own.release()


async def _performed(
    desk: Desk,
    call: Operation[Any],
    arguments: Mapping[str, Any],
    asker: Asker,
    reply: Reply | None,
    progress: Progress | None,
    covering: Covering | None,
    claims: Claiming,
) -> dict[str, Any]:
    spec = call.spec
    again = partial(
        perform,
        desk,
        can_ask=asker.form,
        can_link=asker.link,
        progress=progress,
        face=asker.face,
        host=asker.host,
        claims=claims,
    )
    await policy_check.permitted(desk, call, asker.face)
    if spec.route is None:
        road = partial(again, reply=reply)
        sending = Sending(desk, Facts(now=desk.now()), progress, road, dict(arguments), asker.face)
        return _result(desk, call, await call.carried_out(sending), (), sending.facts)
    await _swept(desk)
    if not spec.effect.writes:
        looking = LookUps(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
        call, facts, warnings, _ = await load_facts(looking, call, desk, None)
        await policy_check.ruled(desk, call, facts, asker.face, warnings)
        found = await _carried_out(call, Sending(desk, facts, progress, face=asker.face))
        await anyio.to_thread.run_sync(desk.companies.remember, desk.account.name, call.company(found))
        return _result(desk, call, found, warnings, facts)
    caller = caller_of(desk, call, asker.face, arguments, covering)
    held = await idempotent_write.recorded(desk, call, caller)
    if isinstance(held, dict):
        return held
    async with idempotent_write.holding(desk, held):
        prepared = await prepare(desk, call, caller, held, asker, reply, covering, claims)
    if isinstance(prepared, dict):  # a person must approve first, or somebody else got it done meanwhile
        if held is not None:
            await let_go(desk, held)
        return prepared
    if held is not None:
        async with idempotent_write.holding(desk, held):
            await idempotent_write.again(desk, held, prepared.approval, claims.holder.id)
    intent = held or await idempotent_write.begin(
        desk, prepared.call, caller, prepared.facts, prepared.approval, claims.holder.id
    )
    if not intent.mine:
        return await again(spec.name, arguments, covering=covering)
    # A caller that goes away must not leave a write half done and its outcome unread.
    with anyio.CancelScope(shield=True):
        shown = await _written(desk, prepared, intent, progress, asker.face, claims, held is not None)
    return shown  # noqa: RET504 - for mypy a scope may end early


async def pdf_content(
    desk: Desk, document_id: int, *, second_copy: bool = False, face: str = "library"
) -> bytes:
    """The PDF itself, for faces that hand it on instead of saving it."""
    asked = {"document_id": document_id, "second_copy": second_copy, "delivery": "link"}
    found = await perform(desk, "get_pdf", asked, face=face)
    return await handed_on(desk, found.get("link"))


async def examined(
    desk: Desk, name: str, arguments: Mapping[str, Any], face: str = "library"
) -> "tuple[Case, Explained]":
    """What the policy makes of a call as things are. The account is read; nothing is sent, asked or kept."""
    allowed(known(name).spec, desk.settings)
    call = parse(name, arguments)
    if desk.policy is None:
        raise SettingsError("There is no policy.", code="no_policy", next="set INVOICEXPRESS_POLICY")
    looking = LookUps(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
    call, facts, warnings, _ = await load_facts(looking, call, desk, None)
    if call.spec.effect.gated:
        caller = caller_of(desk, call, face, arguments)
        tries = await find_unsettled(desk, call, caller, facts, None)
        warnings += (
            *idempotent_write.said_of(await idempotent_write.done_before(desk, caller)),
            *warn_of_unsettled(tries, caller),
        )
    return await policy_check.explained_to(desk, desk.policy, call, facts, face, warnings)


async def _carried_out(call: Operation[Any], sending: Sending) -> Any:
    """The result of a read; an answer of another shape is one error, not a fault of ours."""
    try:
        return await call.carried_out(sending)
    except ValidationError:
        raise protocol.unlike(call) from None


async def _written(
    desk: Desk,
    prepared: Prepared,
    intent: Intent,
    progress: Progress | None,
    face: str,
    claims: Claiming,
    resumed: bool,
) -> dict[str, Any]:
    """Send, read back, compare, and write down what came of it, whatever came."""
    call, facts, looking = prepared.call, prepared.facts, prepared.looking
    fresh = FreshRead(looking, call, facts, claims) if call.spec.effect.gated else None
    sending = Sending(desk, facts, progress, face=face, fresh_read=fresh)
    try:
        result = await idempotent_write.sent(desk, call, intent, sending, resumed=resumed)
    except IxError as failure:
        if fresh is not None:
            await return_approval(desk, prepared, failure, nothing_left=fresh.nothing_left and not resumed)
        raise
    async with idempotent_write.holding(desk, intent):
        with owed():
            result, differing = await read_back(looking, call, facts, result, prepared.given)
            if differing is not None:  # before it counts as done: the gate must know even if we end here
                await hold(desk, call, result, differing)
            result, unlike = await reread(looking, call, facts, result)
        other = stored_differently(call, result, differing) if differing else None
        if other is None and unlike:
            other = subject_stored_differently(call, result, unlike)
        shown = other.as_dict() if other else _result(desk, call, result, prepared.warnings, facts)
    if not await idempotent_write.done(desk, call, intent, shown, said_of_result(other)):
        shown = idempotent_write.unwritten(shown)
        if other is not None:
            other.details = {**other.details, "warnings": shown["warnings"]}
    if other is not None:
        raise other
    return shown


def said_of_result(other: StoredDifferently | None) -> str:
    """What the audit trail says of an outcome: the fields that differ, without what stands in them."""
    return "done" if other is None else f"{other.code}: {', '.join(one.field for one in other.problems)}"


async def _swept(desk: Desk) -> None:
    """At a desk's first call, find out what a crash left open."""
    if not desk.swept:
        desk.swept = True
        try:
            await resolve_left_open(desk)
        except BaseException:
            desk.swept = False
            raise


# --- parse ---------------------------------------------------------------------------------------------


def parse(name: str, arguments: Mapping[str, Any]) -> Operation[Any]:
    """The call, strictly; every fault at once."""
    operation = known(name)
    try:
        return operation.model_validate(dict(arguments))
    except ValidationError as faults:
        problems = [
            _problem(operation, fault) for fault in faults.errors(include_url=False, include_context=False)
        ]
    shown = problems[:20]
    more = f" ({len(problems) - len(shown)} more not shown)" if len(problems) > len(shown) else ""
    raise InvalidArguments(
        f"{name} cannot be called with these arguments{more}.",
        problems=shown,
        next="correct the fields named and call again",
    )


def _problem(operation: type[Operation[Any]], fault: Mapping[str, Any]) -> Problem:
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


def _result(
    desk: Desk, call: Operation[Any], result: BaseModel, warnings: tuple[Finding, ...], facts: Facts
) -> dict[str, Any]:
    """The same shape for every operation: ok, the record, warnings, next steps, what would undo it, and that it is a sandbox if it is."""
    result = call.complete_result(result, facts)
    shown = {"ok": True, **result.model_dump(mode="json", exclude_none=True)}
    if warnings:
        shown["warnings"] = [one.problem.as_dict() for one in warnings]
    steps = [step.as_dict() for step in call.next_steps(result)]
    if steps:
        shown["next"] = steps
    correction = call.undo(result, facts)
    if correction is not None:
        shown["undo"] = plan(correction, desk.settings.language)
    if desk.settings.sandbox:
        shown["sandbox"] = SANDBOX_NOTICE
    legible: dict[str, Any] = all_legible(shown)
    return legible
