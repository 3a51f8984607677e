"""Every known silent change or loss of the service (docs/concepts/traps.md), and how ix-tools handles it.

Each test's id is the number of the trap. The guards, the read-back and the protocol have further tests (tests/guards,
tests/pipeline/test_readback.py, tests/api_client/test_protocol.py).
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.harness import (
    NOW,
    SERIES,
    Harness,
    Json,
    document_arguments,
    exempt_line,
    guide,
    invoice,
    line,
)
from tests.interfaces.mcp.sandbox_documents import create_draft as elsewhere

REFUSED = [
    ("1-date", {"date": "31/02/2026"}, "date"),
    ("1-due-date", {"due_date": "soon"}, "due_date"),
    ("2-unknown-tax", {"items": [line(tax="IVA24")]}, "items.0.tax"),
    ("2b-numeric-tax", {"items": [line(tax=23)]}, "items.0.tax"),
    ("2c-tax-by-id", {"items": [line(tax={"id": 31557, "name": "IVA6", "value": 0})]}, "items.0.tax"),
    ("3-client-field-ignored", {"client": {"code": "ACME", "email": "nova@acme.example.pt"}}, "client.email"),
    ("3-client-by-name", {"client": {"name": "ACME, Lda", "code": "ACME2"}}, "client.code"),
    ("4-catalogue-item", {"items": [line(name="Consultoria", unit_price=60)]}, "items.0"),
    ("6-exemption-missing", {"items": [exempt_line()]}, "tax_exemption"),
    ("6b-exemption-on-a-line", {"items": [exempt_line(tax_exemption="M07")]}, "items.0.tax_exemption"),
    ("6c-exemption-without-a-line", {"tax_exemption": "M07"}, "tax_exemption"),
    ("6c-m00-on-create", {"tax_exemption_reason": "M00"}, "tax_exemption_reason"),
    ("9-series-of-another-type", {"sequence_id": SERIES["credit_notes"]}, "sequence_id"),
    ("9-unknown-series", {"sequence_id": 4711}, "sequence_id"),
    ("11-due-before-date", {"due_date": "2026-11-19"}, "due_date"),
    ("13b-note-without-owner", {"document_type": "credit_notes"}, "owner_invoice_id"),
    ("14-discount-amount", {"items": [line(discount_amount=5)]}, "items.0.discount_amount"),
    ("14-negative-discount", {"items": [line(discount=-1)]}, "items.0.discount"),
    ("14-negative-price", {"items": [line(unit_price=-1)]}, "items.0.unit_price"),
    ("14-unknown-key", {"items": [line(sku="A1")]}, "items.0.sku"),
    ("15-five-decimals", {"items": [line(unit_price="2.02441")]}, "items.0.unit_price"),
    ("16-global-discount", {"global_discount": {"value_type": "percentage", "value": 5}}, "global_discount"),
    ("18-retention-of-100", {"retention": 100}, "retention"),
    (
        "20-mb-of-a-debit-note",
        {"document_type": "debit_notes", "mb_reference": True},
        "mb_reference",
    ),
    ("21-currency", {"currency_code": "AUD", "rate": "1.6"}, "currency_code"),
    ("21-currency-without-rate", {"currency_code": "AUD"}, "rate"),
    ("22-country", {"client": {"name": "N", "code": "N", "country": "Portugalia"}}, "client.country"),
    ("22-nif", {"client": {"name": "N", "code": "N", "fiscal_id": "508025339"}}, "client.fiscal_id"),
    (
        "22-pair",
        {"client": {"name": "N", "code": "N", "fiscal_id": "FR40303265045", "country": "PT"}},
        "client.fiscal_id",
    ),
    ("32-number-for-text", {"reference": 17.5}, "reference"),
]


@pytest.mark.parametrize(("change", "field"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_what_would_be_changed_in_silence_is_refused_before_anything_is_sent(
    harness: Harness, change: Json, field: str
) -> None:
    assert field in await harness.get_refusal("create_invoice", invoice(**change))


# --- what is not refused but compared, asked for, kept or said ---------------------------------------------------


async def row_2_update(harness: Harness) -> None:
    """An unknown tax on an update becomes no tax at all."""
    draft = await harness.create_draft()
    found = await harness.get_refusal("update_invoice", document_arguments(draft, items=[line(tax="IVA24")]))
    assert "items.0.tax" in found


async def row_2d(harness: Harness) -> None:
    """Stored at 0 % although 6 % was sent: it is reported, and finalized only when a person accepts the difference."""
    made = (await harness.call("create_invoice", invoice(items=[line(tax="IVA6")])))["document"]
    answer = harness.read_raw(f"/invoices/{made['id']}.json")["invoice"]
    rows = [{**answer["items"][0], "tax": {"id": 31557, "name": "Isento", "value": 0}}]
    stored = {**answer, "items": rows, "taxes": 0, "total": 100}
    harness.sandbox.fault("GET", r"^/invoices/\d+", skip=1, status=200, body={"invoice": stored})
    error = await harness.get_error("update_invoice", document_arguments(made, items=[line(tax="IVA6")]))
    assert {"items.0.tax", "items.0.tax_rate", "taxes", "total"} == {one.field for one in error.problems}
    refusal = await harness.get_error("change_state", document_arguments(made, state="finalized"))
    assert refusal.code == "differences_not_accepted"


async def row_5_lines(harness: Harness) -> None:
    """Lines that an update omits are deleted."""
    draft = await harness.create_draft(items=[line(), line(name="B")])
    assert (
        "'B'"
        in (await harness.get_refusal("update_invoice", document_arguments(draft, items=[line()])))["items"]
    )


async def row_5_exemption(harness: Harness) -> None:
    """An exemption that is not sent again is lost, so it is sent again."""
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M07")
    await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert harness.get_last_body()["tax_exemption"] == "M07"


async def row_5_dates(harness: Harness) -> None:
    """Changing the date requires the due date too."""
    draft = await harness.create_draft(due_date="2026-11-20")
    assert "due_date" in await harness.get_refusal(
        "update_invoice", document_arguments(draft, date="2026-11-25")
    )


async def row_6_m99(harness: Harness) -> None:
    """M99 set by an update is read back, compared, and leads to a warning before finalizing."""
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M07")
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")["invoice"]
    harness.sandbox.fault(
        "GET", r"^/invoices/\d+", skip=1, status=200, body={"invoice": {**answer, "tax_exemption": "M99"}}
    )
    error = await harness.get_error(
        "update_invoice", document_arguments(draft, reference=answer["reference"] or "A")
    )
    assert "tax_exemption" in {one.field for one in error.problems}


async def row_6b(harness: Harness) -> None:
    """When an account requires the code on the line, the service's refusal is returned with a next step."""
    harness.sandbox.set_option("exemption_level", "line")
    error = await harness.get_error("create_invoice", invoice(items=[exempt_line()], tax_exemption="M07"))
    assert (error.code, error.sent) == ("rejected", "refused")
    assert "Razão de isenção" in str(error)
    assert "lookup_exemption_codes" in str(error.next)


