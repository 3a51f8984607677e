"""An invoice in one call: one document, one yes, one e-mail, whatever stops it on the way.

Source: the issue on breadth, deliverable 6; docs/concepts/approvals.md.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals.repository import ApprovalRepository, Reply
from ix_tools.errors import IxError
from ix_tools.idempotency.journal import Journal
from ix_tools.storage.schema import intents
from tests.harness import (
    ApprovalNeeded,
    Harness,
    Json,
    document_arguments,
    execute,
    invoice,
    line,
    warnings_by_field,
)

TO = "compras@acme.example"


def build_arguments(**changes: Any) -> Json:
    """The arguments of issue_invoice for ACME, with an e-mail; making a PDF takes longer than all the rest."""
    return invoice(**{"email": TO, "delivery": "resource", **changes})


def states(body: Json) -> dict[str, str]:
    return {one["step"]: one["state"] for one in body["steps"]}


def did(harness: Harness, *endings: str) -> list[int]:
    """How many writes of each kind InvoiceXpress got."""
    paths = [one["path"] for one in harness.list_writes()]
    return [sum(bool(re.search(ending, path)) for path in paths) for ending in endings]


def all_writes(harness: Harness) -> list[int]:
    """Documents made, states changed, e-mails sent."""
    return did(harness, r"^/\w+\.json$", "change-state", "email-document")


async def question(harness: Harness, call: Json) -> ApprovalNeeded:
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(harness.context, "issue_invoice", call, can_ask=True)
    return needed.value


async def answered(harness: Harness, call: Json, asked: ApprovalNeeded, **more: Any) -> Json:
    reply = Reply(asked.approval.handle, True)
    return await execute(harness.context, "issue_invoice", call, can_ask=True, reply=reply, **more)


async def stopped(harness: Harness, call: Json, asked: ApprovalNeeded, *, yes: bool = True) -> IxError:
    reply = Reply(asked.approval.handle, yes)
    with pytest.raises(IxError) as error:
        await execute(harness.context, "issue_invoice", call, can_ask=True, reply=reply)
    return error.value


def reopen(harness: Harness) -> Harness:
    """The same files after the process ended and another began."""
    store = harness.context.store
    desk = replace(
        harness.context,
        approvals=ApprovalRepository(store, 15),
        journal=Journal(store, 240.0),
        has_recovered=False,
    )
    return Harness(harness.sandbox, desk)


# --- all the way -------------------------------------------------------------------------------------------


async def test_one_call_and_one_yes_issue_fetch_and_send(harness: Harness) -> None:
    result = await harness.call("issue_invoice", build_arguments(subject="A sua fatura", delivery="file"))
    assert result["status"] == "issued"
    assert states(result) == dict.fromkeys(("draft", "finalize", "pdf", "email"), "done")
    assert result["document"]["status"] == "final"
    assert result["document"]["number"] == "1/2026"
    assert result["pdf"]["file"].endswith(".pdf")
    assert result["email"]["to"] == TO
    assert all_writes(harness) == [1, 1, 1]
    assert result["undo"]["what"].startswith("The e-mail cannot be called back; credit or debit")
    assert "idempotency_key" not in warnings_by_field(result)


async def step_keys(harness: Harness) -> list[str]:
    """The journal's keys of e-mails."""
    entries = harness.context.journal.list_intents(harness.context.account.name)
    return [one.key for one in entries if one.operation == "send_email"]


@pytest.mark.parametrize("kind", ["", "step:", "caller:", "caller:step:"])
async def test_nobody_takes_the_key_of_a_step_before_it(harness: Harness, kind: str) -> None:
    """Whoever may only make drafts can guess it: which document comes next is no secret."""
    first = await harness.call("issue_invoice", build_arguments(reference="first"))
    (key,) = await step_keys(harness)
    plain = key.removeprefix("step:")
    guessed = plain.replace(str(first["document"]["id"]), str(first["document"]["id"] + 1))
    assert guessed != plain
    quote = invoice(document_type="quotes", idempotency_key=f"{kind}{guessed}")
    taken = await harness.call("create_estimate", quote)
    later = guessed.replace(str(first["document"]["id"] + 1), str(taken["document"]["id"] + 1))
    await harness.call("create_client", {"name": "X", "code": "X", "idempotency_key": f"{kind}{later}"})
    result = await harness.call("issue_invoice", build_arguments(reference="second"))
    assert (await step_keys(harness))[0] in {f"step:{guessed}", f"step:{later}"}
    assert states(result)["email"] == "done"
    assert did(harness, "email-document") == [2]


