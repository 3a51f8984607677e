"""Calls that break the law or come close, through the whole pipeline: which are refused, asked about, warned of, or pass.

Each behaviour has the call that showed it and others of its kind. Source: fiscal/data/; CIVA 6, 14, 29, 36, 40, 53, 78;
RITI 14; CIRS 101; LGT 63-E; Of.-Circ. 30136/2012.
"""

from secrets import token_hex
from typing import Any, Literal

import pytest

from ix_tools.errors import IxError
from tests.harness import (
    Harness,
    Json,
    document_arguments,
    exempt_line,
    guide,
    invoice,
    line,
    warnings_by_field,
)

Outcome = tuple[Literal["refused", "asks", "warns", "passes"], str, str]
SPAIN = {"name": "Gama SL", "code": "GAMA", "country": "Spain"}
CONSUMER = {"name": "Ana", "code": "ANA"}
AMERICAN = {"name": "Delta Inc", "code": "DELTA", "country": "United States"}
PASSES: Outcome = ("passes", "", "")


def exempt(code: str, client: Json, **more: Any) -> Json:
    return invoice(client=client, items=[exempt_line()], tax_exemption=code, **more)


def of(unit_price: float, **changes: Any) -> Json:
    """A line with a name of its own, so that no catalogue item changes."""
    return line(name=f"Artigo {token_hex(3)}", unit_price=unit_price, **changes)


def new_client(fiscal_id: str, country: str = "Portugal") -> Json:
    code = token_hex(4)
    return {"name": f"Cliente {code}", "code": code, "fiscal_id": fiscal_id, "country": country}


def simplified(price: float, client: Json | None) -> Json:
    return invoice(document_type="simplified_invoices", client=client, items=[of(price)])


