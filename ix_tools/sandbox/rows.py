"""Rows of the store: one dataclass per table, with plain JSON values that are stored as they are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

PRINTED_MARK = {"printed": True}
"""Marks a text of a document that is stored, printed and returned as it was sent."""


@dataclass
class Account:
    """The sandbox's account, or one that was created through it."""

    id: int
    organization_name: str
    email: str
    fiscal_id: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    fax: str = ""
    address: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = "Portugal"
    website: str = ""
    language: str = "pt"
    tax_country: str = "1"
    state: str = "active"
    trial: bool = True
    at_configured: bool = False
    at_communication: str = ""
    """How documents are communicated to the tax authority: auto, manual, guides, portal_at, or "" if not set."""
    password_digest: str = ""


@dataclass
class TreasuryEntry:
    """An entry in a client's account without a document: opening balance, regularization, movement."""

    id: int
    client_id: int
    type: str
    value: str
    date: str
    observation: str = ""
    number: str = ""
    payment_method: str = ""
    serie: str = ""
    created_at: str = ""


@dataclass
class Tax:
    """A VAT rate of the account."""

    id: int
    name: str
    value: str
    region: str = "PT"
    code: str = "NOR"
    default_tax: bool = False


@dataclass
class Item:
    """An item of the catalogue. A document's line with its name overwrites it (trap 4)."""

    id: int
    name: str
    description: str
    unit_price: str
    unit: str = ""
    tax_id: int | None = None


@dataclass
class Client:
    """A customer."""

    id: int
    name: str
    code: str = ""
    email: str = ""
    language: str = "pt"
    address: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = "Portugal"
    fiscal_id: str = ""
    website: str = ""
    phone: str = ""
    fax: str = ""
    preferred_contact: dict[str, str] = field(default_factory=dict)
    observations: str = ""
    send_options: str = "1"
    payment_days: str = "0"
    tax_exemption_code: str = "M00"


@dataclass
class Sequence:
    """A series: per document type a counter, an id (trap 9) and a validation code."""

    id: int
    serie: str
    default_sequence: bool = False
    numbers: dict[str, int] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)


@dataclass
class Line:
    """A line of a document. Prices keep all digits that were sent; responses round them (trap 15)."""

    name: str
    description: str
    unit_price: str
    quantity: str
    unit: str
    discount: str
    tax_id: int | None
    tax_name: str
    tax_value: str


@dataclass
class Document:
    """An invoice, estimate, guide or receipt."""

    id: int
    type: str
    status: str
    created_at: str
    client_id: int | None
    sequence_id: int
    date: str
    due_date: str
    lines: list[Line]
    reference: str = field(default="", metadata=PRINTED_MARK)
    observations: str = field(default="", metadata=PRINTED_MARK)
    retention: str = ""
    tax_exemption: str = ""
    number: int | None = None
    serie: str = ""
    atcud: str = ""
    saft_hash: str = ""
    client: dict[str, Any] = field(default_factory=dict)
    """Copy of the client when the document was finalized; empty for a draft."""
    owner_id: int | None = None
    discount_type: str = ""
    discount_value: str = "0"
    currency: str = ""
    rate: str = ""
    wants_mb: bool = False
    mb_reference: dict[str, Any] = field(default_factory=dict)
    payment_mechanism: str = ""
    proprietary_uid: str = ""
    cancel_reason: str = ""
    finalized_at: str = ""
    status_at: str = ""
    """Time of the last change of state."""
    archived: bool = False
    guide: dict[str, Any] = field(default_factory=dict)
    """Fields of a guide: loaded_at, addresses, plate, sites."""


PRINTED_TEXTS = tuple(one.name for one in fields(Document) if "printed" in one.metadata)


@dataclass
class Mail:
    """An e-mail that the real service would have sent."""

    id: int
    document_id: int
    to: str
    cc: str
    bcc: str
    subject: str
    body: str
    logo: bool
    save: bool
    at: str


@dataclass
class FileRequest:
    """A requested file: number of polls, and the token of its URL when it is ready."""

    id: int
    document_id: int
    """0 when it does not belong to a single document."""
    copy: str
    """original, copy, qr, or the month of a SAF-T file: 2026-11."""
    polls: int = 0
    token: str = ""
