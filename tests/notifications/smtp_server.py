"""A real SMTP server on loopback, with and without encryption, which keeps what it was sent."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Mailbox:
    """What the server was sent, and how it answers."""

    port: int = 0
    envelopes: list[tuple[str, tuple[str, ...], EmailMessage]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Answer by address."""
    data_answer: str = "250 OK"
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    sessions: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        """The e-mails in their order; those of one moment by their recipients."""
        return [one for _, _, one in self.envelopes]

    @property
    def recipients(self) -> list[str]:
        return sorted(one for _, to, _ in self.envelopes for one in to)

    async def handle_EHLO(  # noqa: N802 - the name that the library calls
        self, server: Any, session: Any, envelope: Any, name: str, lines: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = name
        return lines

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        if self.data_answer.startswith("250"):
            read: Any = message_from_bytes(envelope.content, policy=policy.default)
            self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos), read))
        return self.data_answer


@asynccontextmanager
async def run_smtp_server(
    mailbox: Mailbox, encrypts: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Mailbox]:
    """Serve in this loop on a free port; `encrypts`: from the start of each connection."""
    loop = asyncio.get_running_loop()
    quick: dict[str, Any] = {"ident": "test", "hostname": "test.example", "timeout": 30}

    def serve() -> SMTP:
        return SMTP(mailbox, loop=loop, **quick, **options)

    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=encrypts)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()


def authenticate(mailbox: Mailbox, password: bytes) -> Any:
    """Return an authenticator that knows one password."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        mailbox.logins.append((data.login, data.password))
        return AuthResult(success=data.password == password, handled=False)

    return check


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for 127.0.0.1; return it as its own authority, and the server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context
