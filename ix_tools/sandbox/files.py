"""Files for download: first pending (202), then available under an unguessable URL (trap 24)."""

from __future__ import annotations

import secrets

from ix_tools.sandbox.calls import Answer
from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.refusals import Missing, Refused
from ix_tools.sandbox.rows import Document, FileRequest
from ix_tools.sandbox.state import Books


def get_pdf_url(books: Books, document: Document, copy: str) -> str:
    """Return the URL of a PDF, or "" while it is pending."""
    if document.status in ("draft", "deleted"):
        raise Refused("invalid_state", status=406)  # reading 8
    name = f"{BY_TYPE[document.type].prefix}-{document.serie}-{document.number}.pdf"
    return _get_url(books, document.id, copy, books.options.pdf_polls, name)


def get_qr_url(books: Books, document: Document) -> str:
    """Return the URL of a QR code, or "" while it is pending."""
    if document.status in ("draft", "deleted"):
        raise Refused(("qr_draft", str(document.id)))
    return _get_url(books, document.id, "qr", books.options.qr_polls, "qr.png")


def get_saft_url(books: Books, month: str) -> str:
    """Return the URL of a month's SAF-T file, or "" while it is pending."""
    name = f"SAFT-PT_{books.issuer.fiscal_id}_{month}.xml"
    return _get_url(books, 0, month, books.options.saft_polls, name)


def _get_url(books: Books, document_id: int, copy: str, polls: int, name: str) -> str:
    paper = books.store.first(FileRequest, document_id=document_id, copy=copy)
    if paper is None:
        paper = FileRequest(books.store.next_id("papers"), document_id, copy)
    paper.polls += 1
    if paper.polls > polls and not paper.token:
        paper.token = secrets.token_urlsafe(24)
    books.store.save(paper)
    return f"{books.base_url}/_files/{paper.token}/{name}" if paper.token else ""


def read_file(books: Books, token: str) -> Answer:
    """Return the file for a token; no key is needed."""
    paper = books.store.first(FileRequest, token=token) if token else None
    if paper is not None and not paper.document_id:
        from ix_tools.sandbox.saft import file

        return Answer(200, file.render_file(books, paper.copy), "application/xml; charset=utf-8")
    document = None if paper is None else books.store.get(Document, paper.document_id)
    if paper is None or document is None:
        raise Missing
    from ix_tools.sandbox import (
        printing,  # the PDF and QR libraries are loaded with the first printed document
    )

    if paper.copy == "qr":
        return Answer(200, printing.render_qr_png(books, document), "image/png")
    return Answer(
        200, printing.render_pdf(books, document, second_copy=paper.copy == "copy"), "application/pdf"
    )
