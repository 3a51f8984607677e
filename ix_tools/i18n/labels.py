"""Labels and texts of approvals."""

from typing import NamedTuple

from ix_tools.i18n.messages import Message, message, message_template


class Action(NamedTuple):
    """Title and consequence of an action, and whether it can be undone."""

    title: Message
    consequence: Message
    irreversible: bool = True
    """Whether no later call restores the earlier state."""


ACTIONS: dict[str, Action] = {
    "finalized": Action(
        message("Finalize"),
        message(
            "Issues a certified tax document communicated to AT. It can never be edited or deleted afterwards: "
            "only cancelled with a reason, or corrected with a credit note."
        ),
    ),
    "canceled": Action(
        message("Cancel"),
        message(
            "The document stays cancelled for ever and the reason goes to AT. If the amount or the VAT changes, issue a "
            "credit or debit note instead."
        ),
    ),
    "finalized_estimate": Action(
        message("Finalize"),
        message(
            "Issues a numbered, signed document (it is no invoice). It can never be edited or deleted afterwards: only cancelled."
        ),
    ),
    "finalized_guide": Action(
        message("Finalize"),
        message(
            "Issues a certified guide, communicated to AT before the transport. It can never be edited or deleted; "
            "only cancelled before the transport starts."
        ),
    ),
    "canceled_estimate": Action(
        message("Cancel"),
        message("The document stays cancelled for ever."),
    ),
    "canceled_guide": Action(
        message("Cancel"),
        message(
            "The guide stays cancelled for ever. Only before the transport starts, and never once AT's code was used."
        ),
    ),
    "accept": Action(
        message("Mark as accepted by the client"),
        message("It becomes accepted; later it can still become refused or be cancelled."),
        irreversible=False,
    ),
    "refuse": Action(
        message("Mark as refused by the client"),
        message("It becomes refused; later it can still become accepted or be cancelled."),
        irreversible=False,
    ),
    "create_sequence": Action(
        message("Open a series and register it with AT"),
        message(
            "AT gives the series its validation codes. The registration cannot be undone and the name stays used."
        ),
    ),
    "initial_balance": Action(
        message("Set a client's initial balance"),
        message(
            "Replaces the initial balance before it and changes what the client owes. The one before can be put back."
        ),
        irreversible=False,
    ),
    "regularization": Action(
        message("Regularize a client's balance"),
        message(
            "Makes a numbered entry that takes something off the client's debt. It can be deleted; its number is not used again."
        ),
        irreversible=False,
    ),
    "regularization_deleted": Action(
        message("Delete a regularization"),
        message("The client owes this amount again. Another one can be made, under another number."),
        irreversible=False,
    ),
    "movement": Action(
        message("Record a treasury movement"),
        message("Changes the client's account. It can be deleted; its number is not used again."),
        irreversible=False,
    ),
    "movement_deleted": Action(
        message("Delete a treasury movement"),
        message("The amount leaves the client's account. Another one can be recorded, under another number."),
        irreversible=False,
    ),
    "create_account": Action(
        message("Create an InvoiceXpress account"),
        message(
            "Creates an account in this organization's name and accepts InvoiceXpress's terms. Only their support closes it."
        ),
    ),
    "update_account": Action(
        message("Change the InvoiceXpress account"),
        message("Later documents carry these details; issued ones do not change."),
        irreversible=False,
    ),
    "at_communication": Action(
        message("Set up the communication with AT"),
        message(
            "Documents go to AT with these credentials from now on. What is communicated cannot be called back."
        ),
    ),
    "finalized_batch": Action(
        message("Finalize all documents"),
        message(
            "Issues every document of the list as a certified tax document communicated to AT, in this order, and sends the e-mails named. "
            "None can be edited or deleted afterwards: only cancelled with a reason, or corrected with a credit note."
        ),
    ),
    "deleted_batch": Action(
        message("Delete all drafts"),
        message("The drafts of the list disappear and cannot be recovered. None was issued."),
    ),
    "deleted": Action(
        message("Delete the draft"),
        message("The draft disappears and cannot be recovered."),
    ),
    "client_deleted": Action(
        message("Delete the client"),
        message(
            "The client disappears, with whatever stands in their account (estimates and guides are not looked at). "
            "Another can be created with the same details, under another id."
        ),
    ),
    "item_deleted": Action(
        message("Delete the item from the catalogue"),
        message(
            "The item is gone for the whole account; documents already made stay as they are. Another can be created, under another id."
        ),
    ),
    "tax_deleted": Action(
        message("Delete the VAT rate"),
        message(
            "Items and drafts that name this rate no longer find it, and InvoiceXpress then uses another without saying so. "
            "Issued documents do not change. Another can be created, under another id."
        ),
    ),
    "settled": Action(
        message("Mark as settled"),
        message(
            "The document becomes settled; for an invoice a receipt is issued for what is open, "
            "which can only be cancelled, never deleted."
        ),
    ),
    "settled_note": Action(
        message("Mark the note as settled"),
        message("The note becomes settled, without a receipt. It can be reopened."),
        irreversible=False,
    ),
    "unsettled": Action(
        message("Reopen (unsettle)"),
        message("The document is open again. It can be marked as settled once more."),
        irreversible=False,
    ),
    "email": Action(
        message("Send by e-mail"),
        message("A sent e-mail cannot be called back."),
    ),
    "pay": Action(
        message("Record a payment"),
        message("Issues a numbered receipt. It can only be cancelled; the number stays used."),
    ),
    "cancel_payment": Action(
        message("Cancel a payment"),
        message("The receipt stays cancelled for ever and the invoice is open again."),
    ),
    "register": Action(
        message("Register the series with AT"),
        message("AT gives the series its validation codes. The registration cannot be undone."),
    ),
    "update_sequence": Action(
        message("Change the series"),
        message("Numbering continues from these numbers; once a document is finalized they cannot change."),
        irreversible=False,
    ),
}

