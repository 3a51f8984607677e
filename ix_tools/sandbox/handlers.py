"""Request handlers: read the call, call the ledger, render the rows."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ix_tools.sandbox import files, responses
from ix_tools.sandbox.calls import EMPTY, Answer, Call, json_answer
from ix_tools.sandbox.kinds import BY_TYPE, Family, Kind
from ix_tools.sandbox.ledger import (
    clients,
    documents,
    items,
    listing,
    mail,
    payments,
    saft,
    sequences,
    states,
    taxes,
)
from ix_tools.sandbox.ledger.listing import Query
from ix_tools.sandbox.refusals import Missing, Refused, format_phrase
from ix_tools.sandbox.rows import Client, Document, Item
from ix_tools.sandbox.state import Books

INVOICE_LISTS: tuple[Family, ...] = ("invoices", "receipts")

# documents


def _answer_document(books: Books, row: Document, status: int = 200) -> Answer:
    return json_answer({BY_TYPE[row.type].key: responses.render_document(books, row)}, status)


def _answer_empty(books: Books, row: Document) -> Answer:
    return EMPTY if books.options.empty_update_answer else _answer_document(books, row)  # reading 3


def _answer_list(books: Books, key: str, query: Query, rows: list[Document]) -> Answer:
    shown, page = query.get_page(rows)
    content = [responses.render_document(books, row, listed=True) for row in shown]
    return json_answer({key: content, "pagination": responses.render_pagination(page)})


def list_family(key: str, families: tuple[Family, ...], books: Books, call: Call) -> Answer:
    """List invoices and receipts, estimates, or guides."""
    return _answer_list(books, key, call.query, listing.find_documents(books, call.query, families))


def list_type(kind: Kind, books: Books, call: Call) -> Answer:
    """List documents of one type, under the key of its family."""
    key = "invoices" if kind.family == "receipts" else kind.family
    return _answer_list(
        books, key, call.query, listing.find_documents(books, call.query, (kind.family,), {kind.type})
    )


def get_document(kind: Kind, books: Books, call: Call) -> Answer:
    """Return a document."""
    return _answer_document(books, documents.get(books, call.get_id(), kind))


def create_document(kind: Kind, books: Books, call: Call) -> Answer:
    """Create a draft. A proprietary_uid has an effect only at the top level and for invoices."""
    uid = (
        str(call.body.get("proprietary_uid") or "")
        if kind.family == "invoices" and isinstance(call.body, dict)
        else ""
    )
    return _answer_document(books, documents.create(books, kind, call.get_document(kind), uid), 201)


def update_document(kind: Kind, books: Books, call: Call) -> Answer:
    """Replace a draft."""
    documents.get(books, call.get_id(), kind)
    return _answer_empty(books, documents.update(books, kind, call.get_id(), call.get_document(kind)))


def change_state(kind: Kind, books: Books, call: Call) -> Answer:
    """Finalize, cancel, settle, delete and the rest."""
    documents.get(books, call.get_id(), kind)
    return _answer_empty(books, states.change(books, kind, call.get_id(), call.get_document(kind)))


def send_mail(kind: Kind, books: Books, call: Call) -> Answer:
    """Put an e-mail into the outbox and return an empty response (trap 25)."""
    row = documents.get(books, call.get_id(), kind)
    mail.send(books, row, call.get_envelope("message"))
    return EMPTY


def list_related(books: Books, call: Call) -> Answer:
    """List receipts, notes and owners of a document."""
    rows = listing.find_related(books, call.get_id())
    return json_answer({"documents": [responses.render_document(books, row) for row in rows]})


def create_payment(books: Books, call: Call) -> Answer:
    """Create a receipt for a part of an invoice."""
    documents.get(books, call.get_id())
    return _answer_document(books, payments.pay(books, call.get_id(), call.get_envelope("partial_payment")))


def get_pdf(books: Books, call: Call) -> Answer:
    """Return the URL of the PDF, or an empty 202 while it is pending (trap 24)."""
    row = documents.get(books, call.get_id())
    copy = "copy" if call.query.get_last("second_copy") == "true" else "original"
    url = files.get_pdf_url(books, row, copy)
    return json_answer({"output": {"pdfUrl": url}}) if url else Answer(202)


def get_qr_code(books: Books, call: Call) -> Answer:
    """Return the URL of the QR code."""
    try:
        row = documents.get(books, call.get_id())
    except Missing:
        raise Missing(("qr_not_found", call.names["id"])) from None
    url = files.get_qr_url(books, row)
    return (
        json_answer({"qr_code": {"url": url}})
        if url
        else json_answer({"qr_code": {"status": "In progress"}}, 202)
    )


# series


def list_sequences(books: Books, call: Call) -> Answer:
    """List all series."""
    return json_answer({"sequences": [responses.render_sequence(row) for row in sequences.list_all(books)]})


def create_sequence(books: Books, call: Call) -> Answer:
    """Create a series and register it."""
    return json_answer(
        {"sequence": responses.render_sequence(sequences.create(books, call.get_envelope("sequence")))}, 201
    )


def get_sequence(books: Books, call: Call) -> Answer:
    """Return a series under the key `sequence`, as the live API does (reading 9)."""
    return json_answer({"sequence": responses.render_sequence(sequences.get(books, call.get_id()))})


def register_sequence(books: Books, call: Call) -> Answer:
    """Register a series, which gives each document type a validation code."""
    return json_answer({"sequences": [responses.render_sequence(sequences.register(books, call.get_id()))]})


def set_current_sequence(books: Books, call: Call) -> Answer:
    """Make a series the default."""
    sequences.set_current(books, call.get_id())
    return EMPTY


def update_sequence_v1(books: Books, call: Call) -> Answer:
    """Update a series over version 1 (XML)."""
    if not isinstance(call.body, dict):
        raise Refused("bad_xml")
    row = responses.render_sequence(sequences.update_v1(books, call.get_id(), call.body))
    fields = "".join(f"\n <{key}>{escape(str(value))}</{key}>" for key, value in row.items())
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<sequence>{fields}\n</sequence>\n'
    return Answer(200, xml.encode(), "application/xml; charset=utf-8")


# taxes


def list_taxes(books: Books, call: Call) -> Answer:
    """List all VAT rates."""
    return json_answer({"taxes": [responses.render_tax(row) for row in taxes.list_all(books)]})


def create_tax(books: Books, call: Call) -> Answer:
    """Create a VAT rate."""
    return json_answer({"tax": responses.render_tax(taxes.create(books, call.get_envelope("tax")))}, 201)


def get_tax(books: Books, call: Call) -> Answer:
    """Return a VAT rate."""
    return json_answer({"tax": responses.render_tax(taxes.get(books, call.get_id()))})


def update_tax(books: Books, call: Call) -> Answer:
    """Update a VAT rate and return an empty response."""
    taxes.update(books, call.get_id(), call.get_envelope("tax"))
    return EMPTY


def delete_tax(books: Books, call: Call) -> Answer:
    """Delete a VAT rate."""
    taxes.delete(books, call.get_id())
    return EMPTY


# clients


def list_clients(books: Books, call: Call) -> Answer:
    """List clients. `fiscal_id` is an undocumented filter."""
    fiscal_id = call.query.get_last("fiscal_id")
    if fiscal_id:
        shown, page = call.query.get_page(books.store.find(Client, fiscal_id=fiscal_id))
    else:
        page = call.query.read_page(books.store.count(Client))
        shown = books.store.slice(Client, page.first, page.per_page)
    content = [responses.render_client(books, row) for row in shown]
    return json_answer({"clients": content, "pagination": responses.render_pagination(page)})


def create_client(books: Books, call: Call) -> Answer:
    """Create a client."""
    return json_answer(
        {"client": responses.render_client(books, clients.create(books, call.get_envelope("client")))}, 201
    )


def get_client(books: Books, call: Call) -> Answer:
    """Return a client."""
    return json_answer({"client": responses.render_client(books, clients.get(books, call.get_id()))})


def update_client(books: Books, call: Call) -> Answer:
    """Update a client. The response is empty, also when it is a refusal."""
    clients.update(books, call.get_id(), call.get_envelope("client"))
    return EMPTY


def delete_client(books: Books, call: Call) -> Answer:
    """Delete a client."""
    clients.delete(books, call.get_id())
    return EMPTY


def find_client(name: str, books: Books, call: Call) -> Answer:
    """Find a client by exact code or name. Without a match by name, the API was seen to return 500 (reading 14)."""
    row = books.store.first(Client, **{name: call.query.get_last(f"client_{name}")})
    if row is not None:
        return json_answer({"client": responses.render_client(books, row)})
    if name == "name" and books.options.find_by_name_500:
        return Answer(500, b"<h1>Internal Server Error</h1>", "text/html; charset=utf-8")
    raise Missing


def list_client_invoices(books: Books, call: Call) -> Answer:
    """List a client's documents; the filter is in the body."""
    client = clients.get(books, call.get_id())
    body = call.body if isinstance(call.body, dict) else {}
    sent: dict[str, Any] = body["filter"] if isinstance(body.get("filter"), dict) else {}
    words = {name: sent.get(key) for name, key in (("status", "status"), ("type", "by_type"))}
    pairs = [(name, str(word)) for name, found in words.items() if isinstance(found, list) for word in found]
    shelves = sent.get("archived")
    pairs += [(str(shelf), "true") for shelf in shelves] if isinstance(shelves, list) else []
    rows = listing.find_documents(books, Query(pairs), INVOICE_LISTS)
    return _answer_list(books, "invoices", call.query, [row for row in rows if row.client_id == client.id])


