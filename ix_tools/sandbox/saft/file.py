"""The file: what a month's documents look like to the tax authority.

AuditFile
  Header             who, which month
  MasterFiles        Customer*, Product*, TaxTable
  SourceDocuments    SalesInvoices, MovementOfGoods, WorkingDocuments, Payments

Elements, order and control totals follow version 1.04_01 of the structure (Portaria 302/2016) as it is publicly
described. The file is well-formed and consistent in itself; it is **not** validated against the official XSD, its
signatures are made up, and it says that the programme is not certified.
"""

from __future__ import annotations

from ix_tools.sandbox.ledger import saft
from ix_tools.sandbox.saft.elements import render_document
from ix_tools.sandbox.saft.masters import build_header, build_master_files
from ix_tools.sandbox.saft.sections import build_source_documents
from ix_tools.sandbox.state import Books

NAMESPACE = "urn:OECD:StandardAuditFile-Tax:PT_1.04_01"


def render_file(books: Books, month: str) -> bytes:
    """The bytes of a month's file."""
    rows = saft.list_documents(books, month)
    parts = [build_header(books, month), build_master_files(books, rows), build_source_documents(books, rows)]
    return render_document(("AuditFile", parts), NAMESPACE)
