"""Fresh read: reads the document again immediately before an irreversible request and compares it with the approved state.

    rate limit slots ─▶ claims, approval ─▶ read document and client ─▶ equal? ─▶ the request, nothing in between
          ▲                     │ lapsed: nothing is sent    │ failed: nothing is sent       │ refused connection, 429,
          └─────────────────────┴────────────────────────────┴─ changed: nothing is sent ◀───┴ or too old: read again

An irreversible request is never repeated without a new read. A change in InvoiceXpress's own pages can go unnoticed only
while the read's response and the request are in transit: about one round trip. In a line of calls (`turns`) the read begins
when the call before this one is confirmed; that one may be read back meanwhile, which the request does not wait for.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from ix_tools.api_client.client import MAX_ATTEMPTS
from ix_tools.api_client.protocol import Request, Response
from ix_tools.domain.comparison import Difference, find_client_differences, find_differences, name_compared
from ix_tools.errors import ApprovalRefused, IxError, NotFound, Problem, Unreachable
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation
from ix_tools.operations.protocols import get_client_id, get_series_id
from ix_tools.pipeline.claim_session import ClaimSession
from ix_tools.pipeline.fact_loader import SEEN, FactLoader
from ix_tools.pipeline.turns import Turn

MAX_AGE_SECONDS = 5.0
"""Seconds allowed between starting the read and sending the request. Counted from the start, because a response waits in
its socket while the process sleeps."""
MAX_SHOWN = 12
"""Differences listed in an error."""
STILL_APPROVED = message("repeat the same call: what was approved is still approved")


@dataclass
class FreshRead:
    """The approved state of an irreversible call, and the read that confirms it."""

    loader: FactLoader
    call: Operation[Any]
    facts: Facts
    claims: ClaimSession
    confirm_approval: Callable[[], Awaitable[None]]
    """Refuses if the approval, which was used up when the call was prepared, counts no more."""
    turn: Turn | None = None
    """The place of the call among those that are sent one after another."""
    is_unsent: bool = True
    """True while no request of this call can have been carried out."""
    _is_first: bool = True
    """No read of this call has confirmed the approved state yet."""
    _asked_at: list[tuple[float, float]] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        """Send the request once a read confirms the approved state.

        Raises:
            ApprovalRefused: `document_changed`, or `signature_invalid` if a passkey was revoked meanwhile; nothing was sent.
            IxError: The read failed, and nothing was sent; or the request failed.
        """
        account, reads = self.loader.account, self._plan_reads()
        unsent: IxError = _build_too_slow_error()
        if self.turn is not None:
            await self.turn.wait_to_send()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            async with account.reserve_slots(len(reads) + 1):
                await self.claims.renew()
                await self.confirm_approval()
                await self._confirm_unchanged(reads)
                if self._is_stale():
                    unsent = _build_too_slow_error()
                    continue
                try:
                    self.is_unsent = False
                    if self.turn is not None:
                        self.turn.mark_sent()
                    response = await account.send_once(request)
                except Unreachable as failure:
                    if not failure.retryable:
                        raise
                    self.is_unsent, unsent = True, failure
                else:
                    self.is_unsent = response.status == 429
                    if response.status != 429 or attempt == MAX_ATTEMPTS:
                        return response
            await anyio.sleep(0.2 * attempt)
        raise unsent

    def _plan_reads(self) -> dict[str, tuple[Callable[[], Awaitable[Mapping[str, Any]]], Mapping[str, Any]]]:
        """Return by name: the read to make, and the state that was shown."""
        loader, facts = self.loader, self.facts
        reference, subject = self.call.document_ref(), self.call.subject_ref()
        found: dict[str, tuple[Callable[[], Awaitable[Mapping[str, Any]]], Mapping[str, Any]]] = {}
        if facts.document_raw and reference is not None:
            found["document"] = (lambda: loader.get_raw_document(*reference), facts.document_raw)
        client = facts.document.client if facts.document else None
        if facts.document_client_raw and client is not None and client.id is not None:
            number = client.id
            found["client"] = (lambda: loader.get_raw_client(number), facts.document_client_raw)
        if facts.subject_raw and subject is not None:
            found[subject.name] = (lambda: loader.get_raw_subject(subject), facts.subject_raw)
        series = next((one for one in facts.sequences if one.id == get_series_id(self.call)), None)
        if series is not None and not facts.subject_raw:
            found["series"] = (lambda: loader.get_raw_sequence(series.id), series.model_dump(mode="json"))
        number_of_client = get_client_id(self.call)
        if facts.balance is not None and number_of_client is not None:
            shown = facts.balance.model_dump(mode="json")
            found["balance"] = (lambda: loader.get_raw_balance(number_of_client), shown)
        return found

    async def _confirm_unchanged(self, reads: Mapping[str, Any]) -> None:
        self._asked_at = []
        now: dict[str, Mapping[str, Any]] = {}
        failures: list[IxError] = []

        async def read(name: str, look: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
            self._asked_at.append((time.monotonic(), time.time()))
            try:
                now[name] = await look()
            except NotFound:
                now[name] = {}
            except IxError as failure:
                failures.append(failure)

        async with anyio.create_task_group() as group:
            for name, (look, _) in reads.items():
                group.start_soon(read, name, look)
        if failures:
            failure = failures[0]
            failure.sent = "nothing"
            failure.next = STILL_APPROVED
            raise failure
        changed = [one for name, (_, before) in reads.items() for one in _compare(name, before, now[name])]
        if changed:
            self.loader.seen.forget_shown(self.facts.document)
            is_outdated = self._is_first and SEEN in self.loader.memory.used
            raise build_changed_refusal(changed, is_outdated=is_outdated)
        self._is_first = False

    def _is_stale(self) -> bool:
        """Tell whether the read is too old, by the monotonic clock or by the wall clock, which also runs while a laptop sleeps."""
        if not self._asked_at:
            return False
        first, first_by_wall = min(self._asked_at)
        return max(time.monotonic() - first, time.time() - first_by_wall) > MAX_AGE_SECONDS


def _compare(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    if name == "client":
        return find_client_differences(before, now)
    return find_differences(before, now, within="" if name == "document" else name)


class OutdatedFacts(ApprovalRefused):
    """The document had changed before this call began: it was shown as it was seen earlier, and is shown again."""


def build_changed_refusal(changed: list[Difference], *, is_outdated: bool = False) -> ApprovalRefused:
    """Build the refusal that lists what changed since the approval.

    Args:
        is_outdated: The facts of this call were not read for it.
    """
    more = len(changed) - MAX_SHOWN
    return (OutdatedFacts if is_outdated else ApprovalRefused)(
        message("The document changed after it was shown and approved.")
        if more <= 0
        else message(
            "The document changed after it was shown and approved ({more} more fields not shown).", more=more
        ),
        code="document_changed",
        problems=[
            Problem(
                one.field,
                message("is now {stored}", stored=name_compared(one.stored)),
                message("shown as {asked}", asked=name_compared(one.asked)),
            )
            for one in changed[:MAX_SHOWN]
        ],
        next=message("repeat the same call, so that a person sees it as it is now"),
    )


def _build_too_slow_error() -> IxError:
    return IxError(
        message("Too much time passed between reading the document and sending the request."),
        code="held_too_long",
        next=STILL_APPROVED,
    )