async def row_7(harness: Harness) -> None:
    """The key is part of the URL; it is in no result, error or log line."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        harness.sandbox.fault("GET", "taxes", times=None, drop="before")
        shown = str((await harness.get_error("create_invoice", invoice())).as_dict())
        harness.sandbox.clear_faults()
        shown += str(await harness.call("list_taxes"))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert harness.sandbox.api_key not in shown
    assert harness.sandbox.api_key not in "\n".join(lines)


async def row_8(harness: Harness) -> None:
    """List requests always contain types, states and non_archived, and use `sent` for final."""
    await harness.create_issued()
    listed = await harness.call("list_invoices", {"states": ["final"]})
    query = harness.sandbox.requests()[-1]["query"]
    assert (query["status[]"], query["non_archived"]) == (["sent"], "true")
    assert "SimplifiedInvoice" in query["type[]"]
    assert [one["status"] for one in listed["invoices"]] == ["final"]


async def row_10(harness: Harness) -> None:
    """A document is not finalized before the last date of its series; the date is changed only on request."""
    early = await harness.create_draft(date="2026-11-18", due_date="2026-12-01")
    await harness.create_issued()
    error = await harness.get_error("change_state", document_arguments(early, state="finalized"))
    assert "ask whether the date may move" in str(error.next)
    await harness.call("update_invoice", document_arguments(early, date="2026-11-20"))
    assert (await harness.call("change_state", document_arguments(early, state="finalized")))["document"][
        "number"
    ] == "2/2026"


async def row_11_equal(harness: Harness) -> None:
    """Equal dates are accepted."""
    assert (await harness.call("create_invoice", invoice(due_date="2026-11-20")))["ok"]


async def row_12(harness: Harness) -> None:
    """An unregistered series cannot issue."""
    draft = await harness.create_draft(sequence_id=70020)
    assert "sequence_id" in await harness.get_refusal(
        "change_state", document_arguments(draft, state="finalized")
    )


async def row_13(harness: Harness) -> None:
    """A credit above the amount left is refused before a draft is created."""
    owner = await harness.create_issued()
    over = invoice(
        document_type="credit_notes",
        owner_invoice_id=owner["id"],
        items=[line(name="C", unit_price="100.01")],
    )
    assert "items" in await harness.get_refusal("create_invoice", over)


async def row_15(harness: Harness) -> None:
    """The price is returned with 2 decimals; ours is computed from the net amount."""
    draft = await harness.create_draft(items=[line(unit_price="2.0244")])
    await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert harness.get_last_body()["items"][0]["unit_price"] == "2.0244"


async def row_16(harness: Harness) -> None:
    """A global discount is in the totals only, and an update does not remove it."""
    discount = {"global_discount": {"value_type": "absolute", "value": 10}, "accept": ["global_discount"]}
    draft = await harness.create_draft(**discount)
    assert (draft["discount"], draft["lines"][0]["net"]) == ("10.00", "100")
    kept = await harness.call("update_invoice", document_arguments(draft, reference="A"))
    assert (kept["document"]["discount"], kept["document"]["total"]) == (draft["discount"], draft["total"])
    foreign = await elsewhere(harness, global_discount=discount["global_discount"])
    change = {**foreign, "reference": "A", "accept": ["unreturned"]}
    assert "global_discount" in await harness.get_refusal("update_invoice", change)


async def row_17(harness: Harness) -> None:
    """The total is rounded once: three lines of 0.005 make 0.02."""
    draft = await harness.create_draft(
        items=[line(name=name, unit_price="0.005", tax="IVA6") for name in "ABC"]
    )
    assert draft["total"] == "0.02"


async def row_18(harness: Harness) -> None:
    """Retention is printed; the total does not change, and the amount to pay is shown beside it."""
    draft = await harness.create_draft(retention=25)
    shown = await harness.call("get_document", document_arguments(draft))
    assert (shown["document"]["total"], shown["to_pay"]) == ("123.00", "98.00")


async def row_19(harness: Harness) -> None:
    """A simplified invoice above the legal limit is refused."""
    found = await harness.get_refusal(
        "create_invoice", invoice(document_type="simplified_invoices", items=[line()])
    )
    assert "art. 40.º" in found["document_type"]


async def row_20(harness: Harness) -> None:
    """There is no Multibanco reference unless requested; without a provider the service's reason is returned."""
    await harness.call("create_invoice", invoice())
    assert "mb_reference" not in harness.get_last_body()
    error = await harness.get_error("create_invoice", invoice(mb_reference=True))
    assert "no payment provider" in str(error)


