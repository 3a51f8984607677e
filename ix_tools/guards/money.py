"""Rules about taxes and amounts."""

from collections.abc import Iterator
from decimal import Decimal

from ix_tools.domain.document_kinds import NOTES
from ix_tools.domain.totals import TotalsLine, predict_totals
from ix_tools.domain.types import format_cents
from ix_tools.fiscal.currencies import find_ended_currency
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse
from ix_tools.guards.protocols import DiscountShaped, Draft, InvoiceShaped


def is_stored_discount(discount: DiscountShaped, facts: Facts) -> bool:
    """Return True if the document has this discount already, according to the journal."""
    known = (facts.unreturned or {}).get("global_discount") or {}
    before = known.get("value_type"), Decimal(known.get("value", "-1"))
    return before == (discount.value_type, discount.value)


@wants(Want.TAXES)
def taxes_exist(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Every line must name a tax of the account exactly: an unknown name becomes the default tax, or none (trap 2)."""
    for at, item in enumerate(call.items):
        tax = facts.find_tax(item.tax)
        if item.tax is None and tax is None:
            yield refuse(
                f"items.{at}.tax",
                "the account has no default tax, so the line must name one",
                facts.describe_taxes(),
            )
        elif tax is None:
            yield refuse(
                f"items.{at}.tax",
                f"the account has no tax called {item.tax!r}; InvoiceXpress would silently use another",
                facts.describe_taxes(),
                "ask the person which rate is meant; a name that looks alike can be another rate",
            )
        elif tax.value is None:
            yield refuse(
                f"items.{at}.tax",
                f"InvoiceXpress does not say the rate of {item.tax!r}, so totals cannot be checked",
            )


def global_discount_hits_every_line(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a discount over the document: it applies to every line, and shows in the totals only (trap 16)."""
    discount = call.global_discount
    if discount is None:
        return
    if discount.value_type == "percentage" and discount.value > 100:
        yield refuse("global_discount.value", f"{discount.value} % is more than everything", "0 to 100")
    net = predict_totals(
        [
            TotalsLine(item.unit_price or Decimal(0), item.quantity, item.discount or Decimal(0))
            for item in call.items
        ]
    ).before_taxes
    if discount.value_type == "absolute" and discount.value > net:
        yield refuse(
            "global_discount.value",
            f"the discount of {discount.value} is more than the lines' net total of {format_cents(net)}",
            f"at most {format_cents(net)}",
        )
    if "global_discount" not in call.accept and not is_stored_discount(discount, facts):
        yield ask(
            "global_discount",
            "global_discount",
            "it is taken off every line, also those that must not be discounted, and shows in the totals only",
            "discount on single lines, or accept",
        )


def currency_in_use(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A second currency must still be in use on the document's date, except on a note, which repeats its invoice's."""
    if call.currency_code is None or call.document_type in NOTES:
        return
    ended = find_ended_currency(call.currency_code, call.date)
    if ended is not None:
        yield refuse(
            "currency_code",
            f"{ended.code} was in use until {ended.until}, and the document is dated {call.date}",
            f"a currency in use; {ended.code} was replaced by {ended.replaced_by}",
        )


@wants(Want.DOCUMENT)
def currency_only_prints(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a second currency, which needs a rate: it only prints a second total; prices stay in the account's currency (trap 21)."""
    if call.rate is not None and call.currency_code is None:
        yield refuse("rate", "a rate without currency_code means nothing", "give currency_code too")
    if call.currency_code is None:
        return
    if call.rate is None:
        yield refuse(
            "rate",
            f"without a rate InvoiceXpress picks its own for {call.currency_code}",
            f"units of {call.currency_code} for 1 of the account's currency",
        )
    printed_already = facts.document is not None and facts.document.multicurrency is not None
    if "currency_only_prints" not in call.accept and not printed_already:
        yield ask(
            "currency_only_prints",
            "currency_code",
            f"the prices stay in the account's currency (usually euro); {call.currency_code} only adds a second, printed total",
            "prices converted to the account's currency, then accept",
        )
