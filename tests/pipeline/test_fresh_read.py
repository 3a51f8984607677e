"""Immediately before an irreversible request the document is read again; if it differs from the approved state, nothing is sent."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sql

from ix_tools.errors import ApprovalRefused, IxError, StoredDifferently, Unreachable
from ix_tools.i18n.messages import verbatim
from ix_tools.pipeline import claim_session, fresh_read
from ix_tools.pipeline.execute import Reply
from ix_tools.pipeline.seen_records import SeenRecords
from ix_tools.policy.file import PolicyFile
from ix_tools.storage.schema import approvals, audit, spent
from tests.harness import ApprovalNeeded, Harness, Json, document_arguments, execute, invoice, line

CHANGED_LINE = {
    "name": "Outra coisa",
    "description": "",
    "unit_price": "100",
    "quantity": "1",
    "tax": {"name": "IVA23"},
}
CORRECTED = {"name": "ACME, Lda", "code": "ACME"}
Action = Callable[[], Awaitable[None]]


async def question(harness: Harness, name: str, arguments: Json) -> Reply:
    """Request an approval and return the reply that approves it."""
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(harness.context, name, arguments, can_ask=True)
    return Reply(needed.value.approval.handle, True)


async def answer(harness: Harness, name: str, arguments: Json, reply: Reply | None) -> Json:
    return await execute(harness.context, name, arguments, can_ask=True, reply=reply)


async def finalize_first(harness: Harness) -> None:
    """Issue an invoice, after which its client is remembered."""
    draft = await harness.create_draft()
    await answer(
        harness, "change_state", finalize(draft), await question(harness, "change_state", finalize(draft))
    )


def answered_elsewhere(harness: Harness) -> None:
    """Let the answer come to another process, which did not look anything up for the question."""
    harness.context = replace(harness.context, seen=SeenRecords(), _shown={})


def elsewhere(harness: Harness, path: str, body: Json) -> None:
    """Change a record directly in InvoiceXpress, without ix-tools."""
    done = httpx2.put(
        f"{harness.sandbox.base_url}{path}", params={"api_key": harness.sandbox.api_key}, json=body
    )
    assert done.status_code < 300, done.text


def rewrite(harness: Harness, draft: Json, **changes: Any) -> None:
    """Change the draft directly in InvoiceXpress, by default to another client and line with equal totals."""
    content = {
        "date": "20/11/2026",
        "due_date": "20/12/2026",
        "client": {"name": "Padaria do Bairro", "code": "PADARIA"},
        "items": [CHANGED_LINE],
        **changes,
    }
    elsewhere(harness, f"/invoices/{draft['id']}.json", {"invoice": content})


def at_the_gap(harness: Harness, monkeypatch: pytest.MonkeyPatch, *actions: Callable[[], Any]) -> None:
    """Run the next action between the last read and each irreversible request."""
    send, left = harness.context.account.send_once, list(actions)

    async def send_once(request: Any) -> Any:
        action = left.pop(0) if left else None
        if action is not None:
            done = action()
            if isinstance(done, Awaitable):
                await done
        return await send(request)

    monkeypatch.setattr(harness.context.account, "send_once", send_once)


def refused() -> None:
    raise Unreachable(verbatim("InvoiceXpress could not be reached."), retryable=True)


def states(harness: Harness) -> list[str]:
    with harness.context.store.reading() as connection:
        return [row.state for row in connection.execute(sql.select(approvals.c.state))]


def events(harness: Harness) -> list[tuple[str, str]]:
    with harness.context.store.reading() as connection:
        rows = connection.execute(sql.select(audit.c.event, audit.c.outcome).order_by(audit.c.seq))
        return [(row.event, row.outcome) for row in rows]


def finalize(draft: Json) -> Json:
    return document_arguments(draft, state="finalized")


# --- a change before the last read stops the request ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, {"client.name", "items.0.name"}),
        ({"client": {"name": "ACME, Lda", "code": "ACME"}, "observations": "Outro texto"}, {"observations"}),
        ({"client": {"name": "ACME, Lda", "code": "ACME"}, "reference": "OUTRA"}, {"reference"}),
        ({"client": {"name": "ACME, Lda", "code": "ACME"}, "due_date": "21/12/2026"}, {"due_date"}),
        ({"client": {"name": "ACME, Lda", "code": "ACME"}, "retention": "11.5"}, {"retention"}),
    ],
)
async def test_a_draft_that_changed_after_the_look_ups_is_not_issued(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, changes: Json, fields: set[str]
) -> None:
    """The change comes between the look-ups and the last read, when the approval is already used."""
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    answered_elsewhere(harness)
    reserve_slots = harness.context.account.reserve_slots

    def changed(requests: int) -> Any:
        rewrite(harness, draft, **changes)
        return reserve_slots(requests)

    monkeypatch.setattr(harness.context.account, "reserve_slots", changed)
    with pytest.raises(ApprovalRefused) as refusal:
        await answer(harness, "change_state", finalize(draft), reply)
    assert refusal.value.code == "document_changed"
    assert fields <= {one.field for one in refusal.value.problems}
    assert refusal.value.sent == "nothing"
    assert (await harness.read_document(draft))["status"] == "draft"
    assert states(harness) == ["stale"]


async def test_a_client_that_changed_after_the_look_ups_stops_it(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's tax number is in its own record and not in the document."""
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    answered_elsewhere(harness)
    reserve_slots, number = harness.context.account.reserve_slots, draft["client"]["id"]

    def changed(requests: int) -> Any:
        elsewhere(
            harness,
            f"/clients/{number}.json",
            {"client": {"name": "ACME, Lda", "code": "ACME", "fiscal_id": "509442013"}},
        )
        return reserve_slots(requests)

    monkeypatch.setattr(harness.context.account, "reserve_slots", changed)
    with pytest.raises(ApprovalRefused) as refusal:
        await answer(harness, "change_state", finalize(draft), reply)
    assert [one.field for one in refusal.value.problems] == ["client.fiscal_id"]
    assert (await harness.read_document(draft))["status"] == "draft"


