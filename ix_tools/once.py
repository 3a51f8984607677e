"""Exactly once: a write is begun in the journal before it leaves, and what came of it is found out, never guessed.

    recorded? ──▶ the result of the first time, read from the journal
    unfinished? ─▶ look whether it happened ─▶ yes: its result · no: go on · unknown: refuse, and say what to check
    begin ──▶ send ──▶ answered: finish
                 └──▶ no clear answer: same unique id again (creates), or look (everything else)

A retried call with the same `idempotency_key` (or, for a create without a key, the same content on the same day)
is the same call. E-mails are never looked at or repeated by themselves: nothing tells whether they left.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio

from ix_tools import lookups
from ix_tools.approvals import digest
from ix_tools.desk import Desk
from ix_tools.errors import (
    Conflict,
    IxError,
    NotFound,
    Problem,
    Refused,
    StoredDifferently,
    StoreUnavailable,
    Unreachable,
)
from ix_tools.facts import Facts
from ix_tools.journal import Draft, Intent
from ix_tools.operation import Evidence, Happened, Operation, Sending
from ix_tools.operations.catalogue import catalogue

log = logging.getLogger(__name__)

LATE = 30.0
"""Seconds after which a list surely shows what was written (integrators saw up to 15; trap 23)."""
RESENDS = 3
"""How often a create is sent under its unique id before its outcome is called unknown."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how what they call is recognised when they call again."""

    account: str
    principal: str
    face: str
    operation: str
    content: str
    key: str | None
    """The caller's own key, or one from content and day for creates; None: each call is its own."""
    chosen: bool
    """Whether the caller chose the key."""


def caller_of(desk: Desk, call: Operation[Any], face: str) -> Caller:
    """Recognise a call."""
    given = getattr(call, "idempotency_key", None)
    content = digest([call.spec.name, call.model_dump(mode="json", exclude={"idempotency_key", "accept"})])
    key = f"caller:{given}" if given else None
    if key is None and not call.spec.effect.gated and not call.spec.idempotent:
        key = f"content:{desk.now().date()}:{content}"
    return Caller(desk.account.name, desk.settings.principal, face, call.spec.name, content, key, bool(given))


# --- before anything is looked up -----------------------------------------------------------------------


async def recorded(desk: Desk, call: Operation[Any], caller: Caller) -> dict[str, Any] | Intent | None:
    """The result of the first time; or an unfinished create of ours to go on with; or None: this is the first time."""
    give_up = anyio.current_time() + desk.settings.timeout_seconds
    while True:
        intent = await _earlier(desk, caller)
        if intent is None or intent.state in {"refused", "absent"}:
            return None
        if intent.content != caller.content or intent.operation != caller.operation:
            raise Refused(
                f"The idempotency_key was already used for another call ({intent.operation}).",
                code="idempotency_key_reused",
                next="use a new key for a new call; the same key only with exactly the same arguments",
            )
        if intent.state == "done":
            return await _again(desk, call, caller, intent)
        if intent.state == "open" and not await anyio.to_thread.run_sync(desk.journal.abandoned, intent):
            if anyio.current_time() > give_up:
                raise IxError(
                    "The same call is being carried out right now.",
                    code="in_progress",
                    next="repeat the same call in a few seconds to get its result",
                    retryable=True,
                )
            await anyio.sleep(0.1)
            continue
        taken = await anyio.to_thread.run_sync(desk.journal.take_over, intent)
        if taken is not None:
            found = await _found_out(desk, call, taken)
            if found is not None:
                return found
            return None


async def _earlier(desk: Desk, caller: Caller) -> Intent | None:
    if caller.key is not None:
        return await anyio.to_thread.run_sync(desk.journal.find, caller.account, caller.key)
    # Without a key, what matters is that the same thing is not still unfinished.
    left = await anyio.to_thread.run_sync(desk.journal.unfinished, caller.account)
    return next((one for one in left if one.content == caller.content), None)


