"""Fields and logic shared by operations that create and update documents."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ix_tools.domain.amount_types import ExchangeRate, Money, Percent, Quantity, Retention, UnitPrice
from ix_tools.domain.comparison import MAY_APPEAR
from ix_tools.domain.date_types import DueDate, WireDate, resolve_due_date
from ix_tools.domain.document_ids import CORRECTED_OR_BILLED, DocumentId
from ix_tools.domain.document_kinds import BILLS
from ix_tools.domain.field_marks import (
    Clearable,
    NameOnly,
    NamesDocument,
    NotShown,
    Printed,
    Stored,
    Unreturned,
    ZeroIsAbsent,
    fields_with,
)
from ix_tools.domain.printed_texts import PrintedTexts
from ix_tools.domain.records import Line
from ix_tools.domain.totals import GlobalDiscount, Totals, TotalsLine, predict_totals
from ix_tools.domain.types import Call, Country, CurrencyCode, Email, ExemptionCode, Id
from ix_tools.fiscal.countries import get_iso_code
from ix_tools.fiscal.tax_numbers import normalize_fiscal_id
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations import document_context
from ix_tools.operations.document_context import DocumentResult
from ix_tools.operations.expectations import ExpectedState
from ix_tools.operations.spec import ResolvesTo, WirePath

LOCAL_ONLY = WirePath("")


def normalize_tax_number(number: str | None, country: str | None) -> str | None:
    """Return a tax number in the form that was checked, which is the one to send; one that is not valid stays as it is.

    Args:
        country: InvoiceXpress's name of the client's country; None means Portugal.
    """
    if not number:
        return number
    iso = get_iso_code(country) if country else "PT"
    return (normalize_fiscal_id(number, iso) if iso else None) or number


FINAL_CONSUMER_NAME = "Consumidor Final"
FINAL_CONSUMER_CODE = "CONSUMIDOR-FINAL"
"""Name and code of the client that stands for buyers who give no tax number."""

NOT_PRINTED = NotShown("kept with the client's record and not printed on documents")


class ClientDetails(Call):
    """The customer. An existing one is found by id, code, name, or fiscal_id alone; the API then ignores the other fields (trap 3)."""

    id: Id | None = None
    """Id of an existing client, from find_client or list_clients."""
    name: str | None = None
    """Exact name of the client, as documents print it."""
    code: str | None = None
    """Your own unique code for the client; default of a new one its fiscal_id."""
    email: Email | None = None
    """E-mail address of the client, e.g. ana@example.pt."""
    address: str | None = None
    """Street and number of the client's address."""
    city: str | None = None
    """City of the client's address."""
    postal_code: str | None = None
    """Postal code of the address, e.g. 1000-555."""
    country: Country | None = None
    """Country by ISO code or name, e.g. PT; default Portugal."""
    fiscal_id: str | None = None
    """Tax number of the client: NIF or foreign VAT number; 999999990 alone means the final consumer."""
    website: Annotated[str | None, NOT_PRINTED] = None
    """Web address of the client."""
    phone: Annotated[str | None, NOT_PRINTED] = None
    """Telephone number of the client."""
    fax: Annotated[str | None, NOT_PRINTED] = None
    """Fax number of the client."""
    observations: Annotated[str | None, NOT_PRINTED] = None
    """Notes about the client; documents do not print them."""

    @model_validator(mode="after")
    def _send_checked_number(self) -> Self:
        # The model is frozen otherwise; every later step sees the number as it is sent.
        object.__setattr__(self, "fiscal_id", normalize_tax_number(self.fiscal_id, self.country))
        return self


