"""Sending of e-mail over SMTP, with the server's certificate checked, and what a failure means."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import TYPE_CHECKING

from ix_tools.config.extras import load_extra
from ix_tools.config.settings import Settings

if TYPE_CHECKING:
    from aiosmtplib import SMTP

TIMEOUT_SECONDS = 20.0
"""Seconds for one answer of the server."""


class MailNotSent(Exception):
    """An e-mail was not sent. The text says why, and holds no password and no text of the e-mail."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        """`is_final`: trying it again is of no use."""
        super().__init__(why)
        self.is_final = is_final


@asynccontextmanager
async def connect(settings: Settings) -> "AsyncIterator[SMTP]":
    """Connect to the server of the settings and sign in.

    Raises:
        MailNotSent: it cannot be reached, cannot encrypt, shows another's certificate, or refuses the user.
    """
    with load_extra("server"):
        import aiosmtplib
    client = aiosmtplib.SMTP(
        hostname=settings.mail_host,
        port=settings.mail_port,
        username=settings.mail_user or None,
        password=settings.mail_password.get_secret_value() or None,
        use_tls=settings.mail_security == "tls",
        start_tls=settings.mail_security == "starttls",
        tls_context=ssl.create_default_context() if settings.mail_security != "none" else None,
        timeout=TIMEOUT_SECONDS,
    )
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, OSError, ValueError) as trouble:
        raise MailNotSent(_describe(trouble)) from None
    try:
        yield client
    finally:
        await _leave(client)


async def send(client: "SMTP", built: EmailMessage, sender: str, address: str) -> None:
    """Send one e-mail to one address.

    Raises:
        MailNotSent: the server did not take it. Final if it refuses the address or the e-mail for good.
    """
    import aiosmtplib

    try:
        await client.sendmail(sender, [address], built.as_bytes())
    except aiosmtplib.SMTPRecipientsRefused as refused:
        codes = [one.code for one in refused.recipients]
        raise MailNotSent(
            f"address refused ({codes[0]})", is_final=all(500 <= code < 600 for code in codes)
        ) from None
    except aiosmtplib.SMTPDataError as refused:
        raise MailNotSent(f"e-mail refused ({refused.code})", is_final=500 <= refused.code < 600) from None
    except (aiosmtplib.SMTPException, OSError, ValueError) as trouble:
        raise MailNotSent(_describe(trouble)) from None


async def _leave(client: "SMTP") -> None:
    import aiosmtplib

    try:
        if client.is_connected:
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


def _describe(trouble: Exception) -> str:
    """Describe a failure by its kind and the server's code; the server's own words may repeat what it was sent."""
    cause: BaseException | None = trouble
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            verify = getattr(cause, "verify_message", "")
            return f"certificate refused: {verify}" if verify else "encryption failed"
        cause = cause.__cause__ or cause.__context__
    code = getattr(trouble, "code", None)
    if type(trouble).__name__ == "SMTPAuthenticationError":
        return f"user or password refused ({code})"
    return (
        f"{type(trouble).__name__} ({code})" if isinstance(code, int) and code > 0 else type(trouble).__name__
    )
