"""Claims: one writer at a time for each document, client, series and item, over processes that share a store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.idempotency.claims import ACTIVE_HOLDERS, Claim, Claims, Holder
from ix_tools.idempotency.intents import Intent, IntentDraft, IntentResult
from ix_tools.idempotency.journal import Journal
from ix_tools.storage.database import Store
from ix_tools.storage.schema import audit
from ix_tools.storage.schema import claims as table

ACCOUNT = "acme@acme.app.invoicexpress.com"
LEASE = 240.0


class TimedClaims:
    """Claims whose time a test moves."""

    def __init__(self, place: str) -> None:
        self.store = Store(place)
        self.seconds = 1_000_000.0
        self.store.clock = lambda: self.seconds
        self.claims = Claims(self.store, LEASE, lambda operation: operation == "send_email")
        self.journal = Journal(self.store, LEASE)

    def holder(self, operation: str = "update_invoice", account: str = ACCOUNT) -> Holder:
        return Holder(account, operation, "ana")

    def try_to_acquire(
        self, holder: Holder, *wanted: Claim, looked_at: float | None = None
    ) -> tuple[bool, bool]:
        """Whether it got them, and whether what it looked up is current."""
        attempt = self.claims.acquire(holder, wanted, self.seconds if looked_at is None else looked_at)
        return attempt.is_granted, attempt.is_current

    def begin_intent(self, holder: Holder) -> Intent:
        """An intent written under a holder's claims."""
        draft = IntentDraft(
            account=holder.account,
            key=f"call:{holder.id}",
            contents=(holder.id,),
            operation=holder.operation,
            principal="ana",
            face="library",
            holder=holder.id,
        )
        return self.journal.begin(draft)

    def list_resources(self) -> list[str]:
        return [one.resource for one in self.claims.list_claims(ACCOUNT)]


@pytest.fixture
def desk(place: str) -> Iterator[TimedClaims]:
    clocked = TimedClaims(place)
    yield clocked
    ACTIVE_HOLDERS.clear()
    clocked.store.close()


ALONE, SHARED = Claim("document/1001", exclusive=True), Claim("document/1001")


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (ALONE, ALONE, False),
        (ALONE, SHARED, False),
        (SHARED, ALONE, False),
        (SHARED, SHARED, True),
        (ALONE, Claim("document/1002", exclusive=True), True),
        (ALONE, Claim("document/100", exclusive=True), True),
        (ALONE, Claim("client/1001", exclusive=True), True),
        (Claim("item/*", exclusive=True), Claim("item/Consultoria"), False),
        (Claim("item/*"), Claim("item/Consultoria", exclusive=True), False),
        (Claim("item/Consultoria", exclusive=True), Claim("item/*"), False),
        (Claim("item/Consultoria"), Claim("item/*", exclusive=True), False),
        (Claim("item/*"), Claim("item/Consultoria"), True),
        (Claim("item/Consultoria"), Claim("item/*"), True),
        (Claim("item/*", exclusive=True), Claim("items", exclusive=True), True),
        (Claim("taxes"), Claim("taxes", exclusive=True), False),
    ],
)
def test_two_callers_hold_the_same_only_where_both_share_it(
    desk: TimedClaims, first: Claim, second: Claim, both: bool
) -> None:
    assert desk.try_to_acquire(desk.holder(), first) == (True, True)
    assert desk.try_to_acquire(desk.holder(), second)[0] is both


