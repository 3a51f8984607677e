"""Exactly once: a write is begun in the journal before it leaves, and what came of it is found out, never guessed.

    recorded? ──▶ the result of the first time, read from the journal
    under way? ─▶ wait for it
    unfinished? ─▶ look whether it happened ─▶ yes: its result · no: go on · unknown: refuse, and say what to check
    begin ──▶ send ──▶ answered: finish
                 └──▶ no clear answer: same unique id again (creates), or look (everything else)

A retried call with the same `idempotency_key` (or, for a create without a key, the same content on the same day)
is the same call. E-mails are never looked at or repeated by themselves: nothing tells whether they left.
"""

import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from pydantic import ValidationError

from ix_tools.api_client.protocol import CHECK_FIRST
from ix_tools.errors import Conflict, IxError, NotFound, Problem, ServiceError, Unreachable, Unreadable
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.idempotency.intents import Draft, Intent
from ix_tools.operations.base import Operation, Sending
from ix_tools.operations.digests import TRACE_VERSION
from ix_tools.operations.probes import Happened
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline import recovery
from ix_tools.pipeline.call_identity import Caller, may_be_meant, refuse_reused_key
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.fact_loader import LookUps
from ix_tools.pipeline.recovery import THINGS, finish, let_go
from ix_tools.pipeline.replay import outcome_fields, retell_difference

RESENDS = 3
"""How often a create is sent under its unique id before its outcome is called unknown."""
LATELY = 86400.0
"""Seconds for which a person who approves is told that the same call was carried out already."""
GATEWAYS = {502, 503, 504}
"""Answers of a machine before InvoiceXpress, behind which the request may still be under way."""

MADE = ("document", "receipt", *THINGS)
"""What a result shows of the thing it made or changed."""
REPEATED = Problem(
    "idempotency_key",
    "this exact call was already carried out, so its result is given again; "
    "for a second, identical one repeat the call with a new idempotency_key",
)
UNWRITTEN = Problem(
    "journal",
    "this was carried out, but the store failed before it could be written down; "
    "repeat it under no other idempotency_key: the same call looks first",
)
NAMELESS = {"initial_balance": "value", "treasury_movement": "value"}
"""What comes without an id, and what it then must say."""


# --- before anything is looked up -----------------------------------------------------------------------


async def recorded(desk: Desk, call: Operation[Any], caller: Caller) -> dict[str, Any] | Intent | None:
    """The result of the first time; or an unfinished create of ours to go on with; or None: this is the first time."""
    give_up = anyio.current_time() + desk.settings.timeout_seconds
    pause, intent = 0.05, await _earlier(desk, caller)
    while intent is not None and intent.state not in {"refused", "absent"}:
        if intent.content not in caller.contents or intent.operation != caller.operation:
            raise refuse_reused_key(intent, caller)
        if intent.state == "done":
            return await _again(desk, call, caller, intent)
        if intent.state == "unknown" or await anyio.to_thread.run_sync(desk.journal.abandoned, intent):
            taken = await anyio.to_thread.run_sync(desk.journal.take_over, intent)
            if taken is not None:
                return await _found_out(desk, call, taken)
        if anyio.current_time() > give_up:
            raise IxError(
                "The same call is being carried out right now.",
                code="in_progress",
                next="repeat the same call in a few seconds to get its result",
            )
        await anyio.sleep(pause + secrets.randbelow(100) / 1000)
        pause = min(0.5, pause * 1.5)  # many who wait must not slow down the one they wait for
        intent = await anyio.to_thread.run_sync(desk.journal.get, intent.id)
    return None


async def carried_out_meanwhile(desk: Desk, call: Operation[Any], caller: Caller) -> dict[str, Any] | None:
    """The result of the same call, where another caller got it done while this one waited for its claims."""
    held = await recorded(desk, call, caller) if caller.keys else None
    if isinstance(held, dict):
        return held
    if held is not None:
        await let_go(desk, held)
    if caller.chosen:
        return None
    age = time.monotonic() - caller.started
    done = await anyio.to_thread.run_sync(desk.journal.finished_since, caller.account, caller.contents, age)
    return await _again(desk, call, caller, done) if done is not None else None


