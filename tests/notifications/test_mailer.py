"""E-mail to approvers: told once, in their language, with nothing that others should not read; and later if the server is down."""

from __future__ import annotations

import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sql

from ix_tools.approvals.expiry import expire_overdue
from ix_tools.approvals.links import ServerPages
from ix_tools.approvals.pins import Pins
from ix_tools.config.settings import Settings
from ix_tools.interfaces.driver.driver import run_driver
from ix_tools.notifications import mail_queue
from ix_tools.notifications.mail_queue import MailQueue
from ix_tools.notifications.mailer import Mailer
from ix_tools.pipeline.execute import ApprovalRequired, CallOrigin, ParkingTerms, execute
from ix_tools.policy.file import PolicyFile
from ix_tools.storage.schema import approvals, mails
from ix_tools.webhooks.endpoints import Endpoints, disable
from tests.harness import Harness, document_arguments
from tests.notifications.smtp_server import Mailbox, authenticate, make_certificate, run_smtp_server

PASSWORD = "only-an-example"
DAY = 86_400.0
POLICY = """
otherwise = "person"

[people]
ana = ["page:ana", "terminal:asilva"]
rui = ["page:rui"]

[[rules]]
name = "ana decides"
decision = "person"
operations = ["change_state"]
approvers = ["ana"]
"""


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with run_smtp_server(Mailbox()) as running:
        yield running


def configure(harness: Harness, mailbox: Mailbox, **changes: Any) -> Settings:
    """Settings of the harness with this mail server."""
    harness.context.page_host = ServerPages("https://ix.example.pt")
    given = {
        "mail_host": "127.0.0.1",
        "mail_port": mailbox.port,
        "mail_security": "none",
        "mail_from": "Faturas <faturas@acme.example>",
        "mail_to": ("ana <ana@acme.example>", "Rui <rui@acme.example> en"),
        "language": "pt",
        **changes,
    }
    Settings.model_validate({name: value for name, value in given.items() if name.startswith("mail_")})
    return harness.context.settings.model_copy(update=given)


async def ask(harness: Harness, **changes: Any) -> str:
    call = document_arguments(await harness.create_draft(**changes), state="finalized")
    terms = ParkingTerms("open", "sandbox")
    outcome = await execute(
        harness.context, "change_state", call, origin=CallOrigin("rest"), when_approved=terms
    )
    assert isinstance(outcome, ApprovalRequired)
    return outcome.approval.id


def start(harness: Harness, settings: Settings) -> Mailer:
    """A mailer that reads the events from now on, by a clock that the test moves."""
    harness.context.events.register("mail")

    def read_clock() -> float:
        return harness.context.approvals.clock()

    return Mailer(harness.context.store, settings, read_clock)


def move_clock(harness: Harness, seconds: float) -> None:
    """Let so much time pass for the store, the approvals and the mailer."""
    now = harness.context.approvals.clock() + seconds
    harness.context.approvals.clock = harness.context.approvals.clock = lambda: now
    harness.context.store.clock = lambda: now


def read_text(mail: Any) -> str:
    text: str = mail.get_content().replace("\r\n", "\n")
    return text


def list_rows(harness: Harness) -> list[tuple[str, str, str]]:
    with harness.context.store.reading() as connection:
        query = sql.select(mails).order_by(mails.c.id)
        return [(row.kind, row.state, row.problem) for row in connection.execute(query)]


async def test_who_may_approve_is_told_in_their_language_with_nothing_for_other_eyes(
    harness: Harness, mailbox: Mailbox
) -> None:
    mailer = start(harness, configure(harness, mailbox))
    identifier = await ask(harness)
    await mailer.work()
    assert mailbox.recipients == ["ana@acme.example", "rui@acme.example"]
    portuguese, english = sorted(mailbox.mails, key=lambda one: str(one["To"]).lower())
    assert "Por aprovar: Finalizar" in portuguese["Subject"]
    assert "To approve: Finalize" in english["Subject"]
    assert "123,00" in portuguese["Subject"]
    assert identifier in portuguese["Subject"]
    for one in (portuguese, english):
        text = read_text(one)
        assert "https://ix.example.pt/approve/" in text
        assert identifier in text
        for hidden in ("ACME", "508", "Revisão", "contas@"):
            assert hidden not in text + one["Subject"]
        assert one["Auto-Submitted"] == "auto-generated"
        assert one["Message-ID"].endswith("@acme.example>")
    assert read_text(portuguese).partition("/approve/")[2] != read_text(english).partition("/approve/")[2]
    await mailer.work()
    assert len(mailbox.mails) == 2, "told once"


