"""The method that corrects a document by law, and the credit note drafted for it within what remains.

Source: contract H (CIVA 29/7, 36/6; Of.-Circ. 30136/2012; InvoiceXpress's own advice).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from ix_tools.i18n.formats import LISBON
from tests.harness import Harness, Json, document_arguments, exempt_line, invoice, line

REASON = "O valor faturado não é o combinado."


async def judged(harness: Harness, document: Json, wrong: str, **more: Any) -> Json:
    """Return what the workflow says of a document, without drafting."""
    call = document_arguments(document, wrong=wrong, reason=REASON, draft=False)
    return await harness.call("correct_document", {**call, **more})


async def corrected(harness: Harness, document: Json, wrong: str = "too_much", **more: Any) -> Json:
    return await harness.call(
        "correct_document", document_arguments(document, wrong=wrong, reason=REASON, **more)
    )


async def as_of(harness: Harness, day: str) -> Harness:
    """The same harness on another day."""
    then = datetime.fromisoformat(day).replace(tzinfo=LISBON)
    return replace(harness, context=replace(harness.context, now=lambda: then))


@pytest.mark.parametrize(
    ("wrong", "has_it", "method", "law"),
    [
        ("too_much", True, "credit_note", "CIVA 29/7"),
        ("too_much", False, "credit_note", "CIVA 29/7"),
        ("too_little", False, "debit_note", "CIVA 29/7"),
        ("vat", False, "credit_note", "CIVA 29/7"),
        ("client_details", True, "cancel", "PIV 10376"),
        ("client_details", False, "cancel", "30136/2012"),
        ("everything", True, "credit_note", "CIVA 29/7"),
        ("everything", False, "cancel", "30136/2012"),
    ],
)
async def test_the_method_follows_from_what_is_wrong_and_who_has_it(
    harness: Harness, wrong: str, has_it: bool, method: str, law: str
) -> None:
    made = await harness.create_issued()
    told = await judged(harness, made, wrong, client_has_it=has_it)
    assert told["method"] == method
    assert law in told["source"]
    assert told["by"]
    assert told["next"]
    assert "document" not in told


async def test_a_draft_is_changed_and_what_is_cancelled_is_over(harness: Harness) -> None:
    draft = await harness.create_draft()
    told = await judged(harness, draft, "too_much")
    assert told["method"] == "update"
    assert [step["tool"] for step in told["next"]] == ["update_invoice", "change_state"]
    made = await harness.create_issued()
    await harness.call("change_state", document_arguments(made, state="canceled", message=REASON))
    assert (await judged(harness, made, "too_much"))["method"] == "none"


async def test_what_was_due_at_the_tax_authority_is_still_cancelled_and_reported_again(
    harness: Harness,
) -> None:
    """The 5th of December 2026 is a Saturday; e-Fatura FAQ 06-3646 on the state A."""
    made = await harness.create_issued()
    on_the_day = await as_of(harness, "2026-12-07T10:00")
    told = await judged(on_the_day, made, "client_details", client_has_it=False)
    assert (told["method"], "by 07/12/2026" in told["by"], "practice" in told) == ("cancel", True, False)
    after = await as_of(harness, "2026-12-08T10:00")
    told = await judged(after, made, "client_details", client_has_it=False)
    assert (told["method"], "state A" in told["by"]) == ("cancel", True)
    assert "InvoiceXpress advises a credit note" in told["practice"]


async def test_receipts_come_first_and_the_advice_can_be_followed_to_its_end(harness: Harness) -> None:
    made = await harness.create_issued()
    paid = document_arguments(made, amount=50, payment_mechanism="TB", payment_date="2026-11-20")
    del paid["document_type"]
    receipt = (await harness.call("generate_payment", paid))["receipt"]
    told = await judged(harness, made, "client_details", client_has_it=False)
    assert told["first"] == [f"cancel_payment with receipt_id {receipt['id']} ({receipt['number']})"]
    await harness.call("cancel_payment", {"receipt_id": receipt["id"], "message": REASON})
    told = await judged(harness, made, "client_details", client_has_it=False)
    assert "first" not in told
    step = told["next"][0]
    assert (await harness.call(step["tool"], step["arguments"]))["document"]["status"] == "canceled"
    assert told["next"][1]["tool"] == "issue_invoice"


async def test_a_credited_document_is_never_cancelled_too(harness: Harness) -> None:
    made = await harness.create_issued(items=[line(quantity=3)])
    await corrected(harness, made, lines=[{"line": 1, "quantity": 1}])
    told = await judged(harness, made, "client_details", client_has_it=False)
    assert told["method"] == "credit_note"
    assert "never both" in told["why"]
    assert told["remaining"] == "246.00"


async def test_a_note_that_never_left_is_cancelled(harness: Harness) -> None:
    owner = await harness.create_issued()
    note = await harness.create_issued(document_type="credit_notes", owner_invoice_id=owner["id"])
    told = await judged(harness, note, "too_much", client_has_it=False)
    assert told["method"] == "cancel"
    assert "remaining" not in told


async def test_a_delivered_credit_note_is_taken_back_by_a_debit_note_about_the_same_invoice(
    harness: Harness,
) -> None:
    owner = await harness.create_issued()
    note = await harness.create_issued(document_type="credit_notes", owner_invoice_id=owner["id"])
    call = document_arguments(note, wrong="too_much", reason=REASON)
    told = await harness.call("correct_document", call)
    assert (told["method"], "document" in told) == ("debit_note", False)
    assert told["next"][0]["arguments"] == {
        "document_type": "debit_notes",
        "owner_invoice_id": str(owner["id"]),
    }


async def test_wrong_vat_is_taken_off_by_a_credit_note_and_put_back_by_a_debit_note(harness: Harness) -> None:
    """Of.-Circ. 30136/2012, point 14: no new invoice to rectify the tax."""
    owner = await harness.create_issued(items=[line(tax="IVA6")])
    told = await corrected(harness, owner, "vat")
    assert told["document"]["total"] == "106.00"
    assert [step["tool"] for step in told["next"]] == ["change_state", "create_invoice"]
    await harness.call("change_state", told["next"][0]["arguments"])
    again = {
        **told["next"][1]["arguments"],
        **invoice(items=[line(name="Revisão a 23 %")], document_type="debit_notes"),
    }
    assert "1/2026 has 6%" in (await harness.get_refusal("create_invoice", again))["items.0.tax"]
    again["accept"] = ["note_rate"]
    assert (await harness.call("create_invoice", again))["document"]["total"] == "123.00"


@pytest.mark.parametrize("known", [False, True])
async def test_a_note_of_a_simplified_invoice_without_client_stays_with_the_final_consumer(
    harness: Harness, known: bool
) -> None:
    if known:
        own = {"name": "Cliente de balcão", "code": "CF", "fiscal_id": "999999990"}
        await harness.call("create_client", own)
    sold = await harness.create_issued(
        document_type="simplified_invoices", client=None, items=[line(unit_price=50)]
    )
    note = (await corrected(harness, sold, "everything"))["document"]
    assert note["total"] == "61.50"
    client = harness.get_last_body()["client"]
    if known:
        assert client["name"] == "Cliente de balcão"
    else:
        assert client == {"name": "Consumidor Final", "code": "CONSUMIDOR-FINAL", "fiscal_id": "999999990"}
    assert note["client"]["name"] == client["name"]


async def test_a_simplified_invoice_is_issued_again_as_an_invoice(harness: Harness) -> None:
    """What is asked for again is usually a NIF, and a simplified invoice to a business has a limit (CIVA 40/1)."""
    sold = await harness.create_issued(document_type="simplified_invoices", client=None)
    told = await judged(harness, sold, "client_details")
    assert told["next"][-1]["arguments"] == {"document_type": "invoices"}


# --- the drafted note ---------------------------------------------------------------------------------------


async def test_everything_is_credited_with_the_lines_exemption_and_withholding_of_the_owner(
    harness: Harness,
) -> None:
    owner = await harness.create_issued(
        items=[line(quantity=2, discount=10), exempt_line()],
        tax_exemption="M07",
        retention=25,
        reference="PO-9",
    )
    told = await corrected(harness, owner, "everything")
    note = told["document"]
    assert (note["document_type"], note["status"]) == ("credit_notes", "draft")
    assert note["total"] == owner["total"] == told["remaining"]
    assert note["tax_exemption"] == "M07"
    assert note["retention"] == "25"
    assert note["reference"] == "PO-9"
    assert note["observations"] == REASON
    assert note["client"]["id"] == owner["client"]["id"]
    assert [one["net"] for one in note["lines"]] == [one["net"] for one in owner["lines"]]
    assert harness.get_last_body()["owner_invoice_id"] == str(owner["id"])
    step = told["next"][0]
    assert (await harness.call(step["tool"], step["arguments"]))["document"]["total"] == owner["total"]


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([{"line": 1, "quantity": 1}], "110.70"),
        ([{"line": 1, "amount": 10}], "12.30"),
        ([{"line": 2}], "120.00"),
        ([{"line": 1, "quantity": 2}, {"line": 2, "amount": "0.01"}], "221.41"),
    ],
)
async def test_lines_are_credited_in_part_by_quantity_or_amount(
    harness: Harness, lines: list[Json], total: str
) -> None:
    owner = await harness.create_issued(
        items=[line(quantity=2, discount=10), exempt_line()], tax_exemption="M07"
    )
    note = (await corrected(harness, owner, lines=lines))["document"]
    assert note["total"] == total
    assert (note.get("tax_exemption") == "M07") is any(one["line"] == 2 for one in lines)


async def test_what_remains_after_partial_notes_is_credited_and_then_nothing_is_left(
    harness: Harness,
) -> None:
    owner = await harness.create_issued(items=[line(quantity=3), exempt_line()], tax_exemption="M07")
    await corrected(harness, owner, lines=[{"line": 1, "quantity": 1}])
    rest = await corrected(harness, owner, "everything")
    assert rest["remaining"] == rest["document"]["total"] == "366.00"
    assert [one["quantity"] for one in rest["document"]["lines"]] == ["2", "1"]
    told = await corrected(harness, owner, "everything")
    assert told["method"] == "none"
    assert "document" not in told


async def test_more_than_remains_is_refused_and_nothing_is_drafted(harness: Harness) -> None:
    owner = await harness.create_issued(items=[line(quantity=2)])
    await corrected(harness, owner, lines=[{"line": 1, "quantity": 1}])
    found = await harness.get_refusal(
        "correct_document",
        document_arguments(owner, wrong="too_much", reason=REASON, lines=[{"line": 1, "quantity": 2}]),
    )
    assert "only 123.00 of 1/2026 is left to credit" in found["items"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"lines": [{"line": 2}]}, "lines"),
        ({"lines": [{"line": 1, "quantity": 1, "amount": 1}]}, "lines.0.amount"),
        ({"lines": ["1"]}, "lines.0"),
        ({"reason": "Erro."}, "reason"),
        ({"wrong": "all"}, "wrong"),
    ],
)
async def test_what_cannot_be_meant_is_refused(harness: Harness, more: Json, field: str) -> None:
    owner = await harness.create_issued()
    call = {**document_arguments(owner, wrong="too_much", reason=REASON), **more}
    assert field in await harness.get_refusal("correct_document", call)


async def test_after_a_note_by_amount_the_caller_says_which_lines_are_left(harness: Harness) -> None:
    owner = await harness.create_issued(items=[line(quantity=2)])
    await corrected(harness, owner, lines=[{"line": 1, "amount": 10}])
    call = document_arguments(owner, wrong="everything", reason=REASON)
    assert (
        "earlier notes do not say of which lines"
        in (await harness.get_refusal("correct_document", call))["lines"]
    )
    note = (await corrected(harness, owner, lines=[{"line": 1, "amount": 190}]))["document"]
    assert note["total"] == "233.70"


async def test_a_discount_over_all_lines_is_left_to_the_caller(harness: Harness) -> None:
    discount = {"value_type": "percentage", "value": 10}
    owner = await harness.create_issued(global_discount=discount, accept=["global_discount"])
    call = document_arguments(owner, wrong="everything", reason=REASON)
    assert "discount over all lines" in (await harness.get_refusal("correct_document", call))["document_id"]


async def test_a_price_that_changed_in_the_catalogue_is_not_put_back_unasked(harness: Harness) -> None:
    owner = await harness.create_issued()
    item = next(
        one
        for one in (await harness.call("list_items", {}))["items"]
        if one["name"] == owner["lines"][0]["name"]
    )
    await harness.call("update_item", {"item_id": item["id"], "unit_price": 150})
    call = document_arguments(owner, wrong="everything", reason=REASON)
    await harness.check_acceptance("correct_document", call, "overwrite_items")


async def test_the_same_correction_twice_is_one_note(harness: Harness) -> None:
    owner = await harness.create_issued(items=[line(quantity=3)])
    once = await corrected(harness, owner, lines=[{"line": 1, "quantity": 1}], idempotency_key="nota-1")
    twice = await corrected(harness, owner, lines=[{"line": 1, "quantity": 1}], idempotency_key="nota-1")
    assert once["document"]["id"] == twice["document"]["id"]