async def _earlier(desk: Desk, caller: Caller) -> Intent | None:
    for age, key in enumerate(caller.keys):
        found = await anyio.to_thread.run_sync(desk.journal.find, caller.account, key)
        if found is not None and may_be_meant(found, age, caller):
            return found
    if caller.chosen:
        return None
    # Without a key of the caller's, the same thing unfinished under any key is the same thing; and so is one
    # that turned out to be done while nobody was there to hear it.
    same = await anyio.to_thread.run_sync(desk.journal.same, caller.account, caller.contents)
    return same or await anyio.to_thread.run_sync(
        desk.journal.untold, caller.account, caller.contents, LATELY
    )


async def _again(desk: Desk, call: Operation[Any], caller: Caller, intent: Intent) -> dict[str, Any] | None:
    outcome = await anyio.to_thread.run_sync(desk.journal.told, intent)
    makes = call.spec.route is not None and call.spec.route.method == "POST"
    made = makes and (intent.made or not outcome.get("document"))
    if not caller.chosen and made and await _gone(desk, call, outcome):
        # Same content by chance: if what it made is gone, this is a new wish and not a repetition.
        await anyio.to_thread.run_sync(desk.journal.retire, intent)
        return None
    outcome["replayed"] = True
    if outcome.get("code"):
        return await retell_difference(desk, call, outcome)
    if not caller.chosen:
        outcome["warnings"] = [
            *outcome.get("warnings", []),
            REPEATED.as_dict(),
        ]
    return outcome


