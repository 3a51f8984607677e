"""Drafts: read the body of a create or update into a document, with the service's silent coercions (docs/concepts/traps.md)."""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from ix_tools.sandbox.control import LISBON
from ix_tools.sandbox.kinds import BY_TYPE, Kind
from ix_tools.sandbox.ledger import clients, items, lines, sequences, totals
from ix_tools.sandbox.ledger.number_formats import format_exact, parse_fraction
from ix_tools.sandbox.reference import find_currency, is_exemption_accepted
from ix_tools.sandbox.refusals import Missing, Refused
from ix_tools.sandbox.rows import PRINTED_TEXTS, Document
from ix_tools.sandbox.state import Books

FIRST_DOCUMENT = 1001
_GUIDE_FIELDS = ("license_plate", "load_site", "delivery_site", "address_from", "address_to")


def get(books: Books, document_id: int, kind: Kind | None = None) -> Document:
    """Return a document; under another type's path it is not found."""
    document = books.store.get(Document, document_id)
    if document is None or (kind is not None and document.type != kind.type):
        raise Missing
    return document


def create(books: Books, kind: Kind, sent: dict[str, Any], uid: str = "") -> Document:
    """Create a draft, or return the one that this proprietary_uid already created."""
    if uid:
        earlier = books.store.find(Document, proprietary_uid=uid)
        if earlier and not (
            books.options.uid_after_cancel == "new" and earlier[-1].status in ("canceled", "deleted")
        ):
            return earlier[-1]
    document = Document(
        id=0,
        type=kind.type,
        status="draft",
        created_at=books.now.isoformat(),
        client_id=None,
        sequence_id=0,
        date=books.today.isoformat(),
        due_date=books.today.isoformat(),
        lines=[],
        proprietary_uid=uid,
    )
    _read(books, kind, sent, document, updating=False)
    document.id = books.store.next_id("documents", first=FIRST_DOCUMENT)
    books.store.save(document)
    items.update_from_lines(books, document.lines)
    return document


def update(books: Books, kind: Kind, document_id: int, sent: dict[str, Any]) -> Document:
    """Replace a draft: fields and lines that are not sent again are removed, exemption included (trap 5)."""
    document = get(books, document_id, kind)
    if document.status == "settled":
        raise Refused("settled_no_change")
    if document.status != "draft":
        raise Refused("finalized_no_change")
    _read(books, kind, sent, document, updating=True)
    books.store.save(document)
    items.update_from_lines(books, document.lines)
    return document


def is_exempt(document: Document) -> bool:
    """Tell whether any line has no VAT, so that the law requires a reason."""
    return any(not Fraction(line.tax_value) for line in document.lines)


def _read(books: Books, kind: Kind, sent: dict[str, Any], document: Document, updating: bool) -> None:
    # An update keeps absent dates, so that changing `date` alone conflicts with the old due_date (trap 5, trap 11).
    document.date = _read_day(sent, "date", books.today, document.date)
    document.due_date = _read_day(sent, "due_date", books.today, document.due_date)
    document.lines = lines.read_lines(books, sent.get("items"), updating)
    client = clients.find_or_create(books, sent.get("client"), optional=kind.type == "SimplifiedInvoice")
    document.client_id = None if client is None else client.id
    if document.due_date < document.date:
        raise Refused("due_date")
    if sent.get("sequence_id") or not document.sequence_id:
        document.sequence_id = sequences.choose_sequence_id(books, kind, sent.get("sequence_id"))
    for name in PRINTED_TEXTS:
        setattr(document, name, str(sent.get(name) or ""))
    document.retention = _read_retention(sent.get("retention"))
    document.tax_exemption = _read_exemption(books, sent, document, updating)
    document.wants_mb = _read_wants_mb(books, kind, sent)
    document.currency, document.rate = _read_currency(books, sent)
    _read_global_discount(sent, document)
    _read_owner(books, kind, sent, document)
    if kind.family == "guides":
        document.guide = _read_guide(books, sent, document)


def _read_day(sent: dict[str, Any], name: str, today: date, absent: str) -> str:
    """Read a date. An unreadable one silently becomes today (trap 1)."""
    if name not in sent:
        return absent
    return (parse_day(sent[name]) or today).isoformat()


