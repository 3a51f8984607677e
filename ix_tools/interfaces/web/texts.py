"""The approval pages' texts in Portuguese and English; terms of the trade are in `ix_tools.i18n.field_labels`."""

from ix_tools.i18n.messages import Message, MessageTemplate, message, message_template

WORDS: dict[str, Message] = {
    "request": message("Approval request"),
    "language": message("Language"),
    "skip": message("Go to the decision"),
    "from": message("Issuer"),
    "to": message("Client"),
    "line": message("Description"),
    "amount": message("Amount"),
    "rate": message("Rate"),
    "net": message("Taxable"),
    "nif": message("Tax number"),
    "per_rate": message("VAT per rate"),
    "lines_of": message("Lines of the document"),
    "no_vat_because": message("Exemption reason"),
    "also": message("This request"),
    "warnings": message("Please note"),
    "differs": message("The stored document is not what was asked"),
    "field": message("Field"),
    "asked": message("Asked"),
    "stored": message("Stored"),
    "who": message("Who asked"),
    "principal": message("User"),
    "through": message("Through"),
    "unverified": message("the name that the program gives itself"),
    "asked_at": message("Asked at"),
    "until": message("Valid until"),
    "id": message("Request id"),
    "lisbon": message("Lisbon time"),
    "decision": message("Your decision"),
    "read_first": message("Approve only if everything is right. It is good once, for exactly this request."),
    "accept": message("I accept the differences and want the document as it is stored"),
    "pin": message("PIN"),
    "pin_hint": message("The one you set with ix-tools approvals pin."),
    "approve": message("Approve"),
    "answer_by": message("Answer by"),
    "approved_by": message("Approved already by"),
    "refreshes": message("This page refreshes itself."),
    "good_until": message("Good until"),
    "nothing_sent": message("Nothing was sent."),
    "reject": message("Reject"),
    "reason": message("Reason for rejecting it (optional)"),
    "reason_hint": message("The requester is told."),
    "reason_given": message("Reason"),
    "footer": message("This page is for this request only. Do not share its link."),
    "sandbox": message("Sandbox: no fiscal value"),
    "waiting": message("Waiting for you"),
    "order": message("Order"),
    "oldest_first": message("Oldest first"),
    "largest_first": message("Largest first"),
    "nothing_waits": message("Nothing waits for a decision."),
    "no_more": message("There is nothing more."),
    "pages": message("Further pages"),
    "first_page": message("First page"),
    "next_page": message("Next page"),
    "reader": message("You may read and not decide."),
    "signs": message("Your passkey signs exactly this request: the proof of your approval is kept."),
    "sign_needs_script": message(
        "The policy asks for a signature with a passkey, which needs JavaScript in this browser."
    ),
    "sign_needs_passkey": message(
        "The policy asks for a signature with a passkey of yours, and you have none for this server. Ask for an invitation."
    ),
    "or_else": message("or"),
    "history": message("History"),
    "as_csv": message("Download as a table (CSV)"),
    "any": message("All"),
    "decision_of": message("Decision"),
    "account_of": message("Account"),
    "decided_by": message("Decided by"),
    "month": message("Month"),
    "filter": message("Filter"),
    "when": message("When"),
    "result": message("What came of it"),
    "asked_by": message("asked for by"),
    "story": message("Story of the document"),
    "no_history": message("Nothing was decided yet, or nothing fits the filter."),
    "signatures": message("Signatures"),
    "passkey": message("passkey"),
    "events": message("What happened"),
    "menu": message("Pages"),
    "sign_out": message("Sign out"),
    "footer_inbox": message("What cannot be undone waits here for a person."),
    "passkey_problem": message(
        "The passkey was not used, or this browser has none for this server. Nothing was sent; try again."
    ),
    "needs_script": message(
        "A passkey needs JavaScript in this browser. Without it, approve with a link and your PIN, or in a terminal."
    ),
    "passkeys": message("Passkeys"),
    "your_passkeys": message("Your passkeys"),
    "new_passkeys": message("New passkeys of other people"),
    "two_passkeys": message(
        "Add a second one on another device: without any passkey you need a new invitation."
    ),
    "add_passkey": message("Add a passkey"),
    "add_passkey_how": message(
        "First use the passkey you have; then add the new one, on this or another device."
    ),
    "no_passkeys": message("None yet."),
    "at_provider": message("Signed in at the provider"),
    "add_passkey_invited": message(
        "Passkeys are added by whoever signed in with one, or by an invitation: ix-tools people invite NAME."
    ),
    "confirm_passkey": message("Confirm with my passkey"),
    "revoke_passkey": message("Revoke"),
    "sessions": message("Sign out"),
    "everywhere": message("Sign out everywhere"),
    "everywhere_how": message("Ends your sessions in every browser, this one too."),
}

FACES: dict[str, Message] = {
    "mcp": message("an assistant (MCP)"),
    "rest": message("the REST API"),
    "cli": message("the command line"),
    "library": message("a program"),
    "chat": message("a chat"),
}

