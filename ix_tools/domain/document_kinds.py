"""The document types and their names: in the API, in the SAF-T file and for people."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from ix_tools.fiscal.reference_data import read_table
from ix_tools.i18n.languages import Bilingual

Family = Literal["invoice", "receipt", "estimate", "guide"]

BILLS = frozenset({"invoices", "simplified_invoices", "invoice_receipts"})
"""Documents that bill a sale, of those that can be created."""
NOTES = frozenset({"credit_notes", "debit_notes"})
"""Documents that correct another one."""
GUIDES = ("shippings", "transports", "devolutions")
"""Transport documents, the frequent ones first."""
ISSUED_STATES = frozenset({"final", "settled", "second_copy"})
"""States of a document that is issued and in force: neither a draft nor cancelled."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A document type and its names."""

    plural: str
    """The word in the path, e.g. credit_notes."""
    singular: str
    """The key around the document in requests and answers, e.g. credit_note."""
    camel: str
    """The `type` of a document read back and of list filters, e.g. CreditNote."""
    prefix: str
    """The SAF-T (PT) document code printed before the number, e.g. NC; "" for the two types outside that file."""
    pt: str
    en: str
    family: Family

    @property
    def name(self) -> Bilingual:
        """The name for people."""
        return Bilingual(self.pt, self.en)


def name_document_kind(plural: str) -> Bilingual:
    """Return the name of a document type for people; a type that is not in the list stays as it is."""
    kind = _index_by_plural().get(plural)
    return kind.name if kind else Bilingual(plural, plural)


def name_within_sentence(plural: str) -> Bilingual:
    """Return the name of a document type in small letters."""
    kind = get_document_kind(plural)
    return Bilingual(kind.pt.lower(), kind.en.lower())


def name_singular(singular: str) -> Bilingual:
    """Return the name of a document type within a sentence, by its key: in English InvoiceXpress's word."""
    kind = next((one for one in list_document_kinds() if one.singular == singular), None)
    return Bilingual(kind.pt.lower() if kind else singular, singular)


def get_document_kind(plural: str) -> DocumentKind:
    """Return the document type of a path segment. A KeyError is a programming error: the segments are a closed list."""
    return _index_by_plural()[plural]


def find_kind_by_api_type(camel: str) -> DocumentKind | None:
    """Return the document type for the API's `type`; None for types that cannot be created, such as CashInvoice."""
    return next((kind for kind in list_document_kinds() if kind.camel == camel), None)


def find_prefix(plural: str) -> str:
    """Return the code that is printed before the numbers of a document type; empty if it has none."""
    kind = _index_by_plural().get(plural)
    return kind.prefix if kind else ""


def list_document_kinds() -> tuple[DocumentKind, ...]:
    """Return all document types: invoices first, then receipts, estimates and guides."""
    return tuple(_index_by_plural().values())


@cache
def _index_by_plural() -> dict[str, DocumentKind]:
    rows = read_table("document_types.json")["document_types"]
    return {row["plural"]: DocumentKind(**row) for row in rows}
