"""Compute a document's totals: lines are exact, and the total is rounded once (trap 17).

line      net = price x quantity x (1 - discount/100)      vat = net x rate/100         both exact
document  total = round(sum(net + vat))    before_taxes = round(sum net)    taxes = total - before_taxes
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ix_tools.sandbox.ledger.number_formats import round_half_up
from ix_tools.sandbox.rows import Document, Line


@dataclass(frozen=True)
class LineMoney:
    """Exact amounts of a line before a global discount (trap 16)."""

    gross: Fraction
    discount: Fraction
    net: Fraction
    vat: Fraction


@dataclass(frozen=True)
class Money:
    """Totals of a document, to the cent."""

    sum: Fraction
    discount: Fraction
    before_taxes: Fraction
    taxes: Fraction
    total: Fraction


def compute_line(line: Line) -> LineMoney:
    """Compute the exact amounts of a line."""
    gross = Fraction(line.unit_price) * Fraction(line.quantity)
    discount = gross * Fraction(line.discount) / 100
    net = gross - discount
    return LineMoney(gross, discount, net, net * Fraction(line.tax_value) / 100)


def find_remaining_share(document: Document) -> Fraction:
    """Return the share of each line's net that remains after a global discount; an amount is spread over the nets."""
    value = Fraction(document.discount_value)
    if document.discount_type == "percentage":
        return 1 - value / 100
    net = sum((compute_line(line).net for line in document.lines), Fraction(0))
    return 1 - value / net if document.discount_type == "absolute" and net else Fraction(1)


def compute_document(document: Document) -> Money:
    """Compute the totals of a document."""
    lines = [compute_line(line) for line in document.lines]
    share = find_remaining_share(document)
    gross = sum((line.gross for line in lines), Fraction(0))
    net = sum((line.net for line in lines), Fraction(0)) * share
    vat = sum((line.vat for line in lines), Fraction(0)) * share
    total, before_taxes = round_half_up(net + vat), round_half_up(net)
    # round(net) + round(vat) can differ from round(net + vat) by a cent; in SAF-T net + tax must equal gross.
    return Money(round_half_up(gross), round_half_up(gross - net), before_taxes, total - before_taxes, total)


def sum_by_rate(document: Document) -> dict[Fraction, tuple[Fraction, Fraction]]:
    """Sum exact net and VAT per rate after all discounts, for the summary of the printed document."""
    share = find_remaining_share(document)
    rates: dict[Fraction, tuple[Fraction, Fraction]] = {}
    for line in document.lines:
        money, rate = compute_line(line), Fraction(line.tax_value)
        net, vat = rates.get(rate, (Fraction(0), Fraction(0)))
        rates[rate] = (net + money.net * share, vat + money.vat * share)
    return dict(sorted(rates.items(), reverse=True))


def compute_retention(document: Document) -> Fraction:
    """Compute the retention, which is printed and reduces the amount to pay, not the total (trap 18)."""
    return round_half_up(compute_document(document).before_taxes * Fraction(document.retention or "0") / 100)
