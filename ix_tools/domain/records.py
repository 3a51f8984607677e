"""Records of InvoiceXpress's responses, read leniently and under our field names.

Ids and amounts may be text or numbers, an empty text means no value, and a field may be missing. Results show amounts as
text with two decimals and dates as 2026-11-30.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from ix_tools.domain.amount_types import Exact, Total, parse_decimal
from ix_tools.domain.date_types import parse_date, parse_moment
from ix_tools.domain.document_kinds import find_kind_by_api_type
from ix_tools.domain.field_marks import ColumnHeading
from ix_tools.domain.printed_texts import PrintedTexts
from ix_tools.domain.totals import compute_withholding_tax
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record, Text, WebAddress, read_text
from ix_tools.i18n.formats import format_plain


def _read_date(value: object) -> object:
    return None if value in ("", None) else parse_date(value)


def _read_moment(value: object) -> object:
    try:
        return parse_moment(value) if value not in ("", None) else None
    except ValueError:
        return None


def _read_amount(value: object) -> object:
    return None if value in ("", None) else parse_decimal(value)


def _read_number(value: object) -> object:
    return None if value in ("", None) else value


def _read_flag(value: object) -> object:
    return value in (True, 1, "1", "true")


ReadDate = Annotated[date | None, BeforeValidator(_read_date)]
ReadMoment = Annotated[datetime | None, BeforeValidator(_read_moment)]
ReadTotal = Annotated[Total | None, BeforeValidator(_read_amount)]
ReadExact = Annotated[Exact | None, BeforeValidator(_read_amount)]
ReadId = Annotated[int | None, BeforeValidator(_read_number)]
Flag = Annotated[bool, BeforeValidator(_read_flag)]


class Tax(Record):
    """A VAT rate of the account."""

    summary_fields = frozenset({"name", "value", "default_tax"})

    id: ReadId = None
    name: Text = None
    value: Annotated[ReadExact, ColumnHeading("Rate %")] = None
    """In percent."""
    region: Text = None
    code: Text = None
    """The tax authority's: NOR, INT, RED, OUT or ISE."""
    default_tax: Flag = False
    """Whether it is used on lines that name none."""


class PreferredContact(Record):
    """The preferred contact at a client."""

    name: Text = None
    email: Text = None
    phone: Text = None


class Client(Record):
    """A customer, as a document or the client list shows it."""

    summary_fields = frozenset({"id", "name", "code", "fiscal_id"})

    id: ReadId = None
    name: Text = None
    code: Text = None
    """Your own code, unique."""
    fiscal_id: Text = None
    """NIF or VAT number."""
    country: Text = None
    """In InvoiceXpress's English; absent means Portugal."""
    email: Text = None
    address: Text = None
    city: Text = None
    postal_code: Text = None
    phone: Text = None
    fax: Text = None
    website: Text = None
    observations: Text = None
    language: Text = None
    """Of the documents: pt, en or es."""
    preferred_contact: PreferredContact | None = None
    send_options: Text = None
    payment_days: ReadId = None
    tax_exemption_code: Text = None


class Line(Record):
    """A line of a document. `net` is exact; `unit_price` is what InvoiceXpress prints, cut to 2 decimals."""

    name: Text = None
    description: Text = None
    quantity: ReadExact = None
    unit: Text = None
    unit_price: ReadExact = None
    """Without VAT, as printed."""
    discount: ReadExact = None
    """In percent."""
    tax: Text = None
    """Name of the VAT rate."""
    tax_rate: ReadExact = None
    """In percent."""
    tax_id: ReadId = Field(default=None, exclude=True)
    net: ReadExact = Field(default=None, validation_alias=AliasChoices("net", "subtotal"))
    """Without VAT, after its discount, exact."""
    vat: ReadExact = Field(default=None, validation_alias=AliasChoices("vat", "tax_amount"))
    """Exact."""
    total: ReadTotal = None
    """With VAT."""

    @model_validator(mode="before")
    @classmethod
    def _flat_tax(cls, data: Any) -> Any:
        tax = data.get("tax") if isinstance(data, dict) else None
        if isinstance(tax, dict):
            return {**data, "tax": tax.get("name"), "tax_rate": tax.get("value"), "tax_id": tax.get("id")}
        return data

    @property
    def exact_price(self) -> Decimal:
        """The price with up to 4 decimals, from the exact net amount: InvoiceXpress returns it cut to cents (trap 15)."""
        kept = (self.quantity or Decimal(1)) * (100 - (self.discount or Decimal(0))) / 100
        exact = self.net / kept if self.net is not None and kept else self.unit_price or Decimal(0)
        return Decimal(format_plain(exact.quantize(Decimal("0.0001"))))