async def test_an_email_that_an_older_version_sent_is_not_sent_again(harness: Harness) -> None:
    """It wrote the key of the step as if a caller had given it."""
    await harness.call("issue_invoice", build_arguments())
    with harness.context.store.writing() as connection:
        step = intents.c.key.startswith("step:")
        key = sql.func.replace(intents.c.key, "step:", "caller:")
        assert connection.execute(intents.update().where(step).values(key=key)).rowcount == 1
    result = await harness.call("issue_invoice", build_arguments())
    assert states(result)["email"] == "done"
    assert did(harness, "email-document") == [1]


async def test_without_a_recipient_nothing_is_sent_and_the_next_step_offers_it(harness: Harness) -> None:
    result = await harness.call("issue_invoice", build_arguments(email=None))
    assert states(result) == dict.fromkeys(("draft", "finalize", "pdf"), "done")
    assert all_writes(harness) == [1, 1, 0]
    assert [step["tool"] for step in result["next"]] == ["send_email", "generate_payment"]
    assert result["undo"]["what"].startswith("Cancel it, or credit or debit it")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("invoice_receipts", "settled"), ("simplified_invoices", "final"), ("credit_notes", "final")],
)
async def test_every_kind_of_invoice_is_issued_so(harness: Harness, kind: str, status: str) -> None:
    owner = (await harness.create_issued())["id"] if kind == "credit_notes" else None
    result = await harness.call("issue_invoice", build_arguments(document_type=kind, owner_invoice_id=owner))
    assert result["document"]["status"] == status
    assert states(result)["email"] == "done"
    assert result["undo"]["what"]


async def test_the_question_shows_the_document_the_recipient_and_what_cannot_be_undone(
    harness: Harness,
) -> None:
    text = await harness.get_approval_text(
        "issue_invoice", build_arguments(subject="A sua fatura", body="Segue em anexo.")
    )
    for shown in (
        "Finalize + ",
        "ACME, Lda",
        "Revisão: 1 × €100.00",
        "Total: €123.00",
        "Invoice 1/2026 (expected number)",
        "Then, with the same approval: ",
        f"Recipient: {TO}",
        "Subject: A sua fatura",
        "Text: Segue em anexo.",
        "only cancelled with a reason",
        "cannot be called back",
    ):
        assert shown in text, shown
    assert all_writes(harness) == [1, 0, 0]


async def test_an_address_that_is_not_the_clients_is_said_before_the_yes(harness: Harness) -> None:
    assert "the client's own address is" in await harness.get_approval_text(
        "issue_invoice", build_arguments(email="x@y.example")
    )


@pytest.mark.parametrize("given", [{"subject": "Fatura"}, {"body": "Segue."}])
async def test_words_without_a_recipient_are_refused(harness: Harness, given: Json) -> None:
    assert "email" in await harness.get_refusal("issue_invoice", invoice(**given))


async def test_what_create_invoice_refuses_makes_nothing(harness: Harness) -> None:
    assert "items.0.tax" in " ".join(
        await harness.get_refusal("issue_invoice", build_arguments(items=[line(tax="IVA24")]))
    )
    error = await harness.get_error("issue_invoice", build_arguments(items=[line(tax="IVA24")]))
    assert error.details["stopped_at"] == "draft"
    assert set(states(error.details).values()) == {"not done"}


# --- the yes is for this and nothing else --------------------------------------------------------------------


async def test_a_yes_for_one_recipient_is_none_for_another(harness: Harness) -> None:
    asked = await question(harness, build_arguments())
    error = await stopped(harness, build_arguments(email="outra@acme.example"), asked)
    assert error.code == "approval_for_other_arguments"
    assert all_writes(harness) == [1, 0, 0]


@pytest.mark.parametrize(
    "changed", [{"body": "Outro texto."}, {"items": [line(quantity=2)]}, {"email": None}]
)
async def test_a_yes_for_one_call_is_none_for_a_changed_one(harness: Harness, changed: Json) -> None:
    asked = await question(harness, build_arguments())
    assert (await stopped(harness, build_arguments(**changed), asked)).code == "approval_for_other_arguments"
    assert did(harness, "change-state", "email-document") == [0, 0]


async def test_a_yes_is_used_up_with_the_call_it_was_given_to(harness: Harness) -> None:
    asked = await question(harness, build_arguments())
    await answered(harness, build_arguments(), asked)
    result = await answered(harness, build_arguments(), asked)
    assert result["document"]["number"] == "1/2026"
    assert all_writes(harness) == [1, 1, 1]


