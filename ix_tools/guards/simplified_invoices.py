"""Rules about simplified invoices: their limits, and the sales that they do not go with (CIVA 40/1)."""

from collections.abc import Iterator

from ix_tools.fiscal.exemption_buyers import Verdict, judge_simplified_invoice, name_buyer
from ix_tools.fiscal.exemptions import find_exemption
from ix_tools.fiscal.simplified_invoices import find_simplified_limit, get_general_limit, is_unlimited
from ix_tools.guards.buyers import find_buyer
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse, warn
from ix_tools.guards.protocols import Draft, InvoiceShaped
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Money, message

SIMPLIFIED = "exemption_on_simplified"
"""Code to accept a simplified invoice with a code of sales to other countries."""


@wants(Want.TAXES, Want.CLIENT)
def simplified_within_legal_limit(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A simplified invoice must stay within its legal limit, which the API does not check (trap 19, CIVA 40/1).

    Up to the limit of retailers it is warned of, since a document does not say whether the issuer is one.
    """
    totals = call.compute_totals(facts)
    if call.document_type != "simplified_invoices" or totals is None or _is_of_a_small_business(call):
        return
    buyer = find_buyer(call, facts)
    limit, general = find_simplified_limit(buyer), get_general_limit()
    if totals.total > limit.amount:
        yield refuse(
            "document_type",
            message(
                "{total} is above {limit}, up to which an invoice may be a simplified one if the client is {buyer} ({law})",
                total=Money(totals.total),
                limit=Money(limit.amount),
                buyer=Bilingual(name_buyer(buyer, "pt"), name_buyer(buyer, "en")),
                law=limit.law,
            ),
            message("invoices, or invoice_receipts if it is paid already"),
        )
    elif totals.total > general.amount:
        yield warn(
            "document_type",
            message(
                "{total} is above {limit}: a simplified invoice then only goes with goods that a retailer sells to consumers ({law})",
                total=Money(totals.total),
                limit=Money(general.amount),
                law=limit.law,
            ),
        )


def _is_of_a_small_business(call: Draft) -> bool:
    """Return True for an issuer who charges no VAT at all, by the exemption code."""
    entry = find_exemption(call.tax_exemption) if call.tax_exemption else None
    return is_unlimited(call.date, charges_no_vat=entry is not None and entry.charges_no_vat)


def exemption_fits_a_simplified_invoice(call: Draft, facts: Facts) -> Iterator[Finding]:
    """A simplified invoice needs the tax to be due in Portugal (CIVA 40/1), which codes of sales located elsewhere deny."""
    entry = find_exemption(call.tax_exemption) if call.tax_exemption else None
    if entry is None or call.document_type != "simplified_invoices":
        return
    problem = message(
        "a simplified invoice needs the tax to be due in Portugal (CIVA 40/1), and {code} is {law}",
        code=entry.code,
        law=entry.law,
    )
    verdict = judge_simplified_invoice(entry)
    if verdict is Verdict.WRONG:
        yield refuse("document_type", problem, message("invoices or invoice_receipts, or the code that fits"))
    elif verdict is Verdict.ASK and SIMPLIFIED not in call.accept:
        yield ask(
            SIMPLIFIED,
            "document_type",
            problem,
            message("invoices, or accept if the tax is due in Portugal"),
        )