async def test_details_are_shown_where_the_settings_want_them(harness: Harness, mailbox: Mailbox) -> None:
    mailer = start(harness, configure(harness, mailbox, mail_details=True, mail_to=("ana@acme.example",)))
    await ask(harness)
    await mailer.work()
    (mail,) = mailbox.mails
    assert "ACME" in read_text(mail)
    assert "Revisão" in read_text(mail)


async def test_the_link_leads_to_a_page_that_asks_for_the_recipients_pin(
    harness: Harness, mailbox: Mailbox
) -> None:
    mailer = start(harness, configure(harness, mailbox, mail_to=("Ana <ana@acme.example>",)))
    Pins(harness.context.store).set("ana", "bacalhau", by="terminal:ana")
    await ask(harness)
    await mailer.work()
    secret = read_text(mailbox.mails[0]).partition("/approve/")[2].split()[0]
    found = harness.context.links.resolve(secret)
    assert found is not None
    assert found[1] == "ana"


async def test_approvers_of_the_policy_alone_are_told(
    harness: Harness, mailbox: Mailbox, tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY)
    file.chmod(0o600)
    harness.context.policy = PolicyFile(file)
    mailer = start(harness, configure(harness, mailbox))
    await ask(harness)
    await mailer.work()
    assert mailbox.recipients == ["ana@acme.example"]
    harness.context.policy = None
    await ask(harness, reference="another")
    await mailer.work()
    assert mailbox.recipients == ["ana@acme.example", "ana@acme.example", "rui@acme.example"]


async def test_a_reminder_comes_before_the_end_and_the_end_is_told(
    harness: Harness, mailbox: Mailbox
) -> None:
    mailer = start(harness, configure(harness, mailbox, mail_to=("ana@acme.example",)))
    await ask(harness)
    await mailer.work()
    move_clock(harness, 2 * DAY)
    await mailer.work()
    assert len(mailbox.mails) == 1
    move_clock(harness, DAY / 2)
    await mailer.work()
    move_clock(harness, DAY)
    expire_overdue(harness.context.store, harness.context.approvals.clock())
    await mailer.work()
    subjects = [one["Subject"].partition(":")[0] for one in mailbox.mails]
    assert subjects == ["Por aprovar", "Ainda por aprovar", "Não aprovado a tempo"]
    first, *later = mailbox.mails
    assert [one["References"] for one in later] == [first["Message-ID"]] * 2, "shown as one conversation"
    assert len({one["Message-ID"] for one in mailbox.mails}) == 3
    assert "/approve/" not in read_text(mailbox.mails[2])


async def test_nobody_is_told_of_what_was_decided_meanwhile(harness: Harness, mailbox: Mailbox) -> None:
    mailer = start(harness, configure(harness, mailbox, mail_to=("ana@acme.example",)))
    first, second = await ask(harness), await ask(harness, reference="2")
    harness.context.approvals.decide(first, approve=False, by="terminal:ana")
    await mailer.work()
    assert [second in one["Subject"] for one in mailbox.mails] == [True]
    harness.context.approvals.decide(second, approve=True, by="terminal:ana")
    move_clock(harness, 4 * DAY)
    expire_overdue(harness.context.store, harness.context.approvals.clock())
    await mailer.work()
    assert mailbox.mails[1]["Subject"].startswith("Aprovado, mas não executado a tempo")
    assert len(mailbox.mails) == 2, "the reminders were left out"


async def test_a_question_in_the_hosts_form_needs_no_e_mail(harness: Harness, mailbox: Mailbox) -> None:
    mailer = start(harness, configure(harness, mailbox))
    await harness.call("change_state", document_arguments(await harness.create_draft(), state="finalized"))
    await mailer.work()
    assert mailbox.mails == []
    assert list_rows(harness) == []


