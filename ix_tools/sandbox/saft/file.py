"""Render the SAF-T file of a month.

AuditFile
  Header             issuer, month
  MasterFiles        Customer*, Product*, TaxTable
  SourceDocuments    SalesInvoices, MovementOfGoods, WorkingDocuments, Payments

Elements, order and control totals follow the public description of version 1.04_01 (Portaria 302/2016). The file is
well-formed and consistent, but **not** validated against the official XSD. Its signatures are invented, and it states that
the program is not certified.
"""

from __future__ import annotations

from ix_tools.sandbox.ledger import saft
from ix_tools.sandbox.saft.elements import render_document
from ix_tools.sandbox.saft.masters import build_header, build_master_files
from ix_tools.sandbox.saft.sections import build_source_documents
from ix_tools.sandbox.state import Books

NAMESPACE = "urn:OECD:StandardAuditFile-Tax:PT_1.04_01"


def render_file(books: Books, month: str) -> bytes:
    """Render the file of a month."""
    rows = saft.list_documents(books, month)
    parts = [build_header(books, month), build_master_files(books, rows), build_source_documents(books, rows)]
    return render_document(("AuditFile", parts), NAMESPACE)
