"""Compute the amounts of a document in the order in which a reader adds them up.

    gross − line discounts = lines − global discount = net + VAT = total − withheld − paid − credited = to pay

InvoiceXpress rounds each total separately (trap 17), so its printed amounts can be a cent apart. That cent is an amount of
its own here, called rounding; a larger gap is called a difference. A global discount is in the totals only (trap 16), so it
is computed as the gap between the lines and the net.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Literal

from ix_tools.domain.amount_types import parse_decimal
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.records import Document, Line
from ix_tools.domain.totals import CENT, round_to_cent
from ix_tools.i18n.formats import format_plain

AmountLabel = Literal[
    "gross", "line_discounts", "lines_total", "global_discount", "rounding", "difference", "net", "vat_total", "total",
    "retention", "paid", "credited", "to_pay", "to_credit", "owed_to_client",
]  # fmt: skip
HALF, ZERO = CENT / 2, Decimal(0)
MAX_ROUNDING_GAP = 2 * CENT
"""Largest gap between two totals that were rounded separately."""
PRECISION = 60


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of the column, to the cent."""

    word: AmountLabel
    value: Decimal
    """Signed: deductions are negative."""
    percent: Decimal | None = None
    is_sum: bool = False
    """Whether it is the sum of the amounts above it; otherwise it is added to them."""
    is_computed: bool = False
    """Whether it was computed from the lines because InvoiceXpress does not return it."""


@dataclass(frozen=True, slots=True)
class VatAmounts:
    """Net and VAT of a document at one VAT rate, to the cent; or the rounding between these rows and the totals."""

    tax: str
    rate: Decimal | None
    net: Decimal
    vat: Decimal | None
    """None when neither the lines nor their rate give it."""
    word: Literal["", "rounding", "difference"] = ""


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """Amounts of one line: `quantity × price − discount = net`. None means unknown."""

    price: Decimal | None
    """Without VAT, exact, with at most 4 decimals."""
    net: Decimal | None
    """Without VAT, exact, after the line's discount and before a global discount."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All amounts that are shown of a document."""

    lines: tuple[LineAmounts, ...]
    shares: tuple[VatAmounts, ...]
    """Empty for receipts and transport documents, which have no VAT."""
    column: tuple[Amount, ...]


def compute_figures(
    document: Document,
    paid: Decimal | None = None,
    credited: Decimal | None = None,
    to_pay: Decimal | None = None,
) -> Figures:
    """Compute the amounts of a document; `paid`, `credited` and `to_pay` are shown when they are given."""
    with localcontext() as context:
        context.prec = PRECISION
        lines = _compute_lines(document)
        family = get_document_kind(document.document_type).family if document.document_type else "invoice"
        column = _AmountColumn()
        if family == "receipt" or (family == "guide" and not document.total):
            if family == "receipt" and document.total is not None:
                column.sum("total", document.total)
            return Figures(lines, (), tuple(column.amounts))
        net, is_computed = _find_net(document, lines)
        shares = _compute_vat_breakdown(document, lines, net) if family != "guide" else ()
        vat = _find_vat(document, shares)
        total = document.total
        if total is None and net is not None and vat is not None:
            total = net + vat
        if net is not None:
            _add_amounts_to_net(column, document, lines, net, is_computed=is_computed)
        if net is not None and vat is not None and total is not None:
            column.add("vat_total", vat, is_computed=document.taxes is None)
        if total is not None:
            column.sum("total", total, is_computed=document.total is None)
            _add_amounts_to_pay(column, document, total, paid, credited, to_pay)
        return Figures(lines, _add_rounding_row(shares, net, vat), tuple(column.amounts))


