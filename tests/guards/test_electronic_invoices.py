"""Plain PDFs stop being electronic invoices: told in time, where an invoice goes to a buyer with a Portuguese number."""

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from ix_tools.domain.records import Client, Document
from ix_tools.guards.electronic_invoices import (
    issued_pdf_is_an_electronic_invoice,
    sent_pdf_is_an_electronic_invoice,
)
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import render
from tests.harness import Harness, document_arguments, invoice, warnings_by_field

COMPANY = {"country": "Portugal", "fiscal_id": "508112230"}
BEFORE, AFTER = "only until 2026-12-31", "since 2027-01-01"


@dataclass(frozen=True)
class Call:
    """What the rules read of a call."""

    document_type: str = "invoices"
    state: str = "finalized"
    message: str | None = None
    document_id: int = 1


def build_facts(client: dict[str, str] | None, today: str) -> Facts:
    return Facts(
        now=datetime.fromisoformat(f"{today}T10:00").replace(tzinfo=LISBON),
        document=Document(status="final"),
        document_client=Client.model_validate(client) if client is not None else None,
    )


@pytest.mark.parametrize(
    ("today", "told"),
    [
        ("2026-11-30", ""),
        ("2026-12-01", BEFORE),
        ("2026-12-31", BEFORE),
        ("2027-01-01", AFTER),
        ("2027-08-15", AFTER),
    ],
)
def test_it_is_told_from_december_on_and_differently_once_it_holds(today: str, told: str) -> None:
    found = list(sent_pdf_is_an_electronic_invoice(Call(), build_facts(COMPANY, today)))
    assert [told in str(one.problem.problem) for one in found] == ([True] if told else [])
    for one in found:
        assert one.kind == "warn"
        assert "Lei 73-A/2025" in str(one.problem.problem)
        assert "turn on the qualified signature" in str(one.problem.problem)
        assert "Lei 73-A/2025" in render(one.problem.problem, "pt")
        assert "assinatura" in render(one.problem.problem, "pt")


@pytest.mark.parametrize(
    ("client", "is_told"),
    [
        (COMPANY, True),
        ({"fiscal_id": "508112230"}, True),
        ({"country": "Portugal", "fiscal_id": "PT508112230"}, True),
        (
            {"country": "Portugal", "fiscal_id": "123456789"},
            True,
        ),  # self-employed people have numbers of persons
        ({"country": "Portugal", "fiscal_id": "999999990"}, False),
        ({"country": "Portugal", "fiscal_id": "508112231"}, False),
        ({"country": "Portugal"}, False),
        ({"country": "Germany", "fiscal_id": "DE123456788"}, False),
        ({"country": "Brazil", "fiscal_id": "508112230"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_it_is_told_for_buyers_with_a_portuguese_number(client: dict[str, str] | None, is_told: bool) -> None:
    assert bool(list(sent_pdf_is_an_electronic_invoice(Call(), build_facts(client, "2026-12-10")))) is is_told


@pytest.mark.parametrize(
    ("kind", "is_told"),
    [
        ("invoices", True),
        ("simplified_invoices", True),
        ("invoice_receipts", True),
        ("credit_notes", True),
        ("debit_notes", True),
        ("receipts", False),
        ("quotes", False),
        ("proformas", False),
        ("transports", False),
    ],
)
def test_it_is_told_of_invoices_and_notes(kind: str, is_told: bool) -> None:
    facts = build_facts(COMPANY, "2026-12-10")
    assert bool(list(sent_pdf_is_an_electronic_invoice(Call(document_type=kind), facts))) is is_told


@pytest.mark.parametrize(
    ("state", "is_told"), [("finalized", True), ("canceled", False), ("settled", False), ("deleted", False)]
)
def test_it_is_told_when_an_invoice_is_finalized(state: str, is_told: bool) -> None:
    facts = build_facts(COMPANY, "2026-12-10")
    assert bool(list(issued_pdf_is_an_electronic_invoice(Call(state=state), facts))) is is_told


@pytest.fixture
def in_december(harness: Harness) -> Harness:
    then = datetime(2026, 12, 10, 10, tzinfo=LISBON)
    return replace(harness, context=replace(harness.context, now=lambda: then))


async def test_the_person_who_approves_an_email_reads_it(in_december: Harness) -> None:
    issued = await in_december.create_issued(date="2026-11-20")
    mail = document_arguments(issued, email="compras@acme.example")
    assert "only until 31/12/2026" in await in_december.get_approval_text("send_email", mail)
    assert BEFORE in warnings_by_field(await in_december.call("send_email", mail))["document_id"]


async def test_issuing_and_sending_in_one_call_tells_it_once(in_december: Harness) -> None:
    call = invoice(email="compras@acme.example", delivery="resource")
    assert (await in_december.get_approval_text("issue_invoice", call)).count("only until 31/12/2026") == 1
    result = await in_december.call("issue_invoice", call)
    assert str(result["warnings"]).count(BEFORE) == 1


async def test_before_december_nothing_is_said(harness: Harness) -> None:
    call = invoice(email="compras@acme.example", delivery="resource")
    assert "PDF without" not in await harness.get_approval_text("issue_invoice", call)
