"""Every refusal is whole in two languages: no English word in its Portuguese, no Portuguese word in its English, and short."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ix_tools.errors import IxError
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, render, verbatim
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import OPERATIONS
from ix_tools.pipeline.arguments import parse
from ix_tools.schemas.json_schema import build_input_schema
from tests.harness import SERIES, Harness, Json, document_arguments, exempt_line, invoice, line
from tests.i18n.language_words import find_foreign_words
from tests.refusal_sizes import list_long_problems

ACCOUNT_NAMES = (
    "ACME, Lda",
    "Padaria Central, Lda",
    "Consultoria",
    "Consultoria técnica",
    "Curso certificado",
    "Isento",
    "Formação",
    "Revisão",
    "Taxa do Norte",
)
"""Names in the sandbox's account, which are in Portuguese whatever the reader's language is."""
VERBATIM = verbatim("x").id


@cache
def read_descriptions() -> frozenset[str]:
    """Return what the schemas say of parameters at every depth; the help of the command line is checked for their words."""
    return frozenset(_list_descriptions([build_input_schema(one) for one in OPERATIONS]))


def _list_descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for one in node.values():
            yield from _list_descriptions(one)
    elif isinstance(node, list):
        for one in node:
            yield from _list_descriptions(one)


def list_texts(error: IxError) -> Iterator[Message]:
    """Yield every text of an error that a person may be shown, except lists of names, InvoiceXpress's own words, and descriptions."""
    texts = [
        error.text,
        error.next,
        *(text for one in error.problems for text in (one.problem, one.allowed)),
    ]
    yield from (text for text in texts if text.id != VERBATIM and text.id not in read_descriptions())


def find_words(error: IxError) -> list[tuple[Language, list[str], str]]:
    """Return the words of the wrong language in an error, with the text that has them."""
    found: list[tuple[Language, list[str], str]] = []
    for text in list_texts(error):
        for language in ("pt", "en"):
            shown = render(text, language)
            words = find_foreign_words(shown, language, known=ACCOUNT_NAMES)
            if words:
                found.append((language, words, shown))
    return found


# --- refused arguments -------------------------------------------------------------------------------------------

WRONG_VALUES: tuple[Any, ...] = (-1, True, "x" * 10_000, "nonsense", [None], {"a": 1}, 1e308, "31/02/2026")


def list_refused_arguments(operation: type[Operation[Any]]) -> Iterator[IxError]:
    """Yield the refusals of calls of one operation with one wrong argument each."""
    example = dict(operation.spec.example)
    wrong: list[Json] = [{**example, "unknown_field": 1}]
    for name in operation.model_fields:
        wrong += [{**example, name: value} for value in WRONG_VALUES]
        wrong.append({key: value for key, value in example.items() if key != name})
    for arguments in wrong:
        try:
            parse(operation.spec.name, arguments)
        except IxError as error:
            yield error


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.spec.name)
def test_refused_arguments_are_told_in_one_language_at_a_time(operation: type[Operation[Any]]) -> None:
    refusals = list(list_refused_arguments(operation))
    assert refusals
    assert [one for error in refusals for one in find_words(error)] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.spec.name)
def test_a_refused_argument_is_told_briefly_in_both_languages(operation: type[Operation[Any]]) -> None:
    found = [one for error in list_refused_arguments(operation) for one in error.problems]
    assert list_long_problems(found) == []


# --- refused calls -----------------------------------------------------------------------------------------------

