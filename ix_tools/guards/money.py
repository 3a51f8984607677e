"""Rules about taxes and amounts."""

from collections.abc import Iterator
from decimal import Decimal

from ix_tools.domain.document_kinds import NOTES
from ix_tools.domain.totals import TotalsLine, predict_totals
from ix_tools.fiscal.currencies import find_ended_currency
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse
from ix_tools.guards.protocols import DiscountShaped, Draft, InvoiceShaped
from ix_tools.i18n.messages import Money, message


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
                message("the account has no default tax, so the line must name one"),
                facts.describe_taxes(),
            )
        elif tax is None:
            yield refuse(
                f"items.{at}.tax",
                message(
                    "the account has no tax called '{tax}'; InvoiceXpress would silently use another",
                    tax=item.tax,
                ),
                facts.describe_taxes(),
                message("ask the person which rate is meant; a name that looks alike can be another rate"),
            )
        elif tax.value is None:
            yield refuse(
                f"items.{at}.tax",
                message(
                    "InvoiceXpress does not say the rate of '{tax}', so totals cannot be checked",
                    tax=item.tax,
                ),
            )


def global_discount_hits_every_line(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a discount over the document: it applies to every line, and shows in the totals only (trap 16)."""
    discount = call.global_discount
    if discount is None:
        return
    if discount.value_type == "percentage" and discount.value > 100:
        yield refuse(
            "global_discount.value",
            message("{value}% is more than everything", value=discount.value),
            message("0 to 100"),
        )
    net = predict_totals(
        [
            TotalsLine(item.unit_price or Decimal(0), item.quantity, item.discount or Decimal(0))
            for item in call.items
        ]
    ).before_taxes
    if discount.value_type == "absolute" and discount.value > net:
        yield refuse(
            "global_discount.value",
            message(
                "the discount of {value} is more than the lines' net total of {net}",
                value=discount.value,
                net=Money(net, ""),
            ),
            message("at most {net}", net=Money(net, "")),
        )
    if "global_discount" not in call.accept and not is_stored_discount(discount, facts):
        yield ask(
            "global_discount",
            "global_discount",
            message("it is taken off every line, and shows in the totals only"),
            message("discount on single lines, or accept"),
        )


def currency_in_use(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A second currency must still be in use on the document's date, except on a note, which repeats its invoice's."""
    if call.currency_code is None or call.document_type in NOTES:
        return
    ended = find_ended_currency(call.currency_code, call.date)
    if ended is not None:
        yield refuse(
            "currency_code",
            message(
                "{code} was in use until {until}, and the document is dated {date}",
                code=ended.code,
                until=ended.until,
                date=call.date,
            ),
            message(
                "a currency in use; {code} was replaced by {replaced_by}",
                code=ended.code,
                replaced_by=ended.replaced_by,
            ),
        )


@wants(Want.DOCUMENT)
def currency_only_prints(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a second currency, which needs a rate: it only prints a second total; prices stay in the account's currency (trap 21)."""
    if call.rate is not None and call.currency_code is None:
        yield refuse(
            "rate", message("a rate without currency_code means nothing"), message("give currency_code too")
        )
    if call.currency_code is None:
        return
    if call.rate is None:
        yield refuse(
            "rate",
            message(
                "without a rate InvoiceXpress picks its own for {currency_code}",
                currency_code=call.currency_code,
            ),
            message(
                "units of {currency_code} for 1 of the account's currency", currency_code=call.currency_code
            ),
        )
    printed_already = facts.document is not None and facts.document.multicurrency is not None
    if "currency_only_prints" not in call.accept and not printed_already:
        yield ask(
            "currency_only_prints",
            "currency_code",
            message(
                "prices stay in the account's currency; {currency_code} only adds a second, printed total",
                currency_code=call.currency_code,
            ),
            message("prices converted to the account's currency, then accept"),
        )
