"""What creating and updating a document share: the client, the lines, and the fields around them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ix_tools.facts import Facts
from ix_tools.field_marks import NotShown, Stored, Unreturned, fields_with
from ix_tools.guards.notes import BILLS
from ix_tools.operation import At, Expected, Names, Step
from ix_tools.operations import surroundings
from ix_tools.records import CorrectedDocument, Document, Line, ReadTotal
from ix_tools.totals import GlobalDiscount, Totals, TotalsLine, predict
from ix_tools.vocabulary import (
    Call,
    Country,
    CurrencyCode,
    DueDate,
    Email,
    ExchangeRate,
    ExemptionCode,
    Id,
    Money,
    Percent,
    Quantity,
    Record,
    Retention,
    UnitPrice,
    WireDate,
    days_after,
)

OURS = At("")
NOT_PRINTED = NotShown("kept with the client's record and not printed on documents")


class ClientDetails(Call):
    """The customer. An existing one is found by id, code, name, or fiscal_id alone; the API then ignores the other fields (trap 3)."""

    id: Id | None = None
    """Existing client."""
    name: str | None = None
    """Exact name."""
    code: str | None = None
    """Your unique code (e.g. the NIF); new clients need it."""
    email: Email | None = None
    """E-mail address."""
    address: str | None = None
    """Street and number."""
    city: str | None = None
    """City."""
    postal_code: str | None = None
    """Like 1000-555."""
    country: Country | None = None
    """ISO code or name; default Portugal."""
    fiscal_id: str | None = None
    """NIF or VAT number."""
    website: Annotated[str | None, NOT_PRINTED] = None
    """Web address."""
    phone: Annotated[str | None, NOT_PRINTED] = None
    """Telephone."""
    fax: Annotated[str | None, NOT_PRINTED] = None
    """Fax."""
    observations: Annotated[str | None, NOT_PRINTED] = None
    """Client's notes."""


class LineItem(Call):
    """One line. An item of that name in the catalogue is overwritten, account-wide, with what the line says (trap 4)."""

    name: str
    """What is sold."""
    description: str | None = None
    """More text."""
    unit_price: UnitPrice
    """Without VAT, in account currency."""
    quantity: Quantity
    """How many."""
    unit: Literal["hour", "day", "month", "unit", "service", "other"] | None = None
    """Unit of measure."""
    discount: Percent | None = None
    """Percent."""
    tax: Annotated[str | None, At("tax.name")] = None
    """Tax name from list_taxes, e.g. IVA23; default: the account's default."""

    @model_validator(mode="before")
    @classmethod
    def _known_forms(cls, data: Any) -> Any:
        if isinstance(data, dict):
            if "discount_amount" in data:
                raise ValueError("discount_amount: is ignored; give discount in percent, or global_discount")
            if isinstance(data.get("name"), str) and not data["name"].strip():
                raise ValueError("name: what is sold, in a word or more")
            tax = data.get("tax")
            if isinstance(tax, dict) and set(tax) == {"name"}:
                return {**data, "tax": tax["name"]}
            if isinstance(tax, dict):
                raise ValueError(
                    "tax: the name alone, such as IVA23; id and value do not count at InvoiceXpress"
                )
            if isinstance(tax, int | float | Decimal):
                raise ValueError(
                    "tax: a name such as IVA23, not a rate; InvoiceXpress reads a number as exempt"
                )
        return data


class Discount(Call):
    """A discount over all lines."""

    value_type: Literal["percentage", "absolute"]
    """absolute: amount without VAT."""
    value: Money
    """How much."""


class Keyed(Call):
    """What every writing operation takes."""

    idempotency_key: Annotated[str | None, OURS] = None
    """Same key: done once. New key: wanted again. For every write."""


MOST_LINES = 3000
"""Lines of a document. InvoiceXpress names no limit; this is what can be shown whole to whoever approves it."""


class DocumentDraft(Keyed):
    """Fields that every document has, in the words of the API."""

    date: Annotated[WireDate, Stored()]
    """2026-11-30, or today."""
    due_date: Annotated[DueDate, Stored()]
    """Date, or +30d after date."""
    client: ClientDetails | None = None
    """Customer, found by id, code, name or fiscal_id alone; else created. Optional for simplified_invoices."""
    items: list[LineItem] = Field(min_length=1)
    """Lines."""
    reference: Annotated[str | None, Stored(if_given=True)] = None
    """Your order number."""
    observations: Annotated[str | None, Stored(if_given=True)] = None
    """Printed notes."""
    retention: Annotated[Retention | None, Stored()] = None
    """Withholding tax, percent."""
    tax_exemption: Annotated[ExemptionCode | None, Stored()] = None
    """Code such as M07; required when a line has 0 % VAT."""
    tax_exemption_reason: Annotated[
        Literal["M00"] | None, NotShown("an instruction to take tax_exemption away, which then is not shown")
    ] = None
    """Updates only: removes tax_exemption."""
    series: Annotated[str | None, OURS, Names("series", "sequence_id")] = Field(default=None, min_length=1)
    """Series' name; default: the account's."""
    sequence_id: Annotated[Id | None, Stored(if_given=True)] = None
    """Or the series' id for this type."""
    manual_sequence_number: Annotated[str | None, Unreturned()] = None
    """Only outside Portugal."""
    accept: Annotated[list[str], OURS] = Field(default_factory=list)
    """Words a refusal asked for."""

    @field_validator("items", mode="before")
    @classmethod
    def _not_too_many_lines(cls, items: Any) -> Any:
        # Before the lines are read: there is no sense in judging what is refused for its length.
        if isinstance(items, list | tuple) and len(items) > MOST_LINES:
            raise ValueError(
                f"{len(items)} lines, and a document has at most {MOST_LINES} here; make several documents"
            )
        return items

    @model_validator(mode="after")
    def _due_date_is_a_date(self) -> Self:
        # Resolved here, so that everything after sees one meaning; the model is frozen for everyone else.
        if isinstance(self.due_date, str) and self.date is not None:
            object.__setattr__(self, "due_date", days_after(self.date, self.due_date))
        return self

    def totals(self, facts: Facts) -> Totals | None:
        """The totals it will have; None while a tax is unknown."""
        lines = []
        for item in self.items:
            rate = rate_of(item, facts)
            if rate is None:
                return None
            off = item.discount or Decimal(0)
            lines.append(TotalsLine(item.unit_price, item.quantity, off, rate, item.tax or ""))
        discount = getattr(self, "global_discount", None)
        whole = GlobalDiscount(discount.value, discount.value_type == "percentage") if discount else None
        return predict(lines, whole)

    def unreturned(self) -> dict[str, Any]:
        """What it sends that InvoiceXpress does not return, in JSON."""
        return self.model_dump(
            mode="json", include=set(fields_with(type(self), Unreturned)), exclude_none=True
        )

    def complete_result(self, result: Any, facts: Facts) -> Any:
        """With what the draft corrects, and what was sent with it that does not read back."""
        if not isinstance(result, DocumentResult):
            return result
        return surroundings.completed(result, replace(facts, unreturned=self.unreturned()))