async def test_a_refused_address_is_given_up_and_holds_up_no_other(
    harness: Harness, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refused = {"ana@acme.example": "550 no such user ana@acme.example"}
    mailer = start(harness, configure(harness, mailbox))
    await ask(harness)
    with caplog.at_level(logging.WARNING):
        await mailer.work()
    assert mailbox.recipients == ["rui@acme.example"]
    _, failed = MailQueue(harness.context.store).list_troubled()
    assert [(one.address, one.problem) for one in failed] == [("ana@acme.example", "address refused (550)")]
    assert "ana@acme.example" not in caplog.text, "the server's words and the address stay out of the log"


@pytest.mark.parametrize("answer", ["451 try later", "421 closing"])
async def test_a_passing_trouble_is_tried_again_ever_more_slowly_with_the_same_id(
    harness: Harness, mailbox: Mailbox, answer: str
) -> None:
    mailer = start(harness, configure(harness, mailbox, mail_to=("ana@acme.example",)))
    mailbox.data_answer = answer
    await ask(harness)
    sessions = []
    for pause in (0, 29, 2, 59, 2):
        move_clock(harness, pause)
        await mailer.work()
        sessions.append(mailbox.sessions)
    assert sessions == [1, 1, 2, 2, 3], "after 30 and then 60 seconds"
    waiting, _ = MailQueue(harness.context.store).list_troubled()
    assert [one.problem for one in waiting] == [f"e-mail refused ({answer[:3]})"]
    mailbox.data_answer = "250 OK"
    move_clock(harness, 121)
    await mailer.work()
    assert len(mailbox.mails) == 1
    assert MailQueue(harness.context.store).list_troubled()[0] == []


async def test_a_server_that_is_down_loses_nothing_and_what_is_of_no_use_is_given_up(
    harness: Harness, mailbox: Mailbox
) -> None:
    settings = configure(harness, mailbox, mail_to=("ana@acme.example",))
    mailer = start(harness, settings.model_copy(update={"mail_port": 1}))
    await ask(harness)
    await mailer.work()
    assert [state for _, state, _ in list_rows(harness)] == ["waiting", "waiting"]
    assert list_rows(harness)[1][2] == "SMTPConnectError"
    move_clock(harness, 60)
    await Mailer(harness.context.store, settings, harness.context.approvals.clock).work()
    assert len(mailbox.mails) == 1
    await ask(harness, reference="2")
    with harness.context.store.writing() as connection:
        soon = harness.context.approvals.clock() + 10
        connection.execute(approvals.update().values(expires_at=soon))
    await mailer.work()
    _, failed = MailQueue(harness.context.store).list_troubled()
    assert [one.kind for one in failed] == ["request"]


DYING = """
import os, signal, anyio
from ix_tools.config.loading import load_settings
from ix_tools.notifications.mail_queue import MailQueue
from ix_tools.notifications.mailer import Mailer
from ix_tools.pipeline.context import create_store

MailQueue.finish = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
settings = load_settings()
anyio.run(Mailer(create_store(settings), settings).work)
"""


async def test_an_e_mail_whose_process_is_killed_after_sending_comes_again_with_the_same_id(
    harness: Harness, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = configure(harness, mailbox, mail_to=("ana@acme.example",))
    mailer = start(harness, settings)
    await ask(harness)
    monkeypatch.setenv("INVOICEXPRESS_STORE", str(harness.context.store.file))
    for name in ("host", "port", "security", "from"):
        monkeypatch.setenv(f"INVOICEXPRESS_MAIL_{name.upper()}", str(getattr(settings, f"mail_{name}")))
    monkeypatch.setenv("INVOICEXPRESS_MAIL_TO", "ana@acme.example")
    killed = await anyio.run_process([sys.executable, "-c", DYING], check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    await mailer.work()
    assert len(mailbox.mails) == 1, "the other process may still be sending it"
    move_clock(harness, mail_queue.LEASE_SECONDS + 1)
    await mailer.work()
    first, again = mailbox.mails
    assert first["Message-ID"] == again["Message-ID"]
    await mailer.work()
    assert len(mailbox.mails) == 2


async def test_a_driver_sends_them_where_a_mail_server_is_set(harness: Harness, mailbox: Mailbox) -> None:
    settings = configure(harness, mailbox, mail_to=("ana@acme.example",))
    start(harness, settings)
    await ask(harness)
    async with run_driver(settings, harness.context.store):
        with anyio.fail_after(100):
            while not mailbox.mails:  # noqa: ASYNC110 - the server of the test has no event for it
                await anyio.sleep(0.05)
    assert mailbox.recipients == ["ana@acme.example"]


async def test_two_processes_send_each_e_mail_once(harness: Harness, mailbox: Mailbox) -> None:
    settings = configure(harness, mailbox)
    mailers = [start(harness, settings) for _ in range(2)]
    for number in range(4):
        await ask(harness, reference=str(number))
        for one in mailers:
            await one.work()
    assert len(mailbox.mails) == len({one["Message-ID"] for one in mailbox.mails}) == 8


async def test_a_name_cannot_add_a_header_or_a_recipient(harness: Harness, mailbox: Mailbox) -> None:
    evil = "n8n\r\nBcc: spy@evil.example\r\n\r\nnew body"
    harness.context.settings = harness.context.settings.model_copy(update={"principal": evil})
    mailer = start(harness, configure(harness, mailbox, mail_to=("ana@acme.example",)))
    await ask(harness, reference="x\r\nBcc: spy@evil.example", observations="a\r\n.\r\nMAIL FROM:<x@y.z>")
    with harness.context.store.writing() as connection:
        changed = sql.func.replace(
            approvals.c.sheet, '"account": "', '"account": "a\\r\\nBcc: spy@evil.example '
        )
        connection.execute(approvals.update().values(sheet=changed))
    await mailer.work()
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["ana@acme.example"]
    assert mail["Bcc"] is None
    assert mail["Subject"].count("\n") == 0
    assert "\nBcc:" not in read_text(mail)
    assert sorted(mail.keys()) == sorted({*mail.keys()}), "no header twice"


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "unknown authority"])
async def test_the_servers_certificate_is_checked(
    harness: Harness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    security: str,
    trusted: bool,
) -> None:
    public, context = make_certificate(tmp_path)
    mailbox = Mailbox()
    real = ssl.create_default_context

    def trust() -> ssl.SSLContext:
        return real(cafile=str(public) if trusted else None)

    monkeypatch.setattr("ssl.create_default_context", trust)
    options: dict[str, Any] = {"authenticator": authenticate(mailbox, PASSWORD.encode())}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    else:
        options |= {"encrypts": context, "auth_require_tls": False}
    async with run_smtp_server(mailbox, **options) as running:
        given = {
            "mail_security": security,
            "mail_user": "ix",
            "mail_password": PASSWORD,
            "mail_to": ("ana@acme.example",),
        }
        mailer = start(harness, configure(harness, running, **given).model_copy(update=secret(PASSWORD)))
        await ask(harness)
        with caplog.at_level(logging.DEBUG):
            await mailer.work()
        assert len(running.mails) == trusted
        assert running.logins == ([(b"ix", PASSWORD.encode())] if trusted else [])
        problems = {problem for kind, _, problem in list_rows(harness) if kind == "request"}
        assert problems == {""} if trusted else "certificate refused" in problems.pop()
        assert PASSWORD not in caplog.text


def secret(password: str) -> dict[str, Any]:
    from pydantic import SecretStr

    return {"mail_password": SecretStr(password)}


async def test_a_server_that_cannot_encrypt_gets_nothing(harness: Harness, mailbox: Mailbox) -> None:
    mailer = start(
        harness, configure(harness, mailbox, mail_security="starttls", mail_to=("ana@acme.example",))
    )
    await ask(harness)
    await mailer.work()
    assert mailbox.mails == []
    assert mailbox.logins == []


async def test_a_refused_password_is_told_without_it(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    public, context = make_certificate(tmp_path)
    real = ssl.create_default_context
    monkeypatch.setattr("ssl.create_default_context", lambda: real(cafile=str(public)))
    mailbox = Mailbox()
    check = authenticate(mailbox, b"another")
    async with run_smtp_server(
        mailbox, tls_context=context, require_starttls=True, authenticator=check
    ) as running:
        given = {"mail_security": "starttls", "mail_user": "ix", "mail_password": PASSWORD}
        mailer = start(harness, configure(harness, running, **given).model_copy(update=secret(PASSWORD)))
        await ask(harness)
        with caplog.at_level(logging.DEBUG):
            await mailer.work()
    assert {problem for kind, _, problem in list_rows(harness) if kind == "request"} == {
        "user or password refused (535)"
    }
    assert PASSWORD not in caplog.text


async def test_a_webhook_that_was_given_up_is_told_to_everybody_in_their_language(
    harness: Harness, mailbox: Mailbox
) -> None:
    mailer = start(harness, configure(harness, mailbox))
    store = harness.context.store
    made = Endpoints(store).add("n8n", "acme", "https://n8n.example.com/hook?key=hidden", [])
    for _ in range(2):
        with store.writing() as connection:
            disable(connection, made.id, "ConnectError for three days", store.now(connection))
    await mailer.work()
    assert mailbox.recipients == ["ana@acme.example", "rui@acme.example"]
    told = sorted(mailbox.mails, key=lambda one: str(one["To"]).lower())
    portuguese, english = map(read_text, told)
    assert str(told[0]["Subject"]) == f"Webhook desativado: {made.id}"
    for text in (portuguese, english):
        assert f"webhooks enable {made.id}" in text
        assert "n8n" in text
        assert "hidden" not in text
    assert "não recebe mais nada" in portuguese
    assert "receives nothing any more" in english
    assert list_rows(harness) == [("webhook", "sent", "")] * 2
    await mailer.work()
    assert len(mailbox.mails) == 2
