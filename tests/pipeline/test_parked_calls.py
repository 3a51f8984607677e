"""Parked calls: carried out once when a person approves, as the asker, with everything judged again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals.expiry import expire_overdue
from ix_tools.approvals.parked_calls import ParkedCall, ParkedDraft
from ix_tools.approvals.parked_queue import ParkedQueue
from ix_tools.errors import IxError
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, warn
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import message, verbatim
from ix_tools.idempotency.process_identity import process_id
from ix_tools.operations.scopes import Scope
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.execute import (
    ApprovalRequired,
    CallOrigin,
    Completed,
    ParkingTerms,
    carry_out,
    execute,
)
from ix_tools.pipeline.parking import Parking
from ix_tools.storage.schema import approvals, parked_calls
from tests.harness import Harness, Json, document_arguments, invoice

TERMS = ParkingTerms("open", "sandbox")
REST = CallOrigin("rest")
DAY = 86_400.0
NOW = datetime(2026, 11, 20, 12, tzinfo=LISBON)
DRAFT = ParkedDraft("send_email", "", "", {}, "2026-11-20", "sandbox", "rest", "", "open", (), ())


async def ask(harness: Harness, name: str, arguments: Json) -> str:
    """Ask for a call that is carried out when it is approved; return the approval's id."""
    outcome = await execute(harness.context, name, arguments, origin=REST, when_approved=TERMS)
    assert isinstance(outcome, ApprovalRequired)
    assert outcome.body["when_approved"] == "run"
    return outcome.approval.id


def queue(harness: Harness) -> ParkedQueue:
    return ParkedQueue(harness.context.store, lambda owner: owner == process_id())


def find(harness: Harness, identifier: str) -> ParkedCall:
    found = queue(harness).find(identifier)
    assert found is not None
    return found


def approve(harness: Harness, identifier: str) -> None:
    harness.context.approvals.decide(identifier, approve=True, by="terminal:ana")


async def drive(harness: Harness) -> list[str]:
    """Carry out what is due, as the driver does; return the ids."""
    due = queue(harness).list_due()
    for call in due:
        if await carry_out(harness.context, call) == 0.0:
            await carry_out(harness.context, find(harness, call.id))
    return [one.id for one in due]


async def finalizing(harness: Harness, **changes: Any) -> Json:
    return document_arguments(await harness.create_draft(**changes), state="finalized")


def types(harness: Harness, start: int) -> list[str]:
    return [one.type for one in harness.context.events.read_after(start).events]


async def test_an_approved_call_is_carried_out_without_its_caller(harness: Harness) -> None:
    call = await finalizing(harness)
    start, before = harness.context.events.find_newest(), len(harness.list_writes())
    identifier = await ask(harness, "change_state", call)
    assert await drive(harness) == [], "nobody has decided"
    approve(harness, identifier)
    assert await drive(harness) == [identifier]
    assert await drive(harness) == []
    found = find(harness, identifier)
    assert (found.state, found.arguments, found.shown) == ("done", {}, ())
    assert found.result is not None
    assert found.result["document"]["status"] == "final"
    assert len(harness.list_writes()) == before + 1
    assert types(harness, start) == [
        "approval.requested",
        "approval.decided",
        "call.done",
        "document.finalized",
        "parked_call.done",
    ]


@pytest.mark.parametrize("keyed", [True, False])
async def test_whoever_repeats_the_call_gets_the_recorded_result(harness: Harness, keyed: bool) -> None:
    call = await finalizing(harness) | ({"idempotency_key": "once"} if keyed else {})
    identifier = await ask(harness, "change_state", call)
    assert await ask(harness, "change_state", call) == identifier, "the same question is not asked twice"
    approve(harness, identifier)
    await drive(harness)
    before = len(harness.list_writes())
    for _ in range(2):
        again = await execute(harness.context, "change_state", call, origin=REST)
        assert isinstance(again, Completed)
        assert (again.body["replayed"], again.body["document"]["status"]) == (True, "final")
    assert len(harness.list_writes()) == before


async def test_a_caller_who_repeats_it_before_the_driver_comes_carries_it_out(harness: Harness) -> None:
    call = await finalizing(harness)
    identifier = await ask(harness, "change_state", call)
    approve(harness, identifier)
    done = await execute(harness.context, "change_state", call, origin=CallOrigin("mcp"))
    assert isinstance(done, Completed)
    assert "replayed" not in done.body
    assert find(harness, identifier).state == "done"
    assert await drive(harness) == []