def parse_day(value: Any) -> date | None:
    """Parse a date written as dd/mm/yyyy, as documented, or in ISO format, which the service accepts too."""
    text = str(value).strip()
    parts = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        if parts:
            return date(int(parts[3]), int(parts[2]), int(parts[1]))
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _read_retention(value: Any) -> str:
    if value in (None, ""):
        return ""
    percent = parse_fraction(value)
    if percent is None or not 0 <= percent <= Fraction("99.99"):
        raise Refused("retention")
    return format_exact(percent)


def _read_exemption(books: Books, sent: dict[str, Any], document: Document, updating: bool) -> str:
    """Read the document's exemption code, sent on it or on a line under either name (trap 6b, reading 12). M00 clears it."""
    on_document = [str(sent[key]) for key in lines.EXEMPTION_KEYS if sent.get(key)]
    found = lines.list_exemption_codes(sent.get("items")) + (
        on_document if books.options.exemption_level == "any" else []
    )
    code = next((code for code in found if code != "M00"), "") if "M00" not in found else ""
    if code and not is_exemption_accepted(code, date.fromisoformat(document.date)):
        raise Refused(("exemption_unknown", code))
    if code or not is_exempt(document):
        return code
    if updating:
        return "M99"  # set silently on PUT, refused on POST (trap 6, reading 13)
    raise Refused("exemption_missing")


def _read_wants_mb(books: Books, kind: Kind, sent: dict[str, Any]) -> bool:
    wanted = str(sent.get("mb_reference") or "0") in ("1", "true", "True")
    if wanted and not (kind.mb_reference and books.options.mb_references):
        raise Refused("mb_provider")
    return wanted


def _read_currency(books: Books, sent: dict[str, Any]) -> tuple[str, str]:
    """Read the second currency, in which only a second total is printed; amounts stay in euros (trap 21)."""
    code = str(sent.get("currency_code") or "")
    if not code or code == "EUR":
        return "", ""
    if not books.options.multicurrency:
        raise Refused("multicurrency_off")
    if find_currency(code) is None:
        raise Refused(("currency_unknown", code))
    rate = parse_fraction(sent.get("rate") or "1")
    if rate is None or rate <= 0:
        raise Refused("rate")
    return code, format_exact(rate)


def _read_global_discount(sent: dict[str, Any], document: Document) -> None:
    document.discount_type, document.discount_value = "", "0"
    given = sent.get("global_discount")
    if not isinstance(given, dict) or not given.get("value"):
        return
    value, how = parse_fraction(given["value"]), str(given.get("value_type") or "percentage")
    if value is None or how not in ("percentage", "absolute"):
        raise Refused("discount")
    net = sum((totals.compute_line(line).net for line in document.lines), Fraction(0))
    if not 0 <= value <= (100 if how == "percentage" else net):
        raise Refused("discount_range")
    document.discount_type, document.discount_value = how, format_exact(value)


def _read_owner(books: Books, kind: Kind, sent: dict[str, Any], document: Document) -> None:
    """Read the invoice of a note or the guide of an invoice; without it nothing is linked (trap 13b)."""
    if not sent.get("owner_invoice_id"):
        return
    text = str(sent["owner_invoice_id"])
    owner = books.store.get(Document, int(text)) if text.isascii() and text.isdigit() else None
    if owner is None:
        raise Refused("owner_missing")
    if kind.corrects and (owner.status in ("draft", "deleted") or BY_TYPE[owner.type].family != "invoices"):
        raise Refused("owner_in_draft")
    document.owner_id = owner.id


def _read_guide(books: Books, sent: dict[str, Any], document: Document) -> dict[str, Any]:
    """Read the fields that only guides have. Loading cannot be in the past, in Lisbon time (trap 28)."""
    loaded = _read_moment(sent["loaded_at"]) if sent.get("loaded_at") else None
    if loaded is None:
        raise Refused("loaded_at_missing")
    if loaded < books.now.replace(microsecond=0):
        raise Refused("loaded_at_past")
    kept = {name: sent[name] for name in _GUIDE_FIELDS if sent.get(name)}
    return {"loaded_at": loaded.isoformat(), **kept}


def _read_moment(value: Any) -> datetime | None:
    for form in ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(str(value).strip(), form).replace(tzinfo=LISBON)
        except ValueError:
            continue
    return None
