"""The preview that a person approves, as language-independent data stored with the approval.

Text from outside (client names, observations) is sanitized here, so every interface can show it unchanged.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, InstanceOf, PlainSerializer

from ix_tools.domain.amounts import Amount, AmountLabel
from ix_tools.i18n.messages import Message, dump_message, load_message
from ix_tools.text.sanitize import sanitize_line

SafeLine = Annotated[
    str, BeforeValidator(lambda value: sanitize_line(str(value)) if value is not None else "")
]
"""One line without control or invisible characters; empty if there is no value."""
DetailKind = Literal["text", "list", "money", "day", "yes", "secret", "named", "document", "state"]


def _coerce_lines(value: object) -> object:
    texts = value.splitlines() if isinstance(value, str) else value or ()
    return tuple(texts) if isinstance(texts, Iterable) else texts


SafeLines = Annotated[tuple[SafeLine, ...], BeforeValidator(_coerce_lines)]
"""A longer text, line by line."""


def _coerce_message(value: object) -> Message:
    return value if isinstance(value, Message) else load_message(value)


StoredText = Annotated[
    InstanceOf[Message],
    BeforeValidator(_coerce_message),
    PlainSerializer(dump_message, return_type=dict[str, Any]),
]
"""A text for people, stored as id and values; it becomes text in the reader's language when it is shown."""


class PreviewPart(BaseModel):
    """Base class of the parts of a preview."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ClientView(PreviewPart):
    """The client of a document."""

    name: SafeLine
    code: SafeLine = ""
    nif: SafeLine = ""
    country: SafeLine = ""
    """InvoiceXpress's English name; empty if unknown."""
    address: tuple[SafeLine, ...] = ()
    email: SafeLine = ""


class LineView(PreviewPart):
    """A line of a document; None marks an unknown value."""

    name: SafeLine
    description: SafeLines = ()
    quantity: Decimal | None
    unit: SafeLine = ""
    price: Decimal | None
    """Without VAT, exact."""
    discount: Decimal | None = None
    """In percent."""
    net: Decimal | None = None
    """Without VAT, to the cent, before a discount of the whole document."""
    tax: SafeLine = ""
    rate: Decimal | None = None


class VatBreakdown(PreviewPart):
    """The part of a document under one VAT rate, to the cent, or a rounding difference between these parts and the totals."""

    word: Literal["", "rounding", "difference"] = ""
    tax: SafeLine = ""
    rate: Decimal | None = None
    net: Decimal
    vat: Decimal | None = None


class SecondCurrencyView(PreviewPart):
    """A second printed total in another currency."""

    currency: SafeLine
    """The currency code, or InvoiceXpress's name for it."""
    total: Decimal | None = None
    rate: Decimal | None = None
    """Units of this currency for one unit of the document's."""


class ExemptionView(PreviewPart):
    """The VAT exemption code, with its text and law if they are known."""

    code: SafeLine
    text: str = ""
    law: str = ""


class ReferencedDocumentView(PreviewPart):
    """A document that another one refers to or corrects; None marks an unreadable value."""

    kind: str | None = None
    number: SafeLine | None = None
    issued: date | None = None
    total: Decimal | None = None
    paid: Decimal | None = None


class TransportView(PreviewPart):
    """The transport data reported to the tax authority; None marks an unreadable value."""

    plate: SafeLine | None = None
    loaded_at: datetime | None = None
    origin: SafeLines | None = None
    destination: SafeLines | None = None


class PrintedTextView(PreviewPart):
    """A text that the document prints under the heading of its field."""

    field: str
    lines: SafeLines


class DocumentView(PreviewPart):
    """The document in its current state."""

    kind: str
    """The document type as operations take it, such as invoices."""
    id: int | None
    draft: bool
    status: SafeLine = ""
    number: SafeLine = ""
    expected_number: SafeLine = ""
    """The number that a draft is expected to get."""
    issued: date | None
    due: date | None
    client: ClientView | None = None
    """None for the final consumer."""
    printed: tuple[PrintedTextView, ...] = ()
    currency: SafeLine = ""
    """The currency code, or InvoiceXpress's name for it; empty for the euro."""
    lines: tuple[LineView, ...] = ()
    shares: tuple[VatBreakdown, ...] = ()
    column: tuple[Amount, ...] = ()
    """The amounts from the lines to the amount to pay, in the order in which they add up."""
    exemption: ExemptionView | None = None
    second_currency: SecondCurrencyView | None = None
    corrects: ReferencedDocumentView | None = None
    transport: TransportView | None = None

    def find_amount(self, word: AmountLabel) -> Decimal | None:
        """Return one amount of the column, or None."""
        return next((one.value for one in self.column if one.word == word), None)

    @property
    def total(self) -> Decimal | None:
        """Return the total with VAT; None if neither InvoiceXpress nor the lines tell it."""
        return self.find_amount("total")


class DetailView(PreviewPart):
    """One further value of the call, labelled with a key of `words.LABELS`."""

    label: str
    kind: DetailKind = "text"
    lines: SafeLines = ()
    """The text, or an amount or date in the format of results; in Portuguese for `named`."""
    english: SafeLine = ""
    document: ReferencedDocumentView | None = None
    """The document, for the kind `document`."""
    decides: bool = False
    """A key fact: the call cannot be judged without it."""


class DifferenceView(PreviewPart):
    """A read-back difference between the stored document and the request."""

    field: SafeLine
    asked: SafeLine
    stored: SafeLine


class WarningView(PreviewPart):
    """A warning of a guard rule."""

    field: SafeLine
    problem: StoredText


class ActionView(PreviewPart):
    """An action that the approval allows."""

    action: str
    """A key of `words.ACTIONS`."""
    amount: DetailView | None = None
    """The amount that it moves, if that is not the document's total."""
    recipient: SafeLine = ""
    """The e-mail address."""
    entries: tuple[DetailView, ...] = ()

    @property
    def details(self) -> tuple[DetailView, ...]:
        """Return the amount and all other values."""
        return (self.amount, *self.entries) if self.amount is not None else self.entries


class ApprovalPreview(ActionView):
    """The whole preview."""

    account: SafeLine
    company: SafeLine = ""
    """The company of the account; empty if unknown."""
    company_nif: SafeLine = ""
    several_accounts: bool = False
    """Several accounts are set up, so the account is a key fact, too."""
    sandbox: bool = False
    paper: DocumentView | None = None
    client: ClientView | None = None
    """The client, for a call without a document."""
    then: tuple[ActionView, ...] = ()
    """Further actions under the same approval."""
    differences: tuple[DifferenceView, ...] = ()
    warnings: tuple[WarningView, ...] = ()