async def test_another_key_or_caller_is_another_call(harness: Harness) -> None:
    call = await finalizing(harness)
    identifier = await ask(harness, "change_state", {**call, "idempotency_key": "one"})
    approve(harness, identifier)
    await drive(harness)
    with pytest.raises(IxError):  # it is final by now, so a new call is judged anew
        await execute(harness.context, "change_state", {**call, "idempotency_key": "two"}, origin=REST)
    settings = harness.context.settings.model_copy(update={"principal": "rui"})
    other = replace(harness, context=replace(harness.context, settings=settings))
    with pytest.raises(IxError):
        await execute(other.context, "change_state", call, origin=REST)


@pytest.mark.parametrize("how", ["reject", "expire", "expire approved"])
async def test_a_call_without_a_yes_is_emptied_and_told(harness: Harness, how: str) -> None:
    identifier = await ask(harness, "change_state", await finalizing(harness))
    start, before = harness.context.events.find_newest(), len(harness.list_writes())
    if how == "reject":
        harness.context.approvals.decide(identifier, approve=False, reason="no", by="terminal:ana")
    else:
        if how == "expire approved":
            approve(harness, identifier)
        expire_overdue(harness.context.store, harness.context.approvals.find(identifier).expires_at + 1)
    assert await drive(harness) == []
    found = find(harness, identifier)
    assert (found.state, found.arguments) == ("ended", {})
    assert "parked_call.failed" in types(harness, start)
    assert len(harness.list_writes()) == before


async def test_a_document_that_changed_goes_back_to_the_person(harness: Harness) -> None:
    made = await harness.create_draft()
    identifier = await ask(harness, "change_state", document_arguments(made, state="finalized"))
    approve(harness, identifier)
    await harness.call("update_invoice", {**document_arguments(made), "reference": "PO-9"})
    before = len(harness.list_writes())
    await drive(harness)
    found = find(harness, identifier)
    assert (found.state, len(harness.list_writes())) == ("returned", before)
    assert find(harness, found.follow_up).state == "waiting", "and is carried out when that is approved"
    approve(harness, found.follow_up)
    await drive(harness)
    assert find(harness, found.follow_up).state == "done"
    assert (await harness.read_document(made))["status"] == "final"


async def test_a_warning_that_the_person_did_not_see_goes_back_to_them(harness: Harness) -> None:
    call = await finalizing(harness, date="2026-11-20")
    identifier = await ask(harness, "change_state", call)
    approve(harness, identifier)
    later = datetime(2026, 12, 20, 10, tzinfo=LISBON)  # by now the date is far in the past
    harness.context = replace(harness.context, now=lambda: later)
    before = len(harness.list_writes())
    await drive(harness)
    found = find(harness, identifier)
    if found.state != "failed":  # a rule may even refuse it by then
        assert found.state == "returned"
    assert len(harness.list_writes()) == before


async def test_the_asker_is_judged_again(harness: Harness) -> None:
    identifier = await ask(harness, "change_state", await finalizing(harness))
    approve(harness, identifier)
    lesser = replace(harness, context=replace(harness.context, scopes=frozenset({Scope.READ})))
    before = len(harness.list_writes())
    await drive(lesser)
    found = find(harness, identifier)
    assert (found.state, (found.result or {}).get("code")) == ("failed", "scope_missing")
    assert len(harness.list_writes()) == before


async def test_a_workflow_approved_days_later_resumes_its_draft(harness: Harness) -> None:
    given = invoice(email="contas@acme.example", subject="Fatura")
    identifier = await ask(harness, "issue_invoice", given)
    drafts = len(harness.list_writes())
    approve(harness, identifier)
    harness.context = replace(harness.context, now=lambda: datetime(2026, 11, 22, 10, tzinfo=LISBON))
    await drive(harness)
    found = find(harness, identifier)
    assert found.state == "done", found.result
    paths = [(one["method"], one["path"].rpartition("/")[2]) for one in harness.list_writes()[drafts:]]
    assert paths == [("PUT", "change-state.json"), ("PUT", "email-document.json")]


async def test_a_call_with_a_password_is_not_parked(harness: Harness) -> None:
    settings = harness.context.settings.model_copy(update={"allow_account_setup": True})
    context = replace(harness.context, settings=settings)
    given = {"at_subuser": "509442013/1", "at_password": "only-an-example", "communication_type": "auto"}
    outcome = await execute(context, "setup_at_communication", given, origin=REST, when_approved=TERMS)
    assert isinstance(outcome, ApprovalRequired)
    assert "when_approved" not in outcome.body
    assert queue(harness).find(outcome.approval.id) is None