CASES: dict[str, list[tuple[str, Json, Outcome]]] = {
    "an exemption code fits its buyer": [
        ("create_invoice", exempt("M40", {"code": "ACME"}), ("asks", "exemption_buyer", "established outside Portugal")),
        ("create_invoice", exempt("M40", CONSUMER), ("asks", "exemption_buyer", "a consumer")),
        ("create_invoice", exempt("M16", SPAIN), ("asks", "exemption_buyer", "valid VAT number")),
        ("create_invoice", exempt("M16", {"code": "ACME"}), ("refused", "tax_exemption", "another member state")),
        ("create_invoice", exempt("M16", {"code": "BETA"}), PASSES),
        ("create_invoice", exempt("M05", {"code": "ACME"}), ("asks", "exemption_buyer", "leave the European Union")),
        ("create_invoice", exempt("M05", AMERICAN), PASSES),
        ("create_invoice", exempt("M30", CONSUMER), ("asks", "exemption_buyer", "a consumer is charged VAT")),
        ("create_invoice", exempt("M30", {"code": "ACME"}), PASSES),
        ("create_invoice", exempt("M10", {"code": "ACME"}), PASSES),
        ("create_invoice", invoice(items=[exempt_line(), of(1)], tax_exemption="M10"), ("asks", "vat_beside_exemption", "no VAT at all")),
        ("issue_invoice", exempt("M40", {"code": "ACME"}), ("asks", "exemption_buyer", "established outside Portugal")),
        ("create_estimate", {**exempt("M40", {"code": "ACME"}), "document_type": "quotes"}, ("asks", "exemption_buyer", "")),
        ("create_guide", guide(items=[exempt_line()], tax_exemption="M16"), ("asks", "exemption_buyer", "")),
    ],
    "a code that InvoiceXpress does not offer yet is known": [
        ("create_invoice", exempt("M35", {"code": "ACME"}, date="2026-06-30"), ("refused", "tax_exemption", "valid from 2026-07-01")),
        ("create_invoice", exempt("M77", {"code": "ACME"}), ("refused", "tax_exemption", "there is no exemption code")),
    ],
    "the number that was checked is the one that is sent": [
        ("create_client", new_client("508 025 338"), ("passes", "fiscal_id", "508025338")),
        ("create_client", new_client("PT-508025338"), ("passes", "fiscal_id", "508025338")),
        ("create_client", new_client("PT 508.025.338"), ("passes", "fiscal_id", "508025338")),
        ("create_client", new_client("GR094019245", "Greece"), ("passes", "fiscal_id", "EL094019245")),
        ("create_client", new_client("094019245", "Greece"), ("passes", "fiscal_id", "094019245")),
        ("create_client", new_client("508025339"), ("refused", "fiscal_id", "")),
        ("create_client", new_client("FR40303265045", "Germany"), ("refused", "fiscal_id", "the client's country is Germany")),
        ("create_invoice", invoice(client=new_client("FR40303265045", "Germany")), ("refused", "client.fiscal_id", "France")),
    ],
    "a number belongs to one client": [
        ("create_client", new_client("508112230"), ("asks", "same_fiscal_id", "ACME, Lda")),
        ("create_client", new_client("999999990"), PASSES),
        ("create_invoice", invoice(client=new_client("508 112 230")), ("asks", "same_fiscal_id", "ACME, Lda")),
    ],
    "a private person's number abroad is warned of": [
        ("create_client", new_client("RSSMRA80A01H501U", "Italy"), ("warns", "fiscal_id", "private person")),
        ("create_client", new_client("12345678Z", "Spain"), PASSES),
    ],
    "VAT MOSS invoices are only read": [
        ("create_invoice", invoice(document_type="vat_moss_invoices"), ("refused", "document_type", "ended on 30/06/2021")),
    ],
    "a tax has the rate of its region today": [
        ("create_tax", {"name": "T5", "value": 5, "region": "PT-MA", "code": "RED"}, ("asks", "vat_rate", "4%")),
        ("create_tax", {"name": "T18", "value": 18, "region": "PT-AC", "code": "NOR"}, ("asks", "vat_rate", "16%")),
        ("create_tax", {"name": "T4", "value": 4, "region": "PT-MA", "code": "RED"}, PASSES),
        ("create_tax", {"name": "T9", "value": 9, "region": "PT-AC", "code": "INT"}, PASSES),
        ("create_tax", {"name": "T21", "value": 21, "region": "PT", "code": "NOR"}, ("asks", "second_rate", "IVA23")),
        ("create_invoice", invoice(items=[of(10), of(10, tax="IVA22")]), ("asks", "vat_regions", "the mainland and Madeira")),
        ("create_invoice", invoice(items=[of(10, tax="IVA22")]), PASSES),
    ],
    "euros are no second currency": [
        ("create_invoice", invoice(currency_code="EUR"), ("passes", "currency_code", "")),
        ("create_invoice", invoice(currency_code="eur"), ("passes", "currency_code", "")),
        ("create_invoice", invoice(currency_code="BGN", rate="1.95"), ("refused", "currency_code", "2026")),
    ],
    "a simplified invoice keeps its limits": [
        ("create_invoice", simplified(1000, None), ("refused", "document_type", "above 1000.00 EUR")),
        ("create_invoice", simplified(1500, CONSUMER), ("refused", "document_type", "above 1000.00 EUR")),
        ("create_invoice", simplified(250, {"code": "ACME"}), ("refused", "document_type", "above 100.00 EUR")),
        ("create_invoice", simplified(81.30, {"code": "ACME"}), PASSES),
        ("create_invoice", simplified(500, None), ("warns", "document_type", "retailer")),
        ("issue_invoice", simplified(1000, None), ("refused", "document_type", "above 1000.00 EUR")),
    ],
    "the final consumer has no number of a company": [
        (
            "create_invoice",
            invoice(client={"name": "Consumidor Final", "code": "CF", "fiscal_id": "508025338"}),
            ("refused", "client.name", ""),
        ),
    ],
    "withholding tax has a rate of the law and a buyer who withholds": [
        ("create_invoice", invoice(retention=60), ("warns", "retention", "60% is no rate")),
        ("create_invoice", invoice(retention=25), ("warns", "retention", "have had 23% since 2025-01-01")),
        ("create_invoice", invoice(retention="11.5"), PASSES),
        ("create_invoice", invoice(retention=23), PASSES),
        ("create_invoice", invoice(retention=23, client=CONSUMER), ("asks", "retention_buyer", "keep accounts")),
        ("create_invoice", invoice(retention=23, client={"code": "BETA"}), ("asks", "retention_buyer", "keep accounts")),
    ],
}  # fmt: skip
FLAT = [(behaviour, *case) for behaviour, cases in CASES.items() for case in cases]


