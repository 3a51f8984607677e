"""Updates: replacements on the wire, so that what is not sent again is lost."""

from datetime import datetime
from typing import Any

import pytest

from ix_tools.i18n.formats import LISBON
from tests.harness import NOW, Harness, document_arguments, exempt_line, guide, line
from tests.interfaces.mcp.sandbox_documents import create_draft as elsewhere
from tests.interfaces.mcp.sandbox_documents import send_raw


@pytest.mark.parametrize("word", ["finalized", "canceled", "deleted"])
async def test_only_drafts_are_edited(harness: Harness, word: str) -> None:
    """Portaria 363/2010; "O documento já foi finalizado, não pode ser alterado."."""
    draft = await harness.create_draft()
    assert (await harness.call("update_invoice", document_arguments(draft, reference="A")))["document"][
        "reference"
    ] == "A"
    if word != "deleted":
        await harness.call("change_state", document_arguments(draft, state="finalized"))
    if word != "finalized":
        await harness.call(
            "change_state",
            document_arguments(
                draft, state=word, **({"message": "Emitida por engano."} if word == "canceled" else {})
            ),
        )
    found = await harness.get_refusal("update_invoice", document_arguments(draft, reference="B"))
    assert "only drafts can be changed" in found["document_id"]


async def test_what_is_left_out_of_an_update_stays_as_it_was(harness: Harness) -> None:
    """Trap 5: PUT replaces; the tool reads, merges and sends the whole document."""
    draft = await harness.create_draft(
        items=[
            line(unit_price="2.0244", quantity="1.5", discount="12.5", unit="hour", description="uma\nduas"),
            exempt_line(),
        ],
        tax_exemption="M07",
        reference="PO-1",
        observations="obrigado",
        retention="11.5",
        sequence_id=70020,
        due_date="2027-01-31",
    )
    before = harness.read_raw(f"/invoices/{draft['id']}.json")["invoice"]
    await harness.call("update_invoice", document_arguments(draft, reference="PO-2"))
    after = harness.read_raw(f"/invoices/{draft['id']}.json")["invoice"]
    assert {**after, "reference": "PO-1"} == before
    assert harness.get_last_body()["items"][0]["unit_price"] == "2.0244"


async def test_a_guide_keeps_its_places(harness: Harness) -> None:
    draft = (
        await harness.call(
            "create_guide", guide(load_site="Cais 3", delivery_site="Loja", license_plate="11-AA-22")
        )
    )["document"]
    before = harness.read_raw(f"/transports/{draft['id']}.json")["transport"]
    await harness.call(
        "update_guide", document_arguments(draft, loaded_at="2026-11-20T13:00", observations="frágil")
    )
    after = harness.read_raw(f"/transports/{draft['id']}.json")["transport"]
    assert {**after, "observations": ""} == before


async def test_a_guide_keeps_the_loading_time_and_sites_it_was_given(harness: Harness) -> None:
    """Answers do not show them (trap 5); the journal knows what was sent last, also after several updates."""
    sites = {"load_site": "Cais 3", "delivery_site": "Loja"}
    draft = (await harness.call("create_guide", guide(**sites)))["document"]
    await harness.call("update_guide", document_arguments(draft, observations="frágil"))
    assert harness.get_last_body()["loaded_at"] == "20/11/2026 12:00:00"
    await harness.call(
        "update_guide", document_arguments(draft, loaded_at="2026-11-20T15:00", load_site="Cais 4")
    )
    await harness.call("update_guide", document_arguments(draft, observations="muito frágil"))
    kept = harness.get_last_body()
    assert kept["loaded_at"] == "20/11/2026 15:00:00"
    assert (kept["load_site"], kept["delivery_site"]) == ("Cais 4", "Loja")


