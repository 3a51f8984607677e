"""What each URL does: read the call, ask the ledger, show the rows."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ix_tools.sandbox import files, responses
from ix_tools.sandbox.calls import EMPTY, Answer, Call, as_json
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
from ix_tools.sandbox.refusals import Missing, Refused, say
from ix_tools.sandbox.rows import Client, Document, Item
from ix_tools.sandbox.state import Books

INVOICE_LISTS: tuple[Family, ...] = ("invoices", "receipts")

# documents


def _shown(books: Books, row: Document, status: int = 200) -> Answer:
    return as_json({BY_TYPE[row.type].key: responses.document(books, row)}, status)


def _changed(books: Books, row: Document) -> Answer:
    return EMPTY if books.options.empty_update_answer else _shown(books, row)  # reading 3


def _listed(books: Books, key: str, query: Query, rows: list[Document]) -> Answer:
    shown, page = query.page(rows)
    content = [responses.document(books, row, listed=True) for row in shown]
    return as_json({key: content, "pagination": responses.pagination(page)})


def list_family(key: str, families: tuple[Family, ...], books: Books, call: Call) -> Answer:
    """Invoices with receipts, estimates, or guides."""
    return _listed(books, key, call.query, listing.find(books, call.query, families))


def list_type(kind: Kind, books: Books, call: Call) -> Answer:
    """One type only, under the key of its family."""
    key = "invoices" if kind.family == "receipts" else kind.family
    return _listed(books, key, call.query, listing.find(books, call.query, (kind.family,), {kind.type}))


def get_document(kind: Kind, books: Books, call: Call) -> Answer:
    """One document."""
    return _shown(books, documents.get(books, call.number(), kind))


def create_document(kind: Kind, books: Books, call: Call) -> Answer:
    """A draft. The proprietary_uid counts at the top level and for invoices only."""
    uid = (
        str(call.body.get("proprietary_uid") or "")
        if kind.family == "invoices" and isinstance(call.body, dict)
        else ""
    )
    return _shown(books, documents.create(books, kind, call.document(kind), uid), 201)


def update_document(kind: Kind, books: Books, call: Call) -> Answer:
    """Replace a draft."""
    documents.get(books, call.number(), kind)
    return _changed(books, documents.update(books, kind, call.number(), call.document(kind)))


def change_state(kind: Kind, books: Books, call: Call) -> Answer:
    """Finalize, cancel, settle, delete and the rest."""
    documents.get(books, call.number(), kind)
    return _changed(books, states.change(books, kind, call.number(), call.document(kind)))


def send_mail(kind: Kind, books: Books, call: Call) -> Answer:
    """Into the outbox; the answer is empty (trap 25)."""
    row = documents.get(books, call.number(), kind)
    mail.send(books, row, call.envelope("message"))
    return EMPTY


def related(books: Books, call: Call) -> Answer:
    """Receipts, notes and owners of a document."""
    rows = listing.related(books, call.number())
    return as_json({"documents": [responses.document(books, row) for row in rows]})


def pay(books: Books, call: Call) -> Answer:
    """A receipt for part of an invoice."""
    documents.get(books, call.number())
    return _shown(books, payments.pay(books, call.number(), call.envelope("partial_payment")))


def pdf(books: Books, call: Call) -> Answer:
    """Where the PDF is: 202 with nothing until it is ready (trap 24)."""
    row = documents.get(books, call.number())
    copy = "copy" if call.query.one("second_copy") == "true" else "original"
    url = files.pdf_url(books, row, copy)
    return as_json({"output": {"pdfUrl": url}}) if url else Answer(202)


def qr_code(books: Books, call: Call) -> Answer:
    """Where the QR code is."""
    try:
        row = documents.get(books, call.number())
    except Missing:
        raise Missing(("qr_not_found", call.names["id"])) from None
    url = files.qr_url(books, row)
    return as_json({"qr_code": {"url": url}}) if url else as_json({"qr_code": {"status": "In progress"}}, 202)


# series


def list_sequences(books: Books, call: Call) -> Answer:
    """Every series."""
    return as_json({"sequences": [responses.sequence(row) for row in sequences.listed(books)]})


def create_sequence(books: Books, call: Call) -> Answer:
    """A new series, registered on the way."""
    return as_json({"sequence": responses.sequence(sequences.create(books, call.envelope("sequence")))}, 201)


def get_sequence(books: Books, call: Call) -> Answer:
    """One series; live the key is `sequence` (reading 9)."""
    return as_json({"sequence": responses.sequence(sequences.get(books, call.number()))})


def register_sequence(books: Books, call: Call) -> Answer:
    """Validation codes for every type."""
    return as_json({"sequences": [responses.sequence(sequences.register(books, call.number()))]})


def set_current_sequence(books: Books, call: Call) -> Answer:
    """The series that documents go to by default."""
    sequences.set_current(books, call.number())
    return EMPTY


def update_sequence_v1(books: Books, call: Call) -> Answer:
    """The old XML update."""
    if not isinstance(call.body, dict):
        raise Refused("bad_xml")
    row = responses.sequence(sequences.update_v1(books, call.number(), call.body))
    fields = "".join(f"\n <{key}>{escape(str(value))}</{key}>" for key, value in row.items())
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<sequence>{fields}\n</sequence>\n'
    return Answer(200, xml.encode(), "application/xml; charset=utf-8")


# taxes


def list_taxes(books: Books, call: Call) -> Answer:
    """Every rate."""
    return as_json({"taxes": [responses.tax(row) for row in taxes.listed(books)]})


def create_tax(books: Books, call: Call) -> Answer:
    """A new rate."""
    return as_json({"tax": responses.tax(taxes.create(books, call.envelope("tax")))}, 201)


def get_tax(books: Books, call: Call) -> Answer:
    """One rate."""
    return as_json({"tax": responses.tax(taxes.get(books, call.number()))})


def update_tax(books: Books, call: Call) -> Answer:
    """A changed rate, answered with nothing."""
    taxes.update(books, call.number(), call.envelope("tax"))
    return EMPTY


def delete_tax(books: Books, call: Call) -> Answer:
    """One rate less."""
    taxes.delete(books, call.number())
    return EMPTY


# clients


def list_clients(books: Books, call: Call) -> Answer:
    """The address book; `fiscal_id` filters although nothing documents it."""
    fiscal_id = call.query.one("fiscal_id")
    rows = books.store.find(Client, fiscal_id=fiscal_id) if fiscal_id else books.store.find(Client)
    shown, page = call.query.page(rows)
    content = [responses.client(books, row) for row in shown]
    return as_json({"clients": content, "pagination": responses.pagination(page)})


def create_client(books: Books, call: Call) -> Answer:
    """A new client."""
    return as_json({"client": responses.client(books, clients.create(books, call.envelope("client")))}, 201)


def get_client(books: Books, call: Call) -> Answer:
    """One client."""
    return as_json({"client": responses.client(books, clients.get(books, call.number()))})


def update_client(books: Books, call: Call) -> Answer:
    """A changed client, answered with nothing; so is a refusal."""
    clients.update(books, call.number(), call.envelope("client"))
    return EMPTY


def delete_client(books: Books, call: Call) -> Answer:
    """One client less."""
    clients.delete(books, call.number())
    return EMPTY


def find_client(name: str, books: Books, call: Call) -> Answer:
    """By exact code or exact name; a miss by name has been seen as 500 (reading 14)."""
    row = books.store.first(Client, **{name: call.query.one(f"client_{name}")})
    if row is not None:
        return as_json({"client": responses.client(books, row)})
    if name == "name" and books.options.find_by_name_500:
        return Answer(500, b"<h1>Internal Server Error</h1>", "text/html; charset=utf-8")
    raise Missing


def list_client_invoices(books: Books, call: Call) -> Answer:
    """A client's documents, filtered by a body."""
    client = clients.get(books, call.number())
    body = call.body if isinstance(call.body, dict) else {}
    sent: dict[str, Any] = body["filter"] if isinstance(body.get("filter"), dict) else {}
    words = {name: sent.get(key) for name, key in (("status", "status"), ("type", "by_type"))}
    pairs = [(name, str(word)) for name, found in words.items() if isinstance(found, list) for word in found]
    shelves = sent.get("archived")
    pairs += [(str(shelf), "true") for shelf in shelves] if isinstance(shelves, list) else []
    rows = listing.find(books, Query(pairs), INVOICE_LISTS)
    return _listed(books, "invoices", call.query, [row for row in rows if row.client_id == client.id])


# items


def list_items(books: Books, call: Call) -> Answer:
    """The catalogue, in pages."""
    shown, page = call.query.page(books.store.find(Item))
    content = [responses.item(books, row) for row in shown]
    return as_json({"items": content, "pagination": responses.pagination(page)})


def create_item(books: Books, call: Call) -> Answer:
    """A new item."""
    return as_json({"item": responses.item(books, items.create(books, call.envelope("item")))}, 201)


def get_item(books: Books, call: Call) -> Answer:
    """One item."""
    return as_json({"item": responses.item(books, items.get(books, call.number()))})


def update_item(books: Books, call: Call) -> Answer:
    """A changed item, answered with nothing."""
    items.update(books, call.number(), call.envelope("item"))
    return EMPTY


def delete_item(books: Books, call: Call) -> Answer:
    """One item less."""
    items.delete(books, call.number())
    return EMPTY


# files of a month


def export_saft(books: Books, call: Call) -> Answer:
    """Where the SAF-T file of a month is: 202 with a word until it is ready (trap 24)."""
    url = files.saft_url(books, saft.period(books, call.query.one("year"), call.query.one("month")))
    if url:
        return as_json({books.options.saft_key: url})
    return as_json({"message": say("saft_started", books.options.language)}, 202)