class LineItem(Call):
    """One line. What it leaves out is taken from the catalogue item of that name; what it says otherwise overwrites that item (trap 4)."""

    name: str
    """Name of the product or service, as the line prints it."""
    description: str | None = None
    """Further text printed below the name."""
    unit_price: UnitPrice | None = None
    """Price of one unit without VAT, with at most 4 decimals; default the catalogue's for this name."""
    quantity: Quantity
    """Number of units, greater than 0, with at most 4 decimals."""
    unit: Literal["hour", "day", "month", "unit", "service", "other"] | None = None
    """Unit in which the quantity is measured."""
    discount: Percent | None = None
    """Discount on the line in percent, 0 to 100; default none."""
    tax: Annotated[str | None, WirePath("tax.name"), NameOnly()] = None
    """Name of the VAT rate, e.g. IVA23, from list_taxes; default the catalogue's, else the account's."""

    @model_validator(mode="before")
    @classmethod
    def _known_forms(cls, data: Any) -> Any:
        if isinstance(data, dict):
            if "discount_amount" in data:
                raise InvalidValue(
                    message("is ignored; give discount in percent, or global_discount"), "discount_amount"
                )
            if isinstance(data.get("name"), str) and not data["name"].strip():
                raise InvalidValue(message("what is sold, in a word or more"), "name")
            if _is_negative(data.get("unit_price")):
                raise InvalidValue(
                    message(
                        "0 or more: InvoiceXpress takes no negative lines. A reduction is a discount in percent. A deposit is an invoice "
                        "of its own when it is received (CIVA 8/1/c); the last invoice then bills only the rest, and names the "
                        "deposit's invoice in observations. What is already invoiced is taken off by a credit note"
                    ),
                    "unit_price",
                )
            tax = data.get("tax")
            if isinstance(tax, dict) and set(tax) == {"name"}:
                return {**data, "tax": tax["name"]}
            if isinstance(tax, dict):
                raise InvalidValue(
                    message("the name alone, such as IVA23; id and value do not count at InvoiceXpress"),
                    "tax",
                )
            if isinstance(tax, int | float | Decimal):
                raise InvalidValue(
                    message("a name such as IVA23, not a rate; InvoiceXpress reads a number as exempt"), "tax"
                )
        return data


def _is_negative(price: Any) -> bool:
    text = str(price).strip() if isinstance(price, str | int | float | Decimal) else ""
    return text[:1] in {"-", "\N{MINUS SIGN}"} and text[1:].lstrip()[:1].isdecimal()


class Discount(Call):
    """A discount over all lines."""

    value_type: Literal["percentage", "absolute"]
    """Meaning of value: percentage, or absolute for an amount without VAT."""
    value: Money
    """Size of the discount, in percent or as an amount."""


class IdempotentCall(Call):
    """Parameter of every writing operation."""

    idempotency_key: Annotated[str | None, LOCAL_ONLY] = None
    """Key of your own: with the same key the call is done once, with a new one again."""


class AcceptingCall(Call):
    """Parameter of operations whose rules ask."""

    accept: Annotated[list[str], LOCAL_ONLY] = Field(default_factory=list)
    """Codes that a refusal asked for, to go on knowingly; at first none."""


MAX_LINES = 3000
"""Most lines of a document. InvoiceXpress names no limit; so many can be shown to the approver in full."""


class DatedLines(IdempotentCall):
    """Dates, client and lines of a document."""

    date: Annotated[WireDate, Stored()]
    """Date of the document, e.g. 2026-11-30, or today."""
    due_date: Annotated[DueDate, Stored()]
    """Date when payment is due, e.g. 2026-12-30, or +30d for 30 days after date."""
    client: ClientDetails | None = None
    """Customer, found by id, code, exact name or fiscal_id, else created; optional for simplified_invoices."""
    items: list[LineItem] = Field(min_length=1)
    """Lines of the document in printed order, at least one."""


