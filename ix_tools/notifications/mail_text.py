"""The text of an e-mail to an approver: what kind of request, its amount, account and end, and where to decide.

It shows no client, tax number or line, because e-mail is read by others; the page shows everything. `mail_details` adds the whole text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ix_tools.approvals import rendering
from ix_tools.approvals.models import Approval
from ix_tools.approvals.stored_preview import load_preview
from ix_tools.approvals.text import format_full_text
from ix_tools.config.launch_command import format_launch_command
from ix_tools.config.mail_settings import MailAddress
from ix_tools.domain.date_types import lisbon_now
from ix_tools.events.models import Event
from ix_tools.i18n import formats
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.notifications.mail_queue import Mail
from ix_tools.text.sanitize import sanitize_line

SUBJECTS: Mapping[str, Message] = {
    "request": message("To approve"),
    "reminder": message("Still to approve"),
    "expired": message("Not approved in time"),
    "unused": message("Approved, but not carried out in time"),
    "webhook": message("Webhook disabled"),
}
OPENINGS: Mapping[str, Message] = {
    "request": message("A request waits for your approval."),
    "reminder": message("This request still waits for your approval, and its time ends soon."),
    "expired": message(
        "This request ended before it was approved. Nothing was sent; whoever wants it asks again."
    ),
    "unused": message(
        "This request was approved, and its time ended before it was carried out. Nothing was sent; whoever wants it asks again."
    ),
    "webhook": message(
        "A webhook receives nothing any more: its address did not take what was sent. Events meanwhile are not queued for it."
    ),
}
WHAT, AMOUNT, ACCOUNT, ASKER = message("Request"), message("Amount"), message("Account"), message("Asked by")
UNTIL = message("Until")
WEBHOOK, REGISTERED_BY, WHY = message("Webhook"), message("Registered by"), message("Why")
RECEIVE_AGAIN = message("When the receiver is right again")
DECIDE, IN_A_TERMINAL = message("Read it and decide"), message("Or in a terminal")
HIDDEN = message("Client, tax number and lines are shown there, not in this e-mail.")
NOT_FOR_REPLY = message("This e-mail was sent by ix-tools; an answer to it approves nothing.")


@dataclass(frozen=True, slots=True)
class MailContent:
    """What an e-mail tells besides what is stored with the approval."""

    sender: MailAddress
    link: str = ""
    """The address of the approval's page; empty without one."""
    shows_details: bool = False
    request_id: str = ""
    """The Message-ID of the first e-mail about the same request, so that they are shown together."""


def build_message(mail: Mail, approval: Approval, content: MailContent) -> EmailMessage:
    """Build the e-mail. Header values have no control characters, and the standard library refuses line breaks in them."""
    language = mail.language
    preview = load_preview(approval.sheet) if approval.sheet else None
    kind = sanitize_line(rendering.format_title(preview, language)) if preview else approval.operation
    amount = sanitize_line(rendering.format_key_amount(preview, language)) if preview else ""
    subject = " · ".join(
        filter(None, (f"{render(SUBJECTS[mail.kind], language)}: {kind}", amount, approval.id))
    )
    built = build_envelope(mail, content.sender, subject)
    if content.request_id and content.request_id != mail.id:
        built["References"] = f"<{content.request_id}@{_find_domain(content.sender)}>"
    built.set_content(_write_text(mail, approval, content, kind, amount), cte="quoted-printable")
    return built


def build_notice(mail: Mail, event: Event, sender: MailAddress) -> EmailMessage:
    """Build the e-mail about a webhook that was disabled: which one, whose, why, and how it receives again."""
    language, identifier = mail.language, str(event.data.get("webhook", ""))
    built = build_envelope(mail, sender, f"{render(SUBJECTS[mail.kind], language)}: {identifier}")
    facts = (
        (WEBHOOK, identifier),
        (ACCOUNT, event.account),
        (REGISTERED_BY, sanitize_line(event.principal)),
        (WHY, sanitize_line(str(event.data.get("why", "")))),
        (RECEIVE_AGAIN, format_launch_command("webhooks", "enable", identifier)),
    )
    parts = (render(OPENINGS[mail.kind], language), format_pairs(facts, language))
    built.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    return built


def build_envelope(mail: Mail, sender: MailAddress, subject: str) -> EmailMessage:
    """Build an e-mail without its text."""
    built = EmailMessage(policy=SMTP)
    built["Subject"] = subject
    built["From"] = Address(sender.name, addr_spec=sender.address)
    built["To"] = Address(mail.person, addr_spec=mail.address)
    built["Date"] = format_datetime(lisbon_now())
    built["Message-ID"] = f"<{mail.id}@{_find_domain(sender)}>"
    built["Auto-Submitted"] = "auto-generated"
    built["Content-Language"] = mail.language
    return built


def _find_domain(sender: MailAddress) -> str:
    return sender.address.rpartition("@")[2]


def _write_text(mail: Mail, approval: Approval, content: MailContent, kind: str, amount: str) -> str:
    language = mail.language
    preview = load_preview(approval.sheet) if approval.sheet else None
    account = preview.account if preview else approval.account
    if preview is not None and preview.company:
        account = f"{sanitize_line(preview.company)} ({account})"
    until = formats.format_timestamp(approval.expires_at)
    facts = (
        (WHAT, kind),
        (AMOUNT, amount),
        (ACCOUNT, account),
        (ASKER, sanitize_line(approval.principal)),
        (UNTIL, render(message("{moment} (Lisbon time)", moment=until), language)),
    )
    parts = [render(OPENINGS[mail.kind], language), format_pairs(facts, language)]
    if mail.kind in {"request", "reminder"}:
        command = format_launch_command("approvals", "approve", approval.id)
        parts.append(format_pairs(((DECIDE, content.link), (IN_A_TERMINAL, command)), language))
        if content.shows_details and preview is not None:
            parts.append(format_full_text(preview, language))
        else:
            parts.append(render(HIDDEN, language))
    parts.append(render(NOT_FOR_REPLY, language))
    return "\n\n".join(parts) + "\n"


def format_pairs(pairs: tuple[tuple[Message, str], ...], language: Language) -> str:
    """Format labels and texts, one pair a line; an empty text is left out."""
    return "\n".join(f"{render(label, language)}: {text}" for label, text in pairs if text)