async def test_what_the_yes_covers_is_no_yes_outside_of_the_workflow(harness: Harness) -> None:
    """Finalized, the mail still covered: send_email itself, with the very same words, asks for itself."""
    call = build_arguments()
    asked = await question(harness, call)
    await broken_off(harness, call, asked, at="finalized")
    made = (await harness.call("list_invoices", {"states": ["final"]}))["invoices"][0]
    mail = document_arguments(made, email=TO)
    with pytest.raises(ApprovalNeeded):
        await execute(harness.context, "send_email", mail, can_ask=True)
    assert all_writes(harness) == [1, 1, 0]


async def test_a_draft_that_changed_after_the_question_is_asked_about_again_with_the_difference(
    harness: Harness,
) -> None:
    asked = await question(harness, build_arguments())
    draft = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]
    await harness.call("update_invoice", document_arguments(draft, items=[line(quantity=2)]))
    error = await stopped(harness, build_arguments(), asked)
    assert error.code == "document_changed"
    assert did(harness, "change-state", "email-document") == [0, 0]
    anew = await question(harness, build_arguments())
    assert "Total: €246.00" in anew.approval.text
    assert "Total: asked €123.00, stored €246.00" in anew.approval.text
    assert (await stopped(harness, build_arguments(), anew)).code == "differences_not_accepted"
    assert did(harness, "change-state", "email-document") == [0, 0]


async def test_a_document_that_changed_after_it_was_issued_is_not_sent_on_the_same_yes(
    harness: Harness,
) -> None:
    call = build_arguments()
    asked = await question(harness, call)
    number = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]["id"]
    await broken_off(harness, call, asked, at="finalized")
    raw = harness.read_raw(f"/invoices/{number}.json")
    raw["invoice"]["client"]["name"] = "Outra, Lda"
    path = f"/invoices/{number}.json"
    # Read by the replay of the create, by the workflow, and by the gate of the e-mail.
    harness.sandbox.fault("GET", path, times=3, status=200, body=raw)
    with pytest.raises(IxError) as error:
        await execute(harness.context, "issue_invoice", call, can_ask=True)
    assert error.value.code == "document_changed"
    assert all_writes(harness) == [1, 1, 0]
    anew = await question(harness, call)
    assert f"Recipient: {TO}" in anew.approval.text
    assert states(await answered(harness, call, anew))["email"] == "done"
    assert all_writes(harness) == [1, 1, 1]


async def test_a_second_yes_is_asked_for_when_the_first_one_is_too_old_for_the_mail(harness: Harness) -> None:
    call = build_arguments()
    now = [1_000.0]
    dated = replace(
        harness,
        context=replace(
            harness.context, approvals=ApprovalRepository(harness.context.store, 15, lambda: now[0])
        ),
    )
    asked = await question(dated, call)
    await broken_off(dated, call, asked, at="finalized")
    now[0] += 16 * 60
    anew = await question(dated, call)
    assert f"Recipient: {TO}" in anew.approval.text
    assert all_writes(harness) == [1, 1, 0]


# --- stopped on the way ------------------------------------------------------------------------------------


class Gone(Exception):
    """The process ended here."""


async def broken_off(harness: Harness, call: Json, asked: ApprovalNeeded, at: str) -> None:
    """Carry a call out until it tells of a step, and no further."""

    async def record_progress(done: float, total: float, message: str) -> None:
        if message.startswith(at):
            raise Gone

    with pytest.raises(Gone):
        await answered(harness, call, asked, progress=record_progress)


async def test_declined_the_draft_stays_and_the_error_says_how_to_go_on(harness: Harness) -> None:
    asked = await question(harness, build_arguments())
    error = await stopped(harness, build_arguments(), asked, yes=False)
    shown = error.as_dict()
    assert (shown["code"], shown["sent"], shown["stopped_at"]) == ("approval_declined", "stored", "finalize")
    assert states(shown) == {"draft": "done", "finalize": "not done", "pdf": "not done", "email": "not done"}
    assert shown["document"]["status"] == "draft"
    assert f"the draft invoice {shown['document']['id']} stays" in shown["message"]
    assert "Nothing was sent" not in shown["message"]
    assert "update_invoice" in str(shown["next"])
    assert "deleted" in str(shown["next"])
    assert "repeat" not in str(shown["next"])
    result = await harness.call("issue_invoice", build_arguments())
    assert result["document"]["id"] == shown["document"]["id"]
    assert all_writes(harness) == [1, 1, 1]


