"""E-mail: checked as the service checks it, and put into the outbox instead of being sent (trap 25)."""

from __future__ import annotations

from typing import Any

from ix_tools.sandbox.ledger import clients
from ix_tools.sandbox.refusals import Refused
from ix_tools.sandbox.rows import Client, Document, Mail
from ix_tools.sandbox.state import Books


def send(books: Books, document: Document, sent: dict[str, Any]) -> Mail:
    """Put a message about a document into the outbox. `save` "1" overwrites the client's address."""
    recipient = sent["client"] if isinstance(sent.get("client"), dict) else {}
    to, cc, bcc = (
        str(source.get(key) or "").strip()
        for source, key in ((recipient, "email"), (sent, "cc"), (sent, "bcc"))
    )
    if not to:
        raise Refused("email_required")
    if not all(clients.is_email(address) for address in (to, cc, bcc) if address):
        raise Refused("email_invalid")
    if not books.options.email_plan:
        raise Refused("email_plan")
    save = str(recipient.get("save")) == "1"
    mail = Mail(
        id=books.store.next_id("outbox"),
        document_id=document.id,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=str(sent.get("subject") or ""),
        body=str(sent.get("body") or ""),
        logo=str(sent.get("logo")) == "1",
        save=save,
        at=books.now.isoformat(timespec="seconds"),
    )
    books.store.save(mail)
    client = books.store.get(Client, document.client_id)
    if save and client is not None:
        client.email = to
        books.store.save(client)
    return mail