async def test_a_guide_written_elsewhere_wants_its_loading_time(harness: Harness) -> None:
    """Nobody here knows it, so it cannot be taken over."""
    draft = await elsewhere(harness, "transports")
    found = await harness.get_refusal("update_guide", {**draft, "observations": "x"})
    assert "it is not returned" in found["loaded_at"]
    later = {**draft, "loaded_at": "2026-11-20T15:00", "accept": ["unreturned"]}
    assert (await harness.call("update_guide", later))["ok"]
    await harness.call("update_guide", {**draft, "observations": "x"})
    assert harness.get_last_body()["loaded_at"] == "20/11/2026 15:00:00"


async def test_a_loading_time_that_has_passed_meanwhile_is_refused(harness: Harness) -> None:
    draft = (await harness.call("create_guide", guide()))["document"]
    assert (
        "has passed"
        in (await harness.get_refusal("update_guide", document_arguments(draft, loaded_at=NOW)))["loaded_at"]
    )
    harness.context.now = lambda: datetime(2026, 11, 20, 12, 0, 1, tzinfo=LISBON)
    found = await harness.get_refusal("update_guide", document_arguments(draft, observations="x"))
    assert "has passed" in found["loaded_at"]


async def test_a_guide_whose_places_are_not_shown_wants_them_again(harness: Harness) -> None:
    draft = (await harness.call("create_guide", guide()))["document"]
    answer = harness.read_raw(f"/transports/{draft['id']}.json")
    for _ in range(2):  # A refusal is judged again by new look-ups.
        harness.alter_answer(r"/transports/\d+\.json", answer, address_from=None, address_to=None)
    found = await harness.get_refusal("update_guide", document_arguments(draft, loaded_at="2026-11-20T13:00"))
    assert {"address_from", "address_to"} == set(found)


@pytest.mark.parametrize(
    ("items", "dropped"),
    [
        ([line()], ["Curso certificado"]),
        ([exempt_line()], ["Revisão"]),
        ([line(name="Nova"), exempt_line()], ["Revisão"]),
        ([line(), exempt_line()], []),
        ([exempt_line(), line()], []),
        ([line(quantity=2), exempt_line(), line(name="Nova")], []),
    ],
)
async def test_lines_left_out_are_asked_about(harness: Harness, items: list[Any], dropped: list[str]) -> None:
    """Trap 5: missing lines are deleted."""
    draft = await harness.create_draft(items=[line(), exempt_line()], tax_exemption="M07")
    change = document_arguments(draft, items=items)
    if exempt_line() not in items:
        change |= {"tax_exemption_reason": "M00"}
    if dropped:
        found = await harness.check_acceptance("update_invoice", change, "drop_lines")
        assert all(f"the line {name!r} is not among the new lines" in found["items"] for name in dropped)
    else:
        assert (await harness.call("update_invoice", change))["ok"]


async def test_one_of_two_lines_of_a_name_counts_as_dropped(harness: Harness) -> None:
    draft = await harness.create_draft(items=[line(), line()])
    await harness.check_acceptance("update_invoice", document_arguments(draft, items=[line()]), "drop_lines")


DISCOUNT = {"value_type": "percentage", "value": 10}


@pytest.mark.parametrize("kind", ["percentage", "absolute"])
async def test_a_discount_over_the_document_stays_as_it_was_given(harness: Harness, kind: str) -> None:
    """Trap 16: it does not read back as such; the journal knows it, and it was accepted once already."""
    discount = {**DISCOUNT, "value_type": kind}
    draft = await harness.create_draft(global_discount=discount, accept=["global_discount"])
    kept = await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert kept["document"]["total"] == draft["total"] == "110.70"
    other = {**DISCOUNT, "value": 5}
    await harness.check_acceptance(
        "update_invoice", document_arguments(draft, global_discount=other), "global_discount"
    )
    none = {"value_type": "percentage", "value": 0}
    gone = await harness.call(
        "update_invoice", document_arguments(draft, global_discount=none, accept=["global_discount"])
    )
    assert gone["document"]["total"] == "123.00"


