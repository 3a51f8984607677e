"""What became of it: look at the account after a call that ended without a clear answer.

the request is answered (500, half an answer) ─▶ it is over: what reads as before did not happen
the connection broke, or the process died     ─▶ it may still be under way for a while: seeing it is a yes,
                                                 not seeing it is a no only after that while
it made something new                         ─▶ lists are late besides, and what others made is not ours
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import anyio
from pydantic import ValidationError

from ix_tools.domain.types import Record
from ix_tools.errors import IxError, NotFound, StoreUnavailable
from ix_tools.idempotency.intents import UNTOLD, Intent
from ix_tools.idempotency.journal import Journal
from ix_tools.operations.digests import TRACE_VERSION
from ix_tools.operations.expectations import Subject
from ix_tools.operations.probes import Evidence, Happened
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.fact_loader import LookUps

log = logging.getLogger(__name__)

UNDER_WAY = 60.0
"""Seconds for which InvoiceXpress may still work on a request whose connection is gone; web servers cut off sooner."""
LATE = 30.0
"""Seconds more after which a list surely shows what was written (integrators saw up to 15; trap 23)."""


THINGS = {
    "client": "clients",
    "item": "items",
    "tax": "taxes",
    "sequence": "sequences",
    "account": "accounts",
    "initial_balance": "",
    "regularization": "regularizations",
    "treasury_movement": "treasury_movements",
}
"""What a result shows of what is no document, and how journal and audit trail call it before its id."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """A witness: reads the account. A failed look-up raises, it never means `not there`."""

    looking: LookUps
    journal: Journal
    intent: Intent
    answered: bool
    """Whether the request was answered, so that it is over."""

    @property
    def over(self) -> bool:
        return self.answered or is_over(self.intent)

    @property
    def settled(self) -> bool:
        return _quiet_for(self.intent, LATE if self.answered else UNDER_WAY + LATE)

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
        found = (one for one in await self.looking.sequences() if one.id == number)
        return next((one.model_dump(mode="json") for one in found), None)

    async def thing(self, path: str, name: str) -> Mapping[str, Any] | None:
        """A client, item or tax as it is; None when InvoiceXpress says that there is none."""
        try:
            return (await self.looking.subject(Subject(path, name, Record)))[1]
        except NotFound:
            return None

    async def client(self, code: str) -> Mapping[str, Any] | None:
        """The client of exactly this code; None when InvoiceXpress says that there is none."""
        return await self.looking.client_of_code(code)

    async def rows(self, path: str, key: str) -> list[Mapping[str, Any]]:
        """Every row of a list, over all its pages."""
        return await self.looking.every(path, key)

    async def newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Documents of a kind with a higher id, of a date where lists can be asked for it."""
        return await self.looking.newest(kind, after, day)

    async def taken(self, made: Iterable[str]) -> set[str]:
        """Which of these other intents made."""
        return await anyio.to_thread.run_sync(self.journal.made_by_others, self.intent, list(made))


def is_over(intent: Intent) -> bool:
    """Whether enough time has passed that its request cannot still be under way."""
    return _quiet_for(intent, UNDER_WAY)


def _quiet_for(intent: Intent, seconds: float) -> bool:
    return intent.ended_at is not None and intent.seen_at - intent.ended_at > seconds


async def look(desk: Desk, intent: Intent, *, answered: bool = False) -> Evidence:
    """Look whether it happened, and write down what was seen; it stays unknown when nobody can tell."""
    return await _written(desk, intent, await _seen(desk, intent, answered))


async def gone(desk: Desk, intent: Intent) -> Evidence:
    """A deletion that was sent again, and there was nothing any more: the first time did it."""
    return await _written(desk, intent, Evidence(Happened.YES))


