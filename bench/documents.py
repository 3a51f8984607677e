"""Draw random documents whose amounts are likely to need rounding, each reproducible from seed and number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from random import Random
from typing import Any

from ix_tools.domain.totals import GlobalDiscount, Totals, TotalsLine, predict_totals

Json = dict[str, Any]

NOW = "2026-11-20T10:00:00"
"""Time of every document, by the clocks of context and sandbox."""
TODAY = "2026-11-20"
TYPES = {
    "invoices": 40,
    "simplified_invoices": 15,
    "invoice_receipts": 15,
    "credit_notes": 8,
    "debit_notes": 6,
    "transports": 5,
    "shippings": 4,
    "devolutions": 3,
}
"""Frequency of each document type."""
NOTES = {"credit_notes", "debit_notes"}
GUIDES = {"transports", "shippings", "devolutions"}
RATES = {"IVA23": 23, "IVA13": 13, "IVA6": 6, "IVA22": 22, "Isento": 0}
"""The sandbox's taxes. The rates are checked against the account before they are used for a prediction."""
EXEMPTIONS = ("M01", "M05", "M06", "M07", "M09", "M20")
SIMPLIFIED_LIMIT = Decimal(100)
"""Total above which a simplified invoice to a company becomes an invoice (CIVA 40/1 b)."""
ACCEPTED = (
    "overwrite_items",  # lines are named by position, so the catalogue has one page and every document rewrites it
    "exemption_buyer",
    "note_exemption",
    "note_rate",
    "note_retention",
    "retention_buyer",
    "vat_regions",
)
"""Questions about what the documents say, which are no concern of their totals."""
PLACE = {"detail": "Rua da Fábrica 5", "city": "Lisboa", "postal_code": "1000-555", "country": "PT"}


@dataclass(frozen=True)
class DrawnCall:
    """A drawn call and the totals that ix-tools predicts for it."""

    operation: str
    arguments: Json
    predicted: Totals


def draw_call(seed: int, number: int, owner: int) -> DrawnCall:
    """Draw document `number` of a seed; a note corrects the issued invoice `owner`."""
    # A text seed gives the same numbers in every process; the document's number makes documents independent.
    random = Random(f"{seed}/{number}")
    kind = random.choices(list(TYPES), list(TYPES.values()))[0]
    items = _draw_items(random)
    given: Json = {"document_type": kind, "date": TODAY, "due_date": "+30d", "items": items}
    given["accept"] = list(ACCEPTED)
    if kind in NOTES:
        given |= {"owner_invoice_id": owner, "client": {"code": "ACME"}}  # the client of the invoice
    elif kind != "simplified_invoices" or random.random() < 0.5:
        given["client"] = {"code": random.choice(("ACME", "BETA"))}
    if any(RATES[item["tax"]] == 0 for item in items):
        given["tax_exemption"] = random.choice(EXEMPTIONS)
    if random.random() < 0.1:
        given["retention"] = random.choice(("11.5", "25", "16.5"))
    if kind in GUIDES:
        given |= {"loaded_at": "2026-11-20T12:00", "address_from": PLACE, "address_to": PLACE}
        return DrawnCall("create_guide", given, predict_totals(list_totals_lines(items)))
    discount = _draw_global_discount(random, items) if random.random() < 0.2 else None
    if discount is not None:
        given["accept"].append("global_discount")
        word = "percentage" if discount.percentage else "absolute"
        given["global_discount"] = {"value_type": word, "value": str(discount.value)}
    totals = predict_totals(list_totals_lines(items), discount)
    if kind == "simplified_invoices" and totals.total > SIMPLIFIED_LIMIT:
        given["document_type"] = "invoices"
        given.setdefault("client", {"code": "ACME"})
    return DrawnCall("create_invoice", given, totals)


def list_totals_lines(items: list[Json]) -> list[TotalsLine]:
    """Return the lines of a call for the computation of its totals."""
    return [
        TotalsLine(
            Decimal(item["unit_price"]),
            Decimal(item["quantity"]),
            Decimal(item.get("discount", "0")),
            Decimal(RATES[item["tax"]]),
            item["tax"],
        )
        for item in items
    ]


def has_half_cent(drawn: DrawnCall) -> bool:
    """Tell whether a total is exactly between two cents, where rounding half up and half even differ."""
    gross = net = vat = Fraction(0)
    for line in list_totals_lines(drawn.arguments["items"]):
        line_gross = Fraction(line.unit_price) * Fraction(line.quantity)
        line_net = line_gross * (1 - Fraction(line.discount) / 100)
        gross, net, vat = gross + line_gross, net + line_net, vat + line_net * Fraction(line.rate) / 100
    kept = Fraction(1)
    if discount := drawn.arguments.get("global_discount"):
        value = Fraction(discount["value"])
        kept = 1 - (value / 100 if discount["value_type"] == "percentage" else value / net)
    figures = (gross, gross - net * kept, net * kept, (net + vat) * kept)
    return any(figure * 100 % 1 == Fraction(1, 2) for figure in figures)


def _draw_items(random: Random) -> list[Json]:
    taxes = random.sample(list(RATES), random.randint(1, 3))
    # Everyday numbers give an exact half cent more often than long ones.
    line = _draw_everyday_line if random.random() < 0.3 else _draw_line
    items = [line(random, at, taxes) for at in range(min(random.randint(1, 20), random.randint(1, 20)))]
    if len(items) < 20 and random.random() < 0.05:
        items.append(dict(items[0]))  # two lines may have the same name if they are equal
    return items


def _draw_everyday_line(random: Random, at: int, taxes: list[str]) -> Json:
    item = {
        "name": f"Linha {at + 1}",
        "unit_price": _draw_number(random, 100, places=(1, 2, 3)),
        "quantity": _draw_number(random, 10, places=(0,)),
        "tax": random.choice(taxes),
    }
    if random.random() < 0.3:
        item["discount"] = random.choice(("5", "10", "12.5", "25", "50", "100"))
    return item


def _draw_line(random: Random, at: int, taxes: list[str]) -> Json:
    item = {
        "name": f"Linha {at + 1}",
        "unit_price": _draw_number(random, 10 ** random.choice((1, 2, 3, 5))),
        "quantity": _draw_number(random, 10 ** random.choice((1, 1, 2, 3)), places=(0, 0, 0, 1, 2, 3, 4)),
        "tax": random.choice(taxes),
    }
    if random.random() < 0.35:
        item["discount"] = _draw_number(random, 100, places=(0, 0, 1, 2, 4))
    if random.random() < 0.3:
        item["unit"] = random.choice(("hour", "day", "month", "unit", "service", "other"))
    return item


def _draw_number(random: Random, below: int, places: tuple[int, ...] = (0, 1, 2, 3, 4)) -> str:
    """Draw a number above 0 and at most `below`; half of those with three or four decimals end in 5."""
    decimals = random.choice(places)
    digits = random.randint(1, below * 10**decimals)
    if decimals >= 3 and random.random() < 0.5:
        digits = max(5, digits - digits % 10 - 5)
    return str(Decimal(digits).scaleb(-decimals))


def _draw_global_discount(random: Random, items: list[Json]) -> GlobalDiscount | None:
    if random.random() < 0.5:
        return GlobalDiscount(Decimal(_draw_number(random, 100, places=(0, 1, 2))), percentage=True)
    net = sum(predict_totals(list_totals_lines(items)).nets, Decimal(0))
    value = (net * Decimal(repr(random.random()))).quantize(Decimal("0.01"), ROUND_DOWN)
    return GlobalDiscount(value, percentage=False) if value else None
