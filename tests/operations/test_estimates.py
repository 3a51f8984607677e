"""Quotes, pro formas and fees notes: from the draft to the client's answer.

Source: contract A2 and table B; words accept and refuse (J5).
"""

import pytest

from tests.harness import TODAY, Harness, Json, document_arguments, exempt_line, invoice, line

TYPES = ["quotes", "proformas", "fees_notes"]


async def estimate(harness: Harness, **changes: object) -> Json:
    made: Json = await harness.call("create_estimate", {"document_type": "quotes", **invoice(), **changes})
    document: Json = made["document"]
    return document


async def final(harness: Harness, **changes: object) -> Json:
    made = await estimate(harness, **changes)
    document: Json = (await harness.call("change_state", document_arguments(made, state="finalized")))[
        "document"
    ]
    return document


@pytest.mark.parametrize("kind", TYPES)
async def test_an_estimate_is_a_draft_until_it_is_finalized(harness: Harness, kind: str) -> None:
    made = await estimate(harness, document_type=kind)
    assert (made["status"], made["document_type"], made["total"]) == ("draft", kind, "123.00")
    issued = (await harness.call("change_state", document_arguments(made, state="finalized")))["document"]
    assert issued["status"] == "final"


async def test_the_draft_goes_out_in_the_envelope_of_its_type(harness: Harness) -> None:
    await estimate(harness, document_type="fees_notes")
    assert list(harness.list_writes()[-1]["body"]) == ["fees_note"]
    assert harness.list_writes()[-1]["path"] == "/fees_notes.json"


async def test_an_estimate_is_held_to_the_same_rules_as_an_invoice(harness: Harness) -> None:
    call = {**invoice(items=[exempt_line()]), "document_type": "quotes"}
    assert "tax_exemption" in await harness.get_refusal("create_estimate", call)
    call = {**invoice(items=[line(tax="IVA99")]), "document_type": "quotes"}
    assert "items.0.tax" in await harness.get_refusal("create_estimate", call)


async def test_an_update_keeps_what_it_does_not_name(harness: Harness) -> None:
    made = await estimate(harness, observations="Válido 30 dias")
    changed = (await harness.call("update_estimate", document_arguments(made, reference="PO-1")))["document"]
    assert (changed["reference"], changed["observations"], changed["total"]) == (
        "PO-1",
        "Válido 30 dias",
        "123.00",
    )


async def test_the_client_can_accept_change_their_mind_and_the_estimate_be_cancelled(
    harness: Harness,
) -> None:
    made = await final(harness)
    words = ("accept", "refuse", "accept", "canceled")
    seen = [
        (await harness.call("change_state", document_arguments(made, state=word)))["document"]["status"]
        for word in words
    ]
    assert seen == ["accepted", "refused", "accepted", "canceled"]
    assert harness.get_last_body()["state"] == "canceled"


async def test_the_words_that_travel_are_accept_and_refuse(harness: Harness) -> None:
    made = await final(harness)
    await harness.call("change_state", document_arguments(made, state="accept"))
    assert harness.get_last_body() == {"state": "accept"}


@pytest.mark.parametrize("word", ["settled", "unsettled", "accept"])
async def test_a_draft_estimate_knows_only_finalized_and_deleted(harness: Harness, word: str) -> None:
    made = await estimate(harness)
    found = await harness.get_refusal("change_state", document_arguments(made, state=word))
    assert "finalized, deleted" in found["state"]


async def test_an_invoice_is_neither_accepted_nor_refused(harness: Harness) -> None:
    made = await harness.create_issued()
    assert (
        "accepted"
        in (await harness.get_refusal("change_state", document_arguments(made, state="accept")))["state"]
    )


async def test_cancelling_an_estimate_needs_no_reason(harness: Harness) -> None:
    made = await final(harness)
    assert (await harness.call("change_state", document_arguments(made, state="canceled")))["ok"]


async def test_the_approval_does_not_call_a_quote_a_tax_document(harness: Harness) -> None:
    made = await estimate(harness)
    text = await harness.get_approval_text("change_state", document_arguments(made, state="finalized"))
    assert "it is no invoice" in text
    assert "tax document" not in text


async def test_estimates_are_listed_by_type_and_state(harness: Harness) -> None:
    first, second = await estimate(harness), await final(harness, document_type="proformas")
    harness.sandbox.advance(60)
    rows = (await harness.call("list_estimates", {"states": ["final"]}))["estimates"]
    assert [row["id"] for row in rows] == [second["id"]]
    rows = (await harness.call("list_estimates", {"types": ["quotes"]}))["estimates"]
    assert [row["id"] for row in rows] == [first["id"]]
    assert harness.sandbox.requests()[-1]["query"]["type[]"] == ["Quote"]


async def test_the_filter_says_sent_where_the_estimate_says_final(harness: Harness) -> None:
    await harness.call("list_estimates", {"states": ["final", "accepted"]})
    assert harness.sandbox.requests()[-1]["query"]["status[]"] == ["sent", "accepted"]


async def test_dates_run_with_numbers_among_estimates_too(harness: Harness) -> None:
    await final(harness)
    harness.sandbox.advance(60)
    early = await estimate(harness, date="2026-11-10", due_date=TODAY)
    assert "date" in await harness.get_refusal("change_state", document_arguments(early, state="finalized"))


async def test_an_estimate_can_be_mailed_and_printed(harness: Harness) -> None:
    made = await final(harness)
    sent = await harness.call("send_email", document_arguments(made, email="compras@acme.example"))
    assert sent["to"] == "compras@acme.example"
    assert (await harness.call("get_pdf", {"document_id": made["id"]}))["status"] == "ready"


async def accept(harness: Harness, **changes: object) -> Json:
    accepted: Json = await harness.call(
        "change_state", document_arguments(await final(harness, **changes), state="accept")
    )
    return accepted


async def test_an_accepted_estimate_suggests_the_invoice_whole(harness: Harness) -> None:
    lines = [
        line(name="Obra", unit_price=1000, discount=5),
        line(name="Visita", quantity=3, unit_price="33.33", tax="IVA6"),
    ]
    accepted = await accept(harness, items=lines, accept=["overwrite_items"])
    (step,) = accepted["next"]
    assert "deposit" in step["why"]
    billed = await harness.call(step["tool"], step["arguments"])
    assert billed["document"]["total"] == accepted["document"]["total"]
    assert billed["document"]["reference"] == "Orçamento 1/2026"
    assert [one["name"] for one in billed["document"]["lines"]] == ["Obra", "Visita"]


@pytest.mark.parametrize(
    "changes",
    [
        {"items": [exempt_line()], "tax_exemption": "M07"},
        {"retention": 25},
        {"items": [line(name="Peça", unit_price="0.0125", quantity=1000)]},
        {"items": [line(name=f"Peça {number}", unit_price=1) for number in range(11)]},
    ],
)
async def test_an_estimate_that_its_result_does_not_tell_whole_suggests_none(
    harness: Harness, changes: Json
) -> None:
    assert "next" not in await accept(harness, accept=["exemption_buyer", "high_retention"], **changes)
