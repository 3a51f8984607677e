"""Predict a document's totals to the cent: exact sums over the lines, rounded once, half up.

    net_i = unit_price · quantity · (1 − discount/100)        vat_i = net_i · rate/100
    sum = round Σ unit_price·quantity    before_taxes = round Σ net    total = round Σ (net + vat)

InvoiceXpress rounds the total over full-precision lines, never line by line (trap 17, docs/concepts/traps.md:
an integrator compared real drafts of up to 137 lines). `taxes` is the difference of the two rounded
figures, so that net + VAT = total holds on paper, as the SAF-T file requires.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

CENT = Decimal("0.01")
_PRECISION = 60
"""Number of digits that keeps products of the largest price, quantity and percentages exact."""


@dataclass(frozen=True, slots=True)
class TotalsLine:
    """A line's contribution to the totals: price without VAT, quantity, discount and VAT in percent."""

    unit_price: Decimal
    quantity: Decimal
    discount: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)
    tax: str = ""


@dataclass(frozen=True, slots=True)
class GlobalDiscount:
    """A discount on the whole document: a percentage or an amount without VAT."""

    value: Decimal
    percentage: bool


@dataclass(frozen=True, slots=True)
class VatShare:
    """Net and VAT at one VAT rate."""

    tax: str
    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The five totals of a document, and the VAT per rate."""

    sum: Decimal
    discount: Decimal
    before_taxes: Decimal
    taxes: Decimal
    total: Decimal
    shares: tuple[VatShare, ...]
    nets: tuple[Decimal, ...]
    """Each line's net amount, exact, before any global discount."""


def round_to_cent(amount: Decimal) -> Decimal:
    """Round to the cent, half up, as InvoiceXpress does and the tax authority accepts."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def predict_totals(lines: Sequence[TotalsLine], global_discount: GlobalDiscount | None = None) -> Totals:
    """Predict the totals that InvoiceXpress will store for these lines."""
    with localcontext() as context:
        context.prec = _PRECISION
        gross = [line.unit_price * line.quantity for line in lines]
        nets = [amount * (100 - line.discount) / 100 for amount, line in zip(gross, lines, strict=True)]
        whole = sum(nets, Decimal(0))
        kept, of = _find_remaining_fraction(whole, global_discount)
        vats = [net * line.rate / 100 for net, line in zip(nets, lines, strict=True)]
        # The sums are divided last: a periodic quotient per line would lose an exact half cent.
        net, vat = whole * kept / of, sum(vats, Decimal(0)) * kept / of
        before_taxes, total = round_to_cent(net), round_to_cent(net + vat)
        return Totals(
            sum=round_to_cent(sum(gross, Decimal(0))),
            discount=round_to_cent(sum(gross, Decimal(0)) - net),
            before_taxes=before_taxes,
            taxes=total - before_taxes,
            total=total,
            shares=tuple(
                _compute_vat_shares(
                    lines, [one * kept / of for one in nets], [one * kept / of for one in vats]
                )
            ),
            nets=tuple(nets),
        )


def _find_remaining_fraction(net: Decimal, discount: GlobalDiscount | None) -> tuple[Decimal, Decimal]:
    """Return the share of every amount that remains after a global discount, as numerator and denominator."""
    if discount is None or net == 0:
        return Decimal(1), Decimal(1)
    return (100 - discount.value, Decimal(100)) if discount.percentage else (net - discount.value, net)


def _compute_vat_shares(
    lines: Sequence[TotalsLine], nets: Iterable[Decimal], vats: Iterable[Decimal]
) -> Iterable[VatShare]:
    found: dict[tuple[str, Decimal], list[Decimal]] = {}
    for line, net, vat in zip(lines, nets, vats, strict=True):
        share = found.setdefault((line.tax, line.rate), [Decimal(0), Decimal(0)])
        share[0] += net
        share[1] += vat
    for (tax, rate), (net, vat) in found.items():
        yield VatShare(tax, rate, round_to_cent(net), round_to_cent(vat))


def compute_withholding_tax(before_taxes: Decimal, retention: Decimal | None) -> Decimal:
    """Compute the withholding tax on the net amount. It is printed beside the total, not subtracted from it (trap 18)."""
    return round_to_cent(before_taxes * (retention or Decimal(0)) / 100)