async def test_calls_of_a_series_run_in_the_order_of_asking(harness: Harness) -> None:
    calls = [await finalizing(harness, reference=str(number)) for number in range(3)]
    asked = [await ask(harness, "change_state", call) for call in calls]
    for identifier in reversed(asked):
        approve(harness, identifier)
    assert [await drive(harness) for _ in range(3)] == [[asked[0]], [asked[1]], [asked[2]]]
    numbers = [(find(harness, one).result or {})["document"]["number"] for one in asked]
    assert numbers == ["1/2026", "2/2026", "3/2026"]


async def test_a_call_that_nobody_drives_or_that_never_succeeds_holds_up_no_other(harness: Harness) -> None:
    asked = [
        await ask(harness, "change_state", await finalizing(harness, reference=str(n))) for n in range(3)
    ]
    for identifier in asked:
        approve(harness, identifier)
    mine = queue(harness)
    assert [one.id for one in mine.list_due()] == asked[:1]
    assert [one.id for one in mine.list_due(lambda call: call.id != asked[0])] == [asked[1]]
    make_due(harness, asked[0], state="running", owner="elsewhere/1/x", lease_until=0.0)
    assert [one.id for one in mine.list_due(lambda call: call.id != asked[0])] == [asked[1]], (
        "its process ended"
    )
    make_due(harness, asked[0], state="running", owner=process_id(), lease_until=10.0**10)
    assert mine.list_due(lambda call: call.id != asked[0]) == [], "it is being carried out elsewhere"
    make_due(harness, asked[0], state="waiting", attempts=6)
    with harness.context.store.writing() as connection:
        connection.execute(
            parked_calls.update().where(parked_calls.c.id == asked[0]).values(retry_at=10.0**10)
        )
    assert [one.id for one in mine.list_due()] == [asked[1]], "it was tried in vain six times"


async def test_a_passing_trouble_is_tried_again_and_a_refusal_is_told(harness: Harness) -> None:
    identifier = await ask(harness, "change_state", await finalizing(harness))
    approve(harness, identifier)
    harness.sandbox.fault("GET", r"/invoices/\d+\.json", status=503, times=20)
    await drive(harness)
    found = find(harness, identifier)
    assert found.state == "waiting"
    assert found.attempts > 0
    assert found.retry_at > found.created_at
    assert await drive(harness) == [], "not yet"
    harness.sandbox.clear_faults()
    make_due(harness, identifier)
    await drive(harness)
    assert find(harness, identifier).state == "done"


def make_due(harness: Harness, identifier: str, **values: Any) -> None:
    with harness.context.store.writing() as connection:
        mine = parked_calls.c.id == identifier
        connection.execute(parked_calls.update().where(mine).values(retry_at=0.0, **values))


@pytest.mark.parametrize("when", ["before sending", "after the answer"])
async def test_a_call_that_its_process_left_is_taken_over(harness: Harness, when: str) -> None:
    call = await finalizing(harness)
    identifier = await ask(harness, "change_state", call)
    approve(harness, identifier)
    if when == "after the answer":
        await drive(harness)
    with harness.context.store.writing() as connection:
        used = approvals.update().where(approvals.c.id == identifier).values(state="used")
        connection.execute(used)
    left = {"state": "running", "owner": "elsewhere/1/x", "holder": "x", "result": sql.null()}
    make_due(harness, identifier, **left, arguments=json.dumps(call))
    before = len(harness.list_writes())
    await drive(harness)
    await drive(harness)
    assert find(harness, identifier).state == "done"
    assert len(harness.list_writes()) == before + (when == "before sending")


async def test_an_unknown_outcome_is_told_once_and_settled_by_a_person(harness: Harness) -> None:
    made = await harness.create_issued()
    mail = document_arguments(made, email="contas@acme.example")
    identifier = await ask(harness, "send_email", mail)
    approve(harness, identifier)
    start = harness.context.events.find_newest()
    harness.sandbox.fault("PUT", "email", drop="before")
    harness.sandbox.fault("POST", "email", drop="before")
    await drive(harness)
    harness.sandbox.clear_faults()
    assert find(harness, identifier).state == "unknown"
    make_due(harness, identifier)
    await drive(harness)
    assert types(harness, start).count("parked_call.unknown") == 1
    (unknown,) = harness.context.journal.list_unfinished(harness.context.account.name)
    harness.context.journal.settle(unknown.id, happened=True)
    make_due(harness, identifier)
    before = len(harness.list_writes())
    await drive(harness)
    assert find(harness, identifier).state == "done"
    assert len(harness.list_writes()) == before