STATES: dict[str, Message] = {
    "final": message("Issued"),
    "second_copy": message("Issued"),
    "settled": message("Settled"),
    "canceled": message("Cancelled"),
    "accepted": message("Accepted by the client"),
    "refused": message("Refused by the client"),
}
"""States of a document."""

LABELS: dict[str, Message] = {
    "account": message("Account"),
    "issuer": message("Issuer"),
    "document": message("Document"),
    "draft": message("draft"),
    "expected_number": message("expected number"),
    "last_in_series": message("Last in the series"),
    "date": message("Date"),
    "due_date": message("Due date"),
    "client": message("Client"),
    "final_consumer": message("final consumer"),
    "nif": message("tax number"),
    "no_nif": message("no tax number"),
    "lines": message("Lines"),
    "discount": message("discount"),
    "discount_total": message("Discounts"),
    "gross": message("Gross"),
    "line_discounts": message("Discounts on lines"),
    "lines_total": message("Sum of the lines"),
    "global_discount": message("Discount on the whole document"),
    "rounding": message("Rounding"),
    "difference": message("Unexplained difference"),
    "vat_total": message("VAT in total"),
    "credited": message("Credited by credit notes"),
    "computed": message("computed from the lines"),
    "not_told": message("not given by InvoiceXpress"),
    "vat": message("VAT per rate"),
    "base": message("net"),
    "tax": message("VAT"),
    "exemption": message("Exemption"),
    "retention": message("Withholding tax"),
    "to_pay": message("To pay"),
    "to_credit": message("To credit after withholding tax"),
    "owed_to_client": message("Owed to the client"),
    "currency": message("Currency"),
    "second_currency": message("Second total printed"),
    "exchange_rate": message("rate"),
    "draft_id": message("Draft"),
    "status": message("State"),
    "net": message("Total before VAT"),
    "total": message("Total"),
    "reason": message("Reason"),
    "recipient": message("Recipient"),
    "cc": message("Cc"),
    "bcc": message("Bcc"),
    "subject": message("Subject"),
    "body": message("Text"),
    "saved_as_client_email": message("Becomes the client's address"),
    "payment": message("Payment"),
    "open_before": message("Open before"),
    "withheld": message("Withheld by the client"),
    "mechanism": message("Payment mechanism"),
    "payment_date": message("Payment date"),
    "note": message("Note"),
    "receipt_series": message("Receipt series"),
    "series": message("Series"),
    "types_to_register": message("Document types to register"),
    "new_name": message("Name"),
    "current_invoice_number": message("Last invoice"),
    "current_credit_note_number": message("Last credit note"),
    "current_debit_note_number": message("Last debit note"),
    "becomes_default": message("Becomes the default series"),
    "client_documents": message("Invoices, notes and receipts"),
    "item": message("Item"),
    "description": message("Description"),
    "unit_price": message("Unit price without VAT"),
    "tax_name": message("VAT rate"),
    "rate": message("Percent"),
    "region": message("Region"),
    "client_code": message("Client's code"),
    "value": message("Value"),
    "entry_date": message("Date"),
    "observation": message("Observation"),
    "regularization_number": message("Regularization"),
    "movement": message("Movement"),
    "movement_type": message("Type"),
    "owed_before": message("Owed before"),
    "balance_before": message("Initial balance before"),
    "organization": message("Organization"),
    "email": message("E-mail"),
    "person": message("Person"),
    "secret": message("Password"),
    "at_secret": message("Password of AT"),
    "not_shown": message("given, not shown"),
    "terms": message("Accepts InvoiceXpress's terms"),
    "existing_user": message("For someone who is a user already"),
    "at_subuser": message("Sub-user at AT"),
    "communication": message("Communication"),
    "address": message("Address"),
    "phone": message("Telephone"),
    "account_id": message("Account id"),
    "transport": message("Transport"),
    "then": message("Then, with the same approval"),
    "documents": message("Documents"),
    "warnings": message("Attention"),
    "differences": message("ATTENTION: the stored document differs from what was asked"),
    "asked": message("asked"),
    "stored": message("stored"),
    "irreversible": message("Irreversible"),
    "consequence": message("What changes"),
    "receipt": message("Receipt"),
    "paid": message("Paid until now"),
    "state": message("Current state"),
    "bills": message("Bills the document"),
    "paid_for": message("For"),
    "corrects": message("Corrects"),
    "paid_of_it": message("paid"),
    "plate": message("Number plate"),
    "loaded_at": message("Start of the transport"),
    "origin": message("Loaded at"),
    "destination": message("Delivered at"),
    "unreadable": message("cannot be read"),
    "none": message("none given"),
    "to": message("to"),
    "of": message("of"),
    "with_vat": message("with VAT"),
    "without_vat": message("without VAT"),
    "sandbox": message("SANDBOX: no fiscal value."),
    "yes": message("yes"),
    "on_the_page": message("Open the page to see the document and decide. Opening it approves nothing."),
    "approve": message("I approve"),
    "approve_why": message("Yes only if everything above is right."),
    "reason_if_not": message("If you do not approve, why"),
    "accept_differences": message("I accept the differences"),
    "accept_differences_why": message(
        "The stored document is not what was asked; yes only if you want it as it is."
    ),
}
OPEN_AMOUNT = message_template("{amount} open")
LARGEST_LINES = message_template("The {shown} largest of {all} lines")
MORE = message_template("{count} more")
SUMMARISED = message_template("This is a summary. The whole document, line by line, in a terminal: {command}")