async def row_21(harness: Harness) -> None:
    """Prices are in euros; the second total is only printed, and compared."""
    result = await harness.call(
        "create_invoice", invoice(currency_code="AUD", rate="1.6", accept=["currency_only_prints"])
    )
    assert (result["document"]["total"], result["document"]["currency"]) == ("123.00", "Euro")
    assert float(result["document"]["multicurrency"]["total"]) == 196.8


async def row_22(harness: Harness) -> None:
    """The country is sent under the service's name."""
    await harness.call(
        "create_invoice",
        invoice(client={"name": "N", "code": "N", "country": "ES", "fiscal_id": "ESB58378431"}),
    )
    assert harness.get_last_body()["client"]["country"] == "Spain"


async def row_22b(harness: Harness) -> None:
    """The account's own tax number as a client (one source's claim): it is not known here, so the refusal explains it."""
    harness.sandbox.set_option("refuse_own_nif", True)
    error = await harness.get_error(
        "create_invoice", invoice(client={"name": "Nós", "code": "NOS", "fiscal_id": "509442013"})
    )
    assert (error.code, error.sent) == ("rejected", "refused")
    assert "the account's own number is refused" in str(error.next)


async def row_23(harness: Harness) -> None:
    """Lists are delayed; the same proprietary_uid creates one document, however often it is sent."""
    harness.sandbox.set_lag(60)
    first = await harness.create_draft(proprietary_uid="venda-7")
    assert (await harness.call("list_invoices", {}))["invoices"] == []
    again = await harness.create_draft(proprietary_uid="venda-7")
    assert again["id"] == first["id"]


