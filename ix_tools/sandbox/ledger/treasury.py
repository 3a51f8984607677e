"""Balances of clients: open amounts of their documents, opening balances, regularizations and movements.

owed  = opening balance + what documents leave open + reimbursements - payments on account - regularizations
left  = invoices and debit notes - their receipts - credit notes        (cancelled ones never happened)

Invoice-receipts, which are paid when issued, leave nothing open, nor do notes that were settled by hand. Entries without a
document have no VAT; a receipt has its invoice's share of VAT. Our interpretation of an undocumented field:
`remaining_balance` is the amount owed before regularizations (total) and after them (value), and a regularization may not
exceed the latter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.ledger import sequences, totals
from ix_tools.sandbox.ledger.issuing import list_live_children
from ix_tools.sandbox.ledger.number_formats import format_exact, parse_fraction, round_half_up
from ix_tools.sandbox.reference import MECHANISMS
from ix_tools.sandbox.refusals import Missing, Phrase, Refused
from ix_tools.sandbox.rows import Client, Document, TreasuryEntry
from ix_tools.sandbox.state import Books

INITIAL, REGULARIZATION = "initial", "regularization"
MOVEMENTS = ("Reimbursement", "Payment")
METHODS = (*MECHANISMS, "CI")
"""The treasury has one mechanism more than documents: the international documentary credit."""


@dataclass(frozen=True)
class Amount:
    """An amount with and without VAT."""

    with_vat: Fraction = Fraction(0)
    without_vat: Fraction = Fraction(0)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.with_vat + other.with_vat, self.without_vat + other.without_vat)


@dataclass(frozen=True)
class Balance:
    """A client's balance today."""

    initial: TreasuryEntry | None
    owed: Amount
    overdue: Amount
    before_regularizations: Fraction


def get_balance(books: Books, client_id: int) -> Balance:
    """Compute the amount that a client owes, and how much of it is overdue by the sandbox's clock."""
    client = _get_client(books, client_id)
    open_amounts, overdue = Amount(), Amount()
    for row in books.store.find(Document, client_id=client.id):
        left = _find_open_amount(books, row)
        open_amounts += left
        if left.with_vat > 0 and date.fromisoformat(row.due_date) < books.today:
            overdue += left
    entries = books.store.find(TreasuryEntry, client_id=client.id)
    signs = {INITIAL: 1, "Reimbursement": 1, "Payment": -1, REGULARIZATION: 0}
    plain = sum((signs[entry.type] * Fraction(entry.value) for entry in entries), Fraction(0))
    settled = sum((Fraction(entry.value) for entry in entries if entry.type == REGULARIZATION), Fraction(0))
    return Balance(
        initial=next((entry for entry in entries if entry.type == INITIAL), None),
        owed=open_amounts + Amount(plain - settled, plain - settled),
        overdue=overdue,
        before_regularizations=open_amounts.with_vat + plain,
    )


def set_initial_balance(books: Books, client_id: int, sent: dict[str, Any]) -> TreasuryEntry:
    """Set the opening balance, replacing the one before. It may be negative."""
    client = _get_client(books, client_id)
    entry = books.store.first(TreasuryEntry, client_id=client.id, type=INITIAL)
    entry = entry or TreasuryEntry(0, client.id, INITIAL, "0", "", created_at=books.now.isoformat())
    _read_entry(sent, entry, signed=True)
    return _save_entry(books, entry)


def list_regularizations(books: Books, client_id: int) -> list[TreasuryEntry]:
    """Return a client's regularizations, oldest first."""
    return books.store.find(TreasuryEntry, client_id=_get_client(books, client_id).id, type=REGULARIZATION)


def create_regularization(books: Books, client_id: int, sent: dict[str, Any]) -> TreasuryEntry:
    """Write off a part of the amount that a client owes."""
    client = _get_client(books, client_id)
    entry = TreasuryEntry(0, client.id, REGULARIZATION, "0", "", created_at=books.now.isoformat())
    remaining = get_balance(books, client.id).owed.with_vat
    value = parse_fraction(sent.get("value"))
    wrong: tuple[Phrase, ...] = ("over_balance",) if value is not None and value > remaining else ()
    _read_entry(sent, entry, also=wrong)
    entry.number = f"NR{books.store.next_id('regularizations'):08d}"
    return _save_entry(books, entry)


