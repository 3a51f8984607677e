"""What a person must see before saying yes, as an operation tells it: no words, no language."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ix_tools.domain.comparison import Difference
from ix_tools.domain.records import Client


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an approval: a label from render's vocabulary and a value (text, amount, date)."""

    label: str
    value: Any
    is_headline: bool = False
    """Whether it stands in the first line and in a form's title, because without it nobody can tell what is approved."""


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """The document that a credit or debit note corrects (CIVA 36/6). None: it could not be read, and the person is told so."""

    document_type: str | None = None
    """As operations take it: invoices."""
    number: str | None = None
    """Number and series: 13/2026."""
    issued: date | None = None
    total: Decimal | None = None
    """With VAT."""
    paid: Decimal | None = None
    """What was paid of it until now."""


@dataclass(frozen=True, slots=True)
class Transport:
    """What the tax authority is told of a transport. None: it could not be read, and the person is told so; empty: there is none."""

    plate: str | None = None
    """The vehicle's."""
    loaded_at: datetime | None = None
    """When it starts, with its zone."""
    origin: str | None = None
    """Where the goods are loaded; may have several lines."""
    destination: str | None = None
    """Where the goods go; may have several lines."""


@dataclass(frozen=True, slots=True)
class DocumentState:
    """How a document stands."""

    document_type: str
    status: str
    """final, settled, canceled, accepted, refused or second_copy."""
    open: Decimal | None = None
    """What is open of an invoice; None for what nobody pays."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person must see before saying yes; `render` puts it into words in pt and en."""

    action: str
    """A key of render's table of actions, which also holds what cannot be undone."""
    rows: tuple[Row, ...] = ()
    document: Any = None
    """The document as it is now, with its lines and totals."""
    differences: tuple[Difference, ...] = ()
    """How it differs from what was asked; the person must accept that explicitly, besides approving."""
    covered_actions: tuple["Preview", ...] = ()
    """What the same yes covers besides, done right after."""
    expected_number: str = ""
    """The number that a draft is expected to get: 13/2026."""
    amount: Row | None = None
    """The money that the call itself moves, where that is not the document's total: a payment, the receipt of what is open."""
    recipient: str = ""
    """The address of an e-mail."""
    client: Client | None = None
    """Whom it is about, where no document says so."""
    paid: Decimal | None = None
    """What was paid of the document until now; None where nobody looked."""
    credited: Decimal | None = None
    """What credit notes took off the document until now; None where nobody looked."""
    to_pay: Decimal | None = None
    """What is still to be paid of the document, after payments, credits and withholding tax; None where nobody looked."""
    corrects: DocumentReference | None = None
    """For a credit or debit note."""
    transport: Transport | None = None
    """For a transport document."""