OUTCOMES: dict[str, tuple[Message, Message]] = {
    "approved": (
        message("Approved"),
        message(
            "Nothing has been sent yet. If the assistant does not go on by itself, write in the conversation that you have "
            "approved. The approval is good once, and only if the document does not change."
        ),
    ),
    "parked": (
        message("Approved"),
        message(
            "The request is carried out by itself now. Nobody needs to repeat it, and it is done only once."
        ),
    ),
    "lapsed": (
        message("Approved, but not used in time"),
        message("Nothing was sent. If you still want it, ask again in the conversation."),
    ),
    "carrying_out": (
        message("Approved, and being carried out"),
        message("InvoiceXpress has not answered yet."),
    ),
    "done": (
        message("Approved, and done"),
        message("This approval is good for nothing else."),
    ),
    "stored_differently": (
        message("Done, but stored differently"),
        message(
            "InvoiceXpress stored something different from what you saw here. The requester was told; check the document before "
            "you hand it over."
        ),
    ),
    "partly_done": (
        message("Approved, and done in part"),
        message("The same request, repeated, continues where it stopped, or says what is missing."),
    ),
    "not_done": (
        message("Approved, but not done"),
        message(
            "InvoiceXpress refused, and nothing was issued. The requester knows why; a corrected request asks you again."
        ),
    ),
    "unclear": (
        message("Approved; it is not known whether it was done"),
        message(
            "InvoiceXpress's response was lost. The same request, repeated, first checks what happened before it sends anything."
        ),
    ),
    "not_recorded": (
        message("Approved, but there is no record that it was done"),
        message("The program stopped before it sent anything. The same request, repeated, asks you again."),
    ),
    "partly": (
        message("Your approval is recorded"),
        message("Another person must approve too; only then can the request go through."),
    ),
    "rejected": (
        message("Rejected"),
        message("Nothing was sent, and the requester is told."),
    ),
    "expired": (
        message("Time is up"),
        message("Nothing was sent. If you still want it, ask again in the conversation."),
    ),
    "stale": (
        message("The document changed"),
        message(
            "It changed after it was shown; nothing was sent. When the request is repeated, you will see it as it is now."
        ),
    ),
    "outdated": (
        message("The request is from another version of ix-tools"),
        message(
            "This version cannot show it; nothing was sent. When the request is repeated, you are asked again."
        ),
    ),
    "unknown": (
        message("This link leads to no request"),
        message("It may be incomplete or old. To list the waiting requests: ix-tools approvals list."),
    ),
    "elsewhere": (
        message("This request is decided elsewhere"),
        message("In the form of the program that made it."),
    ),
    "refused": (
        message("Not accepted"),
        message(
            "This answer did not come from the page that is open in this browser. Nothing was decided: open the link again."
        ),
    ),
    "unknown_item": (
        message("There is no such request"),
        message("It does not exist, or it belongs to an account that you may not see."),
    ),
    "unknown_document": (
        message("Nothing is known of this document"),
        message(
            "No call about it went through this server, or it belongs to an account that you may not see."
        ),
    ),
    "reader": (
        message("You may not decide"),
        message("You may read and not decide. Nothing was decided."),
    ),
    "no_sign_in": (
        message("Nobody can sign in here"),
        message(
            "Passkeys need HTTPS, or this machine's own address. Links to requests and the terminal work all the same."
        ),
    ),
    "invitation_ended": (
        message("This invitation has ended"),
        message(
            "It was used already, or is older than 15 minutes. Ask for a new one: ix-tools people invite NAME."
        ),
    ),
    "unavailable": (
        message("Not possible at the moment"),
        message("The approvals cannot be read or written now. Nothing was decided."),
    ),
}
STEPS: dict[str, Message] = {
    "waiting": message("A part is still to be done"),
    "open": message("Being carried out"),
    "done": message("Done"),
    "refused": message("Refused by InvoiceXpress"),
    "unknown": message("Not known"),
    "absent": message("Not done"),
}
SENT_TO = message_template("E-mail sent to {recipient}")
ALREADY = message("It was decided already")

ERRORS: dict[str, Message] = {
    "differences_not_accepted": message(
        "The stored document differs from what was asked. To approve, also tick that you accept the differences."
    ),
    "pin_wrong": message("That is not the PIN. Nothing was approved."),
}

ALL_LINES = message_template("See all {all} lines")

PIN_LOCKED = message_template(
    "The PIN was wrong too often. You can try again from {next_try} (Lisbon time). "
    "You can decide it now in a terminal: ix-tools approvals approve {id}."
)

REFUSALS: dict[str, MessageTemplate] = {
    "approver_is_asker": message_template(
        "Whoever asked may not approve, nor anybody who may be the same person (whoever set this PIN, for example). "
        "Another person must approve."
    ),
    "approver_unknown": message_template(
        "Here it must be known who approves: open a link made for you, and use a PIN that only you have set."
    ),
    "approver_not_named": message_template(
        "The policy says who may approve this. You are not among them, or somebody else set the PIN."
    ),
    "approved_by_you_already": message_template(
        "You have approved this request already, or whoever did may be the same person (whoever set this PIN, for example). "
        "Another person is needed."
    ),
    "approval_elsewhere": message_template(
        "The policy wants this approved in a terminal: ix-tools approvals approve {id}."
    ),
}
"""Why the policy does not accept this approval, where its refusal has no translation."""
