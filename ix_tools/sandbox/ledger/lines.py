"""Read the lines of a create or update body, with the service's checks and coercions."""

from __future__ import annotations

from typing import Any

from ix_tools.sandbox.ledger import taxes
from ix_tools.sandbox.ledger.number_formats import format_exact, parse_fraction
from ix_tools.sandbox.reference import UNITS
from ix_tools.sandbox.refusals import Phrase, Refused
from ix_tools.sandbox.rows import Line
from ix_tools.sandbox.state import Books

EXEMPTION_KEYS = ("tax_exemption", "tax_exemption_reason")
_KEYS = {"name", "description", "unit_price", "quantity", "unit", "discount", "tax", *EXEMPTION_KEYS}
_IGNORED = {"discount_amount"}
"""Read-only fields that are silently ignored when sent: only the percentage has an effect (trap 14)."""


def read_lines(books: Books, sent: Any, updating: bool) -> list[Line]:
    """Read the lines of a create or update body."""
    if sent is not None and not isinstance(sent, list):
        raise Refused("items_not_array")
    if not sent or not all(isinstance(line, dict) for line in sent):
        raise Refused("items_invalid")
    return [_read_line(books, line, updating) for line in sent]


def list_exemption_codes(sent: Any) -> list[str]:
    """Return the exemption codes of the lines (trap 6b)."""
    lines = sent if isinstance(sent, list) else []
    found = [line.get(key) for line in lines if isinstance(line, dict) for key in EXEMPTION_KEYS]
    return [str(code) for code in found if code]


def _read_line(books: Books, sent: dict[str, Any], updating: bool) -> Line:
    unknown = [key for key in sent if key not in _KEYS | _IGNORED]
    if unknown:
        raise Refused(("item_key_unknown", unknown[0]))
    wrong: list[Phrase] = []
    name = str(sent.get("name") or "").strip()
    if not name:
        wrong.append("items_invalid")
    price, quantity = parse_fraction(sent.get("unit_price")), parse_fraction(sent.get("quantity"))
    if price is None:
        wrong.append("unit_price")
    elif price < 0:
        wrong.append("unit_price_low")
    if quantity is None or quantity <= 0:
        wrong.append("quantity")
    discount = parse_fraction(sent.get("discount") or "0")
    if discount is None:
        wrong.append("discount")
    elif not 0 <= discount <= 100:
        wrong.append("discount_range")
    unit = str(sent.get("unit") or "")
    if unit and unit not in UNITS:
        wrong.append(("unit", unit))
    if wrong or price is None or quantity is None or discount is None:
        raise Refused(*wrong)
    tax = taxes.find_for_line(books, sent.get("tax"), updating)
    return Line(
        name=name,
        description=str(sent.get("description") or ""),
        unit_price=format_exact(price),
        quantity=format_exact(quantity),
        unit=unit,
        discount=format_exact(discount),
        tax_id=tax.id or None,
        tax_name=tax.name,
        tax_value=tax.value,
    )