async def row_24(harness: Harness) -> None:
    """A PDF needs several requests; after the last one the result is `pending`, not an error."""
    issued = await harness.create_issued()
    harness.sandbox.set_option("pdf_polls", 1)
    assert (await harness.call("get_pdf", {"document_id": issued["id"]}))["status"] == "ready"
    harness.context.settings = harness.context.settings.model_copy(update={"pdf_poll_attempts": 1})
    harness.sandbox.set_option("pdf_polls", 9)
    waiting = await harness.call("get_pdf", {"document_id": issued["id"], "second_copy": True})
    assert (waiting["status"], waiting["next"][0]["tool"]) == ("pending", "get_pdf")


async def row_25(harness: Harness) -> None:
    """The approval shows the recipient; the client's address is overwritten only on request."""
    issued = await harness.create_issued()
    mail = document_arguments(issued, email="outra@acme.example.pt")
    assert "outra@acme.example.pt" in await harness.get_approval_text("send_email", mail)
    await harness.call("send_email", mail)
    assert harness.get_last_body()["client"] == {"email": "outra@acme.example.pt", "save": "0"}
    assert harness.read_raw("/clients/501.json")["client"]["email"] == "compras@acme.example"
    assert "Becomes the client's address" in await harness.get_approval_text(
        "send_email", {**mail, "save": True}
    )


async def row_26(harness: Harness) -> None:
    """A finalize that times out after it succeeded is looked up, is unknown while that fails, and is not repeated."""
    seen, draft = await harness.create_draft(), await harness.create_draft()
    harness.sandbox.clear_requests()
    harness.sandbox.fault("PUT", "change-state", drop="after")
    assert (await harness.call("change_state", document_arguments(seen, state="finalized")))["document"][
        "status"
    ] == "final"
    assert len(harness.list_writes()) == 1
    harness.sandbox.fault("PUT", "change-state", drop="after")
    harness.sandbox.fault("GET", rf"^/invoices/{draft['id']}\.json$", skip=2, times=None, status=500)
    error = await harness.get_error("change_state", document_arguments(draft, state="finalized"))
    assert (error.code, error.sent, error.retryable) == ("outcome_unknown", "unknown", False)
    assert "checks the account first and never does it twice" in str(error.next)
    harness.sandbox.clear_faults()
    assert (await harness.read_document(draft))["status"] == "final"
    again = await harness.call("change_state", document_arguments(draft, state="finalized"))
    assert (again["document"]["status"], again["replayed"]) == ("final", True)
    assert len(harness.list_writes()) == 2
    assert (
        "it cannot be finalized"
        in (await harness.get_refusal("change_state", document_arguments(draft, state="finalized")))["state"]
    )


