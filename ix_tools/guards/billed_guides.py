"""Rules about the guide that an invoice bills."""

from collections.abc import Iterator

from ix_tools.domain.document_kinds import BILLS, GUIDES, NOTES
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse
from ix_tools.guards.protocols import InvoiceShaped
from ix_tools.i18n.messages import message
from ix_tools.i18n.state_names import name_state


@wants(Want.OWNER)
def owner_of_an_invoice_is_a_guide(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """The owner of an invoice must be a guide; any other id leaves the invoice unlinked."""
    if call.document_type in NOTES or call.owner_invoice_id is None:
        return
    if call.document_type not in BILLS:
        yield refuse(
            "owner_invoice_id",
            message("not for {kind}", kind=call.document_type),
            message("credit or debit notes, or an invoice made from a guide"),
        )
    elif facts.owner is None or facts.owner.document_type not in GUIDES:
        what = (
            message("no guide has that id")
            if facts.owner is None
            else message("that is one of the {kind}", kind=facts.owner.document_type)
        )
        yield refuse(
            "owner_invoice_id",
            what,
            message(
                "the id of the guide that the invoice bills, or leave it out; InvoiceXpress links no invoice to an estimate or to a "
                "deposit's invoice: name that document in reference or observations, and bill an estimate in parts with one "
                "invoice for each part"
            ),
        )


@wants(Want.OWNER)
def billed_guide_is_in_force(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """The guide that an invoice bills must not be cancelled or deleted: nothing was delivered with it."""
    owner = facts.owner
    if call.document_type in NOTES or owner is None or owner.document_type not in GUIDES:
        return
    if owner.status in {"canceled", "deleted"}:
        yield refuse(
            "owner_invoice_id",
            message(
                "the guide {number} is {status}",
                number=owner.number or owner.id,
                status=name_state(owner.status),
            ),
            message("the guide with which the goods went"),
            message("bill the guide that replaced it, or leave owner_invoice_id out"),
        )