async def _gone(desk: Desk, call: Operation[Any], outcome: Mapping[str, Any]) -> bool:
    """Whether what a call made is there no more."""
    looking = LookUps(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
    about = outcome.get("document") or {}
    try:
        if about.get("id"):
            stored = await looking.document(str(about.get("document_type")), int(about["id"]))
            return stored.status in {"deleted", "canceled"}
        made = outcome_fields(call, outcome)
        subject = call.regarding(call.result_type().model_validate(made)) if made else None
        if subject is not None:
            await looking.subject(subject)
    except NotFound:
        return True
    return False


async def _found_out(desk: Desk, call: Operation[Any], intent: Intent) -> dict[str, Any] | Intent | None:
    """What became of an unfinished intent that is now ours."""
    if _unique(call, intent):
        return intent  # the same unique id again: InvoiceXpress itself keeps it from happening twice
    evidence = await recovery.look(desk, intent)
    if evidence.verdict is Happened.NO:
        return None
    if evidence.verdict is Happened.YES:
        now = await anyio.to_thread.run_sync(desk.journal.get, intent.id)
        return {**await anyio.to_thread.run_sync(desk.journal.told, now), "replayed": True}
    if call.spec.idempotent:
        left = await anyio.to_thread.run_sync(desk.journal.get, intent.id)
        taken = (
            await anyio.to_thread.run_sync(desk.journal.take_over, left) if recovery.is_over(left) else None
        )
        if taken is not None:
            return taken  # whether it happened or not, sending it again (approved again) leaves the same
    raise _unknown(call.spec.name, intent, evidence.seen)


def _unique(call: Operation[Any], intent: Intent) -> bool:
    """Whether InvoiceXpress itself keeps the call from happening twice, by its proprietary_uid."""
    return getattr(call.stamped(intent.uid), "proprietary_uid", None) is not None


def judged_before(call: Operation[Any], held: Intent | None) -> bool:
    """Whether the rules already let this through: what changed since may be the very document it made."""
    return held is not None and _unique(call, held)


@asynccontextmanager
async def holding(desk: Desk, intent: Intent | None) -> AsyncIterator[None]:
    """Let go of an unfinished intent when the call ends before anything is sent for it."""
    try:
        yield
    except BaseException:
        if intent is not None:
            with anyio.CancelScope(shield=True):
                await let_go(desk, intent)
        raise


async def done_before(desk: Desk, caller: Caller) -> Intent | None:
    """The same call carried out lately: a person who approves should know that this would be a second one."""
    if caller.chosen:
        return None
    return await anyio.to_thread.run_sync(desk.journal.done_since, caller.account, caller.contents, LATELY)


def said_of(done: Intent | None) -> tuple[Finding, ...]:
    """What the person is told of it."""
    if done is None:
        return ()
    minutes = int(done.seen_at - done.created_at) // 60
    made = f", which made {done.made}" if done.made else ""
    feito = f" e criou {done.made}" if done.made else ""
    return (
        warn(
            "idempotency_key",
            f"the same call was carried out {minutes} minutes ago{made}; this does it again",
            f"o mesmo pedido já foi executado há {minutes} minutos{feito}; isto volta a fazê-lo",
        ),
    )


# --- sending -------------------------------------------------------------------------------------------


async def begin(
    desk: Desk, call: Operation[Any], caller: Caller, facts: Facts, approval: str, holder: str
) -> Intent:
    """Write the intent; the one that is there, when another caller was faster."""
    trace = call.trace(facts)
    draft = Draft(
        account=caller.account,
        key=caller.keys[0]
        if caller.keys
        else f"approval:{approval}"
        if approval
        else f"call:{secrets.token_hex(12)}",
        contents=caller.contents,
        operation=caller.operation,
        principal=caller.principal,
        face=caller.face,
        subject=str(trace.get("subject", "")),
        approval=approval,
        trace={**trace, "version": TRACE_VERSION},
        chosen=caller.chosen,
        age=time.monotonic() - caller.started if call.spec.effect.gated else 0.0,
        holder=holder,
    )
    return await anyio.to_thread.run_sync(desk.journal.begin, draft)


async def again(desk: Desk, intent: Intent, approval: str, holder: str) -> None:
    """Write down that an unfinished intent is sent once more, with whose approval, and under whose claims."""
    await anyio.to_thread.run_sync(desk.journal.again, intent, approval, holder)


async def sent(desk: Desk, call: Operation[Any], intent: Intent, sending: Sending, *, resumed: bool) -> Any:
    """Carry it out; when no clear answer comes, find out what happened. A failure is written down here.

    `resumed`: an earlier attempt ended without an answer, so that a refusal now says nothing about that one.
    """
    try:
        return await _sent(desk, call, intent, sending, resumed)
    except IxError:
        raise
    except BaseException as fault:
        await finish(desk, intent, "unknown", None, f"a fault of ours: {type(fault).__name__}")
        raise


async def _sent(desk: Desk, call: Operation[Any], intent: Intent, sending: Sending, resumed: bool) -> Any:
    stamped, unique, loose = call.stamped(intent.uid), _unique(call, intent), resumed
    doubt = resumed
    for attempt in range(1, RESENDS + 1):
        if desk.journal.late(intent):
            await let_go(desk, intent)
            raise IxError(
                "This process stood still for so long that another one may have taken over.",
                code="held_too_long",
                next="repeat the same call: it looks first",
            )
        failure = await _attempt(stamped, sending)
        if not isinstance(failure, IxError):
            return failure
        in_flight = unique and isinstance(failure, Conflict)
        if failure.sent != "unknown" and not in_flight:
            break
        doubt = True
        loose = loose or in_flight or not _answered(failure)
        if not unique or attempt == RESENDS:
            break
        # Under the same unique id InvoiceXpress answers with the first document, or that it is still at it.
        await anyio.sleep(0.5 * attempt)
    if not doubt:
        # The code alone: what InvoiceXpress says may repeat what it was told, passwords too.
        await finish(desk, intent, "refused", None, failure.code)
        raise failure
    if isinstance(failure, NotFound) and call.spec.route and call.spec.route.method == "DELETE":
        evidence = await recovery.gone(desk, intent)
    else:
        evidence = await recovery.look(desk, intent, answered=not loose)
    if evidence.verdict is Happened.YES:
        return call.read(evidence.content, sending.facts)
    if evidence.verdict is Happened.UNKNOWN:
        raise _unknown(call.spec.name, intent, evidence.seen or failure.message)
    if failure.sent != "unknown":
        raise failure
    raise Unreachable(
        "InvoiceXpress gave no clear answer, and it was not carried out: that was looked at afterwards.",
        code="not_carried_out",
        sent="refused",
        next="repeat the same call" + ("; a person approves it again" if call.spec.effect.gated else ""),
    )


async def _attempt(call: Operation[Any], sending: Sending) -> Any:
    """What came back, or the error: one that says unknown, where the answer does not say what it should."""
    try:
        result = await call.carried_out(sending)
    except IxError as failure:
        return failure
    except ValidationError:
        return _unclear("InvoiceXpress answered with something that cannot be read as a result.")
    parts = {name: getattr(result, name) for name in MADE if hasattr(result, name)}
    told = all(
        part is not None and getattr(part, NAMELESS.get(name, "id")) is not None
        for name, part in parts.items()
    )
    # An empty answer to a change is a success (reading 3), where what it is about is read back anyway.
    known = call.about() is not None or call.regarding() is not None
    if told or (known and call.expected(sending.facts) is not None):
        return result
    return _unclear("InvoiceXpress answered without saying what it did.")


def _unclear(message: str) -> Unreadable:
    return Unreadable(message, sent="unknown", status=200, next=CHECK_FIRST)


def _answered(failure: IxError) -> bool:
    return isinstance(failure, ServiceError) and failure.status not in {0, *GATEWAYS}


def _unknown(name: str, intent: Intent, seen: str) -> IxError:
    operation = catalogue()[intent.operation]
    settle = f"settle it with `ix-tools journal resolve {intent.id}`"
    if operation.to_check and operation.spec.idempotent:
        advice = (
            f"{operation.to_check}; or repeat the same call in two minutes: once a person approves it again it is "
            "sent again, which does no harm"
        )
    elif operation.to_check:
        advice = f"{operation.to_check}, and {settle}; to do it again all the same, use a new idempotency_key"
    else:
        advice = (
            "repeat the same call in a minute or two: it looks first and never does it twice; "
            f"or look yourself and {settle}"
        )
    return Unreachable(
        f"Whether {name} was carried out is not known yet{f' ({seen})' if seen else ''}.",
        code="outcome_unknown",
        sent="unknown",
        next=advice,
        details={"journal": intent.id},
    )


async def done(desk: Desk, call: Operation[Any], intent: Intent, shown: Mapping[str, Any], said: str) -> bool:
    """Write down that it was carried out, and the result; False when it cannot be written."""
    made = subject_of(shown) if call.spec.route is not None and call.spec.route.method == "POST" else ""
    return await finish(desk, intent, "done", kept(shown), said, subject_of(shown), made)


def unwritten(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A result of which the journal does not know: marked, because repeating the call now has to look first."""
    return {**shown, "warnings": [*shown.get("warnings", []), UNWRITTEN.as_dict()]}


def kept(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What of a result is kept for the next time: not the words of a message."""
    return {name: value for name, value in shown.items() if name not in {"subject", "body", "warnings"}}


def subject_of(shown: Mapping[str, Any]) -> str:
    """What a result is about, for the audit trail."""
    document = shown.get("document") or shown.get("receipt") or {}
    if document.get("id"):
        return f"{document.get('document_type')}/{document.get('id')}"
    made = [f"{kind}/{shown[name]['id']}" for name, kind in THINGS.items() if shown.get(name, {}).get("id")]
    return made[0] if made else ""