@pytest.mark.parametrize("name", ["change_state", "issue_invoice"])
async def test_what_changed_since_the_question_is_shown_again_before_anything_is_sent(
    harness: Harness, name: str
) -> None:
    """The answer rests on the look-ups of the question; the last read finds that they are out of date, and the person decides anew."""
    call = invoice()
    if name == "change_state":
        call = finalize(await harness.create_draft())
    reply = await question(harness, name, call)
    draft = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]
    rewrite(harness, draft, items=[{**CHANGED_LINE, "unit_price": "55"}])
    with pytest.raises(ApprovalNeeded) as asked:
        await answer(harness, name, call, reply)
    assert "67.65" in asked.value.approval.text
    assert "Padaria do Bairro" in asked.value.approval.text
    assert len(harness.list_writes()) == 2, "the draft, and the change elsewhere"
    again = Reply(asked.value.approval.handle, True, accepted_differences=True)
    done = await answer(harness, name, call, again)
    assert (done["document"]["status"], done["document"]["total"]) == ("final", "67.65")


@pytest.mark.parametrize("name", ["change_state", "issue_invoice"])
async def test_a_client_that_another_process_changed_is_shown_as_it_is_now(
    harness: Harness, name: str
) -> None:
    await finalize_first(harness)
    other = replace(harness.context, seen=SeenRecords(), _shown={})
    await execute(other, "update_client", {"client_id": 501, "fiscal_id": "501964843"})
    call = invoice(reference="B")
    if name == "change_state":
        call = finalize(await harness.create_draft(reference="B"))
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(harness.context, name, call, can_ask=True)
    assert "501964843" in asked.value.approval.text
    done = await answer(harness, name, call, Reply(asked.value.approval.handle, True))
    assert done["document"]["status"] == "final"


