"""Clients: the address book, and how a document finds or creates its client (trap 3)."""

from __future__ import annotations

import re
from typing import Any

from ix_tools.sandbox.reference import find_country, is_nif
from ix_tools.sandbox.refusals import Missing, Phrase, Refused
from ix_tools.sandbox.rows import Client, Document
from ix_tools.sandbox.state import Books

_EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s,;<>().]+")
_TEXTS = (
    "name", "code", "email", "language", "address", "city", "postal_code", "country", "fiscal_id", "website",
    "phone", "fax", "observations", "send_options", "payment_days", "tax_exemption_code",
)  # fmt: skip
_NO_INTEGERS = ("fiscal_id", "postal_code")
"""Fields that the service matches with a pattern; a JSON number there is answered with 422 (trap 32)."""


def take_snapshot(client: Client | None) -> dict[str, Any]:
    """Copy a client as a finalized document keeps it, whatever happens to the client later."""
    if client is None:
        return {"id": None, "name": "Consumidor Final", "country": "Portugal", "fiscal_id": "999999990"}
    return dict(vars(client))


def is_email(text: str) -> bool:
    """Tell whether a text is an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def get(books: Books, client_id: int) -> Client:
    """Return a client."""
    client = books.store.get(Client, client_id)
    if client is None:
        raise Missing
    return client


def create(books: Books, sent: dict[str, Any]) -> Client:
    """Add a client."""
    client = _check(books, sent, Client(id=0, name=""))
    client.id = books.store.next_id("clients", first=501)
    books.store.save(client)
    return client


def update(books: Books, client_id: int, sent: dict[str, Any]) -> None:
    """Update the fields that were sent."""
    books.store.save(_check(books, sent, get(books, client_id)))


def delete(books: Books, client_id: int) -> None:
    """Delete a client that has no documents. The API does not document it."""
    client = get(books, client_id)
    if books.store.first(Document, client_id=client.id) is not None:
        raise Refused("client_has_documents")
    books.store.delete(client)


def find_or_create(books: Books, sent: Any, optional: bool) -> Client | None:
    """Find the client of a document by id, then code, then name, and create one if there is none.

    The other fields sent for an existing client are ignored (trap 3).
    """
    if not sent and optional:
        return None  # a simplified invoice may be for the final consumer
    if not isinstance(sent, dict) or not sent:
        raise Refused(("element_missing", "client"))
    known = (
        books.store.get(Client, _parse_id(sent.get("id")))
        or _find_first(books, "code", sent.get("code"))
        or _find_first(books, "name", sent.get("name"))
    )
    if known is not None:
        return known
    try:
        return create(books, sent)
    except Refused as refused:
        raise Refused(*_add_invalid_client(refused.phrases)) from None


def _add_invalid_client(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """Add the message that the client is invalid to the messages about its fields (trap 22)."""
    if any(isinstance(phrase, tuple) and phrase[0] == "no_integers" for phrase in phrases):
        return phrases
    first = tuple(phrase for phrase in phrases if isinstance(phrase, tuple))
    return (*first, "client_invalid", *(phrase for phrase in phrases if not isinstance(phrase, tuple)))


def _find_first(books: Books, name: str, value: Any) -> Client | None:
    return books.store.first(Client, **{name: str(value)}) if value not in (None, "") else None


def _parse_id(value: Any) -> int | None:
    return int(str(value)) if str(value).isascii() and str(value).isdigit() else None


def _check(books: Books, sent: dict[str, Any], client: Client) -> Client:
    for name in _NO_INTEGERS:
        if isinstance(sent.get(name), int | float):
            raise Refused(("no_integers", str(sent[name])))
    for name in _TEXTS:
        if name in sent:
            setattr(client, name, "" if sent[name] is None else str(sent[name]).strip())
    if isinstance(sent.get("preferred_contact"), dict):
        client.preferred_contact = {key: str(value or "") for key, value in sent["preferred_contact"].items()}
    client.country = client.country or "Portugal"
    client.language = client.language or "pt"
    wrong = [*_find_name_errors(books, client), *_find_place_errors(books, client)]
    if client.email and not is_email(client.email):
        wrong.append("email_invalid")
    contact = client.preferred_contact.get("email")
    if contact and not is_email(contact):
        wrong.append("preferred_email")
    if client.send_options not in ("1", "2", "3"):
        wrong.append("send_options")
    if client.language not in ("en", "pt", "es"):
        wrong.append("language")
    if wrong:
        raise Refused(*wrong)
    return client


def _find_name_errors(books: Books, client: Client) -> list[Phrase]:
    wrong: list[Phrase] = []
    if not client.name:
        wrong.append("name_blank")
    if len(client.name) > 100:
        wrong.append("name_long")
    if not client.code:
        wrong.append("code_blank")
    for name in ("name", "code"):
        same = _find_first(books, name, getattr(client, name))
        if same is not None and same.id != client.id:
            wrong.append(f"{name}_taken")
    return wrong


def _find_place_errors(books: Books, client: Client) -> list[Phrase]:
    """Check country and tax number together: only a Portuguese number has a check digit (trap 22)."""
    known = find_country(client.country)
    if known is None:
        unknown: Phrase = ("country_not_found", client.country)
        return [unknown, "fiscal_invalid"] if client.fiscal_id else [unknown]
    client.country = known
    if known == "Portugal" and client.fiscal_id and not is_nif(client.fiscal_id):
        return ["fiscal_id_invalid"]
    own = client.fiscal_id.upper().removeprefix("PT") == books.issuer.fiscal_id
    return ["fiscal_id_invalid"] if own and books.options.refuse_own_nif else []
