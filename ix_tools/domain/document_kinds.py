"""The document types as data: how each is called on the wire, in the SAF-T file, and by people."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from ix_tools.fiscal.reference_data import read_table

Family = Literal["invoice", "receipt", "estimate", "guide"]


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One document type under all its names."""

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


def get_document_kind(plural: str) -> DocumentKind:
    """The kind behind a path word. A KeyError here is a programming mistake: path words come from a closed list."""
    return _index_by_plural()[plural]


def find_kind_by_api_type(camel: str) -> DocumentKind | None:
    """The kind behind the `type` of a document; None for types only read back, such as CashInvoice."""
    return next((kind for kind in list_document_kinds() if kind.camel == camel), None)


def list_document_kinds() -> tuple[DocumentKind, ...]:
    """All of them: invoices first, then receipts, estimates and guides."""
    return tuple(_index_by_plural().values())


@cache
def _index_by_plural() -> dict[str, DocumentKind]:
    rows = read_table("document_types.json")["document_types"]
    return {row["plural"]: DocumentKind(**row) for row in rows}
