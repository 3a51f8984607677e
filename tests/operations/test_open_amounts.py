"""What a document still has open is one figure, wherever it is asked: the document, lists, statement, payments, settling, month end.

The figure is that of domain/settlement, which tests/domain/test_settlement.py checks against amounts worked out by hand.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from secrets import token_hex

import pytest

from ix_tools.domain.records import Document
from ix_tools.domain.settlement import Settlement, compute_settlement
from ix_tools.errors import IxError
from ix_tools.i18n.formats import LISBON, format_money
from tests.harness import Harness, Json, document_arguments, execute, line

PAYMENT = {"payment_mechanism": "TB", "payment_date": "2026-11-20"}
DUE = "2026-11-20"
BILLS = {"invoices", "simplified_invoices"}


@dataclass(frozen=True)
class Case:
    """A document of 123.00 and what happened to it."""

    open: str
    balance: str
    retention: int | None = None
    paid: str = ""
    credited: str = ""
    """Quantity of the line that a credit note takes off, of 1."""
    then: str = ""
    kind: str = "invoices"


CASES = {
    "unpaid": Case("123.00", "123.00"),
    "simplified and unpaid": Case("61.50", "61.50", kind="simplified_invoices"),
    "partly paid": Case("63.00", "63.00", paid="60"),
    "partly credited": Case("61.50", "61.50", credited="0.5"),
    "paid and credited": Case("1.50", "1.50", paid="60", credited="0.5"),
    "credited whole": Case("0.00", "0.00", credited="1"),
    "paid and then credited whole": Case("0.00", "-60.00", paid="60", credited="1"),
    "withheld": Case("98.00", "98.00", retention=25),
    "withheld, the rest paid": Case("0.00", "0.00", retention=25, paid="98"),
    "withheld and partly credited": Case("49.00", "49.00", retention=25, credited="0.5"),
    "settled": Case("0.00", "0.00", then="settled"),
    "settled after a part was paid": Case("0.00", "0.00", paid="60", then="settled"),
    "cancelled": Case("0.00", "0.00", then="canceled"),
    "a receipt": Case("0.00", "0.00", kind="invoice_receipts"),
}


async def make(harness: Harness, case: Case) -> Json:
    """Create the document for a client of its own."""
    client = {"name": f"Cliente {token_hex(4)}", "code": token_hex(4)}
    made = await harness.create_issued(
        document_type=case.kind,
        retention=case.retention,
        due_date=DUE,
        client=client,
        accept=["retention_buyer"] if case.retention else None,
    )
    if case.paid:
        await harness.call("generate_payment", {"document_id": made["id"], "amount": case.paid, **PAYMENT})
    if case.credited:
        await harness.create_issued(
            document_type="credit_notes",
            owner_invoice_id=made["id"],
            client={"code": client["code"]},
            items=[line(quantity=case.credited)],
            retention=case.retention,
        )
    if case.then:
        reason = {"message": "Emitida ao cliente errado."} if case.then == "canceled" else {}
        await harness.call("change_state", document_arguments(made, state=case.then, **reason))
    return {**made, "client_code": client["code"]}


async def compute(harness: Harness, made: Json) -> Settlement:
    """The figures of domain/settlement, from what the service answers."""
    listed = (await harness.call("get_related_documents", {"document_id": made["id"]}))["documents"]
    # A row has no rate of withholding tax, which a note takes back.
    related = [Document.model_validate(await harness.read_document(one)) for one in listed]
    return compute_settlement(Document.model_validate(await harness.read_document(made)), related)


async def ask_everywhere(harness: Harness, made: Json) -> dict[str, Decimal]:
    """The open amount of a client's only invoice, by where it was asked."""
    client = {"client": made["client_code"]}
    read = await harness.call("get_document", document_arguments(made))
    mine = await harness.call("list_client_invoices", {**client, "unpaid": True})
    later = replace(
        harness.context, now=lambda: datetime.fromisoformat("2026-12-02T10:00").replace(tzinfo=LISBON)
    )
    overdue = await execute(later, "list_client_invoices", {**client, "overdue": True})
    every = await harness.call("list_invoices", {"unpaid": True, "per_page": 100})
    statement = await harness.call("account_statement", {"code": made["client_code"]})
    found = {
        "get_document": read.get("to_pay", read["document"]["total"]),
        "a client's unpaid": mine["open_total"],
        "a client's overdue": overdue["overdue_total"],
        "the list": next((row["open"] for row in every["invoices"] if row["id"] == made["id"]), "0"),
        "statement": statement["owed_now"],
    }
    return {name: Decimal(amount) for name, amount in found.items()}


