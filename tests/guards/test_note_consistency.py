"""Notes against the document they correct: date, client, rates, exemption, withholding; from tables of facts, without a server."""

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.records import Client, Document, Line, Tax
from ix_tools.guards import corrected_documents, note_amounts, note_consistency
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import render
from tests.harness import Harness, document_arguments, exempt_line, invoice, line, warnings_by_field

NOW = datetime(2026, 11, 20, 10, tzinfo=LISBON)
TAXES = (
    Tax(id=1, name="IVA23", value=Decimal(23), default_tax=True),
    Tax(id=2, name="IVA6", value=Decimal(6)),
    Tax(id=3, name="Isento", value=Decimal(0)),
    Tax(id=4, name="IVA23 obras", value=Decimal("23.0")),
)
ACME = Client(id=7, name="ACME, Lda", code="ACME", country="Portugal", fiscal_id="508025338")
CREDIT, DEBIT = "credit_notes", "debit_notes"


def note(kind: str = CREDIT, *taxes: str | None, **fields: Any) -> Any:
    given = {
        "date": date(2026, 11, 20),
        "client": None,
        "tax_exemption": None,
        "retention": None,
        "accept": (),
        "items": [SimpleNamespace(name="A", tax=tax) for tax in taxes],
    }
    return SimpleNamespace(document_type=kind, **{**given, **fields})


def owner(*rates: str | None, **fields: Any) -> Document:
    lines = [Line(name="A", tax_rate=None if rate is None else Decimal(rate)) for rate in rates]
    return Document(
        **{
            "id": 5,
            "number": "1/2026",
            "document_type": "invoices",
            "status": "final",
            "lines": lines,
            **fields,
        }
    )


def facts(owned: Document | None, **more: Any) -> Facts:
    return Facts(now=NOW, taxes=TAXES, owner=owned, **more)


def kinds(findings: Any) -> list[str]:
    found: list[Finding] = list(findings)
    return [one.kind for one in found]


@pytest.mark.parametrize(
    ("kind", "day", "owned", "expected"),
    [
        (CREDIT, "2026-11-20", "2026-11-21", ["refuse"]),
        (DEBIT, "2026-11-20", "2026-11-21", ["refuse"]),
        (CREDIT, "2026-11-20", "2026-11-20", []),
        (CREDIT, "2026-11-20", "2026-11-19", []),
        (CREDIT, "2025-12-31", "2026-01-01", ["refuse"]),
        (CREDIT, "2026-11-20", None, []),
        ("invoices", "2026-11-20", "2026-11-21", []),  # an invoice may bill a guide of any day
    ],
)
def test_a_note_is_not_dated_before_its_document(
    kind: str, day: str, owned: str | None, expected: list[str]
) -> None:
    given = facts(owner(date=date.fromisoformat(owned) if owned else None))
    assert (
        kinds(
            corrected_documents.note_not_before_its_invoice(note(kind, date=date.fromisoformat(day)), given)
        )
        == expected
    )


@pytest.mark.parametrize(
    ("kind", "owned", "taxes", "accept", "expected"),
    [
        (CREDIT, ("23",), ("IVA23",), (), []),
        (CREDIT, ("23",), (None,), (), []),  # the default tax
        (CREDIT, ("23",), ("IVA23 obras",), (), []),  # another name, the same rate
        (CREDIT, ("23",), ("IVA6",), (), ["accept"]),
        (DEBIT, ("23",), ("IVA6",), (), ["accept"]),
        (CREDIT, ("23", "6"), ("IVA6",), (), []),
        (CREDIT, ("23", "6"), ("IVA23", "Isento"), (), ["accept"]),
        (CREDIT, ("0",), ("IVA23",), (), ["accept"]),
        (CREDIT, ("23",), ("Isento",), (), ["accept"]),
        (CREDIT, ("0.0",), ("Isento",), (), []),
        (CREDIT, ("23",), ("IVA6", "Isento"), (), ["accept"]),  # asked once
        (CREDIT, ("23",), ("IVA6",), ("note_rate",), []),
        (CREDIT, ("23",), ("IVA6",), ("note_exemption",), ["accept"]),
        (CREDIT, (None,), ("IVA23",), (), ["accept"]),  # a rate that is not known is not the same
        (CREDIT, ("23",), ("IVA99",), (), []),  # an unknown tax is another rule's
        ("invoices", ("23",), ("IVA6",), (), []),
    ],
)
def test_a_note_carries_the_rates_of_its_document(
    kind: str,
    owned: tuple[str | None, ...],
    taxes: tuple[str | None, ...],
    accept: tuple[str, ...],
    expected: list[str],
) -> None:
    """CIVA 78."""
    call = note(kind, *taxes, accept=accept)
    assert kinds(note_consistency.note_repeats_the_rates(call, facts(owner(*owned)))) == expected