async def _again(desk: Desk, call: Operation[Any], caller: Caller, intent: Intent) -> dict[str, Any] | None:
    outcome = dict(intent.outcome or {})
    about = outcome.get("document") or {}
    if not caller.chosen and about.get("id"):
        # Same content by chance: if that document is gone, this is a new wish and not a repetition.
        try:
            stored = await _looking(desk).document(str(about.get("document_type")), int(about["id"]))
        except NotFound:
            stored = None
        if stored is None or stored.status in {"deleted", "canceled"}:
            await anyio.to_thread.run_sync(
                desk.journal.finish, intent, "absent", None, "its document is gone; begun anew"
            )
            return None
    outcome["replayed"] = True
    if outcome.get("code"):
        problems = [Problem(**one) for one in outcome.get("problems", [])]
        raise StoredDifferently(
            outcome["message"], problems=problems, next=outcome.get("next", ""), details={"document": about}
        )
    if not caller.chosen:
        outcome["warnings"] = [
            *outcome.get("warnings", []),
            {
                "field": "idempotency_key",
                "problem": "this exact call was already carried out today, so its result is given again; "
                "for a second, identical one repeat the call with a new idempotency_key",
            },
        ]
    return outcome


async def _found_out(desk: Desk, call: Operation[Any], intent: Intent) -> dict[str, Any] | Intent | None:
    """What became of an unfinished intent that is now ours."""
    if call.stamped(intent.uid) is not call or getattr(call, "proprietary_uid", None):
        return intent  # the same unique id again: InvoiceXpress itself keeps it from happening twice
    evidence = await look(desk, intent)
    if evidence.verdict is Happened.UNKNOWN:
        raise _unknown(call.spec.name, intent, evidence)
    if evidence.verdict is Happened.NO:
        return None
    result = call.read(evidence.content, Facts(now=desk.now()))
    shown = {"ok": True, **result.model_dump(mode="json", exclude_none=True), "replayed": True}
    await finish(desk, intent, "done", shown, "found out later: it happened")
    return shown


# --- looking -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Eyes:
    """A witness: reads the account. A failed look-up raises, it never means `not there`."""

    looking: lookups.LookUps
    settled: bool

    async def document(self, kind: str, number: int) -> Mapping[str, Any] | None:
        """A document as it is; None when InvoiceXpress says that there is none."""
        try:
            return await self.looking.word_for_word(kind, number)
        except NotFound:
            return None

    async def related(self, number: int) -> list[Mapping[str, Any]]:
        """Documents related to one."""
        return await self.looking.related(number)

    async def series(self, number: int) -> Mapping[str, Any] | None:
        """A series as it is."""
        return next(
            (one.model_dump(mode="json") for one in await self.looking.sequences() if one.id == number), None
        )

    async def newest(self, kind: str) -> list[Mapping[str, Any]]:
        """The newest documents of a kind."""
        return await self.looking.newest(kind)


def _looking(desk: Desk) -> lookups.LookUps:
    return lookups.LookUps(desk.account, desk.approvals, desk.settings.catalogue_pages)


async def look(desk: Desk, intent: Intent) -> Evidence:
    """Look whether it happened, and write down what was seen; the intent stays unknown when nobody can tell."""
    operation = catalogue()[intent.operation]
    eyes = Eyes(_looking(desk), settled=desk.now().timestamp() - intent.created_at > LATE)
    try:
        evidence = await operation.happened(intent.trace, eyes)
    except IxError as failure:
        evidence = Evidence(Happened.UNKNOWN, seen=f"the look-up failed ({failure.code})")
    if evidence.verdict is Happened.NO:
        await finish(desk, intent, "absent", None, f"looked: it did not happen. {evidence.seen}".strip())
    elif evidence.verdict is Happened.UNKNOWN:
        await finish(desk, intent, "unknown", None, f"looked: unknown. {evidence.seen}".strip())
    return evidence


async def resolve_left_open(desk: Desk) -> list[tuple[Intent, Evidence]]:
    """Find out what a crash left open; done once, at the first call. What stays unknown is tried again next time."""
    found = []
    for intent in await anyio.to_thread.run_sync(desk.journal.unfinished, desk.account.name):
        taken = await anyio.to_thread.run_sync(desk.journal.take_over, intent)
        if taken is None or intent.operation not in catalogue():
            continue
        evidence = await look(desk, taken)
        if evidence.verdict is Happened.YES:
            await finish(desk, taken, "done", _brief(taken, evidence), "found out at start: it happened")
        found.append((taken, evidence))
    return found


