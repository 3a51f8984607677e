"""Protocols of the calls that rules read; guards import no operation."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal, Protocol, runtime_checkable

from ix_tools.domain.field_marks import Printed
from ix_tools.domain.totals import Totals
from ix_tools.guards.facts import Facts


class ClientRecordShaped(Protocol):
    """Client to be created or changed."""

    @property
    def name(self) -> str | None: ...
    @property
    def code(self) -> str | None: ...
    @property
    def country(self) -> str | None: ...
    @property
    def fiscal_id(self) -> str | None: ...


class ClientShaped(ClientRecordShaped, Protocol):
    """Customer of a document."""

    @property
    def id(self) -> int | None: ...


class ItemShaped(Protocol):
    """Line of a document."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def unit_price(self) -> Decimal | None: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def discount(self) -> Decimal | None: ...
    @property
    def tax(self) -> str | None: ...


class DiscountShaped(Protocol):
    """Discount over a document."""

    @property
    def value_type(self) -> Literal["percentage", "absolute"]: ...
    @property
    def value(self) -> Decimal: ...


@runtime_checkable
class HasGlobalDiscount(Protocol):
    """Document that may have a discount over all its lines."""

    @property
    def global_discount(self) -> DiscountShaped | None: ...


class Draft(Protocol):
    """Document to be created or updated."""

    @property
    def document_type(self) -> str: ...
    @property
    def date(self) -> dt.date: ...
    @property
    def due_date(self) -> dt.date: ...
    @property
    def client(self) -> ClientShaped | None: ...
    @property
    def items(self) -> Sequence[ItemShaped]: ...
    @property
    def tax_exemption(self) -> str | None: ...
    @property
    def tax_exemption_reason(self) -> str | None: ...
    @property
    def retention(self) -> Decimal | None: ...
    @property
    def sequence_id(self) -> int | None: ...
    @property
    def accept(self) -> Sequence[str]: ...

    def printed_texts(self) -> Iterator[tuple[str, Printed, str]]:
        """Return the printed texts: field, heading, text."""
        ...

    def compute_totals(self, facts: Facts) -> Totals | None:
        """Return the totals of the document; None if a tax is unknown."""
        ...


class InvoiceShaped(Draft, HasGlobalDiscount, Protocol):
    """Invoice, receipt or note to be created or updated."""

    @property
    def mb_reference(self) -> bool | None: ...
    @property
    def owner_invoice_id(self) -> int | None: ...
    @property
    def currency_code(self) -> str | None: ...
    @property
    def rate(self) -> Decimal | None: ...


class GuideShaped(Draft, Protocol):
    """Guide to be created or updated."""

    @property
    def loaded_at(self) -> dt.datetime | None: ...
    @property
    def address_from(self) -> object | None: ...
    @property
    def address_to(self) -> object | None: ...


class Transition(Protocol):
    """Change of a document's state."""

    @property
    def document_type(self) -> str: ...
    @property
    def document_id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def message(self) -> str | None: ...


class EmailCall(Protocol):
    """E-mail about a document."""

    @property
    def email(self) -> str: ...


class MailText(Protocol):
    """Text of an e-mail."""

    @property
    def subject(self) -> str | None: ...
    @property
    def body(self) -> str | None: ...


class Payment(Protocol):
    """Payment of an invoice."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def payment_date(self) -> dt.date: ...
    @property
    def payment_mechanism(self) -> str: ...
    @property
    def accept(self) -> Sequence[str]: ...
    @property
    def serie(self) -> str | None: ...


class SeriesShaped(Protocol):
    """Call about a series."""

    @property
    def sequence_id(self) -> int: ...


class RenamedSeries(SeriesShaped, Protocol):
    """Change of a series."""

    @property
    def serie(self) -> str: ...


class ClientChangeShaped(ClientRecordShaped, Protocol):
    """Client to be changed."""

    @property
    def accept(self) -> Sequence[str]: ...


class CatalogueItemShaped(Protocol):
    """Catalogue item to be created or changed."""

    @property
    def name(self) -> str | None: ...
    @property
    def unit_price(self) -> Decimal | None: ...
    @property
    def tax(self) -> str | None: ...


class TaxShaped(Protocol):
    """Tax to be created or changed."""

    @property
    def name(self) -> str | None: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def region(self) -> str | None: ...
    @property
    def code(self) -> str | None: ...
    @property
    def default_tax(self) -> bool | None: ...
    @property
    def accept(self) -> Sequence[str]: ...


class Entry(Protocol):
    """Entry in a client's account."""

    @property
    def value(self) -> Decimal: ...
    @property
    def date(self) -> dt.date: ...