@pytest.mark.parametrize("at", ["finalized", "the PDF"])
async def test_broken_off_after_it_was_issued_the_same_call_sends_the_one_mail_without_asking_again(
    harness: Harness, at: str
) -> None:
    call = build_arguments(idempotency_key="encomenda-7")
    await broken_off(harness, call, await question(harness, call), at)
    after = reopen(harness)
    result = await execute(after.context, "issue_invoice", call, can_ask=True)
    assert set(states(result).values()) == {"done"}
    assert all_writes(harness) == [1, 1, 1]
    repeated = await execute(after.context, "issue_invoice", call, can_ask=True)
    assert repeated["document"] == result["document"]
    assert "in an earlier call" in repeated["steps"][-1]["about"]
    assert all_writes(harness) == [1, 1, 1]


async def test_repeated_by_content_alone_it_says_that_it_was_done_before(harness: Harness) -> None:
    first = await harness.call("issue_invoice", build_arguments())
    second = await harness.call("issue_invoice", build_arguments())
    assert second["document"]["id"] == first["document"]["id"]
    assert "new idempotency_key" in warnings_by_field(second)["idempotency_key"]
    assert all_writes(harness) == [1, 1, 1]
    other = await harness.call("issue_invoice", build_arguments(idempotency_key="mais-uma"))
    assert other["document"]["number"] == "2/2026"
    assert all_writes(harness) == [2, 2, 2]


@pytest.mark.parametrize("gone", ["deleted", "canceled"])
async def test_under_a_key_whose_document_is_gone_nothing_is_done(harness: Harness, gone: str) -> None:
    call = build_arguments(idempotency_key="encomenda-8")
    asked = await question(harness, call)
    draft = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]
    if gone == "canceled":
        await answered(harness, call, asked)
    reason = {"message": "Emitida ao cliente errado."} if gone == "canceled" else {}
    await harness.call("change_state", document_arguments(draft, state=gone, **reason))
    before = all_writes(harness)
    error = await harness.get_error("issue_invoice", call)
    assert error.code == "document_gone"
    assert "new idempotency_key" in str(error.next)
    assert all_writes(harness) == before


async def test_a_draft_made_before_by_create_invoice_is_taken_up(harness: Harness) -> None:
    made = (await harness.call("create_invoice", invoice()))["document"]
    result = await harness.call("issue_invoice", build_arguments())
    assert result["document"]["id"] == made["id"]
    assert all_writes(harness) == [1, 1, 1]


async def test_a_draft_that_was_changed_and_issued_elsewhere_is_told_and_mailed_only_after_a_yes(
    harness: Harness,
) -> None:
    asked = await question(harness, build_arguments())
    draft = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]
    await harness.call("update_invoice", document_arguments(draft, items=[line(quantity=2)]))
    await harness.call("change_state", document_arguments(draft, state="finalized"))
    assert (await stopped(harness, build_arguments(), asked)).code == "document_changed"
    result = await harness.call("issue_invoice", build_arguments())
    assert warnings_by_field(result)["total"] == "issued as 246.00; this call asked 123.00"
    assert all_writes(harness)[2] == 1


async def test_a_pdf_that_is_still_being_made_is_told_and_holds_nothing_up(harness: Harness) -> None:
    asked = await question(harness, build_arguments(delivery="file"))
    number = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]["id"]
    harness.sandbox.fault("GET", "/api/pdf/", times=None, status=202, body={})
    result = await answered(harness, build_arguments(delivery="file"), asked)
    assert states(result)["pdf"] == "waiting"
    assert states(result)["email"] == "done"
    assert result["next"][0] == {
        **result["next"][0],
        "tool": "get_pdf",
        "arguments": {"document_id": str(number)},
    }


async def test_a_pdf_that_fails_is_told_and_holds_nothing_up(harness: Harness) -> None:
    asked = await question(harness, build_arguments(delivery="file"))
    number = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]["id"]
    harness.sandbox.fault(
        "GET", f"/api/pdf/{number}.json", status=422, body={"errors": [{"error": "invalid state"}]}
    )
    result = await answered(harness, build_arguments(delivery="file"), asked)
    assert states(result) == {"draft": "done", "finalize": "done", "pdf": "not done", "email": "done"}


async def mail_fails(harness: Harness, **fault: Any) -> tuple[Json, Json]:
    """An workflow whose mail fails so; the call and the error."""
    call = build_arguments()
    asked = await question(harness, call)
    number = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]["id"]
    harness.sandbox.fault("PUT", f"/invoices/{number}/email-document.json", **fault)
    return call, (await stopped(harness, call, asked)).as_dict()


