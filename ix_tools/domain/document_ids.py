"""Ids of documents, in whose place a call may write the document's number."""

from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from ix_tools.domain.field_marks import NamesDocument
from ix_tools.domain.types import parse_id
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue


def _parse_document_id(value: object) -> int:
    try:
        return parse_id(value)
    except ValueError:
        raise InvalidValue(
            message("the id of a document as results give it, or its number, e.g. FT 17/2026")
        ) from None


CORRECTED_OR_BILLED = (
    "invoices",
    "simplified_invoices",
    "invoice_receipts",
    "vat_moss_invoices",
    "shippings",
    "transports",
    "devolutions",
)
"""Types of document that another one corrects or bills."""
# Listed as text, since a schema with two types in one field is not understood everywhere; whole numbers are taken as well.
DocumentId = Annotated[
    int, BeforeValidator(_parse_document_id), WithJsonSchema({"type": "string"}), NamesDocument()
]
ReceiptId = Annotated[
    int, BeforeValidator(_parse_document_id), WithJsonSchema({"type": "string"}), NamesDocument(("receipts",))
]