def test_a_rate_is_found_by_the_name_of_the_tax_where_the_line_does_not_say_it() -> None:
    owned = Document(number="1/2026", lines=[Line(name="A", tax="IVA6")])
    assert kinds(note_consistency.note_repeats_the_rates(note(CREDIT, "IVA6"), facts(owned))) == []


@pytest.mark.parametrize(
    ("kind", "ours", "theirs", "rates", "accept", "expected"),
    [
        (CREDIT, "M07", "M07", ("0",), (), []),
        (CREDIT, "M07", "M10", ("0",), (), ["accept"]),
        (DEBIT, "M07", "M10", ("0",), (), ["accept"]),
        (CREDIT, "M07", None, ("0",), (), ["accept"]),
        (CREDIT, "M07", None, ("23",), (), []),  # asked about as a rate
        (CREDIT, None, "M10", ("0",), (), []),  # the missing code is another rule's
        (CREDIT, "M07", "M10", ("0",), ("note_exemption",), []),
        (CREDIT, "M07", "M10", ("0",), ("note_rate",), ["accept"]),
        ("invoices", "M07", "M10", ("0",), (), []),
    ],
)
def test_a_note_carries_the_exemption_of_its_document(
    kind: str,
    ours: str | None,
    theirs: str | None,
    rates: tuple[str, ...],
    accept: tuple[str, ...],
    expected: list[str],
) -> None:
    call = note(kind, "Isento", tax_exemption=ours, accept=accept)
    given = facts(owner(*rates, tax_exemption=theirs))
    assert kinds(note_consistency.note_repeats_the_exemption(call, given)) == expected


def test_a_code_without_an_exempt_line_is_left_to_the_rule_that_refuses_it() -> None:
    call = note(CREDIT, "IVA23", tax_exemption="M07")
    given = facts(owner("23", "0", tax_exemption="M10"))
    assert kinds(note_consistency.note_repeats_the_exemption(call, given)) == []


@pytest.mark.parametrize(
    ("kind", "ours", "theirs", "accept", "expected"),
    [
        (CREDIT, "25", "25", (), []),
        (CREDIT, "25.0", "25", (), []),
        (CREDIT, None, None, (), []),
        (CREDIT, "0", None, (), []),
        (CREDIT, None, "0", (), []),
        (CREDIT, None, "25", (), ["accept"]),
        (CREDIT, "25", None, (), ["accept"]),
        (DEBIT, "23", "25", (), ["accept"]),
        (CREDIT, None, "25", ("note_retention",), []),
        (CREDIT, None, "25", ("note_rate",), ["accept"]),
        ("invoices", None, "25", (), []),
    ],
)
def test_a_note_carries_the_withholding_of_its_document(
    kind: str, ours: str | None, theirs: str | None, accept: tuple[str, ...], expected: list[str]
) -> None:
    call = note(kind, retention=None if ours is None else Decimal(ours), accept=accept)
    given = facts(owner(retention=None if theirs is None else Decimal(theirs)))
    assert kinds(note_consistency.note_repeats_the_withholding(call, given)) == expected


@pytest.mark.parametrize(
    ("kind", "owned", "day", "expected"),
    [
        (CREDIT, "2024-11-20", "2026-11-20", []),
        (CREDIT, "2024-11-19", "2026-11-20", ["warn"]),
        (CREDIT, "2021-03-01", "2026-11-20", ["warn"]),
        (CREDIT, "2024-02-29", "2026-02-28", []),
        (CREDIT, "2024-02-29", "2026-03-01", ["warn"]),
        (DEBIT, "2021-03-01", "2026-11-20", []),  # missing VAT is always corrected
        ("invoices", "2021-03-01", "2026-11-20", []),
        (CREDIT, None, "2026-11-20", []),
    ],
)
def test_a_credit_after_two_years_is_warned_of(
    kind: str, owned: str | None, day: str, expected: list[str]
) -> None:
    """CIVA 78/3."""
    given = facts(owner(date=date.fromisoformat(owned) if owned else None))
    assert (
        kinds(corrected_documents.credit_within_two_years(note(kind, date=date.fromisoformat(day)), given))
        == expected
    )


FINAL = Client(name="Consumidor Final", fiscal_id="999999990")


