"""What a rule may want to know of the account, asked for by name and fetched by the road before any rule runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto
from typing import Any, TypeVar

from ix_tools.domain.comparison import Difference
from ix_tools.domain.records import Balance, CatalogueItem, Client, Document, Regularization, Sequence, Tax
from ix_tools.domain.types import Record


class Want(Enum):
    """Names of facts."""

    TAXES = auto()
    SEQUENCES = auto()
    CLIENT = auto()
    """The clients that the call's client code and name find."""
    ITEMS = auto()
    """Catalogue items with the names of the call's lines."""
    DOCUMENT = auto()
    """The document the call is about, as it is now."""
    OWNER = auto()
    """The document that a credit or debit note, or an invoice made from a guide, belongs to."""
    OWNER_RELATED = auto()
    """Documents related to the owner of a note: its receipts and the notes that stand against it."""
    RELATED = auto()
    """Documents related to the document."""
    DOCUMENT_CLIENT = auto()
    """The client record behind the document's client: its NIF and country are not in the document."""
    LATER_IN_SERIES = auto()
    """Final documents of the document's type and series that carry a later date."""
    NEWEST = auto()
    """The newest documents of the call's type, to recognise a new one after a broken connection."""
    UNRETURNED = auto()
    """What was sent with the document that InvoiceXpress does not return, as far as the journal knows it."""
    DIFFERENCES = auto()
    """How the document read back differently from what was asked, if it did."""
    SUBJECT = auto()
    """The client, item, tax, series or account that the call is about, as it is now."""
    CLIENT_DOCUMENTS = auto()
    """How many invoices, notes and receipts the call's client has."""
    BALANCE = auto()
    """What the call's client owes."""
    REGULARIZATIONS = auto()
    """The regularizations of the call's client."""


@dataclass(frozen=True)
class Facts:
    """The account as it was when the call came in. A fact nobody asked for stays empty."""

    now: datetime
    """The moment, in Lisbon."""
    account: str = ""
    taxes: tuple[Tax, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    client_by_code: Client | None = None
    client_by_name: Client | None = None
    items: Mapping[str, CatalogueItem] = field(default_factory=dict)
    items_unchecked: int = 0
    """How many catalogue items were not looked at, because the catalogue is too long to read whole."""
    document: Document | None = None
    document_client: Client | None = None
    owner: Document | None = None
    owner_related: tuple[Document, ...] = ()
    related: tuple[Document, ...] = ()
    later: tuple[Document, ...] = ()
    newest: tuple[Document, ...] = ()
    last_in_series: Document | None = None
    """The newest issued document of the same type and series that the list shows."""
    unreturned: Mapping[str, Any] | None = None
    """What was last sent with the document that InvoiceXpress does not return, by field, in JSON; None: not known here."""
    differences: tuple[Difference, ...] = ()
    document_raw: Mapping[str, Any] = field(default_factory=dict)
    """The document word for word, for the approval's snapshot."""
    document_client_raw: Mapping[str, Any] = field(default_factory=dict)
    """Its client word for word, for the approval's snapshot."""
    subject: Record | None = None
    subject_raw: Mapping[str, Any] = field(default_factory=dict)
    """The subject word for word, for the approval's snapshot."""
    client_documents: int = 0
    balance: Balance | None = None
    regularizations: tuple[Regularization, ...] = ()

    @property
    def owner_notes(self) -> tuple[Document, ...]:
        """Credit notes against the owner, in whatever state."""
        return tuple(one for one in self.owner_related if one.document_type == "credit_notes")

    @property
    def today(self) -> date:
        """Today in Lisbon."""
        return self.now.date()

    def find_tax(self, name: str | None) -> Tax | None:
        """The account's tax of exactly that name; without a name, the account's default tax."""
        for tax in self.taxes:
            if tax.default_tax if name is None else tax.name == name:
                return tax
        return None

    def find_sequence(self, sequence_id: int) -> tuple[Sequence, str] | None:
        """The series, and the document type, that a sequence id stands for."""
        for sequence in self.sequences:
            for kind, part in sequence.types.items():
                if part.sequence_id == sequence_id:
                    return sequence, kind
        return None

    def find_default_sequence(self) -> Sequence | None:
        """The series used when a document names none."""
        return next((sequence for sequence in self.sequences if sequence.default), None)


Rule = TypeVar("Rule", bound=Callable[..., Any])


def wants(*names: Want) -> Callable[[Rule], Rule]:
    """Say which facts a guard reads, so that the road fetches them."""

    def mark(rule: Rule) -> Rule:
        rule.wants = frozenset(names)  # type: ignore[attr-defined]
        return rule

    return mark


def get_wanted_facts(rule: Callable[..., Any]) -> frozenset[Want]:
    """The facts that a guard said it reads."""
    found: frozenset[Want] = getattr(rule, "wants", frozenset())
    return found
