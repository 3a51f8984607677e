"""THE ROAD: every call of every face comes along here, and nothing reaches InvoiceXpress by another way.

    parse ─▶ look up ─▶ names ─▶ complete ─▶ look up ─▶ guards ─▶ approval ─▶ send ─▶ read back ─▶ compare ─▶ result
             (facts)    (to ids) (updates)   (the rest)  (may      (bound to     │
                                                         only      call, account │ shielded: a cancelled caller
                                                         refuse)   and document) │ does not leave half a write

Only errors travel back, and each says what was sent.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from pydantic import BaseModel, ValidationError

from ix_tools import delivery, naming, once, policing, wire
from ix_tools.aftermath import let_go, resolve_left_open
from ix_tools.approvals import Asker, Reply
from ix_tools.call_identity import Caller, caller_of
from ix_tools.desk import Desk
from ix_tools.directory import known
from ix_tools.errors import InvalidArguments, NotAccepted, Problem, SettingsError
from ix_tools.facts import Facts, Want, wanted_by
from ix_tools.gate import ApprovalNeeded, approval_required, approved, permitted
from ix_tools.journal import Intent
from ix_tools.legible import all_legible
from ix_tools.lookups import LookUps
from ix_tools.offer import allowed
from ix_tools.operation import Covering, Finding, Guard, Operation
from ix_tools.pace import owed
from ix_tools.question import Question
from ix_tools.readback import hold, read_back, stored_differently
from ix_tools.refusing import refusal, summary
from ix_tools.sending import Progress, Sending, handed_on
from ix_tools.settings import SANDBOX_NOTICE
from ix_tools.subjects import reread, subject_stored_differently
from ix_tools.telemetry import observed
from ix_tools.undo import plan

if TYPE_CHECKING:
    from ix_tools.policy.case import Case
    from ix_tools.policy.ruling import Explained

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
) -> dict[str, Any]:
    """Carry out one call; a result, or an IxError, or ApprovalNeeded for a face that can ask a person.

    `can_ask`: it can show a form and bring back the answer; `can_link`: it can send the person to a page, out of
    the model's sight; `host`: what the program on the other side calls itself; `covering`: the recipe that this call
    is a part of, where one yes covers several of its calls.
    """
    # Before the arguments are looked at: what may not be called need not be called rightly.
    operation = known(name)
    await permitted(desk, operation.spec)
    allowed(operation.spec, desk.settings)
    given = arguments or {}
    if not desk.reads_files:
        given = delivery.without_files(operation, given, face)
    call = parse(name, given)
    for step in call.goes_through():
        await permitted(desk, known(step).spec)
        allowed(known(step).spec, desk.settings)
    asker = Asker(face, host, form=can_ask, link=can_link)
    with observed(call.spec.name, face):
        return await _performed(desk, call, given, asker, reply, progress, covering)


async def _performed(
    desk: Desk,
    call: Operation[Any],
    arguments: Mapping[str, Any],
    asker: Asker,
    reply: Reply | None,
    progress: Progress | None,
    covering: Covering | None,
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
    )
    await policing.permitted(desk, call, asker.face)
    if spec.route is None:
        road = partial(again, reply=reply)
        sending = Sending(desk, Facts(now=desk.now()), progress, road, dict(arguments), asker.face)
        return _result(desk, call, await call.carried_out(sending), (), sending.facts)
    await _swept(desk)
    looking = LookUps(desk.account, desk.approvals, desk.settings.catalogue_pages, desk.journal)
    if not spec.effect.writes:
        call, facts, warnings, _ = await _known(looking, call, desk, None)
        await policing.ruled(desk, call, facts, asker.face, warnings)
        found = await _carried_out(call, Sending(desk, facts, progress, face=asker.face))
        return _result(desk, call, found, warnings, facts)
    caller = caller_of(desk, call, asker.face, arguments, covering)
    held = await once.recorded(desk, call, caller)
    if isinstance(held, dict):
        return held
    async with once.holding(desk, held):
        prepared = await _prepared(desk, looking, call, caller, held, asker, reply, covering)
    if isinstance(prepared, dict):  # a person must approve first
        if held is not None:
            await let_go(desk, held)
        return prepared
    call, facts, warnings, approval, given = prepared
    sending = Sending(desk, facts, progress, face=asker.face)
    if held is not None:
        async with once.holding(desk, held):
            await once.again(desk, held, approval)
    intent = held or await once.begin(desk, call, caller, facts, approval)
    if not intent.mine:
        return await again(spec.name, arguments, covering=covering)
    # A caller that goes away must not leave a write half done and its outcome unread.
    with anyio.CancelScope(shield=True):
        shown = await _written(desk, looking, call, intent, sending, warnings, given, held is not None)
    return shown  # noqa: RET504 - for mypy a scope may end early


async def pdf_content(
    desk: Desk, document_id: int, *, second_copy: bool = False, face: str = "library"
) -> bytes:
    """The PDF itself, for faces that hand it on instead of saving it."""
    asked = {"document_id": document_id, "second_copy": second_copy, "delivery": "link"}
    found = await perform(desk, "get_pdf", asked, face=face)
    return await handed_on(desk, found.get("link"))


async def _prepared(
    desk: Desk,
    looking: LookUps,
    call: Operation[Any],
    caller: Caller,
    held: Intent | None,
    asker: Asker,
    reply: Reply | None,
    covering: Covering | None,
) -> dict[str, Any] | tuple[Operation[Any], Facts, tuple[Finding, ...], str, frozenset[str]]:
    """Everything before the first write: the call completed, what is known, warnings, and the approval that was used."""
    call, facts, warnings, given = await _known(looking, call, desk, held)
    before = await once.done_before(desk, caller) if call.spec.effect.gated else None
    warnings += once.said_of(before)
    ruling = await policing.ruled(desk, call, facts, caller.face, warnings)
    approval = ""
    if call.spec.effect.gated:
        done = before.id if before else ""
        question = Question(desk, call, facts, warnings, asker, ruling, covering, done)
        passed = await approved(question, reply)
        if isinstance(passed, dict):
            return passed
        approval = passed
    return call, facts, warnings, approval, given


async def _known(
    looking: LookUps, call: Operation[Any], desk: Desk, held: Intent | None
) -> tuple[Operation[Any], Facts, tuple[Finding, ...], frozenset[str]]:
    """The call completed, what is known of the account, and what the rules warn of."""
    spec = call.spec
    wanted = spec.needs.union(*(wanted_by(guard) for guard in spec.guards))
    facts = await looking.first(call, wanted | naming.wanted(call), desk.now())
    if Want.DOCUMENT_CLIENT in wanted:
        facts = await looking.second(call, frozenset({Want.DOCUMENT_CLIENT}), facts)
    asked = call
    call, facts, said = await naming.resolved(looking, call, facts)
    if naming.lost(call):
        raise refusal(said)
    if naming.lost(asked):
        facts = await looking.regarded(call, wanted, facts)
    given = frozenset(call.model_fields_set)
    call = call.completed(facts)
    facts = await looking.second(call, wanted - {Want.DOCUMENT_CLIENT}, facts)
    warnings = _judge(call, facts, said, () if once.judged_before(call, held) else spec.guards)
    return call, facts, warnings, given


async def examined(
    desk: Desk, name: str, arguments: Mapping[str, Any], face: str = "library"
) -> "tuple[Case, Explained]":
    """What the policy makes of a call as things are. The account is read; nothing is sent, asked or kept."""
    allowed(known(name).spec, desk.settings)
    call = parse(name, arguments)
    if desk.policy is None:
        raise SettingsError("There is no policy.", code="no_policy", next="set INVOICEXPRESS_POLICY")
    looking = LookUps(desk.account, desk.approvals, desk.settings.catalogue_pages, desk.journal)
    call, facts, warnings, _ = await _known(looking, call, desk, None)
    if call.spec.effect.gated:
        before = await once.done_before(desk, caller_of(desk, call, face, arguments))
        warnings += once.said_of(before)
    return await policing.explained_to(desk, desk.policy, call, facts, face, warnings)


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
        with owed():
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


def _judge(
    call: Operation[Any], facts: Facts, said: list[Finding], guards: tuple[Guard, ...]
) -> tuple[Finding, ...]:
    """Run every guard; refusals and questions stop the call, all of them at once; warnings go on.

    `said` is what was found out about the call's names; no rule says a second time that a name means nothing.
    """
    unsure = {finding.problem.field for finding in said if finding.kind == "refuse"}
    judged = [finding for guard in guards for finding in guard(call, facts)]
    findings = [*said, *(one for one in judged if one.problem.field not in unsure)]
    questions = [finding for finding in findings if finding.kind == "accept"]
    if any(finding.kind == "refuse" for finding in findings):
        raise refusal(findings)
    if questions:
        words = sorted({finding.accept for finding in questions})
        raise NotAccepted(
            summary(questions),
            problems=[finding.problem for finding in questions],
            next=f"ask the person; if it is meant, repeat the call with accept: {json.dumps(words)}",
            details={"accept": words},
        )
    return tuple(finding for finding in findings if finding.kind == "warn")


# --- results -------------------------------------------------------------------------------------------


def _result(
    desk: Desk, call: Operation[Any], result: BaseModel, warnings: tuple[Finding, ...], facts: Facts
) -> dict[str, Any]:
    """The same shape for every operation: ok, the record, warnings, next steps, what would undo it, and that it is a sandbox if it is."""
    shown = {"ok": True, **all_legible(result.model_dump(mode="json", exclude_none=True))}
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