async def test_a_mail_that_was_refused_leaves_an_issued_document_and_is_asked_for_again(
    harness: Harness,
) -> None:
    refusal = {"errors": [{"error": "E-mail is not part of your plan"}]}
    call, shown = await mail_fails(harness, status=422, body=refusal)
    assert (shown["sent"], shown["stopped_at"]) == ("stored", "email")
    assert states(shown) == {"draft": "done", "finalize": "done", "pdf": "done", "email": "not done"}
    assert "invoice 1/2026" in shown["message"]
    assert "The e-mail was not sent." in shown["message"]
    assert shown["document"]["status"] == "final"
    anew = await question(harness, call)
    assert states(await answered(harness, call, anew))["email"] == "done"
    assert did(harness, "change-state") == [1]


async def test_a_mail_of_which_nobody_knows_is_told_and_never_repeated_by_itself(harness: Harness) -> None:
    call, shown = await mail_fails(harness, status=500, body={})
    assert (shown["code"], shown["sent"]) == ("outcome_unknown", "unknown")
    assert states(shown)["email"] == "unknown"
    assert "send_email" in str(shown["next"])
    sent = all_writes(harness)
    once_more = await harness.get_error("issue_invoice", call)
    assert once_more.code == "outcome_unknown"
    assert all_writes(harness) == sent


async def test_a_finalization_without_an_answer_is_looked_at_and_the_workflow_goes_on(
    harness: Harness,
) -> None:
    call = build_arguments()
    asked = await question(harness, call)
    number = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]["id"]
    harness.sandbox.fault(
        "PUT", f"/invoices/{number}/change-state.json", status=500, body={}, after_commit=True
    )
    result = await answered(harness, call, asked)
    assert set(states(result).values()) == {"done"}
    assert all_writes(harness) == [1, 1, 1]


async def test_a_draft_stored_differently_stops_there(harness: Harness) -> None:
    made = harness.read_raw(f"/invoices/{(await harness.create_draft())['id']}.json")
    number = made["invoice"]["id"] + 1
    harness.alter_answer(f"/invoices/{number}.json", made, id=number, total=123.01)
    error = await harness.get_error("issue_invoice", build_arguments())
    assert (error.code, error.sent) == ("stored_differently", "stored")
    assert error.details["stopped_at"] == "draft"
    assert f"the draft invoice {number} stays" in str(error)
    assert did(harness, "change-state", "email-document") == [0, 0]


async def test_what_is_issued_differently_is_told_as_issued_and_not_sent(harness: Harness) -> None:
    call = build_arguments()
    asked = await question(harness, call)
    number = (await harness.call("list_invoices", {"states": ["draft"]}))["invoices"][0]["id"]
    path = f"/invoices/{number}.json"
    raw = harness.read_raw(path)
    raw["invoice"] |= {"status": "final", "sequence_number": "1/2026", "total": 123.01}
    # After the fresh read: the reading back.
    harness.sandbox.fault("GET", path, skip=1, status=200, body=raw)
    error = await stopped(harness, call, asked)
    assert (error.code, error.sent) == ("stored_differently", "stored")
    assert "invoice 1/2026" in str(error)
    assert "not finalized" not in str(error)
    assert "no e-mail was sent" in str(error)
    assert all_writes(harness) == [1, 1, 0]


@pytest.mark.parametrize("closed", ["create_invoice", "get_document", "change_state", "send_email"])
async def test_an_workflow_with_a_step_that_is_closed_does_not_begin(harness: Harness, closed: str) -> None:
    """Nothing is drafted that could not be issued, and nothing issued that could not be sent as asked."""
    settings = harness.context.settings.model_copy(update={"exclude": (closed,)})
    harness.context = replace(harness.context, settings=settings)
    harness.sandbox.clear_requests()
    with pytest.raises(IxError) as refused:
        await execute(harness.context, "issue_invoice", build_arguments(), can_ask=True)
    assert (refused.value.code, refused.value.sent) == ("operation_excluded", "nothing")
    assert closed in str(refused.value)
    assert harness.sandbox.requests() == []


async def test_a_step_that_is_closed_stops_no_workflow_that_does_not_need_it(harness: Harness) -> None:
    settings = harness.context.settings.model_copy(update={"exclude": ("send_email", "get_pdf")})
    harness.context = replace(harness.context, settings=settings)
    asked = await question(harness, build_arguments(email=None))
    body = await answered(harness, build_arguments(email=None), asked)
    assert states(body) == {"draft": "done", "finalize": "done", "pdf": "not done"}