@pytest.mark.parametrize("name", ["change_state", "issue_invoice"])
async def test_what_was_declined_is_looked_at_again_before_it_is_shown_again(
    harness: Harness, name: str
) -> None:
    """A person who corrected the client in InvoiceXpress declines what is shown as it was a few minutes ago."""
    await finalize_first(harness)
    call = invoice(reference="B")
    if name == "change_state":
        call = finalize(await harness.create_draft(reference="B"))
    elsewhere(harness, "/clients/501.json", {"client": {**CORRECTED, "fiscal_id": "501964843"}})
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(harness.context, name, call, can_ask=True)
    with pytest.raises(ApprovalRefused) as declined:
        await answer(harness, name, call, Reply(asked.value.approval.handle, False))
    assert declined.value.code == "approval_declined"
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(harness.context, name, call, can_ask=True)
    assert "501964843" in asked.value.approval.text


async def test_a_draft_deleted_since_the_question_is_made_anew(harness: Harness) -> None:
    call = invoice()
    reply = await question(harness, "issue_invoice", call)
    draft = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]
    elsewhere(harness, f"/invoices/{draft['id']}/change-state.json", {"invoice": {"state": "deleted"}})
    with pytest.raises(ApprovalNeeded) as asked:
        await answer(harness, "issue_invoice", call, reply)
    done = await answer(harness, "issue_invoice", call, Reply(asked.value.approval.handle, True))
    assert done["document"]["id"] != draft["id"]
    assert done["document"]["status"] == "final"


# --- a change during the last round trip is reported ------------------------------------------------------------------