async def judge(harness: Harness, name: str, arguments: Json) -> Outcome | IxError | Json:
    try:
        return await harness.call(name, {"idempotency_key": token_hex(8), **arguments})
    except IxError as error:
        return error


def describe(error: IxError) -> str:
    return " ".join(f"{one.field}: {one.problem}" for one in error.problems) or str(error)


@pytest.mark.parametrize(
    ("behaviour", "name", "arguments", "outcome"), FLAT, ids=[f"{one[0]}-{at}" for at, one in enumerate(FLAT)]
)
async def test_a_call_is_judged_as_the_law_says(
    harness: Harness, behaviour: str, name: str, arguments: Json, outcome: Outcome
) -> None:
    kind, where, text = outcome
    found = await judge(harness, name, arguments)
    if kind in {"refused", "asks"}:
        assert isinstance(found, IxError), found
        assert text in describe(found)
        asked = found.details.get("accept", [])
        assert where in (asked if kind == "asks" else {one.field for one in found.problems})
        assert (found.code == "acceptance_needed") is (kind == "asks")
        return
    assert isinstance(found, dict), describe(found) if isinstance(found, IxError) else found
    if kind == "warns":
        assert text in warnings_by_field(found)[where]
        return
    assert where in warnings_by_field(found) or not [
        one for one in found.get("warnings", []) if one["field"] == where
    ]
    if where and text:
        assert harness.get_last_body()[where] == text
    elif where:
        assert where not in harness.get_last_body()


async def test_a_code_that_invoicexpress_refuses_is_explained_with_the_refusal(harness: Harness) -> None:
    """M35 is in the tax authority's table since 2026, and not yet in the list of InvoiceXpress."""
    error = await harness.get_error("create_invoice", exempt("M35", {"code": "ACME"}))
    told = {one["field"]: one["problem"] for one in error.as_dict()["warnings"]}
    assert error.sent == "refused"
    assert "in the tax authority's table, but was not in InvoiceXpress's list" in told["tax_exemption"]
    assert "Decree-Law 97/2026" in told["tax_exemption"]


PAYMENT = {"payment_mechanism": "TB", "payment_date": "2026-11-20"}


async def test_withheld_tax_is_neither_open_nor_paid_without_a_question(harness: Harness) -> None:
    made = await harness.create_issued(items=[of(1000)], retention=25)
    pay = {"document_id": made["id"], **PAYMENT}
    assert describe(await harness.get_error("generate_payment", {**pay, "amount": 981})).startswith(
        "amount: 981.00 is more than the 980.00"
    )
    await harness.call("generate_payment", {**pay, "amount": 980})
    read = await harness.call("get_document", document_arguments(made))
    assert (read["to_pay"], read["withheld"]) == ("0.00", "250.00")
    settle = await harness.get_approval_text("change_state", document_arguments(made, state="settled"))
    assert "Receipt: €250.00" in settle.splitlines()[0]
    assert "no such money is received" in settle


async def test_cash_above_the_limit_is_warned_of(harness: Harness) -> None:
    made = await harness.create_issued(items=[of(5000)])
    for amount in (5000, 500):
        call = {"document_id": made["id"], "amount": amount, **PAYMENT, "payment_mechanism": "NU"}
        assert (
            "may not be paid in cash"
            in warnings_by_field(await harness.call("generate_payment", call))["payment_mechanism"]
        )