async def test_a_discount_that_somebody_else_gave_must_be_given_again(harness: Harness) -> None:
    """Trap 16: it shows in the totals only, which do not say how it was given."""
    draft = await elsewhere(harness, global_discount=DISCOUNT)
    accepted = {"accept": ["unreturned", "global_discount"]}
    for change in ({"reference": "A"}, {"items": [line(quantity=2)]}):
        found = await harness.get_refusal("update_invoice", {**draft, **change, **accepted})
        assert "its net total is 90.00" in found["global_discount"]
    kept = await harness.call("update_invoice", {**draft, "global_discount": DISCOUNT, **accepted})
    assert kept["document"]["total"] == "110.70"


async def test_a_discount_on_a_line_is_none_over_the_document(harness: Harness) -> None:
    draft = await harness.create_draft(items=[line(discount="33.3333")])
    kept = await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert kept["document"]["total"] == draft["total"]


async def test_a_second_currency_is_kept(harness: Harness) -> None:
    """Trap 21."""
    draft = await harness.create_draft(currency_code="USD", rate="1.0853", accept=["currency_only_prints"])
    kept = await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert (harness.get_last_body()["currency_code"], harness.get_last_body()["rate"]) == ("USD", "1.0853")
    assert kept["document"]["multicurrency"] == draft["multicurrency"]


async def test_a_second_currency_that_cannot_be_named_is_not_dropped(harness: Harness) -> None:
    draft = await harness.create_draft(currency_code="USD", rate="1.0853", accept=["currency_only_prints"])
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")
    for _ in range(2):  # A refusal is judged again by new look-ups.
        harness.alter_answer(
            r"/invoices/\d+\.json", answer, multicurrency={"currency": "Dobrão", "rate": "2", "total": 1}
        )
    assert (
        "Dobrão"
        in (await harness.get_refusal("update_invoice", document_arguments(draft, reference="A")))[
            "currency_code"
        ]
    )


async def test_a_price_that_reads_back_cut_to_cents_is_rebuilt_from_the_exact_net(harness: Harness) -> None:
    """Trap 15: 2.0244 reads back as 2.02."""
    draft = await harness.create_draft(items=[line(unit_price="2.0244", quantity=1000)])
    assert harness.read_raw(f"/invoices/{draft['id']}.json")["invoice"]["items"][0]["unit_price"] == "2.02"
    kept = await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert (kept["document"]["sum"], kept["document"]["total"]) == ("2024.40", "2490.01")


async def test_a_price_that_cannot_be_rebuilt_is_refused(harness: Harness) -> None:
    """Trap 15: without the exact net, 2.02 would silently replace 2.0244."""
    draft = await harness.create_draft(items=[line(unit_price="2.0244", quantity=1000)])
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")
    answer["invoice"]["items"][0].pop("subtotal")
    for _ in range(2):  # A refusal is judged again by new look-ups.
        harness.alter_answer(r"/invoices/\d+\.json", answer)
    found = await harness.get_refusal(
        "update_invoice", document_arguments(draft, reference="A", accept=["overwrite_items"])
    )
    assert "would make 2484.60 instead of 2490.01" in found["items"]


@pytest.mark.parametrize("tax", ["IVA6", "IVA23"])
async def test_lines_that_read_back_with_the_id_of_their_tax_only_keep_it(harness: Harness, tax: str) -> None:
    """Trap 30: they must not fall to the default tax."""
    harness.sandbox.set_option("null_taxes", True)
    draft = await harness.create_draft(items=[line(tax=tax)])
    await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert harness.get_last_body()["items"][0]["tax"] == {"name": tax}


async def test_lines_whose_tax_cannot_be_told_are_asked_about(harness: Harness) -> None:
    """Trap 2, trap 30: a line that reads back without any tax would be sent with the default one."""
    draft = await harness.create_draft(items=[line(tax="IVA6")])
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")
    answer["invoice"]["items"][0]["tax"] = {"id": None, "name": None, "value": None}
    change = document_arguments(draft, reference="A", accept=["overwrite_items"])
    harness.sandbox.fault("GET", r"/invoices/\d+\.json", times=None, status=200, body=answer)
    found = await harness.get_refusal("update_invoice", change)
    assert "the total of 106.00 would become 123.00" in found["items.0.tax"]
    harness.sandbox.clear_faults()
    assert (await harness.call("update_invoice", change))["document"]["total"] == "106.00"


