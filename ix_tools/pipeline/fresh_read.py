"""The last thing before an irreversible request: read what it is about once more, and compare it with what was shown.

    turns of the rate limit ─▶ claims renewed ─▶ read document and client ─▶ equal? ─▶ the request, nothing in between
          ▲                                              │ failed: nothing is sent      │ refused connection, 429,
          └──────────────────────────────────────────────┴─ changed: nothing is sent ◀──┴ or time passed: read again

An irreversible request is never repeated without a new read. What remains is what changes in InvoiceXpress's own pages
while the read's answer and the request are under way: about one round trip.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from ix_tools.api_client.client import ATTEMPTS
from ix_tools.api_client.protocol import Request, Response
from ix_tools.domain.comparison import Difference, client_differences_of, differences_of
from ix_tools.errors import ApprovalRefused, IxError, NotFound, Problem, Unreachable
from ix_tools.guards.facts import Facts
from ix_tools.operations.base import Operation
from ix_tools.pipeline.claiming import Claiming
from ix_tools.pipeline.fact_loader import LookUps

OLDEST = 5.0
"""Seconds that may pass from asking to the request; counted from the asking, because an answer waits in its socket
while a process sleeps. One that slept reads again."""
MOST_SHOWN = 12
"""Differences that an error lists."""


@dataclass
class FreshRead:
    """What an irreversible call was approved on, and how to make sure that it is still so."""

    looking: LookUps
    call: Operation[Any]
    facts: Facts
    claims: Claiming
    nothing_left: bool = True
    """Whether no request of this call can have been carried out so far."""
    _asked_at: list[tuple[float, float]] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        """Send the request as soon as everything is still as it was shown; an error says that nothing was sent.

        ApprovalRefused `document_changed` where it is not; the failure of the read where it cannot be read.
        """
        account, reads = self.looking.account, self._reads()
        unsent: IxError = _too_slow()
        for attempt in range(1, ATTEMPTS + 1):
            async with account.turns(len(reads) + 1):
                await self.claims.renew()
                await self._confirm(reads)
                if self._grew_old():
                    unsent = _too_slow()
                    continue
                try:
                    self.nothing_left = False
                    response = await account.send_once(request)
                except Unreachable as failure:
                    if not failure.retryable:
                        raise
                    self.nothing_left, unsent = True, failure
                else:
                    self.nothing_left = response.status == 429
                    if response.status != 429 or attempt == ATTEMPTS:
                        return response
            await anyio.sleep(0.2 * attempt)
        raise unsent

    def _reads(self) -> dict[str, tuple[Callable[[], Awaitable[Mapping[str, Any]]], Mapping[str, Any]]]:
        """By name: how to read it, and how it was when it was shown."""
        looking, facts = self.looking, self.facts
        about, subject = self.call.about(), self.call.regarding()
        found: dict[str, tuple[Callable[[], Awaitable[Mapping[str, Any]]], Mapping[str, Any]]] = {}
        if facts.document_raw and about is not None:
            found["document"] = (lambda: looking.word_for_word(*about), facts.document_raw)
        client = facts.document.client if facts.document else None
        if facts.document_client_raw and client is not None and client.id is not None:
            number = client.id
            found["client"] = (lambda: looking.client_word_for_word(number), facts.document_client_raw)
        if facts.subject_raw and subject is not None:
            found[subject.name] = (lambda: looking.subject_word_for_word(subject), facts.subject_raw)
        series = next(
            (one for one in facts.sequences if one.id == getattr(self.call, "sequence_id", None)), None
        )
        if series is not None and not facts.subject_raw:
            found["series"] = (lambda: looking.sequence_of_id(series.id), series.model_dump(mode="json"))
        number_of_client = getattr(self.call, "client_id", None)
        if facts.balance is not None and number_of_client is not None:
            shown = facts.balance.model_dump(mode="json")
            found["balance"] = (lambda: looking.balance_of(number_of_client), shown)
        return found

    async def _confirm(self, reads: Mapping[str, Any]) -> None:
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
            failure.say_nothing_sent()
            failure.next = "repeat the same call: what was approved is still approved"
            raise failure
        changed = [one for name, (_, before) in reads.items() for one in _compare(name, before, now[name])]
        if changed:
            raise document_changed(changed)

    def _grew_old(self) -> bool:
        """By the process's own clock, and by the wall clock, which goes on while a laptop sleeps."""
        if not self._asked_at:
            return False
        first, first_by_wall = min(self._asked_at)
        return max(time.monotonic() - first, time.time() - first_by_wall) > OLDEST


def _compare(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    if name == "client":
        return client_differences_of(before, now)
    return differences_of(before, now, within="" if name == "document" else name)


def document_changed(changed: list[Difference]) -> ApprovalRefused:
    """The refusal that says what is not as it was shown."""
    more = f" ({len(changed) - MOST_SHOWN} more fields not shown)" if len(changed) > MOST_SHOWN else ""
    return ApprovalRefused(
        f"The document changed after it was shown and approved{more}.",
        code="document_changed",
        problems=[
            Problem(one.field, f"is now {one.stored}", f"shown as {one.asked}")
            for one in changed[:MOST_SHOWN]
        ],
        next="repeat the same call, so that a person sees it as it is now",
    )


def _too_slow() -> IxError:
    return IxError(
        "This process was too slow between reading the document and sending the request.",
        code="held_too_long",
        next="repeat the same call: what was approved is still approved",
    )
