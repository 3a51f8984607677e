"""The inbox's lists, sign-in and signatures over SQLite and PostgreSQL alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from ix_tools.approvals import signature_audit
from ix_tools.approvals.inbox import PAGE_SIZE, ApprovalInbox, HistoryFilter
from ix_tools.approvals.models import ApprovalRequestContent, Binding
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.approvals.story import load_story
from ix_tools.auth.people import People
from ix_tools.auth.sessions import Sessions
from ix_tools.operations.digests import digest_approval
from ix_tools.storage.database import Store
from ix_tools.storage.erasure import count_running, erase_client
from tests.interfaces.cli.test_prove import sign


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    opened = Store(place)
    yield opened
    opened.close()


def ask(kept: ApprovalRepository, at: int, amount: int | None, account: str = "a") -> str:
    binding = Binding(f"p{at}", account, "change_state", digest_approval(at), "s")
    content = ApprovalRequestContent(
        "t", f"ACME {at}", amount=None if amount is None else Decimal(amount), subject=f"invoices/{at}"
    )
    return kept.ask(binding, content, "page").id


@pytest.mark.parametrize("order", ["age", "amount"])
def test_pages_hold_every_row_once_and_in_order(store: Store, order: str) -> None:
    kept = ApprovalRepository(store, 15)
    amounts = [7, None, 7, 0, 93] * 13
    ids = {ask(kept, at, amount): amount for at, amount in enumerate(amounts)}
    ask(kept, 999, 5, "another")
    inbox, key, found = ApprovalInbox(store, time.time), "", []
    while True:
        page = inbox.list_waiting(("a",), order, key)  # type: ignore[arg-type]
        assert len(page.rows) <= PAGE_SIZE
        found += [one.id for one in page.rows]
        key = page.next_key
        if not key:
            break
    assert sorted(found) == sorted(ids)
    assert inbox.count_waiting(("a",)) == len(ids)
    if order == "amount":
        ranks = [-1 if amount is None else amount for amount in map(ids.__getitem__, found)]
        assert ranks == sorted(ranks, reverse=True)


def test_history_story_and_erasure(store: Store) -> None:
    kept = ApprovalRepository(store, 15)
    inbox = ApprovalInbox(store, time.time)
    decided = [ask(kept, at, at) for at in range(60)]
    for at, one in enumerate(decided):
        kept.decide(one, approve=bool(at % 2), by="page:ana", place="page")
    ask(kept, 60, 1)
    wanted = HistoryFilter(("a", "b"))
    assert len([*inbox.iterate_history(wanted)]) == 60
    assert len(inbox.list_history(HistoryFilter(("a",), "rejected")).rows) == 30
    assert len([*inbox.iterate_history(HistoryFilter(("a",), person="ana"))]) == 60, "rejections, too"
    assert inbox.list_history(HistoryFilter(("a",), person="rui")).rows == ()
    (entry,) = inbox.describe(inbox.list_history(HistoryFilter(("a",), subject="invoices/5")).rows)
    assert (entry.people, entry.places) == (("ana",), ("page",))
    story = load_story(store, "a", "invoices/5")
    assert story is not None
    assert [one.event for one in story.events] == ["approval asked", "approval approved"]
    assert load_story(store, "b", "invoices/5") is None
    with store.writing() as connection:
        # 30 are approved and wait for their call, one waits for a person.
        assert count_running(connection, ["ACME"]) == 31
        assert erase_client(connection, ["ACME"]) == {"approvals": 30}
        assert erase_client(connection, ["ACME"]) == {}


def test_a_signature_is_found_again(store: Store) -> None:
    sign(store)
    assert signature_audit.verify_signatures(store) == []
    assert [one.fault for one in signature_audit.find_proofs(store, "invoices/1001")] == [""]


def test_a_begun_sign_in_and_an_invitation_count_once(store: Store) -> None:
    people, sessions = People(store), Sessions(store)
    people.add("ana", "reader", ("a",), "terminal:ana")
    assert people.find("ana").accounts == ("a",)
    secret, challenge = sessions.begin_sign_in("enrol", "ana")
    assert sessions.take_sign_in(secret, "sign_in") is None
    assert sessions.take_sign_in(secret, "enrol", "rui") is None
    assert sessions.take_sign_in(secret, "enrol", "ana") == challenge
    assert sessions.take_sign_in(secret, "enrol", "ana") is None
