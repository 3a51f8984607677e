"""VAT rates of the account, and how a line's rate is found by name and value (trap 2)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ix_tools.sandbox.ledger.number_formats import format_exact, parse_fraction
from ix_tools.sandbox.reference import TAX_CODES, is_tax_region
from ix_tools.sandbox.refusals import Missing, Refused
from ix_tools.sandbox.rows import Tax
from ix_tools.sandbox.state import Books


def get(books: Books, tax_id: int) -> Tax:
    """Return a VAT rate."""
    tax = books.store.get(Tax, tax_id)
    if tax is None:
        raise Missing
    return tax


def list_all(books: Books) -> list[Tax]:
    """Return all rows."""
    return books.store.find(Tax)


def create(books: Books, sent: dict[str, Any]) -> Tax:
    """Add a rate; `default_tax` 1 makes it the rate of lines that name none."""
    tax = _check(books, sent, Tax(id=0, name="", value="0", code="OUT"))
    tax.id = books.store.next_id("taxes", first=31554)
    return _save(books, tax)


def update(books: Books, tax_id: int, sent: dict[str, Any]) -> None:
    """Update a rate; documents keep the rate with which they were created."""
    tax = get(books, tax_id)
    if "region" in sent and not str(sent["region"] or "").strip():
        raise Refused("tax_region")
    _save(books, _check(books, sent, tax))


def delete(books: Books, tax_id: int) -> None:
    """Delete a rate, unless it is the default."""
    tax = get(books, tax_id)
    if tax.default_tax:
        raise Refused("tax_used")
    books.store.delete(tax)


def get_default(books: Books) -> Tax:
    """Return the rate of lines that name none or, on create, name one that does not exist."""
    rates = list_all(books)
    return next((tax for tax in rates if tax.default_tax), rates[0])


def get_exempt(books: Books) -> Tax:
    """Return the rate of 0 %, which replaces a tax that cannot be read."""
    return next(
        (tax for tax in list_all(books) if not Fraction(tax.value)), Tax(id=0, name="", value="0", code="ISE")
    )


def find_for_line(books: Books, sent: Any, updating: bool) -> Tax:
    """Find the rate of a line by name and value; the id is ignored (trap 2c)."""
    if sent is None:
        return get_default(books)
    if not isinstance(sent, dict):
        return get_exempt(books)  # `tax: 23` is an unknown tax, which makes the line exempt (trap 2b)
    name, value = sent.get("name"), parse_fraction(sent.get("value"))
    for tax in list_all(books):
        if tax.name == name and (value is None or value == Fraction(tax.value)):
            return tax
    return get_exempt(books) if updating else get_default(books)  # trap 2, reading 4


def _check(books: Books, sent: dict[str, Any], tax: Tax) -> Tax:
    name = str(sent.get("name", tax.name) or "").strip()
    if not name:
        raise Refused("blank", field="name")
    if any(other.name == name and other.id != tax.id for other in list_all(books)):
        raise Refused("not_available", field="name")
    given = sent.get("value", tax.value if tax.id else None)
    if given in (None, ""):
        raise Refused("blank", field="value")
    value = parse_fraction(given)
    if value is None or not 0 <= value <= 100:
        raise Refused("not_number", field="value")
    code = str(sent.get("code", tax.code))
    if code not in TAX_CODES:
        raise Refused("is_invalid", field="code")
    tax.name, tax.value, tax.code = name, format_exact(value), code
    region = str(sent.get("region", tax.region) or "")
    if not is_tax_region(region):
        raise Refused("is_invalid", field="region")
    tax.region = region
    tax.default_tax = str(sent.get("default_tax", int(tax.default_tax))) in ("1", "True", "true")
    return tax


def _save(books: Books, tax: Tax) -> Tax:
    if tax.default_tax:
        for other in list_all(books):
            if other.default_tax and other.id != tax.id:
                other.default_tax = False
                books.store.save(other)
    books.store.save(tax)
    return tax
