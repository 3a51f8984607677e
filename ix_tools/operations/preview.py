"""Language-neutral content of an approval: the document, the rows and the amounts that a person approves."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ix_tools.domain.comparison import Difference
from ix_tools.domain.records import Client


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an approval: the key of a label and a value (text, amount, date)."""

    label: str
    value: Any
    is_headline: bool = False
    """True for rows of the first line and of a form's title: they say what is approved."""


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """A document that another one refers to, e.g. the one that a note corrects (CIVA 36/6). All None: it could not be read."""

    document_type: str | None = None
    """Document type as operations take it: invoices."""
    number: str | None = None
    """Number and series: 13/2026."""
    issued: date | None = None
    total: Decimal | None = None
    """Total with VAT."""
    paid: Decimal | None = None
    """Amount paid so far."""


@dataclass(frozen=True, slots=True)
class Transport:
    """Transport data that the tax authority gets. None: it could not be read; empty text: there is none."""

    plate: str | None = None
    """Licence plate of the vehicle."""
    loaded_at: datetime | None = None
    """Start of the transport, with its time zone."""
    origin: str | None = None
    """Place of loading, in one or more lines."""
    destination: str | None = None
    """Place of delivery, in one or more lines."""


@dataclass(frozen=True, slots=True)
class DocumentState:
    """State of a document, with the open amount of an invoice."""

    document_type: str
    status: str
    """final, settled, canceled, accepted, refused or second_copy."""
    open: Decimal | None = None
    """Open amount of an invoice; None for documents that are not paid."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything that a person must see before approving; approvals/ puts it into Portuguese and English."""

    action: str
    """Key of the table of actions (i18n), whose texts also name the consequences that cannot be undone."""
    rows: tuple[Row, ...] = ()
    document: Any = None
    """Document as it is now, with lines and totals."""
    differences: tuple[Difference, ...] = ()
    """Differences between the stored and the requested document; the person must accept them besides approving."""
    covered_actions: tuple["Preview", ...] = ()
    """Further actions that the same approval covers, carried out right after."""
    expected_number: str = ""
    """Number that the draft is expected to get: 13/2026."""
    amount: Row | None = None
    """Amount that the call itself moves, if it is not the document's total: a payment, or the receipt of the open amount."""
    recipient: str = ""
    """Recipient of an e-mail."""
    client: Client | None = None
    """Client of a call that is not about a document."""
    paid: Decimal | None = None
    """Amount paid of the document so far; None if it was not looked up."""
    credited: Decimal | None = None
    """Amount credited of the document so far; None if it was not looked up."""
    to_pay: Decimal | None = None
    """Amount left to pay after payments, credits and withholding tax; None if it was not looked up."""
    corrects: DocumentReference | None = None
    """Document that a credit or debit note corrects."""
    transport: Transport | None = None
    """Transport of a guide."""
