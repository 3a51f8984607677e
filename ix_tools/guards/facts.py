"""Facts about the account that rules declare and the pipeline looks up before any rule runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto
from typing import Any, TypeVar

from ix_tools.domain.comparison import Difference
from ix_tools.domain.records import Balance, CatalogueItem, Client, Document, Regularization, Sequence, Tax
from ix_tools.domain.types import Record
from ix_tools.i18n.formats import name_percents
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, join_messages


class Want(Enum):
    """Name of a fact that a rule or an operation declares."""

    TAXES = auto()
    SEQUENCES = auto()
    CLIENT = auto()
    """Clients found by the code and the name of the call's client."""
    SAME_NUMBER = auto()
    """Clients that have the tax number of the client to be created or changed."""
    ITEMS = auto()
    """Catalogue items with the names of the call's lines."""
    DOCUMENT = auto()
    """Document that the call is about, as it is now."""
    OWNER = auto()
    """Document that a note corrects, or guide that an invoice bills."""
    OWNER_RELATED = auto()
    """Documents related to a note's owner: its receipts and its notes."""
    RELATED = auto()
    """Documents related to the document."""
    DOCUMENT_CLIENT = auto()
    """Record of the document's client, since the document lacks its NIF and country."""
    LATER_IN_SERIES = auto()
    """Final documents of the same type and series with a later date."""
    NEWEST = auto()
    """Newest documents of the call's type, to recognise a new one after a lost response."""
    UNRETURNED = auto()
    """Fields sent with the document that InvoiceXpress does not return, from the journal."""
    ISSUED_LATELY = auto()
    """Documents issued through this store within a day, to recognise the same one under another key."""
    DIFFERENCES = auto()
    """Recorded differences between the stored and the requested document."""
    SUBJECT = auto()
    """Client, item, tax, series or account that the call is about, as it is now."""
    CLIENT_DOCUMENTS = auto()
    """Number of invoices, notes and receipts of the call's client."""
    BALANCE = auto()
    """Balance of the call's client."""
    REGULARIZATIONS = auto()
    """Regularizations of the call's client."""


@dataclass(frozen=True)
class Facts:
    """Facts about the account at the time of the call. A fact that was not declared stays empty."""

    now: datetime
    """Time of the call, in Lisbon."""
    account: str = ""
    taxes: tuple[Tax, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    client_by_code: Client | None = None
    client_by_name: Client | None = None
    client_seen: Mapping[str, Any] = field(default_factory=dict)
    """Raw client that was not read for this call; the document is compared with it when it is read back."""
    same_number: tuple[Client, ...] = ()
    same_number_unread: int = 0
    """Number of clients not read for their tax number, because the list is too long."""
    items: Mapping[str, CatalogueItem] = field(default_factory=dict)
    items_unchecked: int = 0
    """Number of catalogue items not read, because the catalogue is too long."""
    items_read_at: datetime | None = None
    """When all names of a long catalogue were read, if a line's name is taken for new because of that."""
    document: Document | None = None
    document_client: Client | None = None
    owner: Document | None = None
    owner_related: tuple[Document, ...] = ()
    related: tuple[Document, ...] = ()
    later: tuple[Document, ...] = ()
    newest: tuple[Document, ...] = ()
    last_in_series: Document | None = None
    """Newest issued document of the same type and series in the list."""
    unreturned: Mapping[str, Any] | None = None
    """Last values sent of the fields that InvoiceXpress does not return, in JSON; None if they are not known."""
    own_items: frozenset[str] = frozenset()
    """Names of the catalogue items that the document's own lines created."""
    issued_lately: tuple[Document, ...] = ()
    """Documents issued through this store within a day, newest first."""
    differences: tuple[Difference, ...] = ()
    document_raw: Mapping[str, Any] = field(default_factory=dict)
    """Raw document, for the approval's snapshot."""
    document_client_raw: Mapping[str, Any] = field(default_factory=dict)
    """Raw client of the document, for the approval's snapshot."""
    subject: Record | None = None
    subject_raw: Mapping[str, Any] = field(default_factory=dict)
    """Raw subject, for the approval's snapshot."""
    client_documents: int = 0
    balance: Balance | None = None
    regularizations: tuple[Regularization, ...] = ()

    @property
    def owner_notes(self) -> tuple[Document, ...]:
        """Return the credit notes against the owner, in any state."""
        return tuple(one for one in self.owner_related if one.document_type == "credit_notes")

    @property
    def today(self) -> date:
        """Return today's date in Lisbon."""
        return self.now.date()

    def describe_taxes(self) -> Message:
        """Return the account's taxes with their rates, for whoever has to choose one: `IVA23 (23%), Isento (0%)`."""
        return join_messages([describe_tax(tax) for tax in self.taxes if tax.name], ", ")

    def find_tax(self, name: str | None) -> Tax | None:
        """Return the account's tax with exactly that name; without a name, the default tax."""
        for tax in self.taxes:
            if tax.default_tax if name is None else tax.name == name:
                return tax
        return None

    def find_sequence(self, sequence_id: int) -> tuple[Sequence, str] | None:
        """Return the series and the document type that a sequence id belongs to."""
        for sequence in self.sequences:
            for kind, part in sequence.types.items():
                if part.sequence_id == sequence_id:
                    return sequence, kind
        return None

    def find_default_sequence(self) -> Sequence | None:
        """Return the series of documents that name none."""
        return next((sequence for sequence in self.sequences if sequence.default), None)


Rule = TypeVar("Rule", bound=Callable[..., Any])


def wants(*names: Want) -> Callable[[Rule], Rule]:
    """Declare the facts that a rule reads, so that the pipeline looks them up."""

    def mark(rule: Rule) -> Rule:
        rule.wants = frozenset(names)  # type: ignore[attr-defined]
        return rule

    return mark


def get_wanted_facts(*rules: Callable[..., Any]) -> frozenset[Want]:
    """Return the facts that rules declared."""
    nothing: frozenset[Want] = frozenset()
    return nothing.union(*(getattr(rule, "wants", nothing) for rule in rules))


def describe_tax(tax: Tax) -> Bilingual:
    """Return a tax of the account with its rate: `IVA23 (23%)`."""
    name = tax.name or "?"
    if tax.value is None:
        return Bilingual(name, name)
    rate = name_percents([tax.value])
    return Bilingual(f"{name} ({rate.pt})", f"{name} ({rate.en})")