class DocumentDraft(AcceptingCall, PrintedTexts, DatedLines):
    """Fields that every document has, under the names of the API."""

    retention: Annotated[Retention | None, Stored()] = None
    """Withholding tax in percent, 0 to 99.99, printed beside the total; default none."""
    tax_exemption: Annotated[ExemptionCode | None, Stored()] = None
    """Code of the reason for charging no VAT, e.g. M07, from lookup_exemption_codes; required when a line has 0% VAT."""
    tax_exemption_reason: Annotated[
        Literal["M00"] | None, NotShown("an instruction to take tax_exemption away, which then is not shown")
    ] = None
    """M00 removes the stored tax_exemption; for updates only."""
    series: Annotated[str | None, LOCAL_ONLY, ResolvesTo("series", "sequence_id")] = Field(
        default=None, min_length=1
    )
    """Name of the series, from list_sequences; default the account's default series."""
    sequence_id: Annotated[Id | None, Stored(if_given=True)] = None
    """Id of the series for this document type, from list_sequences; instead of series."""
    manual_sequence_number: Annotated[str | None, Unreturned(), Printed("Number given by hand")] = None
    """Number of the document, only for accounts outside Portugal that number by hand."""

    @field_validator("items", mode="before")
    @classmethod
    def _not_too_many_lines(cls, items: Any) -> Any:
        # Checked before the lines are parsed: a list refused for its length needs no further problems.
        if isinstance(items, list | tuple) and len(items) > MAX_LINES:
            raise InvalidValue(
                message(
                    "{count} lines, and a document has at most {limit} here; make several documents",
                    count=len(items),
                    limit=MAX_LINES,
                )
            )
        return items

    @model_validator(mode="after")
    def _due_date_is_a_date(self) -> Self:
        # Resolved here, so that all later steps see a date; the model is frozen otherwise.
        if isinstance(self.due_date, str) and self.date is not None:
            object.__setattr__(self, "due_date", resolve_due_date(self.date, self.due_date))
        return self

    def compute_totals(self, facts: Facts) -> Totals | None:
        """Return the predicted totals; None if a tax or a price is unknown."""
        lines = []
        for item in self.items:
            rate = find_rate(item, facts)
            if rate is None or item.unit_price is None:
                return None
            off = item.discount or Decimal(0)
            lines.append(TotalsLine(item.unit_price, item.quantity, off, rate, item.tax or ""))
        discount = self.global_discount if isinstance(self, InvoiceDraft) else None
        whole = GlobalDiscount(discount.value, discount.value_type == "percentage") if discount else None
        return predict_totals(lines, whole)

    def collect_unreturned(self) -> dict[str, Any]:
        """Return the fields sent that InvoiceXpress does not return, in JSON."""
        return self.model_dump(
            mode="json", include=set(fields_with(type(self), Unreturned)), exclude_none=True
        )

    def complete_result(self, result: Any, facts: Facts) -> Any:
        """Add the corrected document, and the fields sent that do not read back."""
        if not isinstance(result, DocumentResult):
            return result
        named = replace(facts, unreturned=self.collect_unreturned())
        made = result.model_copy(update={"new_items": self.list_new_items(facts) or None})
        return document_context.add_context(made, named)

    def list_new_items(self, facts: Facts) -> list[str]:
        """Return the names of lines that become new catalogue items; none where the catalogue could not be read whole."""
        names = dict.fromkeys(line.name for line in self.items or ())
        return [] if facts.items_unchecked else [name for name in names if name not in facts.items]


MEANS_OF_PAYMENT = ("payment_mechanism", "payment_method", "payment_means", "mechanism")
"""Names under which callers give the means of payment of an invoice-receipt."""


class InvoiceDraft(DocumentDraft):
    """Fields of invoices, receipts, credit and debit notes besides those of every document."""

    mb_reference: Annotated[
        bool | None,
        Unreturned(kinds=BILLS),
        Printed("With a Multibanco reference"),
    ] = None
    """True adds a Multibanco payment reference when the document is finalized."""
    owner_invoice_id: Annotated[
        DocumentId | None, NamesDocument(CORRECTED_OR_BILLED), Unreturned(found_by="related documents")
    ] = None
    """Id or number of the invoice that a credit or debit note corrects (required), or of the guide that an invoice bills."""
    currency_code: CurrencyCode | None = None
    """Second currency in which the total is printed too, e.g. USD; amounts stay in the account's currency."""
    rate: Annotated[ExchangeRate | None, ZeroIsAbsent()] = None
    """Exchange rate: units of currency_code for 1 unit of the account's currency."""
    global_discount: Annotated[Discount | None, Unreturned(found_by="the totals")] = None
    """Discount over all lines of the document; default none."""
    plugin_id: Annotated[
        str | None, Unreturned(), Clearable(), NotShown("a mark for programs that is not printed")
    ] = None
    """Id of the plugin that creates the document; it is not printed."""

    @model_validator(mode="before")
    @classmethod
    def _means_of_payment_has_its_place(cls, data: Any) -> Any:
        given = next((name for name in MEANS_OF_PAYMENT if isinstance(data, dict) and name in data), "")
        if given:
            raise InvalidValue(
                message(
                    "InvoiceXpress has no place for it in a document. To have it on paper: document_type invoices, finalized, then "
                    "generate_payment with payment_mechanism (NU for cash, MB, TB), which issues the receipt"
                ),
                given,
            )
        return data

    @model_validator(mode="after")
    def _euro_is_no_second_currency(self) -> Self:
        # Accounts are in euro, so the euro at 1 says nothing. Another rate stays, and is refused without a currency.
        if self.currency_code == "EUR":
            object.__setattr__(self, "currency_code", None)
            if self.rate == 1:
                object.__setattr__(self, "rate", None)
        return self