class MbReference(Record):
    """A Multibanco payment reference."""

    entity: Text = None
    """The entity to pay to."""
    reference: Text = None
    """The number to pay with."""
    value: ReadTotal = None
    """The amount to pay."""


class CorrectedDocument(Record):
    """The document that a credit or debit note corrects (CIVA 36/6)."""

    document_type: str = ""
    """As operations take it."""
    id: ReadId = None
    number: Text = None
    """Number and series, as 13/2026."""
    date: ReadDate = None
    total: ReadTotal = None
    """With VAT."""
    paid: ReadTotal = None
    """What was paid of it until now."""
    unknown: TranslatedText | None = None
    """Why it cannot be said which document that is."""


class DocumentHead(Record):
    """Which document it is, when, and whose."""

    id: ReadId = None
    """What operations take."""
    document_type: str = ""
    """As operations take it."""
    status: Text = None
    """draft, final, settled, canceled, deleted or second_copy."""
    number: Text = Field(default=None, validation_alias=AliasChoices("number", "sequence_number"))
    """Number and series, as 6/2026; a draft has none yet."""
    atcud: Text = None
    """The unique document code that is printed beside the QR code."""
    sequence_id: ReadId = None
    """The series' id for this document type."""
    date: ReadDate = None
    due_date: ReadDate = None
    client: Client | None = None


class Document(PrintedTexts, DocumentHead):
    """A document as InvoiceXpress holds it now."""

    summary_fields = frozenset({"id", "status", "number", "total"})

    retention: ReadExact = None
    """Withholding tax in percent; printed, and not part of the total."""
    tax_exemption: Text = None
    """Exemption code, M01 to M99."""
    lines: list[Line] = Field(default_factory=list, validation_alias=AliasChoices("lines", "items"))
    sum: ReadTotal = None
    """Before discounts and VAT."""
    discount: ReadTotal = None
    """The amount taken off."""
    global_discount: dict[str, Any] | None = Field(default=None, exclude=True)
    """The discount of the whole document, where the answer says it: value_type and value."""
    before_taxes: ReadTotal = None
    """Without VAT, after discounts."""
    taxes: ReadTotal = None
    """VAT."""
    total: ReadTotal = None
    """With VAT."""
    currency: Text = None
    """Its name; amounts are always in it."""
    multicurrency: dict[str, Any] | None = None
    """The second currency that is printed, with its rate and total."""
    mb_reference: MbReference | None = None
    """Where one was asked for, once finalized."""
    owner_invoice_id: ReadId = None
    """The document it corrects or bills."""
    license_plate: Text = None
    """The vehicle of a guide."""
    loaded_at: ReadMoment = None
    """When a guide's transport starts, in Lisbon; InvoiceXpress does not return it: as it was last sent from here."""
    load_site: Text = None
    """Where a guide's goods are loaded, as printed."""
    delivery_site: Text = None
    """Where a guide's goods go, as printed."""
    address_from: dict[str, Any] | None = None
    """Where a guide's goods are loaded."""
    address_to: dict[str, Any] | None = None
    """Where a guide's goods go."""
    at_doc_code_id: Text = None
    """The tax authority's code of a communicated guide."""
    saft_hash: Text = None
    """Characters of the signature that are printed."""
    archived: bool | None = None
    permalink: WebAddress = None
    """InvoiceXpress's public page of the document; whoever has the link can read it."""

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        read = {
            key: read_text(value) if key in PrintedTexts.model_fields else value
            for key, value in data.items()
            if value not in ("", None)
        }
        kind = find_kind_by_api_type(str(read.get("type", "")))
        if kind is not None:
            read["document_type"] = kind.plural
        if read.get("at_doc_code_id") is not None:
            read["at_doc_code_id"] = str(read["at_doc_code_id"])
        return read

    @property
    def withholding_tax(self) -> Decimal:
        """Withholding tax: a percentage of the net amount, printed and never part of `total` (trap 18)."""
        return compute_withholding_tax(self.before_taxes or Decimal(0), self.retention)

    @property
    def is_draft(self) -> bool:
        """Whether it can still be edited or deleted."""
        return self.status == "draft"

    def with_named_taxes(self, taxes: Iterable[Tax]) -> Self:
        """Return the document with name and rate of every line's tax: InvoiceXpress sometimes returns only its id (trap 30)."""
        by_id: dict[int | None, Tax] = {tax.id: tax for tax in taxes if tax.id is not None}
        lines = [
            line.model_copy(update={"tax": known.name, "tax_rate": known.value})
            if line.tax is None and (known := by_id.get(line.tax_id)) is not None
            else line
            for line in self.lines
        ]
        return self.model_copy(update={"lines": lines})