def _brief(intent: Intent, evidence: Evidence) -> dict[str, Any]:
    """What can be said of a call whose words are not kept: what it was about, and the document it left."""
    content = evidence.content or {}
    kind = intent.trace.get("document_type") or str(intent.trace.get("subject", "")).partition("/")[0]
    about = {
        "id": content.get("id"),
        "document_type": kind,
        "status": content.get("status"),
        "number": content.get("sequence_number"),
    }
    return {"ok": True, "document": {name: value for name, value in about.items() if value}}


# --- sending -------------------------------------------------------------------------------------------


async def begin(desk: Desk, call: Operation[Any], caller: Caller, facts: Facts, approval: str) -> Intent:
    """Write the intent; the one that is there, when another caller was faster."""
    trace = call.trace(facts)
    draft = Draft(
        account=caller.account,
        key=caller.key or (f"approval:{approval}" if approval else f"call:{secrets.token_hex(12)}"),
        content=caller.content,
        operation=caller.operation,
        principal=caller.principal,
        face=caller.face,
        subject=str(trace.get("subject", "")),
        approval=approval,
        trace=trace,
    )
    return await anyio.to_thread.run_sync(desk.journal.begin, draft)


async def sent(desk: Desk, call: Operation[Any], intent: Intent, sending: Sending) -> Any:
    """Carry it out; when no clear answer comes, find out what happened."""
    stamped = call.stamped(intent.uid)
    unique = getattr(stamped, "proprietary_uid", None) is not None
    for attempt in range(1, RESENDS + 1):
        try:
            return await stamped.carried_out(sending)
        except Conflict:
            if not unique or attempt == RESENDS:
                raise
        except IxError as failure:
            if failure.sent != "unknown":
                raise
            if not unique:
                return await _after_no_answer(desk, call, intent, failure)
            if attempt == RESENDS:
                raise _unknown(
                    call.spec.name, intent, Evidence(Happened.UNKNOWN, seen=failure.message)
                ) from None
        # Under the same unique id InvoiceXpress answers with the first document, or that it is still at it.
        await anyio.sleep(0.5 * attempt)
    raise AssertionError("the loop above returns or raises")  # pragma: no cover


async def _after_no_answer(desk: Desk, call: Operation[Any], intent: Intent, failure: IxError) -> Any:
    evidence = await look(desk, intent)
    if evidence.verdict is Happened.YES:
        return call.read(evidence.content, Facts(now=desk.now()))
    if evidence.verdict is Happened.NO:
        raise Unreachable(
            "The connection to InvoiceXpress failed, and it was not carried out: that was looked at afterwards.",
            code="not_carried_out",
            next="repeat the same call" + ("; a person approves it again" if call.spec.effect.gated else ""),
            retryable=True,
        )
    raise _unknown(call.spec.name, intent, evidence)


def _unknown(name: str, intent: Intent, evidence: Evidence) -> IxError:
    if intent.operation == "send_email":
        advice = "ask the recipient, or look in InvoiceXpress; to send it again all the same, use a new idempotency_key"
    else:
        advice = (
            "repeat the same call later: it looks first and never does it twice; "
            f"or look yourself and settle it with `ix-tools journal resolve {intent.id}`"
        )
    return Unreachable(
        f"Whether {name} was carried out is not known yet{f' ({evidence.seen})' if evidence.seen else ''}.",
        code="outcome_unknown",
        sent="unknown",
        next=advice,
        details={"journal": intent.id},
    )


def kept(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What of a result is kept for the next time: not the words of a message."""
    return {
        name: value for name, value in shown.items() if name not in {"subject", "body", "warnings", "next"}
    }


def subject_of(shown: Mapping[str, Any]) -> str:
    """The document or receipt that a result is about, for the audit trail."""
    document = shown.get("document") or shown.get("receipt") or {}
    return f"{document.get('document_type')}/{document.get('id')}" if document.get("id") else ""


async def finish(
    desk: Desk, intent: Intent, state: Any, outcome: dict[str, Any] | None, said: str, subject: str = ""
) -> None:
    """Write what came of it. When that cannot be written any more, the intent stays open and is looked at later."""
    try:
        await anyio.to_thread.run_sync(desk.journal.finish, intent, state, outcome, said, subject)
    except StoreUnavailable as trouble:
        log.error("the journal could not be finished for %s: %s", intent.id, trouble.message)
