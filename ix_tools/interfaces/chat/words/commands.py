"""What a sentence means, before any rule is applied: commands and their parts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from ix_tools.i18n.languages import Language

DocumentKind = Literal["invoices", "invoice_receipts", "simplified_invoices", "quotes", "proformas"]
DraftKind = DocumentKind | Literal["credit_notes"]
Unit = Literal["hour", "day", "month", "unit", "service"]
Day = date | Literal["today", "yesterday", "tomorrow"]
MECHANISMS: dict[str, tuple[str, str]] = {
    "TB": ("transferência", "transfer"),
    "MB": ("multibanco", "multibanco"),
    "NU": ("numerário", "cash"),
    "CH": ("cheque", "check"),
    "CC": ("cartão de crédito", "credit card"),
    "CD": ("cartão de débito", "debit card"),
    "CS": ("compensação", "offset"),
}
"""Means of payment: the code, and the word in Portuguese and English."""


@dataclass(frozen=True, slots=True)
class Client:
    """The customer as written; at least one part is given."""

    name: str = ""
    nif: str = ""
    code: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.nif or self.code)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as written; what is not given is None."""

    name: str
    quantity: Decimal
    unit: Unit | None = None
    price: Decimal | None = None
    tax: str | None = None
    """Name of the tax in the account, such as IVA23."""
    discount: Decimal | None = None
    """In percent."""


@dataclass(frozen=True, slots=True)
class TotalDiscount:
    """A discount over all lines."""

    value: Decimal
    is_percent: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `language` is that of its verb, in which it is answered."""

    language: Language


@dataclass(frozen=True, slots=True)
class DocumentCommand(Command):
    """Issue a document, or leave it as a draft."""

    kind: DocumentKind = "invoices"
    is_draft: bool = False
    client: Client = Client()
    lines: tuple[Line, ...] = ()
    exemption: str = ""
    total_discount: TotalDiscount | None = None
    due: Day | int | None = None
    """A day, or so many days after the date."""
    date: Day | None = None
    reference: str = ""
    notes: str = ""
    series: str = ""
    retention: Decimal | None = None
    sends: bool = False
    email: str = ""
    """The recipient; empty for the client's own address."""
    accepted: tuple[str, ...] = ()

    @property
    def is_estimate(self) -> bool:
        """True for documents that are not fiscal."""
        return self.kind in {"quotes", "proformas"}


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """A line to credit: its number, and the quantity or amount to credit; the whole line without either."""

    number: int
    quantity: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CreditCommand(Command):
    """Credit a document, whole or in part."""

    document: str = ""
    reason: str = ""
    lines: tuple[CreditedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PayCommand(Command):
    """Record a payment."""

    document: str = ""
    amount: Decimal | None = None
    mechanism: str = ""
    date: Day | None = None
    notes: str = ""
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelCommand(Command):
    """Cancel a document or a receipt."""

    document: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StateCommand(Command):
    """Show a document, or what a client owes."""

    document: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class PdfCommand(Command):
    """Fetch a document's PDF."""

    document: str = ""


@dataclass(frozen=True, slots=True)
class UnpaidCommand(Command):
    """List what is unpaid, of all clients or of one."""

    client: str = ""


@dataclass(frozen=True, slots=True)
class PendingCommand(Command):
    """List the approvals that wait."""


@dataclass(frozen=True, slots=True)
class ApproveCommand(Command):
    """Show an approval with its buttons."""

    approval: str = ""


@dataclass(frozen=True, slots=True)
class RejectCommand(Command):
    """Reject an approval."""

    approval: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DraftCommand(Command):
    """Issue or delete an existing draft."""

    action: Literal["finalize", "delete"] = "finalize"
    kind: DraftKind = "invoices"
    id: int = 0


@dataclass(frozen=True, slots=True)
class HelpCommand(Command):
    """Explain the language."""

    topic: str = ""