def create_movement(books: Books, client_id: int, sent: dict[str, Any]) -> TreasuryEntry:
    """Record a payment without an invoice, or a reimbursement."""
    client = _get_client(books, client_id)
    kind = str(sent.get("movement_type") or "")
    entry = TreasuryEntry(0, client.id, kind, "0", "", created_at=books.now.isoformat())
    entry.payment_method = str(sent.get("payment_method") or "TB")
    entry.serie = str(sent.get("serie") or sequences.get_default(books).serie)
    wrong: list[Phrase] = []
    if kind not in MOVEMENTS:
        wrong.append(("not_included", "Movement type"))
    if entry.payment_method not in METHODS:
        wrong.append(("not_included", "Payment method"))
    if sequences.find_by_name(books, entry.serie) is None:
        wrong.append(("not_included", "Serie"))
    try:
        _read_entry(sent, entry, also=tuple(wrong))
    except Refused as refused:
        texts = ", ".join(refused.get_texts(books.options.language))
        raise Refused(("validation", texts)) from None
    return _save_entry(books, entry)


def delete_entry(
    books: Books, client_id: int, entry_id: int, kinds: tuple[str, ...], missing: Phrase
) -> None:
    """Delete an entry."""
    client = _get_client(books, client_id)
    entry = books.store.get(TreasuryEntry, entry_id)
    if entry is None or entry.client_id != client.id or entry.type not in kinds:
        raise Missing(missing)
    books.store.delete(entry)


def _get_client(books: Books, client_id: int) -> Client:
    client = books.store.get(Client, client_id)
    if client is None:
        raise Missing("client_not_found")
    return client


def _find_open_amount(books: Books, row: Document) -> Amount:
    """Return the amount that a document adds to its client's balance."""
    kind, owner = BY_TYPE[row.type], books.store.get(Document, row.owner_id)
    if row.status not in ("final", "settled") or kind.family != "invoices":
        return Amount()
    money = totals.compute_document(row)
    if row.type == "CreditNote":
        # It reduces its invoice's open amount, unless that was paid when issued; settling such a note repays it.
        if (owner is not None and BY_TYPE[owner.type].payable) or row.status == "settled":
            return Amount()
        return Amount(-money.total, -money.before_taxes)
    if kind.payable:
        paid = sum(
            (totals.compute_document(each).total for each in list_live_children(books, row, "Receipt")),
            Fraction(0),
        )
        credited = [totals.compute_document(each) for each in list_live_children(books, row, "CreditNote")]
        share = money.before_taxes / money.total if money.total else Fraction(1)
        return Amount(
            money.total - paid - sum((note.total for note in credited), Fraction(0)),
            money.before_taxes
            - round_half_up(paid * share)
            - sum((note.before_taxes for note in credited), Fraction(0)),
        )
    if row.type == "DebitNote" and row.status == "final":
        return Amount(money.total, money.before_taxes)
    return Amount()


def _read_entry(
    sent: dict[str, Any], entry: TreasuryEntry, signed: bool = False, also: tuple[Phrase, ...] = ()
) -> None:
    wrong: list[Phrase] = list(also)
    value, day = parse_fraction(sent.get("value")), _parse_day(sent.get("date"))
    if value is None:
        wrong.append("value_not_number")
    elif value <= 0 and not signed:
        wrong.append("value_low")
    if day is None:
        wrong.append("date_blank")
    if wrong or value is None or day is None:
        raise Refused(*wrong)
    entry.value, entry.date = format_exact(round_half_up(value)), day.isoformat()
    entry.observation = str(sent.get("observation") or "")


def _parse_day(value: Any) -> date | None:
    """Parse an ISO date, the only format of version 3; None for any other, as if it were missing."""
    text = str(value or "").strip()
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _save_entry(books: Books, entry: TreasuryEntry) -> TreasuryEntry:
    entry.id = entry.id or books.store.next_id("treasury")
    books.store.save(entry)
    return entry