READS_AS_SENT = tuple(name for name in fields_with(DocumentDraft, Stored) if name not in MAY_APPEAR)
"""Fields of every document that always read back as they were sent."""


class Address(Call):
    """Address where goods are loaded or delivered."""

    detail: str
    """Street and number of the place."""
    city: str
    """City of the place, e.g. Porto."""
    postal_code: str
    """Postal code of the place, e.g. 4000-100."""
    country: Country
    """Country by ISO code or name, e.g. PT."""


# --- results -------------------------------------------------------------------------------------------


# --- shared logic --------------------------------------------------------------------------------------


def find_rate(line: LineItem, facts: Facts) -> Decimal | None:
    """Return the VAT rate of a line from the account's taxes; None if the account has no such tax."""
    tax = facts.find_tax(line.tax)
    return None if tax is None else tax.value


def fill_default_taxes(items: Sequence[LineItem], facts: Facts) -> list[LineItem]:
    """Return the lines with the account's default tax filled in, so that the request says what the approval shows.

    The documentation requires a description, so it is sent empty if there is none.
    """
    default = facts.find_tax(None)
    name = default.name if default else None
    return [
        item.model_copy(update={"tax": item.tax or name, "description": item.description or ""})
        for item in items
    ]


def fill_client(client: ClientDetails | None, facts: Facts) -> ClientDetails | None:
    """Return the client with the stored name and code filled in; a new client unchanged."""
    existing = facts.client_by_code or facts.client_by_name
    if client is None or existing is None:
        return client
    known = {"name": existing.name, "code": existing.code}
    filled = {key: value for key, value in known.items() if getattr(client, key) is None and value}
    return client.model_copy(update=filled) if filled else client


def predict_document(draft: DocumentDraft, facts: Facts) -> ExpectedState | None:
    """Return the expected state of the document: totals, VAT per line, exemption, client, dates; None if a tax is unknown."""
    totals = draft.compute_totals(facts)
    if totals is None:
        return None
    values: dict[str, Any] = {
        name: getattr(draft, name)
        for name, mark in fields_with(type(draft), Stored).items()
        if getattr(draft, name) is not None or not mark.if_given
    }
    if draft.tax_exemption_reason:
        values["tax_exemption"] = None
    values |= {
        "sum": totals.sum,
        "discount": totals.discount,
        "before_taxes": totals.before_taxes,
        "taxes": totals.taxes,
        "total": totals.total,
    }
    if draft.client is not None:
        values["client"] = draft.client.name
        if draft.client.country is not None:
            values["client.country"] = draft.client.country
    if isinstance(draft, InvoiceDraft) and draft.currency_code is not None:
        values |= {"currency_code": draft.currency_code, "rate": draft.rate}
    lines = tuple(
        {
            "name": item.name,
            "quantity": item.quantity,
            "tax": item.tax,
            "tax_rate": find_rate(item, facts),
            "net": net,
        }
        for item, net in zip(draft.items, totals.nets, strict=True)
    )
    return ExpectedState(values, lines)


def rebuild_line(line: Line) -> dict[str, Any]:
    """Return a stored line as the arguments that would store it."""
    kept = line.model_dump(include={"name", "description", "unit", "discount", "tax"})
    return {**kept, "unit_price": line.exact_price, "quantity": line.quantity or Decimal(1)}