# items


def list_items(books: Books, call: Call) -> Answer:
    """List items in pages."""
    page = call.query.read_page(books.store.count(Item))
    shown = books.store.slice(Item, page.first, page.per_page)
    content = [responses.render_item(books, row) for row in shown]
    return json_answer({"items": content, "pagination": responses.render_pagination(page)})


def create_item(books: Books, call: Call) -> Answer:
    """Create an item."""
    return json_answer(
        {"item": responses.render_item(books, items.create(books, call.get_envelope("item")))}, 201
    )


def get_item(books: Books, call: Call) -> Answer:
    """Return an item."""
    return json_answer({"item": responses.render_item(books, items.get(books, call.get_id()))})


def update_item(books: Books, call: Call) -> Answer:
    """Update an item and return an empty response."""
    items.update(books, call.get_id(), call.get_envelope("item"))
    return EMPTY


def delete_item(books: Books, call: Call) -> Answer:
    """Delete an item."""
    items.delete(books, call.get_id())
    return EMPTY


# files of a month


def export_saft(books: Books, call: Call) -> Answer:
    """Return the URL of a month's SAF-T file, or 202 with a message while it is pending (trap 24)."""
    url = files.get_saft_url(
        books, saft.find_period(books, call.query.get_last("year"), call.query.get_last("month"))
    )
    if url:
        return json_answer({books.options.saft_key: url})
    return json_answer({"message": format_phrase("saft_started", books.options.language)}, 202)
