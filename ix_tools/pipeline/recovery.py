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
from ix_tools.idempotency.intents import UNREPORTED, Intent
from ix_tools.idempotency.journal import Journal
from ix_tools.operations.digests import TRACE_VERSION
from ix_tools.operations.expectations import Subject
from ix_tools.operations.probes import Outcome, ProbeResult
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.fact_loader import FactLoader

log = logging.getLogger(__name__)

IN_FLIGHT_SECONDS = 60.0
"""Seconds for which InvoiceXpress may still work on a request whose connection is gone; web servers cut off sooner."""
LIST_DELAY_SECONDS = 30.0
"""Seconds more after which a list surely shows what was written (integrators saw up to 15; trap 23)."""


RESOURCES_BY_FIELD = {
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
class AccountProbe:
    """A witness: reads the account. A failed look-up raises, it never means `not there`."""

    loader: FactLoader
    journal: Journal
    intent: Intent
    is_answered: bool
    """Whether the request was answered, so that it is over."""

    @property
    def is_request_over(self) -> bool:
        return self.is_answered or is_over(self.intent)

    @property
    def is_list_current(self) -> bool:
        return _has_been_quiet(
            self.intent, LIST_DELAY_SECONDS if self.is_answered else IN_FLIGHT_SECONDS + LIST_DELAY_SECONDS
        )

    async def read_document(self, kind: str, number: int) -> Mapping[str, Any] | None:
        """A document as it is; None when InvoiceXpress says that there is none."""
        try:
            return await self.loader.get_raw_document(kind, number)
        except NotFound:
            return None

    async def read_related(self, number: int) -> list[Mapping[str, Any]]:
        """Documents related to one."""
        return await self.loader.list_raw_related(number)

    async def read_series(self, number: int) -> Mapping[str, Any] | None:
        """A series as it is."""
        found = (one for one in await self.loader.list_sequences() if one.id == number)
        return next((one.model_dump(mode="json") for one in found), None)

    async def read_resource(self, path: str, name: str) -> Mapping[str, Any] | None:
        """A client, item or tax as it is; None when InvoiceXpress says that there is none."""
        try:
            return (await self.loader.get_subject(Subject(path, name, Record)))[1]
        except NotFound:
            return None

    async def find_client(self, code: str) -> Mapping[str, Any] | None:
        """The client of exactly this code; None when InvoiceXpress says that there is none."""
        return await self.loader.find_raw_client_by_code(code)

    async def list_rows(self, path: str, key: str) -> list[Mapping[str, Any]]:
        """Every row of a list, over all its pages."""
        return await self.loader.read_all(path, key)

    async def list_newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Documents of a kind with a higher id, of a date where lists can be asked for it."""
        return await self.loader.list_raw_newer(kind, after, day)

    async def list_claimed(self, made: Iterable[str]) -> set[str]:
        """Which of these other intents made."""
        return await anyio.to_thread.run_sync(self.journal.find_made_by_others, self.intent, list(made))


def is_over(intent: Intent) -> bool:
    """Whether enough time has passed that its request cannot still be under way."""
    return _has_been_quiet(intent, IN_FLIGHT_SECONDS)


def _has_been_quiet(intent: Intent, seconds: float) -> bool:
    return intent.ended_at is not None and intent.seen_at - intent.ended_at > seconds


async def probe_outcome(desk: CallContext, intent: Intent, *, answered: bool = False) -> ProbeResult:
    """Look whether it happened, and write down what was seen; it stays unknown when nobody can tell."""
    return await _record_result(desk, intent, await _probe(desk, intent, answered))


async def mark_deleted(desk: CallContext, intent: Intent) -> ProbeResult:
    """A deletion that was sent again, and there was nothing any more: the first time did it."""
    return await _record_result(desk, intent, ProbeResult(Outcome.DONE))


async def _record_result(desk: CallContext, intent: Intent, evidence: ProbeResult) -> ProbeResult:
    if evidence.outcome is Outcome.DONE:
        subject = evidence.created or str(intent.trace.get("subject", ""))
        outcome = _build_outcome(intent, evidence)
        said = "looked: it happened"
        if await finish_intent(desk, intent, "done", outcome, said, subject, evidence.created, found=True):
            return evidence
        evidence = ProbeResult(
            Outcome.UNKNOWN, observation="another call was faster to recognise it as its own"
        )
        await release_intent(desk, intent)
    elif evidence.outcome is Outcome.NOT_DONE:
        said = f"looked: it did not happen. {evidence.observation}".strip()
        if not await finish_intent(desk, intent, "absent", None, said):
            evidence = ProbeResult(Outcome.UNKNOWN, observation="it could not be written down")
    elif intent.ended_at is None:
        await finish_intent(desk, intent, "unknown", None, f"looked: unknown. {evidence.observation}".strip())
    else:
        await release_intent(desk, intent)
    return evidence


async def _probe(desk: CallContext, intent: Intent, answered: bool) -> ProbeResult:
    if intent.trace.get("version", 1) != TRACE_VERSION:
        return ProbeResult(Outcome.UNKNOWN, observation="another version of ix-tools wrote down how to tell")
    operation = catalogue()[intent.operation]
    eyes = AccountProbe(
        FactLoader(desk.account, desk.settings.catalogue_pages, desk.approvals),
        desk.journal,
        intent,
        answered,
    )
    try:
        evidence = await operation.detect_outcome(intent.trace, eyes)
        if evidence.created and evidence.outcome is Outcome.DONE:
            busy = await anyio.to_thread.run_sync(desk.journal.list_in_progress, intent)
            if busy:
                # What was found may be theirs: they have not written down yet what they made.
                return ProbeResult(Outcome.UNKNOWN, observation="the same operation is under way elsewhere")
    except IxError as failure:
        return ProbeResult(Outcome.UNKNOWN, observation=f"the look-up failed ({failure.code})")
    except (ValidationError, ValueError, TypeError, KeyError) as odd:
        return ProbeResult(
            Outcome.UNKNOWN, observation=f"what was found cannot be read ({type(odd).__name__})"
        )
    return evidence


async def recover_unfinished(desk: CallContext) -> list[tuple[Intent, ProbeResult]]:
    """Find out what a crash left open; done at the first call. What stays unknown is tried again next time.

    It stops at the first look-up that fails: while InvoiceXpress cannot be read, a caller should not wait for it.
    """
    found = []
    for intent in await anyio.to_thread.run_sync(desk.journal.list_unfinished, desk.account.name):
        operation = catalogue().get(intent.operation)
        if operation is None or (intent.state == "unknown" and operation.manual_check):
            continue
        taken = await anyio.to_thread.run_sync(desk.journal.take_over, intent)
        if taken is None:
            continue
        evidence = await probe_outcome(desk, taken)
        found.append((taken, evidence))
        if evidence.observation.startswith("the look-up failed"):
            break
    return found


def _build_outcome(intent: Intent, evidence: ProbeResult) -> dict[str, Any]:
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
        body = {name: content for name in result.model_fields if name in RESOURCES_BY_FIELD}
    return {
        "ok": True,
        **result.model_validate(body).model_dump(mode="json", exclude_none=True),
        UNREPORTED: True,
    }


async def finish_intent(
    desk: CallContext,
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


async def release_intent(desk: CallContext, intent: Intent) -> None:
    """Hold it no longer; it is unknown, as it was."""
    try:
        await anyio.to_thread.run_sync(desk.journal.release, intent)
    except StoreUnavailable as trouble:
        log.error("%s could not be let go: %s", intent.id, trouble.message)