class _AmountColumn:
    """A column of amounts. A gap between a sum and the amounts above it becomes an amount of its own."""

    def __init__(self) -> None:
        self.amounts: list[Amount] = []
        self._running = ZERO

    def add(
        self, word: AmountLabel, value: Decimal, percent: Decimal | None = None, *, is_computed: bool = False
    ) -> None:
        """Append an amount that is added to those above it."""
        self.amounts.append(Amount(word, value, percent, is_computed=is_computed))
        self._running += value

    def sum(
        self, word: AmountLabel, value: Decimal, *, roundings: Decimal = ZERO, is_computed: bool = False
    ) -> None:
        """Append the sum of the amounts above it; `roundings` is the gap that their rounding is known to cause."""
        if self.amounts and self._running != value:
            missing = value - self._running
            self.add("rounding" if abs(missing - roundings) <= MAX_ROUNDING_GAP else "difference", missing)
        self.amounts.append(Amount(word, value, is_sum=True, is_computed=is_computed))
        self._running = value

    def sum_owed(self, word: AmountLabel, value: Decimal) -> None:
        """Append a sum below 0 as the amount that is owed the other way."""
        self.sum(word, value)
        self.amounts[-1] = Amount(word, -value, is_sum=True)


def _compute_lines(document: Document) -> tuple[LineAmounts, ...]:
    """Compute the lines' amounts before a global discount, whether or not their nets include it."""
    lines = tuple(_compute_line(one) for one in document.lines)
    if not _nets_include_global_discount(document):
        return lines
    printed = tuple(
        LineAmounts(one.unit_price, _compute_line_net(one.unit_price, one))
        if one.unit_price is not None
        else amounts
        for one, amounts in zip(document.lines, lines, strict=True)
    )
    gross = sum((one.unit_price or ZERO) * (one.quantity or ZERO) for one in document.lines)
    if document.sum is not None and abs(gross - document.sum) <= MAX_ROUNDING_GAP:
        return printed
    # Some prices are cut to cents, so the discount is taken out of each net instead.
    grosses = [_compute_gross(one, one.net) for one in document.lines]
    left = _find_remaining_share(document.sum or ZERO, grosses)
    if not left:
        return printed
    return tuple(
        LineAmounts(one.unit_price, one.net / left if one.net is not None else amounts.net)
        for one, amounts in zip(document.lines, lines, strict=True)
    )