@pytest.mark.parametrize(
    ("kind", "owned", "client", "expected"),
    [
        (CREDIT, None, None, []),
        (CREDIT, FINAL, None, []),
        (CREDIT, FINAL, Client(name="Consumidor Final", code="CF", fiscal_id="999999990"), []),
        (CREDIT, FINAL, ACME, ["refuse"]),
        (CREDIT, None, ACME, ["refuse"]),
        (DEBIT, None, ACME, ["refuse"]),
        (CREDIT, None, Client(name="Ana", code="ANA"), ["refuse"]),
        (CREDIT, ACME, ACME, []),
        ("invoices", None, ACME, []),
    ],
)
def test_a_note_of_a_final_consumers_document_stays_one(
    kind: str, owned: Client | None, client: Client | None, expected: list[str]
) -> None:
    given = facts(owner(client=owned))
    assert (
        kinds(note_consistency.note_of_a_final_consumer_stays_one(note(kind, client=client), given))
        == expected
    )


NEW = SimpleNamespace(id=None, name="Beta, Lda", code="BETA", country=None, fiscal_id=None)
BY_ID = SimpleNamespace(id=7, name=None, code=None, country=None, fiscal_id=None)


@pytest.mark.parametrize(
    ("kind", "client", "known", "expected"),
    [
        (CREDIT, NEW, None, ["refuse"]),
        (DEBIT, NEW, None, ["refuse"]),
        (CREDIT, NEW, ACME, []),  # an existing client is compared by its id
        (CREDIT, BY_ID, None, []),
        (CREDIT, None, None, []),
        ("invoices", NEW, None, []),
    ],
)
def test_a_note_creates_no_client(kind: str, client: Any, known: Client | None, expected: list[str]) -> None:
    given = facts(owner(client=ACME), client_by_code=known)
    assert kinds(note_consistency.note_names_no_new_client(note(kind, client=client), given)) == expected


def receipt(total: str, status: str = "settled") -> Document:
    return Document(document_type="receipts", status=status, total=Decimal(total))


@pytest.mark.parametrize(
    ("kind", "owned", "related", "words"),
    [
        (CREDIT, {"status": "settled"}, (), "already paid"),
        (CREDIT, {"status": "settled"}, (receipt("100"),), "1/2026 is already paid"),
        (CREDIT, {}, (receipt("40"), receipt("20.50")), "60.50 EUR of 1/2026"),
        (CREDIT, {}, (receipt("40", "canceled"),), ""),
        (CREDIT, {}, (), ""),
        (
            CREDIT,
            {},
            (Document(document_type="credit_notes", status="final", total=Decimal(40)),),
            "",
        ),
        (CREDIT, {"document_type": "simplified_invoices"}, (receipt("40"),), "40.00 EUR of 1/2026"),
        (CREDIT, {"document_type": "invoice_receipts", "status": "settled"}, (), ""),
        (DEBIT, {"status": "settled"}, (), ""),
        (DEBIT, {}, (receipt("40"),), ""),
    ],
)
def test_a_credit_of_a_paid_or_partly_paid_invoice_is_warned_of(
    kind: str, owned: dict[str, Any], related: tuple[Document, ...], words: str
) -> None:
    found = list(
        note_amounts.credit_of_a_paid_invoice(note(kind), facts(owner("23", **owned), owner_related=related))
    )
    assert [one.kind for one in found] == (["warn"] if words else [])
    assert not words or words in str(found[0].problem.problem)
    assert not words or render(found[0].problem.problem, "pt") != str(found[0].problem.problem)


def test_a_note_without_its_document_is_left_to_the_rule_that_asks_for_it() -> None:
    call, nothing = note(CREDIT, "IVA6", retention=Decimal(25), tax_exemption="M07"), facts(None)
    for rule in (
        corrected_documents.note_not_before_its_invoice,
        note_consistency.note_repeats_the_rates,
        note_consistency.note_repeats_the_exemption,
        note_consistency.note_repeats_the_withholding,
        corrected_documents.credit_within_two_years,
        note_consistency.note_of_a_final_consumer_stays_one,
        note_consistency.note_names_no_new_client,
    ):
        assert kinds(rule(call, nothing)) == []


# --- through the pipeline ------------------------------------------------------------------------------


async def test_a_note_for_another_client_is_refused_even_if_the_client_is_new(harness: Harness) -> None:
    owned = await harness.create_issued()
    call = invoice(
        document_type=CREDIT,
        owner_invoice_id=owned["id"],
        client={"name": "Nova, Lda", "code": "NOVA", "country": "PT"},
    )
    assert "would be a new client" in (await harness.get_refusal("create_invoice", call))["client"]


async def test_a_note_before_its_invoice_is_refused(harness: Harness) -> None:
    owned = await harness.create_issued()
    call = invoice(document_type=CREDIT, owner_invoice_id=owned["id"], date="2026-11-19")
    assert "before 1/2026" in (await harness.get_refusal("create_invoice", call))["date"]