@pytest.mark.parametrize("operation", ["update_invoice", "update_guide"])
async def test_an_update_of_what_is_not_there_says_so(harness: Harness, operation: str) -> None:
    kind = {"update_invoice": "invoices", "update_guide": "transports"}[operation]
    arguments = {"document_type": kind, "document_id": 99, "reference": "A", "loaded_at": "2026-11-20T13:00"}
    if operation == "update_invoice":
        arguments.pop("loaded_at")
    error = await harness.get_error(operation, arguments)
    assert (error.code, error.sent, harness.list_writes()) == ("not_found", "nothing", [])


async def test_every_guard_of_creating_holds_for_updating(harness: Harness) -> None:
    draft = await harness.create_draft()
    for change, field in (
        ({"items": [line(tax="IVA99")], "accept": ["overwrite_items"]}, "items.0.tax"),
        ({"due_date": "2026-11-19"}, "due_date"),
        ({"client": {"code": "ACME", "city": "Faro"}}, "client.city"),
        ({"sequence_id": 70005}, "sequence_id"),
        ({"tax_exemption": "M07"}, "tax_exemption"),
        ({"currency_code": "USD"}, "rate"),
        ({"retention": 100}, "retention"),
        ({"proprietary_uid": "x"}, "proprietary_uid"),
    ):
        assert field in await harness.get_refusal("update_invoice", document_arguments(draft, **change)), (
            field
        )
    assert harness.read_raw(f"/invoices/{draft['id']}.json")["invoice"]["total"] == 123


UNRETURNED = {"mb_reference": True, "plugin_id": "plugin_123", "manual_sequence_number": "A-17"}


async def test_what_a_draft_does_not_show_is_sent_again_as_it_was_given(harness: Harness) -> None:
    """Trap 5: InvoiceXpress takes them and does not return them."""
    harness.sandbox.set_option("mb_references", True)
    draft = await harness.create_draft(**UNRETURNED)
    await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert {name: harness.get_last_body()[name] for name in UNRETURNED} == {**UNRETURNED, "mb_reference": "1"}
    await harness.call("update_invoice", document_arguments(draft, plugin_id="plugin_124"))
    await harness.call("update_invoice", document_arguments(draft, reference="B"))
    assert harness.get_last_body()["plugin_id"] == "plugin_124"


async def test_what_a_draft_written_elsewhere_does_not_show_is_asked_about(harness: Harness) -> None:
    """Each by its name; what is given is not asked about, and neither is what its kind cannot have."""
    draft = await elsewhere(harness)
    change = {**draft, "reference": "A"}
    assert set(await harness.check_acceptance("update_invoice", change, "unreturned")) == set(UNRETURNED)
    assert (await harness.call("update_invoice", {**draft, "reference": "B"}))["ok"], "known from here on"
    other = await elsewhere(harness, reference="Z")
    found = await harness.get_refusal("update_invoice", {**other, "reference": "A", "plugin_id": "p"})
    assert set(found) == set(UNRETURNED) - {"plugin_id"}
    note = await elsewhere(harness, "credit_notes")
    assert set(await harness.get_refusal("update_invoice", {**note, "reference": "A"})) == {
        "plugin_id",
        "manual_sequence_number",
    }


async def test_what_somebody_else_changed_since_is_not_taken_for_what_was_sent_from_here(
    harness: Harness,
) -> None:
    """Another writer replaces the whole document, what is not returned included."""
    draft = await harness.create_draft(plugin_id="plugin_123")
    body = {
        "date": "20/11/2026",
        "due_date": "20/12/2026",
        "client": {"name": "ACME, Lda", "code": "ACME"},
        "items": [{**line(quantity=2), "tax": {"name": "IVA23"}}],
    }
    await send_raw(harness, "PUT", f"/invoices/{draft['id']}.json", {"invoice": body})
    assert "plugin_id" in await harness.get_refusal(
        "update_invoice", document_arguments(draft, reference="A")
    )