def _find_remaining_share(whole: Decimal, grosses: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Find the share of every line that remains after the global discount; a share with one decimal of a percent if it fits."""
    sure = sum((one for one, slack in grosses if not slack), ZERO)
    before = whole - sum((one for one, slack in grosses if slack), ZERO)
    if before <= 0:
        return Decimal(1)
    left = sure / before
    in_tenths = left.quantize(Decimal("0.001"))
    # Amounts are divided by this share, which enlarges its error.
    unsure = in_tenths * HALF + sum((slack for _, slack in grosses), ZERO)
    explained = abs(in_tenths - left) * before <= unsure
    return in_tenths if explained else left


def _compute_line(line: Line) -> LineAmounts:
    """Compute the amounts of a line. InvoiceXpress returns its price cut to cents and its net exactly (trap 15)."""
    if line.net is not None:
        return LineAmounts(line.exact_price, line.net)
    price = line.unit_price
    return LineAmounts(price, _compute_line_net(price, line) if price is not None else None)


def _compute_line_net(price: Decimal, line: Line) -> Decimal | None:
    if line.quantity is None:
        return None
    return price * line.quantity * (100 - (line.discount or ZERO)) / 100


def _compute_gross(line: Line, net: Decimal | None) -> tuple[Decimal, Decimal]:
    """Compute a line's amount before its discount, and its possible error.

    It follows exactly from the net. After a discount of 100 % it follows from the price, which is cut to cents.
    """
    left = 100 - (line.discount or ZERO)
    if net is not None and left:
        return net * 100 / left, ZERO
    quantity = line.quantity or ZERO
    return (line.unit_price or ZERO) * quantity, CENT * quantity


def _nets_include_global_discount(document: Document) -> bool:
    """Tell whether the lines' nets already include the global discount.

    Then the nets add up to the document's net, and the amounts before their discounts are less than the document's sum.
    """
    nets = [one.net for one in document.lines]
    if document.sum is None or document.before_taxes is None or not nets or None in nets:
        return False
    whole = sum((net for net in nets if net is not None), ZERO)
    grosses = [_compute_gross(one, one.net) for one in document.lines]
    missing = document.sum - sum((one for one, _ in grosses), ZERO)
    by_rounding = HALF * len(nets) + MAX_ROUNDING_GAP + sum((slack for _, slack in grosses), ZERO)
    return abs(whole - document.before_taxes) <= MAX_ROUNDING_GAP and missing > by_rounding


def _find_net(document: Document, lines: Sequence[LineAmounts]) -> tuple[Decimal | None, bool]:
    """Return the document's net, and whether it had to be computed."""
    if document.before_taxes is not None:
        return document.before_taxes, False
    if document.total is not None and document.taxes is not None:
        return document.total - document.taxes, True
    nets = [line.net for line in lines]
    if not nets or None in nets or document.discount:
        return None, False
    return round_to_cent(sum((net for net in nets if net is not None), ZERO)), True


def _find_vat(document: Document, shares: Sequence[VatAmounts]) -> Decimal | None:
    if document.taxes is not None:
        return document.taxes
    if document.total is not None and document.before_taxes is not None:
        return document.total - document.before_taxes
    parts = [share.vat for share in shares]
    return sum((one for one in parts if one is not None), ZERO) if parts and None not in parts else None


def _add_amounts_to_net(
    column: _AmountColumn,
    document: Document,
    lines: Sequence[LineAmounts],
    net: Decimal,
    *,
    is_computed: bool,
) -> None:
    """Append the amounts from the lines to the net: the lines' discounts, the global discount and rounding."""
    nets = [line.net for line in lines if line.net is not None]
    if not nets or len(nets) < len(lines):
        column.sum("net", net, is_computed=is_computed)
        return
    exact, shown = sum(nets, ZERO), sum((round_to_cent(one) for one in nets), ZERO)
    grosses = [_compute_gross(line, one.net) for one, line in zip(lines, document.lines, strict=True)]
    discounts = sum((one for one, _ in grosses), ZERO) - exact
    unsure = MAX_ROUNDING_GAP + sum((slack for _, slack in grosses), ZERO)
    value, percent = _infer_global_discount(document, nets, net)
    if round_to_cent(discounts):
        gross = document.sum if document.sum is not None else round_to_cent(exact + discounts)
        off = gross - shown
        column.add("gross", gross)
        # No other amount shows it, so it includes the rounding of the lines.
        explained = abs(off - discounts - (exact - shown)) <= unsure
        column.add("line_discounts", -(off if explained else round_to_cent(discounts)))
    if value or shown != net:
        column.sum("lines_total", shown)
    if value:
        column.add("global_discount", -value, percent)
    column.sum("net", net, roundings=round_to_cent(exact) - shown, is_computed=is_computed)


def _infer_global_discount(
    document: Document, nets: Sequence[Decimal], net: Decimal
) -> tuple[Decimal, Decimal | None]:
    """Return the global discount, the gap between lines and net that rounding does not explain, and its percentage if any."""
    told, exact = document.global_discount or {}, sum(nets, ZERO)
    value = round_to_cent(exact) - net
    rounded_each = net == sum((round_to_cent(one) for one in nets), ZERO)
    if abs(value) <= CENT or rounded_each or value < 0:
        return ZERO, None
    if told.get("value_type") == "percentage":
        percent = parse_decimal(told.get("value"))
        return value, percent if round_to_cent(exact * (100 - percent) / 100) == net else None
    if told.get("value_type") == "absolute":
        return value, None
    if value == value.to_integral_value():
        return value, _infer_percentage(exact, net, [Decimal(one) for one in range(1, 101)])
    hundredths = (100 * value / exact).quantize(CENT)
    return value, _infer_percentage(
        exact, net, [hundredths.quantize(to) for to in (Decimal(1), Decimal("0.1"), CENT)]
    )


def _infer_percentage(exact: Decimal, net: Decimal, percents: Sequence[Decimal]) -> Decimal | None:
    """Return the first percentage that gives the net to the cent while half a step more or less does not."""

    def leads(percent: Decimal) -> bool:
        return round_to_cent(exact * (100 - percent) / 100) == net

    for percent in percents:
        half_a_step = Decimal(5).scaleb(int(percent.as_tuple().exponent) - 1)
        if leads(percent) and not leads(percent - half_a_step) and not leads(percent + half_a_step):
            return Decimal(format_plain(percent))
    return None


def _compute_vat_breakdown(
    document: Document, lines: Sequence[LineAmounts], net: Decimal | None
) -> tuple[VatAmounts, ...]:
    """Compute net and VAT per rate after all discounts."""
    found: dict[tuple[str | None, Decimal | None], list[tuple[Decimal, Decimal | None]]] = {}
    nets = [
        one.net if one.net is not None else known.net
        for one, known in zip(document.lines, lines, strict=True)
    ]
    kept, of = _find_remaining_fraction(document, [one for one in nets if one is not None], net)
    for line, one in zip(document.lines, nets, strict=True):
        if one is None or (line.tax is None and line.tax_rate is None and not line.vat):
            continue
        computed = one * line.tax_rate / 100 if line.tax_rate is not None else None
        vat = line.vat if line.vat is not None else computed
        found.setdefault((line.tax, line.tax_rate), []).append((one, vat))
    return tuple(
        VatAmounts(
            tax=tax or "?",
            rate=rate,
            net=round_to_cent(sum((one for one, _ in parts), ZERO) * kept / of),
            vat=None
            if any(vat is None for _, vat in parts)
            else round_to_cent(sum((vat for _, vat in parts if vat is not None), ZERO) * kept / of),
        )
        for (tax, rate), parts in found.items()
    )


def _find_remaining_fraction(
    document: Document, nets: Sequence[Decimal], net: Decimal | None
) -> tuple[Decimal, Decimal]:
    """Return the share of every line that remains after the global discount, as numerator and denominator."""
    value, percent = _infer_global_discount(document, nets, net) if net is not None else (ZERO, None)
    if percent is not None:
        return 100 - percent, Decimal(100)
    whole = sum(nets, ZERO)
    return (whole - value, whole) if value else (Decimal(1), Decimal(1))


def _add_rounding_row(
    shares: Sequence[VatAmounts], net: Decimal | None, vat: Decimal | None
) -> tuple[VatAmounts, ...]:
    """Append a row for the gap between the sums of the rows and the totals."""
    if not shares or net is None or vat is None or any(share.vat is None for share in shares):
        return tuple(shares)
    missing_net = net - sum((share.net for share in shares), ZERO)
    missing_vat = vat - sum((share.vat or ZERO for share in shares), ZERO)
    if not missing_net and not missing_vat:
        return tuple(shares)
    most = HALF * len(shares) + CENT
    by_rounding = abs(missing_net) <= most and abs(missing_vat) <= most
    return (
        *shares,
        VatAmounts("", None, missing_net, missing_vat, "rounding" if by_rounding else "difference"),
    )


def _add_amounts_to_pay(
    column: _AmountColumn,
    document: Document,
    total: Decimal,
    paid: Decimal | None,
    credited: Decimal | None,
    to_pay: Decimal | None,
) -> None:
    """Append the amounts from the total to the amount to pay, if there are any."""
    taken = document.withholding_tax if document.retention else ZERO
    if taken and to_pay is not None:
        # Of a partly credited invoice less is withheld, so the percentage would not give the amount shown.
        taken = total - (paid or ZERO) - (credited or ZERO) - to_pay
    if taken:
        column.add("retention", -taken, document.retention if taken == document.withholding_tax else None)
    if paid is not None and (paid or to_pay is not None):
        column.add("paid", -paid)
    if credited:
        column.add("credited", -credited)
    if to_pay is not None and to_pay < 0:
        column.sum_owed("owed_to_client", to_pay)
    elif to_pay is not None:
        column.sum("to_pay", to_pay)
    elif taken and document.is_draft:
        column.sum("to_credit" if document.document_type == "credit_notes" else "to_pay", total - taken)
