"""Rules about payments, receipts and Multibanco references."""

from collections.abc import Iterator

from ix_tools.domain.document_kinds import BILLS, ISSUED_STATES
from ix_tools.domain.records import Document
from ix_tools.domain.settlement import Settlement, compute_settlement
from ix_tools.fiscal.cash_limits import find_cash_limit
from ix_tools.fiscal.countries import get_iso_code
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse, warn
from ix_tools.guards.protocols import InvoiceShaped, Payment, Transition
from ix_tools.i18n.messages import NO_MESSAGE, Money, message
from ix_tools.i18n.state_names import name_state

CASH = "NU"
PAYABLE = {"invoices", "simplified_invoices"}
"""Types for which InvoiceXpress issues receipts."""


def get_settlement(facts: Facts) -> Settlement:
    """Return the settlement of the call's document; all zero without one."""
    return compute_settlement(facts.document or Document(), facts.related)


@wants(Want.DOCUMENT)
def document_can_be_paid(call: Payment, facts: Facts) -> Iterator[Finding]:
    """Only an issued, unsettled invoice can be paid."""
    document = facts.document
    if document is not None and document.status != "final":
        advice = {
            "draft": message("finalize it first with change_state"),
            "settled": message("it is already paid: get_related_documents shows the receipts"),
        }
        yield refuse(
            "document_id",
            message("it is {status}; a payment needs a final invoice", status=name_state(document.status)),
            message("a final invoice"),
            advice.get(document.status or "", NO_MESSAGE),
        )


@wants(Want.DOCUMENT, Want.RELATED)
def amount_within_what_is_open(call: Payment, facts: Facts) -> Iterator[Finding]:
    """A payment must be more than 0 and within the open amount; above it, up to the withholding tax, it is asked about."""
    if call.amount == 0:
        yield refuse(
            "amount", message("a payment of 0 would still issue a numbered receipt"), message("more than 0")
        )
        return
    if facts.document is None or facts.document.status != "final":
        return
    known = get_settlement(facts)
    if call.amount <= known.open:
        return
    given, left = Money(call.amount, ""), Money(known.open, "")
    allowed = message("at most {left}", left=left) if known.open else message("no payment")
    if known.owed_to_client:
        yield refuse(
            "amount",
            message(
                "nothing is open: {owed} is owed to the client after its receipts and credit notes",
                owed=Money(known.owed_to_client, ""),
            ),
            message("no payment"),
            message("give it back outside InvoiceXpress, or cancel a receipt (cancel_payment)"),
        )
    elif call.amount > known.receipt_limit:
        yield refuse(
            "amount", message("{given} is more than the {left} still open", given=given, left=left), allowed
        )
    elif "withholding_paid" not in call.accept:
        yield ask(
            "withholding_paid",
            "amount",
            message(
                "{given} is more than the {left} still open: the client withholds {withheld}, which is not received",
                given=given,
                left=left,
                withheld=Money(known.withheld, ""),
            ),
            message("{allowed}, or accept if the client really paid the tax to you", allowed=allowed),
        )


@wants(Want.DOCUMENT, Want.RELATED)
def settling_issues_a_receipt(call: Transition, facts: Facts) -> Iterator[Finding]:
    """Warn that settling an invoice issues a receipt also for the tax that the client withheld (trap 18)."""
    document = facts.document
    if call.state != "settled" or document is None or document.document_type not in PAYABLE:
        return
    known = get_settlement(facts)
    beyond = known.receipt_limit - known.open
    if beyond > 0:
        # Once nothing is open, a receipt for 0 is no way: the invoice can stay as it is.
        instead = (
            message("to record what was paid, use generate_payment with {paid}", paid=Money(known.open))
            if known.open
            else message("nothing is open any more")
        )
        yield warn(
            "state",
            message(
                "it issues a receipt of {total}, of which {withheld} is tax that the client withheld and pays to the tax authority: "
                "no such money is received; {instead}",
                total=Money(known.receipt_limit),
                withheld=Money(beyond),
                instead=instead,
            ),
        )


@wants(Want.DOCUMENT, Want.DOCUMENT_CLIENT, Want.RELATED)
def cash_within_legal_limit(call: Payment, facts: Facts) -> Iterator[Finding]:
    """Warn of cash for an invoice above the legal limits, which count all its payments together (LGT 63-E)."""
    document, client = facts.document, facts.document_client
    if call.payment_mechanism != CASH or document is None:
        return
    known = get_settlement(facts)
    value = max(known.total - known.credited, known.paid + call.amount)
    limit = find_cash_limit(
        get_iso_code(client.country) if client and client.country else None,
        client.fiscal_id if client else None,
        call.payment_date,
    )
    if limit is not None and value >= limit.amount:
        yield warn(
            "payment_mechanism",
            message(
                "{value} is {limit} or more, and that may not be paid in cash, not even in parts ({law}); the fine is {fine}",
                value=Money(value),
                limit=Money(limit.amount),
                law=limit.law,
                fine=limit.fine,
            ),
        )


@wants(Want.DOCUMENT)
def payment_date_not_before_document(call: Payment, facts: Facts) -> Iterator[Finding]:
    """The payment date must not be before the invoice's date or in the future."""
    if facts.document is not None and facts.document.date and call.payment_date < facts.document.date:
        yield refuse(
            "payment_date",
            message(
                "{day} is before the invoice's date {date}",
                day=call.payment_date,
                date=facts.document.date,
            ),
            message("{date} or later", date=facts.document.date),
        )
    if call.payment_date > facts.today:
        yield refuse(
            "payment_date",
            message("{date} is in the future", date=call.payment_date),
            message("at latest {today}, which is today in Lisbon", today=facts.today),
        )


@wants(Want.DOCUMENT)
def receipt_is_in_force(call: object, facts: Facts) -> Iterator[Finding]:
    """Only a receipt in force can be cancelled."""
    if facts.document is not None and facts.document.status not in ISSUED_STATES:
        yield refuse(
            "receipt_id",
            message("the receipt is {status}", status=name_state(facts.document.status)),
            message("a receipt in force"),
        )


def mb_reference_only_where_possible(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Only invoices, simplified invoices and invoice-receipts can have a Multibanco reference (trap 20)."""
    if call.mb_reference and call.document_type not in BILLS:
        yield refuse(
            "mb_reference",
            message("not for {kind}", kind=call.document_type),
            message("invoices, simplified_invoices or invoice_receipts"),
        )
