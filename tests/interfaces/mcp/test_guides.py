"""Guides through the protocol."""

from typing import Any

import pytest

from tests.harness import Harness, exempt_line, guide, line
from tests.interfaces.mcp.host import Host
from tests.interfaces.mcp.sandbox_documents import create_draft

KEYS = {"shippings": "shipping", "transports": "transport", "devolutions": "devolution"}
Types = pytest.mark.parametrize("kind", list(KEYS))


@Types
async def test_every_kind_is_created_with_its_transport(host: Host, harness: Harness, kind: str) -> None:
    """guides-update-v2, the whole table of body fields."""
    harness.sandbox.clear_requests()
    result = await host.call(
        "create_guide",
        **guide(
            document_type=kind,
            license_plate="11-AA-22",
            load_site="Armazém",
            delivery_site="Loja",
            reference="G-1",
            observations="Frágil",
            items=[line(quantity=2), exempt_line(name="Palete", unit_price=0)],
            tax_exemption="M07",
            retention="10",
        ),
    )
    document = result["document"]
    assert (document["document_type"], document["status"], document["total"]) == (kind, "draft", "246.00")
    assert document["license_plate"] == "11-AA-22"
    assert document["address_to"]["city"] == "Lisboa"
    write = harness.list_writes()[-1]
    assert (write["method"], write["path"], list(write["body"])) == ("POST", f"/{kind}.json", [KEYS[kind]])
    sent = harness.get_last_body()
    assert sent["loaded_at"] == "20/11/2026 12:00:00"
    place = {"detail": "Rua da Fábrica 5", "city": "Lisboa", "postal_code": "1000-555", "country": "Portugal"}
    assert (sent["address_from"], sent["address_to"]) == (place, place)
    assert (sent["load_site"], sent["delivery_site"], sent["tax_exemption"]) == ("Armazém", "Loja", "M07")
    assert result["next"][0]["arguments"]["state"] == "finalized"


@Types
async def test_every_kind_is_changed_and_keeps_what_was_left_out(
    host: Host, harness: Harness, kind: str
) -> None:
    """guides-update-v2 "Update": the whole guide travels again."""
    made = (await host.call("create_guide", **guide(document_type=kind, license_plate="11-AA-22")))[
        "document"
    ]
    change: dict[str, Any] = {"loaded_at": "2026-11-20T15:30", "license_plate": "33-CC-44"}
    result = await host.call("update_guide", document_type=kind, document_id=made["id"], **change)
    assert result["document"]["license_plate"] == "33-CC-44"
    assert result["document"]["address_from"]["city"] == "Lisboa"
    assert result["document"]["total"] == "123.00"
    write = harness.list_writes()[-1]
    assert (write["method"], write["path"]) == ("PUT", f"/{kind}/{made['id']}.json")
    sent = harness.get_last_body()
    assert sent["loaded_at"] == "20/11/2026 15:30:00"
    assert sent["items"][0]["name"] == "Revisão"
    assert sent["address_from"]["city"] == "Lisboa"


async def test_a_transport_in_the_past_is_refused(host: Host, harness: Harness) -> None:
    """loaded_at lies in the future, in Lisbon."""
    refusal = await host.call_refused("create_guide", **guide(loaded_at="2026-11-20T09:59"))
    assert "loaded_at" in {problem["field"] for problem in refusal["problems"]}
    assert harness.list_writes() == []


async def test_a_guide_keeps_its_loading_time_when_something_else_is_changed(
    host: Host, harness: Harness
) -> None:
    """InvoiceXpress does not return it; what was sent last is known here."""
    made = await host.call("create_guide", **guide(loaded_at="2026-11-20T12:45"))
    assert made["document"]["loaded_at"] == "2026-11-20T12:45:00Z"
    pointed = {"document_type": "transports", "document_id": made["document"]["id"]}
    changed = await host.call("update_guide", **pointed, license_plate="33-CC-44")
    assert changed["document"]["loaded_at"] == "2026-11-20T12:45:00Z"
    assert harness.get_last_body()["loaded_at"] == "20/11/2026 12:45:00"


async def test_a_guide_written_elsewhere_is_not_changed_without_its_loading_time(
    host: Host, harness: Harness
) -> None:
    """A full replacement without it would be refused by InvoiceXpress, and nobody here knows it."""
    drafted = await create_draft(harness, "transports")
    before = len(harness.list_writes())
    refusal = await host.call_refused("update_guide", **drafted, license_plate="33-CC-44")
    assert "loaded_at" in {problem["field"] for problem in refusal["problems"]}
    assert len(harness.list_writes()) == before


async def test_whoever_approves_a_guide_reads_its_transport(host: Host, harness: Harness) -> None:
    """DL 147/2003: what the tax authority is told."""
    made = await host.call("create_guide", **guide(license_plate="11-AA-22", loaded_at="2026-11-20T12:45"))
    pointed = {"document_type": "transports", "document_id": made["document"]["id"]}
    await host.call("change_state", **pointed, state="finalized")
    message = host.person.asked[-1].message
    for shown in ("11-AA-22", "12:45", "Rua da Fábrica 5", "Lisboa"):
        assert shown in message, shown
    assert "VAT per rate" not in message


@pytest.mark.parametrize(
    ("date", "refused"), [("2026-11-21", True), ("2026-11-20", False), ("2026-11-19", False)]
)
async def test_a_guide_dated_after_its_transport_is_refused(
    host: Host, harness: Harness, date: str, refused: bool
) -> None:
    """A guide is issued before the goods leave."""
    given = guide(date=date, loaded_at="2026-11-20T23:59")
    if refused:
        refusal = await host.call_refused("create_guide", **given)
        assert {problem["field"] for problem in refusal["problems"]} == {"date"}
        assert harness.list_writes() == []
    else:
        assert (await host.call("create_guide", **given))["document"]["date"] == date


async def test_a_finalized_guide_is_not_changed(host: Host, harness: Harness) -> None:
    """Portaria 363/2010."""
    made = (await host.call("create_guide", **guide()))["document"]
    about = {"document_type": "transports", "document_id": made["id"]}
    await host.call("change_state", **about, state="finalized")
    before = len(harness.list_writes())
    refusal = await host.call_refused("update_guide", **about, loaded_at="2026-11-20T15:30")
    assert "document_id" in {problem["field"] for problem in refusal["problems"]}
    assert len(harness.list_writes()) == before
