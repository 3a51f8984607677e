"""E-mail about passkeys: the person and the administrators learn of every one that was added or confirmed, once."""

from __future__ import annotations

import time
from pathlib import Path

from ix_tools.auth.passkeys import Passkey, Passkeys
from ix_tools.auth.people import People, Role, hash_secret
from ix_tools.auth.webauthn import NewPasskey
from ix_tools.notifications.passkey_news import TOLD_SECONDS
from tests.harness import Harness
from tests.notifications.smtp_server import Mailbox
from tests.notifications.test_mailer import configure, list_rows, mailbox, read_text, start

__all__ = ["mailbox"]

PEOPLE = (
    "ana <ana@acme.example>",
    "Rui <rui@acme.example> en",
    "eva <eva@acme.example>",
    "escritorio@acme.example",
)


def add_passkey(harness: Harness, name: str, by: str, role: Role = "approver") -> Passkey:
    store = harness.context.store
    people = People(store)
    people.add(name, role, (), by)
    secret, _ = people.invite(name, by)
    new = NewPasskey("AAAA", hash_secret(secret), synced=False)
    return Passkeys(store).add_invited(secret, new)


def list_told(mailbox: Mailbox) -> list[tuple[str, str]]:
    return sorted((to[0], str(mail["Subject"])) for _, to, mail in mailbox.envelopes)


async def test_the_person_and_the_administrators_are_told_once(harness: Harness, mailbox: Mailbox) -> None:
    mailer = start(harness, configure(harness, mailbox, mail_to=PEOPLE, public_url="https://ix.example.pt"))
    add_passkey(harness, "rui", "terminal:rui", "admin")
    added = add_passkey(harness, "ana", "terminal:mallory")
    for _ in range(2):
        await mailer.work()
    assert list_told(mailbox) == [
        ("ana@acme.example", "Nova chave de acesso de ana"),
        ("rui@acme.example", "New passkey of ana"),
        ("rui@acme.example", "New passkey of rui"),
    ]
    text = next(read_text(mail) for _, to, mail in mailbox.envelopes if "ana" in to[0])
    told = (
        added.id,
        "terminal:mallory",
        f"ix-tools people revoke {added.id}",
        "https://ix.example.pt/inbox/passkeys",
    )
    assert [one for one in told if one not in text] == []
    Passkeys(harness.context.store).confirm_in_terminal(added.id, "terminal:carla")
    mailbox.envelopes.clear()
    await mailer.work()
    assert list_told(mailbox) == [
        ("ana@acme.example", "Chave de acesso de ana confirmada"),
        ("rui@acme.example", "Passkey of ana confirmed"),
    ]
    assert {state for _, state, _ in list_rows(harness)} == {"sent"}


async def test_everybody_is_told_where_neither_has_an_address(harness: Harness, mailbox: Mailbox) -> None:
    mailer = start(harness, configure(harness, mailbox, mail_to=("ana <ana@acme.example>", "x@acme.example")))
    add_passkey(harness, "bruno", "terminal:mallory")
    await mailer.work()
    assert mailbox.recipients == ["ana@acme.example", "x@acme.example"]


async def test_the_policy_says_whose_address_it_is(
    harness: Harness, mailbox: Mailbox, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[people]\nrui = ["page:rsilva", "page:rui"]\n', "utf-8")
    policy.chmod(0o600)
    mailer = start(harness, configure(harness, mailbox, mail_to=PEOPLE, policy=policy))
    add_passkey(harness, "rsilva", "terminal:mallory")
    await mailer.work()
    assert mailbox.recipients == ["rui@acme.example"]
    policy.write_text("broken", "utf-8")
    add_passkey(harness, "eva", "terminal:mallory")
    await mailer.work()
    assert mailbox.recipients == ["eva@acme.example", "rui@acme.example"], (
        "also while the policy cannot be used"
    )


async def test_old_news_is_not_told_and_a_late_server_is_tried_again(
    harness: Harness, mailbox: Mailbox
) -> None:
    settings = configure(harness, mailbox, mail_to=PEOPLE)
    added = add_passkey(harness, "ana", "terminal:ana")
    moment = time.time()
    harness.context.store.clock = lambda: moment + TOLD_SECONDS + 60
    await start(harness, settings).work()
    assert (mailbox.recipients, list_rows(harness)) == ([], [])
    harness.context.store.clock = lambda: moment + 60
    mailbox.data_answer = "451 later"
    await start(harness, settings).work()
    assert list_rows(harness)[0][:2] == ("key_added", "waiting")
    mailbox.data_answer, mailbox.envelopes = "250 OK", []
    harness.context.store.clock = lambda: moment + 600
    await start(harness, settings).work()
    assert (mailbox.recipients, added.person) == (["ana@acme.example"], "ana")
