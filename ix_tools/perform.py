"""THE ROAD: every call of every face comes along here, and nothing reaches InvoiceXpress by another way.

    parse ─▶ look up ─▶ complete ─▶ look up ─▶ guards ─▶ approval ─▶ send ─▶ read back ─▶ compare ─▶ result
             (facts)    (updates)   (the rest)  (may      (bound to     │
                                                only      call, account │ shielded: a cancelled caller
                                                refuse)   and document) │ does not leave half a write

Only errors travel back, and each says what was sent.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import anyio
from pydantic import BaseModel, ValidationError

from ix_tools import once, wire
from ix_tools.aftermath import let_go, resolve_left_open
from ix_tools.approvals import Reply
from ix_tools.desk import Desk
from ix_tools.errors import InvalidArguments, NotAccepted, Problem, Refused
from ix_tools.facts import Facts, Want, wanted_by
from ix_tools.gate import ApprovalNeeded, allowed, approval_required, approved
from ix_tools.journal import Intent
from ix_tools.lookups import LookUps
from ix_tools.operation import Finding, Operation
from ix_tools.operations.catalogue import catalogue
from ix_tools.readback import hold, read_back, stored_differently
from ix_tools.sending import Progress, Sending, pdf_content
from ix_tools.settings import SANDBOX_NOTICE
from ix_tools.subjects import reread, subject_stored_differently
from ix_tools.undo import plan

__all__ = ["ApprovalNeeded", "Desk", "Reply", "approval_required", "parse", "pdf_content", "perform"]


async def perform(
    desk: Desk,
    name: str,
    arguments: Mapping[str, Any] | None,
    *,
    can_ask: bool = False,
    reply: Reply | None = None,
    progress: Progress | None = None,
    face: str = "library",
) -> dict[str, Any]:
    """Carry out one call; a result, or an IxError, or ApprovalNeeded for a face that can ask a person."""
    call = parse(name, arguments or {})
    spec = call.spec
    allowed(call, desk.settings)
    if spec.route is None:
        road = partial(perform, desk, can_ask=can_ask, reply=reply, progress=progress, face=face)
        sending = Sending(desk, Facts(now=desk.now()), progress, road)
        return _result(desk, call, await call.carried_out(sending), (), sending.facts)
    await _swept(desk)
    looking = LookUps(desk.account, desk.approvals, desk.settings.catalogue_pages)
    caller = once.caller_of(desk, call, face, arguments or {})
    held = await once.recorded(desk, call, caller) if spec.effect.writes else None
    if isinstance(held, dict):
        return held
    async with once.holding(desk, held):
        prepared = await _prepared(desk, looking, call, caller, held, can_ask, reply)
    if isinstance(prepared, dict):  # a person must approve first
        if held is not None:
            await let_go(desk, held)
        return prepared
    call, facts, warnings, approval, given = prepared
    sending = Sending(desk, facts, progress)
    if not spec.effect.writes:
        return _result(desk, call, await _carried_out(call, sending), warnings, facts)
    if held is not None:
        async with once.holding(desk, held):
            await once.again(desk, held, approval)
    intent = held or await once.begin(desk, call, caller, facts, approval)
    if not intent.mine:
        return await perform(desk, name, arguments, can_ask=can_ask, progress=progress, face=face)
    # A caller that goes away must not leave a write half done and its outcome unread.
    with anyio.CancelScope(shield=True):
        shown = await _written(desk, looking, call, intent, sending, warnings, given, held is not None)
    return shown  # noqa: RET504 - for mypy a scope may end early


async def _prepared(
    desk: Desk,
    looking: LookUps,
    call: Operation[Any],
    caller: once.Caller,
    held: Intent | None,
    can_ask: bool,
    reply: Reply | None,
) -> dict[str, Any] | tuple[Operation[Any], Facts, tuple[Finding, ...], str, frozenset[str]]:
    """Everything before the first write: the call completed, what is known, warnings, and the approval that was used."""
    spec = call.spec
    wanted = spec.needs.union(*(wanted_by(guard) for guard in spec.guards))
    facts = await looking.first(call, wanted, desk.now())
    if Want.DOCUMENT_CLIENT in wanted:
        facts = await looking.second(call, frozenset({Want.DOCUMENT_CLIENT}), facts)
    given = frozenset(call.model_fields_set)
    call = call.completed(facts)
    facts = await looking.second(call, wanted - {Want.DOCUMENT_CLIENT}, facts)
    warnings = () if once.judged_before(call, held) else _judge(call, facts)
    approval = ""
    if spec.effect.gated:
        before = await once.done_before(desk, caller)
        warnings += once.said_of(before)
        passed = await approved(
            desk, call, facts, warnings, can_ask, reply, done_before=before.id if before else ""
        )
        if isinstance(passed, dict):
            return passed
        approval = passed
    return call, facts, warnings, approval, given


async def _carried_out(call: Operation[Any], sending: Sending) -> Any:
    """The result of a read; an answer of another shape is one error, not a fault of ours."""
    try:
        return await call.carried_out(sending)
    except ValidationError:
        raise wire.unlike(call) from None


async def _written(
    desk: Desk,
    looking: LookUps,
    call: Operation[Any],
    intent: Intent,
    sending: Sending,
    warnings: tuple[Finding, ...],
    given: frozenset[str],
    resumed: bool,
) -> dict[str, Any]:
    """Send, read back, compare, and write down what came of it, whatever came."""
    result = await once.sent(desk, call, intent, sending, resumed=resumed)
    async with once.holding(desk, intent):
        facts = sending.facts
        result, differing = await read_back(looking, call, facts, result, given)
        if differing is not None:  # before it counts as done: the gate must know even if we end here
            await hold(desk, call, result, differing)
        result, unlike = await reread(looking, call, facts, result)
        other = stored_differently(call, result, differing) if differing else None
        if other is None and unlike:
            other = subject_stored_differently(call, result, unlike)
        shown = other.as_dict() if other else _result(desk, call, result, warnings, facts)
    if not await once.done(desk, call, intent, shown, other.code if other else "done"):
        shown = once.unwritten(shown)
        if other is not None:
            other.details = {**other.details, "warnings": shown["warnings"]}
    if other is not None:
        raise other
    return shown


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
    operation = catalogue().get(name)
    if operation is None:
        raise InvalidArguments(
            f"There is no tool called {name!r}.", code="unknown_tool", next="list the tools"
        )
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
        retryable=False,
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


# --- guards --------------------------------------------------------------------------------------------


def _judge(call: Operation[Any], facts: Facts) -> tuple[Finding, ...]:
    """Run every guard; refusals and questions stop the call, all of them at once; warnings go on."""
    findings = [finding for guard in call.spec.guards for finding in guard(call, facts)]
    refusals = [finding for finding in findings if finding.kind == "refuse"]
    questions = [finding for finding in findings if finding.kind == "accept"]
    if refusals:
        raise Refused(
            _sentence(refusals),
            problems=[finding.problem for finding in (*refusals, *questions)],
            next=_steps(refusals) or "correct the fields named and call again",
        )
    if questions:
        words = sorted({finding.accept for finding in questions})
        raise NotAccepted(
            _sentence(questions),
            problems=[finding.problem for finding in questions],
            next=f"ask the person; if it is meant, repeat the call with accept: {json.dumps(words)}",
            details={"accept": words},
        )
    return tuple(finding for finding in findings if finding.kind == "warn")


def _sentence(findings: list[Finding]) -> str:
    first = findings[0].problem
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"Refused: {first.field}: {first.problem.rstrip('.')}{more}."


def _steps(findings: list[Finding]) -> str:
    return "; ".join(dict.fromkeys(finding.next for finding in findings if finding.next))


# --- results -------------------------------------------------------------------------------------------


def _result(
    desk: Desk, call: Operation[Any], result: BaseModel, warnings: tuple[Finding, ...], facts: Facts
) -> dict[str, Any]:
    """The same shape for every operation: ok, the record, warnings, next steps, what would undo it, and that it is a sandbox if it is."""
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
    return shown