class SequencePart(Record):
    """One document type's own numbering inside a series."""

    sequence_id: ReadId = None
    """What a document of this type takes as its sequence_id."""
    number: ReadId = None
    """The last one used."""
    validation_code: Text = None
    """The tax authority's code; N/D unregistered, N/A not needed."""


class Sequence(Record):
    """A series. Every document type has its own sequence id in it (trap 9)."""

    summary_fields = frozenset({"id", "serie", "types"})

    id: ReadId = None
    """The series' own id, and that of its invoices."""
    serie: Text = None
    """Its name."""
    default: Flag = Field(default=False, validation_alias=AliasChoices("default", "default_sequence"))
    """Whether it is used when a document names none."""
    types: dict[str, SequencePart] = Field(default_factory=dict)
    """By document type: the series' id for it, the last number, the validation code."""

    @model_validator(mode="before")
    @classmethod
    def _parts(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "types" in data:
            return data
        parts: dict[str, dict[str, Any]] = {}
        for key, value in data.items():
            for ending in ("sequence_id", "validation_code", "number"):
                if key.startswith("current_") and key.endswith("_" + ending):
                    parts.setdefault(key[len("current_") : -len(ending) - 1], {})[ending] = value
        return {**data, "types": parts}


class CatalogueItem(Record):
    """An item of the account's catalogue."""

    summary_fields = frozenset({"id", "name", "unit_price", "tax"})

    id: ReadId = None
    name: Text = None
    description: Text = None
    unit_price: ReadExact = None
    unit: Text = None
    tax: Text = None

    @model_validator(mode="before")
    @classmethod
    def _flat_tax(cls, data: Any) -> Any:
        tax = data.get("tax") if isinstance(data, dict) else None
        return {**data, "tax": tax.get("name")} if isinstance(tax, dict) else data


class Amounts(Record):
    """An amount with and without VAT."""

    with_vat: ReadTotal = None
    without_vat: ReadTotal = None


class InitialBalance(Record):
    """What a client owed before the first document."""

    value: ReadTotal = None
    date: ReadDate = Field(default=None, validation_alias=AliasChoices("date", "created_at"))
    observation: Text = None


class Remaining(Record):
    """What is left of a client's debt: `value` is what regularizations may still take off."""

    total: ReadTotal = None
    value: ReadTotal = None


class Balance(Record):
    """What a client owes, in the account's currency."""

    summary_fields = frozenset({"balance", "overdue_balance", "remaining_balance"})

    currency: Text = None
    initial_balance: InitialBalance | None = None
    balance: Amounts | None = None
    overdue_balance: Amounts | None = None
    remaining_balance: Remaining | None = None

    @model_validator(mode="before")
    @classmethod
    def _code(cls, data: Any) -> Any:
        currency = data.get("currency") if isinstance(data, dict) else None
        return {**data, "currency": currency.get("code")} if isinstance(currency, dict) else data


class Regularization(Record):
    """A numbered entry that takes something off what a client owes, without a document."""

    summary_fields = frozenset({"id", "number", "value"})

    id: ReadId = None
    number: Text = None
    value: ReadTotal = None
    date: ReadDate = None
    observation: Text = None


class TreasuryMovement(Record):
    """Money received from a client or given back, without an invoice."""

    summary_fields = frozenset({"id", "movement_type", "value"})

    id: ReadId = None
    movement_type: Text = None
    value: ReadTotal = None
    payment_method: Text = None
    date: ReadDate = None
    serie: Text = None
    observation: Text = None


class AccountRecord(Record):
    """An InvoiceXpress account. Its API key is never read, so that nothing can show it."""

    summary_fields = frozenset({"id", "state"})

    id: ReadId = None
    name: Text = None
    organization_name: Text = None
    fiscal_id: Text = None
    email: Text = None
    url: WebAddress = None
    state: Text = None
    at_configured: bool | None = None
    trial: bool | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """The company whose account it is."""

    name: str
    nif: str = ""


class Page(Record):
    """Pagination of a list."""

    total_entries: int = 0
    current_page: int = 1
    total_pages: int = 1
    per_page: int = 0
