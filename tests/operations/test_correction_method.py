"""The lawful way to correct a document, from its kind, state, fault, receipts, notes and the day.

Source: Of.-Circ. 30136/2012 point 14; PIV 4948 and 10376; OCC PT27367 and PT27991; CIVA 29/7, 36/6 and 78; e-Fatura FAQ 06-3646.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ix_tools.domain.records import Document
from ix_tools.i18n.languages import Language
from ix_tools.operations.workflows.correction_method import CorrectionAdvice, CorrectionCase
from tests.rows import every_row

SOON, REPORTED, YEARS_LATER = "2026-11-25", "2026-12-08", "2029-01-10"
RECEIPT = {"id": 7, "document_type": "receipts", "status": "final", "number": "1/2026", "total": "123.00"}
NOTE = {"id": 8, "document_type": "credit_notes", "status": "final", "total": "23.00"}
DRAFT_NOTE, WHOLE_NOTE = {**NOTE, "status": "draft"}, {**NOTE, "total": "123.00"}


@dataclass(frozen=True)
class Expected:
    """What the advice says."""

    method: str
    law: str
    by: str = ""
    practice: str = ""


def advise(
    wrong: str,
    has_it: bool,
    today: str,
    kind: str = "invoices",
    status: str = "final",
    related: tuple[dict[str, Any], ...] = (),
    issued: str = "2026-11-20",
    names_lines: bool = False,
) -> CorrectionAdvice:
    document = Document(
        id=1,
        document_type=kind,
        status=status,
        number="1/2026",
        date=date.fromisoformat(issued),
        total=Decimal(123),
    )
    case = CorrectionCase(
        wrong=wrong,  # type: ignore[arg-type]
        client_has_it=has_it,
        names_lines=names_lines,
        document=document,
        related=related,
        today=date.fromisoformat(today),
        corrects=5 if kind.endswith("notes") else None,
    )
    return case.choose_method()


CASES: dict[str, tuple[dict[str, Any], Expected]] = {
    # wrong client details: annulled and issued again, delivered or not
    "details-delivered": (
        {"wrong": "client_details", "has_it": True, "today": SOON},
        Expected("cancel", "PIV 10376", "07/12/2026", "CIVA 78/5"),
    ),
    "details-delivered-and-reported": (
        {"wrong": "client_details", "has_it": True, "today": REPORTED},
        Expected("cancel", "OCC PT27991", "state A", "accountant"),
    ),
    "details-never-left": (
        {"wrong": "client_details", "has_it": False, "today": SOON},
        Expected("cancel", "30136/2012", "07/12/2026"),
    ),
    "details-never-left-but-reported": (
        {"wrong": "client_details", "has_it": False, "today": REPORTED},
        Expected("cancel", "30136/2012", "SAF-T again", "InvoiceXpress advises"),
    ),
    "details-paid": (
        {"wrong": "client_details", "has_it": True, "today": SOON, "status": "settled", "related": (RECEIPT,)},
        Expected("cancel", "PIV 10376", "", "CIVA 78/5"),
    ),
    "details-settled-without-receipt": (
        {"wrong": "client_details", "has_it": True, "today": SOON, "status": "settled"},
        Expected("credit_note", "PIV 10376", "20/11/2028", "CIVA 78/5"),
    ),
    "details-of-an-invoice-receipt": (
        {"wrong": "client_details", "has_it": True, "today": SOON, "status": "settled", "kind": "invoice_receipts"},
        Expected("cancel", "PIV 10376", "07/12/2026", "CIVA 78/5"),
    ),
    "details-of-a-simplified-invoice": (
        {"wrong": "client_details", "has_it": True, "today": SOON, "kind": "simplified_invoices"},
        Expected("cancel", "PIV 10376", "07/12/2026", "CIVA 78/5"),
    ),
    "details-with-a-note": (
        {"wrong": "client_details", "has_it": False, "today": SOON, "related": (NOTE,)},
        Expected("credit_note", "never combined", "20/11/2028", "CIVA 78/5"),
    ),
    "details-with-a-note-in-draft": (
        {"wrong": "client_details", "has_it": False, "today": SOON, "related": (DRAFT_NOTE,)},
        Expected("credit_note", "never combined", "", "CIVA 78/5"),
    ),
    "details-credited-in-full": (
        {"wrong": "client_details", "has_it": True, "today": SOON, "related": (WHOLE_NOTE,)},
        Expected("none", "36/6"),
    ),
    # too much
    "too-much": ({"wrong": "too_much", "has_it": True, "today": SOON}, Expected("credit_note", "CIVA 29/7", "20/11/2028")),
    "too-much-never-left": (
        {"wrong": "too_much", "has_it": False, "today": SOON},
        Expected("credit_note", "CIVA 29/7", "20/11/2028"),
    ),
    "too-much-reported": (
        {"wrong": "too_much", "has_it": True, "today": REPORTED},
        Expected("credit_note", "CIVA 29/7", "CIVA 78/3"),
    ),
    "too-much-on-the-last-day": (
        {"wrong": "too_much", "has_it": True, "today": "2028-11-20"},
        Expected("credit_note", "CIVA 29/7", "20/11/2028"),
    ),
    "too-much-after-two-years": (
        {"wrong": "too_much", "has_it": True, "today": "2028-11-21"},
        Expected("credit_note", "CIVA 29/7", "are over"),
    ),
    "too-much-paid": (
        {"wrong": "too_much", "has_it": True, "today": SOON, "status": "settled", "related": (RECEIPT,)},
        Expected("credit_note", "CIVA 29/7", "20/11/2028"),
    ),
    "too-much-credited-in-part": (
        {"wrong": "too_much", "has_it": True, "today": SOON, "related": (NOTE,)},
        Expected("credit_note", "CIVA 29/7", "20/11/2028"),
    ),
    "too-much-credited-in-full": (
        {"wrong": "too_much", "has_it": True, "today": SOON, "related": (WHOLE_NOTE,)},
        Expected("none", "CIVA 29/7"),
    ),
    # too little
    "too-little": (
        {"wrong": "too_little", "has_it": True, "today": SOON},
        Expected("debit_note", "CIVA 29/7", "31/12/2026 with monthly VAT returns, 31/03/2027"),
    ),
    "too-little-never-left": (
        {"wrong": "too_little", "has_it": False, "today": SOON},
        Expected("debit_note", "CIVA 29/7", "31/12/2026"),
    ),
    "too-little-on-the-last-day-of-the-month": (
        {"wrong": "too_little", "has_it": True, "today": "2026-12-31"},
        Expected("debit_note", "CIVA 29/7", "31/12/2026"),
    ),
    "too-little-after-the-monthly-period": (
        {"wrong": "too_little", "has_it": True, "today": "2027-01-01"},
        Expected("debit_note", "CIVA 29/7", "31/03/2027 with quarterly returns"),
    ),
    "too-little-after-both-periods": (
        {"wrong": "too_little", "has_it": True, "today": "2027-04-01"},
        Expected("debit_note", "CIVA 29/7", "the time without a penalty is over"),
    ),
    "too-little-though-credited-in-full": (
        {"wrong": "too_little", "has_it": True, "today": SOON, "related": (WHOLE_NOTE,)},
        Expected("debit_note", "CIVA 29/7", "31/12/2026"),
    ),
    # VAT
    "vat": (
        {"wrong": "vat", "has_it": True, "today": SOON},
        Expected("credit_note", "PIV 4948", "20/11/2028", "invoice it again"),
    ),
    "vat-never-left": (
        {"wrong": "vat", "has_it": False, "today": SOON},
        Expected("credit_note", "OCC PT27367", "31/12/2026", "wants notes"),
    ),
    "vat-years-later": (
        {"wrong": "vat", "has_it": True, "today": YEARS_LATER},
        Expected("credit_note", "PIV 4948", "are over", "wants notes"),
    ),
    "vat-credited-in-full": (
        {"wrong": "vat", "has_it": True, "today": SOON, "related": (WHOLE_NOTE,)},
        Expected("none", "CIVA 29/7"),
    ),
    # should not exist
    "everything-delivered": (
        {"wrong": "everything", "has_it": True, "today": SOON},
        Expected("credit_note", "CIVA 29/7", "20/11/2028"),
    ),
    "everything-never-left": (
        {"wrong": "everything", "has_it": False, "today": SOON},
        Expected("cancel", "06-3646", "07/12/2026"),
    ),
    "everything-never-left-but-reported": (
        {"wrong": "everything", "has_it": False, "today": REPORTED},
        Expected("cancel", "06-3646", "state A"),
    ),
    "everything-with-lines": (
        {"wrong": "everything", "has_it": False, "today": SOON, "names_lines": True},
        Expected("credit_note", "CIVA 29/7", "20/11/2028"),
    ),
    "everything-settled-without-receipt": (
        {"wrong": "everything", "has_it": False, "today": SOON, "status": "settled"},
        Expected("credit_note", "CIVA 29/7", "20/11/2028"),
    ),
    # notes
    "credit-note-never-left": (
        {"wrong": "too_much", "has_it": False, "today": SOON, "kind": "credit_notes"},
        Expected("cancel", "06-3646", "07/12/2026"),
    ),
    "credit-note-delivered": (
        {"wrong": "too_much", "has_it": True, "today": SOON, "kind": "credit_notes"},
        Expected("debit_note", "the opposite note", "31/12/2026"),
    ),
    "credit-note-for-too-little": (
        {"wrong": "too_little", "has_it": True, "today": SOON, "kind": "credit_notes"},
        Expected("credit_note", "the opposite note", "20/11/2028"),
    ),
    "credit-note-that-should-not-exist": (
        {"wrong": "everything", "has_it": True, "today": SOON, "kind": "credit_notes"},
        Expected("debit_note", "the opposite note", "31/12/2026"),
    ),
    "credit-note-at-another-vat": (
        {"wrong": "vat", "has_it": True, "today": SOON, "kind": "credit_notes"},
        Expected("debit_note", "the opposite note", "31/12/2026"),
    ),
    "credit-note-to-a-wrong-nif": (
        {"wrong": "client_details", "has_it": True, "today": SOON, "kind": "credit_notes"},
        Expected("cancel", "PIV 10376", "07/12/2026", "CIVA 78/5"),
    ),
    "debit-note-delivered": (
        {"wrong": "too_much", "has_it": True, "today": SOON, "kind": "debit_notes"},
        Expected("credit_note", "the opposite note", "20/11/2028"),
    ),
    "debit-note-for-too-little": (
        {"wrong": "too_little", "has_it": True, "today": SOON, "kind": "debit_notes"},
        Expected("debit_note", "the opposite note", "31/12/2026"),
    ),
    "debit-note-never-left-but-reported": (
        {"wrong": "everything", "has_it": False, "today": REPORTED, "kind": "debit_notes"},
        Expected("cancel", "06-3646", "state A"),
    ),
    # not in force
    "draft": ({"wrong": "too_much", "has_it": False, "today": SOON, "status": "draft"}, Expected("update", "DL 28/2019")),
    "cancelled": ({"wrong": "vat", "has_it": True, "today": SOON, "status": "canceled"}, Expected("none", "30136")),
    "deleted": ({"wrong": "vat", "has_it": True, "today": SOON, "status": "deleted"}, Expected("none", "30136")),
    # old documents
    "details-of-2021": (
        {"wrong": "client_details", "has_it": True, "today": SOON, "issued": "2021-03-10"},
        Expected("cancel", "PIV 10376", "now; the data", "CIVA 78/5"),
    ),
    "too-much-in-2021": (
        {"wrong": "too_much", "has_it": True, "today": SOON, "issued": "2021-03-10"},
        Expected("credit_note", "CIVA 29/7", "no longer moves the VAT"),
    ),
}  # fmt: skip


def read(advice: CorrectionAdvice, language: Language = "en") -> dict[str, Any]:
    """Return the advice as a person reads it."""
    return advice.model_dump(mode="json", exclude_none=True, context={"language": language})


@pytest.mark.parametrize("name", list(CASES))
def test_the_method_its_law_and_its_deadline(name: str) -> None:
    given, expected = CASES[name]
    told = read(advise(**given))
    assert told["method"] == expected.method
    assert expected.law in told["source"]
    assert expected.by in told.get("by", "")
    assert bool(told.get("practice")) is bool(expected.practice)
    assert expected.practice in told.get("practice", "")


ENGLISH = re.compile(r"\b(the|and|with|it|note|until|CIVA \d+/\d+)\b")
PORTUGUESE = re.compile(r"\b(de|nota|artigo|até|não|uma|que)\b")


@every_row("name", list(CASES))
def test_the_advice_is_whole_in_both_languages(name: str) -> None:
    advice = advise(**{**CASES[name][0], "related": (*CASES[name][0].get("related", ()), RECEIPT)})
    for language, foreign in (("pt", ENGLISH), ("en", PORTUGUESE)):
        told = read(advice, language)  # type: ignore[arg-type]
        texts = [told["why"], told["source"], *(told[field] for field in ("by", "practice") if field in told)]
        for text in (*texts, *told.get("first", ())):
            assert "{" not in text
            assert not foreign.search(text), text


@every_row("name", list(CASES))
@every_row("later", ["2026-11-20", "2026-12-07", "2027-01-15", "2027-06-01", "2028-11-21", "2031-01-01"])
def test_no_day_that_has_passed_is_ever_named_as_a_deadline(name: str, later: str) -> None:
    told = read(advise(**{**CASES[name][0], "today": later}))
    named = re.findall(r"(\d\d)/(\d\d)/(\d{4})", told.get("by", ""))
    assert all(
        date(int(year), int(month), int(day)) >= date.fromisoformat(later) for day, month, year in named
    )


@pytest.mark.parametrize(
    "name", [name for name, (_, expected) in CASES.items() if expected.method == "cancel"]
)
def test_receipts_are_cancelled_before_their_invoice(name: str) -> None:
    given = CASES[name][0]
    if given.get("kind", "").endswith("notes"):
        return
    told = read(advise(**{**given, "related": (RECEIPT,)}))
    assert told["first"] == ["cancel_payment with receipt_id 7 (1/2026)"]