async def test_an_approval_lasts_for_days_and_a_late_yes_leaves_time_to_carry_it_out(
    harness: Harness,
) -> None:
    call = await finalizing(harness)
    shown = harness.context.approvals.find(await ask(harness, "change_state", call))
    assert shown.expires_at - shown.created_at == 3 * DAY
    repeated = await execute(harness.context, "change_state", await finalizing(harness), origin=REST)
    assert isinstance(repeated, ApprovalRequired)
    assert repeated.approval.expires_at - repeated.approval.created_at == 15 * 60
    soon = approvals.update().where(approvals.c.id == shown.id).values(expires_at=shown.created_at + 60)
    with harness.context.store.writing() as connection:
        connection.execute(soon)
    approve(harness, shown.id)
    decided = harness.context.approvals.find(shown.id)
    assert decided.expires_at - (decided.decided_at or 0.0) >= 3600


# --- warnings that the person saw ---------------------------------------------------------------------------


SEEN = warn(
    "retention", message("{rate} % is not a rate of {day} ({count} days ago)", rate="25", day="2025", count=3)
)


@pytest.mark.parametrize(
    ("now", "is_new"),
    [
        (
            warn(
                "retention",
                message("{rate} % is not a rate of {day} ({count} days ago)", rate="25", day="2025", count=4),
            ),
            False,
        ),
        (
            warn(
                "retention",
                message("{rate} % is not a rate of {day} ({count} days ago)", rate="60", day="2025", count=3),
            ),
            True,
        ),
        (warn("items", SEEN.problem.problem), True),
        (warn("retention", verbatim("another text")), True),
    ],
    ids=["only days have passed", "another value", "another field", "another sentence"],
)
def test_a_warning_with_another_value_is_one_that_the_person_did_not_see(now: Finding, is_new: bool) -> None:
    shown = Parking(DRAFT).build_draft([SEEN], Facts(now=NOW), Effect.OUTBOUND).shown
    resumed = ParkedCall(**dict.fromkeys(ParkedCall.__slots__, "") | {"shown": shown})  # type: ignore[arg-type]
    assert Parking(DRAFT, resumed).has_new_warnings([now]) is is_new


def test_two_texts_of_the_same_field_are_two_warnings() -> None:
    shown = Parking(DRAFT).build_draft([warn("policy", verbatim("a"))], Facts(now=NOW), Effect.OUTBOUND).shown
    resumed = ParkedCall(**dict.fromkeys(ParkedCall.__slots__, "") | {"shown": shown})  # type: ignore[arg-type]
    assert Parking(DRAFT, resumed).has_new_warnings([warn("policy", verbatim("b"))])


async def test_a_question_that_arose_meanwhile_goes_back_to_the_person(harness: Harness) -> None:
    issued = await harness.create_issued(retention=25)  # 123.00, of which the client withholds 25.00
    number = issued["id"]
    pay = {"document_id": number, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    identifier = await ask(harness, "generate_payment", {**pay, "amount": 60})
    approve(harness, identifier)
    await harness.call("generate_payment", {**pay, "amount": 50})  # 48.00 is open now: 60 asks to be accepted
    before = len(harness.list_writes())
    await drive(harness)
    found = find(harness, identifier)
    assert (found.state, len(harness.list_writes())) == ("returned", before)
    again = harness.context.approvals.find(found.follow_up)
    assert "the client withholds" in again.text, "the person reads the question"
    approve(harness, again.id)
    await drive(harness)
    assert find(harness, again.id).state == "done", find(harness, again.id).result
    assert len(harness.list_writes()) == before + 1


async def test_whoever_repeats_it_with_a_new_question_is_asked_to_accept_it(harness: Harness) -> None:
    issued = await harness.create_issued(retention=25)
    pay = {
        "document_id": issued["id"],
        "payment_mechanism": "TB",
        "payment_date": "2026-11-20",
        "amount": 60,
    }
    identifier = await ask(harness, "generate_payment", pay)
    approve(harness, identifier)
    await harness.call("generate_payment", {**pay, "amount": 50})
    before = len(harness.list_writes())
    with pytest.raises(IxError) as asked:
        await execute(harness.context, "generate_payment", pay, origin=REST)
    assert (asked.value.code, asked.value.details["accept"]) == ("acceptance_needed", ["withholding_paid"])
    assert len(harness.list_writes()) == before
    assert find(harness, identifier).state == "waiting", "the driver asks the person"