def test_a_claim_is_held_as_soon_as_another_thread_can_read_it(
    desk: TimedClaims, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one asks between the commit and the moment at which the first call hears of it."""
    first, second = desk.holder(), desk.holder()
    write, asked = desk.store.writing, list[tuple[bool, bool]]()

    @contextmanager
    def write_and_let_ask(**given: Any) -> Iterator[Connection]:
        with write(**given) as connection:
            yield connection
        monkeypatch.undo()
        asked.append(desk.try_to_acquire(second, ALONE))

    monkeypatch.setattr(desk.store, "writing", write_and_let_ask)
    assert desk.try_to_acquire(first, ALONE)[0]
    assert asked == [(False, True)]
    assert desk.claims.renew(first)


def test_other_accounts_are_not_in_the_way(desk: TimedClaims) -> None:
    assert desk.try_to_acquire(desk.holder(), ALONE)[0]
    assert desk.try_to_acquire(desk.holder(account="other@other.app.invoicexpress.com"), ALONE)[0]


def test_all_claims_of_a_call_are_taken_or_none(desk: TimedClaims) -> None:
    first, second, third = desk.holder(), desk.holder(), desk.holder()
    assert desk.try_to_acquire(first, ALONE)[0]
    assert not desk.try_to_acquire(second, Claim("client/501", exclusive=True), ALONE)[0]
    desk.seconds += 20  # its place in the queue is lost: it did not ask again
    assert desk.try_to_acquire(third, Claim("client/501", exclusive=True))[0]


def test_whoever_waits_holds_nothing_so_that_no_two_wait_for_each_other(desk: TimedClaims) -> None:
    """A workflow that wants more gives back what it has while it waits, and takes it again together with the rest."""
    one, other = desk.holder("issue_invoice"), desk.holder("correct_document")
    assert desk.try_to_acquire(one, ALONE)[0]
    assert desk.try_to_acquire(other, Claim("document/1002", exclusive=True))[0]
    assert not desk.try_to_acquire(one, Claim("document/1002", exclusive=True))[0]
    # What the first one had is free now, but for its place in the queue: the second, who came later, waits as well
    # until it lets go; then the first gets both.
    desk.claims.release(other)
    assert desk.try_to_acquire(one, Claim("document/1002", exclusive=True)) == (True, False)
    assert {claim.resource for claim in one.claims.values()} == {"document/1001", "document/1002"}


def test_who_asked_first_goes_first(desk: TimedClaims) -> None:
    """Shared claims that come and go do not keep waiting whoever wants it alone."""
    reader, writer, later = desk.holder(), desk.holder("update_client"), desk.holder()
    client = Claim("client/501")
    assert desk.try_to_acquire(reader, client)[0]
    assert not desk.try_to_acquire(writer, Claim("client/501", exclusive=True))[0]
    desk.seconds += 0.1
    assert not desk.try_to_acquire(later, client)[0]
    desk.claims.release(reader)
    assert not desk.try_to_acquire(later, client)[0]
    assert desk.try_to_acquire(writer, Claim("client/501", exclusive=True))[0]
    desk.claims.release(writer)
    assert desk.try_to_acquire(later, client) == (True, False)


def test_a_place_in_the_queue_is_lost_when_nobody_asks_again(desk: TimedClaims) -> None:
    first, gone, later = desk.holder(), desk.holder(), desk.holder()
    assert desk.try_to_acquire(first, ALONE)[0]
    assert not desk.try_to_acquire(gone, ALONE)[0]
    desk.claims.release(first)
    desk.seconds += 20
    assert desk.try_to_acquire(later, ALONE)[0]


def test_what_was_looked_up_before_somebody_wrote_is_looked_up_again(desk: TimedClaims) -> None:
    first, second = desk.holder(), desk.holder()
    looked_at = desk.seconds
    assert desk.try_to_acquire(first, ALONE)[0]
    desk.seconds += 1
    desk.claims.release(first)
    desk.seconds += 1
    assert desk.try_to_acquire(second, ALONE, looked_at=looked_at) == (True, False)
    assert desk.try_to_acquire(second, ALONE, looked_at=looked_at)[0]
    desk.claims.release(second)
    desk.seconds += 1
    assert desk.try_to_acquire(desk.holder(), ALONE) == (True, True), (
        "what is looked up afterwards is current"
    )


def test_a_shared_claim_leaves_what_others_looked_up_as_it_is(desk: TimedClaims) -> None:
    first, looked_at = desk.holder(), desk.seconds
    assert desk.try_to_acquire(first, SHARED)[0]
    desk.claims.release(first)
    assert desk.try_to_acquire(desk.holder(), ALONE, looked_at=looked_at) == (True, True)


def test_a_claim_of_an_unknown_outcome_ends_with_its_intent(desk: TimedClaims) -> None:
    first, second = desk.holder(), desk.holder()
    assert desk.try_to_acquire(first, ALONE)[0]
    intent = desk.begin_intent(first)
    desk.journal.finish(intent, IntentResult("unknown", "no answer"))
    desk.claims.release(first)
    desk.seconds += 10 * LEASE
    assert not desk.try_to_acquire(second, ALONE)[0]
    desk.journal.settle(intent.id, happened=True)
    assert desk.try_to_acquire(second, ALONE) == (True, False)


def test_a_claim_is_the_callers_again_when_its_intent_is_done(desk: TimedClaims) -> None:
    """A workflow keeps what its steps claimed until it ends."""
    workflow, other = desk.holder("issue_invoice"), desk.holder()
    assert desk.try_to_acquire(workflow, ALONE)[0]
    desk.journal.finish(desk.begin_intent(workflow), IntentResult("done", "done", {"ok": True}))
    assert not desk.try_to_acquire(other, ALONE)[0]
    desk.claims.release(workflow)
    assert desk.try_to_acquire(other, ALONE)[0]


def test_an_email_whose_outcome_nobody_can_look_up_blocks_only_while_it_may_be_under_way(
    desk: TimedClaims,
) -> None:
    first, second = desk.holder("send_email"), desk.holder()
    assert desk.try_to_acquire(first, ALONE)[0]
    desk.journal.finish(desk.begin_intent(first), IntentResult("unknown", "no answer"))
    desk.claims.release(first)
    desk.seconds += 30
    assert not desk.try_to_acquire(second, ALONE)[0]
    desk.seconds += 60
    assert desk.try_to_acquire(second, ALONE)[0]


def test_a_resumed_call_is_not_in_its_own_way(desk: TimedClaims) -> None:
    first = desk.holder("create_invoice")
    assert desk.try_to_acquire(first, Claim("client/new/ACME", exclusive=True))[0]
    intent = desk.begin_intent(first)
    desk.journal.finish(intent, IntentResult("unknown", "no answer"))
    desk.claims.release(first)
    again, taken = desk.holder("create_invoice"), desk.journal.take_over(desk.journal.get(intent.id))
    assert taken is not None
    again.resumes = taken.id
    assert desk.try_to_acquire(again, Claim("client/new/ACME", exclusive=True))[0]
    desk.journal.record_resend(taken, "", again.id)
    assert desk.list_resources() == ["client/new/ACME"]
    desk.journal.finish(taken, IntentResult("done", "done", {"ok": True}))
    desk.claims.release(again)
    assert desk.list_resources() == []


def test_what_a_step_left_unknown_is_kept_from_the_workflow_itself(desk: TimedClaims) -> None:
    workflow = desk.holder("issue_invoice")
    assert desk.try_to_acquire(workflow, ALONE)[0]
    intent = desk.begin_intent(workflow)
    desk.journal.finish(intent, IntentResult("unknown", "no answer"))
    assert not desk.try_to_acquire(workflow, Claim("client/501"))[0]
    desk.journal.settle(intent.id, happened=False)
    assert desk.try_to_acquire(workflow, Claim("client/501"))[0]


DIES = """
import sys
from ix_tools.idempotency.claims import Claim, Claims, Holder
from ix_tools.storage.database import Store

store = Store(sys.argv[1])
claims = Claims(store, 240.0)
holder = Holder(sys.argv[2], "update_invoice", "ana")
assert claims.acquire(holder, [Claim("document/1001", True)], claims.now()).is_granted
"""


def test_a_claim_of_a_process_that_died_is_free_and_what_was_looked_up_is_not_trusted(
    desk: TimedClaims,
) -> None:
    desk.store.clock = None
    subprocess.run([sys.executable, "-c", DIES, _place(desk.store), ACCOUNT], check=True)
    attempt = desk.claims.acquire(desk.holder(), [ALONE], desk.claims.now())
    assert (attempt.is_granted, attempt.is_current) == (True, False)


def test_a_claim_on_another_machine_ends_with_its_lease(desk: TimedClaims) -> None:
    first = desk.holder()
    assert desk.try_to_acquire(first, ALONE)[0]
    with desk.store.writing() as connection:
        connection.execute(table.update().values(owner="elsewhere-00000000/1/ab"))
    desk.seconds += LEASE - 1
    assert not desk.try_to_acquire(desk.holder(), ALONE)[0]
    desk.seconds += 15
    assert desk.try_to_acquire(desk.holder(), ALONE) == (True, False)


def test_a_lease_that_is_renewed_lasts_and_a_claim_that_was_cleared_is_not_renewed(desk: TimedClaims) -> None:
    first = desk.holder()
    assert desk.try_to_acquire(first, ALONE, Claim("client/501"))[0]
    desk.seconds += LEASE - 1
    assert desk.claims.renew(first)
    desk.seconds += LEASE - 1
    assert not desk.try_to_acquire(desk.holder(), ALONE)[0]
    assert desk.claims.clear(ACCOUNT, "document/1001", "terminal:ana") >= 1
    assert not desk.claims.renew(first)


def test_clearing_a_claim_frees_it_and_is_written_down(desk: TimedClaims) -> None:
    first = desk.holder()
    assert desk.try_to_acquire(first, ALONE)[0]
    assert desk.claims.clear(ACCOUNT, "document/1002", "terminal:ana") == 0
    assert desk.claims.clear(ACCOUNT, "document/1001", "terminal:ana") == 1
    assert desk.try_to_acquire(desk.holder(), ALONE)[0]
    with desk.store.reading() as connection:
        rows = connection.execute(sql.select(audit.c.event, audit.c.subject, audit.c.principal)).all()
    assert [tuple(row) for row in rows] == [("claim cleared", "document/1001", "terminal:ana")]


def test_what_is_listed_is_held_or_waited_for(desk: TimedClaims) -> None:
    first, second = desk.holder(), desk.holder("change_state")
    assert desk.try_to_acquire(first, ALONE)[0]
    assert not desk.try_to_acquire(second, ALONE)[0]
    assert [(one.state, one.operation) for one in desk.claims.list_claims(ACCOUNT)] == [
        ("held", "update_invoice"),
        ("waiting", "change_state"),
    ]
    desk.claims.release(first)
    desk.claims.release(second)
    assert desk.claims.list_claims() == []


def test_claims_merge_to_the_stricter(desk: TimedClaims) -> None:
    first = desk.holder()
    assert desk.try_to_acquire(first, SHARED)[0]
    assert first.covers([SHARED])
    assert not first.covers([ALONE])
    assert desk.try_to_acquire(first, ALONE)[0]
    assert first.covers([SHARED, ALONE])
    assert not desk.try_to_acquire(desk.holder(), SHARED)[0]
    assert replace(ALONE, exclusive=False) == SHARED


def _place(store: Store) -> str:
    return str(store.file) if store.file is not None else str(store.url)
