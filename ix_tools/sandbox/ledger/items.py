"""Catalogue of items. A document's line with the name of an item overwrites that item (trap 4)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ix_tools.sandbox.ledger import taxes
from ix_tools.sandbox.ledger.number_formats import format_exact, parse_fraction
from ix_tools.sandbox.reference import UNITS
from ix_tools.sandbox.refusals import Missing, Refused
from ix_tools.sandbox.rows import Document, Item, Line
from ix_tools.sandbox.state import Books


def get(books: Books, item_id: int) -> Item:
    """Return an item."""
    item = books.store.get(Item, item_id)
    if item is None:
        raise Missing
    return item


def create(books: Books, sent: dict[str, Any]) -> Item:
    """Add an item."""
    item = _check(books, sent, Item(id=0, name="", description="", unit_price=""))
    item.id = _next_id(books)
    books.store.save(item)
    return item


def update(books: Books, item_id: int, sent: dict[str, Any]) -> None:
    """Update an item. Its name cannot change once a document uses it."""
    item = get(books, item_id)
    name = sent.get("name", item.name)
    if name != item.name and _is_used(books, item.name):
        raise Refused("item_name_used")
    books.store.save(_check(books, sent, item))


def delete(books: Books, item_id: int) -> None:
    """Delete an item; documents keep their lines."""
    books.store.delete(get(books, item_id))


def update_from_lines(books: Books, lines: list[Line]) -> None:
    """Add the items of a document's lines to the catalogue, and overwrite those that exist (trap 4)."""
    for line in lines:
        item = books.store.first(Item, name=line.name) or Item(_next_id(books), line.name, "", "0")
        item.description, item.unit_price, item.unit = line.description, line.unit_price, line.unit
        item.tax_id = line.tax_id
        books.store.save(item)


def _next_id(books: Books) -> int:
    return books.store.next_id("items", first=402321)


def _is_used(books: Books, name: str) -> bool:
    return any(line.name == name for document in books.store.find(Document) for line in document.lines)


def _check(books: Books, sent: dict[str, Any], item: Item) -> Item:
    name = str(sent.get("name", item.name) or "").strip()
    if not name:
        raise Refused("item_name_required")
    same = books.store.first(Item, name=name)
    if same is not None and same.id != item.id:
        raise Refused("item_name_taken")
    raw = sent.get("unit_price", item.unit_price)
    if raw in (None, ""):
        raise Refused("price_required")
    price = parse_fraction(raw)
    if price is None:
        raise Refused("price_not_valid")
    if price < 0:
        raise Refused("unit_price_low")
    unit = str(sent.get("unit", item.unit) or "")
    if unit and unit not in UNITS:
        raise Refused(("unit", unit))
    item.name, item.unit_price, item.unit = name, format_exact(Fraction(price)), unit
    item.description = str(sent.get("description", item.description) or "")
    if "tax" in sent or not item.id:
        item.tax_id = taxes.find_for_line(books, sent.get("tax"), updating=bool(item.id)).id
    return item