async def test_a_document_issued_to_another_client_with_equal_totals_is_reported(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    at_the_gap(harness, monkeypatch, lambda: rewrite(harness, draft))
    with pytest.raises(StoredDifferently) as told:
        await answer(harness, "change_state", finalize(draft), reply)
    assert {"client.name", "items.0.name"} <= {one.field for one in told.value.problems}
    assert told.value.sent == "stored"
    event, outcome = events(harness)[-1]
    assert event == "done"
    assert outcome.startswith("stored_differently: ")
    assert "client.name" in outcome
    assert "Padaria" not in outcome, "names stand in no audit trail"


async def test_a_workflow_stops_before_its_email_when_something_else_was_issued(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = invoice(email="compras@acme.example")
    reply = await question(harness, "issue_invoice", call)
    draft = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]
    at_the_gap(harness, monkeypatch, lambda: rewrite(harness, draft))
    with pytest.raises(StoredDifferently) as told:
        await answer(harness, "issue_invoice", call, reply)
    assert "client.name" in {one.field for one in told.value.problems}
    assert harness.sandbox.outbox() == []


# --- an approval stays valid if nothing is sent ----------------------------------------------------------------


async def test_a_failed_read_returns_the_approval(harness: Harness) -> None:
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    answered_elsewhere(harness)
    # The first of these reads is a look-up of the answered call, the second is the last read.
    harness.sandbox.fault("GET", f"/invoices/{draft['id']}.json", skip=1, times=4, status=500)
    with pytest.raises(IxError) as failure:
        await answer(harness, "change_state", finalize(draft), reply)
    assert failure.value.sent == "nothing"
    assert failure.value.retryable
    assert "still approved" in str(failure.value.next)
    assert states(harness) == ["approved"]
    assert ("approval given back", "nothing was sent") in events(harness)
    harness.sandbox.clear_faults()
    assert (await execute(harness.context, "change_state", finalize(draft), can_ask=True))["ok"], (
        "nobody is asked again"
    )
    assert states(harness) == ["used"]


async def test_a_returned_approval_is_still_bound_to_the_document_as_shown(harness: Harness) -> None:
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    answered_elsewhere(harness)
    harness.sandbox.fault("GET", f"/invoices/{draft['id']}.json", skip=1, times=4, status=500)
    with pytest.raises(IxError):
        await answer(harness, "change_state", finalize(draft), reply)
    harness.sandbox.clear_faults()
    rewrite(harness, draft)
    with pytest.raises(ApprovalRefused) as refusal:
        await execute(harness.context, "change_state", finalize(draft), can_ask=True)
    assert refusal.value.code == "document_changed"
    assert (await harness.read_document(draft))["status"] == "draft"


async def test_a_returned_approval_is_valid_once(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled call included: one e-mail, and no second one without a person."""
    call = invoice(email="compras@acme.example")
    reply = await question(harness, "issue_invoice", call)
    at_the_gap(harness, monkeypatch, *[refused] * 4)
    with pytest.raises(IxError) as failure:
        await answer(harness, "issue_invoice", call, reply)
    assert failure.value.details["stopped_at"] == "finalize"
    assert sorted(states(harness)) == ["approved", "stale"]
    done = await execute(harness.context, "issue_invoice", call, can_ask=True)
    assert {one["step"]: one["state"] for one in done["steps"]}["email"] == "done"
    assert sorted(states(harness)) == ["stale", "used", "used"]
    assert len(harness.sandbox.outbox()) == 1


async def test_a_budget_is_restored_if_nothing_was_sent(harness: Harness, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[[rules]]\nname = "flow"\ndecision = "unattended"\nwho = ["local"]\noperations = ["change_state"]\nstates = ["finalized"]\n'
        "up_to = 200\ndaily = 200\n"
    )
    policy.chmod(0o600)
    harness.context.policy = PolicyFile(policy)
    draft = await harness.create_draft()
    harness.sandbox.fault("GET", f"/invoices/{draft['id']}.json", skip=1, times=4, status=500)
    with pytest.raises(IxError):
        await execute(harness.context, "change_state", finalize(draft))
    with harness.context.store.reading() as connection:
        assert connection.execute(sql.select(sql.func.count()).select_from(spent)).scalar_one() == 0
    harness.sandbox.clear_faults()
    assert (await execute(harness.context, "change_state", finalize(draft)))["ok"]
    with harness.context.store.reading() as connection:
        assert connection.execute(sql.select(sql.func.sum(spent.c.cents))).scalar_one() == 12300


# --- a request is not repeated without a new read -------------------------------------------------------------------------------


async def test_a_refused_connection_is_followed_by_a_new_read(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    at_the_gap(harness, monkeypatch, refused)
    harness.sandbox.clear_requests()
    assert (await answer(harness, "change_state", finalize(draft), reply))["ok"]
    reads = [one for one in harness.sandbox.requests() if one["path"] == f"/invoices/{draft['id']}.json"]
    assert len(reads) == 3, "the last read twice, and the reading back"


@pytest.mark.parametrize("trouble", ["refused", "429"])
async def test_a_change_while_requests_were_refused_stops_the_call(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))

    def changed() -> None:
        rewrite(harness, draft)
        if trouble == "refused":
            refused()

    if trouble == "429":
        harness.sandbox.fault("PUT", f"/invoices/{draft['id']}/change-state.json", status=429, body={})
    at_the_gap(harness, monkeypatch, changed)
    with pytest.raises(ApprovalRefused) as refusal:
        await answer(harness, "change_state", finalize(draft), reply)
    assert refusal.value.code == "document_changed"
    assert (await harness.read_document(draft))["status"] == "draft"


async def test_a_suspended_process_reads_again(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock counts, which also runs while a laptop is closed."""
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    slept = iter([0.0, 0.0, 3600.0])

    class Time:
        monotonic = staticmethod(time.monotonic)
        _time = staticmethod(time.time)

        @classmethod
        def time(cls) -> float:
            return cls._time() + next(slept, 3600.0)

    monkeypatch.setattr(fresh_read, "time", Time)
    harness.sandbox.clear_requests()
    assert (await answer(harness, "change_state", finalize(draft), reply))["ok"]
    reads = [one for one in harness.sandbox.requests() if one["path"] == f"/invoices/{draft['id']}.json"]
    assert len(reads) == 3
    assert len(harness.list_writes()) == 1


async def test_a_retried_read_does_not_use_the_slot_of_the_request(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the request would wait for the rate limit after the last read."""
    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    happened: list[str] = []
    account = harness.context.account

    class Limiter:
        async def acquire(self) -> None:
            happened.append("slot")

        async def record_response(self, status: int, retry_after: float | None) -> None:
            happened.append(str(status))

    def at_the_request() -> None:
        happened.append("request")

    monkeypatch.setattr(account, "_limiter", Limiter())
    at_the_gap(harness, monkeypatch, at_the_request)
    harness.sandbox.fault("GET", f"/invoices/{draft['id']}.json", skip=1, times=2, status=503)
    assert (await answer(harness, "change_state", finalize(draft), reply))["ok"]
    assert "503" in happened
    after = happened[happened.index("request") + 1 :]
    assert after[0] == "200", "the request left without waiting for a slot"


# --- one writer -----------------------------------------------------------------------------------------------------


async def test_a_second_writer_of_ix_tools_waits_until_the_document_is_issued(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts exactly between the last read and the request, too late to change anything."""
    import anyio

    draft = await harness.create_draft()
    reply = await question(harness, "change_state", finalize(draft))
    told: list[IxError] = []

    async def second() -> None:
        try:
            await execute(
                harness.context,
                "update_invoice",
                document_arguments(
                    draft, items=[line(unit_price=9999)], accept=["drop_lines", "overwrite_items"]
                ),
            )
        except IxError as refusal:
            told.append(refusal)

    async with anyio.create_task_group() as group:

        async def start() -> None:
            group.start_soon(second)
            while not told and not any(one.state == "waiting" for one in _claims(harness)):
                await anyio.lowlevel.checkpoint()

        at_the_gap(harness, monkeypatch, start)
        done = await answer(harness, "change_state", finalize(draft), reply)
    assert done["ok"]
    assert Decimal(str(done["document"]["total"])) == Decimal("123.00")
    assert [one.code for one in told] == ["refused"]
    assert "only drafts" in str(told[0].problems[0].problem)
    assert _claims(harness) == []


def _claims(harness: Harness) -> list[Any]:
    from ix_tools.idempotency.claims import Claims

    return Claims(harness.context.store, 240.0).list_claims()


async def test_a_call_that_waits_too_long_is_refused_and_can_be_repeated(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ix_tools.idempotency.claims import Claim, Claims, Holder

    draft = await harness.create_draft()
    claims = Claims(harness.context.store, 240.0)
    holder = Holder(harness.context.account.name, "change_state", "rui")
    assert claims.acquire(holder, [Claim(f"document/{draft['id']}", exclusive=True)], claims.now()).is_granted
    harness.context.settings = harness.context.settings.model_copy(update={"timeout_seconds": 1})
    monkeypatch.setattr(claim_session, "MIN_WAIT_SECONDS", 1.0)
    error = await harness.get_error("update_invoice", document_arguments(draft, observations="Obrigado"))
    assert (error.code, error.sent, error.retryable) == ("busy", "nothing", True)
    assert f"document/{draft['id']}" in str(error)
    assert "change_state" in str(error)
    claims.release(holder)
    assert (await harness.call("update_invoice", document_arguments(draft, observations="Obrigado")))["ok"]


async def test_nothing_is_claimed_while_a_person_is_asked(harness: Harness) -> None:
    draft = await harness.create_draft()
    await question(harness, "change_state", finalize(draft))
    assert _claims(harness) == []
    asked = await execute(harness.context, "change_state", finalize(draft))
    assert asked["status"] == "approval_required"
    assert _claims(harness) == []


async def test_equal_rows_for_one_client_do_not_queue(harness: Harness) -> None:
    """A create claims a client or item exclusively only if it would change it."""
    from ix_tools.pipeline.claim_scope import collect_claims
    from ix_tools.pipeline.execute import parse
    from ix_tools.pipeline.fact_loader import FactLoader
    from ix_tools.pipeline.preparation import load_facts

    async def alone(**changes: Any) -> set[str]:
        call = parse("create_invoice", invoice(**changes))
        looking = FactLoader(
            harness.context.account, 10, harness.context.differences, harness.context.journal
        )
        completed, facts, _, _ = await load_facts(looking, call, harness.context, None)
        return {one.resource for one in collect_claims(completed, facts) if one.exclusive}

    await harness.create_draft()  # from now on the line stands in the catalogue
    assert await alone() == set()
    assert await alone(items=[line(name="Nova linha")]) == {"item/Nova linha"}
    assert await alone(items=[line(unit_price=120)], accept=["overwrite_items"]) == {"item/Revisão"}
    new = {"name": "Nova, Lda", "code": "NOVA"}
    assert await alone(client=new) == {"client/new/NOVA"}