class InvoiceDraft(DocumentDraft):
    """What invoices, receipts, credit and debit notes add."""

    mb_reference: Annotated[bool | None, Unreturned(kinds=frozenset(BILLS))] = None
    """Multibanco reference at finalize."""
    owner_invoice_id: Annotated[Id | None, Unreturned(found_by="related documents")] = None
    """Invoice that a note corrects (required), or guide that an invoice bills."""
    currency_code: CurrencyCode | None = None
    """Second, printed total only."""
    rate: ExchangeRate | None = None
    """currency_code units for 1 of the account's."""
    global_discount: Annotated[Discount | None, Unreturned(found_by="the totals")] = None
    """Over all lines."""
    plugin_id: Annotated[str | None, Unreturned(), NotShown("a mark for programs that is not printed")] = None
    """Plugin's id."""


class Address(Call):
    """Where goods are loaded or delivered."""

    detail: str
    """Street and number."""
    city: str
    """City."""
    postal_code: str
    """Postal code."""
    country: Country
    """ISO code or name."""


# --- results -------------------------------------------------------------------------------------------


class DocumentResult(Record):
    """A document as it reads back."""

    telling = frozenset({"document"})

    document: Document
    to_pay: ReadTotal = None
    """What is left to pay once withholding tax is taken off; only where there is any."""
    corrects: CorrectedDocument | None = None
    """The document that a credit or debit note corrects."""


# --- shared logic --------------------------------------------------------------------------------------


def rate_of(line: LineItem, facts: Facts) -> Decimal | None:
    """The VAT rate of a line, by the account's own taxes; None when the account has no such tax."""
    tax = facts.tax(line.tax)
    return None if tax is None else tax.value


def with_default_taxes(items: Sequence[LineItem], facts: Facts) -> list[LineItem]:
    """Name the account's default tax on lines that name none, so that the wire says what the preview said.

    A description is required by the documentation, so a line without one says that it is empty.
    """
    default = facts.tax(None)
    name = default.name if default else None
    return [
        item.model_copy(update={"tax": item.tax or name, "description": item.description or ""})
        for item in items
    ]


def found_client(client: ClientDetails | None, facts: Facts) -> ClientDetails | None:
    """The client with the name or code that the account already has for it; new clients stay as they are."""
    existing = facts.client_by_code or facts.client_by_name
    if client is None or existing is None:
        return client
    known = {"name": existing.name, "code": existing.code}
    filled = {key: value for key, value in known.items() if getattr(client, key) is None and value}
    return client.model_copy(update=filled) if filled else client


def expected_of(draft: DocumentDraft, facts: Facts) -> Expected | None:
    """What the document must read back as: money to the cent, VAT per line, exemption, client, dates."""
    totals = draft.totals(facts)
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
    if getattr(draft, "currency_code", None) is not None:
        values |= {
            "currency_code": getattr(draft, "currency_code", None),
            "rate": getattr(draft, "rate", None),
        }
    lines = tuple(
        {
            "name": item.name,
            "quantity": item.quantity,
            "tax": item.tax,
            "tax_rate": rate_of(item, facts),
            "net": net,
        }
        for item, net in zip(draft.items, totals.nets, strict=True)
    )
    return Expected(values, lines)


def rebuilt_line(line: Line) -> dict[str, Any]:
    """A stored line as a line to send."""
    kept = line.model_dump(include={"name", "description", "unit", "discount", "tax"})
    return {**kept, "unit_price": line.exact_price, "quantity": line.quantity or Decimal(1)}


def after_a_draft(result: DocumentResult) -> Iterable[Step]:
    """What follows a draft: look at it, then finalize it, with a person's approval."""
    document = result.document
    about = {"document_type": document.document_type, "document_id": document.id}
    if document.document_type in {"shippings", "transports", "devolutions"}:
        yield Step(
            "change_state",
            "finalize the guide before the transport starts; a person approves",
            {**about, "state": "finalized"},
        )
    else:
        yield Step(
            "change_state",
            "finalize it: a person sees the totals and approves",
            {**about, "state": "finalized"},
        )
