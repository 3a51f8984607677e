"""Settings of e-mail to approvers: addresses, and what must be set together."""

import re
from dataclasses import dataclass
from typing import Literal

from ix_tools.config.setting_checks import is_loopback
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue

Security = Literal["starttls", "tls", "none"]
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*"
_RECIPIENT = re.compile(
    rf"(?:(?P<name>[^<>\"\x00-\x1f\x7f-\x9f]*)<(?P<named>{_ADDRESS})>|(?P<bare>{_ADDRESS}))(?:\s+(?P<language>pt|en))?",
    re.ASCII,
)
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|[0-9a-fA-F:.]+", re.ASCII)
MAX_LENGTH = 254


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An e-mail address, with the name of its person and their language if they are given."""

    address: str
    name: str = ""
    language: Language | None = None


def parse_mail_address(text: str) -> MailAddress:
    """Read `ana@example.com`, `Ana <ana@example.com>` or `Ana <ana@example.com> en`.

    Raises:
        InvalidValue: it is none of these.
    """
    found = _RECIPIENT.fullmatch(text.strip())
    address = (found["named"] or found["bare"]) if found else ""
    if found is None or len(address) > MAX_LENGTH:
        raise InvalidValue(
            message("an address such as ana@example.com, Ana <ana@example.com> or Ana <ana@example.com> en")
        )
    language: Language | None = "en" if found["language"] == "en" else "pt" if found["language"] else None
    return MailAddress(address, (found["name"] or "").strip(), language)


def check_mail_address(text: str) -> str:
    """Check an address of `mail_from` or `mail_to`."""
    if text:
        parse_mail_address(text)
    return text


def check_mail_host(host: str) -> str:
    """Check the name or address of an SMTP server."""
    if host and not _HOST.fullmatch(host):
        raise InvalidValue(message("a host name only, such as smtp.example.com"))
    return host.lower()


def check_mail_settings(
    host: str, security: Security, sender: str, recipients: tuple[str, ...], user: str, password: str
) -> None:
    """Check what must be set together, and that no password or text leaves the machine unencrypted.

    Raises:
        InvalidValue: the settings do not fit together.
    """
    if bool(user) != bool(password):
        raise InvalidValue(message("mail_user and mail_password are set together or not at all"))
    if not host:
        return
    if not sender or not recipients:
        raise InvalidValue(message("mail_host needs mail_from and mail_to, or nobody could be told"))
    if security == "none" and not is_loopback(host):
        raise InvalidValue(
            message("without encryption only a server on this machine: set mail_security to starttls or tls")
        )