async def test_a_credit_of_a_partly_paid_invoice_owes_the_client_and_leaves_nothing_to_pay(
    harness: Harness,
) -> None:
    made = await harness.create_issued()
    await harness.call("generate_payment", {"document_id": made["id"], "amount": 60, **PAYMENT})
    note = {"document_type": "credit_notes", "owner_invoice_id": made["id"]}
    drafted = await harness.call("create_invoice", invoice(**note))
    assert "60.00 EUR of 1/2026 is already paid" in warnings_by_field(drafted)["owner_invoice_id"]
    finalize = document_arguments(drafted["document"], state="finalized")
    assert "Owed to the client: €60.00" in await harness.get_approval_text("change_state", finalize)
    await harness.call("change_state", finalize)
    error = await harness.get_error("generate_payment", {"document_id": made["id"], "amount": 1, **PAYMENT})
    assert "nothing is open: 60.00 is owed to the client" in describe(error)


async def test_a_note_repeats_its_invoice_or_is_asked_about(harness: Harness) -> None:
    made = await harness.create_issued(retention=23)
    note = {"document_type": "credit_notes", "owner_invoice_id": made["id"], "retention": 23}
    for changes, kind, where in (
        ({"client": {"code": "BETA"}}, "refused", "client"),
        ({"client": {"name": "Nova", "code": "NOVA"}}, "refused", "client"),
        ({"date": "2026-11-19"}, "refused", "date"),
        ({"items": [of(10, tax="IVA6")]}, "asks", "note_rate"),
        ({"items": [exempt_line(unit_price=10, name="Outro")], "tax_exemption": "M07"}, "asks", "note_rate"),
        ({"retention": None}, "asks", "note_retention"),
    ):
        error = await harness.get_error("create_invoice", invoice(**{**note, **changes}))
        if kind == "asks":
            assert error.details["accept"] == [where], describe(error)
        else:
            assert error.code == "refused"
            assert where in {one.field for one in error.problems}


@pytest.mark.parametrize(
    ("reason", "warned"),
    [
        ("O valor faturado estava errado.", True),
        ("O preço e o IVA da linha 2 não estão certos.", True),
        ("O NIF do cliente estava errado.", False),
    ],
)
async def test_cancelling_for_a_wrong_value_is_warned_of(harness: Harness, reason: str, warned: bool) -> None:
    made = await harness.create_issued()
    text = await harness.get_approval_text(
        "change_state", document_arguments(made, state="canceled", message=reason)
    )
    assert ("a wrong value or VAT is corrected by" in text) is warned


async def test_an_invoice_does_not_bill_a_cancelled_guide(harness: Harness) -> None:
    made = (await harness.call("create_guide", guide()))["document"]
    issued = (await harness.call("change_state", document_arguments(made, state="finalized")))["document"]
    await harness.call(
        "change_state", document_arguments(issued, state="canceled", message="Guia emitida em duplicado.")
    )
    assert "owner_invoice_id" in await harness.get_refusal(
        "create_invoice", invoice(owner_invoice_id=issued["id"])
    )


@pytest.mark.parametrize("wrong", ["too_much", "everything"])
async def test_a_note_of_a_final_consumers_invoice_stays_one(harness: Harness, wrong: str) -> None:
    made = await harness.create_issued(document_type="simplified_invoices", client=None)
    # A client of that name must not receive the note.
    await harness.call(
        "create_client", {"name": "Consumidor final, Lda", "code": "CFL", "fiscal_id": "508025338"}
    )
    call = document_arguments(made, wrong=wrong, reason="Só foi prestada meia hora.")
    note = (await harness.call("correct_document", call))["document"]
    assert note["client"]["code"] == "CONSUMIDOR-FINAL"
    assert note["client"].get("fiscal_id") in {None, "999999990"}


async def test_wrong_client_details_are_annulled_and_replaced(harness: Harness) -> None:
    made = await harness.create_issued()
    call = document_arguments(made, wrong="client_details", reason="O NIF do cliente estava errado.")
    advice = await harness.call("correct_document", call)
    assert advice["method"] == "cancel"
    assert "30136" in advice["source"]
    assert [one["tool"] for one in advice["next"]] == ["change_state", "issue_invoice"]


async def test_an_undo_names_no_day_that_has_passed(harness: Harness) -> None:
    draft = await harness.create_draft(date="2026-01-05", due_date="2026-02-05")
    undo = (await harness.call("change_state", document_arguments(draft, state="finalized")))["undo"]
    assert "2026-02" not in str(undo)
    assert "/02/2026" not in str(undo)
