"""Finalizing: the last checks, then number, ATCUD and a copy of the client (trap 10, trap 12, trap 13)."""

from __future__ import annotations

import hashlib
from datetime import date
from fractions import Fraction

from ix_tools.sandbox.kinds import BY_TYPE, Kind
from ix_tools.sandbox.ledger import clients, documents, sequences, totals
from ix_tools.sandbox.ledger.number_formats import to_json_number
from ix_tools.sandbox.refusals import Refused
from ix_tools.sandbox.rows import Document
from ix_tools.sandbox.state import Books


def finalize(books: Books, kind: Kind, document: Document) -> None:
    """Check a draft, then give it its number, codes and a copy of its client."""
    sequence = sequences.find_by_type_id(books, kind, document.sequence_id)
    if sequence is None:
        raise Refused("sequence_of_other_type")
    code = sequence.codes[kind.key]
    if code == "N/D" and books.options.registration_required:
        raise Refused(("series_unregistered", sequence.serie))  # trap 12
    last = find_last_date(books, document.sequence_id)
    if last is not None and date.fromisoformat(document.date) < last:
        raise Refused(("date_before_last", kind.words, _format_short(last)))  # trap 10
    if documents.is_exempt(document) and not document.tax_exemption and kind.type != "Receipt":
        raise Refused("exemption_missing")
    if kind.corrects and document.owner_id is not None:
        _check_owner(books, kind, document)
    document.number = sequence.numbers[kind.key] + 1
    sequence.numbers[kind.key] = document.number
    books.store.save(sequence)
    document.serie = sequence.serie
    document.atcud = code if code.startswith("N/") else f"{code}-{document.number}"
    document.finalized_at = books.now.isoformat()
    document.saft_hash = _compute_hash(document)
    client = None if document.client_id is None else clients.get(books, document.client_id)
    document.client = clients.take_snapshot(client)
    if document.wants_mb:
        total = totals.compute_document(document).total
        document.mb_reference = {
            "entity": "10611",
            "value": to_json_number(total),
            "reference": f"{952000000 + document.id:09d}",
        }


def find_last_date(books: Books, sequence_id: int) -> date | None:
    """Return the date of the last document of a sequence id, which is one document type of a series."""
    last = books.store.greatest(Document, "date", having="number", sequence_id=sequence_id)
    return date.fromisoformat(last) if last else None


def _format_short(day: date) -> str:
    """Format a date as in the refusal, in English in every locale: 02 Aug 26."""
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
        day.month - 1
    ]
    return f"{day.day:02d} {month} {day.year % 100:02d}"


def _check_owner(books: Books, kind: Kind, document: Document) -> None:
    """Check that all credit notes together do not exceed their invoice. It is checked only now, too late for the draft (trap 13)."""
    owner = documents.get(books, document.owner_id or 0)
    if owner.status in ("draft", "deleted"):
        raise Refused("owner_in_draft")
    others = sum(
        (totals.compute_document(row).total for row in list_live_children(books, owner, kind.type)),
        Fraction(0),
    )
    if totals.compute_document(document).total + others > totals.compute_document(owner).total:
        raise Refused("over_owner_total")


def list_live_children(books: Books, owner: Document, type_name: str) -> list[Document]:
    """Return the finalized documents of a type that refer to this one and are not cancelled."""
    related = books.store.find(Document, owner_id=owner.id, type=type_name)
    return [row for row in related if row.status in ("final", "settled")]


def _compute_hash(document: Document) -> str:
    """Compute the four printed characters of the signature, here from the number alone, so that they never change."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    prefix = BY_TYPE[document.type].prefix
    seed = hashlib.sha256(f"{prefix} {document.serie}/{document.number} {document.date}".encode()).digest()
    return "".join(alphabet[byte % len(alphabet)] for byte in seed[:4])