@pytest.mark.parametrize("name", CASES)
async def test_the_open_amount_is_one_figure_wherever_it_is_asked(harness: Harness, name: str) -> None:
    case = CASES[name]
    made = await make(harness, case)
    known = await compute(harness, made)
    # A cancelled document is none any more, so its settlement has no balance.
    balance = Decimal(0) if case.then == "canceled" else known.balance
    assert (known.open, balance) == (Decimal(case.open), Decimal(case.balance))
    found = await ask_everywhere(harness, made)
    # The statement says what is owed either way.
    assert found.pop("statement") == balance
    assert set(found.values()) == {known.open}, found
    await check_payments(harness, made, known)


async def check_payments(harness: Harness, made: Json, known: Settlement) -> None:
    """A payment takes what is open and not a cent more; the approval of settling shows the same figures."""
    if made["document_type"] not in BILLS:
        return
    over = {
        "document_id": made["id"],
        "document_type": made["document_type"],
        "amount": str(known.open + Decimal("0.01")),
        **PAYMENT,
    }
    try:
        await harness.call("generate_payment", over)
    except IxError as error:
        told = str(error.problems[0].problem)
    else:
        raise AssertionError(f"{over['amount']} was taken, and {known.open} is open")
    if known.is_settled:
        return
    if not known.owed_to_client:
        assert f"more than the {known.open:.2f} still open" in told
    if known.receipt_limit:
        text = await harness.get_approval_text("change_state", document_arguments(made, state="settled"))
        assert f"Receipt: {format_money(known.receipt_limit, 'en')}" in text.splitlines()[0]
        assert f"To pay: {format_money(known.open, 'en')}" in text.splitlines()


async def test_lists_statement_and_month_end_add_up_to_the_same(harness: Harness) -> None:
    made = [await make(harness, case) for case in CASES.values()]
    wanted = {one["id"]: Decimal(case.open) for one, case in zip(made, CASES.values(), strict=True)}
    wanted = {number: amount for number, amount in wanted.items() if amount}
    found = await harness.call("list_invoices", {"unpaid": True, "per_page": 100})
    assert {row["id"]: Decimal(row["open"]) for row in found["invoices"]} == wanted
    total = sum(wanted.values(), Decimal(0))
    assert Decimal(found["open_total"]) == total
    assert sum((Decimal(one["open"]) for one in found["by_client"]), Decimal(0)) == total
    later = replace(
        harness.context, now=lambda: datetime.fromisoformat("2026-12-02T10:00").replace(tzinfo=LISBON)
    )
    month = await execute(later, "month_end_check", {"month": 11, "year": 2026})
    unpaid = next(one for one in month["findings"] if one["what"].startswith("unpaid"))
    assert unpaid["count"] == len(wanted)
    assert f"{format_money(total, 'en')} is open in all" in unpaid["next"]
    rows = {row.partition("(id ")[2].partition(")")[0]: row for row in unpaid["rows"]}
    assert {int(number) for number in rows} == set(wanted)
    for number, row in rows.items():
        assert f"open {format_money(wanted[int(number)], 'en')} of " in row


async def test_a_note_is_never_open(harness: Harness) -> None:
    made = await harness.create_issued()
    note = await harness.create_issued(document_type="credit_notes", owner_invoice_id=made["id"])
    assert "to_pay" not in await harness.call("get_document", document_arguments(note))
    found = await harness.call("list_invoices", {"unpaid": True})
    assert found["invoices"] == []
    with pytest.raises(IxError):
        await harness.call("list_invoices", {"unpaid": True, "types": ["credit_notes"]})
