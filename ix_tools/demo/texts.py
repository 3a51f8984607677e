"""The demo's sentences in Portuguese and English."""

from ix_tools.i18n.messages import MessageTemplate, message_template

TEXTS: dict[str, MessageTemplate] = {
    # --- single words ---
    "refused": message_template("refused"),
    "declined": message_template("declined"),
    "form": message_template("what the person sees before saying yes"),
    "form_rest": message_template("the same form; here only what is new in it"),
    "line": message_template("Line"),
    "quantity": message_template("Qty"),
    "price": message_template("Price"),
    "vat": message_template("VAT"),
    "net": message_template("Net"),
    "tools_reads": message_template("only read"),
    "tools_drafts": message_template("make drafts"),
    "tools_asks": message_template("a person approves each use"),
    "tools_any": message_template("any of them, and asks if it is irreversible"),
    "tools": message_template("Tools"),
    "kind": message_template("What they do"),
    "request": message_template("Request"),
    "meaning": message_template("What it was"),
    # --- the inbox ---
    "inbox_title": message_template("ix-tools: an inbox for approvals"),
    "inbox_waits": message_template("{count} invoices wait for somebody to approve them."),
    "inbox_link": message_template(
        "Become {person}: open this link within 15 minutes in a browser of this machine and add a passkey. It works once."
    ),
    "inbox_end": message_template("Ctrl-C ends it, and nothing of it is kept."),
    # --- the sandbox scenario ---
    "title": message_template("ix-tools: from a sentence to a paid invoice"),
    "notice": message_template(
        "An MCP server, a client that talks to it as an assistant does, and an imitation of InvoiceXpress (the sandbox), "
        "all on this machine: nothing leaves it and nothing has fiscal value. The demo answers the forms itself; in "
        "daily use a person does. (Em português: sem --language.)"
    ),
    "connect": message_template("Connect to the server"),
    "connected": message_template("{command} answered in {seconds} s (MCP {protocol}) with {count} tools."),
    "refusal": message_template("An exempt line, and nobody said why"),
    "order": message_template(
        "new client {client}, NIF {nif}: {hours} h of consulting at {price} with 23% VAT, and a course of {course} without VAT"
    ),
    "nothing_written": message_template(
        "The sandbox's log: {count} writes. Nothing was created, not even the client."
    ),
    "refusal_says": message_template(
        "The assistant reads what would be right, “{allowed}”, and what to do next: “{next}”."
    ),
    "draft": message_template("The same invoice, with code {code}"),
    "same_with": message_template("the same, with tax_exemption: {code} ({text})"),
    "drafted": message_template("draft {number} stored for {client}."),
    "totals": message_template(
        "Calculated before sending: {predicted}. Read back: {stored} ({net} net + {vat} VAT). "
        "Difference: {difference}."
    ),
    "decline": message_template("Finalize, and the person says no"),
    "finalize_call": message_template("finalize draft {number}"),
    "writes_same": message_template(
        "The sandbox's log: {before} write before the question, {after} after the no. The invoice is still a draft."
    ),
    "approve": message_template("Finalize, and the person approves"),
    "asked_again": message_template("The same form once more; each yes is good for one call only."),
    "finalized": message_template("invoice {number} issued, ATCUD {atcud}, total {total}."),
    "pdf": message_template("The PDF"),
    "pdf_call": message_template("of document {number}"),
    "saved": message_template("{file} ({size} kB, with QR code and ATCUD)"),
    "email": message_template("Send it to the client, with approval"),
    "email_call": message_template("to {to}"),
    "sent": message_template("in the sandbox's outbox: to {to}, subject “{subject}”."),
    "subject": message_template("Your invoice"),
    "payment": message_template("Take the payment, with approval"),
    "payment_call": message_template("{amount} by bank transfer, today"),
    "paid": message_template("receipt {receipt} of {amount}; invoice {number} is settled."),
    "log": message_template("What reached InvoiceXpress"),
    "log_writes": message_template(
        "{writes} writes, {approved} of them approved by a person; {refused} calls that were refused or declined never got there."
    ),
    "write_create": message_template("draft (and the new client)"),
    "write_state": message_template("finalize, approved"),
    "write_email": message_template("e-mail, approved"),
    "write_payment": message_template("payment, approved"),
    "what_next": message_template(
        "Try it with your own assistant, still without an account: `ix-tools connect` lists those on this machine. "
        "With your own account, a draft only: `ix-tools demo --real`."
    ),
    # --- the account scenario ---
    "real_title": message_template("ix-tools with your account: {account}"),
    "real_notice": message_template(
        "First it only reads. Then, if you type yes, it creates one small draft to check the totals. "
        "Nothing is finalized, sent or paid: the demo stops before that."
    ),
    "real_missing": message_template(
        "Set INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_API_KEY (in InvoiceXpress: Account > API) and try again. "
        "Without an account, `ix-tools demo` shows everything in the sandbox."
    ),
    "real_read": message_template("What the account has"),
    "real_taxes": message_template("VAT rates: {names}."),
    "real_series": message_template("Series: {names}."),
    "real_invoices": message_template("Documents: {total} issued, settled or draft; the latest is {latest}."),
    "real_no_invoices": message_template("Documents: none."),
    "real_offer": message_template("One draft, if you want it"),
    "real_what": message_template(
        "A simplified invoice without a client, one line “{name}”: {quantity} × {price} at {tax}. Predicted: {total}. "
        "It leaves a draft, which can be deleted, and an item of that name in your catalogue."
    ),
    "real_ask": message_template("Type yes to create the draft:"),
    "real_no": message_template("Nothing was created. There were only reads."),
    "real_delete": message_template(
        "To delete it: open draft {number} in InvoiceXpress and delete it; or ask your assistant to "
        "“delete draft {number}” (change_state, state: deleted), and approve. The item “{name}” is deleted in InvoiceXpress, under Items."
    ),
    "real_drafted": message_template("draft {number} created and read back."),
    "plain": message_template("{text}"),
    "real_end": message_template(
        "It stops here. Nothing was issued, sent, or communicated to the tax authority."
    ),
    "real_stored_differently": message_template(
        "stored, but not as asked (draft {number}). This is what the comparison is for:"
    ),
    # --- when something is wrong ---
    "stopped": message_template("stopped"),
}