async def _written(desk: Desk, intent: Intent, evidence: Evidence) -> Evidence:
    if evidence.verdict is Happened.YES:
        subject = evidence.made or str(intent.trace.get("subject", ""))
        outcome = _outcome(intent, evidence)
        said = "looked: it happened"
        if await finish(desk, intent, "done", outcome, said, subject, evidence.made, found=True):
            return evidence
        evidence = Evidence(Happened.UNKNOWN, seen="another call was faster to recognise it as its own")
        await let_go(desk, intent)
    elif evidence.verdict is Happened.NO:
        said = f"looked: it did not happen. {evidence.seen}".strip()
        if not await finish(desk, intent, "absent", None, said):
            evidence = Evidence(Happened.UNKNOWN, seen="it could not be written down")
    elif intent.ended_at is None:
        await finish(desk, intent, "unknown", None, f"looked: unknown. {evidence.seen}".strip())
    else:
        await let_go(desk, intent)
    return evidence


async def _seen(desk: Desk, intent: Intent, answered: bool) -> Evidence:
    if intent.trace.get("version", 1) != TRACE_VERSION:
        return Evidence(Happened.UNKNOWN, seen="another version of ix-tools wrote down how to tell")
    operation = catalogue()[intent.operation]
    eyes = Eyes(
        LookUps(desk.account, desk.settings.catalogue_pages, desk.approvals), desk.journal, intent, answered
    )
    try:
        evidence = await operation.happened(intent.trace, eyes)
        if evidence.made and evidence.verdict is Happened.YES:
            busy = await anyio.to_thread.run_sync(desk.journal.under_way, intent)
            if busy:
                # What was found may be theirs: they have not written down yet what they made.
                return Evidence(Happened.UNKNOWN, seen="the same operation is under way elsewhere")
    except IxError as failure:
        return Evidence(Happened.UNKNOWN, seen=f"the look-up failed ({failure.code})")
    except (ValidationError, ValueError, TypeError, KeyError) as odd:
        return Evidence(Happened.UNKNOWN, seen=f"what was found cannot be read ({type(odd).__name__})")
    return evidence


async def resolve_left_open(desk: Desk) -> list[tuple[Intent, Evidence]]:
    """Find out what a crash left open; done at the first call. What stays unknown is tried again next time.

    It stops at the first look-up that fails: while InvoiceXpress cannot be read, a caller should not wait for it.
    """
    found = []
    for intent in await anyio.to_thread.run_sync(desk.journal.unfinished, desk.account.name):
        operation = catalogue().get(intent.operation)
        if operation is None or (intent.state == "unknown" and operation.to_check):
            continue
        taken = await anyio.to_thread.run_sync(desk.journal.take_over, intent)
        if taken is None:
            continue
        evidence = await look(desk, taken)
        found.append((taken, evidence))
        if evidence.seen.startswith("the look-up failed"):
            break
    return found


def _outcome(intent: Intent, evidence: Evidence) -> dict[str, Any]:
    """The result of a call whose words are not kept, from what was found."""
    result = catalogue()[intent.operation].result_type()
    content = dict(evidence.content or {})
    if "document" in result.model_fields:
        kind, number = intent.trace.get("document_type"), intent.trace.get("document_id")
        body = {
            "document": {"id": number, "status": intent.trace.get("after"), **content, "document_type": kind}
        }
    elif "receipt" in result.model_fields:
        body = {"receipt": {"type": "Receipt", **content}}
    elif "deleted" in result.model_fields:
        body = {"deleted": intent.trace["deleted"]}
    else:
        body = {name: content for name in result.model_fields if name in THINGS}
    return {
        "ok": True,
        **result.model_validate(body).model_dump(mode="json", exclude_none=True),
        UNTOLD: True,
    }


async def finish(
    desk: Desk,
    intent: Intent,
    state: Any,
    outcome: dict[str, Any] | None,
    said: str,
    subject: str = "",
    made: str = "",
    *,
    found: bool = False,
) -> bool:
    """Write what came of it. When that cannot be written any more, the intent stays open and is looked at later."""

    def write() -> bool:
        return desk.journal.finish(intent, state, outcome, said, subject, made, found=found)

    try:
        return await anyio.to_thread.run_sync(write)
    except StoreUnavailable as trouble:
        log.error("what became of %s could not be written: %s", intent.id, trouble.message)
        return False


async def let_go(desk: Desk, intent: Intent) -> None:
    """Hold it no longer; it is unknown, as it was."""
    try:
        await anyio.to_thread.run_sync(desk.journal.let_go, intent)
    except StoreUnavailable as trouble:
        log.error("%s could not be let go: %s", intent.id, trouble.message)
