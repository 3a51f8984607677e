"""Recovery: detects whether a write took effect when its response was lost.

the request was answered (500, half an answer) ─▶ it is over: an unchanged record means that it was not done
the connection broke, or the process died      ─▶ it may still be in progress for a while: a changed record means done,
                                                  an unchanged one means not done only after that time
it creates a record                            ─▶ lists are also late, and records created by other calls do not count
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
from ix_tools.i18n.messages import message
from ix_tools.idempotency.intents import UNREPORTED, Intent, IntentResult
from ix_tools.idempotency.journal import Journal
from ix_tools.operations.digests import TRACE_VERSION
from ix_tools.operations.expectations import Subject
from ix_tools.operations.probes import Outcome, ProbeResult
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.fact_loader import FactLoader

log = logging.getLogger(__name__)

IN_FLIGHT_SECONDS = 60.0
"""Seconds for which InvoiceXpress may still process a request whose connection broke; web servers give up sooner."""
LIST_DELAY_SECONDS = 30.0
"""Further seconds after which a list certainly shows a new record (integrators saw up to 15; trap 23)."""


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
"""Result fields of records other than documents, with the name that journal and audit trail put before the id."""


@dataclass(frozen=True, slots=True)
class AccountProbe:
    """Reads the account to detect an outcome. A failed look-up raises and never counts as absence."""

    loader: FactLoader
    journal: Journal
    intent: Intent
    is_answered: bool
    """True if the request was answered, so that it is over."""

    @property
    def is_request_over(self) -> bool:
        return self.is_answered or is_over(self.intent)

    @property
    def is_list_current(self) -> bool:
        return _has_been_quiet(
            self.intent, LIST_DELAY_SECONDS if self.is_answered else IN_FLIGHT_SECONDS + LIST_DELAY_SECONDS
        )

    async def read_document(self, kind: str, number: int) -> Mapping[str, Any] | None:
        """Return a document as it is, or None if it does not exist."""
        try:
            return await self.loader.get_raw_document(kind, number)
        except NotFound:
            return None

    async def read_related(self, number: int) -> list[Mapping[str, Any]]:
        """Return the documents related to a document."""
        return await self.loader.list_raw_related(number)

    async def read_series(self, number: int) -> Mapping[str, Any] | None:
        """Return a series as it is."""
        found = (one for one in await self.loader.list_sequences() if one.id == number)
        return next((one.model_dump(mode="json") for one in found), None)

    async def read_resource(self, path: str, name: str) -> Mapping[str, Any] | None:
        """Return a client, item or tax as it is, or None if it does not exist."""
        try:
            return (await self.loader.get_subject(Subject(path, name, Record)))[1]
        except NotFound:
            return None

    async def find_client(self, code: str) -> Mapping[str, Any] | None:
        """Return the client with exactly this code, or None if it does not exist."""
        return await self.loader.find_raw_client_by_code(code)

    async def list_rows(self, path: str, key: str) -> list[Mapping[str, Any]]:
        """Return every row of a list, over all its pages."""
        return await self.loader.read_all(path, key)

    async def list_newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Return documents of a type with a higher id, filtered by date where the list supports it."""
        return await self.loader.list_raw_newer(kind, after, day)

    async def list_claimed(self, made: Iterable[str]) -> set[str]:
        """Return those of these records that other intents created."""
        return await anyio.to_thread.run_sync(self.journal.find_made_by_others, self.intent, list(made))


def is_over(intent: Intent) -> bool:
    """Tell whether the request of an intent can no longer be in progress."""
    return _has_been_quiet(intent, IN_FLIGHT_SECONDS)


def _has_been_quiet(intent: Intent, seconds: float) -> bool:
    return intent.ended_at is not None and intent.seen_at - intent.ended_at > seconds


async def probe_outcome(context: CallContext, intent: Intent, *, answered: bool = False) -> ProbeResult:
    """Detect the outcome of an intent and record it; it stays unknown if the account does not show it."""
    return await _record_result(context, intent, await _probe(context, intent, answered))


async def mark_deleted(context: CallContext, intent: Intent) -> ProbeResult:
    """Record that a deletion was carried out: its repetition returned 404, so the first one succeeded."""
    return await _record_result(context, intent, ProbeResult(Outcome.DONE))