async def test_other_rates_and_withholding_are_asked_about_and_shown_to_the_approver(
    harness: Harness,
) -> None:
    owned = await harness.create_issued(retention=25)
    call = invoice(document_type=CREDIT, owner_invoice_id=owned["id"], items=[line(name="Livro", tax="IVA6")])
    found = await harness.get_refusal("create_invoice", call)
    assert "has 23%" in found["items.0.tax"]
    assert "withholds 25%" in found["retention"]
    made = await harness.call("create_invoice", {**call, "accept": ["note_rate", "note_retention"]})
    text = await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )
    assert "has 23%" in text
    assert "withholds 25%" in text


async def test_another_exemption_is_asked_about(harness: Harness) -> None:
    owned = await harness.create_issued(items=[exempt_line()], tax_exemption="M07")
    call = invoice(
        document_type=CREDIT, owner_invoice_id=owned["id"], items=[exempt_line()], tax_exemption="M01"
    )
    assert "1/2026 says M07" in (await harness.get_refusal("create_invoice", call))["tax_exemption"]
    assert (await harness.call("create_invoice", {**call, "tax_exemption": "M07"}))["ok"]


async def test_a_partly_paid_invoice_is_credited_with_a_warning(harness: Harness) -> None:
    owned = await harness.create_issued()
    await harness.call(
        "generate_payment",
        {**document_arguments(owned), "amount": 60, "payment_date": "2026-11-20", "payment_mechanism": "TB"},
    )
    made = await harness.call("create_invoice", invoice(document_type=CREDIT, owner_invoice_id=owned["id"]))
    assert "60.00 EUR of 1/2026" in warnings_by_field(made)["owner_invoice_id"]


async def test_a_note_of_a_simplified_invoice_without_client_names_the_final_consumer(
    harness: Harness,
) -> None:
    half = [line(quantity="0.5")]
    owned = await harness.create_issued(document_type="simplified_invoices", client=None, items=half)
    call = invoice(items=half, document_type=CREDIT, owner_invoice_id=owned["id"])
    assert "final consumer" in (await harness.get_refusal("create_invoice", call))["client"]
    consumer = {"name": "Consumidor final", "code": "CF", "fiscal_id": "999999990"}
    assert (await harness.call("create_invoice", {**call, "client": consumer}))["ok"]


# --- an update asks about what it changes -----------------------------------------------------------------


OTHER_RATE = "Outra taxa"


@pytest.mark.parametrize("kind", [CREDIT, DEBIT])
@pytest.mark.parametrize(
    ("fields", "word", "change", "field"),
    [
        ({"retention": 10}, "note_retention", {"retention": 12}, "retention"),
        (
            {"items": [line(name=OTHER_RATE, tax="IVA6")]},
            "note_rate",
            {"items": [line(name=OTHER_RATE, tax="IVA13")]},
            "items.0.tax",
        ),
    ],
)
async def test_an_answered_question_is_asked_again_only_where_the_update_changes_it(
    harness: Harness, kind: str, fields: dict[str, Any], word: str, change: dict[str, Any], field: str
) -> None:
    owned = await harness.create_issued()
    draft = await harness.create_draft(
        document_type=kind, owner_invoice_id=owned["id"], accept=[word], **fields
    )
    about = document_arguments(draft)
    assert (await harness.call("update_invoice", {**about, "reference": "PO-8"}))["ok"]
    assert (await harness.call("update_invoice", {**about, "due_date": "+60d"}))["ok"]
    asked = {**about, **change, "accept": ["overwrite_items"]}
    assert field in await harness.get_refusal("update_invoice", asked)
    finalize = document_arguments(draft, state="finalized")
    assert "1/2026 " in await harness.get_approval_text("change_state", finalize)


async def test_a_question_about_the_client_is_asked_again_for_another_client(harness: Harness) -> None:
    spain = {"name": "Talleres SL", "code": "TALLERES", "country": "ES", "fiscal_id": "ESB58378431"}
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M40", accept=["exemption_buyer"])
    about = document_arguments(draft)
    assert (await harness.call("update_invoice", {**about, "reference": "PO-8"}))["ok"]
    assert (await harness.call("update_invoice", {**about, "client": spain}))["ok"]
    found = await harness.get_refusal("update_invoice", {**about, "client": {"code": "ACME"}})
    assert "the client is a Portuguese company" in found["tax_exemption"]


async def test_a_code_that_invoicexpress_stamped_by_itself_is_asked_about_at_every_update(
    harness: Harness,
) -> None:
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M99", accept=["m99"])
    about = document_arguments(draft, reference="PO-8")
    await harness.check_acceptance("update_invoice", about, "m99")