CLIENT = {"name": "Nova", "code": "NOVA"}
CALLS: tuple[tuple[str, Json], ...] = (
    *(
        ("create_invoice", invoice(**given))
        for given in (
            {"client": None},
            {"client": {"id": 4711}},
            {"client": {"name": "Nova"}},
            {"client": {"code": "NOVA"}},
            {"client": {"code": "ACME", "name": "Outra"}},
            {"client": {"name": "ACME, Lda", "code": "OUTRO"}},
            {"client": {"code": "ACME", "email": "nova@acme.example.pt"}},
            {"client": {**CLIENT, "name": "Consumidor Final", "fiscal_id": "508025338"}},
            {"client": {**CLIENT, "fiscal_id": "508025339"}},
            {"client": {**CLIENT, "fiscal_id": "DE136695976", "country": "Spain"}},
            {"client": {**CLIENT, "name": "N" * 101}},
            {"items": [line(tax="IVA24")]},
            {"items": [line(tax="IGIC")]},
            {"items": [line(name="Consultoria", unit_price=60)]},
            {"items": [line(name="A"), line(name="A", unit_price=7)]},
            {"items": [exempt_line()]},
            {"items": [exempt_line()], "tax_exemption": "M00"},
            {"items": [exempt_line()], "tax_exemption": "M08"},
            {"items": [exempt_line()], "tax_exemption": "M77"},
            {"items": [exempt_line()], "tax_exemption": "M99"},
            {"items": [exempt_line()], "tax_exemption": "M40"},
            {"items": [exempt_line()], "tax_exemption": "M16"},
            {"items": [exempt_line()], "tax_exemption_reason": "M00"},
            {"items": [exempt_line(), line(name="B")], "tax_exemption": "M10"},
            {"tax_exemption": "M07"},
            {"tax_exemption_reason": "M00"},
            {"sequence_id": SERIES["credit_notes"]},
            {"sequence_id": 4711},
            {"series": "X-2026"},
            {"due_date": "2026-11-19"},
            {"document_type": "credit_notes"},
            {"document_type": "credit_notes", "owner_invoice_id": 4711},
            {"document_type": "debit_notes", "mb_reference": True},
            {"document_type": "vat_moss_invoices"},
            {"owner_invoice_id": 4711},
            {"global_discount": {"value_type": "percentage", "value": 5}},
            {"global_discount": {"value_type": "absolute", "value": 5000}},
            {"global_discount": {"value_type": "percentage", "value": 101}},
            {"currency_code": "AUD"},
            {"currency_code": "AUD", "rate": "1.6"},
            {"currency_code": "HRK", "rate": "7.5"},
            {"rate": "1.6"},
            {"retention": 25, "client": CLIENT},
            {"reference": "undefined"},
        )
    ),
    ("create_client", {"name": "Nova", "code": "NOVA", "fiscal_id": "508025339"}),
    ("create_item", {"name": "Novo", "unit_price": 1, "tax": "IVA24"}),
    ("create_tax", {"name": "IVA23", "value": 23}),
    ("create_sequence", {"serie": "2026"}),
    ("delete_client", {"client_id": 4711}),
    ("delete_tax", {"tax_id": 31554}),
    ("delete_item", {"item_id": 4711}),
    ("find_client", {"name": "Ninguém"}),
    ("find_client", {}),
    ("get_document", {"document_type": "invoices", "document_id": 4711}),
    ("get_pdf", {"document_id": 4711}),
    ("get_client_balance", {"client_id": 4711}),
    ("register_sequence", {"sequence_id": 4711}),
    ("set_default_sequence", {"sequence_id": 4711}),
    ("update_sequence", {"sequence_id": 4711, "serie": "N"}),
    ("export_saft", {"year": 2027, "month": 1}),
    ("month_end_check", {"month": 13}),
    ("account_statement", {}),
    ("account_statement", {"code": "ACME", "date_from": "2026-02-01", "date_to": "2026-01-01"}),
    ("run_operation", {"operation": "run_operation"}),
    ("run_operation", {"operation": "create_invoise"}),
    ("no_such_tool", {}),
    ("generate_payment", {"document_id": 4711, "amount": 1}),
    ("cancel_payment", {"receipt_id": 4711, "message": "pago por engano a outro cliente"}),
)
"""Calls that are refused whatever the account holds."""


async def list_document_refusals(harness: Harness) -> Iterator[IxError]:
    """Return the refusals of calls about documents in states that do not allow them."""
    draft, issued = await harness.create_draft(), await harness.create_issued()
    about = {"document_id": issued["id"]}
    calls: list[tuple[str, Json]] = [
        *(
            ("change_state", document_arguments(issued, state=state, **more))
            for state, more in (
                ("finalized", {}),
                ("deleted", {}),
                ("unsettled", {}),
                ("canceled", {}),
                ("canceled", {"message": "erro"}),
            )
        ),
        *(
            ("change_state", document_arguments(draft, state=state))
            for state in ("settled", "canceled", "unsettled")
        ),
        ("update_invoice", document_arguments(issued, reference="X")),
        ("send_email", document_arguments(draft, email="ana@example.pt", subject="S")),
        ("generate_payment", {"document_id": draft["id"], "amount": 1}),
        ("generate_payment", {**about, "amount": 0}),
        ("generate_payment", {**about, "amount": 1_000_000}),
        ("generate_payment", {**about, "amount": 1, "payment_date": "2026-11-01"}),
        ("generate_payment", {**about, "amount": 1, "payment_date": "2027-11-01"}),
        ("generate_payment", {**about, "amount": 1, "serie": "X"}),
        ("correct_document", {**document_arguments(issued), "problem": "amount", "amount": 1, "quantity": 1}),
        (
            "create_invoice",
            invoice(
                document_type="credit_notes", owner_invoice_id=issued["id"], items=[line(unit_price=9999)]
            ),
        ),
        (
            "create_invoice",
            invoice(document_type="credit_notes", owner_invoice_id=draft["id"]),
        ),
        (
            "create_invoice",
            invoice(document_type="credit_notes", owner_invoice_id=issued["id"], client=CLIENT),
        ),
        (
            "create_invoice",
            invoice(document_type="credit_notes", owner_invoice_id=issued["id"], date="2026-11-01"),
        ),
    ]
    return iter([await harness.get_error(name, arguments) for name, arguments in calls])


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=lambda one: str(one)[:40])
async def test_a_refused_call_is_told_in_one_language_at_a_time(
    harness: Harness, name: str, arguments: Json
) -> None:
    error = await harness.get_error(name, arguments)
    assert find_words(error) == []


async def test_a_refusal_about_a_document_is_told_in_one_language_at_a_time(harness: Harness) -> None:
    refusals = list(await list_document_refusals(harness))
    assert [one for error in refusals for one in find_words(error)] == []