async def _record_result(context: CallContext, intent: Intent, evidence: ProbeResult) -> ProbeResult:
    if evidence.outcome is Outcome.DONE:
        subject = evidence.created or str(intent.trace.get("subject", ""))
        result = IntentResult(
            "done",
            "looked: it happened",
            _build_outcome(intent, evidence),
            subject,
            evidence.created,
            is_looked_up=True,
        )
        if await finish_intent(context, intent, result):
            return evidence
        evidence = ProbeResult(
            Outcome.UNKNOWN, observation=message("another call already claimed the same record as its own")
        )
        await release_intent(context, intent)
    elif evidence.outcome is Outcome.NOT_DONE:
        text = f"looked: it did not happen. {evidence.observation}".strip()
        if not await finish_intent(context, intent, IntentResult("absent", text)):
            evidence = ProbeResult(
                Outcome.UNKNOWN, observation=message("the result of the check could not be recorded")
            )
    elif intent.ended_at is None:
        text = f"looked: unknown. {evidence.observation}".strip()
        await finish_intent(context, intent, IntentResult("unknown", text))
    else:
        await release_intent(context, intent)
    return evidence


async def _probe(context: CallContext, intent: Intent, answered: bool) -> ProbeResult:
    if intent.trace.get("version", 1) != TRACE_VERSION:
        return ProbeResult(
            Outcome.UNKNOWN, observation=message("another version of ix-tools wrote this journal entry")
        )
    operation = catalogue()[intent.operation]
    eyes = AccountProbe(
        context.create_loader(),
        context.journal,
        intent,
        answered,
    )
    try:
        evidence = await operation.detect_outcome(intent.trace, eyes)
        if evidence.created and evidence.outcome is Outcome.DONE:
            busy = await anyio.to_thread.run_sync(context.journal.list_in_progress, intent)
            if busy:
                # The record may be theirs: they have not recorded yet what they created.
                return ProbeResult(
                    Outcome.UNKNOWN, observation=message("the same operation is under way elsewhere")
                )
    except IxError as failure:
        return ProbeResult(
            Outcome.UNKNOWN, observation=message("the look-up failed ({code})", code=failure.code)
        )
    except (ValidationError, ValueError, TypeError, KeyError) as odd:
        return ProbeResult(
            Outcome.UNKNOWN,
            observation=message("the record that was found cannot be read ({name})", name=type(odd).__name__),
        )
    return evidence


async def recover_unfinished(context: CallContext) -> list[tuple[Intent, ProbeResult]]:
    """Recover intents left open by a crash. Those that stay unknown are tried again next time.

    It stops at the first failed look-up, so that no caller waits while InvoiceXpress cannot be read.
    """
    found = []
    for intent in await anyio.to_thread.run_sync(context.journal.list_unfinished, context.account.name):
        operation = catalogue().get(intent.operation)
        if operation is None or (intent.state == "unknown" and operation.manual_check):
            continue
        taken = await anyio.to_thread.run_sync(context.journal.take_over, intent)
        if taken is None:
            continue
        evidence = await probe_outcome(context, taken)
        found.append((taken, evidence))
        if str(evidence.observation).startswith("the look-up failed"):
            break
    return found


def _build_outcome(intent: Intent, evidence: ProbeResult) -> dict[str, Any]:
    """Build the result of a recovered call from the record that was found."""
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


async def finish_intent(context: CallContext, intent: Intent, result: IntentResult) -> bool:
    """Record the outcome of an intent. If the store fails, the intent stays open and is recovered later."""
    try:
        return await anyio.to_thread.run_sync(context.journal.finish, intent, result)
    except StoreUnavailable as trouble:
        log.error("the outcome of intent %s could not be recorded: %s", intent.id, trouble)
        return False


async def release_intent(context: CallContext, intent: Intent) -> None:
    """Release an intent without changing its state."""
    try:
        await anyio.to_thread.run_sync(context.journal.release, intent)
    except StoreUnavailable as trouble:
        log.error("intent %s could not be released: %s", intent.id, trouble)