async def row_27(harness: Harness) -> None:
    """No write is repeated, whatever the response: only a create is sent again, with its own unique id."""
    harness.sandbox.fault("POST", r"^/invoices\.json$", status=422, body={"errors": [{"error": "?"}]})
    await harness.get_error("create_invoice", invoice())
    assert len(harness.list_writes()) == 1
    made: list[int] = []
    for fault in ({"status": 500}, {"status": 429}, {"drop": "before"}, {"drop": "after"}):
        harness.sandbox.clear_requests()
        harness.sandbox.fault("POST", r"^/invoices\.json$", **fault)
        made.append((await harness.create_draft())["id"])
        assert len({one["body"]["proprietary_uid"] for one in harness.list_writes()}) == 1
    assert made == [1001, 1002, 1003, 1004]
    # Each has its own draft: while the outcome of a call is unknown, other calls for its document are refused.
    first, second = ({"document_type": "invoices", "document_id": one} for one in made[:2])
    for path, call in (
        ("change-state", ("change_state", {**first, "state": "finalized"})),
        (r"^/invoices/\d+\.json$", ("update_invoice", {**second, "reference": "A"})),
    ):
        for fault in ({"status": 500}, {"drop": "before"}):
            harness.sandbox.clear_requests()
            harness.sandbox.fault("PUT", path, **fault)
            error = await harness.get_error(*call)
            assert len(harness.list_writes()) == 1, error.as_dict()


async def row_28(harness: Harness) -> None:
    """Loading in the past, in Lisbon time, is refused."""
    assert "loaded_at" in await harness.get_refusal("create_guide", guide(loaded_at=NOW))


async def row_29(harness: Harness) -> None:
    """A feature that the plan lacks is reported in the service's words."""
    issued = await harness.create_issued()
    harness.sandbox.set_option("email_plan", False)
    error = await harness.get_error("send_email", document_arguments(issued, email="compras@acme.example"))
    assert (error.code, "not available in your plan" in str(error)) == ("rejected", True)


async def row_30(harness: Harness) -> None:
    """A tax that is returned with its id only is looked up."""
    harness.sandbox.set_option("null_taxes", True)
    draft = await harness.create_draft(items=[line(tax="IVA13")])
    assert (draft["lines"][0]["tax"], draft["lines"][0]["tax_rate"]) == ("IVA13", "13")


async def row_31(harness: Harness) -> None:
    """An invalid client: the service's messages are returned completely in both languages."""
    body = {"errors": [{"error": "Cliente não é válido"}, {"error": "Fiscal não é válido"}]}
    harness.sandbox.fault("POST", r"^/invoices\.json$", status=422, body=body)
    error = await harness.get_error("create_invoice", invoice())
    assert "Cliente não é válido; Fiscal não é válido" in str(error)
    assert "correct them" in str(error.next)


async def row_32(harness: Harness) -> None:
    """Every value in a body is sent as text."""
    await harness.call(
        "create_invoice", invoice(sequence_id=70000, retention=5, mb_reference=False, client={"id": 501})
    )

    def leaves(value: Any) -> list[Any]:
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return [value] if inside is None else [leaf for one in inside for leaf in leaves(one)]

    assert {type(leaf) for leaf in leaves(harness.list_writes()[-1]["body"])} == {str}


ROWS: dict[str, Callable[[Harness], Awaitable[None]]] = {
    name.removeprefix("row_").replace("_", "-"): row
    for name, row in list(globals().items())
    if name.startswith("row_")
}


@pytest.mark.parametrize("row", ROWS)
async def test_the_row_is_kept(harness: Harness, row: str) -> None:
    await ROWS[row](harness)


def test_no_row_is_forgotten() -> None:
    """1 to 32, with letters."""
    told = {name.partition("-")[0] for name in [*ROWS, *(row[0] for row in REFUSED)]}
    letters = {"2b", "2c", "2d", "6b", "6c", "13b", "22b"}
    assert {str(number) for number in range(1, 33)} | letters == told
