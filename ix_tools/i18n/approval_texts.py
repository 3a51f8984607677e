"""Texts of approvals: title and consequence of each action, and sentences that shorten a long document."""

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

OPEN_AMOUNT = message_template("{amount} open")
LARGEST_LINES = message_template("The {shown} largest of {all} lines")
MORE = message_template("{count} more")
SUMMARISED = message_template("This is a summary. The whole document, line by line, in a terminal: {command}")
